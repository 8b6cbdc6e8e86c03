"""A recorder of LSL streams, as LabRecorder: a program that writes every stream of Dowel into an XDF file.

``python lsl_recorder.py FILE STREAMS`` waits for so many streams, prints ``listening``, and records to the end.
Then it is told, in a line of JSON, how many samples each stream had, and ends once it has them.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import pylsl


def chunk(tag: int, content: bytes) -> bytes:
    return struct.pack("<BQH", 8, len(content) + 2, tag) + content


def of_stream(tag: int, number: int, content: bytes) -> bytes:
    return chunk(tag, struct.pack("<I", number) + content)


def samples(rows: list[list[float]] | list[list[str]], times_s: list[float]) -> bytes:
    parts = [struct.pack("<BQ", 8, len(rows))]
    for row, time_s in zip(rows, times_s, strict=True):
        parts.append(struct.pack("<Bd", 8, time_s))
        for value in row:
            text = value.encode() if isinstance(value, str) else b""
            parts.append(struct.pack("<BQ", 8, len(text)) + text if text else struct.pack("<d", value))
    return b"".join(parts)


def record(path: Path, count: int) -> None:
    found = pylsl.resolve_bypred("starts-with(name,'dowel_')", count, 30.0)
    inlets = [pylsl.StreamInlet(each, max_buflen=600, recover=False) for each in found]
    with path.open("wb") as file:
        date = b"<datetime>2026-01-01T10:00:00+0000</datetime>"
        file.write(b"XDF:" + chunk(1, b"<?xml version='1.0'?><info><version>1.0</version>" + date + b"</info>"))
        for number, inlet in enumerate(inlets, start=1):
            inlet.open_stream(30.0)
            file.write(of_stream(2, number, inlet.info(30.0).as_xml().encode()))
            offset = struct.pack("<dd", pylsl.local_clock(), inlet.time_correction(30.0))
            file.write(of_stream(4, number, offset))
        print("listening", flush=True)
        had = dict.fromkeys((each.name() for each in found), 0)
        wanted: dict[str, int] = {}
        while not wanted or any(had[name] < count for name, count in wanted.items()):
            for number, inlet in enumerate(inlets, start=1):
                rows, times_s = inlet.pull_chunk(timeout=0.02, max_samples=4096)
                if rows:
                    had[found[number - 1].name()] += len(rows)
                    file.write(of_stream(3, number, samples(rows, times_s)))
                    texts = [row[0] for row in rows if isinstance(row[0], str)]
                    if any(json.loads(text).get("kind") == "end" for text in texts):
                        wanted = json.loads(sys.stdin.readline())
        for number in range(1, count + 1):
            file.write(of_stream(6, number, b"<?xml version='1.0'?><info></info>"))


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]))

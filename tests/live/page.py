"""``python -m tests.live.page``: what the live page costs the program, in real time, and how often it moves.

The program records two sensors at 100 Hz, which live in another process behind a stand-in for BlueZ. So do those who
look. The lifter hinges all the time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from tests.bluez.dowel import COMMAND, Practice
from tests.bluez.processes import PROJECT, Bluez, Bus

ADDRESSES: Final = {"upper_back": "C0:00:5E:00:53:03", "sacrum": "C0:00:5E:00:53:02"}
WORN: Final = [f"{placement}:witmotion:{address}" for placement, address in ADDRESSES.items()]
SETTLE_S: Final = 3.0
"""Whoever has just come gets the last 20 s at once."""
SET_S: Final = 40.0
"""The lifter's usual set of eight takes a little longer."""
TICK_S: Final = 1.0 / os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """What a process has used of the processor so far; Linux alone tells it so."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def memory_mb(pid: int) -> float:
    """What a process holds in memory now."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024.0


def look(address: str, seconds: float) -> None:
    """One viewer: takes everything for so long, and prints what came as JSON."""
    frames = taken = 0
    with httpx.Client(timeout=10.0) as client:
        client.get(address).raise_for_status()
        with client.stream("GET", httpx.URL(address).join("/live")) as stream:
            ends_s = time.monotonic() + seconds
            for piece in stream.iter_bytes():
                frames += piece.count(b"event: now")
                taken += len(piece)
                if time.monotonic() > ends_s:
                    break
    print(json.dumps({"frames_per_s": frames / seconds, "kb_per_s": taken / seconds / 1e3}))


def looking(address: str, viewers: int, seconds: float) -> list[subprocess.Popen[str]]:
    """So many viewers, each a process."""
    command = [sys.executable, "-m", "tests.live.page", "--look", address, "--seconds", str(seconds)]
    return [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(viewers)]


def measure(bluez: Bluez, practice: Practice, what: str, seconds: float, address: str = "", viewers: int = 0) -> None:
    """Use of the processor over so many seconds of hinges, and what the viewers got in it."""
    watching = looking(address, viewers, seconds + 2.0 * SETTLE_S)
    time.sleep(SETTLE_S)
    for _ in range(1 + int(seconds / SET_S)):
        bluez(do="set")
    began_s, used_s = time.monotonic(), cpu_s(practice.pid)
    time.sleep(seconds)
    share = (cpu_s(practice.pid) - used_s) / (time.monotonic() - began_s)
    got = [json.loads(each.communicate()[0]) for each in watching]
    frames = ", ".join(f"{each['frames_per_s']:.1f}" for each in got)
    seen = f"; {frames} frames/s, {got[0]['kb_per_s']:.0f} kB/s each" if got else ""
    print(f"  {what:<24}{100 * share:5.1f} % of one core, {memory_mb(practice.pid):.0f} MB{seen}", flush=True)


@contextmanager
def practising(bluez: Bluez, out: Path, option: str, by: Sequence[str] = COMMAND) -> Iterator[Practice]:
    """A practice that is calibrated."""
    with Practice(bluez, ADDRESSES, out, option, by=by) as practice:
        practice.begin()
        practice.calibrate()
        yield practice
        practice.interrupt()
        practice.wait()


def address_of(lines: Sequence[str]) -> str:
    """The page's own, as the program told it."""
    return next(line.partition("http://")[1] + line.partition("http://")[2] for line in lines if "http://" in line)


def press(address: str, action: str, **more: str) -> None:
    """As the page does."""
    url = httpx.URL(address)
    origin = f"{url.scheme}://{url.netloc.decode()}"
    with httpx.Client(timeout=10.0) as client:
        client.get(address).raise_for_status()
        client.post(url.join("/do"), json={"action": action, **more}, headers={"Origin": origin}).raise_for_status()


def main() -> None:
    """Print everything; ``--seconds`` for each measurement."""
    parser = argparse.ArgumentParser(prog="python -m tests.live.page", description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--look", help="be a viewer of this address (the benchmark starts them)")
    asked = parser.parse_args()
    if asked.look:
        look(asked.look, asked.seconds)
        return
    print("The program, with two sensors of 100 Hz in another process, recording (target with one viewer: 10 %, 20/s)")
    with tempfile.TemporaryDirectory() as name, Bus() as bus, Bluez(bus, WORN) as bluez:
        with practising(bluez, Path(name, "without.dowel"), "--no-page") as practice:
            measure(bluez, practice, "without the page", asked.seconds)
        with practising(bluez, Path(name, "with.dowel"), "--page") as practice:
            address = address_of(practice.lines)
            press(address, "set")
            for what, viewers in (("page, no viewer", 0), ("page, one viewer", 1), ("page, three viewers", 3)):
                measure(bluez, practice, what, asked.seconds, address, viewers)
        bluez.stop()


if __name__ == "__main__":
    main()

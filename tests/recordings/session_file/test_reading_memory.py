"""A session that is read and gone through takes little more memory than its file has bytes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Placement, Sensor

NOTIFICATIONS = 8000
PAYLOAD = bytes(1500)


def test_blocks_are_the_only_copy_of_what_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "long.dowel"
    with SessionWriter(path, [Sensor(Placement.SACRUM, "any")], {"origin_ns": 0}) as writer:
        for index in range(NOTIFICATIONS):
            writer.notify(0, index * 10**7, PAYLOAD)
    tracemalloc.start()
    try:
        session = open_session(path)
        read = sum(len(part.notifications[0].payload) for part in session.slices(500))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == NOTIFICATIONS * len(PAYLOAD)
    assert peak_bytes < 1.4 * path.stat().st_size

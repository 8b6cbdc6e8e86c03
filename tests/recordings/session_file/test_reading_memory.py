"""A sound session stays in its file: what is read of it is what is looked at, and it must still be what it was."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Placement, Sensor

NOTIFICATIONS = 8000
PAYLOAD = bytes(1500)


def session_of(path: Path, payload: bytes = PAYLOAD) -> Path:
    with SessionWriter(path, [Sensor(Placement.SACRUM, "any")], {"origin_ns": 0}) as writer:
        for index in range(NOTIFICATIONS):
            writer.notify(0, index * 10**7, payload)
    return path


def bytes_sent(path: Path) -> tuple[int, int]:
    """How many bytes the sensor of a session sent, and how much memory it took at most to go through them."""
    tracemalloc.start()
    try:
        session = open_session(path)
        read = sum(len(part.notifications[0].payload) for part in session.slices(500))
        return read, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_was_sent_is_not_held(tmp_path: Path) -> None:
    path = session_of(tmp_path / "long.dowel")
    read, peak_bytes = bytes_sent(path)
    assert read == NOTIFICATIONS * len(PAYLOAD)
    assert peak_bytes < 0.4 * path.stat().st_size


def test_beside_an_interrupted_change_blocks_are_the_only_copy_of_what_was_sent(tmp_path: Path) -> None:
    path = session_of(tmp_path / "long.dowel")
    (tmp_path / "long.dowel-wal").touch()
    read, peak_bytes = bytes_sent(path)
    assert read == NOTIFICATIONS * len(PAYLOAD)
    assert peak_bytes < 1.4 * path.stat().st_size


@pytest.mark.parametrize("change", ["removed", "replaced", "emptied"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, change: str) -> None:
    path = session_of(tmp_path / "long.dowel")
    session = open_session(path)
    if change == "removed":
        path.unlink()
    elif change == "replaced":
        session_of(tmp_path / "other.dowel", bytes([1]) * len(PAYLOAD)).replace(path)
    else:
        path.write_bytes(b"")
    with pytest.raises(InputError, match=r"long\.dowel was changed or taken away while it was read\. Try again\.$"):
        for _ in session.slices():
            pass

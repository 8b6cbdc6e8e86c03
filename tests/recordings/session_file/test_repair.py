"""Of a damaged session what is whole goes into a new one, what is not is said, and the damaged one stays as it is."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.session_file import session_writer
from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.session_file.repair import repair_session
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.types import MarkKind
from tests.recordings.conftest import FACTS, SENSORS, Taken, practise

Copy = Callable[[Path], Path]
Read = Callable[[Session], dict[int, tuple[int, int, bytes]]]


@pytest.fixture(params=["with an identity", "of version 1"])
def practised(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Taken]:
    if request.param == "of version 1":
        monkeypatch.setattr(session_writer.os, "urandom", lambda _: b"")
    path, taken = tmp_path / "practised" / "old.dowel", Taken()
    path.parent.mkdir()
    with session_writer.SessionWriter(path, SENSORS, FACTS) as writer:
        practise(writer, 6.0, taken)
    monkeypatch.undo()
    return path, taken


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}


def test_what_is_whole_is_in_the_new_file(
    practised: tuple[Path, Taken], tmp_path: Path, notifications_of: Read
) -> None:
    path, taken = practised
    sound, choose = path.read_bytes(), random.Random(4)
    for number in range(8):
        raw = bytearray(sound)
        for _ in range(3):
            raw[4096 + choose.randrange(len(raw) - 4096)] ^= 1 << choose.randrange(8)
        path.write_bytes(raw)
        before, old = state(path.parent), open_session(path)
        new = tmp_path / f"{number}.dowel"
        said = repair_session(path, new)
        assert state(path.parent) == before
        assert said == list(old.problems)
        session = open_session(new)
        read = notifications_of(session)
        assert read == notifications_of(old)
        assert (session.sensors, session.marks) == (old.sensors, old.marks)
        assert read.items() <= taken.notifications.items()
        told = " ".join(session.problems)
        assert [each for each in said if each not in told] == []
        append_mark(new, MarkKind.NOTE, 1.0, 1.0)
        again = open_session(new)
        assert (len(again.marks), again.problems) == (len(session.marks) + 1, session.problems)
        with pytest.raises(InputError, match="exists already"):
            repair_session(path, new)


def test_a_sound_session_and_a_pair_are_copied(
    closed_session: tuple[Path, Any], open_pair: tuple[Path, Any], tmp_path: Path, notifications_of: Read
) -> None:
    path, taken = closed_session
    assert repair_session(path, tmp_path / "new.dowel") == []
    session = open_session(tmp_path / "new.dowel")
    assert (session.problems, notifications_of(session)) == ((), taken.notifications)
    assert session.facts["identity"] != open_session(path).facts["identity"]
    pair, taken = open_pair
    (said,) = repair_session(pair, tmp_path / "whole.dowel")
    assert "not closed" in said or "being recorded" in said
    assert notifications_of(open_session(tmp_path / "whole.dowel")) == taken.notifications


def test_where_nothing_can_be_used_nothing_is_written(practised: tuple[Path, Taken], tmp_path: Path) -> None:
    path, _ = practised
    path.write_bytes(path.read_bytes()[:4096])
    with pytest.raises(InputError, match=r"old\.dowel"):
        repair_session(path, tmp_path / "new.dowel")
    assert not (tmp_path / "new.dowel").exists()

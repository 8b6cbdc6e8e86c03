"""What lies beside a session and is not its own is neither read nor brought into it, and not a byte of it is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.session_file import finished_session, session_writer
from dowel.recordings.session_file.finished_session import append_mark, fold_session
from dowel.recordings.session_file.session_blocks import read_blocks
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import MarkKind, Placement, Sensor

Copy = Callable[[Path], Path]
Read = Callable[[Session], dict[int, tuple[int, int, bytes]]]

SACRUM = Sensor(Placement.SACRUM, "simulated")


@dataclass(frozen=True)
class Kept:
    """A session closed after four steps, its WAL after two and after four, and the same of another session."""

    folder: Path

    def put(self, folder: Path, companion: str) -> Path:
        """The session and a companion beside it."""
        folder.mkdir(exist_ok=True)
        shutil.copyfile(self.session(companion), folder / "x.dowel")
        (folder / "x.dowel-wal").write_bytes(self.companion(companion))
        return folder / "x.dowel"

    def session(self, companion: str) -> Path:
        """Which one is closed: beside "newer", one that was made whole elsewhere without its last two steps."""
        return self.folder / ("short.dowel" if companion == "newer" else "one.dowel")

    def companion(self, name: str) -> bytes:
        of = {
            "stale": lambda: (self.folder / "one.dowel-2").read_bytes(),
            "last": lambda: (self.folder / "one.dowel-4").read_bytes(),
            "foreign": lambda: (self.folder / "other.dowel-4").read_bytes(),
            "newer": lambda: (self.folder / "one.dowel-4").read_bytes(),
            "empty": lambda: b"",
            "cut": lambda: (self.folder / "one.dowel-4").read_bytes()[:1000],
            "cut foreign": lambda: (self.folder / "other.dowel-4").read_bytes()[:20_000],
            "noise": lambda: b"not a log",
        }
        return of[name]()


COMPANIONS = ("stale", "last", "foreign", "newer", "empty", "cut", "cut foreign", "noise")


def practised(path: Path, what: bytes, end: int) -> None:
    """Write a session in steps of 100 notifications; its WAL is kept after each."""
    with SessionWriter(path, [SACRUM], {"origin_ns": 0, "person": path.stem}) as writer:
        for step in range(end):
            for at in range(100):
                writer.notify(0, (100 * step + at) * 10_000_000, what * 20)
            writer.mark(MarkKind.NOTE, float(step), float(step))
            writer.flush()
            shutil.copyfile(f"{path}-wal", f"{path}-{step + 1}")
            shutil.copyfile(path, f"{path}-{step + 1}-main")


@pytest.fixture(params=["with an identity", "of an old program"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    if request.param == "of an old program":
        monkeypatch.setattr(session_writer.os, "urandom", lambda _: b"")
    folder = tmp_path / "kept"
    folder.mkdir()
    practised(folder / "one.dowel", b"1", 4)
    practised(folder / "other.dowel", b"2", 6)
    shutil.copyfile(folder / "one.dowel-2-main", folder / "short.dowel")
    shutil.copyfile(folder / "one.dowel-2", folder / "short.dowel-wal")
    fold_session(folder / "short.dowel")
    return Kept(folder)


def blocks(path: Path) -> list[tuple[int, bytes]]:
    return read_blocks(path).blocks.numbered_from(0)


@pytest.mark.parametrize("companion", COMPANIONS)
def test_beside_a_closed_session_nothing_is_read(
    kept: Kept, tmp_path: Path, companion: str, notifications_of: Read
) -> None:
    path = kept.put(tmp_path / "here", companion)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    alone = open_session(kept.session(companion))
    session = open_session(path)
    assert notifications_of(session) == notifications_of(alone)
    assert session.marks == alone.marks
    assert session.facts == alone.facts
    problem = session.problems[0]
    assert session.problems[1:] == alone.problems
    assert problem.startswith("x.dowel-wal ")
    assert "left out" in problem
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


@pytest.mark.slow
@pytest.mark.parametrize("companion", COMPANIONS)
@pytest.mark.parametrize("change", ["mark", "fold"])
def test_a_change_sets_it_aside_and_loses_nothing(kept: Kept, tmp_path: Path, companion: str, change: str) -> None:
    path = kept.put(tmp_path / "here", companion)
    before = blocks(kept.session(companion))
    if change == "mark":
        append_mark(path, MarkKind.NOTE, 1.0, 1.0)
    else:
        (sentence,) = fold_session(path)
        assert "x.dowel-wal" in sentence
        assert "x.dowel-wal.set-aside" in sentence
        assert "whole again" not in sentence
        assert path.read_bytes() == kept.session(companion).read_bytes()
    assert blocks(path)[: len(before)] == before
    assert len(blocks(path)) == len(before) + (change == "mark")
    assert sorted(file.name for file in path.parent.iterdir()) == ["x.dowel", "x.dowel-wal.set-aside"]
    assert (path.parent / "x.dowel-wal.set-aside").read_bytes() == kept.companion(companion)
    assert open_session(path).problems == open_session(kept.session(companion)).problems


def test_what_is_set_aside_never_replaces_what_was(kept: Kept, tmp_path: Path) -> None:
    for companion in ("foreign", "stale"):
        fold_session(kept.put(tmp_path / "here", companion))
    assert (tmp_path / "here/x.dowel-wal.set-aside").read_bytes() == kept.companion("foreign")
    assert (tmp_path / "here/x.dowel-wal.set-aside-2").read_bytes() == kept.companion("stale")


@pytest.mark.parametrize("companion", ["foreign", "cut foreign"])
def test_beside_a_session_that_was_not_closed_another_ones_is_not_read(
    kept: Kept, tmp_path: Path, companion: str, notifications_of: Read
) -> None:
    """The main file is as the first commit left it: the old program's cannot be told from the other by identity."""
    path = kept.put(tmp_path / "here", companion)
    shutil.copyfile(kept.folder / "one.dowel-2-main", path)
    session = open_session(path)
    assert session.facts["person"] == "one"
    assert notifications_of(session) == {}
    assert "is of another session" in session.problems[0]
    fold_session(path)
    assert open_session(path).facts["person"] == "one"
    assert (path.parent / "x.dowel-wal.set-aside").read_bytes() == kept.companion(companion)


@pytest.mark.parametrize(("wal", "steps"), [("2", 2), ("4", 4)])
def test_its_own_is_folded(kept: Kept, tmp_path: Path, wal: str, steps: int) -> None:
    path = kept.put(tmp_path / "here", "empty")
    shutil.copyfile(kept.folder / f"one.dowel-{wal}-main", path)
    shutil.copyfile(kept.folder / f"one.dowel-{wal}", f"{path}-wal")
    before = blocks(path)
    assert fold_session(path) == ["x.dowel had not been closed; it is whole again."]
    assert [file.name for file in path.parent.iterdir()] == ["x.dowel"]
    assert blocks(path)[: len(before)] == before
    session = open_session(path)
    assert len(session.notifications(0)) == 100 * steps
    assert len(session.problems) == 1
    # The WAL comes back when its session is whole already.
    shutil.copyfile(kept.folder / "one.dowel-2", f"{path}-wal")
    assert len(open_session(path).notifications(0)) == 100 * steps
    shutil.copyfile(kept.folder / "one.dowel-4", f"{path}-wal")
    session = open_session(path)
    assert len(session.notifications(0)) == 100 * steps
    assert ("older state" if steps == 4 else "another state") in session.problems[0]


@pytest.mark.parametrize("kept", ["with an identity"], indirect=True)
def test_a_wal_that_goes_on_where_a_closed_session_ends_is_its_own(kept: Kept, tmp_path: Path) -> None:
    """A kill while closing: the main file has got the fact that it is closed, and not yet what follows."""
    path = tmp_path / "x.dowel"
    with SessionWriter(tmp_path / "y.dowel", [SACRUM], {"origin_ns": 0}) as writer:
        writer.update_facts({"closed": True})
        writer.flush()
        closed = blocks(writer.path)
        writer.notify(0, 0, b"after")
        writer.flush()
        wal = Path(f"{writer.path}-wal").read_bytes()
    finished_session.create(path, closed, 2).close()
    Path(f"{path}-wal").write_bytes(wal)
    assert open_session(path).facts["closed"] is True
    assert open_session(path).notifications(0).payload == b"after"
    fold_session(path)
    assert open_session(path).notifications(0).payload == b"after"
    assert [file.name for file in tmp_path.glob("x.dowel*")] == ["x.dowel"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_beside_the_file_that_a_link_leads_to(kept: Kept, tmp_path: Path) -> None:
    path = kept.put(tmp_path / "here", "foreign")
    link = tmp_path / "link.dowel"
    link.symlink_to(path)
    append_mark(link, MarkKind.NOTE, 1.0, 1.0)
    assert (path.parent / "x.dowel-wal.set-aside").read_bytes() == kept.companion("foreign")
    assert len(open_session(path).marks) == 5


def test_a_fold_that_cannot_be_written_leaves_the_pair(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kept.put(tmp_path / "here", "last")
    shutil.copyfile(kept.folder / "one.dowel-4-main", path)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    def full(_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(finished_session, "make_single_file", full)
    with pytest.raises(InputError, match=r"here/x\.dowel could not be made whole and is left as it is"):
        fold_session(path)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_fold_that_reads_otherwise_is_refused(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept.put(tmp_path / "here", "last")
    shutil.copyfile(kept.folder / "one.dowel-4-main", path)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    create = finished_session.create
    monkeypatch.setattr(finished_session, "create", lambda at, head, version: create(at, head[:-1], version))
    with pytest.raises(InputError, match=r"x\.dowel could not be made whole"):
        fold_session(path)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_killed_while_opening_says_that_nothing_was_recorded(tmp_path: Path, kept: Kept) -> None:
    raw = (kept.folder / "one.dowel").read_bytes()
    for size in (0, 4096):
        (tmp_path / "x.dowel").write_bytes(raw[:size].replace(b"CREATE", b"      "))
        with pytest.raises(InputError, match=r"x\.dowel .*nothing was recorded yet"):
            open_session(tmp_path / "x.dowel")


KILLED = """
import os, shutil, sys
from pathlib import Path
from dowel.recordings.session_file import finished_session

kept, here = Path(sys.argv[1]), Path(sys.argv[2])
rooms = tuple(f"session_file{os.sep}{name}.py" for name in ("finished_session", "session_database"))

def killer(step):
    left = step
    def trace(frame, event, argument):
        nonlocal left
        if not frame.f_code.co_filename.endswith(rooms):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), 9)
        return trace
    return trace

step = 0
while True:
    step += 1
    place = here / str(step)
    place.mkdir()
    shutil.copyfile(kept / "one.dowel-4-main", place / "x.dowel")
    shutil.copyfile(kept / "one.dowel-4", place / "x.dowel-wal")
    child = os.fork()
    if child == 0:
        sys.settrace(killer(step))
        finished_session.fold_session(place / "x.dowel")
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
print(step)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kept", ["with an identity"], indirect=True)
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork are POSIX")
def test_killed_at_each_step_of_a_fold_nothing_is_lost(kept: Kept, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, kept.folder, here], capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) > 40
    for place in here.iterdir():
        path = place / "x.dowel"
        assert len(open_session(path).notifications(0)) == 400
        assert len(open_session(path).marks) == 4
        fold_session(path)
        session = open_session(path)
        assert len(session.notifications(0)) == 400
        assert (session.facts["closed"], session.facts["recovered"]) == (True, True)
        assert len(session.problems) == 1


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions bind no administrator")
def test_what_may_not_be_written_is_refused_by_name(kept: Kept, tmp_path: Path) -> None:
    path = kept.put(tmp_path / "here", "stale")
    path.parent.chmod(0o500)
    try:
        assert open_session(path).problems
        with pytest.raises(InputError, match=r"x\.dowel cannot be"):
            fold_session(path)
    finally:
        path.parent.chmod(0o700)


def test_one_identity_is_in_every_block_and_in_the_facts(closed_session: tuple[Path, Any]) -> None:
    stored = read_blocks(closed_session[0])
    identity = stored.blocks.identity
    assert len(identity) == 16
    assert all(block[-20:-4] == identity for block in stored.blocks.blocks)
    assert open_session(closed_session[0]).facts["identity"] == identity.hex()

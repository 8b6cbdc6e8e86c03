"""A session that was written is read as it was, in one order, and nothing beside it is touched."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import InputError
from dowel.recordings.session_file import session_blocks
from dowel.recordings.session_file.finished_session import append_mark, fold_session, sweep
from dowel.recordings.session_file.schema import PAGE_BYTES
from dowel.recordings.session_file.session_database import give_back_name
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Mark, MarkKind, Placement, Sensor, StreamSlice
from tests.depth import examples

SACRUM = Sensor(Placement.SACRUM, "simulated")
FACTS = {"origin_ns": 0}

Copy = Callable[[Path], Path]
Read = Callable[[Session], dict[int, tuple[int, int, bytes]]]


def everything_beside(path: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in path.parent.iterdir()}


def test_a_closed_session_is_one_file_and_comes_back_whole(
    closed_session: tuple[Path, Any], notifications_of: Read
) -> None:
    path, taken = closed_session
    before = everything_beside(path)
    assert list(before) == ["closed.dowel"]
    with open_session(path) as session:
        assert session.problems == ()
        assert notifications_of(session) == taken.notifications
        assert list(session.marks) == taken.marks
        assert [sensor.placement for sensor in session.sensors] == ["upper_back", "sacrum"]
        assert session.sensors[0].name == "Rücken"
        assert session.sensors[0].settings == {"range_g": 8}
        assert (session.facts["drill"], session.facts["closed"]) == ("dowel_hinge", True)
        assert list(session.calibrations) == [(1.5, {"axis": [0.0, 1.0, 0.0]})]
        assert [(row.time_s, row.kind) for row in session.heard_rows] == [(2.5, "cue"), (3.5, "row")]
    assert everything_beside(path) == before


def test_a_running_session_is_read_with_its_wal_and_nothing_beside_it_changes(
    open_pair: tuple[Path, Any], copied: Copy, notifications_of: Read
) -> None:
    path, taken = open_pair
    path = copied(path)
    before = everything_beside(path)
    assert set(before) == {"pair.dowel", "pair.dowel-wal"}
    session = open_session(path)
    assert notifications_of(session) == taken.notifications
    assert len(session.problems) == 1
    assert "was not closed" in session.problems[0]
    assert everything_beside(path) == before


def test_without_its_wal_a_running_session_says_so(open_pair: tuple[Path, Any], copied: Copy) -> None:
    path = copied(open_pair[0])
    path.with_name(path.name + "-wal").unlink()
    session = open_session(path)
    assert len(session.notifications(0)) == 0
    assert [sensor.placement for sensor in session.sensors] == ["upper_back", "sacrum"]
    assert "no pair.dowel-wal beside it" in "".join(session.problems)


def test_folding_keeps_the_content_and_leaves_one_file(
    open_pair: tuple[Path, Any], copied: Copy, notifications_of: Read
) -> None:
    path, taken = open_pair
    path = copied(path)
    fold_session(path)
    assert [file.name for file in path.parent.iterdir()] == ["pair.dowel"]
    session = open_session(path)
    assert notifications_of(session) == taken.notifications
    assert list(session.marks) == taken.marks
    assert len(session.problems) == 1
    assert "was interrupted: it ends there, or at most 0.5 s earlier" in session.problems[0]
    before = path.read_bytes()
    fold_session(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("which", ["closed_session", "open_pair"])
def test_a_mark_is_added_and_nothing_else_changes(
    which: str, request: pytest.FixtureRequest, copied: Copy, notifications_of: Read
) -> None:
    path, taken = request.getfixturevalue(which)
    path = copied(path)
    first = append_mark(path, MarkKind.VOID, 2.0, 3.001, {"rep": 2})
    second = append_mark(path, MarkKind.NOTE, 0.0, 0.0)
    assert first.added
    assert first.sequence < second.sequence
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    session = open_session(path)
    assert notifications_of(session) == taken.notifications
    assert [mark for mark in session.marks if not mark.added] == taken.marks
    (void,) = (mark for mark in session.marks if mark.kind is MarkKind.VOID)
    earlier = [sent for sequence, sent in taken.notifications.items() if sequence < void.sequence]
    later = [sent for sequence, sent in taken.notifications.items() if sequence >= void.sequence]
    end_ns = 1_000_000_000 + 3.001e9
    assert earlier[-1][1] <= end_ns < later[0][1]
    assert not any("could not be read" in problem for problem in session.problems)


def interrupted_change(path: Path) -> Path:
    """The session as it is left by a program killed in a change: SQLite's journal holds the pages as they were."""
    interrupted = path.with_name("interrupted.dowel")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA cache_size=2")
        database.execute("BEGIN")
        database.executemany("INSERT INTO blocks (data) VALUES (?)", [(bytes(4000),)] * 50)
        for suffix in ("", "-journal"):
            shutil.copyfile(f"{path}{suffix}", f"{interrupted}{suffix}")
        database.execute("ROLLBACK")
    return interrupted


def test_an_interrupted_change_is_undone_in_the_copy_that_is_read(
    closed_session: tuple[Path, Any], copied: Copy, notifications_of: Read
) -> None:
    path, taken = closed_session
    interrupted = interrupted_change(copied(path))
    assert interrupted.read_bytes() != path.read_bytes()
    session = open_session(interrupted)
    assert notifications_of(session) == taken.notifications
    assert session.problems == ("A change to this session was interrupted; it is read as it was before.",)
    fold_session(interrupted)
    assert [file.name for file in interrupted.parent.glob("interrupted*")] == ["interrupted.dowel"]
    session = open_session(interrupted)
    assert notifications_of(session) == taken.notifications
    assert session.problems == ()


def test_what_an_interrupted_change_did_not_touch_is_named_where_it_is_damaged(
    closed_session: tuple[Path, Any], copied: Copy
) -> None:
    interrupted = interrupted_change(copied(closed_session[0]))
    with interrupted.open("r+b") as file:
        file.seek(3 * PAGE_BYTES)
        file.write(bytes(PAGE_BYTES))
    assert open_session(interrupted).problems[0].startswith("The database in interrupted.dowel is damaged (")


def test_added_marks_stand_where_their_end_asks_for(tmp_path: Path) -> None:
    path = tmp_path / "imported.dowel"
    with SessionWriter(path, [SACRUM, SACRUM], FACTS) as writer:
        for second in range(5):
            writer.notify(0, second * 1_000_000_000, b"a")
            writer.notify(1, second * 1_000_000_000, b"b")
        writer.mark(MarkKind.TICK, 6.0, 6.0)
        writer.mark(MarkKind.TICK, 7.0, 7.0)
        writer.mark(MarkKind.END, 7.0, 7.0)
        for end_s in (99.0, 6.5, 2.0, 1.5, -1.0):
            writer.mark(MarkKind.NOTE, 0.0, end_s, added=True)
    session = open_session(path)
    assert session.problems == ()
    assert [(mark.kind.value, mark.end_s, mark.sequence) for mark in session.marks] == [
        ("note", -1.0, 0),
        ("note", 1.5, 4),
        ("note", 2.0, 6),
        ("tick", 6.0, 10),
        ("note", 6.5, 11),
        ("tick", 7.0, 11),
        ("note", 99.0, 12),
        ("end", 7.0, 12),
    ]


def stream_of(slices: Iterator[StreamSlice]) -> list[object]:
    """Marks and notifications in the order in which a reader of slices meets them."""
    stream: list[object] = []
    for piece in slices:
        items: list[tuple[int, int, object]] = [(mark.sequence, 0, mark) for mark in piece.marks]
        for sensor, own in enumerate(piece.notifications):
            assert own.length.sum() == len(own.payload)
            ends = np.cumsum(own.length).tolist()
            rows = zip(own.sequence.tolist(), own.arrival_ns.tolist(), ends, own.length.tolist(), strict=True)
            for sequence, arrival_ns, end, length in rows:
                items.append((sequence, 1, (sensor, arrival_ns, own.payload[end - length : end])))
        stream += [item for _, _, item in sorted(items, key=lambda item: item[:2])]
    return stream


@pytest.mark.slow
@examples(25)
@given(size=st.integers(1, 2000))
def test_where_the_stream_is_cut_changes_nothing(closed_session: tuple[Path, Any], size: int) -> None:
    path, taken = closed_session
    session = open_session(path)
    expected = [*taken.notifications.items(), *((mark.sequence, mark) for mark in taken.marks)]
    assert stream_of(session.slices(size)) == [item for _, item in sorted(expected, key=lambda item: item[0])]
    sizes = [sum(map(len, piece.notifications)) for piece in session.slices(size)]
    assert sizes[:-1] == [size] * (len(sizes) - 1)
    assert 0 < sizes[-1] <= size


def test_a_session_of_marks_alone_has_one_slice(tmp_path: Path) -> None:
    with SessionWriter(tmp_path / "x.dowel", [SACRUM], FACTS) as writer:
        mark = writer.mark(MarkKind.NOTE, 0.0, 1.0)
    (only,) = open_session(tmp_path / "x.dowel").slices()
    assert list(only.marks) == [mark]
    assert len(only.notifications[0]) == 0


def test_what_becomes_known_later_replaces_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "x.dowel"
    with SessionWriter(path, [SACRUM], {**FACTS, "drill": "wall_tap"}) as writer:
        writer.update_facts({"drill": "dead_bug", "load_kg": 16})
        writer.update_sensor(0, Sensor(Placement.SACRUM, "simulated", measured_rate_hz=99.2))
    session = open_session(path)
    assert (session.facts["drill"], session.facts["load_kg"]) == ("dead_bug", 16)
    assert session.sensors[0].measured_rate_hz == 99.2


def test_the_views_show_a_session_to_other_tools(closed_session: tuple[Path, Any]) -> None:
    path, taken = closed_session
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        assert dict(database.execute("SELECT key, value FROM facts"))["drill"] == "dowel_hinge"
        assert database.execute("SELECT sensor, placement, asked_rate_hz FROM sensors").fetchall() == [
            (0, "upper_back", 100.0),
            (1, "sacrum", None),
        ]
        marks = database.execute("SELECT sequence, kind, start_s, end_s FROM marks").fetchall()
        assert marks == [(mark.sequence, mark.kind, mark.start_s, mark.end_s) for mark in taken.marks]
        assert database.execute("SELECT time_s, detail FROM calibrations").fetchall() == [
            (1.5, '{"axis":[0.0,1.0,0.0]}')
        ]
        assert database.execute("SELECT kind, time_s FROM heard").fetchall() == [("cue", 2.5), ("row", 3.5)]


def test_the_program_in_the_docs_reads_a_session(
    closed_session: tuple[Path, Any],
    copied: Copy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, taken = closed_session
    page = (Path(__file__).parents[3] / "docs" / "session-file.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(copied(path).rename(tmp_path / "x.dowel").parent)
    exec(compile(program, "session-file.md", "exec"), {})
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    read = {int(sequence): (int(sensor), int(at), bytes.fromhex(data)) for sensor, sequence, at, data in printed}
    assert read == taken.notifications


# ------------------------------------------------------------------------------------------------------------ refusals


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE blocks (number INTEGER PRIMARY KEY, data BLOB NOT NULL)")


def newer_session(path: Path) -> None:
    SessionWriter(path, [SACRUM], FACTS).close()
    with closing(sqlite3.connect(path)) as database:
        for number, data in database.execute("SELECT number, data FROM blocks").fetchall():
            newer = data[:4] + b"\x03" + data[5:-4]
            block = newer + zlib.crc32(newer).to_bytes(4, "little")
            database.execute("UPDATE blocks SET data = ? WHERE number = ?", (block, number))
        database.commit()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "There is no file"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"time_s,acc_x\n0,1\n" * 1000), "not a Dowel session"),
        (lambda path: path.write_bytes(b"SQLite format 3\0"), "database of another program"),
        (other_database, "database of another program"),
        (newer_session, "newer Dowel"),
    ],
)
def test_what_is_no_session_is_refused_with_one_or_two_sentences(
    tmp_path: Path, make: Callable[[Path], Any], says: str
) -> None:
    path = tmp_path / "x.dowel"
    make(path)
    with pytest.raises(InputError, match=says) as caught:
        open_session(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("age_s", "is_left"), [(7200.0, False), (60.0, True)])
def test_what_another_program_may_still_be_folding_is_left_alone(tmp_path: Path, age_s: float, is_left: bool) -> None:
    folding = tmp_path / ".dowel-fold-x"
    folding.mkdir()
    began_s = time.time() - age_s
    os.utime(folding, (began_s, began_s))
    sweep(tmp_path)
    assert folding.exists() == is_left


def test_a_session_is_never_written_over_anything(tmp_path: Path) -> None:
    path = tmp_path / "x.dowel"
    path.write_bytes(b"mine")
    with pytest.raises(InputError, match="exists already"):
        SessionWriter(path, [SACRUM], FACTS)
    assert path.read_bytes() == b"mine"
    with pytest.raises(InputError, match=r"folder .* does not exist"):
        SessionWriter(tmp_path / "none" / "x.dowel", [SACRUM], FACTS)
    orphan = tmp_path / "y.dowel-wal"
    orphan.write_bytes(b"of an earlier session")
    with pytest.raises(InputError, match="left of a session"):
        SessionWriter(tmp_path / "y.dowel", [SACRUM], FACTS)
    assert orphan.read_bytes() == b"of an earlier session"


def test_the_writer_refuses_what_no_session_can_hold(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="origin_ns"):
        SessionWriter(tmp_path / "x.dowel", [SACRUM], {})
    with SessionWriter(tmp_path / "x.dowel", [SACRUM], FACTS) as writer:
        with pytest.raises(ValueError, match="too large"):
            writer.notify(0, 0, bytes(5000))
        with pytest.raises(ValueError, match="clock"):
            writer.notify(0, 2**63, b"")
        with pytest.raises(IndexError):
            writer.notify(1, 0, b"")
        with pytest.raises(ValueError, match="JSON"):
            writer.mark(MarkKind.NOTE, float("nan"), 0.0)
        assert writer.notify(0, 0, b"first") == 0
    with pytest.raises(ValueError, match="closed"):
        writer.notify(0, 0, b"late")
    writer.close()
    assert open_session(tmp_path / "x.dowel").problems == ()


def test_marks_have_their_place_among_the_notifications(tmp_path: Path) -> None:
    with SessionWriter(tmp_path / "x.dowel", [SACRUM], FACTS) as writer:
        given = [
            writer.notify(0, 0, b""),
            writer.mark(MarkKind.SET_START, 0.0, 0.0),
            writer.notify(0, 1, b""),
            writer.mark(MarkKind.SET_END, 0.0, 0.0, {"load_kg": 16}),
        ]
    assert [item.sequence if isinstance(item, Mark) else item for item in given] == [0, 1, 2, 3]
    assert list(open_session(tmp_path / "x.dowel").marks) == [given[1], given[3]]


def test_a_name_is_given_back_only_where_nothing_was_written(tmp_path: Path) -> None:
    empty, written = tmp_path / "a.dowel", tmp_path / "b.dowel"
    empty.touch()
    written.write_bytes(b"x")
    for path in (empty, written, tmp_path / "none.dowel"):
        give_back_name(path)
    assert [path.name for path in tmp_path.iterdir()] == ["b.dowel"]


@pytest.mark.parametrize(("number", "to_do"), [(errno.ENOSPC, "Free some space"), (errno.EIO, "Check the disk")])
def test_where_no_copy_can_be_made_only_a_full_disk_is_told_as_one(
    open_pair: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch, number: int, to_do: str
) -> None:
    def failing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(session_blocks.shutil, "copyfile", failing)
    with pytest.raises(InputError, match=f"{os.strerror(number)}. {to_do}"):
        open_session(open_pair[0])

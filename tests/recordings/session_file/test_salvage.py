"""Damaged session files: what can still be reached is read, never a wrong number, and the rest is named."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.finished_session import append_mark, fold_session
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import MarkKind, Placement, Sensor

Copy = Callable[[Path], Path]
Read = Callable[[Session], dict[int, tuple[int, int, bytes]]]

PAGE_BYTES = 4096
FLIPS = 250
CUTS = 40
WRECKS = 100


def opened(path: Path) -> Session | None:
    """The session, or None when it is refused with a sentence (anything else fails the test)."""
    try:
        return open_session(path)
    except InputError:
        return None


def missing_count(problems: Iterable[str]) -> int:
    """How many entries the problems name as missing."""
    named = re.findall(r"(\d+) (?:notifications of|further entries)", " ".join(problems))
    return sum(map(int, named))


def check_honest(session: Session, taken: Any, read: dict[int, tuple[int, int, bytes]]) -> int:
    """Nothing read differs from what was taken, and what is missing is named. Returns how many are missing."""
    assert read.items() <= taken.notifications.items()
    assert all(mark in taken.marks for mark in session.marks)
    missing = len(taken.notifications) - len(read) + len(taken.marks) - len(session.marks)
    if missing:
        assert session.problems
    return missing


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_flipped_bit_costs_a_page_at_most(
    closed_session: tuple[Path, Any], copied: Copy, notifications_of: Read, seed: int
) -> None:
    """At sampled offsets of a closed session; within the first page, which all else hangs on, more densely."""
    path, taken = closed_session
    path = copied(path)
    sound = path.read_bytes()
    choose = random.Random(seed)
    places = [choose.randrange(len(sound)) for _ in range(FLIPS)] + [choose.randrange(200) for _ in range(FLIPS // 4)]
    for place in places:
        damaged = bytearray(sound)
        damaged[place] ^= 1 << choose.randrange(8)
        path.write_bytes(damaged)
        session = opened(path)
        assert session is not None
        missing = check_honest(session, taken, notifications_of(session))
        assert missing * 28 < PAGE_BYTES
        assert missing == missing_count(session.problems)
        assert len(session.sensors) == 2
        assert session.facts["drill"] == "dowel_hinge"


@pytest.mark.parametrize("place", [*range(60, 64), *range(68, 72)])
def test_a_header_that_says_another_program_or_a_newer_one_is_not_believed(
    closed_session: tuple[Path, Any], copied: Copy, notifications_of: Read, place: int
) -> None:
    path, taken = closed_session
    path = copied(path)
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= 0x40
    path.write_bytes(damaged)
    session = open_session(path)
    assert notifications_of(session) == taken.notifications
    assert list(session.marks) == taken.marks
    assert session.problems == (f"The header of {path.name} is damaged.",)


def test_a_cut_file_gives_what_is_left(closed_session: tuple[Path, Any], copied: Copy, notifications_of: Read) -> None:
    path, taken = closed_session
    path = copied(path)
    sound = path.read_bytes()
    choose = random.Random(3)
    for size in [choose.randrange(1, len(sound)) for _ in range(CUTS)]:
        path.write_bytes(sound[:size])
        session = opened(path)
        if session is None:
            assert size < 4 * PAGE_BYTES
            continue
        read = notifications_of(session)
        check_honest(session, taken, read)
        assert "cut short" in session.problems[0]
        assert len(read) * 29 > size - 20 * PAGE_BYTES  # by far the most of what is there is notifications


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_damaged_pair_gives_what_is_left(
    open_pair: tuple[Path, Any], copied: Copy, notifications_of: Read, suffix: str
) -> None:
    path, taken = open_pair
    path = copied(path)
    victim = path.with_name(path.name + suffix)
    sound = victim.read_bytes()
    choose = random.Random(5)
    for _ in range(CUTS):
        damaged = bytearray(sound)
        damaged[choose.randrange(len(sound))] ^= 1 << choose.randrange(8)
        victim.write_bytes(damaged)
        session = opened(path)
        if session is not None:
            missing = check_honest(session, taken, notifications_of(session))
            assert missing * 28 < PAGE_BYTES
        else:
            assert suffix == ""


def test_what_was_written_but_not_committed_is_read_and_kept(
    open_pair: tuple[Path, Any], copied: Copy, notifications_of: Read
) -> None:
    """The kill came within a commit: the WAL holds pages that SQLite leaves out, and their blocks are whole."""
    path, taken = open_pair
    path = copied(path)
    wal = path.with_name(path.name + "-wal")
    frame_header = len(wal.read_bytes()) - PAGE_BYTES - 24
    raw = bytearray(wal.read_bytes())
    raw[frame_header + 16] ^= 1  # the checksum of the last frame, which commits
    wal.write_bytes(raw)
    for change in (lambda: None, lambda: fold_session(path)):
        change()
        session = open_session(path)
        assert notifications_of(session) == taken.notifications
        assert list(session.marks) == taken.marks
        assert [row.kind for row in session.heard_rows] == ["cue", "row"]  # these were in the last commit
    assert not wal.exists()


def test_a_wiped_beginning_leaves_the_rest(
    closed_session: tuple[Path, Any], copied: Copy, notifications_of: Read
) -> None:
    """The first page is gone, with the schema and the magic number of SQLite."""
    path, taken = closed_session
    path = copied(path)
    sound = path.read_bytes()
    path.write_bytes(bytes(PAGE_BYTES) + sound[PAGE_BYTES:])
    session = open_session(path)
    assert notifications_of(session) == taken.notifications
    assert "beginning" in session.problems[0]


def wreck(sound: bytes, choose: random.Random) -> bytes:
    """Several kinds of damage at once: wiped, overwritten, doubled, lost and cut-off stretches."""
    wrecked = bytearray(sound)
    for _ in range(choose.choice((1, 3, 10))):
        at, length = choose.randrange(len(wrecked)), choose.choice((1, 8, 100, PAGE_BYTES))
        page, other = (choose.randrange(1 + len(wrecked) // PAGE_BYTES) * PAGE_BYTES for _ in range(2))
        match choose.randrange(6):
            case 0:
                wrecked[at : at + length] = bytes(len(wrecked[at : at + length]))
            case 1:
                wrecked[at : at + length] = choose.randbytes(len(wrecked[at : at + length]))
            case 2:
                wrecked[page : page + 8] = choose.randbytes(len(wrecked[page : page + 8]))
            case 3:
                wrecked[page : page + PAGE_BYTES] = wrecked[other : other + PAGE_BYTES]
            case 4:
                del wrecked[at : at + length]
            case 5:
                del wrecked[max(at, 1) :]
        wrecked = wrecked or bytearray(1)
    return bytes(wrecked)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["closed_session", "open_pair"])
def test_a_wrecked_file_gives_no_wrong_number(
    which: str, request: pytest.FixtureRequest, copied: Copy, notifications_of: Read
) -> None:
    path, taken = request.getfixturevalue(which)
    path = copied(path)
    files = {file: file.read_bytes() for file in path.parent.iterdir()}
    choose = random.Random(2)
    for _ in range(WRECKS):
        for file, sound in files.items():
            file.write_bytes(wreck(sound, choose))
        session = opened(path)
        if session is None:
            continue
        if len(session.sensors) == 2:
            check_honest(session, taken, notifications_of(session))
        else:
            assert session.problems


def test_damaged_text_in_the_schema_is_no_crash(
    closed_session: tuple[Path, Any], copied: Copy, notifications_of: Read
) -> None:
    """SQLite quotes it in its message, which is then no valid text."""
    path, taken = closed_session
    path = copied(path)
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE blocks", b"CREATE \x80\x80\x80\x80\x80 blocks"))
    session = open_session(path)
    assert notifications_of(session) == taken.notifications
    assert "SQLite cannot read" in session.problems[0]


@pytest.mark.parametrize("damaged", [0, 500])
def test_a_gap_is_named_with_sensor_and_times(tmp_path: Path, damaged: int) -> None:
    path = tmp_path / "x.dowel"
    with SessionWriter(path, [Sensor(Placement.SACRUM, "simulated")], {"origin_ns": 0}) as writer:
        for step in range(1000):
            writer.notify(0, step * 10_000_000, b"step %15d" % step)
    sound = path.read_bytes()
    at = sound.index(b"step %15d" % damaged)
    path.write_bytes(sound[:at] + b"\xff" + sound[at + 1 :])
    session = open_session(path)
    lost = {*range(1000)} - {*session.notifications(0).sequence.tolist()}
    assert damaged in lost
    start, end_s = f"{(min(lost) - 1) / 100:.2f} s" if damaged else "the start", (max(lost) + 1) / 100
    assert session.problems[-1] == (
        f"{len(lost)} notifications of the sensor on the sacrum could not be read, from {start} to {end_s:.2f} s."
    )
    with pytest.raises(InputError, match="damaged"):
        append_mark(path, MarkKind.NOTE, 0.0, 0.0)


def test_an_added_mark_hidden_by_damage_is_found(closed_session: tuple[Path, Any], copied: Copy) -> None:
    """It is the last block: no later number tells that it is missing when its page says it holds one row less."""
    path = copied(closed_session[0])
    before = path.read_bytes()
    added = append_mark(path, MarkKind.VOID, 1.0, 1.0, {"rep": 1})
    after = path.read_bytes()
    changed = [
        page for page in range(1, len(after) // PAGE_BYTES) if after[page * 4096 :][:5] != before[page * 4096 :][:5]
    ]
    (leaf,) = (page for page in changed if after[page * PAGE_BYTES] == 0x0D)  # a leaf of a table
    damaged = bytearray(after)
    damaged[leaf * PAGE_BYTES + 4] -= 1  # low byte of its number of rows
    path.write_bytes(damaged)
    session = open_session(path)
    assert added.detail in [mark.detail for mark in session.marks]
    assert session.problems

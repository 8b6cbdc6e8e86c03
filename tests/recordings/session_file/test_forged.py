"""Session files that somebody made up, and blocks in noise: read for what they are; nothing of them is run."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.blocks import (
    BLOCK_BYTES,
    MAGIC,
    BlockKind,
    NotificationRun,
    document_body,
    encode_document,
)
from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.session_file.salvage import scan
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Mark, MarkKind

Copy = Callable[[Path], Path]
Read = Callable[[Session], dict[int, tuple[int, int, bytes]]]

PAGE_BYTES = 4096


def session_of(path: Path, blocks: Iterable[bytes], *extra: str) -> Path:
    """A database like ours with these blocks."""
    SessionWriter(path, [], {"origin_ns": 0}).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM blocks")
        database.executemany("INSERT INTO blocks VALUES (?, ?)", enumerate(blocks))
        for statement in extra:
            database.execute(statement)
        database.commit()
    return path


ORIGIN = encode_document(BlockKind.FACT, 0, document_body({"key": "origin_ns", "value": 0}), b"")
SENSOR = {
    "index": 0,
    "placement": "sacrum",
    "driver": "x",
    "name": "",
    "address": "",
    "firmware": "",
    "asked_rate_hz": None,
    "measured_rate_hz": None,
    "settings": {},
}
NOTE: dict[str, Any] = {"sequence": 0, "kind": "note", "start_s": 0.0, "end_s": 0.0, "detail": {}, "added": False}


def documents(*pairs: tuple[BlockKind, dict[str, Any]]) -> list[bytes]:
    return [
        ORIGIN,
        *(
            encode_document(kind, number, document_body(document), b"")
            for number, (kind, document) in enumerate(pairs, 1)
        ),
    ]


def test_the_forger_can_also_write_a_sound_session(tmp_path: Path) -> None:
    path = session_of(tmp_path / "x.dowel", documents((BlockKind.SENSOR, SENSOR), (BlockKind.MARK, NOTE)))
    session = open_session(path)
    assert list(session.marks) == [Mark(0, MarkKind.NOTE, 0.0, 0.0)]
    assert ["not closed" in problem for problem in session.problems] == [True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "unheard_of"},
        {"sequence": -1},
        {"sequence": 2**70},
        {"start_s": "0"},
        {"end_s": True},
        {"end_s": 10**400},
        {"detail": []},
    ],
)
def test_a_mark_that_makes_no_sense_is_left_out_and_named(tmp_path: Path, wrong: dict[str, Any]) -> None:
    blocks = documents((BlockKind.SENSOR, SENSOR), (BlockKind.MARK, {**NOTE, **wrong}))
    session = open_session(session_of(tmp_path / "x.dowel", blocks))
    assert session.marks == ()
    assert "1 marks could not be understood" in session.problems[0]


@pytest.mark.parametrize(
    "blocks",
    [
        documents()[1:],
        [encode_document(BlockKind.FACT, 0, document_body({"key": "origin_ns", "value": 2**80}), b"")],
        [encode_document(BlockKind.FACT, 0, document_body({"key": ["origin_ns"], "value": 0}), b"")],
    ],
)
def test_without_a_start_time_a_session_is_refused(tmp_path: Path, blocks: list[bytes]) -> None:
    with pytest.raises(InputError):
        open_session(session_of(tmp_path / "x.dowel", blocks))


def one_notification(sensor: int, number: int, payload: bytes) -> bytes:
    run = NotificationRun(sensor, b"")
    run.add(number, 0, payload)
    return run.seal(number)


def test_a_sensor_that_nothing_describes_is_left_out_and_named(tmp_path: Path) -> None:
    described = documents((BlockKind.SENSOR, SENSOR))
    data = [one_notification(0, 2, b"known"), one_notification(7, 3, b"unknown")]
    session = open_session(session_of(tmp_path / "x.dowel", [*described, *data]))
    assert session.notifications(0).payload == b"known"
    assert "What sensor 7 was could not be read" in " ".join(session.problems)
    with pytest.raises(InputError, match="what its sensors were"):
        open_session(session_of(tmp_path / "y.dowel", [ORIGIN, one_notification(7, 1, b"unknown")]))


@pytest.mark.parametrize(
    "taken", [5, {"notifications": 5}, {"notifications": [-1, "x", 2**80]}, {"notifications": [True]}]
)
def test_forged_totals_are_not_believed(tmp_path: Path, taken: Any) -> None:
    blocks = documents((BlockKind.SENSOR, SENSOR), (BlockKind.FACT, {"key": "taken", "value": taken}))
    assert open_session(session_of(tmp_path / "x.dowel", blocks)).marks == ()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON blocks BEGIN DELETE FROM blocks; END",
        "CREATE INDEX i ON blocks (length(data))",
    ],
)
def test_nothing_of_a_foreign_schema_is_run(tmp_path: Path, statement: str) -> None:
    path = session_of(tmp_path / "x.dowel", documents((BlockKind.SENSOR, SENSOR)), statement)
    assert "not as it should be" in open_session(path).problems[0]
    with pytest.raises(InputError, match="damaged"):
        append_mark(path, MarkKind.NOTE, 0.0, 0.0)


def test_an_endless_view_in_place_of_the_table_is_not_run(tmp_path: Path) -> None:
    path = session_of(
        tmp_path / "x.dowel",
        documents((BlockKind.SENSOR, SENSOR)),
        "ALTER TABLE blocks RENAME TO kept",
        "CREATE VIEW blocks AS WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n) "
        "SELECT number, x'00' AS data FROM n",
    )
    assert "not as it should be" in open_session(path).problems[0]


def test_a_tree_that_leads_to_one_page_many_times_is_not_followed(
    closed_session: tuple[Path, Any], copied: Copy, notifications_of: Read
) -> None:
    """A small file could otherwise fill the memory."""
    path, taken = closed_session
    path = copied(path)
    with closing(sqlite3.connect(path)) as database:
        (root,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'blocks'").fetchone()
    raw = bytearray(path.read_bytes())
    page = raw[(root - 1) * PAGE_BYTES : root * PAGE_BYTES]
    assert page[0] == 0x05  # an inner page of a table
    child = page[8:12]
    cells = [child + bytes([0x81 + key // 128, key % 128]) for key in range(400)]
    places = [PAGE_BYTES - 6 * (index + 1) for index in range(400)]
    head = bytes([5, 0, 0]) + (400).to_bytes(2, "big") + places[-1].to_bytes(2, "big") + b"\0" + child
    pointers = b"".join(place.to_bytes(2, "big") for place in places)
    content = b"".join(reversed(cells))
    forged = head + pointers + bytes(PAGE_BYTES - len(head) - len(pointers) - len(content)) + content
    raw[(root - 1) * PAGE_BYTES : root * PAGE_BYTES] = forged
    path.write_bytes(raw)
    session = open_session(path)
    assert "used twice" in session.problems[0]
    assert notifications_of(session) == taken.notifications


@given(
    st.lists(st.sampled_from([ORIGIN, MAGIC, MAGIC[:2], ORIGIN[:20], b"\0" * 50]) | st.binary(max_size=30), max_size=20)
)
def test_every_whole_block_in_noise_is_found(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    assert len(scan(raw)) == raw.count(ORIGIN)


def test_a_crowd_of_false_beginnings_is_no_block() -> None:
    crowd = (MAGIC + b"\1\1\0\0" + BLOCK_BYTES.to_bytes(4, "little")) * 3000
    assert scan(crowd + ORIGIN) == [ORIGIN]

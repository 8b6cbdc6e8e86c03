"""What a document of a session says is checked when it is read: anybody can write one whose CRC is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.blocks import BlockKind
from dowel.recordings.session_file.documents import Document, is_count
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import MarkKind, Placement, Sensor

Write = Callable[..., Session]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """A session of one sensor with these settings, facts and marks, as it is read; ``raw``: a document's own bytes."""

    def write(
        settings: Any = None, facts: Any = None, marks: Any = (), rate: Any = 100.0, raw: Document | None = None
    ) -> Session:
        path = tmp_path / "x.dowel"
        sensor = Sensor(Placement.SACRUM, "decoded", asked_rate_hz=rate, settings=settings or {})
        with SessionWriter(path, [sensor], {"origin_ns": 0, **(facts or {})}) as writer:
            writer.notify(0, 0, b"sent")
            for kind, detail in marks:
                writer.mark(kind, 1.0, 1.0, detail)
            if raw is not None:
                writer._take(raw)
        return open_session(path)

    return write


@pytest.mark.parametrize(
    "settings",
    [
        {"acc_range_m_s2": "156"},
        {"acc_range_m_s2": True},
        {"gyr_range_rad_s": -1.0},
        {"acc_offset_m_s2": [0.0, 0.0]},
        {"acc_scale": [0.0, 1.0, 1.0]},
        {"time_rate": 0},
        {"sync_ms": 1e300},
        {"columns": "ax,ay"},
        {"latency_s": None},
    ],
    ids=str,
)
def test_a_sensor_whose_settings_cannot_be_is_left_out(written: Write, settings: Any) -> None:
    (name,) = settings
    with pytest.raises(InputError, match=r"x\.dowel: what its sensors were could not be read") as caught:
        written(settings)
    assert name in str(caught.value)


@pytest.mark.parametrize("rate", [0.0, -100.0, 1e9])
def test_a_rate_that_cannot_be_is_none(written: Write, rate: float) -> None:
    with pytest.raises(InputError, match="sensors were could not be read"):
        written(rate=rate)


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        (MarkKind.LOAD, {"load_kg": "16"}, "load_kg: a number from 0 to 10000"),
        (MarkKind.LOAD, {}, "load_kg is missing"),
        (MarkKind.HEIGHT, {"height_cm": 0}, "height_cm: a number from 1 to 1000"),
        (MarkKind.DRILL, {"drill": 1}, "drill: a text"),
        (MarkKind.SET_START, {"load_kg": -1.0}, "load_kg: a number"),
        (MarkKind.CALIBRATION, {"basis": "rod", "frames": {}, "neutral": {}}, "sigma_rod_deg is missing"),
        (
            MarkKind.CALIBRATION,
            {"basis": "rod", "frames": {"sacrum": [[1.0]]}, "neutral": {}, "sigma_rod_deg": 1.0},
            "frames: a list of 3",
        ),
        (
            MarkKind.CALIBRATION,
            {"basis": "rod", "frames": {}, "neutral": {}, "sigma_rod_deg": 1.0, "lever_m": 0.0},
            "lever_m: a number from 0.001",
        ),
    ],
    ids=str,
)
def test_a_mark_that_cannot_be_is_refused_by_file_and_time(
    written: Write, kind: MarkKind, detail: Any, said: str
) -> None:
    with pytest.raises(InputError, match=rf"x\.dowel: The {kind} mark at 1\.0 s cannot be understood") as caught:
        written(marks=[(kind, detail)])
    assert said in str(caught.value)


def test_facts_that_cannot_be_are_left_out_and_named(written: Write) -> None:
    session = written(facts={"height_cm": "tall", "person": ["x"], "drill": "dead_bug", "own": [1, 2]})
    assert (session.facts["drill"], session.facts["own"]) == ("dead_bug", [1, 2])
    assert not {"height_cm", "person"} & session.facts.keys()
    assert any("facts could not be understood" in problem for problem in session.problems)


@pytest.mark.parametrize(
    "value",
    [b"1" * 400, b"1" * 5000, b"1e999", b"9223372036854775808", b"[" * 30 + b"]" * 30, b"[" * 9000 + b"]" * 9000],
    ids=lambda value: f"{value[:2]!r} x {len(value)}",
)
def test_numbers_and_nesting_that_no_session_holds(written: Write, value: bytes) -> None:
    session = written(raw=Document(BlockKind.FACT, b'{"key":"x","value":' + value + b"}"))
    assert "x" not in session.facts
    assert any("1 facts could not be understood" in problem for problem in session.problems)


def test_half_a_character_is_replaced(written: Write) -> None:
    r"""JSON can hold ``\ud800``, and neither a file nor a terminal can."""
    session = written(raw=Document(BlockKind.FACT, rb'{"key":"person","value":"a\ud800b \ud83d\ude00"}'))
    assert session.facts["person"] == "a\ufffdb \U0001f600"


@pytest.mark.parametrize(("value", "counts"), [(0, True), (7, True), (-1, False), (True, False), (7.0, False)])
def test_what_counts_is_a_whole_number_from_nought(value: object, counts: bool) -> None:
    assert is_count(value) == counts


def test_an_offset_may_have_either_sign(written: Write) -> None:
    offset = [-0.3, 0.2, 0.0]
    assert written({"acc_offset_m_s2": offset}).sensors[0].settings["acc_offset_m_s2"] == offset

"""A calibration that does not fit: said once, and nothing judged from there on, the same however the stream is cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.calibration.stance_search import Found, OwnStance, seen
from dowel.analysis.events import CalibrationDoubted, Event, RowWritten
from dowel.recordings.types import Mark, MarkKind, StreamSlice
from dowel.sensors.simulated import Simulation, set_of_hinges, simulate
from dowel.session.engine import Engine
from dowel.text.wording import notice_words
from tests.depth import at_night
from tests.streams import analysed, cut
from tests.validation.study import trunk_sensors

REPS = 8


@pytest.fixture(scope="module")
def session() -> Simulation:
    pieces = set_of_hinges(REPS, seed=5, lowering_s=1.2, rising_s=1.0, set_marks=False)
    return simulate(pieces, trunk_sensors(np.random.default_rng(5)), seed=5)


@pytest.fixture(scope="module")
def true(session: Simulation) -> Calibration:
    engine = Engine(session.session_sensors(), 0)
    engine.feed(session.stream())
    history = engine.pipeline.history
    span = history.first, history.next
    placements = [str(sensor.placement) for sensor in engine.sensors]
    found = OwnStance().find(placements, *seen(placements, history.values(*span), history.status(*span)))
    assert isinstance(found, Found)
    return found.calibration


def calibrated(session: Simulation, calibration: Calibration) -> StreamSlice:
    """The stream with a calibration at its start."""
    stream = session.stream()
    return replace(stream, marks=(Mark(0, MarkKind.CALIBRATION, 0.0, 0.0, calibration.to_json()), *stream.marks))


def said(session: Simulation, calibration: Calibration) -> list[Event]:
    engine = Engine(session.session_sensors(), 0)
    return [*engine.feed(calibrated(session, calibration)), *engine.finish()]


def turned(calibration: Calibration, degrees: float, *placements: str) -> Calibration:
    """The same with forward somewhere else."""
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turn = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    frames = {place: turn @ frame if place in placements else frame for place, frame in calibration.frames.items()}
    return replace(calibration, frames=frames)


def test_a_sound_one_is_not_doubted(session: Simulation, true: Calibration) -> None:
    events = said(session, true)
    rows = [event.rep for event in events if isinstance(event, RowWritten)]
    assert [row.verdict for row in rows[1:]] == ["held"] * (REPS - 1)  # before the first the clocks are not known well
    assert rows[0].verdict_reason in {"", "sync"}
    assert not any(isinstance(event, CalibrationDoubted) for event in events)


@pytest.mark.parametrize(
    ("degrees", "placements"),
    [
        (180.0, ("upper_back", "sacrum")),
        (90.0, ("upper_back", "sacrum")),
        (50.0, ("upper_back",)),
    ],
)
def test_a_wrong_axis_is_said_and_the_reps_after_it_are_counted_and_not_judged(
    session: Simulation, true: Calibration, degrees: float, placements: tuple[str, ...]
) -> None:
    events = said(session, turned(true, degrees, *placements))
    (doubt,) = [event for event in events if isinstance(event, CalibrationDoubted)]
    assert "may not fit" in notice_words(doubt)
    rows = [event.rep for event in events if isinstance(event, RowWritten) and event.rep.end_s > doubt.time_s]
    assert len(rows) >= REPS - 3
    assert {row.verdict for row in rows} == {"not_judged"}
    assert all("calibration_doubtful" in row.verdict_reason for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [[1], [7, 1, 200], [31]] if at_night() else [[7, 1, 200]])
def test_however_the_stream_is_cut(session: Simulation, true: Calibration, sizes: list[int]) -> None:
    stream = calibrated(session, turned(true, 180.0, "upper_back", "sacrum"))
    sensors = session.session_sensors()
    assert analysed(sensors, cut(stream, sizes)) == analysed(sensors, [stream])

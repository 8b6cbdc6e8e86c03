"""The wall tap: found where there was one, and how far from the wall the next set is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.analysis.drills.advice import to_the_wall
from dowel.analysis.drills.method import RULES, Rules
from dowel.analysis.events import SetEnded, Spoken
from dowel.analysis.movement.wall_tap import TapDetector
from dowel.analysis.rows import NAN, Rep, SetSummary
from dowel.recordings.types import FloatArray, MarkKind, Placement
from dowel.sensors.simulated import (
    Hinge,
    Link,
    Moment,
    SimulatedSensor,
    WallHinge,
    calibration_pieces,
    set_of_hinges,
    wall_set,
)
from tests.streams import Analysed, analyse, ideal_sensors

UPPER_BACK, SACRUM = Placement.UPPER_BACK, Placement.SACRUM
HINGE = Hinge(68.0, 2.0, 0.3, 1.6, 0.8)


def practised(*hinges: WallHinge, height_cm: float = 175.0, **more: object) -> Analysed:
    """A set in front of the wall, by somebody whose height is given."""
    pieces = (*calibration_pieces(), Moment(MarkKind.HEIGHT, {"height_cm": height_cm}), *wall_set(hinges, wall_cm=20.0))
    return analyse(pieces, **more)  # type: ignore[arg-type]


def worn() -> list[SimulatedSensor]:
    return [SimulatedSensor(place, mounting="random", soft_tissue_deg=2.5) for place in (UPPER_BACK, SACRUM)]


@pytest.mark.slow
@pytest.mark.parametrize("lowering_s", [1.5, 2.0, 3.0])
def test_taps_are_found_and_misses_are_none(lowering_s: float) -> None:
    hinge = replace(HINGE, lowering_s=lowering_s)
    order = [WallHinge(hinge, share) for share in (0.93, 1.2, 0.96, 1.05, 0.91, 1.4)]
    found = practised(*order, sensors=worn(), seed=3)
    truth = [rep.label for rep in found.session.truth.reps if rep.kind == "rep"]
    assert truth == ["tapped", "none"] * 3
    told = [row.tap for row in found.rows]
    assert sum(one == other for one, other in zip(told, truth, strict=True)) >= 5
    assert all(one in (other, "unsure") for one, other in zip(told, truth, strict=True))
    assert {row.wall_cm for row in found.rows} == {20.0}
    assert {row.drill for row in found.rows} == {"wall_tap"}


def test_other_drills_have_no_tap() -> None:
    found = analyse((*calibration_pieces(), *set_of_hinges(3)), ideal_sensors())
    assert {row.tap for row in found.rows} == {""}


def test_a_gap_at_the_turn_is_unsure() -> None:
    sensors = [replace(each, link=Link(dropouts_s=((50.0, 2.5),))) for each in worn()]
    found = practised(*[WallHinge(HINGE, 0.95)] * 4, sensors=sensors)
    assert "unsure" in {row.tap for row in found.rows}


def push(peak_m_s2: float, shaking_m_s2: float) -> tuple[FloatArray, FloatArray]:
    """Two seconds down, one up, with a push forward of 0.1 s shortly before the bottom."""
    time_s = np.arange(350) / 100.0
    angle = 70.0 * np.sin(np.pi * np.clip((time_s - 0.5) / 3.0, 0.0, 1.0)) ** 2
    pushed = peak_m_s2 * np.exp(-0.5 * ((time_s - 1.85) / 0.05) ** 2)
    return pushed + shaking_m_s2 * np.sin(2.0 * np.pi * 5.0 * time_s), angle


@pytest.mark.parametrize(
    ("peak_m_s2", "shaking_m_s2", "expected"),
    [(1.0, 0.02, "tapped"), (0.02, 0.02, "none"), (0.0, 0.2, "none"), (-1.0, 0.02, "unsure"), (0.6, 0.15, "unsure")],
)
def test_the_limits(peak_m_s2: float, shaking_m_s2: float, expected: str) -> None:
    acceleration, angle = push(peak_m_s2, shaking_m_s2)
    assert TapDetector().of(acceleration, angle, 50, 210) == expected
    acceleration[100] = np.nan
    assert TapDetector().of(acceleration, angle, 50, 210) == "unsure"


def test_bent_knees_are_told() -> None:
    legs = ideal_sensors(UPPER_BACK, SACRUM, Placement.THIGH_LEFT, Placement.SHANK)
    knees = WallHinge(replace(HINGE, shank_deg=14.0), 0.95)
    found = practised(WallHinge(HINGE, 0.95), knees, sensors=legs)
    assert [spoken.about for spoken in found.of(Spoken)][:1] == ["knees"]
    assert [row.knees_bent for row in found.rows] == [False, True]


SUMMARY = SetSummary(1, "wall_tap", 0.0, 20.0, 3, 0, 3, 0, 0, 0, "", 2.0, 0.0, 60.0, "")


@pytest.fixture(scope="module")
def tapped() -> Rep:
    row = practised(*[WallHinge(HINGE, 0.94)] * 3, sensors=ideal_sensors()).rows[0]
    assert (row.tap, row.kind, row.verdict) == ("tapped", "rep", "held")
    return row


@pytest.mark.parametrize(
    ("wall_cm", "changes", "expected"),
    [
        (20.0, {}, "stand 22.5 cm"),
        (28.9, {}, "stand 29.8 cm"),
        (30.0, {}, "30 cm is full"),
        (NAN, {}, "Stand 18 cm from the wall, a tenth of your height"),
        (20.0, {"tap": "none"}, "Stay at 20 cm: 1 of 3 reps without a clear tap."),
        (20.0, {"tap": "unsure"}, "(1 unsure)"),
        (20.0, {"verdict": "lost"}, "reached by rounding"),
        (20.0, {"verdict": "not_judged"}, "not every rep could be judged"),
        (20.0, {"verdict": "warned"}, "stand 22.5 cm"),
    ],
)
def test_the_way_from_the_wall(tapped: Rep, wall_cm: float, changes: dict[str, str], expected: str) -> None:
    """Of 1.75 m: 17.5 cm at first, 29.75 cm is full; a tap reached by rounding is no pass."""
    rows = [tapped, tapped, replace(tapped, **changes)]  # type: ignore[arg-type]
    assert expected in to_the_wall(replace(SUMMARY, wall_cm=wall_cm), rows, 1.75, RULES)


def test_other_steps_to_the_wall_are_said_as_they_are() -> None:
    rules = Rules(wall_first_share=0.12, wall_step_cm=2.0)
    assert "stand 22.0 cm from the wall, up to 2 cm farther" in to_the_wall(
        replace(SUMMARY, wall_cm=20.0), [], 1.75, rules
    )
    assert "21 cm from the wall, 12 % of your height" in to_the_wall(replace(SUMMARY, wall_cm=NAN), [], 1.75, rules)


def test_a_set_of_taps_ends_with_the_next_distance() -> None:
    found = practised(*[WallHinge(HINGE, 0.94)] * 3, sensors=ideal_sensors())
    (summary,) = [event.summary for event in found.of(SetEnded)]
    assert summary.wall_cm == 20.0
    assert "stand 22.5 cm" in summary.advice
    assert found.of(Spoken)[-1].sentence == summary.advice
    rounded = [WallHinge(replace(HINGE, peak_deviation_deg=18.0), 0.94)] * 3
    (summary,) = [event.summary for event in practised(*rounded, sensors=ideal_sensors()).of(SetEnded)]
    assert "Stay at 20 cm: 3 of 3 reps lost contact, and a tap reached by rounding" in summary.advice

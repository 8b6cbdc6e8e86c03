"""A sensor that turned round the body, which no stand shows: no verdict rests on it, and it is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.analysis.events import SensorSlipped, StandChanged
from dowel.analysis.orientation.askew import Askew
from dowel.recordings.types import FloatArray, Placement
from dowel.sensors.simulated import Hinge, Link, SensorSlip, Stand, calibration_pieces
from tests.streams import Analysed, analyse, ideal_sensors

REP = Hinge(65.0, 1.2, 0.3, 1.0, 1.2)
BEFORE = (*calibration_pieces(), Stand(1.5), *[REP] * 3)


def after(result: Analysed) -> list[tuple[str, str]]:
    return [(row.verdict, row.verdict_reason) for row in result.rows[3:]]


def test_a_belt_that_slid_round_the_waist_is_told_and_nothing_judged_by_it() -> None:
    slid = (SensorSlip(Placement.SACRUM, 24.0, "z"), Stand(0.8))
    result = analyse((*BEFORE, *slid, *[REP] * 4), ideal_sensors(), seed=3)
    (told,) = result.of(StandChanged)
    assert not told.placement
    assert not told.judged
    assert told.step_deg == pytest.approx(24.0, abs=2.0)
    assert not result.of(SensorSlipped), "no stand shows it"
    assert after(result) == [("not_judged", "slipped")] * 4, "also what was judged before it was known"


def test_a_belt_that_creeps_round_the_waist_is_told() -> None:
    creeping = [piece for _ in range(7) for piece in (SensorSlip(Placement.SACRUM, 6.0, "z"), Stand(0.4), REP)]
    result = analyse((*BEFORE, *creeping), ideal_sensors(), seed=3)
    assert [(event.placement, event.judged) for event in result.of(StandChanged)] == [("", False)]
    assert {verdict for verdict, _ in after(result)[2:]} == {"not_judged"}
    assert "lost" not in [verdict for verdict, _ in after(result)]


def test_one_that_slid_back_is_judged_by_again() -> None:
    slid, back = (SensorSlip(Placement.SACRUM, angle_deg, "z") for angle_deg in (24.0, -24.0))
    pieces = (*BEFORE, slid, Stand(0.8), *[REP] * 3, back, Stand(0.8), *[REP] * 4)
    result = analyse(pieces, ideal_sensors(), seed=3)
    assert [(event.placement, event.judged) for event in result.of(StandChanged)] == [("", False), ("", True)]
    assert after(result)[-2:] == [("held", "")] * 2


@pytest.mark.parametrize("twists_deg", [(25.0, 25.0, 25.0, 25.0), (25.0, -20.0, 32.0, 20.0, 40.0, 0.0)])
def test_twists_are_a_persons(twists_deg: tuple[float, ...]) -> None:
    """Also those that are the same each time, where the gyroscopes show that nothing turned."""
    twisted = [Hinge(65.0, 1.2, 0.3, 1.0, 1.2, twist_deg=twist_deg) for twist_deg in twists_deg]
    result = analyse((*BEFORE, *twisted), ideal_sensors(), seed=3)
    assert not result.of(StandChanged)
    assert {verdict for verdict, _ in after(result)} == {"held"}


def test_where_the_gyroscopes_missed_something_it_may_be_either() -> None:
    twisted = [Hinge(65.0, 1.2, 0.3, 1.0, 1.2, twist_deg=30.0)] * 4
    upper_back, sacrum = ideal_sensors()
    silent = replace(upper_back, link=replace(Link.perfect(), dropouts_s=((42.0, 1.0),)))
    result = analyse((*BEFORE, *twisted), [silent, sacrum], seed=3)
    assert [event.placement for event in result.of(StandChanged)] == [""]
    assert {verdict for verdict, _ in after(result)} == {"not_judged"}


def _ups(lean_deg: float, ways_deg: tuple[float, float]) -> FloatArray:
    lean, ways = np.deg2rad(lean_deg), np.deg2rad(ways_deg)
    return np.stack([-np.sin(lean) * np.cos(ways), np.sin(lean) * np.sin(ways), np.full(2, np.cos(lean))], axis=1)


@pytest.mark.parametrize(("lean_deg", "apart_deg"), [(55.0, 16.0), (70.0, -25.0)])
def test_by_how_much_a_back_seems_rounder(lean_deg: float, apart_deg: float) -> None:
    """Against the joint's own flexion, of the one sensor and of the other."""
    askew = Askew()
    for start in range(3):
        askew.bend(start, _ups(lean_deg, (0.0, apart_deg)), np.nan)
    lean, apart = np.deg2rad([lean_deg, apart_deg])
    tip = np.array([[np.cos(lean), 0.0, np.sin(lean)], [0.0, 1.0, 0.0], [-np.sin(lean), 0.0, np.cos(lean)]])
    turn = np.array([[np.cos(apart), -np.sin(apart), 0.0], [np.sin(apart), np.cos(apart), 0.0], [0.0, 0.0, 1.0]])
    turned = turn.T @ tip @ turn
    seen = [lower.T @ upper for lower, upper in ((tip, turned), (turned, tip))]
    expected_deg = [float(np.rad2deg(np.arctan2(each[0, 2], each[2, 2]))) for each in seen]
    assert askew.rounder_deg == pytest.approx(expected_deg)


def test_a_shallow_bend_says_nothing() -> None:
    askew = Askew()
    assert not any(askew.bend(start, _ups(20.0, (0.0, 30.0)), np.nan) for start in range(4))

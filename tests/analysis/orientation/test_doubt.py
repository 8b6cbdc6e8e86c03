"""A sensor that stands differently, and nothing tells why: never zeroed, not judged, judged again once it is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from dowel.analysis.events import SensorSlipped, StandChanged
from dowel.analysis.orientation.doubt import Bottom, Doubts, seeming_deg
from dowel.analysis.orientation.slip import Turned
from dowel.recordings.types import Placement
from dowel.sensors.simulated import Hinge, SensorSlip, Stand, calibration_pieces
from dowel.sensors.simulated.person.plan import Coordinate, Plan, Scene, minimum_jerk
from tests.streams import Analysed, analyse, ideal_sensors

REP = Hinge(70.0, 1.2, 0.3, 1.0, 1.2)


@dataclass(frozen=True)
class Rounder:
    """Reps in which the upper back alone stands rounder, within a second from their start; ``at_top``: only there."""

    reps: int
    rounder_deg: float
    at_top: bool = False

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        plan = Plan.joined([Stand(1.2).plan(scene), *(REP.plan(scene) for _ in range(self.reps))])
        share = minimum_jerk(np.arange(len(plan.coordinates)) / 200.0)
        if self.at_top:
            share = share * np.clip(1.0 - plan.coordinates[:, Coordinate.PELVIS_LEAN] / 30.0, 0.0, 1.0)
        plan.coordinates[:, Coordinate.SPINE_FLEXION] += self.rounder_deg * share
        return plan


def verdicts(result: Analysed, after: int) -> list[tuple[str, str]]:
    return [(row.verdict, row.verdict_reason) for row in result.rows[after:]]


def test_what_was_told_while_a_sensor_crept_is_in_doubt_too() -> None:
    """By 2.8 deg from rep to rep: so fast that the latest stands lie apart, and to more than a limit in the end."""
    creeps = SensorSlip(Placement.UPPER_BACK, 2.8, duration_s=2.0)
    creeping = [piece for _ in range(7) for piece in (creeps, Stand(0.4), REP)]
    result = analyse((*calibration_pieces(), Stand(1.5), *[REP] * 2, *creeping), ideal_sensors(), seed=14)
    assert any(not event.judged for event in result.of(StandChanged))
    assert "lost" not in [verdict for verdict, _ in verdicts(result, 0)], "the back was neutral"


@pytest.mark.parametrize("rounder_deg", [7.0, -7.0])
def test_a_posture_is_never_zeroed_away(rounder_deg: float) -> None:
    pieces = (*calibration_pieces(), Stand(1.5), *[REP] * 5, Rounder(4, rounder_deg))
    result = analyse(pieces, ideal_sensors(), seed=11)
    assert not result.of(SensorSlipped)
    (changed,) = result.of(StandChanged)
    assert changed.placement == Placement.UPPER_BACK
    assert changed.step_deg == pytest.approx(7.0, abs=1.5)
    assert not changed.judged
    assert set(verdicts(result, 6)) == {("not_judged", "slipped")}, "not warned for a slip, nor held by a new zero"


def test_the_same_bottom_from_another_stand_is_the_person() -> None:
    pieces = (*calibration_pieces(), Stand(1.5), *[REP] * 5, Rounder(6, 8.0, at_top=True))
    result = analyse(pieces, ideal_sensors(), seed=12)
    assert not result.of(SensorSlipped)
    assert [event.judged for event in result.of(StandChanged)] == [False, True]
    assert {verdict for verdict, _ in verdicts(result, 9)} <= {"held", "warned"}


def test_whoever_stands_as_before_again_had_not_slipped() -> None:
    pieces = (*calibration_pieces(), Stand(1.5), *[REP] * 5, Rounder(4, 7.0), Stand(1.2), *[REP] * 5)
    result = analyse(pieces, ideal_sensors(), seed=13)
    assert [event.judged for event in result.of(StandChanged)] == [False, True]
    assert verdicts(result, -2) == [("held", "")] * 2, "at the third stand at the latest"
    assert verdicts(result, 0)[:4] == [("held", "")] * 4, "and what was judged before it is as it was"
    assert not np.isnan([row.flexion_peak_deg for row in result.rows[:4]]).any()


@pytest.mark.slow
@pytest.mark.parametrize("angle_deg", [7.0, 20.0])
def test_what_creeps_is_told(angle_deg: float) -> None:
    """Too slowly for a step: from the first stands and the latest."""
    creeping = [piece for _ in range(10) for piece in (SensorSlip(Placement.SACRUM, 0.1 * angle_deg), Stand(0.4), REP)]
    result = analyse((*calibration_pieces(), Stand(1.5), *[REP] * 3, *creeping), ideal_sensors(), seed=14)
    told = [event for event in (*result.of(StandChanged), *result.of(SensorSlipped)) if not event.judged]
    assert told
    assert {event.placement for event in told} == {Placement.SACRUM}
    (last,) = verdicts(result, -1)
    assert last[0] == "not_judged", "the limit for arching lies 8 deg away, and a slip may be 2 deg more than is seen"
    assert "slipped" in last[1]
    assert np.isnan(result.rows[-1].extension_peak_deg)


UP = np.array([0.0, 0.0, 1.0])


def doubted(rises_deg: list[float], rounder_deg: float = 8.0) -> Doubts:
    doubts = Doubts()
    for rise_deg in rises_deg:
        doubts.bend(Bottom(rise_deg, float("nan")))
    doubts.doubt(0, Turned(0, abs(rounder_deg), UP, UP, 0, 1, stands=2), rounder_deg)
    return doubts


@pytest.mark.parametrize(
    ("before_deg", "after_deg", "settled"),
    [
        ([1.0, 2.0, 1.5, -6.0], [-6.8], True),  # the first bend from the other stand counts too
        ([1.0, 2.0, 1.5, 1.5], [-6.5, -6.0], True),
        ([1.0, 2.0, 1.5, 1.5], [1.5, 1.0], False),  # the same offset throughout
        ([1.0, 2.0, 1.5, 1.5], [-6.5, 1.0, -6.5], False),  # not two running
        ([1.0, 9.0, 1.5, -6.0], [-6.8, -6.5], False),  # nothing is usual here
        ([1.5, -6.0], [-6.8, -6.5], False),  # nor known
        ([1.0, 2.0, 1.5, -6.0], [float("nan"), -6.8], True),
    ],
)
def test_what_settles_a_doubt(before_deg: list[float], after_deg: list[float], settled: bool) -> None:
    doubts = doubted(before_deg)
    bottoms = [Bottom(rise_deg, float("nan")) for rise_deg in after_deg]
    assert [0] in list(map(doubts.bend, bottoms)) or not settled
    assert bool(doubts) is not settled


@pytest.mark.parametrize(
    ("off_neutral_deg", "settled"),
    [([0.5, -1.9], True), ([0.5, 3.0, 0.5], False), ([7.0, 8.5], False), ([float("nan")] * 2, False)],
)
def test_bends_to_the_neutral_bottom_settle_it(off_neutral_deg: list[float], settled: bool) -> None:
    """As the rod gave it: then no bends before are needed."""
    doubts = doubted([])
    for off_deg in off_neutral_deg:
        doubts.bend(Bottom(0.0, off_deg))
    assert bool(doubts) is not settled


@pytest.mark.parametrize(("away_deg", "back"), [(2.4, True), (2.6, False)])
def test_a_sensor_is_back_that_stands_within_two_and_a_half_degrees(away_deg: float, back: bool) -> None:
    doubts, away = doubted([]), np.deg2rad(away_deg)
    assert doubts.stands_as_before(0, np.array([np.sin(away), 0.0, np.cos(away)])) == back
    assert bool(doubts) != back


def test_what_was_settled_before_is_no_doubt() -> None:
    doubts = Doubts()
    for off_deg in (0.5, -1.0):
        doubts.bend(Bottom(-8.0, off_deg))
    assert not doubts.doubt(0, Turned(0, 8.0, UP, UP, 0, 1, stands=3), 8.0)
    assert not doubts


def test_a_slip_may_have_been_somewhat_larger() -> None:
    assert seeming_deg(doubted([], 8.0).rounder_deg) == (0.0, 10.0)
    assert seeming_deg(doubted([], -5.0).rounder_deg) == (-7.0, 0.0)


def test_back_where_it_was() -> None:
    doubts = doubted([])
    assert not doubts.stands_as_before(0, np.array([np.sin(np.deg2rad(4.0)), 0.0, np.cos(np.deg2rad(4.0))]))
    assert not doubts.stands_as_before(1, UP)
    assert doubts.stands_as_before(0, np.array([np.sin(np.deg2rad(2.0)), 0.0, np.cos(np.deg2rad(2.0))]))
    assert not doubts

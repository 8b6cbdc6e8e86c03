"""Both sensors stand differently, and to each other too: said, not judged; a person may lean with the whole trunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from dowel.analysis.events import RowRevised, SensorSlipped, StandChanged
from dowel.analysis.orientation.stands_apart import StandsApart
from dowel.recordings.types import Placement
from dowel.sensors.simulated import Hinge, Piece, SensorSlip, SimulatedSensor, Stand, Walk, calibration_pieces
from dowel.sensors.simulated.person.plan import Coordinate, Plan, Scene, minimum_jerk
from tests.streams import Analysed, analyse

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
REP = Hinge(70.0, 1.2, 0.3, 1.0, 1.2)


@dataclass(frozen=True)
class RestsBent:
    """Reps without coming up between them: 16 deg at the hips at their top, where the back hangs 16 deg rounder."""

    reps: int

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        plan = Plan.joined(
            [Stand(2.0).plan(scene), *(REP.plan(scene) for _ in range(self.reps)), Stand(2.0).plan(scene)]
        )
        here = np.arange(len(plan.coordinates))
        share = minimum_jerk(np.minimum(here, here[::-1]) / 200.0)
        top = share * np.clip(1.0 - plan.coordinates[:, Coordinate.PELVIS_LEAN] / 40.0, 0.0, 1.0)
        plan.coordinates[:, Coordinate.PELVIS_LEAN] += 16.0 * top
        plan.coordinates[:, Coordinate.SPINE_FLEXION] += 16.0 * top
        return plan


def strapped_on_anew(
    upper_back_deg: float, sacrum_deg: float, reps: int = 6, back_again: Sequence[Piece] = ()
) -> Analysed:
    """Reps; each sensor turns while the person walks about, the second after the first; reps again."""
    slips = [
        SensorSlip(place, angle_deg, "y", 3.0)
        for place, angle_deg in zip(TRUNK, (upper_back_deg, sacrum_deg), strict=True)
        if angle_deg
    ]
    worn = [SimulatedSensor(place, mounting="random", soft_tissue_deg=3.0) for place in TRUNK]
    between = (Walk(8.0), *slips, Walk(8.0), Stand(2.0))
    pieces = (*calibration_pieces(), Stand(1.5), *[REP] * 4, *between, *[REP] * reps, *back_again)
    return analyse(pieces, worn, seed=7)


@pytest.mark.slow
@pytest.mark.parametrize(("upper_back_deg", "sacrum_deg"), [(15.0, -10.0), (-13.0, 13.0)])
def test_sensors_that_were_strapped_on_anew_judge_nothing(upper_back_deg: float, sacrum_deg: float) -> None:
    result = strapped_on_anew(upper_back_deg, sacrum_deg)
    assert not result.of(SensorSlipped)
    (changed,) = result.of(StandChanged)
    assert changed.step_deg == pytest.approx(abs(upper_back_deg - sacrum_deg), abs=3.0)
    assert not changed.judged
    assert [row.verdict for row in result.rows[:4]] == ["held"] * 4
    assert {(row.verdict, row.verdict_reason.split("+")[-1]) for row in result.rows[4:]} == {("not_judged", "slipped")}


@pytest.mark.slow
def test_a_trunk_that_stands_differently_as_a_whole_is_posture() -> None:
    result = strapped_on_anew(12.0, 10.0)
    assert not result.of(StandChanged)
    assert "slipped" not in {row.verdict_reason for row in result.rows}


@pytest.mark.slow
def test_whoever_rests_bent_forward_stands_rounder_there() -> None:
    worn = [SimulatedSensor(place, mounting="random", soft_tissue_deg=3.0) for place in TRUNK]
    result = analyse((*calibration_pieces(), Stand(1.5), *[REP] * 3, RestsBent(6), *[REP] * 3), worn, seed=7)
    assert not result.of(StandChanged)
    assert not [row for row in result.rows if "slipped" in row.verdict_reason]


@pytest.mark.slow
def test_back_as_before_it_is_judged_again_and_no_earlier_row_has_lost_anything() -> None:
    back = (
        Walk(4.0),
        SensorSlip(TRUNK[0], -15.0, "y", 3.0),
        SensorSlip(TRUNK[1], 10.0, "y", 3.0),
        Walk(4.0),
        Stand(2.0),
    )
    result = strapped_on_anew(15.0, -10.0, 3, (*back, *[REP] * 3))
    assert [event.judged for event in result.of(StandChanged)] == [False, True]
    assert not result.of(RowRevised)
    assert [row.verdict for row in result.rows] == ["held"] * 4 + ["not_judged"] * 3 + ["held"] * 3


def test_by_hand() -> None:
    stands = StandsApart()
    assert [stands.stand(rounded_deg) for rounded_deg in (6.0, 8.0, 7.0, 11.0)] == [None] * 4, "people stand relaxed"
    assert stands.stand(21.0) is None
    assert stands.apart, "one such stand is enough not to judge by"
    assert stands.stand(20.0) == pytest.approx(13.0)
    assert stands.stand(20.0) is None
    assert stands.stand(9.0) == 0.0
    assert not stands.apart
    assert stands.stand(22.0) is None
    assert stands.stand(8.0) is None, "it was not told"
    stands.forget()
    assert [stands.stand(rounded_deg) for rounded_deg in (-30.0, -28.0)] == [None] * 2
    assert not stands.apart

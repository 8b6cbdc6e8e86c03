"""Both sensors stand differently, and to each other too: said, not judged; a person may lean with the whole trunk."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dowel.analysis.events import RowRevised, SensorSlipped, StandChanged
from dowel.analysis.orientation.stands_apart import StandsApart
from dowel.recordings.types import Placement
from dowel.sensors.simulated import Hinge, Piece, SensorSlip, SimulatedSensor, Stand, Walk, calibration_pieces
from tests.streams import Analysed, analyse

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
REP = Hinge(70.0, 1.2, 0.3, 1.0, 1.2)


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

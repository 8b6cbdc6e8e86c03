"""Slip: a sensor that moved on the skin is found and zeroed again; a person who moves differently never is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.verdict import Fault
from dowel.analysis.events import Calibrated, RowRevised, RowWritten, SensorSlipped, SetEnded, StandChanged
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.slip import STAND_POINTS, SlipWatch, median_abs_deviation, stand_of
from dowel.recordings.types import FloatArray, MarkKind, Placement
from dowel.sensors.simulated import (
    Hinge,
    Moment,
    Person,
    Piece,
    SensorSlip,
    SimulatedSensor,
    Stand,
    Step,
    calibration_pieces,
    set_of_hinges,
)
from dowel.sensors.simulated.person.plan import Plan, Scene
from tests.reference import by_scipy
from tests.streams import analyse, ideal_sensors

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
REP = Hinge(70.0, 1.2, 0.3, 1.0, 1.2)


def worn() -> list[SimulatedSensor]:
    """Sensors as people wear them: skin, noise, a Bluetooth link."""
    return [SimulatedSensor(place, mounting="random", soft_tissue_deg=3.0) for place in TRUNK]


def with_slip(*slips: Piece, before: int = 5, after: int = 5) -> tuple[Piece, ...]:
    return (
        *calibration_pieces(),
        Moment(MarkKind.SET_START),
        Stand(1.5),
        *[REP] * before,
        *slips,
        Stand(0.7),
        *[REP] * after,
        Stand(1.5),
        Moment(MarkKind.SET_END),
        Stand(1.0),
    )


@pytest.mark.parametrize("before", [0, 1])
def test_nothing_rests_on_a_sensor_that_slid_before_there_were_stands_to_compare(before: int) -> None:
    """The zero of the calibration is the first of them."""
    result = analyse(with_slip(SensorSlip(Placement.SACRUM, 20.0), before=before), worn(), seed=4)
    assert [
        row.verdict_reason for row in result.rows if row.verdict == "lost" and "rezero" not in row.calibration
    ] == []
    assert len(result.rows) == before + 5


@pytest.mark.slow
@pytest.mark.parametrize("placement", TRUNK)
@pytest.mark.parametrize("angle_deg", [5.0, -5.0, 8.0, -8.0, 12.0])
def test_a_slip_is_found_within_two_reps(placement: Placement, angle_deg: float) -> None:
    """Spoken, with the right sensor and size; the reps after it are judged by the new zero and say so."""
    result = analyse(with_slip(SensorSlip(placement, angle_deg)), worn(), seed=4)
    (slip,) = result.of(SensorSlipped)
    assert slip.placement == placement
    # one sensor's own attitude tells the size but no direction: that of the zero in force counts
    assert slip.step_deg == pytest.approx(abs(angle_deg), abs=1.5)
    third = result.rows[7]
    assert slip.time_s < third.start_s + 0.5, "at the latest when the third rep after it begins"
    assert "lost" not in [row.verdict for row in result.rows[5:7]], "the back was neutral"
    assert [event.rep.verdict_reason for event in result.of(RowRevised)] == ["slipped"] * len(result.of(RowRevised))
    for row in result.rows[7:]:
        assert row.calibration == "rod+rezero"
        if abs(angle_deg) <= 7.0:
            assert slip.judged
            assert row.verdict == "held"
    assert {row.calibration for row in result.rows[:5]} == {"rod"}


@pytest.mark.parametrize("slip_deg", [9.0, -9.0])
def test_a_verdict_is_taken_back_when_the_next_stands_show_a_slip(slip_deg: float) -> None:
    """In the table, and in the summary of its set."""
    result = analyse(with_slip(SensorSlip(Placement.UPPER_BACK, slip_deg)), worn(), seed=4)
    said = {event.rep.start_s: event.rep.verdict for event in result.of(RowWritten)}
    revised = [event.rep for event in result.of(RowRevised)]
    (slip,) = result.of(SensorSlipped)
    assert [event.time_s - slip.time_s for event in result.of(RowRevised)] == pytest.approx(
        [0.0] * len(revised), abs=0.02
    )
    assert {row.rep for row in revised} <= {6, 7}
    assert revised
    assert "not_judged" not in [said[row.start_s] for row in revised]
    assert {(row.verdict, row.flexion_peak_deg == row.flexion_peak_deg) for row in revised} == {("not_judged", False)}
    times_s, deviation_deg = result.deviation_deg()
    for row in revised:
        assert np.isnan(deviation_deg[(times_s > row.bottom_s) & (times_s < row.end_s)]).all(), "nor is it drawn"
    (ended,) = result.of(SetEnded)
    assert ended.summary.not_judged == sum(row.verdict == "not_judged" for row in result.rows)


@pytest.mark.slow
@pytest.mark.parametrize("placement", TRUNK)
def test_too_far_in_all_is_not_judged_until_the_hold_is_repeated(placement: Placement) -> None:
    """Two slips of 6 deg are more than 8 deg."""
    again = (Stand(2.0, rod=True), Step(MarkKind.ROD_HOLD, (Stand(5.0),)), Stand(1.0))
    pieces = (
        *with_slip(SensorSlip(placement, 6.0), *[Stand(0.5), *[REP] * 6], SensorSlip(placement, 6.0), after=6),
        *again,
        *set_of_hinges(3, lowering_s=1.2, rising_s=1.0),
    )
    result = analyse(pieces, worn(), seed=5)
    first, second = result.of(SensorSlipped)
    assert first.judged
    assert not second.judged
    assert second.total_deg == pytest.approx(first.total_deg + second.step_deg)
    unjudged = [row for row in result.rows if row.start_s > second.time_s and row.set == 1]
    assert len(unjudged) >= 2
    assert {(row.verdict, row.verdict_reason) for row in unjudged} == {("not_judged", "slipped")}
    last = result.rows[-3:]
    assert [row.verdict for row in last] == ["held"] * 3
    assert {row.calibration for row in last} == {"rod"}
    assert len(result.of(Calibrated)) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("angle_deg", "told"), [(14.0, True), (-14.0, True), (5.0, False)])
def test_no_back_leans_far_to_the_side_at_one_sensor_alone(angle_deg: float, told: bool) -> None:
    """Nobody saw it turn, and it changes no lean: farther than people stand otherwise it is believed no more."""
    aside = SensorSlip(Placement.SACRUM, angle_deg, "x", duration_s=2.0)
    result = analyse(with_slip(aside, after=6), worn(), seed=4)
    assert [(event.placement, event.judged) for event in result.of(StandChanged)] == [("sacrum", False)] * told
    assert {row.verdict for row in result.rows[:4]} == {"held"}  # the fifth ends in a stand that nobody knows
    reasons = {row.verdict_reason for row in result.rows[-3:]}
    assert reasons == ({"slipped"} if told else {""})


@pytest.mark.slow
def test_a_ramp_is_posture() -> None:
    """A degree from rep to rep, ten times: somebody tires."""
    tiring = [piece for _ in range(10) for piece in (SensorSlip(Placement.UPPER_BACK, 1.0), Stand(0.6), REP)]
    assert not analyse(with_slip(*tiring), worn(), seed=6).of(SensorSlipped)


@pytest.mark.parametrize("angle_deg", [5.0, 10.0])
def test_a_step_in_both_sensors_is_posture(angle_deg: float) -> None:
    both = (SensorSlip(Placement.UPPER_BACK, angle_deg), SensorSlip(Placement.SACRUM, angle_deg))
    assert not analyse(with_slip(*both), worn(), seed=7).of(SensorSlipped)


@dataclass(frozen=True)
class Load:
    """A load mark and, with it, a new way of standing."""

    angle_deg: float

    def plan(self, scene: Scene) -> Plan:
        return Plan.joined(
            [
                Moment(MarkKind.LOAD, {"load_kg": 20}).plan(scene),
                SensorSlip(Placement.UPPER_BACK, self.angle_deg).plan(scene),
            ]
        )


def test_a_change_at_a_load_mark_is_posture() -> None:
    assert not analyse(with_slip(Load(6.0)), worn(), seed=8).of(SensorSlipped)


@pytest.mark.slow
@pytest.mark.parametrize(
    "peaks_deg", [(0, 0, 0, 0, 0, 20, 20, 20, 20, 20), (12,), (25, 0), (-15,), (3, 6, 9, 12, 15, 18)]
)
def test_real_rounding_is_never_zeroed_away(peaks_deg: tuple[float, ...]) -> None:
    """Whatever the back does in the bend, the stands before it tell."""
    for seed in range(3):
        pieces = (*calibration_pieces(), *set_of_hinges(10, peaks_deg=peaks_deg, lowering_s=1.2, rising_s=1.0))
        result = analyse(pieces, worn(), seed=seed)
        assert not result.of(SensorSlipped)
        clear = [(peak, row.verdict) for peak, row in zip(peaks_deg * 10, result.rows, strict=False) if abs(peak) >= 18]
        assert all(verdict == "lost" for _, verdict in clear)


def test_creeping_rounding_is_never_zeroed_away() -> None:
    pieces = (*calibration_pieces(), *set_of_hinges(12, creep_deg=22.0, lowering_s=1.2, rising_s=1.0))
    result = analyse(pieces, worn(), seed=9)
    assert not result.of(SensorSlipped)
    assert result.rows[-1].verdict == "lost"


def test_what_cannot_be_judged_anyway_is_not_if_the_sensor_did_not_slide() -> None:
    posture = Posture(TRUNK)
    posture.use(Calibration("rod", {str(place): np.eye(3) for place in TRUNK}))
    values, status = np.zeros((2, 40, COLUMNS)), np.zeros((2, 40), np.uint8)
    values[:, :, 0] = 1.0
    faults = np.full(40, int(Fault.SLIPPED))
    faults[10:20] |= Fault.BENT_SIDEWAYS
    faults[30:] |= Fault.TOO_LONG
    deviation_deg = posture.deviation_if_worn_deg(np.zeros((2, 40)), values, status, faults)
    assert np.flatnonzero(np.isfinite(deviation_deg)).tolist() == [*range(10), *range(20, 30)]


def ups(*angles_deg: float, axis: str = "y") -> list[FloatArray]:
    """Up vectors of stands of one sensor that has turned by so much."""
    return [Rotation.from_euler(axis, angle, degrees=True).apply([0.0, 0.0, 1.0]) for angle in angles_deg]


def found(watch: SlipWatch, *sensors: list[FloatArray]) -> list[int]:
    """After which stands a slip was told."""
    numbers = []
    for number, stand in enumerate(zip(*sensors, strict=True), 1):
        turned = watch.stand(np.stack(stand))
        if turned is not None:
            watch.begin_with(turned)
            numbers.append(number)
    return numbers


def test_by_hand() -> None:
    still = ups(0.0, 0.2, -0.1, 0.1, 0.0, 0.1, -0.1, 0.0)
    assert found(SlipWatch(), ups(0.0, 0.2, -0.1, 0.1, 5.0, 5.1, 5.0, 5.1), still) == [6]
    assert found(SlipWatch(), still, ups(0.0, 0.2, -0.1, 0.1, 5.0, 5.1, 5.0, 5.1, axis="x")) == [6]
    assert found(SlipWatch(), ups(0.0, 0.0, 5.0, 5.0), still[:4]) == [4], "two stands before are enough"
    assert found(SlipWatch(), ups(0.0, 5.0, 5.0, 5.0, 5.0), still[:5]) == [], "one is not"
    assert found(SlipWatch(), ups(0.0, 0.2, -0.1, 2.5, 2.6, 2.5), still[:6]) == [], "under 3 deg"
    assert found(SlipWatch(), ups(0.0, 0.2, -0.1, 5.0, 0.0, 0.1), still[:6]) == [], "somebody who fidgeted once"
    assert found(SlipWatch(), ups(0.0, 1.2, 2.4, 3.6, 4.8, 6.0), still[:6]) == [], "a ramp"
    assert found(SlipWatch(), ups(0.0, -0.1, 0.1, 1.0, 3.6, 4.4), still[:6]) == [], "it had begun a stand before"
    assert found(SlipWatch(), ups(0, 0, 0, 5, 5, 5), ups(0, 0, 0, 4, 4, 4)) == [], "both"
    assert found(SlipWatch(), ups(0.0, 0.2, -0.1, 0.1, 14.2, 17.8), still[:6]) == [6], "a far one may wobble more"
    assert found(SlipWatch(), ups(0.0, 0.2, -0.1, 0.1, 12.5, 19.5), still[:6]) == [], "but not so much"
    watch = SlipWatch()
    assert found(watch, ups(0.0, 0.0), ups(0.0, 0.0)) == []
    watch.forget()
    assert found(watch, ups(5.0, 5.0), ups(0.0, 0.0)) == [], "another load"


def test_what_a_person_sways_hides_no_slip() -> None:
    """Stands of a simulated person: of the upper back alone the step of 5 deg cannot be told, of the two it can."""
    upper_back = (-0.3, -0.1, -1.7, -0.7, -0.4, -0.1, -5.4, -2.9, -4.5, -4.4, -4.5, -5.6)
    sacrum = (0.1, 0.1, -1.0, -1.1, -0.5, -0.1, -1.2, 2.0, 0.7, 1.0, 0.3, 1.1)

    def told(*leans_deg: Sequence[float], frames: FloatArray | None) -> tuple[int, float] | None:
        watch = SlipWatch()
        for stand in zip(*(ups(*(-deg for deg in one)) for one in leans_deg), strict=True):
            turned = watch.stand(np.stack(stand), frames=frames)
            if turned is not None:
                return turned.sensor, turned.step_deg
        return None

    frames = np.stack([np.eye(3)] * 2)
    assert told(upper_back, sacrum, frames=None) is None
    assert told(upper_back, sacrum, frames=frames) == (0, pytest.approx(4.7, abs=0.5))
    assert told(sacrum, upper_back, frames=frames) == (1, pytest.approx(4.7, abs=0.5))
    other = [deg + 4.0 * (number > 5) for number, deg in enumerate(sacrum)]
    assert told(upper_back, other, frames=frames) is None, "both turned: the person stands differently"


def test_a_turn_that_shows_between_two_sensors_leads_from_the_usual_stand_to_the_latest() -> None:
    """What it leads to is the new zero: the stands before it have no part in that."""
    sway_deg = (0.0, 1.5, -1.5, 1.5, -1.5)
    upper_back = ups(*sway_deg, 6.5, 3.5)
    sacrum = ups(*sway_deg, 1.5, -1.5)
    watch, frames = SlipWatch(), np.stack([np.eye(3)] * 2)
    (slip,) = [
        slip
        for stand in zip(upper_back, sacrum, strict=True)
        if (slip := watch.stand(np.stack(stand), frames=frames)) is not None
    ]
    assert slip.sensor == 0
    np.testing.assert_allclose(slip.before, ups(0.0)[0], atol=1e-3)
    np.testing.assert_allclose(slip.after, ups(5.0)[0], atol=1e-3)


def test_the_turn_back_to_the_old_zero() -> None:
    """``before`` and ``after`` lead from one stand to the other."""
    watch = SlipWatch()
    slips = [
        watch.stand(np.stack([one, other])) for one, other in zip(ups(0, 0, 0, 7, 7), ups(0, 0, 0, 0, 0), strict=True)
    ]
    (slip,) = [slip for slip in slips if slip is not None]
    assert slip.sensor == 0
    assert slip.step_deg == pytest.approx(7.0, abs=0.02)
    np.testing.assert_allclose(slip.before, ups(0.0)[0], atol=1e-9)
    np.testing.assert_allclose(slip.after, ups(7.0)[0], atol=1e-9)


def test_a_stand_is_still_or_none() -> None:
    still = np.stack([ups(*np.full(STAND_POINTS, 3.0)), ups(*np.linspace(0.0, 8.0, STAND_POINTS))])
    mean, stood = stand_of(still, 2.5)
    np.testing.assert_allclose(mean[0], ups(3.0)[0], atol=1e-9)
    assert not stood
    assert stand_of(still[:1], 2.5)[1]
    assert np.isnan(stand_of(still[:, 1:], 2.5)[0]).all(), "too short"
    gap = still.copy()
    gap[0, 7] = np.nan
    assert np.isnan(stand_of(gap, 2.5)[0][0]).all()


@pytest.mark.slow
def test_a_person_in_rest_is_not_taken_for_a_slip() -> None:
    """Many seeds of people who re-stand within their usual 0.5 deg."""
    for seed in range(4):
        result = analyse(with_slip(before=8, after=8), ideal_sensors(), seed=seed, person=Person(stand_sd_deg=0.5))
        assert not result.of(SensorSlipped)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_the_spread_of_stands_is_scipys(count: int) -> None:
    values = np.random.default_rng(count).standard_normal(count)
    assert median_abs_deviation(values) == pytest.approx(by_scipy.median_abs_deviation(values), abs=1e-12)

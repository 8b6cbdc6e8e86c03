"""The dead bug: its zero, its reps with thigh sensors and without, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dowel.analysis.contact.limits import FloorLimits, floor_limits_for
from dowel.analysis.contact.verdict import signals
from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.drills.drills import DEAD_BUG, DOWEL_HINGE, Drill
from dowel.analysis.events import Calibrated, ContactPassed, RepCounted, SetEnded, Spoken, StepRefused
from dowel.analysis.stances.lying_posture import LyingPosture, pressure_share
from dowel.recordings.errors import InputError
from dowel.recordings.types import Mark, MarkKind, Placement, Sensor
from dowel.reports.notebook import analyse as analyse_file
from dowel.sensors.simulated import (
    Breathing,
    Hinge,
    LegLower,
    Lie,
    LieDown,
    Link,
    Moment,
    Person,
    Piece,
    SimulatedSensor,
    Stand,
    Step,
    calibration_pieces,
    lying_calibration,
    simulate,
)
from dowel.session.engine import Engine
from dowel.session.tables import EXTRA_COLUMNS
from tests.streams import Analysed, analyse, ideal_sensors

PELVIS, STERNUM = Placement.PELVIS_FRONT, Placement.STERNUM
THIGHS = (Placement.THIGH_LEFT, Placement.THIGH_RIGHT)
DRILL = Moment(MarkKind.DRILL, {"drill": "dead_bug"})
STILL = Breathing(0.0)


def practised(
    *pieces: Piece,
    places: Sequence[Placement] = (PELVIS, STERNUM, *THIGHS),
    steps: Sequence[Piece] | None = None,
    first: Piece = DRILL,
    sensors: list[SimulatedSensor] | None = None,
) -> Analysed:
    steps = lying_calibration() if steps is None else steps
    worn = ideal_sensors(*places) if sensors is None else sensors
    return analyse((first, *steps, *pieces, Lie(3.0)), worn, person=Person.machine())


def legs(*arches_deg: float, first: str = "left") -> list[LegLower]:
    """Legs lowered in turn, the pelvis tipping forward by so much."""
    other = "right" if first == "left" else "left"
    return [LegLower((first, other)[index % 2], arch_deg=arch) for index, arch in enumerate(arches_deg)]


def test_legs_are_counted_with_their_sides_and_judged_by_the_pelvis() -> None:
    found = practised(*legs(0.0, 11.0, 5.5, -4.0))
    assert [(row.kind, row.rep, row.side) for row in found.rows] == [
        ("rep", 1, "left"),
        ("rep", 2, "right"),
        ("rep", 3, "left"),
        ("rep", 4, "right"),
    ]
    assert [row.verdict for row in found.rows] == ["held", "lost", "warned", "held"]
    assert [row.contact_lost for row in found.rows] == ["", "floor", "", ""]
    assert found.rows[1].verdict_reason.startswith("arched")
    assert [row.extension_peak_deg for row in found.rows] == pytest.approx([0.0, -10.9, -5.4, 0.0], abs=0.4)
    assert [event.number for event in found.of(RepCounted)] == [1, 2, 3, 4]
    assert {row.calibration for row in found.rows} == {"pressed"}
    for row in found.rows:
        assert np.isnan([row.hinge_angle_deg, row.trunk_lean_deg, row.gap_sacrum_mm, row.lumbar_share]).all()
        assert (row.movement, row.tap) == ("", "")
        assert row.lowering_s == pytest.approx(1.6, abs=0.5)


def test_arching_is_negative_and_the_ribs_go_the_other_way() -> None:
    """The sign table: the pelvis tips forward by 9 deg, the chest stays: extension both."""
    row = practised(*legs(9.0, 0.0, 0.0)).rows[0]
    assert row.extension_peak_deg == pytest.approx(-8.9, abs=0.4)
    assert -13.5 < row.pelvis_sternum_peak_deg < -6.0  # breathing tips the sternum on top
    assert abs(row.pelvis_roll_peak_deg) < 1.0


@pytest.mark.parametrize(("range_deg", "lost_deg"), [(5.0, 5.0), (8.0, 6.0), (10.0, 7.5), (14.0, 9.0)])
def test_the_limits_are_the_persons_own(range_deg: float, lost_deg: float) -> None:
    found = practised(steps=lying_calibration(range_deg, STILL))
    (calibrated,) = found.of(Calibrated)
    assert calibrated.calibration.range_deg == pytest.approx(range_deg, abs=0.3)
    assert isinstance(calibrated.limits, FloorLimits)
    assert calibrated.limits.arching_lost_deg == pytest.approx(lost_deg, abs=0.25)
    assert calibrated.limits.arching_warn_deg == pytest.approx(0.6 * calibrated.limits.arching_lost_deg)
    assert calibrated.limits.hold_points == 30


def test_without_a_range_the_limit_is_that_of_the_literature() -> None:
    limits = floor_limits_for(None, 0.0)
    assert (limits.arching_lost_deg, limits.bent_warn_deg, limits.bent_lost_deg) == (7.0, 6.0, 10.0)
    assert (limits.roll_warn_deg, limits.roll_lost_deg) == (5.0, 8.0)


def refusals(found: Analysed) -> list[tuple[str, str]]:
    return [(event.step, event.reason) for event in found.of(StepRefused)]


def test_a_range_under_4_deg_is_refused() -> None:
    found = practised(*legs(0.0, 0.0, 0.0), steps=lying_calibration(2.0, STILL))
    assert any(step == "relaxed" and "move the sensor onto bone" in reason for step, reason in refusals(found))
    assert {row.verdict_reason for row in found.rows} == {"no_calibration"}


def test_steps_out_of_order_are_refused() -> None:
    pressed, relaxed = Step(MarkKind.PRESSED, (Lie(3.0),)), Step(MarkKind.RELAXED, (Lie(3.0),))
    lying = Step(MarkKind.LYING, (LieDown(), Lie(3.0, 10.0)))
    assert "stand still" in refusals(practised(steps=(Stand(2.0), lying)))[0][1]
    assert "steps before it are missing" in refusals(practised(steps=(Stand(2.0), pressed)))[0][1]
    assert "press flat first" in refusals(practised(steps=(Stand(2.0), relaxed)))[0][1]
    upright = Step(MarkKind.LYING, (Stand(3.0),))
    still = Step(MarkKind.STILL, (Stand(3.0),))
    assert "lie down on your back" in refusals(practised(steps=(still, upright, Stand(1.0))))[0][1]


def test_a_second_press_that_differs_is_refused() -> None:
    steps = list(lying_calibration(10.0, STILL))
    steps[-2] = Step(MarkKind.PRESSED, (Lie(4.0, 6.0, STILL),))
    steps[-3] = Lie(1.5, 6.0, STILL)
    assert any("press flat again" in reason for _, reason in refusals(practised(steps=steps)))


def test_the_pelvis_alone_is_enough() -> None:
    found = practised(*legs(0.0, 11.0, 0.0), places=(PELVIS, *THIGHS))
    assert [row.verdict for row in found.rows] == ["held", "lost", "held"]
    assert np.isnan([row.pelvis_sternum_peak_deg for row in found.rows]).all()


def test_the_sternum_alone_is_not() -> None:
    found = practised(*legs(0.0, 11.0, 0.0), places=(STERNUM, *THIGHS))
    assert {row.verdict for row in found.rows} == {"not_judged"}
    assert all(row.verdict_reason.startswith("one_sensor") for row in found.rows)


def test_a_silent_sternum_spoils_nothing() -> None:
    links = {place: Link() for place in (PELVIS, STERNUM, *THIGHS)}
    links[STERNUM] = Link(dropouts_s=((34.0, 40.0),))
    sensors = [SimulatedSensor(place, link=link) for place, link in links.items()]
    found = practised(*legs(0.0, 11.0, 0.0), sensors=sensors)
    assert [row.verdict for row in found.rows] == ["held", "lost", "held"]


def test_the_same_leg_again_is_told() -> None:
    found = practised(LegLower("left"), LegLower("right"), LegLower("right"), LegLower("left"))
    (spoken,) = found.of(Spoken)
    assert (spoken.about, spoken.sentence) == ("side", "that was the right leg again: take the other one")
    assert found.rows[2].end_s <= spoken.time_s < found.rows[3].start_s + 1.0


# ------------------------------------------------------------------------------------------ without thigh sensors


def test_without_marks_each_ten_seconds_of_holding_is_a_row() -> None:
    found = practised(*legs(0.0, 0.0, 12.0, 0.0, 0.0), Lie(14.0), places=(PELVIS, STERNUM))
    assert {row.kind for row in found.rows} == {"hold"}
    assert [round(row.end_s - row.start_s, 2) for row in found.rows] == [9.99] * len(found.rows)
    assert "lost" in {row.verdict for row in found.rows}
    assert found.rows[0].start_s == pytest.approx(found.of(Calibrated)[0].time_s, abs=0.02)
    assert {row.rep for row in found.rows} == {None}
    assert {row.side for row in found.rows} == {""}


def test_whoever_goes_on_holding_is_told_too() -> None:
    """Contact is lost in the second ten seconds."""
    found = practised(Lie(12.0), *legs(12.0), Lie(14.0), places=(PELVIS, STERNUM))
    assert [row.verdict for row in found.rows[:2]] == ["held", "lost"]
    told = [cue for cue in found.of(ContactPassed) if cue.level == "lost" and cue.reason == "arched"]
    assert found.rows[1].start_s < told[0].time_s < found.rows[1].end_s


@pytest.mark.parametrize(
    ("drill", "places", "judged"),
    [
        (DEAD_BUG, (PELVIS, STERNUM), True),
        (DEAD_BUG, (PELVIS,), True),
        (DEAD_BUG, (STERNUM,), False),
        (DOWEL_HINGE, (Placement.UPPER_BACK, Placement.SACRUM, Placement.HEAD), True),
        (DOWEL_HINGE, (Placement.SACRUM,), False),
        (DOWEL_HINGE, (), False),
    ],
)
def test_which_sensors_tell_whether_contact_is_kept(drill: Drill, places: Sequence[Placement], judged: bool) -> None:
    assert drill.stance.judges(places) is judged


def test_each_mark_is_a_rep() -> None:
    pieces = [piece for leg in legs(0.0, 11.0, 0.0) for piece in (leg, Moment(MarkKind.REP))]
    found = practised(*pieces, Lie(25.0), places=(PELVIS, STERNUM))
    assert [(row.kind, row.rep, row.verdict) for row in found.rows] == [
        ("rep", 1, "held"),
        ("rep", 2, "lost"),
        ("rep", 3, "held"),
    ]
    assert [event.summary.reps for event in found.of(SetEnded)] == [3]
    lost = [cue for cue in found.of(ContactPassed) if (cue.level, cue.reason) == ("lost", "arched")]
    assert [cue.point for cue in lost] == ["floor"]
    assert found.rows[1].start_s < lost[0].time_s < found.rows[1].end_s
    assert np.isnan(lost[0].hinge_deg)


def test_holding_is_counted_in_sets_only_where_sets_are_marked() -> None:
    opening, closing = Moment(MarkKind.SET_START), Moment(MarkKind.SET_END)
    found = practised(Lie(3.0), opening, Lie(21.0), closing, Lie(15.0), places=(PELVIS, STERNUM))
    rows = [row for row in found.rows if row.kind == "hold"]
    assert [row.set for row in rows] == [1, 1]


def test_whoever_gets_up_holds_no_more() -> None:
    """Sitting up is neither a hold nor a loss of contact: only lying counts."""
    found = practised(Lie(11.0), Lie(2.0, 45.0), Lie(8.0, 45.0), Lie(2.0), Lie(11.0), places=(PELVIS,))
    assert [row.kind for row in found.rows] == ["hold", "hold"]
    assert {row.verdict for row in found.rows} == {"held"}


# ---------------------------------------------------------------------------------------------------- the rest of it


def test_a_drill_needs_its_own_placements() -> None:
    with pytest.raises(InputError, match="dead_bug needs sensors at pelvis_front and sternum"):
        analyse((DRILL, Stand(1.0)), ideal_sensors())
    with pytest.raises(InputError, match="dowel_hinge needs sensors at upper_back and sacrum"):
        practised(first=Moment(MarkKind.DRILL, {"drill": "dowel_hinge"}))
    with pytest.raises(InputError, match="Lying they are sternum and pelvis_front"):
        Engine([Sensor(Placement.THIGH_LEFT, "decoded")], 0)


def test_lying_placements_beside_standing_ones_change_nothing() -> None:
    pieces = (*calibration_pieces(), Hinge(), Hinge(), Hinge(), Stand(1.0))
    places = (Placement.UPPER_BACK, Placement.SACRUM)
    plain = analyse(pieces, ideal_sensors(*places)).rows
    more = analyse(pieces, ideal_sensors(*places, STERNUM)).rows
    assert [row.verdict for row in plain] == [row.verdict for row in more] == ["held"] * 3


def test_the_band_has_words_of_its_own() -> None:
    setting = Setting()
    setting.take_drill(Mark(0, MarkKind.DRILL, 0.0, 0.0, {"drill": "dead_bug", "band": "green"}))
    assert "band under your low back would have slipped" in setting.words.lost["arched"]
    setting.take_drill(Mark(0, MarkKind.DRILL, 0.0, 0.0, {"drill": "dead_bug"}))
    assert setting.words == DEAD_BUG.words
    for words in (DEAD_BUG.words.lost, DEAD_BUG.words.lost_with_band):
        assert set(words) == set(signals(np.zeros(1), np.zeros(1), np.zeros(1)))
        assert not any("sacrum" in sentence or "rod" in sentence for sentence in words.values())


def test_every_extra_of_a_drill_is_a_column() -> None:
    assert set(DEAD_BUG.extras) <= set(EXTRA_COLUMNS)


@pytest.mark.parametrize(("deviation_deg", "share"), [(0.0, 1.0), (3.0, 1.0), (-5.0, 0.5), (-10.0, 0.0), (-20.0, 0.0)])
def test_the_pressure_that_is_kept(deviation_deg: float, share: float) -> None:
    assert pressure_share(deviation_deg, 10.0) == pytest.approx(share)


@pytest.mark.parametrize("roll_deg", [-20.0, 6.0, 30.0])
def test_roll_to_the_left_is_positive(roll_deg: float) -> None:
    """The pelvis turns about its long axis, which lies level: the front goes to the left."""
    posture = LyingPosture([PELVIS])
    posture.calibration = practised(steps=lying_calibration(10.0, STILL)).of(Calibrated)[0].calibration
    # sensor axes: x towards the feet, y to the left, z up; the up vector of a body that turns left goes to its right
    posture.frames[0] = np.eye(3)
    half = np.deg2rad(roll_deg) / 2.0
    # about the axis towards the head, which is -x
    values = np.array([[[np.cos(half), -np.sin(half), 0.0, 0.0, 0.0, 0.0, 0.0]]])
    nothing = np.zeros(1, np.int64)
    found = posture.head_deg(np.zeros((1, 1)), nothing, np.zeros((1, 1), np.uint8), values)
    assert found[0] == pytest.approx(roll_deg)


@pytest.mark.slow
def test_a_file_of_a_session_on_the_floor(tmp_path: Path) -> None:
    """Tables and signals know it too: the points at which contact was lost are those of the verdict."""
    pieces = (DRILL, *lying_calibration(), *legs(0.0, 11.0, 0.0), Lie(3.0))
    path = tmp_path / "floor.dowel"
    simulate(pieces, ideal_sensors(PELVIS, STERNUM, *THIGHS), seed=1, person=Person.machine()).write(path)
    results = analyse_file(path)
    table = results.reps
    assert list(table.columns[-3:]) == ["side", "pelvis_sternum_peak_deg", "pelvis_roll_peak_deg"]
    assert list(table.side) == ["left", "right", "left"]
    found = results.signals
    lost = found[found.lost == 1]
    assert len(lost) > 30
    assert set(lost.rep) == {2.0}
    assert lost.spine_deviation_deg.min() < -9.0


def test_a_press_is_refused_for_the_pelvis_alone() -> None:
    """The sternum breathes, and may move on; a pelvis that moves on was not pressed flat."""
    steps = list(lying_calibration(10.0, STILL))
    at = next(n for n, each in enumerate(steps) if isinstance(each, Step) and each.kind == MarkKind.PRESSED)
    creeping = [*steps[:at], Step(MarkKind.PRESSED, (Lie(2.5, 0.0, STILL), Lie(2.5, 9.0, STILL))), *steps[at + 1 :]]
    (refused, *_) = practised(steps=creeping).of(StepRefused)
    assert (refused.step, refused.placement) == (MarkKind.PRESSED, PELVIS)
    breathing = practised(steps=lying_calibration(10.0, Breathing(5.0)))
    assert breathing.of(StepRefused) == []

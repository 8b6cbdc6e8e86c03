"""The drills are data that the one pipeline reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.limits import HOLD_POINTS, limits_for
from dowel.analysis.drills import drills
from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.drills.drills import DOWEL_HINGE, DRILLS, Drill, drill_named
from dowel.analysis.events import ContactPassed, StepRefused
from dowel.recordings.errors import InputError
from dowel.recordings.types import TRUNK, Mark, MarkKind
from dowel.sensors.simulated import Moment, Stand, calibration_pieces, set_of_hinges
from tests.streams import analyse

ROD = Calibration("rod", {place: np.eye(3) for place in TRUNK})


@pytest.mark.parametrize("drill", DRILLS.values(), ids=lambda drill: drill.name)
def test_every_drill_is_whole(drill: Drill) -> None:
    """It has words for each reason that its verdicts can have, and no placement twice."""
    places = (*drill.placements, *drill.optional)
    assert len(set(places)) == len(places)
    assert drill_named(drill.name) is drill
    assert set(drill.words.lost) == set(drill.words.cue)
    for sentence in (*drill.words.lost.values(), *drill.words.cue.values(), *drill.words.not_sensed):
        assert sentence
        assert "safe" not in sentence


@pytest.mark.parametrize("name", ["kettlebell", "barbell"])
def test_only_with_a_load_a_lighter_one_is_advised(name: str) -> None:
    words = DRILLS[name].words
    assert words.todo("rounded", 16.0).startswith("lighter or shallower")
    assert words.todo("rounded", 0.0).startswith("shallower")
    assert set(words.cue_unloaded) == set(words.cue)
    assert "stick" not in words.todo("rounded", 16.0), "there may have been none"


def test_the_rods_drill_has_the_rods_limits() -> None:
    for load_kg in (0.0, 20.0):
        assert DOWEL_HINGE.limits_for(ROD, load_kg) == limits_for(ROD, load_kg)
    assert DOWEL_HINGE.limits_for(None, 0.0).hold_points == HOLD_POINTS == 10, "a tenth of a second"


def test_on_the_floor_contact_is_lost_when_it_was_lost_for_three_tenths_of_a_second() -> None:
    assert DRILLS["dead_bug"].limits_for(None, 0.0).hold_points == 30


@pytest.mark.parametrize("hold_points", [5, 20])
def test_a_drill_has_its_own_hold_whatever_its_limits_say(hold_points: int) -> None:
    limits = replace(DOWEL_HINGE, hold_points=hold_points).limits_for(ROD, 20.0)
    assert limits == replace(limits_for(ROD, 20.0), hold_points=hold_points)


def test_of_two_thighs_the_one_that_is_seen_is_drawn() -> None:
    """Standing the right one, in front of the left; lying the one that leans farther."""
    assert [DRILLS[name].stance.telling.thigh((20.0, 40.0)) for name in ("dowel_hinge", "dead_bug")] == [20.0, 40.0]


def test_a_drill_that_there_is_not() -> None:
    with pytest.raises(InputError, match=r"there is no drill 'dance'; there are .*dowel_hinge"):
        analyse((Moment(MarkKind.DRILL, {"drill": "dance"}), Stand(1.0)))


def drill_mark(name: str) -> Moment:
    return Moment(MarkKind.DRILL, {"drill": name})


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Drill:
    """A drill in which a limit must be passed for two seconds, and that is a little wider."""
    drill = replace(
        DOWEL_HINGE,
        name="patient",
        hold_points=200,
        limits=lambda calibration, load_kg: replace(limits_for(calibration, load_kg), warn_deg=7.0, lost_deg=11.0),
    )
    monkeypatch.setattr(drills, "DRILLS", {**DRILLS, drill.name: drill})
    return drill


def test_the_drills_hold_and_limits_are_in_force(patient: Drill) -> None:
    """The same two sets: what is lost by the rod's hold is not lost by one of two seconds, and no cue sounds."""
    hinges = set_of_hinges(3, peaks_deg=(16.0,), pause_s=0.3, lowering_s=1.5, rising_s=1.2, set_marks=False)
    one_set = (Moment(MarkKind.SET_START), *hinges, Moment(MarkKind.SET_END))
    found = analyse((*calibration_pieces(), *one_set, drill_mark("patient"), *one_set, drill_mark("dowel_hinge")))
    rows = found.rows
    assert [row.drill for row in rows] == ["dowel_hinge"] * 3 + ["patient"] * 3
    assert [row.verdict for row in rows] == ["lost"] * 3 + ["held"] * 3
    for usual, held_longer in zip(rows[:3], rows[3:], strict=True):
        assert usual.flexion_peak_deg > 10.0 > held_longer.flexion_peak_deg
    changed_s = rows[3].start_s
    assert {cue.time_s < changed_s for cue in found.of(ContactPassed)} == {True}


def test_another_drill_ends_a_set_without_marks(patient: Drill) -> None:
    hinges = set_of_hinges(3, set_marks=False)
    found = analyse((*calibration_pieces(), *hinges, drill_mark("patient"), *hinges))
    assert [(row.set, row.drill) for row in found.rows] == [(1, "dowel_hinge")] * 3 + [(2, "patient")] * 3


def test_a_step_of_another_drill_is_refused_at_its_own_moment() -> None:
    found = analyse((Stand(2.0), Moment(MarkKind.PRESSED), Stand(1.0)))
    assert [(refused.time_s, refused.step) for refused in found.of(StepRefused)] == [(2.0, "pressed")]


def test_a_sets_own_load_ends_with_it() -> None:
    setting = Setting()
    load = Mark(0, MarkKind.LOAD, 1.0, 1.0, {"load_kg": 8.0})
    of_set = Mark(1, MarkKind.SET_START, 2.0, 2.0, {"load_kg": 16.0})
    setting.take_load(load)
    assert setting.begin_set(of_set)
    assert setting.load_kg == 16.0
    assert setting.end_set()
    assert setting.load_kg == 8.0
    assert not setting.end_set()
    assert not setting.begin_set(Mark(2, MarkKind.SET_START, 3.0, 3.0))

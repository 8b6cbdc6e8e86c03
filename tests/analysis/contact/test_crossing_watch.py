"""Cues: every lost verdict was told in time, at the same crossing; outside bends nothing is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.analysis.contact.crossing_watch import AfterBend, CueWatch
from dowel.analysis.contact.limits import HOLD_POINTS, Limits
from dowel.analysis.contact.verdict import signals
from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.drills.drills import DOWEL_HINGE
from dowel.analysis.events import BendMeasured, ContactBack, ContactPassed, Spoken
from dowel.analysis.rows import Rep
from dowel.recordings.types import Placement
from dowel.sensors.simulated import (
    Fidget,
    Hinge,
    SimulatedSensor,
    Squat,
    Stand,
    Walk,
    calibration_pieces,
    random_peak_deg,
    set_of_hinges,
)
from tests.streams import Analysed, analyse, ideal_sensors, in_a_set

ROD = Limits("rod", 6.0, 10.0, 8.0, 12.0)
POINTS = {"rounded": "sacrum", "arched": "upper_back", "chin_down": "head", "chin_up": "head"}


def heard_in(result: Analysed, row: Rep) -> list[ContactPassed]:
    """The cues of one rep."""
    return [cue for cue in result.of(ContactPassed) if row.start_s - 0.2 <= cue.time_s <= row.end_s]


def random_set(seed: int) -> Analysed:
    """Twenty reps of all sorts, with sensors as people wear them."""
    rng = np.random.default_rng([seed, 5])
    hinges = [
        Hinge(rng.uniform(50.0, 78.0), rng.uniform(0.9, 2.5), 0.3, rng.uniform(0.9, 2.0), 0.8, random_peak_deg(rng))
        for _ in range(20)
    ]
    sensors = [
        SimulatedSensor(place, mounting="random", soft_tissue_deg=3.0)
        for place in (Placement.UPPER_BACK, Placement.SACRUM)
    ]
    return analyse((*calibration_pieces(), *in_a_set(*hinges)), sensors, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_every_verdict_was_told_and_nothing_else(seed: int) -> None:
    """One list of events feeds both: the same crossing of the same limit, held for the same time."""
    result = random_set(seed)
    assert len(result.rows) == 20
    assert {"held", "lost"} <= {row.verdict for row in result.rows}
    for row in result.rows:
        cues = heard_in(result, row)
        lost = [cue for cue in cues if cue.level == "lost"]
        assert bool(lost) == (row.verdict == "lost")
        if lost:
            first = min(lost, key=lambda cue: cue.began_s)
            assert first.began_s == row.first_lost_s
            assert first.time_s == pytest.approx(first.began_s + (HOLD_POINTS - 1) / 100.0)
            assert first.hinge_deg == row.first_lost_hinge_deg
            assert set(row.contact_lost.split("+")) == {cue.point for cue in lost}
        assert bool(cues) == (row.verdict in ("warned", "lost"))
        assert all(cue.point == POINTS[cue.reason] for cue in cues)
        assert set(row.verdict_reason.split("+")) >= {cue.reason for cue in lost}


def test_a_cue_comes_before_the_rep_is_over() -> None:
    result = random_set(1)
    early_s = [row.end_s - cue.time_s for row in result.rows for cue in heard_in(result, row)]
    assert len(early_s) >= 5
    assert min(early_s) > 0.0


def test_nothing_is_told_outside_bends() -> None:
    """Who walks or rests may do as they like with their back."""
    slouch = Hinge(8.0, 1.0, 4.0, 1.0, 1.0, peak_deviation_deg=9.5)  # too shallow for a bend
    pieces = (*calibration_pieces(), Stand(3.0), Walk(10.0), Fidget(10.0, 6.0), slouch, Stand(3.0))
    result = analyse(pieces, ideal_sensors(), seed=3)
    assert np.nanmax(result.deviation_deg()[1][4000:]) > 8.0
    assert not result.of(ContactPassed)


def test_nothing_is_told_in_a_calibration_and_before_it() -> None:
    pieces = (Stand(2.0), *set_of_hinges(3, peaks_deg=(20,)), *calibration_pieces(slump=True))
    assert not analyse(pieces, ideal_sensors(), seed=3).of(ContactPassed)


@pytest.mark.slow
def test_neutral_reps_are_silent() -> None:
    sensors = [
        SimulatedSensor(place, mounting="random", soft_tissue_deg=3.0)
        for place in (Placement.UPPER_BACK, Placement.SACRUM)
    ]
    for seed in (30, 31):
        result = analyse((*calibration_pieces(), *set_of_hinges(15)), sensors, seed=seed)
        assert not [cue for cue in result.of(ContactPassed) if cue.level == "lost"]


def look(watch: CueWatch, deviation_deg: list[float], until: int) -> list[tuple[str, str, float, float]]:
    """What was passed, and with ``back`` in front of the level what was cleared."""
    values = np.array(deviation_deg[:until])
    found = watch.look(100, 105, signals(values, np.full(len(values), np.nan)), np.zeros(len(values)), ROD)
    back = {ContactBack: "back ", ContactPassed: ""}
    return [(cue.reason, back[type(cue)] + cue.level, cue.began_s, cue.time_s) for cue in found]


def test_each_passing_is_told_once_and_as_soon_as_it_was_held() -> None:
    values = [0.0] * 10 + [7.0] * 5 + [11.0] * 20 + [0.0] * 10 + [-13.0] * 12 + [11.0] * 12
    whole = look(CueWatch(), values, len(values))
    assert whole == [
        ("rounded", "warned", 1.10, 1.19),
        ("rounded", "lost", 1.15, 1.24),
        ("rounded", "back warned", 1.10, 1.35),
        ("rounded", "back lost", 1.15, 1.35),
        ("arched", "warned", 1.45, 1.54),
        ("arched", "lost", 1.45, 1.54),
        ("arched", "back warned", 1.45, 1.57),
        ("arched", "back lost", 1.45, 1.57),
        ("rounded", "warned", 1.57, 1.66),
        ("rounded", "lost", 1.57, 1.66),
    ]
    watch = CueWatch()
    assert [cue for until in range(1, len(values) + 1) for cue in look(watch, values, until)] == whole
    assert [(cue.reason, cue.level, cue.began_s, cue.time_s) for cue in watch.end(1.8)] == [
        ("rounded", "warned", 1.57, 1.8),
        ("rounded", "lost", 1.57, 1.8),
    ]
    assert watch.end(1.9) == []
    assert look(watch, values, len(values)) == whole


def test_a_limit_that_is_cleared_halfway_stays_under_way_for_the_lower_one() -> None:
    values = [0.0] * 10 + [11.0] * 15 + [6.9] * 10 + [4.1] * 5
    assert look(CueWatch(), values, len(values)) == [
        ("rounded", "warned", 1.10, 1.19),
        ("rounded", "lost", 1.10, 1.19),
        ("rounded", "back lost", 1.10, 1.25),
        ("rounded", "back warned", 1.10, 1.35),
    ]
    values[30:] = [4.3] * 10
    assert look(CueWatch(), values, len(values))[3:] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_whatever_was_passed_comes_back_within_its_bend(seed: int) -> None:
    result = random_set(seed)
    passed, back = result.of(ContactPassed), result.of(ContactBack)
    assert len(passed) > 5
    assert sorted((e.began_s, e.level, e.reason, e.point) for e in passed) == sorted(
        (e.began_s, e.level, e.reason, e.point) for e in back
    )
    under_way: set[tuple[float, str, str]] = set()
    for event in result.events:
        if isinstance(event, ContactPassed):
            under_way.add((event.began_s, event.level, event.reason))
        elif isinstance(event, ContactBack):
            under_way.remove((event.began_s, event.level, event.reason))
        elif isinstance(event, BendMeasured):
            assert not under_way


def test_what_was_passed_before_the_bend_opened_is_told_when_it_opens() -> None:
    assert look(CueWatch(), [7.0] * 12, 3 + 9) == [("rounded", "warned", 1.0, 1.09)]
    early = CueWatch().look(100, 150, signals(np.full(60, 7.0), np.full(60, np.nan)), None, ROD)
    assert [(cue.time_s, cue.began_s) for cue in early] == [(1.5, 1.0)]
    assert np.isnan(early[0].hinge_deg)


def test_two_squats_running_are_told_once() -> None:
    """Again only after a hinge; one squat between hinges is let go."""
    squat, hinge = Squat(1.6, 0.4, 1.6, 1.0), Hinge(70.0, 1.6, 0.3, 1.4, 1.0)
    order = [squat, hinge, squat, squat, squat, hinge, squat, squat]
    found = analyse((*calibration_pieces(), *in_a_set(*order)), ideal_sensors())
    told = found.of(Spoken)
    assert [row.movement for row in found.rows] == ["hinge" if piece is hinge else "squat" for piece in order]
    assert [spoken.about for spoken in told] == ["movement"] * 2
    assert "send the hips back" in told[0].sentence
    for spoken, row in zip(told, (found.rows[3], found.rows[7]), strict=True):
        assert 0.0 <= spoken.time_s - row.end_s < 1.6


def test_nothing_is_said_of_what_the_drill_does_not_mind() -> None:
    watch, rows = AfterBend(), analyse((*calibration_pieces(), *in_a_set(Hinge(), Hinge())), ideal_sensors()).rows
    squats = [replace(row, movement="squat") for row in rows]
    indifferent = replace(DOWEL_HINGE, words=replace(DOWEL_HINGE.words, movement={}))
    assert [watch.look(0.0, row, Setting(indifferent)) for row in squats] == [[], []]

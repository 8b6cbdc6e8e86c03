"""Which cues, when, in which mode: a simulated lifter, whose faults are known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given

from dowel.analysis.events import BendMeasured, Calibrated, ContactBack, ContactPassed, RepCounted, SetEnded
from dowel.cues.cue import Cue, CueKind
from dowel.cues.cueing import LATEST_MS, Cueing
from dowel.cues.sounds import LOUDEST_LEVEL
from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import (
    Hinge,
    Link,
    Moment,
    Piece,
    SimulatedSensor,
    Simulation,
    Squat,
    Stand,
    calibration_pieces,
    leg_set,
    lying_calibration,
    set_of_hinges,
    simulate,
)
from dowel.sensors.simulated.person.lying import Rest
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences
from tests.app.cues.cued import LIVE_SIZE, Heard, cued, cued_by_each
from tests.depth import examples
from tests.streams import in_a_set, sizes_strategy

pytestmark = pytest.mark.slow

BY_LOAD = CuePreferences()
LIVE, REP, OFF = (CuePreferences(mode) for mode in (CueMode.LIVE, CueMode.REP, CueMode.OFF))
TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
QUICK = {"lowering_s": 1.4, "rising_s": 1.2, "pause_s": 0.3, "rest_s": 0.8}


def simulated(*pieces: Piece, places: tuple[Placement, ...] = TRUNK, **link: Any) -> Simulation:
    sensors = [
        SimulatedSensor(place, link=Link(stalls_per_min=0.0, samples_per_notification=4, **link)) for place in places
    ]
    return simulate((*calibration_pieces(), *pieces, Stand(3.0)), sensors, seed=3)


@cache
def losing() -> Simulation:
    """Held, lost at the sacrum, held, lost at the upper back, all slow and without a load."""
    return simulated(*set_of_hinges(4, peaks_deg=(0.0, 20.0, 0.0, -20.0)))


@cache
def heard_of_losing() -> dict[CuePreferences, Heard]:
    """What is to be heard of it, by what was chosen; do not change it."""
    others = [replace(LIVE, repeat_s=0.0), replace(LIVE, spoken=True), replace(OFF, spoken=True)]
    left_out = [replace(LIVE, **{off: False}) for off in ("tone", "contact", "tick", "summary")]
    return cued_by_each(losing(), [BY_LOAD, LIVE, REP, *others, *left_out])


@cache
def in_four_sets() -> Simulation:
    """Without a load; after a load mark; without it again but fast; slow and unloaded again. Each loses once."""
    slow = set_of_hinges(3, peaks_deg=(0.0, 20.0, 0.0), **QUICK)
    fast = in_a_set(*(Hinge(75.0, 0.6, 0.0, 0.6, 0.5, peak) for peak in (0.0, 0.0, 0.0, 30.0)))
    return simulated(
        *slow,
        Moment(MarkKind.LOAD, {"load_kg": 20.0}),
        *slow,
        Moment(MarkKind.LOAD, {"load_kg": 0.0}),
        *fast,
        *slow,
    )


@cache
def heard_of_four() -> dict[CuePreferences, Heard]:
    """Of the four sets."""
    return cued_by_each(in_four_sets(), [replace(BY_LOAD, repeat_s=0.0), replace(LIVE, repeat_s=0.0), REP])


def times(heard: Heard, kind: type, **fields: Any) -> list[float]:
    return [
        e.time_s
        for e in heard.events
        if isinstance(e, kind) and all(getattr(e, name) == value for name, value in fields.items())
    ]


# --- what is said


@cache
def two_squats() -> Simulation:
    return simulated(*set_of_hinges(1, **QUICK), *in_a_set(Squat(), Squat(), Squat()))


def test_two_squats_running_are_said_once() -> None:
    choices = [CuePreferences(spoken=True), CuePreferences(CueMode.OFF, spoken=True)]
    (said,), (shown,) = (heard.of(CueKind.SAID) for heard in cued_by_each(two_squats(), choices).values())
    assert said.text == "that was a squat: send the hips back"
    assert (said.spoken, said.sounds) == (True, True)
    assert (shown.spoken, shown.sounds) == (False, False), "with cues off it is only shown"


# --- live


def test_live_a_loss_sounds_at_once_and_names_its_point() -> None:
    heard = heard_of_losing()[replace(LIVE, repeat_s=0.0)]
    assert heard.points == [("contact", "sacrum"), ("contact", "upper_back")]
    assert [cue.time_s for cue in heard.of(CueKind.CONTACT)] == times(heard, ContactPassed, level="lost")
    assert [cue.text for cue in heard.of(CueKind.CONTACT)] == ["sacrum off", "upper back off"]
    assert all(1.0 <= cue.level <= LOUDEST_LEVEL for cue in heard.of(CueKind.CONTACT))


def test_a_tick_for_each_rep_counted_whatever_the_mode() -> None:
    for cues in (LIVE, REP):
        heard = heard_of_losing()[cues]
        ticks = heard.of(CueKind.TICK)
        assert [tick.time_s for tick in ticks] == times(heard, RepCounted)
        assert [tick.number for tick in ticks] == [1, 2, 3, 4]


def test_the_tone_begins_at_the_warning_follows_the_back_and_ends_with_it() -> None:
    heard = cued(losing(), LIVE, sizes=(1,))
    begun = [now_s for (_, before), (now_s, level) in pairwise([(0.0, None), *heard.tones]) if before is None]
    ended = [now_s for now_s, level in heard.tones if level is None]
    assert begun == pytest.approx(times(heard, ContactPassed, level="warned"), abs=0.06)
    assert ended == pytest.approx(times(heard, ContactBack, level="warned"), abs=0.06)
    levels = [level for _, level in heard.tones if level is not None]
    assert max(levels) == LOUDEST_LEVEL
    assert min(levels) == 0.0, "below the warning limit and not yet clear"
    first = [level for now_s, level in heard.tones if level is not None and now_s < ended[0]]
    assert first[0] < 0.6
    peak = first.index(max(first))
    assert first[: peak + 1] == sorted(first[: peak + 1]), "it rises as the back rounds"
    assert len(set(first)) > 5


def test_silence_inside_the_band() -> None:
    """Nothing but ticks and the summary in a clean set: no tone even where a warned one would begin."""
    heard = cued(simulated(*set_of_hinges(4, peaks_deg=(0.0, 2.0, -2.0))), LIVE)
    assert {cue.kind for cue in heard.cues} == {CueKind.TICK, CueKind.SUMMARY}
    assert heard.tones == []


def test_nothing_sounds_in_the_calibration() -> None:
    """However the back is bent there: a slump is far beyond every limit."""
    simulation = simulate(
        (*calibration_pieces(slump=True), *set_of_hinges(3), Stand(3.0)), [SimulatedSensor(p) for p in TRUNK], seed=3
    )
    heard = cued(simulation, LIVE, sizes=(LIVE_SIZE,))
    ready_s = times(heard, Calibrated)[-1]
    assert all(cue.time_s > ready_s for cue in heard.cues)
    assert heard.tones == []


def test_a_contact_that_stays_lost_is_told_again() -> None:
    """Rounded and held for five seconds."""
    simulation = simulated(*in_a_set(*(Hinge(70.0, 1.5, 5.0, 1.5, 1.0, peak) for peak in (0.0, 25.0, 0.0))))
    silent, again = cued_by_each(simulation, [replace(LIVE, repeat_s=0.0), replace(LIVE, repeat_s=1.5)]).values()
    once = silent.of(CueKind.CONTACT)
    lost_s = once[0].time_s
    back_s = times(again, ContactBack, level="lost")[0]
    assert len(once) == 1
    told = [cue.time_s for cue in again.of(CueKind.CONTACT)]
    assert told == pytest.approx([lost_s + 1.5 * n for n in range(len(told))])
    assert len(told) >= 4
    assert told[-1] < back_s <= told[-1] + 1.5
    assert [detail["level"] for _, _, detail in again.kept].count("still_lost") == len(told) - 1


def test_the_tone_waits_for_its_delay() -> None:
    choices = [replace(LIVE, delay_s=delay_s) for delay_s in (0.0, 0.5)]
    at_once, later = cued_by_each(losing(), choices, sizes=(1,)).values()
    assert later.tones[0][0] == pytest.approx(at_once.tones[0][0] + 0.5, abs=0.06)
    assert later.tones[-1] == at_once.tones[-1]
    assert later.of(CueKind.CONTACT) == at_once.of(CueKind.CONTACT), "what is lost is told at once"


@pytest.mark.parametrize(
    ("chin_deg", "peak_deg", "point"), [(0.0, 20.0, "sacrum"), (0.0, -20.0, "upper_back"), (20.0, 0.0, "head")]
)
@pytest.mark.parametrize(("cues", "kind"), [(LIVE, CueKind.CONTACT), (REP, CueKind.VERDICT)])
def test_the_cue_of_each_point(
    cues: CuePreferences, kind: CueKind, chin_deg: float, peak_deg: float, point: str
) -> None:
    bends = [Hinge(70.0, 1.5, 0.3, 1.3, 1.0, peak_deg, chin_deg=chin_deg) for _ in range(3)]
    heard = cued(simulated(*in_a_set(*bends), places=(*TRUNK, Placement.HEAD)), replace(cues, repeat_s=0.0))
    assert {cue.point for cue in heard.of(kind)} == {point}
    assert len(heard.of(kind)) == 3
    assert bool(heard.tones) == (cues is LIVE)


# --- rep, off, and what is chosen by itself


def test_per_rep_a_lost_rep_is_told_when_it_is_over_and_nothing_before() -> None:
    heard = heard_of_losing()[REP]
    assert heard.points == [("verdict", "sacrum"), ("verdict", "upper_back")]
    lost = [e.time_s for e in heard.events if isinstance(e, BendMeasured) and e.rep.verdict == "lost"]
    assert [cue.time_s for cue in heard.of(CueKind.VERDICT)] == lost
    assert heard.tones == []


def test_off_nothing_sounds_and_the_summary_is_still_shown() -> None:
    heard = heard_of_losing()[replace(OFF, spoken=True)]
    (summary,) = heard.cues
    assert summary.kind is CueKind.SUMMARY
    assert not summary.sounds
    assert not summary.spoken
    assert heard.tones == []


def test_the_summary_at_the_sets_end() -> None:
    heard = heard_of_losing()[replace(LIVE, spoken=True)]
    (summary,) = heard.of(CueKind.SUMMARY)
    assert summary.time_s == times(heard, SetEnded)[0]
    assert summary.text.startswith("4 reps: 2 held, 2 lost; rep 2: sacrum off at ")
    assert "; rep 4: upper back off at " in summary.text
    assert summary.text.endswith(" degrees")
    assert summary.spoken
    assert summary.number == 1
    assert heard_of_losing()[replace(LIVE, summary=False)].of(CueKind.SUMMARY) == []


def test_by_itself_live_without_a_load_per_rep_with_one_and_in_fast_sets() -> None:
    heard = heard_of_four()[replace(BY_LOAD, repeat_s=0.0)]
    assert [kind for kind, _ in heard.points] == ["contact", "verdict", "verdict", "contact"]
    assert heard.said == ["These reps are fast: cues come after the rep, not within it."]
    ends = times(heard, SetEnded)
    assert len(ends) == 4
    sounding = [now_s for now_s, level in heard.tones if level is not None]
    assert any(now_s < ends[0] for now_s in sounding)
    assert not any(ends[0] < now_s < ends[2] for now_s in sounding)
    assert any(ends[2] < now_s for now_s in sounding)


def test_what_a_person_chose_holds_with_a_load_and_in_fast_sets() -> None:
    heard = heard_of_four()[replace(LIVE, repeat_s=0.0)]
    assert [kind for kind, _ in heard.points] == ["contact"] * 4
    assert heard.said == []
    assert [kind for kind, _ in heard_of_four()[REP].points] == ["verdict"] * 4


@pytest.mark.parametrize(
    ("off", "gone"),
    [("tone", None), ("contact", CueKind.CONTACT), ("tick", CueKind.TICK), ("summary", CueKind.SUMMARY)],
)
def test_each_cue_can_be_left_out(off: str, gone: CueKind | None) -> None:
    whole, heard = (heard_of_losing()[cues] for cues in (LIVE, replace(LIVE, **{off: False})))
    assert heard.cues == [cue for cue in whole.cues if cue.kind is not gone]
    assert heard.tones == ([] if off == "tone" else whole.tones)


def test_a_choice_holds_from_the_moment_it_is_made() -> None:
    """Off in the middle of the first loss, while the tone sounds; live again before the second."""
    whole = heard_of_losing()[replace(LIVE, repeat_s=0.0)]
    first_s, second_s = times(whole, ContactPassed, level="lost")

    def choose(cueing: Cueing, now_s: float) -> None:
        cueing.use(OFF if first_s + 0.2 < now_s < second_s - 3.0 else replace(LIVE, repeat_s=0.0))

    heard = cued(losing(), LIVE, before=choose)
    assert heard.of(CueKind.CONTACT) == whole.of(CueKind.CONTACT)
    silent = [now_s for now_s, level in heard.tones if level is None]
    assert silent[0] == pytest.approx(first_s + 0.2, abs=0.1)
    assert len(silent) == 2
    assert [tick.number for tick in heard.of(CueKind.TICK)] != [1, 2, 3, 4]


# --- in time, or not


def test_what_comes_too_late_does_not_sound_and_is_kept() -> None:
    heard, by_rep = cued_by_each(losing(), [LIVE, REP], late_s=0.3).values()
    assert heard.of(CueKind.CONTACT) == []
    assert heard.tones == []
    passed = [detail for kind, _, detail in heard.kept if kind == "cue" and "reason" in detail]
    assert {detail["level"] for detail in passed} == {"warned", "lost"}
    assert all(detail["late"] and not detail["sounded"] and detail["age_ms"] > LATEST_MS for detail in passed)
    assert len(heard.of(CueKind.TICK)) == 4, "the count may come a little later"
    assert len(by_rep.of(CueKind.VERDICT)) == 2
    assert cued(losing(), REP, late_s=3.0).of(CueKind.VERDICT, CueKind.TICK) == []


def test_a_sensor_that_is_always_late_gets_the_verdict_after_the_rep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dowel.session.results.usual_latency_s", lambda sensor: 1.5)
    heard = cued(losing(), LIVE, late_s=1.5)
    assert heard.points == [("verdict", "sacrum"), ("verdict", "upper_back")]


def test_the_tone_ends_when_a_sensor_has_gone_silent() -> None:
    """The newest that is known of both grows old while the other still sends."""
    simulation, heard = losing(), heard_of_losing()[LIVE]
    lost_s = times(heard, ContactPassed, level="lost")[0]
    stream = simulation.stream()
    first = stream.notifications[0]
    gone = int(sum(first.arrival_ns < (lost_s + 0.3) * 1e9))
    silent = cued(
        simulation, LIVE, stream=replace(stream, notifications=[first.between(0, gone), *stream.notifications[1:]])
    )
    ends = [now_s for now_s, level in silent.tones if level is None]
    assert ends
    assert ends[0] == pytest.approx(lost_s + 0.3, abs=0.15)


# --- however it comes


def invariant(heard: Heard) -> tuple[list[Cue], list[Any]]:
    kept = [
        (kind, time_s, {key: value for key, value in detail.items() if key != "age_ms"})
        for kind, time_s, detail in heard.kept
    ]
    return heard.cues, kept


OFTEN = [replace(cues, repeat_s=0.3) for cues in (BY_LOAD, LIVE)]


@pytest.fixture(scope="module")
def expected() -> dict[CuePreferences, Heard]:
    return cued_by_each(in_four_sets(), OFTEN, (1,), late_s=None)


@given(sizes=sizes_strategy)
@example(sizes=[100_000])
@examples(2, by_night=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_pieces_give_the_same_cues(expected: dict[CuePreferences, Heard], sizes: list[int]) -> None:
    for cues, heard in cued_by_each(in_four_sets(), OFTEN, sizes, late_s=None).items():
        whole = expected[cues]
        assert invariant(heard) == invariant(whole)
        assert len(heard.cues) > 20
        common = heard.levels.keys() & whole.levels.keys()
        assert common
        assert [heard.levels[now_s] for now_s in sorted(common)] == [whole.levels[now_s] for now_s in sorted(common)]


# --- the drill's own


def test_a_loaded_drill_is_cued_after_the_rep_in_its_own_words() -> None:
    """Also where no load was told: a tone in a heavy lift startles (design#safety)."""
    drill = Moment(MarkKind.DRILL, {"drill": "kettlebell"})
    heard = cued(simulated(drill, *set_of_hinges(3, peaks_deg=(0.0, 20.0, 0.0), **QUICK)), BY_LOAD)
    assert not heard.of(CueKind.CONTACT)
    assert not any(level for _, level in heard.tones)
    (verdict,) = heard.of(CueKind.VERDICT)
    assert verdict.point == "sacrum"
    assert verdict.text == "sacrum off; shallower; keep the low back as it is when you stand tall", "no load was told"
    assert heard_of_losing()[BY_LOAD].of(CueKind.CONTACT), "without a load it is cued live"


@cache
def lying() -> Simulation:
    """Two legs lowered with a band under the back: pressed flat, then arched far."""
    places = (Placement.PELVIS_FRONT, Placement.STERNUM, Placement.THIGH_LEFT, Placement.THIGH_RIGHT)
    sensors = [SimulatedSensor(place, link=Link(stalls_per_min=0.0)) for place in places]
    drill = Moment(MarkKind.DRILL, {"drill": "dead_bug", "band": "red"})
    return simulate((drill, *lying_calibration(), *leg_set(2, arches_deg=(0.0, 12.0)), Rest(3.0)), sensors, seed=3)


def test_with_a_band_the_tone_follows_the_pressure_and_breaks_off() -> None:
    heard = cued(lying(), LIVE)
    (lost,) = [e for e in heard.events if isinstance(e, ContactPassed) and e.level == "lost" and e.reason == "arched"]
    counted = times(heard, RepCounted)
    levels = {at: level for at, level in heard.levels.items() if counted[0] - 2.5 < at < counted[0] - 0.5}
    assert all(level is not None and level > 0.8 for level in levels.values()), "pressed flat"
    before = [level for at, level in heard.levels.items() if lost.time_s - 0.25 < at < lost.time_s - 0.02]
    assert all(level is not None and level < 0.5 for level in before), "nearly let go"
    after = [level for at, level in heard.levels.items() if lost.time_s + 0.05 < at < lost.time_s + 0.4]
    assert after
    assert set(after) == {None}, "it has slipped"
    (cue, *_) = heard.of(CueKind.CONTACT)
    assert cue.point == "floor"
    assert "the band under your low back would have slipped" in cue.text


def test_without_a_band_nothing_sounds_while_the_back_is_down() -> None:
    marks = [
        replace(mark, detail={"drill": "dead_bug"}) if mark.kind is MarkKind.DRILL else mark for mark in lying().marks
    ]
    stream = replace(lying().stream(), marks=marks)
    heard = cued(lying(), LIVE, stream=stream)
    (first, *_) = times(heard, ContactPassed)
    assert {level for at, level in heard.levels.items() if at < first} == {None}
    assert any(level is not None for _, level in heard.tones)

"""A live session writes what it hears, says what a replay says, and goes on when something inside it fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dowel.analysis.events import Event, RowWritten
from dowel.cues.bell import Bell
from dowel.cues.cueing import HEARD_CUE, LATEST_MS, Cueing
from dowel.practice.live_session import LiveSession
from dowel.recordings.errors import InputError
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Mark, MarkKind, Placement, Sensor
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import (
    Link,
    Moment,
    Piece,
    SimulatedSensor,
    Simulation,
    Stand,
    calibration_pieces,
    set_of_hinges,
    simulate,
)
from dowel.sensors.simulated.virtual_time import clock_ns, run
from dowel.session.run_session import rows_as_heard, verdicts_that_differ
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences
from tests.app.practice.played import FACTS, play

pytestmark = pytest.mark.slow


def simulation(*pieces: Piece, samples_per_notification: int = 10, **link: Any) -> Simulation:
    """In few notifications, as each costs a run of the analysis."""
    places = (Placement.UPPER_BACK, Placement.SACRUM)
    link_of_each = Link(samples_per_notification=samples_per_notification, **link)
    return simulate(pieces, [SimulatedSensor(place, link=link_of_each) for place in places], seed=3)


LOSING = (*calibration_pieces(), *set_of_hinges(4, peaks_deg=(0.0, 20.0, 0.0, -20.0)), Stand(3.0))


def with_marks(session: Simulation) -> Any:
    """The simulated session's own marks, written when they would have been."""

    def prepare(live: LiveSession) -> None:
        for mark in session.marks:
            if mark.kind is not MarkKind.TICK:
                detail = dict(mark.detail)
                live._loop.call_at(
                    live.origin_ns * 1e-9 + mark.end_s,
                    lambda mark=mark, detail=detail: live.mark(mark.kind, mark.start_s, mark.end_s, **detail),
                )

    return prepare


def test_live_is_replay_and_the_rows_are_kept_as_heard(tmp_path: Path) -> None:
    session = simulation(*LOSING)
    live = play(session, tmp_path / "live.dowel", with_marks(session))
    replayed = analyse(live.results.path)
    assert len(live.results.rep_rows) == 4
    assert [repr(event) for event in replayed.events] == [repr(event) for event in live.results.events]
    with open_session(live.results.path) as kept:
        heard = rows_as_heard(kept)
        assert kept.facts["closed"] is True
    assert verdicts_that_differ(heard, replayed.rep_rows) == 0
    assert {row["verdict"] for row in heard} == {row.verdict for row in replayed.rep_rows}


KETTLEBELL = Moment(MarkKind.DRILL, {"drill": "kettlebell", "from": "rack"})
ONE_LOST = set_of_hinges(5, peaks_deg=(0.0, 18.0, 0.0, 0.0, 0.0), load_kg=16.0)


def test_the_rules_of_a_coach_give_the_same_advice_in_replay_and_report(tmp_path: Path) -> None:
    rules = Moment(MarkKind.RULES, {"back.lost.reps": 1, "pass.dowel_hinge.depth_deg": 80})
    # with ten samples a stall of 1.1 s falls on the bottom of a rod hinge, and the calibration is refused
    session = simulation(KETTLEBELL, rules, *calibration_pieces(), *ONE_LOST, Stand(3.0), samples_per_notification=4)
    live = play(session, tmp_path / "live.dowel", with_marks(session))
    (heard,) = [summary.advice for summary in live.results.set_rows]
    assert heard.startswith("Back to the stick: contact was lost in 1 rep.")
    replayed = analyse(tmp_path / "live.dowel")
    assert [summary.advice for summary in replayed.set_rows] == [heard]
    assert replayed.setting.rules == live.results.setting.rules
    assert replayed.setting.rules.depth_deg == 80.0


def test_rules_of_a_stranger_s_file_that_cannot_be_are_refused(tmp_path: Path) -> None:
    bad = Moment(MarkKind.RULES, {"load.lighter.lighter_pct": -50.0})
    simulation(KETTLEBELL, bad, *calibration_pieces()).write(tmp_path / "x.dowel")
    with pytest.raises(InputError, match=r"rules mark .*lighter_pct must be from 0 to 100"):
        analyse(tmp_path / "x.dowel")


def test_time_passes_where_nothing_comes(tmp_path: Path) -> None:
    """With ticks the last set closes without an end mark, live and replayed alike."""
    session = simulation(*calibration_pieces(), *set_of_hinges(4, set_marks=False), Stand(3.0))
    live = play(session, tmp_path / "live.dowel", with_marks(session), extra_s=30.0)
    ticks = [mark.end_s for mark in live.results.marks if mark.kind is MarkKind.TICK]
    assert len(ticks) >= 29
    assert len(live.results.set_rows) == 1
    assert live.results.set_rows[0].reps == 4
    assert [repr(e) for e in analyse(live.results.path).events] == [repr(e) for e in live.results.events]


def test_a_mark_is_heard_when_it_is_made_and_breaks_the_silence(tmp_path: Path) -> None:
    """Where nothing else comes, a tick follows each mark by a second, whatever came before."""
    heard: list[tuple[MarkKind, float]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        sensor = Sensor(Placement.SACRUM, "witmotion", asked_rate_hz=100.0)
        live = LiveSession(tmp_path / "live.dowel", [sensor], FACTS, lambda: clock_ns(loop))

        def listen(marks: Sequence[Mark], events: Sequence[Event], arrival_ns: int) -> None:
            heard.extend((mark.kind, round(1e-9 * (arrival_ns - live.origin_ns), 3)) for mark in marks)

        live.listeners.append(listen)
        await asyncio.sleep(0.7)
        live.mark(MarkKind.NOTE, text="begins late")
        await asyncio.sleep(2.6)
        live.mark(MarkKind.NOTE, 0.2, 0.4, text="of something that was before")
        await asyncio.sleep(1.5)
        live.finish()

    run(main())
    tick, note = MarkKind.TICK, MarkKind.NOTE
    assert heard == [(note, 0.7), (tick, 1.7), (tick, 2.7), (note, 3.3), (tick, 4.3), (MarkKind.END, 4.8)]


def test_a_fault_in_the_analysis_does_not_stop_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = simulation(*LOSING)
    fed = 0

    def prepare(live: LiveSession) -> None:
        with_marks(session)(live)
        feed = live.engine.feed

        def failing(part: Any) -> Any:
            nonlocal fed
            fed += 1
            if fed == 200:
                raise ZeroDivisionError("a fault of ours")
            return feed(part)

        monkeypatch.setattr(live.engine, "feed", failing)

    live = play(session, tmp_path / "live.dowel", prepare)
    assert isinstance(live.failure, ZeroDivisionError)
    assert "a fault of ours" in caplog.text
    assert len(analyse(live.results.path).rep_rows) == 4  # all of it is in the file


def test_a_follower_that_fails_holds_up_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    session = simulation(*LOSING)
    heard: list[Event] = []

    def failing(_marks: Sequence[Mark], _events: Sequence[Event], _arrival_ns: int) -> None:
        raise ZeroDivisionError("a fault of ours")

    def prepare(live: LiveSession) -> None:
        with_marks(session)(live)
        live.listeners += [failing, lambda _marks, events, _: heard.extend(events)]

    live = play(session, tmp_path / "live.dowel", prepare)
    assert live.failure is None
    assert len([event for event in heard if isinstance(event, RowWritten)]) == 4
    assert heard == live.results.events
    assert caplog.text.count("a fault of ours") == 1, "it is told once"


def test_a_row_taken_back_live_is_not_told_as_heard(tmp_path: Path) -> None:
    session = simulation(*LOSING)

    def prepare(live: LiveSession) -> None:
        with_marks(session)(live)

        def strike(marks: Any, events: Any, arrival_ns: int) -> None:
            for event in events:
                if isinstance(event, RowWritten) and event.rep.rep == 2:
                    live.mark(MarkKind.VOID, event.rep.bottom_s, event.rep.bottom_s)

        live.listeners.append(strike)

    live = play(session, tmp_path / "live.dowel", prepare)
    with open_session(live.results.path) as kept:
        heard = rows_as_heard(kept)
    assert len(heard) == len(live.results.rep_rows) == 3
    assert verdicts_that_differ(heard, analyse(live.results.path).rep_rows) == 0


# ---------------------------------------------------------------------------------------------------------------- cues


Cues = tuple[int, int, list[dict[str, Any]]]


def cues(path: Path, modes: Sequence[CueMode], **link: Any) -> dict[CueMode, Cues]:
    """One practice with cues of these modes beside each other: how many sounded and rang, and what the file keeps."""
    session = simulation(*LOSING, **link)
    rung: Counter[CueMode] = Counter()
    made: dict[CueMode, Cueing] = {}
    whose: list[CueMode] = []

    def cueing(live: LiveSession, mode: CueMode) -> Cueing:
        def ring() -> None:
            rung[mode] += 1

        def keep(*cue: Any) -> None:
            whose.append(mode)
            live.writer.heard(*cue)

        preferences = CuePreferences(mode, repeat_s=0.0, tick=False)
        return Cueing(live.results, live.origin_ns, preferences, [Bell(ring)], keep=keep)

    def prepare(live: LiveSession) -> None:
        with_marks(session)(live)
        made.update({mode: cueing(live, mode) for mode in modes})
        live.listeners.extend(each.hear for each in made.values())

    live = play(session, path / "cued.dowel", prepare)
    with open_session(live.results.path) as kept:
        told = [dict(heard.detail) for heard in kept.heard_rows if heard.kind == HEARD_CUE]
    of = {mode: [cue for owner, cue in zip(whose, told, strict=True) if owner is mode] for mode in modes}
    return {mode: (made[mode].sounded, rung[mode], of[mode]) for mode in modes}


@pytest.fixture(scope="module")
def cued(tmp_path_factory: pytest.TempPathFactory) -> dict[CueMode, Cues]:
    return cues(tmp_path_factory.mktemp("cued"), list(CueMode), stalls_per_min=0.0, samples_per_notification=4)


def test_live_cues_sound_at_the_loss(cued: dict[CueMode, Cues]) -> None:
    sounded, rung, told = cued[CueMode.LIVE]
    lost = [cue for cue in told if cue["level"] == "lost"]
    assert sounded == rung == len(lost) == 2
    assert [cue["point"] for cue in lost] == ["sacrum", "upper_back"]
    assert all(0 <= cue["age_ms"] <= LATEST_MS and cue["sounded"] for cue in lost)
    assert not any(cue["sounded"] for cue in told if cue["level"] == "warned")


def test_late_cues_are_kept_and_do_not_sound(tmp_path: Path) -> None:
    """A sensor that delivers 0.4 s late, as some do."""
    made = cues(tmp_path, [CueMode.LIVE], stalls_per_min=0.0, samples_per_notification=40)
    sounded, rung, told = made[CueMode.LIVE]
    late = [cue for cue in told if cue["late"]]
    assert late
    assert all(cue["age_ms"] > LATEST_MS and not cue["sounded"] for cue in late)
    assert sounded == rung == sum(cue["sounded"] for cue in told)


def test_per_rep_cues_sound_once_after_a_rep_that_was_lost(cued: dict[CueMode, Cues]) -> None:
    assert cued[CueMode.REP][:2] == (2, 2)


def test_cues_can_be_off(cued: dict[CueMode, Cues]) -> None:
    sounded, rung, told = cued[CueMode.OFF]
    assert (sounded, rung) == (0, 0)
    assert told

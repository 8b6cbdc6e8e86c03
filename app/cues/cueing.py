"""What sounds when: decided once, for all outputs, from what the engine says and from nothing else.

The same in a practice and in a replay, and in whatever pieces the session comes: contact, ticks, verdicts and summaries
are made of the engine's events, and the tone is a function of the latest grid point between two of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dowel.analysis.contact.verdict import directions
from dowel.analysis.events import (
    BendMeasured,
    ContactBack,
    ContactPassed,
    Event,
    RepCounted,
    RowRevised,
    RowVoided,
    RowWritten,
    SetEnded,
    Spoken,
)
from dowel.analysis.repetitions.row_builder import FAST_PHASE_S
from dowel.analysis.rows import Rep
from dowel.analysis.stances.lying_posture import pressure_share
from dowel.cues.cue import Cue, CueKind, CueOutput
from dowel.cues.sounds import LOUDEST_LEVEL
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import CALIBRATION_STEPS, Mark, MarkKind
from dowel.session.results import SessionResults
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences
from dowel.text.wording import off_words, summary_words

LATEST_MS: Final = 250.0
"""A cue within the rep that is older than this is logged, not sounded (design#verdict): the lifter would tie it to
another movement. Sensors that always take longer get the verdict after the rep instead (sources#lag-limits)."""
LATEST_AFTER_REP_MS: Final = 2500.0
"""What is told after a rep may come later: the slowest sensors need 1 to 2 s (drivers/polar.py)."""
FAST_REPS: Final = 2
RECENT_REPS: Final = 3
"""A set is ballistic when so many of the latest reps went down or up in under ``FAST_PHASE_S`` (sources#tempo)."""
LEVEL_STEP: Final = 0.02
"""The tone's level is told in steps of this: under 0.1 deg."""
HEARD_CUE: Final = "cue"
"""Kind under which a cue is kept in the file, with its age and whether it sounded."""

STILL_LOST: Final = "still_lost"
"""... its ``level`` when a lost contact was told again; else ``warned``, ``lost``, or the kind of the cue."""

ENDS_STEP: Final = frozenset({MarkKind.STEP_END, *CALIBRATION_STEPS})
"""A step of the calibration was given up, or is over."""

Keep = Callable[[str, float, Mapping[str, Any]], None]
Crossing = tuple[str, str, float]


class Cueing:
    """Decides a session's cues and hands them to ``outputs``.

    :meth:`hear` is told what each run of the engine gave; ``results`` are its, and say how things stand. ``keep``
    writes down what sounded and what came too late; ``say`` is told when a set turns out to be ballistic. ``sounded``
    counts cues, ``late`` the limits that were passed and known too late.
    """

    def __init__(
        self,
        results: SessionResults,
        origin_ns: int,
        cues: CuePreferences,
        outputs: Sequence[CueOutput],
        *,
        keep: Keep | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.sounded = self.late = 0
        self._results = results
        self._slow = results.latency_s * 1e3 > LATEST_MS
        self._origin_ns = origin_ns
        self._cues = cues
        self._outputs = tuple(outputs)
        self._keep = keep
        self._say = say
        self._age_from_s = 0.0
        self._under_way: dict[Crossing, ContactPassed] = {}
        self._told_s: dict[Crossing, float] = {}
        self._first_lost: ContactPassed | None = None
        self._fast: deque[bool] = deque(maxlen=RECENT_REPS)
        self._fast_told = False
        self._rows: list[Rep] = []
        self._level: float | None = None
        self._in_step = False

    @property
    def mode(self) -> CueMode:
        """When cues sound now."""
        return self._mode(self._results.setting.load_kg)

    def use(self, cues: CuePreferences) -> None:
        """These preferences hold from now on."""
        self._cues = cues
        if self.mode is not CueMode.LIVE or not cues.tone:
            self.silence()

    def silence(self) -> None:
        """End the tone: nobody knows any more how the back is."""
        self._tone(None)

    def hear(self, marks: Sequence[Mark], events: Sequence[Event], arrival_ns: int) -> None:
        """What a run of the engine gave, and the arrival of its latest notification."""
        for mark in marks:
            self._follow_step(mark)
        self._age_from_s = (arrival_ns - self._origin_ns) * 1e-9
        now_s = self._results.now.time_s
        for event in events:
            self._tell_again(event.time_s)
            self._take(event)
        self._tell_again(now_s + 0.5 / GRID_HZ)
        late = self._age_ms(now_s) > LATEST_MS
        self._tone(None if late else self._level_at(now_s))

    def _follow_step(self, mark: Mark) -> None:
        """In a step of the calibration somebody stands still, or bends as slowly as can be: no word is spoken."""
        if mark.kind is MarkKind.STEP_START:
            self._in_step = True
            for output in self._outputs:
                output.hush()
        elif mark.kind in ENDS_STEP:
            self._in_step = False

    # --- from events to cues ---

    def _take(self, event: Event) -> None:
        match event:
            case ContactPassed():
                self._passed(event)
            case ContactBack():
                key = (event.level, event.reason, event.began_s)
                self._under_way.pop(key, None)
                self._told_s.pop(key, None)
            case RepCounted():
                self._play(Cue(CueKind.TICK, event.time_s, number=event.number, text=str(event.number)))
            case BendMeasured():
                self._measured(event)
            case RowWritten():
                self._rows.append(event.rep)
            case RowRevised():
                self._rows = [event.rep if row.start_s == event.rep.start_s else row for row in self._rows]
            case RowVoided():
                self._rows = [row for row in self._rows if not row.start_s <= event.start_s <= row.end_s]
            case SetEnded():
                self._set_ended(event)
            case Spoken():
                audible = self._mode(self._results.setting.load_kg) is not CueMode.OFF
                self._hand_over(Cue(CueKind.SAID, event.time_s, text=event.sentence, sounds=audible))
            case _:
                pass

    def _passed(self, event: ContactPassed) -> None:
        key = (event.level, event.reason, event.began_s)
        self._under_way[key] = event
        age_ms = self._age_ms(event.time_s)
        late = age_ms > LATEST_MS
        self.late += late
        sounds = False
        if event.level == "lost":
            self._told_s[key] = event.time_s
            self._first_lost = self._first_lost or event
            sounds = self._contact(event, event.time_s, late=late)
        detail = {"level": event.level, "point": event.point, "reason": event.reason, "began_s": event.began_s}
        self._log(event.time_s, {**detail, "age_ms": round(age_ms, 1), "late": late, "sounded": sounds})

    def _contact(self, event: ContactPassed, time_s: float, *, late: bool) -> bool:
        """Sound a lost contact, if it is wanted; whether it sounded."""
        wanted = self._mode(event.load_kg) is CueMode.LIVE and self._cues.contact and not late
        if wanted:
            level = self._level_of(event.reason, abs(event.deviation_deg))
            text = self._off_words(event.point, event.reason)
            self._hand_over(Cue(CueKind.CONTACT, time_s, event.point, level, text))
        return wanted

    def _tell_again(self, before_s: float) -> None:
        """Tell contacts again that are still lost and were told long enough before a time."""
        repeat_s = self._cues.repeat_s
        if not repeat_s or not self._told_s:
            return
        while (due := min((told_s + repeat_s, key) for key, told_s in self._told_s.items()))[0] < before_s:
            time_s, key = due
            self._told_s[key] = time_s
            late = self._age_ms(time_s) > LATEST_MS
            event = self._under_way[key]
            if self._contact(event, time_s, late=late):
                self._log_cue(STILL_LOST, time_s, event.point)

    def _measured(self, event: BendMeasured) -> None:
        rep = event.rep
        if rep.verdict == "lost" and self._mode(rep.load_kg) is CueMode.REP and self._cues.contact:
            points, first = rep.contact_lost.split("+"), self._first_lost
            point = first.point if first is not None and first.point in points else points[0]
            self._play(Cue(CueKind.VERDICT, event.time_s, point, text=self._lost_words(rep)))
        self._first_lost = None
        self._fast.append(min(rep.lowering_s, rep.rising_s) < FAST_PHASE_S)
        loaded = rep.load_kg > 0 or self._results.setting.drill.loaded
        if self._ballistic and not self._fast_told and self._cues.mode is None and not loaded:
            self._fast_told = True
            if self._say is not None:
                self._say("These reps are fast: cues come after the rep, not within it.")

    def _lost_words(self, rep: Rep) -> str:
        """What was lost, and in the drill's words what to do about what was lost first."""
        reasons = rep.verdict_reason.split("+")
        reason = self._first_lost.reason if self._first_lost is not None else reasons[0]
        reason = reason if reason in reasons else reasons[0]
        todo = self._results.setting.words.todo(reason, rep.load_kg)
        return f"{self._off_words(rep.contact_lost, reason)}{f'; {todo}' if todo else ''}"

    def _off_words(self, points: str, reason: str) -> str:
        """What was lost: a point of the rod, or where there are no such points what happened."""
        if reason in self._results.stance.telling.told_by_reason:
            return self._results.setting.words.lost[reason]
        return off_words(points)

    def _set_ended(self, event: SetEnded) -> None:
        summary = event.summary
        rows = [row for row in self._rows if row.set == summary.set]
        self._rows = []
        self._fast.clear()
        if self._cues.summary:
            text = summary_words(summary, rows)
            audible = self._mode(summary.load_kg) is not CueMode.OFF
            self._hand_over(Cue(CueKind.SUMMARY, event.time_s, text=text, number=summary.set, sounds=audible))

    # --- which cues, and when ---

    def _mode(self, load_kg: float) -> CueMode:
        """When cues sound in a set with this load."""
        loaded = load_kg > 0 or self._results.setting.drill.loaded
        by_itself = CueMode.REP if loaded or self._ballistic else CueMode.LIVE
        mode = self._cues.mode or by_itself
        return CueMode.REP if mode is CueMode.LIVE and self._slow else mode

    @property
    def _ballistic(self) -> bool:
        return sum(self._fast) >= FAST_REPS

    def _play(self, cue: Cue) -> None:
        """Sound what is told after a movement, unless it is unwanted or too late."""
        if self._mode(0.0) is CueMode.OFF or (cue.kind is CueKind.TICK and not self._cues.tick):
            return
        if self._age_ms(cue.time_s) <= LATEST_AFTER_REP_MS:
            self._hand_over(cue)
            self._log_cue(cue.kind, cue.time_s, cue.point)
        else:
            self._log_cue(cue.kind, cue.time_s, cue.point, late=True)

    def _hand_over(self, cue: Cue) -> None:
        cue = replace(cue, spoken=self._cues.spoken and cue.sounds and not self._in_step)
        self.sounded += cue.kind not in (CueKind.SUMMARY, CueKind.SAID)
        for output in self._outputs:
            output.sound(cue)

    # --- the tone ---

    def _level_at(self, now_s: float) -> float | None:
        """The tone's level at the latest grid point; None for silence."""
        if self._cues.tone and self._results.setting.band:
            return self._pressure_at(now_s)
        if not self._cues.tone or not self._under_way:
            return None
        away_deg = self._results.now.away_deg
        levels = [
            self._level_of(passed.reason, away_deg[passed.reason])
            for passed in self._under_way.values()
            if passed.level == "warned"
            and now_s >= passed.time_s + self._cues.delay_s
            and self._mode(passed.load_kg) is CueMode.LIVE
        ]
        return max(levels, default=None)

    def _pressure_at(self, now_s: float) -> float | None:
        """With a band: how much of the pressure on it is kept in a rep or hold; silence when it would have slipped."""
        now = self._results.now
        began_s, calibration = now.bend_began_s, now.calibration
        lost = any(passed.level == "lost" for passed in self._under_way.values())
        if began_s is None or calibration is None or not calibration.range_deg or lost:
            return None
        if self._mode(self._results.setting.load_kg) is not CueMode.LIVE or now_s < began_s + self._cues.delay_s:
            return None
        deviation_deg = now.angles.deviation_deg
        if deviation_deg != deviation_deg:
            return None
        return round(pressure_share(deviation_deg, calibration.range_deg) / LEVEL_STEP) * LEVEL_STEP

    def _level_of(self, reason: str, beyond_deg: float) -> float:
        """How far off it is in one direction: 0 at the warning limit, 1 at the lost limit."""
        limits = directions(self._results.now.limits)[reason]
        level = (beyond_deg - limits.warn_deg) / (limits.lost_deg - limits.warn_deg)
        # NaN, where it cannot be judged, compares as false and gives 0
        return min(round(level / LEVEL_STEP) * LEVEL_STEP, LOUDEST_LEVEL) if level > 0.0 else 0.0

    def _tone(self, level: float | None) -> None:
        if level == self._level:
            return
        self._level = level
        for output in self._outputs:
            output.tone(level)

    # --- what is written down ---

    def _age_ms(self, time_s: float) -> float:
        return 1e3 * (self._age_from_s - time_s)

    def _log_cue(self, level: str, time_s: float, point: str, *, late: bool = False) -> None:
        age_ms = round(self._age_ms(time_s), 1)
        self._log(time_s, {"level": str(level), "point": point, "age_ms": age_ms, "late": late, "sounded": not late})

    def _log(self, time_s: float, detail: Mapping[str, Any]) -> None:
        if self._keep is not None:
            self._keep(HEARD_CUE, time_s, detail)

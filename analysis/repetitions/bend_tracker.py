"""From the angle of a stance to bends that are watched, counted, measured and put into sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dowel.analysis.contact.crossing_watch import AfterBend, CueWatch
from dowel.analysis.contact.judged import Judged, judged
from dowel.analysis.contact.verdict import Fault
from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.events import BendLeftOut, BendMeasured, Event, RowVoided
from dowel.analysis.orientation.computed_angles import ComputedAngles
from dowel.analysis.orientation.falls import CameOff
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rezero import Change, Rezero
from dowel.analysis.parameters import in_force
from dowel.analysis.point_buffer import KEPT_POINTS, History
from dowel.analysis.repetitions.bend_measures import BendMeasures
from dowel.analysis.repetitions.bend_start import start_of
from dowel.analysis.repetitions.bends import Bend, Closed, Ended, GivenUp, HeldOn, MachineEvent, OpenBend, Opened
from dowel.analysis.repetitions.rep_count import RepCount
from dowel.analysis.repetitions.rep_machine import RepMachine, RepSettings
from dowel.analysis.repetitions.sets import MeasuredBend, SetKeeper
from dowel.analysis.repetitions.void_and_rep_marks import VoidAndRepMarks
from dowel.analysis.repetitions.written_rows import WrittenRows
from dowel.analysis.stances.base import Stance
from dowel.recordings.grid_points import GRID_HZ, point_at
from dowel.recordings.types import FloatArray, Mark, MarkKind, Sync

JUDGED_POINTS = 30 * GRID_HZ
"""So long after it opened a bend is judged: no rep of the drill lasts so long (sources#long-bends)."""


class Bends:
    """Follows the bends of a session in one stance.

    ``posture``, ``history``, ``angles`` and ``setting`` as the pipeline keeps them; ``sync`` says how well the clocks
    claim to know the time between the trunk sensors at a session time. What is found goes to ``events``.
    """

    def __init__(
        self,
        stance: Stance,
        posture: Posture,
        history: History,
        setting: Setting,
        sync: Callable[[float], Sync],
        angles: ComputedAngles,
        events: list[Event],
    ) -> None:
        self.step_from: int | None = None
        """The grid point from which on a calibration step is under way, whose bends are no reps; None outside."""
        self._set_goes_on = False
        self._stance = stance
        self._posture = posture
        self._history = history
        self._setting = setting
        self._angles = angles
        self._events = events
        self._measures = BendMeasures(stance, posture, history, setting, sync)
        self._machine = RepMachine(in_force(RepSettings, stance.rep_settings))
        self._rezero = Rezero(posture, history)
        self._sets = SetKeeper(setting)
        self._count = RepCount(self._sets)
        self._written = WrittenRows(self._sets, events)
        self._cues = CueWatch()
        self._after_bend = AfterBend()
        self._open: OpenBend | None = None
        self._corrections = VoidAndRepMarks()

    @property
    def begun(self) -> bool:
        """Whether a bend was measured or a set was marked."""
        return self._measures.last_end is not None or self._sets.in_marked_set

    @property
    def open_start(self) -> int | None:
        """The grid point at which the bend under way began, as far as is known; None between bends."""
        return self._open.start if self._open is not None else None

    def judged(self, start: int, end: int) -> Judged:
        """What can be judged from one kept grid point to before another, by the clocks where the bend under way began,
        as its row is; between bends by those of the first point."""
        by = start if self._open is None else self._open.start
        return judged(self._posture, self._history, start, end, self._measures.sync(by).ms)

    # --- grid points ---

    def look(self, first: int, end: int) -> int:
        """Look for bends from a point on; returns the point up to which nothing that was seen can change any more."""
        change = self._sets.next_change()
        if change is not None and (first <= change + 1 or not self._machine.busy):
            # so that a set closes at its own point, however the stream is cut; overdue when a bend did not count
            end = min(end, max(change + 2, first + 1))
        limit = self._open.opened + JUDGED_POINTS if self._open is not None and self._machine.opened else first - 1
        if first <= limit:
            end = min(end, limit + 1)
        earliest = first - round(self._machine.settings.valley_within_s * GRID_HZ)
        before = self._angle_deg(earliest, first)
        for event in self._machine.run(first, self._angle_deg(first, end), before):
            if self._on_machine(event):
                return event.point + 1
        if end == limit + 1 and self._machine.opened and self._stuck(limit):
            return end
        self._rest(end - 1)
        return end

    def watch(self, end: int) -> None:
        """Look for limits passed in the bend under way, up to before a point."""
        self._angles.deviate_until(end)
        bend = self._open
        if bend is None:
            return
        if bend.closed is None:
            self._stop_judging(bend.opened + JUDGED_POINTS, end)
        if bend.in_step:
            return
        hinge = self._posture.hinge_deg(self._history.lean_deg(bend.start, end))
        limits = self._setting.limits(self._posture.calibration)
        away_deg = self.judged(bend.start, end).least_deg
        self._events += self._cues.look(bend.start, bend.opened, away_deg, hinge, limits, self._setting.load_kg)

    def _stop_judging(self, start: int, end: int) -> None:
        """From one point to before another nothing is judged, as the bend has lasted too long."""
        self._history.unjudge(start, end, Fault.TOO_LONG)

    def settle(self) -> None:
        """Write what is complete and only waited for a mark that may still come; a bend never does."""

    def finish(self) -> None:
        """The session is over: what is under way ends here."""
        self._cut_off("ended")
        self._over(self._history.next)
        self.end_set(self._history.next - 1)

    # --- what marks say ---

    def begin_step(self, point: int) -> None:
        """A calibration step begins: it divides a set that is marked, and ends any other."""
        self._cut_off("step")
        self._set_goes_on = self._set_goes_on or self._sets.in_marked_set
        self.end_set(point - 1)
        self.step_from = point
        self.forget()

    def step_over(self) -> None:
        """A calibration step was done: what follows in a marked set is a set of its own."""
        self.step_from = None
        if self._set_goes_on:
            self._sets.start()
        self._set_goes_on = False

    def _cut_off(self, reason: str) -> None:
        """The bend under way ends here if it has closed; else it is left out, for this reason."""
        event, bend = self._machine.finish(self._history.next - 1), self._open
        if isinstance(event, GivenUp) and bend is not None and not bend.in_step:
            self._leave_out(bend, event.point, reason)
        if event is not None:
            self._on_machine(event)

    def _leave_out(self, bend: OpenBend, point: int, reason: str) -> None:
        self._events.append(BendLeftOut(point / GRID_HZ, bend.start / GRID_HZ, reason))

    def end_step(self) -> None:
        """A calibration step is given up: bends count again."""
        self.step_over()
        self.forget()

    def forget(self) -> None:
        """Drop the bend under way: it belongs to a calibration step, or its angle has got another meaning."""
        if self._history.begin is not None:
            self._machine.reset(self._history.next)
        self._over(self._history.next)

    def calibrated(self) -> None:
        """Another calibration is in force: nothing has slipped since."""
        self._rezero.begin()

    def loaded(self) -> None:
        """Another load is in force, with which people stand differently."""
        self._rezero.forget()

    def take_set_mark(self, mark: Mark, point: int) -> None:
        """A set begins or ends."""
        self._set_goes_on = False
        self.end_set(point)
        changed = self._setting.end_set()
        if mark.kind is not MarkKind.SET_END:
            self._sets.start()
            changed = self._setting.begin_set(mark) or changed
        if changed:
            self.loaded()

    def end_set(self, point: int) -> None:
        """What waits is decided, and the set is over."""
        self._written.write(self._sets.stop(), point)

    def end_set_without_marks(self, point: int) -> None:
        """The drill or the load changes: a set that no mark began ends with it."""
        if not self._sets.in_marked_set:
            self.end_set(point)

    def void(self, at_s: float) -> None:
        """Take back the bend at a time: one that waits, one whose row is written, or one under way or about to open."""
        if self._sets.void(at_s):
            return
        if self._measures.last_end is not None and point_at(at_s) <= self._measures.last_end:
            self._written.void(at_s)
            self._events.append(RowVoided((self._history.next - 1) / GRID_HZ, at_s))
        else:
            self._corrections.void(point_at(at_s))

    def want(self, mark: Mark) -> None:
        """A person says that this was a rep: a bend that waits, one under way, or one that was not found at all."""
        start, end = point_at(mark.start_s), point_at(mark.end_s)
        rows = self._sets.promote(mark.start_s, mark.end_s)
        if rows:
            self._written.write((rows, []), self._history.next - 1)
        elif self._machine.busy or start == end:
            self._corrections.want(mark)
        elif self._could_be_a_rep(start, end):
            angle = self._angle_deg(start, end + 1)
            if np.isfinite(angle).any():
                self._begin(start, start, self._history.next)
                self._angles.deviate_until(self._history.next)
                peak = int(np.nanargmax(angle))
                bend = Bend(start, float(angle[0]), start, start + peak, float(angle[peak]), end, end)
                measured = replace(self._measure(start, bend), is_rep=True)
                self._written.write(self._sets.bend(measured), self._history.next - 1)
                self._over(self._history.next)

    def _could_be_a_rep(self, start: int, end: int) -> bool:
        """Whether what lies between two points is long enough, and of no bend that was measured."""
        long_enough = end - start > self._machine.settings.least_duration_s * GRID_HZ
        return long_enough and start > (self._measures.last_end or start - 1)

    # --- from opening to row ---

    def _on_machine(self, event: MachineEvent) -> bool:
        """Act on the rep machine's event; true when what comes after it must be looked at again."""
        self.watch(event.point + 1)
        if isinstance(event, Opened):
            return self._on_opened(event)
        if isinstance(event, Closed):
            self._on_closed(event)
            return False
        if isinstance(event, Ended) or not self._stuck(event.point):
            self._over_with(event)
        return True

    def _on_opened(self, event: Opened) -> bool:
        self._events += self._count.opened(event.point)
        valley = max(event.valley, self._history.first)
        angle = self._angle_deg(valley, event.point + 1)
        start = start_of(valley, angle, float(angle[-1] - angle[0]), self._machine.settings.back_share)
        in_step = self.step_from is not None and event.point - self.step_from < KEPT_POINTS
        self._open = OpenBend(event.point, start, in_step)
        told, slipped = None, self._posture.slipped
        if not in_step and self._stance.rezeroes:
            told = self._rezero.look(start, event.point)
        if isinstance(told, CameOff):
            self.come_off(told)
            return True
        if slipped != self._posture.slipped:
            faults = self._history.faults(start, self._history.next)
            faults[:] = faults | Fault.SLIPPED if self._posture.slipped else faults & ~Fault.SLIPPED
        before = float(self._angle_deg(event.point, event.point + 1)[0])
        self._begin(start, event.point, event.point + 1 if told is None else self._history.next)
        if told is not None:
            self._take_change(told, start, event.point)
            self._machine.shift(float(self._angle_deg(event.point, event.point + 1)[0]) - before)
        return told is not None

    def _take_change(self, change: Change, stop: int, now: int) -> None:
        """A sensor is not as it was, which puts what was told of the back before a point in doubt."""
        self._events += [change.told] if change.told is not None else []
        if any(change.seemed_deg):
            self._history.unjudge(change.since, stop, Fault.SLIPPED)
            self._written.look_again(change, self._setting.limits(self._posture.calibration), now)

    def _begin(self, start: int, opened: int, end: int) -> None:
        """Compute a bend's points again: nobody twists up to where it opened, and the zero may be another."""
        self._posture.face_ahead()
        self._angles.lean(start, end)
        self._angles.deviate_until(opened + 1)
        self._posture.bend(under_way=True)

    def come_off(self, off: CameOff) -> None:
        """A sensor came off: what it told since counts for nothing, and bends are followed by the others."""
        posture, history = self._posture, self._history
        if not posture.come_off(off.sensor):
            return
        history.lean_deg(off.since, history.next)[off.sensor] = np.nan
        if off.sensor in posture.trunk:
            history.faults(off.since, history.next)[:] &= ~int(Fault.BENT_SIDEWAYS)  # of nothing any more
            self.disbelieve(off.since, history.next, Fault.COME_OFF, off.point)
        elif off.sensor == posture.head:
            history.head_deg(off.since, history.next)[:] = np.nan
        self._events.append(off.told(posture.placements[off.sensor]))
        if self._open is not None and not (self._machine.ending and self._machine.peak < off.since):
            first = max(self._open.start, history.first)
            self._open = None
            self._machine.reset(first - 1)
            while first <= off.point:
                first = self.look(first, off.point + 1)

    def disbelieve(self, since: int, stop: int, fault: int, now: int) -> None:
        """What a trunk sensor told from one point to before another does not count, as is known now: nor do verdicts
        that rest on it."""
        self._history.unjudge(since, stop, fault)
        self._written.take_back(since, fault, self._setting.limits(self._posture.calibration), now)

    def _on_closed(self, event: Closed) -> None:
        if self._open is not None:
            self._open.closed = event.point
            if self._is_forward(event.bend) and not self._open.in_step:
                self._events += self._count.closed(event.point)

    def _is_forward(self, bend: Bend) -> bool:
        return self._posture.is_forward(self._history.up(bend.peak, bend.peak + 1)[:, 0])

    def _over_with(self, event: Ended | HeldOn | GivenUp) -> None:
        under_way = self._open
        self._over(event.point)
        if not isinstance(event, Ended):
            self._rest(event.point)  # which ends the set, before the row of what may be somebody who sits
        if isinstance(event, GivenUp) or under_way is None or under_way.in_step:
            return
        bend = event.bend
        if not self._is_forward(bend):
            self._leave_out(under_way, event.point, "sideways")
            return
        valley = max(bend.valley, self._history.first)
        angle = self._angle_deg(valley, bend.opened + 1)
        start = start_of(valley, angle, bend.excursion_deg, self._machine.settings.back_share)
        loose = self._rezero.loose(start, bend.end + 1, event.point) if self._stance.rezeroes else None
        if loose is not None:
            self.come_off(loose)
        self._measures.watch_clocks(start, bend.end + 1)
        for told in self._rezero.bent(start, bend.peak, event.point):
            self._take_change(told, self._history.next, event.point)
        changed = self._stance.rezeroes and self._rezero.changed(start, bend.end)
        if changed:
            self._history.unjudge(start, bend.end + 1, Fault.SLIPPED)
        seemed_deg = None if changed else self._posture.seemed_deg
        measured = replace(self._measure(start, bend, seemed_deg), voided=self._corrections.voided(start, event.point))
        if not measured.voided:
            self._events.append(BendMeasured(event.point / GRID_HZ, measured.rep))
            self._events += self._after_bend.look(event.point / GRID_HZ, measured.rep, self._setting)
        take = self._sets.outside if isinstance(event, HeldOn) else self._sets.bend
        self._written.write(take(measured), event.point)

    def _stuck(self, point: int) -> bool:
        """Whether the bend never closed because a sensor hangs at a slant; then it counts as come off."""
        self._angles.deviate_until(point + 1)
        stuck = self._rezero.stuck(self._open.start, point) if self._open is not None else None
        if stuck is not None:
            self.come_off(stuck)
        return stuck is not None

    def _measure(self, start: int, bend: Bend, seemed_deg: tuple[float, float] | None = None) -> MeasuredBend:
        measured = self._measures.measure(start, bend, self._rezero.note, seemed_deg)
        return replace(measured, is_rep=self._corrections.wanted(measured.rep))

    def _over(self, point: int) -> None:
        """The bend under way is over, and with it what is told while it lasts."""
        self._open = None
        self._posture.bend(under_way=False)
        self._events += self._cues.end(point / GRID_HZ)

    def _rest(self, point: int) -> None:
        if not self._machine.busy:
            self._written.write(self._sets.rest(point), point)

    def _angle_deg(self, start: int, stop: int) -> FloatArray:
        """The angle that reps are counted on, from one point to before another."""
        return self._posture.angle_deg(self._history.lean_deg(start, stop))

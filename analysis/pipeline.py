"""The one pipeline: grid points and marks in, rows and events out, causally and in any chunks with the same result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from dowel.analysis.calibration.calibration import Calibration, Refused
from dowel.analysis.calibration.steps import CalibrationSteps, Span
from dowel.analysis.contact.crossing_watch import AfterBend, CueWatch
from dowel.analysis.contact.limits import Limits
from dowel.analysis.contact.verdict import Fault, signals
from dowel.analysis.drills.in_force import Setting
from dowel.analysis.events import (
    NAN,
    BendMeasured,
    Calibrated,
    Event,
    Rep,
    RepCounted,
    RowStruck,
    RowWritten,
    SetEnded,
    SetSummary,
    Spoken,
    StepRefused,
)
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rezero import Rezero
from dowel.analysis.point_buffer import KEPT_POINTS, LOOK_AHEAD_POINTS, History
from dowel.analysis.repetitions.corrections import Corrections
from dowel.analysis.repetitions.lying_row import LyingRows
from dowel.analysis.repetitions.rep_machine import (
    Bend,
    Closed,
    Ended,
    MachineEvent,
    OpenBend,
    Opened,
    RepMachine,
    start_of,
)
from dowel.analysis.repetitions.sets import MeasuredBend, SetKeeper
from dowel.analysis.repetitions.standing_row import SYNC_MS, RepRows
from dowel.analysis.stances.lying_posture import LyingSteps
from dowel.recordings.errors import understanding_mark
from dowel.recordings.grid_points import GRID_HZ, GridPoints, point_at
from dowel.recordings.types import FloatArray, Mark, MarkKind


class Pipeline:
    """Analyses one session.

    ``placements`` of the sensors, in the order of the grid's; ``sync_ms`` gives the uncertainty between the trunk
    sensors at a session time; ``keep_all`` keeps every point for signals. Feed points with :meth:`advance` and marks
    with :meth:`mark` in stream order; a mark takes effect once the grid has passed its end. :meth:`finish` ends it.
    """

    def __init__(
        self,
        placements: Sequence[str],
        sync_ms: Callable[[float], float],
        *,
        keep_all: bool = False,
        posture: Posture | None = None,
    ) -> None:
        self.posture = posture or Posture(placements)
        self.history = History(len(placements), COLUMNS, keep_all=keep_all)
        self.setting = Setting()
        self._sync_ms = sync_ms
        self._rows: RepRows | LyingRows = RepRows(self.posture, self.history)
        self._steps: CalibrationSteps | LyingSteps = CalibrationSteps(self.posture, self.history)
        self._machine = RepMachine(self.posture.rep_settings)
        self._rezero = Rezero(self.posture, self.history)
        self._sets = SetKeeper(setting=self.setting)
        self._cues = CueWatch()
        self._after_bend = AfterBend()
        self._marks: list[Mark] = []
        self._events: list[Event] = []
        self._open: OpenBend | None = None
        self._step_from: int | None = None
        self._last_end: int | None = None
        self._corrections = Corrections()

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self.setting.limits(self.posture.calibration)

    def signals(self, start: int, end: int) -> dict[str, FloatArray]:
        """The signal of each way to lose contact, from one kept grid point to before another."""
        history = self.history
        bent = self.posture.bent_deg(history.lean_deg(start, end), history.status(start, end))
        return signals(history.deviation_deg(start, end), history.head_deg(start, end), bent)

    def mark(self, mark: Mark) -> list[Event]:
        """The next mark of the stream."""
        self._marks.append(mark)
        self._take_due_marks()
        return self._flush()

    def advance(self, points: GridPoints) -> list[Event]:
        """The next grid points."""
        done, count = 0, len(points)
        while done < count:
            stop = min(count, done + LOOK_AHEAD_POINTS)
            if self._marks:
                stop = min(stop, max(point_at(self._marks[0].end_s) + 1 - points.first, done + 1))
            self._run(points, done, stop)
            done = stop
            self._take_due_marks()
        return self._flush()

    @property
    def bend_start(self) -> int | None:
        """The grid point at which the bend under way began, as far as is known; None between bends."""
        return self._open.start if self._open is not None else None

    def bends_between(self, start: int, stop: int) -> int:
        """How many bends there are from one grid point to before another, as a calibration step counts them."""
        angle = self.posture.angle_deg(self.history.lean_deg(start, stop))
        return sum(isinstance(event, Closed) for event in RepMachine().run(start, angle, angle[:0]))

    def finish(self) -> list[Event]:
        """The session is over: what is under way ends here."""
        last = self.history.next - 1
        for mark in self._marks:
            self._take(mark)
        self._marks = []
        ended = self._machine.finish(last)
        if ended is not None:
            self._on_machine(ended)
        self._bend_over(self.history.next)
        self._write(self._sets.stop(), last)
        return self._flush()

    def _flush(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # --- grid points ---

    def _run(self, points: GridPoints, start: int, stop: int) -> None:
        """Compute and look at a run of points in which nothing from outside changes."""
        first, end = points.first + start, points.first + stop
        status = points.status[:, start:stop]
        self.history.append(first, points.values[:, start:stop], status)
        self.history.faults(first, end)[:] = self.posture.faults(status)
        self._compute(first, end)
        while first < end:
            first = self._look(first, end)
        self._watch(end)

    def _look(self, first: int, end: int) -> int:
        """Look for bends from a point on; returns the point up to which nothing that was seen can change any more."""
        change = self._sets.next_change()
        if change is not None and (first <= change + 1 or not self._machine.busy):
            # so that a set closes at its own point, however the stream is cut; overdue when a bend did not count
            end = min(end, max(change + 2, first + 1))
        earliest = first - round(self._machine.settings.valley_within_s * GRID_HZ)
        before = self.posture.angle_deg(self.history.lean_deg(earliest, first))
        angle = self.posture.angle_deg(self.history.lean_deg(first, end))
        for event in self._machine.run(first, angle, before):
            if self._on_machine(event):
                return event.point + 1
        self._rest(end - 1)
        return end

    def _compute(self, first: int, end: int) -> None:
        """Leans and deviations of points, with the calibration in force."""
        history, posture = self.history, self.posture
        lean, faults = history.lean_deg(first, end), history.faults(first, end)
        lean[:] = posture.leans_deg(history.values(first, end))
        history.deviation_deg(first, end)[:] = posture.deviation_deg(lean, faults)
        history.head_deg(first, end)[:] = posture.head_deg(
            lean, faults, history.status(first, end), history.values(first, end)
        )

    def _watch(self, end: int) -> None:
        """Look for limits passed in the bend under way, up to before a point."""
        bend = self._open
        if bend is None or bend.in_step or self._sync_ms(bend.start / GRID_HZ) > SYNC_MS:
            return
        sacrum, values = self.posture.sacrum, self.signals(bend.start, end)
        standing = sacrum is not None and not self.posture.lying
        hinge = self.history.lean_deg(bend.start, end)[sacrum] if standing else None
        self._events += self._cues.look(bend.start, bend.opened, values, hinge, self.limits, self.setting.load_kg)

    def _bend_over(self, point: int) -> None:
        self._open = None
        self._events += self._cues.end(point / GRID_HZ)

    # --- bends ---

    def _on_machine(self, event: MachineEvent) -> bool:
        """Act on the rep machine's event; true when what comes after it must be looked at anew."""
        if isinstance(event, Opened):
            return self._on_opened(event)
        self._watch(event.point + 1)
        if isinstance(event, Closed):
            self._on_closed(event)
            return False
        if isinstance(event, Ended):
            self._on_ended(event)
        else:
            self._bend_over(event.point)
            self._rest(event.point)
        return True

    def _on_opened(self, event: Opened) -> bool:
        history = self.history
        valley = max(event.valley, history.first)
        angle = self.posture.angle_deg(history.lean_deg(valley, event.point + 1))
        start = start_of(valley, angle, float(angle[-1] - angle[0]), self._machine.settings.back_share)
        in_step = self._step_from is not None and event.point - self._step_from < KEPT_POINTS
        self._open = OpenBend(event.point, start, in_step)
        if self._open.in_step or self.posture.calibration is None or self.posture.lying:
            return False
        slipped = self._rezero.look(start, event.point)
        if slipped is None:
            return False
        self._events.append(slipped)
        self._redo(start, event.point)
        return True

    def _on_closed(self, event: Closed) -> None:
        bend, posture = event.bend, self.posture
        lean = self.history.lean_deg(bend.peak, bend.peak + 1)[:, 0]
        driver = posture.driver(lean)
        forward = posture.is_forward(driver, self.history.values(bend.peak, bend.peak + 1)[driver, 0])
        if self._open is not None:
            self._open.forward = forward
            number = self._sets.next_number
            if forward and not self._open.in_step and self._sets.counts and number:
                self._events.append(RepCounted(event.point / GRID_HZ, number))

    def _on_ended(self, event: Ended) -> None:
        under_way, bend = self._open, event.bend
        self._bend_over(event.point)
        if under_way is None or not under_way.forward:
            return
        history = self.history
        valley = max(bend.valley, history.first)
        angle = self.posture.angle_deg(history.lean_deg(valley, bend.opened + 1))
        start = start_of(valley, angle, bend.excursion_deg, self._machine.settings.back_share)
        if under_way.in_step:
            return
        measured = replace(self._measure(start, bend), struck=self._corrections.struck(start, event.point))
        if not measured.struck:
            self._events.append(BendMeasured(event.point / GRID_HZ, measured.rep))
            self._events += self._after_bend.look(event.point / GRID_HZ, measured.rep, self.setting)
        self._write(self._sets.bend(measured), event.point)

    def _measure(self, start: int, bend: Bend) -> MeasuredBend:
        rest_s = NAN if self._last_end is None else (start - self._last_end) / GRID_HZ
        self._last_end = bend.end
        rep = self._rows.measure(
            start,
            bend.peak,
            bend.end,
            self.setting,
            sync_ms=self._sync_ms(start / GRID_HZ),
            rest_s=rest_s,
            note=self._rezero.note,
        )
        return MeasuredBend(rep, bend.opened, start, bend.end, bend.peak_deg, is_rep=self._corrections.wanted(rep))

    def _rest(self, point: int) -> None:
        if not self._machine.busy:
            self._write(self._sets.rest(point), point)

    def _write(self, done: tuple[list[Rep], list[SetSummary]], point: int) -> None:
        rows, sets = done
        self._events += [RowWritten(point / GRID_HZ, row) for row in rows]
        for summary in sets:
            self._events.append(SetEnded(point / GRID_HZ, summary))
            if summary.advice:
                self._events.append(Spoken(point / GRID_HZ, "advice", summary.advice))

    def _redo(self, start: int, now: int) -> None:
        """Compute anew from a bend's start on, after a re-zero."""
        history = self.history
        before = float(self.posture.angle_deg(history.lean_deg(now, now + 1))[0])
        if self.posture.slipped:
            history.faults(start, history.next)[:] |= int(Fault.SLIPPED)
        self._compute(start, history.next)
        self._machine.shift(float(self.posture.angle_deg(history.lean_deg(now, now + 1))[0]) - before)

    def _take_due_marks(self) -> None:
        """Let marks take effect whose end the grid has passed, in stream order."""
        while self._marks and self.history.next > point_at(self._marks[0].end_s):
            self._take(self._marks.pop(0))

    def _take(self, mark: Mark) -> None:
        """Let a mark take effect; ``InputError`` for one that says what cannot be."""
        with understanding_mark(mark.kind, mark.end_s):
            self._obey(mark)

    def _obey(self, mark: Mark) -> None:
        kind, point = mark.kind, self.history.next - 1
        if kind is MarkKind.STEP_START:
            self._write(self._sets.stop(), point)
            self._step_from = point + 1
            self._forget_bend()
        elif kind is MarkKind.STEP_END:  # given up: no more than that bends count again
            self._step_from = None
            self._forget_bend()
        elif self._steps.handles(kind):
            self._take_step(mark)
        elif kind in (MarkKind.CLAP, MarkKind.STILL):
            self._step_from = None
        elif kind is MarkKind.CALIBRATION:
            self._use(Calibration.from_json(mark.detail))
        elif kind in (MarkKind.SET_START, MarkKind.SET_END, MarkKind.SET):
            self._take_set_mark(mark, point)
        elif kind in (MarkKind.LOAD, MarkKind.DRILL, MarkKind.HEIGHT):
            self._take_setting(mark, point)
        elif kind is MarkKind.VOID:
            self._strike(mark.start_s)
        elif kind is MarkKind.REP:
            self._want(mark)

    def _take_step(self, mark: Mark) -> None:
        """A calibration step is over."""
        now = self.history.next - 1
        earliest = max(now - KEPT_POINTS, self.history.first)
        start, stop = max(point_at(mark.start_s), earliest), point_at(mark.end_s) + 1
        self._step_from = None
        if stop > start:
            found = self._steps.take(mark.kind, Span(start, stop, self.bends_between(start, stop)))
        else:
            found = Refused("nothing was recorded in this step; check the sensors and repeat it")
        if isinstance(found, Calibration):
            self._use(found)
        elif isinstance(found, Refused):
            self._events.append(StepRefused(now / GRID_HZ, str(mark.kind), found.placement, found.reason))
        self._forget_bend()

    def _use(self, calibration: Calibration) -> None:
        """A calibration holds from here on."""
        self.posture.use(calibration)
        self._rezero.begin()
        self._events.append(Calibrated(self.history.next / GRID_HZ, calibration, self.limits))
        self._forget_bend()

    def _forget_bend(self) -> None:
        """Drop the bend under way: it belongs to a calibration step, or its angle has got another meaning."""
        self._machine.reset(self.history.next)
        self._bend_over(self.history.next)

    def _take_set_mark(self, mark: Mark, point: int) -> None:
        """A set begins or ends."""
        self._write(self._sets.stop(), point)
        changed = self.setting.end_set()
        if mark.kind is not MarkKind.SET_END:
            self._sets.start()
            changed = self.setting.begin_set(mark) or changed
        if changed:
            self._rezero.forget()

    def _take_setting(self, mark: Mark, point: int) -> None:
        """The drill, the load or the height is another from here on; a set without marks ends with the first two."""
        if mark.kind is MarkKind.HEIGHT:
            self.setting.take_height(mark)
            return
        if not self._sets.in_marked_set:
            self._write(self._sets.stop(), point)
        if mark.kind is MarkKind.DRILL:
            self.setting.take_drill(mark, lying=self.posture.lying)
        else:
            self.setting.take_load(mark)
            self._rezero.forget()

    def _strike(self, at_s: float) -> None:
        """Take back the bend at a time: one that waits, one whose row is written, or one under way or about to open."""
        if self._sets.strike(at_s):
            return
        if self._last_end is not None and point_at(at_s) <= self._last_end:
            self._events.append(RowStruck((self.history.next - 1) / GRID_HZ, at_s))
        else:
            self._corrections.strike(point_at(at_s))

    def _want(self, mark: Mark) -> None:
        """A person says that this was a rep: a bend that waits, one under way, or one that was not found at all."""
        start, end = point_at(mark.start_s), point_at(mark.end_s)
        rows = self._sets.promote(mark.start_s, mark.end_s)
        if rows:
            self._write((rows, []), self.history.next - 1)
        elif self._machine.busy or start == end:
            self._corrections.want(mark)
        elif end - start > self._machine.settings.least_duration_s * GRID_HZ and start > (self._last_end or start - 1):
            angle = self.posture.angle_deg(self.history.lean_deg(start, end + 1))
            if np.isfinite(angle).any():
                peak = int(np.nanargmax(angle))
                bend = Bend(start, float(angle[0]), start, start + peak, float(angle[peak]), end, end)
                measured = replace(self._measure(start, bend), is_rep=True)
                self._write(self._sets.bend(measured), self.history.next - 1)

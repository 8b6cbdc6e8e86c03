"""The one pipeline: grid points and marks in, rows and events out, causally and in any chunks with the same result.

It leads: what differs between stances it asks the drill's stance (:mod:`dowel.analysis.stances.base`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.calibration.calibration import Calibration, Refused
from dowel.analysis.calibration.calibration_watch import CalibrationWatch, Doubt
from dowel.analysis.calibration.steps import Span
from dowel.analysis.contact.given_limits import LimitsGiven
from dowel.analysis.contact.judged import Judged
from dowel.analysis.contact.limits import Limits
from dowel.analysis.contact.verdict import Fault
from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.drills.drills import default_drill, drill_named
from dowel.analysis.events import Calibrated, CalibrationDoubted, Event, SensorSilent, StepRefused
from dowel.analysis.kept import Kept
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.orientation.come_off import WornWatch
from dowel.analysis.orientation.computed_angles import ComputedAngles
from dowel.analysis.point_buffer import KEPT_POINTS, LOOK_AHEAD_POINTS, History
from dowel.analysis.repetitions.bend_tracker import Bends
from dowel.analysis.repetitions.bends import Closed
from dowel.analysis.repetitions.marked_reps import MarkedReps
from dowel.analysis.repetitions.rep_machine import RepMachine
from dowel.analysis.silences import Silence, SilenceWatch
from dowel.analysis.stances.base import Stance
from dowel.recordings.errors import understanding_mark
from dowel.recordings.grid_points import GRID_HZ, GridPoints, Status, point_at
from dowel.recordings.types import CALIBRATION_STEPS, Mark, MarkKind, Sync

DEAD_POINTS = 3 * GRID_HZ
"""So long an axis may have been dead before it is found (sources#dead-axis)."""


class Pipeline:
    """Analyses one session.

    ``placements`` of the sensors, in the order of the grid's; ``sync`` says how well the clocks claim to know the time
    between the trunk sensors at a session time; ``kept`` says what is kept of old points. Feed points with
    :meth:`advance` and marks with :meth:`mark` in stream order; a mark takes effect once the grid has passed its end.
    :meth:`finish` ends it. Raises ValueError where no drill can be done with sensors at these placements.
    """

    def __init__(self, placements: Sequence[str], sync: Callable[[float], Sync], kept: Kept = Kept.NOTHING) -> None:
        drill = default_drill(placements)
        if drill is None:
            raise ValueError(f"no drill is done with sensors at {', '.join(placements) or 'no place'}")
        self.history = History(len(placements), COLUMNS, kept)
        self.setting = Setting(drill)
        self._placements = placements
        self._sync = sync
        self._silences = SilenceWatch(len(placements))
        self._marks: list[Mark] = []
        self._events: list[Event] = []
        self._take_stance(drill.stance)

    def _take_stance(self, stance: Stance) -> None:
        """What follows from how the person is placed."""
        self.stance = stance
        self.posture = stance.posture(self._placements)
        self._steps = stance.steps(self.posture, self.history)
        self._angles = ComputedAngles(self.posture, self.history)
        self._worn = WornWatch(self.posture, self.history)
        bends = MarkedReps if stance.reps_are_marked(self._placements) else Bends
        self._calibration_watch = CalibrationWatch(
            self.posture.trunk, [str(self.posture.placements[index]) for index in self.posture.trunk]
        )
        self._bends = bends(stance, self.posture, self.history, self.setting, self._sync, self._angles, self._events)

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self.setting.limits(self.posture.calibration)

    def judged(self, start: int, end: int) -> Judged:
        """What can be judged from one kept grid point to before another, as the bend under way is."""
        return self._bends.judged(start, end)

    @property
    def bend_start(self) -> int | None:
        """The grid point at which the bend under way began, as far as is known; None between bends."""
        return self._bends.open_start

    def bends_between(self, start: int, stop: int) -> int:
        """How many bends there are from one grid point to before another, as a calibration step counts them."""
        angle = self.posture.angle_deg(self.history.lean_deg(start, stop))
        return sum(isinstance(event, Closed) for event in RepMachine().run(start, angle, angle[:0]))

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
            stop = done + self._silences.next_return(points.status[:, done:stop])
            stop = done + _until_dead(points.status[self.posture.trunk, done:stop])
            self._run(points, done, stop)
            self._tell(self._silences.take(points.first + done, points.status[:, done:stop]))
            done = stop
            self._take_due_marks()
        return self._flush()

    def finish(self) -> list[Event]:
        """The session is over: what is under way ends here."""
        self._bends.settle()
        for mark in self._marks:
            self._take(mark)
        self._marks = []
        self._tell(self._silences.finish(self.history.next))
        self._bends.finish()
        return self._flush()

    def _tell(self, silences: list[Silence]) -> None:
        for sensor, start, end in silences:
            now_s, placement = (self.history.next - 1) / GRID_HZ, str(self._placements[sensor])
            self._events.append(SensorSilent(now_s, placement, start / GRID_HZ, end / GRID_HZ))

    def _flush(self) -> list[Event]:
        events = self._events.copy()
        self._events.clear()
        return events

    # --- grid points ---

    def _run(self, points: GridPoints, start: int, stop: int) -> None:
        """Look at a run of points in which nothing from outside changes."""
        first, end = points.first + start, points.first + stop
        status = points.status[:, start:stop]
        if self._found_dead(first, status[:, 0]):
            self._bends.disbelieve(first - DEAD_POINTS, first, Fault.FROZEN, first)
        self.history.append(first, points.values[:, start:stop], status)
        self.history.faults(first, end)[:] = self.posture.faults(status)
        rare = self._worn.rare(first, end)
        if rare is not None:
            self.history.faults(first, end)[rare] |= Fault.COME_OFF
        self._angles.lean(first, end)
        doubt = self._calibration_watch.look(first, self.history.up(first, end), status)
        if doubt is not None:
            self._look(first, doubt.point + 1)
            first = doubt.point + 1
            if not self._calibration_watch.stopped:
                self._doubt(doubt, end)
        self._look(first, end)

    def _found_dead(self, point: int, status: NDArray[np.uint8]) -> bool:
        """Whether at a point a trunk sensor is found to have had a dead axis."""
        trunk = self.posture.trunk
        if not (status[trunk] & np.uint8(Status.DEAD_BEFORE)).any():
            return False
        before = self.history.status(point - 1, point)[trunk]
        return not (before & np.uint8(Status.DEAD_BEFORE)).any()

    def _look(self, first: int, end: int) -> None:
        """Look for bends, and sensors that come off, from one point to before another."""
        while first < end:
            off = self._worn.look(first, end)
            stop = end if off is None else off.point + 1
            while first < stop:
                first = self._bends.look(first, stop)
            self._bends.watch(stop)
            if off is not None:
                self._bends.come_off(off)
                self._calibration_watch.stop()

    def _doubt(self, doubt: Doubt, end: int) -> None:
        """The calibration does not fit what followed: nothing is judged until the next one, nor the bend under way."""
        under_way = self._bends.open_start
        start = doubt.point + 1 if under_way is None else under_way
        self.posture.doubt(axis=doubt.axis)
        self.history.faults(start, end)[:] |= int(Fault.CALIBRATION_DOUBTFUL)
        self._angles.lean(start, end)
        self._events.append(CalibrationDoubted(doubt.point / GRID_HZ, doubt.placement, doubt.reason))

    # --- marks ---

    def _take_due_marks(self) -> None:
        """Let marks take effect whose end the grid has passed, in stream order."""
        while self._marks and self.history.next > point_at(self._marks[0].end_s):
            self._take(self._marks.pop(0))

    def _take(self, mark: Mark) -> None:
        """Let a mark take effect; ``InputError`` for one that says what cannot be."""
        with understanding_mark(mark.kind, mark.end_s):
            self._obey(mark)

    def _obey(self, mark: Mark) -> None:
        kind, point, bends = mark.kind, self.history.next - 1, self._bends
        if kind is MarkKind.STEP_START:
            bends.begin_step(point + 1)
        elif kind is MarkKind.STEP_END:  # given up: no more than that bends count again
            bends.end_step()
        elif self._steps.handles(kind):
            self._take_step(mark)
        elif kind in (MarkKind.CLAP, MarkKind.STILL):
            bends.step_over()
        elif kind in CALIBRATION_STEPS:
            drill = self.setting.drill.words.title
            refused = StepRefused(point / GRID_HZ, str(kind), "", f"it is no step of the {drill}", step_before=False)
            self._events.append(refused)
            bends.end_step()
        elif kind is MarkKind.CALIBRATION:
            self._use(Calibration.from_json(mark.detail), mark.end_s)
        elif kind in (MarkKind.SET_START, MarkKind.SET_END, MarkKind.SET):
            bends.take_set_mark(mark, point)
        elif kind in (MarkKind.LOAD, MarkKind.DRILL, MarkKind.HEIGHT):
            self._take_setting(mark, point)
        elif kind is MarkKind.RULES:
            self.setting.take_rules(mark)
        elif kind is MarkKind.LIMITS:
            self.setting.take_limits(mark)
            self._events.append(LimitsGiven(mark.end_s, self.setting.given))
        elif kind is MarkKind.VOID:
            bends.void(mark.start_s)
        elif kind is MarkKind.REP:
            bends.want(mark)

    def _take_step(self, mark: Mark) -> None:
        """A calibration step is over."""
        now = self.history.next - 1
        earliest = max(now - KEPT_POINTS, self.history.first)
        start, stop = max(point_at(mark.start_s), earliest), point_at(mark.end_s) + 1
        self._bends.step_over()
        if stop > start:
            found = self._steps.take(mark.kind, Span(start, stop, self.bends_between(start, stop)))
        else:
            found = Refused("nothing was recorded in this step; check the sensors and repeat it")
        if isinstance(found, Calibration):
            self._use(found, self.history.next / GRID_HZ)
        elif isinstance(found, Refused):
            refused = StepRefused(now / GRID_HZ, str(mark.kind), found.placement, found.reason, found.step_before)
            self._events.append(refused)
        self._bends.forget()

    def _use(self, calibration: Calibration, time_s: float) -> None:
        """A calibration holds from this session time on."""
        self.posture.use(calibration)
        self._worn.begin(calibration.frames, self.history.next)
        if self.stance.watches_calibration:
            self._calibration_watch.begin(self.posture.frames[self.posture.trunk])
        self._bends.calibrated()
        self._events.append(Calibrated(time_s, calibration, self.limits))
        self._bends.forget()

    def _take_setting(self, mark: Mark, point: int) -> None:
        """The drill, the load or the height is another from here on; a set without marks ends with the first two."""
        if mark.kind is MarkKind.HEIGHT:
            self.setting.take_height(mark)
            return
        self._bends.end_set_without_marks(point)
        if mark.kind is MarkKind.DRILL:
            self._take_drill(mark)
        else:
            self.setting.take_load(mark)
            self._bends.loaded()

    def _take_drill(self, mark: Mark) -> None:
        """Another drill. ValueError for one that is not done where the sensors are, or not after what was done."""
        drill = drill_named(str(mark.detail["drill"]))
        if not drill.stance.fits(self._placements):
            raise ValueError(f"{drill.name} needs sensors at {' and '.join(drill.placements)}")
        if drill.stance is not self.stance:
            if self.posture.calibration is not None or self._bends.begun:
                raise ValueError(f"{drill.name} is done {drill.stance.name}; begin a new session for it")
            self._take_stance(drill.stance)
        self.setting.take_drill(mark)


def _until_dead(status: NDArray[np.uint8]) -> int:
    """How many of the next points (sensors, n) to take, so that a sensor is found to be dead with the first or none."""
    found = (status & np.uint8(Status.DEAD_BEFORE)) != 0
    places: list[int] = np.flatnonzero(found[:, 1:].any(axis=0)).tolist() if found.any() else []
    return places[0] + 1 if places else status.shape[1]

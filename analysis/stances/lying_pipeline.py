"""The pipeline of somebody who lies: the dead bug."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.drills.drills import DEAD_BUG
from dowel.analysis.events import BendMeasured, Event, RepCounted
from dowel.analysis.pipeline import Pipeline
from dowel.analysis.repetitions.lying_row import LyingRows
from dowel.analysis.repetitions.rep_machine import Bend, OpenBend
from dowel.analysis.repetitions.sets import MeasuredBend
from dowel.analysis.stances.holding import Holding
from dowel.analysis.stances.lying_posture import LyingPosture, LyingSteps
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import LYING, TRUNK, Mark, Placement


class LyingPipeline(Pipeline):
    """As :class:`Pipeline`, with legs for bends, or, without thigh sensors, marks and whiles of holding."""

    posture: LyingPosture

    def __init__(self, placements: Sequence[str], sync_ms: Callable[[float], float], *, keep_all: bool = False) -> None:
        super().__init__(placements, sync_ms, keep_all=keep_all, posture=LyingPosture(placements))
        self._rows = LyingRows(self.posture, self.history)
        self._steps = LyingSteps(self.posture, self.history)
        self.setting.drill = DEAD_BUG
        self._holding = Holding(self.posture, self.history)
        self._by_marks = not self.posture.thighs

    def _look(self, first: int, end: int) -> int:
        if not self._by_marks:
            return super()._look(first, end)
        end = super()._look(first, self._holding.next_change(first, end))
        begin = self._holding.begin
        found = self._holding.row_at(end)
        if self._holding.begin == begin:
            return end
        self._watch(end)
        if found is not None:
            self._write(self._sets.hold(self._measured(*found)), end - 1)
        self._bend_over(end)
        if self._holding.begin is not None:
            self._open = OpenBend(end, end, in_step=False)
        return end

    def finish(self) -> list[Event]:
        """The session is over; a while of holding that waited for its mark is a row."""
        self._write_hold()
        return super().finish()

    def _write_hold(self) -> None:
        found = self._holding.due(self.history.next) if self._by_marks else None
        if found is not None:
            self._write(self._sets.hold(self._measured(*found)), self.history.next - 1)

    def _measured(self, start: int, end: int, *, is_rep: bool = False) -> MeasuredBend:
        """A while between two points, measured as if it were a bend."""
        measured = self._measure(start, Bend(start, 0.0, start, (start + end) // 2, 0.0, end, end))
        self._events.append(BendMeasured((self.history.next - 1) / GRID_HZ if is_rep else end / GRID_HZ, measured.rep))
        return MeasuredBend(measured.rep, start, start, end, 1.0, is_rep=is_rep)

    def _hold_from(self, point: int) -> None:
        """Whoever lies holds from here on, and is told so when the back comes off the floor."""
        self._bend_over(point)
        self._holding.start(point)
        self._open = OpenBend(point, point, in_step=False)

    def _want(self, mark: Mark) -> None:
        now = self.history.next - 1
        found = self._holding.rep_of(mark, now) if self._by_marks and self._sets.counts else None
        if found is None:
            if not self._by_marks:
                super()._want(mark)
            return
        self._watch(now + 1)
        self._events.append(RepCounted(now / GRID_HZ, self._sets.next_number))
        self._write(self._sets.bend(self._measured(*found, is_rep=True)), now)
        self._hold_from(now + 1)

    def _forget_bend(self) -> None:
        super()._forget_bend()
        self._hold_if_due()

    def _take_set_mark(self, mark: Mark, point: int) -> None:
        self._write_hold()
        super()._take_set_mark(mark, point)
        self._hold_if_due()

    def _hold_if_due(self) -> None:
        """Holding goes on in a set, or without set marks as soon as there is a calibration, and never in a step."""
        if not self._by_marks:
            return
        calibration: Calibration | None = self.posture.calibration
        if calibration is not None and self._step_from is None and self._sets.counts:
            self._hold_from(self.history.next)
        else:
            self._holding.stop()
            self._bend_over(self.history.next)


def pipeline_for(
    placements: Sequence[str], sync_ms: Callable[[float], float], *, keep_all: bool = False
) -> Pipeline | None:
    """The pipeline for sensors at these placements; None where none of them is on the trunk."""
    places = {Placement(place) for place in placements}
    if places & set(TRUNK):
        return Pipeline(placements, sync_ms, keep_all=keep_all)
    return LyingPipeline(placements, sync_ms, keep_all=keep_all) if places & set(LYING) else None

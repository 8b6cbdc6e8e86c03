"""Reps that no sensor sees: a mark makes them, and without marks each isometric hold is a row."""

from __future__ import annotations

from functools import cached_property

from dowel.analysis.events import BendMeasured, RepCounted
from dowel.analysis.repetitions.bend_tracker import Bends
from dowel.analysis.repetitions.bends import Bend, OpenBend
from dowel.analysis.repetitions.isometric_hold import Holding
from dowel.analysis.repetitions.sets import MeasuredBend
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import Mark


class MarkedReps(Bends):
    """As :class:`Bends` where the angle that reps are counted on is not known: the person holds, and is watched."""

    @cached_property
    def _holding(self) -> Holding:
        return Holding(self._posture, self._history)

    def look(self, first: int, end: int) -> int:
        """Look for the end of an isometric hold; as in :class:`Bends`."""
        end = super().look(first, self._holding.next_change(first, end))
        begin = self._holding.begin
        found = self._holding.row_at(end)
        if self._holding.begin == begin:
            return end
        self.watch(end)
        if found is not None:
            self._written.write(self._sets.hold(self._measured(*found)), end - 1)
        self._over(end)
        if self._holding.begin is not None:
            self._open = OpenBend(end, end, in_step=False)
        return end

    def settle(self) -> None:
        """Write the hold that waited for its mark."""
        found = self._holding.due(self._history.next)
        if found is not None:
            self._written.write(self._sets.hold(self._measured(*found)), self._history.next - 1)

    def forget(self) -> None:
        """Drop what is under way; whoever is to hold starts over."""
        super().forget()
        self._hold_if_due()

    def take_set_mark(self, mark: Mark, point: int) -> None:
        """A set begins or ends, and holding with it."""
        self.settle()
        super().take_set_mark(mark, point)
        self._hold_if_due()

    def want(self, mark: Mark) -> None:
        """A person says that this was a rep."""
        now = self._history.next - 1
        found = self._holding.rep_of(mark, now) if self._sets.counts else None
        if found is None:
            return
        self.watch(now + 1)
        self._events.append(RepCounted(now / GRID_HZ, self._sets.next_number, now / GRID_HZ))
        self._written.write(self._sets.bend(self._measured(*found, is_rep=True)), now)
        self._hold_from(now + 1)

    def _stop_judging(self, start: int, end: int) -> None:
        """Whoever holds may hold for as long as they like."""

    def _measured(self, start: int, end: int, *, is_rep: bool = False) -> MeasuredBend:
        """What lies between two points, measured as if it were a bend."""
        measured = self._measure(start, Bend(start, 0.0, start, (start + end) // 2, 0.0, end, end))
        self._events.append(BendMeasured((self._history.next - 1) / GRID_HZ if is_rep else end / GRID_HZ, measured.rep))
        return MeasuredBend(measured.rep, start, start, end, 1.0, is_rep=is_rep)

    def _hold_from(self, point: int) -> None:
        """Whoever holds does so from here on, and is told when contact is lost."""
        self._over(point)
        self._holding.start(point)
        self._open = OpenBend(point, point, in_step=False)

    def _hold_if_due(self) -> None:
        """Holding goes on in a set, or without set marks as soon as there is a calibration, and never in a step."""
        if self._posture.calibration is not None and self.step_from is None and self._sets.counts:
            self._hold_from(self._history.next)
        else:
            self._holding.stop()
            self._over(self._history.next)

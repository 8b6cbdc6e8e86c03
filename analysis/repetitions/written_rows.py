"""The rows as they were written, and what becomes of the latest when a sensor turns out to have stood differently."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from dowel.analysis.contact.limits import Limits
from dowel.analysis.contact.verdict import disbelieved, in_doubt
from dowel.analysis.events import Event, RowRevised, RowWritten, SetEnded, Spoken
from dowel.analysis.orientation.rezero import Change
from dowel.analysis.repetitions.sets import SetKeeper
from dowel.analysis.rows import Rep, SetSummary
from dowel.recordings.grid_points import GRID_HZ

LATEST: Final = 12
"""So many rows are kept to be looked at again: a slip is told two or three stands after it (sources#re-zeroing)."""


class WrittenRows:
    """Writes rows and sets to ``events``, and takes back what came later speaks against."""

    def __init__(self, sets: SetKeeper, events: list[Event]) -> None:
        self._sets = sets
        self._events = events
        self._latest: deque[Rep] = deque(maxlen=LATEST)

    def write(self, done: tuple[list[Rep], list[SetSummary]], point: int) -> None:
        """Rows and sets that are certain at a grid point."""
        rows, sets = done
        self._latest += rows
        self._events += [RowWritten(point / GRID_HZ, row) for row in rows]
        for summary in sets:
            self._events.append(SetEnded(point / GRID_HZ, summary))
            if summary.advice:
                self._events.append(Spoken(point / GRID_HZ, "advice", summary.advice))

    def void(self, at_s: float) -> None:
        """The row at this time is taken back by a person: nothing is said of it any more."""
        self._latest = deque((row for row in self._latest if not row.start_s <= at_s <= row.end_s), LATEST)

    def look_again(self, change: Change, limits: Limits, point: int) -> None:
        """A sensor stands differently, as is known at a grid point: what was told of the back since is in doubt."""
        self._revise(
            lambda row: in_doubt(row, limits, change.seemed_deg) if row.end_s * GRID_HZ > change.since else row, point
        )

    def take_back(self, since: int, fault: int, limits: Limits, point: int) -> None:
        """From the grid point ``since`` on a sensor told nothing that counts, as is known at a later one."""
        self._revise(lambda row: disbelieved(row, limits, since / GRID_HZ, fault), point)

    def _revise(self, judged: Callable[[Rep], Rep], point: int) -> None:
        self._sets.revise(judged)
        for place, row in enumerate(list(self._latest)):
            revised = judged(row)
            if revised is not row:
                self._latest[place] = revised
                self._events.append(RowRevised(point / GRID_HZ, revised))

"""When a rep is counted aloud: as soon as it closed, or with the next bend where it may be the one that puts the load
down."""

from __future__ import annotations

from dataclasses import replace

from dowel.analysis.events import RepCounted
from dowel.analysis.repetitions.sets import SetKeeper
from dowel.recordings.grid_points import GRID_HZ


class RepCount:
    """Counts the bends of the set that ``sets`` keeps."""

    def __init__(self, sets: SetKeeper) -> None:
        self._sets = sets
        self._waiting: RepCounted | None = None

    def closed(self, point: int) -> list[RepCounted]:
        """A bend that may be a rep closed at this grid point."""
        number = self._sets.next_number
        if not self._sets.counts or not number:
            return []
        counted = RepCounted(point / GRID_HZ, number, point / GRID_HZ)
        if self._sets.sets_down:
            self._waiting = counted  # it may be the bend that puts the load down
            return []
        return [counted]

    def opened(self, point: int) -> list[RepCounted]:
        """Another bend opens: what closed before it and still stands did not put the load down, and counts."""
        counted, self._waiting = self._waiting, None
        if counted is None or self._sets.next_number != counted.number + 1:
            return []
        return [replace(counted, time_s=point / GRID_HZ)]

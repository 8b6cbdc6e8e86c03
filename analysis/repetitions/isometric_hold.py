"""Lying without thigh sensors: when an isometric hold is over, or a rep that somebody marked."""

from __future__ import annotations

import numpy as np

from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import GRID_HZ, point_at
from dowel.recordings.types import IntArray, Mark

HOLD_POINTS = 10 * GRID_HZ
"""Without marks each 10 s of holding is a row: about the time of two slow reps (sources#lying-reps)."""
MARK_POINTS = 150
"""A mark may come so late after what it means: taps are told apart from handling by the quiet after them, and the grid
waits for the slowest sensor. So long a hold waits, or the rep that ends with it would be lost
(sources#lying-reps)."""
UP_DEG = 30.0
"""A pelvis that tips farther from pressed is getting up: lying it can tip by 9 and 13 deg (sources#pelvic-tilt,
sources#lying-reps)."""
BACK_DEG = 5.0  # the smallest limit there is (sources#floor-limits): who is back within it lies again
LEAST_REP_POINTS = GRID_HZ // 2
"""A mark sooner after another is a slip of the finger (a judgement: sources#lying-reps)."""


class Holding:
    """Follows somebody who lies from where the last row ended; ``begin`` is None while nobody holds."""

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self.begin: int | None = None
        self._got_up = False
        self._marked = False

    def start(self, point: int) -> None:
        """Holding begins at a point: after a calibration, a set mark, a row."""
        self.begin, self._got_up = point, False

    def stop(self) -> None:
        """Nobody holds: a step, the end of a set."""
        self.begin, self._got_up = None, False

    def next_change(self, first: int, end: int) -> int:
        """The first point at or before ``end``, from ``first`` on, up to before which nothing changes."""
        if self._got_up:
            back = self._where(first, end, up=False)
            return first + int(back[0]) + 1 if len(back) else end
        if self.begin is None:
            return end
        due = end if self._marked else min(end, max(self.begin + HOLD_POINTS + MARK_POINTS, first + 1))
        up = self._where(first, due, up=True)
        return first + int(up[0]) + 1 if len(up) else due

    def row_at(self, end: int) -> tuple[int, int] | None:
        """First and last point of the hold that is over before a point, if one is; getting up ends it without a row."""
        if self._got_up:
            if len(self._where(end - 1, end, up=False)):
                self.start(end)
            return None
        if self.begin is None:
            return None
        if len(self._where(end - 1, end, up=True)):
            self.begin, self._got_up = None, True
            return None
        return self.due(end, MARK_POINTS)

    def due(self, end: int, wait_points: int = 0) -> tuple[int, int] | None:
        """First and last point of a hold that was over so long before a point; the next begins there."""
        if self.begin is None or self._marked or end - self.begin < HOLD_POINTS + wait_points:
            return None
        found = (self.begin, self.begin + HOLD_POINTS - 1)
        self.begin += HOLD_POINTS
        return found

    def rep_of(self, mark: Mark, now: int) -> tuple[int, int] | None:
        """First and last point of the rep that a mark means: its own span, or from the last row to its moment."""
        start, end = min(point_at(mark.start_s), now), min(point_at(mark.end_s), now)
        if start == end:
            if self.begin is None:
                return None
            start = max(self.begin, end - 3 * HOLD_POINTS)
        if end - start < LEAST_REP_POINTS or start < self._history.first:
            return None
        self._marked, self.begin = True, end + 1
        return start, end

    def _where(self, first: int, end: int, *, up: bool) -> IntArray:
        """Places from ``first`` on at which the pelvis is off the floor, or back on it."""
        sacrum = self._posture.sacrum
        if sacrum is None or end <= first:
            return np.empty(0, np.int64)
        tipped = np.abs(self._history.lean_deg(first, end)[sacrum])
        places: IntArray = np.flatnonzero(tipped > UP_DEG if up else tipped < BACK_DEG)
        return places

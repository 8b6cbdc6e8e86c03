"""The common 100 Hz grid of all sensors, computed causally.

A point is computed once: when every sensor has passed it, or when the newest sensor is more than the lag limit
ahead of it; a sensor that has not reached it by then is missing there for good. When that is, is a matter of the
order of notifications alone, not of how many are handed over at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.grid_points import GRID_HZ, GridPoints, Status
from dowel.recordings.types import FloatArray, IntArray

LAG_LIMIT_S = 1.0
"""Notifications are delayed by at most some tenths of a second, stalls by up to 1.5 s; nobody waits longer for a
verdict that is wanted at once (sources#lag-limits)."""
SOON_S = 0.25
"""Sensors that deliver later than this give no live verdict (sources#lag-limits), so they are waited for."""
FRAMES_WAITED = 2.0
"""A late sensor's frames come as far apart as they are late: one is always under way, and one may be held up
(sources#lag-limits)."""


def lag_limit_s(latencies_s: Sequence[float]) -> float:
    """How long a point waits for the slowest sensor, given the usual latency of each sensor's driver."""
    slowest_s = max(latencies_s, default=0.0)
    return LAG_LIMIT_S + (FRAMES_WAITED * slowest_s if slowest_s > SOON_S else 0.0)


NEVER = -(1 << 62)  # a grid point before all others (sources#units-and-layout)


class CausalGrid:
    """Interpolates the samples of several sensors linearly onto the grid.

    ``sensors``: how many; ``columns``: values per sample; ``lag_limit_s``: how long a sensor is waited for. :meth:`add`
    takes each sensor's new samples of one run of the stream, :meth:`advance` returns the points that have become due
    by it.
    """

    def __init__(self, sensors: int, columns: int, lag_limit_s: float = LAG_LIMIT_S) -> None:
        self._lag_limit_s = lag_limit_s
        self._tails = [_Tail(columns) for _ in range(sensors)]
        self._columns = columns
        self._next: int | None = None
        self._reached: IntArray = np.full(sensors, NEVER)
        self._expired = NEVER

    def add(
        self, sensor: int, time_s: FloatArray, values: FloatArray, status: NDArray[np.uint8], sequence: IntArray
    ) -> None:
        """Hand over new samples: times (n,), values (n, columns), status (n,), stream sequence numbers (n,)."""
        if len(time_s):
            self._tails[sensor].extend(time_s, values, status, sequence)

    def pass_time(self, time_s: float) -> None:
        """A tick: session time has come so far although no sensor sent anything."""
        self._expired = max(self._expired, self._expired_at(time_s))

    def advance(self) -> GridPoints:
        """The points that are due, given all that was added."""
        due, late = self._frontier()
        first = self._next if self._next is not None else 0
        count = max(due + 1 - first, 0)
        values = np.empty((len(self._tails), count, self._columns))
        status = np.empty((len(self._tails), count), np.uint8)
        if count:
            times_s = np.arange(first, due + 1) / GRID_HZ
            for index, tail in enumerate(self._tails):
                tail.interpolate(times_s, values[index], status[index])
            if late is not None:
                values[late], status[late] = np.nan, np.uint8(Status.MISSING)
            self._next = due + 1
        return GridPoints(first, values, status)

    def _frontier(self) -> tuple[int, NDArray[np.bool_] | None]:
        """The last point that is due, and which sensors (sensors, points) come too late for the points up to it."""
        fresh = [tail.take_fresh() for tail in self._tails]
        if not any(len(time_s) for time_s, _ in fresh):
            return self._due_by_tick()
        if self._next is None:
            time_s, _ = min((f for f in fresh if len(f[0])), key=lambda f: int(f[1][0]))
            self._next = int(np.ceil(time_s[0] * GRID_HZ))
        before = self._reached.copy()
        expired_before = self._expired
        for index, (time_s, _) in enumerate(fresh):
            if len(time_s):
                self._reached[index] = int(np.floor(time_s[-1] * GRID_HZ))
                self._expired = max(self._expired, self._expired_at(float(time_s[-1])))
        if self._expired <= before.min():  # nobody can have lagged too far behind in between
            return int(self._reached.min()), None
        return self._frontier_by_item(fresh, before, expired_before)

    def _frontier_by_item(
        self, fresh: list[tuple[FloatArray, IntArray]], before: IntArray, expired_before: int
    ) -> tuple[int, NDArray[np.bool_] | None]:
        """The same, sample by sample in stream order, where a sensor may have lagged too far behind."""
        order = np.argsort(np.concatenate([sequence for _, sequence in fresh]), kind="stable")
        time_s = np.concatenate([time_s for time_s, _ in fresh])[order]
        owner = np.repeat(np.arange(len(fresh)), [len(time_s) for time_s, _ in fresh])[order]
        point = np.floor(time_s * GRID_HZ).astype(np.int64)
        reached = np.stack(
            [np.maximum.accumulate(np.where(owner == index, point, before[index])) for index in range(len(fresh))]
        )
        expired = np.maximum.accumulate(np.maximum(self._expired_points(time_s), expired_before))
        slowest = reached.min(axis=0)
        frontier = np.maximum(slowest, expired)
        due, first = int(frontier[-1]), self._next or 0
        if (expired <= slowest).all() or due < first:
            return due, None
        points = np.arange(first, due + 1)
        item = np.searchsorted(frontier, points)
        return due, reached[:, item] < points

    def _due_by_tick(self) -> tuple[int, NDArray[np.bool_] | None]:
        """What a tick alone makes due: points that some sensor will never reach in time."""
        due, first = self._expired, self._next
        if first is None or due < first:
            return -1 if first is None else first - 1, None
        return due, self._reached[:, None] < np.arange(first, due + 1)

    def _expired_at(self, time_s: float) -> int:
        """The last point that is more than the limit behind this time."""
        return int(np.ceil((time_s - self._lag_limit_s) * GRID_HZ)) - 1

    def _expired_points(self, time_s: FloatArray) -> IntArray:
        return np.ceil((time_s - self._lag_limit_s) * GRID_HZ).astype(np.int64) - 1


class _Tail:
    """The latest samples of one sensor: those that points yet to come may lie between."""

    def __init__(self, columns: int) -> None:
        self._time_s: FloatArray = np.empty(0)
        self._values: FloatArray = np.empty((0, columns))
        self._status = np.empty(0, np.uint8)
        self._faulty = False
        self._fresh: list[tuple[FloatArray, IntArray]] = []

    def extend(self, time_s: FloatArray, values: FloatArray, status: NDArray[np.uint8], sequence: IntArray) -> None:
        self._time_s = np.concatenate([self._time_s, time_s])
        self._values = np.concatenate([self._values, values])
        self._status = np.concatenate([self._status, status])
        self._faulty = bool(self._faulty or status.any())
        self._fresh.append((time_s, sequence))

    def take_fresh(self) -> tuple[FloatArray, IntArray]:
        """Times and sequence numbers added since the last call."""
        fresh, self._fresh = self._fresh, []
        if len(fresh) == 1:
            return fresh[0]
        if not fresh:
            return np.empty(0), np.empty(0, np.int64)
        return np.concatenate([time_s for time_s, _ in fresh]), np.concatenate([sequence for _, sequence in fresh])

    def interpolate(self, times_s: FloatArray, values: FloatArray, status: NDArray[np.uint8]) -> None:
        """Fill ``values`` and ``status`` at these times (rising from call to call); forget what lies before them.

        Ours: a spline of scipy.interpolate is made of all samples at once and knows nothing of gaps, and to load it
        would add half to the CPU of a report (design#scipy-and-what-is-ours).
        """
        if not len(self._time_s):
            values[:], status[:] = np.nan, np.uint8(Status.MISSING)
            return
        after = self._time_s.searchsorted(times_s)
        right = np.minimum(after, len(self._time_s) - 1)
        left = np.maximum(right - 1, 0)
        start_s = self._time_s[left]
        span_s = self._time_s[right] - start_s
        if left[0] == right[0] or after[-1] != right[-1]:  # before the first sample, or after the last of equal times
            span_s[span_s == 0] = 1.0
        share = (times_s - start_s) / span_s
        low = self._values.take(left, axis=0)
        np.subtract(self._values.take(right, axis=0), low, out=values)
        values *= share[:, None]
        values += low
        status[:] = 0
        if self._faulty:
            here, there = self._status[right], self._status[left]
            np.bitwise_or(here, there & np.uint8(255 - Status.MISSING - Status.BREAK), out=status)
        if self._faulty or after[0] == 0 or after[-1] != right[-1]:
            missing = (after != right) | ((after == 0) & (self._time_s[0] != times_s)) | ((status & Status.BREAK) != 0)
            values[missing] = np.nan
            status[missing & ((status & (Status.FROZEN | Status.CLIPPED)) == 0)] |= np.uint8(Status.MISSING)
            status &= np.uint8(255 - Status.BREAK)
        keep = int(left[-1])
        if keep:
            self._time_s, self._values, self._status = self._time_s[keep:], self._values[keep:], self._status[keep:]
            self._faulty = bool(self._faulty and self._status.any())

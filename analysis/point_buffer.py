"""The latest grid points and what was computed of them, kept for reps and calibration steps to look back."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.orientation.rotations import up_in_sensor
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, IntArray

T = TypeVar("T", bound=np.generic)

LOOK_AHEAD_POINTS = 2048
"""Points are computed in runs of at most this many: a re-zero changes those not yet looked at, which are redone
(sources#working-memory)."""
KEPT_POINTS = 120 * GRID_HZ
"""A rep lasts at most 30 s and ends 1.5 s after it closed; a calibration step is over in a minute
(sources#working-memory)."""


class History:
    """Columns over consecutive grid points, addressed by absolute point; old points are dropped unless all are kept.

    ``values`` (sensors, n, columns), ``up`` (sensors, n, 3) of their attitudes, ``lean_deg`` (sensors, n),
    ``deviation_deg`` (n,), ``head_deg`` (n,), ``faults`` (n,) of fault bits, ``status`` (sensors, n) as the grid gave
    it. Views are valid until the next append.
    """

    def __init__(self, sensors: int, columns: int, *, keep_all: bool) -> None:
        self._keep_all = keep_all
        self.begin: int | None = None
        """The very first point, also when it is no longer kept; None before it."""
        self._first = 0
        self._count = 0
        capacity = 4 * KEPT_POINTS
        self._values: FloatArray = np.empty((sensors, capacity, columns))
        self._up: FloatArray = np.empty((sensors, capacity, 3))
        self._lean: FloatArray = np.empty((sensors, capacity))
        self._status: NDArray[np.uint8] = np.empty((sensors, capacity), np.uint8)
        self._deviation: FloatArray = np.empty(capacity)
        self._head: FloatArray = np.empty(capacity)
        self._faults: IntArray = np.empty(capacity, np.int64)

    @property
    def first(self) -> int:
        """The earliest point still kept."""
        return self._first

    @property
    def next(self) -> int:
        """The point after the latest."""
        return self._first + self._count

    def append(self, first: int, values: FloatArray, status: NDArray[np.uint8]) -> None:
        """Add points with their values and status; what is computed of them is to be written through the views."""
        count = values.shape[1]
        if self.begin is None:
            self.begin = self._first = first
        self._make_room(count)
        self._values[:, self._count : self._count + count] = values
        self._up[:, self._count : self._count + count] = up_in_sensor(values[..., :4])
        self._status[:, self._count : self._count + count] = status
        self._count += count

    def values(self, start: int, stop: int) -> FloatArray:
        """Interpolated values (sensors, n, columns) from point ``start`` to before ``stop``."""
        return self._values[:, self._span(start, stop)]

    def up(self, start: int, stop: int) -> FloatArray:
        """The earth's up direction in sensor axes (sensors, n, 3)."""
        return self._up[:, self._span(start, stop)]

    def status(self, start: int, stop: int) -> NDArray[np.uint8]:
        """What is wrong with each sensor (sensors, n), as ``Status`` bits."""
        return self._status[:, self._span(start, stop)]

    def lean_deg(self, start: int, stop: int) -> FloatArray:
        """Leans (sensors, n)."""
        return self._lean[:, self._span(start, stop)]

    def deviation_deg(self, start: int, stop: int) -> FloatArray:
        """Spine deviation (n,), NaN where it cannot be judged."""
        return self._deviation[self._span(start, stop)]

    def head_deg(self, start: int, stop: int) -> FloatArray:
        """Head deviation (n,), NaN where it cannot be judged."""
        return self._head[self._span(start, stop)]

    def faults(self, start: int, stop: int) -> IntArray:
        """Why the deviation cannot be judged (n,), as bits; 0 where it can."""
        return self._faults[self._span(start, stop)]

    def unjudge(self, start: int, stop: int, fault: int) -> None:
        """Nothing from point ``start`` to before ``stop`` can be judged, for this reason."""
        self.faults(start, stop)[:] |= fault
        self.deviation_deg(start, stop)[:] = np.nan
        self.head_deg(start, stop)[:] = np.nan

    def _span(self, start: int, stop: int) -> slice:
        first, count = self._first, self._count
        return slice(min(max(start - first, 0), count), min(max(stop - first, 0), count))

    def _make_room(self, count: int) -> None:
        capacity = self._deviation.shape[0]
        if self._count + count <= capacity:
            return
        if not self._keep_all and self._count > KEPT_POINTS:
            self._drop(self._count - KEPT_POINTS)
        if self._count + count > capacity:
            self._grow(max(2 * capacity, self._count + count))

    def _drop(self, count: int) -> None:
        for column in (self._values, self._up, self._lean, self._status):
            column[:, : self._count - count] = column[:, count : self._count].copy()
        for line in (self._deviation, self._head, self._faults):
            line[: self._count - count] = line[count : self._count].copy()
        self._first += count
        self._count -= count

    def _grow(self, capacity: int) -> None:
        def longer(column: NDArray[T], axis: int) -> NDArray[T]:
            shape = list(column.shape)
            shape[axis] = capacity
            new = np.empty(shape, column.dtype)
            new[(slice(None),) * axis + (slice(column.shape[axis]),)] = column
            return new

        self._values, self._up = longer(self._values, 1), longer(self._up, 1)
        self._lean, self._status = longer(self._lean, 1), longer(self._status, 1)
        self._deviation, self._head = longer(self._deviation, 0), longer(self._head, 0)
        self._faults = longer(self._faults, 0)

"""The latest grid points and what was computed of them, kept for reps and calibration steps to look back."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.kept import Kept
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
    """Columns over consecutive grid points, addressed by absolute point; old points are dropped unless they are kept.

    ``values`` (sensors, n, columns), ``up`` (sensors, n, 3) of their attitudes, ``lean_deg`` (sensors, n),
    ``deviation_deg`` (n,), ``head_deg`` (n,), ``faults`` (n,) of fault bits, ``status`` (sensors, n) as the grid gave
    it; ``attitudes`` (sensors, n, 4) where they are kept. Views are valid until the next append.
    """

    def __init__(self, sensors: int, columns: int, kept: Kept = Kept.NOTHING) -> None:
        self.begin: int | None = None
        """The very first point, also when it is no longer kept; None before it."""
        angles = kept is not Kept.NOTHING
        self._values = _Column(np.float64, (sensors,), (columns,))
        self._up = _Column(np.float64, (sensors,), (3,))
        self._lean = _Column(np.float64, (sensors,), keep_all=angles)
        self._status = _Column(np.uint8, (sensors,), keep_all=angles)
        self._deviation = _Column(np.float64, keep_all=angles)
        self._head = _Column(np.float64, keep_all=angles)
        self._faults = _Column(np.int64, keep_all=angles)
        self._attitudes = _Column(np.float64, (sensors,), (4,), keep_all=True) if kept is Kept.ATTITUDES else None

    @property
    def first(self) -> int:
        """The earliest point of which all is still kept: further back nothing is looked for."""
        return self._values.first

    @property
    def angles_from(self) -> int:
        """The earliest point of which leans and deviations are still kept."""
        return self._lean.first

    @property
    def next(self) -> int:
        """The point after the latest."""
        return self._values.next

    def append(self, first: int, values: FloatArray, status: NDArray[np.uint8]) -> None:
        """Add points with their values and status; what is computed of them is to be written through the views."""
        count = values.shape[1]
        if self.begin is None:
            self.begin = first
        self._values.longer(first, count)[:] = values
        self._up.longer(first, count)[:] = up_in_sensor(values[..., :4])
        self._status.longer(first, count)[:] = status
        for computed in (self._lean, self._deviation, self._head, self._faults):
            computed.longer(first, count)
        if self._attitudes is not None:
            self._attitudes.longer(first, count)[:] = values[..., :4]

    def values(self, start: int, stop: int) -> FloatArray:
        """Interpolated values (sensors, n, columns) from point ``start`` to before ``stop``."""
        return self._values.between(start, stop)

    def up(self, start: int, stop: int) -> FloatArray:
        """The earth's up direction in sensor axes (sensors, n, 3)."""
        return self._up.between(start, stop)

    def attitudes(self, start: int, stop: int) -> FloatArray:
        """The first four of ``values`` (sensors, n, 4), of any point, where they are kept."""
        return self.values(start, stop)[..., :4] if self._attitudes is None else self._attitudes.between(start, stop)

    def status(self, start: int, stop: int) -> NDArray[np.uint8]:
        """What is wrong with each sensor (sensors, n), as ``Status`` bits."""
        return self._status.between(start, stop)

    def lean_deg(self, start: int, stop: int) -> FloatArray:
        """Leans (sensors, n)."""
        return self._lean.between(start, stop)

    def deviation_deg(self, start: int, stop: int) -> FloatArray:
        """Spine deviation (n,), NaN where it cannot be judged."""
        return self._deviation.between(start, stop)

    def head_deg(self, start: int, stop: int) -> FloatArray:
        """Head deviation (n,), NaN where it cannot be judged."""
        return self._head.between(start, stop)

    def faults(self, start: int, stop: int) -> IntArray:
        """Why the deviation cannot be judged (n,), as bits; 0 where it can."""
        return self._faults.between(start, stop)

    def unjudge(self, start: int, stop: int, fault: int) -> None:
        """Nothing from point ``start`` to before ``stop`` can be judged, for this reason."""
        self.faults(start, stop)[:] |= fault
        self.deviation_deg(start, stop)[:] = np.nan
        self.head_deg(start, stop)[:] = np.nan


class _Column(Generic[T]):
    """What is known of consecutive points (..., n, ...): room that grows, and of which old points make way for new."""

    def __init__(
        self, kind: type[T], before: tuple[int, ...] = (), after: tuple[int, ...] = (), *, keep_all: bool = False
    ) -> None:
        self._keep_all = keep_all
        self._all_before = (slice(None),) * len(before)
        self._axis = len(before)
        self._room: NDArray[T] = np.empty((*before, 4 * KEPT_POINTS, *after), kind)
        self.first = self._count = 0

    @property
    def next(self) -> int:
        return self.first + self._count

    def between(self, start: int, stop: int) -> NDArray[T]:
        """A view of those from one point to before another that are kept."""
        first, count = self.first, self._count
        return self._at(min(max(start - first, 0), count), min(max(stop - first, 0), count))

    def longer(self, first: int, count: int) -> NDArray[T]:
        """A view of so many points more; ``first`` is the point at which the very first ones begin."""
        if not self._count:
            self.first = first
        if self._count + count > self._capacity and not self._keep_all and self._count > KEPT_POINTS:
            self._drop(self._count - KEPT_POINTS)
        if self._count + count > self._capacity:
            self._grow(max(2 * self._capacity, self._count + count))
        self._count += count
        return self._at(self._count - count, self._count)

    @property
    def _capacity(self) -> int:
        capacity: int = self._room.shape[self._axis]
        return capacity

    def _at(self, start: int, stop: int) -> NDArray[T]:
        view: NDArray[T] = self._room[(*self._all_before, slice(start, stop))]
        return view

    def _drop(self, count: int) -> None:
        self._at(0, self._count - count)[:] = self._at(count, self._count).copy()
        self.first += count
        self._count -= count

    def _grow(self, capacity: int) -> None:
        shape = list(self._room.shape)
        shape[self._axis] = capacity
        grown = np.empty(shape, self._room.dtype)
        grown[(*self._all_before, slice(self._count))] = self._at(0, self._count)
        self._room = grown

"""Clipping without a known range: an axis that comes up a slope and stays at its own largest value."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.grid_points import Status
from dowel.recordings.types import BoolArray, FloatArray
from dowel.sensors.stream.marking import in_a_row

LARGE: Final[FloatArray] = np.repeat([18.6, 0.35], 3)
"""Smaller values, in m/s2 and rad/s, are at no end that matters: no chip ends before 2 g, and a turn of 20 deg/s is
slower than a bend (sources#clipping-without-a-range)."""
REPEATS: Final = 4
"""So many repeats of one value are a plateau (sources#clipping-without-a-range)."""
SLOPE_SHARE: Final = 0.02
"""One of the two steps that led to it was at least this share of it: to a smooth peak lead smaller ones
(sources#clipping-without-a-range)."""
SLOPE_STEPS: Final = 4.0
"""... and so many of the gyroscope's smallest steps (sources#clipping-without-a-range)."""
LARGEST_SHARE: Final = 0.999
"""An int16 stops one count short of its range on one side (sources#clipping-without-a-range)."""
FINE_RAD_S: Final = 0.0012
"""The step of a gyroscope of 2000 deg/s in 16 bits; a finer one need not be known
(sources#clipping-without-a-range)."""
_GYR = 3  # where its axes begin (sources#units-and-layout)


_BACK: Final = REPEATS + 3  # values before those that are looked at (sources#units-and-layout)


class Plateaus:
    """Marks samples at the end of a range that nobody told with ``Status.CLIPPED``, in any chunks with the same result.

    What a gyroscope turned there is not known, so the first sample after it has ``Status.BREAK`` too.
    """

    def __init__(self) -> None:
        self._last: FloatArray = np.zeros((6, _BACK))
        self._largest: FloatArray = LARGE.copy()
        self._step_rad_s = np.inf
        self._clipped = [False] * 6

    @property
    def follows(self) -> bool:
        """Whether an axis is at the end of its range."""
        return any(self._clipped)

    def passed(self, columns: FloatArray) -> None:
        """Samples went by that repeat no large value: ``columns`` (6, 1 + n), with the one before them."""
        self._largest = np.maximum(self._largest, np.abs(columns).max(axis=1))
        self._learn(columns)
        enough = columns.shape[1] > _BACK
        self._last = (columns if enough else np.concatenate([self._last, columns[:, 1:]], axis=1))[:, -_BACK:]

    def look(self, columns: FloatArray, status: NDArray[np.uint8]) -> None:
        """Mark in ``status`` (n,) the samples (6, 1 + n) that follow the first of these ``columns``."""
        values = np.concatenate([self._last, columns[:, 1:]], axis=1)
        same = (values[:, 1:] == values[:, :-1]) & (np.abs(values[:, 1:]) >= LARGE[:, None])
        flat = in_a_row(same, REPEATS)[:, _BACK - REPEATS - 1 :]  # from the sample before the first new one on
        for axis in np.flatnonzero(flat.any(axis=1) | np.array(self._clipped)).tolist():
            self._mark(axis, values, columns, flat[axis], status)
        self.passed(columns)

    def _mark(
        self, axis: int, values: FloatArray, columns: FloatArray, flat: BoolArray, status: NDArray[np.uint8]
    ) -> None:
        """Mark one axis' plateaus; ``flat`` (1 + n,) says where a value has been repeated often enough."""
        for at in sorted({0, *np.flatnonzero(flat[1:] != flat[:-1]).tolist()}):
            if flat[at + 1] and not flat[at]:
                step_rad_s = self._smallest_step(columns[:, : at + 2])
                self._clipped[axis] = self._is_end(axis, values[axis, : _BACK + at + 1], step_rad_s)
            elif self._clipped[axis] and not flat[at + 1]:
                self._clipped[axis] = False
                if axis >= _GYR:
                    status[at] |= np.uint8(Status.BREAK | Status.CLIPPED)
            if self._clipped[axis]:
                ends = np.flatnonzero(~flat[at + 1 :])
                status[at : at + int(ends[0]) if len(ends) else None] |= np.uint8(Status.CLIPPED)

    def _is_end(self, axis: int, values: FloatArray, step_rad_s: float) -> bool:
        """Whether the last of an axis' values (n,) is the end of its range."""
        size = np.abs(values)
        value, largest = float(size[-1]), max(float(self._largest[axis]), float(size.max()))
        slope = float(np.abs(np.diff(values[-_BACK:-REPEATS])).max())
        least = max(SLOPE_SHARE * value, SLOPE_STEPS * step_rad_s if axis >= _GYR else 0.0)
        return value >= LARGEST_SHARE * largest and slope >= least

    def _learn(self, columns: FloatArray) -> None:
        if self._step_rad_s > FINE_RAD_S:
            self._step_rad_s = self._smallest_step(columns)

    def _smallest_step(self, columns: FloatArray) -> float:
        """The gyroscope's smallest step so far, up to and with the last of these columns (6, n)."""
        moved = np.abs(columns[_GYR:, 1:] - columns[_GYR:, :-1])
        return min(self._step_rad_s, float(moved.min(where=moved > 0.0, initial=np.inf)))

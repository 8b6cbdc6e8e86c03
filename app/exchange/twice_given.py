"""One sensor's recording that was given for two places in two exports: rounded, thinned out, resampled, axes renamed.

Copies share their numbers (`same_recording` of :mod:`dowel.exchange.plausibility`), exports share only the movement.
How fast a sensor turns and how hard it is pushed depend on no axes, so both are compared as sizes over time. Two
sensors differ in them by their offsets and by what lies between them, however alike they move.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from dowel.exchange.clocks_by_movement import low_passed
from dowel.recordings.types import FloatArray, SampleRows
from dowel.sensors.stream.replay import TimeLine

SAME_RATE: Final = 0.01
"""Sizes of the rates that differ by less, as a share of them (rms), are of one sensor (sources#twice-given)."""
SAME_FORCE: Final = 0.006
"""The same of the accelerations (sources#twice-given)."""
LEAST_RAD_S: Final = 0.02
"""Of sensors that turn by less (rms) nothing is said: they stand still (sources#twice-given)."""
_HZ: Final = 25.0
_CUTOFF_HZ: Final = 2.0  # what thinning out, rounding and resampling change lies above
_LEAST_S: Final = 2.0  # a recording's least length
_ROUNDS: Final = 4  # each takes a lag of 0.1 s to a tenth and less
_ROWS: Final = 2**16  # so many samples at a time, as an hour's sizes need much room


def same_movement(one: SampleRows, its_line: TimeLine, other: SampleRows, other_line: TimeLine) -> bool:
    """Whether two recordings, whose lines lead to one time, are exports of what one sensor measured."""
    spans_s = [line.at(each.time_s[[0, -1]]) for each, line in ((one, its_line), (other, other_line))]
    grid_s = np.arange(max(span_s[0] for span_s in spans_s), min(span_s[1] for span_s in spans_s), 1.0 / _HZ)
    if len(grid_s) < _LEAST_S * _HZ:
        return False
    turning = _smooth(one, its_line.back(grid_s), "gyr_rad_s")
    if np.sqrt(np.mean(turning**2)) < LEAST_RAD_S:
        return False
    lag_s = 0.0  # that the clocks leave open
    for _ in range(_ROUNDS):
        there = _smooth(other, other_line.back(grid_s + lag_s), "gyr_rad_s")
        changes = np.gradient(there) * _HZ
        lag_s += float(((turning - there) * changes).sum() / max(float((changes**2).sum()), 1e-12))
    there = _smooth(other, other_line.back(grid_s + lag_s), "gyr_rad_s")
    if _apart(turning, there) >= SAME_RATE:
        return False
    pushed = _smooth(one, its_line.back(grid_s), "acc_m_s2")
    return _apart(pushed, _smooth(other, other_line.back(grid_s + lag_s), "acc_m_s2")) < SAME_FORCE


def _smooth(samples: SampleRows, at_s: FloatArray, quantity: Literal["acc_m_s2", "gyr_rad_s"]) -> FloatArray:
    """The size of a quantity at times (n,) of the recording's own, without what is faster than movement."""
    sizes = np.empty(len(samples))
    for start in range(0, len(samples), _ROWS):
        measured: FloatArray = getattr(samples.rows(start, start + _ROWS), quantity)
        sizes[start : start + _ROWS] = np.linalg.norm(measured, axis=1)
    return low_passed(np.interp(at_s, samples.time_s, sizes), _CUTOFF_HZ, _HZ)


def _apart(one: FloatArray, other: FloatArray) -> float:
    """How far two courses differ, as a share of their size (rms)."""
    return float(np.sqrt(np.mean((one - other) ** 2) / np.mean(one**2)))

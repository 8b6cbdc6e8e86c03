"""One sensor's recording that was given for two places in two exports: rounded, thinned out, resampled, axes renamed.

Copies share their numbers (`same_recording` of :mod:`dowel.exchange.plausibility`), exports share only the movement.
How fast a sensor turns and how hard it is pushed depend on no axes, so both are compared as sizes over time. Two
sensors differ in them by their offsets and by what lies between them, however alike they move.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dowel.exchange.clocks_by_movement import low_passed, sizes_of
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


def same_movement(one: SampleRows, its_line: TimeLine, other: SampleRows, other_line: TimeLine) -> bool:
    """Whether two recordings, whose lines lead to one time, are exports of what one sensor measured."""
    spans_s = [line.at(each.time_s[[0, -1]]) for each, line in ((one, its_line), (other, other_line))]
    grid_s = np.arange(max(span_s[0] for span_s in spans_s), min(span_s[1] for span_s in spans_s), 1.0 / _HZ)
    if len(grid_s) < _LEAST_S * _HZ:
        return False
    at_s, there_s = its_line.back(grid_s), other_line.back
    turning = _smooth(one, sizes_of(one, "gyr_rad_s"), at_s)
    if np.sqrt(np.mean(turning**2)) < LEAST_RAD_S:
        return False
    rates = sizes_of(other, "gyr_rad_s")
    lag_s = 0.0  # that the clocks leave open
    for _ in range(_ROUNDS):
        there = _smooth(other, rates, there_s(grid_s + lag_s))
        changes = np.gradient(there) * _HZ
        lag_s += float(((turning - there) * changes).sum() / max(float((changes**2).sum()), 1e-12))
    if _apart(turning, _smooth(other, rates, there_s(grid_s + lag_s))) >= SAME_RATE:
        return False
    pushed = _smooth(one, sizes_of(one, "acc_m_s2"), at_s)
    return _apart(pushed, _smooth(other, sizes_of(other, "acc_m_s2"), there_s(grid_s + lag_s))) < SAME_FORCE


def _smooth(samples: SampleRows, sizes: FloatArray, at_s: FloatArray) -> FloatArray:
    """Sizes of a recording's samples at times (n,) of its own, without what is faster than movement."""
    return low_passed(np.interp(at_s, samples.time_s, sizes), _CUTOFF_HZ, _HZ)


def _apart(one: FloatArray, other: FloatArray) -> float:
    """How far two courses differ, as a share of their size (rms)."""
    return float(np.sqrt(np.mean((one - other) ** 2) / np.mean(one**2)))

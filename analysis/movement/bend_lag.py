"""The lag between the trunk sensors' clocks, as a bend shows it.

Both sensors make the same bend, so their rates of turn fit best where the clocks are right. Upper back and sacrum do
not move as one, though, and what they do not share looks like a lag too: so each lag has an uncertainty that grows with
it (sources#movement-lag).
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np

from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, Sync

# sources#movement-lag
UNLIKE_SHARE: Final = 0.4
COMMON_S: Final = 0.010
LONG_BEND_S: Final = 6.0
LONG_SHARE: Final = 0.007
"""A bend that lasts longer shows no lag that is smaller than this share of what is beyond: its two ways differ more."""

# sources#clocks-by-movement
LEAST_BEND_RAD: Final = 0.2
LEAST_CORRELATION: Final = 0.7
CLEAR: Final = 3.0
LATEST_BENDS: Final = 5
REACH_POINTS: Final = 40


def best_lag(
    fit: FloatArray, pace_rad_s: float, rate_hz: float, least_correlation: float
) -> tuple[float, float] | None:
    """The lag at which two movements correlate best, and its standard deviation, s.

    ``fit`` (2 n + 1): their correlation at lags from -n to n steps; ``pace_rad_s``: how fast the movement changes, its
    rate of change over its size. None where they are not alike, or fit best at the end of what was looked at.
    """
    top = int(fit.argmax())
    if not 0 < top < len(fit) - 1 or fit[top] < least_correlation:
        return None
    unlike_s = math.sqrt(max(1.0 - float(fit[top]) ** 2, 0.0)) / pace_rad_s
    lag_s = (_parabola_peak(fit, top) - (len(fit) - 1) / 2) / rate_hz
    return lag_s, math.hypot(COMMON_S, UNLIKE_SHARE * unlike_s)


def pace_rad_s(rate: FloatArray, rate_hz: float) -> float:
    """How fast a movement changes against its own size; ``rate`` (n, ...) is not all 0."""
    return math.sqrt(float((np.gradient(rate, axis=0) ** 2).sum() / (rate * rate).sum())) * rate_hz


def _parabola_peak(values: FloatArray, index: int) -> float:
    """The top of the parabola through a peak and its two neighbours, as a fractional index.

    SciPy finds peaks (``find_peaks``) but not what lies between the points.
    """
    left, middle, right = values[index - 1 : index + 2]
    bend = left - 2 * middle + right
    return index + 0.5 * float((left - right) / bend) if bend < 0 else float(index)


class LagWatch:
    """Holds what the clocks say of the time between the trunk sensors against the latest bends."""

    def __init__(self) -> None:
        self._lags: deque[tuple[float, float]] = deque(maxlen=LATEST_BENDS)
        self._shown_s = self._common_s = 0.0

    def look(self, upper_back_deg: FloatArray, sacrum_deg: FloatArray) -> None:
        """A bend is over: the leans (n,) from its start to its end."""
        leans = np.deg2rad([upper_back_deg, sacrum_deg])
        if len(leans[0]) < REACH_POINTS or not np.ptp(leans, axis=1).min() >= LEAST_BEND_RAD:  # NaN is not
            return
        upper_back, sacrum = np.gradient(leans, axis=1)
        # a bend begins and ends at rest, so little is lost where one reaches beyond the other; it makes lags smaller
        size = math.sqrt(float((upper_back @ upper_back) * (sacrum @ sacrum)))
        fit = np.correlate(np.pad(sacrum, REACH_POINTS), upper_back, mode="valid") / size
        found = best_lag(fit, pace_rad_s(upper_back, GRID_HZ), GRID_HZ, LEAST_CORRELATION)
        if found is None:
            return
        long_s = max(len(upper_back) / GRID_HZ - LONG_BEND_S, 0.0)
        self._lags.append((found[0], math.hypot(found[1], LONG_SHARE * long_s)))
        lag_s, uncertainty_s = np.array(self._lags).T
        weights = uncertainty_s**-2
        share = weights.sum()
        self._common_s = float((uncertainty_s * weights).sum() / share)  # what bends share does not average out
        self._shown_s = abs(float((lag_s * weights).sum() / share))

    def against(self, claimed: Sync) -> Sync:
        """What is claimed, or what the bends show where that is clearly more."""
        if self._shown_s <= CLEAR * math.hypot(self._common_s, claimed.ms * 1e-3):
            return claimed
        return Sync(1e3 * math.hypot(self._shown_s, self._common_s), "measured")

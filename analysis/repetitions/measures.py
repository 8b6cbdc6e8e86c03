"""What is measured of one rep: phases, speed, smoothness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.contact.limits import HOLD_POINTS, held_peak
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray

PAUSE_DEG_S = 10.0
"""The bottom is where the lean turns slower than this (sources#bottom-of-a-rep)."""
PAUSE_SHARE = 0.2
"""... or, in slow reps, slower than this share of the phase's peak speed, or the whole rep would be a pause
(sources#bottom-of-a-rep)."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Indices into the rep's angle: the bottom lasts from ``bottom_start`` to ``bottom_end``; speeds in deg/s."""

    bottom_start: int
    bottom_end: int
    lowering_peak_deg_s: float
    rising_peak_deg_s: float


def speed(angle_deg: FloatArray) -> FloatArray:
    """Rate of change of an angle on the grid, deg/s: central differences, one-sided at the ends."""
    rate = np.empty(len(angle_deg))  # as numpy.gradient, which takes three times as long on a rep's few hundred points
    np.subtract(angle_deg[2:], angle_deg[:-2], out=rate[1:-1])
    rate[1:-1] *= 0.5
    rate[0], rate[-1] = angle_deg[1] - angle_deg[0], angle_deg[-1] - angle_deg[-2]
    rate *= GRID_HZ
    return rate


def phases(rate_deg_s: FloatArray, peak: int) -> Phases:
    """Lowering, bottom and rising of one rep, from its speed (n,) from start to end and the place of its peak.

    The bottom is the time around the peak in which the angle turns slower than a limit. A second hump that comes
    close to the peak (a pelvis that tucks under at depth) belongs to the bottom.
    """
    down, up = rate_deg_s[: peak + 1], -rate_deg_s[peak:]
    lowering, rising = float(down.max()), float(up.max())
    fast_before = np.flatnonzero(down > min(PAUSE_DEG_S, PAUSE_SHARE * lowering))
    fast_after = np.flatnonzero(up > min(PAUSE_DEG_S, PAUSE_SHARE * rising))
    start = int(fast_before[-1]) + 1 if len(fast_before) else 0
    end = peak + int(fast_after[0]) - 1 if len(fast_after) else len(rate_deg_s) - 1
    return Phases(min(start, peak), max(end, peak), lowering, rising)


@dataclass(frozen=True, slots=True)
class SpectralArcLength:
    """Spectral arc length (SPARC) of a speed profile; nearer to 0 is smoother.

    Data: one phase of a movement, evenly sampled; never across a pause, which would count as jerk. Result: -1.41 for a
    minimum-jerk movement of any duration.

    Parameters
    ----------
    cutoff_hz
        The spectrum is taken up to here at the most,
    level
        and up to where it falls below this share of its largest value.
    padding
        Power of two by which the spectrum is made finer.

    Notes
    -----
    All as in sources#balasubramanian-2015.
    """

    cutoff_hz: float = 10.0
    level: float = 0.05
    padding: int = 4

    def of(self, speed_deg_s: FloatArray, rate_hz: float) -> float:
        """The arc length; NaN for a profile too short or without any movement."""
        if len(speed_deg_s) < 5:
            return float("nan")
        size = 2 ** ((len(speed_deg_s) - 1).bit_length() + self.padding)
        bins = int(self.cutoff_hz * size / rate_hz) + 1
        # numpy's: scipy.fft is as quick, and to load it would add a fifth to the CPU of a report
        # (design#scipy-and-what-is-ours)
        spectrum = np.abs(np.fft.rfft(speed_deg_s, size)[:bins])
        if spectrum[0] <= 0:
            return float("nan")
        spectrum /= spectrum[0]
        last = int(np.flatnonzero(spectrum >= self.level)[-1])
        if not last:
            return float("nan")
        height = spectrum[1 : last + 1] - spectrum[:last]
        return -float(np.sqrt((1.0 / last) ** 2 + height * height).sum())


def signed_peak(values_deg: FloatArray, hold: int = HOLD_POINTS) -> float:
    """The largest value held either way, with its sign; NaN where nothing was held."""
    up, down = held_peak(values_deg, hold), held_peak(-values_deg, hold)
    if np.isnan(up):
        return float("nan")
    return up if up >= down else -down


def without_gaps(angle_deg: FloatArray) -> FloatArray:
    """The angle with missing points filled linearly: for tempo and speed, never for the verdict."""
    known = np.isfinite(angle_deg)
    if known.all():
        return angle_deg
    places = np.arange(len(angle_deg))
    return np.interp(places, places[known], angle_deg[known])


def longest_gap(angle_deg: FloatArray) -> int:
    """How many points are missing in a row at the most."""
    known = np.flatnonzero(np.isfinite(angle_deg))
    edges = np.concatenate([[-1], known, [len(angle_deg)]])
    return int(np.diff(edges).max()) - 1

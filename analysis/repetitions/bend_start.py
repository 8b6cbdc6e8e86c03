"""Where a bend starts: later than its valley, where the angle leaves the stand before it."""

from __future__ import annotations

import numpy as np

from dowel.analysis.repetitions.running_extremes import running_max, running_min
from dowel.recordings.types import FloatArray

STAND_POINTS = 40
"""A stand lasts 0.4 s; before a rep it is what slips are looked for in (sources#slips)."""
STAND_RANGE_DEG = 1.0
"""An angle that stays within this for 0.4 s is a stand; the slowest reps (8 s) soon move faster
(sources#rep-boundaries)."""
STAND_RISE_DEG = 12.0
"""Stands higher above the valley are pauses in a rep; slips of up to 12 deg were looked at (sources#slips)."""


def start_of(bend_valley: int, angle_deg: FloatArray, excursion_deg: float, back_share: float) -> int:
    """Where a bend starts: the last point, from its valley on, within a share of the excursion above the valley.

    ``angle_deg`` runs from the valley to where the bend opened. A stand after the valley takes its place: the valley
    may be of a time before a sensor slipped, or before the person leaned a little and waited.
    """
    above_deg = back_share * excursion_deg
    start = int(np.flatnonzero(angle_deg <= angle_deg[0] + above_deg)[-1])
    later = angle_deg[start:]
    if len(later) > STAND_POINTS:
        low, high = running_min(later, STAND_POINTS), running_max(later, STAND_POINTS)
        stands = np.flatnonzero((high - low <= STAND_RANGE_DEG) & (high <= angle_deg[0] + STAND_RISE_DEG))
        if len(stands):
            start += int(np.flatnonzero(later <= low[stands[-1]] + above_deg)[-1])
    return bend_valley + start

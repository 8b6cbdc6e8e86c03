"""The deviation in all readings of the time between two sensors, where that is known badly (design#verdict)."""

from __future__ import annotations

import math

import numpy as np

from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray

SYNC_SURE_MS = 20.0
"""Up to here a wrong time changes no verdict; above, all readings must give the same (sources#lag-limits)."""


def lag_readings_deg(
    posture: Posture, history: History, start: int, deviation_deg: FloatArray, sync_ms: float
) -> list[FloatArray]:
    """The deviation (n,) from grid point ``start`` on: as measured and, if the clocks may differ by more than is sure,
    as it is if the sacrum's or the upper back's samples are of so much earlier.

    Each is told by what the one sensor showed that much before, so nothing is taken from what comes later.
    """
    upper_back, sacrum, calibration = posture.upper_back, posture.sacrum, posture.calibration
    if sync_ms <= SYNC_SURE_MS or upper_back is None or sacrum is None or calibration is None:
        return [deviation_deg]
    lag = math.ceil(sync_ms * 1e-3 * GRID_HZ)
    first = max(start - lag, history.first)
    lean_deg = history.lean_deg(first, start + len(deviation_deg))
    earlier = np.maximum(np.arange(start - first, lean_deg.shape[1]) - lag, 0)
    now, before = lean_deg[:, start - first :], lean_deg[:, earlier]
    neutral_deg = calibration.neutral.at(now[sacrum]) - calibration.neutral.at(before[sacrum])
    return [
        deviation_deg,
        deviation_deg + (now[sacrum] - before[sacrum]) + neutral_deg,
        deviation_deg - (now[upper_back] - before[upper_back]),
    ]

"""A hold: the zero of a sensor, or why it was not one posture."""

from __future__ import annotations

import numpy as np

from dowel.analysis.calibration.calibration import Refused
from dowel.analysis.calibration.steadiness import is_shaken, sd_of_sum, straight_line
from dowel.analysis.orientation.rotations import normalised
from dowel.recordings.types import FloatArray

ZERO_SD_DEG = 1.0
"""Worse than this a zero is not taken: people stand again within 1 to 2 deg (sources#standing-still)."""
CREEP_DEG = 2.5
"""Who moved on by clearly more than this from the start of a hold to its end did not hold one posture
(sources#standing-still)."""
CLEARLY_SDS = 2.0
"""A creep counts by what of it is beyond two standard deviations (sources#standing-still)."""


def upright(up: FloatArray, acc_m_s2: FloatArray) -> FloatArray | Refused:
    """The zero of one sensor: mean up vector (3,) of a hold (n, 3), or why it is not one.

    ``acc_m_s2`` (n, 3) is the force that it felt.

    Sway and breath go to and fro and leave the mean where it is, so it is the mean's uncertainty that is judged, and
    whether the posture went on in one direction.
    """
    known = np.flatnonzero(np.isfinite(up).all(axis=1))
    if len(known) < max(len(up) // 2, 2):
        return Refused("the sensor sent too little that can be used during the hold; check the sensor and hold again")
    if is_shaken(acc_m_s2[known]):
        return Refused("not still: it was shaken as in walking; stand still and hold again")
    unit = normalised(up[known])
    mean = normalised(unit.mean(axis=0))
    away_deg = np.rad2deg(unit - mean)
    creep, creep_sd = straight_line(known.astype(np.float64), away_deg)
    length = float(known[-1] - known[0])
    creep_deg, creep_sd_deg = length * float(np.linalg.norm(creep)), length * float(np.linalg.norm(creep_sd))
    if creep_deg - CLEARLY_SDS * creep_sd_deg > CREEP_DEG:
        return Refused(f"not one posture: it moved on by {creep_deg:.0f} deg; take the posture, then hold it still")
    sd_deg = float(np.linalg.norm(sd_of_sum(np.full(len(known), 1.0 / len(known)), away_deg)))
    if sd_deg > ZERO_SD_DEG:
        return Refused(f"not still: its zero is known to {sd_deg:.1f} deg only; stand still and hold again")
    return mean

"""The still step: what each gyroscope shows when nobody turns, and why it cannot be told from a step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.calibration.calibration import Refused
from dowel.analysis.calibration.steadiness import is_shaken, straight_line
from dowel.analysis.orientation.rotations import normalised
from dowel.recordings.grid_points import UNUSABLE
from dowel.recordings.types import FloatArray

BIAS_SD_DEG_S = 0.2
"""A bias known worse than this is not taken: the attitude filter leans by 3 s of what is left of it, which is 0.6 deg,
and the hold's zero takes most of that away (sources#standing-still)."""
LARGEST_BIAS_DEG_S = 15.0
"""No chip is off by more than 10 deg/s; what turns faster than this all the time is a person who turns
(sources#standing-still)."""
TURNED_DEG = 8.0
"""Sway and the breath after effort turn the trunk by less from its middle; a step that is turned through farther is no
stand, and the sums below hold for small angles only (sources#standing-still)."""
SHORTEST_S = 2.0
"""A shorter stand gives no bias: sway would pass for it (sources#stance-search)."""
LONGEST_GAP_S = 0.2
"""How far it turned in a longer gap is not known (sources#gap-filling)."""


def standing_bias(
    time_s: FloatArray, acc_m_s2: FloatArray, gyr_rad_s: FloatArray, status: NDArray[np.uint8]
) -> FloatArray | Refused:
    """The bias (3,) of a gyroscope in rad/s, or why it cannot be taken.

    Data: the samples of the step, times (n,), specific force and rate (n, 3), status (n,). Only the longest stretch
    without a gap is used.

    Whoever stands still sways and breathes. So the mean rate is the bias and also what the person had turned by
    between the first sample and the last. Gravity tells the two apart: turned back by the summed rate, the specific
    force would stay where it was if the bias were right, and drifts in a straight line by what is left of it. The line
    shows that in the two directions across the vertical. About the vertical the mean stays as it is, and a sensor that
    stands needs it no better: its lean does not depend on it.
    """
    if not len(time_s):
        return Refused("the sensor sent nothing during the step; check it and repeat the step")
    time_s, acc, gyr = _longest_stretch(time_s, acc_m_s2, gyr_rad_s, status)
    if not len(time_s):
        return Refused("the sensor sent nothing that can be used during the step; check it and repeat the step")
    if time_s[-1] - time_s[0] < SHORTEST_S:
        return Refused(
            f"only {time_s[-1] - time_s[0]:.1f} s without a gap, and {SHORTEST_S:g} are needed; check the sensor, and "
            "stand still for longer"
        )
    mean_rad_s = gyr.mean(axis=0)
    if np.linalg.norm(mean_rad_s) > np.deg2rad(LARGEST_BIAS_DEG_S):
        return Refused(
            f"it turned at {np.rad2deg(np.linalg.norm(mean_rad_s)):.0f} deg/s all the time; stand still and repeat the "
            "step"
        )
    if is_shaken(acc):
        return Refused("not still (it was shaken as in walking); stand still and repeat the step")
    turned_rad = turned_from_middle(time_s, gyr)
    farthest_deg = float(np.rad2deg(np.linalg.norm(turned_rad, axis=1).max()))
    if farthest_deg > TURNED_DEG:
        return Refused(f"not still (it turned by {farthest_deg:.0f} deg); stand still and repeat the step")
    felt = normalised(acc)
    up = normalised(felt.mean(axis=0))
    drift, drift_sd = straight_line(time_s, felt + np.cross(turned_rad, up))
    sd_deg_s = float(np.rad2deg(np.linalg.norm(drift_sd)))
    if sd_deg_s > BIAS_SD_DEG_S:
        return Refused(
            f"not still (its bias is known to {sd_deg_s:.1f} deg/s only, and {BIAS_SD_DEG_S:g} is needed); stand still "
            "and repeat the step"
        )
    bias: FloatArray = mean_rad_s + np.cross(up, drift)
    return bias


def turned_from_middle(time_s: FloatArray, gyr_rad_s: FloatArray) -> FloatArray:
    """How far a sensor was turned from its middle attitude at each sample (n, 3), rad; a constant rate does not count.

    It may be its bias.
    """
    turned = np.cumsum((gyr_rad_s - gyr_rad_s.mean(axis=0)) * np.gradient(time_s)[:, None], axis=0)
    away: FloatArray = turned - turned.mean(axis=0)
    return away


def _longest_stretch(
    time_s: FloatArray, acc: FloatArray, gyr: FloatArray, status: NDArray[np.uint8]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The longest run of good samples without a gap."""
    good = np.flatnonzero((status & UNUSABLE) == 0)
    gaps = np.flatnonzero(np.diff(time_s[good]) > LONGEST_GAP_S)
    longest = max(np.split(good, gaps + 1), key=len)
    return time_s[longest], acc[longest], gyr[longest]

"""Contact: when the rod would have come off, for how long, and by how much.

One hold serves cue and verdict: a limit is passed when the deviation lies above it at so many grid points in a row
(``HOLD_POINTS`` in most drills). A peak in the table is held for the same time, so it is above the limit exactly when
the verdict says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.repetitions.running_extremes import running_min
from dowel.recordings.types import FloatArray

HOLD_POINTS = 10
"""100 ms: as good as 150, for 50 ms less of delay (sources#contact-hold)."""
CLEAR_SHARE = 0.7
"""A lost contact is back below this share of its limit (sources#contact-limits)."""

GAP_SACRUM_MM_PER_DEG = 3.0
"""Lever of a bend spread over the low back, about 0.17 m (sources#rod-gap)."""
GAP_UPPER_BACK_MM_PER_DEG = 1.3  # the rod rocks on it (sources#rod-gap)
GAP_HEAD_MM_PER_DEG = 2.4  # uniform bend of the neck (sources#head-gap)
STANCE_ZERO_SD_DEG = 3.0
"""The stance limits allow for so much: they are those of the rod and 6 deg, two standard deviations
(sources#contact-limits)."""
SPACER_GAP_M = 0.020
"""The rod is plainly off at 20 mm (sources#contact-limits)."""


def sacrum_mm_per_deg(lever_m: float | None) -> float:
    """Gap between rod and sacrum per degree of rounding: by the person's own lever where it is known."""
    return GAP_SACRUM_MM_PER_DEG if lever_m is None else lever_m * 1000.0 * np.pi / 180.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force, in degrees.

    Parameters
    ----------
    basis
        What they rest on: ``rod``, ``rod+spacer``, ``stance``, ``loaded`` or ``pressed``; ``coach``, ``personal`` or
        ``given`` where somebody gave them.
    warn_deg, lost_deg
        Rounding beyond which a rep is warned, and contact is lost.
    arching_warn_deg, arching_lost_deg
        The same for arching, as magnitudes.
    head_warn_deg, head_lost_deg
        The same for the head, either way; they are the same for everybody.
    hold_points
        At so many grid points in a row a value must lie above a limit to have passed it.
    evidence
        What personal limits rest on, in words.
    wider_deg
        By so much the limits of rounding and arching are wider because no rod gave the zero.

    Notes
    -----
    Source: sources#contact-limits.
    """

    basis: str
    warn_deg: float
    lost_deg: float
    arching_warn_deg: float
    arching_lost_deg: float
    head_warn_deg: float = 8.0
    head_lost_deg: float = 12.0
    hold_points: int = HOLD_POINTS
    evidence: str = ""
    wider_deg: float = 0.0


def limits_for(calibration: Calibration | None, load_kg: float) -> Limits:
    """The limits where the rod is held; without a calibration the widest of the unloaded ones.

    All are those of sources#contact-limits and sources#loaded-limits. With a stance calibration a load does not make
    the limits tighter than they are without it (16 and 18 deg against 12 and 14), because it does not make the zero any
    surer.
    """
    unloaded = _unloaded(calibration)
    if load_kg <= 0:
        return unloaded
    range_deg = calibration.range_deg if calibration else None
    warn_deg, lost_deg = (8.0, 12.0) if range_deg is None else (max(8.0, 0.20 * range_deg), max(12.0, 0.30 * range_deg))
    if unloaded.basis != "stance":
        return Limits("loaded", warn_deg, lost_deg, 10.0, 14.0)
    return Limits(
        "loaded",
        max(warn_deg, unloaded.warn_deg),
        max(lost_deg, unloaded.lost_deg),
        unloaded.arching_warn_deg,
        unloaded.arching_lost_deg,
        wider_deg=unloaded.wider_deg,
    )


def _unloaded(calibration: Calibration | None) -> Limits:
    """Without a load: sources#contact-limits."""
    if calibration is None or calibration.basis == "stance":
        zero_sd_deg = max(calibration.zero_sd_deg if calibration else 0.0, STANCE_ZERO_SD_DEG)
        wider_deg = 2.0 * zero_sd_deg
        return Limits(
            "stance", 4.0 + wider_deg, 10.0 + wider_deg, 6.0 + wider_deg, 12.0 + wider_deg, wider_deg=wider_deg
        )
    if calibration.lever_m is not None:
        lost_deg = float(np.clip(np.rad2deg(SPACER_GAP_M / calibration.lever_m), 8.0, 12.0))
        lost_deg = min(max(lost_deg, 3.0 * calibration.sigma_rod_deg), 12.0)
        return Limits("rod+spacer", 0.6 * lost_deg, lost_deg, 0.6 * (lost_deg + 2.0), lost_deg + 2.0)
    return Limits("rod", 6.0, 10.0, 8.0, 12.0)


@dataclass(frozen=True, slots=True)
class FloorLimits(Limits):
    """The limits of somebody who lies: arching lifts the low back off the floor; pressing harder is no fault.

    Parameters
    ----------
    basis, warn_deg, lost_deg, arching_warn_deg, arching_lost_deg
        As in :class:`Limits`.
    head_warn_deg, head_lost_deg, hold_points, evidence, wider_deg
        As in :class:`Limits`.
    bent_warn_deg, bent_lost_deg
        Angle between pelvis and sternum, either way.
    roll_warn_deg, roll_lost_deg
        Roll of the pelvis, either way.

    Notes
    -----
    Source: sources#floor-limits.
    """

    bent_warn_deg: float = 6.0
    bent_lost_deg: float = 10.0
    roll_warn_deg: float = 5.0
    roll_lost_deg: float = 8.0


FLOOR_RANGE_SHARE = 0.75  # of pressed to relaxed: beyond, the back is as good as let go (sources#floor-limits)
FLOOR_LOST_DEG = (5.0, 9.0)
"""Smallest and largest limit (sources#floor-limits)."""
FLOOR_UNKNOWN_DEG = 7.0  # without a range (sources#floor-limits)
FLOOR_WARN_SHARE = 0.6
"""As with the rod (sources#floor-limits)."""


def floor_limits_for(calibration: Calibration | None, _load_kg: float) -> FloorLimits:
    """The limits of the dead bug, by the person's range from pressed to relaxed."""
    range_deg = calibration.range_deg if calibration else None
    lost_deg = FLOOR_UNKNOWN_DEG
    if range_deg is not None:
        lost_deg = float(np.clip(FLOOR_RANGE_SHARE * range_deg, *FLOOR_LOST_DEG))
    nothing = float("inf")
    return FloorLimits("pressed", nothing, nothing, FLOOR_WARN_SHARE * lost_deg, lost_deg, nothing, nothing)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One time that a limit was passed and held; all are indices.

    Parameters
    ----------
    first
        The first point above the limit.
    known
        The point at which it had been held.
    cleared
        The point at which it was over.
    """

    first: int
    known: int
    cleared: int


def crossings(values_deg: FloatArray, limit_deg: float, hold: int = HOLD_POINTS) -> list[Crossing]:
    """When values (n,) were above a limit for ``hold`` points in a row; NaN is below every limit.

    Points are indices into the values. A crossing lasts until a value falls below ``CLEAR_SHARE`` of the limit; SciPy
    finds stretches above one limit (``ndimage.label``), but knows no second one.
    """
    above = np.concatenate([[False], values_deg > limit_deg, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    found: list[Crossing] = []
    for first, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stop - first < hold or (found and first < found[-1].cleared):
            continue
        below = np.flatnonzero(~(values_deg[stop:] >= CLEAR_SHARE * limit_deg))
        cleared = stop + int(below[0]) if len(below) else len(values_deg)
        found.append(Crossing(first, first + hold - 1, cleared))
    return found


def held_peak(values_deg: FloatArray, hold: int = HOLD_POINTS) -> float:
    """The largest value that was held for ``hold`` points in a row; NaN where there is no such stretch."""
    held = running_min(values_deg, hold)
    return float(np.fmax.reduce(held)) if len(held) else float("nan")

"""Hinge or squat: from the trunk alone, better with a thigh, and with thigh and shank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.movement.hip_path import UNKNOWN, Moved, combined

DEFAULT_HEIGHT_M = 1.70  # sources#default-height

THIGH_LENGTH = 0.245
"""Share of the height (sources#winter-2009)."""
SHANK_LENGTH = 0.246
"""Share of the height (sources#winter-2009)."""
SEGMENT_SD_DEG = 2.0
"""How well a segment's lean is known, with its skin (sources#segments-and-skin)."""
LENGTH_SD_SHARE = 0.05
"""People of one height differ so much in the length of their legs (a judgement: sources#segments-and-skin)."""
SHANK_PER_THIGH = 1 / 3
"""Without a shank sensor: the shank leans forward by about a third of what the thigh leans back (from deadlift to
squat), a hinge's by nothing. What that adds to the drop is taken for its sd too (sources#segments-and-skin)."""
SHANK_FORWARD_DEG = 8.0
"""A shank that tilts farther tilts forward: nobody's leans back so far (-5 to 32 deg in sources#model-postures). Which
way a smaller tilt goes is not known, because a hinge does not show where a shank's forward is
(sources#segments-and-skin)."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """What is known of a bend's bottom: leans in deg, ways of the hips; NaN for what no sensor saw.

    ``thigh_deg`` is how far the thigh leans back, ``shank_deg`` how far the shank tilts.
    """

    trunk_deg: float
    sacrum_deg: float
    drop: Moved = UNKNOWN
    thigh_deg: float = float("nan")
    shank_deg: float = float("nan")


@dataclass(frozen=True, slots=True)
class MovementRule:
    """Tells hinge, squat, between (a lift from the floor), spine (the hips hardly took part) and unsure apart.

    Parameters
    ----------
    hinge_lean_deg
        From the trunk, a hinge leans at least so far,
    hinge_hip_share
        its hips carry at least this share of the lean,
    spine_hip_share
        With at most this share (and its margin) it is a bend of the spine,
    spine_deg
        where the upper back leans by so much more than the sacrum (sources#bend-of-the-spine).
    hinge_drop_share
        In both they drop at most by this share of the height,
    hinge_deg_per_pct
        and it leans at least so far for each percent of the height that they drop (5 deg/cm at 1.75 m).
    squat_drop_share
        A squat drops by this share of the height at least,
    squat_deg_per_pct
        and leans at most so far for each percent (2 deg/cm, half-way from 1.5 to 2.5).
    between_lean_deg
        What lies between the two with a lean in this range is ``between``.
    margin_sd
        A drop nearer to a limit than so many of its standard deviations decides nothing (sources#movements).
    hinge_thigh_deg, squat_thigh_deg
        With a thigh sensor: its largest lean back in a hinge, its least in a squat,
    hinge_per_thigh, squat_per_thigh
        and the trunk's lean for each degree of it, at least in a hinge, at most in a squat.
    hinge_knee_deg, squat_knee_deg
        With a shank sensor too: the knee, which is the sum of both, largest in a hinge, least in a squat. Where they
        disagree it is ``unsure``.

    Notes
    -----
    All limits are judgements (sources#hinge-or-squat-limits), in shares of the height where they are lengths there.

    It differs from the source in three ways. The hips must carry their share of a hinge's lean: a bend done wholly with
    the spine does not drop either, but it is no hinge (sources#bend-seen-from-the-pelvis: a rounding of 35 deg, far
    beyond every limit, still leaves the hips half of the lean). A hinge with shanks up to 10 deg forward lets the thigh
    lean back by 44 deg (39 at 5 deg). The lean of 45 to 65 deg of a floor lift is that of the hips; an upper back that
    rounds leans up to 75.
    """

    hinge_lean_deg: float = 50.0
    hinge_hip_share: float = 0.5
    spine_hip_share: float = 1 / 3
    spine_deg: float = 30.0
    hinge_drop_share: float = 0.10
    hinge_deg_per_pct: float = 8.75
    squat_drop_share: float = 0.16
    squat_deg_per_pct: float = 3.5
    between_lean_deg: tuple[float, float] = (45.0, 75.0)
    margin_sd: float = 1.0
    hinge_thigh_deg: float = 44.0
    squat_thigh_deg: float = 60.0
    hinge_per_thigh: float = 1.5
    squat_per_thigh: float = 0.9
    hinge_knee_deg: float = 45.0
    squat_knee_deg: float = 80.0

    def of(self, lowered: Lowered, height_m: float) -> str:
        """The movement of one bend."""
        if np.isfinite(lowered.thigh_deg) and np.isfinite(lowered.trunk_deg):
            return self._from_legs(lowered)
        return self._from_trunk(lowered, height_m)

    def _from_trunk(self, lowered: Lowered, height_m: float) -> str:
        drop, margin_m = lowered.drop, self.margin_sd * lowered.drop.sd_m
        if not drop.known:
            return "unsure"
        lean_deg = lowered.trunk_deg if np.isfinite(lowered.trunk_deg) else lowered.sacrum_deg
        squat_m = max(self.squat_drop_share, 0.01 * lean_deg / self.squat_deg_per_pct) * height_m
        if drop.way_m - margin_m >= squat_m:
            return "squat"
        if not np.isfinite(lowered.trunk_deg):
            return "unsure"  # the sacrum alone cannot tell a hinge from a bend of the spine
        hinge_m = min(self.hinge_drop_share, 0.01 * lean_deg / self.hinge_deg_per_pct) * height_m
        if drop.way_m + margin_m <= hinge_m:
            return self._hinge(lowered)
        low, high = self.between_lean_deg
        if low <= lean_deg <= high and hinge_m <= drop.way_m - margin_m and drop.way_m + margin_m <= squat_m:
            return "between"
        return "unsure"

    def _from_legs(self, lowered: Lowered) -> str:
        thigh_deg = max(lowered.thigh_deg, 1.0)
        per_thigh = lowered.trunk_deg / thigh_deg
        knee_deg = lowered.thigh_deg + lowered.shank_deg
        if thigh_deg <= self.hinge_thigh_deg and per_thigh >= self.hinge_per_thigh:
            return self._hinge(lowered) if not knee_deg > self.hinge_knee_deg else "unsure"
        if thigh_deg >= self.squat_thigh_deg and per_thigh <= self.squat_per_thigh:
            return "squat" if not knee_deg < self.squat_knee_deg else "unsure"
        low, high = self.between_lean_deg
        if low <= lowered.trunk_deg <= high and self.squat_per_thigh < per_thigh < self.hinge_per_thigh:
            return "between" if not (knee_deg < self.hinge_knee_deg or knee_deg > self.squat_knee_deg) else "unsure"
        return "unsure"

    def _hinge(self, lowered: Lowered) -> str:
        """The hips hardly went down: a hinge if it is deep enough and they carry it, or a bend of the spine."""
        trunk_deg, sacrum_deg = lowered.trunk_deg, lowered.sacrum_deg
        margin_deg = self.margin_sd * SEGMENT_SD_DEG
        if sacrum_deg + margin_deg <= self.spine_hip_share * trunk_deg and trunk_deg - sacrum_deg >= self.spine_deg:
            return "spine"
        carried = sacrum_deg >= self.hinge_hip_share * trunk_deg
        return "hinge" if carried and trunk_deg >= self.hinge_lean_deg else "unsure"


def drop_from_legs(thigh_deg: float, shank_deg: float, height_m: float) -> Moved:
    """How far thigh and shank let the hips down; the shank guessed where it is NaN (``SHANK_PER_THIGH``)."""
    if not np.isfinite(thigh_deg):
        return UNKNOWN
    thigh, error = np.deg2rad(thigh_deg), np.deg2rad(SEGMENT_SD_DEG)
    of_thigh_m = THIGH_LENGTH * height_m * (1.0 - np.cos(thigh))
    guessed = not np.isfinite(shank_deg)
    shank = np.deg2rad(SHANK_PER_THIGH * max(thigh_deg, 0.0) if guessed else shank_deg)
    of_shank_m = SHANK_LENGTH * height_m * (1.0 - np.cos(shank))
    sds_m = [
        THIGH_LENGTH * height_m * np.sin(thigh) * error,
        of_shank_m if guessed else SHANK_LENGTH * height_m * np.sin(shank) * error,
        LENGTH_SD_SHARE * (of_thigh_m + of_shank_m),
        0.005,  # what segments that hardly lean leave unknown (sources#segments-and-skin)
    ]
    return Moved(float(of_thigh_m + of_shank_m), float(np.sqrt(sum(sd_m**2 for sd_m in sds_m))))


def travel_from_legs(thigh_deg: float, shank_deg: float, height_m: float) -> Moved:
    """How far thigh and shank take the hips back (sources#balance); unknown without a shank sensor."""
    if not (np.isfinite(thigh_deg) and np.isfinite(shank_deg)):
        return UNKNOWN
    thigh, shank, error = np.deg2rad([thigh_deg, shank_deg, SEGMENT_SD_DEG])
    of_shank_m = SHANK_LENGTH * height_m * np.sin(shank)
    forward = shank_deg > SHANK_FORWARD_DEG
    way_m = THIGH_LENGTH * height_m * np.sin(thigh) - (of_shank_m if forward else 0.0)
    sds_m = [
        THIGH_LENGTH * height_m * np.cos(thigh) * error,
        SHANK_LENGTH * height_m * np.cos(shank) * error
        if forward
        else max(of_shank_m, SHANK_LENGTH * height_m * error),
        LENGTH_SD_SHARE * way_m,
    ]
    return Moved(float(max(way_m, 0.0)), float(np.sqrt(sum(sd_m**2 for sd_m in sds_m))))


def hips_of(ways: tuple[Moved, Moved], thigh_deg: float, shank_deg: float, height_m: float) -> tuple[Moved, Moved]:
    """Hip drop and hip travel from all that is known: the sacrum's own ways, and those of the legs."""
    drop = combined([ways[0], drop_from_legs(thigh_deg, shank_deg, height_m)])
    return drop, combined([ways[1], travel_from_legs(thigh_deg, shank_deg, height_m)])

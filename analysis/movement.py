"""Hinge or squat, from two trunk sensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray

DEFAULT_HEIGHT_M = 1.70  # DESIGN 6.6


@dataclass(frozen=True, slots=True)
class MovementFromTrunk:
    """Tells hinge, squat, between and unsure apart by trunk lean and the drop of the sacrum.

    Data: vertical acceleration of the sacrum on the grid from stand to stand, trunk and sacrum lean at their largest,
    height of the person. Limits in shares of the height from biomechanics 7.2 (a): a hinge leans at least 50 deg and
    drops at most 0.10, a squat drops at least 0.16; what drops in between with the lean of a floor deadlift (45-65
    deg) is ``between``. Everything else is ``unsure``. Double integration between two stands with the drift taken out
    is good for about 3-6 cm (there); a thigh sensor would tell more.

    Differs from the source in asking that the hips carry at least ``hinge_hip_share`` of a hinge's lean: a bend done
    wholly with the spine does not drop either, but it is no hinge (lumbar shares in biomechanics 6: a rounding of 35
    deg, far beyond every limit, still leaves the hips half of the lean).
    """

    hinge_lean_deg: float = 50.0
    hinge_hip_share: float = 0.5
    hinge_drop_share: float = 0.10
    squat_drop_share: float = 0.16
    between_lean_deg: tuple[float, float] = (45.0, 65.0)

    def of(self, vertical_m_s2: FloatArray, trunk_lean_deg: float, sacrum_lean_deg: float, height_m: float) -> str:
        """The movement of one rep; ``unsure`` where the acceleration has gaps."""
        drop = hip_drop_m(vertical_m_s2)
        if not np.isfinite(drop):
            return "unsure"
        share = drop / height_m
        if share >= self.squat_drop_share:
            return "squat"
        if trunk_lean_deg >= self.hinge_lean_deg and share <= self.hinge_drop_share:
            return "hinge" if sacrum_lean_deg >= self.hinge_hip_share * trunk_lean_deg else "unsure"
        low, high = self.between_lean_deg
        if low <= trunk_lean_deg <= high and share > self.hinge_drop_share:
            return "between"
        return "unsure"


def hip_drop_m(vertical_m_s2: FloatArray) -> float:
    """How far the sacrum went down between two stands: double integral with drift of speed and place taken out."""
    velocity = np.cumsum(vertical_m_s2) / GRID_HZ
    velocity -= np.linspace(0.0, velocity[-1], len(velocity))
    place = np.cumsum(velocity) / GRID_HZ
    place -= np.linspace(0.0, place[-1], len(place))
    return float(max(-place.min(), 0.0))

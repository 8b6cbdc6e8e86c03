"""What the bends of a calibration say about themselves, and about the hold before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.calibration.calibration import NEUTRAL_SLOPE, SIGMA_ROD_DEG, NeutralCurve, Refused
from dowel.analysis.calibration.steadiness import stretches
from dowel.analysis.median import quantile
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import BoolArray, FloatArray

LEAST_DEPTH_DEG = 25.0
"""A hinge with less lean of the sacrum shows neither the forward axis nor the curve well; the drill goes to 50 and more
(sources#hinge-evidence)."""
DEEP_SHARE = 0.5
"""The part of a hinge beyond this share of the deepest, in which the back is compared between hinges
(sources#hinge-evidence)."""
SHORTEST_HINGE_POINTS = GRID_HZ // 2
"""A slow hinge stays longer than that where it is deep (sources#hinge-evidence)."""
STANDING_WITHIN_DEG = 5.0
"""Within this of where the trunk is most upright a person stands between the bends (sources#hinge-evidence)."""
HINGES_APART_DEG = 4.0
"""The back bends by the same in each hinge as long as the rod is on (sources#hinge-evidence)."""
LATE_BEND_DEG = 3.0
"""How far the neutral curve may sag below the straight line to its end: a back gives way late in the hinge, skin and a
person's own rhythm go along with it from the start (sources#hinge-evidence)."""
LEANED_DEG = 8.0
"""Who stands so much farther back between the bends leaned forward in the hold (sources#hinge-evidence)."""


@dataclass(frozen=True, slots=True)
class Tilts:
    """Forward and side tilt from the hold of sacrum and upper back, over the points of the bends, deg (n,)."""

    sacrum_deg: FloatArray
    upper_back_deg: FloatArray
    sacrum_side_deg: FloatArray
    upper_back_side_deg: FloatArray

    def standing(self) -> BoolArray:
        """The points (n,) between the bends."""
        angle = np.fmax(self.sacrum_deg, self.upper_back_deg)
        upright_deg = quantile(angle, 0.1)  # more than a tenth of the time lies between slow bends
        standing: BoolArray = angle <= upright_deg + STANDING_WITHIN_DEG
        return standing


def hold_fault(tilts: Tilts, apart_limit_deg: float) -> Refused | None:
    """Why the hold cannot have been the posture from which these bends were done, or None.

    Between the bends a person stands as in the hold, on the mean over breaths and sway. A sensor that was moved since,
    or a back that was held otherwise, stands apart from there.
    """
    standing = tilts.standing()
    forward_deg = _mean(tilts.upper_back_deg - tilts.sacrum_deg, standing)
    side_deg = _mean(tilts.upper_back_side_deg - tilts.sacrum_side_deg, standing)
    apart_deg = float(np.hypot(forward_deg, side_deg))
    if apart_deg > apart_limit_deg:
        return Refused(
            f"between the bends upper back and sacrum stand {apart_deg:.0f} deg apart from the hold: a sensor moved, "
            "or the back was held differently; check both sensors, then hold and bend again",
            step_before=True,
        )
    lean_deg = 0.5 * (_mean(tilts.sacrum_deg, standing) + _mean(tilts.upper_back_deg, standing))
    if lean_deg < -LEANED_DEG:
        return Refused(
            f"in the hold the body leaned {-lean_deg:.0f} deg farther forward than between the bends; stand tall, then "
            "hold and bend again",
            step_before=True,
        )
    return None


def hinge_fault(
    sacrum_deg: FloatArray, difference_deg: FloatArray, curve: NeutralCurve, sigma_deg: float
) -> Refused | None:
    """Why these rod hinges cannot be used, or None.

    ``difference_deg`` (n,) is the flexion of the spine at ``sacrum_deg`` (n,), ``curve`` what they gave, and
    ``sigma_deg`` the scatter about it.
    """
    deep = _runs(sacrum_deg > max(LEAST_DEPTH_DEG, DEEP_SHARE * curve.deepest_deg))
    if len(deep) < 3:
        return Refused(
            f"the sacrum leaned by {LEAST_DEPTH_DEG:g} deg, and half as far as at most, in {len(deep)} of 3 hinges; "
            "hinge at the hips three times, slowly and equally deep"
        )
    scatter_deg = difference_deg - curve.at(sacrum_deg)
    of_hinge = [float(np.nanmean(scatter_deg[hinge])) for hinge in deep if np.isfinite(scatter_deg[hinge]).any()]
    if len(of_hinge) < len(deep):
        return Refused("a hinge could not be judged by the sensors at its depth; see to them and hinge again")
    apart_deg = max(of_hinge) - min(of_hinge)
    if apart_deg > HINGES_APART_DEG:
        return Refused(
            f"the back was bent differently from hinge to hinge, by {apart_deg:.0f} deg; keep the rod on all three "
            "points in each of them and hinge again"
        )
    if sigma_deg > SIGMA_ROD_DEG:
        return Refused(
            f"the deviation scatters by {sigma_deg:.1f} deg (at most {SIGMA_ROD_DEG:g}); keep the rod on all three "
            "points and hinge again"
        )
    at_depth_deg, half_way_deg = curve.at(curve.deepest_deg * np.array([1.0, 0.5])).tolist()
    if abs(at_depth_deg) > NEUTRAL_SLOPE * curve.deepest_deg:
        return Refused(
            f"the back bends by {abs(at_depth_deg):.0f} deg at a hinge of {curve.deepest_deg:.0f}; either the rod came "
            "off or a sensor slid: check both and hinge again"
        )
    late_deg = abs(0.5 * at_depth_deg - half_way_deg)
    if late_deg > LATE_BEND_DEG:
        return Refused(
            "the back gave way in the lower half of the hinges, as without the rod; hinge again, only as deep as the "
            "rod stays on all three points"
        )
    return None


def _mean(values: FloatArray, where: BoolArray) -> float:
    known = values[where & np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0


def _runs(where: BoolArray) -> list[slice]:
    """The runs of true points that last."""
    return [slice(start, stop) for start, stop in stretches(where).tolist() if stop - start >= SHORTEST_HINGE_POINTS]

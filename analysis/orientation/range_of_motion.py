"""Two sensors on a body: how far their segments can turn against each other, and how far they have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.orientation.rotations import lean_deg
from dowel.recordings.types import BoolArray, FloatArray, IntArray, Placement

MOSTLY = float(np.sqrt(0.5))
"""More in the plane of bending than out of it: half a right angle between the two (sources#units-and-layout)."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one segment can turn against the one that carries it, from the calibrated posture.

    Parameters
    ----------
    part, carrier
        The two segments.
    rounding_deg, arching_deg, aside_deg
        Forward, backward, and to the side or by twisting: beyond, one of the two sensors is not on the body.
    """

    part: Placement
    carrier: Placement
    rounding_deg: float
    arching_deg: float
    aside_deg: float


# sources#reach-of-a-trunk and sources#reach-of-neck-and-hip; of the thighs forward means that the hip bends
TRUNKS = (
    Reach(Placement.UPPER_BACK, Placement.SACRUM, 95.0, 65.0, 65.0),
    Reach(Placement.STERNUM, Placement.PELVIS_FRONT, 95.0, 65.0, 65.0),
)
LIMBS = (
    Reach(Placement.HEAD, Placement.UPPER_BACK, 100.0, 110.0, 110.0),
    Reach(Placement.THIGH_LEFT, Placement.SACRUM, 60.0, 165.0, 90.0),
    Reach(Placement.THIGH_RIGHT, Placement.SACRUM, 60.0, 165.0, 90.0),
)


@dataclass(slots=True)
class Pair:
    """Two sensors, where they are, and for how many points they have stood beyond reach."""

    reach: Reach
    part: int
    carrier: int
    part_frame: FloatArray
    carrier_frame: FloatArray
    run: int = 0
    seen: BoolArray | None = None
    far: Far | None = None
    stood: Stood | None = None

    def cosine(self, part: FloatArray, carrier: FloatArray) -> FloatArray:
        """Cosine of the angle between their up vectors (n, 3) in segment axes (n,): ``part^T (P^T C) carrier``.

        Summed by hand: a matrix product's last digit depends on how many points come at once.
        """
        m = (self.part_frame.T @ self.carrier_frame).tolist()
        x, y, z = carrier[:, 0], carrier[:, 1], carrier[:, 2]
        cosine: FloatArray = part[:, 0] * (m[0][0] * x + m[0][1] * y + m[0][2] * z)
        cosine += part[:, 1] * (m[1][0] * x + m[1][1] * y + m[1][2] * z)
        cosine += part[:, 2] * (m[2][0] * x + m[2][1] * y + m[2][2] * z)
        return cosine

    def is_far(self, point: int) -> bool:
        """Whether the two are far apart at a point of the span that was looked at last."""
        return self.far is not None and len(self.far.places) > 0 and point - self.far.span[0] in self.far.places

    def advance(self, first: int, stop: int) -> None:
        """The points up to before ``stop`` are done."""
        if self.seen is None:
            self.run = 0
            return
        seen = self.seen[: stop - first]
        within = np.flatnonzero(~seen)
        self.run = len(seen) - 1 - int(within[-1]) if len(within) else self.run + len(seen)


@dataclass(slots=True)
class Stood:
    """A stand in which one sensor stood far from upright: when, which of the two stood upright, the other's up vector.

    ``lowest`` is the cosine of how far the upright one has bent since.
    """

    point: int
    upright: int
    loose: FloatArray
    lowest: float


@dataclass(frozen=True, slots=True)
class Far:
    """Where two sensors are far apart: ``places`` (k,) in a span of points, and the angle between them.

    ``along`` is the share of it that is rounding; it goes from 1, all rounding, over 0, to the side, to -1, arching.
    Then the leans of the two.
    """

    span: tuple[int, int]
    places: IntArray
    angle_deg: FloatArray
    along: FloatArray
    part_deg: FloatArray
    carrier_deg: FloatArray

    def limit_deg(self, rounding_deg: float, arching_deg: float, aside_deg: float) -> FloatArray:
        """The limit that holds where they are apart, by the way in which they are (k,)."""
        inside = np.where(self.along < -MOSTLY, arching_deg, aside_deg)
        limit: FloatArray = np.where(self.along > MOSTLY, rounding_deg, inside)
        return limit


def turned_cosine(values: FloatArray, lag: int) -> FloatArray:
    """How far a sensor's attitude (n, columns) has turned within each ``lag`` points: cosine of the half (n - lag,)."""
    w, x, y, z = values[:, :4].T
    cosine = w[lag:] * w[:-lag] + x[lag:] * x[:-lag] + y[lag:] * y[:-lag] + z[lag:] * z[:-lag]
    half: FloatArray = np.minimum(np.abs(cosine), 1.0)
    return half


def in_segment(frame: FloatArray, up: FloatArray) -> FloatArray:
    """Up vectors (n, 3) in the axes of a segment."""
    turned: FloatArray = (up[:, None, :] * frame).sum(axis=2)
    return turned


def odd_deg(up: FloatArray) -> float:
    """How far attitudes (n, 3) go beyond what the ends of a trunk do in drills (sources#coming-off)."""
    leans_deg = lean_deg(up[:, 0], up[:, 2])
    aside_deg = np.rad2deg(np.arcsin(np.clip(np.abs(up[:, 1]), 0.0, 1.0)))
    odd: FloatArray = np.fmax.reduce([-25.0 - leans_deg, leans_deg - 110.0, aside_deg - 40.0])
    return max(0.0, float(np.fmax.reduce(odd, initial=0.0)))

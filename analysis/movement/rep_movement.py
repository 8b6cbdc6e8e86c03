"""The movement of one bend: what the hips and legs did, and what to call it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.median import median
from dowel.analysis.movement.classify import Lowered, MovementRule, hips_of
from dowel.analysis.movement.hip_path import UNKNOWN, Bias, HipPath, Moved
from dowel.analysis.orientation.posture import Posture, trusted
from dowel.analysis.parameters import in_force
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.measures import speed, without_gaps
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray

STAND_DEG_S = 3.0
"""Slower than this the person stands or turns at the top; a bend that is under way is faster (measured on bends of 1 to
8 s, whose start, at 5 % of the excursion, passes at 5 deg/s and more; sources#movements)."""
STAND_WITHIN_POINTS = GRID_HZ  # one second: a bend of 8 s needs 0.8 s from there to its start
KNEES_BENT_SHANK_DEG = 10.0  # sources#knees-bent


@dataclass(frozen=True, slots=True)
class Movement:
    """What a bend was, the ways of its hips, and whether the knees bent more than a hinge needs.

    ``came_back``: nothing shows that the hips ended at another height, as those of somebody who sits down.
    """

    name: str
    drop: Moved
    travel: Moved
    knees_bent: bool = False
    came_back: bool = True


class RepMovement:
    """Finds the :class:`Movement` of a bend; ``posture`` and ``history`` as the pipeline keeps them."""

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._path = in_force(HipPath)
        self._bias: Bias | None = None
        self._rule = in_force(MovementRule)

    def of(
        self, start: int, stop: int, bottom: slice, trunk_deg: float, sacrum_deg: float, height_m: float
    ) -> Movement:
        """The bend between two grid points.

        ``bottom`` are the points of its bottom, counted from ``start``; the leans are the largest of the bend.
        """
        if self._posture.sacrum is None:
            return Movement("", UNKNOWN, UNKNOWN)
        thigh_deg, shank_deg = self._legs(start, stop, bottom)
        ways = self._ways(start, stop, height_m)
        drop, travel = hips_of(ways, thigh_deg, shank_deg, height_m)
        name = self._rule.of(Lowered(trunk_deg, sacrum_deg, drop, thigh_deg, shank_deg), height_m)
        knees_bent = shank_deg > KNEES_BENT_SHANK_DEG or thigh_deg + shank_deg > self._rule.hinge_knee_deg
        return Movement(name, drop, travel, bool(knees_bent), ways[0].came_back)

    def _ways(self, start: int, stop: int, height_m: float) -> tuple[Moved, Moved]:
        """What the sacrum's sensor tells of the hips, from the stand before the bend on."""
        posture, history = self._posture, self._history
        sacrum = posture.sacrum
        assert sacrum is not None
        first = max(start - STAND_WITHIN_POINTS, history.first)
        values = history.values(first, stop)
        lean = posture.leans_deg(history.up(first, stop))
        angle = posture.angle_deg(lean)
        if posture.came_off[sacrum] or not np.isfinite(angle).any() or (history.status(first, stop)[sacrum] != 0).any():
            return UNKNOWN, UNKNOWN
        begin = _stand_before(without_gaps(angle), start - first)
        if self._bias is None:
            self._bias = self._path.stood(values[sacrum, : begin + 1, 4:])
        of_sacrum = values[sacrum, begin:]
        left = posture.frames[sacrum, 1] if posture.directed[sacrum] else np.full(3, np.nan)
        drop, travel, self._bias = self._path.of(
            of_sacrum[:, :4], of_sacrum[:, 4:], left, angle[begin:], lean[sacrum, begin:], height_m, self._bias
        )
        return drop, travel

    def _legs(self, start: int, stop: int, bottom: slice) -> tuple[float, float]:
        """How far the thighs lean back and the shank tilts at the bottom; NaN without a sensor that can tell."""
        posture = self._posture
        if posture.calibration is None:
            return float("nan"), float("nan")
        lean, status = self._history.lean_deg(start, stop), self._history.status(start, stop)

        def at_bottom(sensor: int) -> float:
            return _middle(trusted(lean[sensor], status[sensor])[bottom])

        thighs = [-at_bottom(sensor) if posture.directed[sensor] else at_bottom(sensor) for sensor in posture.thighs]
        known = [thigh_deg for thigh_deg in thighs if np.isfinite(thigh_deg)]
        shank_deg = abs(at_bottom(posture.shank)) if posture.shank is not None else float("nan")
        return (sum(known) / len(known) if known else float("nan")), shank_deg


def _middle(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(median(known)) if len(known) else float("nan")


def _stand_before(angle_deg: FloatArray, start: int) -> int:
    """The last point up to ``start`` at which the person stood, or the lowest where there was none."""
    before = angle_deg[: start + 2]
    if len(before) > 2:
        slow = np.flatnonzero(np.abs(speed(before)[: start + 1]) < STAND_DEG_S)
        if len(slow):
            return int(slow[-1])
    return int(np.argmin(before))

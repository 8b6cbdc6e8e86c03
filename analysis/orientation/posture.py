"""From attitudes to leans and deviation, with the calibration in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.verdict import INVALID_POINTS, OF_STATUS, Fault
from dowel.analysis.orientation.relative_rotation import Joint, bent_sideways, flexion_deg
from dowel.analysis.orientation.rotations import between, lean_deg, normalised
from dowel.recordings.grid_points import Status
from dowel.recordings.types import BoolArray, FloatArray, IntArray, Placement

NO_FRAME = np.full((3, 3), np.nan)  # rows forward, left, up: not known yet (sources#units-and-layout)


@dataclass(frozen=True, slots=True)
class Spine:
    """The upper back against the sacrum: its flexion (n,), NaN where a sensor cannot be trusted, where it bends or
    turns to the side by more than flexion can be told beside (n,), and the faults (n,) by which the heading between the
    two was lost in the bend under way."""

    flexion_deg: FloatArray
    sideways: BoolArray
    lost: IntArray


class Posture:
    """Holds each sensor's segment frame and computes leans, deviation and faults of grid points.

    Before a calibration a sensor's zero is where it was first seen, and its lean is the tilt away from there in any
    direction: enough to count bends, not to judge them. ``needs_sync``: the two trunk sensors are compared, so nothing
    is judged while their clocks are far apart.
    """

    needs_sync = True

    def __init__(self, placements: Sequence[str]) -> None:
        self.placements = [Placement(place) for place in placements]
        self.upper_back = self._index(Placement.UPPER_BACK)
        self.sacrum = self._index(Placement.SACRUM)
        self.head = self._index(Placement.HEAD)
        self.thighs = [
            index for index in map(self._index, (Placement.THIGH_LEFT, Placement.THIGH_RIGHT)) if index is not None
        ]
        self.shank = self._index(Placement.SHANK)
        self.trunk = [index for index in (self.upper_back, self.sacrum) if index is not None]
        self.frames: FloatArray = np.stack([NO_FRAME] * len(self.placements))
        self.directed = np.zeros(len(self.placements), np.bool_)
        self.calibration: Calibration | None = None
        self.slipped = False
        self.seemed_deg: tuple[float, float] | None = None
        """By how much the back may seem less round (negative) and rounder than it is, while ``slipped``; None where
        that is not known."""
        self.doubtful = False
        """Whether what was seen since speaks against the calibration in force."""
        self._back = self._joint(self.sacrum, self.upper_back)
        self._neck = self._joint(self.upper_back, self.head)
        self._joints = [joint for joint in (self._back, self._neck) if joint is not None]
        self.came_off = np.zeros(len(self.placements), np.bool_)
        """Which sensors are not where they were when they were calibrated, or counted by."""

    def _index(self, placement: Placement) -> int | None:
        return self.placements.index(placement) if placement in self.placements else None

    @staticmethod
    def _joint(lower: int | None, upper: int | None) -> Joint | None:
        return None if lower is None or upper is None else Joint(lower, upper)

    def use(self, calibration: Calibration) -> None:
        """From the next point on, this calibration is in force."""
        self.calibration = calibration
        self.slipped = self.doubtful = False
        self.seemed_deg = None
        self.face_ahead()
        self.came_off[:] = False
        for index, placement in enumerate(self.placements):
            if placement in calibration.frames:
                self.frames[index] = calibration.frames[placement]
                self.directed[index] = True

    def doubt(self, *, axis: bool) -> None:
        """The calibration does not fit; with ``axis`` bends go on being counted by tilts in any direction."""
        self.doubtful = True
        if axis:
            self.directed[self.trunk] = False

    def zero(self, sensor: int, up: FloatArray) -> None:
        """A sensor's standing up vector (3,) is this; keeps its forward direction if that is known."""
        if self.directed[sensor]:
            self.frames[sensor] = self.frames[sensor] @ between(self.frames[sensor, 2], up).T
        else:
            across = normalised(np.cross(up, np.eye(3)[int(np.argmin(np.abs(up)))]))
            self.frames[sensor] = np.stack([across, np.cross(up, across), up])

    def slip(self, sensor: int, before: FloatArray, after: FloatArray) -> None:
        """A sensor turned on the skin: its standing up vector went from ``before`` to ``after`` (3,)."""
        self.frames[sensor] = self.frames[sensor] @ between(before, after).T

    def face_ahead(self) -> None:
        """At the next point that is computed nobody twists: headings count from there."""
        for joint in self._joints:
            joint.forget()

    def bend(self, *, under_way: bool) -> None:
        """From the next point that is computed on a bend is under way, in which no heading is taken; or it is over."""
        for joint in self._joints:
            joint.bend(under_way=under_way)

    def come_off(self, sensor: int) -> bool:
        """A sensor has come off: from here on it tells nothing of its segment, until a calibration places it again.

        False where that is nothing new: it had, or the other one of the trunk had, so that nothing holds against it.
        """
        if self.came_off[self.trunk if sensor in self.trunk else [sensor]].any():
            return False
        self.came_off[sensor] = True
        self.directed[sensor] = False
        self.frames[sensor] = NO_FRAME
        return True

    def leans_deg(self, up: FloatArray) -> FloatArray:
        """Leans (sensors, n) from up vectors in sensor axes (sensors, n, 3); NaN of a sensor that came off."""
        for sensor in np.flatnonzero(np.isnan(self.frames[:, 0, 0])).tolist():
            seen = np.flatnonzero(np.isfinite(up[sensor, :, 0]))
            if len(seen):
                self.zero(sensor, normalised(up[sensor, seen[0]]))
        x, y, z = up[..., 0], up[..., 1], up[..., 2]
        rows = self.frames[:, :, :, None]
        forward = rows[:, 0, 0] * x + rows[:, 0, 1] * y + rows[:, 0, 2] * z
        upward = rows[:, 2, 0] * x + rows[:, 2, 1] * y + rows[:, 2, 2] * z
        if not self.directed.all():
            left = rows[:, 1, 0] * x + rows[:, 1, 1] * y + rows[:, 1, 2] * z
            tilted = -np.sqrt(forward * forward + left * left)
            forward = np.where(self.directed[:, None], forward, tilted)
        lean = lean_deg(forward, upward)
        if self.came_off.any():
            lean[self.came_off] = np.nan
        return lean

    def is_forward(self, up: FloatArray) -> bool:
        """Whether at one point, up vectors (sensors, 3), the trunk has tipped further forward than sideways.

        By the trunk sensor that tipped further forward: in a hinge with a turn the upper back goes to the side.
        """
        trunk = [sensor for sensor in self.trunk if self.directed[sensor]]
        tipped = [self.frames[sensor] @ up[sensor] for sensor in trunk]
        known = [each for each in tipped if np.isfinite(each[0])]
        if not known:
            return True
        forward, left, _ = max(known, key=lambda each: abs(each[0]))
        return bool(abs(forward) > abs(left))

    def angle_deg(self, lean_deg: FloatArray) -> FloatArray:
        """The angle that reps are counted on: the larger of the two trunk leans (n,)."""
        if len(self.trunk) == 1:
            only: FloatArray = lean_deg[self.trunk[0]]
            return only
        largest: FloatArray = np.fmax(lean_deg[self.trunk[0]], lean_deg[self.trunk[1]])
        return largest

    def hinge_deg(self, lean_deg: FloatArray) -> FloatArray | None:
        """How far the hips are bent: the lean of the sacrum (n,); None where no sensor tells."""
        return lean_deg[self.sacrum] if self.sacrum is not None else None

    def faults(self, status: NDArray[np.uint8]) -> IntArray:
        """Why the deviation cannot be judged at each point (n,), from the status (sensors, n) of the trunk."""
        fixed = 0
        if self.upper_back is None or self.sacrum is None:
            fixed |= Fault.ONE_SENSOR
        if self.calibration is None:
            fixed |= Fault.NO_CALIBRATION
        if self.slipped:
            fixed |= Fault.SLIPPED
        if self.doubtful:
            fixed |= Fault.CALIBRATION_DOUBTFUL
        if self.came_off[self.trunk].any():
            fixed |= Fault.COME_OFF
        faults = np.full(status.shape[1], fixed, np.int64)
        both = status[self.trunk[0]] | status[self.trunk[-1]]
        if both.any():
            for bits, fault in OF_STATUS:
                faults[(both & bits) != 0] |= fault
        return faults

    def spine(self, values: FloatArray, status: NDArray[np.uint8]) -> Spine | None:
        """How the upper back is turned against the sacrum at the next points, from the grid's values (sensors, n,
        columns) and what is wrong with them (sensors, n); None without both sensors or without a calibration."""
        if self._back is None or self.calibration is None or self.came_off[self.trunk].any():
            return None
        relative, why = self._back.follow(values, self.frames, status)
        lost = np.where(why & np.uint8(Status.CLIPPED), Fault.HEADING_CLIPPED, np.where(why, Fault.HEADING_GAP, 0))
        return Spine(flexion_deg(relative), bent_sideways(relative), lost)

    def deviation_deg(self, lean_deg: FloatArray, flexion_deg: FloatArray | None, faults: IntArray) -> FloatArray:
        """Spine deviation (n,) of this flexion, NaN where a fault forbids judging."""
        if flexion_deg is None or self.sacrum is None or self.calibration is None:
            return np.full(lean_deg.shape[1], np.nan)
        deviation: FloatArray = flexion_deg - self.calibration.neutral.at(lean_deg[self.sacrum])
        if faults.any():
            deviation[faults != 0] = np.nan
        return deviation

    def deviation_if_worn_deg(
        self, lean_deg: FloatArray, values: FloatArray, status: NDArray[np.uint8], faults: IntArray
    ) -> FloatArray:
        """Spine deviation of a whole bend (n,), as it is if no sensor has slipped; NaN where another of its ``faults``
        (n,) forbids judging."""
        if self._back is None or self.calibration is None or self.came_off[self.trunk].any():
            return np.full(lean_deg.shape[1], np.nan)
        relative, _ = Joint(self._back.lower, self._back.upper).follow(values, self.frames, status)
        return self.deviation_deg(lean_deg, flexion_deg(relative), np.bitwise_and(faults, ~Fault.SLIPPED))

    def bent_deg(self, _lean_deg: FloatArray, _status: NDArray[np.uint8]) -> FloatArray | None:
        """Sternum against pelvis, of somebody who lies; None for one who stands."""
        return None

    def head_deg(
        self, lean_deg: FloatArray, faults: IntArray, status: NDArray[np.uint8], values: FloatArray
    ) -> FloatArray:
        """Head deviation (n,), chin down > 0; NaN without a head sensor or calibration, and where it cannot be judged.

        The spine is judged without the head: what is wrong with the head sensor (``status``, (sensors, n)) only
        empties this signal.
        """
        if self._neck is None or self.calibration is None:
            return np.full(lean_deg.shape[1], np.nan)
        if Placement.HEAD not in self.calibration.frames or self.came_off[self.head]:
            return np.full(lean_deg.shape[1], np.nan)
        head = flexion_deg(self._neck.follow(values, self.frames, status)[0])
        if faults.any():
            head[faults != 0] = np.nan
        return head


def trusted(angle_deg: FloatArray, wrong: NDArray[np.integer]) -> FloatArray:
    """An angle (n,) where nothing is wrong (bits, (n,)); nothing of a bend of which too much is."""
    bad = wrong != 0
    if not bad.any():
        return angle_deg
    if int(np.count_nonzero(bad)) > INVALID_POINTS:
        return np.full(len(angle_deg), np.nan)
    good: FloatArray = np.where(bad, np.nan, angle_deg)
    return good

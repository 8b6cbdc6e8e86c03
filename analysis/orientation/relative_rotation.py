"""The rotation of one segment against the one below it, seen by two sensors that do not know each other's heading.

Without a magnetometer only their tilts are absolute. What is missing is one turn about the vertical: upright it is
twist, bent over it is side bend, and never flexion, whose axis lies level. So it is taken from a moment at which the
person does not twist (a bend's start), and the gyroscopes carry it on from there. An error d of it, small in radians,
changes the flexion by d (q - Y (r Z + p X) / (X^2 + Z^2)), with (p, q, r) the vertical and (X, Y, Z) the upper
segment's long axis in the lower one's axes: nothing in a bend straight forward (q = Y = 0), a third of d at 25 deg of
side bend. Of second order it is d^2 / 2 times sine and cosine of the lean: 0.1 deg for 5 deg, 0.9 for 15.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.contact.verdict import INVALID_POINTS
from dowel.analysis.orientation.rotations import (
    conjugate,
    from_matrix,
    left_product,
    multiply,
    right_product,
    twist_offset,
)
from dowel.recordings.grid_points import Status
from dowel.recordings.types import BoolArray, FloatArray

SIDEWAYS_DEG = 45.0
"""Side bend and twist together that flexion can be told beside (sources#side-bend-and-twist)."""


def same_heading(lower: FloatArray, upper: FloatArray, lower_frame: FloatArray, upper_frame: FloatArray) -> FloatArray:
    """The turn about the vertical (4,) after which two attitudes (4,) have no twist.

    Attitudes lead from sensor to earth axes, frames (3, 3) from sensor to segment axes.
    """
    to_lower, to_upper = (conjugate(_of_frame(frame.tobytes())) for frame in (lower_frame, upper_frame))
    return twist_offset(multiply(lower, to_lower), multiply(upper, to_upper))


def first_heading(
    lower: FloatArray, upper: FloatArray, lower_frame: FloatArray, upper_frame: FloatArray
) -> FloatArray | None:
    """The same at the first point of a stretch of attitudes (n, 4) that is known; None where none is."""
    known = np.flatnonzero(np.isfinite(lower[:, 0] + upper[:, 0]))
    return same_heading(lower[known[0]], upper[known[0]], lower_frame, upper_frame) if len(known) else None


def relative_rotation(
    lower: FloatArray, upper: FloatArray, lower_frame: FloatArray, upper_frame: FloatArray, offset: FloatArray
) -> FloatArray:
    """The upper segment against the lower, quaternions (n, 4) of any length, from attitudes (n, 4) of any length.

    ``offset`` is the turn of :func:`same_heading`.
    """
    a, b, c, d = np.ascontiguousarray(lower.T)
    p, q, r, s = np.ascontiguousarray(upper.T)
    cosine, sine = float(offset[0]), float(offset[3])
    w, x, y, z = cosine * p - sine * s, cosine * q - sine * r, cosine * r + sine * q, cosine * s + sine * p
    of_sensors = (  # conj(lower) offset upper
        a * w + b * x + c * y + d * z,
        a * x - b * w - c * z + d * y,
        a * y + b * z - c * w - d * x,
        a * z - b * y + c * x - d * w,
    )
    # to segments on both sides; by hand, as a matrix product's last digit depends on how many points come at once
    rows = _mounted(lower_frame.tobytes(), upper_frame.tobytes())
    relative = np.empty((4, len(lower)))
    for part in range(4):
        np.multiply(of_sensors[0], rows[0][part], out=relative[part])
        for each, row in zip(of_sensors[1:], rows[1:], strict=True):
            relative[part] += each * row[part]
    return relative.T


@lru_cache(maxsize=8)
def _of_frame(frame: bytes) -> FloatArray:
    """The quaternion (4,) of a frame (3, 3); frames hold for long."""
    return from_matrix(np.frombuffer(frame).reshape(3, 3))


@lru_cache(maxsize=4)
def _mounted(lower_frame: bytes, upper_frame: bytes) -> list[list[float]]:
    """The matrix (4, 4) that leads from a relative rotation of sensors to one of segments."""
    lower, upper = _of_frame(lower_frame), _of_frame(upper_frame)
    mounted: list[list[float]] = (right_product(conjugate(upper)) @ left_product(lower)).tolist()
    return mounted


def flexion_deg(relative: FloatArray) -> FloatArray:
    """The upper segment's long axis seen in the lower one's sagittal plane, deg (n,); forward > 0.

    The first angle of the joint coordinate system (sources#wu-2002). In a bend straight forward it is the difference of
    the leans; neither side bend nor twist of the upper segment changes it, while the difference of the leans reads 6
    deg at 25 deg of side bend.
    """
    w, x, y, z = relative.T
    angle: FloatArray = np.arctan2(2.0 * (x * z + w * y), w * w - x * x - y * y + z * z) * (180.0 / np.pi)
    return angle


def bent_sideways(relative: FloatArray) -> BoolArray:
    """Whether side bend and twist together, what is left beside a rotation about the left axis, are too large (n,)."""
    w, x, y, z = relative.T
    beside = x * x + z * z
    share = np.sin(np.deg2rad(0.5 * SIDEWAYS_DEG)) ** 2
    found: BoolArray = beside > share * (beside + w * w + y * y)
    return found


def side_bend_and_twist_deg(relative: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Side bend and twist in deg, each (n,): the x and z parts of the rotation vector."""
    w, x, y, z = relative.T
    sine = np.sqrt(x * x + y * y + z * z)
    angle = np.arctan2(sine, np.abs(w)) * np.copysign(2.0, w)
    scale = np.rad2deg(angle / np.maximum(sine, 1e-12))
    return x * scale, z * scale


def side_bend_and_twist_over(
    lower: FloatArray, upper: FloatArray, lower_frame: FloatArray, upper_frame: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Side bend and twist (n,) of a stretch of attitudes (n, 4), the twist zero at the first point that is known."""
    offset = first_heading(lower, upper, lower_frame, upper_frame)
    if offset is None:
        nothing = np.full(len(lower), np.nan)
        return nothing, nothing
    return side_bend_and_twist_deg(relative_rotation(lower, upper, lower_frame, upper_frame, offset))


@dataclass(slots=True)
class Joint:
    """Follows two neighbouring segments from stretch to stretch, and keeps the turn of heading between their sensors.

    That turn is taken where the joint is first seen, and again behind a stretch in which something is wrong with one of
    the sensors: a filter that starts over, or a gyroscope at the end of its range, has lost its heading. But nobody is
    known not to twist in the middle of a bend, so there it stays lost to the bend's end. A stretch too short to matter
    to a verdict costs nothing (an impact at the end of an accelerometer's range), nor do samples that come too late:
    where the filter starts over it is not settled for seconds.

    Parameters
    ----------
    lower, upper
        The two sensors.
    """

    lower: int
    upper: int
    _offset: FloatArray | None = None
    _bending: bool = False
    _wrong: int = 0
    _lost: int = 0

    def forget(self) -> None:
        """Take the turn of heading from the next point that is seen."""
        self._offset, self._wrong = None, 0
        self.bend(under_way=False)

    def bend(self, *, under_way: bool) -> None:
        """From the next point on a bend is under way, or is over."""
        self._bending, self._lost = under_way, 0

    def follow(
        self, values: FloatArray, frames: FloatArray, status: NDArray[np.uint8]
    ) -> tuple[FloatArray, NDArray[np.uint8]]:
        """The relative rotation (n, 4) of the next points, from the grid's values (sensors, n, columns).

        NaN at points at which something is wrong with one of the sensors (``status``, (sensors, n)), and where the
        heading is lost. Beside it, at those points, the status that lost it (n,).
        """
        why = status[self.lower] | status[self.upper]
        wrong = why != 0
        lower, upper = values[self.lower, :, :4], values[self.upper, :, :4]
        relative, lost = np.full((len(wrong), 4), np.nan), np.zeros(len(wrong), np.uint8)
        edges = [0, *(np.flatnonzero(wrong[1:] != wrong[:-1]) + 1).tolist(), len(wrong)] if len(wrong) else []
        for start, stop in pairwise(edges):
            if wrong[start]:
                self._wrong += int(np.count_nonzero(why[start:stop] & ~np.uint8(Status.MISSING)))
                if self._wrong > INVALID_POINTS:
                    self._offset = None
                    self._lost |= int(np.bitwise_or.reduce(why[start:stop])) if self._bending else 0
                continue
            self._wrong = 0
            if self._lost:
                lost[start:stop] = self._lost
                continue
            between = frames[self.lower], frames[self.upper]
            if self._offset is None:
                self._offset = same_heading(lower[start], upper[start], *between)
            relative[start:stop] = relative_rotation(lower[start:stop], upper[start:stop], *between, self._offset)
        return relative, lost

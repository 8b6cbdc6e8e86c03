"""Trim: scale and offset of an accelerometer from six still faces, the largest gain for a cheap sensor.

Lying still, a sensor feels gravity and nothing else, whichever way it lies. Where it reads less or more on a face,
that is its own error. Six faces give six equations for three offsets and three scales.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.types import GRAVITY_M_S2, FloatArray

FACES: Final = ("+x", "-x", "+y", "-y", "+z", "-z")
"""The faces of a sensor, each called by the axis that points up."""

_DIRECTIONS: Final[FloatArray] = np.array([way for way in itertools.product((-1.0, 0.0, 1.0), repeat=3) if any(way)])
"""Faces, edges and corners of a cube: the ways to lie at which the tilt error is looked at
(sources#units-and-layout)."""

_BLOCK_S: Final = 0.25
"""Long enough to tell a tremble (4 to 12 Hz) from rest, short enough to be told at once
(sources#six-face-acceptance)."""


@dataclass(frozen=True, slots=True)
class Trim:
    """What an accelerometer gets wrong: the truth is ``scale * (measured - offset)``, axis by axis.

    ``offset_m_s2`` and ``scale`` are of x, y and z. ``before_m_s2`` and ``residual_m_s2`` are by how much the length
    of gravity was wrong over the faces, root mean square, without the trim and with it. With six faces the residual is
    next to nothing whatever the sensor: six equations, six unknowns. Not corrected are axes that are not at right
    angles (0.3 % in the simulated chips: 0.2 deg).
    """

    offset_m_s2: tuple[float, float, float]
    scale: tuple[float, float, float]
    before_m_s2: float
    residual_m_s2: float

    def apply(self, acc_m_s2: FloatArray) -> FloatArray:
        """Measured specific force (n, 3) made right."""
        corrected: FloatArray = np.asarray(self.scale) * (acc_m_s2 - np.asarray(self.offset_m_s2))
        return corrected

    def settings(self) -> dict[str, Any]:
        """As settings of a session's sensor."""
        return {"acc_offset_m_s2": list(self.offset_m_s2), "acc_scale": list(self.scale)}

    def tilt_error_deg(self) -> float:
        """By how much tilt is wrong at worst where this trim is not applied."""
        true = _DIRECTIONS / np.linalg.norm(_DIRECTIONS, axis=1, keepdims=True)
        measured = GRAVITY_M_S2 * true / np.asarray(self.scale) + np.asarray(self.offset_m_s2)
        return float(angle_deg(true, measured).max())


@dataclass(frozen=True)
class SixFaces:
    """How a trim is made of still faces.

    They are judgements all (sources#six-face-acceptance) but the last. ``acc_sd_m_s2`` and ``gyr_sd_deg_s`` are three
    and seven times the noise at 100 Hz of the noisiest chip (sources#chip-noise); a sensor in a hand trembles more than
    that. ``drift_m_s2`` is 0.3 deg of slow turning. Faces need not be level: ``tilted_deg`` is how far one may be from
    its axis, and two are not the same face when they are ``apart_deg`` apart. ``largest_offset_m_s2`` and
    ``largest_scale_error`` are several times what data sheets allow (1.2 m/s2 and 3 % in the worst, because of
    soldering). ``largest_condition`` was measured (sources#six-faces): level
    faces have 1, faces that lean by up to 30 deg any way at most 3, faces that leave an axis unknown 6 and more.
    """

    still_s: float = 5.0
    acc_sd_m_s2: float = 0.06
    gyr_sd_deg_s: float = 0.5
    drift_m_s2: float = 0.05
    tilted_deg: float = 30.0
    apart_deg: float = 30.0
    largest_offset_m_s2: float = 1.5
    largest_scale_error: float = 0.10
    largest_condition: float = 4.0

    def is_still(self, values: FloatArray) -> bool:
        """Whether a sensor lay still: ``values`` (n, 6) are specific force and angular rate over a short while."""
        spread = np.std(values, axis=0)
        return bool(spread[:3].max() <= self.acc_sd_m_s2 and np.rad2deg(spread[3:]).max() <= self.gyr_sd_deg_s)

    def face(self, acc_m_s2: FloatArray) -> str | None:
        """The face on which a sensor lies by its specific force (3,); None when it leans between faces."""
        axis = int(np.argmax(np.abs(acc_m_s2)))
        up = np.zeros(3)
        up[axis] = np.sign(acc_m_s2[axis])
        if not angle_deg(acc_m_s2, up) <= self.tilted_deg:
            return None
        return FACES[2 * axis + (up[axis] < 0)]

    def fit(self, poses_m_s2: Sequence[FloatArray]) -> Trim:
        """The trim from the mean specific force (3,) of each still face, six or more of them.

        Least squares on the squared length of gravity, which needs no face to be level and no start value (the
        axis-aligned case of the usual ellipsoid fit); numpy's solver is the LAPACK routine that scipy.linalg calls, and
        needs no fifth of a second to load while sensors are connected (design#scipy-and-what-is-ours).
        Raises ``InputError`` when two poses are the same face, when they leave an axis unknown, or when the result
        cannot be a sensor's error.
        """
        poses = np.asarray(poses_m_s2, np.float64).reshape(-1, 3)
        if len(poses) < len(FACES):
            raise InputError(f"A trim needs {len(FACES)} faces, and there are {len(poses)}. Lay it on the others too.")
        if not np.isfinite(poses).all():
            raise InputError("The sensor sends values that are not numbers. Switch it off and on, and try again.")
        self._refuse_same(poses)
        up = poses / np.linalg.norm(poses, axis=1, keepdims=True)
        if not np.linalg.cond(np.column_stack([up**2, up])) <= self.largest_condition:
            raise InputError(
                "The six faces leave an axis of the sensor unknown, as they lean too far. Lay the sensor flat on each "
                "of its six sides, and hold it against something straight where it does not stand by itself."
            )
        unit = poses / GRAVITY_M_S2
        equations = np.column_stack([unit**2, unit])
        square, linear = np.split(np.linalg.lstsq(equations, np.ones(len(unit)), rcond=None)[0], 2)
        with np.errstate(invalid="ignore", divide="ignore"):  # nonsense becomes NaN, which is refused
            offset = -linear / (2.0 * square)
            scale = np.sqrt(square / (1.0 + float(square @ offset**2)))
        self._refuse_absurd(offset * GRAVITY_M_S2, scale)
        return Trim(
            _three(offset * GRAVITY_M_S2),
            _three(scale),
            _length_error(poses),
            _length_error(scale * (poses - offset * GRAVITY_M_S2)),
        )

    def _refuse_same(self, poses: FloatArray) -> None:
        for (first, one), (second, other) in itertools.combinations(enumerate(poses, 1), 2):
            if not angle_deg(one, other) >= self.apart_deg:
                raise InputError(
                    f"Faces {first} and {second} are the same side of the sensor. Lay it on each of its six sides once."
                )

    def _refuse_absurd(self, offset_m_s2: FloatArray, scale: FloatArray) -> None:
        offset_fits = bool((np.abs(offset_m_s2) <= self.largest_offset_m_s2).all())
        if not (offset_fits and bool((np.abs(scale - 1.0) <= self.largest_scale_error).all())):
            raise InputError(
                f"The accelerometer would be wrong by {np.abs(offset_m_s2).max():.1f} m/s² or "
                f"{100 * np.abs(scale - 1.0).max():.0f} %, more than any sensor is. Lay it on something that does not "
                "move, touch it no more, and try again; if it stays so, the sensor or its driver is at fault."
            )


class FaceWatch:
    """Finds still faces in a sensor's samples as they come, without being told when one begins.

    ``taken`` holds each face's mean specific force (3,). ``current`` is the face on which the sensor lies now, None
    while it moves or leans; ``lies_still`` tells the two apart, and ``share`` (0 to 1) is how much of the time is over.
    """

    def __init__(self, rate_hz: float, settings: SixFaces | None = None) -> None:
        self.settings = settings or SixFaces()
        self.taken: dict[str, FloatArray] = {}
        self.current: str | None = None
        self.lies_still = False
        self.share = 0.0
        self._block = max(2, round(_BLOCK_S * rate_hz))
        self._blocks_needed = max(1, round(self.settings.still_s / _BLOCK_S))
        self._waiting: FloatArray = np.empty((0, 6))
        self._run: list[FloatArray] = []

    @property
    def missing(self) -> list[str]:
        """The faces that have not been taken yet."""
        return [face for face in FACES if face not in self.taken]

    def feed(self, values: FloatArray) -> list[str]:
        """The next samples (n, 6); returns the faces that are taken with them."""
        self._waiting = np.concatenate([self._waiting, values])
        done = []
        while len(self._waiting) >= self._block:
            block, self._waiting = self._waiting[: self._block], self._waiting[self._block :]
            done += self._add(block)
        return done

    def fit(self) -> Trim:
        """The trim from the faces taken; ``InputError`` as :meth:`SixFaces.fit`."""
        return self.settings.fit(list(self.taken.values()))

    def _add(self, block: FloatArray) -> list[str]:
        mean = block[:, :3].mean(axis=0)
        self.lies_still = self.settings.is_still(block)
        if not self.lies_still:
            self._run = []
        elif self._run and np.abs(mean - self._run[0]).max() > self.settings.drift_m_s2:
            self._run = [mean]  # it was laid down again, or still sinks into something soft
        else:
            self._run.append(mean)
        self.current = self.settings.face(mean) if self.lies_still else None
        self.share = min(1.0, len(self._run) / self._blocks_needed)
        if self.current is None or self.current in self.taken or self.share < 1.0:
            return []
        self.taken[self.current] = np.mean(self._run, axis=0)
        return [self.current]


def angle_deg(one: FloatArray, other: FloatArray) -> FloatArray:
    """The angle between two directions (..., 3); NaN where one has no length."""
    across = np.linalg.norm(np.cross(one, other), axis=-1)
    angle: FloatArray = np.asarray(np.rad2deg(np.arctan2(across, np.sum(one * other, axis=-1))))
    return angle


def _length_error(acc_m_s2: FloatArray) -> float:
    return float(np.sqrt(np.mean((np.linalg.norm(acc_m_s2, axis=1) - GRAVITY_M_S2) ** 2)))


def _three(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z

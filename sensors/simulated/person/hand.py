"""What a hand does with one sensor: shake it to show which one it is, or lay it down on one of its faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from dowel.sensors.simulated.person.plan import minimum_jerk

# How somebody shakes a sensor who was asked to move it: a guess, clear but not wild.
WIGGLE_S: Final = 3.0
_WIGGLE_DEG: Final = 25.0
_WIGGLE_HZ: Final = 1.5
_FADE_S: Final = 0.5

TURN_S: Final = 1.0
"""How long the hand takes to turn a sensor over: a guess."""

_STEP_S: Final = 1e-4  # half width of the finite difference that gives the rate of a turn: exact to 1e-6 rad/s


@dataclass(frozen=True)
class Turn:
    """A turn from ``start_s`` on, within ``TURN_S``, that brings ``before`` to ``after``: up vectors, sensor axes."""

    start_s: float
    before: FloatArray
    after: FloatArray

    def share(self, time_s: FloatArray) -> FloatArray:
        """How much of it is done."""
        return minimum_jerk((time_s - self.start_s) / TURN_S)

    def vector(self) -> FloatArray:
        """Rotation vector of the sensor, in its own axes (which turns what it sees the other way round)."""
        turn, _ = Rotation.align_vectors(self.before, self.after)
        return np.asarray(turn.as_rotvec())


class Hand:
    """The hand on one sensor; ``shake_axis`` (sensor axes) is what it is shaken about."""

    def __init__(self, shake_axis: FloatArray) -> None:
        self._shake_axis = shake_axis / np.linalg.norm(shake_axis)
        self._shaken_s = -np.inf
        self._lying: Turn | None = None
        self._back_s = np.inf

    def wiggle(self, start_s: float) -> None:
        """Shake the sensor for ``WIGGLE_S``."""
        self._shaken_s = start_s

    def lie(self, axis: int, sign: int, start_s: float, worn: FloatArray) -> None:
        """Lay it down so that this axis points up (``sign`` 1) or down (-1); ``worn`` (6,) is what it feels before."""
        before = self.moved(np.array([start_s]), worn[None])[0, :3]
        self._lying = Turn(start_s, before / np.linalg.norm(before), sign * np.eye(3)[axis])
        self._back_s = np.inf

    def wear(self, start_s: float, worn: FloatArray) -> None:
        """Put it back where it was; ``worn`` (6,) is what it feels there."""
        if self._lying is not None:
            self._lying = Turn(start_s, worn[:3] / np.linalg.norm(worn[:3]), self._lying.after)
            self._back_s = start_s

    def moved(self, time_s: FloatArray, worn: FloatArray) -> FloatArray:
        """What it feels in the hand at ``time_s`` (n,), where on the body it would feel ``worn`` (n, 6)."""
        values = worn
        lying = self._lying
        if lying is not None and time_s[0] < self._back_s + TURN_S:
            back = self._back_s < np.inf
            held = worn if back else np.tile([*GRAVITY_M_S2 * lying.before, 0.0, 0.0, 0.0], (len(time_s), 1))

            def share(at_s: FloatArray) -> FloatArray:
                return 1.0 - lying.share(at_s) if back else lying.share(at_s)

            values = _turned(held, lying.vector(), share(time_s), share(time_s + _STEP_S) - share(time_s - _STEP_S))
        if time_s[-1] > self._shaken_s and time_s[0] < self._shaken_s + WIGGLE_S:
            angle = np.deg2rad(_WIGGLE_DEG) * self._shake_axis
            change = self._shake(time_s + _STEP_S) - self._shake(time_s - _STEP_S)
            values = _turned(values, angle, self._shake(time_s), change)
        return values

    def _shake(self, time_s: FloatArray) -> FloatArray:
        """From -1 to 1, and 0 outside the time in which it is shaken."""
        since_s = time_s - self._shaken_s
        fade = minimum_jerk(since_s / _FADE_S) * minimum_jerk((WIGGLE_S - since_s) / _FADE_S)
        return np.asarray(fade * np.sin(2.0 * np.pi * _WIGGLE_HZ * since_s))


def _turned(values: FloatArray, vector: FloatArray, share: FloatArray, change: FloatArray) -> FloatArray:
    """Force and rate (n, 6) felt by a sensor that is turned by ``share`` of ``vector``, in its own axes.

    ``change`` is that of the share within two ``_STEP_S``.
    """
    back = Rotation.from_rotvec(np.outer(-share, vector))
    rate = back.apply(values[:, 3:]) + np.outer(change / (2.0 * _STEP_S), vector)
    return np.hstack([back.apply(values[:, :3]), rate])

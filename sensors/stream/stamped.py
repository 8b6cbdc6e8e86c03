"""Samples of one sensor with their session times, on their way through the stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Stamped:
    """Samples with their session times, before gaps are looked at.

    ``time_s`` and ``device_s`` (n,) by the session's and the device's clock, ``factor`` (n,) by which a step of the
    device's is longer than it says, ``values`` (n, 6) acceleration in m/s2 and rate in rad/s, ``status`` (n,) of
    :class:`Status` bits, ``sequence`` (n,) of the notification with which each sample could be used.
    """

    time_s: FloatArray
    device_s: FloatArray
    factor: FloatArray
    values: FloatArray
    status: NDArray[np.uint8]
    sequence: IntArray

    def __len__(self) -> int:
        return len(self.time_s)

    @staticmethod
    def none() -> Stamped:
        """No samples."""
        empty = np.empty(0)
        return Stamped(empty, empty, empty, np.empty((0, 6)), np.empty(0, np.uint8), np.empty(0, np.int64))

    def take(self, keep: BoolArray | slice) -> Stamped:
        """Some of them."""
        return Stamped(
            self.time_s[keep],
            self.device_s[keep],
            self.factor[keep],
            self.values[keep],
            self.status[keep],
            self.sequence[keep],
        )

    def __add__(self, later: Stamped) -> Stamped:
        if not len(self):
            return later
        return Stamped(
            np.concatenate([self.time_s, later.time_s]),
            np.concatenate([self.device_s, later.device_s]),
            np.concatenate([self.factor, later.factor]),
            np.concatenate([self.values, later.values]),
            np.concatenate([self.status, later.status]),
            np.concatenate([self.sequence, later.sequence]),
        )

"""What a simulated device feels when a test must know its bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dowel.recordings.types import GRAVITY_M_S2, FloatArray


class Listed:
    """A source that plays these rows, one per sample; after the last one it stays there. In g and deg/s."""

    def __init__(self, acc_g: ArrayLike, gyr_dps: ArrayLike = ((0.0, 0.0, 0.0),)) -> None:
        self._acc_m_s2 = np.array(acc_g) * GRAVITY_M_S2
        self._gyr_rad_s = np.deg2rad(np.array(gyr_dps, np.float64))
        self._next = 0

    def __call__(self, time_s: FloatArray) -> FloatArray:
        """The next rows, as many as there are times."""
        number = self._next + np.arange(len(time_s))
        self._next += len(time_s)
        acc = self._acc_m_s2[np.minimum(number, len(self._acc_m_s2) - 1)]
        gyr = self._gyr_rad_s[np.minimum(number, len(self._gyr_rad_s) - 1)]
        return np.hstack([acc, gyr])

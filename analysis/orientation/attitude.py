"""A sensor's attitude from its angular rate and specific force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vqf import VQF

from dowel.analysis.orientation.rotations import conjugate, multiply
from dowel.analysis.parameters import in_force
from dowel.recordings.grid_points import Status
from dowel.recordings.types import FloatArray

COLUMNS = 7
"""Of :meth:`Attitude.update`: quaternion (w, x, y, z) and specific force (x, y, z); see sources#units-and-layout."""


@dataclass(frozen=True, slots=True)
class AttitudeSettings:
    """Parameters of the attitude filter.

    Parameters
    ----------
    tau_acc_s
        Time constant of the accelerometer's correction. The error is flat between 3 and 6 s, and 3 recovers sooner.
    bias_sigma_deg_s
        How well a standing bias is known; the value that gave the best live result.

    Notes
    -----
    Both are measured: sources#attitude-filter.
    """

    tau_acc_s: float = 3.0
    bias_sigma_deg_s: float = 0.1


class Attitude:
    """VQF without magnetometer, causal, on one sensor's own samples (sources#laidig-and-seel-2023).

    Data: samples in order, any rate, gaps filled or marked with ``Status.BREAK``; ``period_s`` is the nominal step.
    Result: quaternions sensor to earth (heading arbitrary) beside the samples' own specific force; bitwise the same in
    any chunks. Neighbouring quaternions lie on one half of the sphere, so they may be interpolated: VQF only multiplies
    small rotations on, and never turns a sign.

    Differs from plain VQF in three ways (sources#attitude-filter). The rate fed is the mean of this and the
    last sample, because VQF takes a sample for constant over the step before it, half a step too early. The measured
    step enters by scaling the rate, because VQF's step is fixed. The standing bias is taken off before VQF, because
    VQF clips its own estimate at 2 deg/s.
    """

    def __init__(self, period_s: float) -> None:
        self._settings = in_force(AttitudeSettings)
        self._period_s = period_s
        self._filter = VQF(period_s, tauAcc=self._settings.tau_acc_s)
        self._bias_rad_s: FloatArray = np.zeros(3)
        self._last_rate: FloatArray | None = None

    def set_bias(self, bias_rad_s: FloatArray) -> None:
        """From the next sample on, take this standing bias (3,) off and let VQF only follow what is left."""
        if self._last_rate is not None:
            self._last_rate = self._last_rate + self._bias_rad_s - bias_rad_s
        self._bias_rad_s = np.asarray(bias_rad_s, np.float64)
        self._filter.setBiasEstimate(np.zeros(3), np.deg2rad(self._settings.bias_sigma_deg_s))

    def restart(
        self, acc_m_s2: FloatArray, gyr_rad_s: FloatArray, step_s: FloatArray, status: NDArray[np.uint8]
    ) -> None:
        """Begin again with the latest samples, whose bias is known only now; the heading stays what it was.

        Before it was known the filter leaned by 3 s of it, and would take as long to come back. Values that were told
        are not told again.
        """
        if not len(step_s):
            return
        before = self._filter.getQuat6D()
        self._begin_anew()
        self.update(acc_m_s2, gyr_rad_s, step_s, status)
        turn = multiply(before, conjugate(self._filter.getQuat6D()))
        turn[1:3] = 0.0  # about the vertical alone
        length = float(np.linalg.norm(turn))
        if length == 0.0:  # half a turn in tilt: there is no heading to keep
            return
        # VQF's attitude is accQuat * gyrQuat, the first from its own inertial frame to earth axes
        state = self._filter.state
        state["accQuat"] = multiply(turn / length, np.asarray(state["accQuat"]))
        self._filter.state = state

    def update(
        self, acc_m_s2: FloatArray, gyr_rad_s: FloatArray, step_s: FloatArray, status: NDArray[np.uint8]
    ) -> FloatArray:
        """The next samples, (n, 3), (n, 3), (n,), (n,), to (n, ``COLUMNS``); NaN where a sample has no values."""
        measured = ~np.isnan(acc_m_s2[:, 0]) if (status & Status.FROZEN).any() else None
        if measured is not None and not measured.all():
            found = np.full((len(step_s), COLUMNS), np.nan)
            if measured.any():
                found[measured] = self.update(
                    acc_m_s2[measured], gyr_rad_s[measured], step_s[measured], status[measured]
                )
            return found
        result = np.empty((len(step_s), COLUMNS))
        start = 0
        for stop in [*np.flatnonzero(status & Status.BREAK).tolist(), len(step_s)]:
            if stop > start:
                part = slice(start, stop)
                result[part] = self._run(acc_m_s2[part], gyr_rad_s[part], step_s[part])
            if stop < len(step_s):
                self._begin_anew()
            start = stop
        return result

    def _begin_anew(self) -> None:
        """After a gap that cannot be filled: forget the attitude, keep the bias."""
        bias, sigma = self._filter.getBiasEstimate()
        self._filter.resetState()
        self._filter.setBiasEstimate(np.asarray(bias), float(sigma))
        self._last_rate = None

    def _run(self, acc_m_s2: FloatArray, gyr_rad_s: FloatArray, step_s: FloatArray) -> FloatArray:
        rate = gyr_rad_s - self._bias_rad_s
        mean = np.empty_like(rate)
        mean[0] = rate[0] if self._last_rate is None else 0.5 * (rate[0] + self._last_rate)
        np.add(rate[1:], rate[:-1], out=mean[1:])
        mean[1:] *= 0.5
        mean *= (step_s / self._period_s)[:, None]
        self._last_rate = rate[-1]
        result = np.empty((len(rate), COLUMNS))
        result[:, 4:] = acc_m_s2
        result[:, :4] = self._filter.updateBatch(mean, np.ascontiguousarray(acc_m_s2))["quat6D"]
        return result

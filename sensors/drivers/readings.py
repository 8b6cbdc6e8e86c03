"""From readings to samples: the sensor's range, counters that begin again at zero, sample numbers, who brought what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import GRAVITY_M_S2, BoolArray, FloatArray, IntArray, Sensor

UINT32: Final = 2.0**32
FULL_SCALE_SHARE: Final = 0.999  # int16 sensors stop one count short of their range
POSSIBLE_RANGES: Final = 2.0
"""A value further out than so many times the range is no measurement."""
PHONE_ACC_G: Final = 8.0
PHONE_GYR_DEG_S: Final = 2000.0
"""The usual ranges of phones, which do not tell theirs (judgement): what one measures beyond is marked as clipped."""


@dataclass(frozen=True, slots=True)
class FullScale:
    """The range of a sensor, m/s2 and rad/s."""

    acc_m_s2: float
    gyr_rad_s: float

    @staticmethod
    def of(sensor: Sensor, acc_g: float, gyr_deg_s: float) -> FullScale:
        """The range in the sensor's settings (``acc_range_m_s2``, ``gyr_range_rad_s``), else the device's usual one."""
        acc_m_s2 = float(sensor.settings.get("acc_range_m_s2", acc_g * GRAVITY_M_S2))
        return FullScale(acc_m_s2, float(sensor.settings.get("gyr_range_rad_s", np.deg2rad(gyr_deg_s))))

    @staticmethod
    def of_phone(sensor: Sensor) -> FullScale:
        """The same of a phone."""
        return FullScale.of(sensor, PHONE_ACC_G, PHONE_GYR_DEG_S)

    def clipped(self, values: FloatArray) -> BoolArray:
        """Which of the samples (n, 6) reach the end of the range."""
        at_end: BoolArray = np.any(np.abs(values) >= FULL_SCALE_SHARE * self._limits(), axis=1)
        return at_end

    def usable(self, values: FloatArray) -> BoolArray:
        """Which of the samples (n, 6) can be measurements: numbers, and nowhere beyond twice the range."""
        possible: BoolArray = np.all(np.abs(values) <= POSSIBLE_RANGES * self._limits(), axis=1)  # False for NaN
        return possible

    def _limits(self) -> FloatArray:
        return np.repeat([self.acc_m_s2, self.gyr_rad_s], 3)


def float64_of(octets: NDArray[np.uint8]) -> FloatArray:
    """Rows of bytes (n, 4 k) as little-endian float32, made float64 (n, k). Any NaN is allowed here."""
    with np.errstate(invalid="ignore"):  # some NaNs raise the processor's flag when they are converted
        return np.ascontiguousarray(octets).view("<f4").astype(np.float64)


class Unwrapped:
    """A counter that begins again at zero when it reaches ``modulus``, made to go on."""

    def __init__(self, modulus: float) -> None:
        self._modulus = modulus
        self._turns = 0
        self._last: float | None = None

    def follow(self, raw: FloatArray) -> FloatArray:
        """The next values (n,). A step back by more than half the modulus is a new turn."""
        if not len(raw):
            return raw
        step = np.diff(raw, prepend=raw[0] if self._last is None else self._last)
        turn = (step < -self._modulus / 2).astype(np.int64) - (step > self._modulus / 2)
        turns = self._turns + np.cumsum(turn)
        self._last, self._turns = float(raw[-1]), int(turns[-1])
        continued: FloatArray = raw + turns * self._modulus
        return continued


class SampleNumbers:
    """Device time of a sensor that tells none: the sample's number times the asked period."""

    def __init__(self, sensor: Sensor) -> None:
        self.period_s = 1.0 / (sensor.asked_rate_hz or sensor.measured_rate_hz or 100.0)
        self._samples_before = 0

    def next(self, count: int) -> FloatArray:
        """The times of so many further samples."""
        first = self._samples_before
        self._samples_before += count
        times_s: FloatArray = np.arange(first, first + count, dtype=np.float64) * self.period_s
        return times_s


def counts(positions: IntArray, ends: IntArray) -> IntArray:
    """How many of the ``positions`` (bytes needed so far) fall to each notification; ``ends`` (m,) are their ends."""
    return np.bincount(np.searchsorted(ends, positions), minlength=len(ends))

"""What every emulated phone is: two chips that measure at rates of their own, and a clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from dowel.recordings.types import FloatArray, Samples
from dowel.sensors.simulated.imu import TRIMMED, Chip
from dowel.sensors.simulated.peripherals.base import Source

Platform = Literal["android", "ios"]
Which = Literal["acc", "gyr", "both"]


@dataclass(frozen=True, slots=True)
class Readings:
    """Measurements: ``time_s`` (n,) by the event loop's clock, ``values`` (n, 3 or 6) as Android has them."""

    time_s: FloatArray
    values: FloatArray


@dataclass(frozen=True)
class Handset:
    """A phone's hardware.

    - ``source``: what it feels: specific force and angular rate at times of the event loop's clock.
    - ``acc_rate_hz``, ``gyr_rate_hz``: an iPhone's are 100 Hz, an Android's differ (sources#sensor-logger).
    - ``jitter_s``: by how much its sampling times waver (standard deviation).
    - ``clock_error``: the share by which its clock runs fast; ``clock_begin_s`` what it shows at first.
    - ``chip``: errors of its sensors, drawn from ``seed``.
    """

    source: Source
    acc_rate_hz: float = 100.0
    gyr_rate_hz: float = 100.0
    jitter_s: float = 0.0002
    clock_error: float = 20e-6
    clock_begin_s: float = 100.0
    chip: Chip = TRIMMED
    seed: int = 0

    def switched_on(self) -> Phone:
        """The phone, from now on."""
        return Phone(self)


@dataclass
class _Sensor:
    rate_hz: float
    columns: slice
    begin_s: float
    taken: int = 0
    pending_s: FloatArray = field(default_factory=lambda: np.empty(0))


class Phone:
    """A phone that is switched on. Make and use it in one running event loop."""

    def __init__(self, handset: Handset) -> None:
        self.handset = handset
        self._loop = asyncio.get_running_loop()
        self._rng = np.random.default_rng([handset.seed, 1])
        self._chip = handset.chip.drawn(np.random.default_rng(handset.seed))
        self._on_s = self._loop.time()
        phases = self._rng.uniform(0.0, 1.0, 2)
        self._sensors = {
            "acc": _Sensor(handset.acc_rate_hz, slice(0, 3), self._on_s + phases[0] / handset.acc_rate_hz),
            "both": _Sensor(handset.acc_rate_hz, slice(0, 6), self._on_s + phases[0] / handset.acc_rate_hz),
            "gyr": _Sensor(handset.gyr_rate_hz, slice(3, 6), self._on_s + phases[1] / handset.gyr_rate_hz),
        }

    def now_s(self) -> float:
        """The event loop's clock."""
        return self._loop.time()

    def clock_s(self, time_s: FloatArray) -> FloatArray:
        """What the phone's clock shows at times of the event loop's."""
        return np.asarray(self.handset.clock_begin_s + (time_s - self._on_s) * (1.0 + self.handset.clock_error))

    def until_next_s(self, which: Which) -> float:
        """How long it is from now until this sensor measures next."""
        sensor = self._sensors[which]
        return sensor.begin_s + sensor.taken / sensor.rate_hz - self.now_s()

    def skip(self) -> None:
        """What would have been measured until now is not."""
        for sensor in self._sensors.values():
            sensor.taken = max(int((self.now_s() - sensor.begin_s) * sensor.rate_hz) + 1, sensor.taken)

    def measure(self, which: Which) -> Readings:
        """What this sensor has measured since it was asked last; ``both`` at once, at the accelerometer's times."""
        sensor = self._sensors[which]
        count = int((self.now_s() - sensor.begin_s) * sensor.rate_hz) + 1 - sensor.taken
        if count <= 0:
            return Readings(np.empty(0), np.empty((0, 3)))
        time_s = sensor.begin_s + (sensor.taken + np.arange(count)) / sensor.rate_hz
        sensor.taken += count
        # a chip's sampling wavers, but never so far that samples change places, or lie ahead
        wavers_s = np.minimum(np.abs(self._rng.normal(0.0, self.handset.jitter_s, count)), 0.4 / sensor.rate_hz)
        felt_s = np.maximum(time_s - wavers_s, self._on_s)
        felt = self.handset.source(felt_s)
        measured = self._chip.measure(Samples(felt_s, felt[:, :3], felt[:, 3:]), sensor.rate_hz)
        both = np.hstack([measured.acc_m_s2, measured.gyr_rad_s])
        return Readings(felt_s, both[:, sensor.columns])


def single(values: FloatArray) -> list[list[float]]:
    """Rows as 32-bit floats, which phones measure in, printed with the digits that tell them."""
    return [[float(str(value)) for value in row] for row in values.astype(np.float32)]

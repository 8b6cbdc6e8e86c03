"""Driver for the Nordic Thingy:52 (motion service, raw characteristic).

Source (sources#thingy-52): Nordic-Thingy52-FW, ``ble_tms.h``, ``m_motion.c`` and ``drv_motion.c``. Two things are easy
to miss there:

- The firmware turns the accelerometer over, so that an axis reads +1 g when it points *down*; the gyroscope is left
  as it is. We flip the accelerometer back, so that specific force and angular rate share one right-handed frame.
- The motion library leaves the accelerometer at its default of +-2 g, though the number format would hold 32 g.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Notifications, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Decoded, Notify, Step, Write
from dowel.sensors.drivers.frames import frames_of_length
from dowel.sensors.drivers.readings import FullScale, SampleNumbers

NAME: Final = "thingy52"
TITLE: Final = "Nordic Thingy:52"
CONFIGURATION_SERVICE: Final = "ef680100-9b35-4933-9b10-52ffa9740042"  # the one it advertises
MOTION_SERVICE: Final = "ef680400-9b35-4933-9b10-52ffa9740042"
MOTION_CONFIGURATION: Final = "ef680401-9b35-4933-9b10-52ffa9740042"
RAW: Final = "ef680406-9b35-4933-9b10-52ffa9740042"
LATENCY_S: Final = 0.04  # one sample per notification: a usual connection interval and a sample period
TRIED_ON_HARDWARE: Final = False

RATES_HZ: Final = (100.0, 50.0, 200.0)  # 5 to 200 Hz can be set; 200 Hz overwhelms some receivers
FRAME_BYTES: Final = 18  # int16: 3 specific force, 3 angular rate, 3 magnetic field
ACC_COUNTS_PER_G: Final = 1024  # 6Q10
GYR_COUNTS_PER_DEG_S: Final = 32  # 11Q5
ACC_RANGE_G: Final = 2  # what mpu_init sets; nothing in the firmware sets another
GYR_RANGE_DEG_S: Final = 2000

_SCALE: Final[FloatArray] = np.repeat([-GRAVITY_M_S2 / ACC_COUNTS_PER_G, np.pi / 180.0 / GYR_COUNTS_PER_DEG_S], 3)


def start(rate_hz: float) -> tuple[Step, ...]:
    """Set the motion rate, the rest as the firmware has it from the factory, and subscribe."""
    if rate_hz not in RATES_HZ:
        raise ValueError(f"A Thingy:52 does not sample at {rate_hz:g} Hz.")
    step_counter_ms, temperature_ms, magnetometer_ms, wake_on_motion = 1000, 500, 500, 1
    configuration = struct.pack(
        "<4HB", step_counter_ms, temperature_ms, magnetometer_ms, round(rate_hz), wake_on_motion
    )
    return Write(MOTION_CONFIGURATION, configuration), Notify(RAW)


class Thingy52:
    """Decoder of the raw motion characteristic: one sample of 18 bytes per notification, no time, no counter.

    A notification of another length is left out and counted. A lost notification cannot be seen in the bytes; the
    clock finds it.
    """

    time_base = "count"

    def __init__(self, sensor: Sensor) -> None:
        self._range = FullScale.of(sensor, ACC_RANGE_G, GYR_RANGE_DEG_S)
        self._numbers = SampleNumbers(sensor)

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        which, frames = frames_of_length(notifications, FRAME_BYTES)
        values = frames.view("<i2")[:, :6].astype(np.float64) * _SCALE
        return Decoded(
            np.bincount(which, minlength=len(notifications)),
            self._numbers.next(len(values)),
            values,
            self._range.clipped(values),
            len(notifications) - len(which),
        )


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(CONFIGURATION_SERVICE, MOTION_SERVICE),
    name_pattern="Thingy$",
    data_characteristic=RAW,
    control_characteristic=MOTION_CONFIGURATION,
    rates_hz=RATES_HZ,
    start=start,
    decoder=Thingy52,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="The Thingy:52 measures no more than 2 g: brisk swings and dropped weights are cut off, slow drills are not.",
)

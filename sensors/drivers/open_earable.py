"""Driver for the OpenEarable 2 (an earpiece: the rod's contact at the head).

Source (sources#openearable): open-earable-2 firmware (``openearable_common.h``, ``IMU.cpp``, ``sensor_service.c``). Its
README tells of another packet (time in ms, no size); firmware and app agree on the one here.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dowel.recordings.types import FloatArray, Notifications, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Decoded, Notify, Step, Write
from dowel.sensors.drivers.frames import frames_of_length
from dowel.sensors.drivers.readings import FullScale, float64_of

NAME: Final = "open_earable"
TITLE: Final = "OpenEarable 2"
SENSOR_SERVICE: Final = "34c2e3bb-34aa-11eb-adc1-0242ac120002"
DATA: Final = "34c2e3bc-34aa-11eb-adc1-0242ac120002"
CONFIGURATION: Final = "34c2e3be-34aa-11eb-adc1-0242ac120002"
LATENCY_S: Final = 0.04  # one sample per notification: a usual connection interval and a sample period
TRIED_ON_HARDWARE: Final = False

IMU_ID: Final = 0
STREAM: Final = 1  # option bit of the configuration: send over Bluetooth
RATE_INDEX: Final = {50.0: 1, 100.0: 2, 25.0: 0}  # 100 Hz is the most it sends; 50 Hz is its default
FRAME: Final = np.dtype(
    [("id", "u1"), ("size", "u1"), ("time_us", "<u8"), ("acc", "<f4", (3,)), ("gyr", "<f4", (3,)), ("mag", "<f4", (3,))]
)
ACC_AND_GYR: Final = slice(10, 34)  # bytes of the frame
DATA_BYTES: Final = 36
ACC_RANGE_G: Final = 2  # fixed by the firmware
GYR_RANGE_DEG_S: Final = 2000

_SCALE: Final[FloatArray] = np.repeat([1.0, np.pi / 180.0], 3)


def start(rate_hz: float) -> tuple[Step, ...]:
    """Subscribe, then stream the IMU at this rate."""
    if rate_hz not in RATE_INDEX:
        raise ValueError(f"An OpenEarable does not send at {rate_hz:g} Hz.")
    return Notify(DATA), Write(CONFIGURATION, bytes([IMU_ID, RATE_INDEX[rate_hz], STREAM]))


def stop() -> tuple[Step, ...]:
    """Stop streaming the IMU."""
    return (Write(CONFIGURATION, bytes([IMU_ID, RATE_INDEX[50.0], 0])),)


class OpenEarable:
    """Decoder of the IMU's packets: one sample each, with the device's time in microseconds since it was switched on.

    Packets of its other sensors, packets of another length and values far beyond its range are left out and counted.
    Axis directions in the ear are not documented; any mounting works, because calibration finds them.
    """

    time_base = "device_time"

    def __init__(self, sensor: Sensor) -> None:
        self._range = FullScale.of(sensor, ACC_RANGE_G, GYR_RANGE_DEG_S)

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        which, frames = frames_of_length(notifications, FRAME.itemsize)
        packets = frames.reshape(-1).view(FRAME)
        values = float64_of(frames[:, ACC_AND_GYR]) * _SCALE
        good = (packets["id"] == IMU_ID) & (packets["size"] == DATA_BYTES) & self._range.usable(values)
        return Decoded(
            np.bincount(which[good], minlength=len(notifications)),
            packets["time_us"][good].astype(np.float64) * 1e-6,
            values[good],
            self._range.clipped(values[good]),
            len(notifications) - int(good.sum()),
        )


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(SENSOR_SERVICE,),
    name_pattern="OpenEarable-",
    data_characteristic=DATA,
    control_characteristic=CONFIGURATION,
    rates_hz=tuple(RATE_INDEX),
    start=start,
    stop=stop,
    decoder=OpenEarable,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="The OpenEarable measures no more than 2 g: brisk swings are cut off, slow drills are not. "
    "Wear it as the head sensor.",
)

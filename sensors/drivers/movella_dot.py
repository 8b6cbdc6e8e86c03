"""Movella DOT, formerly Xsens DOT.

One sample per notification, with the sensor's own microseconds. The driver starts payload mode 21 (acceleration and
angular rate), because every firmware has it and nothing else is used; mode 26 (the same after a quaternion) is
understood too. Acceleration is specific force already.

Source (sources#movella-dot): Movella DOT BLE Services Specification, revisions F (2021) and C (2023), and the user
manual XD0502P.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dowel.recordings.types import FloatArray, Notifications, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Change, Decoded, Facts, Notify, Pause, Read, Step, Write
from dowel.sensors.drivers.frames import frames_of_length
from dowel.sensors.drivers.readings import UINT32, FullScale, Unwrapped, float64_of


def _uuid(short: int) -> str:
    return f"1517{short:04x}-4947-11e9-8646-d663bd873d93"


NAME: Final = "movella_dot"
TITLE: Final = "Movella DOT (Xsens DOT)"
SERVICE: Final = _uuid(0x2000)
DEVICE_INFO: Final = _uuid(0x1001)
DEVICE_CONTROL: Final = _uuid(0x1002)
CONTROL: Final = _uuid(0x2001)
DATA: Final = _uuid(0x2003)
BATTERY: Final = _uuid(0x3001)
LATENCY_S: Final = 0.03  # one sample per notification: about a connection interval
TRIED_ON_HARDWARE: Final = False

RATES_HZ: Final = (60.0, 30.0, 20.0, 15.0, 12.0, 10.0)
RATE_QUANTITIES: Final = 21
CUSTOM_5: Final = 26
ACC_RANGE_G: Final = 16.0
GYR_RANGE_DEG_S: Final = 2000.0
_VALUES_AT: Final = {28: 4, 40: 4, 44: 20, 63: 20}
"""Offset of acceleration and angular rate by the length of the notification.

Mode 21 has 28 bytes and mode 26 has 44; the sensor pads them to the 40 and 63 of their characteristics.
"""
_STOP: Final = Write(CONTROL, bytes([1, 0, RATE_QUANTITIES]))


def start(rate_hz: float) -> tuple[Step, ...]:
    """Stop what may still run since a lost link, set the rate, start acceleration and angular rate."""
    if rate_hz not in RATES_HZ:
        raise ValueError(f"Movella DOT has no rate of {rate_hz:g} Hz.")
    set_rate = 0x10  # of the bits that say which settings a write is about
    return (
        _STOP,
        Pause(0.2, "some firmware takes settings only once it has stopped"),
        Change(DEVICE_CONTROL, ((0, bytes([set_rate])), (24, int(rate_hz).to_bytes(2, "little")))),
        Read(DEVICE_CONTROL),
        Read(DEVICE_INFO),
        Read(BATTERY),
        Notify(DATA),
        Write(CONTROL, bytes([1, 1, RATE_QUANTITIES])),
    )


def stop() -> tuple[Step, ...]:
    """End the measurement; without it the sensor goes on by itself until its battery is empty."""
    return (_STOP,)


def facts(characteristic: str, payload: bytes) -> Facts:
    """Firmware, output rate and battery from the characteristics that were read."""
    if characteristic == DEVICE_INFO and len(payload) >= 9:
        return {"firmware": "{}.{}.{}".format(*payload[6:9])}
    if characteristic == DEVICE_CONTROL and len(payload) >= 26:
        return {"rate_hz": float(int.from_bytes(payload[24:26], "little"))}
    if characteristic == BATTERY and len(payload) >= 2:
        return {"battery_pct": float(payload[0]), "charging": payload[1] == 1}
    return {}


class MovellaDotPayloads:
    """Decoder of modes 21 and 26. Time is the sensor's microseconds, which begin again after 71.6 minutes."""

    time_base = "device_time"

    def __init__(self, sensor: Sensor) -> None:
        self._clock_us = Unwrapped(UINT32)
        self._full_scale = FullScale.of(sensor, ACC_RANGE_G, GYR_RANGE_DEG_S)

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        time_us = np.zeros(len(notifications))
        values: FloatArray = np.full((len(notifications), 6), np.nan)
        for size, values_at in _VALUES_AT.items():
            rows, frames = frames_of_length(notifications, size)
            time_us[rows] = np.ascontiguousarray(frames[:, :4]).view("<u4")[:, 0]
            values[rows] = float64_of(frames[:, values_at : values_at + 24])
        values[:, 3:] *= np.pi / 180.0
        good = self._full_scale.usable(values)
        values = values[good]
        time_s = self._clock_us.follow(time_us[good]) * 1e-6
        count = good.astype(np.int64)
        return Decoded(count, time_s, values, self._full_scale.clipped(values), int(np.count_nonzero(~good)))


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(SERVICE, _uuid(0x1000)),
    name_pattern=r"(Movella|Xsens) DOT",
    data_characteristic=DATA,
    control_characteristic=CONTROL,
    rates_hz=RATES_HZ,
    start=start,
    stop=stop,
    decoder=MovellaDotPayloads,
    facts=facts,
    poll=(Read(BATTERY),),
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="60 Hz is the most it sends over Bluetooth; it switches itself off after 30 minutes without a link.",
)

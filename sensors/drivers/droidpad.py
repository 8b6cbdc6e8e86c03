"""DroidPad, an app that makes an Android phone a Bluetooth LE sensor.

Each notification is a line of text: ``ACCELEROMETER,x,y,z`` in m/s2 (specific force, as Android has it) or
``GYROSCOPE,x,y,z`` in rad/s. The two come apart and without time or number, so each angular rate makes a sample with
the latest acceleration before it. This differs from pairing them by number, which goes wrong for good after a loss.

Source (sources#droidpad): UmerCodez/DroidPad (README, BluetoothLEConnection, SensorEvent), version 3.12.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, IntArray, Notifications, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Decoded, Notify, Step
from dowel.sensors.drivers.readings import FullScale, SampleNumbers

NAME: Final = "droidpad"
TITLE: Final = "Android phone with DroidPad"
SERVICE: Final = "4fbfc1d7-f509-44ab-afe1-62ea40a4b111"
DATA: Final = "dc3f5274-33ba-48de-8246-43bf8985b323"
LATENCY_S: Final = 0.05  # an event per notification: about a connection interval, and the phone's own queue
TRIED_ON_HARDWARE: Final = False

RATES_HZ: Final = (50.0, 100.0, 25.0)
OLDEST_ACC_RATES: Final = 4
"""An acceleration serves for so many angular rates at most; phones sample the two at rates within a factor of 2."""
_NUMBER: Final = rb"([+-]?\d{1,12}(?:\.\d{1,20})?(?:E[+-]?\d{1,2})?)"
_MEASURED: Final = rb"(ACCELEROME?TER|GYROSCOPE)," + rb",".join([_NUMBER] * 3)  # the app's README drops an E
_OTHER_CONTROL: Final = rb"([^,\n]{1,40},[A-Z_]{2,20}(?:,.{0,40})?)"
_EVENT = re.compile(rb"^(?:" + _MEASURED + rb"|" + _OTHER_CONTROL + rb"|.*)$", re.MULTILINE)
"""One match per line: kind, x, y, z of a measurement, or another control of the pad, or neither."""
_LINE_END, _NO_LINE_END = 10, 1


def start(rate_hz: float) -> tuple[Step, ...]:
    """Listen. The rate is set in the app."""
    if rate_hz not in RATES_HZ:
        raise ValueError(f"DroidPad is not used at {rate_hz:g} Hz.")
    return (Notify(DATA),)


class DroidPadEvents:
    """Decoder of the app's events. Other controls of its pad (buttons, sliders) are passed over, not counted."""

    time_base = "count"

    def __init__(self, sensor: Sensor) -> None:
        self._numbers = SampleNumbers(sensor)
        self._full_scale = FullScale.of_phone(sensor)
        self._acc: FloatArray = np.zeros(3)
        self._acc_age = OLDEST_ACC_RATES
        """So many angular rates have used the acceleration already."""

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications: at most one each."""
        table = np.array(_EVENT.findall(_as_lines(notifications)), np.bytes_).reshape(-1, 5)[: len(notifications)]
        kind, other = table[:, 0], table[:, 4]
        told = kind != b""
        measured: FloatArray = np.full((len(table), 3), np.nan)
        measured[told] = table[told, 1:4].astype(np.float64)
        is_gyr = kind == b"GYROSCOPE"
        both: FloatArray = np.concatenate([np.where(is_gyr[:, None], 0.0, measured), np.zeros((len(table), 3))], axis=1)
        both[is_gyr, 3:] = measured[is_gyr]
        good = told & self._full_scale.usable(both)
        held, age = self._held_acc(good & ~is_gyr, good & is_gyr, measured)
        taken = good & is_gyr & (age <= OLDEST_ACC_RATES)
        values = np.concatenate([held[taken], measured[taken]], axis=1)
        times_s = self._numbers.next(len(values))
        used = taken | (good & ~is_gyr) | (other != b"")
        bad = int(np.count_nonzero(~used))
        return Decoded(taken.astype(np.int64), times_s, values, self._full_scale.clipped(values), bad)

    def _held_acc(self, is_acc: BoolArray, is_gyr: BoolArray, measured: FloatArray) -> tuple[FloatArray, IntArray]:
        """The latest acceleration at each event, and how many angular rates have used it, this one included."""
        if not len(is_acc):
            return measured, np.empty(0, np.int64)
        latest = np.maximum.accumulate(np.where(is_acc, np.arange(len(is_acc)), -1))
        known = latest >= 0
        uses = np.cumsum(is_gyr)
        age: IntArray = uses - np.where(known, uses[latest], -self._acc_age)
        held: FloatArray = np.where(known[:, None], measured[latest], self._acc)
        self._acc, self._acc_age = held[-1], int(age[-1])
        return held, age


def _as_lines(notifications: Notifications) -> bytes:
    """One line per notification, whatever bytes are in it."""
    octets = np.frombuffer(notifications.payload, np.uint8)
    octets = np.where(octets == _LINE_END, np.uint8(_NO_LINE_END), octets)
    if not len(notifications):
        return b""
    return np.insert(octets, np.cumsum(notifications.length)[:-1], _LINE_END).tobytes()


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(SERVICE,),
    name_pattern="",
    data_characteristic=DATA,
    rates_hz=RATES_HZ,
    start=start,
    decoder=DroidPadEvents,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note=(
        "Put accelerometer and gyroscope on the app's pad and set its sampling period (20000 us for 50 Hz; it begins "
        "at 5 Hz); give the phone a short Bluetooth name, keep its screen on, and tap Connect after every lost link."
    ),
)

"""Driver for Sensor Logger (Kelvin Choi), an app on Android and iPhone, by its HTTP push.

A message is the body of one POST: a number (``messageId``), and measurements of several sensors by name, each with its
Unix time in ns. Messages can overtake each other, so they are taken in the order of their numbers; one that is missing
is waited for while there are at most ``WAITED_FOR`` later ones, and is a gap then.

``accelerometer`` is without gravity, so ``gravity`` is added at its times; ``totalacceleration`` (Android) and
``accelerometeruncalibrated`` have it in. An iPhone whose "Standardise Units & Frames" is off has all of them with the
sign turned, the last one in g. No message says so, and no movement shows it either: a specific force with its sign
turned agrees with the gyroscope as well as the right one (df/dt = -w x f is linear in f). So :func:`learn` finds it
out once, at the start, and it is kept in the sensor's settings: ``acc_source``, ``acc_factor``, ``gyr_source``.

Source (sources#sensor-logger): tszheichoi/awesome-sensor-logger (PUSHING, UNITS, COORDINATES, CROSSPLATFORM, SAMPLING).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Notifications, Sensor
from dowel.sensors.drivers.acc_gyro_pairing import Pairing, Rows
from dowel.sensors.drivers.base import Decoded, Driver
from dowel.sensors.drivers.messages import Messages, json_object, number
from dowel.sensors.drivers.readings import FullScale

NAME: Final = "sensor_logger"
TITLE: Final = "Phone with Sensor Logger"
LATENCY_S: Final = 0.2  # at a batch period of 100 to 200 ms; the link measures it
TRIED_ON_HARDWARE: Final = False

TOTAL: Final = "totalacceleration"
WITHOUT_GRAVITY: Final = "accelerometer"
GRAVITY: Final = "gravity"
UNCALIBRATED: Final = "accelerometeruncalibrated"
GYROSCOPES: Final = ("gyroscope", "gyroscopeuncalibrated")
_OF_INTEREST: Final = frozenset({TOTAL, WITHOUT_GRAVITY, GRAVITY, UNCALIBRATED, *GYROSCOPES})

WAITED_FOR: Final = 2
"""A message overtakes one or two others; more of them would hold a verdict up for longer than the rep lasts."""
NEW_COUNT: Final = 64
"""A number that lies back by more begins a new count."""
LARGEST_ID: Final = 1 << 53
NS: Final = 1e-9
LATEST_NS: Final = 1 << 62

FLAT: Final = 0.8
"""Share of gravity along z with which a phone lies flat, up to 37 degrees aslope."""
STILL_RAD_S: Final = 0.2
STILL_SAMPLES: Final = 20
IN_G: Final = 3.0
"""A specific force at rest is 1 in g and 9.8 in m/s2."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement: sensor, Unix time in ns, x, y, z."""

    name: str
    time_ns: int
    xyz: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Batch:
    """A message understood. ``told_by_android``: it holds what only Android sends."""

    number: int
    session: str
    device: str
    measured: Sequence[Measured]
    bad: int
    told_by_android: bool


def read(message: bytes) -> Batch | None:
    """The batch that a message is; None when it is none. Measurements of other sensors are passed over."""
    told = json_object(message)
    if told is None:
        return None
    count, payload = told.get("messageId"), told.get("payload")
    if type(count) is not int or not 0 <= count < LARGEST_ID or not isinstance(payload, list):
        return None
    measured: list[Measured] = []
    bad, android = 0, False
    for each in payload:
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(name, str):
            bad += 1
            continue
        name = name.lower()
        if name not in _OF_INTEREST:
            continue
        time_ns, values = each.get("time"), each.get("values")
        if type(time_ns) is not int or abs(time_ns) > LATEST_NS or not isinstance(values, dict):
            bad += 1
            continue
        android = android or name == TOTAL or "accuracy" in each or "accuracy" in values
        x, y, z = (number(values.get(axis)) for axis in "xyz")
        measured.append(Measured(name, time_ns, (x, y, z)))
    return Batch(count, str(told.get("sessionId", "")), str(told.get("deviceId", "")), measured, bad, android)


def learn(batches: Sequence[Batch]) -> tuple[dict[str, Any], str]:
    """The settings that these batches tell, and a sentence that says what is to be done when they do not."""
    by_name: dict[str, list[tuple[float, float, float]]] = {}
    for batch in batches:
        for each in batch.measured:
            by_name.setdefault(each.name, []).append(each.xyz)
    gyroscope = next((name for name in GYROSCOPES if name in by_name), None)
    source = next((name for name in (TOTAL, WITHOUT_GRAVITY, UNCALIBRATED) if _complete(name, by_name)), None)
    if gyroscope is None or source is None:
        return {}, "Switch on Accelerometer, Gravity and Gyroscope in Sensor Logger, and start the recording again."
    android = any(batch.told_by_android for batch in batches)
    factor = _factor(source, {name: np.array(rows) for name, rows in by_name.items()}, gyroscope, android=android)
    if factor is None:
        return {}, (
            "Lay the phone on a table for two seconds, screen up: it shows which way its accelerometer counts. Or "
            "switch on Standardise Units & Frames and lay it down all the same."
        )
    return {"acc_source": source, "acc_factor": factor, "gyr_source": gyroscope}, ""


def _complete(name: str, by_name: Mapping[str, Any]) -> bool:
    return name in by_name and (name != WITHOUT_GRAVITY or GRAVITY in by_name)


def _factor(source: str, by_name: Mapping[str, FloatArray], gyroscope: str, *, android: bool) -> float | None:
    """What makes the source's values specific force in m/s2; None while that cannot be told.

    Android's signs are right. An iPhone's uncalibrated values are in g when its signs are turned. Else the phone must
    lie still with its screen up: then z of the specific force is positive.
    """
    if android:
        return 1.0
    if UNCALIBRATED in by_name:
        in_g = float(np.median(np.linalg.norm(by_name[UNCALIBRATED], axis=1))) < IN_G
        return (-GRAVITY_M_S2 if source == UNCALIBRATED else -1.0) if in_g else 1.0
    up, rate = by_name[GRAVITY][-STILL_SAMPLES:], by_name[gyroscope][-STILL_SAMPLES:]
    if min(len(up), len(rate)) < STILL_SAMPLES or not (np.linalg.norm(rate, axis=1) < STILL_RAD_S).all():
        return None
    share = up[:, 2] / np.linalg.norm(up, axis=1)
    return 1.0 if (share > FLAT).all() else -1.0 if (share < -FLAT).all() else None


@dataclass(slots=True)
class _InOrder:
    """Messages in the order of their numbers."""

    session: str | None = None
    expected: int = 0
    held: dict[int, Batch] = field(default_factory=dict)

    def take(self, batch: Batch) -> tuple[list[Batch], int]:
        """The batches that are next now, and how many came too late."""
        out: list[Batch] = []
        if batch.session != self.session or batch.number < self.expected - NEW_COUNT:
            out = [self.held[each] for each in sorted(self.held)]
            self.session, self.expected, self.held = batch.session, batch.number, {}
        if batch.number < self.expected or batch.number in self.held:
            return out, 1
        self.held[batch.number] = batch
        if len(self.held) > WAITED_FOR:
            self.expected = min(self.held)
        while self.expected in self.held:
            out.append(self.held.pop(self.expected))
            self.expected += 1
        return out, 0


class SensorLoggerBatches:
    """Decoder of pushed messages; see the module for their order and the accelerometer's sign.

    Acceleration is interpolated at the gyroscope's times, and gravity at the acceleration's.
    """

    time_base = "device_time"

    def __init__(self, sensor: Sensor) -> None:
        self._source = str(sensor.settings.get("acc_source", WITHOUT_GRAVITY))
        self._gyroscope = str(sensor.settings.get("gyr_source", GYROSCOPES[0]))
        self._factor = float(sensor.settings.get("acc_factor", 1.0))
        self._full_scale = FullScale.of_phone(sensor)
        self._messages = Messages()
        self._in_order = _InOrder()
        self._with_gravity = Pairing()
        self._pairing = Pairing()

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        whole, bad = self._messages.read(notifications)
        ready: list[tuple[int, Batch]] = []
        for index, message in whole:
            batch = read(message)
            if batch is None:
                bad += 1
                continue
            due, late = self._in_order.take(batch)
            ready += [(index, each) for each in due]
            bad += late + batch.bad
        count = len(notifications)
        acc, bad_acc = self._rows(ready, self._source).possible(self._full_scale.acc_m_s2)
        gyr, bad_gyr = self._rows(ready, self._gyroscope).possible(self._full_scale.gyr_rad_s)
        bad += bad_acc + bad_gyr
        if self._source == WITHOUT_GRAVITY:
            gravity, bad_gravity = self._rows(ready, GRAVITY).possible(self._full_scale.acc_m_s2)
            summed = self._with_gravity.take(count, acc, gravity)
            bad += bad_gravity + summed.left_out + summed.repeated
            acc = summed.rows(summed.leading.values + summed.partner)
        paired = self._pairing.take(count, gyr, acc)
        return paired.decoded(bad + paired.repeated, self._full_scale)

    def _rows(self, ready: Iterable[tuple[int, Batch]], name: str) -> Rows:
        """One sensor's measurements, the accelerometer's as specific force in m/s2."""
        found = [(index, each) for index, batch in ready for each in batch.measured if each.name == name]
        xyz = np.array([each.xyz for _, each in found], np.float64).reshape(-1, 3)
        factor = 1.0 if name == self._gyroscope else self._factor
        time_s: FloatArray = np.array([each.time_ns for _, each in found], np.int64).astype(np.float64) * NS
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large for a number is left out
            xyz = factor * xyz
        return Rows(np.array([index for index, _ in found], np.int64), time_s, xyz)


DRIVER: Final = Driver(
    name=NAME,
    title=TITLE,
    decoder=SensorLoggerBatches,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="Set Sensor Logger's batch period to 100 ms and its sampling to 100 Hz, and keep the recording running.",
)

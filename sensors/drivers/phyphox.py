"""Driver for phyphox, an app for physics experiments on Android and iPhone, by its remote interface.

A message is the body of one answer to ``/get``: for each buffer that was asked for, its values (all of them, or those
after a threshold), and the state of the experiment. Accelerometer and gyroscope fill buffers of their own, each with
its own times, in s since the experiment's first start.

What the buffers are called differs between Android and iPhone and from experiment to experiment, so it is read from
``/config`` (:func:`buffers_of`) and kept in the sensor's settings: ``acc_buffers`` and ``gyr_buffers``, each the names
of time, x, y and z.

Specific force in m/s2 with Android's signs on both platforms (an iPhone's values are turned by the app), rad/s.

Source (sources#phyphox): phyphox-android (``RemoteServer``) and phyphox-ios (``ExperimentWebServer``,
``ExperimentSensorInput``), and the remote interface's page in the phyphox wiki.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import numpy as np

from dowel.recordings.types import FloatArray, IntArray, Notifications, Sensor
from dowel.sensors.drivers.acc_gyro_pairing import Pairing, Rows
from dowel.sensors.drivers.base import Decoded, Driver
from dowel.sensors.drivers.messages import Messages, json_object, number
from dowel.sensors.drivers.readings import FullScale

NAME: Final = "phyphox"
TITLE: Final = "Phone with phyphox"
LATENCY_S: Final = 0.1  # half a poll and the network; sensors report within some tens of ms
TRIED_ON_HARDWARE: Final = False

SOURCES: Final = {"acc_buffers": "accelerometer", "gyr_buffers": "gyroscope"}
"""Source of an input in ``/config``; ``linear_acceleration`` is without gravity and is not used."""
_COMPONENTS: Final = ("t", "x", "y", "z")
OVERLAP_S: Final = 0.03
"""So much is asked for again each time: Android prints 8 digits of a time and rounds the threshold up to that, so a
sample close behind it could be passed over for ever. What comes twice is left out."""
ROWS_UNDER_WAY: Final = 1
"""An answer may be written while a sample is, so that some buffers have it already (phyphox-ios issue 22). All begin
with the same row."""
LATEST_S: Final = 1e9
NEW_CLOCK_S: Final = 10.0
"""The times of a new session are put this far back behind those of the last one, so that nothing takes them for one."""


def buffers_of(config: bytes) -> dict[str, list[str]] | None:
    """The settings that the answer to ``/config`` tells; None when it is no answer of phyphox.

    A setting is missing where the experiment has no such sensor.
    """
    told = json_object(config)
    inputs = None if told is None else told.get("inputs")
    if not isinstance(inputs, list):
        return None
    found: dict[str, list[str]] = {}
    for each in inputs:
        outputs = each.get("outputs") if isinstance(each, dict) else None
        if not isinstance(outputs, list):
            continue
        names: dict[str, str] = {}
        for output in outputs:
            if isinstance(output, dict):
                names |= {key: name for key, name in output.items() if isinstance(name, str)}
        for setting, source in SOURCES.items():
            if each.get("source") == source and names.keys() >= set(_COMPONENTS):
                found.setdefault(setting, [names[component] for component in _COMPONENTS])
    return found


def query(buffers: Mapping[str, Sequence[str]], after_s: Mapping[str, float]) -> str:
    """The path of ``/get`` for what is newer than these times; a sensor without one is asked for its last time only."""
    asked = []
    for setting, names in buffers.items():
        time, *axes = (quote(name, safe="") for name in names)
        if setting not in after_s:
            asked.append(time)
            continue
        threshold = f"{after_s[setting] - OVERLAP_S:.6f}"
        asked.append(f"{time}={threshold}")
        asked += [f"{axis}={threshold}%7C{time}" for axis in axes]
    return "/get?" + "&".join(asked)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to ``/get``: the experiment's session, whether it is measuring, times and values (n, 4) by setting.

    ``bad`` counts rows with something else than numbers, and buffers whose lengths do not fit together.
    """

    session: str
    measuring: bool
    rows: Mapping[str, FloatArray]
    bad: int


def read(message: bytes, buffers: Mapping[str, Sequence[str]]) -> Answer | None:
    """The answer that a message is; None when it is none."""
    told = json_object(message)
    if told is None or not isinstance(told.get("buffer"), dict) or not isinstance(told.get("status"), dict):
        return None
    rows, bad = {}, 0
    for setting, names in buffers.items():
        columns = [_values(told["buffer"].get(name)) for name in names]
        shortest, longest = min(map(len, columns), default=0), max(map(len, columns), default=0)
        bad += longest - shortest > ROWS_UNDER_WAY  # else the rest comes with the next answer
        found = np.array([column[:shortest] for column in columns], np.float64).T.reshape(-1, 4)
        whole = np.isfinite(found).all(axis=1) & (np.abs(found[:, 0]) <= LATEST_S)
        bad += int(len(found) - np.count_nonzero(whole))
        rows[setting] = found[whole]
    status = told["status"]
    return Answer(str(status.get("session", "")), status.get("measuring") is True, rows, bad)


def last_time_s(message: bytes, time_buffer: str) -> float | None:
    """The last time in a buffer of times, as an answer has it; None without one."""
    told = json_object(message) or {}
    buffers = told.get("buffer")
    values = _values(buffers.get(time_buffer)) if isinstance(buffers, dict) else []
    return values[-1] if values and np.isfinite(values[-1]) else None


def _values(buffer: Any) -> list[float]:
    values = buffer.get("buffer") if isinstance(buffer, dict) else None
    return [number(value) for value in values] if isinstance(values, list) else []


class PhyphoxAnswers:
    """Decoder of answers to ``/get``; acceleration is interpolated at the gyroscope's times.

    Rows that come again (a threshold overlaps, or the app sends everything again after a clear) are left out without
    being counted. A new session, and times that begin again after a clear, are a clock that begins again.
    """

    time_base = "device_time"

    def __init__(self, sensor: Sensor) -> None:
        self._buffers = {setting: _names(sensor.settings.get(setting)) for setting in SOURCES}
        self._full_scale = FullScale.of_phone(sensor)
        self._messages = Messages()
        self._pairing = Pairing()
        self._session: str | None = None
        self._newest_s = self._shift_s = 0.0

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        whole, bad = self._messages.read(notifications)
        found: dict[str, list[tuple[int, FloatArray]]] = {setting: [] for setting in SOURCES}
        for index, message in whole:
            answer = read(message, self._buffers)
            if answer is None:
                bad += 1
                continue
            bad += answer.bad
            self._follow(answer)
            for setting, rows in answer.rows.items():
                found[setting].append((index, rows + np.array([self._shift_s, 0.0, 0.0, 0.0])))
        acc, bad_acc = _rows(found["acc_buffers"]).possible(self._full_scale.acc_m_s2)
        gyr, bad_gyr = _rows(found["gyr_buffers"]).possible(self._full_scale.gyr_rad_s)
        paired = self._pairing.take(len(notifications), gyr, acc)
        return paired.decoded(bad + bad_acc + bad_gyr, self._full_scale)

    def _follow(self, answer: Answer) -> None:
        """Keep the times of two sessions apart."""
        times_s = [float(rows[:, 0].max()) for rows in answer.rows.values() if len(rows)]
        if not times_s:
            return
        if self._session not in (None, answer.session):
            self._shift_s = self._newest_s - NEW_CLOCK_S - max(times_s)
        self._session = answer.session
        self._newest_s = max(times_s) + self._shift_s


def _rows(parts: list[tuple[int, FloatArray]]) -> Rows:
    """One sensor's rows of several answers."""
    which: IntArray = np.repeat([index for index, _ in parts], [len(rows) for _, rows in parts]).astype(np.int64)
    rows = np.concatenate([np.empty((0, 4)), *(rows for _, rows in parts)])
    return Rows(which, rows[:, 0], rows[:, 1:])


def _names(value: Any) -> list[str]:
    """Four names of buffers from a setting; names that no buffer has where it is missing."""
    if isinstance(value, list) and len(value) == len(_COMPONENTS) and all(isinstance(name, str) for name in value):
        return value
    return []


DRIVER: Final = Driver(
    name=NAME,
    title=TITLE,
    decoder=PhyphoxAnswers,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="Keep phyphox in front with remote access on; it stops when the screen locks or another app comes forward.",
)

"""Sensors that send lines of text over the Nordic UART service: home-made ones and other people's sketches.

A line is CSV or a flat JSON object. The sensor's setting ``columns`` names the values of a CSV line in order (or the
keys of a JSON object), each with its unit: see ``COLUMNS``. Without the setting it is the format of docs/drivers.md:
``seq,time_us,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s``, and of a rod with switches after
them ``contact_head,contact_upper_back,contact_sacrum``. Acceleration must be specific force; a sensor that shows -1 g
along the axis that points up gets the setting ``acc_flip: true``.

Source (sources#nordic-uart): Nordic Semiconductor's UART service, whose RX and TX are named as the sensor sees them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.numbers import is_number
from dowel.recordings.types import CONTACTS, BoolArray, FloatArray, IntArray, Notifications, Sensor
from dowel.recordings.units import ACC_M_S2, GYR_RAD_S, TIME_S, in_names
from dowel.sensors.drivers.base import BluetoothDriver, Decoded, Notify, Step
from dowel.sensors.drivers.readings import UINT32, FullScale, SampleNumbers, Unwrapped, counts

NAME: Final = "text_lines"
TITLE: Final = "Home-made sensor (text over Nordic UART)"
SERVICE: Final = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
CONTROL: Final = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"  # RX
DATA: Final = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"  # TX
LATENCY_S: Final = 0.06  # two or three samples in a notification, and a connection interval
TRIED_ON_HARDWARE: Final = False

ACC_RANGE_G: Final = 16.0
GYR_RANGE_DEG_S: Final = 2000.0
RATES_HZ: Final = (100.0, 50.0, 25.0, 200.0)
TIME_UNITS_S: Final = {f"time_{unit}": TIME_S[unit] for unit in ("us", "ms", "s")}
ACC_UNITS_M_S2: Final = in_names(ACC_M_S2)
GYR_UNITS_RAD_S: Final = in_names(GYR_RAD_S)
SEQUENCE: Final = "seq"
SKIP: Final = "skip"
COUNTS: Final = "counts"
DEFAULT_COLUMNS: Final = (SEQUENCE, "time_us", *(f"acc_{i}_m_s2" for i in "xyz"), *(f"gyr_{i}_rad_s" for i in "xyz"))
CONTACT_COLUMNS: Final = tuple(f"contact_{contact}" for contact in CONTACTS)
"""Switches on a rod: 1 where the back touches it, 0 where it does not. Without the setting they may be missing."""
COLUMNS: Final = frozenset(
    {SEQUENCE, SKIP, *TIME_UNITS_S, *CONTACT_COLUMNS}
    | {f"acc_{axis}_{unit}" for axis in "xyz" for unit in (*ACC_UNITS_M_S2, COUNTS)}
    | {f"gyr_{axis}_{unit}" for axis in "xyz" for unit in (*GYR_UNITS_RAD_S, COUNTS)}
)
"""Every name a column can have.

``counts`` are the chip's own numbers; the settings ``acc_m_s2_per_count`` and ``gyr_rad_s_per_count`` say what one is
worth. ``seq`` counts lines and begins again at 65536; ``time_us`` and ``time_ms`` may begin again at 2^32.
"""
SEQUENCE_MODULUS: Final = 65536.0
LONGEST_LINE_BYTES: Final = 512
LINK_LOST_S: Final = 1.0
"""After such a silence the link may have been lost, and what comes next may begin in the middle of a line."""
_LINE_END, _CUT, _GARBAGE, _UNREADABLE = b"\n", b"\0", b"\1", b"?"
LARGEST: Final = 2.0**53
"""No counter goes beyond what a number can hold exactly."""
ENDLESS: Final = 2.0**55
_AXES: Final = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
_NUMBER: Final = rb"[ \t]{0,4}([+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?)[ \t]{0,4}"


def start(rate_hz: float) -> tuple[Step, ...]:
    """Listen. The rate is set in the sensor's own program."""
    if rate_hz not in RATES_HZ:
        raise ValueError(f"Home-made sensors are not used at {rate_hz:g} Hz.")
    return (Notify(DATA),)


class TextLines:
    """Decoder of lines; a line may be cut anywhere between two notifications.

    Raises ``InputError`` when the sensor's ``columns`` cannot be understood. Time base ``device_time`` if there is a
    column of time. Else ``count``: the number is ``seq`` if there is one, so a lost line is a gap; else the lines are
    counted. The line that was under way when listening began is left out and not counted as bad.
    """

    def __init__(self, sensor: Sensor) -> None:
        self._names = _column_names(sensor)
        optional = 0 if "columns" in sensor.settings else len(CONTACT_COLUMNS)
        self._places, self._factors = _measured_columns(sensor, self._names)
        self._full_scale = FullScale.of(sensor, ACC_RANGE_G, GYR_RANGE_DEG_S)
        self._time = next((name for name in self._names if name in TIME_UNITS_S), None)
        self.time_base = "device_time" if self._time else "count"
        self._clock = Unwrapped(ENDLESS if self._time == "time_s" else UINT32)
        self._sequence = Unwrapped(SEQUENCE_MODULUS)
        self._numbers = SampleNumbers(sensor)
        csv = rb",".join([_NUMBER] * (len(self._names) - optional))
        csv += rb"(?:," + rb",".join([_NUMBER] * optional) + rb")?" if optional else b""
        self._contacts = [self._names.index(name) if name in self._names else None for name in CONTACT_COLUMNS]
        self._needed = [place for place, name in enumerate(self._names) if name not in CONTACT_COLUMNS]
        self._line = re.compile(rb"^(?:" + csv + rb"\r?|[ \t\r]*|(.*))$", re.MULTILINE)
        self._rest = b""
        self._arrival_ns: int | None = None

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications; each belongs to the one that brought the end of its line."""
        data, ends = self._with_cuts(notifications)
        line_ends: IntArray = np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_END[0]) + 1
        whole = int(line_ends[-1]) if len(line_ends) else 0
        lines = self._line.findall(data[: whole - 1]) if whole else []
        self._keep(data[whole:])
        table, empty = self._table(lines, np.diff(line_ends, prepend=0))
        values: FloatArray = table[:, self._places] * self._factors
        good = self._full_scale.usable(values) & np.all(np.abs(table[:, self._needed]) <= LARGEST, axis=1)
        table, values = table[good], values[good]
        count = counts(line_ends[good], ends)
        bad = int(np.count_nonzero(~good & ~empty))
        clipped = self._full_scale.clipped(values)
        return Decoded(count, self._times_s(table), values, clipped, bad, contacts=self._switches(table))

    def without_words(self, notifications: Notifications) -> Notifications:
        """All of a session's notifications with the numbers of the columns alone, and with the same samples.

        Of a JSON object the values of other names go; a line that brings no sample becomes one of question marks. Each
        notification stays as long as it was.
        """
        lines = notifications.payload.replace(_CUT, _GARBAGE).split(_LINE_END)
        lines[-1:] = [_UNREADABLE * len(lines[-1])]  # its end never came
        return replace(notifications, payload=_LINE_END.join([*map(self._wordless, lines[:-1]), lines[-1]]))

    def _wordless(self, line: bytes) -> bytes:
        if len(line) >= LONGEST_LINE_BYTES:
            return _UNREADABLE * len(line)
        found = self._line.fullmatch(line)
        if found is not None and not found[found.re.groups]:
            return line
        told = _numbers_told(line, self._names)
        return told.ljust(len(line)) if told else _UNREADABLE * len(line)

    def _with_cuts(self, notifications: Notifications) -> tuple[bytes, IntArray]:
        """What is to be read, with a mark where the link may have been lost, and where each notification ends."""
        arrival_ns, length = notifications.arrival_ns, notifications.length
        if not len(notifications):
            return self._rest, length
        before_ns = arrival_ns[0] - 1 - round(LINK_LOST_S * 1e9) if self._arrival_ns is None else self._arrival_ns
        cut = np.diff(arrival_ns, prepend=before_ns) > LINK_LOST_S * 1e9
        self._arrival_ns = int(arrival_ns[-1])
        octets = np.frombuffer(notifications.payload.replace(_CUT, _GARBAGE), np.uint8)
        octets = np.insert(octets, (np.cumsum(length) - length)[cut], _CUT[0])
        return self._rest + octets.tobytes(), len(self._rest) + np.cumsum(length + cut)

    def _keep(self, rest: bytes) -> None:
        """Keep the line under way, or only that it was too long."""
        if len(rest) > LONGEST_LINE_BYTES:
            rest = _CUT if _CUT in rest else _GARBAGE
        self._rest = rest

    def _table(self, lines: list[tuple[bytes, ...]], size: IntArray) -> tuple[FloatArray, BoolArray]:
        """A row of numbers per line, NaN if it holds none; and which lines count for nothing, neither good nor bad."""
        table: FloatArray = np.full((len(lines), len(self._names)), np.nan)
        empty: BoolArray = np.zeros(len(lines), np.bool_)
        if not lines:
            return table, empty
        *fields, others = zip(*lines, strict=True)
        is_csv = np.array(fields[0]) != b""
        for column, texts in enumerate(fields):
            table[is_csv, column] = np.array([text or b"nan" for text in texts])[is_csv].astype(np.float64)
        for row in np.flatnonzero(~is_csv).tolist():
            empty[row] = not others[row] or _CUT in others[row]
            if not empty[row]:
                table[row] = _from_json(others[row], self._names)
        table[size > LONGEST_LINE_BYTES] = np.nan
        return table, empty

    def _switches(self, table: FloatArray) -> FloatArray | None:
        """What the rod's switches tell (n, 3); None of a board that has no place for them."""
        if all(place is None for place in self._contacts):
            return None
        nothing = np.full(len(table), np.nan)
        return np.column_stack([nothing if place is None else table[:, place] for place in self._contacts])

    def _times_s(self, table: FloatArray) -> FloatArray:
        """Device time of the lines, by their time, their number or their place."""
        if self._time:
            return self._clock.follow(table[:, self._names.index(self._time)]) * TIME_UNITS_S[self._time]
        if SEQUENCE in self._names:
            return self._sequence.follow(table[:, self._names.index(SEQUENCE)]) * self._numbers.period_s
        return self._numbers.next(len(table))


class _Written(str):
    """A number as it stands in a text."""

    __slots__ = ()


def _numbers_told(line: bytes, names: Sequence[str]) -> bytes:
    """A flat JSON object with the numbers of the columns as they were written, no longer; empty where it is none."""
    try:
        found = json.loads(line, parse_int=_Written, parse_float=_Written, parse_constant=_Written)
    except (ValueError, RecursionError):
        return b""
    if not line.lstrip().startswith(b"{") or (SKIP in names and not isinstance(found.get(SKIP, _Written()), _Written)):
        return b""
    told = (f'"{name}":{found[name]}' for name in dict.fromkeys(names) if isinstance(found.get(name), _Written))
    return f"{{{','.join(told)}}}".encode()


def _column_names(sensor: Sensor) -> tuple[str, ...]:
    """The names of the columns, all known, with each axis exactly once."""
    names = tuple(str(name) for name in sensor.settings.get("columns", (*DEFAULT_COLUMNS, *CONTACT_COLUMNS)))
    unknown = [name for name in names if name not in COLUMNS]
    axes = [name[:5] for name in names if name.startswith(("acc_", "gyr_"))]
    clocks = [name for name in names if name in TIME_UNITS_S]
    once = [name for name in names if name in (SEQUENCE, *CONTACT_COLUMNS)]
    if unknown or sorted(axes) != sorted(_AXES) or len(clocks) > 1 or len(set(once)) < len(once):
        raise InputError(
            f"The columns of the {sensor.placement} sensor, {', '.join(names)}, cannot be used"
            + (f" ({unknown[0]!r} is not known)" if unknown else "")
            + ". Each of acc_x, acc_y, acc_z, gyr_x, gyr_y, gyr_z must be there once with its unit, and at most one "
            "time, one seq and one contact_ of each point; docs/drivers.md has the list."
        )
    if not clocks and any(name in CONTACT_COLUMNS for name in names):
        raise InputError(
            f"The {sensor.placement} sensor tells contacts without a time, so that nobody knows when they were lost. "
            "Let it send time_us too; docs/drivers.md has a sketch."
        )
    return names


def _measured_columns(sensor: Sensor, names: Sequence[str]) -> tuple[IntArray, FloatArray]:
    """The columns of acceleration x, y, z and angular rate x, y, z, and what their units are worth in SI."""
    places, factors = [], []
    for axis in _AXES:
        place = next(index for index, name in enumerate(names) if name.startswith(axis))
        kind, unit = axis[:3], names[place][6:]
        per_count = {"acc": "acc_m_s2_per_count", "gyr": "gyr_rad_s_per_count"}[kind]
        if unit == COUNTS and per_count not in sensor.settings:
            raise InputError(
                f"The {sensor.placement} sensor sends {names[place]}: its setting {per_count!r} must say what one "
                "count is worth. Add it."
            )
        units = ACC_UNITS_M_S2 if kind == "acc" else GYR_UNITS_RAD_S
        factor = float(sensor.settings[per_count]) if unit == COUNTS else units[unit]
        places.append(place)
        factors.append(-factor if kind == "acc" and sensor.settings.get("acc_flip") else factor)
    return np.array(places), np.array(factors)


def _from_json(line: bytes, names: Sequence[str]) -> list[float]:
    """The numbers in a flat JSON object by the names of the columns; NaN where there is none."""
    try:
        found = json.loads(line) if line.lstrip().startswith(b"{") else {}
        values = [found.get(name, 0.0 if name == SKIP else None) for name in names]
        return [float(v) if is_number(v) else np.nan for v in values]
    except (ValueError, OverflowError, RecursionError):
        return [np.nan] * len(names)


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(SERVICE,),
    name_pattern="",
    data_characteristic=DATA,
    control_characteristic=CONTROL,
    rates_hz=RATES_HZ,
    start=start,
    decoder=TextLines,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="Its program must send the lines of docs/drivers.md, or its setting 'columns' must name what it sends.",
)

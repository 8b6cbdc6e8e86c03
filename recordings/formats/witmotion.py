"""WitMotion, text recordings of the phone app, the PC program and the vendor's Python example: g, deg/s.

The header's spelling varies (`ax(g)`, `Acceleration X(g)`, `AccX(g)`; `wx(deg/s)`, `Angular velocity X(°/s)`; degree
signs in a Chinese code page; headings in Chinese), so names are compared without blanks, case and units.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.moments import seconds_of_day
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_accelerometer, no_gyroscope, one_recording_only
from dowel.recordings.formats.streams import Stream, without_arrival_times
from dowel.recordings.formats.table import Table, TextFile, find_table, printable
from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Samples

_ACC: Final = ("a", "acc", "acceleration")
_GYR: Final = ("w", "gyro", "angularvelocity")
_TIMES: Final = ("chiptime", "time")  # the chip's own clock before the computer's
_WORDS: Final = {
    "加速度": "acceleration",
    "角速度": "angularvelocity",
    "片上时间": "chiptime",
    "时间": "time",
    "设备名称": "devicename",
}
# A file in the Chinese code page is no UTF-8 and was read as Latin-1.
_CHINESE: Final = tuple(
    (spelling, english) for word, english in _WORDS.items() for spelling in (word, word.encode("gbk").decode("latin-1"))
)
_MODE: Final = "switch on acceleration and angular velocity in the content of the WitMotion app's record"


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode a WitMotion text file; `None` if no file has such a header.

    The chip's clock is often not set and names no time zone, so it gives times but no epoch.
    """
    tables = [table for file in files if (table := find_table(file, _is_header))]
    if not tables:
        return None
    table = one_recording_only(tables)
    acc, gyr = _axes(table.columns, _ACC), _axes(table.columns, _GYR)
    if gyr is None:
        raise no_gyroscope(files, table.name, "acceleration or angles", _MODE)
    if acc is None:
        raise no_accelerometer(files, table.name, _MODE)
    _refuse_two_sensors(table)
    findings: list[str] = []
    values = table.numbers([table.index(table.columns[column]) for column in (*acc, *gyr)], findings)
    stream = without_arrival_times(Stream(table.name, _times(table), values), findings)
    rate = 1.0 if "rad" in table.columns[gyr[0]].lower() else np.deg2rad(1.0)
    samples = Samples(stream.time_s, stream.xyz[:, :3] * GRAVITY_M_S2, stream.xyz[:, 3:] * rate)
    return finish("witmotion", table.name, samples, findings=findings)


def _key(name: str) -> str:
    """A column name without its unit, blanks, case and signs: ``Angular velocity X(°/s)`` is ``angularvelocityx``."""
    for word, english in _CHINESE:
        name = name.replace(word, english)
    return re.sub(r"[^a-z]", "", name.lower().partition("(")[0])


def _axes(names: Sequence[str], spellings: Sequence[str]) -> tuple[int, int, int] | None:
    """The columns of x, y, z of a quantity that has its unit in the header."""
    keys = {_key(name): index for index, name in enumerate(names) if "(" in name}
    for spelling in spellings:
        if {spelling + axis for axis in "xyz"} <= set(keys):
            return keys[spelling + "x"], keys[spelling + "y"], keys[spelling + "z"]
    return None


def _time_columns(names: Sequence[str]) -> list[int]:
    """The columns that tell time, the best first. No version writes another unit than seconds, or none."""
    keys = [_key(name) if re.search(r"\((?!s?\))", name.lower()) is None else "" for name in names]
    return [keys.index(time) for time in _TIMES if time in keys]


def _is_header(names: tuple[str, ...]) -> bool:
    """A time, and acceleration in g or rate per second; our own and other makers' headers name neither so.

    Radians stand only beside g: other programs write rates in them alone.
    """
    acc, gyr = _axes(names, _ACC), _axes(names, _GYR)
    in_g = acc is not None and "(g)" in names[acc[0]].lower()
    unit = names[gyr[0]].lower() if gyr is not None else ""
    per_s = "/s)" in unit and (in_g or "rad" not in unit)
    other_unit = (acc is not None and not in_g) or (gyr is not None and not per_s)
    return bool(_time_columns(names)) and (in_g or per_s) and not other_unit


def _refuse_two_sensors(table: Table) -> None:
    keys = [_key(name) for name in table.columns]
    if "devicename" not in keys:
        return
    devices = sorted({printable(device) for device in table.strings(keys.index("devicename"))})
    if len(devices) > 1:
        raise InputError(
            f"{table.name} holds {len(devices)} sensors ({', '.join(devices[:3])}). Split it into one file per sensor."
        )


def _times(table: Table) -> FloatArray:
    """Seconds from the first row. Sensors without a clock leave the chip's column empty or constant: then the next."""
    *better, last = _time_columns(table.columns)
    for column in better:
        with suppress(InputError):
            elapsed_s = _elapsed(table, column)
            if elapsed_s.any():
                return elapsed_s
    return _elapsed(table, last)


def _elapsed(table: Table, column: int) -> FloatArray:
    """Seconds from the first row, from a column of seconds or of times of day.

    Older PC programs write times of day below ``Time(s)``.
    """
    if "(s)" in table.columns[column].lower() and ":" not in "".join(table.first_cells()[column : column + 1]):
        return _from_first(table.numbers([column], [])[:, 0])
    return _from_first(seconds_of_day(table.name, table.strings(column)))


def _from_first(time_s: FloatArray) -> FloatArray:
    elapsed_s: FloatArray = time_s - time_s[0]
    return elapsed_s

"""Delsys Trigno: CSV of Trigno Discover and of EMGworks; many sensors side by side, g and deg/s.

Every channel has its own length: EMG is faster, so the cells below the last sample of the slower ones are empty.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import RateFrom, Recording, finish
from dowel.recordings.formats.refusals import no_gyroscope, one_recording_only
from dowel.recordings.formats.several import chosen
from dowel.recordings.formats.streams import Stream, merge
from dowel.recordings.formats.table import Table, TextFile, find_table, split_row
from dowel.recordings.types import GRAVITY_M_S2, FloatArray

_MODE: Final = "choose a sensor mode with ACC and GYRO in Trigno Discover"
_DISCOVER = re.compile(r"(ACC|GYRO) ([XYZ]) \((?:G|deg/s)\)")
_EMGWORKS = re.compile(r"(.+? sensor \d+): (ACC|GYRO)[. ]([XYZ]) ?\d*(?: ?[\[(](?:g|deg/s)[\])])?", re.IGNORECASE)
_UNIT = re.compile(r"[\[(](?:g|deg/s)[\])]", re.IGNORECASE)
_RATE = re.compile(r"(\d+(?:\.\d+)?) Hz")
_TIMES: Final = ("X[s]", "X [s]")
_SI: Final = {"ACC": GRAVITY_M_S2, "GYRO": float(np.deg2rad(1.0))}


@dataclass(frozen=True)
class _Channel:
    """A channel's column, that of its times if it has one, and its rate if the file tells it."""

    column: int
    time: int | None
    rate_hz: float | None


_Channels = Mapping[tuple[str, str], _Channel]


def decode(files: Sequence[TextFile], wanted: str) -> Recording | None:
    """Decode one sensor of a Trigno file; `None` if no file has such channels."""
    tables = [table for file in files if (table := find_table(file, _is_header))]
    if not tables:
        return None
    table = one_recording_only(tables)
    sensors = _of_discover(table) if any(_DISCOVER.fullmatch(name) for name in table.columns) else _of_emgworks(table)
    if not any(kind == "GYRO" for channels in sensors.values() for kind, _ in channels):
        raise no_gyroscope(files, table.name, "acceleration or EMG", _MODE)
    name = list(sensors)[chosen(table.name, list(sensors), wanted)]
    channels = sensors[name]
    if lacking := [f"{kind} {axis}" for kind in _SI for axis in "XYZ" if (kind, axis) not in channels]:
        raise InputError(f"{table.name}: sensor {name} lacks {', '.join(lacking)}. To use it, {_MODE}.")
    # what stands between heading and samples (rates, periods) is no row of numbers
    table = replace(table, may_lack=len(table.columns), header_line=table.header_line + _lines_of_words(table))
    findings = [f"{table.name}: sensor {name}."]
    acc, gyr = (_stream(table, channels, kind) for kind in ("ACC", "GYRO"))
    if not any(_UNIT.search(table.columns[channel.column]) for channel in channels.values()):
        findings.append(f"{table.name} names no units; g and deg/s, as EMGworks exports them, are assumed.")
    times_told = channels["GYRO", "X"].time is not None
    rate_from: RateFrom = "measured" if times_told else "told by the file"
    samples = merge(acc, gyr, findings)
    return finish(
        "delsys",
        table.name,
        samples,
        sync_clock_s=0.0,
        sync_group=f"delsys {zlib.crc32(table.file.data):08x}",  # one clock for what stands in one file
        stated_rate_hz=channels["GYRO", "X"].rate_hz,
        rate_from=rate_from,
        sensor=name,
        findings=findings,
    )


def _is_header(names: tuple[str, ...]) -> bool:
    discover = sum(_DISCOVER.fullmatch(name) is not None for name in names) >= 3
    emgworks = names[0] in _TIMES and sum(_EMGWORKS.fullmatch(name) is not None for name in names) >= 3
    return discover or emgworks


def _of_discover(table: Table) -> dict[str, _Channels]:
    """Each sensor's channels: its name stands two lines above its first column, its rates below the heading."""
    head = table.file.head()
    above = _cells(head, table.header_line - 2, table.delimiter)
    below = _cells(head, table.header_line + 1, table.delimiter)
    sensors: dict[str, dict[tuple[str, str], _Channel]] = {}
    name = ""
    for column, heading in enumerate(table.columns):
        name = (above[column] if column < len(above) else "") or name
        if match := _DISCOVER.fullmatch(heading):
            rate = _RATE.fullmatch(below[column]) if column < len(below) else None
            timed = column > 0 and table.columns[column - 1].endswith("Time Series (s)")
            rate_hz = float(rate[1]) if rate and float(rate[1]) > 0 else None
            channel = _Channel(column, column - 1 if timed else None, rate_hz)
            sensors.setdefault(name, {})[match[1], match[2]] = channel
    return dict(sensors)


def _of_emgworks(table: Table) -> dict[str, _Channels]:
    """Each sensor's channels: its name stands in the heading, and a column of times before each."""
    sensors: dict[str, dict[tuple[str, str], _Channel]] = {}
    for column, heading in enumerate(table.columns):
        if match := _EMGWORKS.fullmatch(heading):
            timed = column > 0 and table.columns[column - 1] in _TIMES
            channel = _Channel(column, column - 1 if timed else None, None)
            sensors.setdefault(match[1], {})[match[2].upper(), match[3].upper()] = channel
    return dict(sensors)


def _cells(head: Sequence[str], line: int, delimiter: str) -> tuple[str, ...]:
    try:
        return split_row(head[line], delimiter) if 0 <= line < len(head) else ()
    except ValueError:
        return ()


def _lines_of_words(table: Table) -> int:
    """How many lines below the heading hold rates and periods, as in ``148.1481 Hz``, and no samples."""
    head = table.file.head()[table.header_line + 1 :]
    return next((number for number, line in enumerate(head) if not re.search(r"\d (?:Hz|s)\b", line)), 0)


def _stream(table: Table, channels: _Channels, kind: str) -> Stream:
    three = [channels[kind, axis] for axis in "XYZ"]
    columns = [_numbers(table, channel.column) for channel in three]
    count = min(map(len, columns))
    if count < 2 or max(map(len, columns)) > count + 1:
        raise InputError(f"{table.name}: the axes of {kind} differ in length. Export the recording again.")
    first = three[0]
    if first.time is not None:
        time_s = _numbers(table, first.time)[:count]
        if len(time_s) < count:
            raise InputError(f"{table.name}: {kind} has fewer times than samples. Export the recording again.")
    elif first.rate_hz is not None:
        time_s = np.arange(count) / first.rate_hz
    else:
        raise InputError(f"{table.name} tells neither times nor rate of {kind}. Export it with its heading.")
    xyz = np.column_stack([column[:count] for column in columns]) * _SI[kind]
    return Stream(table.name, time_s, xyz)


def _numbers(table: Table, column: int) -> FloatArray:
    """A channel's samples: those above the empty cells at its end. Raises `InputError` for an empty one between."""
    texts = table.strings(column)
    while texts and not texts[-1]:
        texts.pop()
    try:
        return np.array(texts, np.float64)
    except ValueError as error:
        raise InputError(
            f"{table.name}, column {table.columns[column]}: a value is missing or no number ({error}). "
            "Export the recording again."
        ) from error

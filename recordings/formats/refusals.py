"""The refusals that several formats share, so that each is said in the same words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, starmap
from pathlib import PurePosixPath
from typing import Final, TypeVar

from dowel.recordings.errors import InputError
from dowel.recordings.formats.table import Table, TextFile, find_table, with_tabs

NO_TIME: Final = "-"
"""In place of the column of time, where a table has none and its rate is told."""

TOLD_RATE: Final = "RATE Hz"
"""In place of the rate that is to be filled in: one that could be copied would be taken for the right one."""

_Named = TypeVar("_Named", Table, TextFile)

_RATE: Final = re.compile(
    r"gyr|rotation ?rate|angular ?(?:velocity|rate)|(?:deg|rad|°) ?/ ?s\b|dps|^[gw][xyz]$", re.IGNORECASE
)
_ACCELERATION: Final = re.compile(r"acc|g-?force|^gF|^a[xyz]$|^a[xyz]\W", re.IGNORECASE)
_WITHOUT_GRAVITY: Final = re.compile(r"linear|user", re.IGNORECASE)
_AXIS: Final = re.compile(r"(?:^|[^a-z])[xyz](?:[^a-z]|$)", re.IGNORECASE)
_UNIT: Final = re.compile(r"\(([^()]+)\)")

_TIME: Final = re.compile(
    r"^\W*t$|^t[ _.(\[/-]*(?:[mun]?s|sec|milli|micro|nano)[a-z]*\W*$|time|^m?illis|^micros|^seconds|^epoch|^[mun]s$"
    r"|elapsed|zeit|(?:^|[^a-z])date",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(r"index|count", re.IGNORECASE)
_DATE: Final = re.compile(r"\d+[-/.]\d+[-/.]\d+")
_SENSOR: Final = re.compile(r"acc|gyr", re.IGNORECASE)
_ACC_AXIS: Final = re.compile(r"(?:.*[^a-z])?a(?:cc(?!ura)[a-z]*?)?[ _.-]*([xyz])(?:[^a-z].*)?", re.IGNORECASE)
_GYR_AXIS: Final = re.compile(
    r"(?:.*[^a-z])?(?:g|w|omega|gyr[a-z]*?|rot[a-z]*?|ang[a-z]*?(?:[ _]?vel[a-z]*?)?)[ _.-]*"
    r"(?<!velocit)([xyz])(?:[^a-z].*)?",
    re.IGNORECASE,
)
_LEAST_COLUMNS: Final = 4
_LEAST_TOLD: Final = 6
"""Columns that must be there to be told: three axes of each, and perhaps no time."""
_MOST_PAIRED: Final = 20  # a folder of more is of many recordings
_TOLD_UNITS: Final = (
    (
        ((r"nano|\bns\b|_ns", "ns"), (r"micro|[uµ]s\b", "us"), (r"milli|ms\b", "ms"), (r"\(s\)|\[s\]|_s$", "s")),
        "s or ms",
    ),
    (((r"m/s", "m/s2"), (r"[(\[ _]m?g[)\]]?$", "g")), "m/s2 or g"),
    (((r"rad", "rad/s"), (r"deg|dps|°", "deg/s")), "rad/s or deg/s"),
)


def no_gyroscope(files: Sequence[TextFile], file: str, has: str, mode: str) -> InputError:
    """The recording has no angular rate that is read; a gyroscope in other columns of ``files`` is named.

    ``has`` says what the recording holds, ``mode`` what to record instead.
    """
    for table in _tables_of(files, _RATE, "gyro"):
        columns = [name for name in table.columns if _RATE.search(name)] or list(table.columns)
        unit = f" in {found[1]}" if (found := _UNIT.search(columns[0])) else ""
        return InputError(
            f"{table.name} has a gyroscope{unit} (columns {', '.join(columns[:4])}), but not with the headings and "
            f"unit of this format, so it is not read. To use it, {mode}; or write plain CSV."
        )
    return InputError(
        f"{file} has no gyroscope data, only {has}; the angles of trunk and pelvis need the gyroscope's angular rate. "
        f"To use it, {mode}."
    )


def _tables_of(files: Sequence[TextFile], pattern: re.Pattern[str], called: str) -> Iterator[Table]:
    """The tables whose heading is that of the quantity, or whose file is called so and has three axes."""
    for file in files:
        axes = 3 if called in PurePosixPath(file.name).name.lower() else math.inf

        def tells(names: tuple[str, ...], axes: float = axes) -> bool:
            named = sum(bool(_AXIS.search(name)) for name in names) >= axes
            return named or sum(bool(pattern.search(name)) for name in names) >= 3

        if (table := find_table(file, tells)) is not None:
            yield table


def with_motion(files: Sequence[TextFile]) -> list[str]:
    """The names of files in which acceleration or rate of turn seems to stand."""
    found = (*_tables_of(files, _ACCELERATION, "accel"), *_tables_of(files, _RATE, "gyro"))
    return sorted({table.name for table in found})


def no_accelerometer(files: Sequence[TextFile], file: str, mode: str) -> InputError:
    """The recording has no specific force that is read; acceleration in other columns of ``files`` is named."""
    for table in _tables_of(files, _ACCELERATION, "accel"):
        columns = [name for name in table.columns if _ACCELERATION.search(name)] or list(table.columns)
        what = "an accelerometer" + (f" in {found[1]}" if (found := _UNIT.search(columns[0])) else "")
        if _WITHOUT_GRAVITY.search(f"{PurePosixPath(table.name).name} {columns[0]}"):
            what = "acceleration without gravity"
        return InputError(
            f"{table.name} has {what} (columns {', '.join(columns[:4])}), but there is no accelerometer with gravity "
            f"in the headings and unit of this format, and the angles need it beside the gyroscope. To use it, {mode}."
        )
    return InputError(
        f"{file} has no accelerometer data with gravity; the angles of trunk and pelvis need both accelerometer and "
        f"gyroscope. To use it, {mode}."
    )


def one_recording_only(found: Sequence[_Named]) -> _Named:
    """The single one of that kind; raises `InputError` if there are several, as one sensor has one recording."""
    if len(found) > 1:
        names = ", ".join(each.name for each in found[:4])
        raise InputError(f"There are {len(found)} recordings in one place ({names}). Name the file of one sensor.")
    return found[0]


def time_columns(table: Table) -> list[str]:
    """The columns of a table of no known program in which times seem to stand; a day alone is no time."""
    names = [name for name in table.columns if _TIME.search(name) and not _COUNT.search(name)]
    return [name for name in names if not _DATE.fullmatch(_first_cell(table, name))]


def unknown_tables(files: Sequence[TextFile]) -> list[Table]:
    """The tables of files of no known program: four columns are time and three axes."""
    return [
        table
        for file in map(with_tabs, files)
        if (table := find_table(file, lambda names: len(names) >= _LEAST_COLUMNS))
    ]


def _first_cell(table: Table, name: str) -> str:
    return "".join(table.first_cells()[table.columns.index(name) :][:1])


def can_be_told(tables: Sequence[Table]) -> bool:
    """Whether options can read one of these tables, or two whose times stand in columns of one name.

    A row without a heading may hold one number twice; headings of two tables must differ.
    """
    pairs = (
        {*one.columns, *other.columns}
        for one, other in combinations(tables[:_MOST_PAIRED], 2)
        if set(one.columns) & set(other.columns)
    )
    return any(len(table.columns) >= _LEAST_TOLD for table in tables) or any(
        len(names) > _LEAST_TOLD for names in pairs
    )


def as_told(tables: Sequence[Table]) -> str:
    """The options that read one of these tables, or two, with its own headings; empty where they are not to be seen.

    Units are those that the headings tell; where they do not, they are to be filled in.
    """
    pairs = (*((table, table) for table in tables), *permutations(tables[:_MOST_PAIRED], 2))
    return next(filter(None, starmap(_options, pairs)), "")


def _options(acc: Table, gyr: Table) -> str:
    """The same of the table of the accelerometer and that of the gyroscope; two need a time column of one name."""
    clocks = [name for name in time_columns(acc) if name in gyr.columns]
    columns = [clocks[0] if clocks else NO_TIME]
    for pattern, table in ((_ACC_AXIS, acc), (_GYR_AXIS, gyr)):
        named: dict[str, str] = {}
        for name in table.columns:
            if (match := pattern.fullmatch(name)) and not _WITHOUT_GRAVITY.search(name):
                named.setdefault(match[1].lower(), name)
        if set(named) != set("xyz") or (gyr is not acc and not clocks):
            return ""
        columns += [named[axis] for axis in "xyz"]
    if sum(bool(_SENSOR.search(name)) for name in clocks) > 1 or any("," in name or "'" in name for name in columns):
        return ""  # each sensor has its own clock, so a row is not one moment; or the shell would read it otherwise
    if any(table.columns.count(name) > 1 for table in (acc, gyr) for name in columns):
        return ""
    told = [
        next((unit for pattern, unit in kinds if re.search(pattern, name, re.IGNORECASE)), asked)
        for name, (kinds, asked) in zip((columns[0], columns[1], columns[4]), _TOLD_UNITS, strict=True)
    ]
    if not clocks:
        told[0] = TOLD_RATE
    elif ":" in _first_cell(acc, columns[0]):
        told[0] = "date"
    return f"--columns '{','.join(columns)}' --units '{', '.join(told)}'"

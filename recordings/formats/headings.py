"""Tables that are known by their headings alone: what each program writes is data, and one reader reads them all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.moments import Start, seconds_of_day, told_start
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_accelerometer, no_gyroscope
from dowel.recordings.formats.streams import Stream, merge, without_arrival_times, without_leading_zeros
from dowel.recordings.formats.table import Table, TextFile, find_table, printable
from dowel.recordings.types import Samples

EPOCH_UNCERTAINTY_S: Final = 0.05
"""Clocks of phones and computers after network time: tens of ms."""


@dataclass(frozen=True)
class Clock:
    """A column of time. ``heading`` is a pattern for the whole heading in small letters.

    ``to_s`` leads to seconds; `None` where the column holds dates or times of day. ``since_1970``: it tells the date
    too. ``units``: how a row of units below the heading names its unit, where the program writes one.
    """

    heading: str
    to_s: float | None
    since_1970: bool = False
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Axes:
    """A quantity in three columns. ``headings`` are patterns in small letters with ``{}`` where x, y or z stands.

    Several headings are summed (gravity and the rest). ``to_si`` leads to m/s2 as specific force, or to rad/s.
    ``clock``: the column of time that belongs to it, where each quantity has its own.
    """

    headings: tuple[str, ...]
    to_si: float
    clock: str = ""
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeadingSet:
    """What a program writes above its columns: it is known by a clock, all ``marks`` and one of the quantities.

    Of ``clocks``, ``acc`` and ``gyr`` the first that is there is used. ``date``: a column whose first text tells when
    the recording began. ``mode``: what to do in the program to get both quantities.
    """

    format: str
    clocks: tuple[Clock, ...]
    acc: tuple[Axes, ...]
    gyr: tuple[Axes, ...]
    mode: str
    marks: tuple[str, ...] = ()
    date: str = ""


def decode_by(kind: HeadingSet, files: Sequence[TextFile]) -> Recording | None:
    """Decode a recording of that kind; `None` if no file has its headings."""
    tables = [table for file in files if (table := find_table(file, lambda names: is_of(kind, names)))]
    return read_by(kind, files, tables) if tables else None


def read_by(kind: HeadingSet, files: Sequence[TextFile], tables: Sequence[Table]) -> Recording:
    """Read tables that are known to be of that kind; ``files`` is all that was given, for the refusals."""
    gyr_table, gyr_axes = _place(tables, kind.gyr)
    if gyr_table is None:
        raise no_gyroscope(files, tables[0].name, "the accelerometer", kind.mode)
    acc_table, acc_axes = _place([gyr_table], kind.acc)
    if acc_table is None:
        acc_table, acc_axes = _place(tables, kind.acc)
    if acc_table is None:
        raise no_accelerometer(files, gyr_table.name, kind.mode)
    findings: list[str] = []
    clock = _clock(kind, gyr_table, gyr_axes)
    _refuse_dates(kind, gyr_table, clock)
    if acc_table is gyr_table and _clock(kind, acc_table, acc_axes) == clock:
        both = _stream(gyr_table, clock, (acc_axes, gyr_axes), findings)
        origin_s = float(both.time_s[0])
        six = without_arrival_times(without_leading_zeros(_from(both, origin_s), findings), findings)
        samples = Samples(six.time_s, six.xyz[:, :3], six.xyz[:, 3:])
    else:
        gyr = _stream(gyr_table, clock, (gyr_axes,), findings)
        acc = _stream(acc_table, _clock(kind, acc_table, acc_axes), (acc_axes,), findings)
        origin_s = float(gyr.time_s[0])
        samples = merge(
            without_leading_zeros(_from(acc, origin_s), findings),
            _from(gyr, origin_s),
            findings,
        )
    start = Start(origin_s) if clock.since_1970 else _start(kind, gyr_table, findings)
    return finish(
        kind.format,
        gyr_table.name,
        samples,
        beside=[acc_table.name],
        epoch_s=start.epoch_s,
        local_start=start.local,
        epoch_uncertainty_s=EPOCH_UNCERTAINTY_S,
        findings=findings,
    )


def is_of(kind: HeadingSet, names: Sequence[str]) -> bool:
    """Whether these are headings of that kind."""
    lower = [name.lower() for name in names]
    return (
        all(_columns(mark, lower) for mark in kind.marks)
        and any(_columns(clock.heading, lower) for clock in kind.clocks)
        and any(_has(axes, lower) for axes in (*kind.acc, *kind.gyr))
    )


def _columns(pattern: str, lower: Sequence[str]) -> list[int]:
    return [index for index, name in enumerate(lower) if re.fullmatch(pattern, name)]


def _has(axes: Axes, lower: Sequence[str]) -> bool:
    """Whether all columns of the quantity are there, and its own column of time where it has one."""
    headings = [heading.format(axis) for heading in axes.headings for axis in "xyz"]
    return all(_columns(pattern, lower) for pattern in (*headings, *([axes.clock] if axes.clock else [])))


def _place(tables: Sequence[Table], choices: Sequence[Axes]) -> tuple[Table | None, Axes]:
    """The table that holds the first of these quantities which is there. Raises `InputError` where several do."""
    for axes in choices:
        holding = [table for table in tables if _has(axes, _lower(table))]
        if len(holding) > 1:
            raise InputError(
                f"{holding[0].name} and {holding[1].name} hold the same quantity twice, so they are of two sensors or "
                "recordings. Give those of one."
            )
        if holding:
            return holding[0], axes
    return None, choices[0]


def _lower(table: Table) -> list[str]:
    return [name.lower() for name in table.columns]


def _clock(kind: HeadingSet, table: Table, axes: Axes) -> Clock:
    """The quantity's own column of time, else the first that is there."""
    lower = _lower(table)
    return next(each for each in kind.clocks if axes.clock in ("", each.heading) and _columns(each.heading, lower))


def _refuse_dates(kind: HeadingSet, table: Table, clock: Clock) -> None:
    """Refuse dates or times of day where numbers belong, as a version for another system writes them."""
    text = "".join(table.first_cells()[_only(table, clock.heading) :][:1])
    if clock.to_s is not None and ":" in text:
        raise InputError(
            f"{table.name} tells its time as {printable(text[:30])}, not in numbers, so it is of a version or system "
            f"that is not known well enough to be read. To use it, {kind.mode}."
        )


def _stream(table: Table, clock: Clock, quantities: Sequence[Axes], findings: list[str]) -> Stream:
    """These quantities side by side in SI units, in seconds as their clock counts."""
    parts = [(_only(table, heading.format(a)), axes) for axes in quantities for heading in axes.headings for a in "xyz"]
    columns = [column for column, _ in parts]
    time = _only(table, clock.heading)
    table = _below_units(table, [(time, clock.units), *((column, axes.units) for column, axes in parts)])
    if clock.to_s is None:
        values = table.numbers(columns, findings)
        time_s = seconds_of_day(table.name, table.strings(time))
    else:
        values = table.numbers([time, *columns], findings)
        time_s, values = values[:, 0] * clock.to_s, values[:, 1:]
    found = []
    for axes in quantities:
        width = 3 * len(axes.headings)
        found.append(values[:, :width].reshape(len(values), -1, 3).sum(axis=1) * axes.to_si)
        values = values[:, width:]
    return Stream(table.name, time_s, np.hstack(found))


def _only(table: Table, pattern: str) -> int:
    """The one column with that heading; raises `InputError` where several have it, as of two sensors."""
    found = _columns(pattern, _lower(table))
    if len(found) > 1:
        names = " and ".join(table.columns[index] for index in found[:2])
        raise InputError(f"{table.name} has {names}, as of two sensors. Export one file per sensor.")
    return found[0]


def _below_units(table: Table, expected: Sequence[tuple[int, tuple[str, ...]]]) -> Table:
    """The table below a row of units, if there is one. Raises `InputError` where a unit is not the expected one."""
    cells = table.first_cells()
    if not any(cells) or any(_starts_a_number(cell) for cell in cells):
        return table
    for column, units in expected:
        unit = cells[column] if column < len(cells) else ""
        if units and unit.lower() not in units:
            raise InputError(
                f"{table.name}: the column {table.columns[column]} is in {printable(unit[:20]) or 'no unit'}, not in "
                f"{units[0]}. Export calibrated data in SI units."
            )
    return replace(table, header_line=table.header_line + 1)


def _starts_a_number(cell: str) -> bool:
    return re.match(r"[-+.]?\d", cell) is not None


def _from(stream: Stream, origin_s: float) -> Stream:
    return replace(stream, time_s=stream.time_s - origin_s)


def _start(kind: HeadingSet, table: Table, findings: list[str]) -> Start:
    """When the first row was written, where the program writes its date."""
    found = _columns(kind.date, _lower(table)) if kind.date else []
    if not found:
        return Start()
    return told_start(table.name, "its date", "".join(table.first_cells()[found[0] :][:1]), findings)

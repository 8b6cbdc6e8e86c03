"""Tables that no known program wrote, read by what a person says of their columns and units.

Acceleration and rate may stand in two tables, each with times of its own in a column of one name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.formats.moments import Start, seconds_of_day, told_start
from dowel.recordings.formats.recording import RateFrom, Recording, finish
from dowel.recordings.formats.refusals import NO_TIME, one_recording_only
from dowel.recordings.formats.streams import Stream, merge, without_arrival_times
from dowel.recordings.formats.table import Table, TextFile, find_table, printable, split_row, with_tabs
from dowel.recordings.formats.ticks import over_the_end
from dowel.recordings.types import Samples
from dowel.recordings.units import ACC_M_S2, GYR_RAD_S, TIME_S, worth

NAME: Final = "home_made"
"""What the format is called in the session."""
_CLOCK: Final = ("date", "time of day", "clock")
_DATE = re.compile(r"\d+[-/.]\d+[-/.]\d")
UNIX_S: Final = (1e9, 4e9)
"""Times in these seconds, of the years 2001 to 2096, are Unix time (sources#plain-csv-time)."""
EPOCH_UNCERTAINTY_S: Final = 0.05  # clocks of phones and computers after network time
_LONGEST_GAP_S: Final = 60.0  # a board's counter that runs back to leave a longer one was begun again
_RATE = re.compile(r"(\d+(?:\.\d*)?|\.\d+) *hz", re.IGNORECASE)
_WORD = re.compile(r"^(?!nan$)[^\d:]*[a-z°µ%]", re.IGNORECASE)
_NUMBER: Final = r"(-?\d+(?:\.\d*)?(?:e[-+]?\d+)?)"
_PER = re.compile(rf"{_NUMBER} +per +(.+)", re.IGNORECASE)
_TIMES = re.compile(rf"(?:{_NUMBER} +)?(.+)", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """Seven columns by heading or number: time, x, y, z of acceleration and of rate; and what leads to SI units.

    ``time_to_s`` is `None` where the column holds dates or times of day. ``rate_hz`` is told where no column has time.
    """

    columns: tuple[str, ...]
    time_to_s: float | None
    acc_to_si: float
    gyr_to_si: float
    rate_hz: float | None = None


def layout(columns: str, units: str) -> Layout:
    """What the two options say, as in ``t,ax,ay,az,gx,gy,gz`` and ``ms, g, deg/s``.

    Raises `UsageError` that says what may stand there.
    """
    names = tuple(name.strip() for name in columns.split(","))
    if _are_numbers(names):
        names = tuple(name if name == NO_TIME else str(int(name)) for name in names)
    words = [" ".join(word.split()) for word in units.split(",")]
    if len(names) != 7 or not all(names) or len(set(names)) < 7:
        raise UsageError(
            f"--columns {columns}: seven columns belong there, time, acceleration x, y, z and rate x, y, z, by their "
            f"headings or numbers, as in t,ax,ay,az,gx,gy,gz; {NO_TIME} in place of time where there is none."
        )
    if len(words) != 3:
        raise UsageError(f"--units {units}: three units belong there, of time, acceleration and rate: ms, g, deg/s.")
    time, acc, gyr = words
    rate = _RATE.fullmatch(time)
    if (names[0] == NO_TIME) != (rate is not None) or (rate and not 0 < float(rate[1]) < np.inf):
        raise UsageError(
            f"--units {units}: a rate as in 100 Hz stands there for time if, and only if, --columns begins with "
            f"{NO_TIME}."
        )
    return Layout(
        names,
        None if time.lower() in _CLOCK else 1.0 if rate else _factor(time, TIME_S, "time", "or date"),
        _factor(acc, ACC_M_S2, "acceleration", "or 16384 per g"),
        _factor(gyr, GYR_RAD_S, "rate", "or 131 per deg/s"),
        float(rate[1]) if rate else None,
    )


def decode(files: Sequence[TextFile], columns: str, units: str) -> Recording | None:
    """Decode tables as a person describes them; `None` where no file has these columns."""
    told, files = layout(columns, units), [with_tabs(file) for file in files]
    time, *measured = told.columns
    findings: list[str] = []
    beside = []

    def say(*tables: Table) -> None:
        names = " and ".join(table.name for table in tables)
        findings.append(f"{names} {'was' if len(tables) == 1 else 'were'} read as you say: columns {columns}; {units}.")

    if tables := _tables(files, told.columns):
        table = one_recording_only(tables)
        say(table)
        both = _stream(table, told, measured, findings)
        origin_s = float(both.time_s[0])
        stream = without_arrival_times(_from(both, origin_s), findings)
        samples = Samples(stream.time_s, stream.xyz[:, :3] * told.acc_to_si, stream.xyz[:, 3:] * told.gyr_to_si)
    else:
        halves = [_tables(files, (time, *three)) for three in (measured[:3], measured[3:])]
        if time == NO_TIME or not all(halves):
            return None
        acc_table, table = map(one_recording_only, halves)
        say(acc_table, table)
        beside = [acc_table.name]
        acc, gyr = _stream(acc_table, told, measured[:3], findings), _stream(table, told, measured[3:], findings)
        origin_s = float(gyr.time_s[0])
        merged = merge(_from(acc, origin_s), _from(gyr, origin_s), findings)
        samples = Samples(merged.time_s, merged.acc_m_s2 * told.acc_to_si, merged.gyr_rad_s * told.gyr_to_si)
    rate_from: RateFrom = "measured" if told.rate_hz is None else "told by you"
    start = _start(table, told, origin_s, findings)
    return finish(
        NAME,
        table.name,
        samples,
        beside=beside,
        epoch_s=start.epoch_s,
        epoch_uncertainty_s=EPOCH_UNCERTAINTY_S,
        local_start=start.local,
        stated_rate_hz=told.rate_hz,
        rate_from=rate_from,
        findings=findings,
    )


def no_columns(files: Sequence[TextFile], columns: str) -> InputError:
    """No file has the columns that a person named."""
    return InputError(
        f"No file has the columns {columns}. {_headings(files)}Give their headings as they stand, or their numbers."
    )


def _start(table: Table, told: Layout, first_s: float, findings: list[str]) -> Start:
    """When the table's first row was written, where its column of time tells that."""
    if told.rate_hz is None and told.time_to_s is None:
        text = table.first_cells()[_index(table, told.columns[0])]
        return told_start(table.name, "its date", text, findings) if _DATE.match(text) else Start()
    return Start(first_s if UNIX_S[0] <= first_s <= UNIX_S[1] else None)


def _stream(table: Table, told: Layout, names: Sequence[str], findings: list[str]) -> Stream:
    """These columns of a table as they stand, with their times in seconds of the table's own clock."""
    wanted = [_index(table, name) for name in names]
    if told.rate_hz is not None:
        values = table.numbers(wanted, findings)
        return Stream(table.name, np.arange(len(values)) / told.rate_hz, values)
    time = _index(table, told.columns[0])
    _refuse_other_units(table, told)
    _refuse_other_times(table, "".join(table.first_cells()[time:][:1]), told)
    if told.time_to_s is None:
        return Stream(table.name, seconds_of_day(table.name, table.strings(time)), table.numbers(wanted, findings))
    values = table.numbers([time, *wanted], findings)
    ticks = over_the_end(values[:, 0], _LONGEST_GAP_S / told.time_to_s)
    return Stream(table.name, ticks * told.time_to_s, values[:, 1:])


def _refuse_other_units(table: Table, told: Layout) -> None:
    """Refuse a table with a row of units below its heading that are not those which were told."""
    above = replace(table, header_line=table.header_line - 1) if table.header_line else table
    cells = above.first_cells()
    factors = (told.time_to_s, *[told.acc_to_si] * 3, *[told.gyr_to_si] * 3)
    kinds = (TIME_S, *[ACC_M_S2] * 3, *[GYR_RAD_S] * 3)
    for name, factor, kind in zip(told.columns, factors, kinds, strict=True):
        if name not in table.columns or (place := _index(table, name)) >= len(cells) or factor is None:
            continue
        unit = worth(cells[place].strip("()[] "), kind)
        if unit is not None and cells[place] != name and not np.isclose(unit, abs(factor)):
            raise InputError(
                f"{table.name}: the row below its heading says that {name} is in {printable(cells[place][:20])}. "
                "Correct --units, or remove that row if it is wrong."
            )


def _refuse_other_times(table: Table, cell: str, told: Layout) -> None:
    """Refuse dates and times of day where numbers are told, and numbers where those are."""
    if (":" in cell) == (told.time_to_s is None) or not cell[:1].isdigit():
        return
    here, word = ("a date or time of day", _CLOCK[0]) if ":" in cell else ("a number", "its unit (s, ms, us or ns)")
    raise InputError(
        f"{table.name}, column {told.columns[0]}: {printable(cell[:30])} is {here}. "
        f"Write {word} in place of the unit of time in --units."
    )


def _from(stream: Stream, origin_s: float) -> Stream:
    return replace(stream, time_s=stream.time_s - origin_s)


def _factor(text: str, units: Mapping[str, float], what: str, also: str) -> float:
    """What leads to SI units: of a unit, a number of it, or of so many counts that make one."""
    per, times = _PER.fullmatch(text), _TIMES.fullmatch(text)
    number, word = found.groups() if (found := per or times) else ("", "")
    scale, unit = float(number or 1), worth(word, units)
    if unit is None or not 0 < abs(scale) < np.inf:
        raise UsageError(f"--units: {text} is no unit of {what}; known are {', '.join(units)}, {also}.")
    return unit / scale if per else unit * scale


def _tables(files: Sequence[TextFile], columns: Sequence[str]) -> list[Table]:
    """The tables with time, and what was measured, in columns called so."""
    return [table for file in files if (table := _table(file, columns))]


def _table(file: TextFile, columns: Sequence[str]) -> Table | None:
    """The table with these headings, or, where columns are named by number, the rows from the first one of numbers."""
    wanted = {name for name in columns if name != NO_TIME}
    if not _are_numbers(columns):
        table = find_table(file, lambda names: wanted <= set(names))
        return table and _below_units(table, [name for name in columns if name != NO_TIME])
    places, measured = [int(name) - 1 for name in wanted], [int(name) - 1 for name in columns[1:]]

    def is_row(cells: tuple[str, ...]) -> bool:
        return min(places) >= 0 and max(places) < len(cells) and all(_is_number(cells[i]) for i in measured)

    row = find_table(file, is_row)
    if row is None:
        return None
    numbers = tuple(str(number) for number in range(1, len(row.columns) + 1))
    return Table(file, numbers, row.delimiter, row.header_line - 1)


def _below_units(table: Table, columns: Sequence[str]) -> Table:
    """The table below a row of units, where one stands under its heading."""
    cells = table.first_cells()
    wanted = [cells[place] for name in columns if (place := _index(table, name)) < len(cells)]
    is_units = len(wanted) == len(columns) and all(_WORD.search(cell) and not _is_number(cell) for cell in wanted)
    return replace(table, header_line=table.header_line + 1) if is_units else table


def _are_numbers(columns: Sequence[str]) -> bool:
    """Whether columns are named by their numbers."""
    return all(name.isdecimal() for name in columns if name != NO_TIME)


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[-+]?\d*[.,]?\d+(?:e[-+]?\d+)?", cell, re.IGNORECASE) is not None


def _index(table: Table, name: str) -> int:
    return table.index(printable(name))


def _headings(files: Sequence[TextFile]) -> str:
    """What the first lines of the first file hold, for a message."""
    for file in files[:1]:
        line = next((line for line in file.head() if line.strip()), "")
        cells = line if '"' in line else ", ".join(split_row(line, max("\t;,", key=line.count)))
        return f"{file.name} begins with {printable(cells[:80])}. "
    return ""

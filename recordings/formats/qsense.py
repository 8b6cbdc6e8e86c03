"""QSense (2M Engineering): text lines, then tab-separated values in g and deg/s at 50 Hz, without a time column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats import plain_csv
from dowel.recordings.formats.moments import moment
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import (
    as_told,
    can_be_told,
    no_gyroscope,
    one_recording_only,
    time_columns,
    unknown_tables,
)
from dowel.recordings.formats.table import Table, TextFile, find_table
from dowel.recordings.types import GRAVITY_M_S2, Samples

RATE_HZ: Final = 50.0
"""The sensor's fixed rate; the file states none."""

_ACC: Final = ("ax", "ay", "az")
_GYR: Final = ("gx", "gy", "gz")
_MAG: Final = ("mx", "my", "mz")
_INFO: Final = "info.txt"
_LINES_ABOVE: Final = 5


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode a QSense file; `None` if no file has its header. Times are row number over 50 Hz, which is assumed.

    Boards of all kinds call their columns so. Only the five lines above the header, the empty one below it, tabs, and
    no column but the maker's make it a QSense's; else `InputError`, as neither unit nor rate is known.
    """
    tables = [table for file in files if (table := find_table(file, lambda names: set(_ACC) <= set(names)))]
    if not tables:
        return None
    table = one_recording_only(tables)
    if not _is_qsense(table):
        unknown = "units" if time_columns(table) else "units and rate"
        tables = [table, *unknown_tables(files)]
        if told := as_told(tables):
            how = f"Tell them: {told}"
        elif can_be_told(tables):
            how = "Tell them with --columns and --units, if there is a gyroscope among them"
        else:
            how = f"Write plain CSV with the columns {', '.join((plain_csv.TIME, *plain_csv.ACC, *plain_csv.GYR))}"
        raise InputError(
            f"{table.name} has the columns {', '.join(table.columns[:10])}, but nothing in it tells their {unknown} "
            f"or the program that wrote it. {how}."
        )
    if table.columns[3:6] != _GYR:
        raise no_gyroscope(files, table.name, "the accelerometer", "switch the gyroscope on in the QSense app")
    findings = [
        f"{table.name} has no time stamps; {RATE_HZ:g} Hz, the sensor's fixed rate, is assumed, and lost samples "
        "cannot be seen."
    ]
    # some rows carry one more cell with the word "Reference"
    table = replace(table, columns=(*(name for name in table.columns if name), "mark"), may_lack=1)
    values = table.numbers(range(6), findings)
    references = [row for row, text in enumerate(table.strings(len(table.columns) - 1)) if text]
    if references:
        moments = ", ".join(f"{row / RATE_HZ:.2f}" for row in references[:5])
        findings.append(f"{table.name}: {len(references)} rows are marked as reference (at {moments} s).")
    samples = Samples(np.arange(len(values)) / RATE_HZ, values[:, :3] * GRAVITY_M_S2, np.deg2rad(values[:, 3:]))
    beside = [file for file in files if file.name.rpartition("/")[2].lower() == _INFO]
    return finish(
        "qsense",
        table.name,
        samples,
        beside=[file.name for file in beside],
        local_start=_date(table, beside, findings),
        stated_rate_hz=RATE_HZ,
        rate_from="assumed",
        findings=findings,
    )


def _date(table: Table, beside: Sequence[TextFile], findings: list[str]) -> datetime | None:
    """The one date in the lines above the table, or in the ``info.txt`` beside it; it dates the session, no more.

    It may be that of the recording or of its export, and of which moment nobody knows, so nothing is aligned by it.
    """
    texts = [(table.name, table.file.head()[: table.header_line]), *((file.name, file.head()) for file in beside)]
    for name, lines in texts:
        dates = {date.replace(tzinfo=None) for line in lines if (date := _date_in(line)) is not None}
        if len(dates) == 1:
            [date] = dates
            findings.append(f"{name}: {date:%Y-%m-%d} stands in it; it dates the session and aligns nothing.")
            return date
    return None


def _date_in(line: str) -> datetime | None:
    """A date after a word and a colon, a tab or an equals sign, or alone; midnight where no time stands with it."""
    text = re.sub(r"^[A-Za-z ]*[:=\t]", "", line).strip(' "')
    return moment(text) or moment(f"{text} 00:00:00")


def _is_qsense(table: Table) -> bool:
    head = table.file.head()
    above = sum(bool(line.strip()) for line in head[: table.header_line])
    framed = above >= _LINES_ABOVE and not any(line.strip() for line in head[table.header_line + 1 :][:1])
    names = tuple(name for name in table.columns if name)
    return table.delimiter == "\t" and framed and names in (_ACC, _ACC + _MAG, _ACC + _GYR, _ACC + _GYR + _MAG)

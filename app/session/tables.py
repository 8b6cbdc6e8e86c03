"""The tables that leave the program: their columns, in order, with unit and meaning (tables#tables).

Those of rep and set rows stand at the fields of :class:`Rep` and :class:`SetSummary`. Everything that is written,
``columns.json`` and docs/tables.md are made of these lists.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from dowel.analysis.column_type import Column, columns_of, extras_of
from dowel.analysis.drills.drills import Drill
from dowel.analysis.rows import Rep, SetSummary

if TYPE_CHECKING:
    import pandas as pd

_OF_THE_SESSION = (
    Column("session", "", None, "Name of the session file without its suffix."),
    Column("person", "", None, "Code of the person, as given."),
    Column("started_at", "", None, "When the session started, ISO 8601."),
)
REP_COLUMNS: tuple[Column, ...] = (
    *_OF_THE_SESSION,
    *columns_of(Rep),
    Column("program_version", "", None, "Version that made the row."),
    Column(
        "human_verdict",
        "",
        None,
        "How a person judged the bend, beside the program: held, lost or not_judged; empty where nobody did.",
    ),
)
EXTRA_COLUMNS: tuple[Column, ...] = extras_of(Rep)
"""Columns of the rep table that only some drills have, after those of all (tables#extras-of-some-drills)."""

SET_COLUMNS: tuple[Column, ...] = (*_OF_THE_SESSION, *columns_of(SetSummary))


def rep_columns(drills: Iterable[Drill]) -> tuple[Column, ...]:
    """The columns of a rep table with rows of these drills: those of all, and the drills' extras."""
    extras = dict.fromkeys(extra for drill in drills for extra in drill.extras)
    known = [column for column in EXTRA_COLUMNS if column in extras]
    return (*REP_COLUMNS, *known, *(column for column in extras if column not in known))


SIGNAL_COLUMNS: tuple[Column, ...] = (
    Column("time_s", "s", 2, "Session time, 100 Hz."),
    Column("upper_back_lean_deg", "deg", 3, "Lean of the upper back; forward > 0."),
    Column("sacrum_lean_deg", "deg", 3, "Lean of the sacrum (hinge angle); forward > 0."),
    Column("spine_deviation_deg", "deg", 3, "Flexion of the spine minus what is neutral; rounding > 0."),
    Column("side_bend_deg", "deg", 3, "Side bend of the upper back relative to the sacrum; to the right > 0."),
    Column("twist_deg", "deg", 3, "Twist since the start of the latest rep; to the left > 0."),
    Column("head_deviation_deg", "deg", 3, "Head relative to upper back; chin down > 0. Only with a head sensor."),
    Column("thigh_lean_deg", "deg", 3, "Lean of the thigh. Only with a thigh sensor."),
    Column("shank_lean_deg", "deg", 3, "Lean of the shank. Only with a shank sensor."),
    Column("rod_lean_deg", "deg", 3, "Lean of a real rod. Only with a rod sensor."),
    Column("rep", "", 0, "Number of the rep at this time; empty outside reps."),
    Column("kind", "", None, "Kind of the row at this time; empty outside."),
    Column("lost", "", 0, "1 while contact is lost."),
    Column("valid", "", 0, "1 where the deviation can be judged."),
)


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a CSV is written: the decimal sign, what stands between cells, and what the file begins with."""

    decimal: str = "."
    delimiter: str = ","
    begins: str = ""

    @classmethod
    def of(cls, *, excel: bool, decimal: str | None) -> Self:
        """For spreadsheets where a comma is the decimal sign (``excel``), or with a decimal sign alone.

        ``excel`` with a decimal point is what spreadsheets read where a point is the sign.
        """
        sign = decimal or ("," if excel else ".")
        return cls(sign, ";" if sign == "," else ",", "\ufeff" if excel else "")

    def number(self, text: str) -> str:
        """A number, written with a point, as it stands in this form."""
        return text if self.decimal == "." else text.replace(".", self.decimal)


PLAIN_CSV = CsvForm()
"""After RFC 4180 with decimal points, as programs read it."""


def cell(value: Any, column: Column, form: CsvForm = PLAIN_CSV) -> str:
    """The text of one cell: a number with its digits, nothing for what was not measured."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if column.digits is not None:
        text = f"{float(value):.{column.digits}f}"
        return form.number(text[1:] if text.startswith("-") and not text.strip("-0.") else text)
    text = str(value)
    # a spreadsheet would run such a cell as a formula
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def to_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], form: CsvForm = PLAIN_CSV) -> str:
    """The rows as CSV, with a header."""
    out = io.StringIO()
    out.write(form.begins)
    writer = csv.writer(out, lineterminator="\r\n", delimiter=form.delimiter)
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([cell(row.get(column.name), column, form) for column in columns])
    return out.getvalue()


def as_json_line(row: Mapping[str, Any], columns: Sequence[Column]) -> str:
    """A row as a JSON object, with the table's digits; null for what was not measured."""

    def value(column: Column) -> Any:
        given = row.get(column.name)
        if given is None or (isinstance(given, float) and math.isnan(given)):
            return None
        if column.digits is None:
            return str(given)
        return round(float(given), column.digits) + 0.0 if column.digits else int(given)

    return json.dumps({column.name: value(column) for column in columns}, ensure_ascii=False)


def dictionary(tables: Mapping[str, Sequence[Column]]) -> str:
    """``columns.json``: for each file, its columns with unit and meaning."""
    content = {
        name: [{"name": c.name, "unit": c.unit, "meaning": c.meaning} for c in columns]
        for name, columns in tables.items()
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def frame_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> pd.DataFrame:
    """The rows as a pandas table."""
    import pandas as pd

    return pd.DataFrame(list(rows), columns=[column.name for column in columns])

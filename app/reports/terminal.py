"""What a person reads in the terminal: the head of a report and the tables.

Readable without colour, and at 40 columns. The words are those of :mod:`dowel.text.wording`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dowel.reports.report import Report
from dowel.reports.tables import REP_TABLE, SET_TABLE, WIDE_COLUMNS, Row, TableColumn, shown
from dowel.text.fitting_table import fitting_table
from dowel.text.sanitise import plain
from dowel.text.wording import VERDICT_STYLES, done_with

_INDENT: Final = (0, 0, 0, 2)


def console() -> Console:
    """The terminal, or whatever stands in its place; colour only where a person looks at it."""
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


# ------------------------------------------------------------------------------------------------------------- report


def print_report(out: Console, report: Report) -> None:
    """The whole report of a session."""
    print_head(out, report)
    rows = report.reps
    if not rows:
        out.print(Padding(Text("No reps were found.\n"), _INDENT, expand=False))
        _print_notes(out, report)
        return
    wide = out.width >= WIDE_COLUMNS
    for number_of_set in dict.fromkeys(row["set"] for row in rows):
        of_set = [row for row in rows if row["set"] == number_of_set]
        out.print(_set_title(number_of_set, of_set))
        out.print(Padding(rep_table(of_set, out.width), _INDENT, expand=False))
        out.print()
    if report.by_eye:
        out.print(Padding(Text(report.by_eye), _INDENT, expand=False))
        out.print()
    if report.sets:
        out.print(Padding(set_table(report.sets, out.width), _INDENT, expand=False))
        out.print()
    for row in report.sets:
        if row["advice"]:
            out.print(Padding(Text(f"Set {row['set']}: {plain(row['advice'])}"), _INDENT, expand=False))
    _print_notes(out, report)
    legend = report.wide_legend if wide else report.legend
    width = max((len(name) for name, _ in legend), default=0) + 1
    for name, meaning in legend:
        out.print(Padding(Text(f"{name:<{width}}{meaning}", style="dim"), _INDENT, expand=False))


def _print_notes(out: Console, report: Report) -> None:
    for at, text in report.notes:
        out.print(Padding(Text(f"Note at {at}: {text}"), _INDENT, expand=False))


def print_head(out: Console, report: Report) -> None:
    """Who, when and what; the limits in force and what they rest on; whatever is wrong with the data."""
    out.print()
    out.print(Text(f"  {report.name}", style="bold"), soft_wrap=True)
    out.print(Padding(Text(" · ".join(report.about)), _INDENT, expand=False))
    out.print()
    out.print(Padding(Text(report.disclaimer, style="italic"), _INDENT, expand=False))
    out.print()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for line in report.head:
        table.add_row(line.name, Text(line.text, style="yellow" if line.warning else ""))
    out.print(Padding(table, _INDENT, expand=False))
    out.print()


# ------------------------------------------------------------------------------------------------------------- tables


def _set_title(number: int | None, rows: Sequence[Mapping[str, Any]]) -> Text:
    title = Text("  Outside sets" if number is None else f"  Set {number}", style="bold")
    title.append("".join(f" · {told}" for told in done_with(rows[0])), style="")
    return title


def _table(
    columns: Sequence[TableColumn], rows: Sequence[Row], style: Callable[[TableColumn, Row], str], width: int
) -> Table:
    return fitting_table(
        {column.title: column.is_words for column in columns},
        [[Text(column.text(row), style=style(column, row)) for column in columns] for row in rows],
        width - _INDENT[3],
    )


def rep_table(rows: Sequence[Row], width: int) -> Table:
    """The reps of one set, with as many columns as a terminal of this width has room for."""
    return _table(shown(REP_TABLE, rows, width), rows, _rep_style, width)


def _rep_style(column: TableColumn, row: Row) -> str:
    verdict = str(row["verdict"])
    if column.title == "rep":
        return "" if row["kind"] == "rep" else "dim"
    if column.title == "verdict" or (column.title == "peak" and verdict in ("warned", "lost")):
        return VERDICT_STYLES.get(verdict, "")
    return ""


def set_table(rows: Sequence[Row], width: int) -> Table:
    """One line per set."""
    columns = [column for column in shown(SET_TABLE, rows) if column.title != "next"]  # which is told below it
    return _table(columns, rows, _set_style, width)


def _set_style(column: TableColumn, row: Row) -> str:
    verdict = {"held": "held", "close": "warned", "lost": "lost"}.get(column.title)
    if verdict is None:
        return ""
    return VERDICT_STYLES[verdict] if row[verdict] else "dim"

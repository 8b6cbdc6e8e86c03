"""The study in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dowel.agreement.study import Agreement
from dowel.agreement.wording import (
    FIGURES_TABLE,
    GROUPS_TABLE,
    LIMITS_TABLE,
    PLACES_MEAN,
    PLACES_TABLE,
    about,
    figures_rows,
    further,
    groups_rows,
    groups_title,
    headline,
    interval_words,
    lacking,
    limits_rows,
    places_rows,
)
from dowel.reports.tables import Row, TableColumn, shown
from dowel.text.fitting_table import fitting_table
from dowel.text.wording import DISCLAIMER

_INDENT = (0, 0, 0, 2)


def print_study(out: Console, study: Agreement) -> None:
    """The whole study."""
    out.print()
    _tell(out, headline(study), "bold")
    _tell(out, about(study))
    out.print()
    _tell(out, DISCLAIMER, "italic")
    out.print()
    differing = places_rows(study)
    for title, table, rows in (
        ("By contact", FIGURES_TABLE, figures_rows(study)),
        (groups_title(study), GROUPS_TABLE, groups_rows(study)),
        ("How places differ", PLACES_TABLE, differing),
        (f"Limits that these reps support, by {study.rule.words}", LIMITS_TABLE, limits_rows(study)),
    ):
        if rows:
            _tell(out, title, "bold")
            out.print(Padding(_table(table, rows, out.width - _INDENT[3]), _INDENT, expand=False))
            if rows is differing:
                _tell(out, PLACES_MEAN)
            out.print()
    for sentence in further(study):
        _tell(out, sentence)
    for sentence in lacking(study):
        _tell(out, sentence, "yellow")
    _tell(out, interval_words(study), "dim")


def _table(columns: Sequence[TableColumn], rows: Sequence[Row], width: int) -> Table:
    used = shown(columns, rows)
    cells = [[Text(column.text(row)) for column in used] for row in rows]
    return fitting_table({column.title: column.is_words for column in used}, cells, width)


def _tell(out: Console, text: str, style: str = "") -> None:
    out.print(Padding(Text(text, style=style), _INDENT, expand=False))

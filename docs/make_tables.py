"""Makes the tables of docs/tables.md from the columns that the program writes: ``python docs/make_tables.py``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from dowel.agreement.tables import AGREEMENT_COLUMNS
from dowel.analysis.column_type import Column
from dowel.exports.raw_samples import RAW_COLUMNS
from dowel.history.table import HISTORY_COLUMNS
from dowel.session.tables import EXTRA_COLUMNS, REP_COLUMNS, SET_COLUMNS, SIGNAL_COLUMNS

PAGE: Final = Path(__file__).with_name("tables.md")
TABLES: Final[Mapping[str, Sequence[Column]]] = {
    "Rep table": REP_COLUMNS,
    "Extras of some drills": EXTRA_COLUMNS,
    "Set table": SET_COLUMNS,
    "Signals": SIGNAL_COLUMNS,
    "Raw samples": RAW_COLUMNS,
    "History table": HISTORY_COLUMNS,
    "Agreement table": AGREEMENT_COLUMNS,
}
"""What stands under each heading of the page."""


def page(text: str) -> str:
    """The page with each table made again; the prose stays. Raises ValueError for a table that has lost its heading."""
    for heading, columns in TABLES.items():
        found = re.search(rf"^##+ {heading}\n(?:(?!\||#).*\n)*((?:\|.*\n)+)", text, re.MULTILINE)
        if found is None:
            raise ValueError(f"{PAGE.name} has no table under the heading {heading!r}")
        text = text[: found.start(1)] + table(columns) + text[found.end(1) :]
    return text


def table(columns: Sequence[Column]) -> str:
    """A table of columns, with unit and meaning."""
    rows = [f"| `{each.name}` | {each.unit} | {each.meaning} |\n" for each in columns]
    return "".join(["| column | unit | meaning |\n", "|---|---|---|\n", *rows])


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

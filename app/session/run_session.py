"""A session run for a command, and compared with what was heard when it was practised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dowel.analysis.column_type import Column
from dowel.analysis.drills.drills import DRILLS
from dowel.analysis.kept import Kept
from dowel.analysis.rows import Rep
from dowel.recordings.numbers import is_number
from dowel.recordings.session_file.session_reader import Session
from dowel.session.following import follow
from dowel.session.human_verdicts import human_verdict
from dowel.session.results import SessionResults
from dowel.session.tables import rep_columns
from dowel.text.progress import Progress

HEARD_ROW = "row"
"""Kind under which a rep row is kept as it was heard; its detail holds the row by column name."""

HEARD_VOIDED = "struck"
"""Kind under which it is kept that a row was taken back while the session was practised; detail: its ``start_s``."""

SAME_BEND_S = 0.5
"""Two rows that start this close are of the same bend: bends last longer."""


def run(session: Session, kept: Kept = Kept.NOTHING) -> SessionResults:
    """The whole session analysed, with progress on a terminal."""
    results = SessionResults.of(session)
    with Progress() as progress:
        for part in follow(session, results, kept):
            progress.tell(analysing_words(session.path, part.now_s))
    return results


def analysing_words(path: Path, now_s: float) -> str:
    """How far the analysis of a session has come."""
    return f"analysing {path.name}: {now_s / 60:.0f} min"


def rows_as_heard(session: Session) -> list[dict[str, Any]]:
    """The rep rows that were made while the session was practised and not taken back there, by column name.

    What a person judged of them stands beside them as it is now.
    """
    rows: list[dict[str, Any]] = []
    columns = rep_columns(DRILLS.values())
    for heard in session.heard_rows:
        if heard.kind == HEARD_ROW:
            rows.append({column.name: _value(heard.detail.get(column.name), column) for column in columns})
        elif heard.kind == HEARD_VOIDED:
            at_s = heard.detail.get("start_s")
            if isinstance(at_s, int | float):
                rows = [row for row in rows if not row["start_s"] <= at_s <= row["end_s"]]
    for row in rows:
        row["human_verdict"] = human_verdict(session.marks, row["start_s"], row["end_s"])
    return rows


def _value(given: object, column: Column) -> Any:
    """What a row holds in a column; a file from elsewhere may hold anything there."""
    if column.digits is None:
        return "" if given is None else str(given)
    if is_number(given) and math.isfinite(given):
        return given
    return None if column.digits == 0 else math.nan


def verdicts_that_differ(heard: Sequence[dict[str, Any]], rows: Sequence[Rep]) -> int:
    """How many bends have another verdict now, or stand in only one of the two tables."""
    left = list(rows)
    differing = 0
    for row in heard:
        same = next((each for each in left if abs(each.start_s - row["start_s"]) < SAME_BEND_S), None)
        if same is not None:
            left.remove(same)
        differing += same is None or same.verdict != row["verdict"]
    return differing + len(left)

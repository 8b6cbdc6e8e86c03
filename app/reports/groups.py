"""The parts of a session that are reported together: its sets, and the bends outside of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dowel.analysis.rows import Rep, SetSummary
from dowel.recordings.errors import InputError
from dowel.session.results import SessionResults

AROUND_S: Final = 1.0
"""So much is shown before the first rep and after the last."""


@dataclass(frozen=True, slots=True)
class RepGroup:
    """The rows of one set, or those outside sets (``number`` None), and the session time that they take.

    Without any row it is the whole session.
    """

    number: int | None
    rows: tuple[Rep, ...]
    start_s: float
    end_s: float
    summary: SetSummary | None = None


def groups_of(results: SessionResults) -> list[RepGroup]:
    """All groups, sets first; a session without rows is one group without rows.

    Raises ``InputError`` where the signals of the first reps were not kept.
    """
    first_s, last_s = results.kept_from_s, results.analysed_until_s
    if first_s > min((row.start_s for row in results.rep_rows), default=last_s):
        raise InputError("The signals were not kept. Analyse the session with dowel.analyse(path).")
    if not results.rep_rows:
        return [RepGroup(None, (), first_s, last_s)]
    summaries = {summary.set: summary for summary in results.set_rows}
    numbers = sorted({row.set for row in results.rep_rows}, key=lambda number: (number is None, number or 0))
    groups = []
    for number in numbers:
        rows = tuple(row for row in results.rep_rows if row.set == number)
        start_s, end_s = _around(results, rows)
        groups.append(RepGroup(number, rows, start_s, end_s, summaries.get(number) if number is not None else None))
    return groups


def only_rep(results: SessionResults, group: RepGroup, rep: int) -> RepGroup:
    """Of a group one rep. Raises ``InputError`` for a rep that is not there."""
    rows = tuple(row for row in group.rows if row.kind == "rep" and row.rep == rep)
    if not rows:
        there = ", ".join(str(row.rep) for row in group.rows if row.kind == "rep") or "none"
        where = "outside sets" if group.number is None else f"in set {group.number}"
        raise InputError(f"There is no rep {rep} {where} of {results.path.name} (reps: {there}). Give one of them.")
    return RepGroup(group.number, rows, *_around(results, rows))


def _around(results: SessionResults, rows: tuple[Rep, ...]) -> tuple[float, float]:
    """The time that rows take, with a little before and after."""
    start_s = max(min(row.start_s for row in rows) - AROUND_S, results.kept_from_s)
    return start_s, min(max(row.end_s for row in rows) + AROUND_S, results.analysed_until_s)


def group_of(results: SessionResults, number: int | None) -> RepGroup:
    """One set; None gives the first. Raises ``InputError`` for a set that is not there."""
    groups = groups_of(results)
    if number is None:
        return groups[0]
    for group in groups:
        if group.number == number:
            return group
    there = ", ".join(str(group.number) for group in groups if group.number is not None) or "none"
    raise InputError(f"There is no set {number} in {results.path.name} (sets: {there}). Give one of them.")

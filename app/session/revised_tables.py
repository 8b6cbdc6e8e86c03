"""The tables after a row was taken back or revised, by hand or by what came later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dowel.analysis.events import RowRevised, RowVoided
from dowel.analysis.repetitions.sets import summarise
from dowel.analysis.rows import Rep, SetSummary


def revised(
    reps: Sequence[Rep], sets: Sequence[SetSummary], event: RowVoided | RowRevised
) -> tuple[list[Rep], list[SetSummary]]:
    """The rows without the one that is taken back, or with the revised one in its place; its set is counted again."""
    if isinstance(event, RowRevised):
        touched = [row for row in reps if row.start_s == event.rep.start_s]
        rows = [event.rep if row in touched else row for row in reps]
    else:
        touched = [row for row in reps if row.start_s <= event.start_s <= row.end_s]
        rows = [row for row in reps if row not in touched]
    numbers = {row.set for row in touched}
    of_set = {summary.set: [row for row in rows if row.set == summary.set] for summary in sets}
    again = [
        _counted_again(summary, of_set[summary.set]) if summary.set in numbers else summary
        for summary in sets
        if summary.set not in numbers or of_set[summary.set]
    ]
    return rows, again


def _counted_again(summary: SetSummary, rows: list[Rep]) -> SetSummary:
    again = summarise(rows, summary.set, summary.wall_cm, rows[0].start_s - summary.rest_before_s)
    return replace(again, advice=summary.advice)

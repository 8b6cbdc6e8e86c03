"""The marks of a session as rows of a marks file: with it ``dowel import --marks`` takes the samples in again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dowel.analysis.column_type import Column
from dowel.exchange.marks_csv import STEPS
from dowel.exports.spans import truth_spans
from dowel.recordings.types import CONTACTS, WATCHED, Mark, MarkKind
from dowel.session.results import SessionResults

MARK_COLUMNS: Final = (
    Column(
        "kind", "", None, "A step of the calibration, a set, a rep that was added by hand, a note, or what is true."
    ),
    Column("start_s", "s", 3, "Session time of its start."),
    Column("end_s", "s", 3, "Session time of its end."),
    Column("detail", "", None, "What was said with it: JSON, and of truth a word."),
)


def mark_rows(results: SessionResults) -> list[dict[str, Any]]:
    """Rows by ``MARK_COLUMNS``, in the order of time. What a marks file cannot say is not in them."""
    rows = [*_steps_and_words(results), *_sets(results), *_truth(results)]
    return sorted(rows, key=lambda row: (row["start_s"], row["end_s"]))


def _row(kind: str, start_s: float, end_s: float, detail: Mapping[str, Any] | str = "") -> dict[str, Any]:
    words = detail if isinstance(detail, str) else json.dumps(dict(detail), ensure_ascii=False) if detail else ""
    return {"kind": str(kind), "start_s": start_s, "end_s": end_s, "detail": words}


def _steps_and_words(results: SessionResults) -> Iterator[dict[str, Any]]:
    for mark in results.marks:
        if mark.kind in (*STEPS, MarkKind.REP, MarkKind.NOTE):
            yield _row(mark.kind, mark.start_s, mark.end_s, mark.detail)


def _sets(results: SessionResults) -> Iterator[dict[str, Any]]:
    """Each set with the load that was told for it last, and its drill where the session has several.

    One that was not ended lasts until the next or the end.
    """
    load: Mapping[str, Any] = {}
    drill: Mapping[str, Any] = {}
    several = sum(mark.kind is MarkKind.DRILL for mark in results.marks) > 1
    begun: Mark | None = None
    for mark in results.marks:
        if mark.kind is MarkKind.LOAD:
            load = mark.detail
        if mark.kind is MarkKind.DRILL and several:
            drill = mark.detail
        if mark.kind in (MarkKind.SET, MarkKind.SET_START, MarkKind.SET_END):
            if begun is not None:
                yield _row(MarkKind.SET, begun.end_s, mark.end_s, {**drill, **load, **begun.detail})
            begun = None if mark.kind is MarkKind.SET_END else mark
    if begun is not None:
        yield _row(MarkKind.SET, begun.end_s, results.analysed_until_s, {**drill, **load, **begun.detail})


def _truth(results: SessionResults) -> Iterator[dict[str, Any]]:
    """What was off the rod, and when all three contacts were watched; a marks file knows no other watching."""
    for told in truth_spans(results):
        contact = WATCHED if told.detail["contact"] == "+".join(CONTACTS) else told.detail["contact"]
        if contact in (WATCHED, *CONTACTS) and (told.what == "rod_off" or contact == WATCHED):
            yield _row(MarkKind.TRUTH, told.start_s, told.end_s, contact)

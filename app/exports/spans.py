"""What stretches over some time of a session, named: reps, sets, lost contacts, and what somebody told of the rod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dowel.agreement.observations import truth_told
from dowel.analysis.rows import Rep
from dowel.recordings.grid_points import GRID_HZ
from dowel.session.results import SessionResults


@dataclass(frozen=True, slots=True)
class Named:
    """A stretch of session time, what it is, and what is to be said of it."""

    start_s: float
    end_s: float
    what: str
    detail: Mapping[str, str] = field(default_factory=dict)


def row_spans(results: SessionResults) -> Iterator[Named]:
    """The rows of the rep table, called by their kind, and the sets."""
    for row in results.rep_rows:
        detail = {
            "set": "" if row.set is None else str(row.set),
            "rep": "" if row.rep is None else str(row.rep),
            "drill": row.drill,
            "load_kg": f"{row.load_kg:g}",
            "verdict": row.verdict,
            "verdict_reason": row.verdict_reason,
            "contact_lost": row.contact_lost,
        }
        yield Named(row.start_s, row.end_s, row.kind, detail)
    for summary in results.set_rows:
        detail = {"set": str(summary.set), "drill": summary.drill, "load_kg": f"{summary.load_kg:g}"}
        yield Named(*set_span_s(results, summary.set), "set", detail)


def set_span_s(results: SessionResults, number: int) -> tuple[float, float]:
    """When the first row of a set began, and its last one ended."""
    rows = [row for row in results.rep_rows if row.set == number]
    return min(row.start_s for row in rows), max(row.end_s for row in rows)


def contact_spans(results: SessionResults, row: Rep) -> Iterator[Named]:
    """Each time that contact was lost in a row: ``contact_lost``, at which point of the rod and in which way."""
    if row.verdict != "lost":
        return
    for direction, crossing in results.losses(row):
        start_s, end_s = (row.start_s + point / GRID_HZ for point in (crossing.first, crossing.cleared))
        yield Named(start_s, end_s, "contact_lost", {"contact": direction.point, "verdict_reason": direction.reason})


def truth_spans(results: SessionResults) -> Iterator[Named]:
    """What somebody, or a switch, told of a real rod: ``rod_off`` at a contact, and ``rod_watched``; by whom."""
    truth = truth_told(results)
    for contact, spans in truth.off.items():
        for span in spans:
            yield Named(span.start_s, span.end_s, "rod_off", {"contact": contact, "told_by": span.by})
    for span in dict.fromkeys(span for spans in truth.watched.values() for span in spans):
        seen = "+".join(contact for contact, spans in truth.watched.items() if span in spans)
        yield Named(span.start_s, span.end_s, "rod_watched", {"contact": seen, "told_by": span.by})

"""Where the session time of an import begins, and which of its marks lie outside the recordings.

Plain CSV keeps its own time, which is session time. But a program may have written Unix time there, or the seconds
since the device was switched on; then the session begins with the first sample, and the marks may count in either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from dowel.exchange.align import Alignment
from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import Recording
from dowel.recordings.types import Mark, MarkKind
from dowel.sensors.stream.replay import TimeLine

LATE_START_S: Final = 3600.0
"""A session time that begins so late counts from something else than the session (sources#plain-csv-time)."""
UNIX_FROM_S: Final = 1e7
"""Times of marks from here on, four months, count from no session's start (sources#plain-csv-time)."""
LATEST_S: Final = 1e10
"""Later than any Unix time in seconds; a column of milliseconds is beyond it (sources#plain-csv-time)."""
MOMENT_S: Final = 1.0
"""By so much a mark may lie beside the recordings: it was written by hand (sources#plain-csv-time)."""


@dataclass(frozen=True)
class Begun:
    """The alignment and the marks in session time, and a sentence where that is not the time of the files."""

    alignment: Alignment
    marks: list[Mark]
    sentence: str = ""


def begun(recordings: Sequence[Recording], alignment: Alignment, marks: Sequence[Mark], marks_name: str) -> Begun:
    """Let session time begin with the first sample where plain CSV counts from long before it.

    Offsets that the user gave lead to session time as they are. Raises ``InputError`` where the marks are in Unix time
    and the recordings are not.
    """
    start_s, end_s = span_s(recordings, alignment)
    own = alignment.method == "offset" or not any(recording.session_clock for recording in recordings)
    late_s = 0.0 if own or start_s < LATE_START_S else start_s
    along = bool(marks) and _unlike(marks, start_s, end_s) < _unlike(marks, 0.0, end_s - start_s)
    moved = [_earlier(mark, late_s) if along else mark for mark in marks]
    if any(mark.end_s >= UNIX_FROM_S for mark in moved):
        raise InputError(
            f"{marks_name} counts in Unix time, and the recordings lie elsewhere: they run from {start_s:.1f} to "
            f"{end_s:.1f} s. Write the marks in seconds from the start of the session."
        )
    if not late_s:
        return Begun(alignment, moved)
    lines = tuple(TimeLine(line.offset_s - late_s, line.rate) for line in alignment.lines)
    of_marks = " The marks count in the same time, and are moved with it." if along else " The marks count from there."
    return Begun(
        replace(alignment, lines=lines),
        moved,
        f"The times in the files begin at {late_s:.1f} s, so they do not count from the start of the session. "
        f"Session time is 0 at the first sample.{of_marks if marks else ''}",
    )


def _unlike(marks: Sequence[Mark], start_s: float, end_s: float) -> tuple[int, float]:
    """How badly marks fit a span: how many rows lie beside it, then how far the first is from its start."""
    return _beside(marks, start_s, end_s), abs(marks[0].end_s - start_s)


def span_s(recordings: Sequence[Recording], alignment: Alignment) -> tuple[float, float]:
    """First and last sample in session time."""
    ends_s = [
        line.at(recording.samples.time_s[[0, -1]]) for recording, line in zip(recordings, alignment.lines, strict=True)
    ]
    return float(min(start_s for start_s, _ in ends_s)), float(max(end_s for _, end_s in ends_s))


def outside_words(marks: Sequence[Mark], start_s: float, end_s: float) -> str:
    """What is to be said of rows of the marks file that lie outside a span or reach out of it; empty if none does."""
    outside = _beside(marks, start_s, end_s)
    if not outside:
        return ""
    rows = sum(mark.kind not in _SECOND for mark in marks)
    lie = "lies outside the recordings or reaches" if outside == 1 else "lie outside the recordings or reach"
    return (
        f"{outside} of {rows} rows of the marks file {lie} out of them ({start_s:.1f} to {end_s:.1f} s); check that "
        "their times count from the start of the session."
    )


_SECOND: Final = (MarkKind.STEP_START, MarkKind.DRILL, MarkKind.SET_END)
"""Marks that a row has besides its own."""


def _beside(marks: Sequence[Mark], start_s: float, end_s: float) -> int:
    """How many rows lie outside a span by more than a moment, or are sets that reach out of it so far."""
    rows, counted = 0, False
    for mark in marks:
        outside = mark.end_s < start_s - MOMENT_S or mark.start_s > end_s + MOMENT_S
        of_set = mark.kind is MarkKind.SET_END  # it follows its start, as sets do not overlap
        if outside and mark.kind not in (MarkKind.STEP_START, MarkKind.DRILL) and not (of_set and counted):
            rows += 1
        if mark.kind is MarkKind.SET_START:
            counted = outside
    return rows


def _earlier(mark: Mark, by_s: float) -> Mark:
    return replace(mark, start_s=mark.start_s - by_s, end_s=mark.end_s - by_s)

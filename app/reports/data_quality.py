"""What is wrong with the data of a session and what of it was not used: the one place that says so, for all outputs."""

from __future__ import annotations

from collections.abc import Iterator

from dowel.session.results import SessionResults
from dowel.text.sanitise import plain
from dowel.text.wording import words


def data_sentences(results: SessionResults) -> Iterator[str]:
    """A sentence for each thing: first of the file, then of each sensor, then of the rows."""
    yield from (plain(problem) for problem in results.problems)
    yield from _left_out(results)
    yield from _lost_or_doubled(results)
    yield from _missing_in_rows(results)


def _left_out(results: SessionResults) -> Iterator[str]:
    """What a sensor sent and could not be used."""
    for sensor, bad_frames in zip(results.sensors, results.bad_frames, strict=False):
        if bad_frames:
            yield f"{words(sensor.placement)}: {bad_frames} broken frames or samples were left out"


def _lost_or_doubled(results: SessionResults) -> Iterator[str]:
    """What sensors that only count lost on the way, and what they sent twice."""
    for sensor, (lost, doubled) in zip(results.sensors, results.lost_and_doubled, strict=False):
        if lost:
            yield f"{words(sensor.placement)}: {lost} samples were lost on the way; short gaps are filled"
        if doubled:
            yield f"{words(sensor.placement)}: {doubled} samples came twice and were left out"


def _missing_in_rows(results: SessionResults) -> Iterator[str]:
    missing = sum(row.missing_pct > 0 for row in results.rep_rows)
    if missing:
        worst_pct = max(row.missing_pct for row in results.rep_rows)
        yield f"data is missing in {missing} of {len(results.rep_rows)} reps, up to {worst_pct:.0f} % of one"

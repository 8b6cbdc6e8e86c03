"""The row that a person means: by its number, or by a moment within it."""

from __future__ import annotations

from dowel.analysis.rows import Rep
from dowel.recordings.errors import InputError
from dowel.session.results import SessionResults
from dowel.text.wording import clock, counted, joined


def row_numbered(results: SessionResults, rep: int, of_set: int | None) -> Rep:
    """A rep by its number in its set. Raises ``InputError`` where there is none, or one in several sets.

    Parameters
    ----------
    results
        The session's.
    rep
        The number in the report.
    of_set
        The set's; None where there is only one that has such a rep.
    """
    alike = [row for row in results.rep_rows if row.kind == "rep" and row.rep == rep]
    found = [row for row in alike if of_set is None or row.set == of_set]
    if len(found) == 1:
        return found[0]
    if found:
        sets = joined([str(row.set) for row in found])
        raise InputError(f"{results.path}: there is a rep {rep} in the sets {sets}. Say which: --set {found[0].set}.")
    where = f" in set {of_set}" if of_set is not None else ""
    there = joined([f"{counted(row.reps, 'rep')} in set {row.set}" for row in results.set_rows]) or "no set"
    raise InputError(f"{results.path}: there is no rep {rep}{where}. It has {there}.")


def row_at(results: SessionResults, at_s: float) -> Rep:
    """The row at a moment. Raises ``InputError`` where there is none."""
    found = row_around(results, at_s)
    if found is None:
        near = min(results.rep_rows, key=lambda row: abs(row.bottom_s - at_s), default=None)
        nearest = f" The nearest goes from {clock(near.start_s)} to {clock(near.end_s)}." if near else ""
        raise InputError(f"{results.path}: there is no row at {clock(at_s)}.{nearest} dowel report FILE shows them.")
    return found


def row_around(results: SessionResults, at_s: float) -> Rep | None:
    """The first row that a moment lies in, if any."""
    return next((row for row in results.rep_rows if row.start_s <= at_s <= row.end_s), None)

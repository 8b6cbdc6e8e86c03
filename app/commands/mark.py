"""``dowel mark``: a correction or a note added to a session."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dowel.commands.options import LoadOption, SessionArgument
from dowel.recordings.errors import InputError, UsageError

if TYPE_CHECKING:
    from dowel.session.results import SessionResults


class MarkAs(StrEnum):
    """What can be added after the fact."""

    SET = "set"
    REP = "rep"
    LOAD = "load"
    NOTE = "note"
    VOID = "void"


def mark(
    file: SessionArgument,
    at: Annotated[float, typer.Option(metavar="S", help="When, in seconds from the start of the session.")],
    kind: Annotated[
        MarkAs,
        typer.Option(
            help="set: a set begins here (and ends at --end); rep: this bend is a rep; load: the load from here on; "
            "note: --text; void: take back the row at this time."
        ),
    ],
    end: Annotated[float | None, typer.Option(metavar="S", help="When it ends, for set, rep and note.")] = None,
    load_kg: LoadOption = None,
    text: Annotated[str, typer.Option(help="What the note says.")] = "",
) -> None:
    """Add a correction or a note to a session.

    Nothing in it is overwritten: the mark is added, and the report is computed with it.
    """
    if end is not None and (kind in (MarkAs.LOAD, MarkAs.VOID) or not end >= at):
        raise UsageError(f"--end {end:g} does not fit: it comes after --at and belongs to set, rep or note.")
    if kind is MarkAs.LOAD and load_kg is None:
        raise UsageError("--kind load needs --load-kg: the load from there on, 0 for none.")
    if kind is MarkAs.NOTE and not text:
        raise UsageError("--kind note needs --text.")
    if load_kg is not None and kind not in (MarkAs.LOAD, MarkAs.SET):
        raise UsageError("--load-kg belongs to --kind load or set.")

    from dowel.recordings.session_file.finished_session import append_mark, fold_session
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.recordings.types import MarkKind
    from dowel.session.run_session import run

    with open_session(file) as session:
        results = run(session)
    _refuse_outside(results, at, end)
    if kind is MarkAs.VOID and not any(row.start_s <= at <= row.end_s for row in results.rep_rows):
        raise InputError(
            f"{file}: there is no row at {at:g} s to take back. dowel report FILE --csv - shows their times."
        )
    for sentence in fold_session(file):
        typer.echo(sentence)
    detail: dict[str, Any] = {"text": text} if text else {}
    if load_kg is not None:
        detail["load_kg"] = load_kg
    last_s = at if end is None else end
    if kind is MarkAs.SET:
        append_mark(file, MarkKind.SET_START, at, at, detail)
        if end is not None:
            append_mark(file, MarkKind.SET_END, end, end)
    else:
        append_mark(file, MarkKind(kind.value), at, last_s, detail)
    with open_session(file) as session:
        after = run(session)
    typer.echo(f"Marked: {kind} at {at:g} s. {_reps(results)} before, {_reps(after)} now.")


def _refuse_outside(results: SessionResults, at_s: float, end_s: float | None) -> None:
    first_s, last_s = results.began_s, results.analysed_until_s
    for option, time_s in (("--at", at_s), ("--end", end_s)):
        if time_s is not None and not first_s <= time_s <= last_s:
            raise InputError(
                f"{results.path}: {option} {time_s:g} lies outside the session, which lasts from {first_s:.3g} to "
                f"{last_s:.1f} s."
            )


def _reps(results: SessionResults) -> str:
    reps, sets = sum(row.kind == "rep" for row in results.rep_rows), len(results.set_rows)
    return f"{reps} rep{'' if reps == 1 else 's'} in {sets} set{'' if sets == 1 else 's'}"

"""``dowel mark``: a correction or a note added to a session."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from dowel.commands.declare import Option
from dowel.commands.newest import session_or_newest
from dowel.commands.options import (
    Drill,
    HeightOption,
    LiftedFromOption,
    LoadOption,
    NewestArgument,
    WallOption,
    iso_time,
)
from dowel.recordings.errors import InputError, UsageError
from dowel.text.sanitise import plain

if TYPE_CHECKING:
    from dowel.recordings.types import MarkKind
    from dowel.session.results import SessionResults


class MarkAs(StrEnum):
    """What can be added after the fact."""

    SET = "set"
    REP = "rep"
    LOAD = "load"
    NOTE = "note"
    VOID = "void"
    FACT = "fact"


def mark(
    file: NewestArgument = None,
    *,
    kind: Annotated[
        MarkAs,
        Option(
            help="set: a set begins here (and ends at --end); rep: this bend is a rep; load: the load from here on; "
            "note: --text; void: take back the row at this time; fact: what holds from the start of the session, "
            "--person, --started-at, --drill, --load-kg, --height-cm, --wall-cm, --from, --band."
        ),
    ],
    at: Annotated[
        float | None, Option(metavar="S", help="When, in seconds from the start of the session; not for fact.")
    ] = None,
    end: Annotated[float | None, Option(metavar="S", help="When it ends, for set, rep and note.")] = None,
    load_kg: LoadOption = None,
    text: Annotated[str, Option(help="What the note says.")] = "",
    person: Annotated[str | None, Option(metavar="CODE", help='A code for the person; "" for none.')] = None,
    started_at: Annotated[str, Option(metavar="TIME", help="When it started, as in 2026-05-04T10:00.")] = "",
    drill: Annotated[Drill | None, Option(help="The drill.")] = None,
    height_cm: HeightOption = None,
    wall_cm: WallOption = None,
    lifted_from: LiftedFromOption = None,
    band: Annotated[str | None, Option(metavar="TEXT", help="The elastic band in use.")] = None,
) -> None:
    """Add a correction or a note to a session.

    Nothing in it is overwritten: the mark is added, and the report is computed with it.
    """
    given = {
        "person": person,
        "started_at": iso_time("--started-at", started_at) or None,
        "drill": drill and str(drill),
        "height_cm": height_cm,
        "wall_cm": wall_cm,
        "from": lifted_from and str(lifted_from),
        "band": band,
    }
    file = session_or_newest(file)
    facts = {name: value for name, value in given.items() if value is not None}
    if kind is MarkAs.FACT:
        if load_kg is not None:
            facts["load_kg"] = load_kg
        if at is not None or end is not None or text or not facts:
            raise UsageError(
                "--kind fact holds from the start: instead of --at, --end and --text give what it says, as in "
                "--person P1 or --load-kg 16."
            )
        _add_fact(file, facts)
        return
    if facts:
        raise UsageError(f"--{next(iter(facts)).replace('_', '-')} belongs to --kind fact.")
    if at is None:
        raise UsageError(f"--kind {kind} needs --at: when, in seconds from the start of the session.")
    _add(file, kind, at, end, load_kg, text)


def _add_fact(file: Path, facts: dict[str, Any]) -> None:
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.recordings.types import MarkKind
    from dowel.session.run_session import run
    from dowel.session.setup import check_correction

    with open_session(file) as session:
        results = run(session)
    check_correction(results.facts, results.marks, [sensor.placement for sensor in results.sensors], facts)
    said = ", ".join(f"{name} {value}" for name, value in facts.items())
    _append(file, results, [(MarkKind.FACT, results.began_s, results.began_s, facts)], f"fact ({plain(said)})")


def _add(file: Path, kind: MarkAs, at: float, end: float | None, load_kg: float | None, text: str) -> None:
    if end is not None and (kind in (MarkAs.LOAD, MarkAs.VOID) or not end >= at):
        raise UsageError(f"--end {end:g} does not fit: it comes after --at and belongs to set, rep or note.")
    if kind is MarkAs.LOAD and load_kg is None:
        raise UsageError("--kind load needs --load-kg: the load from there on, 0 for none.")
    if kind is MarkAs.NOTE and not text:
        raise UsageError("--kind note needs --text.")
    if load_kg is not None and kind not in (MarkAs.LOAD, MarkAs.SET):
        raise UsageError("--load-kg belongs to --kind load, set or fact.")

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
    detail: dict[str, Any] = {"text": text} if text else {}
    if load_kg is not None:
        detail["load_kg"] = load_kg
    if kind is not MarkAs.SET:
        marks = [(MarkKind(kind.value), at, at if end is None else end, detail)]
    elif end is None:
        marks = [(MarkKind.SET_START, at, at, detail)]
    else:
        marks = [(MarkKind.SET_START, at, at, detail), (MarkKind.SET_END, end, end, {})]
    _append(file, results, marks, f"{kind} at {at:g} s")


def _append(
    file: Path, before: SessionResults, marks: Sequence[tuple[MarkKind, float, float, dict[str, Any]]], what: str
) -> None:
    """Add marks to the session and say what they changed."""
    from dowel.recordings.session_file.finished_session import append_mark, fold_session
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.session.run_session import run

    for sentence in fold_session(file):
        click.echo(sentence)
    for kind, start_s, end_s, detail in marks:
        append_mark(file, kind, start_s, end_s, detail)
    with open_session(file) as session:
        after = run(session)
    click.echo(f"Marked: {what}. {_reps(before)} before, {_reps(after)} now.")


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

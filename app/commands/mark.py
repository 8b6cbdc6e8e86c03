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
    from dowel.recordings.types import Mark
    from dowel.session.results import SessionResults


class MarkAs(StrEnum):
    """What can be added after the fact."""

    SET = "set"
    REP = "rep"
    LOAD = "load"
    NOTE = "note"
    TRUTH = "truth"
    VOID = "void"
    FACT = "fact"


def mark(
    file: NewestArgument = None,
    *,
    kind: Annotated[
        MarkAs | None,
        Option(
            help="set: a set begins here (and ends at --end); rep: this bend is a rep; load: the load from here on; "
            "note: --text; truth: from --at to --end a real rod was off the back at --detail; void: take back the row "
            "at this time; fact: what holds from the start of the session, "
            "--person, --started-at, --drill, --load-kg, --height-cm, --wall-cm, --from, --band."
        ),
    ] = None,
    at: Annotated[
        float | None, Option(metavar="S", help="When, in seconds from the start of the session; not for fact.")
    ] = None,
    end: Annotated[float | None, Option(metavar="S", help="When it ends, for set, rep, note and truth.")] = None,
    detail: Annotated[
        str, Option(metavar="WHAT", help="For truth: head, upper_back, sacrum, or watched: that somebody looked.")
    ] = "",
    marks: Annotated[
        Path | None,
        Option(metavar="CSV", help="In place of --kind: all rows of a marks file, of truth, set, rep and note."),
    ] = None,
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
    if (kind is None) == (marks is None):
        raise UsageError("Give --kind for one mark, or --marks for all of a marks file.")
    if marks is not None:
        if any(each is not None for each in (at, end, load_kg, *given.values())) or text or detail:
            raise UsageError("--marks stands alone: the file has times and details.")
        _add_file(file, marks)
        return
    assert kind is not None
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
    if (kind is MarkAs.TRUTH) != bool(detail):
        raise UsageError("--detail belongs to --kind truth, which needs one: head, upper_back, sacrum or watched.")
    if at is None:
        raise UsageError(f"--kind {kind} needs --at: when, in seconds from the start of the session.")
    if kind is MarkAs.TRUTH:
        _add_truth(file, at, end, detail)
    else:
        _add(file, kind, at, end, load_kg, text)


def _add_truth(file: Path, at: float, end: float | None, detail: str) -> None:
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.recordings.truth_detail import WHATS, TruthDetail, what_named
    from dowel.recordings.types import Mark, MarkKind
    from dowel.session.run_session import run

    what = what_named(detail)
    if what is None:
        raise UsageError(f"--detail {detail} is no contact of a rod. Known are {', '.join(WHATS)}.")
    if end is None or not end > at:
        raise UsageError("--kind truth needs an --end after --at: until when it was so.")
    with open_session(file) as session:
        results = run(session)
    _refuse_outside(results, at, end)
    told = TruthDetail(what, by="a person afterwards").to_json()
    _append(file, results, [Mark(0, MarkKind.TRUTH, at, end, told)], f"truth ({what}) from {at:g} to {end:g} s")


def _add_file(file: Path, marks: Path) -> None:
    """All rows of a marks file; those that the session holds already are left out."""
    from dowel.exchange.marks_csv import STEPS, read_marks
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.session.run_session import run

    wanted = read_marks(marks)
    steps = [mark.kind for mark in wanted if mark.kind in STEPS]
    if steps:
        raise InputError(
            f"{marks}: steps of the calibration ({steps[0]}) are taken by dowel import alone. Leave them out."
        )
    with open_session(file) as session:
        results = run(session)
    for mark in wanted:
        _refuse_outside(results, mark.start_s, mark.end_s, f"{marks}: the {mark.kind} at")
    held = [(mark.kind, mark.start_s, mark.end_s, dict(mark.detail)) for mark in results.marks]
    new = [mark for mark in wanted if (mark.kind, mark.start_s, mark.end_s, dict(mark.detail)) not in held]
    if not new:
        click.echo(f"Nothing was marked: the session holds all of {plain(marks.name)} already.")
        return
    _append(file, results, new, f"{len(new)} of {len(wanted)} marks of {plain(marks.name)}")


def _add_fact(file: Path, facts: dict[str, Any]) -> None:
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.recordings.types import Mark, MarkKind
    from dowel.session.run_session import run
    from dowel.session.setup import check_correction

    with open_session(file) as session:
        results = run(session)
    check_correction(results.facts, results.marks, [sensor.placement for sensor in results.sensors], facts)
    said = ", ".join(f"{name} {value}" for name, value in facts.items())
    fact = Mark(0, MarkKind.FACT, results.began_s, results.began_s, facts)
    _append(file, results, [fact], f"fact ({plain(said)})")


def _add(file: Path, kind: MarkAs, at: float, end: float | None, load_kg: float | None, text: str) -> None:
    if end is not None and (kind in (MarkAs.LOAD, MarkAs.VOID) or not end >= at):
        raise UsageError(f"--end {end:g} does not fit: it comes after --at and belongs to set, rep, note or truth.")
    if kind is MarkAs.LOAD and load_kg is None:
        raise UsageError("--kind load needs --load-kg: the load from there on, 0 for none.")
    if kind is MarkAs.NOTE and not text:
        raise UsageError("--kind note needs --text.")
    if load_kg is not None and kind not in (MarkAs.LOAD, MarkAs.SET):
        raise UsageError("--load-kg belongs to --kind load, set or fact.")

    from dowel.recordings.session_file.session_reader import open_session
    from dowel.recordings.types import Mark, MarkKind
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
        marks = [Mark(0, MarkKind(kind.value), at, at if end is None else end, detail)]
    elif end is None:
        marks = [Mark(0, MarkKind.SET_START, at, at, detail)]
    else:
        marks = [Mark(0, MarkKind.SET_START, at, at, detail), Mark(0, MarkKind.SET_END, end, end)]
    _append(file, results, marks, f"{kind} at {at:g} s")


def _append(file: Path, before: SessionResults, marks: Sequence[Mark], what: str) -> None:
    """Add marks to the session and say what they changed."""
    from dowel.recordings.session_file.finished_session import append_marks, fold_session
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.session.run_session import run

    for sentence in fold_session(file):
        click.echo(sentence)
    append_marks(file, marks)
    with open_session(file) as session:
        after = run(session)
    click.echo(f"Marked: {what}. {_reps(before)} before, {_reps(after)} now.")


def _refuse_outside(results: SessionResults, at_s: float, end_s: float | None, where: str = "") -> None:
    first_s, last_s = results.began_s, results.analysed_until_s
    for option, time_s in (("--at", at_s), ("--end", end_s)):
        if time_s is not None and not first_s <= time_s <= last_s:
            raise InputError(
                f"{results.path}: {where or option} {time_s:g} lies outside the session, which lasts from "
                f"{first_s:.3g} to {last_s:.1f} s."
            )


def _reps(results: SessionResults) -> str:
    reps, sets = sum(row.kind == "rep" for row in results.rep_rows), len(results.set_rows)
    return f"{reps} rep{'' if reps == 1 else 's'} in {sets} set{'' if sets == 1 else 's'}"

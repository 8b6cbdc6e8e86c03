"""``dowel mark``: a correction, a judgement or a note added to a session, listed, or taken back."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    moment_s,
)
from dowel.recordings.errors import UsageError

if TYPE_CHECKING:
    from dowel.commands.marking import Where


class MarkAs(StrEnum):
    """What can be added after the fact."""

    SET = "set"
    REP = "rep"
    LOAD = "load"
    NOTE = "note"
    TRUTH = "truth"
    VOID = "void"
    VERDICT = "verdict"
    FACT = "fact"


_WITH_AN_END = (MarkAs.SET, MarkAs.REP, MarkAs.NOTE, MarkAs.TRUTH)
_DETAILS = {MarkAs.TRUTH: "head, upper_back, sacrum or watched", MarkAs.VERDICT: "held, lost or not_judged"}


def mark(
    file: NewestArgument = None,
    *,
    kind: Annotated[
        MarkAs | None,
        Option(
            help="set: a set begins here (and ends at --end); rep: this bend is a rep; load: the load from here on; "
            "note: --text; truth: from --at to --end a real rod was off the back at --detail; void: take back the row "
            "here; verdict: how you judge the rep here, --detail, beside the program; fact: what holds from the start "
            "of the session, --person, --started-at, --drill, --load-kg, --height-cm, --wall-cm, --from, --band."
        ),
    ] = None,
    rep: Annotated[int | None, Option(metavar="N", least=1, help="Which rep, by its number in the report.")] = None,
    of_set: Annotated[int | None, Option("--set", metavar="N", least=1, help="Of which set, with --rep.")] = None,
    at: Annotated[
        str, Option(metavar="TIME", help="When, as in 1:13 or 73.5 (seconds from the start of the session).")
    ] = "",
    end: Annotated[str, Option(metavar="TIME", help="When it ends, for set, rep, note and truth.")] = "",
    detail: Annotated[
        str,
        Option(
            metavar="WHAT",
            help="For verdict: held, lost or not_judged. For truth: head, upper_back, sacrum, or watched: that "
            "somebody looked.",
        ),
    ] = "",
    marks: Annotated[
        Path | None,
        Option(metavar="CSV", help="In place of --kind: all rows of a marks file, of truth, set, rep and note."),
    ] = None,
    undo: Annotated[
        bool,
        Option("--undo", help="Take back the latest mark; with --kind, --rep or --at, the latest of that kind, there."),
    ] = False,
    listed: Annotated[bool, Option("--list", help="List what was marked, and do nothing else.")] = False,
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
    """Add a correction, your own judgement or a note to a session.

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
    facts = {name: value for name, value in given.items() if value is not None}
    at_s, end_s = moment_s("--at", at), moment_s("--end", end)
    if rep is not None and at:
        raise UsageError("--rep and --at both say where. Give one of them.")
    if of_set is not None and rep is None:
        raise UsageError("--set belongs to --rep: it says of which set.")
    says_something = bool(facts or text or detail or end or load_kg is not None)
    if listed or undo:
        if says_something or marks or (listed and (undo or kind or rep or at)):
            raise UsageError(f"{'--list' if listed else '--undo'} adds nothing. Leave out the other options.")
    elif (kind is None) == (marks is None):
        raise UsageError(
            "Give --kind for one mark, or --marks for all of a marks file; or --list what was marked, --undo the last."
        )
    elif marks is not None and (says_something or rep or at):
        raise UsageError("--marks stands alone: the file has times and details.")
    elif kind is MarkAs.FACT:
        if load_kg is not None:
            facts["load_kg"] = load_kg
        if rep or at or end or text or detail or not facts:
            raise UsageError(
                "--kind fact holds from the start: instead of --at, --end and --text give what it says, as in "
                "--person P1 or --load-kg 16."
            )
    elif kind is not None:
        if facts:
            raise UsageError(f"--{next(iter(facts)).replace('_', '-')} belongs to --kind fact.")
        if rep is None and at_s is None:
            raise UsageError(f"--kind {kind} needs --rep, its number in the report, or --at, when.")
        _refuse_what_does_not_fit(kind, at_s, end_s, load_kg, text, detail)

    from dowel.commands import marking

    file, where = session_or_newest(file), marking.Where(rep, of_set, at_s, end_s)
    if listed:
        marking.list_marks(file)
    elif undo:
        marking.take_back(file, str(kind or ""), where)
    elif marks is not None:
        marking.add_file(file, marks)
    elif kind is MarkAs.FACT:
        marking.add_fact(file, facts)
    elif kind is not None:
        _add(file, kind, where, load_kg, text or detail)


def _refuse_what_does_not_fit(
    kind: MarkAs, at_s: float | None, end_s: float | None, load_kg: float | None, text: str, detail: str
) -> None:
    if end_s is not None and (kind not in _WITH_AN_END or at_s is None or not end_s >= at_s):
        raise UsageError(f"--end {end_s:g} does not fit: it comes after --at and belongs to set, rep, note or truth.")
    if kind is MarkAs.LOAD and load_kg is None:
        raise UsageError("--kind load needs --load-kg: the load from there on, 0 for none.")
    if kind is MarkAs.NOTE and not text:
        raise UsageError("--kind note needs --text.")
    if kind in _DETAILS and not detail:
        raise UsageError(f"--kind {kind} needs --detail: {_DETAILS[kind]}.")
    if detail and kind not in _DETAILS:
        raise UsageError("--detail belongs to --kind truth and verdict.")
    if load_kg is not None and kind not in (MarkAs.LOAD, MarkAs.SET):
        raise UsageError("--load-kg belongs to --kind load, set or fact.")


def _add(file: Path, kind: MarkAs, where: Where, load_kg: float | None, said: str) -> None:
    """Add one mark; ``said`` is a note's text, or the detail of a verdict or of a truth."""
    from dowel.commands import marking
    from dowel.recordings.types import MarkKind

    if kind is MarkAs.VERDICT:
        marking.judge(file, where, said)
    elif kind is MarkAs.TRUTH:
        marking.add_truth(file, where, said)
    else:
        marking.add(file, MarkKind(kind.value), where, load_kg, said)

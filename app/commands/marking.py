"""What ``dowel mark`` does with a session: marks added, judged, listed, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dowel.analysis.rows import Rep
from dowel.exchange.marks_csv import STEPS, read_marks
from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.session_file.finished_session import append_marks, fold_session
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.standing_marks import can_be_undone
from dowel.recordings.truth_detail import WHATS, TruthDetail, what_named
from dowel.recordings.types import HUMAN_VERDICTS, Mark, MarkKind
from dowel.reports.page_beside import renew_page
from dowel.session.find_row import row_around, row_at, row_numbered
from dowel.session.human_verdicts import judged_anew
from dowel.session.results import SessionResults
from dowel.session.run_session import run
from dowel.session.setup import check_correction
from dowel.text.sanitise import plain
from dowel.text.wording import clock, counted, rep_words, words

_NEAR_S = 0.5
"""A row that was taken back has no start and end any more: its mark is meant by a time that is as near."""


@dataclass(frozen=True, slots=True)
class Where:
    """What a mark is of: a rep by its number, or a moment and perhaps an end."""

    rep: int | None = None
    of_set: int | None = None
    at_s: float | None = None
    end_s: float | None = None

    @property
    def is_given(self) -> bool:
        """Whether it says anything."""
        return self.rep is not None or self.at_s is not None

    def row_of(self, results: SessionResults) -> Rep:
        """The row that is meant. Raises ``InputError`` where there is none."""
        if self.rep is not None:
            return row_numbered(results, self.rep, self.of_set)
        return row_at(results, self.at_s if self.at_s is not None else results.began_s)


def add(file: Path, kind: MarkKind, where: Where, load_kg: float | None, text: str) -> None:
    """Add a set, rep, load, note or void mark."""
    results, _ = _analysed(file)
    if where.rep is not None or kind is MarkKind.VOID:
        row = where.row_of(results)
        at = end = row.start_s if kind in (MarkKind.SET, MarkKind.LOAD) else row.bottom_s
    else:
        at = where.at_s if where.at_s is not None else results.began_s
        end = at if where.end_s is None else where.end_s
        _refuse_outside(results, at, end)
    detail: dict[str, Any] = {"text": text} if text else {}
    if load_kg is not None:
        detail["load_kg"] = load_kg
    if kind is not MarkKind.SET:
        made = [Mark(0, kind, at, end, detail)]
    else:
        made = [Mark(0, MarkKind.SET_START, at, at, detail)]
        made += [Mark(0, MarkKind.SET_END, end, end)] if where.end_s is not None else []
    _append(file, results, made, f"Marked: {kind} at {clock(at)}")


def add_truth(file: Path, where: Where, detail: str) -> None:
    """Add what a real rod showed."""
    what = what_named(detail)
    if what is None:
        raise UsageError(f"--detail {detail} is no contact of a rod. Known are {', '.join(WHATS)}.")
    if where.at_s is None or where.end_s is None or not where.end_s > where.at_s:
        raise UsageError("--kind truth needs an --end after --at: until when it was so.")
    results, _ = _analysed(file)
    _refuse_outside(results, where.at_s, where.end_s)
    told = TruthDetail(what, by="a person afterwards").to_json()
    said = f"Marked: truth ({what}) from {clock(where.at_s)} to {clock(where.end_s)}"
    _append(file, results, [Mark(0, MarkKind.TRUTH, where.at_s, where.end_s, told)], said)


def add_file(file: Path, marks: Path) -> None:
    """Add all rows of a marks file; those that the session holds already are left out."""
    wanted = read_marks(marks)
    steps = [mark.kind for mark in wanted if mark.kind in STEPS]
    if steps:
        raise InputError(
            f"{marks}: steps of the calibration ({steps[0]}) are taken by dowel import alone. Leave them out."
        )
    if any(mark.kind is MarkKind.DRILL for mark in wanted):
        raise InputError(f"{marks}: the drill of a set is taken by dowel import alone. Leave it out.")
    results, _ = _analysed(file)
    for mark in wanted:
        _refuse_outside(results, mark.start_s, mark.end_s, f"{marks}: the {mark.kind} at")
    held = [(mark.kind, mark.start_s, mark.end_s, dict(mark.detail)) for mark in results.marks]
    new = [mark for mark in wanted if (mark.kind, mark.start_s, mark.end_s, dict(mark.detail)) not in held]
    if not new:
        click.echo(f"Nothing was marked: the session holds all of {plain(marks.name)} already.")
        return
    _append(file, results, new, f"Marked: {len(new)} of {len(wanted)} marks of {plain(marks.name)}")


def add_fact(file: Path, facts: dict[str, Any]) -> None:
    """Add what holds from the session's start."""
    results, _ = _analysed(file)
    check_correction(results.facts, results.marks, [sensor.placement for sensor in results.sensors], facts)
    said = ", ".join(f"{name} {value}" for name, value in facts.items())
    fact = Mark(0, MarkKind.FACT, results.began_s, results.began_s, facts)
    _append(file, results, [fact], f"Marked: fact ({plain(said)})")


def judge(file: Path, where: Where, detail: str) -> None:
    """Add a person's verdict of a row, beside the program's; an earlier one of the same row is taken back."""
    verdict = detail.strip().lower().replace(" ", "_").replace("-", "_")
    if verdict not in HUMAN_VERDICTS:
        raise UsageError(f"--detail {detail} is no verdict. It is one of {', '.join(HUMAN_VERDICTS)}.")
    results, written = _analysed(file)
    row = where.row_of(results)
    made = judged_anew(written, row.start_s, row.end_s, verdict)
    _write(file, [Mark(0, kind, row.bottom_s, row.bottom_s, detail) for kind, detail in made])
    click.echo(
        f"Marked: {rep_words(row)} at {clock(row.bottom_s)} is {words(verdict)} by eye. "
        f"The program's own verdict, {words(row.verdict)}, stays beside it."
    )


def list_marks(file: Path) -> None:
    """Print what was marked and stands, and the notes of the practice, in the order in which it was written."""
    with open_session(file) as session:
        marks = [mark for mark in session.written_marks if can_be_undone(mark) or mark.kind is MarkKind.NOTE]
    for each in marks:
        click.echo(f"{_told(each)}{'' if can_be_undone(each) else '  (in the practice, stays)'}")
    if not marks:
        click.echo(f"{file}: nothing was marked in it.")


def take_back(file: Path, kind: str, where: Where) -> None:
    """Take back the latest mark of those that are meant; an empty ``kind`` is any."""
    results, written = _analysed(file)
    meant = [mark for mark in written if can_be_undone(mark) and mark.kind.startswith(kind)]
    if where.rep is not None:
        row = where.row_of(results)
        meant = [mark for mark in meant if row.start_s <= mark.start_s <= row.end_s]
    elif where.at_s is not None:
        found = row_around(results, where.at_s)
        start_s, end_s = (found.start_s, found.end_s) if found else (where.at_s - _NEAR_S, where.at_s + _NEAR_S)
        meant = [mark for mark in meant if start_s <= mark.start_s <= end_s]
    if not meant:
        raise InputError(f"{file}: there is no such mark to take back. dowel mark FILE --list shows them.")
    taken = _with_its_other_end(meant[-1], written)
    undone = [Mark(0, MarkKind.UNDO, mark.start_s, mark.start_s, {"mark": mark.sequence}) for mark in taken]
    _append(file, results, undone, f"Taken back: {', '.join(' '.join(_told(mark).split()) for mark in taken)}")


def _with_its_other_end(mark: Mark, written: Sequence[Mark]) -> list[Mark]:
    """A mark; of a set both that were written together, its start and its end."""
    other = {MarkKind.SET_START: (MarkKind.SET_END, 1), MarkKind.SET_END: (MarkKind.SET_START, -1)}.get(mark.kind)
    beside = [each for each in written if can_be_undone(each) and other == (each.kind, each.sequence - mark.sequence)]
    return sorted([mark, *beside], key=lambda each: each.sequence)


def _told(mark: Mark) -> str:
    said = ", ".join(f"{name.replace('_', ' ')}: {plain(value)}" for name, value in mark.detail.items())
    until = f" to {clock(mark.end_s)}" if mark.end_s > mark.start_s else ""
    return f"{clock(mark.start_s):>8}{until}  {words(mark.kind)}{f'  {said}' if said else ''}"


def _analysed(file: Path) -> tuple[SessionResults, Sequence[Mark]]:
    """The session's results, and its marks as they were written."""
    with open_session(file) as session:
        return run(session), session.written_marks


def _refuse_outside(results: SessionResults, at_s: float, end_s: float, where: str = "") -> None:
    first_s, last_s = results.began_s, results.analysed_until_s
    for option, time_s in (("--at", at_s), ("--end", end_s)):
        if not first_s <= time_s <= last_s:
            raise InputError(
                f"{results.path}: {where or option} {time_s:g} lies outside the session, which lasts from "
                f"{first_s:.3g} to {last_s:.1f} s."
            )


def _append(file: Path, before: SessionResults, made: Sequence[Mark], done: str) -> None:
    """Add marks to the session and say what they changed."""
    _write(file, made)
    after, _ = _analysed(file)
    was, now = _reps(before), _reps(after)
    click.echo(f"{done}. {f'{now}, as before' if now == was else f'{was} before, {now} now'}.")


def _write(file: Path, made: Sequence[Mark]) -> None:
    """Add marks to the session; a page of its report that lies beside it is made again."""
    for sentence in fold_session(file):
        click.echo(sentence)
    append_marks(file, made)
    try:
        page = renew_page(file)
    except InputError as error:  # the marks are in the session
        click.echo(f"Its report is as it was before: {error}", err=True)
        return
    if page is not None:
        click.echo(f"Its report is written again: {page}")


def _reps(results: SessionResults) -> str:
    reps, sets = sum(row.kind == "rep" for row in results.rep_rows), len(results.set_rows)
    return f"{counted(reps, 'rep')} in {counted(sets, 'set')}"

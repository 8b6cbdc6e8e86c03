"""The marks file of an import: ``kind,start_s,end_s,detail``, a row per calibration step, set, rep, note or truth."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from dowel.analysis.drills.drills import DRILLS
from dowel.exchange.written_csv import WrittenKind, written_rows
from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.numbers import is_number
from dowel.recordings.session_file.corrected_facts import DRILL_DETAIL
from dowel.recordings.truth_detail import TruthDetail, what_named
from dowel.recordings.types import CONTACTS, WATCHED, Mark, MarkKind
from dowel.session.option_ranges import LOAD_KG, WALL_CM, LiftedFrom
from dowel.session.setup import SessionSetup, check_setup

STEPS: Final = (
    MarkKind.CLAP,
    MarkKind.STILL,
    MarkKind.ROD_HOLD,
    MarkKind.ROD_HINGES,
    MarkKind.SLUMP,
    MarkKind.SPACER,
    MarkKind.LYING,
    MarkKind.PRESSED,
    MarkKind.RELAXED,
)
"""Calibration steps that a marks file can name (commands#import)."""

KINDS: Final = (*STEPS, MarkKind.SET, MarkKind.REP, MarkKind.NOTE, MarkKind.TRUTH)

MAX_DETAIL: Final = 3000
"""Characters of one detail; it fits into one block of the session file."""

_HEADER: Final = ("kind", "start_s", "end_s", "detail")
_MARKS_FILE: Final = WrittenKind(
    "marks file",
    _HEADER,
    ("kind", "start_s"),
    f"the header of a marks file is {','.join(_HEADER)} (the last two may be left out).",
    'Put the detail in quotes, with each quote in it doubled: "{""load_kg"": 16}".',
)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the file, checked."""

    line: int
    kind: MarkKind
    start_s: float
    end_s: float
    detail: dict[str, Any]


def read_marks(path: Path, before_s: float = 1e7) -> list[Mark]:
    """The marks of a marks file, in the order of time (their sequence numbers mean nothing yet).

    Times from ``before_s`` on are refused: four months, and so Unix time too.

    A calibration step becomes a ``step_start`` mark at its start and the step's own mark at its end; a set becomes
    ``set_start`` and ``set_end``, after a ``drill`` mark where it tells its drill. Raises ``InputError`` with the line
    for whatever cannot be understood.
    """
    rows = [_row(f"{path}, line {line}", line, cells, before_s) for line, cells in written_rows(path, _MARKS_FILE)]
    _refuse_overlaps(path, [row for row in rows if row.kind in STEPS], "calibration steps")
    _refuse_overlaps(path, [row for row in rows if row.kind is MarkKind.SET], "sets")
    _refuse_drills_of_some(path, [row for row in rows if row.kind is MarkKind.SET])
    # What ends comes before what starts at the same time: a step's mark before the start of the next.
    timed = sorted(
        (mark.end_s, mark.kind in (MarkKind.STEP_START, MarkKind.DRILL, MarkKind.SET_START), place, mark)
        for place, mark in enumerate(mark for row in rows for mark in _marks(row))
    )
    return [mark for *_, mark in timed]


def _row(where: str, line: int, cells: dict[str, str], before_s: float) -> _Row:
    if cells["kind"] not in KINDS:
        raise InputError(f"{where}: {cells['kind']!r} is not a kind of mark. Known are {', '.join(KINDS)}.")
    kind = MarkKind(cells["kind"])
    start_s = _seconds(where, "start_s", cells.get("start_s", ""), before_s)
    end_s = _seconds(where, "end_s", cells["end_s"], before_s) if cells.get("end_s") else start_s
    if end_s < start_s:
        raise InputError(f"{where}: {kind} ends ({end_s:g} s) before it starts ({start_s:g} s). Correct the times.")
    if end_s == start_s and (kind in STEPS or kind in (MarkKind.SET, MarkKind.TRUTH)):
        raise InputError(f"{where}: {kind} needs an end_s after its start_s.")
    read = _truth if kind is MarkKind.TRUTH else _detail
    detail = read(where, cells.get("detail", ""))
    if kind is MarkKind.SET:
        _refuse_drill(where, detail)
    return _Row(line, kind, start_s, end_s, detail)


def _seconds(where: str, column: str, text: str, before_s: float) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not abs(value) < before_s:  # also turns away NaN and infinity
        raise InputError(f"{where}: {column} is {text!r}; write seconds from the start of the session, as in 12.5.")
    return value


def _detail(where: str, text: str) -> dict[str, Any]:
    if not text:
        return {}
    if len(text) > MAX_DETAIL:
        raise InputError(f"{where}: the detail has {len(text)} characters, at most {MAX_DETAIL} are kept. Shorten it.")

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        detail = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        detail = None
    if not isinstance(detail, dict):
        raise InputError(
            f'{where}: the detail is not a JSON object. Write it like {{"load_kg": 16}}, or leave it empty.'
        )
    load_kg = detail.get("load_kg", 0)
    if not is_number(load_kg) or not LOAD_KG.hold(load_kg):
        raise InputError(f"{where}: load_kg is {load_kg!r}; write kilograms as a number from {LOAD_KG}, 0 for none.")
    return detail


def _refuse_drill(where: str, detail: dict[str, Any]) -> None:
    """Refuse a drill that there is not, and what does not belong to the drill of a set."""
    told = {name: detail[name] for name in DRILL_DETAIL if name in detail}
    if not told:
        return
    drill, wall_cm, lifted_from, band = (told.get(name) for name in DRILL_DETAIL)
    if drill not in list(DRILLS):
        raise InputError(f"{where}: the drill is {drill!r}; it is one of {', '.join(DRILLS)}.")
    if wall_cm is not None and not (is_number(wall_cm) and WALL_CM.hold(wall_cm)):
        raise InputError(f"{where}: wall_cm is {wall_cm!r}; write centimetres as a number from {WALL_CM}.")
    if lifted_from is not None and lifted_from not in tuple(LiftedFrom):
        raise InputError(f"{where}: from is {lifted_from!r}; it is one of {', '.join(LiftedFrom)}.")
    if not isinstance(band, str | None):
        raise InputError(f"{where}: band is {band!r}; write its colour or name in quotes.")
    setup = SessionSetup(drill, "", detail.get("load_kg"), None, wall_cm, lifted_from or "", band or "")
    try:
        check_setup(setup)
    except UsageError as error:
        raise InputError(f"{where}: {str(error).replace('--', '')}") from error


def _refuse_drills_of_some(path: Path, sets: list[_Row]) -> None:
    """Refuse sets of which some tell their drill: what holds in the others would be guessed."""
    silent = [row.line for row in sets if "drill" not in row.detail]
    if silent and len(silent) < len(sets):
        raise InputError(f"{path}, line {silent[0]}: other sets tell their drill. Tell that of each set, or of none.")


def _truth(where: str, text: str) -> dict[str, Any]:
    """What a row of kind ``truth`` is about: one word."""
    what = what_named(text)
    if what is None:
        raise InputError(
            f"{where}: the detail of truth is {text!r}; write what was off the rod from start_s to end_s "
            f"({', '.join(CONTACTS)}), or {WATCHED} for the time in which somebody looked."
        )
    return TruthDetail(what, by="marks file").to_json()


def _refuse_overlaps(path: Path, rows: list[_Row], what: str) -> None:
    rows = sorted(rows, key=lambda row: (row.start_s, row.end_s))
    for before, after in pairwise(rows):
        if after.start_s < before.end_s:
            raise InputError(
                f"{path}: the {what} in lines {before.line} and {after.line} overlap. Let one end before the next "
                "starts."
            )


def _marks(row: _Row) -> Iterator[Mark]:
    if row.kind in STEPS:
        yield Mark(0, MarkKind.STEP_START, row.start_s, row.start_s, {"step": str(row.kind)}, added=True)
        yield Mark(0, row.kind, row.start_s, row.end_s, row.detail, added=True)
    elif row.kind is MarkKind.SET:
        drill = {name: value for name, value in row.detail.items() if name in DRILL_DETAIL}
        own = {name: value for name, value in row.detail.items() if name not in DRILL_DETAIL}
        if drill:
            yield Mark(0, MarkKind.DRILL, row.start_s, row.start_s, drill, added=True)
        yield Mark(0, MarkKind.SET_START, row.start_s, row.start_s, own, added=True)
        yield Mark(0, MarkKind.SET_END, row.end_s, row.end_s, added=True)
    else:
        yield Mark(0, row.kind, row.start_s, row.end_s, row.detail, added=True)

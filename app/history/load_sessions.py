"""Reading a folder of sessions: every one through the engine, what cannot be used named and left out."""

from __future__ import annotations

import filecmp
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dowel.history.practised_sets import PracticeSession, PracticeSet
from dowel.recordings.errors import InputError, told_of
from dowel.recordings.numbers import is_number
from dowel.recordings.started_at import moment_of
from dowel.recordings.types import Placement
from dowel.reports.session_rows import session_rows
from dowel.session.results_cache import ResultsCache
from dowel.text.progress import Progress

DEFAULT_HEIGHT_CM: Final = 170.0
"""Where no height was given (sources#default-height)."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What was found below a folder: the sessions in order of time, and sentences about those that were left out."""

    path: Path
    sessions: tuple[PracticeSession, ...]
    left_out: tuple[str, ...]


def read_folder(folder: Path, cache: ResultsCache | None = None) -> Folder:
    """All sessions in a folder and those below it, with progress on a terminal; ``cache`` has those analysed before.

    Raises ``InputError`` where there is no folder or nothing in it can be used.
    """
    sessions: list[PracticeSession] = []
    left_out: list[str] = []
    with Progress() as progress, cache or ResultsCache(None) as kept:
        files = session_files(folder)
        for number, path in enumerate(files, start=1):
            progress.tell(f"session {number} of {len(files)}: {path.name}")
            with told_of(path, left_out):
                sessions.append(read_session(path, kept))
    if not sessions:
        raise InputError(f"No session in {folder} can be used. The first: {left_out[0]}")
    once, copies = _without_copies(sorted(sessions, key=_in_time))
    return Folder(folder, tuple(once), (*left_out, *copies))


def session_files(folder: Path) -> list[Path]:
    """The session files in a folder and below it. Raises ``InputError`` where there are none."""
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {what}. Give the folder with your sessions.")
    files = sorted(path for path in folder.rglob("*.dowel") if path.is_file())
    if not files:
        raise InputError(f"There is no session (.dowel) in {folder} or below it. Give the folder with your sessions.")
    return files


def read_session(path: Path, cache: ResultsCache) -> PracticeSession:
    """One session, analysed. Raises ``InputError`` where it cannot be used."""
    found = session_rows(path, cache)
    session = practice_session(path, found.facts, found.placements, found.rep_rows, found.set_rows)
    sets = tuple(replace(each, warn_deg=found.warn_deg.get(each.number, each.warn_deg)) for each in session.sets)
    return replace(session, sets=sets, problems=(*found.problems, *found.silences))


def practice_session(
    path: Path,
    facts: Mapping[str, Any],
    worn: Collection[str],
    rep_rows: list[dict[str, Any]],
    set_rows: list[dict[str, Any]],
) -> PracticeSession:
    """A session of what it says of itself and the rows of its tables, by column name."""
    height = facts.get("height_cm")
    given_cm = float(height) if is_number(height) and math.isfinite(height) and height > 0 else None
    height_cm = DEFAULT_HEIGHT_CM if given_cm is None else given_cm
    started_at = str(facts.get("started_at") or "")
    return PracticeSession(
        path=path,
        person=str(facts.get("person") or "").strip(),
        simulated=bool(facts.get("simulated")),
        started=moment_of(started_at),
        started_at=started_at,
        placements="+".join(placement for placement in Placement if placement in worn),
        height_given=given_cm is not None,
        sets=tuple(PracticeSet.of(row, rep_rows, height_cm) for row in set_rows),
        identity=str(facts.get("identity") or ""),
    )


def _in_time(session: PracticeSession) -> tuple[bool, datetime, str]:
    """By the clock on the wall, then by name; sessions that do not say when come last."""
    started = session.started or datetime.max
    return session.started is None, started.replace(tzinfo=None), str(session.path)


def _without_copies(sessions: list[PracticeSession]) -> tuple[list[PracticeSession], list[str]]:
    """Each session once: a copy below the same folder, an earlier state of it or another import of the same recording
    would count reps twice."""
    alike: dict[tuple[str, str, str], list[PracticeSession]] = {}
    for session in sessions:
        alike.setdefault((session.person, session.started_at, session.placements), []).append(session)
    once, left_out = [], []
    for session in sessions:
        others = alike[session.person, session.started_at, session.placements]
        found = next(((other, what) for other in others if (what := _is_in(other, session))), None)
        if found is None:
            once.append(session)
        else:
            whole, what = found
            left_out.append(f"{session.path} is {what} {whole.path}, which counts in its place.")
    return once, left_out


def _is_in(whole: PracticeSession, session: PracticeSession) -> str:
    """What a session is of another one that counts in its place; empty where it counts itself."""
    own, starts_s = _starts_s(session), _starts_s(whole)
    if whole is session:
        return ""
    if whole.identity and whole.identity == session.identity:
        if filecmp.cmp(whole.path, session.path, shallow=False):
            return "a copy of" if str(whole.path) < str(session.path) else ""
        return "an earlier state of" if newest_first(whole.path) < newest_first(session.path) else ""
    if not own or starts_s[: len(own)] != own:
        return ""
    if len(starts_s) > len(own):
        return "an earlier state of"
    if whole.identity and session.identity:  # imported again, and differently: the later import is what is meant
        return "an earlier session of the same recording as" if _written(whole) > _written(session) else ""
    return "a copy of" if str(whole.path) < str(session.path) else ""


def newest_first(file: Path) -> tuple[int, int, str]:
    """Sorts files of one session: they only ever grow, a mark may fit into what is there already, and of copies the
    first by name is taken."""
    if not file.is_file():
        return 0, 0, str(file)
    state = file.stat()
    return -state.st_size, -state.st_mtime_ns, str(file)


def _written(session: PracticeSession) -> tuple[int, str]:
    """When its file was written; of two of the same moment one is the later one."""
    return session.path.stat().st_mtime_ns, str(session.path)


def _starts_s(session: PracticeSession) -> tuple[float, ...]:
    return tuple(row["start_s"] for each in session.sets for row in each.rows)

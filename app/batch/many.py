"""Many sessions, each analysed once, in the order in which they were named, whoever analysed them."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dowel.analysis.column_type import Column
from dowel.batch.already_done import already_done
from dowel.batch.inputs import Input, inputs_of
from dowel.batch.one_session import Outcome, Task
from dowel.batch.workers_here import run_here
from dowel.recordings.errors import InputError, UsageError
from dowel.session.results import columns_of
from dowel.session.results_cache import ResultsCache, cache_path
from dowel.session.tables import SET_COLUMNS, frame_of
from dowel.settings.extras import check_extra
from dowel.text.progress import Progress
from dowel.text.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from dowel.batch.signals import SignalsFolder

_INPUT = Column("input", "", None, "The session, as it was named or found.")
FAILURE_COLUMNS: tuple[Column, ...] = (
    _INPUT,
    Column("sentence", "", None, "Why it could not be used, and what to do."),
)
WARNING_COLUMNS: tuple[Column, ...] = (
    _INPUT,
    Column("sentence", "", None, "What the rows do not show of a session that was used."),
)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of each input, in their order."""

    inputs: Sequence[Input]
    outcomes: Sequence[Outcome]

    @property
    def failures(self) -> list[dict[str, Any]]:
        """A row of ``FAILURE_COLUMNS`` for each session that could not be used."""
        pairs = zip(self.inputs, self.outcomes, strict=True)
        return [{"input": which.name, "sentence": outcome.problem} for which, outcome in pairs if outcome.problem]

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """A row of ``WARNING_COLUMNS`` for each thing that the rows do not show: what is lost of a session, or that the
        table holds it twice."""
        told: list[dict[str, Any]] = []
        first_of: dict[str, Input] = {}
        first_called: dict[str, Input] = {}
        for which, outcome in zip(self.inputs, self.outcomes, strict=True):
            if outcome.problem:
                continue
            rows = outcome.rows
            sentences = [*rows.problems, *rows.silences]
            same = first_of.setdefault(rows.identity, which)
            called = first_called.setdefault(_session(which), which)
            if same is not which:
                sentences.append(f"It is the session {same.name} again: the table holds its reps twice.")
            elif called is not which:
                sentences.append(f"It has the name of {called.name}: the column session does not tell them apart.")
            told += [{"input": which.name, "sentence": sentence} for sentence in sentences]
        return told

    def rep_rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the rep table by column name, a session at a time."""
        for outcome in self.outcomes:
            yield from () if outcome.problem else outcome.rows.rep_rows

    def set_rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the set table by column name, a session at a time."""
        for outcome in self.outcomes:
            yield from () if outcome.problem else outcome.rows.set_rows


class ManySessions:
    """Many sessions as a notebook looks at them, made by :func:`analyse_many`.

    ``reps`` and ``sets`` are pandas tables with the rows of all sessions in their order, ``failures`` names those that
    could not be used, each with a sentence, and ``warnings`` says what the rows do not show of those that were.

    Parameters
    ----------
    rep_rows, set_rows
        The rows of the tables by column name.
    failures
        Each session that could not be used, and why.
    warnings
        What the rows do not show of a session.
    """

    def __init__(
        self,
        rep_rows: list[dict[str, Any]],
        set_rows: list[dict[str, Any]],
        failures: list[dict[str, Any]],
        warnings: list[dict[str, Any]],
    ) -> None:
        self._rep_rows, self._set_rows, self._failures, self._warnings = rep_rows, set_rows, failures, warnings

    def __repr__(self) -> str:
        sessions = len({row["session"] for row in self._rep_rows})
        bends, sets = counted(len(self._rep_rows), "bend"), counted(len(self._set_rows), "set")
        left_out = f"\n{counted(len(self._failures), 'session')} could not be used: see failures"
        told = f"\n{counted(len(self._warnings), 'warning')}: see warnings"
        beside = f"{left_out if self._failures else ''}{told if self._warnings else ''}"
        return f"{counted(sessions, 'session')} with {bends} in {sets}{beside}"

    @property
    def reps(self) -> pd.DataFrame:
        """The rep table: a row per bend."""
        return frame_of(self._rep_rows, columns_of(self._rep_rows))

    @property
    def sets(self) -> pd.DataFrame:
        """The set table: a row per set."""
        return frame_of(self._set_rows, SET_COLUMNS)

    @property
    def failures(self) -> pd.DataFrame:
        """A row per session that could not be used: ``input`` and ``sentence``."""
        return frame_of(self._failures, FAILURE_COLUMNS)

    @property
    def warnings(self) -> pd.DataFrame:
        """A row per thing that the rows do not show of a session that was used: ``input`` and ``sentence``."""
        return frame_of(self._warnings, WARNING_COLUMNS)


def analyse_many(
    *places: str | Path, jobs: int | None = None, scheduler: str | None = None, cache: bool = True
) -> ManySessions:
    """Analyse many sessions, as ``dowel batch`` does.

    In a script, where a notebook has cells, the call must stand below ``if __name__ == "__main__":``, because each
    process that works begins by running the script again::

        import dowel

        if __name__ == "__main__":
            many = dowel.analyse_many("sessions")
            print(many.sets)

    Parameters
    ----------
    *places
        Session files, folders, patterns and URLs.
    jobs
        How many processes work; without it, one for each processor that this one may use.
    scheduler
        The address of a Dask scheduler whose workers do the work instead.
    cache
        Whether sessions that were analysed before are taken from the cache.

    Returns
    -------
    ManySessions
        Their tables.

    Raises
    ------
    InputError
        Where none can be used, or a cluster cannot be reached.
    UsageError
        Where a cluster has another program, an extra is not installed, or fewer than one process is to work.
    """
    inputs = inputs_of([str(place) for place in places])
    done = run_many(inputs, jobs=jobs, scheduler=scheduler, use_cache=cache)
    return ManySessions(list(done.rep_rows()), list(done.set_rows()), done.failures, done.warnings)


def run_many(
    inputs: Sequence[Input],
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    use_cache: bool = True,
    signals: SignalsFolder | None = None,
) -> Done:
    """Analyse all inputs, with progress on a terminal; what is in the cache begins no process.

    Raises ``InputError`` where none of them can be used, or no worker; ``UsageError`` where fewer than one is to work.
    """
    if scheduler is not None:
        check_extra("cluster", "Clusters", "distributed")
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} jobs do nothing: give 1 or more, or leave it out for one on each processor.")

    def task_of(which: Input) -> Task:
        there = signals.there(_session(which)) if signals and use_cache else frozenset()
        return Task(which, use_cache=use_cache, with_signals=signals is not None, there=there)

    tasks = [task_of(each) for each in inputs if not each.problem]
    found = {each: Outcome(problem=each.problem) for each in inputs if each.problem}
    with Progress() as progress:
        pace = _Pace(progress, len(inputs), len(found))

        def take(which: Input, outcome: Outcome, *, worked: bool) -> None:
            if signals is not None and not outcome.problem:
                signals.keep(_session(which), outcome.signals_name, outcome.signals)
            found[which] = replace(outcome, signals=b"")
            pace.tell(outcome, worked=worked)

        with ResultsCache(cache_path() if use_cache else None) as cache:
            for task in tasks:
                if (outcome := already_done(task, cache)) is not None:
                    take(task.input, outcome, worked=False)
        left = [task for task in tasks if task.input not in found]
        for task, outcome in _run(left, jobs or processors(), scheduler):
            take(task.input, outcome, worked=True)
    if all(outcome.problem for outcome in found.values()):
        first_problem = next(iter(found.values())).problem if found else "Nothing was named."
        raise InputError(f"None of these sessions can be used. The first: {first_problem}")
    return Done(inputs, [found[each] for each in inputs])


def processors() -> int:
    """How many processors this process may use: on a shared computer fewer than there are."""
    if hasattr(os, "sched_getaffinity"):  # macOS and Windows limit no process
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _session(which: Input) -> str:
    return Path(which.file_name).stem


def _run(tasks: Sequence[Task], jobs: int, scheduler: str | None) -> Iterator[tuple[Task, Outcome]]:
    if not tasks:
        return iter(())
    if scheduler is None:
        return run_here(tasks, jobs)
    from dowel.batch.cluster import run_on

    return run_on(scheduler, tasks)


class _Pace:
    """How many sessions are done, how fast, and how long it will take: a line that fits 40 columns."""

    def __init__(self, progress: Progress, sessions: int, done: int) -> None:
        self._progress = progress
        self._sessions = sessions
        self._began_s = time.monotonic()
        self._count = Counter(done=done, worked=0, reps=0)

    def tell(self, outcome: Outcome, *, worked: bool) -> None:
        """One more session is done, by work or found in the cache."""
        self._count.update(done=1, worked=int(worked), reps=0 if outcome.problem else len(outcome.rows.rep_rows))
        done, count = self._count["done"], self._count["worked"]
        rate = count / max(time.monotonic() - self._began_s, 1e-3)
        left_s = (self._sessions - done) / rate if rate else 0.0
        left_words = f"{left_s / 60.0:.0f} min" if left_s > 90.0 else f"{left_s:.0f} s"
        left = f", {rate:.2g}/s, {left_words} left" if count else ""
        self._progress.tell(f"{done}/{self._sessions}, {self._count['reps']} reps{left}")

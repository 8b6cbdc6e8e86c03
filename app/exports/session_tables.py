"""A session as a folder of tables: reps, sets, marks, signals at 100 Hz, raw samples, and what their columns mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from dowel.analysis.column_type import Column
from dowel.analysis.kept import Kept
from dowel.exports.marks_table import MARK_COLUMNS, mark_rows
from dowel.exports.raw_samples import RAW_COLUMNS, raw_samples
from dowel.recordings.session_file.session_reader import Session
from dowel.session.results import SessionResults, columns_of
from dowel.session.run_session import run
from dowel.session.signal_table import signal_blocks
from dowel.session.tables import SET_COLUMNS, SIGNAL_COLUMNS, dictionary

ROWS_AT_A_TIME: Final = 20_000
"""Few enough that what is made of them on the way needs little memory."""

Append = Callable[[Sequence[NDArray[Any]]], None]
"""Takes the next values of all columns of a table."""


class Tables(Protocol):
    """A format of tables."""

    @property
    def suffix(self) -> str:
        """Of the files."""
        ...

    def rows(self, path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> None:
        """Write a table of rows by column name."""
        ...

    def columns(self, path: Path, columns: Sequence[Column]) -> AbstractContextManager[Append]:
        """Begin a table that grows by runs of its columns."""
        ...


def write_tables(session: Session, folder: Path, tables: Tables, *, raw: bool) -> None:
    """Write a session's tables into a folder that there is.

    ``reps``, ``sets``, ``marks``, ``signals``, with ``raw`` one ``raw_<placement>`` per sensor, and
    ``columns.json``. Raises ``InputError`` where the session cannot be analysed.
    """
    results = run(session, Kept.ATTITUDES)
    reps = results.rep_dicts()
    written: dict[str, Sequence[Column]] = {}
    for name, rows, columns in (
        ("reps", reps, columns_of(reps)),
        ("sets", results.set_dicts(), SET_COLUMNS),
        ("marks", mark_rows(results), MARK_COLUMNS),
    ):
        path = folder / f"{name}{tables.suffix}"
        tables.rows(path, rows, columns)
        written[path.name] = columns
    path = folder / f"signals{tables.suffix}"
    written[path.name] = _write_signals(results, path, tables)
    if raw:
        written |= _write_raw(session, folder, tables)
    (folder / "columns.json").write_text(dictionary(written), encoding="utf-8", errors="replace")


def _write_signals(results: SessionResults, path: Path, tables: Tables) -> Sequence[Column]:
    blocks = signal_blocks(results, ROWS_AT_A_TIME)
    block = next(blocks)
    columns = [column for column in SIGNAL_COLUMNS if column.name in block]
    with tables.columns(path, columns) as append:
        for values in chain((block,), blocks) if len(block["time_s"]) else ():
            append([values[column.name] for column in columns])
    return columns


def _write_raw(session: Session, folder: Path, tables: Tables) -> dict[str, Sequence[Column]]:
    paths = [folder / f"raw_{sensor.placement}{tables.suffix}" for sensor in session.sensors]
    with ExitStack() as stack:
        appending = [stack.enter_context(tables.columns(path, RAW_COLUMNS)) for path in paths]
        for index, values in raw_samples(session):
            appending[index](list(values.T))
    return {path.name: RAW_COLUMNS for path in paths}

"""Tables as files: the folder that ``dowel export`` writes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.column_metadata import Column
from dowel.recordings.errors import InputError
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.types import FloatArray, MarkKind, Notifications, Sensor
from dowel.sensors.stream.gaps import Track
from dowel.sensors.stream.replay import replay
from dowel.session.results import columns_of
from dowel.session.run_session import run
from dowel.session.signal_table import signal_columns
from dowel.session.tables import PLAIN_CSV, SET_COLUMNS, SIGNAL_COLUMNS, CsvForm, dictionary, to_csv
from dowel.text.atomic_write import writing

RAW_COLUMNS: Final = (
    Column("time_s", "s", 6, "Session time of the sample."),
    *(Column(f"acc_{axis}_m_s2", "m/s2", 6, f"Specific force along the sensor's {axis}.") for axis in "xyz"),
    *(Column(f"gyr_{axis}_rad_s", "rad/s", 7, f"Angular rate about the sensor's {axis}.") for axis in "xyz"),
)
"""Samples before any filter, as the plain CSV that ``dowel import`` reads; digits finer than a 16-bit sensor's step."""

ROWS_AT_A_TIME: Final = 20_000
"""Few enough that their texts need little memory."""

ANONYMOUS_DATE: Final = "2000-01-01"
"""Put in place of the day; the time of day stays."""


def export_session(
    path: Path,
    folder: Path,
    *,
    raw: bool,
    anonymous: bool,
    form: CsvForm = PLAIN_CSV,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write a session's tables into a folder that is new or empty; returns the files.

    ``tell`` hears what is wrong with the session's file.

    ``reps.csv``, ``sets.csv``, ``signals.csv``, with ``raw`` one ``raw_<placement>.csv`` per sensor, and
    ``columns.json``. ``anonymous`` names the session after the folder, drops the person and puts a fixed day in place
    of the date. Raises ``InputError``; then nothing is left behind.
    """
    with writing(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder} exists and is not empty, and nothing is overwritten. Choose another folder.")
        folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        open_session(path) as session,
        writing(folder),
        tempfile.TemporaryDirectory(prefix=".dowel-export-", dir=folder.parent) as temporary,
    ):
        for problem in session.problems:
            tell(problem)
        whole = Path(temporary, "whole")
        whole.mkdir()
        columns = _write_tables(session, whole, folder.name if anonymous else "", form)
        if raw:
            for placement, values in raw_samples(session):
                columns[f"raw_{placement}.csv"] = RAW_COLUMNS
                _write_columns(whole / f"raw_{placement}.csv", RAW_COLUMNS, values, form)
        (whole / "columns.json").write_text(dictionary(columns), encoding="utf-8", errors="replace")
        if folder.exists():
            folder.rmdir()
        whole.rename(folder)
    return sorted(folder.iterdir())


def _write_tables(session: Session, folder: Path, anonymous_name: str, form: CsvForm) -> dict[str, Sequence[Column]]:
    """Write the three tables; returns the columns of each file."""
    results = run(session, keep_all=True)
    hidden: dict[str, Any] = {}
    if anonymous_name:
        started_at = shifted_date(str(session.facts.get("started_at", "")))
        hidden = {"session": anonymous_name, "person": "", "started_at": started_at}
    signals = signal_columns(results)
    of_signals = [column for column in SIGNAL_COLUMNS if column.name in signals]
    reps = results.rep_dicts()
    of_reps = columns_of(reps)
    for name, rows, columns in (
        ("reps.csv", reps, of_reps),
        ("sets.csv", results.set_dicts(), SET_COLUMNS),
    ):
        (folder / name).write_text(
            to_csv(({**row, **hidden} for row in rows), columns, form), encoding="utf-8", errors="replace", newline=""
        )
    _write_columns(folder / "signals.csv", of_signals, [signals[column.name] for column in of_signals], form)
    return {"reps.csv": of_reps, "sets.csv": SET_COLUMNS, "signals.csv": of_signals}


def shifted_date(started_at: str) -> str:
    """The same time of day on a day that is nobody's; empty where no date is known."""
    try:
        time_of_day = datetime.fromisoformat(started_at).time()
    except ValueError:
        return ""
    return f"{ANONYMOUS_DATE}T{time_of_day:%H:%M:%S}"


def _write_columns(path: Path, columns: Sequence[Column], values: Sequence[NDArray[Any]], form: CsvForm) -> None:
    """Long columns as CSV; their texts are words of our own, so nothing needs quotes."""
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        file.write(form.begins + form.delimiter.join(column.name for column in columns) + "\r\n")
        for start in range(0, len(values[0]), ROWS_AT_A_TIME):
            rows = slice(start, start + ROWS_AT_A_TIME)
            cells = [_cells(array[rows], column, form) for array, column in zip(values, columns, strict=True)]
            file.writelines(f"{form.delimiter.join(line)}\r\n" for line in zip(*cells, strict=True))


def _cells(values: NDArray[Any], column: Column, form: CsvForm) -> list[str]:
    if column.digits is None:
        return [str(value) for value in values.tolist()]
    rounded = np.round(values.astype(np.float64), column.digits) + 0.0  # no minus in front of nothing
    pattern = f"%.{column.digits}f"
    texts = ["" if value != value else pattern % value for value in rounded.tolist()]
    return texts if form is PLAIN_CSV else [form.number(text) for text in texts]


# -------------------------------------------------------------------------------------------------------- raw samples


def raw_samples(session: Session) -> Iterator[tuple[str, list[FloatArray]]]:
    """For each sensor its samples as they were decoded, in session time: placement and the columns of RAW_COLUMNS."""
    stream = replay(session)
    slices = list(stream.slices)
    for index, sensor in enumerate(stream.sensors):
        runs: list[list[Notifications]] = [[]]
        for part in slices:
            own, start = part.notifications[index], 0
            for mark in part.marks:
                if mark.kind is MarkKind.LINK_BACK and mark.detail.get("placement") == sensor.placement:
                    end = int(np.searchsorted(own.sequence, mark.sequence))
                    runs[-1].append(own.between(start, end))
                    runs.append([])
                    start = end
            runs[-1].append(own.between(start, len(own)))
        yield str(sensor.placement), _decoded(sensor, stream.origin_ns, runs)


def _decoded(sensor: Sensor, origin_ns: int, runs: Sequence[Sequence[Notifications]]) -> list[FloatArray]:
    """Columns of a sensor's samples; each of its runs has a clock of its own."""
    track = Track(sensor, origin_ns)
    rows = []
    for number, run_of in enumerate(runs):
        if number:
            track.restart()
        for notifications in run_of:
            samples = track.stamped(notifications)
            rows.append(np.column_stack([samples.time_s, samples.values]))
    return list(np.concatenate([np.empty((0, len(RAW_COLUMNS))), *rows]).T)

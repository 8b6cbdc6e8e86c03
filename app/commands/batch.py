"""``dowel batch``: many sessions to one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from dowel.commands.declare import Argument, Option
from dowel.commands.options import NoCacheOption
from dowel.recordings.errors import InputError, UsageError
from dowel.text.sanitise import plain

if TYPE_CHECKING:
    from dowel.analysis.column_type import Column
    from dowel.batch.many import Done


def batch(
    places: Annotated[
        list[str],
        Argument(
            metavar="DIR|FILE|PATTERN|URL...", help="Sessions (.dowel), folders of them, patterns in quotes, and URLs."
        ),
    ],
    *,
    out: Annotated[
        Path,
        Option(
            metavar="FILE",
            help="The rep table, .parquet or .csv; failures.csv, warnings.csv and its provenance beside it.",
        ),
    ],
    sets: Annotated[Path | None, Option("--sets", metavar="FILE", help="The set table too, .parquet or .csv.")] = None,
    signals: Annotated[
        Path | None,
        Option("--signals", metavar="DIR", help="The signals at 100 Hz too: a folder of Parquet files, by session."),
    ] = None,
    jobs: Annotated[
        int | None, Option("--jobs", metavar="N", least=1, most=1000, help="Processes here. Without: one a processor.")
    ] = None,
    scheduler: Annotated[
        str | None,
        Option(
            "--scheduler", metavar="ADDRESS", help="Let the workers of this Dask scheduler do it, as tcp://...:8786."
        ),
    ] = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Analyse many sessions into one table.

    Rows come in the order of the sessions, and are those of dowel report. What was done before is not done again; a
    session that cannot be used stops nothing.
    """
    if jobs is not None and scheduler is not None:
        raise UsageError("--jobs is of processes here, and --scheduler has workers of its own. Leave one out.")
    tables = {"--out": out, **({"--sets": sets} if sets else {})}
    _refuse(tables, signals)

    from dowel.batch.inputs import inputs_of
    from dowel.batch.many import run_many
    from dowel.batch.provenance import provenance
    from dowel.session.results import columns_of
    from dowel.session.tables import SET_COLUMNS
    from dowel.text.atomic_write import write_whole
    from dowel.text.wording import counted

    began = datetime.now(UTC)
    inputs = inputs_of(places)
    folder = None
    if signals is not None:
        from dowel.batch.signals import SignalsFolder

        folder = SignalsFolder(signals)
    done = run_many(inputs, jobs=jobs, scheduler=scheduler, use_cache=not no_cache, signals=folder)
    if folder is not None:
        folder.finish()
    _write(out, done.rep_rows(), columns_of(done.rep_rows()))
    if sets is not None:
        _write(sets, done.set_rows(), SET_COLUMNS)
    beside = _sentences(done)
    for name, (sentences, columns) in beside.items():
        _write(out.with_name(name), sentences, columns)
    settings = {
        "signals": signals is not None,
        "cache": not no_cache,
        "workers": "cluster" if scheduler else "processes",
        "jobs": jobs,
    }
    write_whole(out.with_suffix(".provenance.json"), provenance(done, settings, tables.values(), began))

    reps, failed = sum(1 for _ in done.rep_rows()), len(done.failures)
    used = counted(len(inputs) - failed, "session")
    click.echo(f"Written: {plain(str(out))}, {counted(reps, 'row')} of {used}.", err=True)
    if warned := len({row["input"] for row in beside["warnings.csv"][0]}):
        where = plain(str(out.with_name("warnings.csv")))
        click.echo(f"Of {counted(warned, 'session')} the rows do not show everything: {where} says what.", err=True)
    if failed:
        where = plain(str(out.with_name("failures.csv")))
        click.echo(f"{counted(failed, 'session')} could not be used: {where} says why.", err=True)
        raise click.exceptions.Exit(InputError.exit_code)


def _refuse(tables: Mapping[str, Path], signals: Path | None) -> None:
    """``UsageError`` for outputs that cannot be written, before hours of work."""
    from dowel.settings.extras import check_extra

    for option, path in tables.items():
        if path.suffix not in (".csv", ".parquet"):
            raise UsageError(f"{option} {path}: give a name that ends in .csv or .parquet.")
        if path.name in ("failures.csv", "warnings.csv"):
            raise UsageError(f"{option} {path}: {path.name} is written beside the table. Give another name.")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"{option} {path}: the folder {path.parent} does not exist. Create it or choose another.")
    if len({path.absolute() for path in tables.values()}) < len(tables):
        raise UsageError("--out and --sets name one file. Give each a name of its own.")
    if signals is not None or any(path.suffix == ".parquet" for path in tables.values()):
        check_extra("export", "Parquet files", "pyarrow")


def _write(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    """A table, whole or not at all."""
    from dowel.session.tables import to_csv
    from dowel.text.atomic_write import whole_file, write_whole

    if path.suffix == ".csv":
        write_whole(path, to_csv(rows, columns))
        return
    from dowel.exports.parquet_tables import ParquetTables

    with whole_file(path) as whole:
        ParquetTables().rows(whole, rows, columns)


def _sentences(done: Done) -> dict[str, tuple[Sequence[Mapping[str, Any]], Sequence[Column]]]:
    """What is said of sessions beside the table, by the name of its file."""
    from dowel.batch.many import FAILURE_COLUMNS, WARNING_COLUMNS

    return {"failures.csv": (done.failures, FAILURE_COLUMNS), "warnings.csv": (done.warnings, WARNING_COLUMNS)}

"""``dowel export``: sessions as tables, for viewers, or as a data set to be shared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import click

from dowel.commands.declare import Argument, Option
from dowel.commands.options import DecimalOption, ExcelOption, csv_form
from dowel.commands.outputs import say_of
from dowel.exports.export_format import ExportFormat
from dowel.recordings.errors import UsageError
from dowel.text.sanitise import plain

NEEDED: Final = {ExportFormat.PARQUET: ("Parquet files", "pyarrow"), ExportFormat.MCAP: ("MCAP files", "foxglove")}
"""What of the extra ``export`` a format needs."""
MOST_NAMED: Final = 20
"""Of more files than these the folder alone is told."""


def export(
    places: Annotated[
        list[Path] | None,
        Argument(metavar="[FILE|DIR...]", help="Sessions (.dowel), and folders of them. Without: the newest of yours."),
    ] = None,
    *,
    to: Annotated[Path, Option(metavar="DIR", help="A folder that is new or empty.")],
    raw: Annotated[bool, Option("--raw", help="Also each sensor's samples before any filter, as tables.")] = False,
    format_: Annotated[ExportFormat, Option("--format", help="What is written.")] = ExportFormat.CSV,
    excel: ExcelOption = False,
    decimal: DecimalOption = None,
    anonymous: Annotated[
        bool,
        Option("--anonymous", help="Labels in place of people and sessions, no names and notes, another date."),
    ] = False,
) -> None:
    """Write sessions as CSV, Parquet, MCAP or Motion-BIDS.

    Tables are reps, sets and signals at 100 Hz; columns.json beside them gives unit and meaning of every column.
    """
    if (excel or decimal) and format_ is not ExportFormat.CSV:
        raise UsageError(f"{'--excel' if excel else '--decimal'} is of CSV, and {format_} is written. Leave it out.")
    form = csv_form(excel, decimal)
    if raw and format_ not in (ExportFormat.CSV, ExportFormat.PARQUET):
        raise UsageError(f"--raw: {format_} always holds each sensor's samples. Leave it out.")
    if format_ in NEEDED:
        from dowel.settings.extras import check_extra

        what, module = NEEDED[format_]
        check_extra("export", what, module)

    from dowel.commands.newest import session_or_newest
    from dowel.exports.exporting import Asked, export_sessions
    from dowel.history.load_sessions import session_files

    found = [file for place in places or () for file in (session_files(place) if place.is_dir() else [place])]
    files = tuple(dict.fromkeys(found)) or (session_or_newest(None),)
    asked = Asked(files, to, format_, raw, anonymous, form)
    written, left_out = export_sessions(asked, say_of)
    for path in written[:MOST_NAMED]:
        click.echo(f"Written: {plain(str(path))}")
    if len(written) > MOST_NAMED:
        click.echo(f"Written: {len(written) - MOST_NAMED} more files in {plain(str(to))}")
    for sentence in left_out:
        click.echo(f"Left out: {plain(sentence)}", err=True)
    if left_out:
        raise click.exceptions.Exit(3)

"""``dowel export``: a session as a folder of CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from dowel.commands.declare import Option
from dowel.commands.options import DecimalOption, ExcelOption, NewestArgument, csv_form
from dowel.commands.outputs import say_of
from dowel.recordings.errors import UsageError
from dowel.text.sanitise import plain


def export(
    file: NewestArgument = None,
    *,
    to: Annotated[Path, Option(metavar="DIR", help="A folder that is new or empty.")],
    raw: Annotated[bool, Option("--raw", help="Also each sensor's samples before any filter.")] = False,
    format_: Annotated[str, Option("--format", metavar="csv", help="The only format so far.")] = "csv",
    excel: ExcelOption = False,
    decimal: DecimalOption = None,
    anonymous: Annotated[
        bool,
        Option("--anonymous", help="Drop the person, name the session after the folder, and change the date."),
    ] = False,
) -> None:
    """Write a session as CSV: reps, sets, signals at 100 Hz.

    columns.json beside them gives unit and meaning of every column.
    """
    if format_ != "csv":
        raise UsageError(f"--format {format_} is not there yet; csv is.")

    from dowel.commands.newest import session_or_newest
    from dowel.exchange.exporting import export_session

    session = session_or_newest(file)
    said: list[str] = []
    form = csv_form(excel, decimal)
    files = export_session(session, to, raw=raw, anonymous=anonymous, form=form, tell=said.append)
    say_of(session, said)
    for written in files:
        click.echo(f"Written: {plain(str(written))}")

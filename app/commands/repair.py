"""``dowel repair``: what is whole of a damaged session, in a new file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from dowel.commands.declare import Option
from dowel.commands.options import SessionArgument
from dowel.recordings.errors import InputError, UsageError


def repair(
    file: SessionArgument,
    out: Annotated[Path, Option(metavar="NEW", help="The new session (.dowel); nothing is overwritten.")],
) -> None:
    """Write what is whole of a damaged session into a new one.

    It says what could not be read. The damaged file is never touched: keep it, as a later version may read more.
    """
    if out.suffix != ".dowel":
        raise UsageError(f"--out {out}: the name of a session ends in .dowel.")
    if out.exists():
        raise InputError(f"{out} exists already, and a session is never overwritten. Choose another name.")

    from dowel.recordings.session_file.repair import repair_session
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.session.run_session import run
    from dowel.text.sanitise import plain
    from dowel.text.typed import typed

    said = repair_session(file, out)
    for sentence in said or [f"Nothing in {file} is damaged; it is copied."]:
        click.echo(plain(sentence))
    with open_session(out) as session:
        try:
            run(session)
        except InputError as error:
            click.echo(f"Written: {out}. What is whole in it is not enough for a report: {plain(str(error))}")
            return
    click.echo(f"Written: {out}. Next: dowel report {typed(out)}")

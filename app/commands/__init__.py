"""The command line: one module per command, each importing what it needs only when it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Annotated

import typer

from dowel.commands.demo import demo
from dowel.commands.doctor import doctor
from dowel.commands.export import export
from dowel.commands.history import history
from dowel.commands.importing import import_
from dowel.commands.mark import mark
from dowel.commands.outputs import with_pages_beside
from dowel.commands.practice import practice
from dowel.commands.repair import repair
from dowel.commands.replay import replay
from dowel.commands.report import report
from dowel.commands.scan import scan
from dowel.commands.trim import trim
from dowel.commands.validate import validate
from dowel.recordings.errors import DowelError
from dowel.text.sanitise import plain

app = typer.Typer(
    name="dowel",
    help="The rod you wear: IMU sensors replace the broomstick of the hip-hinge drill.",
    epilog="Technique feedback, not injury prediction. Exit codes: 0 done, 2 wrong usage, 3 input cannot be used, "
    "4 Bluetooth or sensor not available, 130 interrupted.",
    rich_markup_mode=None,  # plain help starts in half the time
    add_completion=False,
    no_args_is_help=True,
)


def _version(asked: bool) -> None:
    if asked:
        from dowel.settings.version import program_version

        typer.echo(f"dowel {program_version()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The rod you wear: IMU sensors replace the broomstick of the hip-hinge drill."""


for _name, _command in (
    ("demo", demo),
    ("doctor", doctor),
    ("scan", scan),
    ("trim", trim),
    ("practice", practice),
    ("replay", replay),
    ("report", report),
    ("mark", mark),
    ("repair", repair),
    ("import", import_),
    ("export", export),
    ("history", history),
    ("validate", validate),
):
    app.command(_name)(_command)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. Errors become sentences on stderr."""
    try:
        typer.main.get_command(app)(args=with_pages_beside(arguments), prog_name="dowel")
        return 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        return 130
    except DowelError as error:
        return _complain(str(error), error.exit_code)
    except MemoryError:
        return _complain("There is not enough memory for this. Close other programs, or give a shorter session.", 3)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}. Check the disk and its access.", 3)
    except Exception as error:
        if os.environ.get("DOWEL_DEBUG"):
            raise
        sentence = f"Something went wrong inside dowel ({type(error).__name__}: {error}). Nothing of yours was changed"
        return _complain(f"{sentence}; run it again with DOWEL_DEBUG=1 to see where, and report that.", 1)


def _complain(sentence: str, code: int) -> int:
    with suppress(OSError):
        print(f"dowel: {plain(sentence)}", file=sys.stderr)
    return code


def main() -> None:
    """Entry point of the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter must not end the program
    code = run(sys.argv[1:])
    try:
        if sys.stdout is not None:  # closed before the program began
            sys.stdout.flush()
    except BrokenPipeError:  # the reader had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)

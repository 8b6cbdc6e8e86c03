"""The command line: one module per command, each loaded only when it is called."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from io import FileIO, TextIOWrapper
from typing import Any, Final

import click

from dowel.commands.completion import SHELLS, tell_completion
from dowel.commands.declare import Told, command, meant
from dowel.commands.outputs import with_pages_beside
from dowel.recordings.errors import DowelError, problem_of
from dowel.text.sanitise import plain

COMMANDS: Final = {
    "demo": "demo",
    "doctor": "doctor",
    "scan": "scan",
    "trim": "trim",
    "practice": "practice",
    "replay": "replay",
    "report": "report",
    "mark": "mark",
    "repair": "repair",
    "import": "importing",
    "export": "export",
    "history": "history",
    "batch": "batch",
    "validate": "validate",
}
"""Each command and its module, in the order in which they are told; the function in it is named like the command."""
YOUNG_OBJECTS: Final = 20_000
"""So many new objects, and not 700, before the garbage collector looks: nearly all that is loaded stays, and to look
through it a hundred times is a twentieth of what loading costs (sources#working-memory)."""


class Commands(Told, click.Group):
    """All commands; a mistyped one is met with the right word."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order in which they are told."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"dowel.commands.{COMMANDS[cmd_name]}")
        return command(cmd_name, getattr(module, "import_" if cmd_name == "import" else cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; ``help`` is the help of the one that comes after it, or of all."""
        name, *rest = args
        if name == "help":
            if not rest:
                click.echo(ctx.get_help())
                ctx.exit()
            name, rest = rest[0], ["--help"]
        found = self.get_command(ctx, name)
        if found is None:
            ctx.fail(f"there is no command {name}.{meant(name, COMMANDS)}")
        return name, found, rest


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from dowel.settings.version import program_version

        click.echo(f"dowel {program_version()}")
        ctx.exit()


app: Final = Commands(
    "dowel",
    help="The rod you wear: IMU sensors replace the broomstick of the hip-hinge drill.",
    epilog="Technique feedback, not injury prediction. Exit codes: 0 done, 2 wrong usage, 3 input cannot be used, "
    "4 Bluetooth or sensor not available, 130 interrupted.",
    params=[
        click.Option(
            ["-V", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Print the version.",
        ),
        click.Option(
            ["--completion"],
            type=click.Choice(SHELLS),
            is_eager=True,
            expose_value=False,
            callback=tell_completion,
            help="Print what makes this shell complete commands and options.",
        ),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. Errors become sentences on stderr."""
    try:
        code: Any = app.main(with_pages_beside(arguments), prog_name="dowel", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.ClickException as error:
        return _complain(_words_of(error), 2)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except Exception as error:
        by_kind = 3 if isinstance(error, MemoryError | OSError) else 1
        return _complain(problem_of(error), error.exit_code if isinstance(error, DowelError) else by_kind)


def _words_of(error: click.ClickException) -> str:
    """What was wrong with a command line, and where it is told how it is used."""
    told = error.format_message()
    if isinstance(error, click.BadParameter) and error.param is not None:
        told = f"{error.param.opts[-1]}: {error.message}" if error.message else told
    if isinstance(error, click.NoSuchOption):
        told = f"there is no option {error.option_name}.{meant(error.option_name, error.possibilities or ())}"
    if isinstance(error, click.UsageError) and not isinstance(error, click.NoSuchOption):
        told = _own_words(error, told)
    told = told if told.endswith((".", "?")) else f"{told}."
    where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx is not None else "dowel"
    return f"{told} {where} -h tells how it is used."


def _own_words(error: click.UsageError, told: str) -> str:
    """What Click says with the words of a parser, in others."""
    if isinstance(error, click.MissingParameter) and error.param is not None:
        name = error.param.opts[-1:] if isinstance(error.param, click.Option) else []
        wanted = [error.param.make_metavar(error.ctx)] if error.ctx is not None else []
        return f"{' '.join([*name, *wanted])} is missing."
    if isinstance(error, click.BadOptionUsage):
        known = error.ctx.command.params if error.ctx is not None else []
        asked = next((each for each in known if error.option_name in each.opts), None)
        if not isinstance(asked, click.Option) or asked.is_flag or error.ctx is None:
            return f"{error.option_name} takes nothing after it."
        return f"{error.option_name} wants {asked.make_metavar(error.ctx)} after it."
    extra = re.fullmatch(r"Got unexpected extra arguments? \((.*)\)", told)
    return f"{extra[1]} is too much." if extra else told


def _complain(sentence: str, code: int) -> int:
    with suppress(OSError):
        print(f"dowel: {plain(sentence)}", file=sys.stderr)
    return code


def main() -> None:
    """Entry point of the program."""
    gc.set_threshold(YOUNG_OBJECTS)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever began it: a service, or a window without a terminal
            setattr(sys, name, TextIOWrapper(FileIO(os.devnull, "w"), "utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter must not end the program
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    gc.freeze()  # nor is everything to be looked through once more at the end
    sys.exit(code)

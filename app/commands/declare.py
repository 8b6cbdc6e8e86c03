"""Commands as functions whose parameters say in their annotations what they are: made into Click's commands.

``Annotated[float | None, Option(metavar="KG", help="...")]`` says all that Click must know: the type gives how a text
is read, and the name of the parameter the option's, unless it is named otherwise.
"""

from __future__ import annotations

import inspect
import math
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import click


@dataclass(frozen=True, slots=True)
class Declared:
    """What an annotation says of a parameter of the command line."""

    is_option: bool
    names: tuple[str, ...]
    metavar: str | None
    help: str
    least: float | None
    most: float | None


def Option(
    *names: str, metavar: str | None = None, help: str = "", least: float | None = None, most: float | None = None
) -> Any:
    """An option; ``names`` as Click has them, ``least`` and ``most`` of a number."""
    return Declared(True, names, metavar, help, least, most)


def Argument(*, metavar: str, help: str = "") -> Any:
    """An argument; Click has no help for it, so the command's own words tell it."""
    return Declared(False, (), metavar, help, None, None)


class Named(click.ParamType[StrEnum]):
    """One of the members of an enumeration, written with ``-`` or ``_``."""

    def __init__(self, members: type[StrEnum]) -> None:
        self.name = members.__name__
        self._members = members

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """What may be written."""
        return f"[{'|'.join(self._members)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> StrEnum:
        """The member that is meant."""
        written = {member.replace("-", "_").lower(): member for member in self._members}
        key = str(value).replace("-", "_").lower()
        if key not in written:
            signs = all(len(member) == 1 for member in self._members)  # a comma among commas would not be seen
            known = " or ".join(map(repr, map(str, self._members))) if signs else ", ".join(self._members)
            self.fail(f"there is no {value}.{meant(key, written)} It is one of {known}.", param, ctx)
        return written[key]

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[click.shell_completion.CompletionItem]:
        """What begins like this."""
        return [click.shell_completion.CompletionItem(each) for each in self._members if each.startswith(incomplete)]


class Number(click.ParamType[float]):
    """A number within its bounds; nan is none."""

    def __init__(self, kind: type[int] | type[float], least: float | None, most: float | None) -> None:
        self.name = "integer" if kind is int else "number"
        self._kind, self._least, self._most = kind, least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number that is written."""
        try:
            number = self._kind(value)
        except ValueError:
            pointed = str(value).replace(",", ".", 1)
            meant = f" Write it with a point: {pointed}." if re.fullmatch(r"-?\d+\.\d+", pointed) else ""
            self.fail(f"{value!r} is not a{'n' if self._kind is int else ''} {self.name}.{meant}", param, ctx)
        if math.isnan(number):
            self.fail("nan is not a number.", param, ctx)
        if (self._least is not None and number < self._least) or (self._most is not None and number > self._most):
            self.fail(f"{value} is not from {self._least:g} to {self._most:g}.", param, ctx)
        return number


def meant(name: str, known: Any) -> str:
    """`` Did you mean ...?`` where something like it is known."""
    near = get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


class Told(click.Command):
    """A command that knows of each mistake in its line that it is its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the line."""
        nameless = {written.removesuffix("=") for written in args if written.endswith("=")}
        nameless |= {written for written, after in pairwise(args) if not after}  # as of a variable that is not set
        for option in self.params:
            if (isinstance(option.type, click.Path) or option.metavar == "PATH") and nameless & set(option.opts):
                raise click.BadParameter("the name after it is empty.", ctx, option)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


def command(name: str, function: Callable[..., None]) -> click.Command:
    """The command that a function is."""
    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function).parameters.values()
    declared: list[Declared] = [get_args(hints[each.name])[-1] for each in signature]
    told = [f"{each.metavar}: {each.help}" for each in declared if not each.is_option]
    text = "\n\n".join([inspect.cleandoc(function.__doc__ or ""), *told])
    return Told(name, params=[_parameter(each, hints[each.name]) for each in signature], callback=function, help=text)


def _parameter(parameter: inspect.Parameter, hint: Any) -> click.Parameter:
    assert get_origin(hint) is Annotated, f"{parameter.name} does not say what it is"
    base, declared = get_args(hint)[0], get_args(hint)[-1]
    kinds = [each for each in get_args(base) if each is not types.NoneType] if _is_union(base) else [base]
    (kind,) = kinds
    many = get_origin(kind) is list
    if many:
        (kind,) = get_args(kind)
    required = parameter.default is inspect.Parameter.empty
    default = None if required else parameter.default
    # Click takes a default of None for a value where one is required
    given: dict[str, Any] = {} if required or (many and not declared.is_option) else {"default": default}
    read = _type(kind, declared)
    if not declared.is_option:
        return click.Argument(
            [parameter.name],
            type=read,
            required=required,
            nargs=-1 if many else 1,
            metavar=declared.metavar,
            **given,
        )
    names = declared.names or (f"--{parameter.name.replace('_', '-')}",)
    return click.Option(
        [*names, parameter.name],
        type=click.BOOL if kind is bool else read,
        is_flag=True if kind is bool else None,
        required=required,
        multiple=many,
        nargs=len(get_args(kind)) if get_origin(kind) is tuple else 1,
        metavar=declared.metavar,
        help=declared.help,
        show_default=default if isinstance(default, StrEnum) else isinstance(default, int | float) and kind is not bool,
        **given,
    )


def _is_union(base: Any) -> bool:
    return get_origin(base) in (Union, types.UnionType)


def _type(kind: Any, declared: Declared) -> click.ParamType[Any]:
    if kind is Path:
        return click.Path(path_type=Path)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Named(kind)
    if kind in (int, float):
        return Number(kind, declared.least, declared.most)
    return click.STRING

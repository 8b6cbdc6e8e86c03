"""TOML files that people write by hand: what may stand in them, in which line something stands, and what is wrong."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dowel.recordings.numbers import is_number
from dowel.recordings.ordinary_file import read_ordinary
from dowel.text.sanitise import plain

MOST_BYTES: Final = 2**20
"""Of a file that somebody wrote by hand."""

# --- what a value may be ---


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be, in words, and how it is understood: ValueError for one that it may not be."""

    allowed: str
    understood: Callable[[object], Any]


def number(low: float, high: float) -> Kind:
    """A number from ``low`` to ``high``; NaN is none."""

    def understood(value: object) -> float:
        if not is_number(value) or not low <= value <= high:
            raise ValueError
        return float(value)

    return Kind(f"a number from {low:g} to {high:g}", understood)


def whole(low: int, high: int) -> Kind:
    """A whole number from ``low`` to ``high``."""

    def understood(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return Kind(f"a whole number from {low} to {high}", understood)


def some_of(names: Iterable[str]) -> Kind:
    """A list with at least one of these names, and no other."""
    known = tuple(names)

    def understood(value: object) -> list[str]:
        if not isinstance(value, list) or not value or any(each not in known for each in value):
            raise ValueError
        return value

    return Kind(f"a list of {', '.join(known)}", understood)


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def _table(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError
    return value


def table_named(name: str) -> Kind:
    """A table of this name."""
    return Kind(f"a table, [{name}]", _table)


YES_OR_NO: Final = Kind("true or false", _yes_or_no)
TEXT: Final = Kind("a text", _text)


# --- a file ---


class UnreadableTomlError(Exception):
    """A file that is no TOML or cannot be read: ``what`` is wrong in a sentence, and ``to_do`` in another, if any."""

    def __init__(self, what: str, to_do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.to_do = to_do


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something in a file that cannot be: the dotted name of the table or setting, where it stands, what it must be.

    ``allowed`` is empty for a name that there is not; ``near`` is then the known one that may be meant.
    """

    name: str
    where: str
    allowed: str = ""
    near: str = ""

    @property
    def key(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def sentence(self) -> str:
        """What a known setting must be."""
        return f"{self.where}: {self.key} must be {self.allowed}."

    @property
    def meant(self) -> str:
        """A question to add to the sentence about an unknown name; with a space before it, or empty."""
        return f" Is {self.near} meant?" if self.near else ""


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file as it was read: its text, for lines, and the table that it makes."""

    path: Path
    text: str
    table: Mapping[str, Any]

    def where(self, name: str) -> str:
        """The file, and the first line of a table or a setting by its whole dotted name, or of what it stands in."""
        table, best, line = "", "", None
        for number_, written in enumerate(self.text.splitlines(), start=1):
            head, assigned = _HEAD.match(written), _ASSIGNED.match(written)
            if head:
                table = here = _bare(head[1])
            elif assigned:
                here = f"{table}.{_bare(assigned[1])}" if table else _bare(assigned[1])
            else:
                continue
            meant = name if here.startswith(f"{name}.") else here
            if (name == meant or name.startswith(f"{meant}.")) and len(meant) > len(best):
                best, line = meant, number_
        return str(self.path) if line is None else f"{self.path}, line {line}"

    def unknown(self, name: str, known: Iterable[str]) -> Mistake:
        """The mistake of a name that there is not, beside those that there are (last parts of dotted names)."""
        near = difflib.get_close_matches(name.rpartition(".")[2], list(known), 1)
        return Mistake(name, self.where(name), near=near[0] if near else "")

    def settings(
        self, section: str, table: Mapping[str, object], schema: Mapping[str, Kind]
    ) -> Iterator[tuple[str, Any | Mistake]]:
        """Each setting of a table that has the dotted name ``section``: its key, and its value or a mistake."""
        for key, value in table.items():
            name = f"{section}.{key}" if section else key
            if key not in schema:
                yield key, self.unknown(name, schema)
                continue
            try:
                yield key, schema[key].understood(value)
            except ValueError:
                yield key, Mistake(name, self.where(name), schema[key].allowed)


def read_toml(path: Path) -> TomlFile:
    """The file at ``path``. Raises ``FileNotFoundError``, and ``UnreadableTomlError`` for whatever else is wrong."""
    try:
        text = read_ordinary(path, MOST_BYTES).decode("utf-8-sig").replace("\r\n", "\n")
        return TomlFile(path, text, tomllib.loads(text))
    except FileNotFoundError:
        raise
    except OSError as error:
        what = f"{path} cannot be read ({error.strerror or error})."
        raise UnreadableTomlError(what, "Check the file and its access.") from error
    except UnicodeDecodeError as error:
        raise UnreadableTomlError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadableTomlError(damaged(path, error)) from error


def damaged(path: Path, error: Exception) -> str:
    """What is wrong with a file that is no TOML, and what to do."""
    reason = str(error).replace("(at end of document)", "(last line)").replace("(at ", "(")
    return f"{path} cannot be understood: {plain(reason)}. Correct that line, or move the file away."


def finite(value: object) -> float:
    """A value of a file that must be a finite number: ValueError for any other."""
    if not is_number(value) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


_HEAD = re.compile(r"\s*\[+\s*([^\]=]+?)\s*\]+\s*(?:#.*)?$")
_ASSIGNED = re.compile(r"\s*([\w.\s\"'-]+?)\s*=")


def _bare(name: str) -> str:
    """A dotted name without quotes and spaces."""
    return re.sub(r"[\s\"']", "", name)

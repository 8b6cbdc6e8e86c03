"""CSV files that people write by hand or in a spreadsheet: rows by column name, and the line of each mistake."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dowel.recordings.errors import InputError
from dowel.recordings.ordinary_file import read_ordinary

MAX_BYTES: Final = 4 * 2**20
"""Some 50,000 rows; a larger file is a recording that was taken for another."""


@dataclass(frozen=True, slots=True)
class WrittenKind:
    """What such a file is called in messages, and what its heading may and must hold.

    ``wide_advice`` is said of a row with more cells than there are columns.
    """

    name: str
    columns: tuple[str, ...]
    needed: Collection[str]
    heading: str
    wide_advice: str


def written_rows(path: Path, kind: WrittenKind) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a file, each with the number of its line; cells without blanks around.

    Commas, semicolons or tabs stand between cells, as a spreadsheet's language has it. Raises ``InputError`` naming
    the line.
    """
    text = _text(path, kind)
    # newline="" leaves line ends to the reader, as quoted JSON may hold some
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_delimiter(text, kind))
    header: list[str] | None = None
    try:
        for cells in reader:
            where = f"{path}, line {reader.line_num}"
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if header is None:
                header = _header(where, stripped, kind)
            elif any(stripped[len(header) :]):
                raise InputError(f"{where}: {len(stripped)} cells, but {len(header)} columns. {kind.wide_advice}")
            else:
                yield reader.line_num, dict(zip(header, stripped, strict=False))
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not valid CSV ({error}). Correct the line.") from error
    if header is None:
        raise InputError(f"{path}: the {kind.name} is empty. Its header is {','.join(kind.columns)}.")


def _text(path: Path, kind: WrittenKind) -> str:
    try:
        data = read_ordinary(path, MAX_BYTES)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such {kind.name}. Check the path.") from error
    except OSError as error:
        raise InputError(f"{path}: the {kind.name} cannot be read ({error.strerror}). Give a CSV file.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: the {kind.name} is not UTF-8 text. Save it as CSV (UTF-8).") from error


def _delimiter(text: str, kind: WrittenKind) -> str:
    """What stands between the names of the heading."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=lambda sign: sum(name.strip(' "') in kind.columns for name in heading.split(sign)))


def _header(where: str, names: list[str], kind: WrittenKind) -> list[str]:
    while names and not names[-1]:  # a spreadsheet's empty columns
        names.pop()
    if not set(kind.needed) <= set(names) <= set(kind.columns) or len(set(names)) < len(names):
        raise InputError(f"{where}: {kind.heading}")
    return names

"""Text tables as apps write them: any encoding, separator and decimal sign, a preamble, a row cut at the end."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.types import FloatArray

_HEAD_LINES: Final = 40
"""The header stands within this many lines; the longest preamble known (Movella DOT) has eleven."""

_HEAD_CHARACTERS: Final = 64 * 1024
_MAX_NUMBER: Final = 1e30  # nothing measured or counted is larger; squares and sums of more overflow
_DELIMITERS: Final = ("\t", ";", ",")


@dataclass(frozen=True)
class TextFile:
    """A text file of a bundle, decoded; lines end with a line feed."""

    name: str
    text: str

    def head(self) -> list[str]:
        """The first lines, without their line ends."""
        return self.text[:_HEAD_CHARACTERS].split("\n")[:_HEAD_LINES]


@dataclass(frozen=True)
class Table:
    """A table in a text file: its column names as printed (quotes and blanks removed) and where its rows begin."""

    file: TextFile
    columns: tuple[str, ...]
    delimiter: str
    header_line: int

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.file.name

    def numbers(self, columns: Sequence[int], findings: list[str]) -> FloatArray:
        """The numbers (n, len(columns)) of these columns, in the order asked for.

        A last line without a line end may be cut in the middle of a number: it is left out and told. Raises
        `InputError` naming the line where a value is missing, is not a number or is not finite, or if there is no row.
        """
        lines = self._rows(findings)
        try:
            values = np.loadtxt(
                lines,
                np.float64,
                comments=None,
                delimiter=self.delimiter,
                usecols=list(columns),
                ndmin=2,
            )
        except (ValueError, OverflowError) as error:
            raise self._bad_line(columns) from error
        if not (np.abs(values) < _MAX_NUMBER).all():
            raise self._bad_line(columns)
        return values

    def strings(self, column: int) -> list[str]:
        """The texts of one column, row by row as in `numbers`; empty where a row ends before it."""
        rows = (_fields(line, self.delimiter) for line in self._rows([]))
        return [fields[column] if column < len(fields) else "" for fields in rows]

    def _lines(self) -> list[str]:
        """All lines of the file, without quotation marks and with decimal points; the last one is empty or cut."""
        text = self.file.text.replace('"', "")
        # Only where the comma does not separate columns can it be a decimal sign.
        return (text if self.delimiter == "," else text.replace(",", ".")).split("\n")

    def _rows(self, findings: list[str]) -> list[str]:
        *lines, rest = self._lines()
        if rest.strip():
            findings.append(f"{self.name}: the last line has no line end and may be cut; it was left out.")
        rows = [line for line in lines[self.header_line + 1 :] if line and not line.isspace()]
        if not rows:
            raise InputError(f"{self.name} holds no complete row of data. Record and export it again.")
        return rows

    def _bad_line(self, columns: Sequence[int]) -> InputError:
        for number, line in enumerate(self._lines()[self.header_line + 1 : -1], self.header_line + 2):
            fields = _fields(line, self.delimiter)
            for column in columns if line.strip() else ():
                text = fields[column] if column < len(fields) else ""
                if not _is_number(text):
                    what = f"{text[:30]!r} is not a usable number" if text else "the value is missing"
                    return InputError(
                        f"{self.name}, line {number}, column {self.columns[column]}: {what}. "
                        "Export the recording again or remove the line."
                    )
        return InputError(f"{self.name}: the rows of the table cannot be read. Export the recording again.")


def text_files(files: Iterable[tuple[str, bytes]]) -> list[TextFile]:
    """Decode each file: UTF-8, UTF-16 with its mark, else Latin-1 (older Windows apps). Binary files are left out."""
    decoded = []
    for name, data in files:
        text = _decode(data)
        if text is not None:
            decoded.append(TextFile(name, text.replace("\r\n", "\n").replace("\r", "\n")))
    return decoded


def find_table(file: TextFile, is_header: Callable[[tuple[str, ...]], bool]) -> Table | None:
    """The table whose header line satisfies ``is_header``, if the file has one near its top."""
    for number, line in enumerate(file.head()):
        delimiter = max(_DELIMITERS, key=line.count)
        columns = _fields(line, delimiter)
        if is_header(columns):
            return Table(file, tuple(printable(column) for column in columns), delimiter, number)
    return None


def printable(text: str) -> str:
    """Text from a file as it may stand in a message: control characters could steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _decode(data: bytes) -> str | None:
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        if b"\0" in data:
            return None
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None if b"\0" in data else data.decode("latin-1")


def _fields(line: str, delimiter: str) -> tuple[str, ...]:
    return tuple(field.strip().strip('"').strip() for field in line.split(delimiter))


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < _MAX_NUMBER
    except ValueError:
        return False

"""Text tables as apps write them: any encoding, separator and decimal sign, a preamble, a row cut at the end."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.lost_digits import BARE, Digits, odd_cell
from dowel.recordings.formats.regular_rows import regular_numbers
from dowel.recordings.types import FloatArray

_HEAD_LINES: Final = 40
"""The header stands within this many lines; the longest preamble known (Movella DOT) has eleven."""

_HEAD_CHARACTERS: Final = 64 * 1024
_DECODED_BYTES: Final = 2**20
_MAX_NUMBER: Final = 1e30  # nothing measured or counted is larger; squares and sums of more overflow
_DELIMITERS: Final = ("\t", ";", ",")
_QUOTED = re.compile('"[^"]*"')
_CELL: Final = "\x1f"  # between cells that were taken out of their quotation marks; no file has it in a number
_AFTER_POINT: Final = re.compile(r"^[^.]*\.?|[eE].*$")  # what is left is the digits after the point
_BARE: Final = re.compile(r"[-+]?\.")
_BLANKS: Final = ' \r\t\v\f"'
_BLANKS_WITHIN: Final = re.compile(rb" +")
_BLANKS_AROUND: Final = re.compile(rb"(?m)^ +| +(?=\r?$)")
_ROWS_BEFORE_LAST: Final = 10  # a last line is held against so many, and up to a thousand: not by chance alike
_ROWS_COMPARED: Final = 1000
_CUT: Final = "the last line has no line end and may be cut; it was left out."


@dataclass(frozen=True)
class TextFile:
    """A text file of a bundle: its bytes in ``encoding``, UTF-8 or Latin-1; lines end as Unix or Windows ends them."""

    name: str
    data: bytes
    encoding: str

    @cached_property
    def text(self) -> str:
        """All of it; lines end with a line feed. Of a large file only what is unusual is asked for it."""
        return self.data.decode(self.encoding).replace("\r\n", "\n")

    @cached_property
    def start(self) -> str:
        """The same of its first characters."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        return decoder.decode(self.data[: 4 * _HEAD_CHARACTERS]).replace("\r\n", "\n")[:_HEAD_CHARACTERS]

    def head(self) -> list[str]:
        """The first lines, without their line ends."""
        return self.start.split("\n")[:_HEAD_LINES]


@dataclass(frozen=True)
class Table:
    """A table in a text file: its column names as printed (quotes and blanks removed) and where its rows begin.

    A row has a cell for every column; the last ``may_lack`` of them may be missing.
    """

    file: TextFile
    columns: tuple[str, ...]
    delimiter: str
    header_line: int
    may_lack: int = 0

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.file.name

    def index(self, name: str) -> int:
        """The place of a column. Raises `InputError` if two columns have that name: nobody knows which is meant."""
        if self.columns.count(name) > 1:
            raise InputError(f"{self.name} has the column {name} twice. Remove or rename one of them.")
        return self.columns.index(name)

    def first_cells(self) -> tuple[str, ...]:
        """The cells of the line below the heading; none where it cannot be told apart."""
        below = self.file.start.split("\n", self.header_line + 2)[self.header_line + 1 : -1]
        try:
            return split_row("".join(below), self.delimiter)
        except ValueError:
            return ()

    def numbers(self, columns: Sequence[int], findings: list[str]) -> FloatArray:
        """The numbers (n, len(columns)) of these columns, in the order asked for.

        A last line without a line end may be cut in the middle of a number: unless it ends like those before it, it is
        left out and reported. Raises `InputError` naming the line where a row has more or fewer cells than there are
        columns, where a value is missing, is not a number, is not finite or has lost digits, or if there is no row.
        """
        regular = self._regular_numbers(columns, findings)
        values, digits = self._careful_numbers(columns, findings) if regular is None else regular
        if (odd := odd_cell(digits, values)) is not None:
            raise self._odd_digits(odd, columns)
        return values

    def _careful_numbers(self, columns: Sequence[int], findings: list[str]) -> tuple[FloatArray, Digits]:
        """The numbers and how many digits each has after its point, line by line."""
        rows = self._rows(findings)
        delimiter = self.delimiter
        if self._needs_cells(rows):
            cells = [split_row(row, delimiter) for row in rows]
            self._refuse_two_decimal_signs(cells, columns)
            rows, delimiter = [_CELL.join(row).replace(",", ".") for row in cells], _CELL
        try:
            values = np.loadtxt(rows, np.float64, comments=None, delimiter=delimiter, usecols=list(columns), ndmin=2)
        except (ValueError, OverflowError) as error:
            raise self._bad_line(columns) from error
        if not (np.abs(values) < _MAX_NUMBER).all():
            raise self._bad_line(columns)
        printed = (row.split(delimiter) for row in rows)
        digits = [[_digits(row[column].strip()) for column in columns] for row in printed]
        return values, np.array(digits, np.int8)

    def strings(self, column: int) -> list[str]:
        """The texts of one column, row by row as in `numbers`, a decimal comma made a point; empty where it lacks."""
        rows = (split_row(row, self.delimiter) for row in self._rows([]))
        return [cells[column].replace(",", ".") if column < len(cells) else "" for cells in rows]

    def _regular_numbers(self, columns: Sequence[int], findings: list[str]) -> tuple[FloatArray, Digits] | None:
        """The same in a fraction of the time, where nothing but perhaps the last line is unusual; else None."""
        data, start = self.file.data, 0
        for _ in range(self.header_line + 1):
            start = data.find(b"\n", start) + 1
        above = end = data.rfind(b"\n") + 1
        if not start:  # the heading is the last line
            return None
        cut = False
        if self._is_row(data[end:].decode(self.file.encoding)):
            for _ in range(_ROWS_COMPARED):
                above = max(start, data.rfind(b"\n", start, above - 1) + 1)
            cut = not self._ends_alike(data[above:].decode(self.file.encoding).replace("\r\n", "\n").split("\n"))
        found = regular_numbers(data, start, end if cut else len(data), self.delimiter, len(self.columns), columns)
        if found is None or not -_MAX_NUMBER < found[0].min() <= found[0].max() < _MAX_NUMBER:  # nor NaN
            return None
        if cut:
            _report(findings, f"{self.name}: {_CUT}")
        return found

    def _lines(self) -> list[str]:
        """The lines below the header; the last one is empty or has no line end."""
        return self.file.text.split("\n")[self.header_line + 1 :] or [""]

    def _is_row(self, line: str) -> bool:
        """Whether anything stands in the line; spreadsheets leave lines of separators."""
        return bool(line.strip(_BLANKS + self.delimiter))

    def _rows(self, findings: list[str]) -> list[str]:
        *lines, last = self._lines()
        if self._is_row(last):
            if self._ends_alike([*(line for line in lines[-_ROWS_COMPARED:] if self._is_row(line)), last]):
                lines.append(last)
            else:
                _report(findings, f"{self.name}: {_CUT}")
        rows = [line for line in lines if self._is_row(line)]
        if not rows:
            raise InputError(f"{self.name} holds no complete row of data. Record and export it again.")
        if not all(row.count(self.delimiter) + 1 == len(self.columns) and '"' not in row for row in rows):
            self._refuse_ragged(lines)
        if len(rows) < len(lines) and (emptied := self._emptied(lines)):
            _report(findings, f"{self.name}: {emptied} empty rows between the others were left out.")
        return rows

    def _emptied(self, lines: Sequence[str]) -> int:
        """How many rows of separators alone stand between rows with values."""
        is_row = [self._is_row(line) for line in lines]
        last = len(is_row) - is_row[::-1].index(True)
        return sum(bool(line.strip()) and not row for line, row in zip(lines[:last], is_row[:last], strict=True))

    def _ends_alike(self, lines: Sequence[str]) -> bool:
        """Whether the last of these lines, which has no line end, is whole: it ends with a cell as long as theirs."""
        if len(lines) <= _ROWS_BEFORE_LAST or lines[-1].count('"') % 2:
            return False
        whole, last = lines[-2].count(self.delimiter), lines[-1].count(self.delimiter)
        return last == whole and len({_ending(line, self.delimiter) for line in lines}) == 1

    def _needs_cells(self, rows: Sequence[str]) -> bool:
        """Whether a row has quotation marks, or decimal commas: they are one where the comma separates no columns."""
        return any('"' in row or (self.delimiter != "," and "," in row) for row in rows)

    def _refuse_ragged(self, lines: Sequence[str]) -> None:
        """Refuse a row with more or fewer cells than there are columns: what stands where is then unknown."""
        width = max((place for place, name in enumerate(self.columns, 1) if name), default=0)
        for number, line in enumerate(lines, self.header_line + 2):
            if not self._is_row(line):
                continue
            try:
                cells = split_row(line, self.delimiter)
            except ValueError:
                raise InputError(
                    f"{self.name}, line {number}: the quotation marks are not in pairs. "
                    "Export the recording again or remove the line."
                ) from None
            if len(cells) < width - self.may_lack or any(cells[width:]):
                commas = " (decimal commas without quotation marks?)" if len(cells) == 2 * width else ""
                raise InputError(
                    f"{self.name}, line {number} has {len(cells)} cells{commas}, but the heading has {width} columns, "
                    "so which value is which is unknown. Export the recording again or remove the line."
                )

    def _refuse_two_decimal_signs(self, rows: Sequence[Sequence[str]], columns: Sequence[int]) -> None:
        """Refuse points beside commas inside cells: whether 1,234 is a thousand or one and a bit is then unknown."""
        cells = [row[column] for row in rows for column in columns if column < len(row)]
        comma = next((cell for cell in cells if "," in cell), None)
        point = next((cell for cell in cells if "." in cell), None)
        if comma is not None and point is not None:
            raise InputError(
                f"{self.name} has decimal commas ({comma[:30]}) and decimal points ({point[:30]}). "
                "Export it with one of them, and without separators of thousands."
            )

    def _odd_digits(self, odd: tuple[int, int, str], columns: Sequence[int]) -> InputError:
        row, place, lacks = odd
        rows = ((number, line) for number, line in enumerate(self._lines(), self.header_line + 2) if self._is_row(line))
        number, line = next(islice(rows, row, None))
        column = columns[place]
        return InputError(
            f"{self.name}, line {number}, column {self.columns[column]}: "
            f"{split_row(line, self.delimiter)[column][:30]} has not {lacks}, so a digit may be lost. Export the "
            "recording again or remove the line."
        )

    def _bad_line(self, columns: Sequence[int]) -> InputError:
        for number, line in enumerate(self._lines()[:-1], self.header_line + 2):
            cells = split_row(line, self.delimiter) if self._is_row(line) else ()
            for column in columns if cells else ():
                text = cells[column].replace(",", ".") if column < len(cells) else ""
                if not _is_number(text):
                    what = f"{text[:30]!r} is not a usable number" if text else "the value is missing"
                    return InputError(
                        f"{self.name}, line {number}, column {self.columns[column]}: {what}. "
                        "Export the recording again or remove the line."
                    )
        return InputError(f"{self.name}: the rows of the table cannot be read. Export the recording again.")


def text_files(files: Iterable[tuple[str, bytes]]) -> list[TextFile]:
    """The files that are text: UTF-8, UTF-16 with its mark, else Latin-1 (older Windows apps)."""
    found = (text_file(name, data) for name, data in files)
    return [file for file in found if file is not None]


def text_file(name: str, data: bytes) -> TextFile | None:
    """A file as text; None where it is binary."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError:
            return None if b"\0" in data else TextFile(name, _line_ends(data), "latin-1")
        return TextFile(name, _line_ends(data), "utf-8")
    if b"\0" in data:
        return None
    return TextFile(name, _line_ends(data), "utf-8-sig" if _is_utf8(data) else "latin-1")


def with_tabs(file: TextFile) -> TextFile:
    """The same where blanks, and nothing else, stand between the cells of its lines: tabs in their place."""
    if any(separator in line for line in file.head() for separator in _DELIMITERS):
        return file
    return replace(file, data=_BLANKS_WITHIN.sub(b"\t", _BLANKS_AROUND.sub(b"", file.data)))


def find_table(file: TextFile, is_header: Callable[[tuple[str, ...]], bool]) -> Table | None:
    """The table whose header line satisfies ``is_header``, if the file has one near its top."""
    for number, line in enumerate(file.head()):
        unquoted = _QUOTED.sub("", line)
        delimiter = max(_DELIMITERS, key=unquoted.count)
        try:
            columns = split_row(line, delimiter)
        except ValueError:  # no header has half a pair of quotation marks
            continue
        if is_header(columns):
            return Table(file, tuple(printable(column) for column in columns), delimiter, number)
    return None


def split_row(line: str, delimiter: str) -> tuple[str, ...]:
    """The cells of one line, as CSV quotes them, without blanks around; `ValueError` for half a pair of marks."""
    if '"' not in line:
        return tuple(cell.strip() for cell in line.split(delimiter))
    if line.count('"') % 2:
        raise ValueError("half a pair of quotation marks")
    try:
        [cells] = csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter != "\t")
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return tuple(cell.strip() for cell in cells)


def printable(text: str) -> str:
    """Text from a file as it may stand in a message: control characters could steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _report(findings: list[str], sentence: str) -> None:
    """Say it once, though a table may be read column by column."""
    if sentence not in findings:
        findings.append(sentence)


def _is_utf8(data: bytes) -> bool:
    """Whether it can be decoded, a piece at a time."""
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _DECODED_BYTES):
            decoder.decode(data[start : start + _DECODED_BYTES], final=start + _DECODED_BYTES >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _line_ends(data: bytes) -> bytes:
    """The text without line ends of the old Mac; those of Windows stay, as a large file is not copied for them."""
    if data.count(b"\r") == data.count(b"\r\n"):
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _ending(line: str, delimiter: str) -> tuple[bool, int]:
    """How a line ends: whether its last cell has a decimal sign, and the digits after it, else its length."""
    cell = line.rstrip("\r").rpartition(delimiter)[2].strip().replace(",", ".")
    _, point, digits = cell.rpartition(".")
    return bool(point), len(digits)


def _digits(text: str) -> int:
    """What :func:`~dowel.recordings.formats.lost_digits.digits_after_point` counts, of one number."""
    return min(len(_AFTER_POINT.sub("", text)), BARE - 1) - BARE * bool(_BARE.match(text))


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < _MAX_NUMBER
    except ValueError:
        return False

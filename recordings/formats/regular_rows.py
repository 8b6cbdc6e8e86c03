"""Numbers of a regular table, many rows at a time: every row a line with a cell for each column, no quotation marks.

Nearly all tables are so. Everything else, and every table with a cell that is no number, is left to the reader that
looks at each line and can name it (:mod:`~dowel.recordings.formats.table`); where both read a table they give the same
bits, as both round every number correctly.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.formats.lost_digits import Digits, digits_after_point
from dowel.recordings.types import FloatArray, IntArray

PIECE_BYTES: Final = 2**20
"""So much text is taken apart at a time; beside the numbers it needs a few times its own size (judgement)."""


def regular_numbers(
    data: bytes, start: int, end: int, delimiter: str, width: int, columns: Sequence[int]
) -> tuple[FloatArray, Digits] | None:
    """The numbers (n, len(columns)) of these columns of the rows from one place in a text file's bytes to another.

    Beside them how many digits each has after its point. None where rows are not regular or hold anything but numbers.
    """
    if data.find(b'"', start, end) >= 0 or (delimiter != "," and data.find(b",", start, end) >= 0):
        return None
    used = list(columns)
    count = data.count(b"\n", start, end) + (not data.endswith(b"\n", start, end))
    numbers, digits = np.empty((count, len(columns))), np.empty((count, len(columns)), np.int8)
    row = 0
    for rows in _pieces(data, start, end):
        characters = np.frombuffer(rows if rows.endswith(b"\n") else rows + b"\n", np.uint8)
        ends = _cell_ends(characters, delimiter, width)
        if ends is None:
            return None
        try:
            part = np.loadtxt(io.BytesIO(rows), delimiter=delimiter, usecols=used, comments=None, ndmin=2)
        except (ValueError, OverflowError):
            return None
        numbers[row : row + len(part)] = part
        digits[row : row + len(part)] = digits_after_point(characters, ends, width, columns)
        row += len(part)
    return (numbers, digits) if row else None


def _pieces(data: bytes, start: int, end: int) -> Iterator[bytes]:
    """The bytes in whole lines, each piece hardly longer than it should be."""
    while start < end:
        stop = data.find(b"\n", start + PIECE_BYTES, end) + 1 or end
        yield data[start:stop].replace(b"\r\n", b"\n")
        start = stop


def _cell_ends(characters: NDArray[np.uint8], delimiter: str, width: int) -> IntArray | None:
    """Where the cells of these rows end; None unless every row has so many."""
    ends_row = characters == ord("\n")
    ends: IntArray = np.flatnonzero(ends_row | (characters == ord(delimiter)))
    return ends if (np.diff(np.flatnonzero(ends_row[ends]), prepend=-1) == width).all() else None

"""Where a number of a table surely lost or got a character: what else in the file shows it.

A file tells nobody that 9.81 was 9.31, but two things show much of what damage does. Programs print a column with the
same number of digits after the point in every row, and with a digit before it; a cell that has others than all the rest
was not printed so. And a sensor hardly moves by itself from one sample to the next and back again; a cell that alone
does so, many times as far as anything near it, and not on the other axes, is no measurement
(import-formats#what-damage-cannot-be-seen).

A light knock does the same to a sensor with one axis along it. What it does is too small to turn an attitude, and so is
the digit that would have to be lost for it: nothing is said of either (sources#lost-digits).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import BoolArray, FloatArray, IntArray

_LEAST_ROWS: Final = 100  # fewer cells may have the same number of digits by chance
_MOST_ODD: Final = 3  # more are a way of printing
_STANDS_OUT: Final = 8.0  # times as far as anything near it; knocks and steps in real recordings reach 5
_CALM: Final = 1.3  # times what is near: as far the other axes may move; with a knock they move much farther
_NEAR_ROWS: Final = 12
_BACK_SHARE: Final = 0.25  # its neighbours lie so near each other
_OF_THE_EDGE: Final = 3.0  # a jump of the second row itself bends it twice as far as the third
_PIECE_ROWS: Final = 2**15
_LEAST_QUANTA: Final = 20.0  # a still sensor's last digit flickers
LEAST_ACC_M_S2: Final = 0.5
"""A jump of less is no lost digit that matters: a knock (sources#lost-digits)."""
LEAST_GYR_RAD_S: Final = 0.1
"""The same of a gyroscope (sources#lost-digits)."""

BARE: Final = 64
"""Taken off the count of digits where a number begins with its point."""
_MOST_DIGITS: Final = BARE - 1

Digits = NDArray[np.int8]


def digits_after_point(characters: NDArray[np.uint8], ends: IntArray, width: int, columns: Sequence[int]) -> Digits:
    """How many digits stand after the point (n, len(columns)), in rows of ``width`` cells that end at ``ends``.

    Those of an exponent are not among them: it is as long as the number is large or small. Where no digit stands before
    the point, `BARE` less.
    """
    points = np.flatnonzero(characters == ord("."))
    exponents = np.flatnonzero((characters == ord("E")) | (characters == ord("e")))
    last = ends.copy()
    last[np.searchsorted(ends, exponents)] = exponents
    digits = np.zeros(len(ends), np.int8)
    before = characters[points - 1]
    bare = BARE * ((before < ord("0")) | (before > ord("9"))).astype(np.int8)
    if len(points) == len(ends) and (points < ends).all() and (points[1:] > ends[:-1]).all():
        digits[:] = np.minimum(last - points - 1, _MOST_DIGITS) - bare
    else:
        cell = np.searchsorted(ends, points)
        digits[cell] = np.minimum(last[cell] - points - 1, _MOST_DIGITS) - bare
    return digits.reshape(-1, width)[:, list(columns)]


def odd_cell(digits: Digits, values: FloatArray) -> tuple[int, int, str] | None:
    """Row and column of a cell that is printed unlike the others, and what it has not.

    That is the number of digits after the point (n, k) that all the rest of its column has, or a digit before it, as
    all the rest of the table has. Zeros (``values``, (n, k)) may be printed otherwise in the first row, and where a
    whole row is zeros.
    """
    if len(digits) < _LEAST_ROWS:
        return None
    bare = digits < 0
    if 0 < bare.sum() <= _MOST_ODD and ((np.abs(values) < 1) & ~bare).sum() >= _LEAST_ROWS:
        row, column = np.argwhere(bare)[0].tolist()
        return row, column, "a digit before the point, as all the other numbers have"
    after = np.where(bare, digits + BARE, digits)
    usual = np.median(after[:_LEAST_ROWS], axis=0).astype(np.int8)
    odd = after != usual
    for column in np.flatnonzero(odd.any(axis=0)).tolist():
        rows = np.flatnonzero(odd[:, column])
        zeros = (values[rows, column] == 0.0) & ((rows == 0) | (odd[rows].sum(axis=1) > 2))
        if len(rows) <= _MOST_ODD and len(rows := rows[~zeros]):
            return int(rows[0]), column, f"{usual[column]} digits after the point, as all the other rows have"
    return None


def lone_cells(parts: Sequence[FloatArray], least: Sequence[float]) -> BoolArray:
    """Which rows (n,) of samples, given in parts (n, k), have one cell that stands out from all that is near it.

    Jumps of less than ``least``, of each part, are let be.
    """
    at_least = np.repeat(least, [values.shape[1] for values in parts])
    rows = len(parts[0])
    found = np.zeros(rows, np.bool_)
    if rows < 2 * _NEAR_ROWS:
        return found
    for start in range(0, rows, _PIECE_ROWS):  # the working arrays of an hour are four times as large as it
        stop = min(start + _PIECE_ROWS, rows)
        first = max(min(start, rows - 2 * _NEAR_ROWS) - _NEAR_ROWS, 0)
        piece = _lone_in_piece(np.hstack([values[first : stop + _NEAR_ROWS] for values in parts]), at_least)
        found[start:stop] = piece[start - first : stop - first]
    return found


def _lone_in_piece(values: FloatArray, least: FloatArray) -> BoolArray:
    found = np.zeros(len(values), np.bool_)
    step = np.diff(values, axis=0)
    bend = np.zeros(values.shape)  # twice as far as from the middle between both neighbours
    bend[1:-1] = np.abs(step[1:] - step[:-1])
    # of the first and the last row only a neighbour's bend tells, if the next one bends much less
    for edge, second, third in ((0, 1, 2), (-1, -2, -3)):
        bend[edge] = bend[second] * (bend[second] > _OF_THE_EDGE * bend[third])
    across = np.zeros(values.shape)
    across[1:-1] = np.abs(step[1:] + step[:-1])
    beside = np.zeros(values.shape)  # what is wrong bends the rows next to it too
    beside[:-2] = bend[2:]
    beside[2:] = np.maximum(beside[2:], bend[:-2])
    candidates = (bend > _STANDS_OUT * beside) & (across < _BACK_SHARE * bend) & (bend >= 2.0 * least)
    if not candidates.any():
        return found
    moves = np.abs(step)
    quantum = moves.min(axis=0, where=moves > 0, initial=np.inf)
    for row, column in zip(*(places.tolist() for places in np.nonzero(candidates)), strict=True):
        near = np.r_[max(row - _NEAR_ROWS, 0) : max(row - 1, 0), row + 2 : min(row + _NEAR_ROWS + 1, len(bend))]
        most = bend[near].max(axis=0)
        alone = np.delete(bend[row] <= _CALM * most, column).all()
        if alone and _STANDS_OUT * most[column] < bend[row, column] >= _LEAST_QUANTA * quantum[column]:
            found[row] = True
    return found

"""An axis that stays the same while the two others of its chip go on measuring.

Its neighbours show that the chip measures, and how finely: from one sample to the next they move by two and more of its
smallest steps, again and again. In a sound chip, however coarse, the third axis moves then too. What looks alike is
left alone: a chip that repeats itself as a whole while it rests; a gyroscope that says zero of slow turns, and so has
no small values; and values that were computed, of a movement about one axis, which never jump back and forth as noise
does.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import BoolArray, FloatArray

BLOCK: Final = 16
"""So many samples are looked at together; a chip that repeats them all is a coarse one (sources#dead-axis)."""
STEPS: Final = 1.9
"""Two of the chip's smallest steps, as a float tells them (sources#dead-axis)."""
MOVES: Final = 30
"""So often each neighbour moved so far while the axis stayed the same (sources#dead-axis)."""
JUMPS: Final = 5
"""So often each neighbour of an axis that never moved jumped there and back (sources#dead-axis)."""
JUMP_SHARE: Final = 0.05
"""... in such a share of its moves: where a smooth movement turns round it does so seldom (sources#dead-axis)."""
NEAR_ZERO: Final = 3.0
"""A gyroscope without values below so many steps says zero of slow turns (sources#dead-axis)."""
_ROUNDING: Final[FloatArray] = np.array([1e-6, 1e-8])[:, None, None]  # m/s2, rad/s (sources#units-and-layout)
_NEIGHBOURS: Final = np.array([[1, 2], [0, 2], [0, 1]])  # of each axis (sources#units-and-layout)


class DeadAxes:
    """Finds the dead axes of accelerometer and gyroscope, in any chunks with the same result."""

    def __init__(self) -> None:
        self._kept: FloatArray = np.empty((2, 3, 0))  # two samples, and those after them of the block under way
        self._step: FloatArray = np.full(2, np.inf)
        self._says_slow = False  # whether the gyroscope said something of a slow turn
        self._coarse: BoolArray = np.zeros(2, np.bool_)
        self._moved: BoolArray = np.zeros((2, 3), np.bool_)  # whether an axis ever did
        self._dead: BoolArray = np.zeros((2, 3), np.bool_)
        self._moves = np.zeros((2, 3, 2), np.int64)  # of an axis' neighbours while it stays the same
        self._jumps = np.zeros((2, 3, 2), np.int64)

    def look(self, columns: FloatArray) -> BoolArray | None:
        """Whether accelerometer and gyroscope have a dead axis at each sample (2, n); nothing where neither has.

        ``columns`` (6, 1 + n): the values of the sample before them, and theirs.
        """
        new = columns.reshape(2, 3, -1)
        if not self._kept.size:
            self._kept = np.repeat(new[:, :, :1], 2, axis=2)
        answered = self._kept.shape[2] - 2
        values = np.concatenate([self._kept, new[:, :, 1:]], axis=2)
        blocks = (values.shape[2] - 2) // BLOCK
        self._kept = values[:, :, blocks * BLOCK :]
        if not blocks and not self._dead.any():
            return None
        dead_from = np.repeat(self._dead[:, :, None], blocks + 1, axis=2)
        if blocks:
            self._look_at_blocks(values[:, :, : 2 + blocks * BLOCK], dead_from)
        if not dead_from.any():
            return None
        same = np.ones((2, 3, (blocks + 1) * BLOCK), np.bool_)
        count = values.shape[2] - 2
        same[:, :, :count] = values[:, :, 2:] == values[:, :, 1:-1]
        still = np.logical_and.accumulate(same.reshape(2, 3, blocks + 1, BLOCK), axis=3)
        dead: BoolArray = (still & dead_from[:, :, :, None]).reshape(2, 3, -1)[:, :, answered:count]
        one: BoolArray = np.logical_or.reduce(dead, axis=1)
        return one

    def _look_at_blocks(self, values: FloatArray, dead_from: BoolArray) -> None:
        """Whole blocks: their values (2, 3, 2 + n), after the last two before them.

        Writes into ``dead_from`` (2, 3, blocks + 1) which axes are dead at the beginning of each and after the last.
        """
        change = np.diff(values)
        size = np.abs(change)
        by_block = size[:, :, 1:].reshape(2, 3, -1, BLOCK)
        smallest = by_block.min(axis=(1, 3), where=by_block > _ROUNDING[..., None], initial=np.inf)
        step = np.minimum.accumulate(np.column_stack([self._step, smallest]), axis=1)
        self._step = step[:, -1]
        same = (by_block == 0.0).all(axis=3)
        if not self._says_slow:
            self._leave_silent(values[1, :, 2:].reshape(3, -1, BLOCK), step[1, 1:], same[1])
        blocks = np.flatnonzero(same.any(axis=(0, 1)))
        if len(blocks):
            far = STEPS * np.repeat(step, BLOCK, axis=1)[:, None, BLOCK - 1 :]
            way = np.where(size >= far, np.sign(change), 0.0)
            moves = np.abs(way[:, :, 1:]).reshape(by_block.shape).sum(axis=3).astype(np.int64)
            jumps = (way[:, :, 1:] * way[:, :, :-1] < 0.0).reshape(by_block.shape).sum(axis=3)
        following = 0
        for block in blocks.tolist():
            if block > following:
                self._begin_again(np.ones((2, 3), np.bool_))
                dead_from[:, :, following + 1 : block + 1] = False
            self._look_at(same[:, :, block], moves[:, :, block], jumps[:, :, block])
            dead_from[:, :, block + 1] = self._dead
            following = block + 1
        if following < same.shape[2]:
            self._begin_again(np.ones((2, 3), np.bool_))
            dead_from[:, :, following + 1 :] = False

    def _leave_silent(self, rates: FloatArray, step_rad_s: FloatArray, same: BoolArray) -> None:
        """Take a gyroscope's zeros for no repeats in ``same`` (3, blocks) until it said something of a slow turn."""
        least = np.abs(rates).min(axis=(0, 2), where=rates != 0.0, initial=np.inf)
        says_slow = np.logical_or.accumulate(least < NEAR_ZERO * step_rad_s)
        same &= says_slow | (rates[:, :, -1] != 0.0)
        self._says_slow = bool(says_slow[-1])

    def _look_at(self, same: BoolArray, moves: NDArray[np.int64], jumps: NDArray[np.int64]) -> None:
        """A block: which axes stayed the same in it, and how often each moved, and jumped (2, 3)."""
        self._begin_again(~same)
        self._coarse |= same.all(axis=1)
        self._moves += np.where(same[:, :, None], moves[:, _NEIGHBOURS], 0)
        self._jumps += np.where(same[:, :, None], jumps[:, _NEIGHBOURS], 0)
        jumped = (self._jumps >= np.maximum(JUMPS, JUMP_SHARE * self._moves)).all(axis=2)
        enough = (self._moves >= MOVES).all(axis=2) & (self._moved | jumped)
        self._dead |= same & enough & ~self._coarse[:, None]

    def _begin_again(self, moved: BoolArray) -> None:
        """With the axes (2, 3) that moved."""
        self._moved |= moved
        self._dead &= ~moved
        self._moves[moved] = self._jumps[moved] = 0

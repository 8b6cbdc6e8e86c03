"""How far a gyroscope turns against how far gravity does, in turns from rest to rest.

At rest an accelerometer shows where down is, whatever the gyroscope does. Between two rests the gyroscope says by how
much that has turned; the ratio of both angles is its gain: 1 where range, rate, unit and chip are right.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from dowel.sensors.stream.turning import turned_back

BLOCK_S: Final = 0.1
"""Samples are taken together over this: short against a turn, long against noise (sources#gyroscope-gain)."""
SLOW_RAD_S: Final = 0.2
"""A turn begins and ends where it is slower than this: at rest, or where a bend turns round
(sources#gyroscope-gain)."""
LEVER_M: Final = 0.3
"""So far from the axis a sensor is pushed by what changes its rate of turn (sources#gyroscope-gain)."""
NEAR_GRAVITY: Final = 0.1
"""A moment in which specific force differs by a larger share from gravity says nothing (sources#gyroscope-gain)."""
AROUND_BLOCKS: Final = 5
"""The calmest of so many blocks before and after a turn are its ends (sources#gyroscope-gain)."""
LONGEST_TURN_S: Final = 8.0
"""Over a longer time the bias counts for more than a gain (sources#gyroscope-gain)."""
LEAST_TURN_DEG: Final = 25.0
"""Smaller turns say little of a gain (sources#gyroscope-gain)."""
REST_SD_DEG: Final = 0.7
"""How well gravity is known at rest (sources#gyroscope-gain)."""
BIAS_SD_DEG_S: Final = 0.3
"""How well the bias is known (sources#gyroscope-gain)."""
UNTRIMMED_DEG: Final = 1.6
"""What an accelerometer's offsets of 20 mg make of a turn, in all turns alike (sources#gyroscope-gain)."""
TRIMMED_DEG: Final = 0.4
"""... and those of 5 mg that a trim leaves (sources#gyroscope-gain)."""
LATEST_TURNS: Final = 40
"""So many of the latest turns count (sources#gyroscope-gain)."""
FEWEST_TURNS: Final = 3
"""Fewer say nothing (sources#gyroscope-gain)."""
TOLD_ERROR: Final = 0.03
"""A gain is told that differs from 1 by more than this and than twice its uncertainty (sources#gyroscope-gain)."""
DOUBTFUL_ERROR: Final = 0.10
"""Beyond this nothing is judged: 7 degrees in a hinge of 70 (sources#gyroscope-gain)."""
GROSS_ERROR: Final = 0.6
"""So wrong in two of the last three turns, it is at once (sources#gyroscope-gain)."""
SURE_SD: Final = 0.05
"""A gain is corrected where it is known at least so well (sources#gyroscope-gain)."""
FIRST_TURNS: Final = 12
"""So many turns are looked at as they come (sources#working-memory)."""
SELDOM_S: Final = 20.0
"""... and after them one every so often (sources#working-memory)."""
GROUP_BLOCKS: Final = 8
"""So many blocks are looked at together (sources#working-memory)."""


class GyroscopeGain:
    """Measures a gyroscope's gain as the samples come, in any chunks with the same result.

    ``gain`` is the ratio of turns and ``sd`` its standard deviation, both NaN before ``FEWEST_TURNS`` turns; ``turns``
    are those that count. ``trimmed`` says that the accelerometer's offsets were taken off,
    ``every_turn`` that none is passed over to save time.
    """

    def __init__(self, period_s: float, *, trimmed: bool = False, every_turn: bool = False) -> None:
        self.gain = self.sd = float("nan")
        self._offset_deg = TRIMMED_DEG if trimmed else UNTRIMMED_DEG
        self._size = max(round(BLOCK_S / period_s), 1)
        self._period_s = period_s
        self._longest = round(LONGEST_TURN_S / (self._size * period_s))
        self._seldom = 0 if every_turn else round(SELDOM_S / (self._size * period_s))
        self._next_due = 0
        self._rows: list[FloatArray] = []
        self._count = 0
        self._blocks: FloatArray = np.empty((0, 6))  # from before the latest slow moment on
        self._done = -1  # where in them the latest turn that was looked at ended
        self._turns: deque[tuple[float, float, float, float]] = deque(maxlen=LATEST_TURNS)
        # the ratio of angles, how far pushes and what rests leave open may change it, and how large the turn was
        self._biases: deque[FloatArray] = deque(maxlen=LATEST_TURNS)

    @property
    def turns(self) -> int:
        """From how many turns it is known."""
        return len(self._turns)

    @property
    def told(self) -> bool:
        """Whether the gain is surely so wrong that it is to be told."""
        return abs(self.gain - 1.0) > max(TOLD_ERROR, 2.0 * self.sd)

    @property
    def doubtful(self) -> bool:
        """Whether the gain is so wrong that nothing can be judged."""
        gross = sum(abs(ratio - 1.0) > GROSS_ERROR for ratio, *_ in list(self._turns)[-3:]) >= 2
        return gross or (abs(self.gain - 1.0) > DOUBTFUL_ERROR and self.told)

    def feed(self, acc_m_s2: FloatArray, gyr_rad_s: FloatArray, step_s: FloatArray) -> list[tuple[int, bool]]:
        """The next samples (n, 3), (n, 3), (n,), NaN where one cannot be used.

        Returns from which of them on :attr:`doubtful` is what; nothing where it stays as it was.
        """
        before = self._count
        self._rows.append(np.concatenate([acc_m_s2, gyr_rad_s * (step_s / self._period_s)[:, None]], axis=1))
        self._count += len(step_s)
        group = self._size * GROUP_BLOCKS
        if self._count < group:
            return []
        rows = self._rows[0] if len(self._rows) == 1 else np.concatenate(self._rows)
        whole = len(rows) // group * group
        self._rows, self._count = [rows[whole:]], len(rows) - whole
        changes = self._look(np.einsum("bij->bj", rows[:whole].reshape(-1, self._size, 6)) / self._size)
        return [((block // GROUP_BLOCKS + 1) * group - before, doubtful) for block, doubtful in changes]

    def _look(self, new: FloatArray) -> list[tuple[int, bool]]:
        """The next blocks (n, 6): after which of them :attr:`doubtful` changed, and to what."""
        blocks = np.concatenate([self._blocks, new])
        kept = len(self._blocks)
        slow, pushed_deg = _slow_moments(blocks)
        found = np.flatnonzero(slow)
        changes = []
        latest = int(found[-1]) if len(found) else len(blocks)
        for place in np.flatnonzero(np.diff(found) > 1).tolist():
            before, at = int(found[place]), int(found[place + 1])
            if at + AROUND_BLOCKS + 1 >= len(blocks):  # the rest at its end is not seen yet
                latest = before
                break
            if at <= self._done or at - before > self._longest or not self._is_due(at - kept):
                continue
            was, self._done = self.doubtful, at
            start = _calmest(pushed_deg, before + 1 - AROUND_BLOCKS, before + 1)
            stop = _calmest(pushed_deg, at, at + AROUND_BLOCKS)
            self._take_turn(blocks[start : stop + 1], float(pushed_deg[start]), float(pushed_deg[stop]))
            if self.doubtful is not was:
                changes.append((at + AROUND_BLOCKS + 1 - kept, self.doubtful))
        self._next_due -= len(new)
        if len(blocks) - latest > self._longest + AROUND_BLOCKS:
            latest = len(blocks)
        first = max(min(latest, len(blocks) - 1) - AROUND_BLOCKS - 1, 0)
        self._blocks, self._done = blocks[first:], self._done - first
        return changes

    def _is_due(self, at: int) -> bool:
        """Whether a turn that ends at a block, counted from the first new one, is to be looked at."""
        if at < self._next_due:
            return False
        if self.turns >= FIRST_TURNS:
            self._next_due = at + self._seldom
        return True

    def _take_turn(self, blocks: FloatArray, first_pushed_deg: float, last_pushed_deg: float) -> None:
        """A turn (n, 6) from the middle of its first block to that of its last."""
        for block, pushed_deg in ((blocks[0], first_pushed_deg), (blocks[-1], last_pushed_deg)):
            if pushed_deg < REST_SD_DEG:
                self._biases.append(block[3:])
        bias = sum(self._biases, np.zeros(3)) / max(len(self._biases), 1)
        block_s = self._size * self._period_s
        lasts_s = (len(blocks) - 1) * block_s
        turn = (blocks[:, 3:].sum(axis=0) - 0.5 * (blocks[0, 3:] + blocks[-1, 3:])) * block_s - bias * lasts_s
        first, last = _direction(blocks[0, :3]), _direction(blocks[-1, :3])
        seen_deg, said_deg = _apart_deg(first, last), _apart_deg(first, turned_back(first, turn))
        if not (seen_deg >= LEAST_TURN_DEG and np.isfinite(said_deg)):
            return
        pushed_deg = math.hypot(first_pushed_deg, last_pushed_deg)
        at_rest_deg = math.hypot(REST_SD_DEG, REST_SD_DEG, BIAS_SD_DEG_S * lasts_s)
        self._turns.append((said_deg / seen_deg, pushed_deg / seen_deg, at_rest_deg / seen_deg, seen_deg))
        if self.turns < FEWEST_TURNS:
            return
        turns = np.array(sorted(self._turns))
        ratio, pushed, at_rest, degrees = turns.T
        weight = 1.0 / (np.square(pushed) + np.square(at_rest))
        share = weight / weight.sum()
        self.gain = float(ratio[int(np.cumsum(share).searchsorted(0.5))])
        scatter = share @ np.abs(ratio - self.gain)  # not less for many, as bends push a sensor alike each time
        alike = (share @ pushed) ** 2 + scatter**2 + (self._offset_deg / degrees.mean()) ** 2
        self.sd = float(np.sqrt(alike + (share @ at_rest) ** 2 / self.turns))


def _slow_moments(blocks: FloatArray) -> tuple[NDArray[np.bool_], FloatArray]:
    """At which blocks (n, 6) gravity shows, and by how much a push turns it; not at the first and the last."""
    slow, pushed_deg = np.zeros(len(blocks), np.bool_), np.full(len(blocks), np.inf)
    if len(blocks) < 3:
        return slow, pushed_deg
    acc, gyr = blocks[1:-1, :3], blocks[1:-1, 3:]
    size = np.sqrt(np.square(acc).sum(axis=1))
    rate = np.sqrt(np.square(gyr).sum(axis=1))
    turning = np.sqrt(np.square(blocks[2:, :3] - blocks[:-2, :3]).sum(axis=1)) / (2.0 * BLOCK_S * GRAVITY_M_S2)
    slow[1:-1] = (np.maximum(rate, turning) < SLOW_RAD_S) & (np.abs(size / GRAVITY_M_S2 - 1.0) < NEAR_GRAVITY)
    change = np.sqrt(np.square(blocks[2:, 3:] - blocks[:-2, 3:]).sum(axis=1)) / (2.0 * BLOCK_S)
    pushed_deg[1:-1] = np.rad2deg(change * LEVER_M / GRAVITY_M_S2)
    pushed_deg[~slow] = np.inf
    return slow, pushed_deg


def _calmest(pushed_deg: FloatArray, start: int, stop: int) -> int:
    """The block from ``start`` to before ``stop`` that is pushed least."""
    start = max(start, 0)
    return start + int(np.argmin(pushed_deg[start:stop]))


def _direction(vector: FloatArray) -> FloatArray:
    direction: FloatArray = vector / np.sqrt(vector @ vector)
    return direction


def _apart_deg(one: FloatArray, other: FloatArray) -> float:
    return math.degrees(math.acos(min(max(float(one @ other), -1.0), 1.0)))

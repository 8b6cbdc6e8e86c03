"""A chip that repeats itself: told from one that is at rest, before anything rests on what it did not measure.

Identical neighbours alone say little: a stream of 50 Hz may be sent twice as fast, a coarse sensor stands still for a
while, and some gyroscopes send zeros at rest. Three things do not happen to a body:

- its acceleration stays the same to the sensor's own smallest step for longer than the stillest stand allows;
- its gyroscope stays the same while gravity turns, or says a turn that gravity does not show;
- its acceleration stays the same while its gyroscope turns.

A chip with a dead axis (:mod:`dowel.sensors.stream.dead_axes`) hangs as a whole: what it measured is not known.

While a chip repeats itself its samples wait, for ``HOLD_S`` at most: when it is found to hang they have not been used.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from dowel.recordings.grid_points import Status
from dowel.recordings.types import GRAVITY_M_S2, BoolArray, FloatArray, IntArray
from dowel.sensors.stream.dead_axes import DeadAxes
from dowel.sensors.stream.gaps import FILL_LIMIT_S
from dowel.sensors.stream.marking import Marking, in_a_row, next_break, run_lengths
from dowel.sensors.stream.stamped import Stamped
from dowel.sensors.stream.turning import turned_back

HOLD_S: Final = 0.3
"""So long repeated samples wait; the grid waits for longer (sources#repeated-readings)."""
STILLEST_DEG_S: Final = 0.1
"""No standing body turns more slowly for long (sources#repeated-readings)."""
LONGEST_S: Final = 6.0
"""Nor does it stand so still for longer than this, however coarse the sensor is (sources#repeated-readings)."""
FEWEST: Final = 5
"""So many repeats at least, for sensors that send seldom (sources#repeated-readings)."""
BLOCK_S: Final = 0.1
"""Gravity is looked at as means over this: longer than a knock (sources#repeated-readings)."""
GRAVITY_BLOCKS: Final = 20
"""... and compared with those of the last 2 s: a slower turn the accelerometer alone follows
(sources#repeated-readings)."""
TURN_BLOCKS: Final = 10
"""What the gyroscope turned in the last second (sources#repeated-readings)."""
TURN_DEG: Final = 3.0
"""More than sway, breath and pushes turn gravity while a sound gyroscope says nothing (sources#repeated-readings)."""
BIAS_DEG_S: Final = 10.0
"""A gyroscope may read this much at rest (sources#repeated-readings)."""
JUMP_DEG: Final = 6.0
"""Gravity turned by more from one sample to the next: what lay between was not measured (sources#repeated-readings)."""
ACC, GYR = 0, 1
_GRAVITY_M_S2_PER_S: Final = GRAVITY_M_S2 * float(np.deg2rad(STILLEST_DEG_S))
_FINE_M_S2: Final = HOLD_S * _GRAVITY_M_S2_PER_S  # steps finer than this shorten no limit
_NO_STEP_M_S2: Final = 1e-6  # rounding (sources#units-and-layout)
_ROUNDING_S: Final = 1e-6  # (sources#units-and-layout)


class Repeats:
    """Finds the stretches in which a sensor's accelerometer or gyroscope hangs, in any chunks with the same result.

    Samples of such a stretch come out with NaN for values and ``Status.FROZEN``, the first one after it with
    ``Status.BREAK`` too. ``frozen`` counts them; ``frozen_now`` says whether the latest is one.
    """

    def __init__(self, period_s: float) -> None:
        self.frozen = self.left_out = 0
        self._period_s = period_s
        self._hold = max(round(HOLD_S / period_s), FEWEST)
        self._block = max(round(BLOCK_S / period_s), 2)
        self._begun = self._repeating = False
        self._axes = DeadAxes()
        self._waiting = Stamped.none()
        self._runs: IntArray = np.zeros((2, 1), np.int64)  # of the sample before those that wait, and of those
        self._step_m_s2 = np.inf
        self._stuck = [False, False]
        self._by_length = False
        self._gravity: deque[FloatArray] = deque(maxlen=GRAVITY_BLOCKS)
        self._turns: deque[FloatArray] = deque(maxlen=TURN_BLOCKS)

    @property
    def frozen_now(self) -> bool:
        """Whether the sensor hangs at the latest sample."""
        return any(self._stuck)

    def look(self, samples: Stamped, columns: FloatArray) -> Stamped:
        """The samples that can be used now, in order; those that repeat themselves wait and come out later.

        ``columns`` (6, 1 + n): the values of the sample before them, and theirs.
        """
        still = columns[:, 1:] == columns[:, :-1]
        same = still[::3] & still[1::3] & still[2::3]
        if not self._begun:
            self._begun, same[:, 0] = True, False
        nothing = None
        if not columns[0].all():  # zeros are no measurement from the first one on
            zero = columns == 0.0
            nothing = zero[0] & zero[1] & zero[2]
            same[ACC] |= nothing[1:]
            same[GYR] |= nothing[1:] & zero[3, 1:] & zero[4, 1:] & zero[5, 1:]
        dead = self._axes.look(columns)
        if dead is not None:
            same |= dead
        if not self._repeating and not same.any():
            found = samples
        elif self._repeating or nothing is not None or dead is not None or _holds_run(same) or same.any(axis=0).all():
            found = self._follow(samples, columns.T, same, nothing, np.zeros_like(same) if dead is None else dead)
        else:
            found = self._pass(samples, same)
        if self._step_m_s2 > _FINE_M_S2:
            self._step_m_s2 = self._step_until(columns.T)
        return found

    def finish(self) -> Stamped:
        """The stream is over: what still waits, as it came."""
        waiting, self._waiting = self._waiting, Stamped.none()
        self._runs = self._runs[:, -1:]
        return waiting

    def _step_until(self, rows: FloatArray) -> float:
        """The smallest step of the accelerometer so far, up to and with the last of these rows."""
        moved = np.abs(rows[1:, :3] - rows[:-1, :3])
        return min(self._step_m_s2, float(moved.min(where=moved > _NO_STEP_M_S2, initial=np.inf)))

    def _longest_s(self, rows: FloatArray) -> float:
        """How long a body may stand to the accelerometer's smallest step; a sensor without any is taken for fine."""
        step_m_s2 = self._step_until(rows)
        return float(np.clip(step_m_s2 / _GRAVITY_M_S2_PER_S, HOLD_S, LONGEST_S)) if np.isfinite(step_m_s2) else HOLD_S

    def _pass(self, samples: Stamped, same: BoolArray) -> Stamped:
        """Samples of which some repeat the one before, but none for long: those wait for the next that does not."""
        repeats = same[ACC] | same[GYR]
        others = np.flatnonzero(~repeats)
        stop = int(others[-1]) + 1
        at = np.flatnonzero(repeats[:stop])
        samples.sequence[at] = samples.sequence[others[others.searchsorted(at)]]
        if stop == len(repeats):
            return samples
        none = np.zeros((2, 1), np.int64)
        self._runs = np.concatenate([none, run_lengths(same[:, stop:], none[:, 0])], axis=1)
        self._repeating, self._waiting = True, samples.take(slice(stop, None))
        return samples.take(slice(stop))

    def _follow(
        self, new: Stamped, rows: FloatArray, same: BoolArray, nothing: BoolArray | None, dead: BoolArray
    ) -> Stamped:
        """Look at samples of which some repeat the one before.

        ``rows`` are the new ones after the last before them; ``nothing`` says where their accelerometer is zero,
        ``dead`` (2, n) which chip has a dead axis.
        """
        waiting = len(self._waiting)
        samples = self._waiting + new
        counted = np.concatenate([self._runs, run_lengths(same, self._runs[:, -1])], axis=1)
        before, runs = counted[:, :-1], counted[:, 1:]
        repeats = runs > 0
        ready = next_break(~(repeats[ACC] | repeats[GYR]))
        marking = Marking(samples, np.minimum(ready, np.arange(len(samples)) + self._hold))
        frozen_from = found_at = waiting
        ends_block = repeats & (runs % self._block == 0)
        ended = ~repeats & (before >= FEWEST)
        zeros_over = np.zeros(len(new), np.bool_) if nothing is None else nothing[:-1] & ~same[ACC]
        dies = dead.copy()
        dies[:, 1:] &= ~dead[:, :-1]
        for index in np.flatnonzero(((ends_block | ended)[:, waiting:] | dies).any(axis=0) | zeros_over).tolist():
            at, last, now = waiting + index, rows[index], rows[index + 1]
            if self.frozen_now:
                if not self._goes_on(runs[:, at], dead[:, index]):
                    marking.freeze(frozen_from, at, found_at)
                    rested = self._by_length and before[ACC, at] * self._period_s <= self._longest_s(rows[: index + 2])
                    if not rested or _turned_deg(last, now) > JUMP_DEG:
                        marking.mark(at, at + 1, Status.BREAK | Status.FROZEN)
            elif dead[:, index].any():
                self._stuck, self._by_length = dead[:, index].tolist(), False
                frozen_from = found_at = at
                marking.mark(at, at + 1, Status.DEAD_BEFORE)
            elif ends_block[:, at].any():
                self._judge(samples.values, runs[:, at], at, self._longest_s(rows[: index + 2]))
                length = max((int(runs[chip, at]) for chip in (ACC, GYR) if self._stuck[chip]), default=0)
                frozen_from, found_at = at + 1 - min(length, self._hold), at
            elif zeros_over[index] or (ended[:, at].all() and _turned_deg(last, now) > JUMP_DEG):
                length = int(before[ACC, at] if zeros_over[index] else before[:, at].min())
                if length * self._period_s <= FILL_LIMIT_S:  # left out and filled, as a gap is
                    marking.leave_out(at - length, at)
                else:
                    marking.freeze(at - min(length, self._hold), at, at)
                    marking.mark(at, at + 1, Status.BREAK | Status.FROZEN)
        if self.frozen_now:
            marking.freeze(frozen_from, len(samples), found_at)
        usable, self._waiting = marking.divided()
        self._runs = counted[:, len(counted[0]) - 1 - len(self._waiting) :]
        self._repeating = bool(self._runs.any())
        self.frozen += int(np.count_nonzero(np.isnan(usable.values[:, 0])))
        self.left_out += marking.left_out
        return usable

    def _goes_on(self, runs: IntArray, dead: BoolArray) -> bool:
        """Whether a chip that hung still does."""
        self._stuck = (self._stuck & (runs > 0) | dead).tolist()
        if not self.frozen_now:
            self._gravity.clear()
            self._turns.clear()
        return self.frozen_now

    def _judge(self, values: FloatArray, runs: IntArray, at: int, longest_s: float) -> None:
        """Find out at the end of a block whether a chip hangs that has repeated itself ``runs`` (2,) times."""
        block = values[at + 1 - self._block : at + 1]
        if len(block) < self._block or np.isnan(block).any():
            return
        acc, gyr = block[:, :3].mean(axis=0), block[:, 3:].mean(axis=0)
        size = float(np.sqrt(acc @ acc))
        up = acc / size if size > _NO_STEP_M_S2 else np.zeros(3)
        turning = np.cross(gyr, up)
        self._by_length = False
        if runs[GYR] and not runs[GYR] % self._block:
            self._stuck[GYR] = self._gyroscope_hangs(up, gyr, int(runs[GYR]))
        if runs[ACC] and not runs[ACC] % self._block:
            self._stuck[ACC] = self._accelerometer_hangs(turning, int(runs[ACC]))
            if not self.frozen_now and runs[ACC] >= FEWEST and runs[ACC] * self._period_s >= longest_s - _ROUNDING_S:
                self._stuck[ACC] = self._by_length = True

    def _gyroscope_hangs(self, up: FloatArray, gyr: FloatArray, run: int) -> bool:
        """Whether gravity turns otherwise than a gyroscope says that stays the same."""
        if run == self._block:
            self._gravity.clear()
        seen = np.array(self._gravity).reshape(-1, 3)
        self._gravity.append(up)
        if run < FEWEST or not len(seen):
            return False
        ago_s = np.arange(len(seen), 0, -1).astype(np.float64) * (self._block * self._period_s)
        as_said = turned_back(seen, ago_s[:, None] * gyr)
        unlike, turned = (np.square(each - up).sum(axis=1) > np.deg2rad(TURN_DEG) ** 2 for each in (as_said, seen))
        too_fast = float(gyr @ gyr - (gyr @ up) ** 2) > np.deg2rad(BIAS_DEG_S) ** 2
        return bool((unlike & (turned | too_fast)).any())

    def _accelerometer_hangs(self, turning: FloatArray, run: int) -> bool:
        """Whether the gyroscope turns while the accelerometer stays the same."""
        if run == self._block:
            self._turns.clear()
        self._turns.append(turning)
        block_s = self._block * self._period_s
        turn = np.sum(self._turns, axis=0) * block_s
        turned_deg = float(np.rad2deg(np.sqrt(turn @ turn)))
        return run >= FEWEST and turned_deg > TURN_DEG + BIAS_DEG_S * len(self._turns) * block_s


def _holds_run(same: BoolArray) -> bool:
    """Whether one of two chips (2, n) repeats itself ``FEWEST`` times running; also where that cannot be seen."""
    return same.shape[1] < FEWEST or bool(in_a_row(same, FEWEST).any())


def _turned_deg(one: FloatArray, other: FloatArray) -> float:
    """How far gravity turned between two samples (6,)."""
    across = np.cross(one[:3], other[:3])
    return float(np.rad2deg(np.arctan2(np.sqrt(across @ across), one[:3] @ other[:3])))

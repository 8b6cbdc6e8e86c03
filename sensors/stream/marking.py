"""What becomes of samples that are looked at before they are used: when each can be, and which cannot."""

from __future__ import annotations

import numpy as np

from dowel.recordings.grid_points import Status
from dowel.recordings.types import BoolArray, IntArray
from dowel.sensors.stream.stamped import Stamped


class Marking:
    """Samples (n,), of which some wait for what comes after them.

    ``usable_at`` (n,) is the index of the sample with which each is decided; what lies beyond the last still waits.
    """

    def __init__(self, samples: Stamped, usable_at: IntArray) -> None:
        self._samples, self._usable_at = samples, usable_at
        self._measured = np.ones(len(samples), np.bool_)
        self._here = np.arange(len(samples))
        found = np.isnan(samples.values[:, 0])
        usable_at[found] = self._here[found]

    @property
    def left_out(self) -> int:
        """How many were left out."""
        return int(np.count_nonzero(~self._measured))

    def freeze(self, start: int, stop: int, found_at: int) -> None:
        """From one sample to before another nothing was measured, as is known since the sample ``found_at``."""
        self._samples.values[start:stop] = np.nan
        self.mark(start, stop, Status.FROZEN)
        self._usable_at[start:stop] = np.maximum(self._here[start:stop], found_at)

    def mark(self, start: int, stop: int, status: int) -> None:
        """From one sample to before another this is so."""
        self._samples.status[start:stop] |= np.uint8(status)

    def leave_out(self, start: int, stop: int) -> None:
        """From one sample to before another nothing was measured, short enough to be filled."""
        self._measured[start:stop] = False

    def divided(self) -> tuple[Stamped, Stamped]:
        """The samples that are decided, and those that wait."""
        usable_at = np.maximum.accumulate(self._usable_at)
        count = int(usable_at.searchsorted(len(usable_at)))
        samples = self._samples
        samples.sequence[:count] = samples.sequence[usable_at[:count]]
        usable, waiting = samples.take(slice(count)), samples.take(slice(count, None))
        return (usable if self._measured.all() else usable.take(self._measured[:count])), waiting


def run_lengths(same: BoolArray, before: IntArray) -> IntArray:
    """How many samples up to each (2, n) repeated the one before them, ``before`` (2,) of them earlier."""
    here = np.arange(1, same.shape[1] + 1)
    other = np.maximum.accumulate(np.where(same, 0, here), axis=1)
    lengths: IntArray = np.where(other == 0, here + before[:, None], here - other)
    return lengths


def in_a_row(where: BoolArray, count: int) -> BoolArray:
    """Where so many points (..., n) running are true, by the first of them (..., n + 1 - count)."""
    found = where[..., : max(where.shape[-1] + 1 - count, 0)].copy()
    for later in range(1, count):
        found &= where[..., later : later + found.shape[-1]]
    return found


def next_break(breaks: BoolArray) -> IntArray:
    """The index of each sample (n,), or of the next one, where a run breaks; far beyond the end where none does."""
    count = len(breaks)
    places = np.where(breaks, np.arange(count), 2 * count + 1)[::-1]
    following: IntArray = np.minimum.accumulate(places)[::-1]
    return following

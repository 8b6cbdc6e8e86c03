"""Single samples that no trunk and no chip can have given: left out before anything rests on them, and counted."""

from __future__ import annotations

from typing import Final

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray
from dowel.sensors.stream.stamped import Stamped

POSSIBLE: Final[FloatArray] = np.repeat([400.0, 70.0], 3)
"""No chip that is worn measures more than 40 g or 4000 deg/s, in m/s2 and rad/s (sources#impossible-samples)."""
SPIKE: Final[FloatArray] = np.repeat([60.0, 4.0], 3)
"""Up by so much and back from one sample to the next is no movement of a trunk (sources#impossible-samples)."""
BACK_SHARE: Final = 0.25
"""What comes after a spike lies as near as this to what came before (sources#impossible-samples)."""
LONGEST: Final = 4
"""A spike that is sent twice or more is still one (sources#impossible-samples)."""


class Spikes:
    """Leaves out impossible samples and single spikes, in any chunks with the same result.

    A sample that steps far waits for the next one. ``left_out`` counts.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._last: FloatArray | None = None
        self._waiting = Stamped.none()

    @property
    def waits(self) -> bool:
        """Whether a sample waits."""
        return len(self._waiting) > 0

    def passed(self, values: FloatArray) -> None:
        """Samples without a far step went by: ``values`` (1 + n, 6) with the one before them."""
        self._last = values[-1:]

    def look(self, new: Stamped) -> Stamped:
        """The samples that can be used now, in order."""
        return self._sorted(self._waiting + new)

    def finish(self) -> Stamped:
        """The stream is over: what still waits, as it came."""
        waiting, self._waiting = self._waiting, Stamped.none()
        return waiting

    def _sorted(self, samples: Stamped) -> Stamped:
        """Samples of which some may be spikes."""
        possible: BoolArray = np.all(np.abs(samples.values) <= POSSIBLE, axis=1)
        self.left_out += int(len(possible) - np.count_nonzero(possible))
        samples = samples if possible.all() else samples.take(possible)
        self._waiting = Stamped.none()
        if not len(samples):
            return samples
        rows = np.concatenate([samples.values[:1] if self._last is None else self._last, samples.values])
        keep, usable_at = np.ones(len(samples), np.bool_), np.arange(len(samples))
        ready, seen = len(samples), 0
        for start in np.flatnonzero((np.abs(rows[1:] - rows[:-1]) > SPIKE).any(axis=1)).tolist():
            if start < seen:
                continue
            after = _next_other(samples.values, start)
            if after is None:
                ready = start
                break
            if after - start <= LONGEST and _is_spike(rows[start], samples.values[start], samples.values[after]):
                keep[start:after] = False
                seen = after + 1
            else:
                usable_at[start] = min(after, start + LONGEST)
        self._last = rows[ready : ready + 1]
        self._waiting = samples.take(slice(ready, None))
        samples.sequence[:ready] = samples.sequence[np.maximum.accumulate(usable_at)[:ready]]
        self.left_out += int(len(keep) - np.count_nonzero(keep))
        return samples.take(keep & (np.arange(len(keep)) < ready))


def _next_other(values: FloatArray, start: int) -> int | None:
    """The sample after ``start`` that differs from it, or the one from which on it is none; None if it is not there."""
    for after in range(start + 1, min(len(values), start + LONGEST + 2)):
        if after > start + LONGEST or (values[after] != values[start]).any():
            return after
    return None


def _is_spike(before: FloatArray, there: FloatArray, after: FloatArray) -> bool:
    """Whether a sample stands out from its neighbours, which lie near each other."""
    up, down = there - before, there - after
    height = np.minimum(np.abs(up), np.abs(down))
    out = (up * down > 0) & (height > SPIKE)
    return bool((out & (np.abs(after - before) <= BACK_SHARE * height)).any())

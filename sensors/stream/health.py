"""The health of one sensor's readings, watched as they come: the same live, in an import and in a replay.

What is no measurement is found before anything rests on it:

| what | how it shows | what becomes of it |
|---|---|---|
| impossible samples, single spikes | :mod:`dowel.sensors.stream.spikes` | left out and filled, as a lost sample is |
| a chip that hangs, or sends zeros | :mod:`dowel.sensors.stream.repeats` | ``Status.FROZEN``, without values |
| the end of a range that nobody told | :mod:`dowel.sensors.stream.plateaus` | ``Status.CLIPPED`` |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray
from dowel.sensors.stream.marking import in_a_row
from dowel.sensors.stream.plateaus import LARGE, REPEATS, Plateaus
from dowel.sensors.stream.repeats import Repeats
from dowel.sensors.stream.spikes import POSSIBLE, SPIKE, Spikes
from dowel.sensors.stream.stamped import Stamped

_SPIKE, _POSSIBLE, _LARGE = SPIKE[:, None], POSSIBLE[:, None], LARGE[:, None]


@dataclass(frozen=True, slots=True)
class HealthCounts:
    """What was found so far, in samples, and whether the sensor hangs now.

    ``impossible`` could not have been measured, ``frozen`` repeated others instead of measuring. ``left_out`` of both
    were left out, to be filled like lost ones; the rest has no values.
    """

    impossible: int = 0
    frozen: int = 0
    left_out: int = 0
    frozen_now: bool = False


class Health:
    """Looks at one sensor's samples, ``period_s`` apart, in any chunks with the same result.

    A sample waits while what comes next decides what it is: 0.3 s at most, and only while it repeats itself.
    """

    def __init__(self, period_s: float) -> None:
        self._spikes = Spikes()
        self._plateaus = Plateaus()
        self._repeats = Repeats(period_s)
        self._came: FloatArray | None = None  # the latest sample
        self._went: FloatArray | None = None  # the latest that went on to be looked at for repeats

    @property
    def counts(self) -> HealthCounts:
        """What was found so far."""
        impossible, repeats = self._spikes.left_out, self._repeats
        frozen = repeats.frozen + repeats.left_out
        return HealthCounts(impossible, frozen, impossible + repeats.left_out, repeats.frozen_now)

    def look(self, samples: Stamped) -> Stamped:
        """The samples that can be used now, in order; none of them ever changes."""
        if not len(samples):
            return samples
        came = samples.values
        columns = _columns(came if self._came is None else self._came, came)
        step, size = np.abs(columns[:, 1:] - columns[:, :-1]), np.abs(columns)
        far = bool((step > _SPIKE).any()) or bool((size > _POSSIBLE).any())
        undisturbed = self._went is self._came is not None
        self._came = columns[:, -1:].T
        if far or self._spikes.waits or not undisturbed:
            return self._looked_at(self._spikes.look(samples))
        self._spikes.passed(columns.T)
        self._went = self._came
        if self._plateaus.follows or _holds_plateau((step == 0.0) & (size[:, 1:] >= _LARGE)):
            self._plateaus.look(columns, samples.status)
        else:
            self._plateaus.passed(columns)
        return self._repeats.look(samples, columns)

    def finish(self) -> Stamped:
        """The stream is over: what still waits."""
        return self._looked_at(self._spikes.finish()) + self._repeats.finish()

    def _looked_at(self, samples: Stamped) -> Stamped:
        """What can be used of samples that :class:`Spikes` held up or of which it left some out."""
        values = samples.values
        if not len(values):
            return samples
        columns = _columns(values[:1] if self._went is None else self._went, values)
        self._went = columns[:, -1:].T
        if not self._spikes.waits:
            self._came = self._went
        self._plateaus.look(columns, samples.status)
        return self._repeats.look(samples, columns)


def _columns(before: FloatArray, values: FloatArray) -> FloatArray:
    """Values (n, 6) after those of the sample before them (1, 6), by column: several times as fast to look at."""
    columns: FloatArray = np.concatenate([before, values]).T.copy()
    return columns


def _holds_plateau(same: BoolArray) -> bool:
    """Whether an axis (6, n) may repeat a large value often enough, with what came before."""
    if not same.any():
        return False
    return bool(same[:, 0].any()) or bool(in_a_row(same, REPEATS).any())

"""How far session time may leap: a clock that leaps by a day, or a forged file, must not size memory by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dowel.sensors.stream.sensor_track import TrackSamples

PAUSE_S: Final = 60.0
"""A silence of all sensors that is longer than this is a pause (sources#longest-pause)."""
LONGEST_PAUSES_S: Final = 2.0 * 3600.0
"""So long may all pauses of a session be together (sources#longest-pause)."""


class PauseLimit:
    """Ends a session where its pauses have become too long; what follows is left out, and ``ended_s`` says from when.

    Where the stream is cut changes nothing: what counts is the order of the samples alone.
    """

    def __init__(self) -> None:
        self.ended_s: float | None = None
        self._latest_s: float | None = None
        self._left_s = LONGEST_PAUSES_S

    def within(self, samples: Sequence[TrackSamples]) -> list[TrackSamples]:
        """Of new samples of each sensor those that count."""
        if self.ended_s is not None:
            return [each.first(0) for each in samples]
        new = [each for each in samples if len(each)]
        if not new:
            return list(samples)
        latest_s = max(float(each.time_s[-1]) for each in new)
        before_s = min(float(each.time_s[0]) for each in new) if self._latest_s is None else self._latest_s
        if latest_s - before_s > PAUSE_S:  # else there can be no pause in it
            return self._by_sample(samples)
        self._latest_s = max(latest_s, before_s)
        return list(samples)

    def tick_s(self, time_s: float) -> float:
        """How far time has passed by a tick at this time."""
        return time_s if self._latest_s is None else min(time_s, self._latest_s + self._left_s)

    def _by_sample(self, samples: Sequence[TrackSamples]) -> list[TrackSamples]:
        """The same, sample by sample in the order of the stream."""
        sequence = np.concatenate([each.sequence for each in samples])
        order = np.argsort(sequence, kind="stable")
        time_s = np.concatenate([each.time_s for each in samples])[order]
        first_s = time_s[0] if self._latest_s is None else self._latest_s
        latest_s = np.maximum.accumulate(np.concatenate(([first_s], time_s)))
        leaps_s = np.diff(latest_s)
        paused_s = np.cumsum(np.where(leaps_s > PAUSE_S, leaps_s, 0.0))
        too_far = np.flatnonzero(paused_s > self._left_s)
        if not len(too_far):
            self._left_s -= float(paused_s[-1])
            self._latest_s = float(latest_s[-1])
            return list(samples)
        self.ended_s = float(latest_s[too_far[0]])
        kept = np.zeros(len(order), bool)
        kept[order[: too_far[0]]] = True
        owner = np.split(kept, np.cumsum([len(each) for each in samples])[:-1])
        return [each.first(int(of_it.sum())) for each, of_it in zip(samples, owner, strict=True)]

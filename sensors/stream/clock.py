"""From a sensor's own clock to session time.

Bluetooth only ever delays: arrival minus device time (the residual) is never less than the true offset between the
two clocks plus the shortest delay. So the smallest residuals carry the clock, and the rest is waiting for a
connection event, retransmission and stalls. A causal lower hull of the smallest residual of each second gives the
drift; the smallest of the last half minute, with the drift taken out, gives the offset.

Everything depends only on the notifications so far, in order: a sample's session time is fixed when its notification
is processed, is never revised and never runs backwards, and does not depend on how the stream is cut in pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dowel.recordings.types import FloatArray, IntArray
from dowel.sensors.stream.lower_hull import COUNT, DEVICE_TIME, START_MS, Line
from dowel.sensors.stream.uncertainty import Uncertainty


@dataclass(frozen=True, slots=True)
class SampleTimes:
    """Session time of each sample, and the factor by which a step of device time is longer than it says."""

    time_s: FloatArray
    rate_factor: FloatArray


class Clock(Protocol):
    """Gives session times to the samples of one sensor."""

    uncertainty: Uncertainty

    def stamp(
        self,
        arrival_s: FloatArray,
        count: IntArray,
        device_time_s: FloatArray,
        newest_s: FloatArray | None = None,
        known_s: FloatArray | None = None,
    ) -> SampleTimes:
        """Session times of the samples; ``count`` (m,) of them came with each arrival.

        ``newest_s`` (m,): device time of the newest measurement in each notification, NaN where there is none, for
        sensors whose samples wait for a partner; without it that is the last of its samples. ``known_s`` (m,): when
        each notification is handed on, where some had to wait; without it that is their arrival.
        """
        ...

    def restart(self) -> None:
        """The link came back after it was lost."""
        ...


class SharedClock:
    """For samples that carry session time already (imported files): nothing is estimated.

    The uncertainty is what the import's alignment found (setting ``sync_ms``; 0 where files share one clock).
    """

    def __init__(self, sync_ms: float = 0.0) -> None:
        self.uncertainty = Uncertainty.of(sync_ms)

    def stamp(
        self,
        arrival_s: FloatArray,  # noqa: ARG002
        count: IntArray,  # noqa: ARG002
        device_time_s: FloatArray,
        newest_s: FloatArray | None = None,  # noqa: ARG002
        known_s: FloatArray | None = None,  # noqa: ARG002
    ) -> SampleTimes:
        """The samples' own times."""
        return SampleTimes(device_time_s, np.ones(len(device_time_s)))

    def restart(self) -> None:
        """Nothing was learnt, so nothing is to be forgotten."""


class HullClock:
    """Causal lower-hull clock of one sensor (design#time, sources#clock-hull).

    Data: the arrival of each notification and the device time of its samples (for a sensor that only counts, what
    :class:`~dowel.sensors.stream.counted.CountedTime` makes of the count). Result: :class:`SampleTimes`, and
    ``uncertainty`` in the course of time.

    Differs from the offline hull of the source in being causal and in telling its own uncertainty: arrivals wait for
    connection events, so residuals repeat a pattern with holes in it, and the true offset may lie anywhere in the
    largest hole.
    """

    def __init__(self, *, counting: bool) -> None:
        self._settings = COUNT if counting else DEVICE_TIME
        self.uncertainty = Uncertainty.of(START_MS)
        self._last_time_s = -np.inf
        self._line: Line | None = None

    def stamp(
        self,
        arrival_s: FloatArray,
        count: IntArray,
        device_time_s: FloatArray,
        newest_s: FloatArray | None = None,
        known_s: FloatArray | None = None,
    ) -> SampleTimes:
        """Session times of these samples, fixed for good; arguments as of :class:`Clock`."""
        known_s = arrival_s if known_s is None else known_s
        heard = count > 0 if newest_s is None else np.isfinite(newest_s)
        if not heard.all():
            arrival_s, count, known_s = arrival_s[heard], count[heard], known_s[heard]
        after = count.cumsum()
        newest_s = device_time_s[after - 1] if newest_s is None else newest_s[heard]
        times, factor = np.empty(len(device_time_s)), np.empty(len(device_time_s))
        first, low = 0, 0
        while first < len(after):
            line = self._line_for(float(arrival_s[first]), float(newest_s[first]), float(known_s[first]))
            run = line.follow(arrival_s[first:], newest_s[first:], known_s[first:])
            stop = first + run.length
            high = int(after[stop - 1])
            device_s = device_time_s[low:high]
            slope, offset = run.slope.repeat(count[first:stop]), run.offset.repeat(count[first:stop])
            times[low:high] = device_s + slope * (device_s - line.origin_s) + offset
            factor[low:high] = 1.0 + slope
            first, low = stop, high
        if len(times):
            times[0] = max(times[0], self._last_time_s)
            np.maximum.accumulate(times, out=times)
            self._last_time_s = float(times[-1])
        return SampleTimes(times, factor)

    def restart(self) -> None:
        """The link came back: what was learnt of the offset no longer holds; the next arrival begins a new line."""
        self._line = None

    def _line_for(self, arrival_s: float, device_s: float, known_s: float) -> Line:
        """The line in force, or a new one where the sensor begins or was switched on again."""
        if self._line is None or self._line.broken_by(arrival_s, device_s):
            self._line = Line(self._settings, self.uncertainty, arrival_s, device_s, known_s)
        return self._line

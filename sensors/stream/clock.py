"""From a sensor's own clock to session time.

Bluetooth only ever delays: arrival minus device time (the residual) is never less than the true offset between the
two clocks plus the shortest delay. So the smallest residuals carry the clock, and the rest is waiting for a
connection event, retransmission and stalls. A causal lower hull of the smallest residual of each second gives the
drift; the smallest of the last half minute, with the drift taken out, gives the offset.

Everything depends only on the notifications so far, in order: a sample's session time is fixed when its notification
is processed, is never revised and never runs backwards, and does not depend on how the stream is cut in pieces.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dowel.recordings.types import FloatArray, IntArray
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
        self, arrival_s: FloatArray, count: IntArray, device_time_s: FloatArray, newest_s: FloatArray | None = None
    ) -> SampleTimes:
        """Session times of the samples; ``count`` (m,) of them came with each arrival.

        ``newest_s`` (m,): device time of the newest measurement in each notification, NaN where there is none, for
        sensors whose samples wait for a partner; without it that is the last of its samples.
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
    ) -> SampleTimes:
        """The samples' own times."""
        return SampleTimes(device_time_s, np.ones(len(device_time_s)))

    def restart(self) -> None:
        """Nothing was learnt, so nothing is to be forgotten."""


@dataclass(frozen=True, slots=True)
class HullSettings:
    """Parameters of :class:`HullClock`.

    ``bin_s``: one minimum per second is enough for the drift, and thirty of them for the offset
    (sources#clock-hull). ``drift_limit``: crystals differ by under 150 ppm; the period of a sensor that only counts
    may be off by 5 % (sources#witmotion). ``drift_after_s``: before a minute the hull is too short for a
    crystal's drift; a counting sensor's error is larger and is followed from the third second.
    ``offset_window_s``: long enough to catch a free connection event, short enough for a crystal's wander. All:
    sources#clock-limits.
    """

    drift_limit: float
    drift_after_s: float
    bin_s: float = 1.0
    offset_window_s: float = 30.0
    restart_s: float = 2.0
    """Device time that runs back by a bin, or ahead of arrival by more than this: the sensor was switched on again
    (sources#clock-limits)."""


# sources#clock-limits; why the waits differ, see the class
DEVICE_TIME = HullSettings(drift_limit=150e-6, drift_after_s=60.0)
COUNT = HullSettings(drift_limit=0.05, drift_after_s=3.0)

# sources#clock-uncertainty, and sources#clock-limits for the interval
RECENT_ARRIVALS = 256  # enough to show the pattern of connection events at 10 to 100 notifications a second
STALL_S = 0.1  # twice the longest usual connection interval; what waits longer has met a stall
RARE_SHARE = 0.03  # a hole with fewer of the latest arrivals above it is made by repeated retransmission, not by it
FLOOR_MS = 3.0  # stack jitter and wander that the pattern does not show (sources#clock-uncertainty)
START_MS = 40.0  # until the pattern has been seen: a usual connection interval of 30 ms and jitter
PERIOD_SHARE = 2.0  # from simulated links: the first half minute of a counting sensor is then covered too
SLOW_BINS = 10  # once a minute is known, drift and the pattern of arrivals change slowly
FOLLOWED_BINS = 60
LASTING_BINS = 3  # a step in this many minima is a loss; a stall lasts at most 1.5 s (sources#clock-hull)


class HullClock:
    """Causal lower-hull clock of one sensor (design#time, sources#clock-hull).

    Data: the arrival of each notification and the device time of its samples (for a sensor that only counts, the
    number of the sample times ``period_s``, the asked period). Result: :class:`SampleTimes`; ``uncertainty`` in the
    course of time; ``lost_samples``, found by a counting sensor's residuals stepping up for good.

    Differs from the offline hull of the source in being causal and in telling its own uncertainty: arrivals wait for
    connection events, so residuals repeat a pattern with holes in it, and the true offset may lie anywhere in the
    largest hole.
    """

    def __init__(self, *, counting: bool, period_s: float) -> None:
        self._counting = counting
        self._period_s = period_s
        self._settings = COUNT if counting else DEVICE_TIME
        self.uncertainty = Uncertainty.of(START_MS)
        self.lost_samples = 0
        self._shift_s = 0.0
        self._last_time_s = -np.inf
        self._line: _Line | None = None

    def stamp(
        self, arrival_s: FloatArray, count: IntArray, device_time_s: FloatArray, newest_s: FloatArray | None = None
    ) -> SampleTimes:
        """Session times of these samples, fixed for good; arguments as of :class:`Clock`."""
        heard = count > 0 if newest_s is None else np.isfinite(newest_s)
        if not heard.all():
            arrival_s, count = arrival_s[heard], count[heard]
        after = count.cumsum()
        newest_s = device_time_s[after - 1] if newest_s is None else newest_s[heard]
        times, factor = np.empty(len(device_time_s)), np.empty(len(device_time_s))
        first, low = 0, 0
        while first < len(after):
            last_s = newest_s[first:] + self._shift_s
            line = self._line_for(float(arrival_s[first]), float(last_s[0]))
            run = line.follow(arrival_s[first:], last_s)
            if run.length:
                stop = first + run.length
                high = int(after[stop - 1])
                device_s = device_time_s[low:high] + self._shift_s
                slope, offset = run.slope.repeat(count[first:stop]), run.offset.repeat(count[first:stop])
                times[low:high] = device_s + slope * (device_s - line.origin_s) + offset
                factor[low:high] = 1.0 + slope
                first, low = stop, high
            if run.lost_samples:
                self.lost_samples += run.lost_samples
                self._shift_s += run.lost_samples * self._period_s
        if len(times):
            times[0] = max(times[0], self._last_time_s)
            np.maximum.accumulate(times, out=times)
            self._last_time_s = float(times[-1])
        return SampleTimes(times, factor)

    def restart(self) -> None:
        """The link came back: what was learnt of the offset no longer holds; the next arrival begins a new line."""
        self._line = None

    def _line_for(self, arrival_s: float, device_s: float) -> _Line:
        """The line in force, or a new one where the sensor begins or was switched on again."""
        if self._line is None or self._line.broken_by(arrival_s, device_s):
            self._line = _Line(
                self._settings, self._period_s if self._counting else None, self.uncertainty, arrival_s, device_s
            )
        return self._line


@dataclass(frozen=True, slots=True)
class _Run:
    """Slope and offset in force for the first ``length`` notifications, and a loss found at their end."""

    length: int
    slope: FloatArray
    offset: FloatArray
    lost_samples: int


class _Line:
    """The line ``session = device + slope (device - origin) + offset`` of one unbroken run of a sensor's clock."""

    def __init__(
        self,
        settings: HullSettings,
        period_s: float | None,
        uncertainty: Uncertainty,
        arrival_s: float,
        device_s: float,
    ) -> None:
        self.origin_s = device_s
        self._settings = settings
        self._period_s = period_s
        self._uncertainty = uncertainty
        uncertainty.add(arrival_s, START_MS)
        self._begin = self._latest = self._now = (device_s, arrival_s)
        self._slope = 0.0
        self._offset = np.inf
        self._hull: list[tuple[float, float]] = []
        self._sum_device_s, self._bins_closed = 0.0, 0
        self._window: deque[tuple[float, float]] = deque()
        self._bin = 0.0
        self._lowest = (device_s, np.inf)
        self._recent: deque[float] = deque(maxlen=RECENT_ARRIVALS)
        self._spread_s = START_MS * 1e-3

    def broken_by(self, arrival_s: float, device_s: float) -> bool:
        """Whether device time ran back, or ahead of arrival, so far that this must be a new clock."""
        step_device, step_arrival = device_s - self._latest[0], arrival_s - self._latest[1]
        return step_device < -self._settings.bin_s or step_device - step_arrival > self._settings.restart_s

    def follow(self, arrival_s: FloatArray, device_s: FloatArray) -> _Run:
        """Slope and offset for each notification, up to a broken clock or a loss; remembers what it saw."""
        if len(device_s) == 1:
            return self._follow_one(float(arrival_s[0]), float(device_s[0]))
        length = self._unbroken(arrival_s, device_s)
        residual = arrival_s[:length] - device_s[:length]
        bins = (device_s[:length] - self.origin_s) // self._settings.bin_s
        starts = np.concatenate([[0], np.flatnonzero(bins[1:] != bins[:-1]) + 1])
        places = _first_minima(residual, starts)
        lowest = list(zip(device_s[places].tolist(), residual[places].tolist(), strict=True))
        slopes: list[float] = []
        offsets: list[float] = []
        first_bin = residual[:0]
        lost = 0
        for start, number, low in zip(starts.tolist(), bins[starts].tolist(), lowest, strict=True):
            if number != self._bin:
                self._now = (float(device_s[start]), float(arrival_s[start]))
                lost = self._close_bin(number, residual[:start])
                if lost:
                    length = start
                    break
            if not self._bins_closed:
                end = int(starts[1]) if len(starts) > 1 else length
                first_bin = np.minimum(np.minimum.accumulate(residual[:end]), self._lowest[1])
            if low[1] < self._lowest[1]:
                self._lowest = low
            slopes.append(self._slope)
            offsets.append(self._offset)
        if length:
            self._latest = (float(device_s[length - 1]), float(arrival_s[length - 1]))
            self._recent.extend(residual[:length][-RECENT_ARRIVALS:].tolist())
        if lost and self._period_s:
            self._move(lost * self._period_s)
        widths = np.diff(starts[: len(slopes)], append=length)
        offset = np.repeat(offsets, widths)
        offset[: len(first_bin)] = first_bin
        return _Run(length, np.repeat(slopes, widths), offset, lost)

    def _follow_one(self, arrival_s: float, device_s: float) -> _Run:
        """The same for a single notification, as they come live: plain numbers are quicker than short arrays."""
        residual = arrival_s - device_s
        number = float((device_s - self.origin_s) // self._settings.bin_s)
        if number != self._bin:
            self._now = (device_s, arrival_s)
            lost = self._close_bin(number, _NOTHING)
            if lost and self._period_s:
                self._move(lost * self._period_s)
                return _Run(0, _NOTHING, _NOTHING, lost)
        offset = self._offset if self._bins_closed else min(residual, self._lowest[1])
        if residual < self._lowest[1]:
            self._lowest = (device_s, residual)
        self._latest = (device_s, arrival_s)
        self._recent.append(residual)
        return _Run(1, np.array([self._slope]), np.array([offset]), 0)

    def _unbroken(self, arrival_s: FloatArray, device_s: FloatArray) -> int:
        """How many notifications belong to this run of the clock."""
        step_device, step_arrival = np.diff(device_s), np.diff(arrival_s)
        broken = (step_device < -self._settings.bin_s) | (step_device - step_arrival > self._settings.restart_s)
        return 1 + int(np.argmax(broken)) if broken.any() else len(device_s)

    def _close_bin(self, number: float, residual: FloatArray) -> int:
        """Learn from the bin that is over and open the next; returns how many samples turned out to be lost.

        ``residual`` is what came before the notification that opens the next bin, in this run.
        """
        lost = self._lost_samples()
        if lost:
            return lost
        device_s, lowest = self._lowest
        self._bins_closed += 1
        self._sum_device_s += device_s
        add_to_lower_hull(self._hull, device_s, lowest)
        self._update_offset(device_s, lowest)
        if self._bins_closed in (2, 5) or self._bins_closed % SLOW_BINS == 0:
            self._judge_pattern(np.array([*self._recent, *residual[-RECENT_ARRIVALS:].tolist()])[-RECENT_ARRIVALS:])
        self._bin = number
        self._lowest = (device_s, np.inf)
        return 0

    def _update_offset(self, device_s: float, residual: float) -> None:
        """The smallest residual of the window above the slope; all of it only where slope or smallest have changed."""
        origin, before, window = self.origin_s, self._slope, self._window
        if self._bins_closed <= FOLLOWED_BINS or self._bins_closed % SLOW_BINS == 0:
            self._slope = self._hull_slope()
        slope = self._slope
        window.append((device_s, residual))
        expired = np.inf
        while window[0][0] < device_s - self._settings.offset_window_s:
            at, low = window.popleft()
            expired = min(expired, low - slope * (at - origin))
        if slope == before and expired > self._offset:
            self._offset = min(self._offset, residual - slope * (device_s - origin))
        else:
            self._offset = min([low - slope * (at - origin) for at, low in window])

    def _hull_slope(self) -> float:
        """Slope of the hull's edge under the centroid of the minima, within the limit of the clock's kind."""
        hull, settings = self._hull, self._settings
        if len(hull) < 2 or hull[-1][0] - self.origin_s < settings.drift_after_s:
            return 0.0
        centroid = self._sum_device_s / self._bins_closed
        right = next(i for i in range(1, len(hull)) if hull[i][0] >= centroid or i == len(hull) - 1)
        (x0, y0), (x1, y1) = hull[right - 1], hull[right]
        centre = self._measured_excess()
        return min(max((y1 - y0) / (x1 - x0), centre - settings.drift_limit), centre + settings.drift_limit)

    def _measured_excess(self) -> float:
        """By how much the period is longer than asked, where it is outside the limit of a counting sensor; else 0."""
        if self._period_s is None:
            return 0.0
        measured = (self._now[1] - self._begin[1]) / (self._now[0] - self._begin[0]) - 1.0
        return measured if abs(measured) > self._settings.drift_limit else 0.0

    def _lost_samples(self) -> int:
        """Samples lost before a lasting step: the last minima all lie a period and the spread above the line."""
        if self._period_s is None or len(self._window) < LASTING_BINS + 2:
            return 0
        latest = [*list(self._window)[1 - LASTING_BINS :], self._lowest]
        before = list(self._window)[: 1 - LASTING_BINS]
        slope, origin = self._slope, self.origin_s
        level = min(low - slope * (at - origin) for at, low in before)
        step = min(low - slope * (at - origin) for at, low in latest) - level
        return round(step / self._period_s) if step > self._period_s + self._spread_s else 0

    def _move(self, lost_s: float) -> None:
        """Samples were lost: what came since then was counted too early by this."""
        taken = [self._window.pop() for _ in range(LASTING_BINS - 1)]
        self._hull = [point for point in self._hull if point[0] < taken[-1][0]]
        for at, low in reversed(taken):
            device_s, residual = at + lost_s, low - lost_s
            self._window.append((device_s, residual))
            add_to_lower_hull(self._hull, device_s, residual)
            self._sum_device_s += lost_s
            self._offset = min(self._offset, residual - self._slope * (device_s - self.origin_s))
        self._lowest = (self._lowest[0] + lost_s, self._lowest[1] - lost_s)
        self._latest = (self._latest[0] + lost_s, self._latest[1])

    def _judge_pattern(self, recent: FloatArray) -> None:
        """Estimate the uncertainty from the largest hole in the latest residuals, stalls left out."""
        ordered = np.sort(recent)
        ordered = ordered[: int(np.searchsorted(ordered, ordered[0] + STALL_S, side="right"))]
        ordered = ordered[: max(2, round(len(ordered) * (1.0 - RARE_SHARE)))]
        hole_s = float(np.max(np.diff(ordered), initial=0.0))
        self._spread_s = float(ordered[-1] - ordered[0])
        # a period that is only estimated is off by about the spread over the time that it was estimated from
        unsettled_s = 0.0 if self._period_s is None else PERIOD_SHARE * self._spread_s / self._bins_closed
        self._uncertainty.add(self._now[1], FLOOR_MS + 1e3 * (hole_s + unsettled_s))


_NOTHING: FloatArray = np.empty(0)


def add_to_lower_hull(hull: list[tuple[float, float]], x: float, y: float) -> None:
    """Add a point to the right of all others to the lower convex hull of the points so far (Andrew's monotone chain).

    Ours, because points come one a second: SciPy's ``ConvexHull`` wants all of them each time, and finds the upper
    half too (design#scipy-and-what-is-ours).
    """
    while len(hull) >= 2:
        (x0, y0), (x1, y1) = hull[-2], hull[-1]
        if (y1 - y0) * (x - x0) < (y - y0) * (x1 - x0):
            break
        hull.pop()
    hull.append((x, y))


def _first_minima(values: FloatArray, starts: IntArray) -> IntArray:
    """Place of the first smallest value in each part that begins at ``starts``."""
    lowest = np.minimum.reduceat(values, starts)
    equal = np.flatnonzero(values == np.repeat(lowest, np.diff(starts, append=len(values))))
    first: IntArray = equal[np.searchsorted(equal, starts)]
    return first

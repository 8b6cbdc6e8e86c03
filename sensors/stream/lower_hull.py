"""The lower hull of arrival minus device time (the residual): drift, offset, and how uncertain the time is.

One :class:`Line` holds for one unbroken run of a sensor's clock; :mod:`dowel.sensors.stream.clock` begins another where
the clock did.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from dowel.recordings.types import FloatArray, IntArray
from dowel.sensors.stream.uncertainty import Uncertainty


@dataclass(frozen=True, slots=True)
class HullSettings:
    """Parameters of a :class:`Line`.

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
LONGEST_STALL_S = 1.5  # what is later has met a computer that hung (sources#clock-hull)
BURST_SHARE = 0.5  # samples that come in less than this share of their time come in a burst (sources#clock-limits)


@dataclass(frozen=True, slots=True)
class Run:
    """Slope and offset in force for the first ``length`` notifications, after which the clock began again."""

    length: int
    slope: FloatArray
    offset: FloatArray


class Line:
    """The line ``session = device + slope (device - origin) + offset`` of one unbroken run of a sensor's clock."""

    def __init__(
        self, settings: HullSettings, uncertainty: Uncertainty, arrival_s: float, device_s: float, known_s: float
    ) -> None:
        self.origin_s = device_s
        self._settings = settings
        self._counting = settings is COUNT
        self._uncertainty = uncertainty
        uncertainty.add(known_s, START_MS)
        self._latest = self._now = self._opened = (device_s, arrival_s)
        self._slope = 0.0
        self._offset = np.inf
        self._hull: list[tuple[float, float]] = []
        self._sum_device_s, self._bins_closed = 0.0, 0
        self._window: deque[tuple[float, float]] = deque()
        self._bin = 0.0
        self._burst = False
        self._lowest = (device_s, np.inf)
        self._recent: deque[float] = deque(maxlen=RECENT_ARRIVALS)

    def broken_by(self, arrival_s: float, device_s: float) -> bool:
        """Whether device time ran back, or ahead of arrival, so far that this must be a new clock."""
        step_device, step_arrival = device_s - self._latest[0], arrival_s - self._latest[1]
        return step_device < -self._settings.bin_s or step_device - step_arrival > self._settings.restart_s

    def follow(self, arrival_s: FloatArray, device_s: FloatArray, known_s: FloatArray) -> Run:
        """Slope and offset for each notification, up to a broken clock; remembers what it saw.

        ``known_s`` (m,): when each of them was handed over; later than its arrival where it had to wait.
        """
        if len(device_s) == 1:
            return self._follow_one(float(arrival_s[0]), float(device_s[0]), float(known_s[0]))
        length = self._unbroken(arrival_s, device_s)
        residual = arrival_s[:length] - device_s[:length]
        bins = (device_s[:length] - self.origin_s) // self._settings.bin_s
        starts = np.concatenate([[0], np.flatnonzero(bins[1:] != bins[:-1]) + 1])
        places = _first_minima(residual, starts)
        lowest = list(zip(device_s[places].tolist(), residual[places].tolist(), strict=True))
        slopes: list[float] = []
        offsets: list[float] = []
        first_bin, lowest_before = residual[:0], self._lowest[1]
        ends = [*starts[1:].tolist(), length]
        for start, end, number, low in zip(starts.tolist(), ends, bins[starts].tolist(), lowest, strict=True):
            if number != self._bin:
                self._now = (float(device_s[start]), float(arrival_s[start]))
                self._next_bin(number, residual[:start], float(known_s[start]))
            if not self._bins_closed:
                first_bin = np.minimum(np.minimum.accumulate(residual[:end]), lowest_before)
            if low[1] < self._lowest[1]:
                self._lowest = low
            slopes.append(self._slope)
            offsets.append(self._offset)
        self._latest = (float(device_s[length - 1]), float(arrival_s[length - 1]))
        self._recent.extend(residual[-RECENT_ARRIVALS:].tolist())
        widths = np.diff(starts, append=length)
        offset = np.repeat(offsets, widths)
        offset[: len(first_bin)] = first_bin
        return Run(length, np.repeat(slopes, widths), offset)

    def _follow_one(self, arrival_s: float, device_s: float, known_s: float) -> Run:
        """The same for a single notification, as they come live: plain numbers are quicker than short arrays."""
        residual = arrival_s - device_s
        number = float((device_s - self.origin_s) // self._settings.bin_s)
        if number != self._bin:
            self._now = (device_s, arrival_s)
            self._next_bin(number, _NOTHING, known_s)
        offset = self._offset if self._bins_closed else min(residual, self._lowest[1])
        if residual < self._lowest[1]:
            self._lowest = (device_s, residual)
        self._latest = (device_s, arrival_s)
        self._recent.append(residual)
        return Run(1, np.array([self._slope]), np.array([offset]))

    def _unbroken(self, arrival_s: FloatArray, device_s: FloatArray) -> int:
        """How many notifications belong to this run of the clock."""
        step_device, step_arrival = np.diff(device_s), np.diff(arrival_s)
        broken = (step_device < -self._settings.bin_s) | (step_device - step_arrival > self._settings.restart_s)
        return 1 + int(np.argmax(broken)) if broken.any() else len(device_s)

    def _next_bin(self, number: float, residual: FloatArray, known_s: float) -> None:
        """Another bin begins: learn from the one that is over, unless it came in a burst and goes on.

        ``residual`` is what came before the notification that opens the bin, in this run.
        """
        self._bin = number
        opened, self._opened = self._opened, self._now
        if self._in_burst(opened):
            self._burst = True
            return
        device_s, lowest = self._lowest
        self._bins_closed += 1
        self._sum_device_s += device_s
        add_to_lower_hull(self._hull, device_s, lowest)
        if self._burst:
            self._anchor_again(device_s, lowest)
        self._update_offset(device_s, lowest)
        if self._bins_closed in (2, 5) or self._bins_closed % SLOW_BINS == 0 or self._burst:
            recent = np.array([*self._recent, *residual[-RECENT_ARRIVALS:].tolist()])[-RECENT_ARRIVALS:]
            self._judge_pattern(recent, known_s)
        self._burst = False
        self._lowest = (device_s, np.inf)

    def _in_burst(self, opened: tuple[float, float]) -> bool:
        """Whether what came since this device and arrival time came at once, behind a computer that hung.

        Its first samples are as late as the computer was, and only the last ones say anything of the clock.
        """
        if self._now[1] - opened[1] >= BURST_SHARE * (self._now[0] - opened[0]):
            return False
        device_s, lowest = self._lowest
        above_s = lowest - self._slope * (device_s - self.origin_s) - self._offset
        return self._burst or not self._bins_closed or above_s > LONGEST_STALL_S

    def _anchor_again(self, device_s: float, residual: float) -> None:
        """After a long burst a period that is not known well enough has led away from the minima before it."""
        above_s = residual - self._slope * (device_s - self.origin_s) - self._offset
        if self._counting and above_s > 1e-3 * self._uncertainty.value_ms[-1]:
            self._window.clear()

    def _update_offset(self, device_s: float, residual: float) -> None:
        """The smallest residual of the window above the slope; all of it only where slope or smallest have changed."""
        origin, before, window = self.origin_s, self._slope, self._window
        if self._bins_closed <= FOLLOWED_BINS or self._bins_closed % SLOW_BINS == 0 or self._burst:
            self._slope = self._hull_slope()
        slope = self._slope
        if not window:
            before = np.nan
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
        if not self._counting:
            return 0.0
        (first_s, residual), (last_s, lowest) = self._hull[0], self._hull[-1]  # single arrivals may be late by a hang
        measured = (lowest - residual) / (last_s - first_s)
        return measured if abs(measured) > self._settings.drift_limit else 0.0

    def _judge_pattern(self, recent: FloatArray, known_s: float) -> None:
        """Estimate the uncertainty from the largest hole in the latest residuals, stalls left out."""
        ordered = np.sort(recent)
        ordered = ordered[: int(np.searchsorted(ordered, ordered[0] + STALL_S, side="right"))]
        ordered = ordered[: max(2, round(len(ordered) * (1.0 - RARE_SHARE)))]
        hole_s = float(np.max(np.diff(ordered), initial=0.0))
        spread_s = float(ordered[-1] - ordered[0])
        # a period that is only estimated is off by about the spread over the time that it was estimated from
        unsettled_s = PERIOD_SHARE * spread_s / self._bins_closed if self._counting else 0.0
        self._uncertainty.add(known_s, FLOOR_MS + 1e3 * (hole_s + unsettled_s))


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

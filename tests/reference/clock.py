"""From device time to session time, notification by notification, everything worked out anew from all that was seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

from dowel.sensors.stream.lower_hull import (
    BURST_SHARE,
    COUNT,
    DEVICE_TIME,
    FLOOR_MS,
    FOLLOWED_BINS,
    LONGEST_STALL_S,
    PERIOD_SHARE,
    RARE_SHARE,
    RECENT_ARRIVALS,
    SLOW_BINS,
    STALL_S,
    START_MS,
    HullSettings,
)


@dataclass
class Minimum:
    """The smallest residual of one bin, and the device time at which it was seen."""

    device_s: float
    residual_s: float


@dataclass
class Line:
    """What was seen since the sensor's clock began (anew)."""

    origin_s: float
    latest_device_s: float
    latest_arrival_s: float
    opened_device_s: float
    opened_arrival_s: float
    bin: float = 0.0
    burst: bool = False
    lowest: Minimum | None = None
    minima: list[Minimum] = field(default_factory=list)
    oldest: int = 0
    residuals_s: list[float] = field(default_factory=list)
    slope: float = 0.0


class SlowHullClock:
    """design#time. ``stamp`` takes one notification: its arrival and the device time of each of its samples."""

    def __init__(self, *, counting: bool) -> None:
        self.settings: HullSettings = COUNT if counting else DEVICE_TIME
        self.counting = counting
        self.last_time_s = -math.inf
        self.line: Line | None = None
        self.uncertainty_ms: list[tuple[float, float]] = [(-math.inf, START_MS)]

    def stamp(self, arrival_s: float, device_time_s: list[float]) -> list[float]:
        """Session times of the samples, never revised and never backwards."""
        slope, offset_s, origin_s = self._learn(arrival_s, device_time_s[-1])
        times_s = []
        for device_s in device_time_s:
            self.last_time_s = max(self.last_time_s, device_s + slope * (device_s - origin_s) + offset_s)
            times_s.append(self.last_time_s)
        return times_s

    def _learn(self, arrival_s: float, device_s: float) -> tuple[float, float, float]:
        line = self._line(arrival_s, device_s)
        residual_s = arrival_s - device_s
        bin_number = math.floor((device_s - line.origin_s) / self.settings.bin_s)
        if bin_number != line.bin:
            self._close(line, arrival_s, device_s, bin_number)
        if line.lowest is None or residual_s < line.lowest.residual_s:
            line.lowest = Minimum(device_s, residual_s)
        # Until the first bin is over the smallest residual so far is the offset.
        offset_s = line.lowest.residual_s if not line.minima else self._offset_s(line)
        line.latest_device_s, line.latest_arrival_s = device_s, arrival_s
        line.residuals_s.append(residual_s)
        return line.slope, offset_s, line.origin_s

    def _line(self, arrival_s: float, device_s: float) -> Line:
        """Device time that runs back by a bin, or ahead of arrival by two seconds, is a clock that began anew."""
        line = self.line
        if line is not None:
            step_device_s, step_arrival_s = device_s - line.latest_device_s, arrival_s - line.latest_arrival_s
            if step_device_s >= -self.settings.bin_s and step_device_s - step_arrival_s <= self.settings.restart_s:
                return line
        self.line = Line(device_s, device_s, arrival_s, device_s, arrival_s)
        self.uncertainty_ms.append((arrival_s, START_MS))
        return self.line

    def _close(self, line: Line, arrival_s: float, device_s: float, bin_number: float) -> None:
        assert line.lowest is not None
        line.bin = bin_number
        burst = self._in_burst(line, arrival_s, device_s)
        line.opened_device_s, line.opened_arrival_s = device_s, arrival_s
        if burst:
            line.burst = True
            return
        if line.burst and self.counting:
            above_s = self._above_slope_s(line, line.lowest) - (self._offset_s(line) if line.minima else math.inf)
            if above_s > 1e-3 * self.uncertainty_ms[-1][1]:
                line.oldest = len(line.minima)  # the period that was known led away from the minima before
        line.minima.append(line.lowest)
        line.lowest = None
        closed = len(line.minima)
        if closed <= FOLLOWED_BINS or closed % SLOW_BINS == 0 or line.burst:
            line.slope = self._hull_slope(line)
        if closed in (2, 5) or closed % SLOW_BINS == 0 or line.burst:
            self._judge(line, arrival_s)
        line.burst = False

    def _in_burst(self, line: Line, arrival_s: float, device_s: float) -> bool:
        """What came in the latest second of device time came in less than half of it, behind a computer that hung."""
        assert line.lowest is not None
        if arrival_s - line.opened_arrival_s >= BURST_SHARE * (device_s - line.opened_device_s):
            return False
        if line.burst or not line.minima:
            return True
        return self._above_slope_s(line, line.lowest) - self._offset_s(line) > LONGEST_STALL_S

    def _window(self, line: Line) -> list[Minimum]:
        """Minima of the last 30 s: long enough for a free connection event, short enough for a crystal's wander."""
        newest_s = line.minima[-1].device_s
        return [low for low in line.minima[line.oldest :] if low.device_s >= newest_s - self.settings.offset_window_s]

    def _above_slope_s(self, line: Line, low: Minimum) -> float:
        return low.residual_s - line.slope * (low.device_s - line.origin_s)

    def _offset_s(self, line: Line) -> float:
        return min(self._above_slope_s(line, low) for low in self._window(line))

    def _hull_slope(self, line: Line) -> float:
        """Slope of the lower hull's edge under the centroid, within the limits of the clock's kind.

        The lower hull at a place is the lowest of all chords there.
        """
        minima = line.minima
        if len(minima) < 2 or minima[-1].device_s - line.origin_s < self.settings.drift_after_s:
            return 0.0
        total_s = 0.0
        for low in minima:  # sum() rounds otherwise from Python 3.12 on
            total_s += low.device_s
        centroid_s = total_s / len(minima)
        lowest, slope = math.inf, 0.0
        for left in minima:
            for right in minima:
                if left.device_s < centroid_s <= right.device_s:
                    steep = (right.residual_s - left.residual_s) / (right.device_s - left.device_s)
                    height = left.residual_s + steep * (centroid_s - left.device_s)
                    if centroid_s == right.device_s:
                        height = right.residual_s  # of all chords that end here, and not by rounding of one of them
                    if height < lowest or (height == lowest and steep > slope):
                        lowest, slope = height, steep
        centre = 0.0
        if self.counting:
            rise_s = minima[-1].residual_s - minima[0].residual_s
            measured = rise_s / (minima[-1].device_s - minima[0].device_s)
            centre = measured if abs(measured) > self.settings.drift_limit else 0.0
        return min(max(slope, centre - self.settings.drift_limit), centre + self.settings.drift_limit)

    def _judge(self, line: Line, arrival_s: float) -> None:
        """The uncertainty is the largest hole in the latest residuals, and a floor.

        What has met a stall is left out, and so are the few that were sent again and again.
        """
        latest = sorted(line.residuals_s[-RECENT_ARRIVALS:])
        usual = [one_s for one_s in latest if one_s <= latest[0] + STALL_S]
        usual = usual[: max(2, round(len(usual) * (1.0 - RARE_SHARE)))]
        hole_s = max([after - before for before, after in pairwise(usual)], default=0.0)
        # a counting sensor's period is itself only estimated, from as many seconds as there are minima
        unsettled_s = PERIOD_SHARE * (usual[-1] - usual[0]) / len(line.minima) if self.counting else 0.0
        self.uncertainty_ms.append((arrival_s, FLOOR_MS + 1e3 * (hole_s + unsettled_s)))

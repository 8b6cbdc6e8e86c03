"""The floor of a counting sensor's arrivals: how late the earliest of the latest are, and how sure that is."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# all: sources#counted-samples
LEARN_S = 3.0
"""From so much of arrivals the true period is known well enough to look for losses."""
WINDOW_S = 0.5
"""The lowest of so much time is free of retransmissions; also what is looked at before a step and after it."""
LEAST_ARRIVALS = 4
"""... or of so many, where they come seldom."""
STEP_SHARE = 0.6
"""A step of this share of a notification is a loss of one, where the pattern of arrivals leaves that much room."""
LEAST_STEP_S = 0.025
"""Below this is jitter of the computer."""
NOISE_FACTOR = 1.5
"""A step must exceed so many times what the lowest of a window falls by without a loss."""
NOISE_ARRIVALS = 128
RARE_SHARE = 0.03
"""... which is seen in so many arrivals, all but this share of them."""
PERIOD_NOISE_S = 0.03
LEAST_PERIOD_DOUBT = 1e-3
"""The period is known to the first, over the time that it was learnt in, and never better than to the second."""

SLOPE_EVERY_S = 1.0  # the period wanders over minutes (sources#counted-samples)
# sources#counted-samples
LOCKED_WIDTH = 0.2
LOCKED_SHARE = 0.01
"""Notifications keep step with the connection's events where all wait alike, to within the first share of what their
samples take, and where the second share of them, sent again, is late by just one notification."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A notification: when it came, the device time of its last sample, and how many samples it brought."""

    arrival_s: float
    device_s: float
    count: int

    @property
    def residual_s(self) -> float:
        """How late it came, by the clock's own offset."""
        return self.arrival_s - self.device_s


class ArrivalFloor:
    """The lowest residuals (arrival minus device time) of late, and how far they may be off.

    ``slope``: by which share the true period is longer than asked; ``unit``: samples in a notification; ``arrivals``:
    how many make a window.
    """

    def __init__(self, began: Arrival, slope: float, unit: int, arrivals: int, period_s: float) -> None:
        self.slope, self.unit, self.arrivals = slope, unit, arrivals
        self._unit_s = unit * period_s
        self._origin_s = began.device_s
        self._tail: deque[float] = deque(maxlen=arrivals)
        self._lowest_s = np.inf
        self._latest_arrival_s = self._latest_device_s = self._slope_from_s = 0.0
        self._stretch: Arrival | None = began
        self._rise_s = self._elapsed_s = 0.0
        self._since_jump = 0
        self._drops_s: list[float] = []
        self._noise_s = 0.0
        self._waited_s = 0.0
        self._seen = self._sent_again = 0
        self._locked = False

    @staticmethod
    def learnt(heard: Sequence[Arrival], period_s: float) -> ArrivalFloor | None:
        """From the arrivals since the sensor began; None where they are too few."""
        part_s = LEARN_S / 3.0
        first = [each for each in heard if each.arrival_s < heard[0].arrival_s + part_s]
        last = [each for each in heard if each.arrival_s > heard[-1].arrival_s - part_s]
        begin, end = (min(part, key=lambda each: each.residual_s) for part in (first, last))
        elapsed_s = end.device_s - begin.device_s
        if elapsed_s < part_s:
            return None
        slope = (end.residual_s - begin.residual_s) / elapsed_s
        unit = int(np.median([each.count for each in heard]))
        arrivals = max(LEAST_ARRIVALS, math.ceil(WINDOW_S / (unit * period_s * (1.0 + slope))))
        if len(heard) < 2 * arrivals:
            return None
        floor = ArrivalFloor(begin, slope, unit, arrivals, period_s)
        floor._slope_from_s = heard[-1].arrival_s
        for each in heard[-arrivals:]:
            floor.accept(each.arrival_s, each.device_s)
        residual_s = np.array([each.residual_s - slope * (each.device_s - begin.device_s) for each in heard])
        late = (residual_s - residual_s.min()) / floor._unit_s
        sent_again = np.abs(late - 1.0) < LOCKED_WIDTH
        floor._locked = bool(np.median(late) < LOCKED_WIDTH and sent_again.mean() >= LOCKED_SHARE)
        return floor

    @property
    def unit_s(self) -> float:
        """What a notification's samples take, by the sensor's own period."""
        return self._unit_s * (1.0 + self.slope)

    @property
    def step_s(self) -> float:
        """A lasting step of less may be the pattern of arrivals."""
        steps = STEP_SHARE + self._locked
        return max(steps * self._unit_s, LEAST_STEP_S, self._noise_s)

    def excess_s(self, residual_s: float, device_s: float) -> float:
        """How far a residual lies above the floor."""
        return residual_s - self.slope * (device_s - self._origin_s) - self._lowest_s

    def allowed_s(self, arrival_s: float) -> float:
        """What lies less far above the floor, or below it, says nothing."""
        return self.step_s + self._period_doubt * (arrival_s - self._latest_arrival_s)

    def period_doubt_s(self, device_s: float) -> float:
        """How far off a time is by now because the period is."""
        return self._period_doubt * (device_s - self._latest_device_s)

    @property
    def _period_doubt(self) -> float:
        known_s = self._latest_device_s - self._origin_s
        return max(LEAST_PERIOD_DOUBT, PERIOD_NOISE_S / max(known_s, PERIOD_NOISE_S))

    def accept(self, arrival_s: float, device_s: float) -> None:
        """This one was on time."""
        residual_s = arrival_s - device_s - self.slope * (device_s - self._origin_s)
        tail = self._tail
        leaving = tail[0] if len(tail) == tail.maxlen else np.inf
        tail.append(residual_s)
        if residual_s < self._lowest_s:
            if np.isfinite(self._lowest_s):
                self._drops_s.append(self._lowest_s - residual_s)
            self._lowest_s = residual_s
        elif leaving <= self._lowest_s:
            self._lowest_s = min(tail)
        self._waited_s += residual_s - self._lowest_s
        self._latest_arrival_s, self._latest_device_s = arrival_s, device_s
        self._seen += 1
        if self._seen == NOISE_ARRIVALS:
            self._judge_pattern()
        self._since_jump += 1
        if self._stretch is None and self._since_jump == self.arrivals:
            self._stretch = self._level()
        if arrival_s - self._slope_from_s >= SLOPE_EVERY_S:
            self._slope_from_s = arrival_s
            self._update_slope()

    def sent_again(self, excess_s: float) -> None:
        """One was late, and the next is on time."""
        self._sent_again += abs(excess_s / self.unit_s - 1.0) < LOCKED_WIDTH

    def jumped(self) -> None:
        """Samples were lost, or were not after all: what the floor rises by from here on belongs to another stretch."""
        if self._stretch is not None:
            level = self._level()
            self._rise_s += level.residual_s - self._stretch.residual_s
            self._elapsed_s += level.device_s - self._stretch.device_s
        self._stretch, self._since_jump = None, 0

    def _level(self) -> Arrival:
        """Where the floor lies now."""
        device_s = self._latest_device_s
        residual_s = self._lowest_s + self.slope * (device_s - self._origin_s)
        return Arrival(device_s + residual_s, device_s, self.unit)

    def _judge_pattern(self) -> None:
        """How much the floor falls by itself, and whether notifications keep step with the connection's events.

        Where they do, each waits a little less than the one before, until one just misses its event and waits for a
        whole interval: a step up like that of a loss. What is sent again shows the interval.
        """
        usual = sorted(self._drops_s)[: -math.ceil(RARE_SHARE * NOISE_ARRIVALS)]
        self._noise_s = NOISE_FACTOR * usual[-1] if usual else 0.0
        alike = self._waited_s < LOCKED_WIDTH * self._unit_s * NOISE_ARRIVALS
        self._locked |= alike and self._sent_again >= LOCKED_SHARE * NOISE_ARRIVALS
        self._waited_s = 0.0
        self._drops_s.clear()
        self._seen = self._sent_again = 0

    def _update_slope(self) -> None:
        """From what the floor rose by where nothing was lost."""
        if self._stretch is None:
            return
        level = self._level()
        elapsed_s = self._elapsed_s + level.device_s - self._stretch.device_s
        slope = (self._rise_s + level.residual_s - self._stretch.residual_s) / elapsed_s
        change_s = (self.slope - slope) * (self._latest_device_s - self._origin_s)
        self.slope = slope
        self._tail = deque((each + change_s for each in self._tail), self.arrivals)
        self._lowest_s += change_s

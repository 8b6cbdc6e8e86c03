"""Bends in which the ends of a trunk stood as they hardly can: one may be a strange posture, several a loose sensor."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from dowel.analysis.contact.verdict import INVALID_POINTS, Fault, came_off_from
from dowel.analysis.orientation.falls import CameOff
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.range_of_motion import in_segment, odd_deg
from dowel.analysis.orientation.rotations import from_cosine_deg
from dowel.analysis.parameters import in_force
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import GRID_HZ

COARSE_POINTS = GRID_HZ // 10
"""Of swings slower than 2 Hz this shows all, and of noise little (sources#odd-bends)."""


@dataclass(frozen=True, slots=True)
class OddBendSettings:
    """Parameters of :class:`OddBends` (sources#odd-bends).

    Parameters
    ----------
    rounding_deg
        An upper back that leans forward by more than the pelvis, but not by so much more, is that of a person who sits.
    upright_deg
        A person stands whose one sensor comes so near to its calibrated upright in a bend,
    nearer_deg
        and it is the one that came nearer by so much; else the one that turned farther.
    bent_deg, swing_deg, way_share
        A sensor that turns by so much and more, and so many times as far to and fro as once there and back, swings; if
        the other goes once there and back, and by the first.
    quick_s, quick_deg, still_deg
        So does one that is there and back within so long, by so much, while the other turns by less than the last.
    latest, within_s
        Of so many latest bends, no longer ago than this,
    doubted
        so many in which the same sensor was odd are enough to judge no further one,
    loose
        and so many to say that it came off.
    """

    rounding_deg: float = 85.0
    upright_deg: float = 15.0
    nearer_deg: float = 10.0
    bent_deg: float = 45.0
    swing_deg: float = 6.0
    way_share: float = 2.0
    quick_s: float = 1.0
    quick_deg: float = 40.0
    still_deg: float = 15.0
    latest: int = 12
    within_s: float = 60.0
    doubted: int = 2
    loose: int = 3


class OddBends:
    """Remembers in which of the latest bends a sensor stood oddly against the other, which showed a person who stands.

    A sensor that dangles swings through what a trunk can do and out of it, never out for long. Who lies, sits up or
    rolls over takes both sensors along.
    """

    def __init__(self, posture: Posture, history: History) -> None:
        self.settings = in_force(OddBendSettings)
        self._posture = posture
        self._history = history
        self._latest: deque[tuple[int, int | None]] = deque(maxlen=self.settings.latest)

    def doubted(self, now: int) -> bool:
        """Whether a bend that opens at ``now`` is not to be judged."""
        self._forget(now)
        return any(self._count(sensor) >= self.settings.doubted for sensor in self._posture.trunk)

    def bend(self, start: int, end: int, now: int) -> CameOff | None:
        """The next bend, over at ``now``; the sensor that is loose, if that is clear with it."""
        posture, settings = self._posture, self.settings
        self._forget(now)
        if len(posture.trunk) < 2 or posture.calibration is None or posture.came_off[posture.trunk].any():
            return None
        sensor = self._swinging(start, end)
        if sensor is None:
            sensor = self._odd_one(start, end)
        self._latest.append((start, sensor))
        if sensor is None or self._count(sensor) < settings.loose:
            return None
        first = next(start for start, odd in self._latest if odd == sensor)
        return CameOff(sensor, now, self._since(first))

    def _forget(self, now: int) -> None:
        """Leave out the bends that are too long ago."""
        while self._latest and now - self._latest[0][0] > self.settings.within_s * GRID_HZ:
            self._latest.popleft()

    def _count(self, sensor: int) -> int:
        return sum(odd == sensor for _, odd in self._latest)

    def _odd_one(self, start: int, end: int) -> int | None:
        """The trunk sensor that is not of a person who stands, if the two were odd for longer than verdicts bear."""
        trunk, settings = self._posture.trunk, self.settings
        upper_back_deg, sacrum_deg = self._history.lean_deg(start, end)[trunk]
        rounded_deg = upper_back_deg - sacrum_deg
        rare = self._history.faults(start, end) & (Fault.COME_OFF | Fault.BENT_SIDEWAYS) == Fault.COME_OFF
        if np.count_nonzero(rare & ~((rounded_deg > 0.0) & (rounded_deg < settings.rounding_deg))) <= INVALID_POINTS:
            return None
        ups = np.stack([in_segment(self._posture.frames[each], self._history.up(start, end)[each]) for each in trunk])
        tilts_deg = from_cosine_deg(ups[:, :, 2])
        nearest_deg = np.fmin.reduce(tilts_deg, axis=1)
        clear = abs(nearest_deg[1] - nearest_deg[0]) > settings.nearer_deg
        worn = int(np.argmin(nearest_deg) if clear else np.argmax(np.ptp(tilts_deg, axis=1)))
        stands = nearest_deg[worn] < settings.upright_deg and odd_deg(ups[worn]) <= 0.0
        return trunk[1 - worn] if stands else None

    def _swinging(self, start: int, end: int) -> int | None:
        """The trunk sensor that swings to and fro while the other one bends, or stands."""
        trunk, settings = self._posture.trunk, self.settings
        coarse_deg = self._history.lean_deg(start, end)[trunk, ::COARSE_POINTS]
        range_deg = np.ptp(coarse_deg, axis=1)
        ways = np.abs(np.diff(coarse_deg, axis=1)).sum(axis=1) / (2.0 * np.maximum(range_deg, settings.swing_deg))
        for loose, other in ((0, 1), (1, 0)):
            bends = range_deg[other] > settings.bent_deg and ways[other] < 0.5 * (1.0 + settings.way_share)
            stands = range_deg[other] < settings.still_deg and end - start < settings.quick_s * GRID_HZ
            if (bends and ways[loose] > settings.way_share) or (stands and range_deg[loose] > settings.quick_deg):
                return trunk[loose]
        return None

    def _since(self, start: int) -> int:
        """From where on nothing is believed, if the bend that began here is the first odd one."""
        first = self._history.first
        upper_back_deg, sacrum_deg = self._history.lean_deg(first, start)[self._posture.trunk]
        return first + came_off_from(upper_back_deg - sacrum_deg, start - first)

"""A sensor that falls: for a moment it weighs nothing, while the other ones of the trunk are borne."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.contact.verdict import FALL_POINTS
from dowel.analysis.events import SensorCameOff
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.parameters import in_force
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray


@dataclass(frozen=True, slots=True)
class CameOff:
    """A sensor came off: known at ``point``, not to be believed from ``since`` on."""

    sensor: int
    point: int
    since: int

    def told(self, placement: str) -> SensorCameOff:
        """What is said of it."""
        return SensorCameOff(self.point / GRID_HZ, str(placement), self.since / GRID_HZ)


@dataclass(frozen=True, slots=True)
class FallSettings:
    """Parameters of :class:`FallWatch` (sources#free-fall).

    Parameters
    ----------
    weightless_m_s2
        A sensor that measures less than this is borne by nothing,
    borne_m_s2
        one that measures more is borne.
    least_s, most_s
        So long does a fall from a trunk to the floor last.
    """

    weightless_m_s2: float = 3.0
    borne_m_s2: float = 5.0
    least_s: float = 0.2
    most_s: float = 0.8


class FallWatch:
    """Finds falls in the forces that sensors measure, at the moment in which they land; the same in any chunks.

    Whoever jumps is weightless as a whole, so one sensor alone must be. A chip whose axis along gravity died measures
    as little, but does not land.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        settings = in_force(FallSettings)
        self._weightless = settings.weightless_m_s2**2
        self._borne = settings.borne_m_s2**2
        self._least, self._most = round(settings.least_s * GRID_HZ), round(settings.most_s * GRID_HZ)

    def look(self, sensors: list[int], first: int, end: int) -> CameOff | None:
        """The first of these sensors to land between two points."""
        if len(sensors) < 2:
            return None
        start = max(first - 1, self._history.first)
        light = self._squares(sensors, start, end) < self._weightless
        if not light.any():
            return None
        rows, places = np.nonzero(light[:, :-1] & ~light[:, 1:])
        landed = [(start + 1 + place, row) for row, place in zip(rows.tolist(), places.tolist(), strict=True)]
        for point, row in sorted(landed):
            length = self._fallen(sensors, row, point)
            if length:
                return CameOff(sensors[row], point, point - length - FALL_POINTS)
        return None

    def _squares(self, sensors: list[int], start: int, stop: int) -> FloatArray:
        """The squares of the forces (sensors, n) in m2/s4; NaN where a sensor has none that can be trusted."""
        force = self._history.values(start, stop)[sensors, :, COLUMNS - 3 :]
        squares: FloatArray = (force * force).sum(axis=2)
        status = self._history.status(start, stop)[sensors]
        if status.any():
            squares[status != 0] = np.nan
        return squares

    def _fallen(self, sensors: list[int], row: int, point: int) -> int:
        """For how many points before this one a sensor fell, if it landed now and another was borne; else 0."""
        squares = self._squares(sensors, max(point - self._most - 1, self._history.first), point + 1)
        if not squares[row, -1] >= self._weightless:
            return 0
        before = squares[:, -2::-1]
        length = int(np.argmin(np.append(before[row] < self._weightless, False)))
        borne = (np.delete(before, row, axis=0)[:, :length] > self._borne).all(axis=1).any()
        return length if borne and self._least <= length <= self._most else 0

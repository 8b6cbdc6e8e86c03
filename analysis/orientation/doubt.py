"""Sensors that stand differently, as long as nothing tells whether they slid or the person stands otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.orientation.slip import Turned
from dowel.recordings.types import FloatArray

RISES = 3
"""So many bends before the doubt tell how much the back usually rounds from stand to bottom, if they are alike
(sources#re-zeroing)."""
ALIKE_DEG = 2.0
"""That near to each other, and to what is expected (sources#re-zeroing)."""
BENDS = 2
"""So many bends running settle it (sources#re-zeroing)."""
BACK_DEG = 2.5  # a sensor that stands as near to before as this has not slid (sources#re-zeroing)


@dataclass(slots=True)
class _Doubt:
    """The up vector (3,) before, by how much the back seems rounder since, and the rise to expect of a person whose
    bottom is as before; NaN: not known."""

    before: FloatArray
    rounder_deg: float
    rise_deg: float
    agreed: int = 0


class Doubts:
    """Sensors in doubt, and what settles it in favour of the person.

    One that slid stays where it is, and shows the same offset throughout each bend. A person may stand as before again,
    or, standing differently, come to the same bottom as before: then the back rounds less on the way by just as much.
    """

    def __init__(self) -> None:
        self._doubts: dict[int, _Doubt] = {}
        self._rises_deg: list[float] = []

    def __bool__(self) -> bool:
        return bool(self._doubts)

    @property
    def seemed_deg(self) -> tuple[float, float]:
        """By how much the back seems less round (negative) and rounder than it is, if the sensors in doubt slid."""
        each_deg = [doubt.rounder_deg for doubt in self._doubts.values()]
        return sum(min(deg, 0.0) for deg in each_deg), sum(max(deg, 0.0) for deg in each_deg)

    def doubt(self, sensor: int, turned: Turned, rounder_deg: float) -> None:
        """A sensor stands differently, by which the back seems rounder by so much."""
        since = len(self._rises_deg) - (turned.stands - 1)
        usual, later = self._rises_deg[max(since - RISES, 0) : since], self._rises_deg[since:]
        known = len(usual) == RISES and max(usual) - min(usual) <= ALIKE_DEG
        rise_deg = float(np.median(usual)) - rounder_deg if known else np.nan
        earlier = self._doubts.get(sensor)
        if earlier is not None:
            earlier.rounder_deg += rounder_deg
            return
        doubt = self._doubts[sensor] = _Doubt(turned.before, rounder_deg, rise_deg)
        for each_deg in later:
            self._compare(doubt, each_deg)

    def stands_as_before(self, sensor: int, up: FloatArray) -> bool:
        """Whether a doubted sensor is back, so that there is no doubt any more: what slid does not slide back."""
        doubt = self._doubts.get(sensor)
        if doubt is None or float(np.linalg.norm(doubt.before - up)) >= np.deg2rad(BACK_DEG):
            return False
        del self._doubts[sensor]
        return True

    def bend(self, rise_deg: float) -> list[int]:
        """The back rounded by so much from stand to bottom: the sensors that are in no doubt any more."""
        if np.isnan(rise_deg):
            return []
        self._rises_deg = [*self._rises_deg[-2 * RISES :], rise_deg]
        settled = []
        for sensor, doubt in list(self._doubts.items()):
            self._compare(doubt, rise_deg)
            if doubt.agreed >= BENDS:
                del self._doubts[sensor]
                settled.append(sensor)
        return settled

    @staticmethod
    def _compare(doubt: _Doubt, rise_deg: float) -> None:
        doubt.agreed = doubt.agreed + 1 if abs(rise_deg - doubt.rise_deg) <= ALIKE_DEG else 0

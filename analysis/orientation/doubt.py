"""Sensors that stand differently, as long as nothing tells whether they slid or the person stands otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dowel.analysis.median import median
from dowel.analysis.orientation.slip import Turned
from dowel.recordings.types import FloatArray

RISES = 3
"""So many bends before the doubt tell how much the back usually rounds from stand to bottom, if they are alike
(sources#re-zeroing)."""
ALIKE_DEG = 2.0
"""That near to each other, and to what is expected (sources#re-zeroing)."""
BENDS = 2
"""So many bends running settle it (sources#re-zeroing)."""
AGAIN_DEG = 2.0  # so well do people stand again as before (sources#schmidt-2018)
BACK_DEG = 2.5  # a sensor that stands as near to before as this has not slid (sources#re-zeroing)


def seeming_deg(rounder_deg: Sequence[float]) -> tuple[float, float]:
    """By how much a back may seem less round (negative) and rounder, if sensors slid by so much as far as stands tell.

    Stands do not tell it exactly, so each way that it may have gone is taken for somewhat farther.
    """
    less, more = sum(min(deg, 0.0) for deg in rounder_deg), sum(max(deg, 0.0) for deg in rounder_deg)
    return less - AGAIN_DEG * (less < 0.0), more + AGAIN_DEG * (more > 0.0)


@dataclass(frozen=True, slots=True)
class Bottom:
    """What a bend shows from stand to bottom: by how much the back rounds on the way, and how far it is from neutral at
    the bottom. NaN: not known, or not told by a rod."""

    rise_deg: float
    off_neutral_deg: float


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
    or, standing differently, come to the same bottom as before, or to the neutral one of the rod: then the back rounds
    less on the way by just as much.
    """

    def __init__(self) -> None:
        self._doubts: dict[int, _Doubt] = {}
        self._bottoms: list[Bottom] = []

    def __bool__(self) -> bool:
        return bool(self._doubts)

    @property
    def rounder_deg(self) -> list[float]:
        """By how much each sensor in doubt makes the back seem rounder than it is, if it slid."""
        return [doubt.rounder_deg for doubt in self._doubts.values()]

    def doubt(self, sensor: int, turned: Turned, rounder_deg: float) -> bool:
        """A sensor stands differently, by which the back seems rounder by so much; whether that is in doubt.

        It is not where the bends between the stands have settled it.
        """
        since = len(self._bottoms) - (turned.stands - 1)
        usual_deg = [bottom.rise_deg for bottom in self._bottoms[max(since - RISES, 0) : since]]
        known = len(usual_deg) == RISES and max(usual_deg) - min(usual_deg) <= ALIKE_DEG
        rise_deg = float(median(usual_deg)) - rounder_deg if known else np.nan
        earlier = self._doubts.get(sensor)
        if earlier is not None:
            earlier.rounder_deg += rounder_deg
            return True
        doubt = _Doubt(turned.before, rounder_deg, rise_deg)
        for bottom in self._bottoms[max(since, 0) :]:
            self._compare(doubt, bottom)
        if doubt.agreed < BENDS:
            self._doubts[sensor] = doubt
        return doubt.agreed < BENDS

    def stands_as_before(self, sensor: int, up: FloatArray) -> bool:
        """Whether a doubted sensor is back, so that there is no doubt any more: what slid does not slide back."""
        doubt = self._doubts.get(sensor)
        if doubt is None or float(np.linalg.norm(doubt.before - up)) >= np.deg2rad(BACK_DEG):
            return False
        del self._doubts[sensor]
        return True

    def bend(self, bottom: Bottom) -> list[int]:
        """A bend: the sensors that are in no doubt any more."""
        if np.isnan(bottom.rise_deg):
            return []
        self._bottoms = [*self._bottoms[-2 * RISES :], bottom]
        settled = []
        for sensor, doubt in list(self._doubts.items()):
            self._compare(doubt, bottom)
            if doubt.agreed >= BENDS:
                del self._doubts[sensor]
                settled.append(sensor)
        return settled

    @staticmethod
    def _compare(doubt: _Doubt, bottom: Bottom) -> None:
        near_deg = min(ALIKE_DEG, 0.5 * abs(doubt.rounder_deg))  # nearer to neutral than to what a slip would show
        alike = abs(bottom.rise_deg - doubt.rise_deg) <= ALIKE_DEG or abs(bottom.off_neutral_deg) <= near_deg
        doubt.agreed = doubt.agreed + 1 if alike else 0

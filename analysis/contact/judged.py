"""Whether contact can be judged, and by how much the back is off in all that the data may mean.

The row of a bend, cues and live displays ask this and nothing else, so that the three agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dowel.analysis.contact.lag_readings import lag_readings_deg
from dowel.analysis.contact.verdict import Fault, signals
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History
from dowel.recordings.types import FloatArray, IntArray

SYNC_MS = 60.0
"""Where the clocks of the trunk sensors may be farther apart, nothing is judged (sources#lag-limits)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A run of n grid points, as far as contact can be judged in them.

    Parameters
    ----------
    faults
        Why a point cannot be (n,), as bits in the order of the reasons; 0 where it can.
    readings_deg
        The deviation (n,) as measured and, where the clocks may be apart, in each other reading of them; NaN where
        there is a fault.
    head_deg
        The head's deviation, or the roll of somebody who lies (n,); NaN where there is a fault.
    bent_deg
        Sternum against pelvis of somebody who lies (n,), NaN where there is a fault; None standing.
    """

    faults: IntArray
    readings_deg: tuple[FloatArray, ...]
    head_deg: FloatArray
    bent_deg: FloatArray | None

    @property
    def deviation_deg(self) -> FloatArray:
        """The deviation as measured (n,)."""
        return self.readings_deg[0]

    def unjudged(self, fault: int) -> Judged:
        """The same with a fault at every point."""
        nothing = np.full(len(self.faults), np.nan)
        bent = None if self.bent_deg is None else nothing
        return Judged(self.faults | fault, (nothing,), nothing, bent)

    @property
    def least_deg(self) -> dict[str, FloatArray]:
        """How far it is off at least in each way to lose contact (n,): what is beyond a limit is so in all readings."""
        return {name: np.minimum.reduce(each) for name, each in self._signals.items()}

    @property
    def most_deg(self) -> dict[str, FloatArray]:
        """How far it is off at most (n,): what is within a limit is so in all readings."""
        return {name: np.maximum.reduce(each) for name, each in self._signals.items()}

    @property
    def _signals(self) -> dict[str, list[FloatArray]]:
        each = [signals(reading, self.head_deg, self.bent_deg) for reading in self.readings_deg]
        return {name: [values[name] for values in each] for name in each[0]}


def judged(
    posture: Posture, history: History, start: int, stop: int, sync_ms: float, *, if_worn: bool = False
) -> Judged:
    """The points from one kept grid point to before another, whose clocks may be so far apart.

    ``if_worn``: as they are if no sensor has slipped.
    """
    lean_deg, status = history.lean_deg(start, stop), history.status(start, stop)
    faults, deviation_deg = history.faults(start, stop), history.deviation_deg(start, stop)
    if if_worn:
        deviation_deg = posture.deviation_if_worn_deg(lean_deg, history.values(start, stop), status, faults)
        faults = faults & ~Fault.SLIPPED
    bent_deg = posture.bent_deg(lean_deg, status)
    if bent_deg is not None:
        bent_deg = np.where(faults == 0, bent_deg, np.nan)
    found = Judged(faults, (deviation_deg,), history.head_deg(start, stop), bent_deg)
    if not posture.needs_sync:
        return found
    if sync_ms > SYNC_MS:
        return found.unjudged(Fault.SYNC)
    return replace(found, readings_deg=tuple(lag_readings_deg(posture, history, start, deviation_deg, sync_ms)))

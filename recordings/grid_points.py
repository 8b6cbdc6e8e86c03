"""What the grid hands to the analysis: points on one common clock, for every sensor, with what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import FloatArray

GRID_HZ: Final = 100
"""Rate of the common grid. 50 Hz would do for angles; 100 Hz is for latency (sources#attitude-filter)."""


class Status:
    """What is wrong with a sample or a grid point, as bits; 0 = nothing.

    Plain integers: of a flag of :mod:`enum` NumPy asks first whether it is an array, which takes 100 times as long as
    the operation, and on Python 3.11 a Ctrl-C that arrives meanwhile is lost.
    """

    MISSING: Final = 1
    """No value: the sensor sent nothing for longer than can be filled, or lagged too far behind."""
    BREAK: Final = 2
    """Nothing may be interpolated between the sample before and this one."""
    SETTLING: Final = 4
    """The attitude filter has begun again less than 4 s ago, or the sample's time is in doubt."""
    CLIPPED: Final = 8
    """The sensor was at the end of its range, or the filter settles after a gyroscope that was."""
    FROZEN: Final = 16
    """The sensor repeated itself, as a whole or one of its two chips, or the filter settles after that."""
    DOUBTFUL: Final = 32
    """The gyroscope turns so much farther or less far than gravity that no angle can be judged."""
    DEAD_BEFORE: Final = 64
    """Here an axis was found dead: what the sensor told shortly before is not to be believed either."""


UNUSABLE: Final = np.uint8(Status.MISSING | Status.CLIPPED | Status.FROZEN)
"""Where one of these is set a sensor does not tell how it turned."""


@dataclass(frozen=True, slots=True)
class GridPoints:
    """A run of consecutive grid points: point ``first + i`` lies at session time ``(first + i) / GRID_HZ``.

    ``values`` (sensors, n, columns), NaN where missing; ``status`` (sensors, n) of :class:`Status` bits.
    """

    first: int
    values: FloatArray
    status: NDArray[np.uint8]

    def __len__(self) -> int:
        return int(self.status.shape[1])


def point_at(time_s: float) -> int:
    """The last grid point at or before a time."""
    return int(np.floor(time_s * GRID_HZ + 1e-6))

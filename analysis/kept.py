"""What is kept of grid points that reps and calibration steps no longer look back on."""

from __future__ import annotations

from enum import Enum, auto


class Kept(Enum):
    """Of old points nothing, what charts show, or what tables of signals hold."""

    NOTHING = auto()
    ANGLES = auto()
    """Leans and deviations, for charts: a fifth of all."""
    ATTITUDES = auto()
    """Those and the attitudes, for tables of signals."""

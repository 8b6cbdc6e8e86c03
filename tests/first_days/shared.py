"""The session that all three days share where nobody practises."""

from __future__ import annotations

from pathlib import Path

from dowel.recordings.types import Placement
from dowel.sensors.simulated import SimulatedSensor, calibration_pieces, set_of_hinges, simulate
from dowel.sensors.simulated.person.drill_sets import HINGE_PEAKS_DEG


def recorded(path: Path) -> Path:
    """The demo's movement, simulated in a second, as a session at this path."""
    sensors = [SimulatedSensor(Placement.UPPER_BACK), SimulatedSensor(Placement.SACRUM)]
    pieces = (*calibration_pieces(), *set_of_hinges(len(HINGE_PEAKS_DEG), peaks_deg=HINGE_PEAKS_DEG))
    simulate(pieces, sensors, seed=7).write(path)
    return path

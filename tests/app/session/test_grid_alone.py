"""What an import takes of the engine to look for a stance: the grid alone, which is that of a whole analysis."""

from __future__ import annotations

import numpy as np

from dowel.recordings.types import StreamSlice
from dowel.sensors.simulated import Simulation
from dowel.session.engine import Engine


def test_the_grid_is_that_of_the_whole_engine(simulated: Simulation) -> None:
    sensors, stream = simulated.session_sensors(), StreamSlice(simulated.stream().notifications)
    whole = Engine(sensors, 0, keep_all=True)
    whole.feed(stream)
    whole.finish()
    first, values, status = whole.grid_values()
    alone = Engine(sensors, 0, keep_all=True).grid_of([stream])
    assert alone[0] == first
    np.testing.assert_array_equal(alone[1], values)
    np.testing.assert_array_equal(alone[2], status)

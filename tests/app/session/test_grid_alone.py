"""What an import takes of the engine to look for a stance: the grid alone, which is that of a whole analysis."""

from __future__ import annotations

import numpy as np

from dowel.recordings.types import StreamSlice
from dowel.sensors.simulated import Simulation
from dowel.session.engine import Engine


def test_the_grid_is_that_of_the_whole_engine(simulated: Simulation) -> None:
    sensors, stream = simulated.session_sensors(), StreamSlice(simulated.stream().notifications)
    whole = Engine(sensors, 0)
    whole.feed(stream)
    whole.finish()
    history = whole.pipeline.history
    span = history.first, history.next
    alone = [points for points in Engine(sensors, 0).grid_of([stream]) if len(points)]
    assert alone[0].first == span[0]
    np.testing.assert_array_equal(np.concatenate([points.values for points in alone], axis=1), history.values(*span))
    np.testing.assert_array_equal(np.concatenate([points.status for points in alone], axis=1), history.status(*span))

"""What an import takes of the engine to look for a stance: the grid alone, which is that of a whole analysis."""

from __future__ import annotations

import numpy as np

from dowel.recordings.types import Placement, Samples, Sensor, StreamSlice
from dowel.sensors.drivers import already_decoded
from dowel.sensors.simulated import Simulation
from dowel.sensors.stream.replay import TimeLine, as_notifications, in_slices
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


def test_it_ends_where_the_analysis_does() -> None:
    """Two runs with three hours between them, longer than pauses may be."""
    time_s = np.concatenate([np.arange(300) / 100.0, 3.0 * 3600.0 + np.arange(300) / 100.0])
    still = Samples(time_s, np.tile([0.0, 0.0, 9.81], (600, 1)), np.zeros((600, 3)))
    sensors = [
        Sensor(place, already_decoded.NAME, measured_rate_hz=100.0, settings={"time_base": "session"})
        for place in (Placement.UPPER_BACK, Placement.SACRUM)
    ]
    columns = [as_notifications(still, TimeLine(0.0), 0)] * 2
    whole = Engine(sensors, 0)
    for part in in_slices(columns, (), 0):
        whole.feed(part)
    whole.finish()
    alone = [points for points in Engine(sensors, 0).grid_of(in_slices(columns, (), 0)) if len(points)]
    assert alone[-1].first + len(alone[-1]) == whole.pipeline.history.next < 400

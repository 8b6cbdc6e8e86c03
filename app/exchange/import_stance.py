"""Imports without calibration steps: run the engine once without, and look for a stand and the first bends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dowel.analysis.calibration import stance_search as search
from dowel.analysis.calibration.calibration import Calibration
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, Notifications, Sensor
from dowel.sensors.drivers import decoder_for
from dowel.sensors.stream.replay import in_order
from dowel.session.engine import Engine

BIAS_S = 2.0
"""A shorter stand gives no bias: sway would pass for it (sources#stance-search)."""


@dataclass(frozen=True)
class OwnStance:
    """The calibration found, or None, and a sentence that says what was found or why not."""

    calibration: Calibration | None
    sentence: str


def own_stance(sensors: Sequence[Sensor], columns: Sequence[Notifications]) -> OwnStance:
    """Find a stance calibration in decoded sensors whose times are session time."""
    engine = Engine(sensors, 0, keep_all=True)
    engine.feed(in_order(list(columns), (), 0))
    engine.finish()
    first, values = engine.grid_values()
    placements = [str(sensor.placement) for sensor in sensors]
    found = search.OwnStance().find(placements, values)
    if isinstance(found, search.NotFound):
        return OwnStance(None, f"No calibration: {found.reason}.")
    start_s, end_s = ((first + point) / GRID_HZ for point in found.quiet)
    calibration = found.calibration
    bias = ""
    if end_s - start_s >= BIAS_S:
        rates = {
            place: _mean_rate(sensor, column, start_s, end_s)
            for place, sensor, column in zip(placements, sensors, columns, strict=True)
        }
        calibration = replace(calibration, bias_rad_s=rates)
        bias = ", which also gave the gyroscopes' bias"
    return OwnStance(
        calibration,
        f"Stance calibration from the recording itself: upright from {start_s:.1f} to {end_s:.1f} s{bias}, forward "
        f"from the first {found.bends} bend{'s' if found.bends > 1 else ''}. Limits are wider than with a rod.",
    )


def _mean_rate(sensor: Sensor, column: Notifications, start_s: float, end_s: float) -> FloatArray:
    decoded = decoder_for(sensor).decode(column)
    inside = (decoded.device_time_s >= start_s) & (decoded.device_time_s <= end_s)
    mean: FloatArray = np.mean(decoded.values[inside, 3:], axis=0)
    return mean

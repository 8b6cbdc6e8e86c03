"""Imports without calibration steps: bring the sensors onto the grid, and look for upright and forward in all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dowel.analysis.calibration import stance_search as search
from dowel.analysis.calibration.calibration import Calibration, Refused
from dowel.analysis.calibration.still_step import standing_bias
from dowel.recordings.grid_points import GRID_HZ, GridPoints, Status
from dowel.recordings.types import TRUNK, FloatArray, IntArray, Notifications, Sensor
from dowel.sensors.drivers import decoder_for
from dowel.sensors.stream.replay import in_slices
from dowel.session.engine import Engine


@dataclass(frozen=True)
class OwnStance:
    """The calibration found, or None, and a sentence that says what was found or why not."""

    calibration: Calibration | None
    sentence: str


def own_stance(sensors: Sequence[Sensor], columns: Sequence[Notifications]) -> OwnStance:
    """Find a stance calibration in decoded sensors whose times are session time."""
    placements = [str(sensor.placement) for sensor in sensors]
    first, up, vertical_m_s2 = _seen(Engine(sensors, 0).grid_of(in_slices(columns, (), 0)), placements)
    found = search.OwnStance().find(placements, up, vertical_m_s2)
    if isinstance(found, search.NotFound):
        return OwnStance(None, f"No calibration: {found.reason}.")
    calibration, stands = found.calibration, _joined(found.upright)
    start_s, end_s = ((first + point) / GRID_HZ for point in max(stands, key=lambda stand: stand[1] - stand[0]))
    biases = {
        place: _bias(sensor, column, start_s, end_s)
        for place, sensor, column in zip(placements, sensors, columns, strict=True)
    }
    rates = {place: bias for place, bias in biases.items() if not isinstance(bias, Refused)}
    calibration = replace(calibration, bias_rad_s=rates)
    bias = ", which also gave the gyroscopes' bias" if len(rates) == len(biases) else ""
    trunk = [place for place in placements if place in TRUNK]
    return OwnStance(
        calibration,
        f"Stance calibration from the recording itself: upright from {_times(len(stands), 'stand')} (the longest from "
        f"{start_s:.1f} to {end_s:.1f} s{bias}), the zero known to {calibration.zero_sd_deg:.1f} deg; forward from "
        f"{_times(found.bends, 'bend')}, known to {calibration.axis_sd_deg(trunk):.0f} deg. Limits are wider than with "
        "a rod.",
    )


def _seen(grid: Iterable[GridPoints], placements: list[str]) -> tuple[int, FloatArray, FloatArray]:
    """The first grid point, and what is looked at from there on; nothing else of the grid is kept."""
    first = None
    ups, verticals = [np.empty((len(placements), 0, 3))], [np.empty(0)]
    for points in grid:
        if len(points):
            first = points.first if first is None else first
            up, vertical_m_s2 = search.seen(placements, points.values, points.status)
            ups.append(up)
            verticals.append(vertical_m_s2)
    return first or 0, np.concatenate(ups, axis=1), np.concatenate(verticals)


def _joined(pauses: IntArray) -> list[tuple[int, int]]:
    """Pauses (k, 2) that follow each other at once as one stand."""
    stands: list[tuple[int, int]] = []
    for start, stop in pauses.tolist():
        if stands and start == stands[-1][1]:
            start = stands.pop()[0]
        stands.append((start, stop))
    return stands


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"


def _bias(sensor: Sensor, column: Notifications, start_s: float, end_s: float) -> FloatArray | Refused:
    """The bias (3,) of a gyroscope from a stand."""
    decoded = decoder_for(sensor).decode(column)
    time_s, values = decoded.device_time_s, decoded.values
    inside = (time_s >= start_s) & (time_s <= end_s)
    status = np.where(decoded.clipped, Status.CLIPPED, 0).astype(np.uint8)
    return standing_bias(time_s[inside], values[inside, :3], values[inside, 3:], status[inside])

"""Imports without calibration steps: bring the sensors onto the grid, and look for upright and forward in all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dowel.analysis.calibration import stance_search as search
from dowel.analysis.calibration.calibration import Calibration, Refused
from dowel.analysis.calibration.still_step import standing_bias
from dowel.exchange.spool import ImportedStream
from dowel.recordings.grid_points import GRID_HZ, GridPoints, Status
from dowel.recordings.types import TRUNK, FloatArray, IntArray, Notifications, Sensor
from dowel.sensors.drivers import decoder_for
from dowel.session.engine import Engine


@dataclass(frozen=True)
class OwnStance:
    """The calibration found, or None, and a sentence that says what was found or why not."""

    calibration: Calibration | None
    sentence: str


def own_stance(sensors: Sequence[Sensor], stream: ImportedStream) -> OwnStance:
    """Find a stance calibration in what decoded sensors sent, whose times are session time."""
    placements = [str(sensor.placement) for sensor in sensors]
    first, up, vertical_m_s2 = _seen(Engine(sensors, 0).grid_of(stream.slices()), placements, stream.duration_s)
    found = search.OwnStance().find(placements, up, vertical_m_s2)
    if isinstance(found, search.NotFound):
        return OwnStance(None, f"No calibration: {found.reason}.")
    calibration, stands = found.calibration, _joined(found.upright)
    start_s, end_s = ((first + point) / GRID_HZ for point in max(stands, key=lambda stand: stand[1] - stand[0]))
    biases = {
        place: _bias(sensor, stream.between(index, start_s, end_s))
        for index, (place, sensor) in enumerate(zip(placements, sensors, strict=True))
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


def _seen(grid: Iterable[GridPoints], placements: list[str], duration_s: float) -> tuple[int, FloatArray, FloatArray]:
    """The first grid point, and what is looked at from there on; nothing else of the grid is kept."""
    first, count = 0, 0
    most = int(duration_s * GRID_HZ) + 2
    up, vertical_m_s2 = np.empty((len(placements), most, 3)), np.empty(most)
    for points in grid:
        if len(points):
            first = first if count else points.first
            part = slice(count, count := count + len(points))
            up[:, part], vertical_m_s2[part] = search.seen(placements, points.values, points.status)
    return first, up[:, :count], vertical_m_s2[:count]


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


def _bias(sensor: Sensor, sent: Notifications) -> FloatArray | Refused:
    """The bias (3,) of a gyroscope from what it sent in a stand."""
    decoded = decoder_for(sensor).decode(sent)
    status = np.where(decoded.clipped, Status.CLIPPED, 0).astype(np.uint8)
    return standing_bias(decoded.device_time_s, decoded.values[:, :3], decoded.values[:, 3:], status)

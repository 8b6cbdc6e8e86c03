"""Imports without calibration steps: bring the sensors onto the grid, and look for upright and forward in all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dowel.analysis.calibration import stance_search as search
from dowel.analysis.calibration.calibration import Calibration, Refused
from dowel.analysis.calibration.quiet_postures import laid_down
from dowel.analysis.calibration.still_step import standing_bias
from dowel.exchange.spool import ImportedStream
from dowel.recordings.grid_points import GRID_HZ, GridPoints, Status
from dowel.recordings.types import TRUNK, FloatArray, IntArray, Mark, MarkKind, Notifications, Sensor
from dowel.sensors.drivers import decoder_for
from dowel.session.engine import Engine

MOST_ROUNDS = 4  # sources#stance-search
SETTLED_DEG_S = 0.5
"""So much of a bias the attitude filter takes up in seconds (sources#stance-search)."""
FOLLOWED_DEG_S = 1.5
"""A smaller bias is followed by the filter, which clips at 2 deg/s (sources#stance-search)."""
QUIET_S = 3.0  # sources#stance-search
UNSETTLED = (
    "No calibration: where the person stood and what the gyroscopes show there do not fit each other; stand still for "
    "five seconds at the start."
)


@dataclass(frozen=True)
class OwnStance:
    """The calibration found, or None, a sentence that says what was found or why not, and from when on it holds."""

    calibration: Calibration | None
    sentence: str
    from_s: float = 0.0

    def mark(self) -> Mark:
        """The calibration in the stream, from the first moment that shows the sensors worn: who straps them on turns
        them in ways that no trunk turns, and a sensor that came off is not believed until it is calibrated again."""
        assert self.calibration is not None
        return Mark(0, MarkKind.CALIBRATION, self.from_s, self.from_s, self.calibration.to_json(), added=True)


def own_stance(sensors: Sequence[Sensor], stream: ImportedStream) -> OwnStance:
    """Find a stance calibration in what decoded sensors sent, whose times are session time.

    The attitude filter finds a small bias by itself. A larger one turns the postures among which upright is looked for,
    and only a stand tells it: so they are looked for again with the bias that they gave, until it stays.
    """
    biases = biases_at_rest(sensors, stream)
    for _ in range(MOST_ROUNDS):
        first, found = _looked(sensors, stream, biases)
        if isinstance(found, search.NotFound):
            return OwnStance(None, f"No calibration: {found.reason}.")
        stands = [((first + start) / GRID_HZ, (first + stop) / GRID_HZ) for start, stop in _joined(found.upright)]
        told = biases_in(sensors, stream, [_longest(stands)] * len(sensors))
        if all(_near(bias, biases.get(place)) for place, bias in told.items()):
            calibration = replace(found.calibration, bias_rad_s=biases | told)
            words = _words(calibration, stands, found.bends, len(told) == len(sensors))
            return OwnStance(calibration, words, (first + found.worn_from) / GRID_HZ)
        biases |= told
    return OwnStance(None, UNSETTLED)


def _looked(
    sensors: Sequence[Sensor], stream: ImportedStream, biases: Mapping[str, FloatArray]
) -> tuple[int, search.Found | search.NotFound]:
    """The first grid point, and what is found with these biases; what was looked at is large, and not kept."""
    placements = [str(sensor.placement) for sensor in sensors]
    grid = Engine(sensors, 0).grid_of(stream.slices(), biases)
    first, up, vertical_m_s2 = _seen(grid, placements, stream.duration_s)
    up[:, laid_down(up)] = np.nan  # nobody stood then
    return first, search.OwnStance().find(placements, up, vertical_m_s2)


def _words(calibration: Calibration, stands: Sequence[tuple[float, float]], bends: int, told_bias: bool) -> str:
    start_s, end_s = _longest(stands)
    bias = ", which also gave the gyroscopes' bias" if told_bias else ""
    trunk = [place for place in calibration.frames if place in TRUNK]
    return (
        f"Stance calibration from the recording itself: upright from {_times(len(stands), 'stand')} (the longest from "
        f"{start_s:.1f} to {end_s:.1f} s{bias}), the zero known to {calibration.zero_sd_deg:.1f} deg; forward from "
        f"{_times(bends, 'bend')}, known to {calibration.axis_sd_deg(trunk):.0f} deg. Limits are wider than with a rod."
    )


def _longest(stands: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return max(stands, key=lambda stand: stand[1] - stand[0])


def _seen(grid: Iterable[GridPoints], placements: list[str], duration_s: float) -> tuple[int, FloatArray, FloatArray]:
    """The first grid point, and what is looked at from there on; nothing else of the grid is kept."""
    first, count = 0, 0
    most = int(duration_s * GRID_HZ) + 2
    trunk = sum(place in TRUNK for place in placements)
    up, vertical_m_s2 = np.empty((len(placements), most, 3)), np.empty((trunk, most))
    for points in grid:
        if len(points):
            first = first if count else points.first
            part = slice(count, count := count + len(points))
            up[:, part], vertical_m_s2[:, part] = search.seen(placements, points.values, points.status)
    return first, up[:, :count], vertical_m_s2[:, :count]


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


def biases_at_rest(sensors: Sequence[Sensor], stream: ImportedStream) -> dict[str, FloatArray]:
    """The biases, beyond what the filter finds by itself, that the quietest moment of each sensor tells.

    Where a person never stands for long while strapped on, a sensor may still have lain on a table.
    """
    told = biases_in(sensors, stream, [stream.quietest_s(index, QUIET_S) for index in range(len(sensors))])
    return {place: bias for place, bias in told.items() if np.linalg.norm(bias) > np.deg2rad(FOLLOWED_DEG_S)}


def biases_in(
    sensors: Sequence[Sensor], stream: ImportedStream, spans_s: Sequence[tuple[float, float]]
) -> dict[str, FloatArray]:
    """The biases (3,) of the gyroscopes that a span of each tells, if the person stood."""
    told = {}
    for index, (sensor, span_s) in enumerate(zip(sensors, spans_s, strict=True)):
        bias = _bias(sensor, stream.between(index, *span_s))
        if not isinstance(bias, Refused):
            told[str(sensor.placement)] = bias
    return told


def _near(bias: FloatArray, used: FloatArray | None) -> bool:
    """Whether a bias is so near to the one that was used (None: the filter's own) that nothing changes by it."""
    apart = np.linalg.norm(bias if used is None else bias - used)
    return bool(apart < np.deg2rad(SETTLED_DEG_S))


def _bias(sensor: Sensor, sent: Notifications) -> FloatArray | Refused:
    """The bias (3,) of a gyroscope from what it sent in a stand."""
    decoded = decoder_for(sensor).decode(sent)
    status = np.where(decoded.clipped, Status.CLIPPED, 0).astype(np.uint8)
    return standing_bias(decoded.device_time_s, decoded.values[:, :3], decoded.values[:, 3:], status)

"""The signals of a whole session at 100 Hz, as columns."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.contact.verdict import REASONS
from dowel.analysis.events import Calibrated, SensorCameOff, SensorSlipped
from dowel.analysis.orientation.relative_rotation import first_heading, relative_rotation, side_bend_and_twist_deg
from dowel.analysis.pipeline import Pipeline
from dowel.analysis.rows import Rep
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, Placement
from dowel.session.results import SessionResults, points_of
from dowel.session.tables import SIGNAL_COLUMNS

ANY_FAULT = int(sum(REASONS))


class Stretch(NamedTuple):
    """Points of one mounting in which the twist counts from the first.

    Parameters
    ----------
    start, stop
        From one grid point to before another.
    trunk
        The sensors of sacrum and upper back.
    turns
        Their segment frames, and the turn of heading between them.
    """

    start: int
    stop: int
    trunk: tuple[int, int]
    turns: tuple[FloatArray, FloatArray, FloatArray]


def signal_columns(results: SessionResults) -> dict[str, NDArray[Any]]:
    """The columns of ``SIGNAL_COLUMNS``, each (n,), NaN (``kind``: empty) where there is nothing.

    Optional columns are there only with their sensor. Needs results of ``analyse(path)``, which keeps every point; no
    columns where nothing was analysed. Side bend and twist use the mounting in force at the time.
    """
    return next(signal_blocks(results, sys.maxsize))


def signal_blocks(results: SessionResults, points: int) -> Iterator[dict[str, NDArray[Any]]]:
    """The same in runs of so many points, for who writes them as they come; there is one, also where it is empty."""
    if results._engine is None:
        yield {}
        return
    pipeline = results._engine.pipeline
    first, end = pipeline.history.angles_from, pipeline.history.next
    stretches = list(_stretches(results, pipeline, first, end))
    for start in range(first, max(end, first + 1), points):
        stop = min(start + points, end)
        side, twist = _side_and_twist(pipeline, stretches, start, stop)
        yield _columns_between(results, pipeline, start, stop, {"side_bend_deg": side, "twist_deg": twist})


def _columns_between(
    results: SessionResults, pipeline: Pipeline, first: int, stop: int, turned: Mapping[str, FloatArray]
) -> dict[str, NDArray[Any]]:
    """The columns from one grid point to before another."""
    history, posture = pipeline.history, pipeline.posture
    lean = history.lean_deg(first, stop)

    def lean_of(*placements: Placement) -> FloatArray | None:
        found = [index for index, placement in enumerate(posture.placements) if placement in placements]
        return lean[found[0]].copy() if found else None

    missing = np.full(stop - first, np.nan)
    columns: dict[str, NDArray[Any] | None] = {
        "time_s": np.arange(first, stop) / GRID_HZ,
        "upper_back_lean_deg": _or(lean_of(Placement.UPPER_BACK), missing),
        "sacrum_lean_deg": _or(lean_of(Placement.SACRUM), missing),
        "spine_deviation_deg": history.deviation_deg(first, stop).copy(),
        **turned,
        "head_deviation_deg": history.head_deg(first, stop).copy() if posture.head is not None else None,
        "thigh_lean_deg": lean_of(Placement.THIGH_LEFT, Placement.THIGH_RIGHT),
        "shank_lean_deg": lean_of(Placement.SHANK),
        "rod_lean_deg": lean_of(Placement.ROD),
        **_row_columns(results, pipeline, first, stop),
    }
    named = ((column.name, columns[column.name]) for column in SIGNAL_COLUMNS)
    return {name: values for name, values in named if values is not None}


def attitudes(results: SessionResults, start: int, stop: int) -> dict[Placement, FloatArray]:
    """Each sensor's attitude (n, 4) from one grid point to before another, NaN where nothing is known.

    Quaternions w, x, y, z of any length, from sensor to earth axes; the heading is the sensor's own. Nothing where
    nothing was analysed.
    """
    if results._engine is None:
        return {}
    known = results._engine.pipeline.history.attitudes(start, stop)
    return {sensor.placement: known[index] for index, sensor in enumerate(results.sensors)}


def _or(values: FloatArray | None, otherwise: FloatArray) -> FloatArray:
    return otherwise if values is None else values


def _row_columns(results: SessionResults, pipeline: Pipeline, first: int, stop: int) -> dict[str, NDArray[Any]]:
    """What the rows say of each point: number, kind, contact lost, and whether the deviation can be judged."""
    number = np.full(stop - first, np.nan)
    kind = np.full(stop - first, "", dtype=object)
    lost = np.zeros(stop - first, np.int64)
    valid = ((pipeline.history.faults(first, stop) & ANY_FAULT) == 0).astype(np.int64)
    for row in results.rep_rows:
        start, end = points_of(row)
        if start >= stop or end <= first:
            continue
        points = slice(max(start - first, 0), end - first)
        kind[points] = row.kind
        if row.rep is not None:
            number[points] = row.rep
        if "sync" in row.verdict_reason.split("+"):
            valid[points] = 0
        if row.verdict == "lost":
            lost[points] = _lost(results, row)[max(first - start, 0) : stop - start]
    return {"rep": number, "kind": kind, "lost": lost, "valid": valid}


def _lost(results: SessionResults, row: Rep) -> NDArray[np.int64]:
    """1 at the points of a row at which contact was lost."""
    start, stop = points_of(row)
    lost = np.zeros(stop - start, np.int64)
    for _, crossing in results.losses(row):
        lost[crossing.first : crossing.cleared] = 1
    return lost


def _stretches(results: SessionResults, pipeline: Pipeline, first: int, stop: int) -> Iterator[Stretch]:
    """Where side bend and twist are known: from row to row, as the twist is zero at the start of each."""
    starts = [round(row.start_s * GRID_HZ) for row in results.rep_rows]
    for begin, end, lower_frame, upper_frame in _mountings(results, pipeline, first, stop):
        trunk = _trunk(results)
        edges = sorted({begin, end, *(start for start in starts if begin < start < end)})
        for start, until in pairwise(edges):
            attitudes = pipeline.history.attitudes(start, until)
            offset = first_heading(attitudes[trunk[0]], attitudes[trunk[1]], lower_frame, upper_frame)
            if offset is not None:
                yield Stretch(start, until, trunk, (lower_frame, upper_frame, offset))


def _side_and_twist(
    pipeline: Pipeline, stretches: Sequence[Stretch], first: int, stop: int
) -> tuple[FloatArray, FloatArray]:
    """Side bend and twist of the points from one to before another."""
    side, twist = np.full(stop - first, np.nan), np.full(stop - first, np.nan)
    for each in stretches:
        start, until = max(each.start, first), min(each.stop, stop)
        if start < until:
            lower, upper = pipeline.history.attitudes(start, until)[list(each.trunk)]
            points = slice(start - first, until - first)
            side[points], twist[points] = side_bend_and_twist_deg(relative_rotation(lower, upper, *each.turns))
    return side, twist


def _trunk(results: SessionResults) -> tuple[int, int]:
    placements = [sensor.placement for sensor in results.sensors]
    return placements.index(Placement.SACRUM), placements.index(Placement.UPPER_BACK)


def _mountings(
    results: SessionResults, pipeline: Pipeline, first: int, stop: int
) -> Iterator[tuple[int, int, FloatArray, FloatArray]]:
    """Stretches of points with the segment frames of sacrum and upper back in force; none without a calibration."""
    posture = pipeline.posture
    if not {Placement.SACRUM, Placement.UPPER_BACK} <= set(posture.placements):
        return
    known: list[tuple[int, dict[str, FloatArray]]] = []
    frames: dict[str, FloatArray] = {}
    for event in results.events:
        if isinstance(event, Calibrated):
            frames = {str(place): frame for place, frame in event.calibration.frames.items()}
        elif isinstance(event, SensorSlipped):
            frames = {**frames, event.placement: event.frame}
        elif isinstance(event, SensorCameOff):
            frames = {place: frame for place, frame in frames.items() if place != event.placement}
        else:
            continue
        known.append((round(event.time_s * GRID_HZ), frames))
    ends = [*(begin for begin, _ in known), stop][1:]
    for (begin, frames), end in zip(known, ends, strict=True):
        if max(begin, first) < end and {Placement.SACRUM, Placement.UPPER_BACK} <= set(frames):
            yield max(begin, first), end, frames[Placement.SACRUM], frames[Placement.UPPER_BACK]

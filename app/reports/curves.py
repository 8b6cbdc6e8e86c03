"""The curves of a set: its signals over time, and what they were judged by. Its plots draw these and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

from dowel.analysis.contact.limits import Limits
from dowel.analysis.contact.verdict import Direction
from dowel.analysis.rows import Rep
from dowel.analysis.stances.base import Telling
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, Placement
from dowel.reports.groups import RepGroup
from dowel.session.results import SessionResults, points_of

MOST_NAMED: Final = 24
"""With more reps than that only every fifth has its number, and those that lost contact."""
OFF_THE_AXIS: Final = ("trunk_bent", "rolled")
"""Ways to lose the floor that are no deviation of the pelvis: only their time is shaded."""
_ROOM_DEG: Final = 6.0
_MOST_DEG: Final = 90.0
"""The deviation's axis goes no further: beyond that only the direction matters."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A while in which contact was lost, in session time, and in which way."""

    began_s: float
    over_s: float
    direction: Direction


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """What a set looks like over ``time_s`` (n,), session time.

    ``telling`` says how it is told of the stance; ``lean_deg`` has the lean (n,) at each placement that is worn and
    plotted; ``deviation_deg`` and ``head_deviation_deg`` (n,) are NaN where they cannot be judged. ``limits`` are those
    by which each row of the group was judged, in their order.
    """

    group: RepGroup
    telling: Telling
    time_s: FloatArray
    lean_deg: dict[Placement, FloatArray]
    deviation_deg: FloatArray
    head_deviation_deg: FloatArray
    limits: tuple[Limits, ...]
    losses: tuple[Loss, ...]

    @property
    def judged(self) -> bool:
        """Whether anything of the set could be judged."""
        return not np.isnan(self.deviation_deg).all()

    def deviation_of(self, row: Rep) -> FloatArray:
        """The deviation in one of the group's rows, in degrees."""
        return self.deviation_deg[_of_row(self.group, row)]

    def range_deg(self) -> tuple[float, float]:
        """Low and high end of the deviation's axis: the limits and the reps lie inside, with what the head does."""
        low_deg, high_deg = -_ROOM_DEG, _ROOM_DEG
        for row, limits in zip(self.group.rows, self.limits, strict=True):
            inside = np.concatenate([self.deviation_of(row), self.head_deviation_deg[_of_row(self.group, row)]])
            low_deg = min(low_deg, -limits.arching_lost_deg, float(np.fmin.reduce(inside, initial=0.0)))
            highest_deg = limits.lost_deg if np.isfinite(limits.lost_deg) else 0.0
            high_deg = max(high_deg, highest_deg, float(np.fmax.reduce(inside, initial=0.0)))
        return max(low_deg, -_MOST_DEG) - _ROOM_DEG, min(high_deg, _MOST_DEG) + _ROOM_DEG

    def limits_in_turn(self) -> Iterator[tuple[float, float, Limits]]:
        """From when to when which limits held; nothing where nothing was judged."""
        group, by_limits = self.group, groupby(zip(self.limits, self.group.rows, strict=True), lambda each: each[0])
        runs = [(limits, next(rows)[1].start_s) for limits, rows in by_limits]
        if not runs:
            return
        starts_s = [group.start_s, *(start_s for _, start_s in runs[1:])]
        for (limits, _), start_s, end_s in zip(runs, starts_s, [*starts_s[1:], group.end_s], strict=True):
            yield start_s, end_s, limits


def curves_of(results: SessionResults, group: RepGroup) -> Curves:
    """The curves of these rows; their signals must have been kept."""
    span_s = group.start_s, group.end_s
    telling = results.stance.telling
    leans = {placement: results.lean_deg(placement, *span_s) for placement in telling.plotted}
    return Curves(
        group,
        telling,
        np.arange(round(group.start_s * GRID_HZ), round(group.end_s * GRID_HZ)) / GRID_HZ,
        {placement: lean_deg for placement, lean_deg in leans.items() if lean_deg is not None},
        _judged(results.deviation_deg(*span_s), group),
        _judged(results.head_deviation_deg(*span_s), group),
        tuple(results.limits_at(row) for row in group.rows),
        tuple(_losses(results, group)),
    )


def _losses(results: SessionResults, group: RepGroup) -> Iterator[Loss]:
    for row in group.rows:
        for direction, crossing in results.losses(row) if row.verdict == "lost" else ():
            began_s, over_s = (row.start_s + point / GRID_HZ for point in (crossing.first, crossing.cleared))
            yield Loss(began_s, over_s, direction)


def _judged(values_deg: FloatArray, group: RepGroup) -> FloatArray:
    """A signal without the reps whose sensors were not in time with each other."""
    values_deg = values_deg.copy()
    for row in group.rows:
        if "sync" in row.verdict_reason.split("+"):
            values_deg[_of_row(group, row)] = np.nan
    return values_deg


def _of_row(group: RepGroup, row: Rep) -> slice:
    """The points of a row among those of its group."""
    first, (start, stop) = round(group.start_s * GRID_HZ), points_of(row)
    return slice(start - first, stop - first)

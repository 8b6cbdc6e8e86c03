"""The curves of a set: its signals over time, and what they were judged by. Its plot draws these and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dowel.analysis.contact.limits import Limits
from dowel.analysis.contact.verdict import Direction
from dowel.analysis.rows import Rep
from dowel.analysis.stances.base import Telling
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, Placement
from dowel.reports.groups import RepGroup
from dowel.session.results import SessionResults, points_of


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

    def deviation_of(self, row: Rep) -> FloatArray:
        """The deviation in one of the group's rows, in degrees."""
        return self.deviation_deg[_of_row(self.group, row)]


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

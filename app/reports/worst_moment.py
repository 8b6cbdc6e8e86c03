"""The worst moment of a set: when it was, and how the lifter stood then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dowel.analysis.contact.verdict import Direction, directions
from dowel.analysis.repetitions.running_extremes import running_min
from dowel.analysis.rows import Rep
from dowel.drawing.standing import Pose
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import Placement
from dowel.session.results import SessionResults, points_of
from dowel.text.wording import known


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of a row, at which a deviation was at its held peak.

    ``direction`` is the way in which it deviated, ``deviation_deg`` and ``gap_mm`` (at the direction's point of the
    rod) are the row's own peak and gap; ``pose`` is how the lifter stood.
    """

    time_s: float
    row: Rep
    direction: Direction
    deviation_deg: float
    gap_mm: float
    hinge_deg: float
    pose: Pose


def worst_moment(results: SessionResults, rows: Sequence[Rep]) -> Moment | None:
    """The moment at which the deviation came nearest to its limit, or farthest beyond it.

    Among the reps that lost contact if there are any, else among those that were warned, else among all that were
    judged. None where no rep was.
    """
    reps = [row for row in rows if row.kind == "rep"] or list(rows)
    for verdict in ("lost", "warned", "held"):
        judged = [row for row in reps if row.verdict == verdict]
        peaks = [(peak, row) for row in judged if (peak := _largest(results, row)) is not None]
        if peaks:
            (_, direction), row = max(peaks, key=lambda each: each[0][0])
            return _moment(results, row, direction)
    return None


def _largest(results: SessionResults, row: Rep) -> tuple[float, Direction] | None:
    """The row's largest peak as a share of the limit at which contact is lost, and its direction."""
    limits, values = results.limits_at(row), results.signals_of(row)
    hold = limits.hold_points
    shares = [
        (float(np.fmax.reduce(running_min(values[name], hold))) / direction.lost_deg, direction)
        for name, direction in directions(limits).items()
        if len(values[name]) >= hold
    ]
    found = [(share, direction) for share, direction in shares if known(share)]
    return max(found, key=lambda each: each[0]) if found else None


def _moment(results: SessionResults, row: Rep, direction: Direction) -> Moment:
    hold = results.limits_at(row).hold_points
    held = running_min(results.signals_of(row)[direction.reason], hold)
    first, _ = points_of(row)
    time_s = (first + int(np.nanargmax(held)) + hold // 2) / GRID_HZ
    angles = results.angles_at(time_s)

    def lean_of(*places: Placement) -> float | None:
        return next((lean for place, lean in angles.lean_deg.items() if place in places), None)

    peak_deg = float(np.nanmax(held)) * direction.sign
    hinge_deg = lean_of(Placement.SACRUM)
    of_head = direction.point == "head"
    deviation_deg = peak_deg if direction.point in ("sacrum", "upper_back") else angles.deviation_deg
    head_deg = peak_deg if of_head else angles.head_deviation_deg
    gaps_mm = {"sacrum": row.gap_sacrum_mm, "upper_back": row.gap_upper_back_mm, "head": row.gap_head_mm}
    return Moment(
        time_s=time_s,
        row=row,
        direction=direction,
        deviation_deg=peak_deg,
        gap_mm=gaps_mm.get(direction.point, float("nan")),
        hinge_deg=float("nan") if hinge_deg is None else hinge_deg,
        pose=Pose(
            hinge_deg,
            lean_of(Placement.UPPER_BACK),
            deviation_deg,
            head_deg,
            lean_of(Placement.THIGH_LEFT, Placement.THIGH_RIGHT),
            lean_of(Placement.SHANK),
            gap_sacrum_mm=None if of_head else row.gap_sacrum_mm,
            gap_upper_back_mm=None if of_head else row.gap_upper_back_mm,
            gap_head_mm=row.gap_head_mm if of_head else None,
            height_m=results.setting.height_m,
            figure=results.stance.telling.figure,
        ),
    )

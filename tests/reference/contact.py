"""Contact and the verdict of one rep, point by point (design#verdict)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dowel.analysis.contact.limits import CLEAR_SHARE, HOLD_POINTS, Crossing, Limits
from dowel.analysis.contact.verdict import (
    FALL_POINTS,
    INVALID_POINTS,
    NEAR_END_RANGE_PCT,
    REASONS,
    USUAL_DEG,
    Fault,
)


def slow_crossings(values_deg: Sequence[float], limit_deg: float, hold: int = HOLD_POINTS) -> list[Crossing]:
    """Held above the limit (strictly) for ``hold`` points: a crossing, until not at least 0.7 of the limit."""
    found: list[Crossing] = []
    count, point = len(values_deg), 0
    while point < count:
        if not (point + hold <= count and all(value > limit_deg for value in values_deg[point : point + hold])):
            point += 1
            continue
        cleared = point + hold
        while cleared < count and values_deg[cleared] >= CLEAR_SHARE * limit_deg:
            cleared += 1
        found.append(Crossing(point, point + hold - 1, cleared))
        point = cleared
    return found


def slow_held_peak(values_deg: Sequence[float], hold: int = HOLD_POINTS) -> float:
    """The largest value that was reached or passed at ``hold`` points in a row."""
    peak = math.nan
    for first in range(len(values_deg) - hold + 1):
        window = values_deg[first : first + hold]
        if any(value != value for value in window):
            continue
        if peak != peak or min(window) > peak:
            peak = min(window)
    return peak


def slow_verdict(
    deviation_deg: Sequence[float],
    head_deg: Sequence[float],
    faults: Sequence[int],
    limits: Limits,
    *,
    deeper_than_calibrated: bool,
    range_pct: float,
) -> tuple[str, str, str, int, int]:
    """Verdict, reason, contacts lost, the first point of loss (-1: none), and how many points were lost."""
    gone_at = [fault for fault in faults if fault & Fault.COME_OFF]
    crooked = bool(gone_at) and all(fault & Fault.BENT_SIDEWAYS for fault in gone_at)
    off = next((place for place, fault in enumerate(faults) if fault & Fault.COME_OFF), None)
    if off is not None:
        while off > 0 and not abs(deviation_deg[off - 1]) < USUAL_DEG:
            off -= 1
        off = max(off - 1 - FALL_POINTS, 0)
        gone = [math.nan] * (len(faults) - off)
        deviation_deg, head_deg = [*deviation_deg[:off], *gone], [*head_deg[:off], *gone]
        faults = [*faults[:off], *(fault | Fault.COME_OFF for fault in faults[off:])]
    ways = [
        ("rounded", "sacrum", list(deviation_deg), limits.warn_deg, limits.lost_deg),
        ("arched", "upper_back", [-d for d in deviation_deg], limits.arching_warn_deg, limits.arching_lost_deg),
        ("chin_down", "head", list(head_deg), limits.head_warn_deg, limits.head_lost_deg),
        ("chin_up", "head", [-d for d in head_deg], limits.head_warn_deg, limits.head_lost_deg),
    ]
    reasons, contacts, lost_points = [], [], set()
    for reason, contact, values, _, lost_deg in ways:
        for crossing in slow_crossings(values, lost_deg):
            lost_points.update(range(crossing.first, crossing.cleared))
            if reason not in reasons:
                reasons.append(reason)
            if contact not in contacts:
                contacts.append(contact)
    warned = [reason for reason, _, values, warn_deg, _ in ways if slow_crossings(values, warn_deg)]
    bad_points = sum(fault != 0 for fault in faults)
    # Precedence: lost on valid data; else not judged; else warned; else held.
    if reasons:
        verdict = "lost"
    elif bad_points > INVALID_POINTS:
        verdict = "not_judged"
    elif warned:
        verdict, reasons = "warned", warned
    else:
        verdict = "held"
    if range_pct > NEAR_END_RANGE_PCT:
        reasons.append("near_end_range")
    if deeper_than_calibrated:
        reasons.append("deeper_than_calibrated")
    if bad_points > INVALID_POINTS:
        long = [fault for fault in REASONS if sum(bool(each & fault) for each in faults) > INVALID_POINTS]
        if crooked and Fault.BENT_SIDEWAYS in long:
            long = [fault for fault in long if fault != Fault.COME_OFF]
        some = [fault for fault in REASONS if any(each & fault for each in faults)]
        reasons += [REASONS[fault] for fault in (long or some)]
    return verdict, "+".join(reasons), "+".join(contacts), min(lost_points, default=-1), len(lost_points)

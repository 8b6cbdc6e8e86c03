"""From a rep's deviation to its verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from dowel.analysis.contact.limits import (
    GAP_HEAD_MM_PER_DEG,
    GAP_UPPER_BACK_MM_PER_DEG,
    Crossing,
    FloorLimits,
    Limits,
    crossings,
    held_peak,
    sacrum_mm_per_deg,
)
from dowel.analysis.drills.method import RULES
from dowel.analysis.rows import NAN, Rep
from dowel.recordings.grid_points import GRID_HZ, Status
from dowel.recordings.types import FloatArray, IntArray

INVALID_POINTS = 10
"""More than 100 ms that cannot be judged, and a rep without a loss is not judged (design#verdict;
sources#unjudged-share)."""
USUAL_DEG = 6.0
"""So far apart two sensors may stand that sit well: where rounding begins to be told (sources#coming-off)."""
USUAL_POINTS = 30
"""For so long: one that swings is past them sooner (sources#coming-off)."""
FALL_POINTS = 30
"""A sensor that slides or falls takes 0.3 s to be told from one that sits well (sources#coming-off)."""
BREATHING_DEG = 2.0
"""Breathing tips the sternum by 1-2 deg (sources#breathing): so much of its angle against the pelvis says nothing."""
NEAR_END_RANGE_PCT = RULES.amber_pct
"""The amber limit of the person's own range (sources#end-of-range); no coach's file changes a verdict or its reason."""


class Fault:
    """Why a grid point's deviation cannot be judged, as bits in the order of the reasons in the table.

    Plain integers, as :class:`~dowel.recordings.grid_points.Status` is, and for the same reasons.
    """

    ONE_SENSOR: Final = 1
    SYNC: Final = 2
    GAP: Final = 4
    CLIPPED: Final = 8
    NO_CALIBRATION: Final = 16
    SLIPPED: Final = 32
    MISSING: Final = 64
    """A trunk sensor has no value here (also told as a gap); counted for ``missing_pct``."""
    FROZEN: Final = 128
    COME_OFF: Final = 256
    BENT_SIDEWAYS: Final = 512
    CALIBRATION_DOUBTFUL: Final = 1024
    TOO_LONG: Final = 2048
    HEADING_GAP: Final = 4096
    HEADING_CLIPPED: Final = 8192
    """The heading between two sensors was lost earlier in the bend, in a gap or at the end of a range: told by the same
    words (sources#unknown-heading)."""


REASONS: Final = {
    Fault.ONE_SENSOR: "one_sensor",
    Fault.SYNC: "sync",
    Fault.GAP | Fault.HEADING_GAP: "gap",
    Fault.CLIPPED | Fault.HEADING_CLIPPED: "clipped",
    Fault.NO_CALIBRATION: "no_calibration",
    Fault.SLIPPED: "slipped",
    Fault.FROZEN: "frozen",
    Fault.COME_OFF: "come_off",
    Fault.BENT_SIDEWAYS: "bent_sideways",
    Fault.CALIBRATION_DOUBTFUL: "calibration_doubtful",
    Fault.TOO_LONG: "too_long",
}
"""By their bits the words in the table, in its order."""
OF_STATUS = (
    (Status.MISSING | Status.SETTLING, Fault.GAP),
    (Status.CLIPPED, Fault.CLIPPED),
    (Status.MISSING, Fault.MISSING),
    (Status.FROZEN, Fault.FROZEN),
    (Status.DOUBTFUL, Fault.CALIBRATION_DOUBTFUL),
)
"""What a point's status forbids."""


@dataclass(frozen=True, slots=True)
class Direction:
    """One way to lose contact.

    Parameters
    ----------
    reason
        The word for it in ``verdict_reason``.
    point
        The point of the rod.
    warn_deg, lost_deg
        Its limits.
    sign
        Sign of the deviation in this direction.
    """

    reason: str
    point: str
    warn_deg: float
    lost_deg: float
    sign: float


@lru_cache(maxsize=8)
def directions(limits: Limits) -> dict[str, Direction]:
    """The ways to lose contact, in the order of the table's reasons."""
    if isinstance(limits, FloorLimits):
        return {
            "arched": Direction("arched", "floor", limits.arching_warn_deg, limits.arching_lost_deg, -1.0),
            "trunk_bent": Direction("trunk_bent", "floor", limits.bent_warn_deg, limits.bent_lost_deg, 1.0),
            "rolled": Direction("rolled", "floor", limits.roll_warn_deg, limits.roll_lost_deg, 1.0),
        }
    return {
        "rounded": Direction("rounded", "sacrum", limits.warn_deg, limits.lost_deg, 1.0),
        "arched": Direction("arched", "upper_back", limits.arching_warn_deg, limits.arching_lost_deg, -1.0),
        "chin_down": Direction("chin_down", "head", limits.head_warn_deg, limits.head_lost_deg, 1.0),
        "chin_up": Direction("chin_up", "head", limits.head_warn_deg, limits.head_lost_deg, -1.0),
    }


def signals(
    deviation_deg: FloatArray, head_deg: FloatArray, bent_deg: FloatArray | None = None
) -> dict[str, FloatArray]:
    """The signal of each direction, so signed that the limit lies above.

    ``bent_deg`` is the pelvis against the sternum of somebody who lies; ``head_deg`` is then the pelvis' roll.
    """
    if bent_deg is not None:
        bent = np.maximum(np.abs(bent_deg) - BREATHING_DEG, 0.0)
        return {"arched": -deviation_deg, "trunk_bent": bent, "rolled": np.abs(head_deg)}
    return {"rounded": deviation_deg, "arched": -deviation_deg, "chin_down": head_deg, "chin_up": -head_deg}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict of one rep; places are indices into the rep, -1 for never."""

    verdict: str
    reason: str
    contact_lost: str
    first_lost: int
    lost_points: int
    first_warned: int
    flexion_peak_deg: float
    extension_peak_deg: float
    head_peak_deg: float


def judge(
    deviation_deg: FloatArray,
    head_deg: FloatArray,
    faults: IntArray,
    limits: Limits,
    *,
    deeper_than_calibrated: bool,
    range_pct: float,
    bent_deg: FloatArray | None = None,
) -> Verdict:
    """The verdict of one rep from its deviation (n,), NaN where a fault (n,) forbids judging (design#verdict).

    A rep that is not judged has no peaks either: those of the part that was seen would pass for the rep's. From where
    a sensor came off nothing of the rep is believed, whatever it shows later on: a loss before it stays a loss. A trunk
    that stands so only where it is bent sideways is a crooked one, and called that.
    """
    off_only_aside = False
    if (faults & Fault.COME_OFF).any():
        off_only_aside = bool((faults[faults & Fault.COME_OFF != 0] & Fault.BENT_SIDEWAYS).all())
        off = came_off_from(deviation_deg, int(np.argmax(faults & Fault.COME_OFF != 0)))
        faults, deviation_deg, head_deg = faults.copy(), deviation_deg.copy(), head_deg.copy()
        faults[off:] |= Fault.COME_OFF
        deviation_deg[off:], head_deg[off:] = NAN, NAN
        bent_deg = None if bent_deg is None else np.where(np.arange(len(faults)) < off, bent_deg, NAN)
    hold = limits.hold_points
    lost: dict[str, list[Crossing]] = {}
    warned: dict[str, list[Crossing]] = {}
    values = signals(deviation_deg, head_deg, bent_deg)
    for name, direction in directions(limits).items():
        if np.fmax.reduce(values[name]) > direction.warn_deg:
            warned[name] = crossings(values[name], direction.warn_deg, hold)
            lost[name] = crossings(values[name], direction.lost_deg, hold)
    lost_names = [name for name, found in lost.items() if found]
    warned_names = [name for name, found in warned.items() if found]
    any_invalid = int(np.count_nonzero(faults)) > INVALID_POINTS
    invalid = [f for f in REASONS if any_invalid and int(np.count_nonzero(faults & f)) > INVALID_POINTS]
    if off_only_aside and Fault.BENT_SIDEWAYS in invalid:
        invalid = [fault for fault in invalid if fault != Fault.COME_OFF]
    if lost_names:
        verdict, names = "lost", lost_names
    elif any_invalid:
        verdict, names = "not_judged", []
    elif warned_names:
        verdict, names = "warned", warned_names
    else:
        verdict, names = "held", []
    reasons = list(names)
    if range_pct > NEAR_END_RANGE_PCT:
        reasons.append("near_end_range")
    if deeper_than_calibrated:
        reasons.append("deeper_than_calibrated")
    reasons += [REASONS[fault] for fault in (invalid or _most(faults, any_invalid))]
    points = [directions(limits)[name].point for name in lost_names]
    found_lost = [crossing for name in lost_names for crossing in lost[name]]
    rounding = warned.get("rounded", [])
    return Verdict(
        verdict=verdict,
        reason="+".join(reasons),
        contact_lost="+".join(dict.fromkeys(points)),
        first_lost=min((crossing.first for crossing in found_lost), default=-1),
        lost_points=_covered(found_lost, len(deviation_deg)),
        first_warned=rounding[0].first if rounding and verdict != "not_judged" else -1,
        flexion_peak_deg=NAN if verdict == "not_judged" else _at_least_zero(held_peak(deviation_deg, hold)),
        extension_peak_deg=NAN if verdict == "not_judged" else -_at_least_zero(held_peak(-deviation_deg, hold)),
        head_peak_deg=NAN
        if verdict == "not_judged" or np.isnan(head_deg).all()
        else max(held_peak(head_deg, hold), held_peak(-head_deg, hold)),
    )


def in_doubt(rep: Rep, limits: Limits, seemed_deg: tuple[float, float]) -> Rep:
    """The row of a back that may have seemed less round and rounder by up to so much than it was (negative, positive).

    Its verdict stays where it is the same in all readings; what was measured of the back is not known in any case.
    """
    if rep.verdict == "not_judged":
        return rep
    return _without_back(rep, limits, Fault.SLIPPED, kept=stands(rep, limits, seemed_deg))


def disbelieved(rep: Rep, limits: Limits, since_s: float, fault: int) -> Rep:
    """The row of a rep in which a sensor told nothing that counts from a session time on, for this reason.

    A loss that was there before stays one; what was measured of the back is not known in any case.
    """
    if rep.verdict == "not_judged" or rep.end_s <= since_s:
        return rep
    before = rep.verdict == "lost" and rep.first_lost_s + seconds(limits.hold_points) < since_s
    return _without_back(rep, limits, fault, kept=before)


def _without_back(rep: Rep, limits: Limits, fault: int, *, kept: bool) -> Rep:
    """A row without what was measured of the back, and for this reason; its verdict stays only if it is ``kept``."""
    given = set(rep.verdict_reason.split("+"))
    seen = [word for word in directions(limits) if word in given and kept]
    seen += [word for word in ("deeper_than_calibrated",) if word in given]
    seen += [word for bits, word in REASONS.items() if word in given or bits & fault]
    row = replace(
        rep,
        verdict_reason="+".join(seen),
        flexion_peak_deg=NAN,
        extension_peak_deg=NAN,
        deviation_bottom_deg=NAN,
        gap_sacrum_mm=NAN,
        gap_upper_back_mm=NAN,
        gap_head_mm=NAN,
        flexion_range_pct=NAN,
        lumbar_share=NAN,
        depth_before_rounding_deg=NAN,
    )
    if kept:
        return row
    return replace(row, verdict="not_judged", contact_lost="", first_lost_s=NAN, first_lost_hinge_deg=NAN, lost_s=NAN)


def stands(rep: Rep, limits: Limits, seemed_deg: tuple[float, float]) -> bool:
    """Whether a verdict is the same if the back seemed less round and rounder by up to so much than it was, throughout
    the rep or in a part of it.

    A peak in the table is held for the same time as a limit, so the verdict follows from the peaks; those are cut off
    at zero, which only lets fewer verdicts stand. How the head was held is not known then, nor what has no peaks.
    """
    ways = directions(limits)
    peaks = [(rep.flexion_peak_deg, ways["rounded"]), (-rep.extension_peak_deg, ways["arched"])]
    known = not np.isnan(rep.flexion_peak_deg) and np.isnan(rep.gap_head_mm)
    return known and all(
        _level(peak_deg - way.sign * deg, way) == _level(peak_deg, way) for peak_deg, way in peaks for deg in seemed_deg
    )


def _level(peak_deg: float, way: Direction) -> int:
    """0 for held, 1 for warned, 2 for lost."""
    return int(peak_deg > way.warn_deg) + int(peak_deg > way.lost_deg)


def came_off_from(angle_deg: FloatArray, point: int) -> int:
    """Where a sensor that was off at a point may have begun to come off, from angles that are small where it sat well.

    That is some time before the last usual angles (n,): what passes through a limit on its way off is no loss, and a
    sensor that swings through usual angles does not sit well.
    """
    usual = np.concatenate([[False], np.abs(angle_deg[:point]) < USUAL_DEG, [False]])
    starts, stops = np.flatnonzero(usual[1:] != usual[:-1]).reshape(-1, 2).T
    sat_well = stops[stops - starts >= USUAL_POINTS]
    return max(int(sat_well[-1]) - 1 - FALL_POINTS, 0) if len(sat_well) else 0


def _most(faults: IntArray, any_invalid: bool) -> list[int]:
    """Several faults that only together last too long: all that occur."""
    return [fault for fault in REASONS if any_invalid and np.count_nonzero(faults & fault)]


def _covered(found: list[Crossing], length: int) -> int:
    """How many points lie in any of the crossings."""
    covered = np.zeros(length, np.bool_)
    for crossing in found:
        covered[crossing.first : crossing.cleared] = True
    return int(covered.sum())


def _at_least_zero(value: float) -> float:
    return value if np.isnan(value) else max(value, 0.0)


def gaps_mm(verdict: Verdict, lever_m: float | None) -> tuple[float, float, float]:
    """Gap between rod and sacrum, upper back and head at the peaks (design#verdict)."""
    return (
        verdict.flexion_peak_deg * sacrum_mm_per_deg(lever_m),
        -verdict.extension_peak_deg * GAP_UPPER_BACK_MM_PER_DEG,
        verdict.head_peak_deg * GAP_HEAD_MM_PER_DEG,
    )


def seconds(points: int) -> float:
    """Duration of so many grid points."""
    return points / GRID_HZ

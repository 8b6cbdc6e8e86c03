"""The truth of a simulated session, taken from the bones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray
from dowel.sensors.simulated.person.body import Body, composed, flexion_deg, lean_deg
from dowel.sensors.simulated.person.plan import PLAN_RATE_HZ, Bend, Coordinate, Motion, Person

HOLD_S: Final = 0.1
"""A deviation counts when it is held this long (design#verdict)."""

EDGE_SHARE: Final = 0.05
"""A rep starts and ends, and its bottom starts and ends, at this share of the excursion (sources#counting)."""


@dataclass(frozen=True)
class TrueRep:
    """One excursion as the bones did it, and as it was commanded.

    ``start_s`` and ``end_s``: the lean (the larger of sacrum and upper back) leaves and comes back within 5 % of the
    excursion from its top, of each side. ``bottom_start_s`` to ``bottom_end_s``: it is within 5 % of its deepest.
    ``depth_deg`` is the largest sacrum lean, ``trunk_lean_deg`` the largest upper-back lean. ``held_flexion_deg``
    (>= 0) and ``held_extension_deg`` (<= 0): the largest deviation from the person's own neutral that is held for
    100 ms between start and end. ``hip_drop_m`` and ``hip_travel_m``: how far the hip joints went down and back at the
    most, from where the rep started. ``kind``: rep, half, spine, pick_up, set_down, slump, or what the piece says.
    """

    kind: str
    label: str
    start_s: float
    bottom_start_s: float
    bottom_end_s: float
    end_s: float
    depth_deg: float
    trunk_lean_deg: float
    held_flexion_deg: float
    held_extension_deg: float
    commanded: Bend
    hip_drop_m: float
    hip_travel_m: float

    def shifted(self, by_s: float) -> TrueRep:
        """The same rep, ``by_s`` later."""
        return replace(
            self,
            start_s=self.start_s + by_s,
            bottom_start_s=self.bottom_start_s + by_s,
            bottom_end_s=self.bottom_end_s + by_s,
            end_s=self.end_s + by_s,
            commanded=self.commanded.shifted(by_s),
        )


@dataclass(frozen=True)
class Truth:
    """What the bones did, at 200 Hz. Signs: sign table. Heading is left out of everything.

    ``flexion_deg`` is the flexion of the upper back against the sacrum (``body.flexion_deg``), and ``deviation_deg``
    what of it is beyond the person's own neutral curve at that sacrum lean. ``side_bend_deg`` and ``twist_deg`` are the
    x and z parts of the rotation vector of the upper back against the sacrum. ``head_deviation_deg``: flexion of the
    head against the upper back. ``standing``: nothing else was commanded. ``knocks_s``: the moments at which the
    sensors were knocked together.
    """

    time_s: FloatArray
    upper_back_lean_deg: FloatArray
    sacrum_lean_deg: FloatArray
    flexion_deg: FloatArray
    deviation_deg: FloatArray
    side_bend_deg: FloatArray
    twist_deg: FloatArray
    head_deviation_deg: FloatArray
    standing: BoolArray
    reps: tuple[TrueRep, ...]
    knocks_s: tuple[float, ...]

    def shifted(self, by_s: float) -> Truth:
        """The same, ``by_s`` later."""
        return replace(
            self,
            time_s=self.time_s + by_s,
            reps=tuple(rep.shifted(by_s) for rep in self.reps),
            knocks_s=tuple(knock_s + by_s for knock_s in self.knocks_s),
        )


def truth_of(
    body: Body, motion: Motion, person: Person, standing: BoolArray, bends: Sequence[Bend], knocks_s: tuple[float, ...]
) -> Truth:
    """The truth of a motion."""
    time_s = np.arange(len(motion.control)) / PLAN_RATE_HZ
    coordinates = motion.at(time_s)[0]
    pelvis, spine = body.pelvis(coordinates), body.spine(coordinates)
    upper_back = composed(pelvis, spine)
    sacrum_lean_deg, upper_lean_deg = lean_deg(pelvis), lean_deg(upper_back)
    spine_deg = flexion_deg(spine)
    deviation_deg = spine_deg - person.neutral_deg(sacrum_lean_deg)
    turn_deg = np.rad2deg(spine.as_rotvec())
    hip_m = _hip_m(body, coordinates)
    reps = tuple(_true_rep(bend, sacrum_lean_deg, upper_lean_deg, deviation_deg, hip_m) for bend in bends)
    return Truth(
        time_s,
        upper_lean_deg,
        sacrum_lean_deg,
        spine_deg,
        deviation_deg,
        turn_deg[:, 0],
        turn_deg[:, 2],
        flexion_deg(body.nod(coordinates)),
        standing,
        reps,
        knocks_s,
    )


def _hip_m(body: Body, coordinates: FloatArray) -> FloatArray:
    """How far the hips are in front of the ankles, along the heading, and how high above them (n, 2)."""
    from_root = body.hip_m(coordinates) - coordinates[:, Coordinate.ROOT_X : Coordinate.ROOT_Z + 1]
    heading = np.deg2rad(coordinates[:, Coordinate.HEADING])
    forward_m = from_root[:, 0] * np.cos(heading) + from_root[:, 1] * np.sin(heading)
    return np.column_stack([forward_m, from_root[:, 2]])


def _true_rep(
    bend: Bend, sacrum_deg: FloatArray, upper_deg: FloatArray, deviation_deg: FloatArray, hip_m: FloatArray
) -> TrueRep:
    lean = np.maximum(sacrum_deg, upper_deg)
    first = max(round((bend.start_s - 0.2) * PLAN_RATE_HZ), 0)
    last = min(round(bend.rest_until_s * PLAN_RATE_HZ) + 1, len(lean))
    middle = [round(at_s * PLAN_RATE_HZ) for at_s in (bend.bottom_start_s, bend.bottom_end_s)]
    peak = middle[0] + int(np.argmax(lean[middle[0] : middle[1] + 1]))
    top_before, top_after = lean[first : peak + 1].min(), lean[peak:last].min()
    out_deg = top_before + EDGE_SHARE * (lean[peak] - top_before)
    back_deg = top_after + EDGE_SHARE * (lean[peak] - top_after)
    start = first + int(np.flatnonzero(lean[first : peak + 1] <= out_deg)[-1])
    end = peak + int(np.flatnonzero(lean[peak:last] <= back_deg)[0])
    deep_deg = lean[peak] - EDGE_SHARE * (lean[peak] - top_before)
    deep = start + np.flatnonzero(lean[start : end + 1] >= deep_deg)
    held_flexion_deg, held_extension_deg = held_extremes(deviation_deg[start : end + 1])
    return TrueRep(
        bend.kind,
        bend.label,
        start / PLAN_RATE_HZ,
        float(deep[0]) / PLAN_RATE_HZ,
        float(deep[-1]) / PLAN_RATE_HZ,
        end / PLAN_RATE_HZ,
        float(sacrum_deg[start : end + 1].max()),
        float(upper_deg[start : end + 1].max()),
        held_flexion_deg,
        held_extension_deg,
        bend,
        float(hip_m[start, 1] - hip_m[start : end + 1, 1].min()),
        float(hip_m[start, 0] - hip_m[start : end + 1, 0].min()),
    )


def held_extremes(deviation_deg: FloatArray) -> tuple[float, float]:
    """The largest value that is held for 100 ms, not under 0, and the smallest, not over 0 (both 0 if too short)."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d  # late: sessions without reps need none

    length = round(HOLD_S * PLAN_RATE_HZ) + 1
    # windows that stick out of the bend do not count
    lowest = minimum_filter1d(deviation_deg, length, mode="constant", cval=-np.inf)
    highest = maximum_filter1d(deviation_deg, length, mode="constant", cval=np.inf)
    return max(float(lowest.max()), 0.0), min(float(highest.min()), 0.0)

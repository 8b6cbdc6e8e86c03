"""The lifter seen from the right, with the rod along the back: what live page and report draw.

A model of a body, not a measurement of one. Measured are the leans, and from them comes how the trunk is drawn; legs
without a sensor stand where they keep the balance, arms hang, and lengths are those of an average body. The gap
between body and rod is exact: it is what the deviation means.

Everything is in shares of the body height, x forward (to the right), y up, from the ankle. Made 25 times a second by
the live page, hence plain Python and few points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dowel.analysis.contact.limits import GAP_HEAD_MM_PER_DEG, GAP_SACRUM_MM_PER_DEG, GAP_UPPER_BACK_MM_PER_DEG
from dowel.analysis.movement.classify import DEFAULT_HEIGHT_M

Point = tuple[float, float]

# Segments and their masses as in sources#winter-2009 and sources#balance: shank, thigh; shares of body mass; where
# along a leg's segment its mass lies, seen from below; height of the centre of head, arms and trunk above the hip.
SHANK: Final = 0.246
THIGH: Final = 0.245
ANKLE_HEIGHT: Final = 0.039
_MASS_UPPER: Final = 0.678
_MASS_THIGH: Final = 0.2
_MASS_SHANK: Final = 0.093
_CENTRE_OF_LEG: Final = 0.567
_CENTRE_OF_UPPER: Final = 0.626 * 0.288
_CENTRE_AHEAD: Final = 0.02
"""Centre of mass ahead of the ankle: 3.5 cm, between upright standing and the middle of the foot (sources#balance)."""

SOFT_KNEE_DEG: Final = 3.0
"""Lean of a shank that nobody measures: knees unlocked, shins all but upright, as a hinge is taught."""
_MOST_SHANK_DEG: Final = 38.0  # about where a heel leaves the floor

_ROD: Final = 0.066
"""How far behind the hip's axis the rod lies."""
_SPINE: Final = 0.03
"""How far behind the hip's axis the back bends."""
_BEND: Final = (0.055, 0.272)
"""Heights above the hip between which the low back bends; their middle is 0.1 above the sacral contact, which gives the
3 mm per degree of sources#rod-gap."""
_SACRUM: Final = 0.065
_UPPER_BACK: Final = 0.285  # T6, 0.22 above the sacrum (sources#rauber-and-kopsch)
_NECK: Final = 0.335
_HEAD: Final = 0.08
"""From the base of the neck, about which the head moves, up to the middle of the head."""
_HEAD_RADIUS: Final = 0.058
_ROD_ENDS: Final = (-0.15, 0.42)
"""Rod below and above the sacral contact."""
ROD_THICKNESS: Final = 0.012
"""About 2 cm. Drawn so thick, the rod just touches the skin at a point that is held."""

# Height above the hip and distance behind its axis of the back, from the seat up to the neck; where it is as far back
# as the rod it touches it. The hollow of the low back is 25 mm deep (sources#rod-gap).
_SEAT: Final = ((-0.082, 0.004), (-0.076, 0.030), (-0.054, 0.052), (-0.020, 0.0645), (0.02, 0.0672), (0.045, 0.0668))
_BACK: Final = (
    (_SACRUM, _ROD), (0.085, 0.0638), (0.105, 0.0590), (0.125, 0.0545), (0.145, 0.0520), (0.165, 0.0520),
    (0.185, 0.0540), (0.21, 0.0580), (0.24, 0.0632), (0.265, 0.0656), (_UPPER_BACK, _ROD), (0.308, 0.0632),
    (0.328, 0.0540),
)  # fmt: skip
_FRONT: Final = (
    (0.322, -0.031), (0.305, -0.047), (0.28, -0.0575), (0.255, -0.0600), (0.22, -0.0570), (0.18, -0.0500),
    (0.14, -0.0480), (0.10, -0.0520), (0.06, -0.0560), (0.02, -0.0570), (-0.02, -0.052), (-0.055, -0.038),
)  # fmt: skip
_NAPE: Final = ((-0.056, 0.036), (-0.034, 0.040))
"""Back of the neck from the middle of the head: up, back."""
_THROAT: Final = ((-0.044, -0.026), (-0.066, -0.020))
_FACE: Final = (
    (0.030, -0.0490), (0.012, -0.0575), (-0.004, -0.0665), (-0.014, -0.0660), (-0.022, -0.0590), (-0.036, -0.0580),
    (-0.052, -0.0530), (-0.061, -0.0390), (-0.058, -0.0150), (-0.030, 0.010),
)  # fmt: skip
"""Nose and chin, so that one sees which way the face looks."""

# Half widths of a leg, from ankle to hip: place along the segment from below, in front, behind.
_SHANK_WIDTHS: Final = ((0.0, 0.019, 0.020), (0.22, 0.019, 0.023), (0.5, 0.023, 0.034), (0.72, 0.027, 0.0385))
_THIGH_WIDTHS: Final = ((0.06, 0.036, 0.030), (0.28, 0.041, 0.037), (0.55, 0.050, 0.047), (0.8, 0.055, 0.056))
_FOOT: Final = (
    (-0.019, 0.012), (-0.030, -0.012), (-0.041, -0.030), (-0.036, -0.039), (0.104, -0.039), (0.113, -0.031),
    (0.098, -0.019), (0.060, -0.009), (0.030, 0.003), (0.019, 0.014),
)  # fmt: skip
_SHOULDER: Final = (0.272, 0.012)
_UPPER_ARM: Final = 0.175
_FOREARM: Final = 0.18  # to the middle of the hand
_ARM_FORWARD_DEG: Final = (4.0, 14.0)
"""How upper arm and forearm hang: the elbow is a little bent."""


@dataclass(frozen=True, slots=True)
class Pose:
    """What is drawn. Leans, deviations and signs as in design#words-and-signs; None or NaN where nothing is known.

    With one trunk lean the trunk is drawn straight; with both and no deviation, bent by their difference.
    ``gap_sacrum_mm`` and ``gap_upper_back_mm`` count only with a deviation that has their sign; without them the gaps
    are the population's (sources#rod-gap). ``gap_head_mm`` counts with a head deviation. ``height_m`` turns mm into
    shares. ``figure`` is how it is drawn: standing, or lying, where the leans are those of pelvis, breastbone and thigh
    from lying flat (lying_figure).
    """

    sacrum_lean_deg: float | None
    upper_back_lean_deg: float | None
    deviation_deg: float | None = None
    head_deviation_deg: float | None = None
    thigh_lean_deg: float | None = None
    shank_lean_deg: float | None = None
    gap_sacrum_mm: float | None = None
    gap_upper_back_mm: float | None = None
    gap_head_mm: float | None = None
    height_m: float = DEFAULT_HEIGHT_M
    figure: str = "standing"


@dataclass(frozen=True, slots=True)
class Touch:
    """One of the rod's three points: where it is on the body, and the place on the rod that is nearest to it."""

    body: Point
    rod: Point


@dataclass(frozen=True, slots=True)
class Figure:
    """The drawn lifter, in shares of the body height.

    ``leg`` is ankle, knee, hip; ``arm`` shoulder, elbow, hand; ``back`` the skin from the sacrum to the neck; ``head``
    the middle and the radius; ``rod`` its two ends, along the middle of a rod of ``ROD_THICKNESS``. ``foot``,
    ``torso``, ``face`` and ``leg_outline`` are closed outlines, to be drawn smoothly (see ``lines.py``) over each other
    in one colour. ``points`` are the rod's: sacrum, upper_back, head.
    """

    leg: tuple[Point, ...]
    leg_outline: tuple[Point, ...]
    foot: tuple[Point, ...]
    torso: tuple[Point, ...]
    back: tuple[Point, ...]
    head: tuple[float, float, float]
    face: tuple[Point, ...]
    arm: tuple[Point, ...]
    rod: tuple[Point, Point]
    points: dict[str, Touch]
    box: Mapping[str, float] | None = None
    """What must fit into a picture of it (left, right, bottom, top), where that is not somebody who stands."""


def figure_of(pose: Pose) -> Figure:
    """The lifter in this pose."""
    sacrum_deg = _first_known(pose.sacrum_lean_deg, pose.upper_back_lean_deg)
    upper_deg = _first_known(pose.upper_back_lean_deg, pose.sacrum_lean_deg)
    bend_deg = _first_known(pose.deviation_deg, upper_deg - sacrum_deg)
    leg, outline = _leg(pose, sacrum_deg + 0.5 * bend_deg)
    trunk = _Trunk(leg[-1], math.radians(sacrum_deg), math.radians(bend_deg))
    back = trunk.skin(_BACK)
    sacrum, upper_back = trunk.at(_SACRUM, _ROD), trunk.at(_UPPER_BACK, _ROD)
    nod_deg = _first_known(pose.head_deviation_deg)
    head_gap = _gap(pose.gap_head_mm, nod_deg, GAP_HEAD_MM_PER_DEG, pose.height_m)
    rod = _rod(pose, bend_deg, head_gap if nod_deg < 0 else 0.0, sacrum, upper_back)
    head = _Head.on(rod, trunk.at(_NECK, _SPINE), head_gap if nod_deg > 0 else 0.0, nod_deg)
    torso = (*trunk.skin(_SEAT), *back, *head.skin(_NAPE), *head.skin(_THROAT), *trunk.skin(_FRONT))
    return Figure(
        leg=leg,
        leg_outline=outline,
        foot=_FOOT,
        torso=torso,
        back=back,
        head=(*head.middle, _HEAD_RADIUS),
        face=head.skin(_FACE),
        arm=_arm(trunk.at(*_SHOULDER)),
        rod=rod.axis(),
        points={
            "sacrum": Touch(sacrum, rod.nearest(sacrum)),
            "upper_back": Touch(upper_back, rod.nearest(upper_back)),
            "head": Touch(head.back(rod), rod.nearest(head.middle)),
        },
    )


def _first_known(*values: float | None) -> float:
    """The first that is a number; 0 where there is none."""
    return next((value for value in values if value is not None and math.isfinite(value)), 0.0)


def _gap(given_mm: float | None, angle_deg: float, mm_per_deg: float, height_m: float) -> float:
    """A gap as a share of the height: the one given, or what the angle means."""
    return _first_known(given_mm, abs(angle_deg) * mm_per_deg) / (1000.0 * height_m)


# --------------------------------------------------------------------------------------------------------------- trunk


def _up(angle: float) -> Point:
    """Unit vector along something that leans forward by ``angle`` rad."""
    return math.sin(angle), math.cos(angle)


def _moved(start: Point, up: float, back: float, angle: float) -> Point:
    """From a point so far along and behind something that leans forward by ``angle`` rad."""
    sine, cosine = math.sin(angle), math.cos(angle)
    return start[0] + up * sine - back * cosine, start[1] + up * cosine + back * sine


class _Trunk:
    """Pelvis and upper trunk, stiff both, and between them a back that bends along a smooth curve."""

    STEPS: Final = 16

    def __init__(self, hip: Point, lean: float, bend: float) -> None:
        self._lean, self._bend = lean, bend
        low, high = _BEND
        self._step = (high - low) / self.STEPS
        place = _moved(hip, low, _SPINE, lean)
        self._base = _moved(hip, 0.0, _SPINE, lean)
        self._places = [place]
        for index in range(self.STEPS):
            place = _moved(place, self._step, 0.0, self._angle((index + 0.5) / self.STEPS))
            self._places.append(place)

    def _angle(self, share: float) -> float:
        """Lean at this share of the way through the bending part."""
        return self._lean + self._bend * share * share * (3.0 - 2.0 * share)

    def at(self, height: float, back: float) -> Point:
        """The point at this height above the hip and this far behind its axis, as the trunk is bent now."""
        low, high = _BEND
        if height <= low:
            return _moved(self._base, height, back - _SPINE, self._lean)
        if height >= high:
            return _moved(self._places[-1], height - high, back - _SPINE, self._lean + self._bend)
        index, part = divmod((height - low) / self._step, 1.0)
        (x0, y0), (x1, y1) = self._places[int(index)], self._places[int(index) + 1]
        on_spine = (x0 + part * (x1 - x0), y0 + part * (y1 - y0))
        return _moved(on_spine, 0.0, back - _SPINE, self._angle((height - low) / (high - low)))

    def skin(self, profile: Sequence[tuple[float, float]]) -> tuple[Point, ...]:
        """The points of a profile."""
        return tuple(self.at(height, back) for height, back in profile)


# ------------------------------------------------------------------------------------------------------- rod and head


@dataclass(frozen=True, slots=True)
class _Rod:
    """A line: through ``start``, leaning forward by ``lean`` rad."""

    start: Point
    lean: float

    def at(self, along: float) -> Point:
        return _moved(self.start, along, 0.0, self.lean)

    def axis(self) -> tuple[Point, Point]:
        """Both ends of the rod's middle; this line is where it touches."""
        low, high = (_moved(self.start, along, 0.5 * ROD_THICKNESS, self.lean) for along in _ROD_ENDS)
        return low, high

    def nearest(self, point: Point) -> Point:
        up_x, up_y = _up(self.lean)
        return self.at((point[0] - self.start[0]) * up_x + (point[1] - self.start[1]) * up_y)

    def behind(self, point: Point) -> float:
        """How far the rod lies behind a point."""
        up_x, up_y = _up(self.lean)
        return (point[0] - self.start[0]) * up_y - (point[1] - self.start[1]) * up_x


def _rod(pose: Pose, bend_deg: float, pushed: float, sacrum: Point, upper_back: Point) -> _Rod:
    """Where the rod lies: on the upper back and off the sacrum when rounded, on the sacrum and off the upper back when
    arched or ``pushed`` away by the head (a share of the height, at the head)."""
    apart = math.dist(sacrum, upper_back)
    between = math.atan2(upper_back[0] - sacrum[0], upper_back[1] - sacrum[1])
    if bend_deg > 0:
        gap = _gap(pose.gap_sacrum_mm, bend_deg, GAP_SACRUM_MM_PER_DEG, pose.height_m)
        lean = between + math.asin(min(gap / apart, 1.0))
        rod = _Rod(upper_back, lean)
        return _Rod(rod.nearest(sacrum), lean)
    gap = _gap(pose.gap_upper_back_mm, bend_deg, GAP_UPPER_BACK_MM_PER_DEG, pose.height_m)
    gap += pushed * apart / (apart + _NECK + _HEAD - _UPPER_BACK)
    return _Rod(sacrum, between - math.asin(min(gap / apart, 1.0)))


@dataclass(frozen=True, slots=True)
class _Head:
    """The head: its middle, and the way its top points (rad)."""

    middle: Point
    lean: float

    @staticmethod
    def on(rod: _Rod, neck: Point, gap: float, nod_deg: float) -> _Head:
        """The head that moves about the base of the neck until it is ``gap`` in front of the rod."""
        reach = math.hypot(_HEAD, _ROD - _HEAD_RADIUS - _SPINE)
        forward = _HEAD_RADIUS + gap - rod.behind(neck)
        turned = math.asin(max(-1.0, min(forward / reach, 1.0)))
        return _Head(_moved(neck, reach, 0.0, rod.lean + turned), rod.lean + math.radians(nod_deg))

    def skin(self, profile: Sequence[tuple[float, float]]) -> tuple[Point, ...]:
        return tuple(_moved(self.middle, up, back, self.lean) for up, back in profile)

    def back(self, rod: _Rod) -> Point:
        """The point of the head that is nearest to the rod."""
        return _moved(self.middle, 0.0, _HEAD_RADIUS, rod.lean)


# ------------------------------------------------------------------------------------------------------ legs and arms


def _leg(pose: Pose, trunk_deg: float) -> tuple[tuple[Point, Point, Point], tuple[Point, ...]]:
    """Ankle, knee and hip, and the leg's outline."""
    shank, thigh = _leg_leans(pose, math.sin(math.radians(trunk_deg)))
    ankle = (0.0, 0.0)
    knee = _moved(ankle, SHANK, 0.0, shank)
    hip = _moved(knee, THIGH, 0.0, thigh)
    lower = [(ankle, SHANK * along, front, back, shank) for along, front, back in _SHANK_WIDTHS]
    upper = [(knee, THIGH * along, front, back, thigh) for along, front, back in _THIGH_WIDTHS]
    rings = [*lower, *upper]
    in_front = [_moved(start, along, -front, lean) for start, along, front, _, lean in rings]
    behind = [_moved(start, along, back, lean) for start, along, _, back, lean in rings]
    cap = [_moved(hip, 0.054 * math.cos(turn), -0.054 * math.sin(turn), thigh) for turn in (1.2, 0.4, -0.4, -1.2)]
    return (ankle, knee, hip), (*in_front, *cap, *reversed(behind))


def _leg_leans(pose: Pose, trunk_sine: float) -> tuple[float, float]:
    """Leans of shank and thigh, rad: as measured, or so that the centre of mass stays over the foot."""
    of_thigh = THIGH * (_MASS_UPPER + _MASS_THIGH * _CENTRE_OF_LEG)
    of_shank = SHANK * (_MASS_UPPER + _MASS_THIGH + _MASS_SHANK * _CENTRE_OF_LEG)
    ahead = _MASS_UPPER * _CENTRE_OF_UPPER * max(trunk_sine, 0.0)  # who leans back does so with the trunk alone
    to_balance = (_MASS_UPPER + _MASS_THIGH + _MASS_SHANK) * _CENTRE_AHEAD - ahead
    thigh_known = pose.thigh_lean_deg is not None and math.isfinite(pose.thigh_lean_deg)
    shank = math.radians(_first_known(pose.shank_lean_deg, SOFT_KNEE_DEG))
    if not thigh_known:
        return shank, math.asin(max(-1.0, min((to_balance - of_shank * math.sin(shank)) / of_thigh, 1.0)))
    thigh = math.radians(_first_known(pose.thigh_lean_deg))
    if pose.shank_lean_deg is None or not math.isfinite(pose.shank_lean_deg):
        most = math.sin(math.radians(_MOST_SHANK_DEG))
        shank = math.asin(max(0.0, min((to_balance - of_thigh * math.sin(thigh)) / of_shank, most)))
    return shank, thigh


def _arm(shoulder: Point) -> tuple[Point, Point, Point]:
    """Shoulder, elbow and hand of an arm that hangs."""
    upper, fore = (math.radians(180.0 - angle_deg) for angle_deg in _ARM_FORWARD_DEG)
    elbow = _moved(shoulder, _UPPER_ARM, 0.0, upper)
    return shoulder, elbow, _moved(elbow, _FOREARM, 0.0, fore)

"""The lifter on the back, seen from the side: what live page and report draw in the dead bug.

A model of a body, more so than the one that stands (:mod:`dowel.drawing.standing`): measured are the tilt of the
pelvis and how far a thigh is lowered. The hollow under the low back is drawn three times as deep as it is, to be seen
at all.
"""

from __future__ import annotations

import math
from typing import Final

from dowel.drawing.standing import ANKLE_HEIGHT, SHANK, THIGH, Figure, Point, Pose, Touch

_FLOOR: Final = -ANKLE_HEIGHT
"""Height of the ground in a picture."""
_DEEP: Final = 0.066  # the hip lies so high above the floor: the depth of the back behind its axis, as standing
_HOLLOW_MM_PER_DEG: Final = 1.0  # sources#rod-gap
_DRAWN_LARGER: Final = 3.0
_LOW_BACK: Final = (0.065, 0.245)
"""Heights above the hip between which the low back leaves the floor."""
_FRONT: Final = (
    (0.322, -0.031), (0.28, -0.0575), (0.22, -0.0570), (0.14, -0.0480), (0.06, -0.0560), (0.0, -0.056), (-0.05, -0.03),
)  # fmt: skip
_SEAT: Final = ((-0.075, 0.010), (-0.066, 0.040), (-0.040, 0.062), (0.0, 0.066))
_HEAD: Final = (0.405, 0.004, 0.058)
"""Height above the hip, behind its axis, radius."""
_FACE: Final = (
    (0.43, -0.045),
    (0.415, -0.056),
    (0.40, -0.068),
    (0.391, -0.060),
    (0.378, -0.058),
    (0.36, -0.04),
    (0.38, 0.0),
)
_NECK: Final = ((0.33, 0.05), (0.36, 0.045), (0.37, -0.02))
_LEG_WIDTHS: Final = ((0.0, 0.055), (0.5, 0.047), (1.0, 0.036)), ((0.0, 0.036), (0.5, 0.031), (1.0, 0.02))
"""Half widths along thigh and shank."""
_ARM: Final = ((0.272, -0.02), (0.272, -0.195), (0.26, -0.375))
"""Shoulder, elbow, hand: the arms point up, as the drill has them."""
_BOX: Final = {"left": -0.56, "right": 0.6, "bottom": -0.26, "top": 0.46}


def lying_figure(pose: Pose) -> Figure:
    """The lifter on the back, head to the left; the hip is at x 0, a thigh that nobody measures in the table top."""
    arched_deg = max(-_known(pose.deviation_deg), 0.0)
    hollow = _DRAWN_LARGER * arched_deg * _HOLLOW_MM_PER_DEG / (1000.0 * pose.height_m)
    low, high = _LOW_BACK
    steps = [low + (high - low) * step / 10 for step in range(11)]
    under = [(up, _DEEP - hollow * math.sin(math.pi * (up - low) / (high - low)) ** 2) for up in steps]
    back = tuple(_at(up, behind) for up, behind in (*under, (0.285, _DEEP)))
    lowered = math.radians(_known(pose.thigh_lean_deg))
    hip = _at(0.0, 0.0)
    knee = (hip[0] + THIGH * math.sin(lowered), hip[1] + THIGH * math.cos(lowered))
    ankle = (knee[0] + SHANK * math.cos(0.3 * lowered), knee[1] - SHANK * math.sin(0.3 * lowered))
    middle = _at(0.5 * (low + high), _DEEP - hollow)
    head = _at(*_HEAD[:2])
    return Figure(
        leg=(ankle, knee, hip),
        leg_outline=_leg(hip, knee, ankle),
        foot=_foot(ankle, 0.3 * lowered),
        torso=(*(_at(*each) for each in _SEAT), *back, *(_at(*each) for each in (*_NECK, *_FRONT))),
        back=back,
        head=(*head, _HEAD[2]),
        face=tuple(_at(*each) for each in _FACE),
        arm=tuple(_at(*each) for each in _ARM),
        rod=((0.12, _FLOOR), (-0.48, _FLOOR)),
        points={"floor": Touch(middle, (middle[0], _FLOOR))},
        box=_BOX,
    )


def _known(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else 0.0


def _at(up: float, behind: float) -> Point:
    """The place of a point so far above the hip and behind its axis, as for one who stands."""
    return -up, _FLOOR + _DEEP - behind


def _leg(hip: Point, knee: Point, ankle: Point) -> tuple[Point, ...]:
    """The outline around thigh and shank."""
    one, other = [], []
    for (start, end), widths in zip(((hip, knee), (knee, ankle)), _LEG_WIDTHS, strict=True):
        along = ((end[0] - start[0]), (end[1] - start[1]))
        length = math.hypot(*along)
        across = (-along[1] / length, along[0] / length)
        for share, width in widths:
            place = (start[0] + share * along[0], start[1] + share * along[1])
            one.append((place[0] + width * across[0], place[1] + width * across[1]))
            other.append((place[0] - width * across[0], place[1] - width * across[1]))
    return (*one, *reversed(other))


def _foot(ankle: Point, falling: float) -> tuple[Point, ...]:
    """A foot at the end of a shank that falls by an angle (rad): the toes point up."""
    sine, cosine = math.sin(falling), math.cos(falling)
    outline = ((-0.01, -0.03), (0.03, -0.036), (0.042, 0.0), (0.04, 0.08), (0.02, 0.09), (0.005, 0.03))
    return tuple((ankle[0] + x * cosine + y * sine, ankle[1] - x * sine + y * cosine) for x, y in outline)

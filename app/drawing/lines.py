"""The drawn lifter as lines: SVG paths that live page and report draw as they are.

Paths are in shares of the body height, x forward as in a figure, but y down, as SVG has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from dowel.drawing.standing import ANKLE_HEIGHT, ROD_THICKNESS, Figure, Point

ARM_THICKNESS: Final = 0.042
STANDING_BOX: Final = {"left": -0.34, "right": 0.42, "bottom": -0.06, "top": 1.03}
"""What must fit, whatever a stander does: standing tall, and bent until the back is level."""


def place_of(point: Point) -> str:
    """A point of a path, to four digits: a fifth of a millimetre on a person."""
    return f"{point[0]:.4f} {-point[1]:.4f}"


def straight(points: Sequence[Point]) -> str:
    """A path with corners at the points."""
    return "M" + "L".join(place_of(point) for point in points)


def smooth(points: Sequence[Point], *, closed: bool = True) -> str:
    """A path that bends smoothly through the points."""
    curves = [
        f"C{x1:.4f} {-y1:.4f} {x2:.4f} {-y2:.4f} {x:.4f} {-y:.4f}"  # as place_of: made 25 times a second
        for (x1, y1), (x2, y2), (x, y) in curves_of(points, closed)
    ]
    return f"M{place_of(points[0])}{''.join(curves)}{'Z' if closed else ''}"


def circle(place: tuple[float, float, float]) -> str:
    """A circle, given by its middle and its radius."""
    x, y, radius = place
    half = f"a{radius} {radius} 0 1 0"
    return f"M{place_of((x - radius, y))}{half} {2 * radius:g} 0{half} {-2 * radius:g} 0Z"


def curves_of(points: Sequence[Point], closed: bool) -> list[tuple[Point, Point, Point]]:
    """Cubic curves through points (Catmull-Rom): for each the two handles and the end, from the first point on."""
    ring = [points[-1], *points, points[0], points[1]] if closed else [points[0], *points, points[-1]]
    curves = []
    for (before, start), (end, after) in zip(pairwise(ring[:-2]), pairwise(ring[2:]), strict=True):
        first = (start[0] + (end[0] - before[0]) / 6.0, start[1] + (end[1] - before[1]) / 6.0)
        second = (end[0] - (after[0] - start[0]) / 6.0, end[1] - (after[1] - start[1]) / 6.0)
        curves.append((first, second, end))
    return curves


def away_from_body(figure: Figure) -> Point:
    """The way out from the body at the rod, as a unit vector across it."""
    (x0, y0), (x1, y1) = figure.rod  # from below the sacrum to above the head; the body is at the right of that
    length = math.dist(*figure.rod)
    return -(y1 - y0) / length, (x1 - x0) / length


def as_lines(figure: Figure) -> dict[str, Any]:
    """What the live page draws, as JSON.

    ``lines`` lie over each other in their order; those without a ``width`` are filled. ``ground`` is the height of the
    floor. ``points`` are the rod's, each with its place on the body and on the rod; ``away`` is the way out from the
    body. ``box`` must fit into the picture: in its middle where it is ``centred``, else with the feet at its bottom.
    """
    return {
        "lines": [
            _line("foot", smooth(figure.foot)),
            _line("leg", smooth(figure.leg_outline)),
            _line("torso", smooth(figure.torso)),
            _line("head", circle(figure.head)),
            _line("face", smooth(figure.face)),
            _line("arm", straight(figure.arm), ARM_THICKNESS),
            _line("rod", straight(figure.rod), ROD_THICKNESS),
        ],
        "ground": -ANKLE_HEIGHT,
        "points": {
            name: {"body": _rounded(touch.body), "rod": _rounded(touch.rod)} for name, touch in figure.points.items()
        },
        "away": _rounded(away_from_body(figure)),
        "box": dict(figure.box or STANDING_BOX),
        "centred": figure.box is not None,
    }


def _line(name: str, path: str, width: float | None = None) -> dict[str, Any]:
    return {"name": name, "path": path, "width": width}


def _rounded(point: Point) -> list[float]:
    return [round(point[0], 4), round(point[1], 4)]

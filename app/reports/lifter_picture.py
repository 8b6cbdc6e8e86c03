"""The drawn lifter at the worst moment of a set, for the HTML page, as SVG that takes its colours from the page."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from dowel.drawing.figures import drawn
from dowel.drawing.lines import away_from_body, smooth, straight
from dowel.drawing.standing import ANKLE_HEIGHT, ROD_THICKNESS, Figure, Point
from dowel.reports.worst_moment import Moment
from dowel.text.wording import known, words

_LOW, _LEFT, _WIDE = -0.075, -0.47, 1.02
"""What is seen of the lifter's plane; always as wide, so that pictures can be compared."""
_MARGIN: Final = 0.06
SIZE_OF_TEXT: Final = 0.042


def lifter_svg(moment: Moment) -> str:
    """The lifter at a moment, with the gap between body and rod where contact was lost or nearly so.

    Numbers are rounded to a thousandth of the picture, a third of a pixel: a page may have hundreds of it.
    """
    figure = drawn(moment.pose)
    point = moment.direction.point
    off = moment.row.verdict in ("lost", "warned")
    place = _beside(figure, point)
    tops = [
        figure.rod[0][1],
        figure.rod[1][1],
        figure.head[1] + figure.head[2],
        place[1] + SIZE_OF_TEXT if off else 0.0,
    ]
    high = max(*tops, *(y for _, y in figure.arm)) + 0.5 * _MARGIN
    low, left, wide = _LOW, _LEFT, _WIDE
    if figure.box is not None:
        low, left, wide = figure.box["bottom"], figure.box["left"], figure.box["right"] - figure.box["left"]
    told = _figure_words(moment)
    touched = [name for name in figure.points if name != "head" or _has_head(moment)]
    parts = [
        f'<svg class="lifter" viewBox="{left:g} {-high:.3f} {wide:g} {high - low:.3f}" role="img" '
        f'aria-label="{escape(told)}">',
        f'<path class="ground" d="M{left + _MARGIN:g} {ANKLE_HEIGHT}H{left + wide - _MARGIN:g}"/>',
        '<g class="body">',
        *(f'<path d="{smooth(part)}"/>' for part in (figure.foot, figure.leg_outline, figure.torso, figure.face)),
        f'<circle cx="{figure.head[0]:.4f}" cy="{-figure.head[1]:.4f}" r="{figure.head[2]}"/></g>',
        f'<path class="arm" d="{straight(figure.arm)}"/>',
        f'<path class="back" d="{smooth(figure.back, closed=False)}"/>',
        f'<path class="rod" stroke-width="{ROD_THICKNESS}" d="{straight(figure.rod)}"/>',
        *(_touch(figure, name, lost=off and name == point) for name in touched),
        _gap(figure, point, place, moment.gap_mm) if off and known(moment.gap_mm) else "",
        "</svg>",
    ]
    return re.sub(r"\d\.\d{4}\b", lambda number: f"{float(number[0]):.3f}".removeprefix("0"), "".join(parts))


def _figure_words(moment: Moment) -> str:
    """What the picture shows, for those who cannot see it."""
    if moment.direction.point == "floor":
        return f"Lying, seen from the side: {words(moment.direction.reason)} by {abs(moment.deviation_deg):.0f}°."
    gap = f"{words(moment.direction.point)} {moment.gap_mm:.0f} mm off the rod"
    return f"Seen from the right, at a hinge of {moment.hinge_deg:.0f}°: {gap}."


def _has_head(moment: Moment) -> bool:
    head_deg = moment.pose.head_deviation_deg
    return head_deg is not None and head_deg == head_deg


def _touch(figure: Figure, name: str, *, lost: bool) -> str:
    """A point of the rod: a dot where it touches, a cross on the body where it does not."""
    x, y = figure.points[name].body
    if not lost:
        return f'<circle class="touch" cx="{x:.4f}" cy="{-y:.4f}" r="0.0085"/>'
    arm = 0.011
    cross = [(x - arm, y - arm), (x + arm, y + arm)], [(x - arm, y + arm), (x + arm, y - arm)]
    return f'<path class="cross" d="{"".join(straight(stroke) for stroke in cross)}"/>'


def _beside(figure: Figure, name: str) -> Point:
    """A place beyond the rod, beside one of its points."""
    (x, y), (away_x, away_y) = figure.points[name].rod, away_from_body(figure)
    return x + 0.05 * away_x, y + 0.05 * away_y


def _gap(figure: Figure, name: str, place: Point, gap_mm: float) -> str:
    """The gap as a line from body to rod, and its size beyond the rod."""
    touch = figure.points[name]
    anchor = "end" if touch.rod[0] - place[0] > 0.02 else "middle"
    return (
        f'<path class="gap" d="{straight([touch.body, touch.rod])}"/>'
        f'<text class="gap-size" font-size="{SIZE_OF_TEXT}" x="{place[0]:.4f}" y="{-place[1]:.4f}" '
        f'text-anchor="{anchor}">{gap_mm:.0f} mm</text>'
    )

"""The chart of a set on the page: the plot of notebooks (``set_plot``) as SVG, with what a screen can show and no more.

A page has a chart for each set. By matplotlib each takes 0.15 s and 38 kB, so four hours half a minute; this, 5 ms.
Colours and strokes are the page's classes, the shapes of verdicts its symbols. Coordinates are tenths of a point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final

import numpy as np

from dowel.recordings.types import FloatArray, Placement
from dowel.reports.curves import MOST_NAMED, OFF_THE_AXIS, Curves
from dowel.reports.groups import RepGroup
from dowel.text.wording import VERDICTS, clock, limit, rep_name, words

WIDTH: Final = 5328
HEIGHT: Final = 2808
_LEFT, _RIGHT = 384, 4763
_LEANS, _DEVIATION = (491, 1432), (1699, 2640)
"""Top and bottom of the two panels."""
_BETWEEN: Final = 1540
"""Nothing is drawn across it: the chart is two pictures without a gap, so that a sheet of paper can end there."""
_MARKS_Y, _NAMES_Y, _TOP = 379, 329, 220
_MARK: Final = 72
_KEY: Final = 150
"""So long is a line in the legend, as in the chart's own measure: two dashes."""
COLUMN: Final = 5
"""Of the samples in so narrow a column only the lowest and the highest are seen: less than a pixel of a screen."""
STRAIGHT: Final = 2.0
"""Points of a line are left out that move it by no more: a third of a pixel on a wide screen."""

LINES: Final[dict[Placement, str]] = {
    Placement.UPPER_BACK: "upper-back dashed",
    Placement.SACRUM: "sacrum",
    Placement.THIGH_LEFT: "upper-back dashed",
    Placement.THIGH_RIGHT: "sacrum",
    Placement.STERNUM: "quiet dotted",
    Placement.PELVIS_FRONT: "ink",
}
_DEGREES: Final = (1, 2, 5, 10, 15, 20, 30, 50, 100, 200)
_SECONDS: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200)


@dataclass(frozen=True, slots=True)
class _Panel:
    """Where session times and degrees lie."""

    top: int
    bottom: int
    start_s: float
    end_s: float
    low_deg: float
    high_deg: float

    def x(self, time_s: FloatArray) -> FloatArray:
        return _LEFT + (time_s - self.start_s) * ((_RIGHT - _LEFT) / (self.end_s - self.start_s))

    def y(self, value_deg: FloatArray) -> FloatArray:
        return self.bottom - (value_deg - self.low_deg) * ((self.bottom - self.top) / (self.high_deg - self.low_deg))

    def at(self, time_s: float, value_deg: float = 0.0) -> tuple[int, int]:
        return round(float(self.x(np.array(time_s)))), round(float(self.y(np.array(value_deg))))


def set_chart(curves: Curves, name: str) -> str:
    """The chart of a set, or of the bends outside sets; ``name`` tells it from others on the page."""
    group = curves.group
    end_s = max(group.end_s, group.start_s + 1.0)
    leans = _Panel(*_LEANS, group.start_s, end_s, *_around(curves))
    deviation = _Panel(*_DEVIATION, group.start_s, end_s, *(curves.range_deg() if curves.judged else (-15.0, 15.0)))
    parts = [
        f'<svg class="plot chart" viewBox="0 {_TOP} {WIDTH} {_BETWEEN - _TOP}" role="img" '
        f'aria-label="{escape(_told(group))}">',
        _clip(f"{name}-leans", leans),
        *_degrees(leans, "lean, deg", grid=True),
        f'<g clip-path="url(#{name}-leans)">',
        *(_line(leans, curves.time_s, lean_deg, LINES[place]) for place, lean_deg in _leans(curves)),
        "</g>",
        *_reps(curves.group, leans),
        f'</svg><svg class="plot chart" viewBox="0 {_BETWEEN} {WIDTH} {HEIGHT - _BETWEEN}" aria-hidden="true">',
        *_degrees(deviation, "deviation, deg", grid=False),
        *(_deviation(curves, deviation, name) if curves.judged else _not_judged()),
        *_times(deviation),
        "</svg>",
    ]
    return "".join(parts)


def _told(group: RepGroup) -> str:
    """What the plot shows, for those who cannot see it; the table has the numbers."""
    lost = [f"rep {row.rep} at {clock(row.first_lost_s)}" for row in group.rows if row.verdict == "lost"]
    return (
        f"Leans and the deviation of the back from {clock(group.start_s)} to "
        f"{clock(group.end_s)}, {len(group.rows)} bends. Contact lost: {', '.join(lost) or 'never'}."
    )


def _leans(curves: Curves) -> Iterator[tuple[Placement, FloatArray]]:
    return ((place, curves.lean_deg[place]) for place in LINES if place in curves.lean_deg)


def _around(curves: Curves) -> tuple[float, float]:
    """The range of all leans, with a little room."""
    known = [each[np.isfinite(each)] for _, each in _leans(curves)]
    low_deg = min((float(each.min()) for each in known if len(each)), default=0.0)
    high_deg = max((float(each.max()) for each in known if len(each)), default=1.0)
    room_deg = 0.05 * max(high_deg - low_deg, 1.0)
    return low_deg - room_deg, high_deg + room_deg


# --------------------------------------------------------------------------------------------------------------- lines


def _line(panel: _Panel, time_s: FloatArray, values_deg: FloatArray, look: str) -> str:
    """A signal over time; it is broken where nothing is known."""
    known = np.flatnonzero(np.isfinite(values_deg))
    if not len(known):
        return ""
    runs = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
    path = "".join(_strokes(panel.x(time_s[run]), panel.y(values_deg[run])) for run in runs)
    return f'<path class="{look}" d="{path}"/>'


def _strokes(x: FloatArray, y: FloatArray) -> str:
    """A line through these points, as a path of steps from point to point."""
    kept = lowest_and_highest(x, y)
    points = without_straight(x[kept].tolist(), y[kept].tolist())
    steps = [(round(at_x), round(at_y)) for at_x, at_y in points]
    path = f"M{steps[0][0]} {steps[0][1]}l"
    if len(steps) == 1:
        return f"{path}1 0"
    moves = [f"{after[0] - before[0]} {after[1] - before[1]}" for before, after in pairwise(steps)]
    return path + " ".join(moves).replace(" -", "-")


def lowest_and_highest(x: FloatArray, y: FloatArray) -> np.ndarray:
    """Which points are seen of a line (n,) that is drawn from left to right: the ends, and two in each column."""
    column = np.floor(x / COLUMN)
    if len(x) <= 2 * (column[-1] - column[0] + 1):
        return np.arange(len(x))
    order = np.lexsort((y, column))
    edges = np.flatnonzero(np.diff(column[order])) + 1
    lowest, highest = np.append(0, edges), np.append(edges, len(x)) - 1
    return np.unique(np.concatenate([order[lowest], order[highest], [0, len(x) - 1]]))


def without_straight(x: list[float], y: list[float]) -> list[tuple[float, float]]:
    """The points of a line without those that lie nearly on the way between the others (swinging door)."""
    kept = [(x[0], y[0])]
    (from_x, from_y), low, high = kept[0], -math.inf, math.inf
    for index in range(1, len(x)):
        run = max(x[index] - from_x, 1e-9)
        slope = (y[index] - from_y) / run
        if not low <= slope <= high:
            from_x, from_y = x[index - 1], y[index - 1]
            kept.append((from_x, from_y))
            low, high = -math.inf, math.inf
            run = max(x[index] - from_x, 1e-9)
            slope = (y[index] - from_y) / run
        room = STRAIGHT / run
        low, high = max(low, slope - room), min(high, slope + room)
    if len(x) > 1:
        kept.append((x[-1], y[-1]))
    return kept


# ---------------------------------------------------------------------------------------------------------------- axes


def _clip(name: str, panel: _Panel) -> str:
    box = f'x="{_LEFT}" y="{panel.top}" width="{_RIGHT - _LEFT}" height="{panel.bottom - panel.top}"'
    return f'<clipPath id="{name}"><rect {box}/></clipPath>'


def _text(x: int, y: int, text: str, look: str = "") -> str:
    given = f' class="{look}"' if look else ""
    return f'<text x="{x}" y="{y}"{given}>{escape(text)}</text>'


def ticks(low: float, high: float, steps: tuple[int, ...], most: int) -> list[int]:
    """Round numbers between two, at most so many."""
    step = next((step for step in steps if (high - low) / step <= most), steps[-1])
    return list(range(math.ceil(low / step) * step, math.floor(high) + 1, step))


def _degrees(panel: _Panel, name: str, *, grid: bool) -> Iterator[str]:
    """The axis of degrees, and the line at the foot of the panel."""
    middle = (panel.top + panel.bottom) // 2
    for value in ticks(panel.low_deg, panel.high_deg, _DEGREES, 5):
        _, y = panel.at(panel.start_s, value)
        if grid:
            yield f'<path class="grid" d="M{_LEFT} {y}H{_RIGHT}"/>'
        yield _text(_LEFT - 35, y + 28, str(value), "end")
    yield f'<text transform="translate(188 {middle})rotate(-90)" class="mid">{name}</text>'
    yield f'<path class="grid" d="M{_LEFT} {panel.bottom}H{_RIGHT}"/>'


def _times(panel: _Panel) -> Iterator[str]:
    for time_s in ticks(panel.start_s, panel.end_s, _SECONDS, 8):
        yield _text(panel.at(time_s)[0], panel.bottom + 110, clock(time_s).partition(".")[0], "mid")


# ----------------------------------------------------------------------------------------------------------- deviation


def _not_judged() -> Iterator[str]:
    yield _text((_LEFT + _RIGHT) // 2, sum(_DEVIATION) // 2 - 40, "contact not judged", "mid")


def _deviation(curves: Curves, panel: _Panel, name: str) -> Iterator[str]:
    zero = panel.at(panel.start_s)[1]
    yield _clip(f"{name}-deviation", panel)
    yield f'<g clip-path="url(#{name}-deviation)">'
    for loss in curves.losses:
        began, over = panel.at(loss.began_s)[0], panel.at(loss.over_s)[0]
        size = f'width="{max(over - began, 1)}" height="{panel.bottom - panel.top}"'
        yield f'<rect class="loss" x="{began}" y="{panel.top}" {size}/>'
    yield f'<path class="zero" d="M{_LEFT} {zero}H{_RIGHT}"/>'
    yield _line(panel, curves.time_s, curves.deviation_deg, "ink")
    yield _line(panel, curves.time_s, curves.head_deviation_deg, "quiet dotted")
    yield "</g>"
    yield from _limits(curves, panel)
    yield _text(_LEFT + 13, panel.top + 85, curves.telling.rising, "slanted")
    yield _text(_LEFT + 13, panel.bottom - 35, "arching", "slanted")
    named = [loss for loss in curves.losses if loss.direction.reason not in OFF_THE_AXIS]
    for loss in named:
        direction = loss.direction
        yield _mark(*panel.at(loss.began_s, direction.sign * direction.lost_deg), "lost")
        if len(named) <= MOST_NAMED // 2:
            point = words(direction.reason if direction.point == "floor" else direction.point)
            yield _text(panel.at(loss.began_s)[0] + 10, panel.top - 20, point, "lost small")


def _limits(curves: Curves, panel: _Panel) -> Iterator[str]:
    """The limits in force; where they change between two reps they are drawn for the reps that they hold for."""
    for start_s, end_s, limits in curves.limits_in_turn():
        last = end_s == curves.group.end_s  # its limits are named beside the plot, where nothing is in the way
        begin, end = panel.at(start_s)[0], panel.at(end_s)[0]
        for warn_deg, lost_deg in (
            (limits.warn_deg, limits.lost_deg),
            (-limits.arching_warn_deg, -limits.arching_lost_deg),
        ):
            if not np.isfinite(lost_deg):
                continue
            for name, at_deg, outside in (("warned", warn_deg, False), ("lost", lost_deg, True)):
                y = panel.at(start_s, at_deg)[1]
                yield f'<path class="limit {name}" d="M{begin} {y}H{end}"/>'
                above = outside == (at_deg > 0)
                words_y = y + 28 if last else y - 20 if above else y + 85
                place = "" if last else " end"
                yield _text(
                    end + (40 if last else -20), words_y, f"{words(name)} {limit(abs(at_deg))}", f"{name}{place}"
                )


# ---------------------------------------------------------------------------------------------------- reps and legend


def _mark(x: int, y: int, verdict: str) -> str:
    """The shape of a verdict, as the tables have it."""
    half = _MARK // 2
    return f'<use href="#{verdict}" class="{verdict}" x="{x - half}" y="{y - half}" width="{_MARK}" height="{_MARK}"/>'


def _reps(group: RepGroup, panel: _Panel) -> Iterator[str]:
    """A mark above each rep at its bottom: its number, and the shape of its verdict."""
    crowded = len(group.rows) > MOST_NAMED
    for row in group.rows:
        x = panel.at(row.bottom_s)[0]
        yield _mark(x, _MARKS_Y, row.verdict)
        if crowded and row.verdict != "lost" and (row.rep is None or row.rep % 5):
            continue
        name = rep_name({"kind": row.kind, "rep": row.rep})
        yield _text(x, _NAMES_Y, name, "lost mid" if row.verdict == "lost" else "mid")


def chart_legend(curves: Curves) -> str:
    """What the lines and the marks are, as HTML: it wraps where the chart itself has to be scrolled."""
    lines = [(words(place), LINES[place]) for place, _ in _leans(curves)]
    if curves.judged:
        lines.append(("deviation", "ink"))
        if not np.isnan(curves.head_deviation_deg).all():
            lines.append((curves.telling.head, "quiet dotted"))
    told = [
        f'<span><svg class="chart key" viewBox="0 0 {_KEY} {_MARK}" aria-hidden="true"><path class="{look}" '
        f'd="M0 {_MARK // 2}h{_KEY}"/></svg>{escape(name)}</span>'
        for name, look in lines
    ]
    verdicts = {row.verdict for row in curves.group.rows}
    told += [
        f'<span><svg class="mark {each}" aria-hidden="true"><use href="#{each}"/></svg>{words(each)}</span>'
        for each in VERDICTS
        if each in verdicts
    ]
    return f'<p class="legend">{"".join(told)}</p>'

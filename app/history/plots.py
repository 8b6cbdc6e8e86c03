"""Pictures of history: reps and volume per week, and the trends of one group of sets, each its own picture.

So paper can end a page between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from dowel.analysis.drills.method import RULES
from dowel.history.step_back_rules import Decision, Turn
from dowel.history.trends import Trend, Week
from dowel.reports.set_plot import COLOURS, legend_at_top

WIDTH_IN: Final = 7.4
PANEL_IN: Final = 1.25
_TOP_IN, _BOTTOM_IN, _BETWEEN_IN = 0.34, 0.26, 0.2
_BARE_TOP_IN = 0.08
_LEFT, _RIGHT = 0.075, 0.985
BAR_DAYS: Final = 2.8
"""Of the seven of a week: bars that are told apart, also when there are few."""
ALL_PCT: Final = 104.0
"""A share goes no further than its whole; a little more leaves room for its mark."""
MOST_TICKS: Final = 8
LONG_DAYS: Final = 300
"""Over a longer time the axis tells the year too."""
TURNS: Final = {
    Turn.PASSED: ("passed", "held"),
    Turn.BACK: ("back to the stick", "lost"),
    Turn.RETURNED: ("returned", "held"),
}
"""Decisions that are drawn, each with its word and colour."""
_Style = Literal["solid"] | tuple[float, tuple[float, ...]]
_STYLES: Final[Mapping[Turn, _Style]] = {Turn.BACK: (0, (5, 2)), Turn.RETURNED: (0, (2, 2))}


def weeks_plot(weeks: Sequence[Week]) -> Figure:
    """Clean reps and the others per week, and below it the volume, where there was any load."""
    loaded = any(week.volume_kg for week in weeks)
    figure, panels = _panels(2 if loaded else 1)
    at = [week.monday.toordinal() + 3 for week in weeks]  # in the middle of the week
    clean = [sum(week.clean.values()) for week in weeks]
    others = [sum(week.reps.values()) - sum(week.clean.values()) for week in weeks]
    panels[0].bar(at, clean, width=BAR_DAYS, color=COLOURS.held)
    panels[0].bar(
        at, others, width=BAR_DAYS, bottom=clean, color="none", edgecolor=COLOURS.quiet, hatch="////", linewidth=0.6
    )
    panels[0].set_ylabel("reps", color=COLOURS.quiet, fontsize=8)
    if loaded:
        panels[1].bar(at, [week.volume_kg for week in weeks], width=BAR_DAYS, color=COLOURS.sacrum)
        panels[1].set_ylabel("volume, kg", color=COLOURS.quiet, fontsize=8)
    for panel in panels:
        panel.set_ylim(bottom=0)
    _time_axis(panels, weeks[0].monday, date.fromordinal(weeks[-1].monday.toordinal() + 6))
    legend_at_top(
        figure,
        _LEFT,
        [
            Patch(facecolor=COLOURS.held, label="clean reps"),
            Patch(facecolor="none", edgecolor=COLOURS.quiet, hatch="////", linewidth=0.6, label="other reps"),
        ],
    )
    return figure


def trend_plot(trend: Trend, decisions: Sequence[Decision], first: date, last: date, *, named: bool) -> Figure:
    """One quantity from the first day to the last; the decisions as upright lines, ``named`` where these are told."""
    drawn = [each for each in decisions if each.turn in TURNS]
    told: list[Line2D | Patch] = [
        Line2D([], [], color=_colour(turn), linewidth=1.2, linestyle=_style(turn), label=TURNS[turn][0])
        for turn in dict.fromkeys(each.turn for each in drawn if named)
    ]
    if _is_depth(trend) and any(each.at_least for each, _ in trend.points):
        told.append(_mark("^", "none", "at least so deep"))
    if _is_depth(trend) and any(not each.at_least for each, _ in trend.points):
        told.append(_mark("o", COLOURS.ink, "rounding began here"))
    figure, (panel,) = _panels(1, top_in=_TOP_IN if told else _BARE_TOP_IN)
    _draw(trend, panel)
    _time_axis([panel], first, last)
    for each in drawn:
        panel.axvline(each.day.toordinal(), color=_colour(each.turn), linewidth=1.2, linestyle=_style(each.turn))
    if told:
        legend_at_top(figure, _LEFT, told)
    return figure


def _is_depth(trend: Trend) -> bool:
    return trend.quantity.at_least is not None


def _draw(trend: Trend, panel: Axes) -> None:
    at = [each.session.day.toordinal() for each, _ in trend.points if each.session.day]
    values = [value for _, value in trend.points]
    panel.plot(at, values, color=COLOURS.quiet, linewidth=0.9, zorder=2)
    for day, (each, value) in zip(at, trend.points, strict=True):
        least = trend.quantity.at_least is not None and trend.quantity.at_least(each)
        panel.plot(
            day,
            value,
            "^" if least else "o",
            color=COLOURS.ink,
            markerfacecolor=COLOURS.paper if least else COLOURS.ink,
            markersize=5.5,
            zorder=3,
        )
    low, high = min(values), max(values)
    if trend.quantity.title == "drift":
        chance_deg = RULES.drift_deg
        panel.axhspan(-chance_deg, chance_deg, color=COLOURS.grid, alpha=0.45, linewidth=0)
        panel.text(0.004, chance_deg - 0.6, "may be chance", color=COLOURS.quiet, fontsize=7.5, va="top",
                   style="italic", transform=panel.get_yaxis_transform())  # fmt: skip
        low, high = min(low, -chance_deg), max(high, chance_deg)
    room = max(0.12 * (high - low), 0.5 * (trend.quantity.least_range - (high - low)))  # small changes look small
    top = high + room
    panel.set_ylim(low - room, min(top, ALL_PCT) if trend.quantity.unit == " %" else top)
    panel.set_ylabel(f"{trend.quantity.short}, {trend.quantity.unit.strip()}", color=COLOURS.quiet, fontsize=8)


def _mark(shape: str, face: str, label: str) -> Line2D:
    return Line2D(
        [], [], color=COLOURS.ink, marker=shape, markerfacecolor=face, linestyle="none", markersize=5.5, label=label
    )


def _colour(turn: Turn) -> str:
    colour: str = getattr(COLOURS, TURNS[turn][1])
    return colour


def _style(turn: Turn) -> _Style:
    return _STYLES.get(turn, "solid")


# --------------------------------------------------------------------------------------------------------------- frame


def _panels(number: int, top_in: float = _TOP_IN) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels above each other."""
    height_in = top_in + number * PANEL_IN + (number - 1) * _BETWEEN_IN + _BOTTOM_IN
    figure = Figure(figsize=(WIDTH_IN, height_in), facecolor="none")
    panels = []
    for row in range(number):
        bottom_in = height_in - top_in - PANEL_IN - row * (PANEL_IN + _BETWEEN_IN)
        panel = figure.add_axes((_LEFT, bottom_in / height_in, _RIGHT - _LEFT, PANEL_IN / height_in))
        panel.set_facecolor("none")
        for side in ("top", "right", "left"):
            panel.spines[side].set_visible(False)
        panel.spines["bottom"].set_color(COLOURS.grid)
        panel.tick_params(colors=COLOURS.quiet, labelsize=8, length=0)
        panel.grid(axis="y", color=COLOURS.grid, linewidth=0.6)
        panel.set_axisbelow(True)
        panel.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], integer=True))
        panels.append(panel)
    return figure, panels


def _time_axis(panels: Sequence[Axes], first: date, last: date) -> None:
    """The same days under all panels, told at the lowest."""
    form = "%Y-%m-%d" if (last - first).days > LONG_DAYS else "%m-%d"

    def told(ordinal: float, _: int | None) -> str:
        return f"{date.fromordinal(max(int(ordinal), 1)):{form}}"

    for panel in panels:
        panel.set_xlim(first.toordinal() - 1, last.toordinal() + 1)
        panel.xaxis.set_major_locator(FixedLocator(_ticks(first, last)))
        panel.xaxis.set_major_formatter(FuncFormatter(told))
        panel.tick_params(labelbottom=panel is panels[-1])
        panel.yaxis.set_label_coords(-0.042, 0.5)  # under each other


def _ticks(first: date, last: date) -> list[int]:
    """Mondays, as many as there is room for; in a shorter time every day."""
    days = range(first.toordinal(), last.toordinal() + 1)
    mondays = [day for day in days if date.fromordinal(day).weekday() == 0]
    ticks = mondays if len(mondays) > 1 else list(days)
    return ticks[:: len(ticks) // MOST_TICKS + 1]

"""The plot of a set: leans and deviation over time, the limits, and the moments at which contact was lost.

For notebooks, by matplotlib; the HTML report has the same as SVG of its own (``set_chart``). Each thing is told by
shape or word besides its colour.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dowel.recordings.types import Placement
from dowel.reports.curves import MOST_NAMED, OFF_THE_AXIS, Curves, curves_of
from dowel.reports.groups import RepGroup, group_of, only_rep
from dowel.session.results import SessionResults
from dowel.text.wording import clock, limit, rep_name, words

COLOURS: Final = SimpleNamespace(
    paper="#fdfdfb",
    ink="#1c2733",
    quiet="#5b6875",
    grid="#d9dfe5",
    sacrum="#6b3fa0",
    upper_back="#0d7068",
    held="#0a5fae",
    warned="#855300",
    lost="#bf3208",
)
"""Each is one colour and nothing else, so that the report can give it another value in the dark."""

MARKS: Final = {"held": "o", "warned": "^", "lost": "X", "not_judged": "_"}
"""The shape of each verdict; the report's tables have the same."""

SIZE_IN: Final = (7.4, 3.9)
_LEFT, _WIDTH, _HEIGHT = 0.072, 0.822, 0.335
_LEAN_BOTTOM, _DEVIATION_BOTTOM, _REPS_Y = 0.49, 0.06, 0.865


class SetFigure(Figure):
    """A figure that notebooks show by itself, without pyplot."""

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        self.savefig(out, format="png", dpi=130)
        return out.getvalue()


def plot_set(results: SessionResults, number: int | None = None, rep: int | None = None) -> SetFigure:
    """The plot of a set; without a number of the first, or of the whole session where there is no set.

    With ``rep`` of that rep alone. Raises ``InputError`` where the set or the rep does not exist or the signals were
    not kept.
    """
    group = group_of(results, number)
    return plot_curves(curves_of(results, group if rep is None else only_rep(results, group, rep)))


def plot_curves(curves: Curves) -> SetFigure:
    """The plot of a set, or of the bends outside sets."""
    group = curves.group
    figure = SetFigure(figsize=SIZE_IN, facecolor="none")
    leans = figure.add_axes((_LEFT, _LEAN_BOTTOM, _WIDTH, _HEIGHT))
    deviation = figure.add_axes((_LEFT, _DEVIATION_BOTTOM, _WIDTH, _HEIGHT))
    for axes in (leans, deviation):
        _dress(axes, group)
    _draw_leans(curves, leans)
    _draw_deviation(curves, deviation)
    _draw_reps(group, leans)
    _draw_legend(figure, leans, deviation, group)
    return figure


def _dress(axes: Axes, group: RepGroup) -> None:
    """A frame that is hardly seen; time as minutes and seconds."""
    axes.set_facecolor("none")
    axes.set_xlim(group.start_s, max(group.end_s, group.start_s + 1.0))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(COLOURS.grid)
    axes.tick_params(colors=COLOURS.quiet, labelsize=8, length=0)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 3, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at_s, _: clock(at_s).partition(".")[0]))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 1.5, 2, 3, 5, 10], integer=True))


# --------------------------------------------------------------------------------------------------------------- leans


def _draw_leans(curves: Curves, axes: Axes) -> None:
    """Both trunk leans over each other: as long as contact is kept they move together."""
    drawn: tuple[tuple[Placement, str, Any], ...] = (
        (Placement.UPPER_BACK, COLOURS.upper_back, (0, (4, 1.5))),
        (Placement.SACRUM, COLOURS.sacrum, "solid"),
        (Placement.THIGH_LEFT, COLOURS.upper_back, (0, (4, 1.5))),
        (Placement.THIGH_RIGHT, COLOURS.sacrum, "solid"),
        (Placement.STERNUM, COLOURS.quiet, "dotted"),
        (Placement.PELVIS_FRONT, COLOURS.ink, "solid"),
    )
    for placement, colour, style in drawn:
        if placement in curves.lean_deg:
            lean_deg = curves.lean_deg[placement]
            axes.plot(curves.time_s, lean_deg, color=colour, linestyle=style, linewidth=1.4, label=words(placement))
    axes.grid(axis="y", color=COLOURS.grid, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_ylabel("lean, deg", color=COLOURS.quiet, fontsize=8)
    axes.xaxis.set_visible(False)  # both panels have one time


# ----------------------------------------------------------------------------------------------------------- deviation


def _draw_deviation(curves: Curves, axes: Axes) -> None:
    axes.set_ylabel("deviation, deg", color=COLOURS.quiet, fontsize=8)
    axes.axhline(0.0, color=COLOURS.quiet, linewidth=0.8)
    time_s, deviation_deg, head_deg = curves.time_s, curves.deviation_deg, curves.head_deviation_deg
    if not curves.judged:
        axes.set_ylim(-15.0, 15.0)
        axes.text(
            0.5, 0.5, "contact not judged", color=COLOURS.quiet, fontsize=9, ha="center", transform=axes.transAxes
        )
        return
    _draw_limits(curves, axes)
    axes.plot(time_s, deviation_deg, color=COLOURS.ink, linewidth=1.4, label="deviation")
    if not np.isnan(head_deg).all():
        axes.plot(
            time_s,
            head_deg,
            color=COLOURS.quiet,
            linestyle="dotted",
            linewidth=1.2,
            label=curves.telling.head,
        )
    low_deg, high_deg = curves.range_deg()
    axes.set_ylim(low_deg, high_deg)
    for at, word, where in ((0.97, curves.telling.rising, "top"), (0.03, "arching", "bottom")):
        axes.text(0.003, at, word, color=COLOURS.quiet, fontsize=8, va=where, style="italic", transform=axes.transAxes)
    _draw_losses(curves, axes)


def _draw_limits(curves: Curves, axes: Axes) -> None:
    """The limits in force; where they change between two reps they are drawn for the reps that they hold for."""
    for start_s, end_s, limits in curves.limits_in_turn():
        last = end_s == curves.group.end_s  # its limits are named beside the plot, where nothing is in the way
        for warn_deg, lost_deg in (
            (limits.warn_deg, limits.lost_deg),
            (-limits.arching_warn_deg, -limits.arching_lost_deg),
        ):
            if not np.isfinite(lost_deg):
                continue
            axes.hlines(warn_deg, start_s, end_s, colors=COLOURS.warned, linestyles=(0, (1, 2)), linewidth=1.1)
            axes.hlines(lost_deg, start_s, end_s, colors=COLOURS.lost, linestyles=(0, (6, 3)), linewidth=1.1)
            for name, at_deg, outside in (("warned", warn_deg, False), ("lost", lost_deg, True)):
                above = outside == (at_deg > 0)
                axes.annotate(
                    f"{words(name)} {limit(abs(at_deg))}",
                    (end_s, at_deg),
                    xytext=(4 if last else -2, 0 if last else 2 if above else -2.5),
                    textcoords="offset points",
                    ha="left" if last else "right",
                    va="center" if last else "bottom" if above else "top",
                    fontsize=8,
                    color=_colour(name),
                    annotation_clip=False,
                )


def _draw_losses(curves: Curves, axes: Axes) -> None:
    """Each loss of contact: its time shaded, its moment crossed, its point named."""
    top = axes.get_ylim()[1]
    named: list[tuple[float, str]] = []
    for loss in curves.losses:
        direction = loss.direction
        axes.axvspan(loss.began_s, loss.over_s, color=COLOURS.lost, alpha=0.14, linewidth=0)
        if direction.reason in OFF_THE_AXIS:
            continue
        axes.plot(loss.began_s, direction.sign * direction.lost_deg, MARKS["lost"], color=COLOURS.lost, markersize=6)
        named.append((loss.began_s, words(direction.reason if direction.point == "floor" else direction.point)))
    if len(named) > MOST_NAMED // 2:
        return
    for began_s, point in named:
        axes.annotate(point, (began_s, top), xytext=(1, 2), textcoords="offset points", fontsize=7, color=COLOURS.lost)


# ---------------------------------------------------------------------------------------------------- reps and legend


def _draw_reps(group: RepGroup, axes: Axes) -> None:
    """A mark above each rep at its bottom: its number, and the shape of its verdict."""
    across = axes.get_xaxis_transform()
    above = (_REPS_Y - _LEAN_BOTTOM) / _HEIGHT
    crowded = len(group.rows) > MOST_NAMED
    for verdict, shape in MARKS.items():
        at_s = [row.bottom_s for row in group.rows if row.verdict == verdict]
        axes.plot(
            at_s, [above] * len(at_s), shape, color=_colour(verdict), markersize=5, clip_on=False, transform=across
        )
    for row in group.rows:
        if crowded and row.verdict != "lost" and (row.rep is None or row.rep % 5):
            continue
        name = rep_name({"kind": row.kind, "rep": row.rep})
        axes.annotate(
            name,
            (row.bottom_s, above),
            xycoords=across,
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=_colour(row.verdict) if row.verdict == "lost" else COLOURS.quiet,
            annotation_clip=False,
        )


def _colour(verdict: str) -> str:
    colour: str = getattr(COLOURS, verdict, COLOURS.quiet)
    return colour


def _draw_legend(figure: Figure, leans: Axes, deviation: Axes, group: RepGroup) -> None:
    """What the lines and the marks are, in one line at the top."""
    lines: list[Any] = [
        line for axes in (leans, deviation) for line in axes.lines if not str(line.get_label()).startswith("_")
    ]
    verdicts = [verdict for verdict in MARKS if any(row.verdict == verdict for row in group.rows)]
    marks = [
        Line2D(
            [], [], color=_colour(verdict), marker=MARKS[verdict], linestyle="none", markersize=5, label=words(verdict)
        )
        for verdict in verdicts
    ]
    legend_at_top(figure, _LEFT, [*lines, *marks])


def legend_at_top(figure: Figure, left: float, handles: Sequence[Any]) -> None:
    """What lines and marks are, in one line at the top, from where the panels begin (a share of the width)."""
    figure.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(left - 0.01, 1.0),
        ncols=max(len(handles), 1),
        frameon=False,
        fontsize=8,
        labelcolor=COLOURS.quiet,
        handlelength=1.8,
        columnspacing=1.2,
        handletextpad=0.4,
        borderaxespad=0.0,
    )

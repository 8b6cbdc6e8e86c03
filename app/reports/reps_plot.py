"""All reps over each other, from 0 to 100 % of each: of one session, or of two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from dowel.analysis.rows import Rep
from dowel.recordings.errors import InputError
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray
from dowel.reports.curves import curves_of
from dowel.reports.groups import groups_of
from dowel.reports.set_plot import COLOURS, MARKS, SetFigure
from dowel.session.results import SessionResults, points_of
from dowel.text.sanitise import plain
from dowel.text.wording import counted, words

PERCENT: Final = np.linspace(0.0, 100.0, 101)
SIZE_IN: Final = (5.2, 4.6)
"""Of one session; each further one is as wide again."""
LINES: Final[dict[str, Any]] = {
    "held": "solid",
    "warned": (0, (4, 1.5)),
    "lost": (0, (1, 1)),
    "not_judged": (0, (3, 1, 1, 1)),
}
"""A verdict is told by the line besides its colour."""


def plot_reps(sessions: Sequence[tuple[SessionResults, str]], number: int | None = None) -> SetFigure:
    """The lean and the deviation of every rep over the share of it, and their medians; of one set, or of all.

    Each session comes with the parameters that were given to its analysis, or nothing.

    Raises ``InputError`` where a session has no such reps or its signals were not kept.
    """
    figure = SetFigure(figsize=(SIZE_IN[0] * len(sessions), SIZE_IN[1]), facecolor="none", layout="constrained")
    axes = figure.subplots(2, len(sessions), sharex=True, sharey="row", squeeze=False)
    drawn = [_draw(results, number, *axes[:, at]) for at, (results, _) in enumerate(sessions)]
    for leans, (_, parameters) in zip(axes[0], sessions, strict=True):
        if parameters:  # else two analyses of one session would look alike
            leans.set_title(f"{leans.get_title()}\n{parameters}", color=COLOURS.ink, fontsize=9)
    axes[0, 0].set_ylabel("lean, deg", color=COLOURS.quiet, fontsize=8)
    axes[1, 0].set_ylabel("deviation, deg", color=COLOURS.quiet, fontsize=8)
    verdicts = [verdict for verdict in MARKS if any(verdict in each for each in drawn)]
    handles = [
        Line2D([], [], color=getattr(COLOURS, v, COLOURS.quiet), linestyle=LINES[v], label=words(v)) for v in verdicts
    ]
    handles.append(Line2D([], [], color=COLOURS.ink, linewidth=2.4, label="median"))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=8,
        labelcolor=COLOURS.quiet,
    )  # fmt: skip
    return figure


def _draw(results: SessionResults, number: int | None, leans: Axes, deviation: Axes) -> set[str]:
    """One session's column; the verdicts in it."""
    rows = [row for row in results.rep_rows if row.kind == "rep" and number in (None, row.set)]
    if not rows:
        which = "" if number is None else f" in set {number}"
        raise InputError(f"There are no reps{which} of {results.path.name} to lay over each other.")
    curves = [curves_of(results, group) for group in groups_of(results)]
    for axes, kind in ((leans, "lean"), (deviation, "deviation")):
        over = []
        for row in rows:
            whole = next(each for each in curves if row in each.group.rows)
            signal = results.bend_angle_deg(*_span_s(row)) if kind == "lean" else whole.deviation_of(row)
            values = in_percent(signal)
            over.append(values)
            colour = getattr(COLOURS, row.verdict, COLOURS.quiet)
            axes.plot(PERCENT, values, color=colour, linestyle=LINES[row.verdict], linewidth=0.9, alpha=0.75)
        known = np.isfinite(over).any(axis=0)
        median = np.full(len(PERCENT), np.nan)
        median[known] = np.nanmedian(np.array(over)[:, known], axis=0)
        axes.plot(PERCENT, median, color=COLOURS.ink, linewidth=2.4)
        _dress(axes)
    deviation.axhline(0.0, color=COLOURS.quiet, linewidth=0.8)
    limits = results.limits_at(rows[-1])
    for at_deg in (limits.lost_deg, -limits.arching_lost_deg):
        if np.isfinite(at_deg):
            deviation.axhline(at_deg, color=COLOURS.lost, linestyle=(0, (6, 3)), linewidth=1.0)
    leans.set_title(f"{plain(results.path.stem)}: {counted(len(rows), 'rep')}", color=COLOURS.ink, fontsize=9)
    deviation.set_xlabel("% of the rep", color=COLOURS.quiet, fontsize=8)
    return {row.verdict for row in rows}


def in_percent(values: FloatArray) -> FloatArray:
    """A signal (n,) of a rep at each per cent of it (101,); NaN where it is not known on both sides."""
    return np.interp(PERCENT, np.linspace(0.0, 100.0, len(values)), values)


def _span_s(row: Rep) -> tuple[float, float]:
    start, stop = points_of(row)
    return start / GRID_HZ, stop / GRID_HZ


def _dress(axes: Axes) -> None:
    axes.set_facecolor("none")
    axes.set_xlim(0.0, 100.0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(COLOURS.grid)
    axes.tick_params(colors=COLOURS.quiet, labelsize=8, length=0)
    axes.grid(axis="y", color=COLOURS.grid, linewidth=0.6)
    axes.set_axisbelow(True)

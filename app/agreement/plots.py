"""Pictures of a study: what a limit can do for a contact, and where losses lie."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dowel.agreement.study import Roc
from dowel.agreement.supported_limits import SupportedLimit
from dowel.reports.set_plot import COLOURS

SIZE_IN: Final = (7.4, 2.9)
BIN_DEG: Final = 1.0
MOST_DEG: Final = 40.0
"""Larger deviations stand in the last bar."""


def contact_plot(roc: Roc, limit: SupportedLimit | None) -> Figure:
    """Beside each other: deviations of kept and lost reps, and the ROC curve with the limits in force and supported."""
    figure = Figure(figsize=SIZE_IN)
    figure.patch.set_alpha(0.0)
    spread, curve = figure.subplots(1, 2, width_ratios=(1.7, 1.0))
    figure.subplots_adjust(left=0.065, right=0.985, top=0.86, bottom=0.17, wspace=0.22)
    bins = np.arange(0.0, MOST_DEG + BIN_DEG, BIN_DEG)
    for values, colour, hatch, label in (
        (roc.kept_deg, COLOURS.held, "", f"stayed on the rod ({len(roc.kept_deg)})"),
        (roc.off_deg, COLOURS.lost, "////", f"truly left it ({len(roc.off_deg)})"),
    ):
        spread.hist(
            np.clip(values, 0.0, MOST_DEG - BIN_DEG / 2),
            bins,
            color=colour if not hatch else "none",
            edgecolor=colour,
            hatch=hatch,
            linewidth=0.8,
            alpha=None if hatch else 0.75,
            label=label,
        )
    spread.set_xlabel("largest deviation held, °", color=COLOURS.quiet, fontsize=8)
    spread.set_ylabel("reps", color=COLOURS.quiet, fontsize=8)
    curve.plot([0, 1], [0, 1], color=COLOURS.grid, linewidth=1)
    curve.plot(roc.false, roc.true, color=COLOURS.sacrum, linewidth=1.8, drawstyle="steps-post")
    curve.set_xlabel("kept reps told as lost", color=COLOURS.quiet, fontsize=8)
    curve.set_ylabel("lost reps told", color=COLOURS.quiet, fontsize=8)
    curve.set_xlim(-0.02, 1.02)
    curve.set_ylim(-0.02, 1.04)
    if limit is not None:
        _mark(spread, curve, roc, limit.in_force_deg[0], COLOURS.ink, "solid", "in force")
        if not np.isnan(limit.limit_deg.value):
            _mark(spread, curve, roc, limit.limit_deg.value, COLOURS.upper_back, (0, (4, 2)), "supported")
    for panel in (spread, curve):
        panel.set_facecolor("none")
        panel.tick_params(colors=COLOURS.quiet, labelsize=8, length=3)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            panel.spines[side].set_color(COLOURS.grid)
    figure.legend(
        *spread.get_legend_handles_labels(),
        loc="upper left",
        bbox_to_anchor=(0.055, 1.0),
        ncols=4,
        frameon=False,
        fontsize=8,
        labelcolor=COLOURS.ink,
    )
    return figure


_Style = Literal["solid"] | tuple[float, tuple[float, ...]]


def _mark(spread: Axes, curve: Axes, roc: Roc, limit_deg: float, colour: str, style: _Style, word: str) -> None:
    """A limit in both panels."""
    spread.axvline(limit_deg, color=colour, linestyle=style, linewidth=1.4, label=f"limit {word}, {limit_deg:.1f}°")
    false = float(np.mean(np.array(roc.kept_deg) > limit_deg))
    true = float(np.mean(np.array(roc.off_deg) > limit_deg))
    curve.plot([false], [true], marker="o" if word == "in force" else "D", color=colour, markersize=6)

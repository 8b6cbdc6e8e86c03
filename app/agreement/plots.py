"""Pictures of a study: what a limit can do for a contact, and where losses lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dowel.agreement.roc import Roc
from dowel.agreement.study import LeanAgreement
from dowel.agreement.supported_limits import SupportedLimit
from dowel.reports.set_plot import COLOURS
from dowel.text.wording import words

SIZE_IN: Final = (7.4, 2.9)
BIN_DEG: Final = 1.0
MOST_DEG: Final = 40.0
"""Larger deviations stand in the last bar."""


def contact_plot(roc: Roc, limit: SupportedLimit | None) -> Figure:
    """Beside each other: deviations of kept and lost reps, and the ROC curve with its interval and the limits."""
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
            facecolor=colour if not hatch else "none",
            edgecolor=colour,
            hatch=hatch,
            linewidth=0.8,
            alpha=None if hatch else 0.75,
            label=label,
        )
    spread.set_xlabel("largest deviation held, °", color=COLOURS.quiet, fontsize=8)
    spread.set_ylabel("reps", color=COLOURS.quiet, fontsize=8)
    curve.plot([0, 1], [0, 1], color=COLOURS.grid, linewidth=1)
    if roc.band:
        false, low, high = zip(*roc.band, strict=True)
        curve.fill_between(false, low, high, color=COLOURS.sacrum, alpha=0.18, linewidth=0)
        curve.annotate("shaded: 95 % interval", (0.97, 0.06), ha="right", color=COLOURS.quiet, fontsize=8)
    curve.plot(roc.false, roc.true, color=COLOURS.sacrum, linewidth=1.8, drawstyle="steps-post")
    spread.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    curve.set_xlabel("kept reps told as lost", color=COLOURS.quiet, fontsize=8)
    curve.set_ylabel("lost reps told", color=COLOURS.quiet, fontsize=8)
    curve.set_xlim(-0.02, 1.02)
    curve.set_ylim(-0.02, 1.04)
    if limit is not None:
        _mark(spread, curve, roc, limit.in_force_deg[0], COLOURS.ink, "solid", "in force")
        if not np.isnan(limit.limit_deg.value):
            _mark(spread, curve, roc, limit.limit_deg.value, COLOURS.upper_back, (0, (4, 2)), "supported")
    for panel in (spread, curve):
        _tidy(panel)
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


def lean_plot(leans: Sequence[LeanAgreement]) -> Figure:
    """Bland and Altman's picture of each segment beside the rod: difference of the leans over their mean."""
    figure = Figure(figsize=SIZE_IN)
    figure.patch.set_alpha(0.0)
    panels = figure.subplots(1, len(leans), squeeze=False, sharey=True)[0]
    figure.subplots_adjust(left=0.085, right=0.93, top=0.88, bottom=0.17, wspace=0.3)
    for panel, lean in zip(panels, leans, strict=True):
        colour = getattr(COLOURS, lean.segment)
        mean_deg, difference_deg = zip(*lean.points_deg, strict=True)
        panel.scatter(mean_deg, difference_deg, s=14, color=colour, alpha=0.7, linewidth=0)
        found = lean.beyond_rod_deg
        for value_deg, style in ((found.low, (0, (4, 2))), (found.bias, "solid"), (found.high, (0, (4, 2)))):
            panel.axhline(value_deg, color=COLOURS.ink, linestyle=style, linewidth=1)
            panel.annotate(
                f"{value_deg:+.1f}",
                (1.01, value_deg),
                xycoords=("axes fraction", "data"),
                fontsize=8,
                va="center",
                color=COLOURS.ink,
            )
        panel.set_title(words(lean.segment), loc="left", fontsize=9, color=COLOURS.ink)
        panel.set_xlabel("mean of both leans, °", color=COLOURS.quiet, fontsize=8)
        _tidy(panel)
    panels[0].set_ylabel("beyond the rod's lean, °", color=COLOURS.quiet, fontsize=8)
    return figure


def _tidy(panel: Axes) -> None:
    panel.set_facecolor("none")
    panel.tick_params(colors=COLOURS.quiet, labelsize=8, length=3)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        panel.spines[side].set_color(COLOURS.grid)


_Style = Literal["solid"] | tuple[float, tuple[float, ...]]


def _mark(spread: Axes, curve: Axes, roc: Roc, limit_deg: float, colour: str, style: _Style, word: str) -> None:
    """A limit in both panels."""
    spread.axvline(limit_deg, color=colour, linestyle=style, linewidth=1.4, label=f"limit {word}, {limit_deg:.1f}°")
    false = float(np.mean(np.array(roc.kept_deg) > limit_deg))
    true = float(np.mean(np.array(roc.off_deg) > limit_deg))
    curve.plot([false], [true], marker="o" if word == "in force" else "D", color=colour, markersize=6)

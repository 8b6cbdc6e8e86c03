"""Plots of matplotlib for HTML pages, as SVG that takes its colours from the page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Final

import matplotlib
from matplotlib.figure import Figure as PlotFigure

from dowel.reports.set_plot import COLOURS

SIMPLIFIED_PT: Final = 0.25
"""Points of a line are left out that move it by no more: nobody would miss them at four times the size."""


def plot_svg(draw: Callable[[], PlotFigure], name: str, told: str) -> str:
    """A plot as SVG; ``told`` says what it shows, for those who cannot see it."""
    out = io.StringIO()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the reader has set up for plots of their own
        matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text
        matplotlib.rcParams["svg.hashsalt"] = name
        matplotlib.rcParams["path.simplify_threshold"] = SIMPLIFIED_PT
        draw().savefig(out, format="svg", metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<g id=\"[^\"]*\"", "<g", svg)  # the same in every plot, and used by nothing
    svg = re.sub(r"(\d\.\d\d)\d+", r"\1", svg)
    for colour, value in vars(COLOURS).items():
        svg = svg.replace(value, f"var(--{colour.replace('_', '-')})")
    box = re.search(r'viewBox="[^"]*"', svg)
    assert box is not None
    head = f'<svg class="plot" {box[0]} role="img" aria-label="{escape(told)}">'
    return head + svg[svg.index(">") + 1 :].replace("\n", "")

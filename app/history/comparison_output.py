"""A comparison for a person: in the terminal, and as a page that is one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from markupsafe import Markup
from matplotlib.figure import Figure
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from dowel.history.comparison import MEDIANS, Compared, Comparison, Line, sides_words
from dowel.history.wording import SEPARATE
from dowel.reports.letterhead import Letterhead
from dowel.reports.page_style import resource, stylesheet, template
from dowel.reports.pictures import plot_svg
from dowel.reports.set_plot import COLOURS, MARKS
from dowel.reports.tables import TableColumn, TableView
from dowel.settings.version import program_version
from dowel.text.fitting_table import fitting_table
from dowel.text.sanitise import plain
from dowel.text.wording import DISCLAIMER, known

WIDTH_IN, HEIGHT_IN = 7.4, 1.9
_SPREAD: Final = 0.26
"""Reps of one side lie beside each other, in their order, over so much of its row."""


def print_comparison(out: Console, comparison: Comparison, left_out: Sequence[str]) -> None:
    """Everything about it."""
    out.print()
    _print(out, Text(comparison.person, style="bold"))
    _print(out, Text(sides_words(comparison)))
    out.print()
    _print(out, Text(DISCLAIMER, style="italic"))
    for group in comparison.groups:
        out.print()
        _print(out, Text(group.group.title, style="bold"))
        _print(out, Text(group.group.measured, style="dim"))
        titles = {"": True, group.names[0]: False, group.names[1]: False, "change": True}
        rows = [[Text(cell) for cell in (line.title, line.first, line.second, line.change)] for line in group.lines]
        _print(out, fitting_table(titles, rows, out.width - 2))
        if group.caution:
            _print(out, Text(group.caution, style="yellow"))
    out.print()
    for sentence in comparison.alone:
        _print(out, Text(f"{sentence}."))
    _print(out, Text(MEDIANS if comparison.groups else SEPARATE, style="dim"))
    for sentence in left_out:
        _print(out, Text(f"Left out: {plain(sentence)}", style="yellow"))
    out.print()


def _print(out: Console, shown: Any) -> None:
    out.print(Padding(shown, (0, 0, 0, 2), expand=False))


def comparison_page(comparison: Comparison, left_out: Sequence[str], letterhead: Letterhead | None = None) -> str:
    """The page."""
    first, second = comparison.first.name, comparison.second.name
    groups = [
        {
            "title": each.group.title,
            "measured": each.group.measured,
            "table": _table(each.lines, *each.names),
            "plot": Markup(plot_svg(partial(_plot, each), f"compared-{place}", _told(each))),
            "caution": each.caution,
        }
        for place, each in enumerate(comparison.groups)
    ]
    return template("comparison.html", "dowel.history").render(
        title=f"{first} and {second}",
        letterhead=letterhead,
        person=comparison.person,
        sides=sides_words(comparison),
        groups=groups,
        alone=comparison.alone,
        medians=MEDIANS,
        separate=SEPARATE,
        disclaimer=DISCLAIMER.splitlines(),
        left_out=[plain(sentence) for sentence in left_out],
        css=stylesheet() + Markup(resource("page.css", "dowel.history")),
        version=program_version(),
    )


def _table(lines: Sequence[Line], first: str, second: str) -> TableView:
    columns = (
        TableColumn("", lambda row: row["title"], is_words=True),
        TableColumn(first, lambda row: row["first"]),
        TableColumn(second, lambda row: row["second"]),
        TableColumn("change", lambda row: row["change"]),
    )
    return TableView(columns, tuple(((line.title, line.first, line.second, line.change), "") for line in lines))


def _told(group: Compared) -> str:
    return f"The largest deviation of each rep, {len(group.first)} and {len(group.second)} of {group.group.title}."


def _plot(group: Compared) -> Figure:
    """The largest deviation of each rep, one row for each side; shapes are those of the verdicts."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), facecolor="none")
    panel = figure.add_axes((0.02, 0.24, 0.96, 0.66))
    panel.set_facecolor("none")
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    panel.spines["bottom"].set_color(COLOURS.grid)
    panel.axvline(0.0, color=COLOURS.grid, linewidth=0.8)
    for row, (name, reps) in enumerate(zip(group.names, (group.first, group.second), strict=True)):
        _dots(panel, 1.0 - row, reps)
        panel.text(0.0, 1.0 - row + 0.36, name, color=COLOURS.quiet, fontsize=8, transform=panel.get_yaxis_transform())
    panel.set_ylim(-0.45, 1.6)
    panel.set_yticks([])
    panel.tick_params(colors=COLOURS.quiet, labelsize=8, length=0)
    panel.set_xlabel("arching < largest deviation of each rep, deg > rounding", color=COLOURS.quiet, fontsize=8)
    return figure


def _dots(panel: Any, at: float, reps: Sequence[Mapping[str, Any]]) -> None:
    for place, row in enumerate(reps):
        peaks = [float(row[name]) for name in ("flexion_peak_deg", "extension_peak_deg") if known(row[name])]
        if peaks and row["verdict"] in MARKS and row["verdict"] != "not_judged":
            offset = _SPREAD * (0.5 - (place + 0.5) / len(reps))
            colour = getattr(COLOURS, row["verdict"])
            panel.plot(max(peaks, key=abs), at + offset, MARKS[row["verdict"]], color=colour, markersize=5)

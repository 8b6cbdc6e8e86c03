"""The chart of a set on the page: no more points than a screen shows, and nothing lost that it would show."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from dowel.reports.curves import Curves, curves_of
from dowel.reports.groups import groups_of
from dowel.reports.notebook import analyse
from dowel.reports.set_chart import (
    COLUMN,
    STRAIGHT,
    WIDTH,
    chart_legend,
    lowest_and_highest,
    set_chart,
    ticks,
    without_straight,
)
from dowel.session.results import SessionResults


@pytest.fixture(scope="module")
def results(session: Path) -> SessionResults:
    return analyse(session)


@pytest.fixture(scope="module")
def curves(results: SessionResults) -> Curves:
    (group,) = groups_of(results)
    return curves_of(results, group)


def points_of(path: str) -> np.ndarray:
    """The points that a path of ours leads through."""
    begin, _, steps = path.removeprefix("M").partition("l")
    moves = [int(number) for number in re.findall(r"-?\d+", f"{begin} {steps}")]
    return np.cumsum(np.reshape(moves, (-1, 2)), axis=0)


def test_the_drawn_lines_are_the_signals(curves: Curves) -> None:
    svg = set_chart(curves, "a")
    group = curves.group
    for look, signal in (
        ("sacrum", curves.lean_deg[next(place for place in curves.lean_deg if place == "sacrum")]),
        ("ink", curves.deviation_deg),
    ):
        drawn = points_of(max(re.findall(rf'class="{look}" d="([^"]*)"', svg), key=len))
        place = (curves.time_s - group.start_s) / (group.end_s - group.start_s)
        found = np.interp(place, (drawn[:, 0] - drawn[0, 0]) / np.ptp(drawn[:, 0]), -drawn[:, 1])
        slope, offset = np.polyfit(found, signal, 1)
        assert slope > 0
        assert np.abs(slope * found + offset - signal).max() < 0.02 * np.ptp(signal) + 6.0 * slope


def test_it_says_what_the_plot_says(results: SessionResults, curves: Curves) -> None:
    svg = set_chart(curves, "a")
    lost = [row for row in results.rep_rows if row.verdict == "lost"]
    said = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    for words in ("sacrum", "upper back", "lost 10°", "close 6°", "lost 12°", "close 8°", "rounding", "arching"):
        assert words in said
    assert [word for word in said if re.fullmatch("[1-8]", word)] == list("12345678")
    for verdict in ("held", "warned", "lost", "not_judged"):
        rows = sum(row.verdict == verdict for row in results.rep_rows)
        crosses = len(lost) if verdict == "lost" else 0
        assert svg.count(f'href="#{verdict}"') == rows + crosses
    assert "at 1:" in svg.partition(">")[0], "those who cannot see it are told when contact was lost"
    assert set_chart(curves, "b") != svg, "names inside differ, as both may stand on one page"
    assert "#" not in svg.replace('href="#', "").replace("url(#", ""), "no colour of its own"


def test_the_legend_stands_beside_the_chart_and_names_what_is_drawn(results: SessionResults, curves: Curves) -> None:
    legend, svg = chart_legend(curves), set_chart(curves, "a")
    told = re.findall(r"</svg>([^<]*)</span>", legend)
    named = {"held": "held", "warned": "close", "lost": "lost"}
    verdicts = [word for each, word in named.items() if any(row.verdict == each for row in results.rep_rows)]
    assert told == ["upper back", "sacrum", "deviation", *verdicts]
    for look in re.findall(r'<path class="([^"]*)"', legend):
        assert f'class="{look}"' in svg
    assert "deviation<" not in svg, "a chart is scrolled on a phone, what it means is not"


@pytest.mark.parametrize("points", [1, 2, 300, 6_000, 1_440_000])
def test_a_line_has_no_more_points_than_columns_can_show(points: int) -> None:
    rng = np.random.default_rng(points)
    x, y = np.linspace(0.0, WIDTH, points), rng.normal(0.0, 300.0, points)
    y[points // 2] = 5_000.0
    kept = lowest_and_highest(x, y)
    assert len(kept) <= 2 * (WIDTH // COLUMN + 1) + 2
    assert points // 2 in kept, "what stands out is seen, however short it was"
    assert kept[0] == 0
    assert kept[-1] == points - 1
    drawn = np.array(without_straight(x[kept].tolist(), y[kept].tolist()))
    assert drawn[:, 1].max() > 5_000.0 - STRAIGHT


def test_points_are_left_out_only_where_the_line_is_straight() -> None:
    x = np.arange(2000.0)
    y = 400.0 * np.sin(x / 150.0)
    drawn = np.array(without_straight(x.tolist(), y.tolist()))
    assert len(drawn) < 300
    off = np.abs(np.interp(x, drawn[:, 0], drawn[:, 1]) - y)
    assert off.max() <= STRAIGHT + 1e-9


def test_ticks_are_round_and_few() -> None:
    assert ticks(41.4, 99.5, (1, 2, 5, 10, 15), 8) == [50, 60, 70, 80, 90]
    assert ticks(-18.0, 16.0, (5, 10, 20), 5) == [-10, 0, 10]

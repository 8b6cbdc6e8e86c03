"""The plot of a set: what is drawn is what was measured, and drawing it leaves the reader's matplotlib alone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dowel
from dowel.recordings.errors import InputError
from dowel.recordings.grid_points import GRID_HZ
from dowel.reports.lifter_picture import lifter_svg
from dowel.reports.notebook import analyse
from dowel.reports.set_plot import MARKS, SetFigure
from dowel.reports.worst_moment import worst_moment
from dowel.session.results import SessionResults


@pytest.fixture(scope="module")
def results(session: Path) -> SessionResults:
    return analyse(session)


@pytest.fixture(scope="module")
def figure(results: SessionResults) -> SetFigure:
    return results.plot()


def line(figure: SetFigure, axes: int, label: str) -> tuple[np.ndarray, np.ndarray]:
    (found,) = [each for each in figure.axes[axes].lines if each.get_label() == label]
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


@pytest.mark.parametrize(
    ("axes", "label", "column"),
    [
        (0, "sacrum", "sacrum_lean_deg"),
        (0, "upper back", "upper_back_lean_deg"),
        (1, "deviation", "spine_deviation_deg"),
    ],
)
def test_the_lines_are_the_signals(
    results: SessionResults, figure: SetFigure, axes: int, label: str, column: str
) -> None:
    time_s, values = line(figure, axes, label)
    signals = results.signals.set_index("time_s")[column]
    np.testing.assert_array_equal(values, signals.loc[time_s[0] - 0.001 : time_s[-1] + 0.001].to_numpy())
    assert time_s[0] <= results.rep_rows[0].start_s
    assert time_s[-1] >= results.rep_rows[-1].end_s


def test_each_rep_has_the_mark_of_its_verdict(results: SessionResults, figure: SetFigure) -> None:
    for verdict, shape in MARKS.items():
        drawn = [
            at_s
            for each in figure.axes[0].lines
            if each.get_marker() == shape and each.get_linestyle() == "None"
            for at_s in np.asarray(each.get_xdata())
        ]
        assert drawn == [row.bottom_s for row in results.rep_rows if row.verdict == verdict]
    numbers = [text.get_text() for text in figure.axes[0].texts]
    assert numbers == list("12345678")


def test_the_moments_of_loss_are_marked(results: SessionResults, figure: SetFigure) -> None:
    crosses = [each for each in figure.axes[1].lines if each.get_marker() == MARKS["lost"]]
    drawn = sorted((float(each.get_xdata()[0]), float(each.get_ydata()[0])) for each in crosses)
    lost = [row for row in results.rep_rows if row.verdict == "lost"]
    assert drawn == [(pytest.approx(row.first_lost_s), 10.0 if row.contact_lost == "sacrum" else -12.0) for row in lost]
    texts = [text.get_text() for text in figure.axes[1].texts]
    for said in ("sacrum", "upper back", "lost 10°", "close 6°", "lost 12°", "close 8°", "rounding", "arching"):
        assert said in texts


def test_a_set_by_its_number(session: Path, results: SessionResults) -> None:
    assert isinstance(dowel.analyse(session).plot(1), SetFigure)
    with pytest.raises(InputError, match=r"no set 7 in practice\.dowel \(sets: 1\)"):
        results.plot(7)
    with pytest.raises(InputError, match="not kept"):
        replace(results, _engine=None).plot()


def test_a_notebook_shows_it(figure: SetFigure) -> None:
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.slow
def test_drawing_changes_nothing_of_the_reader_s_matplotlib(session: Path) -> None:
    """No pyplot, no backend chosen, no setting changed; and nothing of it is loaded before it is asked for."""
    script = """
import sys
import dowel
session = dowel.analyse(sys.argv[1])
assert "matplotlib" not in sys.modules
import matplotlib
def settings():  # all but the backend, which is chosen when somebody looks
    return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}
before = settings()
session.plot()._repr_png_()
from dowel.reports.page import html_page, session_view
html_page([session_view(session)])
assert "matplotlib.pyplot" not in sys.modules
assert settings() == before
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script, str(session)], check=True)


@pytest.mark.parametrize("lost", [(5, 7), (5,), (7,)], ids=["both", "rounded", "arched"])
def test_the_worst_moment_is_a_moment_of_its_rep(results: SessionResults, lost: tuple[int, ...]) -> None:
    moment = worst_moment(results, [row for row in results.rep_rows if row.verdict != "lost" or row.rep in lost])
    assert moment is not None
    assert moment.row.rep == lost[0]
    assert moment.pose.deviation_deg == moment.deviation_deg
    assert moment.row.start_s <= moment.time_s <= moment.row.end_s
    peaks = {"sacrum": moment.row.flexion_peak_deg, "upper_back": moment.row.extension_peak_deg}
    assert moment.deviation_deg == peaks[moment.direction.point]
    signals = results.signals
    at = signals.iloc[(signals["time_s"] - moment.time_s).abs().argmin()]
    assert at["sacrum_lean_deg"] == moment.hinge_deg
    assert at["spine_deviation_deg"] == pytest.approx(moment.deviation_deg, abs=0.5)
    svg = lifter_svg(moment)
    assert f"{moment.gap_mm:.0f} mm</text>" in svg
    assert 'class="cross"' in svg


def test_the_worst_of_held_reps_is_drawn_without_a_gap(results: SessionResults) -> None:
    held = [row for row in results.rep_rows if row.verdict == "held"]
    moment = worst_moment(results, held)
    assert moment is not None
    assert 'class="gap"' not in lifter_svg(moment)
    assert worst_moment(results, []) is None
    assert worst_moment(results, [replace(held[0], verdict="not_judged")]) is None


def test_a_gap_in_the_data_is_a_gap_in_the_line(results: SessionResults) -> None:
    """And reps whose sensors were not in time have no deviation to look at."""
    rows = [
        replace(row, verdict="not_judged", verdict_reason="sync") if row.rep == 3 else row for row in results.rep_rows
    ]
    changed = replace(results, rep_rows=rows)
    time_s, values = line(changed.plot(), 1, "deviation")
    inside = (time_s >= rows[2].start_s) & (time_s <= rows[2].end_s)
    assert np.isnan(values[inside]).all()
    assert np.isfinite(values[~inside]).mean() > 0.9
    assert len(time_s) == round((time_s[-1] - time_s[0]) * GRID_HZ) + 1

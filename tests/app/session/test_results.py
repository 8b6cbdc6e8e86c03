"""What whoever looks at a session can ask its results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dowel.analysis.events import ContactPassed
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Placement
from dowel.reports.notebook import AnalysedSession, analyse
from dowel.session.current_state import Contact
from dowel.session.following import follow
from dowel.session.results import SessionResults
from dowel.session.signal_table import signal_blocks, signal_columns


@pytest.fixture(scope="module")
def results(session: Path) -> AnalysedSession:
    return analyse(session)


def test_signals_are_asked_for_by_session_time(results: AnalysedSession) -> None:
    signals = results.signals
    start_s, stop_s = 3.0, results.analysed_until_s - 1.0
    asked = signals[(signals.time_s > start_s - 0.005) & (signals.time_s < stop_s - 0.005)]
    for column, values in (
        ("sacrum_lean_deg", results.lean_deg(Placement.SACRUM, start_s, stop_s)),
        ("upper_back_lean_deg", results.lean_deg(Placement.UPPER_BACK, start_s, stop_s)),
        ("spine_deviation_deg", results.deviation_deg(start_s, stop_s)),
    ):
        assert np.array_equal(np.asarray(values), asked[column].to_numpy(), equal_nan=True), column
    assert results.lean_deg(Placement.SHANK, start_s, stop_s) is None
    moment = results.angles_at(asked.time_s.iloc[700])
    assert moment.lean_deg[Placement.SACRUM] == moment.pelvis_lean_deg == asked.sacrum_lean_deg.iloc[700]


@pytest.mark.parametrize("points", [137, 2_000, 10**6])
def test_signals_in_runs_are_the_signals(results: AnalysedSession, points: int) -> None:
    """Wherever they are cut, in the middle of a lost rep too."""
    whole, runs = signal_columns(results), list(signal_blocks(results, points))
    assert len(runs) == -(-len(whole["time_s"]) // points)
    for name, values in whole.items():
        joined = np.concatenate([run[name] for run in runs])
        assert joined.dtype == values.dtype, name
        assert np.array_equal(joined, values, equal_nan=name != "kind"), name
    assert whole["lost"].any()
    assert list(signal_blocks(SessionResults(results.path, {}, (), (), ()), points)) == [{}]


def test_losses_and_peaks_are_those_of_the_row(results: AnalysedSession) -> None:
    lost = [row for row in results.rep_rows if row.verdict == "lost"]
    assert lost
    for row in results.rep_rows:
        found = list(results.losses(row))
        assert bool(found) == (row.verdict == "lost")
        if found:
            assert row.start_s + min(crossing.first for _, crossing in found) / GRID_HZ == pytest.approx(
                row.first_lost_s
            )
        rounded_deg = results.signals_of(row)["rounded"]
        assert np.nanmax(rounded_deg) >= row.flexion_peak_deg
        assert results.limits_at(row) == results.now.limits


@pytest.mark.slow
def test_now_says_what_the_cues_say(session: Path) -> None:
    """As soon as a contact is told as lost its point is shown as lost, and a bend is under way."""
    with open_session(session) as opened:
        results = SessionResults.of(opened)
        with pytest.raises(RuntimeError, match="no engine"):
            _ = results.now
        seen = []
        for part in follow(opened, results, notifications_per_slice=2):
            assert part.now_s == results.analysed_until_s
            assert bool(results.now.contacts) == (results.calibration is not None)
            for event in part.events:
                if isinstance(event, ContactPassed) and event.level == "lost":
                    assert results.now.time_s - event.time_s < 0.05
                    seen.append(results.now.contacts[event.point])
                    assert results.now.bend_began_s is not None
                    assert results.now.bend_began_s < event.began_s
    assert seen
    assert set(seen) == {Contact.LOST}

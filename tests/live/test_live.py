"""Live practices over the simulated Bluetooth give what really happened, and a replay gives the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dowel.analysis.events import ContactPassed
from dowel.commands import run
from dowel.cues.cue import CueKind
from dowel.practice.demo import compare
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Placement
from dowel.reports.notebook import analyse
from dowel.sensors.drivers import DRIVERS
from dowel.sensors.simulated import set_of_hinges
from dowel.sensors.simulated.world import Worn
from dowel.session.run_session import rows_as_heard, verdicts_that_differ
from tests.depth import at_night
from tests.live.__main__ import AIR, KINDS, for_a_while, worn
from tests.live.figures import clock_errors_ms, cue_times, limits_of, right, sync_errors_ms
from tests.live.rig import Measured, practise
from tests.simulated_devices import PERIPHERALS

pytestmark = pytest.mark.slow

CLEAR_DEG = (0.0, 20.0, -20.0)
"""Held, lost at the sacrum, lost at the upper back, all far from a limit."""
SYNC_KNOWN_MS = 25.0
"""What is said of the clocks after a minute must be true, and of use: from 60 ms on nothing is judged."""
USABLE = [driver.name for driver in DRIVERS if not driver.refusal]
IN_EVERY_RUN = [("movesense", "polar")]
"""Some samples in a notification, and a hundred. Those of ``KINDS`` do a longer set below."""
AT_NIGHT = [*zip(USABLE, USABLE[::-1], strict=True), *zip(USABLE, USABLE, strict=True)]
"""Upper back and sacrum: each driver at both places, and two of a kind."""


@pytest.mark.parametrize("names", AT_NIGHT if at_night() else IN_EVERY_RUN)
def test_every_driver_is_practised_with(names: tuple[str, str], tmp_path: Path) -> None:
    """Found, connected, started, calibrated, judged: the emulator at one end, verdicts at the other."""
    pieces = set_of_hinges(3, peaks_deg=CLEAR_DEG, set_marks=False)
    trunk = (Placement.UPPER_BACK, Placement.SACRUM)
    sensors = [Worn(place, PERIPHERALS[name]) for place, name in zip(trunk, names, strict=True)]
    measured = practise(tmp_path / "x.dowel", sensors, seed=2, set_pieces=pieces, **AIR)
    assert measured.live.failure is None
    assert tuple(sensor.driver for sensor in measured.live.engine.sensors) == names
    assert [(row.kind, row.verdict, row.contact_lost) for row in measured.live.results.rep_rows] == [
        ("rep", "held", ""),
        ("rep", "lost", "sacrum"),
        ("rep", "lost", "upper_back"),
    ]
    assert [repr(event) for event in analyse(tmp_path / "x.dowel").events] == [
        repr(event) for event in measured.live.results.events
    ]


@pytest.fixture(scope="module")
def set_of_eight(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Measured]:
    """A practice with sensors of a kind, made when it is first asked for."""

    @cache
    def practised(driver: str) -> Measured:
        path, seed = tmp_path_factory.mktemp("eight") / "x.dowel", 31_000 + list(KINDS).index(driver)
        peaks_deg = (0.0, 20.0, 0.0, -20.0, 0.0, 25.0, 0.0, 0.0)
        pieces = set_of_hinges(8, seed=seed, peaks_deg=peaks_deg, set_marks=False)
        return practise(path, worn(driver), seed=seed, set_pieces=pieces, **AIR)

    return practised


@pytest.mark.parametrize("driver", KINDS if at_night() else ["witmotion"])
def test_a_set_is_counted_and_judged_as_it_was(driver: str, set_of_eight: Callable[[str], Measured]) -> None:
    measured = set_of_eight(driver)
    truth = [rep for rep in measured.truth.reps if rep.kind == "rep"]
    compared = compare(measured.live.results, truth, measured.origin_s)
    assert len(measured.live.results.rep_rows) == len(truth) == 8
    assert all(right(each, limits_of(measured)) in (True, None) for each in compared)
    assert np.percentile(sync_errors_ms(measured), 95) <= measured.live.engine.sync(60.0).ms <= SYNC_KNOWN_MS
    assert len(cue_times(measured)) == 3
    lost = [event for event, _, _ in measured.heard if isinstance(event, ContactPassed) and event.level == "lost"]
    told = [cue for cue in measured.cues if cue.kind is CueKind.CONTACT and cue.time_s in {e.time_s for e in lost}]
    assert [cue.point for cue in told] == [event.point for event in lost] == ["sacrum", "upper_back", "sacrum"]
    assert len(measured.handed_s) > len(measured.cues), "the tone as well"


def test_replay_report_and_what_was_heard_are_the_same(
    set_of_eight: Callable[[str], Measured], capsys: pytest.CaptureFixture[str]
) -> None:
    measured = set_of_eight("witmotion")
    path = measured.live.results.path
    again = analyse(path)
    assert [repr(event) for event in again.events] == [repr(event) for event in measured.live.results.events]
    assert repr(again.rep_rows) == repr(measured.live.results.rep_rows)
    with open_session(path) as session:
        assert verdicts_that_differ(rows_as_heard(session), again.rep_rows) == 0
        assert session.facts["closed"] is True
    for command in (
        ["replay", str(path), "--speed", "max"],
        ["report", str(path)],
        ["report", str(path), "--as-heard"],
    ):
        assert run(command) == 0
        assert "lost" in capsys.readouterr().out


@pytest.mark.parametrize(("count", "seconds"), [(2, 150.0), (5, 60.0)] if at_night() else [(5, 20.0)])
def test_nothing_is_lost_doubled_or_out_of_order(count: int, seconds: float, tmp_path: Path) -> None:
    """At night longer, and ``python -m tests.live`` does it for ten minutes."""
    measured = practise(
        tmp_path / "x.dowel",
        worn("capture2go", count),
        then=lambda practice, _: for_a_while(practice, seconds),
        seed=1,
        **AIR,
    )
    errors = clock_errors_ms(measured)  # one for each sample that arrived, or it asserts
    assert len(errors) == count
    for true_s, stamped_s, track in zip(measured.true_s, measured.stamped_s, measured.live.engine.tracks, strict=True):
        assert len(stamped_s) > 99.5 * seconds - 20
        assert (np.diff(true_s) > 0).all()
        assert (np.diff(stamped_s) >= 0).all()
        assert (track.dropped_samples, track.filled_samples, track.bad_frames) == (0, 0, 0)

"""What was noted in a practice is read wherever a person looks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import Moment, SimulatedSensor, Stand, simulate

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    note = Moment(MarkKind.NOTE, {"text": "left foot hurts\x1b[1m"})
    sensors = [SimulatedSensor(place) for place in (Placement.UPPER_BACK, Placement.SACRUM)]
    path = tmp_path / "noted.dowel"
    simulate([Stand(2.0), note, Stand(2.0)], sensors, seed=3).write(path)
    return path


@pytest.mark.slow
def test_a_note_of_the_practice_is_in_report_and_list(noted: Path, dowel: Run) -> None:
    assert "Note at 0:02.0: left foot hurts" in dowel("report", noted)[1]
    (line,) = dowel("mark", noted, "--list")[1].splitlines()
    assert "left foot hurts" in line
    assert line.endswith("(in the practice, stays)")


@pytest.mark.slow
def test_one_that_was_added_later_can_be_taken_back(noted: Path, dowel: Run) -> None:
    assert dowel("mark", noted, "--kind", "note", "--at", "1", "--text", "felt good")[0] == 0
    of_practice, added = dowel("mark", noted, "--list")[1].splitlines()
    assert "stays" in of_practice
    assert added.endswith("felt good")
    assert dowel("mark", noted, "--undo")[0] == 0
    assert "felt good" not in dowel("report", noted)[1]

"""Recordings and marks that count from different moments: where session time begins, and what is told."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dowel.exchange.session_time import outside_words
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Mark, MarkKind
from dowel.reports.notebook import analyse

Run = Callable[..., tuple[int, str, str]]
Imported = Callable[[float, float], tuple[Path, str]]


@pytest.fixture
def imported(recordings: Path, dowel: Run, tmp_path: Path) -> Imported:
    """Import the simulated session with its samples and its marks later by so much; the session and what was said."""

    def run(samples_s: float, marks_s: float) -> tuple[Path, str]:
        for place in ("upper_back", "sacrum"):
            values = np.loadtxt(recordings / f"{place}.csv", delimiter=",", skiprows=1)
            values[:, 0] += samples_s
            header = (recordings / f"{place}.csv").read_text().split("\n", 1)[0]
            np.savetxt(tmp_path / f"{place}.csv", values, "%.6f", ",", header=header, comments="")
        with (recordings / "marks.csv").open(newline="") as old, (tmp_path / "marks.csv").open("w", newline="") as new:
            header_row, *rows = csv.reader(old)
            moved = [[kind, float(a) + marks_s, float(b) + marks_s, detail] for kind, a, b, detail in rows]
            csv.writer(new).writerows([header_row, *moved])
        sensors = [f"--sensor={place}={tmp_path / f'{place}.csv'}" for place in ("upper_back", "sacrum")]
        out = tmp_path / "x.dowel"
        code, said, err = dowel("import", *sensors, "--marks", tmp_path / "marks.csv", "--out", out)
        assert (code, err) in ((0, ""), (3, err))
        return out, " ".join((said or err).split())

    return run


@pytest.mark.parametrize(
    ("samples_s", "marks_s", "said"),
    [(1.7e9, 0.0, "count from there"), (1.7e9, 1.7e9, "moved with it"), (7200.0, 7200.0, "moved with it")],
    ids=["Unix time", "marks too", "uptime"],
)
def test_session_time_begins_with_late_recordings(
    imported: Imported, samples_s: float, marks_s: float, said: str
) -> None:
    session, told = imported(samples_s, marks_s)
    assert f"The times in the files begin at {samples_s:.1f} s" in told
    assert said in told
    results = analyse(session, keep_all=False)
    assert results.calibration is not None
    assert results.calibration.basis == "rod"
    assert [row.verdict for row in results.rep_rows] == [
        "held", "held", "warned", "held", "lost", "held", "lost", "held",
    ]  # fmt: skip
    assert 30.0 < results.rep_rows[0].start_s < 60.0
    with open_session(session) as file:
        assert min(mark.start_s for mark in file.marks) == 0.0


def test_a_part_of_a_longer_recording_keeps_its_time(imported: Imported) -> None:
    session, told = imported(300.0, 300.0)
    assert "begin at" not in told
    assert analyse(session, keep_all=False).rep_rows[0].start_s > 330.0


@pytest.mark.parametrize(("samples_s", "marks_s"), [(300.0, 0.0), (0.0, 300.0)], ids=["before", "after"])
def test_steps_outside_the_recordings_are_told_and_the_own_stance_is_used(
    imported: Imported, samples_s: float, marks_s: float
) -> None:
    session, told = imported(samples_s, marks_s)
    assert "No step of the marked rod calibration lies within the recordings: rod_hold (" in told
    assert f"All sensors measured from {samples_s:.1f} to " in told
    assert "The marked rod calibration is not used. Stance calibration from the recording itself" in told
    rows = analyse(session, keep_all=False).rep_rows
    assert {row.calibration for row in rows} == {"stance"}
    assert "held" in {row.verdict for row in rows}


def test_marks_in_unix_time_of_recordings_that_are_not_are_refused(imported: Imported) -> None:
    session, told = imported(0.0, 1.7e9)
    assert not session.exists()
    assert "marks.csv counts in Unix time" in told


def test_a_row_is_outside_from_a_second_on_and_counts_once() -> None:
    def a_set(start_s: float, end_s: float) -> list[Mark]:
        return [Mark(0, MarkKind.SET_START, start_s, start_s), Mark(0, MarkKind.SET_END, end_s, end_s)]

    def a_step(start_s: float, end_s: float) -> list[Mark]:
        return [Mark(0, MarkKind.STEP_START, start_s, start_s), Mark(0, MarkKind.STILL, start_s, end_s)]

    assert outside_words([*a_step(-0.4, 5.0), *a_set(20.0, 100.6)], 0.002, 99.99) == ""
    assert outside_words([*a_step(-9.0, -4.0), *a_set(20.0, 50.0)], 0.0, 99.0).startswith("1 of 2 rows")
    both = outside_words([*a_step(-9.0, -4.0), *a_set(20.0, 130.0), *a_set(140.0, 150.0)], 0.0, 99.0)
    assert both.startswith("3 of 3 rows of the marks file lie outside the recordings or reach out of them (0.0 to 99.0")

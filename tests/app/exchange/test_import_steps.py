"""Marked calibration steps that are refused: their best part is used, else the recording's own stance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind
from dowel.reports.notebook import analyse

Run = Callable[..., tuple[int, str, str]]

HOLD, HINGES = (6.6, 11.6), (12.5, 29.4)
"""Of the real stoop lifts with made rod hinges."""


@pytest.fixture
def imported(real_recordings: Path, dowel: Run, tmp_path: Path) -> Callable[..., tuple[Path, str]]:
    """Import those lifts with these spans of hold and hinges; the session and what was said of its calibration."""

    def run(hold: tuple[float, float], hinges: tuple[float, float]) -> tuple[Path, str]:
        folder = real_recordings / "lifting-virtual" / "stoop_rod"
        marks = tmp_path / "marks.csv"
        marks.write_text(
            f"kind,start_s,end_s,detail\nrod_hold,{hold[0]},{hold[1]},\nrod_hinges,{hinges[0]},{hinges[1]},\n"
        )
        sensors = [f"--sensor={place}={folder / f'{place}.csv'}" for place in ("upper_back", "sacrum")]
        code, said, err = dowel("import", *sensors, "--marks", marks, "--out", tmp_path / "x.dowel")
        assert (code, err) == (0, "")
        return tmp_path / "x.dowel", " ".join(said.split())

    return run


def test_steps_that_are_done_well_stay_as_they_are(imported: Callable[..., tuple[Path, str]]) -> None:
    session, said = imported(HOLD, HINGES)
    assert "refused" not in said
    assert [row.verdict for row in analyse(session, keep_all=False).rep_rows] == ["lost"] * 6


def test_of_a_hold_that_reaches_into_a_hinge_the_still_part_is_used(
    imported: Callable[..., tuple[Path, str]],
) -> None:
    session, said = imported((8.6, 14.6), (16.5, 29.4))
    assert "The marked rod_hold (upper_back) was refused" in said
    assert "Used of the marked steps: rod_hold from" in said
    results = analyse(session, keep_all=False)
    assert results.calibration is not None
    assert results.calibration.basis == "rod"
    assert [row.verdict for row in results.rep_rows if row.kind == "rep"] == ["lost"] * 6


def test_of_hinges_with_a_lift_among_them_those_that_agree_are_used(
    imported: Callable[..., tuple[Path, str]],
) -> None:
    session, said = imported(HOLD, (12.5, 36.0))
    assert "Used of the marked steps: rod_hold from 6.6 to 11.6 s and rod_hinges from 12" in said
    results = analyse(session, keep_all=False)
    assert results.calibration is not None
    assert results.calibration.basis == "rod"
    assert [row.start_s > 36.0 for row in results.rep_rows] == [True] * 5, "the rest of the step counts no rep"
    with open_session(session) as file:
        (hinges,) = [mark for mark in file.marks if mark.kind is MarkKind.ROD_HINGES]
    assert hinges.detail["marked_s"] == [12.5, 36.0]


def test_where_no_part_will_do_the_recording_has_its_own_stance(imported: Callable[..., tuple[Path, str]]) -> None:
    """Rounded lifts marked as rod hinges."""
    session, said = imported((29.0, 30.6), (31.5, 49.0))
    assert "The marked rod calibration is not used. Stance calibration from the recording itself" in said
    results = analyse(session, keep_all=False)
    assert [(row.calibration, row.verdict) for row in results.rep_rows] == [
        *[("stance", "held")] * 4,
        *[("stance", "lost")] * 3,
    ]
    assert not [notice for notice in results.notices if "rod" in str(notice)]


def test_a_hold_marked_in_the_middle_of_a_hinge_has_no_part_to_use(
    recordings: Path, dowel: Run, tmp_path: Path
) -> None:
    rows = [line.split(",") for line in (recordings / "marks.csv").read_text().splitlines()]
    spans = {row[0]: (float(row[1]), float(row[2])) for row in rows[1:]}
    start_s, end_s = spans["rod_hinges"]
    marks = tmp_path / "marks.csv"
    marks.write_text(
        f"kind,start_s,end_s,detail\nrod_hold,{start_s + 0.8},{start_s + 2.8},\nrod_hinges,{start_s + 3.0},{end_s},\n"
    )
    sensors = [f"--sensor={place}={recordings / f'{place}.csv'}" for place in ("upper_back", "sacrum")]
    code, said, _ = dowel("import", *sensors, "--marks", marks, "--out", tmp_path / "x.dowel")
    assert code == 0
    assert "The marked rod calibration is not used." in " ".join(said.split())
    verdicts = {(row.calibration, row.verdict) for row in analyse(tmp_path / "x.dowel", keep_all=False).rep_rows}
    assert {calibration for calibration, _ in verdicts} == {"stance"}
    assert "held" in {verdict for _, verdict in verdicts}

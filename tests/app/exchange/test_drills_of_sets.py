"""One recording of several drills: each set of the marks file tells its own."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.reports.notebook import analyse

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[int, str, str]]


def written(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture(scope="module")
def between_s(session: Path) -> float:
    """When the fourth of the eight reps is over and the fifth has not begun."""
    rows = analyse(session, keep_all=False).rep_rows
    return (rows[3].end_s + rows[4].start_s) / 2


@pytest.fixture
def two_drills(recordings: Path, between_s: float, tmp_path: Path) -> Path:
    """The marks of the recordings, with a hinge in the first half of the set and a kettlebell in the second."""
    head, *steps, (_, start_s, end_s, _) = list(csv.reader((recordings / "marks.csv").read_text().splitlines()))
    first = ["set", start_s, f"{between_s}", '{"drill": "dowel_hinge"}']
    second = ["set", f"{between_s}", end_s, '{"drill": "kettlebell", "from": "floor", "load_kg": 16}']
    return written(tmp_path / "two.csv", [head, *steps, first, second])


def of_both(folder: Path) -> list[str]:
    return [f"--sensor={place}={folder / f'{place}.csv'}" for place in ("upper_back", "sacrum")]


def test_each_set_is_judged_by_its_drill(recordings: Path, two_drills: Path, dowel: Run, tmp_path: Path) -> None:
    out = tmp_path / "two.dowel"
    code, said, err = dowel("import", *of_both(recordings), "--marks", two_drills, "--out", out)
    assert (code, err) == (0, "")
    assert "rows of the marks file" not in said
    assert "No load was given" not in said
    results = analyse(out, keep_all=False)
    assert [(row.set, row.drill, row.load_kg) for row in results.rep_rows] == [
        *[(1, "dowel_hinge", 0.0)] * 4,
        *[(2, "kettlebell", 16.0)] * 4,
    ]
    hinge, kettlebell = (results.rep_rows[number] for number in (0, 4))
    assert results.limits_at(hinge) != results.limits_at(kettlebell)
    assert "hip hinge with the rod, kettlebell hinge" in dowel("report", out)[1]


def test_it_goes_out_and_comes_in_again(recordings: Path, two_drills: Path, dowel: Run, tmp_path: Path) -> None:
    out, again = tmp_path / "two.dowel", tmp_path / "again.dowel"
    assert dowel("import", *of_both(recordings), "--marks", two_drills, "--out", out)[0] == 0
    assert dowel("export", out, "--to", tmp_path / "csv", "--raw")[0] == 0
    [marks] = (tmp_path / "csv").rglob("*marks.csv")
    assert dowel("import", *of_both(recordings), "--marks", marks, "--out", again)[0] == 0
    rows = [
        [(row.set, row.rep, row.drill, row.load_kg, row.verdict) for row in analyse(path, keep_all=False).rep_rows]
        for path in (out, again)
    ]
    assert rows[0] == rows[1]


def test_a_loaded_drill_without_a_load_is_told(recordings: Path, between_s: float, dowel: Run, tmp_path: Path) -> None:
    marks = written(
        tmp_path / "m.csv",
        [["kind", "start_s", "end_s", "detail"], ["set", "42", f"{between_s}", '{"drill": "barbell"}']],
    )
    code, said, _ = dowel("import", *of_both(recordings), "--marks", marks, "--out", tmp_path / "x.dowel")
    assert code == 0
    assert "No load was given: 0 kg is taken" in " ".join(said.split())


def test_a_drill_that_is_done_otherwise_is_refused(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    marks = written(
        tmp_path / "m.csv", [["kind", "start_s", "end_s", "detail"], ["set", "42", "60", '{"drill": "dead_bug"}']]
    )
    code, _, err = dowel("import", *of_both(recordings), "--marks", marks, "--out", tmp_path / "x.dowel")
    assert code == 3
    assert "is done lying, and the" in err
    assert "--drill dead_bug" in err


def test_drills_are_not_marked_afterwards(session: Path, two_drills: Path, dowel: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.dowel"
    copy.write_bytes(session.read_bytes())
    sets = [row for row in csv.reader(two_drills.read_text().splitlines()) if row[0] in ("kind", "set")]
    code, _, err = dowel("mark", copy, "--marks", written(tmp_path / "sets.csv", sets))
    assert code == 3
    assert "the drill of a set is taken by dowel import alone" in err

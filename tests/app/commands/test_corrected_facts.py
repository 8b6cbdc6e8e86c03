"""What is said of a session afterwards: every output obeys it, and the session itself stays what it was."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.types import Placement
from dowel.reports.notebook import analyse
from dowel.session.setup import SessionSetup

Run = Callable[..., tuple[int, str, str]]
FACTS = ["--person", "P9", "--started-at", "2026-05-04T10:00", "--drill", "kettlebell"]
FACTS += ["--load-kg", "24", "--height-cm", "191", "--from", "floor"]


@pytest.fixture(params=["practised", "imported"])
def wrong(request: pytest.FixtureRequest, session: Path, recordings: Path, tmp_path: Path) -> Path:
    """A session whose facts are to be corrected."""
    path = tmp_path / "wrong.dowel"
    if request.param == "practised":
        shutil.copyfile(session, path)
    else:
        sources = {place: recordings / f"{place}.csv" for place in (Placement.UPPER_BACK, Placement.SACRUM)}
        setup = SessionSetup(person="typo", height_cm=150.0)
        import_recordings(ImportOptions(sources, path, recordings / "marks.csv", setup, started_at="2020-01-01"))
    return path


def told(dowel: Run, path: Path) -> list[dict[str, str]]:
    code, out, _ = dowel("report", path, "--csv", "-")
    assert code == 0
    return list(csv.DictReader(io.StringIO(out)))


@pytest.mark.slow
def test_every_row_obeys(wrong: Path, dowel: Run) -> None:
    code, said, err = dowel("mark", wrong, "--kind", "fact", *FACTS)
    assert (code, err) == (0, "")
    assert "8 reps in 1 set before" in said
    names = ("person", "started_at", "drill")
    rows = told(dowel, wrong)
    assert {tuple(row[name] for name in names) for row in rows} == {("P9", "2026-05-04T10:00:00", "kettlebell")}
    imported = "imported" in wrong.parent.name  # whose marks file gives the set a load of its own
    assert {row["load_kg"] for row in rows} == {"0.00" if imported else "24.00"}
    results = analyse(wrong)
    assert results.facts["height_cm"] == 191
    assert (results.setting.height_m, results.setting.lifted_from) == (1.91, "floor")
    page = wrong.with_name("page.html")
    assert dowel("report", wrong, "--html", page)[0] == 0
    assert "P9" in page.read_text(encoding="utf-8")
    assert "P9" in dowel("history", wrong.parent)[1]


@pytest.mark.slow
def test_as_if_it_had_been_said_at_once(recordings: Path, tmp_path: Path, dowel: Run) -> None:
    sources = {place: recordings / f"{place}.csv" for place in (Placement.UPPER_BACK, Placement.SACRUM)}
    right = SessionSetup("kettlebell", person="P9", load_kg=24.0, height_cm=191.0, lifted_from="floor")
    for name, setup in (("a", right), ("b", SessionSetup(height_cm=150.0))):
        (tmp_path / name).mkdir()
        out = tmp_path / name / "one.dowel"
        when = "2026-05-04T10:00:00" if name == "a" else ""
        import_recordings(ImportOptions(sources, out, recordings / "marks.csv", setup, started_at=when))
    dowel("mark", tmp_path / "b" / "one.dowel", "--kind", "fact", *FACTS)
    assert told(dowel, tmp_path / "b" / "one.dowel") == told(dowel, tmp_path / "a" / "one.dowel")


@pytest.mark.slow
def test_the_later_fact_holds_and_a_later_load_stays(session: Path, dowel: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.dowel"
    shutil.copyfile(session, path)
    fifth = analyse(path).rep_rows[4]
    dowel("mark", path, "--kind", "load", "--at", fifth.start_s - 0.1, "--load-kg", "40")
    dowel("mark", path, "--kind", "fact", "--load-kg", "10", "--person", "P1")
    dowel("mark", path, "--kind", "fact", "--load-kg", "20")
    rows = told(dowel, path)
    assert [row["load_kg"] for row in rows] == ["20.00"] * 4 + ["40.00"] * 4
    assert {row["person"] for row in rows} == {"P1"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kind", "fact"], "holds from the start"),
        (["--kind", "fact", "--at", "3", "--person", "P1"], "holds from the start"),
        (["--kind", "note", "--at", "3", "--text", "x", "--person", "P1"], "belongs to --kind fact"),
        (["--kind", "note", "--text", "x"], "needs --rep, its number in the report, or --at"),
        (["--kind", "fact", "--drill", "dead_bug"], "dead_bug"),
        (["--kind", "fact", "--wall-cm", "20"], "no wall"),
        (["--kind", "fact", "--started-at", "monday"], "date and time"),
    ],
)
def test_what_does_not_belong_is_refused(session: Path, dowel: Run, options: list[str], said: str) -> None:
    before = session.read_bytes()
    code, _, err = dowel("mark", session, *options)
    assert code == 2
    assert said in err or said == "dead_bug"
    assert session.read_bytes() == before

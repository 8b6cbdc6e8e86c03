"""What is meant where nothing is named, and where pages go."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest
from rich.console import Console

from dowel.commands.outputs import BESIDE, with_pages_beside
from dowel.practice.ending import tell_end
from dowel.reports.notebook import analyse
from dowel.reports.report import report_of

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def practised(session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that practices record into, with three sessions, of which 2026-03-02 is the newest."""
    monkeypatch.setattr(platformdirs, "user_documents_path", lambda: tmp_path)
    folder = tmp_path / "Dowel"
    folder.mkdir()
    for name in ("2026-03-02_0900_dowel_hinge", "2026-03-01_1800_dowel_hinge", "zoe"):
        shutil.copy(session, folder / f"{name}.dowel")
    return folder


@pytest.mark.slow
def test_the_newest_session_is_meant_and_named(practised: Path, dowel: Run, tmp_path: Path) -> None:
    newest = practised / "2026-03-02_0900_dowel_hinge.dowel"
    code, out, err = dowel("report", "--csv", "-")
    assert (code, err) == (0, f"The newest session: {newest}\n")
    assert "2026-03-02_0900_dowel_hinge" in out
    assert dowel("export", "--to", tmp_path / "out")[0] == 0
    assert dowel("mark", "--kind", "note", "--at", "1", "--text", "good")[0] == 0
    assert dowel("replay", "--speed", "max")[0] == 0


def test_without_a_session_it_says_how_to_get_one(tmp_path: Path, dowel: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_documents_path", lambda: tmp_path)
    code, _, err = dowel("report")
    assert code == 2
    assert "dowel practice" in err


@pytest.mark.slow
def test_pages_without_a_path_go_beside_the_session_and_into_the_folder(practised: Path, dowel: Run) -> None:
    one = practised / "zoe.dowel"
    for arguments in (("report", one, "--html"), ("report", "--html", one)):
        assert dowel(*arguments)[0] == 0
        assert (practised / "zoe.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        (practised / "zoe.html").unlink()
    assert dowel("history", "--html")[0] == 0
    assert (practised / "history.html").exists()
    code, _, err = dowel("report", *sorted(practised.glob("*.dowel")), "--html")
    assert code == 2
    assert "needs a path" in err


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        (["report", "--html", "x.html", "a.dowel"], ["report", "--html", "x.html", "a.dowel"]),
        (["report", "--html", "-"], ["report", "--html", "-"]),
        (["report", "--html", "--json"], ["report", f"--html={BESIDE}", "--json"]),
        (["report", "--html"], ["report", f"--html={BESIDE}"]),
        ([], []),
    ],
)
def test_a_path_is_missing_where_none_follows(given: list[str], understood: list[str]) -> None:
    assert with_pages_beside(given) == understood


def test_a_practice_ends_with_its_verdict_its_report_and_what_comes_next(practised: Path) -> None:
    out, path = io.StringIO(), practised / "zoe.dowel"
    results = analyse(path)
    tell_end(Console(file=out, width=100), results, report_of(results), with_page=True)
    told = out.getvalue()
    assert "Contact was kept in 5 of 8 reps" in " ".join(told.split())
    assert f"report   {path.with_suffix('.html')}" in told
    assert "dowel history" in told
    assert path.with_suffix(".html").stat().st_mode & 0o077 == 0, "it is about a person's health"

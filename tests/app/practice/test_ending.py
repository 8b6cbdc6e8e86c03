"""What is told of a practice that is over, and how long its page stays."""

from __future__ import annotations

import asyncio
import io
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from rich.console import Console

from dowel.display.view import Ending, NextCommand
from dowel.practice import ending
from dowel.practice.ending import ending_of, next_commands, tell_everywhere
from dowel.recordings.types import Placement
from dowel.reports.notebook import analyse
from dowel.reports.report import report_of
from dowel.sensors.simulated import SimulatedSensor, Stand, simulate


@dataclass
class Looked:
    """A page: who looks at it, and what it was told."""

    ended_here: bool
    viewers: int = 1
    told: list[Ending] = field(default_factory=list)

    @property
    def feed(self) -> Looked:
        return self

    def tell_end(self, told: Ending) -> None:
        self.told.append(told)


@pytest.fixture
def practised(session: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(session, tmp_path))


def end(path: Path, page: Any) -> str:
    out = io.StringIO()
    asyncio.run(tell_everywhere(Console(file=out, width=100), analyse(path), page, with_page=True))
    return out.getvalue()


def test_a_session_elsewhere_is_named_in_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_documents_path", lambda: tmp_path)
    usual, elsewhere = tmp_path / "Dowel", tmp_path / "my sets"
    assert [each.command for each in next_commands(usual / "2026-03-02_0900_dowel_hinge.dowel")] == [
        "dowel history",
        "dowel replay --page",
    ]
    assert [each.command for each in next_commands(elsewhere / "a.dowel")] == [
        f"dowel history '{elsewhere}'",
        f"dowel replay '{elsewhere / 'a.dowel'}' --page",
    ]


def test_one_that_is_not_named_by_its_time_is_not_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_documents_path", lambda: tmp_path)
    replay = next_commands(tmp_path / "Dowel" / "good.dowel")[1]
    assert replay == NextCommand(f"dowel replay {tmp_path / 'Dowel' / 'good.dowel'} --page", "see it again")


@pytest.mark.slow
def test_whoever_ended_it_on_the_page_can_open_the_report_there(
    practised: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "LEFT_S", 0.1)
    monkeypatch.setattr(ending, "LOOK_S", 0.05)
    page = Looked(ended_here=True)

    async def waited(looked: Any) -> None:
        looked.viewers = 0
        await until_left(looked)

    until_left = ending.until_left
    monkeypatch.setattr(ending, "until_left", waited)
    told = end(practised, page)
    assert "The live page shows the report until it is closed" in told
    first, last = page.told
    assert first.sentence == last.sentence
    assert first.sentence in " ".join(told.split())
    assert first.work_on.startswith("Rounding.")
    assert f"Work on next: {first.work_on}" in " ".join(told.split())
    assert (first.report, last.report) == ("", practised.with_suffix(".html").name)
    assert "report" in first.commands[0].command
    assert "report" not in last.commands[0].command


@pytest.mark.slow
def test_ended_elsewhere_nobody_is_waited_for(practised: Path) -> None:
    page = Looked(ended_here=False)
    assert "until it is closed" not in end(practised, page)
    assert len(page.told) == 2


def test_a_page_that_is_never_closed_is_closed_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "LONGEST_S", 0.1)
    monkeypatch.setattr(ending, "LOOK_S", 0.02)
    page: Any = Looked(ended_here=True)
    asyncio.run(ending.until_left(page))


@pytest.mark.slow
def test_the_verdict_counts_what_could_not_be_judged(session: Path) -> None:
    results = analyse(session)
    results.rep_rows[0] = replace(results.rep_rows[0], verdict="not_judged", verdict_reason="gap")
    assert "1 more rep could not be judged" in ending_of(results, report_of(results)).sentence


@pytest.mark.slow
def test_what_a_set_asks_for_is_told_once(session: Path) -> None:
    results = analyse(session)
    results.set_rows[-1] = replace(results.set_rows[-1], advice="Back to the stick.")
    report, out = report_of(results), io.StringIO()
    ending.tell_end(Console(file=out, width=100), results, report, with_page=False)
    assert out.getvalue().count("Back to the stick.") == 1
    assert ending_of(results, report).work_on.endswith("Back to the stick.")


@pytest.mark.slow
def test_a_practice_without_reps_says_so_once(tmp_path: Path) -> None:
    path = tmp_path / "stood.dowel"
    simulate(
        [Stand(3.0)], [SimulatedSensor(place) for place in (Placement.UPPER_BACK, Placement.SACRUM)], seed=3
    ).write(path)
    told = end(path, None)
    assert told.count("No reps were found.") == 1
    assert "report" not in told


@pytest.mark.slow
def test_whoever_closes_the_terminal_finds_the_report_beside_the_session(practised: Path) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(5, "Input/output error")

    asyncio.run(tell_everywhere(Console(file=Gone(), width=100), analyse(practised), None, with_page=True))
    assert practised.with_suffix(".html").is_file()

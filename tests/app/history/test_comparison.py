"""Two parts of a person's practice beside each other."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import pytest

from dowel.history.comparison import Comparison, compare
from dowel.history.comparison_output import comparison_page
from dowel.history.person import persons_of
from dowel.history.practised_sets import PracticeSession
from dowel.history.report_links import report_links
from dowel.recordings.errors import InputError
from dowel.settings.rules import read_rules
from tests.app.history.rows import reps, session
from tests.app.reports.pages import Page

BEFORE = session("2026-03-02T18:00", reps("hhllhhhw", flexion_peak_deg=[2.0, 2.0, 14.0, 15.0, 3.0, 3.0, 4.0, 8.0]))
AFTER = session(
    "2026-03-11T18:00",
    reps("hhhhhhhh", flexion_peak_deg=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], human_verdict="held"),
    reps("hhhh", load_kg=16.0, drill="kettlebell"),
)
LATER = session("2026-03-25T18:00", reps("hhhhhh"))


def found(first: str, second: str, *sessions: PracticeSession) -> Comparison:
    return compare(persons_of(sessions or (BEFORE, AFTER, LATER), read_rules(None)), first, second)


@pytest.mark.parametrize(
    "sides",
    [("2026-03-02", "2026-03-11"), ("2026-W10", "2026-W11"), (BEFORE.name, AFTER.path.name)],
    ids=["days", "weeks", "sessions"],
)
def test_what_is_alike_is_compared(sides: tuple[str, str]) -> None:
    comparison = found(*sides)
    (group,) = comparison.groups
    lines = {line.title: (line.first, line.second, line.change) for line in group.lines}
    assert lines["sets, reps"] == ("1, 8", "1, 8", "")
    assert lines["clean reps"] == ("5 of 8 (62 %)", "8 of 8 (100 %)", "+38 points")
    assert lines["lost"] == ("2", "0", "-2")
    assert lines["rounding peak"] == ("3.5° (2.8 to 9.5)", "0.5° (0.3 to 0.6)", "-3.0°")
    assert lines["way down"][2] == "+0.0 s, may be chance"
    assert lines["by eye as the program"] == ("", "8 of 8", "")
    assert [sentence.partition(" (")[0] for sentence in comparison.alone] == [
        f"Only in {comparison.second.name}: kettlebell with load"
    ]
    page = Page(comparison_page(comparison, ()))
    assert [line[0] for line in page.tables[0][1:]] == list(lines)
    assert "may be chance" in page.text


def test_the_first_and_the_last_week_are_those_of_each_drill() -> None:
    comparison = found("first", "last")
    (group,) = comparison.groups
    assert group.names == ("week of 2026-03-02", "week of 2026-03-23")
    assert len(comparison.alone) == 1


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        (("2026-03-03", "2026-03-11"), "no session, day or week 2026-03-03"),
        (("2026-03-02", "2026-W10"), "share a session"),
        (("2026-03-02", "2026-03-12"), "of two persons"),
        (("2026-03-02", "2026-03-11"), "Say whose with --person"),
    ],
)
def test_what_cannot_be_compared(sides: tuple[str, str], said: str) -> None:
    others = [session("2026-03-12T18:00", reps(), person="P2")]
    if "--person" in said:
        others = [session(day, reps(), person="P2", name=f"p2-{day}") for day in ("2026-03-02", "2026-03-11")]
    with pytest.raises(InputError, match=said):
        found(*sides, BEFORE, AFTER, *others)


def test_one_week_has_no_first_and_last() -> None:
    days = [session(day, reps()) for day in ("2026-03-02T18:00", "2026-03-03T18:00")]
    with pytest.raises(InputError, match="one week of practice only, of 2026-03-02 to 2026-03-03"):
        found("first", "last", *days)


def test_a_page_leads_to_the_reports_that_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    (folder / "2026-03-02T1800.html").touch()
    there = [session(day, reps()) for day in ("2026-03-02T18:00", "2026-03-03T18:00")]
    for each in there:
        object.__setattr__(each, "path", folder / each.path.name)
    assert report_links(there, tmp_path) == {there[0].path: "a%20b/2026-03-02T1800.html"}


def test_plots_take_their_colours_from_the_page_and_nothing_from_the_reader_s_settings() -> None:
    plain = comparison_page(found("first", "last"), ())
    with matplotlib.rc_context({"font.size": 30.0, "text.usetex": True, "lines.linewidth": 9.0}):
        assert comparison_page(found("first", "last"), ()) == plain
    for svg in re.findall(r'<svg class="plot".*?</svg>', plain, re.DOTALL):
        assert "var(--" in svg
        assert "#" not in svg.replace('xlink:href="#', "").replace("url(#", ""), "no colour of its own"
        assert "<style" not in svg
    assert '<svg class="plot"' in plain

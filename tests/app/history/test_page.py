"""The page of ``dowel history --html``: what it says, and that every rule it names is explained on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dowel.history.load_sessions import read_folder
from dowel.history.page import history_page
from dowel.history.person import persons_of
from dowel.history.practised_sets import PracticeSession
from dowel.settings.rules import read_rules
from tests.app.history.rows import loaded, reps, session
from tests.app.reports.pages import Page

pytestmark = pytest.mark.slow

RULES = read_rules()


def page_of(*sessions: PracticeSession, left_out: tuple[str, ...] = ()) -> Page:
    return Page(history_page(persons_of(sessions, RULES), RULES, left_out))


@pytest.fixture(scope="module")
def page(month: Path) -> Page:
    return page_of(*read_folder(month).sessions)


def test_it_says_what_the_terminal_says(page: Page) -> None:
    for said in (
        "person P1, simulated",
        "Stage 4 of 4: loaded hinge.",
        "passed on 2026-03-13",
        "Back to the stick: set 2 with 20 kg lost contact in 3 of 7 reps.",
        "Loaded again with 18 kg, 10 % lighter than the 20 kg that were too much.",
        "Technique feedback, not injury prediction.",
        "Stop if it hurts.",
        "dowel never asks for more",
    ):
        assert said in page.text, said
    assert page.text.index("Loaded again") < page.text.index("Back to the stick: set 2"), "the latest first"


def test_every_rule_that_is_named_is_explained(page: Page) -> None:
    named = {value for name, value in page.attributes if name == "href" and value and value.startswith("#rule-")}
    ids = {f"#{value}" for name, value in page.attributes if name == "id"}
    assert {"#rule-back.lost", "#rule-pass.dowel_hinge", "#rule-stick.sets", "#rule-load.lighter"} <= named
    assert named <= ids
    for rule in RULES.of_history():
        assert rule.why in page.text
        assert rule.rests_on in page.text


def test_ids_are_unique_and_nothing_is_loaded(page: Page) -> None:
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    addresses = [value or "" for name, value in page.attributes if name in ("href", "src", "xlink:href")]
    assert all(address.startswith("#") for address in addresses)
    assert "script" not in page.tags
    assert not re.search(r"url\((?!#)", page.source)


def test_the_tables_hold_the_weeks_and_the_sessions(page: Page) -> None:
    weeks, lying, wall, without, with_load = page.tables
    assert [row[0] for row in weeks[1:]] == ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]
    assert weeks[3][2:] == ["", "", "31 of 35", "38 of 42", "672"]
    assert [row[-1] for row in lying[1:]] == ["100 %", "100 %"]
    assert [row[-1] for row in wall[1:]] == ["28 cm", "27 cm"]
    assert len(without) == 9
    assert [row[-1] for row in with_load[1:]] == ["18 kg", "18 kg", "20 kg", "16 kg", "12 kg"]


def test_two_persons_and_what_is_left_out() -> None:
    page = page_of(
        session("2026-03-02", reps(), person="<b>A</b>"),
        session("2026-03-03", loaded("llhhhh"), person="B"),
        session("", reps(), person="B", name="undated"),
        left_out=("<i>damaged</i>.dowel is damaged.",),
    )
    assert page.tags.count("article") == 2
    assert "person <b>A</b>" in page.text
    assert "undated does not say when it was" in page.text
    assert "<i>damaged</i>.dowel is damaged." in page.text
    assert {"b", "i"} & set(page.tags) <= {"b", "i"}
    assert "<b>A</b>" not in page.source
    assert "Back to the stick since 2026-03-03." in page.text
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_a_person_whose_sessions_do_not_say_when_they_were() -> None:
    page = page_of(session("", reps(), name="undated"))
    assert "No session says when it was." in page.text
    assert "Next" not in page.text


def test_many_years_fit() -> None:
    years = ["1970", *map(str, range(1990, 2027, 4))]
    page = page_of(*(session(f"{year}-03-02", reps(), loaded()) for year in years))
    assert "11 sessions, 1970-03-02 to 2026-03-02" in page.text
    assert len(page.source) < 600_000

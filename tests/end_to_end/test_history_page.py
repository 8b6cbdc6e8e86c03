"""The page of ``dowel history --html`` in a real browser: on a laptop, on a phone, in the dark, and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from dowel.history.page import history_page
from dowel.history.person import persons_of
from dowel.settings.rules import read_rules
from tests.app.history.rows import LYING, loaded, reps, session
from tests.end_to_end.browser import ABSENT, CHROMIUM, chromium, misplaced_texts, serious_findings, shown

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)]

LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DARK: dict[str, Any] = {**LAPTOP, "color_scheme": "dark"}
CONTEXTS = pytest.mark.parametrize("context", [LAPTOP, PHONE, DARK], ids=["laptop", "phone", "dark"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One person on the whole way, and another, with everything that a page can hold."""
    lying = reps(drill="dead_bug", kind="hold", rep=None)
    wall = reps(drill="wall_tap", tap="tapped")
    sessions = (
        session("2026-03-01T18:00", lying, lying, placements=LYING),
        session("2026-03-02T18:00", lying, lying, placements=LYING),
        session("2026-03-03T18:00", wall, wall, wall_cm=27.0),
        session("2026-03-05T18:00", wall, wall, wall_cm=30.0),
        session("2026-03-09T18:00", reps("wwwwll"), reps("hhhhhh")),
        session("2026-03-11T18:00", reps(), reps()),
        session("2026-03-12T18:00", reps(), reps(), loaded()),
        session("2026-03-18T18:00", loaded("hhhlll"), reps("hhhhll")),
        session("", reps(), name="undated"),
        session("2026-03-02T10:00", reps(calibration="stance"), person="another"),
    )
    rules = read_rules()
    path = tmp_path_factory.mktemp("page") / "history.html"
    left_out = (f"{'long name ' * 12}.dowel is damaged.",)
    path.write_text(history_page(persons_of(sessions, rules), rules, left_out), encoding="utf-8")
    return path.as_uri()


@CONTEXTS
def test_it_asks_for_nothing_and_has_no_serious_finding(
    browser: Browser, address: str, context: dict[str, Any]
) -> None:
    with shown(browser, address, **context) as watched:
        watched.page.wait_for_load_state("networkidle")
        assert watched.requests == [address]
        assert watched.complaints == []
        assert serious_findings(watched.page) == []


def test_on_a_phone_only_plots_and_tables_scroll_sideways(browser: Browser, address: str) -> None:
    with shown(browser, address, **PHONE) as watched:
        wide = watched.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0
        smallest_px = watched.page.evaluate(
            """Math.min(...[...document.querySelectorAll('p, dd, dt, td, th, li, .rules, .seen')]
                .map(each => parseFloat(getComputedStyle(each).fontSize)))"""
        )
        assert smallest_px >= 12.0
        assert misplaced_texts(watched.page) == []


def test_a_rule_can_be_followed_to_its_reason(browser: Browser, address: str) -> None:
    with shown(browser, address, **LAPTOP) as watched:
        watched.page.get_by_role("link", name="Rule 5", exact=True).first.click()
        assert watched.page.locator(":target").is_visible()
        assert "back.lost" in watched.page.locator(":target").inner_text()
        assert "One may be an accident." in watched.page.locator(":target").inner_text()


def test_on_paper_nothing_is_cut_off(browser: Browser, address: str) -> None:
    with shown(browser, address, viewport={"width": 680, "height": 960}) as watched:  # A4 within its margins
        watched.page.emulate_media(media="print")
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 680

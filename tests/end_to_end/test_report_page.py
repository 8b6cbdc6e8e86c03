"""The page of ``dowel report --html`` in a real browser: on a laptop, on a phone, in the dark, and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dowel.recordings.types import Placement
from dowel.reports.notebook import analyse
from dowel.reports.page import html_page, session_view
from dowel.sensors.simulated import SimulatedSensor, Stand, calibration_pieces, set_of_hinges, simulate
from tests.end_to_end.browser import (
    ABSENT,
    CHROMIUM,
    SHEET_PX,
    TALLEST_WHOLE,
    chromium,
    misplaced_texts,
    serious_findings,
    shown,
)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)]

LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DARK: dict[str, Any] = {**LAPTOP, "color_scheme": "dark"}
SCRIPTLESS: dict[str, Any] = {**LAPTOP, "java_script_enabled": False}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two sessions: one with losses, a load and two sets, one of a single sensor."""
    folder = tmp_path_factory.mktemp("page")
    both = [SimulatedSensor(Placement.UPPER_BACK), SimulatedSensor(Placement.SACRUM)]
    sets = (
        *set_of_hinges(8, peaks_deg=(0.0, 0.0, 8.0, 0.0, 17.0, 0.0, -16.0, 0.0)),
        Stand(25.0),
        *set_of_hinges(6, load_kg=16.0, seed=1),
    )
    simulate((*calibration_pieces(), *sets), both, seed=7).write(folder / "two sets.dowel")
    simulate(set_of_hinges(4), both[1:], seed=7).write(folder / "one sensor.dowel")
    views = [
        session_view(results, number, ["a remark"])
        for number, results in enumerate(map(analyse, folder.glob("*.dowel")), 1)
    ]
    (folder / "report.html").write_text(html_page(views), encoding="utf-8")
    return (folder / "report.html").as_uri()


@pytest.mark.parametrize("context", [LAPTOP, PHONE, DARK], ids=["laptop", "phone", "dark"])
def test_it_asks_for_nothing_and_complains_of_nothing(browser: Browser, address: str, context: dict[str, Any]) -> None:
    with shown(browser, address, **context) as watched:
        watched.page.wait_for_load_state("networkidle")
        assert watched.requests == [address]
        assert watched.complaints == []


@pytest.mark.parametrize("context", [LAPTOP, PHONE, DARK], ids=["laptop", "phone", "dark"])
def test_no_serious_finding_of_axe(browser: Browser, address: str, context: dict[str, Any]) -> None:
    with shown(browser, address, **context) as watched:
        assert serious_findings(watched.page) == []


def test_axe_would_find_something(browser: Browser, address: str) -> None:
    with shown(browser, address, **LAPTOP) as watched:
        watched.page.evaluate("document.querySelector('.verdict').style.color = '#eee'")
        watched.page.evaluate("document.documentElement.removeAttribute('lang')")
        watched.page.evaluate("document.querySelector('h1').style.cssText = 'width: 3em; white-space: nowrap'")
        watched.page.evaluate("document.querySelector('.sentence').style.marginTop = '-1.5em'")
        watched.page.evaluate("document.querySelector('figure').style.cssText = 'height: 1em; overflow: hidden'")
        misplaced = " ".join(misplaced_texts(watched.page))
        assert "cut: h1" in misplaced
        assert "cut: figcaption" in misplaced
        assert "over each other: h2 Set 1" in misplaced
        found = " ".join(serious_findings(watched.page))
        assert "color-contrast" in found
        assert "html-has-lang" in found


def test_on_a_phone_only_plots_and_tables_scroll_sideways(browser: Browser, address: str) -> None:
    with shown(browser, address, **PHONE) as watched:
        wide = watched.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0
        smallest_px = watched.page.evaluate(
            """Math.min(...[...document.querySelectorAll('p, dd, dt, td, th, li, figcaption')]
                .map(each => parseFloat(getComputedStyle(each).fontSize)))"""
        )
        assert smallest_px >= 12.0
        plot = watched.page.locator(".plot text").first.bounding_box()
        assert plot is not None
        assert plot["height"] >= 8.0
        assert misplaced_texts(watched.page) == []


def test_on_a_laptop_every_table_has_room(browser: Browser, address: str) -> None:
    with shown(browser, address, viewport={"width": 1280, "height": 800}) as watched:
        assert misplaced_texts(watched.page) == []
        beyond = "[...document.querySelectorAll('.scroll')].map((each) => each.scrollWidth - each.clientWidth)"
        assert max(watched.page.evaluate(beyond)) <= 0


def test_it_needs_no_script(browser: Browser, address: str) -> None:
    with shown(browser, address, **SCRIPTLESS) as watched:
        assert watched.page.locator("table").count() >= 4
        assert watched.page.locator("svg.plot").count() == 2 * 3  # leans and deviation
        assert watched.page.locator("svg.lifter").count() == 2


def test_colours_change_in_the_dark_and_not_on_paper(browser: Browser, address: str) -> None:
    def colours(context: dict[str, Any], media: Any = None) -> list[str]:
        with shown(browser, address, **context) as watched:
            if media:
                watched.page.emulate_media(media=media)
            return [
                str(watched.page.evaluate(f"getComputedStyle(document.querySelector('{what}')).{which}"))
                for what, which in (("body", "backgroundColor"), (".plot text", "fill"), (".lifter .body", "fill"))
            ]

    by_day, by_night, on_paper = colours(LAPTOP), colours(DARK), colours(DARK, "print")
    assert all(day != night for day, night in zip(by_day, by_night, strict=True))
    assert on_paper[0] == "rgb(255, 255, 255)"
    assert on_paper[1:] == by_day[1:]


def test_on_paper_it_is_a4_and_nothing_is_cut_off(browser: Browser, address: str, tmp_path: Path) -> None:
    width_px, height_px = SHEET_PX
    with shown(browser, address, viewport={"width": width_px, "height": height_px}) as watched:
        watched.page.emulate_media(media="print")
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width_px
        assert watched.page.evaluate(TALLEST_WHOLE) <= 0.2 * height_px  # so no sheet has an empty fifth
        pdf = watched.page.pdf(prefer_css_page_size=True, print_background=True)
    pages = pdf.count(b"/Type /Page\n") or pdf.count(b"/Type /Page ") or pdf.count(b"/Type/Page")
    assert 2 <= pages <= 8
    boxes = {tuple(map(float, box.split())) for box in _media_boxes(pdf)}
    assert all(abs(box[2] - 595.0) < 2.0 and abs(box[3] - 842.0) < 2.0 for box in boxes)


def _media_boxes(pdf: bytes) -> list[str]:
    return [part.partition(b"]")[0].decode() for part in pdf.split(b"/MediaBox [")[1:]]

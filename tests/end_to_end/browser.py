"""A real Chromium, the system's own, in which nothing may reach out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ABSENT = "CHROMIUM ABSENT: pages are not tried in a browser; apt-get install chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SERIOUS = ("serious", "critical")
"""Impacts of an axe finding that no page may have."""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page with what it asked for beyond itself, and what it complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))


@contextmanager
def shown(browser: Browser, address: str, **context: Any) -> Iterator[Watched]:
    """An address in a window of its own; ``context`` as Playwright's ``new_context``."""
    window = browser.new_context(**context)
    try:
        watched = Watched(window.new_page())
        watched.page.goto(address)
        yield watched
    finally:
        window.close()


UNREACHED: Final = """() => [...document.querySelectorAll("body *")]
    .filter((each) => each.checkVisibility() && /^(auto|scroll)$/.test(getComputedStyle(each).overflowY))
    .filter((each) => each.childElementCount > 0 && each.tabIndex < 0)
    .filter((each) => !each.querySelector("a[href], button, input, select, textarea, [tabindex]"))
    .map((each) => each.outerHTML.slice(0, 120))"""
"""What scrolls when it is full, and no key reaches: axe-core sees it only while it is full.

An empty list is reached by what it gets."""


MISPLACED: Final = Path(__file__).with_name("misplaced.js").read_text(encoding="utf-8")
LARGE: Final = 1.3
"""Letters as large as many a reader has set them."""


SHEET_PX: Final = (680, 1017)
"""A4 within its margins of 15 and 14 mm, at 96 dots to the inch."""

TALLEST_WHOLE: Final = """Math.max(...[...document.querySelectorAll("body *")]
    .filter((each) => getComputedStyle(each).breakInside === "avoid" || each.matches("body svg"))
    .map((each) => each.getBoundingClientRect().height))"""
"""The height of the tallest thing that no sheet of paper may end in, px: as much may stay empty before it."""


def misplaced_texts(page: Page, letters: Sequence[float] = (1, LARGE)) -> list[str]:
    """The texts that are cut or lie over each other, one line for each; also with large letters."""
    return [f"letters times {scale}: {each}" for scale in letters for each in page.evaluate(MISPLACED, scale)]


def serious_findings(page: Page) -> list[str]:
    """What axe-core finds that is serious, one line for each, and what would be as soon as it has more to show."""
    unreached = [f"scrolls, and no key reaches it: {each}" for each in page.evaluate(UNREACHED)]
    return serious_ones(Axe().run(page).response) + unreached


def serious_ones(report: dict[str, Any]) -> list[str]:
    """The same, of what axe-core has reported."""
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
        for each in report["violations"]
        if each["impact"] in SERIOUS
    ]

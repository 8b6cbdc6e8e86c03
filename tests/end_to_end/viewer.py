"""Somebody who looks at the live page in a real browser, and everything that he saw and heard."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Locator, Page, expect

from tests.end_to_end.browser import Watched, misplaced_texts, serious_findings

WATCHING: Final = Path(__file__).with_name("watching.js")
PATIENCE_MS: Final = 120_000
LOOK_MS: Final = 50
LAPTOP: Final[dict[str, Any]] = {"viewport": {"width": 1366, "height": 768}, "color_scheme": "light"}
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

expect.set_options(timeout=PATIENCE_MS)


class Viewer:
    """A window of its own, with its own cookies. ``context``: as Playwright's ``new_context``."""

    def __init__(self, browser: Browser, address: str, **context: Any) -> None:
        self._window = browser.new_context(**context)
        self._window.add_init_script(path=WATCHING)
        self._window.set_default_timeout(PATIENCE_MS)
        self._before: dict[str, list[Any]] = {}
        self.frames_before = 0
        self.watched = Watched(self._window.new_page())
        self.page: Page = self.watched.page
        self.page.goto(address)

    def close(self) -> None:
        """Leave."""
        self._window.close()

    def at(self, name: str) -> Locator:
        """The element with this id."""
        return self.page.locator(f"#{name}")

    def click(self, name: str) -> None:
        """Click the element with this id."""
        self.at(name).click()

    def press(self, *keys: str) -> None:
        """Keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def reload(self) -> None:
        """As with F5; what was seen before stays in :meth:`seen`, the frames of it are ``frames_before``."""
        self._before = self.seen()
        self.frames_before = len(self._before["frames"])
        self.page.reload()

    def seen(self) -> dict[str, list[Any]]:
        """What ``watching.js`` wrote down; the first of each entry is when, in ms of the wall clock."""
        now: dict[str, list[Any]] = json.loads(self.page.evaluate("JSON.stringify(window.seen)"))  # much quicker
        return {name: [*self._before.get(name, []), *entries] for name, entries in now.items()}

    def shown(self) -> tuple[str, dict[str, Any]]:
        """The state that was drawn last, and what is seen of it."""
        _, state, what = json.loads(self.page.evaluate("JSON.stringify(window.seen.shown.at(-1))"))
        return state, what

    def wait_for(self, condition: str) -> None:
        """Wait until this holds in the page, whose policy forbids Playwright's own way to look (it is ``eval``)."""
        end_s = time.monotonic() + PATIENCE_MS / 1e3
        while not self.page.evaluate(condition):
            assert time.monotonic() < end_s, condition
            self.page.wait_for_timeout(LOOK_MS)

    def wait_for_frames(self, count: int) -> None:
        """Wait until so many more frames have come."""
        self.wait_for(f"window.seen.frames.length >= {self.page.evaluate('window.seen.frames.length') + count}")

    def findings(self) -> list[str]:
        """What axe-core finds that is serious, and texts that are misplaced here or in a phone's window.

        The picture stays meanwhile. A laptop's letters are made larger by its zoom, which is a narrower window.
        """
        self.page.evaluate("window.stay()")
        found = serious_findings(self.page) + misplaced_texts(self.page, letters=(1,))
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size(PHONE["viewport"])
        found += [f"on a phone, {each}" for each in misplaced_texts(self.page)]
        self.page.set_viewport_size(size)
        self.go_on()
        return found

    def stay_when(self, state: str, where: str) -> None:
        """Keep the picture of the moment in which the contact is so."""
        self.page.evaluate("([state, where]) => window.stayWhen(state, where)", [state, where])

    def wait_until_it_stays(self) -> None:
        """Wait for the moment that was asked for."""
        expect(self.page.locator("body[data-stays]")).to_be_attached()

    def go_on(self) -> None:
        """Draw again."""
        self.page.evaluate("window.goOn()")

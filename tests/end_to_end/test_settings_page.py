"""What a person has just chosen on the live page stays chosen, however late the program's answer comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from time import perf_counter_ns

import pytest
from playwright.async_api import Browser, Locator, Route, async_playwright, expect
from playwright.async_api import Page as Tab

from dowel.cues.cue_settings import Choices
from dowel.display.display_state import Board
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences
from dowel.web.live_page import Page, open_page
from tests.end_to_end.browser import ABSENT, ARGUMENTS, CHROMIUM

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)]

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


class Slow:
    """The settings, open in a browser whose choices reach the program only when :meth:`let_through` says so."""

    def __init__(self, page: Page, tab: Tab, choices: Choices) -> None:
        self.page, self.tab, self.choices = page, tab, choices
        self._held: asyncio.Queue[Route] = asyncio.Queue()
        self._news = 0

    async def open(self) -> None:
        await self.tab.route("**/cues", self._held.put)
        await self.tab.goto(self.page.address)
        await self.tab.locator("#settings-button").click()
        await expect(self.field("mode", "")).to_be_checked()

    def field(self, cue: str, value: str | None = None) -> Locator:
        return self.tab.locator(f"[data-cue={cue}]" + ("" if value is None else f"[value='{value}']"))

    async def another_state(self) -> None:
        """The program tells something else, and the page has drawn it."""
        self._news += 1
        self.page.board.say(f"News {self._news}.")
        self.page.feed.changed()
        await expect(self.tab.locator("#messages")).to_contain_text(f"News {self._news}.")

    async def asked(self) -> Route:
        """Wait until the page has asked for something, and keep it on its way."""
        return await asyncio.wait_for(self._held.get(), PATIENCE_MS / 1e3)


Test = Callable[[Slow], Awaitable[None]]
Run = Callable[[Test], None]


async def let_through(route: Route) -> None:
    """The program is asked, and the page has its answer."""
    async with route.request.frame.page.expect_event("requestfinished", lambda each: each is route.request):
        await route.continue_()


@pytest.fixture(scope="module")
def in_settings() -> Iterator[Run]:
    """Runs a test with the settings open, each in a tab of its own with the choices as they are at first."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def start() -> tuple[Browser, Page]:
            playwright = await stack.enter_async_context(async_playwright())
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            stack.push_async_callback(browser.close)
            return browser, await stack.enter_async_context(open_page(Board(), host="", clock_ns=perf_counter_ns))

        async def run(test: Test) -> None:
            choices = Choices(CuePreferences())
            page.use_choices(choices, lambda: choices.cues.mode or CueMode.LIVE)
            tab = await browser.new_page()
            tab.set_default_timeout(PATIENCE_MS)
            slow = Slow(page, tab, choices)
            await slow.open()
            await test(slow)
            await tab.close()

        browser, page = runner.run(start())
        yield lambda test: runner.run(run(test))
        runner.run(stack.aclose())


def test_what_was_chosen_stays_while_older_states_come(in_settings: Run) -> None:
    async def test(slow: Slow) -> None:
        mode, tone, volume = slow.field("mode", "off"), slow.field("tone"), slow.field("volume")
        await mode.check()
        await tone.uncheck()
        await volume.focus()
        await slow.tab.keyboard.press("Home")
        await slow.another_state()
        asked = [await slow.asked() for _ in range(3)]
        assert slow.choices.cues == CuePreferences(), "none of it has arrived"
        assert await mode.is_checked()
        assert not await tone.is_checked()
        assert await volume.input_value() == "0"
        assert await slow.tab.locator("#volume-shown").inner_text() == "0 %"

        for route in asked:
            await let_through(route)
        await slow.another_state()
        assert slow.choices.cues == CuePreferences(mode=CueMode.OFF, tone=False, volume=0.0)
        assert await mode.is_checked()
        assert not await tone.is_checked()
        assert await volume.input_value() == "0"

        slow.choices.next_mode()  # by the terminal's key
        await slow.another_state()
        await expect(slow.field("mode", "rep")).to_be_checked()

    in_settings(test)


def test_of_two_choices_the_last_one_stays(in_settings: Run) -> None:
    async def test(slow: Slow) -> None:
        await slow.field("mode", "off").check()
        await slow.field("mode", "rep").check()
        first, second = await slow.asked(), await slow.asked()
        await let_through(first)
        await slow.another_state()
        assert slow.choices.cues.mode is CueMode.OFF
        assert await slow.field("mode", "rep").is_checked()
        await let_through(second)
        await slow.another_state()
        assert slow.choices.cues.mode is CueMode.REP
        assert await slow.field("mode", "rep").is_checked()

    in_settings(test)


def test_what_was_refused_is_said_and_set_back(in_settings: Run) -> None:
    async def test(slow: Slow) -> None:
        await slow.field("tick").uncheck()
        await (await slow.asked()).abort()
        await expect(slow.tab.locator("#error")).to_contain_text("The program cannot be reached.")
        await expect(slow.field("tick")).to_be_checked()

    in_settings(test)


def test_a_note_that_was_begun_while_the_last_one_was_sent_stays(in_settings: Run) -> None:
    async def test(slow: Slow) -> None:
        sent: asyncio.Queue[Route] = asyncio.Queue()
        await slow.tab.route("**/do", sent.put)
        await slow.tab.keyboard.press("Escape")
        note = slow.tab.locator("#note-input")
        for text in ("the first", "the second"):
            await slow.tab.evaluate("document.getElementById('note-dialog').showModal()")
            await note.fill(text)
            if text == "the first":
                await note.press("Enter")
        route = await sent.get()
        await route.fulfill(status=204)
        await slow.another_state()
        assert await note.input_value() == "the second"

    in_settings(test)

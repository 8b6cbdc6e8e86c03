"""A phone with Dowel's page open in a real Chromium, which feels what an emulated handset feels."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, Response, Route

from tests.end_to_end.browser import serious_ones
from tests.simulated_devices.phones.browser import MotionEvents
from tests.simulated_devices.phones.phone import Handset, Platform

USER_AGENT: Final[dict[str, str]] = {
    "android": "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
    "Mobile Safari/537.36",
    "ios": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1",
}
SIZE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PERMISSION: Final = """
  DeviceMotionEvent.requestPermission = async () => {
    if (!navigator.userActivation.isActive) throw new DOMException("only within a tap", "NotAllowedError");
    return "%s";
  };
"""
"""As an iPhone asks: only within a tap."""
FEELING: Final = """
  window.load = () => { window.loaded_ms = performance.now(); };
  window.feel = (rows) => {
    for (const [at_ms, x, y, z, alpha, beta, gamma] of rows) {
      const told = { accelerationIncludingGravity: { x, y, z }, rotationRate: { alpha, beta, gamma }, interval: 16.7 };
      const event = new DeviceMotionEvent("devicemotion", told);
      Object.defineProperty(event, "timeStamp", { value: window.loaded_ms + at_ms });
      window.dispatchEvent(event);
    }
  };
  window.hide = (hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  };
"""
OWN_LINES: Final = "Failed to load resource"
"""Chromium writes one itself for each request that is refused."""
FEEL_EVERY_S: Final = 0.05
"""To call into the browser costs more than an event does."""
PATIENCE_MS: Final = 120_000
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


class PhoneBrowser:
    """A window of its own, as of one phone. ``felt``: the rows of all the events that its page was given."""

    def __init__(self, page: Page, platform: Platform) -> None:
        self.page, self.platform = page, platform
        self.felt: list[list[float]] = []
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._moving: asyncio.Task[None] | None = None
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda line: self.complaints.append(line.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    async def of(
        cls,
        browser: Browser,
        platform: Platform,
        permission: Literal["granted", "denied"] = "granted",
        **context: Any,
    ) -> PhoneBrowser:
        """A phone whose browser has nothing open yet; it accepts our certificate, as a person does."""
        window = await browser.new_context(
            **{**SIZE, "user_agent": USER_AGENT[platform], "ignore_https_errors": True, **context}
        )
        window.set_default_timeout(PATIENCE_MS)
        await window.add_init_script(FEELING)
        if platform == "ios":
            await window.add_init_script(PERMISSION % permission)
        return cls(await window.new_page(), platform)

    async def close(self) -> None:
        """Away with it."""
        await self.hold_still()
        await self.page.context.close()

    async def open(self, address: str) -> Response:
        """Open an address, and accept the invitation if it is one."""
        answer = await self.page.goto(address)
        if await self.at("enter-button").count():
            async with self.page.expect_navigation() as entered:
                await self.press("enter")
            answer = await entered.value
        assert answer is not None
        return answer

    def at(self, name: str) -> Locator:
        """The element with this id."""
        return self.page.locator(f"#{name}")

    async def press(self, button: str) -> None:
        """Tap a button of the page."""
        await self.at(f"{button}-button").tap()

    async def is_in(self, state: str) -> None:
        """Wait until the page is in this state."""
        await self.page.locator(f"body[data-state={state}]").wait_for()

    async def says(self, words: str, where: str = "say") -> None:
        """Wait until the page says this."""
        await self.at(where).filter(has_text=words).wait_for()

    async def move(self, handset: Handset) -> None:
        """From now on the page is given what this handset feels, at the rate of browsers; a few events at a time."""
        events = MotionEvents(handset, self.platform)
        await self.page.evaluate("load()")
        events.load()
        self._moving = asyncio.ensure_future(self._move(events))

    async def _move(self, events: MotionEvents) -> None:
        while True:
            await asyncio.sleep(FEEL_EVERY_S)
            rows = await events.next()
            self.felt += rows
            await self.page.evaluate("rows => feel(rows)", rows)

    async def hold_still(self) -> None:
        """Give it no more events."""
        if self._moving is not None:
            self._moving.cancel()
            with suppress(asyncio.CancelledError):
                await self._moving
            self._moving = None

    async def hide(self, hidden: bool) -> None:
        """Put something else in front of the page, or the page in front again."""
        await self.page.evaluate("hidden => hide(hidden)", hidden)

    async def lose_answers(self, count: int) -> None:
        """So many posts reach the program, and their answers do not come back."""
        left = count

        async def lose(route: Route) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                await route.continue_()
                return
            await route.fetch()
            await route.abort("connectionreset")

        await self.page.context.route("**/phone/motion", lose)

    async def findings(self) -> list[str]:
        """What axe-core finds that is serious, in light and in the dark."""
        found = []
        for theme in THEMES:
            await self.page.emulate_media(color_scheme=theme)
            found += serious_ones((await Axe().run(self.page)).response)
        return found

    def own_complaints(self) -> list[str]:
        """What is on the console beyond the browser's own lines."""
        return [line for line in self.complaints if not line.startswith(OWN_LINES)]

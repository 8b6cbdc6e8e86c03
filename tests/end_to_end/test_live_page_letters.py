"""The live page in the window of a laptop, with letters of any size: nothing of what counts is cut or hidden.

One practice in virtual time, of which some moments are shown for as long as it takes to look at them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from dowel.analysis.events import ContactPassed, Event, SetEnded
from dowel.devices.simulating import run_radio, simulated_world
from dowel.display.display_state import Board
from dowel.practice.autopilot import SelfStarter
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.recordings.types import Mark
from dowel.session.setup import SessionSetup
from dowel.settings.cue_mode import CueMode
from dowel.web.feed import Feed
from dowel.web.frames import TRACE_S, Around, Frames
from dowel.web.live_page import Page as LivePage
from dowel.web.server import local_place
from tests.end_to_end.browser import ABSENT, CHROMIUM, chromium, misplaced_texts, shown

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)]

SEED = 7
GROWN_S = 0.3
"""After the limit was passed the gap still grows."""
WINDOWS = [(1280, 620), (1280, 720)]
"""What the bars of a browser leave of a small laptop screen and of a usual one; phones are looked at in all states
of ``live_story``."""
HIDDEN = """(names) => names.filter((name) => {
  const each = document.querySelector(name);
  const { left, right, top, bottom } = each.getBoundingClientRect();
  return !each.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
})"""
"""What something else covers, or what has to be scrolled to."""


class Still(Frames):
    """One moment, told again and again."""

    def __init__(self, frames: Frames) -> None:
        self._kept = frames.state(over=False)
        self._now, _ = frames.now(frames.point_at(-TRACE_S), None)

    def state(self, *, over: bool) -> dict[str, Any]:
        return self._kept

    def point_at(self, ago_s: float) -> int:
        return 0

    def now(self, trace_from: int, tone: float | None) -> tuple[str, int]:
        return self._now, 0


class Camera(Board):
    """Keeps the moment after a loss of contact, and the one after the set."""

    def __init__(self) -> None:
        super().__init__()
        self.stills: dict[str, Still] = {}

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:
        super().hear(marks, events)
        loop = asyncio.get_running_loop()
        for event in events:
            if isinstance(event, ContactPassed) and event.level == "lost":
                loop.call_later(GROWN_S, self._keep, f"lost at the {event.point}")
            if isinstance(event, SetEnded):
                loop.call_later(GROWN_S, self._keep, "summary")

    def _keep(self, name: str) -> None:
        self.stills[name] = Still(Frames(self, Around))


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Still]:
    camera = Camera()

    async def practise() -> None:
        out = tmp_path_factory.mktemp("practised") / "monday.dowel"
        options = PracticeOptions(SessionSetup(), out, CueMode.LIVE, simulated=True)
        async with simulated_world(seed=SEED) as world:
            performer = SelfStarter(world.lifter, stops=True)
            began = datetime(2026, 1, 1, tzinfo=UTC)
            await Practice(options, world.radio, camera, started_at=began, performer=performer).run()

    run_radio(practise(), simulate=True)
    return camera.stills


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@contextmanager
def served(still: Still) -> Iterator[str]:
    """The address of a live page that shows this moment."""
    addresses: list[str] = []
    ready, over = Signal(), Signal()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            live = LivePage(Board(), local_place(), time.perf_counter_ns, stack, replay=False, big=False)
            live.feed = Feed(still)
            await live.open_local()
            addresses.append(live.address)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(60)
        yield addresses[0]
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("moment", ["lost at the sacrum", "lost at the upper_back", "summary"])
def test_no_text_is_cut_at_any_size(stills: dict[str, Still], browser: Browser, moment: str) -> None:
    found = {}
    with served(stills[moment]) as address, shown(browser, address) as watched:
        seen(watched.page, moment)
        for width, height in WINDOWS:
            watched.page.set_viewport_size({"width": width, "height": height})
            found[width, height] = misplaced_texts(watched.page)
            if moment == "summary":
                parts = ["#summary-text", "#summary .also button"]
                found[width, height] += [f"hidden: {each}" for each in watched.page.evaluate(HIDDEN, parts)]
    assert found == {window: [] for window in WINDOWS}


def seen(page: Page, moment: str) -> None:
    """Wait until the moment is on the page."""
    page.locator("#summary:visible" if moment == "summary" else "#contact[data-state=lost]").wait_for()

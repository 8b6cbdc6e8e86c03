"""Helpers who watch the rod, in a real browser: what they press is in the session file, and they see no verdict."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, async_playwright, expect
from playwright.async_api import Page as Tab

from dowel.agreement.rod_truth import Truth, truth_of
from dowel.cues.cue_settings import Choices
from dowel.display.display_state import Board
from dowel.practice.live_session import LiveSession
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Mark, MarkKind, Placement, Sensor
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences
from dowel.web.access import Role
from dowel.web.live_page import Page, open_page
from tests.end_to_end.browser import ABSENT, ARGUMENTS, CHROMIUM, LARGE, MISPLACED, serious_ones

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)]

NEAR_S = 0.03
"""A press is in the file within so much of when the browser had it, and what the slowest message took: a message that
waits longer on its way there than on its way back is taken for one that was pressed later."""
SENSORS = [
    Sensor(placement, "decoded", asked_rate_hz=100.0, settings={"time_base": "device_time"})
    for placement in (Placement.UPPER_BACK, Placement.SACRUM)
]
TELLING_TIME = """() => {
  window.pressed = [];
  const note = (event) => window.pressed.push([event.type, performance.timeOrigin + event.timeStamp]);
  for (const type of ["pointerdown", "pointerup", "keydown", "keyup"]) addEventListener(type, note, { capture: true });
}"""


@dataclass
class Watched:
    """What happened: the marks in the file, when the browser had each press (by the wall clock), what each message
    took, and what was seen."""

    marks: list[Mark] = field(default_factory=list)
    pressed: list[tuple[str, float]] = field(default_factory=list)
    messages_s: list[float] = field(default_factory=list)
    began_ms: float = 0.0
    truth: Truth | None = None
    texts: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def moments(self, what: str, by: str) -> list[tuple[bool, float]]:
        found = [each for each in self.marks if (each.detail["what"], each.detail["by"]) == (what, by)]
        return [(bool(each.detail["off"]), each.end_s) for each in found]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """One session with two helpers, one of whom loads the page again and loses the connection for a while."""
    path = tmp_path_factory.mktemp("helpers") / "watched.dowel"
    story = Watched()
    asyncio.run(_watch(path, story))
    with open_session(path) as session:
        story.marks = [mark for mark in session.marks if mark.kind is MarkKind.TRUTH]
        story.truth = truth_of(session.marks, 1e6)
    return story


async def _watch(path: Path, story: Watched) -> None:
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        stack.push_async_callback(browser.close)
        page = await stack.enter_async_context(open_page(Board(), host="", clock_ns=perf_counter_ns))
        tab = await _come(browser, page, viewport={"width": 390, "height": 844}, has_touch=True)
        await expect(tab.locator("body")).to_have_attribute("data-state", "waiting")
        live = LiveSession(path, SENSORS, {}, perf_counter_ns, ())
        story.began_ms = 1e3 * time.time() - (perf_counter_ns() - live.origin_ns) * 1e-6
        page.begin(_shown(live))
        await expect(tab.locator("body")).to_have_attribute("data-state", "recording")
        await tab.evaluate(TELLING_TIME)
        tab.on("requestfinished", lambda request: story.messages_s.append(1e-3 * request.timing["responseEnd"]))
        await _press(tab, "sacrum")
        await tab.keyboard.down("1")
        await tab.keyboard.up("1")
        await _heard(tab, 4)
        story.pressed = await tab.evaluate("pressed")
        story.findings = serious_ones((await Axe().run(tab)).response)
        story.findings += await tab.evaluate(MISPLACED, LARGE)
        story.texts.append(await tab.locator("body").inner_text())
        for place in ("/", "/live", "/do"):
            story.statuses[place] = (await tab.request.get(f"{page.local.url}{place}")).status
        other = await _come(browser, page)
        await expect(other.locator("#name")).to_have_text("helper 2")
        await other.keyboard.down("3")  # held while the page is loaded again
        await _heard(other, 1)
        await other.reload()
        await expect(other.locator("body")).to_have_attribute("data-state", "recording")
        await other.context.set_offline(True)
        await other.keyboard.down("2")
        await expect(other.locator("body")).to_have_attribute("data-state", "lost")
        await other.keyboard.up("2")
        await other.context.set_offline(False)
        await expect(other.locator("body")).to_have_attribute("data-state", "recording")
        await _heard(other, 2)
        live.finish()


def _shown(live: LiveSession) -> Any:
    """All that the page asks of a practice here; marks are written as a practice writes them."""
    choices = Choices(CuePreferences())

    def tell_truth(what: str, *, off: bool, at_ns: int, by: str) -> None:
        at_s = (at_ns - live.origin_ns) * 1e-9
        live.mark(MarkKind.TRUTH, at_s, at_s, what=what, off=off, by=by, reacts=True)

    return SimpleNamespace(
        controls=SimpleNamespace(choices=choices, cue_mode=CueMode.OFF, tell_truth=tell_truth), actions=()
    )


async def _come(browser: Browser, page: Page, **options: Any) -> Tab:
    tab = await (await browser.new_context(**options)).new_page()
    tab.set_default_timeout(60_000)
    await tab.goto(f"{page.local.url}/helper?token={page.access.invite(Role.HELPER)}")
    return tab


async def _press(tab: Tab, contact: str) -> None:
    box = await tab.locator(f"[data-contact={contact}]").bounding_box()
    assert box is not None
    await tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await tab.mouse.down()
    await expect(tab.locator(f"[data-contact={contact}]")).to_have_attribute("aria-pressed", "true")
    await tab.mouse.up()
    await expect(tab.locator(f"[data-contact={contact}]")).to_have_attribute("aria-pressed", "false")


async def _heard(tab: Tab, number: int) -> None:
    """Until the program has heard so many events of this page."""
    async with tab.expect_response(lambda response: response.url.endswith("/helper/told")) as answered:
        pass
    answer = await (await answered.value).json()
    if answer["heard"] < number:
        await _heard(tab, number)


def test_presses_are_in_the_file_when_they_were_made(watched: Watched) -> None:
    told = watched.moments("sacrum", "helper 1") + watched.moments("head", "helper 1")
    assert [off for off, _ in told] == [True, False, True, False]
    made_s = [(at_ms - watched.began_ms) * 1e-3 for _, at_ms in watched.pressed]
    assert [kind for kind, _ in watched.pressed] == ["pointerdown", "pointerup", "keydown", "keyup"]
    assert [at_s for _, at_s in told] == pytest.approx(made_s, abs=NEAR_S + max(watched.messages_s))


def test_a_helper_sees_no_verdict_and_can_do_nothing_else(watched: Watched) -> None:
    (text,) = watched.texts
    assert not {"held", "warned", "lost", "rep", "limit"} & set(text.lower().replace(".", " ").split())
    assert watched.statuses == {"/": 401, "/live": 401, "/do": 401}
    assert watched.findings == []


def test_a_page_that_is_loaded_again_holds_nothing(watched: Watched) -> None:
    assert [off for off, _ in watched.moments("sacrum", "helper 2")] == [True, False]


def test_what_was_pressed_without_a_connection_is_not_lost(watched: Watched) -> None:
    (down, began_s), (up, ended_s) = watched.moments("upper_back", "helper 2")
    assert (down, up) == (True, False)
    assert ended_s > began_s


def test_two_helpers_are_kept_apart(watched: Watched) -> None:
    assert watched.truth is not None
    assert {span.by for span in watched.truth.watched["sacrum"]} == {"helper 1", "helper 2"}

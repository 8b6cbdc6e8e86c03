"""The phone's page in a real Chromium: it becomes a sensor, with an Android's signs and with an iPhone's."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Browser, async_playwright, expect
from rich.console import Console

from dowel.display.display import Displays
from dowel.display.display_state import Board
from dowel.display.line_output import LineOutput
from dowel.practice.autopilot import SelfStarter
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Placement
from dowel.reports.notebook import analyse
from dowel.sensors.drivers import decoder_for
from dowel.sensors.drivers.base import Decoded
from dowel.sensors.simulated import set_of_hinges
from dowel.sensors.simulated.world import World, Worn
from dowel.session.setup import SessionSetup
from dowel.settings.cue_mode import CueMode
from dowel.web.access import NO_KEY, NOT_FOR_SENSORS, Role
from dowel.web.live_page import Page, open_page
from tests.end_to_end.browser import ABSENT, ARGUMENTS, CHROMIUM
from tests.end_to_end.phone_browser import PhoneBrowser
from tests.live.phones import NOISY
from tests.simulated_devices.capture2go import Capture2Go
from tests.simulated_devices.phones.phone import Handset, Platform

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)

PATIENCE_S = 120.0
PEAKS_DEG = (0.0, 20.0, 0.0)
SACRUM = Placement.SACRUM
BLUETOOTH = "capture2go"
"""It tells its own time, so that a computer too busy for 0.2 s costs no verdict, as it does with one that counts."""


@pytest.fixture(autouse=True)
def _own_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "data"))


class Room:
    """A practice of the simulated lifter in real time, its page, and everybody's Chromium."""

    def __init__(self, stack: AsyncExitStack, browser: Browser, path: Path) -> None:
        self.stack, self.browser, self.path = stack, browser, path
        pieces = set_of_hinges(len(PEAKS_DEG), peaks_deg=PEAKS_DEG, set_marks=False)
        worn = [Worn(place, Capture2Go, chip=NOISY) for place in (Placement.UPPER_BACK, SACRUM)]
        self.world = World(worn, set_pieces=pieces)
        self.out = io.StringIO()
        self.page: Page
        self.practice: Practice
        self._running: asyncio.Future[None]

    async def begin(self, *, upper_back: bool) -> None:
        """Begin a practice with a phone on the sacrum, as ``dowel practice --host 127.0.0.1`` does."""
        await self.world.start()
        self.stack.push_async_callback(self.world.close)
        radio, board = self.world.radio, Board()
        served = open_page(board, host="127.0.0.1", clock_ns=radio.clock_ns)
        self.page = await self.stack.enter_async_context(served)
        back = {Placement.UPPER_BACK: self.world.stations[Placement.UPPER_BACK].address} if upper_back else {}
        sensors = {**back, SACRUM: "phone:"}
        self.practice = Practice(
            PracticeOptions(SessionSetup(), self.path, CueMode.LIVE, sensors=sensors, simulated=True, host="127.0.0.1"),
            radio,
            Displays(board, LineOutput(Console(file=self.out, width=1000)), self.page),
            started_at=datetime.now(UTC),
            performer=SelfStarter(self.world.lifter, stops=True),
            outputs=[self.page],
            invite=self.page.invite_phone,
        )
        self._running = asyncio.ensure_future(self.practice.run())
        self.stack.push_async_callback(self.end)

    async def end(self) -> None:
        """Stop the practice if it has not ended by itself; raises what went wrong in it."""
        self.practice.stop()
        await self._running

    async def over(self) -> None:
        """Wait until the practice has ended by itself."""
        await self._running

    async def told(self, sentence: str) -> str:
        """Wait until the practice says this; the line that it stands in."""
        await until(lambda: sentence in self.out.getvalue(), f"it says {sentence!r}: {self.out.getvalue()}")
        return next(line for line in self.out.getvalue().splitlines() if sentence in line)

    async def invited(self) -> str:
        """The address that the practice tells the phone to open."""
        await self.told("Or open this address on the phone:")
        return (await self.told("/phone?token=")).strip()

    async def phone(self, platform: Platform, **options: Any) -> PhoneBrowser:
        phone = await PhoneBrowser.of(self.browser, platform, **options)
        self.stack.push_async_callback(phone.close)
        return phone

    @property
    def now_s(self) -> float:
        """The lifter's clock."""
        return asyncio.get_running_loop().time()

    def handset(self) -> Handset:
        """The phone at the lifter's sacrum."""
        return Handset(self.world.lifter.feel(SACRUM), chip=NOISY)


async def until(holds: Callable[[], bool], what: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s, f"not within {PATIENCE_S:.0f} s: {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def room_at(path: Path) -> AsyncIterator[Room]:
    async with async_playwright() as playwright, AsyncExitStack() as stack:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        stack.push_async_callback(browser.close)
        yield Room(stack, browser, path)


def in_room(path: Path, test: Callable[[Room], Awaitable[None]]) -> None:
    async def main() -> None:
        async with room_at(path) as room:
            await test(room)

    asyncio.run(main())


def samples_in(path: Path) -> Decoded:
    """The phone's samples, as the session file has them."""
    with open_session(path) as session:
        index = next(index for index, sensor in enumerate(session.sensors) if sensor.driver == "device_motion")
        return decoder_for(session.sensors[index]).decode(session.notifications(index))


def assert_all_there(samples: Decoded, phone: PhoneBrowser) -> None:
    """Every event since the session began became one sample, in Android's signs and SI; none came twice."""
    felt = np.array(phone.felt)
    values = np.concatenate([felt[:, 1:4], np.deg2rad(felt[:, 4:])], axis=1)
    if phone.platform == "ios":
        values[:, :3] *= -1.0
    count = len(samples.values)
    places = [at for at in range(len(values) - count + 1) if np.allclose(values[at : at + 30], samples.values[:30])]
    assert places, "the first half second is nothing that was felt"
    # who stands still feels the same for a while, so that the beginning may fit in several places
    assert any(
        np.allclose(values[at : at + count], samples.values, atol=1e-9)
        and np.allclose(np.diff(samples.device_time_s), 1e-3 * np.diff(felt[at : at + count, 0]), atol=1e-6)
        for at in places
    )


def stalled(row: Any) -> bool:
    """Whether this computer had no time for its sensors in this rep; then nothing is said of it, which is right."""
    return row.verdict == "not_judged" and row.verdict_reason in ("sync", "gap", "sync+gap")


def test_a_phone_is_the_sacrum_sensor_of_a_practice(tmp_path: Path) -> None:
    async def test(room: Room) -> None:
        await room.begin(upper_back=True)
        laptop = await (await room.browser.new_context()).new_page()
        await laptop.goto(room.page.address)
        dialog = laptop.locator("#invite-dialog")
        await expect(dialog).to_be_visible(timeout=PATIENCE_S * 1e3)
        await expect(laptop.locator("#invite-title")).to_have_text("This phone becomes the sacrum sensor")
        address = await room.invited()
        await expect(laptop.locator("#invite-url")).to_have_text(address)
        assert await laptop.locator("#invite-qr").evaluate("image => image.naturalWidth") > 100

        phone = await room.phone("android")
        await phone.open(address)
        await phone.says("Press Start, and strap the phone on, on the flat bone above the crease of the buttocks.")
        await phone.says("This phone as the sacrum sensor", "placement >> xpath=..")
        await phone.move(room.handset())
        await phone.press("start")
        await phone.says("Measuring. Keep this page in front.")
        await expect(dialog).to_be_hidden(timeout=PATIENCE_S * 1e3)
        await expect(laptop.locator("#step-title")).to_have_text("Stand still", timeout=PATIENCE_S * 1e3)
        await laptop.close()  # it draws 25 pictures a second, which this computer may need for the phone

        await room.over()
        await phone.hold_still()
        assert phone.own_complaints() == []
        hosts = {url.split("/")[2] for url in phone.requests if not url.startswith("data:")}
        assert hosts == {address.split("/")[2]}

        results = room.practice.live.results
        truth = [rep for rep in room.world.lifter.true_reps() if rep.kind == "rep"]
        lost_deg = results.now.limits.lost_deg
        true_verdicts = ["lost" if rep.held_flexion_deg > lost_deg else "held" for rep in truth]
        assert true_verdicts == ["held", "lost", "held"]
        rows = results.rep_rows
        assert [row.kind for row in rows] == ["rep"] * len(truth)
        contacts = {"held": "", "lost": "sacrum"}
        for row, verdict in zip(rows, true_verdicts, strict=True):
            assert (row.verdict, row.contact_lost) == (verdict, contacts[verdict]) or stalled(row), row
        assert not all(stalled(row) for row in rows)
        assert [sensor.driver for sensor in results.sensors] == [BLUETOOTH, "device_motion"]

        again = analyse(room.path)
        assert [repr(event) for event in again.events] == [repr(event) for event in results.events]
        assert [sensor.driver for sensor in again.sensors] == [BLUETOOTH, "device_motion"]
        assert_all_there(samples_in(room.path), phone)

    in_room(tmp_path / "x.dowel", test)


def test_an_iphone_streams_and_nothing_is_lost_with_an_answer_that_is(tmp_path: Path) -> None:
    async def test(room: Room) -> None:
        await room.begin(upper_back=False)
        phone = await room.phone("ios")
        await phone.open(await room.invited())
        await phone.move(room.handset())
        await phone.press("start")
        await phone.says("Measuring. Keep this page in front.")
        await room.told("Only the sacrum has a sensor")
        await phone.lose_answers(2)
        await phone.says("The program cannot be reached.")
        assert await phone.findings() == []
        await phone.says("Measuring. Keep this page in front.")
        felt = len(phone.felt)
        await until(lambda: len(phone.felt) > felt + 60, "another second is felt")
        await room.end()
        await phone.is_in("over")
        await phone.says("The practice is over.")
        await phone.hold_still()
        assert await phone.at("dropped").inner_text() == "0"

        samples = samples_in(room.path)
        assert len(samples.values) > 100
        assert samples.bad_frames > 0  # what came again
        assert_all_there(samples, phone)
        upright = np.array(phone.felt)[0, 1:4] @ room.world.lifter.feel(SACRUM)(np.array([room.now_s]))[0, :3]
        assert upright < -50.0  # an iPhone counts the other way round, and the session does not
        assert phone.own_complaints() == []

    in_room(tmp_path / "x.dowel", test)


def test_what_is_in_the_way_is_told_on_the_phone_and_in_the_practice(tmp_path: Path) -> None:
    async def test(room: Room) -> None:
        await room.begin(upper_back=False)
        address = await room.invited()
        refusing = await room.phone("ios", permission="denied")
        await refusing.open(address)
        await refusing.press("start")
        await refusing.says("This page may not see how the phone moves.", "problem")
        await room.told("The sacrum phone: Its browser is not allowed to use the motion sensors.")
        assert await refusing.findings() == []

        used = await room.phone("android")
        for good_no_more in (address, address[:-3] + "xyz", address.split("?")[0]):
            answer = await used.open(good_no_more)
            assert answer.status == 401
            assert NO_KEY.sentence in await used.page.inner_text("main")

        phone = used
        await phone.open(room.page.invite(Role.SENSOR, SACRUM)["url"])
        await phone.is_in("ready")
        await phone.says("Press Start")
        assert await phone.findings() == []
        await refusing.page.reload()
        assert NO_KEY.sentence in await refusing.page.inner_text("main"), "there is one phone at a placement"

        await phone.press("start")
        await phone.says("No motion comes from this device.", "problem")
        await room.told("The sacrum phone: Its browser reports no motion.")
        await phone.move(room.handset())
        await phone.press("start")
        await phone.says("Measuring. Keep this page in front.")
        await room.told("Only the sacrum has a sensor")
        assert await phone.findings() == []

        await phone.hold_still()
        await phone.hide(True)
        await room.told("The sacrum phone: The page is hidden or the screen is off.")
        await room.told("The sacrum phone is lost; the session goes on. The page is hidden or the screen is off.")
        await phone.hide(False)
        await phone.says("This page was hidden for", "problem")
        await phone.move(room.handset())
        await room.told("The sacrum sensor is back.")
        await phone.says("Measuring.")
        assert await phone.findings() == []

        answer = await phone.page.request.get(address.split("/phone")[0] + "/", headers={"Accept": "text/html"})
        assert (answer.status, NOT_FOR_SENSORS.sentence in await answer.text()) == (403, True)
        for method, path in (("GET", "/live"), ("POST", "/do"), ("POST", "/cues"), ("POST", "/invite")):
            status = await phone.page.evaluate(
                "([method, path]) => fetch(path, { method }).then((answer) => answer.status)", [method, path]
            )
            assert status == 403, path
        assert phone.own_complaints() == refusing.own_complaints() == []

    in_room(tmp_path / "x.dowel", test)

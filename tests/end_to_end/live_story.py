"""One practice through its page, from the first sensor to the end: told once, looked at by many tests.

A calibration alone takes forty seconds of a person's time, and everything here happens in real time.
"""

from __future__ import annotations

import http.client
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, expect

from dowel.recordings.types import Placement
from dowel.sensors.simulated.person.simulated_bends import Hinge
from dowel.settings.preferences import preferences_path
from dowel.web.access import Role
from tests.end_to_end.live_practice import LivePractice
from tests.end_to_end.socks import Network
from tests.end_to_end.viewer import LAPTOP, PHONE, Viewer

MARKUP: Final = "<img src=x onerror=boom()>"
"""A name that somebody chose for us."""
FRAMES: Final = 60
"""So many are compared with one another: those that come to somebody alone, and beside a viewer who takes nothing."""
FULL_S: Final = 2.0
"""A viewer who is so far behind takes nothing any more: the line to him is full."""
SILENCE: Final = 1e-4
"""Of full scale: -80 dB."""
PEAKS_DEG: Final = (0.0, 8.0, 16.0, -17.0, 20.0, 0.0)
"""Of the set: held, warned, lost at the sacrum, at the upper back, and again at the sacrum with the cues off, held."""
SMALL_BUFFER_BYTES: Final = 4096


@dataclass
class Story:
    """What was done and seen. ``main`` and ``phone`` are what two viewers saw (:meth:`Viewer.seen`)."""

    path: Path
    live: LivePractice
    main: dict[str, list[Any]] = field(default_factory=dict)
    phone: dict[str, list[Any]] = field(default_factory=dict)
    complaints: dict[str, list[str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    findings: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    at_ms: dict[str, float] = field(default_factory=dict)
    """When something was done, by the wall clock."""

    def now(self, what: str) -> None:
        self.at_ms[what] = 1e3 * time.time()


class Telling:
    """The story while it happens."""

    def __init__(self, browser: Browser, live: LivePractice, network: Network, story: Story) -> None:
        self._browser = browser
        self._live = live
        self._network = network
        self._story = story
        self._viewers: dict[str, Viewer] = {}
        self.main = self._come("main", **LAPTOP)
        self.phone = self._come(
            "phone", **PHONE, color_scheme="dark", reduced_motion="reduce", proxy={"server": network.address}
        )

    def _come(self, name: str, address: str = "", **context: Any) -> Viewer:
        self._viewers[name] = Viewer(self._browser, address or self._live.address, **context)
        return self._viewers[name]

    def tell(self) -> None:
        """All of it."""
        self._live.begin()
        self._sensors_are_found()
        self._calibration_is_refused_and_given_up()
        self._calibration()
        self._ready()
        self._set()
        self._a_sensor_is_missing()
        self._end()

    # --- before the first set ---

    def _sensors_are_found(self) -> None:
        main = self.main
        expect(main.at("step-say")).to_contain_text("Move the sensor on your")
        self._story.facts["while binding"] = {
            "replay": main.at("replay").is_visible(),
            "controls": main.at("controls").is_visible(),
        }

    def _calibration_is_refused_and_given_up(self) -> None:
        main = self.main
        expect(main.at("step-title")).to_have_text("Stand still")
        self._story.facts["disabled while calibrating"] = main.at("set-button").is_disabled()
        expect(main.at("step-ring")).to_have_attribute("data-progress", re.compile(r"0\.[1-9]"))
        self._live.do(self._live.world.lifter.wiggle, Placement.SACRUM)
        main.wait_for("window.seen.steps.some(([, step]) => step && step.split('|')[3])")
        expect(main.at("calibrate-button")).to_contain_text("Give up")
        main.click("calibrate-button")
        expect(main.at("hint")).to_contain_text("Not calibrated")
        expect(main.at("contact")).to_contain_text("not calibrated")
        self._story.texts["given up"] = main.at("contact").inner_text()
        main.click("calibrate-button")

    def _calibration(self) -> None:
        """It takes a while, in which much else is done."""
        main, phone = self.main, self.phone
        expect(main.at("step-title")).to_have_text("Stand still")
        self._story.findings["calibrating, laptop"] = main.findings()
        self._story.findings["calibrating, phone in the dark"] = phone.findings()
        self._keyboard_alone()
        self._story.facts["themes"] = {"main": _colours(main), "phone": _colours(phone)}
        main.click("theme-button")  # from the system's to light
        main.click("theme-button")  # to dark
        self._story.facts["themes"]["main, chosen"] = _colours(main)
        main.click("theme-button")
        self._network_freezes()
        token = self._live.do(self._live.page.access.invite, Role.SENSOR, Placement.SACRUM)
        sensor = self._come("sensor", self._live.page.local.url + f"/phone?token={token}", **PHONE)
        sensor.at("say").wait_for(state="attached")
        self._story.findings["phone as a sensor"] = sensor.findings()

    def _keyboard_alone(self) -> None:
        """Notes, the settings and the end, without a pointer."""
        main = self.main
        main.press("n")
        main.page.keyboard.type(MARKUP)
        main.press("Enter")
        expect(main.at("messages")).to_contain_text("Noted.")
        while main.page.evaluate("document.activeElement.id") != "settings-button":
            main.press("Tab")
        main.press("Enter")
        expect(main.at("settings-dialog")).to_be_visible()
        main.press("ArrowDown")  # the first field is the mode, and it stands at "as fits the drill"
        expect(main.page.locator("[data-cue=mode][value=live]")).to_be_checked()
        self._story.findings["settings"] = main.findings()
        main.press("Escape")
        main.press("m", "q")
        expect(main.at("stop-dialog")).to_be_visible()
        self._story.texts["focused first"] = main.page.evaluate("document.activeElement.textContent")
        main.press("Escape")
        expect(main.at("stop-dialog")).to_be_hidden()

    def _network_freezes(self) -> None:
        """The second viewer's: nothing comes and nobody says why; then all is well again."""
        phone = self.phone
        self._story.now("frozen")
        self._network.freeze()
        expect(phone.page.locator("body[data-connection=lost]")).to_be_attached()
        self._story.texts["frozen"] = phone.at("banner").inner_text()
        self._story.now("mended")
        self._network.mend()
        expect(phone.page.locator("body[data-connection=live]")).to_be_attached()
        expect(phone.at("banner")).to_be_hidden()

    def _ready(self) -> None:
        main = self.main
        expect(main.at("hint")).to_contain_text("Ready.")
        main.click("load-button")
        main.page.locator("[data-step='5']").click()
        main.click("load-save")
        expect(main.at("set")).to_contain_text("5 kg")
        main.press("l")  # and once more with the keyboard alone
        main.page.keyboard.type("a lot")
        main.press("Enter")
        self._story.texts["load"] = main.at("load-problem").inner_text()
        main.press("ControlOrMeta+a", "0", "Enter")
        expect(main.at("load-button")).to_contain_text("Load 0 kg")
        main.click("sound-button")
        expect(main.page.locator("#sound-button[data-sound=on]")).to_be_attached()
        main.wait_for(f"window.seen.sound.some(([, , peak]) => peak > {SILENCE})")  # the knock that says so
        self._until_silent()

    def _until_silent(self) -> None:
        self.main.wait_for(f"window.seen.sound.at(-1)[2] < {SILENCE}")

    # --- the set ---

    def _set(self) -> None:
        main, phone = self.main, self.phone
        self._story.now("alone from")
        main.wait_for_frames(FRAMES)
        self._story.now("alone to")
        with self._viewer_who_takes_nothing():
            main.click("set-button")
            expect(main.at("set-button")).to_contain_text("End set 1")
            self._counted(1, main, phone)
            self._rep(2, main, phone)
            self._live.until(lambda: self._live.lag_s() > FULL_S)
            self._story.now("full from")
            main.wait_for_frames(FRAMES)
            self._story.now("full to")
            self._reload()
            still = self._come("still", **LAPTOP)
            still.stay_when("lost", "sacrum")
            self._live.next_rep()
            still.wait_until_it_stays()
            self._story.findings["lost"] = still.findings()
            self._counted(3, main, phone)
            self._network_is_cut()
            self._live.until(lambda: self._live.page.feed.viewers == len((main, phone, still)))
        self._cues_off(still)
        self._rep(5, main, phone)
        self._rep(6, main, phone)
        still.stay_when("held", "")
        still.wait_until_it_stays()
        self._story.findings["held"] = still.findings()
        main.click("undo-button")
        expect(main.at("reps")).to_have_text("5")
        main.click("set-button")
        expect(main.at("summary")).to_be_visible()
        self._story.texts["summary"] = main.at("summary-text").inner_text()
        self._story.findings["summary"] = main.findings()
        main.page.locator("#summary [data-judge]").click()
        main.page.locator("[data-by-eye='5']").select_option("held")
        expect(main.at("messages")).to_contain_text("Rep 5 of set 1: held by eye.")
        self._story.findings["judged by eye"] = main.findings()
        main.press("Escape")

    def _rep(self, number: int, *viewers: Viewer) -> None:
        """The lifter does this rep, and these see it counted."""
        self._live.next_rep()
        self._counted(number, *viewers)

    def _counted(self, reps: int, *viewers: Viewer) -> None:
        for viewer in viewers:
            expect(viewer.at("reps")).to_have_text(str(reps))

    @contextmanager
    def _viewer_who_takes_nothing(self) -> Iterator[None]:
        """Somebody whose window hangs: the connection is open and never read from."""
        place = self._live.page.local
        port = place.door.port
        entering = http.client.HTTPConnection("127.0.0.1", port)
        entering.request("GET", self._live.address.removeprefix(place.url))
        answer = entering.getresponse()
        cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        answer.read()
        entering.close()
        viewers = self._live.page.feed.viewers
        with socket.socket() as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
            stuck.connect(("127.0.0.1", port))
            asking = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
            stuck.sendall(asking.encode())
            self._live.until(lambda: self._live.page.feed.viewers > viewers)
            yield

    def _reload(self) -> None:
        """In mid-set; the sound that was on comes back with the first touch of anything."""
        main = self.main
        _, before = main.shown()
        self._story.now("reload")
        main.reload()
        self._story.facts["frames before the reload"] = main.frames_before
        main.wait_for("window.seen.shown.length")
        self._story.facts["reload"] = (before, main.shown()[1])
        main.press("Shift")
        expect(main.page.locator("#sound-button[data-sound=on]")).to_be_attached()

    def _network_is_cut(self) -> None:
        """The second viewer's, in mid-set: connections break, a rep is done, and then there is a network again."""
        main, phone = self.main, self.phone
        self._story.now("cut")
        self._network.cut()
        expect(phone.page.locator("body[data-connection=lost]")).to_be_attached()
        self._story.texts["cut"] = phone.at("banner").inner_text()
        self._rep(4, main)
        self._story.now("mended again")
        self._network.mend()
        expect(phone.page.locator("body[data-connection=live]")).to_be_attached()
        self._counted(4, phone)

    def _cues_off(self, viewer: Viewer) -> None:
        """Chosen by one viewer, for all of them."""
        viewer.click("settings-button")
        viewer.page.locator("[data-cue=mode][value=off]").check()
        expect(self.main.at("in-force")).to_have_text("now never")
        self._until_silent()
        self._story.now("cues off")
        viewer.press("Escape")

    # --- and its end ---

    def _a_sensor_is_missing(self) -> None:
        main, sacrum = self.main, self._live.world.stations[Placement.SACRUM]
        self._story.now("missing")
        self._live.do(sacrum.power_off)
        expect(main.page.locator("[data-sensor=sacrum]:not([data-link=streaming])")).to_be_attached()
        expect(main.at("contact")).to_contain_text("sacrum sensor")
        self._story.texts["missing"] = main.at("contact").inner_text()
        self._story.findings["sensor missing, laptop"] = main.findings()
        self._story.findings["sensor missing, phone in the dark"] = self.phone.findings()
        self._live.do(sacrum.power_on)
        expect(main.page.locator("[data-sensor=sacrum][data-link=streaming]")).to_be_attached()

    def _end(self) -> None:
        main = self.main
        self._story.facts["pictures of names"] = [
            viewer.page.locator("img[src=x], [onerror]").count() for viewer in self._viewers.values()
        ]
        self._story.texts["who"] = main.at("who").inner_text()
        self._story.texts["sensors"] = main.at("sensors").inner_text()
        main.click("more-button")
        main.click("stop-button")
        main.click("stop-confirm")
        for viewer in (main, self.phone):
            expect(viewer.page.locator("body[data-connection=over]")).to_be_attached()
        self._story.texts["over"] = main.at("banner").inner_text()
        self._story.texts["end"] = main.at("end").inner_text()
        with main.page.context.expect_page() as opened:
            main.click("end-report")
        self._story.texts["report"] = opened.value.title()
        opened.value.close()
        self._story.findings["over, laptop"] = main.findings()
        self._story.findings["over, phone in the dark"] = self.phone.findings()
        self._live.join()
        expect(main.at("end-report")).to_be_hidden()
        self._story.main, self._story.phone = main.seen(), self.phone.seen()
        for name, viewer in self._viewers.items():
            self._story.complaints[name] = [*viewer.watched.complaints, *viewer.seen()["violations"]]
            self._story.requests += viewer.watched.requests


def _colours(viewer: Viewer) -> tuple[str, ...]:
    colours: list[str] = viewer.page.evaluate(
        "['body', '.card', '#contact'].map((each) => getComputedStyle(document.querySelector(each)).backgroundColor)"
    )
    return tuple(colours)


def tell(browser: Browser, folder: Path) -> Story:
    """Practise, and give what was seen. The preferences must be the tests' own."""
    assert not preferences_path().exists()
    out = folder / f"{MARKUP}.dowel"
    with ExitStack() as stack:
        live = stack.enter_context(
            LivePractice(
                out,
                person=MARKUP,
                sensor_names=(MARKUP, None),
                reps=[Hinge(60.0, 1.8, 0.8, 1.4, 1.0, peak_deg) for peak_deg in PEAKS_DEG],
            )
        )
        network = stack.enter_context(Network(live.page.local.door.port))
        story = Story(out, live)
        Telling(browser, live, network, story).tell()
    return story

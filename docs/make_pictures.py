"""Makes the pictures of README and docs: ``python docs/make_pictures.py``.

The simulated lifter practises as in ``dowel demo``. docs/practice.svg is what the terminal shows when he has lost
contact for the second time, docs/live-page.png and live-page-phone.png what the live page shows then; docs/report.svg
is the report that the demo ends with, docs/page.png the page that the demo leaves. Those of pages need Chromium.
docs/sensor-places.svg and sensor-places-front.svg are the live page's own drawings of where the sensors sit,
docs/strapped-on.svg the report's lifter with both on.
"""

from __future__ import annotations

import asyncio
import io
import math
import re
import shutil
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from dowel.analysis.events import ContactPassed, Event
from dowel.devices.simulating import run_radio, simulated_world
from dowel.display.display_state import Board
from dowel.display.terminal_drawing import draw
from dowel.display.view import View
from dowel.drawing.figures import drawn
from dowel.drawing.lines import as_lines
from dowel.drawing.standing import Pose
from dowel.practice.autopilot import SelfStarter
from dowel.practice.demo import SEED
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.recordings.types import Mark
from dowel.reports.notebook import analyse
from dowel.reports.page import html_page, session_view
from dowel.reports.report import report_of
from dowel.reports.terminal import print_report
from dowel.session.results import SessionResults
from dowel.session.setup import SessionSetup
from dowel.settings.cue_mode import CueMode
from dowel.web.feed import Feed
from dowel.web.frames import TRACE_S, Around, Frames
from dowel.web.live_page import Page
from dowel.web.server import local_place

if TYPE_CHECKING:
    from playwright.async_api import Browser

HERE: Final = Path(__file__).parent
WIDTH, HEIGHT = 80, 24
LOOK_AFTER_S: Final = 0.3
"""As long as the gap still grows."""
PAGE_WIDTH: Final = 1120
STARTED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Still(Frames):
    """One moment of a session, told again and again."""

    def __init__(self, frames: Frames) -> None:
        self._kept = frames.state(over=False)
        self._now, _ = frames.now(frames.point_at(-TRACE_S), None)

    def state(self, *, over: bool) -> dict[str, Any]:  # noqa: ARG002
        """What was read."""
        return self._kept

    def point_at(self, ago_s: float) -> int:  # noqa: ARG002
        """There is no time."""
        return 0

    def now(self, trace_from: int, tone: float | None) -> tuple[str, int]:  # noqa: ARG002
        """What was watched."""
        return self._now, 0


class Camera(Board):
    """Remembers what was to be seen when contact was lost, on the terminal and on the page."""

    def __init__(self) -> None:
        super().__init__()
        self.shots: list[tuple[View, Still]] = []

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:
        """What the analysis said."""
        super().hear(marks, events)
        if any(isinstance(event, ContactPassed) and event.level == "lost" for event in events):
            asyncio.get_running_loop().call_later(LOOK_AFTER_S, self._shoot)

    def _shoot(self) -> None:
        self.shots.append((self.view(), Still(Frames(self, Around))))


@cache
def practised() -> tuple[View, Still, SessionResults]:
    """What was to be seen at the second loss of contact, and the session: that of the demo."""
    return run_radio(_practise(), simulate=True)


async def _practise() -> tuple[View, Still, SessionResults]:
    camera = Camera()
    with TemporaryDirectory() as folder:
        recorded, shown = Path(folder, "monday.dowel"), Path(folder, "demo.dowel")
        options = PracticeOptions(SessionSetup(), recorded, CueMode.LIVE, simulated=True)
        async with simulated_world(seed=SEED) as world:
            performer = SelfStarter(world.lifter, stops=True)
            await Practice(options, world.radio, camera, started_at=STARTED_AT, performer=performer).run()
        return *camera.shots[1], analyse(recorded.rename(shown))


def screen() -> Console:
    """A console that has recorded the view."""
    console = recorder()
    for line in draw(practised()[0], WIDTH, HEIGHT):
        console.print(line)
    return console


def report() -> Console:
    """A console that has recorded the report that the demo ends with."""
    console = recorder()
    print_report(console, report_of(practised()[2]))
    return console


def page() -> str:
    """The page that the demo leaves."""
    return html_page([session_view(practised()[2])])


async def photograph() -> None:
    """Write what a browser shows of the pages."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        await photograph_report(browser, page(), HERE / "page.png")
        still = practised()[1]
        laptop: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}, "color_scheme": "light"}
        phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "is_mobile": True}
        async with AsyncExitStack() as stack:
            live = Page(Board(), local_place(), time.perf_counter_ns, stack, replay=False, big=False)
            live.feed = Feed(still)
            await live.open_local()
            for context, name in ((laptop, "live-page"), (phone, "live-page-phone")):
                await photograph_live(browser, live.address, context, HERE / f"{name}.png")
        await browser.close()


async def photograph_report(browser: Browser, html: str, path: Path) -> None:
    """A page down to the end of its first table."""
    shown = await browser.new_page(viewport={"width": PAGE_WIDTH, "height": 800}, color_scheme="light")
    await shown.set_content(html)
    table = await shown.locator("table").first.bounding_box()
    assert table is not None
    height = table["y"] + table["height"] + 24
    await shown.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": PAGE_WIDTH, "height": height})
    print(f"Written: {path.name}")


async def photograph_live(browser: Browser, address: str, context: dict[str, Any], path: Path) -> None:
    """The live page, with its sound on."""
    shown = await browser.new_page(**context)
    await shown.goto(address)
    await shown.locator("#contact[data-state=lost]").wait_for()
    await shown.click("#sound-button")
    await shown.locator("#sound-button[data-sound=on]").wait_for()
    await shown.evaluate("document.activeElement.blur()")
    await shown.mouse.move(0, 0)
    await shown.screenshot(path=path)
    await shown.close()
    print(f"Written: {path.name}")


def recorder() -> Console:
    """A console that records, whatever the terminal is like."""
    return Console(
        record=True,
        file=io.StringIO(),
        width=WIDTH,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        markup=False,
        emoji=False,
    )


def write(console: Console, title: str, name: str) -> None:
    """Write a picture; it loads nothing from the network, so its font is the reader's own."""
    svg = console.export_svg(title=title, unique_id=name)
    path = HERE / f"{name}.svg"
    path.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")
    print(f"Written: {path.name}")


def copy_sensor_places() -> None:
    """The docs have the page's drawing beside them, because a site holds no files from elsewhere."""
    for name in ("sensor-places.svg", "sensor-places-front.svg"):
        (HERE / name).write_bytes(resources.files("dowel.web").joinpath("static", name).read_bytes())
        print(f"Written: {name}")


STRAP, SENSOR, SKIN = "#c4842f", "#2f86d6", "#8693a1"
"""The colours of docs/sensor-places.svg, which can be seen on white and on black."""


def strapped_on() -> None:
    """A lifter from the side, standing and bent, with both sensors, their straps and the rod."""
    parts = []
    for left, lean_deg, words in ((70, 0.0, "standing"), (300, 70.0, "bent, all points on the rod")):
        figure = as_lines(drawn(Pose(lean_deg, lean_deg, 0.0)))
        shapes = "".join(_shape(line) for line in figure["lines"])
        worn = "".join(_worn(figure, point, number) for number, point in ((1, "upper_back"), (2, "sacrum")))
        parts.append(f'<g transform="translate({left} 262) scale(240)">{shapes}{worn}</g>')
        parts.append(f'<text x="{left + 20}" y="292" fill="{SKIN}" font-size="14" text-anchor="middle">{words}</text>')
    told = "A lifter from the side: sensor 1 on the upper back, sensor 2 on the sacrum, both under the rod"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 304" role="img" aria-label="{told}" '
        f'font-family="system-ui, sans-serif">{"".join(parts)}</svg>\n'
    )
    (HERE / "strapped-on.svg").write_text(svg, encoding="utf-8")
    print("Written: strapped-on.svg")


def _shape(line: dict[str, Any]) -> str:
    if line["name"] == "rod":
        return f'<path d="{line["path"]}" fill="none" stroke="{STRAP}" stroke-width="0.02" stroke-linecap="round"/>'
    opacity = 0.25 if line["name"].startswith("far") else 0.45
    if line["width"] is None:
        return f'<path d="{line["path"]}" fill="{SKIN}" fill-opacity="{opacity}"/>'
    stroke = f'stroke="{SKIN}" stroke-opacity="{opacity}" stroke-width="{line["width"]}"'
    return f'<path d="{line["path"]}" fill="none" {stroke}/>'


def _worn(figure: dict[str, Any], point: str, number: int) -> str:
    """A sensor on the body at a point of the rod, and its strap around the body."""
    x, up = figure["points"][point]["body"]
    out_x, out_up = figure["away"]
    angle_deg = math.degrees(math.atan2(-out_up, out_x))
    strap = f'<path d="M0 0L{-0.13} 0" stroke="{STRAP}" stroke-width="0.022" stroke-opacity="0.8"/>'
    box = f'<rect x="-0.012" y="-0.026" width="0.026" height="0.052" rx="0.008" fill="{SENSOR}"/>'
    at = f'x="{x + 0.09 * out_x:.3f}" y="{-up - 0.09 * out_up + 0.02:.3f}"'
    named = f'<text {at} fill="{SENSOR}" font-size="0.06" font-weight="700" text-anchor="middle">{number}</text>'
    return f'<g transform="translate({x:.4f} {-up:.4f}) rotate({angle_deg:.1f})">{strap}{box}</g>{named}'


if __name__ == "__main__":
    copy_sensor_places()
    strapped_on()
    write(screen(), "dowel practice", "practice")
    write(report(), "dowel report demo.dowel", "report")
    asyncio.run(photograph())

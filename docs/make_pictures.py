"""Makes the pictures of README and docs: ``python docs/make_pictures.py``.

The simulated lifter practises as in ``dowel demo``. docs/practice.svg is what the terminal shows when he has lost
contact for the second time, docs/report.svg the report that the demo ends with, docs/page.png the page that the demo
leaves (for which Chromium must be there).
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from dowel.analysis.results import ContactPassed, Event
from dowel.cues.cue_mode import CueMode
from dowel.practice.autopilot import Autopilot
from dowel.practice.board import Board
from dowel.practice.demonstration import SEED, demonstrate
from dowel.practice.drawing import draw
from dowel.practice.practising import Practice
from dowel.practice.view import View
from dowel.practice.wanted import Wanted
from dowel.recordings.types import Mark
from dowel.reports.page import html_page, session_view
from dowel.results import SessionResults, analyse
from dowel.simulating import run_radio, simulated_world
from dowel.terminal import print_report

HERE: Final = Path(__file__).parent
WIDTH, HEIGHT = 80, 24
PAGE_WIDTH: Final = 1120
STARTED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Camera(Board):
    """Remembers what was to be seen when contact was lost."""

    def __init__(self) -> None:
        super().__init__()
        self.shots: list[View] = []

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:
        """What the analysis said."""
        super().hear(marks, events)
        if any(isinstance(event, ContactPassed) and event.level == "lost" for event in events):
            self.shots.append(self.view())


async def second_loss() -> View:
    """Practise, and the view at the second loss of contact."""
    camera = Camera()
    with TemporaryDirectory() as folder:
        wanted = Wanted("dowel_hinge", Path(folder, "monday.dowel"), CueMode.LIVE, simulated=True)
        async with simulated_world(seed=SEED) as world:
            body = Autopilot(world.lifter, hands=True)
            await Practice(wanted, world.radio, camera, started_at=STARTED_AT, body=body).run()
    return camera.shots[1]


def screen() -> Console:
    """A console that has recorded the view."""
    console = recorder()
    for line in draw(run_radio(second_loss(), simulate=True), WIDTH, HEIGHT):
        console.print(line)
    return console


@cache
def practised() -> SessionResults:
    """The session of the demo."""
    with TemporaryDirectory() as folder:
        wanted = Wanted("dowel_hinge", Path(folder, "demo.dowel"), CueMode.LIVE, simulated=True)
        done = demonstrate(wanted, Console(file=io.StringIO()), started_at=STARTED_AT, real_time=False)
        assert done is not None
        return analyse(wanted.out)


def report() -> Console:
    """A console that has recorded the report that the demo ends with."""
    console = recorder()
    print_report(console, practised(), practised().rep_dicts(), ())
    return console


def page() -> str:
    """The page that the demo leaves."""
    return html_page([session_view(practised(), (), 1)])


def photograph(html: str, name: str) -> None:
    """Write what a browser shows of a page down to the end of its first table."""
    from playwright.sync_api import sync_playwright

    path = HERE / f"{name}.png"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": PAGE_WIDTH, "height": 800}, color_scheme="light")
        shown.set_content(html)
        table = shown.locator("table").first.bounding_box()
        assert table is not None
        height = table["y"] + table["height"] + 24
        shown.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": PAGE_WIDTH, "height": height})
        browser.close()
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


if __name__ == "__main__":
    write(screen(), "dowel practice", "practice")
    write(report(), "dowel report demo.dowel", "report")
    photograph(page(), "page")

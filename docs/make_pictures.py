"""Makes the pictures of README and docs: ``python docs/make_pictures.py``.

The simulated lifter practises as in ``dowel demo``. docs/practice.svg is what the terminal shows when he has lost
contact for the second time, docs/report.svg the report that the demo ends with.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
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
from dowel.simulating import run_radio, simulated_world
from dowel.terminal import print_report

HERE: Final = Path(__file__).parent
WIDTH, HEIGHT = 80, 24
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


def report() -> Console:
    """A console that has recorded the report that the demo ends with."""
    console = recorder()
    with TemporaryDirectory() as folder:
        wanted = Wanted("dowel_hinge", Path(folder, "demo.dowel"), CueMode.LIVE, simulated=True)
        done = demonstrate(wanted, Console(file=io.StringIO()), started_at=STARTED_AT, real_time=False)
        assert done is not None
        print_report(console, done.results, done.results.rep_dicts(), ())
    return console


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

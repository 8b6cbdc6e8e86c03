"""Makes docs/practice.svg, the picture of a live practice in the README: ``python docs/make_practice_picture.py``.

The simulated lifter practises as in ``dowel demo``; the picture is what the terminal shows when he has lost contact for
the second time.
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
from dowel.practice.autopilot import Autopilot
from dowel.practice.cueing import CueMode
from dowel.practice.drawing import draw
from dowel.practice.on_screen import OnScreen
from dowel.practice.practising import Practice
from dowel.practice.view import View
from dowel.practice.wanted import Wanted
from dowel.recordings.types import Mark
from dowel.simulating import run_radio, simulated_world

PICTURE: Final = Path(__file__).with_name("practice.svg")
WIDTH, HEIGHT = 80, 24
STARTED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
SEED: Final = 12


class Camera(OnScreen):
    """A screen that is never drawn, but remembers what it would have shown when contact was lost."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
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
    console = Console(
        record=True,
        file=io.StringIO(),
        width=WIDTH,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        markup=False,
        emoji=False,
    )
    for line in draw(run_radio(second_loss(), simulate=True), WIDTH, HEIGHT):
        console.print(line)
    return console


def main() -> None:
    """Write the picture; it loads nothing from the network, so its font is the reader's own."""
    svg = screen().export_svg(title="dowel practice", unique_id="practice")
    PICTURE.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")
    print(f"Written: {PICTURE.name}")


if __name__ == "__main__":
    main()

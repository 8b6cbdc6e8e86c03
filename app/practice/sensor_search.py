"""Which Bluetooth sensors a practice uses: those that were named, or those that are in the air and were moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dowel.display.display import Display
from dowel.practice.options import PracticeOptions
from dowel.recordings.errors import LinkError
from dowel.recordings.types import Placement
from dowel.sensors.ble import IDLE_SCAN_S, BindingPrompt, Found, Radio, bind, find, scan


async def find_sensors(
    options: PracticeOptions,
    placements: Sequence[Placement],
    radio: Radio,
    display: Display,
    moved: Callable[[Placement], None],
) -> Mapping[Placement, Found]:
    """The sensor at each placement. ``moved`` hears which one is to be moved. Raises ``LinkError``."""
    if options.sensors:
        found = {}
        for placement, address in options.bluetooth().items():
            display.wait(f"Looking for the {placement.words} sensor.")
            found[placement] = await find(radio, address, IDLE_SCAN_S)
        return found
    display.wait("Looking for sensors. Switch them on and keep them near.")
    everything = await scan(radio, IDLE_SCAN_S, enough=len(placements))
    candidates = [found for found in everything if found.usable]
    if not candidates:
        raise LinkError(
            "No sensor was found that can be used. Switch both on, close other programs that use them, and look at "
            "dowel scan and dowel doctor."
        )

    def ask(prompt: BindingPrompt) -> None:
        if prompt.move is None:
            display.say(prompt.sentence)
        else:
            display.ask(prompt.sentence)
            moved(prompt.move)

    return await bind(radio, candidates, placements, prompt=ask)

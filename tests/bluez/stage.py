"""The lifter and his sensors as a process that is told what to do, whatever stands between them and the program.

Commands come as lines on stdin and answers go to stdout, both JSON. It says ``{"event": "ready"}`` at first. A command
is an object with one key; each is answered with ``{"event": "done", ...}`` once it is carried out. It ends when stdin
ends.

``{"do": "set"}``, ``{"wiggle": PLACEMENT}``: the lifter;
``{"drop" | "off" | "on": PLACEMENT}``: one sensor; ``{"links": true}``: the sensors that believe they are connected.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, BinaryIO

from dowel.recordings.types import Placement
from dowel.sensors.simulated.world import World, Worn
from tests.simulated_devices import PERIPHERALS

Answer = dict[str, Any]


def worn(text: str) -> Worn:
    """``placement:driver:address`` or ``placement:driver:address=name``, the address with its colons."""
    placement, driver, rest = text.split(":", 2)
    address, _, name = rest.partition("=")
    return Worn(Placement(placement), PERIPHERALS[driver], address, name=name or None)


def logging_to(file: BinaryIO | None, world: World) -> Callable[[str, str, bytes], None]:
    """Writes down each notification when it is handed on: the address of its sensor, the characteristic, the bytes."""
    placements = {station.address: str(placement) for placement, station in world.stations.items()}

    def log(address: str, characteristic: str, value: bytes) -> None:
        if file is not None:
            line = {"sensor": placements[address], "characteristic": characteristic, "value": value.hex()}
            file.write(json.dumps(line | {"at_ns": time.monotonic_ns()}).encode() + b"\n")

    return log


class Stage:
    """The simulated world, and what may be done to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.commands: dict[str, Callable[[Any], Awaitable[Answer]]] = {
            "do": self._do,
            "wiggle": self._wiggle,
            "links": self._links,
            "drop": self._drop,
            "off": self._off,
            "on": self._on,
        }

    async def obey(self) -> None:
        """Do what is asked for until nobody will ask any more."""
        _say(event="ready")
        async for line in await _lines_of_stdin():
            (name, argument), *_ = json.loads(line).items()
            _say(event="done", command=name, **await self.commands[name](argument))

    async def _do(self, action: str) -> Answer:
        self.world.lifter.do(action)
        return {}

    async def _wiggle(self, placement: str) -> Answer:
        self.world.lifter.wiggle(Placement(placement))
        return {}

    async def _links(self, _: bool) -> Answer:
        return {"links": [str(placement) for placement, each in self.world.stations.items() if each.is_connected]}

    async def _drop(self, placement: str) -> Answer:
        self.world.stations[Placement(placement)].disconnect()
        return {}

    async def _off(self, placement: str) -> Answer:
        await self.world.stations[Placement(placement)].power_off()
        return {}

    async def _on(self, placement: str) -> Answer:
        await self.world.stations[Placement(placement)].power_on(self.world.new_device(Placement(placement)))
        return {}


def _say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


async def _lines_of_stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader

"""The service as a process: ``python -m tests.bluez --bus unix:path=... --worn sacrum:witmotion:C0:00:5E:00:53:02``.

It takes commands as lines on stdin and answers on stdout, both JSON. It says ``{"event": "ready"}`` at first. A command
is an object with one key; each is answered with ``{"event": "done", ...}`` once it is carried out. It ends when stdin
ends.

``{"do": "set"}``, ``{"wiggle": PLACEMENT}``: the lifter;
``{"drop" | "off" | "on" | "forget": PLACEMENT}``: one sensor (``forget``: by BlueZ);
``{"adapter": "on" | "off"}``: the computer's Bluetooth; ``{"links": true}``: the sensors that are connected;
``{"restart": seconds}``: the service ends, and is there again after so long.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from bleak.backends.device import BLEDevice
from dbus_fast.aio import MessageBus

from dowel.recordings.types import Placement
from dowel.sensors.simulated.world import World, Worn
from tests.bluez.service import BlueZ, device_path
from tests.bluez.version import NEWEST, VERSIONS
from tests.simulated_devices import PERIPHERALS


def say(**what: Any) -> None:
    """One line on stdout."""
    print(json.dumps(what), flush=True)


def worn(text: str) -> Worn:
    """``placement:driver:address`` or ``placement:driver:address=name``, the address with its colons."""
    placement, driver, rest = text.split(":", 2)
    address, _, name = rest.partition("=")
    return Worn(Placement(placement), PERIPHERALS[driver], address, name=name or None)


class Stage:
    """The simulated world and the service over it, and what may be done to them."""

    def __init__(self, world: World, appear: Callable[[Sequence[BLEDevice]], Awaitable[BlueZ]]) -> None:
        self._world = world
        self._appear = appear
        self._bluez: BlueZ
        self.commands: dict[str, Callable[[Any], Awaitable[dict[str, Any]]]] = {
            "do": self._do,
            "wiggle": self._wiggle,
            "adapter": self._adapter,
            "links": self._links,
            "forget": self._forget,
            "drop": self._drop,
            "off": self._off,
            "on": self._on,
            "restart": self._restart,
        }

    async def begin(self) -> None:
        """The service is there."""
        self._bluez = await self._appear(())

    async def end(self) -> None:
        """The service ends."""
        await self._bluez.leave()

    async def _do(self, action: str) -> dict[str, Any]:
        self._world.lifter.do(action)
        return {}

    async def _wiggle(self, placement: str) -> dict[str, Any]:
        self._world.lifter.wiggle(Placement(placement))
        return {}

    async def _adapter(self, state: str) -> dict[str, Any]:
        await self._bluez.switch(state == "on")
        return {}

    async def _links(self, _: bool) -> dict[str, Any]:
        return {"links": [str(placement) for placement, each in self._world.stations.items() if each.is_connected]}

    async def _forget(self, placement: str) -> dict[str, Any]:
        self._bluez.forget(device_path(self._world.stations[Placement(placement)].address))
        return {}

    async def _restart(self, seconds: float) -> dict[str, Any]:
        memory = await self._bluez.leave()
        await asyncio.sleep(seconds)
        self._bluez = await self._appear(memory)
        return {}

    async def _drop(self, placement: str) -> dict[str, Any]:
        self._world.stations[Placement(placement)].disconnect()
        return {}

    async def _off(self, placement: str) -> dict[str, Any]:
        await self._world.stations[Placement(placement)].power_off()
        return {}

    async def _on(self, placement: str) -> dict[str, Any]:
        await self._world.stations[Placement(placement)].power_on(self._world.new_device(Placement(placement)))
        return {}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bluez")
    parser.add_argument("--bus", required=True, help="address of the bus")
    parser.add_argument("--worn", type=worn, action="append", default=[], help="placement:driver:address[=name]")
    parser.add_argument("--powered-off", action="store_true", help="the adapter is switched off at first")
    parser.add_argument("--version", choices=VERSIONS, default=NEWEST, help="the BlueZ that it is like")
    parser.add_argument("--no-adapter", action="store_true", help="the computer has no Bluetooth")
    parser.add_argument("--log", type=Path, help="file for every notification delivered: when (CLOCK_MONOTONIC), what")
    return parser.parse_args()


def logging_to(file: BinaryIO | None, placements: dict[str, str]) -> Callable[[str, str, bytes], None]:
    """Writes down each notification when it goes to the bus."""

    def log(address: str, characteristic: str, value: bytes) -> None:
        if file is not None:
            line = {"sensor": placements[address], "characteristic": characteristic, "value": value.hex()}
            file.write(json.dumps(line | {"at_ns": time.monotonic_ns()}).encode() + b"\n")

    return log


async def lines_of_stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def serve(options: argparse.Namespace, log: BinaryIO | None) -> None:
    world = World(options.worn)
    placements = {station.address: str(placement) for placement, station in world.stations.items()}

    async def appear(memory: Sequence[BLEDevice]) -> BlueZ:
        bus = await MessageBus(bus_address=options.bus).connect()
        bluez = BlueZ(bus, logging_to(log, placements), VERSIONS[options.version])
        await bluez.start()
        if not options.no_adapter:
            bluez.plug_in(world.radio, world.adapter, powered=not options.powered_off)
            bluez.remember(memory)
        return bluez

    await world.start()
    if options.powered_off:
        await world.adapter.power_off()
    stage = Stage(world, appear)
    await stage.begin()
    say(event="ready")
    async for line in await lines_of_stdin():
        (name, argument), *_ = json.loads(line).items()
        say(event="done", command=name, **await stage.commands[name](argument))
    await stage.end()
    await world.close()


def main() -> None:
    options = arguments()
    if options.log is None:
        asyncio.run(serve(options, None))
        return
    with options.log.open("wb", buffering=0) as log:
        asyncio.run(serve(options, log))


if __name__ == "__main__":
    main()

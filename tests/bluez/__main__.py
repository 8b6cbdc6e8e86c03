"""The service as a process: ``python -m tests.bluez --bus unix:path=... --worn sacrum:witmotion:C0:00:5E:00:53:02``.

To the commands of :mod:`tests.bluez.stage` it adds ``{"adapter": "on" | "off"}``, the computer's Bluetooth;
``{"forget": PLACEMENT}``, by BlueZ; and ``{"restart": seconds}``: the service ends, and is there again after so long.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from bleak.backends.device import BLEDevice
from dbus_fast.aio import MessageBus

from dowel.recordings.types import Placement
from dowel.sensors.simulated.world import World
from tests.bluez.service import BlueZ, device_path
from tests.bluez.stage import Answer, Stage, logging_to, worn
from tests.bluez.version import NEWEST, VERSIONS


class Served(Stage):
    """With the service over it."""

    def __init__(self, world: World, appear: Callable[[Sequence[BLEDevice]], Awaitable[BlueZ]]) -> None:
        super().__init__(world)
        self._appear = appear
        self._bluez: BlueZ
        self.commands |= {"adapter": self._adapter, "forget": self._forget, "restart": self._restart}

    async def begin(self) -> None:
        """The service is there."""
        self._bluez = await self._appear(())

    async def end(self) -> None:
        """The service ends."""
        await self._bluez.leave()

    async def _adapter(self, state: str) -> Answer:
        await self._bluez.switch(state == "on")
        return {}

    async def _forget(self, placement: str) -> Answer:
        self._bluez.forget(device_path(self.world.stations[Placement(placement)].address))
        return {}

    async def _restart(self, seconds: float) -> Answer:
        memory = await self._bluez.leave()
        await asyncio.sleep(seconds)
        self._bluez = await self._appear(memory)
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


async def serve(options: argparse.Namespace, log: BinaryIO | None) -> None:
    world = World(options.worn)

    async def appear(memory: Sequence[BLEDevice]) -> BlueZ:
        bus = await MessageBus(bus_address=options.bus).connect()
        bluez = BlueZ(bus, logging_to(log, world), VERSIONS[options.version])
        await bluez.start()
        if not options.no_adapter:
            bluez.plug_in(world.radio, world.adapter, powered=not options.powered_off)
            bluez.remember(memory)
        return bluez

    await world.start()
    if options.powered_off:
        await world.adapter.power_off()
    stage = Served(world, appear)
    await stage.begin()
    await stage.obey()
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

"""A room with a computer and sensors in it, for tests of the link: everything on the simulated air, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Placement
from dowel.sensors.ble import Found, Radio, SensorLink, find
from dowel.sensors.links import LinkChange
from dowel.sensors.simulated.air import Adapter, Air, Station
from dowel.sensors.simulated.peripherals.base import Peripheral
from tests.simulated_devices.movella_dot import MovellaDot

FIRST, SECOND, THIRD = (f"C0:00:00:00:00:{number:02X}" for number in (1, 2, 3))


def at_rest(time_s: FloatArray) -> FloatArray:
    """What a sensor on the table feels."""
    return np.tile([0.0, 0.0, GRAVITY_M_S2, 0.0, 0.0, 0.0], (len(time_s), 1))


@dataclass
class Heard:
    """All that a link hands on, in order: notifications, and changes among them."""

    items: list[tuple[int, bytes] | LinkChange] = field(default_factory=list)

    def notification(self, arrival_ns: int, payload: bytes) -> None:
        self.items.append((arrival_ns, payload))

    @property
    def notifications(self) -> list[tuple[int, bytes]]:
        return [item for item in self.items if not isinstance(item, LinkChange)]

    @property
    def changes(self) -> list[LinkChange]:
        return [item for item in self.items if isinstance(item, LinkChange)]

    @property
    def kinds(self) -> list[str]:
        return [change.kind for change in self.changes]

    def sentences(self, kind: str) -> list[str]:
        return [change.sentence for change in self.changes if change.kind == kind]

    @property
    def dot_times_us(self) -> list[int]:
        """The device time in each notification of a Movella DOT."""
        return [int.from_bytes(payload[:4], "little") for _, payload in self.notifications]


class Room:
    """The air, the computer's Bluetooth and what is switched on."""

    def __init__(self, **adapter: Any) -> None:
        self.air = Air()
        self.adapter = Adapter(self.air, **adapter)
        self.stations: dict[str, Station] = {}
        self.links: list[SensorLink] = []
        self.radio: Radio

    async def put(self, address: str, peripheral: Peripheral | None = None, **options: Any) -> Station:
        """Switch a sensor on; a Movella DOT unless another is given."""
        station = Station(self.air, peripheral or MovellaDot(at_rest), address, **options)
        await station.power_on()
        self.stations[address] = station
        return station

    async def link(
        self,
        address: str,
        placement: Placement = Placement.SACRUM,
        on_notification: Callable[[int, bytes], None] | None = None,
        **options: Any,
    ) -> tuple[SensorLink, Heard]:
        """A link to a sensor that was heard, not opened yet."""
        heard = Heard()
        link = SensorLink(
            self.radio,
            await self.heard(address),
            placement,
            on_notification=on_notification or heard.notification,
            on_change=heard.items.append,
            **options,
        )
        self.links.append(link)
        return link, heard

    async def streaming(self, address: str = FIRST, **options: Any) -> tuple[SensorLink, Heard]:
        """A link that streams."""
        link, heard = await self.link(address, **options)
        await link.open()
        link.begin()
        return link, heard

    async def heard(self, address: str) -> Found:
        """What a search finds."""
        return await find(self.radio, address, 15.0)


@asynccontextmanager
async def room(**adapter: Any) -> AsyncIterator[Room]:
    """A room whose computer has its Bluetooth on; afterwards all is switched off, and nothing may run on."""
    before = asyncio.all_tasks()
    inside = Room(**adapter)
    await inside.adapter.power_on()
    inside.radio = inside.adapter.radio()
    try:
        yield inside
    finally:
        for link in inside.links:
            await link.close()
        await asyncio.sleep(1.0)  # the good-byes reach the sensors
        assert not any(station.is_connected for station in inside.stations.values() if not station.deaf)
        for station in inside.stations.values():
            await station.power_off()
        await inside.adapter.close()
        await asyncio.sleep(1.0)
        assert asyncio.all_tasks() == before

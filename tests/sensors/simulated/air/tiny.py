"""A small device to try the air with, and a room that holds it, the air and the computer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bleak import BleakClient
from bleak.backends.device import BLEDevice

from dowel.sensors.ble.radio import Radio
from dowel.sensors.simulated.air import Adapter, Air, Station
from dowel.sensors.simulated.peripherals.base import (
    BATTERY_LEVEL,
    BATTERY_SERVICE,
    AttError,
    Characteristic,
    Packet,
    Peripheral,
    Service,
)

SERVICE = "8a3d0001-5b1e-4c6f-9f10-b1f0a1c2d3e4"
DATA = "8a3d0002-5b1e-4c6f-9f10-b1f0a1c2d3e4"
CONTROL = "8a3d0003-5b1e-4c6f-9f10-b1f0a1c2d3e4"
ANSWERS = "8a3d0004-5b1e-4c6f-9f10-b1f0a1c2d3e4"
REFUSED = b"no"
FAILS = b"fail"
GO = b"go"
ADDRESSES = tuple(f"C0:00:00:00:00:{number:02X}" for number in range(1, 8))
AT_ONCE: dict[str, Any] = {"stack_fixed_ms": 0.0, "stack_mean_ms": 0.0, "retransmission_share": 0.0}


class Tiny(Peripheral):
    """Sends its sample numbers at 100 Hz once it is told to, and keeps what it is told."""

    usual_name = "Tiny"
    advertised_services = (SERVICE,)
    services = (
        Service(
            SERVICE,
            (
                Characteristic(DATA, ("notify",)),
                Characteristic(CONTROL, ("read", "write", "write-without-response")),
                Characteristic(ANSWERS, ("indicate",)),
            ),
        ),
        Service(BATTERY_SERVICE, (Characteristic(BATTERY_LEVEL, ("read", "notify")),)),
    )

    def __init__(self, **settings: Any) -> None:
        super().__init__(lambda time_s: np.zeros((len(time_s), 6)), **settings)
        self.written: list[bytes] = []
        self.events: list[str] = []

    def connected(self, send: Callable[[str, bytes], None]) -> None:
        super().connected(send)
        self.events.append("connected")

    def disconnected(self) -> None:
        super().disconnected()
        self.events.append("disconnected")

    def subscribe(self, characteristic: str, on: bool) -> None:
        super().subscribe(characteristic, on)
        self.events.append(f"{characteristic[4:8]} {'on' if on else 'off'}")

    def write(self, characteristic: str, value: bytes) -> None:
        if value == REFUSED:
            raise AttError(0x80)
        if value == FAILS:
            raise ZeroDivisionError
        self.written.append(value)
        if value == GO:
            self.sample("data", 100.0, 1, self.on_packet)

    def read(self, characteristic: str) -> bytes:
        if characteristic == CONTROL:
            return self.written[-1] if self.written else b""
        return super().read(characteristic)

    def on_packet(self, packet: Packet) -> None:
        self.notify(DATA, numbered(int(packet.number[0])))


def numbered(number: int) -> bytes:
    return number.to_bytes(4, "little") + bytes(16)


@dataclass
class Heard:
    """What arrived at a client: loop times, payloads, and how often it was told that the connection is over."""

    time_s: list[float] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    ended: int = 0

    def on_data(self, _sender: object, payload: bytearray) -> None:
        self.time_s.append(asyncio.get_running_loop().time())
        self.payloads.append(bytes(payload))

    def on_end(self, _client: BleakClient) -> None:
        self.ended += 1

    @property
    def numbers(self) -> list[int]:
        return [int.from_bytes(payload[:4], "little") for payload in self.payloads]


class Room:
    """The air, the computer and some stations."""

    def __init__(self, air: Air) -> None:
        self.air = air
        self.adapter = Adapter(air)
        self.stations: list[Station] = []
        self.radio: Radio = self.adapter.radio()

    async def add(self, peripheral: Peripheral | None = None, **settings: Any) -> Station:
        address = ADDRESSES[len(self.stations)]
        station = Station(self.air, peripheral or Tiny(), address, **settings)
        self.stations.append(station)
        await station.power_on()
        return station

    async def find(self, address: str, seconds: float = 5.0) -> BLEDevice:
        async with self.radio.scanner() as scanner:
            async with asyncio.timeout(seconds):
                async for device, _ in scanner.advertisement_data():
                    if device.address == address:
                        return device
        raise AssertionError

    async def client(self, station: Station, heard: Heard | None = None, timeout: float = 10.0) -> BleakClient:
        device = await self.find(station.address)
        client = self.radio.client(device, disconnected_callback=heard and heard.on_end, timeout=timeout)
        await client.connect()
        return client

    async def stream(self, station: Station) -> tuple[BleakClient, Heard]:
        heard = Heard()
        client = await self.client(station, heard)
        await client.start_notify(DATA, heard.on_data)
        await client.write_gatt_char(CONTROL, GO, response=True)
        return client, heard


@asynccontextmanager
async def room(stations: int = 1, **air: Any) -> AsyncIterator[Room]:
    """A room that is cleared up in the end; nothing may be left running then."""
    here = Room(Air(**air))
    await here.adapter.power_on()
    for _ in range(stations):
        await here.add()
    try:
        yield here
    finally:
        for station in here.stations:
            await station.power_off()
        await here.adapter.close()
        await asyncio.sleep(5.0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left

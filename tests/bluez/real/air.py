"""The simulated lifter and his sensors, and the controller of the machine's kernel (H4 over TCP): a process.

To the commands of :mod:`tests.bluez.stage` it adds ``{"away" | "near": PLACEMENT}``, a sensor is carried out of reach;
``{"truth": true}``, the bends that the lifter has done; ``{"adapter": "on" | "off"}`` and ``{"forget": PLACEMENT}``,
asked of bluetoothd. ``{"links": true}`` are those that a sensor or bluetoothd believes in.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Final

from bumble import hci, ll
from bumble.controller import Controller
from bumble.transport import open_transport
from bumble.transport.common import Transport
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from dowel.recordings.types import Placement
from dowel.sensors.simulated.air.controller import Advertiser, SimController
from dowel.sensors.simulated.world import World
from tests.bluez.objects import ADAPTER, DEVICE, OBJECT_MANAGER, PROPERTIES
from tests.bluez.service import HCI0, device_path
from tests.bluez.stage import Answer, Stage, logging_to, worn

ADDRESS: Final = "00:00:5E:00:53:01"  # from the range for documentation (RFC 7042)
POWER_PATIENCE_S: Final = 60.0
ATT_NOTIFICATION: Final = b"\x04\0\x1b"
"""Channel of L2CAP and first byte of ATT (Bluetooth Core, vol. 3 A 2.1, F 3.4.7.1)."""


class KernelController(SimController):
    """A controller whose host is the kernel.

    ``on_notified`` is told of each notification that it hands over: the sensor's address, the UUID, the bytes.
    """

    # What the kernel would use then, and Bumble has only as a stub.
    le_features = SimController.le_features & ~hci.LeFeatureMask.LL_PRIVACY

    def __init__(self, transport: Transport, world: World, on_notified: Callable[[str, str, bytes], None]) -> None:
        Controller.__init__(self, "kernel", transport.source, transport.sink, world.air, ADDRESS)
        self.advertiser = Advertiser(self, own_address_type=hci.OwnAddressType.RANDOM)
        self.advertiser.rng = world.air.rng
        self.le_legacy_advertiser = self.advertiser
        self._stations = {station.address: station for station in world.stations.values()}
        self._on_notified = on_notified

    def on_hci_reset_command(self, command: hci.HCI_Reset_Command) -> hci.HCI_StatusReturnParameters:
        """All connections are gone, without a word to the host; in Bumble they stay. rfkill ends them so."""
        for connection in self.le_connections.values():
            connection.send_ll_control_pdu(ll.TerminateInd(hci.HCI_CONNECTION_TIMEOUT_ERROR))
        self.le_connections.clear()
        return super().on_hci_reset_command(command)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if isinstance(packet, hci.HCI_AclDataPacket) and packet.data[2:5] == ATT_NOTIFICATION:
            connection = self.find_connection_by_handle(packet.connection_handle)
            assert connection is not None
            address = connection.peer_address.to_string(with_type_qualifier=False)
            handle = int.from_bytes(packet.data[5:7], "little")
            attributes = self._stations[address]._attributes
            characteristic = next(uuid for uuid, each in attributes.items() if each.handle == handle)
            self._on_notified(address, characteristic, packet.data[7:])
        super().send_hci_packet(packet)


class Daemon:
    """bluetoothd, asked over its bus."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    async def connected(self) -> set[str]:
        """The devices that it says are connected; none where it does not run."""
        answer = await self._call("/", OBJECT_MANAGER, "GetManagedObjects")
        if answer.message_type is MessageType.ERROR:
            return set()
        devices = [interfaces[DEVICE] for interfaces in answer.body[0].values() if DEVICE in interfaces]
        return {device["Address"].value for device in devices if device["Connected"].value}

    async def switch(self, on: bool) -> None:
        """Power the adapter on or off; one that has just been plugged in is waited for."""
        async with asyncio.timeout(POWER_PATIENCE_S):
            while (await self._set_powered(on)).message_type is MessageType.ERROR:
                await asyncio.sleep(0.2)

    async def _set_powered(self, on: bool) -> Message:
        return await self._call(HCI0, PROPERTIES, "Set", "ssv", ADAPTER, "Powered", Variant("b", on))

    async def forget(self, address: str) -> None:
        """Remove a device."""
        answer = await self._call(HCI0, ADAPTER, "RemoveDevice", "o", device_path(address))
        assert answer.message_type is MessageType.METHOD_RETURN, answer.body

    async def _call(self, path: str, interface: str, member: str, signature: str = "", *body: Any) -> Message:
        answer = await self._bus.call(
            Message("org.bluez", path, interface, member, signature=signature, body=list(body))
        )
        assert answer is not None
        return answer


class RealStage(Stage):
    """With bluetoothd over it."""

    def __init__(self, world: World, daemon: Daemon) -> None:
        super().__init__(world)
        self._daemon = daemon
        self.commands |= {
            "away": self._away,
            "near": self._near,
            "truth": self._truth,
            "adapter": self._adapter,
            "forget": self._forget,
        }

    async def _links(self, asked: bool) -> Answer:
        believed = await self._daemon.connected()
        sensors = (await super()._links(asked))["links"]
        others = [str(place) for place, each in self.world.stations.items() if each.address in believed]
        return {"links": sorted({*sensors, *others})}

    async def _away(self, placement: str) -> Answer:
        self.world.stations[Placement(placement)].out_of_range(True)
        return {}

    async def _near(self, placement: str) -> Answer:
        self.world.stations[Placement(placement)].out_of_range(False)
        return {}

    async def _truth(self, _: bool) -> Answer:
        return {"reps": [asdict(rep) for rep in self.world.lifter.true_reps()]}

    async def _adapter(self, state: str) -> Answer:
        await self._daemon.switch(state == "on")
        return {}

    async def _forget(self, placement: str) -> Answer:
        await self._daemon.forget(self.world.stations[Placement(placement)].address)
        return {}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bluez.real.air")
    parser.add_argument("--bus", required=True, help="address of bluetoothd's bus")
    parser.add_argument("--port", type=int, required=True, help="where the kernel's packets come")
    parser.add_argument("--worn", type=worn, action="append", default=[], help="placement:driver:address[=name]")
    parser.add_argument("--log", type=Path, help="file for every notification handed to the kernel")
    return parser.parse_args()


async def serve(options: argparse.Namespace, log: BinaryIO | None) -> None:
    world = World(options.worn)
    transport = await open_transport(f"tcp-server:127.0.0.1:{options.port}")
    KernelController(transport, world, logging_to(log, world))
    for station in world.stations.values():
        await station.power_on()
    bus = await MessageBus(bus_address=options.bus).connect()
    await RealStage(world, Daemon(bus)).obey()
    bus.disconnect()
    for station in world.stations.values():
        await station.power_off()
    await transport.close()


def main() -> None:
    options = arguments()
    if options.log is None:
        asyncio.run(serve(options, None))
        return
    with options.log.open("wb", buffering=0) as log:
        asyncio.run(serve(options, log))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()

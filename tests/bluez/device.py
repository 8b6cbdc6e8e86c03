"""One device that BlueZ knows: Device1, and the GATT objects inside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError
from bleak.uuids import normalize_uuid_16

from dowel.sensors.ble.radio import Radio
from tests.bluez.objects import CHARACTERISTIC, DESCRIPTOR, DEVICE, SERVICE, Objects
from tests.bluez.refusals import Refusal, failed, of_gatt, refusal
from tests.bluez.version import Version

CONNECT_FOR_S: Final = 20.0  # the kernel's own limit (HCI_LE_CONN_TIMEOUT)
GENERIC_ACCESS: Final = normalize_uuid_16(0x1800)
"""The service that BlueZ keeps to itself."""
CLIENT_CONFIGURATION: Final = normalize_uuid_16(0x2902)


class Device:
    """A device object, from its first advertisement until it is removed.

    ``on_delivered`` is called with the characteristic's UUID and the bytes of every notification that goes to the bus.
    """

    def __init__(
        self,
        path: str,
        radio: Radio,
        objects: Objects,
        on_delivered: Callable[[str, bytes], None],
        version: Version,
    ) -> None:
        self.path = path
        self.temporary = True
        self._version = version
        self._links = 0
        self._resolving: asyncio.Task[None] | None = None
        self._radio = radio
        self._objects = objects
        self._on_delivered = on_delivered
        self._found: BLEDevice | None = None
        self._client: BleakClient | None = None
        self._ending: BleakClient | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._characteristics: dict[str, BleakGATTCharacteristic] = {}
        self._listeners: dict[str, set[str]] = {}
        self._busy: set[tuple[str, str]] = set()

    @property
    def connected(self) -> bool:
        """Whether there is a link."""
        return self._client is not None

    def remembered(self, found: BLEDevice, adapter: str) -> None:
        """It was once connected, before the service was started."""
        self._found, self.temporary = found, False
        named = {"Name": found.name, "Alias": found.name} if found.name else {}
        self._objects.add(self.path, DEVICE, _new_device(found.address, adapter) | named)

    @property
    def memory(self) -> BLEDevice | None:
        """What is kept of it beyond the service's end."""
        return None if self.temporary else self._found

    # --- Device1

    def seen(self, found: BLEDevice, advertisement: AdvertisementData, adapter: str) -> None:
        """It advertises. Only what differs from last time is told."""
        self._found = found
        name = advertisement.local_name
        heard: dict[str, Any] = {"RSSI": advertisement.rssi}
        if name:
            heard |= {"Name": name, "Alias": name}
        if advertisement.service_uuids:
            heard["UUIDs"] = advertisement.service_uuids
        if self.path not in self._objects:
            self._objects.add(self.path, DEVICE, _new_device(found.address, adapter) | heard)
            return
        known = self._objects.properties(self.path, DEVICE)
        changed = {key: value for key, value in heard.items() if known.get(key) != value}
        if changed:
            self._objects.change(self.path, DEVICE, **changed)

    async def connect(self) -> None:
        """Connect."""
        if self._ending is not None:  # nobody was told so far
            self.lose()
        if self.connected:
            return
        if self._connecting is not None:
            if self._version.second_connect_failed:
                raise failed("Operation already in progress")
            raise refusal("InProgress", "In Progress")
        assert self._found is not None
        self.temporary = False
        client = self._radio.client(self._found, disconnected_callback=self._lost, timeout=CONNECT_FOR_S)
        self._connecting = asyncio.create_task(self._link_up(client))
        await asyncio.wait({self._connecting})
        attempt, self._connecting = self._connecting, None
        if attempt.cancelled():
            raise failed("br-connection-canceled")
        error = attempt.exception()
        if type(error) is BleakError:  # "disconnected"; its subclasses tell that there never was a link
            self._lost_before_services()
        elif error is not None:
            raise failed("le-connection-abort-by-local") from error
        elif self._client is not client:  # it was there, and was ended before anybody was told
            raise failed("br-connection-canceled")
        else:
            self._objects.change(self.path, DEVICE, Connected=True)
            after_s = self._version.resolved_after_s
            if after_s:
                self._resolving = asyncio.create_task(self._resolve_later(client, after_s[self._links % len(after_s)]))
                self._links += 1
            else:
                await self._resolved(client)

    async def _link_up(self, client: BleakClient) -> None:
        """The link is known at the moment in which it is there: a Disconnect that comes then must find it."""
        await client.connect()
        self._client = client

    async def end_link(self) -> None:
        """End the link, or an attempt to connect. Nobody is told so before :meth:`lose`."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait({self._connecting})
        if self._client is not None:
            self._ending = self._client
            await self._client.disconnect()
            self._objects.change(self.path, DEVICE, ServicesResolved=False)

    def lose(self) -> None:
        """The link is over: the adapter is gone, or it was ended."""
        self._ending = None
        if self._client is not None:
            self._lost(self._client)

    def _lost_before_services(self) -> None:
        """The link was there, and went while the services were asked for. Connect() has succeeded by then."""
        self._objects.change(self.path, DEVICE, Connected=True)
        asyncio.get_running_loop().call_soon(lambda: self._objects.change(self.path, DEVICE, Connected=False))

    async def _resolve_later(self, client: BleakClient, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with suppress(BleakError, Refusal):  # the link went meanwhile
            await self._resolved(client)

    async def _resolved(self, client: BleakClient) -> None:
        self._publish(client)
        uuids = [service.uuid for service in client.services]
        self._objects.change(self.path, DEVICE, UUIDs=uuids, ServicesResolved=True)
        # Whoever asked for notifications on an earlier link and is still on the bus gets them again, unasked.
        for path, listeners in self._listeners.items():
            if listeners and path in self._characteristics:
                await self._switch(path, True)

    def _lost(self, client: BleakClient) -> None:
        if client is not self._client or client is self._ending:
            return
        self._client = None
        self._busy.clear()
        if self._resolving is not None:
            self._resolving.cancel()
            self._resolving = None
        for path in self._characteristics:
            if self._objects.properties(path, CHARACTERISTIC).get("Notifying"):
                self._objects.change(path, CHARACTERISTIC, Notifying=False)
        self._objects.change(self.path, DEVICE, ServicesResolved=False)
        self._objects.change(self.path, DEVICE, Connected=False)

    def _publish(self, client: BleakClient) -> None:
        """Services as objects. Those known from the last link stay; what the device no longer has goes."""
        tree = _tree(self.path, client)
        self._characteristics = {
            path: gatt for path, (_, _, gatt) in tree.items() if isinstance(gatt, BleakGATTCharacteristic)
        }
        for path in [path for path in self._objects.below(self.path) if path not in tree]:
            if path in self._objects:  # its service may have taken it along
                self._objects.remove(path)
        for path, (interface, properties, _) in tree.items():
            if path not in self._objects:
                self._objects.add(path, interface, properties)

    # --- GattCharacteristic1

    async def read(self, path: str) -> bytes:
        """Read a characteristic. Like BlueZ, this also signals the value, to those that get notifications too."""
        client = self._linked()
        with _Once(self._busy, path, "read"):
            try:
                value = bytes(await client.read_gatt_char(self._characteristics[path]))
            except (BleakError, TimeoutError) as error:
                raise of_gatt(error) from error
        self._objects.change(path, CHARACTERISTIC, Value=value)
        return value

    async def write(self, path: str, value: bytes, kind: str) -> None:
        """Write a characteristic; ``kind`` is ``request`` or ``command``."""
        client = self._linked()
        with _Once(self._busy, path, "write"):
            try:
                await client.write_gatt_char(self._characteristics[path], value, response=kind != "command")
            except (BleakError, TimeoutError) as error:
                raise of_gatt(error) from error

    async def listen(self, path: str, sender: str) -> None:
        """StartNotify. Without a link it takes effect with the next one."""
        if not {"notify", "indicate"} & set(self._characteristics[path].properties):
            raise refusal("NotSupported", "Operation is not supported")
        if not self.connected and self._version.notify_wants_link:
            raise refusal("InProgress", "In Progress")
        listeners = self._listeners.setdefault(path, set())
        first = not listeners
        listeners.add(sender)
        if first and self.connected:
            try:
                await self._switch(path, True)
            except (BleakError, TimeoutError) as error:
                listeners.discard(sender)
                raise of_gatt(error) from error

    async def unlisten(self, path: str, sender: str) -> None:
        """StopNotify, or the listener has left the bus."""
        listeners = self._listeners.get(path, set())
        if sender not in listeners:
            raise failed("No notify session started")
        listeners.discard(sender)
        if not listeners and self.connected:
            try:
                await self._switch(path, False)
            except (BleakError, TimeoutError) as error:
                raise of_gatt(error) from error

    async def forget_listener(self, sender: str) -> None:
        """Somebody has left the bus."""
        for path, listeners in self._listeners.items():
            if sender in listeners:
                with suppress(Refusal):  # nobody is there to be told that the link went meanwhile
                    await self.unlisten(path, sender)

    async def _switch(self, path: str, on: bool) -> None:
        client, characteristic = self._linked(), self._characteristics[path]

        def deliver(_: BleakGATTCharacteristic, value: bytearray) -> None:
            self._on_delivered(characteristic.uuid, bytes(value))
            self._objects.change(path, CHARACTERISTIC, Value=bytes(value))

        if on:
            await client.start_notify(characteristic, deliver)
        else:
            await client.stop_notify(characteristic)
        self._objects.change(path, CHARACTERISTIC, Notifying=on)

    def _linked(self) -> BleakClient:
        if self._client is None:
            raise failed("Not connected")
        return self._client


class _Once:
    """One operation of a kind at a time on a characteristic: BlueZ refuses the second."""

    def __init__(self, busy: set[tuple[str, str]], path: str, kind: str) -> None:
        self._busy = busy
        self._what = (path, kind)

    def __enter__(self) -> None:
        if self._what in self._busy:
            raise refusal("InProgress", "In Progress")
        self._busy.add(self._what)

    def __exit__(self, *_: object) -> None:
        self._busy.discard(self._what)


def _new_device(address: str, adapter: str) -> dict[str, Any]:
    return {
        "Address": address,
        "AddressType": "random",
        "Alias": address.replace(":", "-"),
        "Adapter": adapter,
        "UUIDs": [],
        "Paired": False,
        "Bonded": False,
        "Trusted": False,
        "Blocked": False,
        "LegacyPairing": False,
        "Connected": False,
        "ServicesResolved": False,
    }


def _tree(device: str, client: BleakClient) -> dict[str, tuple[str, dict[str, Any], object]]:
    """Path to interface, properties and bleak's object of all services, parents first."""
    tree: dict[str, tuple[str, dict[str, Any], object]] = {}
    for service in client.services:
        if service.uuid == GENERIC_ACCESS:
            continue
        service_path = f"{device}/service{service.handle:04x}"
        properties = {"UUID": service.uuid, "Primary": True, "Device": device, "Includes": []}
        tree[service_path] = (SERVICE, properties, service)
        for characteristic in service.characteristics:
            path = f"{service_path}/char{characteristic.handle:04x}"
            properties = {
                "UUID": characteristic.uuid,
                "Service": service_path,
                "Value": b"",
                "Flags": characteristic.properties,
                "MTU": client.mtu_size,
            }
            if {"notify", "indicate"} & set(characteristic.properties):
                properties["Notifying"] = False
            tree[path] = (CHARACTERISTIC, properties, characteristic)
            for descriptor in characteristic.descriptors:
                properties = {"UUID": descriptor.uuid, "Characteristic": path, "Value": b"", "Flags": []}
                tree[f"{path}/desc{descriptor.handle:04x}"] = (DESCRIPTOR, properties, descriptor)
    return tree

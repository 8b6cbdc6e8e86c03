"""org.bluez on a bus: who calls what, the adapter, and who has left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, Protocol

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from dowel.sensors.ble.radio import Radio
from tests.bluez.device import Device
from tests.bluez.objects import ADAPTER, CHARACTERISTIC, DESCRIPTOR, DEVICE, OBJECT_MANAGER, PROPERTIES, Objects, typed
from tests.bluez.refusals import Refusal, failed, not_ready, refusal, unknown_object
from tests.bluez.version import NEWEST, VERSIONS, Version

HCI0: Final = "/org/bluez/hci0"
FORGOTTEN_AFTER_S: Final = 30.0  # TemporaryTimeout in BlueZ's main.conf
LOST_AFTER_S: Final = 0.02
"""BlueZ answers a Disconnect, and then tells that the device is not connected any more. A program has two connections
to the bus for that, and may act on the answer before it has the news: here always."""
WATCH_NAMES: Final = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"

Answer = tuple[str, list[Any]]
NOTHING: Final[Answer] = ("", [])


class Power(Protocol):
    """The switch of the simulated adapter."""

    async def power_on(self) -> None:
        """Switch it on."""

    async def power_off(self) -> None:
        """Switch it off."""


class BlueZ:
    """The service, of a version.

    ``on_delivered`` is told of every notification: the device's address, the UUID, the bytes.
    """

    def __init__(
        self, bus: MessageBus, on_delivered: Callable[[str, str, bytes], None], version: Version = VERSIONS[NEWEST]
    ) -> None:
        self._bus = bus
        self._version = version
        self._on_delivered = on_delivered
        self._objects = Objects(bus.send)
        self._devices: dict[str, Device] = {}
        self._discovering: set[str] = set()
        self._scanner: BleakScanner | None = None
        self._radio: Radio | None = None
        self._power: Power | None = None
        self._on = self._leaving = False
        self._forgetting: dict[str, asyncio.TimerHandle] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._calls: dict[tuple[str, str], Callable[[Message], Awaitable[Answer]]] = {
            (OBJECT_MANAGER, "GetManagedObjects"): self._managed_objects,
            (PROPERTIES, "Get"): self._get,
            (PROPERTIES, "GetAll"): self._get_all,
            (PROPERTIES, "Set"): self._set,
            (ADAPTER, "SetDiscoveryFilter"): self._set_discovery_filter,
            (ADAPTER, "StartDiscovery"): self._start_discovery,
            (ADAPTER, "StopDiscovery"): self._stop_discovery,
            (ADAPTER, "RemoveDevice"): self._remove_device,
            (DEVICE, "Connect"): self._connect,
            (DEVICE, "Disconnect"): self._disconnect,
            (CHARACTERISTIC, "ReadValue"): self._read_value,
            (CHARACTERISTIC, "WriteValue"): self._write_value,
            (CHARACTERISTIC, "StartNotify"): self._start_notify,
            (CHARACTERISTIC, "StopNotify"): self._stop_notify,
            (DESCRIPTOR, "ReadValue"): self._descriptor_refused,
            (DESCRIPTOR, "WriteValue"): self._descriptor_refused,
        }

    async def start(self) -> None:
        """Appear on the bus, so far without an adapter."""
        self._bus.add_message_handler(self._handle)
        await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=[WATCH_NAMES],
            )
        )
        await self._bus.request_name("org.bluez")

    def plug_in(self, radio: Radio, power: Power, *, powered: bool) -> None:
        """An adapter is there."""
        self._radio, self._power, self._on = radio, power, powered
        self._objects.add(
            HCI0,
            ADAPTER,
            {
                "Address": "00:00:5E:00:53:01",  # from the range for documentation (RFC 7042)
                "AddressType": "public",
                "Name": "simulated",
                "Alias": "simulated",
                "Class": 0,
                "Powered": powered,
                "Discoverable": False,
                "Pairable": False,
                "Discovering": False,
                "UUIDs": [],
                "Roles": ["central"],
            },
        )

    async def leave(self) -> list[BLEDevice]:
        """Be stopped: the links go too. The devices that the next one remembers.

        Nothing new begins meanwhile. Whatever were still to be sent later would go to a socket whose number the next
        one's has, which would hear nothing any more then.
        """
        self._leaving = True
        answering = list(self._answering)
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
        if self._on:
            await self._scan(False)
        for timer in self._forgetting.values():
            timer.cancel()
        memory = [device.memory for device in self._devices.values()]
        for device in self._devices.values():
            await device.end_link()
            device.lose()
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
        return [each for each in memory if each is not None and self._version.remembers_devices]

    def remember(self, devices: Sequence[BLEDevice]) -> None:
        """These were once connected."""
        for found in devices:
            self._device(found).remembered(found, HCI0)

    def _device(self, found: BLEDevice) -> Device:
        path = device_path(found.address)
        if path not in self._devices:
            assert self._radio is not None
            tell = partial(self._on_delivered, found.address)
            self._devices[path] = Device(path, self._radio, self._objects, tell, self._version)
        return self._devices[path]

    # --- messages

    def _handle(self, message: Message) -> bool | None:
        if self._leaving:
            return True
        if message.message_type is MessageType.SIGNAL:
            if message.member == "NameOwnerChanged" and not message.body[2]:
                self._in_background(self._left(message.body[0]))
            return None
        if message.message_type is not MessageType.METHOD_CALL or not self._is_ours(message):
            return None
        self._in_background(self._answer(message))
        return True

    def _is_ours(self, message: Message) -> bool:
        return (message.interface or "").startswith("org.bluez.") or message.interface in (OBJECT_MANAGER, PROPERTIES)

    def _in_background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, message: Message) -> None:
        try:
            signature, body = await self._call(message)
            reply = Message.new_method_return(message, signature, body)
        except Refusal as error:
            reply = Message.new_error(message, error.name, error.text)
        except Exception as error:
            await self._bus.send(Message.new_error(message, "org.freedesktop.DBus.Error.Failed", repr(error)))
            raise  # a fault of the simulation: shown on stderr, for which the test looks
        await self._bus.send(reply)

    async def _call(self, message: Message) -> Answer:
        interface, member, path = message.interface or "", message.member or "", message.path or ""
        if interface.startswith("org.bluez.") and not self._objects.has(path, interface):
            raise unknown_object(path, member, interface)
        if (interface, member) not in self._calls:
            raise Refusal("org.freedesktop.DBus.Error.UnknownMethod", f"No {member} in {interface}")
        return await self._calls[interface, member](message)

    async def _left(self, name: str) -> None:
        """A program has left the bus: its scan and its notifications end. The links stay, as with BlueZ."""
        if name in self._discovering:
            await self._end_discovery(name)
        for device in self._devices.values():
            await device.forget_listener(name)

    # --- objects

    async def _managed_objects(self, _: Message) -> Answer:
        return "a{oa{sa{sv}}}", [self._objects.managed()]

    async def _get(self, message: Message) -> Answer:
        interface, name = message.body
        return "v", [typed(self._properties(message, interface))[name]]

    async def _get_all(self, message: Message) -> Answer:
        return "a{sv}", [typed(self._properties(message, message.body[0]))]

    def _properties(self, message: Message, interface: str) -> dict[str, Any]:
        path = message.path or ""
        if not self._objects.has(path, interface):
            raise unknown_object(path, message.member or "", PROPERTIES)
        return self._objects.properties(path, interface)

    async def _set(self, message: Message) -> Answer:
        interface, name, value = message.body
        self._properties(message, interface)
        if (interface, name) != (ADAPTER, "Powered"):
            raise refusal("NotSupported", "Operation is not supported")
        await self.switch(value.value)
        return NOTHING

    # --- Adapter1

    async def switch(self, on: bool) -> None:
        """The adapter is switched on or off, by whomever."""
        assert self._power is not None
        if on == self._on:
            return
        self._on = on  # at once: while it goes off nothing new begins
        if on:
            await self._power.power_on()
        else:
            self._discovering.clear()
            await self._scan(False)
            await self._power.power_off()
            for path, device in list(self._devices.items()):
                device.lose()
                if device.temporary and self._version.forgets_with_power:
                    self.forget(path)
        self._objects.change(HCI0, ADAPTER, Powered=on)

    async def _set_discovery_filter(self, _: Message) -> Answer:
        return NOTHING  # bleak filters again itself

    async def _start_discovery(self, message: Message) -> Answer:
        if not self._on:
            raise not_ready()
        sender = message.sender or ""
        if sender in self._discovering:
            raise refusal("InProgress", "Operation already in progress")
        self._discovering.add(sender)
        await self._scan(True)
        return NOTHING

    async def _stop_discovery(self, message: Message) -> Answer:
        if not self._on:
            raise not_ready()
        if message.sender not in self._discovering:
            raise failed("No discovery started")
        await self._end_discovery(message.sender or "")
        return NOTHING

    async def _end_discovery(self, sender: str) -> None:
        self._discovering.discard(sender)
        if not self._discovering:
            await self._scan(False)

    async def _scan(self, on: bool) -> None:
        assert self._radio is not None
        if on == (self._scanner is not None):
            return
        if on:
            self._scanner = self._radio.scanner(detection_callback=self._seen)
            await self._scanner.start()
        else:
            scanner, self._scanner = self._scanner, None
            assert scanner is not None
            await scanner.stop()
            for path in self._devices:
                self._objects.without(path, DEVICE, "RSSI", "TxPower")
        self._objects.change(HCI0, ADAPTER, Discovering=on)

    def _seen(self, found: BLEDevice, advertisement: AdvertisementData) -> None:
        if self._scanner is None:
            return
        path = device_path(found.address)
        self._device(found).seen(found, advertisement, HCI0)
        if path in self._forgetting:
            self._forgetting[path].cancel()
        self._forgetting[path] = asyncio.get_running_loop().call_later(FORGOTTEN_AFTER_S, self._fade, path)

    def _fade(self, path: str) -> None:
        """Long unseen, and nobody ever connected to it: BlueZ forgets such a device."""
        if path in self._devices and self._devices[path].temporary:
            self.forget(path)

    def forget(self, path: str) -> None:
        """The device is removed; the next advertisement makes it again."""
        if path in self._devices:
            del self._devices[path]
            self._objects.remove(path)

    async def _remove_device(self, message: Message) -> Answer:
        device = self._devices.get(message.body[0])
        if device is None:
            raise refusal("DoesNotExist", "Does Not Exist")
        await device.end_link()
        device.lose()
        self.forget(device.path)
        return NOTHING

    # --- Device1

    async def _connect(self, message: Message) -> Answer:
        if not self._on:
            raise failed("Input/output error")
        await self._devices[message.path or ""].connect()
        return NOTHING

    async def _disconnect(self, message: Message) -> Answer:
        device = self._devices[message.path or ""]
        if device.connected:
            await asyncio.sleep(self._version.disconnects_after_s)
        await device.end_link()
        self._in_background(self._lose_later(device))
        return NOTHING

    async def _lose_later(self, device: Device) -> None:
        await asyncio.sleep(LOST_AFTER_S)
        device.lose()

    # --- GattCharacteristic1 and GattDescriptor1

    def _holding(self, message: Message) -> tuple[Device, str]:
        path = message.path or ""
        return self._devices[path.split("/service")[0]], path

    async def _read_value(self, message: Message) -> Answer:
        device, path = self._holding(message)
        return "ay", [await device.read(path)]

    async def _write_value(self, message: Message) -> Answer:
        device, path = self._holding(message)
        value, options = message.body
        kind = options["type"].value if "type" in options else "request"
        await device.write(path, bytes(value), kind)
        return NOTHING

    async def _start_notify(self, message: Message) -> Answer:
        device, path = self._holding(message)
        await device.listen(path, message.sender or "")
        return NOTHING

    async def _stop_notify(self, message: Message) -> Answer:
        device, path = self._holding(message)
        await device.unlisten(path, message.sender or "")
        return NOTHING

    async def _descriptor_refused(self, _: Message) -> Answer:
        raise refusal("NotPermitted", "Write not permitted")  # no device of ours has one but the configuration


def device_path(address: str) -> str:
    """The object of a device."""
    return f"{HCI0}/dev_{address.upper().replace(':', '_')}"

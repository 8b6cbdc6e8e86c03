"""bleak's scanner and client on the simulated air, with the behaviour and the errors of its BlueZ backend."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Coroutine
from typing import Any, ClassVar, Protocol, TypeVar

from bleak import BleakScanner
from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble import att, core
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Connection
from bumble.gatt import ClientCharacteristicConfigurationBits
from bumble.gatt_client import Client
from bumble.hci import Address

T = TypeVar("T")

MTU = 247
"""Asked for at every connection; what BlueZ asks for is more, but sensors agree to this or less."""

CONFIGURATION = "00002902-0000-1000-8000-00805f9b34fb"
"""Client characteristic configuration: the descriptor that switches notifications."""

SERVICE_FIELDS = (
    AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
)
"""Each holds one UUID: that is how a station writes them."""


class Bluetooth(Protocol):
    """What scans and connections need of the computer's Bluetooth."""

    scanner_backend: type[BaseBleakScanner]

    def check_available(self) -> None:
        """Raise what bleak raises when Bluetooth cannot be used."""

    def listen(self, scanner: SimulatedScanner, on: bool) -> None:
        """A scanner starts or stops to hear adverts."""

    async def connect(self, address: Address) -> Connection:
        """Connect; waits until the device is heard."""
        ...

    def hang_up(self, connection: Connection) -> None:
        """End a connection from this side, unless it has ended already."""


class SimulatedScanner(BaseBleakScanner):
    """A scan on the adapter that a subclass is bound to."""

    adapter: ClassVar[Bluetooth]

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str,  # noqa: ARG002
        **_platform: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        """Hear adverts from now on. Raises ``BleakBluetoothNotAvailableError``."""
        self.adapter.check_available()
        self.seen_devices = {}
        self.adapter.listen(self, True)

    async def stop(self) -> None:
        """Hear no more."""
        self.adapter.listen(self, False)

    def heard(self, advertisement: Advertisement) -> None:
        """An advert with its scan response."""
        seen = advertisement_data(advertisement)
        if not self.is_allowed_uuid(seen.service_uuids):
            return
        address = advertisement.address.to_string(with_type_qualifier=False)
        device = self.create_or_update_device(address, address, seen.local_name, advertisement.address, seen)
        self.call_detection_callbacks(device, seen)


def advertisement_data(advertisement: Advertisement) -> AdvertisementData:
    """An advert as bleak gives it. Names and UUIDs come once, though advert and scan response may repeat them."""
    name: str | None = None
    services: dict[str, None] = {}
    for kind, value in advertisement.data.ad_structures:
        if kind in (AdvertisingData.COMPLETE_LOCAL_NAME, AdvertisingData.SHORTENED_LOCAL_NAME):
            name = value.decode(errors="replace")
        elif kind in SERVICE_FIELDS:
            services[full_uuid(core.UUID.from_bytes(value))] = None
    return AdvertisementData(name, {}, {}, list(services), None, advertisement.rssi, ())


def full_uuid(uuid: core.UUID) -> str:
    """A UUID as bleak writes it."""
    return normalize_uuid_str(uuid.to_hex_str("-"))


class SimulatedClient(BaseBleakClient):
    """A connection to one device, over the adapter that a subclass is bound to."""

    adapter: ClassVar[Bluetooth]

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        services: set[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(address_or_ble_device, **kwargs)
        self._device = address_or_ble_device if isinstance(address_or_ble_device, BLEDevice) else None
        self._wanted_services = services
        self._connection: Connection | None = None
        self._gone: asyncio.Future[None] | None = None
        self._calls: set[asyncio.Task[Any]] = set()

    # --- the connection

    @property
    def name(self) -> str:
        """The advertised name, or the address."""
        return (self._device and self._device.name) or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        """The agreed MTU in bytes."""
        return self._connection.att_mtu if self._connection else att.ATT_DEFAULT_MTU

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands."""
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:  # noqa: ARG002
        """Connect and discover all services.

        Raises ``TimeoutError`` when that takes longer than the client's timeout, ``BleakError`` when the device hangs
        up meanwhile or the adapter is off.
        """
        if self.is_connected:
            raise BleakError("Client is already connected")
        device = await self._find()
        async with asyncio.timeout(self._timeout):
            connection = await self.adapter.connect(device.details)
            self._connection = connection
            self._gone = asyncio.get_running_loop().create_future()
            connection.on(Connection.EVENT_DISCONNECTION, lambda _reason: self._ended(connection))
            try:
                await self._call(connection.gatt_client.request_mtu(MTU))
                self.services = await self._call(self._discover(connection))
            except BaseException:
                await self.disconnect()
                raise

    async def disconnect(self) -> None:
        """Hang up; returns when that has happened."""
        if self._connection is not None and self._gone is not None:
            self.adapter.hang_up(self._connection)
            await asyncio.shield(self._gone)

    async def pair(self, *_args: Any, **_kwargs: Any) -> None:
        """Simulated sensors do not pair."""
        raise NotImplementedError

    async def unpair(self) -> None:
        """Simulated sensors do not pair."""
        raise NotImplementedError

    async def _find(self) -> BLEDevice:
        if self._device is None:
            self._device = await BleakScanner.find_device_by_address(
                self.address, timeout=self._timeout, backend=self.adapter.scanner_backend
            )
        if self._device is None:
            raise BleakDeviceNotFoundError(self.address, f"Device with address {self.address} was not found.")
        return self._device

    def _ended(self, connection: Connection) -> None:
        if connection is not self._connection or self._gone is None:
            return
        self._connection = None
        self.services = None
        self._gone.set_result(None)
        for call in self._calls:
            call.cancel()
        if self._disconnected_callback is not None:
            asyncio.get_running_loop().call_soon(self._disconnected_callback)

    async def _discover(self, connection: Connection) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        client = connection.gatt_client
        for service in await client.discover_services():
            uuid = full_uuid(service.uuid)
            if self._wanted_services is not None and uuid not in self._wanted_services:
                continue
            group = BleakGATTService(service, service.handle, uuid)
            found.add_service(group)
            for each in await service.discover_characteristics():
                characteristic = BleakGATTCharacteristic(
                    each,
                    each.handle,
                    full_uuid(each.uuid),
                    list(gatt_char_props_to_strs(each.properties)),
                    lambda: connection.att_mtu - 3,
                    group,
                )
                found.add_characteristic(characteristic)
                for one in await each.discover_descriptors():
                    found.add_descriptor(BleakGATTDescriptor(one, one.handle, full_uuid(one.type), characteristic))
        return found

    async def _call(self, question: Coroutine[Any, Any, T]) -> T:
        """Ask the device, and hear at once when the connection ends meanwhile.

        A caller who gives up does not stop the question: the answer to it may still come, and must not be taken for
        the answer to the next one.
        """
        call = asyncio.get_running_loop().create_task(question)
        self._calls.add(call)
        call.add_done_callback(self._answered)
        assert self._gone is not None
        either: set[asyncio.Future[Any]] = {call, self._gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not call.done() or call.cancelled():
            raise BleakError("disconnected")
        error = call.exception()
        if isinstance(error, att.ATT_Error):
            raise BleakGATTProtocolError(int(error.error_code)) from error
        if isinstance(error, core.TimeoutError):
            # ATT forbids to go on after 30 s without an answer
            await self.disconnect()
            raise BleakError("disconnected") from error
        return call.result()

    def _answered(self, call: asyncio.Task[Any]) -> None:
        self._calls.discard(call)
        if not call.cancelled():
            call.exception()  # nobody may be there any more to look at it

    # --- reading, writing, hearing

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_kwargs: Any) -> bytearray:
        """Read a value; there is no cache."""
        return bytearray(await self._call(characteristic.obj.read_value()))

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **_kwargs: Any) -> bytearray:
        """Read a descriptor."""
        return bytearray(await self._call(descriptor.obj.read_value()))

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool) -> None:
        """Write a value; without response it is only handed to the radio, and may be no longer than one packet."""
        payload = bytes(data)
        if not response and len(payload) > self.mtu_size - 3:
            raise BleakError("Failed to initiate write")
        await self._call(characteristic.obj.write_value(payload, with_response=response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        """Write a descriptor."""
        await self._call(descriptor.obj.write_value(bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_kwargs: Any
    ) -> None:
        """Subscribe, to notifications rather than indications; an earlier callback is replaced."""
        subscribers, bit = self._subscription(characteristic)
        subscribers[characteristic.handle] = {lambda value: callback(bytearray(value))}
        await self._configure(characteristic, bit)

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe; what is on its way meanwhile still arrives."""
        subscribers, _ = self._subscription(characteristic)
        await self._configure(characteristic, 0)
        subscribers.pop(characteristic.handle, None)

    def _subscription(self, characteristic: BleakGATTCharacteristic) -> tuple[dict[int, set[Any]], int]:
        """Where Bumble looks up who hears a characteristic, and the bit that switches it on."""
        client: Client = characteristic.obj.client
        if "notify" in characteristic.properties:
            return client.notification_subscribers, ClientCharacteristicConfigurationBits.NOTIFICATION
        if "indicate" in characteristic.properties:
            return client.indication_subscribers, ClientCharacteristicConfigurationBits.INDICATION
        raise BleakError(f"Characteristic {characteristic.uuid} does not notify")

    async def _configure(self, characteristic: BleakGATTCharacteristic, bits: int) -> None:
        """Write the descriptor that switches notifications; Bumble's own subscribe only logs that it is missing."""
        descriptor = characteristic.get_descriptor(CONFIGURATION)
        if descriptor is None:
            raise BleakError(f"Characteristic {characteristic.uuid} has no descriptor to switch it on with")
        await self._call(descriptor.obj.write_value(struct.pack("<H", bits), with_response=True))

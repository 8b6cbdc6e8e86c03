"""A peripheral put on the air: Bumble's host and GATT server, built from the peripheral's table of services."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from bumble import att, core, gatt, hci
from bumble.core import AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.hci import Address

from dowel.sensors.simulated.air.controller import SimController
from dowel.sensors.simulated.air.host import SimHost
from dowel.sensors.simulated.air.medium import Air
from dowel.sensors.simulated.peripherals.base import AttError, Characteristic, Peripheral

BASE_UUID_END: Final = "-0000-1000-8000-00805f9b34fb"
"""UUIDs that end like this are sent in short form; Bluetooth Core, vol. 3 B 2.5.1."""

ADVERT_BYTES: Final = 31
"""Room in a legacy advert and in its scan response; Bluetooth Core, vol. 6 B 2.3.1."""

MTU: Final = 247
"""Usual upper limit of a sensor's ATT packets: what fits one link-layer packet."""

PROPERTIES: Final = {
    "read": gatt.Characteristic.Properties.READ,
    "write": gatt.Characteristic.Properties.WRITE,
    "write-without-response": gatt.Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    "notify": gatt.Characteristic.Properties.NOTIFY,
    "indicate": gatt.Characteristic.Properties.INDICATE,
}


class Station:
    """A device on the air, as a person handles it: on, off, out of range; and the faults it can have.

    Parameters
    ----------
    air
        The medium.
    peripheral
        What the device does.
    address
        A static random address: its first two bits are ones, as in ``"C0:00:00:00:00:01"``.
    advertising_interval_ms
        Between adverts; some devices take 1000 or more.
    rssi_dbm
        Signal strength at which it is heard.
    mtu
        The longest ATT packet it agrees to, in bytes; 23 is the least there is. Longer notifications are cut.

    buffer_packets
        Notifications beyond so many that wait to be sent are lost, as when a device's memory is full; None: no limit.

    Faults, to be set at any time: ``deaf`` (requests are never answered), ``silent`` (notifications are swallowed),
    ``drop_in_discovery`` (hangs up at the first question about its services), and, for the next :meth:`power_on`,
    ``without`` (UUIDs of characteristics that its firmware lacks).
    """

    def __init__(
        self,
        air: Air,
        peripheral: Peripheral,
        address: str,
        *,
        advertising_interval_ms: float = 100.0,
        rssi_dbm: float = -60.0,
        mtu: int = MTU,
        buffer_packets: int | None = None,
    ) -> None:
        self.peripheral = peripheral
        self.address = address
        self.mtu = mtu
        self.deaf = False
        self.silent = False
        self.drop_in_discovery = False
        self.without: set[str] = set()
        self._air = air
        self._interval_s = 1e-3 * advertising_interval_ms
        self._rssi_dbm = rssi_dbm
        self._buffer_packets = buffer_packets
        self._advertising = True
        self._controller: SimController | None = None
        self._device: StationDevice | None = None
        self._connection: Connection | None = None
        self._attributes: dict[str, gatt.Characteristic[bytes]] = {}
        self._indications: deque[bytes] = deque()

    # --- the person with the device

    async def power_on(self, peripheral: Peripheral | None = None) -> None:
        """Switch it on; with a new peripheral it has lost its memory and its clock begins again."""
        await self.power_off()
        self.peripheral = peripheral or self.peripheral
        controller = SimController(self.address, self._air, self._air.rng)
        self._controller = controller
        self._device = StationDevice(self, controller)
        self._attributes.clear()
        for service in self.peripheral.services:
            present = [each for each in service.characteristics if each.uuid not in self.without]
            self._device.add_service(gatt.Service(short(service.uuid), [self._attribute(each) for each in present]))
        self._device.on(Device.EVENT_CONNECTION, self._connected)
        await self._device.power_on()
        advertiser = controller.advertiser
        advertiser.advertising_data, advertiser.scan_response_data = adverts(
            self.peripheral.name, self.peripheral.advertised_services
        )
        advertiser.interval_s, advertiser.rssi_dbm = self._interval_s, self._rssi_dbm
        self._advertise()

    async def power_off(self) -> None:
        """Switch it off: it vanishes without a word."""
        if self._controller is None:
            return
        self._controller.advertiser.stop()
        self._air.remove_controller(self._controller)
        self._controller = None
        self._gone(self._connection)
        await asyncio.sleep(0)  # what the controller had on its way to its host

    def disconnect(self) -> None:
        """The device ends the connection; what it sent before still arrives. It advertises again."""
        if self._controller is not None:
            self._controller.hang_up(hci.HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR)

    def out_of_range(self, away: bool) -> None:
        """Carry it out of reach, or back."""
        self._air.out_of_range(self.address, away)

    def fade(self, seconds: float) -> None:
        """Hide it for a while."""
        self._air.fade(self.address, seconds)

    def advertise(self, on: bool) -> None:
        """Whether it advertises while nobody is connected."""
        self._advertising = on
        self._advertise()

    @property
    def rssi_dbm(self) -> float:
        """Signal strength at which it is heard, in dBm."""
        return self._rssi_dbm

    @rssi_dbm.setter
    def rssi_dbm(self, rssi_dbm: float) -> None:
        """Carry it nearer or farther."""
        self._rssi_dbm = rssi_dbm
        if self._controller is not None:
            self._controller.advertiser.rssi_dbm = rssi_dbm

    @property
    def is_connected(self) -> bool:
        """Whether it believes that a central is there."""
        return self._connection is not None

    # --- its host

    def _advertise(self) -> None:
        if self._controller is None:
            return
        advertiser = self._controller.advertiser
        wanted = self._advertising and self._connection is None
        if wanted != advertiser.enabled:
            (advertiser.start if wanted else advertiser.stop)()

    def _connected(self, connection: Connection) -> None:
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, lambda _reason: self._gone(connection))
        connection.on(Connection.EVENT_CONNECTION_ATT_MTU_UPDATE, lambda: self._agreed(connection.att_mtu))
        self.peripheral.connected(self._send)

    def _agreed(self, mtu: int) -> None:
        self.peripheral.mtu = mtu

    def _gone(self, connection: Connection | None) -> None:
        if connection is None or connection is not self._connection:
            return  # of an earlier life, before it was switched off and on
        self._connection = None
        self._indications.clear()
        self.peripheral.disconnected()
        self._advertise()

    def answers(self, request: int) -> bool:
        """Whether it takes up an ATT request, known by its first byte; here the faults are."""
        if self.drop_in_discovery and request == att.Opcode.ATT_READ_BY_GROUP_TYPE_REQUEST:
            self.disconnect()
            return False
        return not self.deaf

    def _attribute(self, characteristic: Characteristic) -> gatt.Characteristic[bytes]:
        uuid, names = characteristic.uuid, characteristic.properties

        def read(_connection: Connection) -> bytes:
            if "read" not in names:
                raise att.ATT_Error(att.ErrorCode.READ_NOT_PERMITTED)
            with refusals():
                return self.peripheral.read(uuid)

        def write(_connection: Connection, value: bytes) -> None:
            if "write" not in names and "write-without-response" not in names:
                raise att.ATT_Error(att.ErrorCode.WRITE_NOT_PERMITTED)
            with refusals():
                self.peripheral.write(uuid, bytes(value))

        def subscribe(_connection: Connection, notify: bool, indicate: bool) -> None:
            with refusals():
                self.peripheral.subscribe(uuid, notify or indicate)

        properties = gatt.Characteristic.Properties(0)
        for name in names:
            properties |= PROPERTIES[name]
        attribute: gatt.Characteristic[bytes] = gatt.Characteristic(
            short(uuid),
            properties,
            gatt.Characteristic.READABLE | gatt.Characteristic.WRITEABLE,
            gatt.CharacteristicValue(read=read, write=write),
        )
        attribute.on(gatt.Characteristic.EVENT_SUBSCRIPTION, subscribe)
        self._attributes[uuid] = attribute
        return attribute

    def _send(self, characteristic: str, payload: bytes) -> None:
        """Notify, or indicate where that was asked for."""
        attribute = self._attributes.get(characteristic)
        if self._connection is None or self._device is None or attribute is None or self.silent:
            return
        if self._buffer_packets is not None and self._air.backlog(self.address) >= self._buffer_packets:
            return
        server = self._device.gatt_server
        wanted = server.read_cccd(self._connection, attribute)[0]
        value = payload[: self._connection.att_mtu - 3]  # as stacks do, without a word
        if wanted & gatt.ClientCharacteristicConfigurationBits.NOTIFICATION:
            notification = att.ATT_Handle_Value_Notification(attribute_handle=attribute.handle, attribute_value=value)
            server.send_gatt_pdu(self._connection, bytes(notification))
        elif wanted & gatt.ClientCharacteristicConfigurationBits.INDICATION:
            indication = att.ATT_Handle_Value_Indication(attribute_handle=attribute.handle, attribute_value=value)
            self._indications.append(bytes(indication))
            self._indicate()

    def _indicate(self) -> None:
        """Send the next indication, if the last one has been confirmed."""
        connection = self._connection
        if connection is None or self._device is None or not self._indications:
            return
        server = self._device.gatt_server
        if server.pending_confirmations[connection] is None:
            confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            confirmed.add_done_callback(lambda _: self._confirmed(connection))
            server.pending_confirmations[connection] = confirmed
            server.send_gatt_pdu(connection, self._indications.popleft())

    def _confirmed(self, connection: Connection) -> None:
        if self._device is not None and connection is self._connection:
            self._device.gatt_server.pending_confirmations[connection] = None
            self._indicate()


class StationDevice(Device):
    """Bumble's host with a station's faults."""

    def __init__(self, station: Station, controller: SimController) -> None:
        super().__init__(
            config=DeviceConfiguration(name=station.peripheral.name, address=Address(station.address)),
            host=SimHost(controller, controller),
        )
        self.gatt_server.max_mtu = station.mtu
        self._station = station

    def on_gatt_pdu(self, connection_handle: int, pdu: bytes) -> None:
        """ATT bytes from the central."""
        if self._station.answers(pdu[0]):
            super().on_gatt_pdu(connection_handle, pdu)


@contextmanager
def refusals() -> Iterator[None]:
    """What the peripheral raises, as Bumble understands it. A mistake in a peripheral is shown, not swallowed."""
    try:
        yield
    except AttError as refusal:
        raise att.ATT_Error(refusal.code) from refusal
    except Exception as mistake:
        context = {"message": "A simulated peripheral has failed.", "exception": mistake}
        asyncio.get_running_loop().call_exception_handler(context)
        raise att.ATT_Error(att.ErrorCode.UNLIKELY_ERROR) from mistake


def short(uuid: str) -> core.UUID:
    """A UUID in the form that goes over the air."""
    if uuid.startswith("0000") and uuid.endswith(BASE_UUID_END):
        return core.UUID.from_16_bits(int(uuid[4:8], 16))
    return core.UUID(uuid)


def adverts(name: str | None, services: Iterable[str]) -> tuple[bytes, bytes]:
    """Advert and scan response: flags and services first; what does not fit the one goes into the other, or is cut."""
    fields = [field(AdvertisingData.FLAGS, bytes([0x06]))]  # general discoverable, no classic Bluetooth
    for uuid in map(short, services):
        kind = (
            AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS
            if len(uuid.uuid_bytes) == 2
            else AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS
        )
        fields.append(field(kind, uuid.uuid_bytes))
    if name:
        text = name.encode()
        whole = len(text) + 2 <= ADVERT_BYTES
        kind = AdvertisingData.COMPLETE_LOCAL_NAME if whole else AdvertisingData.SHORTENED_LOCAL_NAME
        fields.append(field(kind, text[: ADVERT_BYTES - 2]))
    advert, response = b"", b""
    for each in fields:
        if len(advert) + len(each) <= ADVERT_BYTES:
            advert += each
        elif len(response) + len(each) <= ADVERT_BYTES:
            response += each
    return advert, response


def field(kind: int, value: bytes) -> bytes:
    """A field of an advert: length, kind, value."""
    return struct.pack("BB", len(value) + 1, kind) + value

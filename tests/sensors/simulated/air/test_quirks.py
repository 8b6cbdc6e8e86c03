"""What our overrides rely on in Bumble, quirk by quirk: an upgrade that changes an internal must fail here.

The numbers are those of sources#bumble. Where stock Bumble is shown to be wrong, a failure may be
good news: then the override can go.
"""

import asyncio
import inspect
from importlib.metadata import version
from typing import Any

import pytest
from bumble import core, hci, link, ll
from bumble.controller import Controller, LegacyAdvertiser
from bumble.device import Advertisement, Device, DeviceConfiguration
from bumble.gatt_server import Server
from bumble.host import Host

from dowel.sensors.simulated.air.controller import Advertiser, SimController
from dowel.sensors.simulated.air.host import SimHost
from dowel.sensors.simulated.air.medium import Air
from dowel.sensors.simulated.air.station import StationDevice, adverts
from dowel.sensors.simulated.peripherals.base import BATTERY_LEVEL
from dowel.sensors.simulated.virtual_time import run
from tests.sensors.simulated.air.tiny import ADDRESSES, CONTROL, DATA, SERVICE, Heard, Tiny, numbered, room


def test_the_version_that_the_overrides_were_written_for() -> None:
    assert version("bumble") == "0.0.236"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (SimController, Controller),
        (SimHost, Host),
        (Advertiser, LegacyAdvertiser),
        (Air, link.LocalLink),
        (StationDevice, Device),
    ],
)
def test_overrides_have_the_signature_of_what_they_replace(ours: type, theirs: type) -> None:
    overridden = [name for name, value in vars(ours).items() if inspect.isfunction(value) and hasattr(theirs, name)]
    replaced = {name for name in overridden if not name.startswith("__")}
    assert replaced, f"{ours.__name__} replaces nothing any more"
    for name in replaced:
        own, stock = (list(inspect.signature(getattr(each, name)).parameters) for each in (ours, theirs))
        assert len(own) == len(stock), name
        if not hasattr(getattr(theirs, name), "__wrapped__"):  # what a decorator changes has other names inside
            assert [each.strip("_") for each in own] == [each.strip("_") for each in stock], name


def test_the_internals_that_are_called() -> None:
    assert {"on_link_acl_data", "on_ll_control_pdu", "on_le_disconnected", "create_le_connection"} <= set(
        vars(Controller)
    )
    assert {"enabled", "address", "start", "stop", "_on_timer_fired"} <= set(dir(LegacyAdvertiser))
    assert {"read_cccd", "send_gatt_pdu", "on_att_handle_value_confirmation"} <= set(vars(Server))


class StockPair:
    """A central and a sensor that advertises, on Bumble as it comes."""

    async def start(self) -> None:
        air = link.LocalLink()  # type: ignore[no-untyped-call]
        self.central, self.sensor = (
            Device(
                config=DeviceConfiguration(name=name, address=hci.Address(address)),
                host=Host(controller := Controller(name, link=air), controller),
            )
            for name, address in (("central", "F0:00:00:00:00:01"), ("sensor", ADDRESSES[0]))
        )
        await self.central.power_on()
        await self.sensor.power_on()


def test_1_stock_cancel_of_a_connect_does_nothing_and_ours_ends_it() -> None:
    async def stock() -> bool:
        pair = StockPair()
        await pair.start()
        attempt = asyncio.create_task(pair.central.connect_le(hci.Address(ADDRESSES[3]), timeout=0.5))
        await asyncio.sleep(10.0)
        hangs = not attempt.done()
        attempt.cancel()
        await asyncio.wait({attempt})
        return hangs

    async def ours() -> bool:
        air = Air()
        controller = SimController("central", air, air.rng)
        central = Device(
            config=DeviceConfiguration(name="central", address=hci.Address("F0:00:00:00:00:01")),
            host=Host(controller, controller),
        )
        await central.power_on()
        with pytest.raises(core.TimeoutError):
            await central.connect_le(hci.Address(ADDRESSES[3]), timeout=0.5)
        return controller.pending_le_connection is not None

    assert run(stock())
    assert not run(ours())


def test_2_data_finds_its_connection_though_the_sender_has_a_new_address() -> None:
    """Stock Bumble sends from whatever random address the controller has at the moment."""

    async def main() -> None:
        async with room() as here:
            client, heard = await here.stream(here.stations[0])
            (sensor,) = [each for each in here.air._present if each.name == ADDRESSES[0]]
            sensor.random_address = hci.Address(ADDRESSES[5])
            assert await client.read_gatt_char(BATTERY_LEVEL) == b"\x50"
            await asyncio.sleep(1.0)
            assert len(heard.numbers) > 90
            sensor.random_address = hci.Address(ADDRESSES[0])

    run(main())


def test_3_stock_scan_response_is_a_copy_of_the_advert_at_minus_50() -> None:
    async def main() -> list[Advertisement]:
        pair = StockPair()
        await pair.start()
        heard: list[Advertisement] = []
        pair.central.on(Device.EVENT_ADVERTISEMENT, heard.append)
        await pair.central.start_scanning()
        await pair.sensor.start_advertising(advertising_data=b"\x02\x01\x06", scan_response_data=b"\x03\x09hi")
        await asyncio.sleep(1.0)
        return heard

    last = run(main())[-1]
    assert last.rssi == -50
    assert last.data.get(core.AdvertisingData.COMPLETE_LOCAL_NAME) is None


def test_3_ours_come_once_each_with_their_own_scan_response_and_strength() -> None:
    async def main() -> None:
        async with room(stations=0) as here:
            station = await here.add(Tiny(name="a name for the scan response"), rssi_dbm=-90)
            seen: list[tuple[float, str | None, int]] = []
            loop = asyncio.get_running_loop()
            scanner = here.radio.scanner(
                detection_callback=lambda _, advert: seen.append((loop.time(), advert.local_name, advert.rssi))
            )
            async with scanner:
                await asyncio.sleep(5.0)
                station.rssi_dbm = -40
                await asyncio.sleep(5.0)
            assert len({time_s for time_s, _, _ in seen}) == len(seen)
            assert {name for _, name, _ in seen} == {"a name for the scan response"}
            assert max(rssi for time_s, _, rssi in seen if time_s < seen[0][0] + 4.0) < -80
            assert min(rssi for time_s, _, rssi in seen if time_s > seen[0][0] + 6.0) > -50

    run(main())


def test_4_the_peer_that_vanishes_is_noticed_with_0x08_and_one_that_hangs_up_with_0x13() -> None:
    async def main() -> list[int]:
        reasons: list[int] = []
        async with room(2) as here:
            for station in here.stations:
                client = await here.client(station)
                connection: Any = client._backend._connection  # type: ignore[attr-defined]
                connection.on("disconnection", reasons.append)
            await here.stations[0].power_off()
            here.stations[1].disconnect()
            await asyncio.sleep(3.0)
        return reasons

    assert run(main()) == [0x13, 0x08]


def test_4_a_device_that_is_gone_between_advert_and_request_fails_with_0x3e() -> None:
    async def main() -> list[int]:
        reasons: list[int] = []
        async with room(0) as here:
            controller = SimController("central", here.air, here.air.rng)
            central = Device(
                config=DeviceConfiguration(name="central", address=hci.Address("F0:00:00:00:00:02")),
                host=Host(controller, controller),
            )
            await central.power_on()
            attempt = asyncio.create_task(central.connect_le(hci.Address(ADDRESSES[0]), timeout=None))
            await asyncio.sleep(0.1)
            controller.create_le_connection(hci.Address(ADDRESSES[0]))
            connection = await attempt
            connection.on("disconnection", reasons.append)
            await asyncio.sleep(1.0)
        return reasons

    assert run(main()) == [0x3E]


def test_5_a_call_ends_with_the_link_also_while_others_wait_in_line() -> None:
    async def main() -> None:
        async with room() as here:
            client = await here.client(here.stations[0])
            here.stations[0].deaf = True
            calls = [asyncio.create_task(client.read_gatt_char(BATTERY_LEVEL)) for _ in range(3)]
            await asyncio.sleep(1.0)
            here.stations[0].disconnect()
            done, pending = await asyncio.wait(calls, timeout=0.5)
            assert not pending
            assert {str(call.exception()) for call in done} == {"disconnected"}

    run(main())


def test_7_permissions_that_stock_bumble_does_not_check() -> None:
    async def main() -> None:
        async with room() as here:
            station = here.stations[0]
            client = await here.client(station)
            heard = Heard()
            await client.start_notify(DATA, heard.on_data)
            with pytest.raises(Exception, match="Read Not Permitted"):
                await client.read_gatt_char(DATA)
            assert await client.read_gatt_char(CONTROL) == b""
            station.peripheral.notify(DATA, numbered(7))
            await asyncio.sleep(0.5)
            assert heard.numbers == [7]

    run(main())


def test_8_addresses_are_static_random_and_uuids_stay_whole() -> None:
    address = hci.Address(ADDRESSES[0])
    assert address.is_static
    assert address.to_string(with_type_qualifier=False) == ADDRESSES[0]
    witmotion = "0000ffe5-0000-1000-8000-00805f9a34fb"  # not the base UUID: 9a, not 9b
    advert, _ = adverts("", [witmotion])
    assert len(advert) == 3 + 18
    advert, _ = adverts("", [witmotion.replace("9a", "9b")])
    assert len(advert) == 3 + 4


def test_9_adverts_fit_into_31_bytes() -> None:
    for length in range(41):
        advert, response = adverts("n" * length, [SERVICE])
        assert len(advert) <= 31
        assert len(response) <= 31
        assert (b"n" in advert) == (0 < length <= 8)
        assert (b"n" in response) == (length > 8)


def test_unit_of_the_advertising_interval() -> None:
    """Stock: 100 ms are written as 160 units of 0.625 ms, and waited for as 160 ms."""
    assert "advertising_interval_min / 1000.0" in inspect.getsource(LegacyAdvertiser._on_timer_fired)


def test_an_advert_is_still_an_advert() -> None:
    """Else Bumble's controller would not hand it to ``on_advertising_pdu``."""
    assert "ll.AdvInd() | ll.AdvExtInd()" in inspect.getsource(Controller.on_ll_advertising_pdu)
    assert issubclass(ll.AdvInd, ll.AdvertisingPdu)


def test_data_goes_to_the_controller_uncut_and_is_not_written_out_for_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    sent: list[bytes] = []
    for kind in (hci.HCI_AclDataPacket, hci.HCI_Event):
        monkeypatch.setattr(kind, "__str__", lambda packet: f"{written.append(packet)}")
    take = SimController.on_hci_acl_data_packet

    def taken(controller: SimController, packet: hci.HCI_AclDataPacket) -> None:
        sent.append(packet.data)
        take(controller, packet)

    monkeypatch.setattr(SimController, "on_hci_acl_data_packet", taken)

    async def main() -> None:
        async with room(1) as here:
            client, heard = await here.stream(here.stations[0])
            sent.clear()
            here.stations[0].peripheral.notify(DATA, bytes(200))
            assert [data[7:] for data in sent] == [bytes(200)]
            await asyncio.sleep(1.0)
            assert bytes(200) in heard.payloads
            await client.disconnect()

    run(main())
    assert not written

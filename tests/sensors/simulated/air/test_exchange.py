"""Reading, writing and hearing through bleak, from the advert to the last notification."""

import asyncio
from itertools import pairwise

import pytest
from bleak.exc import (
    BleakCharacteristicNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)

from dowel.sensors.simulated.peripherals.base import BATTERY_LEVEL
from dowel.sensors.simulated.virtual_time import run
from tests.sensors.simulated.air.tiny import (
    ANSWERS,
    CONTROL,
    DATA,
    FAILS,
    REFUSED,
    SERVICE,
    Heard,
    Tiny,
    numbered,
    room,
)


class Nameless(Tiny):
    advertised_services = ()


class TwoServices(Tiny):
    advertised_services = ("0000180f-0000-1000-8000-00805f9b34fb", SERVICE)


@pytest.mark.parametrize(
    ("peripheral", "name", "seen_name", "seen_services"),
    [
        (Tiny, None, "Tiny", [SERVICE]),
        (Tiny, "eight by", "eight by", [SERVICE]),  # the longest that fits the advert besides the UUID
        (Tiny, "too long for the advert", "too long for the advert", [SERVICE]),  # from the scan response
        (Tiny, "x" * 40, "x" * 29, [SERVICE]),
        (Tiny, "\N{DRAGON}" * 8, "\N{DRAGON}" * 7 + "\N{REPLACEMENT CHARACTER}", [SERVICE]),  # cut in a letter
        (Nameless, "", None, []),
        (TwoServices, None, "Tiny", ["0000180f-0000-1000-8000-00805f9b34fb", SERVICE]),
    ],
)
def test_adverts(peripheral: type[Tiny], name: str | None, seen_name: str | None, seen_services: list[str]) -> None:
    async def main() -> None:
        async with room(stations=0) as here:
            station = await here.add(peripheral(name=name), rssi_dbm=-71)
            async with here.radio.scanner() as scanner:
                await asyncio.sleep(2.0)
            ((device, advert),) = scanner.discovered_devices_and_advertisement_data.values()
            assert device.address == station.address
            assert device.name == advert.local_name == seen_name
            assert advert.service_uuids == seen_services
            assert -80 <= advert.rssi <= -62

    run(main())


def test_adverts_come_at_their_interval_and_stop_with_the_connection() -> None:
    async def main() -> None:
        async with room(stations=0) as here:
            slow = await here.add(advertising_interval_ms=1000.0)
            times_s: list[float] = []
            loop = asyncio.get_running_loop()
            async with here.radio.scanner(detection_callback=lambda _device, _advert: times_s.append(loop.time())):
                await asyncio.sleep(20.0)
                gaps_s = [later - earlier for earlier, later in pairwise(times_s)]
                assert 17 <= len(gaps_s) <= 19
                assert min(gaps_s) >= 1.0
                assert max(gaps_s) <= 1.011
                client = await here.client(slow)
                times_s.clear()
                await asyncio.sleep(5.0)
                assert not times_s
                await client.disconnect()
                await asyncio.sleep(2.0)
                assert times_s
                slow.advertise(False)
                times_s.clear()
                await asyncio.sleep(5.0)
                assert not times_s

    run(main())


def test_services_are_discovered_as_the_peripheral_has_them() -> None:
    async def main() -> None:
        async with room() as here:
            client = await here.client(here.stations[0])
            found = {
                each.uuid: sorted(each.properties)
                for service in client.services
                if service.uuid[4:8] not in ("1800", "1801")  # which every device has
                for each in service.characteristics
            }
            assert found == {
                DATA: ["notify"],
                CONTROL: ["read", "write", "write-without-response"],
                ANSWERS: ["indicate"],
                BATTERY_LEVEL: ["notify", "read"],
            }

    run(main())


def test_write_and_read() -> None:
    async def main() -> None:
        async with room() as here:
            client = await here.client(here.stations[0])
            peripheral = here.stations[0].peripheral
            assert isinstance(peripheral, Tiny)
            await client.write_gatt_char(CONTROL, b"with", response=True)
            assert peripheral.written == [b"with"]
            await client.write_gatt_char(CONTROL, b"without", response=False)
            await asyncio.sleep(0.2)
            assert peripheral.written == [b"with", b"without"]
            assert await client.read_gatt_char(CONTROL) == b"without"
            assert await client.read_gatt_char(BATTERY_LEVEL) == b"\x50"
            long = bytes(range(256)) + bytes(144)
            await client.write_gatt_char(CONTROL, long, response=True)
            assert peripheral.written[-1] == long
            assert await client.read_gatt_char(CONTROL) == long
            with pytest.raises(BleakError, match="initiate"):
                await client.write_gatt_char(CONTROL, bytes(245), response=False)

    run(main())


def test_refusals_have_their_code() -> None:
    async def main() -> None:
        async with room() as here:
            client = await here.client(here.stations[0])
            for question, code in (
                (client.write_gatt_char(CONTROL, REFUSED, response=True), 0x80),
                (client.write_gatt_char(DATA, b"x", response=True), 0x03),
                (client.read_gatt_char(DATA), 0x02),
            ):
                with pytest.raises(BleakGATTProtocolError) as refusal:
                    await question
                assert refusal.value.args[0] == code
                assert type(refusal.value.args[0]) is int
            with pytest.raises(BleakCharacteristicNotFoundError):
                await client.read_gatt_char("00002a00-0000-1000-8000-000000000000")
            with pytest.raises(BleakError):
                await client.start_notify(CONTROL, lambda *_: None)

    run(main())


def test_a_mistake_in_a_peripheral_is_shown() -> None:
    shown: list[object] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: shown.append(context["exception"]))
        async with room() as here:
            client = await here.client(here.stations[0])
            with pytest.raises(BleakGATTProtocolError):
                await client.write_gatt_char(CONTROL, FAILS, response=True)

    run(main())
    assert [type(each) for each in shown] == [ZeroDivisionError]


def test_subscriptions_reach_the_peripheral() -> None:
    async def main() -> None:
        async with room() as here:
            station = here.stations[0]
            client, heard = await here.stream(station)
            await asyncio.sleep(1.0)
            await client.stop_notify(DATA)
            before = len(heard.payloads)
            assert 90 <= before <= 110
            await asyncio.sleep(1.0)
            assert len(heard.payloads) <= before + 1
            await client.start_notify(DATA, heard.on_data)
            await asyncio.sleep(1.0)
            assert 90 <= len(heard.payloads) - before <= 110
            assert len(set(heard.numbers)) == len(heard.numbers), "doubled"
            await client.disconnect()
            await asyncio.sleep(0.5)
            assert isinstance(station.peripheral, Tiny)
            assert station.peripheral.events == ["connected", "0002 on", "0002 off", "0002 on", "disconnected"]

    run(main())


def test_a_second_callback_replaces_the_first() -> None:
    async def main() -> None:
        async with room() as here:
            client, first = await here.stream(here.stations[0])
            await asyncio.sleep(1.0)
            second = Heard()
            await client.start_notify(DATA, second.on_data)
            await asyncio.sleep(1.0)
            numbers = first.numbers + second.numbers
            assert numbers == list(range(len(numbers)))
            assert len(second.numbers) > 90

    run(main())


def test_notifications_are_cut_to_the_mtu_and_otherwise_unchanged() -> None:
    async def main(mtu: int) -> list[int]:
        async with room(stations=0) as here:
            station = await here.add(mtu=mtu)
            client, heard = await here.client(station), Heard()
            assert client.mtu_size == station.peripheral.mtu == mtu
            await client.start_notify(DATA, heard.on_data)
            for size in (0, 1, 19, 20, 40, 300):
                station.peripheral.notify(DATA, bytes(size))
            await asyncio.sleep(1.0)
            await client.disconnect()
            await asyncio.sleep(1.0)
            assert station.peripheral.mtu == 23
            return [len(payload) for payload in heard.payloads]

    assert run(main(247)) == [0, 1, 19, 20, 40, 244]
    assert run(main(23)) == [0, 1, 19, 20, 20, 20]


def test_indications_come_one_by_one() -> None:
    """Each waits for the confirmation of the one before, so for two connection events."""

    async def main() -> None:
        async with room() as here:
            client, heard = await here.client(here.stations[0]), Heard()
            await client.start_notify(ANSWERS, heard.on_data)
            for number in range(10):
                here.stations[0].peripheral.notify(ANSWERS, numbered(number))
            await asyncio.sleep(3.0)
            assert heard.numbers == list(range(10))
            assert heard.time_s[-1] - heard.time_s[0] > 9 * 2 * 0.03 - 0.03

    run(main())


def test_a_failing_callback_stops_nothing() -> None:
    shown: list[object] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: shown.append(context))
        async with room() as here:
            client, heard = await here.client(here.stations[0]), Heard()

            def callback(sender: object, payload: bytearray) -> None:
                heard.on_data(sender, payload)
                raise RuntimeError

            await client.start_notify(DATA, callback)
            for number in range(20):
                here.stations[0].peripheral.notify(DATA, numbered(number))
            await asyncio.sleep(2.0)
            assert heard.numbers == list(range(20))
            assert client.is_connected

    run(main())
    assert len(shown) == 20

"""Who is heard, and how soon."""

import asyncio

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from dowel.recordings.errors import LinkError
from dowel.sensors.ble import Found, find, scan
from dowel.sensors.simulated.peripherals.witmotion import WitMotion
from dowel.sensors.simulated.virtual_time import run
from tests.sensors.ble.room import FIRST, SECOND, THIRD, Room, at_rest, room
from tests.simulated_devices import PERIPHERALS
from tests.simulated_devices.polar import PolarH10


def now_s() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.slow
def test_every_sensor_in_range_with_driver_and_signal() -> None:
    async def story() -> None:
        async with room() as inside:
            for number, peripheral in enumerate(PERIPHERALS.values()):
                await inside.put(f"C0:00:00:00:02:{number:02X}", peripheral(at_rest), rssi_dbm=-50 - number)
            found = await scan(inside.radio, 10.0)
            names = ["meta_motion" if each == "meta_motion_s" else each for each in PERIPHERALS]  # they look alike
            by_address = {each.address: each for each in found}
            assert [getattr(by_address[each].driver, "name", None) for each in sorted(by_address)] == names
            for number, address in enumerate(sorted(by_address)):
                assert by_address[address].rssi_dbm == pytest.approx(-50 - number, abs=15)
            strengths = [each.rssi_dbm for each in found]
            assert strengths == sorted(strengths, reverse=True)

    run(story())


def test_a_name_in_a_second_packet_may_tell_another_driver() -> None:
    """A Puck.js advertises the service of any text-line board; only its name tells it from one."""
    uart = PERIPHERALS["puck_js"].advertised_services[0]

    async def story() -> None:
        async with room() as inside:

            async def adverts() -> None:
                device = BLEDevice(FIRST, None, None)
                for name, services in ((None, [uart]), ("Puck.js 5a17", [])):
                    await asyncio.sleep(0.1)
                    advert = AdvertisementData(name, {}, {}, services, None, -60, ())
                    for scanner in list(inside.adapter._scanners):
                        scanner.call_detection_callbacks(device, advert)

            sending = asyncio.ensure_future(adverts())
            found = await find(inside.radio, FIRST, 5.0)
            await sending
            assert found.driver is not None
            assert found.driver.name == "puck_js"
            assert found.name == "Puck.js 5a17"

    run(story())


def test_two_with_one_name_are_both_there() -> None:
    async def story() -> None:
        async with room() as inside:
            for address in (FIRST, SECOND):
                await inside.put(address, WitMotion(at_rest, name="WT901BLE67"))
            found = await scan(inside.radio, 10.0)
            assert {each.address for each in found} == {FIRST, SECOND}
            assert {each.name for each in found} == {"WT901BLE67"}
            assert len({each.label for each in found}) == 2
            for address in (FIRST, SECOND):
                link, _ = await inside.link(address)
                assert (await link.open()).address == address
                await asyncio.sleep(0.5)
                assert inside.stations[address].is_connected

    run(story())


def test_a_slow_advertiser_is_waited_for_and_no_longer() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, WitMotion(at_rest))
            await inside.put(SECOND, WitMotion(at_rest), advertising_interval_ms=4000.0)
            begin_s = now_s()
            found = await scan(inside.radio, 30.0, wanted={FIRST.lower(), SECOND.lower()})
            assert {each.address for each in found} == {FIRST, SECOND}
            assert now_s() - begin_s < 10.0
            link, _ = await inside.link(SECOND)
            await link.open()

    run(story())


def test_find_is_quick_and_does_not_mind_small_letters() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST)
            begin_s = now_s()
            assert (await find(inside.radio, FIRST.lower(), 15.0)).address == FIRST
            assert now_s() - begin_s < 1.0

    run(story())


def test_a_sensor_that_is_not_there() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST)
            with pytest.raises(LinkError, match=f"No sensor with address {SECOND} was heard within 5 s. Switch it on"):
                await find(inside.radio, SECOND, 5.0)

    run(story())


def test_news_are_told_while_it_scans() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, WitMotion(at_rest))
            told: list[Found] = []
            await scan(inside.radio, 5.0, on_found=told.append)
            assert [(each.address, each.name) for each in told] == [(FIRST, "WT901BLE67")]

    run(story())


def test_a_connected_sensor_is_not_heard_and_scanning_does_it_no_harm() -> None:
    async def story(inside: Room) -> None:
        await inside.put(FIRST)
        await inside.put(THIRD)
        _, heard = await inside.streaming(FIRST)
        found = await scan(inside.radio, 10.0)
        assert [each.address for each in found] == [THIRD]
        assert heard.kinds == []
        assert len(heard.notifications) == pytest.approx(600, rel=0.05)

    async def in_a_room() -> None:
        async with room() as inside:
            await story(inside)

    run(in_a_room())


def test_a_name_cannot_harm_a_terminal() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, WitMotion(at_rest, name="WT\x1b[2J\r\n'x"))
            (found,) = await scan(inside.radio, 5.0)
            assert found.label.isprintable()
            assert found.driver is not None

    run(story())


def test_bluetooth_is_switched_off() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.adapter.power_off()
            with pytest.raises(LinkError, match="Looking for sensors failed: Bluetooth is switched off"):
                await scan(inside.radio, 5.0)
            with pytest.raises(LinkError, match="Bluetooth is switched off"):
                await find(inside.radio, FIRST, 5.0)

    run(story())


@pytest.mark.parametrize(("trouble", "says"), [("missing", "no Bluetooth"), ("denied", "not allowed to use Bluetooth")])
def test_no_bluetooth_at_all_and_permission_refused(trouble: str, says: str) -> None:
    async def story() -> None:
        async with room(**{trouble: True}) as inside:
            with pytest.raises(LinkError, match=says):
                await scan(inside.radio, 5.0)

    run(story())


@pytest.mark.parametrize(("enough", "least_s", "most_s"), [(2, 3.0, 6.0), (3, 20.0, 21.0)])
def test_a_scan_ends_soon_after_enough_usable_sensors(enough: int, least_s: float, most_s: float) -> None:
    """A heart-rate strap without a gyroscope is none of them."""

    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, WitMotion(at_rest))
            await inside.put(SECOND, WitMotion(at_rest))
            await inside.put(THIRD, PolarH10(at_rest))
            began_s = now_s()
            found = await scan(inside.radio, 20.0, enough=enough)
            assert least_s <= now_s() - began_s <= most_s
            assert len(found) == 3

    run(story())

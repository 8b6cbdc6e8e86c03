"""What goes wrong between a device and a computer, as bleak's BlueZ backend shows it."""

import asyncio

import numpy as np
import pytest
from bleak import BleakClient
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
)

from dowel.sensors.simulated.air import Adapter, Air
from dowel.sensors.simulated.peripherals.base import BATTERY_LEVEL
from dowel.sensors.simulated.virtual_time import run
from tests.sensors.simulated.air.tiny import ADDRESSES, CONTROL, DATA, GO, Heard, Tiny, room


def now_s() -> float:
    return asyncio.get_running_loop().time()


def test_a_device_hangs_up_and_the_other_goes_on() -> None:
    async def main() -> None:
        async with room(2) as here:
            client, heard = await here.stream(here.stations[0])
            _, other = await here.stream(here.stations[1])
            await asyncio.sleep(1.0)
            sent = here.stations[0].peripheral
            here.stations[0].disconnect()
            await asyncio.sleep(0.2)
            assert (heard.ended, client.is_connected) == (1, False)
            assert isinstance(sent, Tiny)
            assert sent.events[-1] == "disconnected"
            with pytest.raises(BleakError, match="Service Discovery"):
                await client.read_gatt_char(BATTERY_LEVEL)
            with pytest.raises(BleakError, match="Not connected"):
                await client.start_notify(DATA, heard.on_data)
            await asyncio.sleep(1.0)
            assert other.numbers == list(range(len(other.numbers)))
            assert np.max(np.diff(other.time_s)) < 0.2
            assert other.ended == 0

    run(main())


def test_the_same_client_reconnects_and_must_subscribe_again() -> None:
    async def main() -> None:
        async with room() as here:
            client, heard = await here.stream(here.stations[0])
            await asyncio.sleep(1.0)
            here.stations[0].disconnect()
            await asyncio.sleep(0.5)
            before = len(heard.payloads)
            await client.connect()
            await client.write_gatt_char(CONTROL, GO, response=True)
            await asyncio.sleep(1.0)
            assert len(heard.payloads) == before
            await client.start_notify(DATA, heard.on_data)
            await asyncio.sleep(1.0)
            assert 85 < len(heard.payloads) - before < 110
            assert np.all(np.diff(heard.numbers[before:]) == 1)
            with pytest.raises(BleakError, match="already connected"):
                await client.connect()

    run(main())


def test_both_hang_up_at_once() -> None:
    async def main() -> None:
        async with room() as here:
            client, heard = await here.stream(here.stations[0])
            here.stations[0].disconnect()
            await client.disconnect()
            await asyncio.sleep(1.0)
            assert (heard.ended, client.is_connected, here.stations[0].is_connected) == (1, False, False)
            await client.connect()
            assert client.is_connected

    run(main())


def test_out_of_range_is_noticed_at_the_supervision_timeout() -> None:
    async def main() -> None:
        async with room() as here:
            station = here.stations[0]
            device = await here.find(station.address)
            client, heard = await here.stream(station)
            station.out_of_range(True)
            begin_s = now_s()
            await asyncio.sleep(1.9)
            assert client.is_connected
            with pytest.raises(BleakError, match="disconnected"):
                await client.write_gatt_char(CONTROL, b"?", response=True)
            assert now_s() - begin_s == pytest.approx(2.0, abs=0.01)
            await asyncio.sleep(0.01)
            assert (heard.ended, client.is_connected, station.is_connected) == (1, False, False)
            away = here.radio.client(device, timeout=3.0)
            begin_s = now_s()
            with pytest.raises(TimeoutError):
                await away.connect()
            assert now_s() - begin_s == pytest.approx(3.0, abs=0.01)
            station.out_of_range(False)
            await away.connect()
            assert away.is_connected

    run(main())


def test_out_of_range_for_less_than_the_timeout_only_delays() -> None:
    async def main() -> None:
        async with room(supervision_timeout_s=4.0) as here:
            client, heard = await here.stream(here.stations[0])
            for _ in range(3):
                here.stations[0].out_of_range(True)
                await asyncio.sleep(3.0)
                here.stations[0].out_of_range(False)
                await asyncio.sleep(3.0)
            assert client.is_connected
            assert heard.numbers == list(range(len(heard.numbers)))
            assert len(heard.numbers) > 1780
            here.stations[0].out_of_range(True)
            await asyncio.sleep(4.1)
            assert not client.is_connected

    run(main())


def test_a_power_cycle_begins_a_new_life() -> None:
    async def main() -> None:
        async with room() as here:
            station = here.stations[0]
            client, heard = await here.stream(station)
            await asyncio.sleep(1.0)
            first = station.peripheral
            await station.power_off()
            assert isinstance(first, Tiny)
            assert first.events[-1] == "disconnected"
            await asyncio.sleep(0.5)
            second = Tiny()
            await station.power_on(second)
            again, fresh = here.radio.client(await here.find(station.address)), Heard()
            under_way = asyncio.create_task(again.connect())
            await asyncio.sleep(0.5)
            assert client.is_connected  # nobody has told the computer
            await asyncio.sleep(1.2)
            assert (heard.ended, client.is_connected) == (1, False)
            await under_way
            await again.start_notify(DATA, fresh.on_data)
            await again.write_gatt_char(CONTROL, GO, response=True)
            await asyncio.sleep(5.0)  # the end of the first connection must not end this one
            assert again.is_connected
            assert fresh.numbers == list(range(len(fresh.numbers)))
            assert len(fresh.numbers) > 490
            assert second.events == ["connected", "0002 on"]
            assert second.device_time_s < first.device_time_s

    run(main())


def test_silent_is_still_connected() -> None:
    async def main() -> None:
        async with room() as here:
            client, heard = await here.stream(here.stations[0])
            await asyncio.sleep(1.0)
            here.stations[0].silent = True
            await asyncio.sleep(0.2)
            before = len(heard.payloads)
            await asyncio.sleep(10.0)
            assert len(heard.payloads) == before
            assert client.is_connected
            assert await client.read_gatt_char(BATTERY_LEVEL)

    run(main())


def test_deaf_from_the_start_is_a_timeout_and_the_link_is_torn_down() -> None:
    async def main() -> None:
        async with room() as here:
            station = here.stations[0]
            station.deaf = True
            begin_s = now_s()
            with pytest.raises(TimeoutError):
                await here.client(station, timeout=5.0)
            assert now_s() - begin_s < 5.5
            await asyncio.sleep(0.5)
            assert not station.is_connected
            station.deaf = False
            assert (await here.client(station)).is_connected

    run(main())


def test_deaf_later_a_late_answer_is_not_taken_for_another() -> None:
    async def main() -> None:
        async with room() as here:
            station = here.stations[0]
            client = await here.client(station)
            await client.write_gatt_char(CONTROL, b"first", response=True)
            station.fade(1.5)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.0):
                    await client.read_gatt_char(CONTROL)
            assert await client.read_gatt_char(BATTERY_LEVEL) == b"\x50"
            station.deaf = True
            begin_s = now_s()
            with pytest.raises(BleakError, match="disconnected"):
                await client.read_gatt_char(BATTERY_LEVEL)
            assert now_s() - begin_s == pytest.approx(30.0, abs=0.1)  # ATT's own limit
            assert not client.is_connected

    run(main())


def test_drops_during_discovery() -> None:
    async def main() -> None:
        async with room() as here:
            station, heard = here.stations[0], Heard()
            station.drop_in_discovery = True
            begin_s = now_s()
            with pytest.raises(BleakError, match="disconnected"):
                await here.client(station, heard)
            assert now_s() - begin_s < 1.0, "Bumble alone would wait 30 s"
            await asyncio.sleep(0.5)
            assert heard.ended == 1
            station.drop_in_discovery = False
            assert (await here.client(station)).is_connected

    run(main())


def test_firmware_without_a_characteristic() -> None:
    async def main() -> None:
        async with room() as here:
            station = here.stations[0]
            station.without = {DATA}
            await station.power_on()
            client = await here.client(station)
            with pytest.raises(BleakCharacteristicNotFoundError):
                await client.start_notify(DATA, lambda *_: None)
            await client.write_gatt_char(CONTROL, GO, response=True)

    run(main())


def test_connects_under_way_can_be_given_up() -> None:
    async def main() -> None:
        async with room(2) as here:
            absent, present = here.stations
            device = await here.find(absent.address)
            absent.advertise(False)
            waiting = asyncio.create_task(here.radio.client(device).connect())
            await asyncio.sleep(1.0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            begin_s = now_s()
            assert (await here.client(present)).is_connected
            assert now_s() - begin_s < 3.0
            absent.advertise(True)
            await asyncio.sleep(2.0)
            assert not absent.is_connected, "a ghost"
            assert (await here.client(absent)).is_connected

    run(main())


@pytest.mark.slow
@pytest.mark.parametrize("after_s", np.arange(0.0, 1.5, 0.015).tolist())
def test_a_connect_can_be_cancelled_at_any_moment(after_s: float) -> None:
    async def main() -> None:
        async with room() as here:
            station = here.stations[0]
            device = await here.find(station.address)
            client = here.radio.client(device)
            waiting = asyncio.create_task(client.connect())
            await asyncio.sleep(after_s)
            waiting.cancel()
            await asyncio.wait({waiting})
            await client.disconnect()
            await asyncio.sleep(0.5)
            assert not station.is_connected
            await client.connect()
            assert client.is_connected

    run(main())


def test_many_connect_at_once() -> None:
    async def main() -> None:
        async with room(7) as here:
            devices = [await here.find(station.address) for station in here.stations]
            clients: list[BleakClient] = [here.radio.client(device) for device in devices]
            await asyncio.gather(*(client.connect() for client in clients))
            assert all(station.is_connected for station in here.stations)
            await asyncio.gather(*(client.disconnect() for client in clients))
            assert not any(client.is_connected for client in clients)

    run(main())


def test_by_address_it_is_found_or_not() -> None:
    async def main() -> None:
        async with room() as here:
            known = BleakClient(ADDRESSES[0], backend=here.radio.client_backend)
            await known.connect()
            assert known.is_connected
            unknown = BleakClient(ADDRESSES[5], backend=here.radio.client_backend, timeout=3.0)
            with pytest.raises(BleakDeviceNotFoundError):
                await unknown.connect()

    run(main())


def test_several_scanners_hear_while_a_sensor_streams() -> None:
    async def main() -> None:
        async with room(3) as here:
            _, heard = await here.stream(here.stations[0])
            async with here.radio.scanner() as one:
                async with here.radio.scanner() as other:
                    await asyncio.sleep(2.0)
                assert {each.address for each in other.discovered_devices} == set(ADDRESSES[1:3])
                before = len(one.discovered_devices_and_advertisement_data)
                await here.add()
                await asyncio.sleep(1.0)
                assert len(one.discovered_devices) == before + 1
                assert len(other.discovered_devices) == 2
            assert heard.numbers == list(range(len(heard.numbers)))

    run(main())


def test_the_adapter_is_switched_off_and_on() -> None:
    async def main() -> None:
        async with room(2) as here:
            client, heard = await here.stream(here.stations[0])
            absent = await here.find(here.stations[1].address)
            here.stations[1].advertise(False)
            under_way = asyncio.create_task(here.radio.client(absent).connect())
            async with here.radio.scanner() as scanner:
                await asyncio.sleep(1.0)
                await here.adapter.power_off()
                seen = len(scanner.discovered_devices)
                await asyncio.sleep(1.0)
                assert len(scanner.discovered_devices) == seen
            assert (heard.ended, client.is_connected) == (1, False)
            assert not here.stations[0].is_connected
            with pytest.raises(BleakDBusError, match="NotReady"):
                await under_way
            with pytest.raises(BleakDBusError, match="NotReady"):
                await client.connect()
            with pytest.raises(BleakBluetoothNotAvailableError) as refusal:
                await here.radio.scanner().start()
            assert refusal.value.reason is BleakBluetoothNotAvailableReason.POWERED_OFF
            await here.adapter.power_on()
            again, fresh = await here.stream(here.stations[0])
            await asyncio.sleep(1.0)
            assert again.is_connected
            assert len(fresh.numbers) > 90

    run(main())


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("missing", BleakBluetoothNotAvailableReason.NO_BLUETOOTH),
        ("denied", BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM),
    ],
)
def test_no_bluetooth_and_no_permission(what: str, reason: BleakBluetoothNotAvailableReason) -> None:
    async def main() -> None:
        adapter = Adapter(Air(), missing=what == "missing", denied=what == "denied")
        await adapter.power_on()
        with pytest.raises(BleakBluetoothNotAvailableError) as refusal:
            await adapter.radio().scanner().start()
        assert refusal.value.reason is reason
        await adapter.close()

    run(main())

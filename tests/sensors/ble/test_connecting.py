"""What can be wrong when a sensor is connected first: one sentence each, and nothing stays connected."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from bleak.exc import BleakDeviceNotFoundError

from dowel.recordings.errors import LinkError
from dowel.sensors.ble import scan
from dowel.sensors.ble.connection import CONNECT_S, DISCONNECT_S, STEP_S, Connection
from dowel.sensors.links import LinkState
from dowel.sensors.simulated.peripherals.base import AttError
from dowel.sensors.simulated.peripherals.witmotion import WitMotion
from dowel.sensors.simulated.virtual_time import run
from tests.sensors.ble.room import FIRST, SECOND, THIRD, Room, at_rest, room
from tests.simulated_devices import PERIPHERALS
from tests.simulated_devices.movella_dot import MovellaDot

pytestmark = pytest.mark.slow

WITMOTION_CONTROL = "0000ffe9-0000-1000-8000-00805f9a34fb"
WITMOTION_DATA = "0000ffe4-0000-1000-8000-00805f9a34fb"


async def refusal(inside: Room, address: str = FIRST, **options: Any) -> str:
    """The sentence with which opening fails; the next sensor can still be connected."""
    link, heard = await inside.link(address, **options)
    with pytest.raises(LinkError) as raised:
        await link.open()
    assert heard.items == []
    await asyncio.sleep(0.5)
    if SECOND not in inside.stations:
        await inside.put(SECOND)
    other, _ = await inside.link(SECOND)
    await other.open()
    await other.close()
    return str(raised.value)


def in_a_room(story: Callable[[Room], Any], **adapter: Any) -> None:
    async def inside() -> None:
        async with room(**adapter) as here:
            await story(here)

    run(inside())


@pytest.mark.parametrize("missing", [WITMOTION_CONTROL, WITMOTION_DATA])
def test_a_characteristic_is_missing(missing: str) -> None:
    async def story(inside: Room) -> None:
        station = await inside.put(FIRST, WitMotion(at_rest))
        await station.power_off()
        station.without = {missing}
        await station.power_on()
        sentence = await refusal(inside)
        assert missing in sentence
        assert "'WT901BLE67'" in sentence
        assert "Update its firmware" in sentence
        assert not station.is_connected

    in_a_room(story)


def test_a_shorter_settings_characteristic_is_not_written() -> None:
    class Old(MovellaDot):
        def read(self, characteristic: str) -> bytes:
            return super().read(characteristic)[:10]

    async def story(inside: Room) -> None:
        await inside.put(FIRST, Old(at_rest))
        assert "has a shorter characteristic" in await refusal(inside)

    in_a_room(story)


def test_a_deaf_gatt_server() -> None:
    async def story(inside: Room) -> None:
        station = await inside.put(FIRST)
        station.deaf = True
        begin_s = asyncio.get_running_loop().time()
        assert "no answer in time" in await refusal(inside)
        assert asyncio.get_running_loop().time() - begin_s < CONNECT_S + 10.0
        await asyncio.sleep(5.0)
        assert not station.is_connected

    in_a_room(story)


def test_deaf_from_the_first_command_on() -> None:
    class Overworked(MovellaDot):
        def write(self, characteristic: str, value: bytes) -> None:
            station.deaf = True

    async def story(inside: Room) -> None:
        nonlocal station
        station = await inside.put(FIRST, Overworked(at_rest))
        link, _ = await inside.link(FIRST)
        begin_s = asyncio.get_running_loop().time()
        with pytest.raises(LinkError, match="no answer in time"):
            await link.open()
        assert asyncio.get_running_loop().time() - begin_s < STEP_S + 5.0
        await asyncio.sleep(1.0)
        assert not station.is_connected

    station: Any = None
    in_a_room(story)


def test_it_hangs_up_in_discovery() -> None:
    async def story(inside: Room) -> None:
        station = await inside.put(FIRST)
        station.drop_in_discovery = True
        assert "the connection broke off" in await refusal(inside)

    in_a_room(story)


def test_gone_after_the_scan() -> None:
    async def story(inside: Room) -> None:
        station = await inside.put(FIRST)
        link, _ = await inside.link(FIRST)
        await station.power_off()
        with pytest.raises(LinkError, match="no answer in time"):
            await link.open()
        await station.power_on()
        await asyncio.sleep(1.0)
        assert not station.is_connected  # no ghost of the attempt that was given up

    in_a_room(story)


@pytest.mark.parametrize("code", [0x05, 0x08, 0x0C, 0x0F])
def test_pairing_is_asked_for(code: int) -> None:
    class Secretive(WitMotion):
        def write(self, characteristic: str, value: bytes) -> None:
            raise AttError(code)

    async def story(inside: Room) -> None:
        station = await inside.put(FIRST, Secretive(at_rest))
        assert "asks to be paired" in await refusal(inside)
        assert not station.is_connected

    in_a_room(story)


def test_another_refusal_is_named() -> None:
    class Refuses(WitMotion):
        def write(self, characteristic: str, value: bytes) -> None:
            raise AttError(0x0D)

    async def story(inside: Room) -> None:
        await inside.put(FIRST, Refuses(at_rest))
        assert "Invalid Attribute Value Length" in await refusal(inside)

    in_a_room(story)


def test_a_battery_that_may_not_be_read_does_no_harm() -> None:
    class Secretive(PERIPHERALS["polar"]):  # type: ignore[misc]
        def read(self, characteristic: str) -> bytes:
            raise AttError(0x05)

    async def story(inside: Room) -> None:
        await inside.put(FIRST, Secretive(at_rest))
        link, _ = await inside.link(FIRST)
        await link.open()
        assert link.status.battery_pct is None

    in_a_room(story)


def test_a_polar_that_does_not_tell_its_factors() -> None:
    class Mute(PERIPHERALS["polar"]):  # type: ignore[misc]
        def write(self, characteristic: str, value: bytes) -> None:
            pass

    async def story(inside: Room) -> None:
        await inside.put(FIRST, Mute(at_rest))
        assert "does not answer as a Polar Verity Sense does" in await refusal(inside)

    in_a_room(story)


def test_a_sensor_without_a_gyroscope_is_refused_unconnected() -> None:
    async def story(inside: Room) -> None:
        station = await inside.put(FIRST, PERIPHERALS["polar_no_gyro"](at_rest))
        assert "no gyroscope" in await refusal(inside)
        assert not station.is_connected

    in_a_room(story)


def test_a_rate_that_it_does_not_have() -> None:
    async def story(inside: Room) -> None:
        await inside.put(FIRST)
        assert "one of 60, 30, 20" in await refusal(inside, rate_hz=100.0)

    in_a_room(story)


def test_a_first_try_that_breaks_off_is_repeated() -> None:
    class Moody(MovellaDot):
        def connected(self, send: Callable[[str, bytes], None]) -> None:
            super().connected(send)
            if station.drop_in_discovery:
                asyncio.get_running_loop().call_later(0.2, setattr, station, "drop_in_discovery", False)

    async def story(inside: Room) -> None:
        nonlocal station
        station = await inside.put(FIRST, Moody(at_rest))
        station.drop_in_discovery = True
        _, heard = await inside.streaming()
        await asyncio.sleep(1.0)
        assert heard.kinds == []
        assert heard.notifications

    station: Any = None
    in_a_room(story)


def with_client(inside: Room, **methods: Any) -> list[None]:
    """The room's computer gets another client, with these methods; grows by one with each client that is made."""
    made: list[None] = []
    usual = inside.radio.client_backend
    assert usual is not None

    def init(self: Any, *args: Any, **options: Any) -> None:
        made.append(None)
        usual.__init__(self, *args, **options)  # type: ignore[misc]

    client = type("OtherClient", (usual,), {"__init__": init, **methods})
    inside.radio = replace(inside.radio, client_backend=client)
    return made


def test_scans_and_connects_never_overlap() -> None:
    """BlueZ fails where they do, so the radio has one lock for both."""
    at_work: list[str] = []
    most: list[int] = []

    def alone(work: str, method: Callable[..., Any], begins: bool, ends: bool) -> Callable[..., Any]:
        async def wrapped(self: Any, *args: Any, **options: Any) -> None:
            if begins:
                at_work.append(work)
                most.append(len(at_work))
            try:
                await method(self, *args, **options)
            finally:
                if ends:
                    at_work.remove(work)

        return wrapped

    async def story(inside: Room) -> None:
        client, scanner = inside.radio.client_backend, inside.radio.scanner_backend
        assert client is not None
        assert scanner is not None
        methods = {
            "start": alone("scan", scanner.start, True, False),
            "stop": alone("scan", scanner.stop, False, True),
        }
        inside.radio = replace(inside.radio, scanner_backend=type("Watched", (scanner,), methods))
        with_client(inside, connect=alone("connect", client.connect, True, True))
        addresses = [FIRST, SECOND, THIRD]
        for address in addresses:
            await inside.put(address)
        links = await asyncio.gather(*(inside.streaming(address) for address in addresses), scan(inside.radio, 2.0))
        await asyncio.sleep(1.0)
        for address in addresses:
            inside.stations[address].disconnect()
        await asyncio.sleep(10.0)
        assert [heard.kinds for _, heard in links[:3]] == [["lost", "back"]] * 3

    in_a_room(story)
    assert len(most) >= 12
    assert max(most) == 1


def test_a_device_that_the_system_has_forgotten_is_searched_again() -> None:
    async def forgets(self: Any, pair: bool, **options: Any) -> None:
        if len(made) == 1:
            raise BleakDeviceNotFoundError(FIRST, "removed from BlueZ when scanning stopped")
        await super(type(self), self).connect(pair, **options)

    async def story(inside: Room) -> None:
        nonlocal made
        await inside.put(FIRST)
        made = with_client(inside, connect=forgets)
        link, _ = await inside.link(FIRST)
        await link.open()
        assert len(made) == 2

    made: list[None] = []
    in_a_room(story)


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_disconnect_that_hangs_is_given_up(interrupted: bool) -> None:
    """As on Windows, where it can take minutes."""

    async def hangs(self: Any) -> None:
        tries.append(None)
        await asyncio.sleep(1000.0)

    async def story(inside: Room) -> None:
        station = await inside.put(FIRST)
        with_client(inside, disconnect=hangs)
        link, heard = await inside.link(FIRST)
        begin_s = asyncio.get_running_loop().time()
        if interrupted:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(link.open(), 1.0)
        else:
            await link.open()
            link.begin()
            await asyncio.sleep(1.0)
            assert heard.notifications
        await link.close()
        assert asyncio.get_running_loop().time() - begin_s < CONNECT_S + 2 * DISCONNECT_S
        assert tries
        station.disconnect()

    tries: list[None] = []
    in_a_room(story)


def test_a_disconnect_that_fails_does_no_harm() -> None:
    async def fails(self: Any) -> None:
        await super(type(self), self).disconnect()
        raise OSError("as Windows may say")

    async def story(inside: Room) -> None:
        await inside.put(FIRST)
        with_client(inside, disconnect=fails)
        link, _ = await inside.streaming()
        await asyncio.sleep(1.0)
        await link.close()
        assert link.status.state is LinkState.STOPPED

    in_a_room(story)


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.05, 0.15, 0.3, 0.6, 1.0, 1.5])
def test_connecting_is_interrupted(after_s: float) -> None:
    """As by Ctrl-C: wherever it is, it ends soon and the sensor is free for the next one."""

    async def story(inside: Room) -> None:
        station = await inside.put(FIRST)
        link, _ = await inside.link(FIRST)
        opening = asyncio.ensure_future(link.open())
        await asyncio.sleep(after_s)
        opening.cancel()
        begin_s = asyncio.get_running_loop().time()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert asyncio.get_running_loop().time() - begin_s < 6.0
        await asyncio.sleep(2.0)
        assert not station.is_connected
        assert not inside.radio.lock.locked()
        again, heard = await inside.streaming()
        await asyncio.sleep(1.0)
        assert heard.notifications
        assert again.status.state is LinkState.STREAMING

    in_a_room(story)


def test_bluetooth_is_switched_off_between_scan_and_connect() -> None:
    async def story(inside: Room) -> None:
        await inside.put(FIRST)
        link, _ = await inside.link(FIRST)
        await inside.adapter.power_off()
        with pytest.raises(LinkError, match="Bluetooth is switched off"):
            await link.open()

    in_a_room(story)


def test_data_that_mean_something_else_are_refused() -> None:
    """A WitMotion that stays in its displacement mode would tell distances where accelerations are expected."""

    class Stubborn(WitMotion):
        def write(self, characteristic: str, value: bytes) -> None:
            if value[2:3] != b"\x96":
                super().write(characteristic, value)

    async def story(inside: Room) -> None:
        await inside.put(FIRST, Stubborn(at_rest, saved={0x96: 1}))
        assert "cannot be used. It sends displacement in place of acceleration." in await refusal(inside)

    in_a_room(story)


@pytest.mark.parametrize(
    ("properties", "response"),
    [(["write"], True), (["write", "write-without-response"], True), (["write-without-response"], False)],
)
def test_an_answer_to_a_write_is_waited_for_where_the_device_gives_one(properties: list[str], response: bool) -> None:
    asked: list[bool] = []

    async def write(_characteristic: Any, _payload: bytes, *, response: bool) -> None:
        asked.append(response)

    attribute = SimpleNamespace(properties=properties)
    services = SimpleNamespace(get_characteristic=lambda _uuid: attribute)
    connection: Any = object.__new__(Connection)
    connection._client = SimpleNamespace(services=services, write_gatt_char=write)
    asyncio.run(connection._write(WITMOTION_CONTROL, b"x"))
    assert asked == [response]

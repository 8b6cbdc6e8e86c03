"""Sensors stream from their emulators through bleak and the link, driver by driver."""

import asyncio
from typing import Any

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2, Notifications, Placement
from dowel.sensors.drivers import DRIVERS, decoder_for
from dowel.sensors.links import LinkState
from dowel.sensors.simulated.peripherals.base import Peripheral
from dowel.sensors.simulated.peripherals.witmotion import WitMotion
from dowel.sensors.simulated.virtual_time import run
from tests.depth import at_night
from tests.sensors.ble.room import FIRST, SECOND, THIRD, Heard, Room, at_rest, room
from tests.simulated_devices import PERIPHERALS
from tests.simulated_devices.movella_dot import MovellaDot

pytestmark = pytest.mark.slow

FIVE = [f"C0:00:00:00:01:{number:02X}" for number in range(5)]
USABLE = [driver for driver in DRIVERS if not driver.refusal]


def as_notifications(heard: Heard) -> Notifications:
    arrival_ns, payloads = zip(*heard.notifications, strict=True)
    length = np.array([len(payload) for payload in payloads])
    return Notifications(np.arange(len(length)), np.array(arrival_ns), length, b"".join(payloads))


@pytest.mark.parametrize("driver", USABLE, ids=lambda driver: driver.name)
def test_every_driver_streams_from_its_emulator(driver: Any) -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST, PERIPHERALS[driver.name](at_rest))
            link, heard = await inside.link(FIRST)
            sensor = await link.open()
            assert sensor.driver == driver.name
            assert (sensor.asked_rate_hz, sensor.address) == (driver.rates_hz[0], FIRST)
            link.begin()
            await asyncio.sleep(20.0)
            assert link.status.state is LinkState.STREAMING
            assert heard.kinds == []
            decoded = decoder_for(sensor).decode(as_notifications(heard))
            expected = 20.0 * driver.rates_hz[0]
            late = 2.0 * driver.latency_s * driver.rates_hz[0]
            assert 0.98 * expected - late - 8 <= len(decoded.values) <= 1.02 * expected + late + 8
            assert np.median(decoded.values, axis=0) == pytest.approx([0, 0, GRAVITY_M_S2, 0, 0, 0], abs=0.6)
            await link.close()
            await asyncio.sleep(0.5)
            assert not station.is_connected

    run(story())


LONG = [([FIRST, SECOND], 150.0), (FIVE, 60.0)] if at_night() else [([FIRST, SECOND], 40.0), (FIVE, 12.0)]


@pytest.mark.parametrize(("addresses", "seconds"), LONG)
def test_at_100_hz_nothing_is_lost_or_doubled(addresses: list[str], seconds: float) -> None:
    """At night longer, and whole practices are streamed for ten minutes."""
    run(stream_for(addresses, seconds))


class Recorded(WitMotion):
    """Keeps what it sends."""

    sent: list[bytes]

    def notify(self, characteristic: str, payload: bytes) -> None:
        self.sent.append(payload)
        super().notify(characteristic, payload)


async def stream_for(addresses: list[str], seconds: float) -> None:
    async with room() as inside:
        streams = []
        for number, address in enumerate(addresses):
            sensor = Recorded(at_rest)
            sensor.sent = []
            await inside.put(address, sensor)
            link, heard = await inside.streaming(address, placement=list(Placement)[number])
            streams.append((sensor, link, heard, len(sensor.sent)))
        await asyncio.sleep(seconds)
        for sensor, link, heard, sent_before in streams:
            received = [payload for _, payload in heard.notifications]
            assert heard.kinds == []
            assert len(decoder_for(link.sensor).decode(as_notifications(heard)).values) >= 99.0 * seconds
            on_the_way = 8  # at both ends: what was sent before begin and came after, what has not arrived yet
            begin = next(at for at in range(sent_before + 1) if sensor.sent[at : at + 20] == received[:20])
            assert begin >= sent_before - on_the_way
            assert received == sensor.sent[begin : begin + len(received)]
            assert len(sensor.sent) - begin - len(received) <= on_the_way
            arrivals_ns = [arrival_ns for arrival_ns, _ in heard.notifications]
            assert arrivals_ns == sorted(arrivals_ns)


def test_what_the_session_file_keeps_of_a_sensor() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, MovellaDot(at_rest, battery_pct=63.0))
            link, _ = await inside.link(FIRST, settings={"acc_scale": [1, 1, 1]}, rate_hz=30.0)
            sensor = await link.open()
            assert sensor.placement is Placement.SACRUM
            assert sensor.name.endswith("DOT")
            assert sensor.asked_rate_hz == 30.0
            assert sensor.firmware
            assert sensor.settings == {"acc_scale": [1, 1, 1]}
            assert (link.status.battery_pct, link.status.firmware) == (63.0, sensor.firmware)
            assert link.status.rssi_dbm == pytest.approx(-60, abs=15)

    run(story())


def test_nothing_is_handed_on_before_begin() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST)
            link, heard = await inside.link(FIRST)
            await link.open()
            await asyncio.sleep(5.0)
            assert heard.items == []
            link.begin()
            await asyncio.sleep(1.0)
            assert len(heard.notifications) > 50
            assert heard.kinds == []

    run(story())


def test_a_polar_keeps_its_factors_in_the_settings() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, PERIPHERALS["polar"](at_rest))
            link, _ = await inside.link(FIRST)
            assert {"acc_factor", "gyr_factor"} <= (await link.open()).settings.keys()

    run(story())


@pytest.mark.parametrize("name", ["meta_motion", "meta_motion_s"])
def test_a_board_says_which_driver_fits(name: str) -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, PERIPHERALS[name](at_rest))
            link, heard = await inside.streaming()
            assert link.sensor.driver == link.driver.name == name
            await asyncio.sleep(2.0)
            assert len(decoder_for(link.sensor).decode(as_notifications(heard)).values) == pytest.approx(200, abs=12)

    run(story())


def test_the_battery_is_asked_for_now_and_then() -> None:
    async def story(peripheral: Peripheral, rate_hz: float | None) -> None:
        async with room() as inside:
            await inside.put(FIRST, peripheral)
            link, heard = await inside.streaming(rate_hz=rate_hz)
            first = link.status.battery_pct
            peripheral.battery_pct = 41.0
            await asyncio.sleep(125.0)
            assert first is not None
            assert link.status.battery_pct is not None
            assert link.status.battery_pct < first
            assert heard.kinds == []

    async def stories() -> None:
        seldom_hz = 10.0
        await story(MovellaDot(at_rest), seldom_hz)
        await story(WitMotion(at_rest), seldom_hz)
        await story(PERIPHERALS["polar"](at_rest), None)  # it has one rate

    run(stories())


def test_a_stopped_link_frees_the_sensor_and_may_be_stopped_again() -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            link, heard = await inside.streaming()
            await asyncio.sleep(1.0)
            await link.close()
            known = len(heard.items)
            assert link.status.state is LinkState.STOPPED
            await link.close()
            await asyncio.sleep(0.5)
            assert not station.is_connected
            again, more = await inside.streaming()
            await asyncio.sleep(1.0)
            assert len(heard.items) == known
            assert more.notifications
            assert again.status.losses == 0

    run(story())


def test_three_links_open_at_once_take_turns() -> None:
    async def story(inside: Room) -> None:
        for address in (FIRST, SECOND, THIRD):
            await inside.put(address)
        links = [(await inside.link(address))[0] for address in (FIRST, SECOND, THIRD)]
        await asyncio.gather(*(link.open() for link in links))
        assert all(station.is_connected for station in inside.stations.values())

    async def in_a_room() -> None:
        async with room() as inside:
            await story(inside)

    run(in_a_room())

"""The simulated world: its sensors are found, stream through bleak, and feel what the lifter does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from dowel.recordings.types import FloatArray, Notifications, Placement, Sensor
from dowel.sensors.ble import SensorLink, find, scan
from dowel.sensors.drivers import DRIVERS, decoder_for
from dowel.sensors.drivers.base import Decoded
from dowel.sensors.simulated import IDEAL, Chip, Hinge, Stand
from dowel.sensors.simulated.virtual_time import run
from dowel.sensors.simulated.world import World, Worn, default_worn
from tests.simulated_devices import PERIPHERALS
from tests.simulated_devices.movella_dot import MovellaDot

ADVERTISED_AS = {"meta_motion_s": "meta_motion"}
"""Where the advert is the same, and the device is told apart once it is connected."""

BOTH = (Placement.UPPER_BACK, Placement.SACRUM)


class Ears:
    """Listens to all sensors of a world with the program's own links."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._links: dict[Placement, SensorLink] = {}
        self.sensors: dict[Placement, Sensor] = {}
        self.heard: dict[Placement, list[tuple[int, bytes]]] = {}
        self.changes: list[str] = []

    async def open(self) -> None:
        for placement, station in self._world.stations.items():
            found = await find(self._world.radio, station.address, 5.0)
            heard = self.heard.setdefault(placement, [])
            link = SensorLink(
                self._world.radio,
                found,
                placement,
                on_notification=lambda at_ns, payload, heard=heard: heard.append((at_ns, payload)),
                on_change=lambda change: self.changes.append(change.kind),
            )
            self._links[placement] = link
            self.sensors[placement] = await link.open()
        for link in self._links.values():
            link.begin()

    async def close(self) -> None:
        for link in self._links.values():
            await link.close()

    def decoded(self, placement: Placement) -> tuple[FloatArray, Decoded]:
        """When each sample's notification came (s), and the samples."""
        arrival_ns, payloads = zip(*self.heard[placement], strict=True)
        lengths = [len(payload) for payload in payloads]
        decoded = decoder_for(self.sensors[placement]).decode(
            Notifications(np.arange(len(payloads)), np.array(arrival_ns), np.array(lengths), b"".join(payloads))
        )
        return np.repeat(1e-9 * np.array(arrival_ns), decoded.count), decoded


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[Ears]:
    ears = Ears(world)
    await world.start()
    try:
        await ears.open()
        yield ears
    finally:
        await ears.close()
        await world.close()


def up(values: FloatArray) -> FloatArray:
    mean = values[:, :3].mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


@pytest.mark.slow
def test_two_sensors_stream_what_the_lifter_does() -> None:
    async def story() -> None:
        world = World(default_worn(), set_pieces=(Hinge(70.0, pause_s=2.0), Hinge(50.0, pause_s=2.0), Stand(1.0)))
        async with listening(world) as ears:
            await asyncio.sleep(2.0)
            world.lifter.do("set")
            while world.lifter.busy:
                await asyncio.sleep(0.5)
            reps = world.lifter.true_reps()
            assert [round(rep.depth_deg, -1) for rep in reps] == [70.0, 50.0]
            for placement in BOTH:
                time_s, decoded = ears.decoded(placement)
                assert decoded.bad_frames == 0
                rest = up(decoded.values[time_s < reps[0].start_s])
                for rep in reps:
                    # Arrivals lag by a notification, an interval and the stack: 40 + 30 + 10 ms and now and then more.
                    begin_s, end_s = rep.commanded.bottom_start_s + 0.3, rep.commanded.bottom_end_s - 0.1
                    turned = up(decoded.values[(time_s > begin_s) & (time_s < end_s)])
                    angle_deg = np.rad2deg(np.arccos(rest @ turned))
                    expected_deg = rep.depth_deg if placement is Placement.SACRUM else rep.trunk_lean_deg
                    assert angle_deg == pytest.approx(expected_deg, abs=6.0)  # the skin moves by up to 4 deg

    run(story())


@pytest.mark.slow
def test_clocks_go_wrong_each_in_its_own_way() -> None:
    async def story() -> None:
        async with listening(World(default_worn())) as ears:
            await asyncio.sleep(60.0)
            for placement, error in zip(BOTH, (-0.008, -0.006), strict=True):
                time_s, decoded = ears.decoded(placement)
                rate_hz = (len(decoded.values) - 4) / (time_s[-1] - time_s[0])
                assert rate_hz == pytest.approx(100.0 * (1.0 + error), abs=0.1)

    run(story())


def test_devices_without_a_clock_are_paced_by_their_chip() -> None:
    """What the simulation says, made without looking at our decoders, agrees with them."""
    paced = {
        driver.name
        for driver in DRIVERS
        if driver.name in PERIPHERALS
        and driver.rates_hz
        and decoder_for(Sensor(Placement.SACRUM, driver.name, asked_rate_hz=driver.rates_hz[0])).time_base == "count"
    }
    simulated = {name for name, device in PERIPHERALS.items() if device.paced_by_chip}
    assert simulated <= paced <= {*simulated, "text_lines", "puck_js"}


def test_wiggling_is_heard_from_that_sensor() -> None:
    async def story() -> None:
        world = World(default_worn())
        async with listening(world) as ears:
            await asyncio.sleep(2.0)
            world.lifter.wiggle(Placement.SACRUM)
            await asyncio.sleep(4.0)
            fastest = [np.abs(ears.decoded(placement)[1].values[:, 3:]).max() for placement in BOTH]
            assert fastest[0] < 0.1 < 2.0 < fastest[1]

    run(story())


@pytest.mark.slow
def test_same_seed_same_world() -> None:
    async def story(seed: int) -> list[tuple[int, bytes]]:
        async with listening(World(default_worn(), seed=seed)) as ears:
            await asyncio.sleep(5.0)
            return [*ears.heard[Placement.SACRUM]]

    first, again, other = run(story(3)), run(story(3)), run(story(4))
    assert first == again
    assert [payload for _, payload in first] != [payload for _, payload in other]


@pytest.mark.slow
def test_a_new_device_has_a_new_clock_and_the_same_chip() -> None:
    async def story() -> None:
        world = World([Worn(Placement.SACRUM, MovellaDot, chip=Chip("poor", acc_bias_mg=200.0))])
        station = world.stations[Placement.SACRUM]
        async with listening(world) as ears:
            await asyncio.sleep(10.0)
            await station.power_off()
            await asyncio.sleep(1.0)
            await station.power_on(world.new_device(Placement.SACRUM))
            await asyncio.sleep(15.0)
            assert ears.changes[-2:] == ["lost", "back"]
            time_s, decoded = ears.decoded(Placement.SACRUM)
            anew = int(np.argmin(np.diff(decoded.device_time_s))) + 1
            assert decoded.device_time_s[anew] < decoded.device_time_s[anew - 1]
            assert time_s[anew] - time_s[anew - 1] > 1.0
            assert up(decoded.values[:anew]) == pytest.approx(up(decoded.values[anew:]), abs=0.02)

    run(story())


@pytest.mark.parametrize("driver", PERIPHERALS)
def test_every_device_can_be_worn_and_is_recognised(driver: str) -> None:
    async def story() -> None:
        worn = Worn(Placement.SACRUM, PERIPHERALS[driver], address="C0:00:00:00:00:77", chip=IDEAL, rssi_dbm=-71.0)
        world = World([worn])
        await world.start()
        (found,) = await scan(world.radio, 2.0)
        await world.close()
        assert found.address == "C0:00:00:00:00:77"
        assert found.rssi_dbm == pytest.approx(-71, abs=5)
        assert found.driver is not None
        assert found.driver.name == ADVERTISED_AS.get(driver, driver)

    run(story())


def test_options_reach_the_device_and_its_station() -> None:
    async def story() -> None:
        worn = Worn(Placement.SACRUM, name="Kim's", options={"battery_pct": 12.0}, station={"mtu": 23})
        world = World([worn])
        station = world.stations[Placement.SACRUM]
        assert (station.peripheral.name, station.peripheral.battery_pct, station.mtu) == ("Kim's", 12.0, 23)
        await world.close()

    run(story())


def test_one_place_bears_one_sensor() -> None:
    async def story() -> None:
        with pytest.raises(ValueError, match="two sensors at one place"):
            World([Worn(Placement.SACRUM), Worn(Placement.SACRUM)])

    run(story())


def test_the_radio_may_have_another_clock() -> None:
    async def story() -> None:
        assert World(default_worn(), clock_ns=lambda: 7).radio.clock_ns() == 7

    run(story())

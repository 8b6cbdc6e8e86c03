from __future__ import annotations

import asyncio

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.drivers import movesense as driver
from dowel.sensors.simulated.imu import IDEAL
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.movesense import COMMAND, DATA, Movesense

SUBSCRIBE_52 = bytes.fromhex("01632F4D6561732F494D55362F3532")  # sources#movesense


@pytest.mark.parametrize(("rate_hz", "sizes"), [(13.0, {30}), (26.0, {54}), (52.0, {102}), (104.0, {152, 48})])
@on_virtual_time
async def test_our_decoder_reads_it(rate_hz: float, sizes: set[int]) -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, Movesense(source, chip=IDEAL, clock_error=50e-6))
    powered_on_s = asyncio.get_running_loop().time()
    await asyncio.sleep(3.3)
    await bench.start(rate_hz)
    await asyncio.sleep(10.0)
    assert {len(each.payload) for each in bench.heard} == sizes
    decoded = bench.decode(rate_hz)
    assert len(decoded.values) == pytest.approx((10.0 + driver.ANSWERED_S) * rate_hz, abs=8)
    np.testing.assert_allclose(decoded.values, source.at(np.array(source.asked_s)), atol=2e-6)
    late_s = np.array(source.asked_s) - powered_on_s - decoded.device_time_s / (1.0 + 50e-6)
    assert -1e-6 <= late_s.min() <= late_s.max() <= 1e-3  # whole milliseconds
    assert (decoded.bad_frames, decoded.clipped.any()) == (0, False)


@on_virtual_time
async def test_bytes_of_a_packet() -> None:
    """The constructed packet of sources#movesense, at 1000 ms."""
    bench = Bench(driver.DRIVER, Movesense(Listed([(0.0, 0.0, 1.0)], [(1.0, -2.0, 3.0)]), chip=IDEAL))
    await asyncio.sleep(1.0001 - 1.0 / 13.0)
    bench.peripheral.subscribe(DATA, True)
    bench.peripheral.write(COMMAND, b"\x01\x63/Meas/IMU6/13")
    await asyncio.sleep(0.1)
    expected = bytes.fromhex("0263e803000000000000000000000ae81c410000803f000000c000004040")
    assert [each.payload for each in bench.heard] == [expected]


@on_virtual_time
async def test_a_second_subscription_doubles_everything() -> None:
    bench = Bench(driver.DRIVER, Movesense(Swinging(), chip=IDEAL))
    bench.peripheral.subscribe(DATA, True)
    bench.peripheral.write(COMMAND, SUBSCRIBE_52)
    bench.peripheral.write(COMMAND, SUBSCRIBE_52)
    await asyncio.sleep(1.005)
    assert len(bench.heard) == 26
    await bench.start(52.0)  # ends both before it begins its own
    bench.heard.clear()
    await asyncio.sleep(1.005)
    assert len(bench.heard) == 13
    await bench.perform(driver.DRIVER.stop())
    bench.heard.clear()
    await asyncio.sleep(1.0)
    assert bench.heard == []


@on_virtual_time
async def test_answers() -> None:
    bench = Bench(driver.DRIVER, Movesense(Swinging()))
    device = bench.peripheral
    device.subscribe(DATA, True)
    for command in (b"\x00\x07", b"\x01\x08/Meas/IMU6/50", *[b"\x01\x09/Meas/IMU6/13"] * 5, b"\x01\x00/Meas/IMU6/13"):
        device.write(COMMAND, command)
    await asyncio.sleep(0.01)
    assert [each.payload for each in bench.heard] == [b"\x01\x07Hello", b"\x01\x08\x94\x01", b"\x01\x09\x01\xfb"]


@on_virtual_time
async def test_subscriptions_die_with_the_link() -> None:
    bench = Bench(driver.DRIVER, Movesense(Swinging(), chip=IDEAL))
    device = bench.peripheral
    for _ in range(4):
        device.write(COMMAND, SUBSCRIBE_52)
    bench.disconnect()
    bench.connect()
    device.subscribe(DATA, True)
    await asyncio.sleep(1.0)
    assert bench.heard == []
    device.write(COMMAND, SUBSCRIBE_52)  # and all slots are free
    await asyncio.sleep(0.1)
    assert [len(each.payload) for each in bench.heard] == [102]


@on_virtual_time
async def test_it_ends_at_its_range() -> None:
    bench = Bench(driver.DRIVER, Movesense(Listed([(9.0, -9.0, 1.0)], [(2500.0, 0.0, 0.0)]), chip=IDEAL))
    await bench.start(52.0)
    await asyncio.sleep(1.0)
    decoded = bench.decode(52.0)
    assert decoded.clipped.all()
    ends = np.array([8.0 * GRAVITY_M_S2, -8.0 * GRAVITY_M_S2, GRAVITY_M_S2, np.deg2rad(2000.0), 0.0, 0.0])
    np.testing.assert_allclose(decoded.values, np.tile(ends, (len(decoded.values), 1)), rtol=1e-6)


@on_virtual_time
async def test_a_small_mtu_cuts_packets_and_our_decoder_says_so() -> None:
    bench = Bench(driver.DRIVER, Movesense(Swinging(), chip=IDEAL), mtu=64)
    await bench.start(52.0)
    await asyncio.sleep(1.0)
    decoded = bench.decode(52.0)
    assert (len(decoded.values), decoded.bad_frames) == (0, len(bench.heard))

"""The simulated OpenEarable 2."""

from __future__ import annotations

import asyncio
import struct

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.drivers import open_earable as driver
from dowel.sensors.simulated.imu import IDEAL
from dowel.sensors.simulated.peripherals.base import AttError
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.open_earable import CONFIG, DATA, SENSORS, STATUS, OpenEarable

ITS_G = 9.81 / GRAVITY_M_S2  # the firmware's accelerations are this much too long


@pytest.mark.parametrize("rate_hz", driver.DRIVER.rates_hz)
@on_virtual_time
async def test_the_driver_gets_what_it_feels(rate_hz: float) -> None:
    source, powered_on_s = Swinging(), asyncio.get_running_loop().time()
    bench = Bench(driver.DRIVER, OpenEarable(source, chip=IDEAL, clock_error=50e-6))
    await asyncio.sleep(2.0)
    await bench.start(rate_hz)
    await asyncio.sleep(5.0)
    decoded = bench.decode(rate_hz)
    truth = source.at(np.array(source.asked_s)) * np.repeat([ITS_G, 1.0], 3)
    np.testing.assert_allclose(decoded.values, truth, atol=1e-5)
    assert len(decoded.values) == pytest.approx(5.0 * rate_hz, abs=1)
    taken_s = powered_on_s + decoded.device_time_s / (1.0 + 50e-6)
    np.testing.assert_allclose(taken_s, source.asked_s, rtol=0.0, atol=1e-6)
    assert taken_s[0] == pytest.approx(powered_on_s + 2.0 + 1.0 / rate_hz, abs=1e-5)
    assert decoded.bad_frames == 0
    assert not decoded.clipped.any()


@on_virtual_time
async def test_bytes_of_a_packet() -> None:
    """The constructed packet of sources#openearable, whose g is 9.81, but for the time: that is the first sample's."""
    source = Listed([np.array([0.1, 0.2, 9.81]) / 9.81], [[1.0, -2.0, 3.0]])
    bench = Bench(driver.DRIVER, OpenEarable(source, chip=IDEAL))
    bench.peripheral.subscribe(DATA, True)
    bench.peripheral.write(CONFIG, bytes([0, 1, 1]))
    await asyncio.sleep(0.021)
    expected = bytes.fromhex(
        "0024d202964900000000cdcccc3dcdcc4c3ec3f51c410000803f000000c0000040400000a0410000a0c000002042"
    )
    assert [each.payload for each in bench.heard] == [expected[:2] + struct.pack("<Q", 20_000) + expected[10:]]


@on_virtual_time
async def test_it_ends_at_2_g() -> None:
    bench = Bench(driver.DRIVER, OpenEarable(Listed([[3.0, -3.0, 1.0]]), chip=IDEAL))
    await bench.start(100.0)
    await asyncio.sleep(0.101)
    decoded = bench.decode(100.0)
    np.testing.assert_allclose(decoded.values[:, :3], [[19.62, -19.62, 9.81]] * 10, rtol=1e-6)
    assert decoded.clipped.all()


@on_virtual_time
async def test_configurations() -> None:
    bench = Bench(driver.DRIVER, OpenEarable(Swinging(), chip=IDEAL))
    device = bench.peripheral
    assert device.read(SENSORS) == bytes([6, 0, 1, 2, 4, 6, 7])
    device.subscribe(DATA, True)
    device.subscribe(STATUS, True)
    device.write(CONFIG, bytes([0, 2, 1]))
    await asyncio.sleep(1.005)
    assert bench.heard[0].characteristic == STATUS
    assert bench.heard[0].payload == device.read(STATUS)
    assert device.read(STATUS)[:3] == bytes([0, 2, 1])
    assert len(bench.data()) == 100
    device.write(CONFIG, bytes([2, 1, 1]))  # the microphone does not disturb it
    await asyncio.sleep(1.0)
    assert len(bench.data()) == 200
    device.write(CONFIG, bytes([0, 3, 1]))  # 200 Hz is too fast for Bluetooth
    await asyncio.sleep(1.0)
    assert len(bench.data()) == 200
    device.write(CONFIG, bytes([0, 1, 2]))  # onto the card only
    await asyncio.sleep(1.0)
    assert len(bench.data()) == 200


@pytest.mark.parametrize(("value", "code"), [("0001", 0x0D), ("00010100", 0x0D), ("000601", 0x13), ("030101", 0x13)])
@on_virtual_time
async def test_it_refuses_configurations(value: str, code: int) -> None:
    device = Bench(driver.DRIVER, OpenEarable(Swinging())).peripheral
    with pytest.raises(AttError) as refusal:
        device.write(CONFIG, bytes.fromhex(value))
    assert refusal.value.code == code

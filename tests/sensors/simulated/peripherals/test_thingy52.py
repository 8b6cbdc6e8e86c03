"""The simulated Thingy:52."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.drivers import thingy52 as driver
from dowel.sensors.simulated.imu import IDEAL
from dowel.sensors.simulated.peripherals.base import AttError
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.thingy52 import CONFIG, FIRST_CONFIG, RAW, Thingy52

HALF_STEPS = np.repeat([GRAVITY_M_S2 / 2048.0, np.deg2rad(1.0 / 64.0)], 3)


@pytest.mark.parametrize("rate_hz", driver.DRIVER.rates_hz)
@on_virtual_time
async def test_the_driver_gets_what_it_feels(rate_hz: float) -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, Thingy52(source, chip=IDEAL, clock_error=0.001), mtu=23)
    await bench.start(rate_hz)
    await asyncio.sleep(5.0)
    decoded = bench.decode(rate_hz)
    assert len(decoded.values) == pytest.approx(5.0 * rate_hz * 1.001, abs=1)
    assert np.all(np.abs(decoded.values - source.at(np.array(source.asked_s))) <= 1.001 * HALF_STEPS)
    assert decoded.bad_frames == 0
    assert not decoded.clipped.any()


@on_virtual_time
async def test_bytes_of_a_sample() -> None:
    """The constructed notification of sources#thingy-52: at rest the axis that points down reads +1 g."""
    source = Listed([[6 / 1024, 12 / 1024, -1014 / 1024]], [[1.0, -2.0, 0.5]])
    bench = Bench(driver.DRIVER, Thingy52(source, chip=IDEAL))
    bench.peripheral.subscribe(RAW, True)
    await asyncio.sleep(0.11)
    assert [each.payload.hex() for each in bench.heard] == ["fafff4fff6032000c0ff1000a000b0ff8002"]


@on_virtual_time
async def test_it_ends_at_2_g() -> None:
    bench = Bench(driver.DRIVER, Thingy52(Listed([[3.0, -3.0, 1.0]]), chip=IDEAL))
    await bench.start(100.0)
    await asyncio.sleep(0.1)
    decoded = bench.decode(100.0)
    np.testing.assert_allclose(decoded.values[:, :3], [[2.0 * GRAVITY_M_S2, -2.0 * GRAVITY_M_S2, GRAVITY_M_S2]] * 10)
    assert decoded.clipped.all()


@on_virtual_time
async def test_the_configuration_decides_the_rate_and_stays() -> None:
    bench = Bench(driver.DRIVER, Thingy52(Swinging(), chip=IDEAL))
    device = bench.peripheral
    assert device.read(CONFIG) == FIRST_CONFIG
    device.subscribe(RAW, True)
    await asyncio.sleep(1.05)
    assert len(bench.heard) == 10  # Hz, from the factory
    device.write(CONFIG, bytes.fromhex("E803F401F401640001"))
    await asyncio.sleep(1.005)
    assert len(bench.heard) == 110
    bench.disconnect()
    bench.connect()
    await asyncio.sleep(1.0)
    assert len(bench.heard) == 110  # notifications are off again
    device.subscribe(RAW, True)
    await asyncio.sleep(1.005)
    assert len(bench.heard) == 210


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("E803F401F40164", 0x0D),
        ("E803F401F40164000100", 0x0D),
        ("E803F401F401040001", 0x13),
        ("E803F401F401C90001", 0x13),
        ("6300F401F401640001", 0x13),
    ],
    ids=["short", "long", "4 Hz", "201 Hz", "steps every 99 ms"],
)
@on_virtual_time
async def test_it_refuses_configurations(value: str, code: int) -> None:
    device = Bench(driver.DRIVER, Thingy52(Swinging())).peripheral
    with pytest.raises(AttError) as refusal:
        device.write(CONFIG, bytes.fromhex(value))
    assert (refusal.value.code, device.read(CONFIG)) == (code, FIRST_CONFIG)

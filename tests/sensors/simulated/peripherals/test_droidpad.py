from __future__ import annotations

import asyncio

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.drivers import droidpad as driver
from dowel.sensors.simulated.imu import IDEAL
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.droidpad import DATA, DroidPad, as_kotlin, event


@pytest.mark.parametrize("misspelt", [False, True])
@pytest.mark.parametrize("period_us", [10_000, 20_000, 40_000])
@on_virtual_time
async def test_our_decoder_reads_it(period_us: int, misspelt: bool) -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, DroidPad(source, chip=IDEAL, period_us=period_us, misspelt=misspelt))
    rate_hz = 1e6 / period_us
    await bench.start(rate_hz)
    await asyncio.sleep(10.0)
    decoded = bench.decode(rate_hz)
    assert len(decoded.values) == len(source.asked_s) == pytest.approx(10.0 * rate_hz, abs=1)
    np.testing.assert_allclose(decoded.values, source.at(np.array(source.asked_s)), atol=2e-6)
    assert (decoded.bad_frames, decoded.clipped.any()) == (0, False)


@on_virtual_time
async def test_when_events_overtake_each_other_a_sample_takes_the_acceleration_before() -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, DroidPad(source, chip=IDEAL, swapped_share=0.3))
    await bench.start(50.0)
    await asyncio.sleep(10.0)
    decoded = bench.decode(50.0)
    words = [each.payload[:1] for each in bench.heard]
    swapped = sum(first == b"G" for first in words[::2])
    assert swapped == pytest.approx(150, abs=30)
    truth = source.at(np.array(source.asked_s))[-len(decoded.values) :]
    assert len(truth) >= 499  # a first angular rate has no acceleration before it
    np.testing.assert_allclose(decoded.values[:, 3:], truth[:, 3:], atol=2e-6)
    stale = np.abs(decoded.values[1:, :3] - truth[1:, :3]).max(axis=1) > 1e-5
    assert stale.sum() == pytest.approx(swapped, abs=1)
    np.testing.assert_allclose(decoded.values[1:][stale, :3], truth[:-1][stale, :3], atol=2e-6)


def test_bytes_of_events() -> None:
    """The constructed lines of sources#droidpad, whose first angular rate has a digit more than it needs."""
    acc = event("ACCELEROMETER", (0.31892395, -0.97802734, 10.049896))
    assert acc == b"ACCELEROMETER,0.31892395,-0.97802734,10.049896"
    assert event("GYROSCOPE", (0.15387291, -0.22954187, 0.08163925)) == b"GYROSCOPE,0.1538729,-0.22954187,0.08163925"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((1e-4, "1.0E-4"), (-0.0, "-0.0"), (0.0, "0.0"), (1e-3, "0.001"), (9.81, "9.81"), (-12.0, "-12.0")),
        *((-1.234e-5, "-1.234E-5"), (2.5e7, "2.5E7")),
    ],
)
def test_numbers_as_kotlin_prints_them(value: float, text: str) -> None:
    assert as_kotlin(value) == text


@on_virtual_time
async def test_a_small_mtu_cuts_events_and_our_decoder_takes_none() -> None:
    source = Listed([(0.123456, 0.987654, 0.123456)], [(12.3456, 65.4321, 12.3456)])
    bench = Bench(driver.DRIVER, DroidPad(source, chip=IDEAL), mtu=23)
    await bench.start(50.0)
    await asyncio.sleep(1.0)
    decoded = bench.decode(50.0)
    assert max(len(each.payload) for each in bench.heard) == 20
    assert (len(decoded.values), decoded.bad_frames) == (0, len(bench.heard))


@on_virtual_time
async def test_it_ends_at_its_range_and_keeps_the_period_of_the_app() -> None:
    bench = Bench(driver.DRIVER, DroidPad(Listed([(0.0, 0.0, 20.0)]), chip=IDEAL, period_us=200_000))
    await bench.start(50.0)
    await asyncio.sleep(1.05)
    assert len(bench.heard) == 10
    assert bench.heard[0].payload == event("ACCELEROMETER", (0.0, 0.0, 8.0 * GRAVITY_M_S2))


@on_virtual_time
async def test_it_measures_only_while_somebody_listens() -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, DroidPad(source, chip=IDEAL))
    await bench.start(50.0)
    await asyncio.sleep(1.005)
    bench.peripheral.subscribe(DATA, False)
    await asyncio.sleep(1.0)
    assert len(source.asked_s) == 50

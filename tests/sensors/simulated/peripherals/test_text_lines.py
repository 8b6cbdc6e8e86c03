from __future__ import annotations

import asyncio

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from dowel.sensors.drivers import text_lines as driver
from dowel.sensors.simulated.imu import IDEAL
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.nordic_uart import TX
from tests.simulated_devices.text_lines import ACC_STEP_M_S2, GYR_STEP_RAD_S, TextLines

RESOLUTION = np.repeat([0.51 * ACC_STEP_M_S2 + 0.51e-3, 0.51 * GYR_STEP_RAD_S + 0.51e-4], 3)


def columns(acc: str, gyr: str, *before: str) -> tuple[str, ...]:
    return (*before, *(f"acc_{axis}_{acc}" for axis in "xyz"), *(f"gyr_{axis}_{gyr}" for axis in "xyz"))


def truth(source: Swinging, samples: int) -> FloatArray:
    """The last so many samples: the first line after listening begins is not taken."""
    return source.at(np.array(source.asked_s[-samples:]))


@pytest.mark.slow
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(("rate_hz", "mtu"), [(25.0, 247), (50.0, 64), (100.0, 23), (100.0, 247), (200.0, 247)])
@on_virtual_time
async def test_our_decoder_reads_it(rate_hz: float, mtu: int, as_json: bool) -> None:
    source = Swinging()
    bench = Bench(
        driver.DRIVER, TextLines(source, chip=IDEAL, clock_error=50e-6, rate_hz=rate_hz, as_json=as_json), mtu=mtu
    )
    powered_on_s = asyncio.get_running_loop().time()
    await asyncio.sleep(3.3)
    await bench.start(rate_hz)
    await asyncio.sleep(10.0)
    decoded = bench.decode(rate_hz)
    assert len(decoded.values) == pytest.approx(10.0 * rate_hz, abs=2)
    assert (np.abs(decoded.values - truth(source, len(decoded.values))) <= RESOLUTION).all()
    taken_s = powered_on_s + decoded.device_time_s / (1.0 + 50e-6)
    np.testing.assert_allclose(taken_s, source.asked_s[-len(taken_s) :], rtol=0.0, atol=1.1e-6)
    assert (decoded.bad_frames, decoded.clipped.any()) == (0, False)


@pytest.mark.parametrize(
    "names",
    [
        columns("g", "deg_s", "time_ms"),
        columns("mg", "mdeg_s", "time_s", "skip"),
        columns("counts", "counts", "seq"),
        columns("m_s2", "rad_s"),
    ],
    ids=lambda names: names[0],
)
@on_virtual_time
async def test_other_columns(names: tuple[str, ...]) -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, TextLines(source, chip=IDEAL, columns=names, acc_flip=True))
    await bench.start(100.0)
    await asyncio.sleep(5.0)
    per_count = {"acc_m_s2_per_count": ACC_STEP_M_S2, "gyr_rad_s_per_count": GYR_STEP_RAD_S}
    decoded = bench.decode(100.0, columns=names, acc_flip=True, **(per_count if "seq" in names else {}))
    assert len(decoded.values) == 499
    assert (np.abs(decoded.values - truth(source, 499)) <= RESOLUTION).all()
    np.testing.assert_allclose(np.diff(decoded.device_time_s), 0.01, atol=1.1e-3)
    assert decoded.bad_frames == 0


@on_virtual_time
async def test_lines_as_the_sketch_sends_them() -> None:
    source = Listed([np.array([0.134, -0.287, 9.792]) / GRAVITY_M_S2], np.rad2deg([[0.0021, -0.0133, 0.0]]).tolist())
    bench = Bench(driver.DRIVER, TextLines(source, chip=IDEAL))
    bench.peripheral.subscribe(TX, True)
    await asyncio.sleep(0.025)
    assert [each.payload for each in bench.heard] == [
        b"0,10000,0.134,-0.287,9.792,0.0021,-0.0128,0.0000\n1,20000,0.134,-0.287,9.792,0.0021,-0.0128,0.0000\n"
    ]


@on_virtual_time
async def test_it_counts_on_while_the_link_is_lost() -> None:
    bench = Bench(driver.DRIVER, TextLines(Swinging(), chip=IDEAL))
    await bench.start(100.0)
    await asyncio.sleep(2.0)
    bench.disconnect()
    await asyncio.sleep(5.0)
    bench.connect()
    await bench.start(100.0)
    await asyncio.sleep(1.0)
    numbers = [int(line.split(b",")[0]) for each in bench.heard for line in each.payload.splitlines()]
    assert numbers == [*range(200), *range(700, 800)]
    assert np.diff(bench.decode(100.0).device_time_s).max() == pytest.approx(5.02, abs=0.02)


@on_virtual_time
async def test_counters_begin_again() -> None:
    bench = Bench(driver.DRIVER, TextLines(Swinging(), chip=IDEAL, rate_hz=200.0))
    bench.disconnect()
    await asyncio.sleep(2**32 * 1e-6 - 1.0)
    bench.connect()
    await bench.start(200.0)
    await asyncio.sleep(2.0)
    times_us = [int(line.split(b",")[1]) for each in bench.heard for line in each.payload.splitlines()]
    assert times_us[0] > times_us[-1]
    np.testing.assert_allclose(np.diff(bench.decode(200.0).device_time_s), 0.005, atol=1.1e-6)

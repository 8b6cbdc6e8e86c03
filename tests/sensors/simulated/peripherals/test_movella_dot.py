from __future__ import annotations

import asyncio
import struct

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from dowel.sensors.drivers import movella_dot as driver
from dowel.sensors.simulated.imu import IDEAL
from dowel.sensors.simulated.peripherals.base import AttError
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time, run
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.movella_dot import (
    BATTERY,
    CONTROL,
    INFO,
    LONG,
    MEASUREMENT,
    MEDIUM,
    MovellaDot,
    upright,
)

WRAP_S = 2**32 * 1e-6


@pytest.mark.parametrize("rate_hz", driver.DRIVER.rates_hz)
@on_virtual_time
async def test_our_decoder_reads_it(rate_hz: float) -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, MovellaDot(source, chip=IDEAL, clock_error=50e-6))
    powered_on_s = asyncio.get_running_loop().time()
    await asyncio.sleep(3.3)
    await bench.start(rate_hz)
    await asyncio.sleep(10.0)
    decoded = bench.decode(rate_hz)
    assert len(decoded.values) == pytest.approx(10.0 * rate_hz, abs=1)
    np.testing.assert_allclose(decoded.values, source.at(np.array(source.asked_s)), atol=2e-6)
    taken_s = powered_on_s + decoded.device_time_s / (1.0 + 50e-6)
    np.testing.assert_allclose(taken_s, source.asked_s, rtol=0.0, atol=1e-6)
    assert (decoded.bad_frames, decoded.clipped.any()) == (0, False)
    assert bench.facts == {"rate_hz": rate_hz, "firmware": "2.3.1", "battery_pct": 80.0, "charging": False}


@on_virtual_time
async def test_its_clock_begins_again() -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, MovellaDot(source, chip=IDEAL))
    await asyncio.sleep(WRAP_S - 3.0)
    await bench.start(60.0)
    await asyncio.sleep(6.0)
    times_us = [struct.unpack_from("<I", each.payload)[0] for each in bench.heard]
    assert times_us[0] > times_us[-1]
    steps_us = np.diff(times_us) % 2**32
    assert set(steps_us.tolist()) == {16_666, 16_667}
    decoded = bench.decode(60.0)
    np.testing.assert_allclose(np.diff(decoded.device_time_s), 1.0 / 60.0, atol=1.1e-6)


def heard_at(time_us: int, mode: int, characteristic: str, source: Listed) -> bytes:
    """The payload measured at this time of the device's clock."""

    async def one() -> bytes:
        device = MovellaDot(source, chip=IDEAL)
        bench = Bench(driver.DRIVER, device)
        await asyncio.sleep(time_us * 1e-6 - 1.0 / 60.0)
        device.subscribe(characteristic, True)
        device.write(MEASUREMENT, bytes([1, 1, mode]))
        await asyncio.sleep(1.5 / 60.0)
        (heard,) = bench.heard
        assert heard.characteristic == characteristic
        return heard.payload

    return run(one())


def test_bytes_of_rate_quantities() -> None:
    """The constructed payload of sources#movella-dot, padded to its characteristic's length."""
    source = Listed([np.array([0.0, 0.0, 9.81]) / GRAVITY_M_S2], [(1.0, 2.0, 3.0)])
    expected = bytes.fromhex("00ffffff0000000000000000c3f51c410000803f0000004000004040")
    assert heard_at(0xFFFFFF00, 21, MEDIUM, source) == expected.ljust(40, b"\0")


def test_bytes_of_custom_mode_5() -> None:
    """The constructed payload, after sources#movella-dot; its quaternion makes the specific force point up."""
    source = Listed([np.array([9.81, 0.0, 0.0]) / GRAVITY_M_S2], [(0.0, -30.0, 0.0)])
    expected = bytes.fromhex(
        "5b830f00f404353f00000000f404353f00000000c3f51c410000000000000000000000000000f0c100000000"
    ).ljust(63, b"\0")
    payload = heard_at(1_016_667, 26, LONG, source)
    assert (payload[:4], payload[20:]) == (expected[:4], expected[20:])
    assert struct.unpack_from("<4f", payload, 4) == pytest.approx((0.7071068, 0.0, -0.7071068, 0.0))


@pytest.mark.parametrize(
    "acc", [(9.8, 0.0, 0.0), (0.0, -9.8, 0.0), (3.0, 4.0, -5.0), (0.0, 0.0, 9.8), (0.0, 0.0, -9.8)]
)
def test_the_quaternion_points_up(acc: tuple[float, float, float]) -> None:
    w, x, y, z = upright(np.array(acc))
    turned: FloatArray = Rotation.from_quat((x, y, z, w)).apply(acc)
    assert turned == pytest.approx([0.0, 0.0, float(np.linalg.norm(acc))], abs=1e-9)


@on_virtual_time
async def test_old_firmware_sends_nothing_in_custom_mode_5() -> None:
    bench = Bench(driver.DRIVER, MovellaDot(Swinging(), has_custom_5=False))
    bench.peripheral.subscribe(LONG, True)
    bench.peripheral.write(MEASUREMENT, bytes([1, 1, 26]))
    await asyncio.sleep(1.0)
    assert bench.heard == []


@on_virtual_time
async def test_it_measures_on_when_the_link_is_lost() -> None:
    """So it must be stopped before it takes another rate; the driver does that."""
    bench = Bench(driver.DRIVER, MovellaDot(Swinging(), chip=IDEAL))
    await bench.start(60.0)
    bench.disconnect()
    await asyncio.sleep(5.0)
    assert bench.heard == []
    bench.connect()
    device = bench.peripheral
    device.subscribe(MEDIUM, True)
    await asyncio.sleep(1.0)
    assert len(bench.heard) == pytest.approx(60, abs=1)
    settings = bytearray(device.read(CONTROL))
    settings[0], settings[24] = 0x10, 20
    device.write(CONTROL, bytes(settings))
    device.write(MEASUREMENT, bytes([1, 1, 26]))
    assert (device.read(CONTROL)[24], device.read(MEASUREMENT)) == (60, bytes([1, 1, 21]))
    await bench.start(20.0)
    bench.heard.clear()
    await asyncio.sleep(1.05)
    assert len(bench.heard) == 21
    await bench.perform(driver.DRIVER.stop())
    bench.heard.clear()
    await asyncio.sleep(1.0)
    assert (bench.heard, device.read(MEASUREMENT)) == ([], bytes([1, 0, 21]))


@on_virtual_time
async def test_only_what_the_mask_names_is_set() -> None:
    device = Bench(driver.DRIVER, MovellaDot(Swinging())).peripheral
    settings = bytearray(32)
    settings[0], settings[24], settings[26] = 0x20, 30, 1
    device.write(CONTROL, bytes(settings))
    assert (device.read(CONTROL)[24], device.read(CONTROL)[26]) == (60, 1)
    settings[0], settings[24] = 0x10, 120  # on the sensor's own memory only
    device.write(CONTROL, bytes(settings))
    assert device.read(CONTROL)[24] == 60


@on_virtual_time
async def test_what_is_read() -> None:
    device = Bench(driver.DRIVER, MovellaDot(Swinging(), battery_pct=33.0)).peripheral
    assert (len(device.read(INFO)), len(device.read(CONTROL)), device.read(BATTERY)) == (34, 32, bytes([33, 0]))
    assert device.read(CONTROL)[3:7] == bytes([10, 0, 30, 0])
    for characteristic, value in ((CONTROL, bytes(31)), (MEASUREMENT, bytes(4))):
        with pytest.raises(AttError):
            device.write(characteristic, value)

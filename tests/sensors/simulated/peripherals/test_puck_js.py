from __future__ import annotations

import asyncio

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.drivers import puck_js as driver
from dowel.sensors.simulated.imu import IDEAL
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.nordic_uart import RX, TX
from tests.simulated_devices.puck_js import PuckJs

HALF_STEPS = 0.51 * np.repeat([GRAVITY_M_S2 / 8192.0, np.deg2rad(8.75e-3)], 3)
HANDLER = b"\x10Puck.on('accel',function(e){Bluetooth.println(e.acc.x)});\n"


def said(bench: Bench) -> bytes:
    return b"".join(each.payload for each in bench.heard)


@pytest.mark.parametrize("mtu", [23, 247])
@pytest.mark.parametrize("rate_hz", driver.DRIVER.rates_hz)
@on_virtual_time
async def test_our_program_streams(rate_hz: float, mtu: int) -> None:
    """The board's prompt after the reset spoils one line, no more."""
    source = Swinging()
    bench = Bench(driver.DRIVER, PuckJs(source, chip=IDEAL, clock_error=50e-6), mtu=mtu)
    await bench.start(rate_hz)
    await asyncio.sleep(10.0)
    assert max(len(each.payload) for each in bench.heard) <= 20
    decoded = bench.decode(rate_hz)
    assert len(decoded.values) == pytest.approx(10.0 * rate_hz, abs=2)
    assert decoded.bad_frames <= 1
    asked_s = np.array(source.asked_s[-len(decoded.values) :])
    assert (np.abs(decoded.values - source.at(asked_s)) <= HALF_STEPS).all()
    taken_s = decoded.device_time_s / (1.0 + 50e-6)
    np.testing.assert_allclose(taken_s - taken_s[0], asked_s - asked_s[0], rtol=0.0, atol=1.1e-4)
    assert not decoded.clipped.any()


@on_virtual_time
async def test_bytes_of_a_line() -> None:
    """The documented event of sources#puckjs: raw numbers as the chip has them."""
    raw = ((-525, -112, 8160), (154, -152, -34))
    source = Listed([np.array(raw[0]) / 8192.0], [np.array(raw[1]) * 8.75e-3])
    bench = Bench(driver.DRIVER, PuckJs(source, chip=IDEAL))
    bench.peripheral.subscribe(TX, True)
    bench.peripheral.write(RX, HANDLER + b"\x10Puck.accelOn();\n")
    await asyncio.sleep(0.09)
    assert said(bench) == b"80.0,-525,-112,8160,154,-152,-34\r\n"


@on_virtual_time
async def test_it_ends_at_its_range() -> None:
    bench = Bench(driver.DRIVER, PuckJs(Listed([(5.0, -5.0, 1.0)], [(300.0, -300.0, 0.0)]), chip=IDEAL))
    await bench.start(52.0)
    await asyncio.sleep(1.0)
    assert b",32767,-32768,8192,32767,-32768,0\r\n" in said(bench)
    assert bench.decode(52.0).clipped.all()


@on_virtual_time
async def test_the_console_echoes_unless_it_is_told_not_to() -> None:
    bench = Bench(driver.DRIVER, PuckJs(Swinging()))
    bench.peripheral.subscribe(TX, True)
    bench.peripheral.write(RX, b"1+1\n")
    assert said(bench) == b"1+1\r\n=undefined\r\n>"
    bench.heard.clear()
    bench.peripheral.write(RX, b"\x101+1\n")
    bench.peripheral.write(RX, b"half a li\x03")
    bench.heard.clear()
    bench.peripheral.write(RX, b"\x10echo(false)\n1+1\n")
    assert said(bench) == b""


@on_virtual_time
async def test_a_program_that_is_not_complete_does_nothing() -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, PuckJs(source))
    bench.peripheral.subscribe(TX, True)
    bench.peripheral.write(RX, HANDLER[:-1])
    await asyncio.sleep(1.0)
    bench.peripheral.write(RX, b"\x03\x10Puck.accelOn(52);\n")  # the line under way is cleared
    await asyncio.sleep(1.0)
    assert source.asked_s
    assert said(bench) == b""
    bench.peripheral.write(RX, b"\x10Puck.accelOn(50);\n")
    assert said(bench) == b"Uncaught Error: Invalid sample rate\r\n"


@on_virtual_time
async def test_a_program_goes_on_until_the_reset() -> None:
    bench = Bench(driver.DRIVER, PuckJs(Swinging(), chip=IDEAL))
    await bench.start(26.0)
    bench.disconnect()
    await asyncio.sleep(1.0)
    bench.connect()
    bench.peripheral.subscribe(TX, True)
    bench.heard.clear()
    await asyncio.sleep(1.0)
    assert len(said(bench).splitlines()) == 26
    await bench.perform(driver.DRIVER.stop())
    bench.peripheral.write(RX, HANDLER + b"\x10Puck.accelOn(26);\n")  # it hears nothing while it resets
    bench.heard.clear()
    await asyncio.sleep(2.0)
    assert said(bench) == b"\r\n>"


@on_virtual_time
async def test_more_lines_than_leave_the_board_are_missed() -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, PuckJs(source, chip=IDEAL, fastest_hz=48.0))
    await bench.start(104.0)
    await asyncio.sleep(10.0)
    decoded = bench.decode(104.0)
    assert len(decoded.values) == pytest.approx(10.0 * 104.0 / 3, abs=3)
    np.testing.assert_allclose(np.diff(decoded.device_time_s), 3.0 / 104.0, atol=1.1e-4)

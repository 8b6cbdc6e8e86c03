from __future__ import annotations

import asyncio
import struct
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2, IntArray
from dowel.sensors.drivers import witmotion as driver
from dowel.sensors.simulated.imu import IDEAL
from dowel.sensors.simulated.peripherals.base import Packet
from dowel.sensors.simulated.peripherals.witmotion import (
    BANDWIDTH,
    COMMAND,
    DATA,
    DISPLACEMENT,
    RATE,
    WitMotion,
)
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed

UNLOCK = bytes.fromhex("ffaa6988b5")
HALF_STEPS = 0.51 * np.repeat([16.0 * GRAVITY_M_S2, np.deg2rad(2000.0)], 3) / 32768.0


class WitMotionCard(WitMotion):
    """The model with a card, whose frames end with its own clock, ``set_to`` this at power-on."""

    usual_name = "WTSDCL"

    def __init__(self, *args: Any, set_to: datetime = datetime(2026, 6, 22, 14, 41), **options: Any) -> None:
        super().__init__(*args, **options)
        self._set_to = set_to

    def _frame(self, packet: Packet, index: int, words: IntArray) -> bytes:
        now = self._set_to + timedelta(seconds=float(packet.device_time_s[index]))
        clock = (now.year - 2000, now.month, now.day, now.hour, now.minute, now.second, now.microsecond // 1000)
        return super()._frame(packet, index, words) + struct.pack("<6BH", *clock)


def word(register: int, value: int) -> bytes:
    return bytes([0xFF, 0xAA, register]) + struct.pack("<H", value)


@pytest.mark.parametrize("model", [WitMotion, WitMotionCard])
@pytest.mark.parametrize(
    ("rate_hz", "frames"), [(10.0, 1), (20.0, 1), (50.0, 2), (100.0, 4), (200.0, 8)], ids=lambda value: f"{value:g}"
)
@on_virtual_time
async def test_our_decoder_reads_it(model: type[WitMotion], rate_hz: float, frames: int) -> None:
    """Within half a step of the format; as the sensor runs 0.8 % slow, so much fewer samples than asked for."""
    source = Swinging()
    bench = Bench(driver.DRIVER, model(source, chip=IDEAL, clock_error=-0.008))
    await bench.start(rate_hz)
    started, asked = len(bench.heard), len(source.asked_s)
    await asyncio.sleep(10.0)
    decoded = bench.decode(rate_hz)
    assert len(decoded.values) == len(source.asked_s)
    assert len(decoded.values) - asked == pytest.approx(9.92 * rate_hz, abs=frames)
    error = np.abs(decoded.values - source.at(np.array(source.asked_s)))[asked:]
    assert (error <= HALF_STEPS).all()
    assert (decoded.bad_frames, decoded.clipped.any()) == (0, False)
    size = 20 if model is WitMotion else 28
    assert {len(each.payload) for each in bench.heard[started:]} == {size * frames}
    expected = {"rate_hz": rate_hz, "six_axis": True, "firmware": "10080.1.22"}
    assert bench.facts == {**expected, "battery_v": 3.87, "battery_pct": 75.0}


@pytest.mark.parametrize(("size", "mtu"), [(None, 23), (None, 64), (50, 247), (70, 247), (33, 23)])
@on_virtual_time
async def test_frames_may_be_cut_anywhere(size: int | None, mtu: int) -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, WitMotion(source, chip=IDEAL, notification_bytes=size), mtu=mtu)
    await bench.start(100.0)
    asked = len(source.asked_s)
    await asyncio.sleep(5.0)
    decoded = bench.decode(100.0)
    most = min(size or mtu, mtu - 3)
    assert max(len(each.payload) for each in bench.heard) == most
    assert len(source.asked_s) - len(decoded.values) in range(5)
    error = np.abs(decoded.values - source.at(np.array(source.asked_s[: len(decoded.values)])))[asked:]
    assert (error <= HALF_STEPS).all()
    assert decoded.bad_frames == 0


@on_virtual_time
async def test_bytes_of_captured_frames() -> None:
    """Acceleration and angular rate of sources#witmotion from the values printed there; angles are the device's own."""
    source = Listed(
        [(0.7690, 0.2168, 0.8091), (0.7119, 0.1938, 0.6680)], [(5.188, -17.151, -81.787), (-0.488, 1.648, 1.160)]
    )
    bench = Bench(driver.DRIVER, WitMotion(source, chip=IDEAL))
    bench.peripheral.subscribe(DATA, True)
    await asyncio.sleep(0.25)
    first, second = (each.payload for each in bench.heard)
    assert first[:14].hex() == "55612706bc0179065500e7fec4fa"
    assert second[:14].hex() == "5561b2058d015805f8ff1b001300"
    roll, pitch = np.arctan2(0x018D, 0x0558), np.arctan2(-0x05B2, np.hypot(0x018D, 0x0558))
    expected = np.array([roll, pitch, 0.0]) / np.pi * 32768.0
    assert struct.unpack_from("<3h", second, 14) == pytest.approx(expected, abs=2.0)


@on_virtual_time
async def test_bytes_of_a_captured_frame_with_clock() -> None:
    """Devices 1.9, 14:41:01.793 at the first sample."""
    source = Listed([(-0.2695, 0.6528, 0.7334)], [(27.039, 15.564, -0.305)])
    device = WitMotionCard(
        source, chip=IDEAL, saved={RATE: 0x07, BANDWIDTH: 0}, set_to=datetime(2026, 6, 22, 14, 41, 1, 743_100)
    )
    bench = Bench(driver.DRIVER, device)
    bench.peripheral.subscribe(DATA, True)
    await asyncio.sleep(0.11)
    first, second = (each.payload for each in bench.heard)
    assert (first[:14] + first[20:]).hex() == "5561d8fd3905de05bb01ff00fbff1a06160e29011903"
    assert second[20:].hex() == "1a06160e29014b03"


@on_virtual_time
async def test_it_ends_at_its_range() -> None:
    bench = Bench(driver.DRIVER, WitMotion(Listed([(20.0, -20.0, 1.0)], [(2500.0, -2500.0, 0.0)]), chip=IDEAL))
    await bench.start(10.0)
    await asyncio.sleep(1.0)
    decoded = bench.decode(10.0)
    assert struct.unpack_from("<6h", bench.heard[-1].payload, 2) == (32767, -32768, 2048, 32767, -32768, 0)
    assert decoded.clipped.all()


@on_virtual_time
async def test_registers_want_to_be_unlocked() -> None:
    device = Bench(driver.DRIVER, WitMotion(Swinging())).peripheral
    bench = Bench(driver.DRIVER, device)
    device.subscribe(DATA, True)
    device.write(COMMAND, word(RATE, 0x09))
    await asyncio.sleep(1.05)
    assert len(bench.heard) == 10  # still the factory's rate
    device.write(COMMAND, UNLOCK)
    await asyncio.sleep(10.1)
    device.write(COMMAND, word(RATE, 0x09))  # too late
    device.write(COMMAND, word(0x27, RATE))
    await asyncio.sleep(0.02)
    assert bench.heard[-1].payload == bytes.fromhex("55710300 0600").ljust(20, b"\0")
    device.write(COMMAND, UNLOCK)
    device.write(COMMAND, word(RATE, 0x09))
    device.write(COMMAND, word(RATE, 0x0C))  # no such rate
    device.write(COMMAND, word(0x27, RATE))
    await asyncio.sleep(0.02)
    assert bench.heard[-1].payload[:6] == bytes.fromhex("557103000900")
    device.write(COMMAND, word(0, 1))  # back to the factory's settings
    bench.heard.clear()
    await asyncio.sleep(1.05)
    assert len(bench.heard) == 10


@on_virtual_time
async def test_registers_answer_in_the_stream() -> None:
    device = WitMotion(Swinging(), chip=IDEAL, battery_pct=100.0)
    bench = Bench(driver.DRIVER, device)
    device.subscribe(DATA, True)
    device.write(COMMAND, word(0x27, 0x2E))
    await asyncio.sleep(0.02)
    assert bench.heard[-1].payload == bytes.fromhex("55712e001601d889").ljust(20, b"\0")
    assert bench.facts["firmware"] == "10080.1.22"
    device.write(COMMAND, UNLOCK)
    device.write(COMMAND, word(0, 0))  # saving keeps it busy
    device.write(COMMAND, word(0x27, 0x64))
    await asyncio.sleep(0.02)
    assert bench.heard[-1].payload == bytes.fromhex("55716400").ljust(20, b"\0")
    assert "battery_pct" not in bench.facts
    await asyncio.sleep(0.5)
    device.write(COMMAND, word(0x27, 0x64))
    await asyncio.sleep(0.02)
    assert bench.facts["battery_pct"] == 100.0


@on_virtual_time
async def test_displacement_looks_the_same_until_the_driver_switches_it_off() -> None:
    source = Swinging()
    bench = Bench(driver.DRIVER, WitMotion(source, chip=IDEAL, saved={RATE: 0x09, DISPLACEMENT: 1}))
    bench.peripheral.subscribe(DATA, True)
    await asyncio.sleep(0.45)
    assert all(each.payload[2:14] == bytes(12) for each in bench.heard)
    assert len(bench.heard[0].payload) == 80  # and 100 Hz was saved
    await bench.start(100.0)
    asked = len(source.asked_s)
    await asyncio.sleep(1.0)
    error = np.abs(bench.decode(100.0).values - source.at(np.array(source.asked_s)))[asked:]
    assert (error <= HALF_STEPS).all()


@on_virtual_time
async def test_a_low_bandwidth_repeats_values() -> None:
    """At 100 Hz a new value comes every fifth sample, until the driver sets the bandwidth."""
    bench = Bench(driver.DRIVER, WitMotion(Swinging(), chip=IDEAL, saved={RATE: 0x09}))
    bench.peripheral.subscribe(DATA, True)
    await asyncio.sleep(2.005)
    frames = [each.payload[at : at + 14] for each in bench.heard for at in range(0, 80, 20)]
    assert len(set(frames)) == len(frames) / 5
    await bench.start(100.0)
    bench.heard.clear()
    await asyncio.sleep(2.0)
    frames = [each.payload[at : at + 14] for each in bench.heard for at in range(0, 80, 20)]
    assert len(set(frames)) == len(frames)


@on_virtual_time
async def test_after_a_lost_link_it_streams_with_the_next_subscription() -> None:
    bench = Bench(driver.DRIVER, WitMotion(Swinging(), chip=IDEAL))
    await bench.start(100.0)
    bench.disconnect()
    await asyncio.sleep(1.0)
    heard = len(bench.heard)
    bench.connect()
    await asyncio.sleep(1.0)
    assert len(bench.heard) == heard  # not before
    bench.peripheral.subscribe(DATA, True)
    await asyncio.sleep(1.0)
    assert len(bench.heard) == heard + 25  # at the rate of before
    bench.peripheral.subscribe(DATA, False)
    await asyncio.sleep(1.0)
    assert len(bench.heard) == heard + 25

"""The simulated Capture2Go IMU."""

from __future__ import annotations

import asyncio
import struct
import zlib

import numpy as np
import pytest

from dowel.sensors.drivers import capture2go as driver
from dowel.sensors.simulated.imu import IDEAL
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.capture2go import COMMAND, DATA, Capture2Go

STEPS = np.repeat([16 * 9.81 / 32768, np.deg2rad(2000.0) / 32768], 3)
CLOCK_ERROR = 50e-6

Content = tuple[int, bytes]
"""Header and content of a package."""


def package(header: int, content: bytes = b"") -> bytes:
    checked = struct.pack("<H", header) + content
    return struct.pack("<BIB", 2, zlib.crc32(checked), len(content)) + checked


def mode(*, fixed: int = 0, packed: int = 0, status_s: int = 0, without_field: bool = False) -> bytes:
    """Content of the command that sets the measurement mode."""
    fields = (0, fixed, packed, 0, 0, 0, status_s, 0)
    return struct.pack("<q8BHBQ3?", 0, *fields, 0, 0, 0, False, False, without_field)


def packages(stream: bytes) -> list[Content]:
    """All packages of an unbroken stream."""
    found = []
    while stream:
        first, crc, size, header = struct.unpack_from("<BIBH", stream)
        assert first == 2
        assert crc == zlib.crc32(stream[6 : 8 + size])
        found.append((header, stream[8 : 8 + size]))
        stream = stream[8 + size :]
    return found


def listening(device: Capture2Go) -> Bench:
    bench = Bench(driver.DRIVER, device)
    device.subscribe(DATA, True)
    return bench


def came(bench: Bench) -> list[Content]:
    """What the endless stream has brought; forgotten then."""
    assert all(each.payload[0] == 0xFF for each in bench.heard)
    stream = b"".join(each.payload[1:] for each in bench.heard)
    bench.heard.clear()
    return packages(stream)


async def told(bench: Bench, header: int, content: bytes = b"") -> list[Content]:
    """Send a command; what came since then."""
    bench.heard.clear()
    bench.peripheral.write(COMMAND, package(header, content))
    await asyncio.sleep(0.0001)
    return came(bench)


@pytest.mark.parametrize("rate_hz", driver.DRIVER.rates_hz)
@on_virtual_time
async def test_the_driver_gets_what_it_feels(rate_hz: float) -> None:
    powered_on_s = asyncio.get_running_loop().time()
    await asyncio.sleep(2.0)
    device = Capture2Go(Swinging(), chip=IDEAL, clock_error=CLOCK_ERROR)
    bench = Bench(driver.DRIVER, device)
    await bench.start(rate_hz)
    await asyncio.sleep(5.0)
    decoded = bench.decode(rate_hz)
    taken_s = powered_on_s + 2.0 + decoded.device_time_s / (1.0 + CLOCK_ERROR)
    assert np.all(np.abs(decoded.values - Swinging.at(taken_s)) <= 0.501 * STEPS)
    np.testing.assert_allclose(np.diff(decoded.device_time_s), 1.0 / rate_hz, atol=2e-9)
    assert len(taken_s) == pytest.approx(5.0 * rate_hz, abs=8)
    assert decoded.bad_frames == 0
    assert not decoded.clipped.any()
    assert bench.facts["battery_pct"] == 80.0


@pytest.mark.parametrize("mtu", [23, 64, 185])
@on_virtual_time
async def test_the_stream_is_cut_anywhere(mtu: int) -> None:
    bench = Bench(driver.DRIVER, Capture2Go(Swinging(), chip=IDEAL), mtu=mtu)
    await bench.start(100.0)
    await asyncio.sleep(5.0)
    decoded = bench.decode(100.0)
    assert (len(decoded.values), decoded.bad_frames) == (496, 0)


@on_virtual_time
async def test_bytes_of_samples() -> None:
    """Layouts of sources#capture2go."""
    source = Listed(np.array([[16 * 9.81 / 9.80665 * share for share in (0.25, -0.5, 0.5)]]), [[1000.0, -500.0, 250.0]])
    bench = listening(Capture2Go(source, chip=IDEAL))
    await told(bench, 0x0120, mode(fixed=2))
    await told(bench, 0x0150)
    await asyncio.sleep(0.0105)
    ((header, content),) = came(bench)
    assert (header, len(content)) == (0x0242, 37)
    assert struct.unpack_from("<q6h", content)[1:] == (16384, -8192, 4096, 8192, -16384, 16384)
    await told(bench, 0x0152)
    await told(bench, 0x0120, mode(packed=2, without_field=True))
    await told(bench, 0x0150)
    await asyncio.sleep(0.08)
    ((header, content),) = came(bench)
    assert (header, len(content)) == (0x0232, 115)
    assert np.frombuffer(content[8:56], "<i2").reshape(8, 3).tolist() == [[16384, -8192, 4096]] * 8
    assert np.frombuffer(content[56:104], "<i2").reshape(8, 3).tolist() == [[8192, -16384, 16384]] * 8


@on_virtual_time
async def test_the_real_time_channel_comes_first_in_a_notification() -> None:
    bench = listening(Capture2Go(Swinging(), chip=IDEAL))
    await asyncio.sleep(0.01)
    assert await told(bench, 0x0160, bytes([2, 0])) == [(0x0162, bytes([2, 0]))]
    await asyncio.sleep(1.001)
    assert len(bench.heard) == 50
    assert {each.payload[0] for each in bench.heard} == {0xFE}
    assert [packages(each.payload[1:])[0][0] for each in bench.heard] == [0x0247] * 50
    assert await told(bench, 0x0163) == [(0x0164, b"")]
    await asyncio.sleep(1.0)
    assert not bench.heard


@pytest.mark.parametrize(
    ("acc_g", "gyr_dps", "flags"), [(17.0, 0.0, 4), (0.0, 2100.0, 2), (-17.0, -2100.0, 6), (1.0, 1.0, 0)]
)
@on_virtual_time
async def test_clipping_is_flagged(acc_g: float, gyr_dps: float, flags: int) -> None:
    bench = listening(Capture2Go(Listed([[acc_g, 0.0, 0.0]], [[gyr_dps, 0.0, 0.0]]), chip=IDEAL))
    await told(bench, 0x0120, mode(fixed=2))
    await told(bench, 0x0150)
    await asyncio.sleep(0.011)
    assert came(bench)[0][1][-1] == flags


@on_virtual_time
async def test_status_comes_at_once_and_every_second() -> None:
    bench = listening(Capture2Go(Swinging(), battery_pct=63.0))
    await asyncio.sleep(0.01)
    ((header, content),) = came(bench)
    assert (header, len(content), content[8], content[17]) == (0x0201, 19, 1, 63)
    await told(bench, 0x0120, mode(status_s=1))
    await told(bench, 0x0150)
    await asyncio.sleep(3.5)
    assert [(header, content[8]) for header, content in came(bench)] == [(0x0201, 2)] * 3
    await told(bench, 0x0152)
    await asyncio.sleep(3.0)
    assert came(bench) == []


@pytest.mark.parametrize(
    ("written", "code", "command"),
    [
        (b"", 0xFC, 0xFFFF),
        (package(0x0150)[:-1], 0xFC, 0xFFFF),
        (package(0x0150)[:-1] + b"\x02", 0xFC, 0xFFFF),
        (package(0x0150) + b"\x00", 0xFC, 0xFFFF),
        (package(0x0154), 0xFD, 0x0154),
        (package(0x0120, b"\x00"), 0xFC, 0x0120),
        (package(0x0160), 0xFC, 0x0160),
    ],
    ids=["empty", "cut", "CRC", "too long", "unknown", "mode", "real time"],
)
@on_virtual_time
async def test_errors(written: bytes, code: int, command: int) -> None:
    bench = listening(Capture2Go(Swinging()))
    await asyncio.sleep(0.01)
    bench.heard.clear()
    bench.peripheral.write(COMMAND, written)
    await asyncio.sleep(0.01)
    assert came(bench) == [(0xFFFF, struct.pack("<BH", code, command))]


@on_virtual_time
async def test_a_stream_that_runs_is_not_started_again() -> None:
    bench = listening(Capture2Go(Swinging()))
    await asyncio.sleep(0.01)
    assert await told(bench, 0x0120, mode()) == [(0x0122, mode())]
    assert await told(bench, 0x0121) == [(0x0122, mode())]
    assert await told(bench, 0x0150) == [(0x0151, b"")]
    assert await told(bench, 0x0150) == [(0xFFFF, struct.pack("<BH", 0xFB, 0x0150))]
    assert await told(bench, 0x0120, mode()) == [(0xFFFF, struct.pack("<BH", 0xFB, 0x0120))]
    assert await told(bench, 0x0158) == [(0x0159, b"")]
    assert await told(bench, 0x0150) == [(0x0151, b"")]
    ((header, info),) = await told(bench, 0x0070)
    assert (header, len(info), info[2:8]) == (0x0071, 47, b"5d17a9")


@on_virtual_time
async def test_what_was_measured_without_a_link_comes_with_the_next_one() -> None:
    """As much of it as was kept, and from the middle of a package; the driver finds the first whole one."""
    bench = Bench(driver.DRIVER, Capture2Go(Swinging(), chip=IDEAL))
    await bench.start(100.0)
    await asyncio.sleep(5.0)
    bench.disconnect()
    await asyncio.sleep(20.0)
    bench.connect()
    bench.peripheral.subscribe(DATA, True)
    await asyncio.sleep(1.0)
    await bench.start(100.0)
    await asyncio.sleep(5.0)
    steps_s = np.diff(bench.decode(100.0).device_time_s)
    assert np.all(steps_s > 0.009)
    assert np.count_nonzero(steps_s > 0.011) == 2  # what was not kept, and the time of the new start

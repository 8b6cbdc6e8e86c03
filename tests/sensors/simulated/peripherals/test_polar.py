"""The simulated Polar sensors."""

from __future__ import annotations

import asyncio
import struct

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2, IntArray
from dowel.sensors.drivers import polar as driver
from dowel.sensors.simulated.imu import IDEAL
from tests.sensors.simulated.peripherals.bench import Bench, Heard, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.polar import CLOCK_START_NS, CONTROL, DATA, Polar, PolarH10, compressed, compressed_length

START_ACC = "02 02 00 01 34 00 01 01 10 00 02 01 08 00 04 01 03"  # captured from a Verity Sense (sources#polar)
START_GYRO = "02 05 00 01 34 00 01 01 10 00 02 01 D0 07 04 01 03"
START_H10 = "02 02 02 01 08 00 00 01 C8 00 01 01 10 00"  # captured from an H10
CAPTURED = bytes.fromhex(
    "8EF1B9FB34FB081D2A1A1D2BEEE5EDDBF19902FBA7F0D7EB0BD70419D70638E73412105B0C3624072F22E757DEF31BF21F07E405F4F4F4E7FC11"
    "FA0FFCF31A12042FFD1425E81B15173C01F432BAFF1306FAF6DBFAE4ACF8C0AEFEBCA0E1E00A0AEBE3DF3EF4EDCB2080FDFA3300810732E4FFBE"
    "12DA079148FCEE4762C00A3FC4AF42FEFEA300080AEC1D06E72AFEE720C3E322FFD00FE92BF4010D1701D00834E7FA53CABA010A0DBD270041EB"
    "EABF6F77F7B45FACFBE7E133DF7C09ED5F3F0BFC1BE462BF024724000213" + "36D84F0110D713F102EE3F88E03E"
)  # content of the captured frame


def listening(device: Polar) -> Bench:
    bench = Bench(driver.DRIVER, device)
    device.subscribe(CONTROL, True)
    device.subscribe(DATA, True)
    return bench


async def told(bench: Bench, *commands: str) -> list[str]:
    """Write these to the control point, and wait; the answers."""
    begin = len(bench.heard)
    for command in commands:
        bench.peripheral.write(CONTROL, bytes.fromhex(command))
    await asyncio.sleep(0.001)
    return [each.payload.hex(" ").upper() for each in bench.heard[begin:] if each.characteristic == CONTROL]


def frames(bench: Bench) -> list[Heard]:
    return [each for each in bench.heard if each.characteristic == DATA]


def expanded(content: bytes, size: int = 2) -> IntArray:
    """The values of a compressed frame, digit by digit as sources#polar has it."""
    reference = [int.from_bytes(content[i : i + size], "little", signed=True) for i in range(0, 3 * size, size)]
    values, rest = [reference], content[3 * size :]
    while rest:
        bits, count = rest[0], rest[1]
        used = -(-bits * count * 3 // 8)
        digits = "".join(f"{byte:08b}"[::-1] for byte in rest[2 : 2 + used])
        for first in range(0, bits * count * 3, bits * 3):
            words = [digits[first + i * bits : first + (i + 1) * bits][::-1] for i in range(3)]
            steps = [int(word, 2) - (int(word[0]) << bits) for word in words]
            values.append([a + b for a, b in zip(values[-1], steps, strict=True)])
        rest = rest[2 + used :]
    return np.array(values)


@pytest.mark.slow
@pytest.mark.parametrize(("frame_type", "half_step_m_s2"), [(0x80, 8 / 65536), (0x81, 0.5e-3)])
@on_virtual_time
async def test_the_driver_gets_what_it_feels(frame_type: int, half_step_m_s2: float) -> None:
    """Also when the two measurements are started at different moments: they have times of their own."""
    powered_on_s = asyncio.get_running_loop().time()
    bench = Bench(driver.DRIVER, Polar(Swinging(), chip=IDEAL, clock_error=50e-6, frame_type=frame_type))
    for step in driver.start(52.0):
        await bench.perform([step])
        await asyncio.sleep(0.0113)
    await asyncio.sleep(20.0)
    decoded = bench.decode(52.0)
    taken_s = powered_on_s + (decoded.device_time_s - CLOCK_START_NS * 1e-9) / (1.0 + 50e-6)
    truth = Swinging.at(taken_s)
    # the driver draws a straight line between two samples of the accelerometer, which is off by up to f'' period^2 / 8
    straight_m_s2 = 0.6 * GRAVITY_M_S2 * (2.0 * np.pi * 0.57) ** 2 / 8.0 / 52.0**2
    acc_limit = straight_m_s2 + 1.01 * half_step_m_s2 * GRAVITY_M_S2
    assert np.abs(decoded.values[:, :3] - truth[:, :3]).max() < acc_limit
    assert np.abs(decoded.values[:, 3:] - truth[:, 3:]).max() < np.deg2rad(1.02 * 1000 / 32768)
    assert len(taken_s) / (taken_s[-1] - taken_s[0]) == pytest.approx(52.0, rel=2e-3)
    assert len(taken_s) > 52 * 16
    assert decoded.bad_frames == 0
    assert not decoded.clipped.any()
    factors = {"acc_factor": 8 / 32768, "gyr_factor": 2000 / 32768} if frame_type == 0x80 else {}
    assert bench.facts == (factors or {"acc_factor": 1.0, "gyr_factor": 1.0})


@on_virtual_time
async def test_frames_come_late_and_full() -> None:
    """Some 70 samples in a frame, so that it arrives 1 to 2 s after its first one (sources#polar)."""
    bench = listening(Polar(Swinging()))
    await told(bench, START_ACC)
    await asyncio.sleep(30.0)
    sizes = [len(each.payload) for each in frames(bench)]
    counts = [len(expanded(each.payload[10:])) for each in frames(bench)]
    assert max(sizes) <= 229
    assert min(sizes) > 200
    assert 45 < np.mean(counts) < 110
    times_ns = [struct.unpack_from("<Q", each.payload, 1)[0] for each in frames(bench)]
    np.testing.assert_allclose(np.diff(times_ns), np.array(counts[1:]) / 52.0 * 1e9, atol=2)


@on_virtual_time
async def test_frames_fit_the_mtu() -> None:
    bench = Bench(driver.DRIVER, Polar(Swinging()), mtu=100)
    await bench.start(52.0)
    await asyncio.sleep(10.0)
    decoded = bench.decode(52.0)
    assert (decoded.bad_frames, len(decoded.values) > 52 * 8) == (0, True)


def test_the_captured_frame_is_compressed_alike() -> None:
    values = expanded(CAPTURED)
    assert values[[0, 1, -1]].tolist() == [[-3698, -1095, -1228], [-3656, -1069, -1199], [-3594, -1066, -1305]]
    assert compressed(values, 2) == CAPTURED


@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize("count", [1, 2, 3, 9, 10, 11, 29, 600])
def test_compressing_loses_nothing(count: int, size: int) -> None:
    rng = np.random.default_rng(count)
    for spread in (0, 1, 2 ** (8 * size - 1)):
        values = rng.integers(-spread, spread, (count, 3), endpoint=spread < 2) if spread else np.zeros((count, 3), int)
        sent = compressed(values, size)
        wrapped = expanded(sent, size).astype(f"<i{max(size, 4)}")
        np.testing.assert_array_equal(wrapped, values)
        assert compressed_length(values, size) == len(sent)


@on_virtual_time
async def test_features_and_settings() -> None:
    bench = listening(Polar(Swinging()))
    assert bench.peripheral.read(CONTROL).startswith(bytes([0x0F, 0x6E]))
    acc, sdk_gyro = await told(bench, "01 02", "04 05")
    assert acc == "F0 01 02 00 00 00 01 34 00 01 01 10 00 02 01 08 00 04 01 03"
    assert sdk_gyro == (
        "F0 04 05 00 00 00 05 1A 00 34 00 68 00 D0 00 A0 01 01 01 10 00 02 04 FA 00 F4 01 E8 03 D0 07 04 01 03"
    )


@on_virtual_time
async def test_start_and_stop() -> None:
    bench = listening(Polar(Swinging()))
    factor = struct.pack("<f", 8 / 32768).hex(" ").upper()
    assert await told(bench, START_ACC) == [f"F0 02 02 00 00 05 01 {factor}"]
    assert await told(bench, START_ACC) == ["F0 02 02 06"]
    await asyncio.sleep(10.0)
    assert {each.payload[0] for each in frames(bench)} == {2}
    assert await told(bench, "03 02", "03 02") == ["F0 03 02 00 00", "F0 03 02 06"]
    before = len(frames(bench))
    await asyncio.sleep(10.0)
    assert len(frames(bench)) == before


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("02", 4),
        ("07 02", 1),
        ("02 01 00 01 37 00 01 01 16 00 04 01 04", 3),
        (START_ACC.replace("34", "35"), 8),
        (START_ACC.replace("10 00", "12 00"), 7),
        (START_ACC.replace("08 00", "10 00"), 9),
        (START_ACC[:-2] + "01", 11),
        (START_ACC[:-2] + "03 00", 4),
        (START_ACC[:-3], 4),
        (START_ACC[:-9], 5),
        (START_ACC.replace("00 01 34 00", "00 02 34 00 1A 00"), 5),
        ("03 05", 6),
        ("03 09", 6),
    ],
    ids=[
        "empty",
        "command",
        "PPG",
        "rate",
        "resolution",
        "range",
        "channels",
        "two-byte channels",
        "cut",
        "missing",
        "two",
        "stopped",
        "SDK off",
    ],
)
@on_virtual_time
async def test_refusals(command: str, status: int) -> None:
    (answer,) = await told(listening(Polar(Swinging())), command)
    assert bytes.fromhex(answer)[3] == status
    assert len(bytes.fromhex(answer)) == 4


@on_virtual_time
async def test_a_small_mtu_is_refused() -> None:
    bench = listening(Polar(Swinging()))
    bench.peripheral.mtu = 23
    assert await told(bench, START_ACC) == ["F0 02 02 0A"]


@on_virtual_time
async def test_sdk_mode() -> None:
    bench = listening(Polar(Swinging()))
    at_208 = START_ACC.replace("34", "D0").replace("08 00", "10 00")
    assert await told(bench, at_208, "02 09", at_208) == [
        "F0 02 02 08",
        "F0 02 09 00 00",
        "F0 02 02 00 00 05 01 00 00 00 3A",
    ]
    assert await told(bench, "03 09", "03 02", "03 09") == ["F0 03 09 0C", "F0 03 02 00 00", "F0 03 09 00 00"]


@on_virtual_time
async def test_it_goes_on_measuring_without_a_link() -> None:
    bench = listening(Polar(Swinging()))
    await told(bench, START_ACC)
    await asyncio.sleep(10.0)
    before = len(frames(bench))
    bench.disconnect()
    await asyncio.sleep(10.0)
    bench.connect()
    bench.peripheral.subscribe(DATA, True)
    await asyncio.sleep(10.0)
    assert len(frames(bench)) == pytest.approx(2 * before, abs=2)


@on_virtual_time
async def test_the_driver_starts_it_anew_after_the_link() -> None:
    """A start that comes without a stop would be refused."""
    bench = Bench(driver.DRIVER, Polar(Swinging()))
    await bench.start(52.0)
    await asyncio.sleep(10.0)
    bench.disconnect()
    await asyncio.sleep(10.0)
    bench.connect()
    bench.peripheral.subscribe(CONTROL, True)
    assert await told(bench, START_ACC, START_GYRO) == ["F0 02 02 06", "F0 02 05 06"]
    await bench.start(52.0)
    await asyncio.sleep(10.0)
    decoded = bench.decode(52.0)
    steps_s = np.diff(decoded.device_time_s)
    assert np.all(steps_s > 0.01)
    assert np.count_nonzero(steps_s > 0.1) == 1
    assert steps_s.max() == pytest.approx(11.0, abs=1.5)
    assert len(decoded.values) > 52 * 15


@on_virtual_time
async def test_the_h10_has_no_gyroscope() -> None:
    """Captured start command; plain mg, and no factor comes back."""
    bench = Bench(
        driver.NO_GYRO_DRIVER, PolarH10(Listed([[-0.009, -0.001, 0.999], [-0.008, -0.002, 0.997]]), chip=IDEAL)
    )
    device = bench.peripheral
    device.subscribe(CONTROL, True)
    device.subscribe(DATA, True)
    assert device.read(CONTROL)[:3] == bytes([0x0F, 0x05, 0x00])
    assert await told(bench, START_H10, START_GYRO, "02 09") == ["F0 02 02 00 00", "F0 02 05 03", "F0 02 09 03"]
    await asyncio.sleep(1.0)
    payload = frames(bench)[0].payload
    assert (payload[0], payload[9], len(payload)) == (0x02, 0x01, 10 + 36 * 6)
    assert payload[10:22].hex() == "f7ffffffe703f8fffeffe503"  # of the vendor's test (sources#polar)

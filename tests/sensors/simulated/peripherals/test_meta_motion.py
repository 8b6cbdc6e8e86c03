"""The simulated MetaMotion boards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.drivers import meta_motion as driver
from dowel.sensors.drivers.base import BluetoothDriver
from dowel.sensors.simulated.imu import IDEAL
from tests.sensors.simulated.peripherals.bench import Bench, Swinging, on_virtual_time
from tests.sensors.simulated.peripherals.sources import Listed
from tests.simulated_devices.meta_motion import COMMAND, NOTIFY, MetaMotion, MetaMotionS

BOARDS = [(driver.DRIVER, MetaMotion), (driver.DRIVER_S, MetaMotionS)]
ROUND_TRIP_S = 0.0113  # of a write; the two sensors are started one after the other
HALF_STEPS = np.repeat([GRAVITY_M_S2 / 8192.0, np.deg2rad(1.0 / 65.6)], 3)  # 8 g, 1000 deg/s


async def told(bench: Bench, *commands: str) -> list[str]:
    """Write these, and wait; what came meanwhile."""
    bench.heard.clear()
    for command in commands:
        bench.peripheral.write(COMMAND, bytes.fromhex(command))
    await asyncio.sleep(0.001)
    return [each.payload.hex() for each in bench.heard]


def listening(board: MetaMotion) -> Bench:
    bench = Bench(driver.DRIVER, board)
    board.subscribe(NOTIFY, True)
    return bench


@pytest.mark.parametrize("rate_hz", driver.DRIVER.rates_hz)
@pytest.mark.parametrize(("which", "board"), BOARDS, ids=["R", "S"])
@on_virtual_time
async def test_the_driver_gets_what_it_feels(which: BluetoothDriver, board: type[MetaMotion], rate_hz: float) -> None:
    bench = Bench(which, board(Swinging(), chip=IDEAL, clock_error=0.001), mtu=23)
    started_s = []
    for step in which.start(rate_hz):
        await bench.perform([step])
        started_s.append(asyncio.get_running_loop().time())
        await asyncio.sleep(ROUND_TRIP_S)
    await asyncio.sleep(5.0)
    decoded = bench.decode(rate_hz)
    taken_s = (decoded.device_time_s + 1.0 / rate_hz) / 1.001
    acc_s, gyr_s = taken_s + started_s[-2], taken_s + started_s[-1]  # the last two steps
    truth = np.hstack([Swinging.at(acc_s)[:, :3], Swinging.at(gyr_s)[:, 3:]])
    assert np.all(np.abs(decoded.values - truth) <= 1.001 * HALF_STEPS)
    assert len(taken_s) == pytest.approx(5.0 * 1.001 * rate_hz, abs=4)
    assert decoded.bad_frames == 0
    assert not decoded.clipped.any()
    assert bench.facts == {"driver": which.name}


@on_virtual_time
async def test_the_driver_of_the_other_board_is_told_so() -> None:
    """Both advertise alike; the answer for the accelerometer tells them apart."""
    bench = Bench(driver.DRIVER, MetaMotionS(Swinging()))
    await bench.start(100.0)
    await asyncio.sleep(0.1)
    assert bench.facts == {"driver": "meta_motion_s"}


@pytest.mark.parametrize(
    ("board", "question", "answer"),
    [
        (MetaMotion, "0380", "03800101"),
        (MetaMotionS, "0380", "03800401"),
        (MetaMotion, "1380", "13800001"),
        (MetaMotionS, "1380", "13800101"),
        (MetaMotion, "1980", "1980"),
        (MetaMotion, "0383", "03832803"),
        (MetaMotion, "118c", "118c50" + (4040).to_bytes(2, "little").hex()),
    ],
)
@on_virtual_time
async def test_answers(board: type[MetaMotion], question: str, answer: str) -> None:
    assert await told(listening(board(Swinging())), question) == [answer]


ACC_PACKED = (b"\x62\xb7\x53\x0d\xe9\xfd\x16\xd0\x4d\x0e\x57\x02\x8a\xff\xa1\x05\x0a\x01", 4096.0)
GYR_PACKED = (b"\x09\x15\xad\x26\x08\xde\x8a\x1a\x0d\x26\x65\xe4\x8d\x20\xac\x27\x73\xec", 32.8)


def rows(vector: tuple[bytes, float]) -> Sequence[Sequence[float]]:
    """The counts of a vector, in the unit of which there are so many counts."""
    values: list[list[float]] = (np.frombuffer(vector[0], "<i2").reshape(-1, 3) / vector[1]).tolist()
    return values


@pytest.mark.parametrize(
    ("board", "source", "commands", "expected"),
    [
        (
            MetaMotion,
            Listed(rows((b"\x16\xc4\x94\xa2\x2a\xd0", 8192.0))),
            "03032805 030401 03020100 030101",
            "030416c494a22ad0",
        ),
        (MetaMotion, Listed(rows(ACC_PACKED)), "03032808 031c01 03020100 030101", "031c" + ACC_PACKED[0].hex()),
        (MetaMotionS, Listed(rows(ACC_PACKED)), "0303a802 030501 03020100 030101", "0305" + ACC_PACKED[0].hex()),
        (
            MetaMotion,
            Listed([[0.0, 0.0, 1.0]], rows((b"\x3e\x43\xff\x7f\x00\x80", 65.6))),
            "13032802 130501 13020100 130101",
            "13053e43ff7f0080",
        ),
        (
            MetaMotion,
            Listed([[0.0, 0.0, 1.0]], rows(GYR_PACKED)),
            "13032801 130701 13020100 130101",
            "1307" + GYR_PACKED[0].hex(),
        ),
        (
            MetaMotionS,
            Listed([[0.0, 0.0, 1.0]], rows(GYR_PACKED)),
            "13032801 130501 13020100 130101",
            "1305" + GYR_PACKED[0].hex(),
        ),
    ],
    ids=["acc 4 g", "packed acc R", "packed acc S", "gyro 500", "packed gyro R", "packed gyro S"],
)
@on_virtual_time
async def test_bytes_of_samples(board: type[MetaMotion], source: Listed, commands: str, expected: str) -> None:
    """Those of the SDK's unit tests (sources#metamotion)."""
    bench = listening(board(source, chip=IDEAL))
    assert await told(bench, *commands.split()) == []
    await asyncio.sleep(0.03)
    assert bench.heard[0].payload.hex() == expected


@pytest.mark.parametrize("missing", ["031c01", "03020100", "030101"], ids=["subscribe", "enable", "start"])
@on_virtual_time
async def test_nothing_comes_before_the_last_command(missing: str) -> None:
    bench = listening(MetaMotion(Swinging(), chip=IDEAL))
    commands = ["03032808", "031c01", "03020100", "030101"]
    await told(bench, *(command for command in commands if command != missing))
    await asyncio.sleep(1.0)
    assert not bench.heard
    await told(bench, missing)
    await asyncio.sleep(1.0)
    assert len(bench.heard) == 33
    await told(bench, "fe01")  # reset
    await asyncio.sleep(1.0)
    assert not bench.heard


@on_virtual_time
async def test_it_goes_on_after_the_link_and_the_driver_starts_it_anew() -> None:
    bench = Bench(driver.DRIVER, MetaMotion(Swinging(), chip=IDEAL))
    await bench.start(100.0)
    await asyncio.sleep(1.0)
    bench.disconnect()
    bench.heard.clear()
    await asyncio.sleep(2.0)
    bench.connect()
    bench.peripheral.subscribe(NOTIFY, True)
    await asyncio.sleep(1.0)
    assert len(bench.heard) == pytest.approx(66, abs=2)
    await bench.start(100.0)
    bench.heard.clear()
    await asyncio.sleep(1.0)
    assert len(bench.heard) == pytest.approx(67, abs=2)  # not twice as many
    await bench.perform(driver.DRIVER.stop())
    bench.heard.clear()
    await asyncio.sleep(1.0)
    assert not bench.heard

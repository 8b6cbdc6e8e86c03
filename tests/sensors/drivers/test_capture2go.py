"""Capture2Go: packages made with the vendor's own program, cut streams, and any bytes at all."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.types import Placement, Sensor
from dowel.sensors.drivers.base import Notify, Pause, Write
from dowel.sensors.drivers.capture2go import COMMAND, DATA, DRIVER, Capture2Go, package
from tests.depth import examples
from tests.sensors.drivers.payloads import bytes_of, keeps_its_promises, mangled, notifications_of, sizes_of_chunks

# Made with the vendor's package capture2go 1.0.1 from known numbers; nothing captured from a device is public.
PACKED = bytes_of(
    """
    0234bfee197332021581e97df410221118fc7cfce0fc44fda8fd0cfe70fed4fe38ff9cff00006400c8002c019001f4015802bc0220038403e8
    034c04b004140500080108020803080408050806080708080809080a080b080c080d080e080f08100811081208130814081508160817080000
    000000000010030004
    """
)  # 2009-02-13 23:31:30.123456789; rate -1000, -900, ... counts; force 2048, 2049, ... counts; force clipped
SINGLE = bytes_of(
    "02e242c032254702002f68590000000000c000000040640038ff00080900090009000000000000000010030000"
)  # 1.5 s; rate (-1000, 0, 1000) deg/s; force (100, -200, 2048) counts
STATUS = bytes_of("02fbeee3e41301020500000000000000000000000000000000d700")  # battery 87 %, charging
ONE_REAL_TIME, NO_REAL_TIME = b"\xfe", b"\xff"
COUNT_M_S2 = 16 * 9.81 / 32768


def imu() -> Capture2Go:
    return Capture2Go(Sensor(Placement.SACRUM, "capture2go", asked_rate_hz=100.0))


def packed(number: int) -> bytes:
    """The package of eight samples that starts with this sample, at 100 Hz; the first rate is its number."""
    content = struct.pack("<q3h", number * 10_000_000, number, 0, 0) + bytes(
        (number * 31 + 7 * at) % 251 for at in range(2 * 21 + 2 * 24 + 11)
    )
    return package(0x0232, content)


def in_notifications(stream: bytes, sizes: Sequence[int]) -> list[bytes]:
    """The stream cut in pieces of these sizes, each behind the byte that tells of no real-time package."""
    ends = np.cumsum(sizes).tolist()
    return [NO_REAL_TIME + stream[begin:end] for begin, end in zip([0, *ends], [*ends, len(stream)], strict=True)]


def test_a_package_of_eight() -> None:
    found = imu().decode(notifications_of([NO_REAL_TIME + PACKED]))
    assert found.count.tolist() == [8]
    np.testing.assert_allclose(found.device_time_s, 1234567890.123456789 + np.arange(8) / 100, rtol=0, atol=1e-6)
    counts = np.arange(24).reshape(8, 3)
    np.testing.assert_allclose(found.values[:, :3], (2048 + counts) * COUNT_M_S2, rtol=1e-14)
    np.testing.assert_allclose(found.values[:, 3:], np.radians((100 * counts - 1000) * 2000 / 32768), rtol=1e-14)
    assert found.clipped.all()
    assert found.bad_frames == 0


def test_a_real_time_package() -> None:
    found = imu().decode(notifications_of([ONE_REAL_TIME + SINGLE]))
    assert (found.count.tolist(), found.device_time_s.tolist(), found.clipped.tolist()) == ([1], [1.5], [False])
    np.testing.assert_allclose(found.values[0, :3], np.array([100, -200, 2048]) * COUNT_M_S2, rtol=1e-14)
    np.testing.assert_allclose(found.values[0, 3:], np.radians([-1000, 0, 1000]), rtol=1e-14, atol=1e-15)


@given(st.lists(st.integers(1, 243), max_size=30))
@examples(40)
def test_packages_cut_anywhere(sizes: list[int]) -> None:
    stream = b"".join(packed(8 * index) for index in range(20))
    cuts = [size for size, end in zip(sizes, np.cumsum(sizes).tolist(), strict=True) if end < len(stream)]
    found = keeps_its_promises(imu, in_notifications(stream, cuts), [1])
    np.testing.assert_allclose(found.device_time_s, np.arange(160) / 100, atol=1e-12)
    assert np.rint(np.degrees(found.values[::8, 3]) * 32768 / 2000).tolist() == list(range(0, 160, 8))
    assert found.bad_frames == 0


def test_it_finds_its_way_back_after_a_loss() -> None:
    """243 bytes of the stream are missing: the packages they touch are gone, and no others."""
    stream = b"".join(packed(8 * index) for index in range(20))
    payloads = in_notifications(stream, [243] * 10)
    del payloads[3]
    found = imu().decode(notifications_of(payloads))
    gone = {index for index in range(20) for byte in range(123) if 729 <= 123 * index + byte < 972}
    assert np.rint(found.device_time_s[::8] * 100 / 8).tolist() == sorted(set(range(20)) - gone)
    assert 1 <= found.bad_frames <= 2


def test_other_packages_are_passed_over_and_damaged_ones_counted() -> None:
    answer = NO_REAL_TIME + package(0x0151)
    damaged = NO_REAL_TIME + PACKED[:40] + b"\x55" + PACKED[41:]
    tail = [NO_REAL_TIME + packed(8 * index) for index in range(3)]  # only then nothing can begin in the damaged one
    found = imu().decode(notifications_of([NO_REAL_TIME + STATUS, answer, damaged, *tail]))
    assert (found.count.tolist(), found.bad_frames) == ([0, 0, 0, 8, 8, 8], 1)


def test_start_and_stop() -> None:
    """The commands are byte for byte those of the vendor's own program."""
    quiet = (
        Notify(DATA),
        Write(COMMAND, bytes_of("020d1a0e78006301")),
        Write(COMMAND, bytes_of("0235f5bc44005801")),
    )
    steps = DRIVER.start(100.0)
    assert steps[:3] == quiet
    assert isinstance(steps[3], Pause)
    assert steps[4:] == (
        Write(COMMAND, bytes_of("02b42696901e2001000000000000000000000200000000000000000000000000000000000001")),
        Write(COMMAND, bytes_of("023d7f658c005001")),
    )
    assert DRIVER.start(50.0)[4:] == (Write(COMMAND, bytes_of("022a7141e10260010232")),)
    assert DRIVER.stop() == (
        Write(COMMAND, bytes_of("020d1a0e78006301")),
        Write(COMMAND, bytes_of("02bf1d53be005201")),
    )
    with pytest.raises(ValueError, match="25"):
        DRIVER.start(25.0)


def test_battery_and_name() -> None:
    assert DRIVER.poll == (Write(COMMAND, bytes_of("02d373d7af000002")),)
    assert DRIVER.facts(DATA, NO_REAL_TIME + STATUS) == {"battery_pct": 87.0}
    for nothing in (b"", NO_REAL_TIME, NO_REAL_TIME + STATUS[:-1], NO_REAL_TIME + PACKED):
        assert DRIVER.facts(DATA, nothing) == {}
    assert DRIVER.recognises("IMU_12ab9f", [])
    assert not DRIVER.recognises("IMU_sensor", [])


GOOD = [NO_REAL_TIME + PACKED, ONE_REAL_TIME + SINGLE, NO_REAL_TIME + STATUS]


@pytest.mark.slow
@given(payloads=st.one_of(mangled(GOOD), st.lists(st.binary(max_size=40))), sizes=sizes_of_chunks)
@examples(150)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    found = keeps_its_promises(imu, payloads, sizes)
    assert found.bad_frames <= len(payloads)
    for payload in payloads:
        DRIVER.facts(DATA, payload)

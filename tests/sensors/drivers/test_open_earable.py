"""OpenEarable 2: packets of the firmware's layout, and any bytes at all."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.types import Placement, Sensor
from dowel.sensors.drivers.base import Notify, Write
from dowel.sensors.drivers.open_earable import CONFIGURATION, DATA, DRIVER, OpenEarable
from tests.depth import examples
from tests.sensors.drivers.payloads import bytes_of, keeps_its_promises, mangled, notifications_of, sizes_of_chunks

# Made from the firmware's struct: t = 1 234 567 890 us, (0.1, 0.2, 9.81) m/s2, (1, -2, 3) deg/s, (20, -5, 40) uT.
PACKET = bytes_of("0024d202964900000000cdcccc3dcdcc4c3ec3f51c410000803f000000c0000040400000a0410000a0c000002042")


def earable() -> OpenEarable:
    return OpenEarable(Sensor(Placement.HEAD, "open_earable", asked_rate_hz=50.0))


def with_numbers(*numbers: float) -> bytes:
    return PACKET[:10] + struct.pack("<9f", *numbers)


def test_a_packet() -> None:
    found = earable().decode(notifications_of([PACKET]))
    assert found.device_time_s[0] == pytest.approx(1234.567890, abs=1e-9)
    np.testing.assert_allclose(found.values[0, :3], np.float32([0.1, 0.2, 9.81]), rtol=1e-14)
    np.testing.assert_allclose(found.values[0, 3:], np.radians([1.0, -2.0, 3.0]), rtol=1e-14)
    assert (found.count.tolist(), found.bad_frames, found.clipped.tolist()) == ([1], 0, [False])


@pytest.mark.parametrize("worst", [np.nan, np.inf, -1e30, 168.0])
def test_what_the_chip_cannot_measure_is_left_out(worst: float) -> None:
    found = earable().decode(notifications_of([PACKET, with_numbers(0, worst, 9.81, 0, 0, 0, 0, 0, 0), PACKET]))
    assert (found.count.tolist(), found.bad_frames) == ([1, 0, 1], 1)


def test_a_signalling_nan_is_left_out() -> None:
    frame = PACKET[:10] + bytes_of("0100807f") + PACKET[14:]
    assert earable().decode(notifications_of([frame])).bad_frames == 1


def test_packets_of_other_sensors_and_sizes_are_left_out() -> None:
    barometer = b"\x01" + PACKET[1:]
    two_samples = bytes([0, 74]) + PACKET[2:]
    found = earable().decode(notifications_of([barometer, two_samples, PACKET[:-1], PACKET + b"\0"]))
    assert (found.count.tolist(), found.bad_frames) == ([0, 0, 0, 0], 4)


@pytest.mark.parametrize(("force", "clipped"), [(19.61, True), (-19.62, True), (19.5, False), (25.0, True)])
def test_it_is_clipped_at_2_g(force: float, clipped: bool) -> None:
    frame = with_numbers(0, force, 0, 0, 0, 0, 0, 0, 0)
    assert earable().decode(notifications_of([frame])).clipped.tolist() == [clipped]


def test_start_and_stop() -> None:
    assert DRIVER.start(100.0) == (Notify(DATA), Write(CONFIGURATION, bytes([0, 2, 1])))
    assert DRIVER.start(50.0) == (Notify(DATA), Write(CONFIGURATION, bytes([0, 1, 1])))
    assert DRIVER.stop() == (Write(CONFIGURATION, bytes([0, 1, 0])),)
    with pytest.raises(ValueError, match="200"):
        DRIVER.start(200.0)
    assert DRIVER.recognises("OpenEarable-1F2B", [])
    assert "2 g" in DRIVER.note


@pytest.mark.slow
@given(payloads=st.one_of(mangled([PACKET]), st.lists(st.binary(max_size=60))), sizes=sizes_of_chunks)
@examples(120)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    found = keeps_its_promises(earable, payloads, sizes)
    assert found.count.sum() + found.bad_frames == len(payloads)

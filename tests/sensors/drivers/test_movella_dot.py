"""Movella DOT: payloads made from the vendor's layout, its clock's wrap, and every kind of damage."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given

from dowel.sensors.drivers import DRIVERS, decoder_for
from dowel.sensors.drivers.base import Change, Notify, Pause, Read, Write
from dowel.sensors.drivers.movella_dot import (
    BATTERY,
    CONTROL,
    DATA,
    DEVICE_CONTROL,
    DEVICE_INFO,
    DRIVER,
    NAME,
    MovellaDotPayloads,
)
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, mangled, notifications_of, sizes_of_chunks
from tests.sensors.drivers.units import sensor

# Time 1 016 667 us, a quaternion, (9.81, 0, 0) m/s2, (0, -30, 0) deg/s, padded to the 63 bytes of characteristic 2002.
CUSTOM_5 = bytes.fromhex(
    "5b830f00f404353f00000000f404353f00000000c3f51c410000000000000000000000000000f0c100000000"
) + bytes(19)
# Time 0xffffff00 us, (0, 0, 9.81) m/s2, (1, 2, 3) deg/s.
RATE = bytes.fromhex("00ffffff0000000000000000c3f51c410000803f0000004000004040")


def rate_payload(time_us: int, *values: float) -> bytes:
    """Mode 21, padded to the 40 bytes of characteristic 2003."""
    return struct.pack("<I6f", time_us, *values) + bytes(12)


def decoder() -> MovellaDotPayloads:
    return MovellaDotPayloads(sensor(NAME, 60.0))


@pytest.mark.parametrize("payload", [CUSTOM_5, CUSTOM_5[:44]])
def test_mode_26(payload: bytes) -> None:
    found = decoder().decode(notifications_of([payload]))
    np.testing.assert_allclose(found.values, [[9.81, 0, 0, 0, np.deg2rad(-30.0), 0]], rtol=1e-6)
    assert found.device_time_s[0] == pytest.approx(1.016667, abs=1e-12)
    assert (found.count.tolist(), found.bad_frames, found.clipped.tolist()) == ([1], 0, [False])


@pytest.mark.parametrize("payload", [RATE, RATE + bytes(12)])
def test_mode_21(payload: bytes) -> None:
    found = decoder().decode(notifications_of([payload]))
    np.testing.assert_allclose(found.values, [[0, 0, 9.81, *np.deg2rad([1, 2, 3])]], rtol=1e-6)
    assert found.device_time_s[0] == pytest.approx(4294.967040, abs=1e-9)


def test_the_clock_goes_on_when_it_begins_again() -> None:
    """Three samples, 16 667 us apart, over the end of the 32-bit counter, twice."""
    step_us, turn_us = 16_667, 2**32
    true_us = np.arange(-2, 3)[:, None] * step_us + np.array([[1, 1.5, 2, 2.5]]) * turn_us
    true_us = np.sort(true_us.ravel()).astype(np.int64)
    payloads = [rate_payload(int(us % turn_us), 0, 0, 9.8, 0, 0, 0) for us in true_us]
    found = decoder().decode(notifications_of(payloads))
    np.testing.assert_allclose(np.diff(found.device_time_s), np.diff(true_us) * 1e-6, atol=1e-9)


def test_other_modes_are_counted() -> None:
    """20 bytes (a quaternion) and 63 bytes cut short are no samples, nor is a number that cannot be."""
    impossible = [rate_payload(1, *[value] * 6) for value in (np.nan, np.inf, 1e30)]
    signalling_nan = RATE[:4] + bytes.fromhex("010080ff") * 6
    found = decoder().decode(notifications_of([bytes(20), RATE, CUSTOM_5[:62], b"", *impossible, signalling_nan]))
    assert found.count.tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
    assert found.bad_frames == 7


def test_full_scale_is_clipped() -> None:
    payloads = [rate_payload(1, 0, 156.9, 0, 0, 0, 0), rate_payload(2, 0, 0, 9.8, 0, 0, -2000.0), RATE]
    assert decoder().decode(notifications_of(payloads)).clipped.tolist() == [True, True, False]


def test_start_stops_first() -> None:
    steps = DRIVER.start(60.0)
    assert [step for step in steps if not isinstance(step, Pause)] == [
        Write(CONTROL, bytes.fromhex("010015")),
        Change(DEVICE_CONTROL, ((0, b"\x10"), (24, b"\x3c\x00"))),
        Read(DEVICE_CONTROL),
        Read(DEVICE_INFO),
        Read(BATTERY),
        Notify(DATA),
        Write(CONTROL, bytes.fromhex("010115")),
    ]
    assert DRIVER.stop() == (Write(CONTROL, bytes.fromhex("010015")),)
    with pytest.raises(ValueError, match="no rate of 100 Hz"):
        DRIVER.start(100.0)


def test_what_it_says_about_itself() -> None:
    control = bytes.fromhex("10 00 00 0a 00 1e 00 00") + bytes(16) + b"\x3c\x00" + bytes(6)
    assert DRIVER.facts(DEVICE_CONTROL, control) == {"rate_hz": 60.0}
    assert DRIVER.facts(BATTERY, b"\x55\x01") == {"battery_pct": 85.0, "charging": True}
    info = bytes.fromhex("ccbbaacd22d4 020003") + bytes(25)
    assert DRIVER.facts(DEVICE_INFO, info) == {"firmware": "2.0.3"}
    for characteristic in (DEVICE_CONTROL, DEVICE_INFO, BATTERY, DATA):
        assert DRIVER.facts(characteristic, b"\x01") == {}


def test_who_is_recognised() -> None:
    assert DRIVER.recognises("Movella DOT", [])
    assert DRIVER.recognises("Xsens DOT", [])
    assert not DRIVER.recognises("DOT", [])
    assert DRIVER.recognises(None, ["15172000-4947-11E9-8646-D663BD873D93"])
    assert DRIVER in DRIVERS
    assert isinstance(decoder_for(sensor(NAME)), MovellaDotPayloads)


GOOD = [RATE, CUSTOM_5, rate_payload(5, 0, 0, 9.8, 0.1, 0, 0), rate_payload(16_672, 0, 0, 9.8, 0.1, 0, 0)]


@pytest.mark.slow
@given(payloads=mangled(GOOD), sizes=sizes_of_chunks)
@examples(200)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    found = keeps_its_promises(decoder, payloads, sizes)
    assert found.count.sum() + found.bad_frames == len(payloads)
    for payload in payloads:
        for characteristic in (DEVICE_CONTROL, DEVICE_INFO, BATTERY):
            DRIVER.facts(characteristic, payload)

"""Movesense: packets made from the vendor's layout, whole and in two parts, and every kind of damage."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given

from dowel.sensors.drivers import DRIVERS, decoder_for
from dowel.sensors.drivers.base import Notify, Pause, Write
from dowel.sensors.drivers.movesense import CONTROL, DATA, DRIVER, NAME, MovesensePackets
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, mangled, notifications_of, sizes_of_chunks
from tests.sensors.drivers.units import in_g_and_deg_s, sensor

# One sample: time 1000 ms, (0, 0, 9.80665) m/s2, (1, -2, 3) deg/s.
ONE = bytes.fromhex("0263e803000000000000000000000ae81c410000803f000000c000004040")
HELLO = b"\x01\x63Hello"


def packet(time_ms: int, samples: int, first: int = 0) -> list[bytes]:
    """The notifications of a packet; acceleration (k, 0, 9) and angular rate (0, k, 1) deg/s in sample k."""
    numbers = range(first, first + samples)
    acc = [value for k in numbers for value in (k % 50, 0, 9)]
    gyr = [value for k in numbers for value in (0, k % 50, 1)]
    payload = struct.pack(f"<I{6 * samples}f", time_ms, *acc, *gyr)
    parts = [payload[:150], payload[150:]] if len(payload) > 150 else [payload]
    return [bytes([2 + number, 0x63]) + part for number, part in enumerate(parts)]


def decoder() -> MovesensePackets:
    return MovesensePackets(sensor(NAME, 52.0))


def test_one_sample() -> None:
    found = decoder().decode(notifications_of([ONE]))
    np.testing.assert_allclose(in_g_and_deg_s(found), [[0, 0, 1, 1, -2, 3]], atol=1e-6)
    assert (found.device_time_s.tolist(), found.bad_frames) == ([1.0], 0)


@pytest.mark.parametrize(("rate_hz", "samples", "sizes"), [(26, 2, [54]), (52, 4, [102]), (104, 8, [152, 48])])
def test_accelerations_come_before_angular_rates(rate_hz: int, samples: int, sizes: list[int]) -> None:
    payloads = packet(500, samples)
    assert [len(payload) for payload in payloads] == sizes
    found = decoder().decode(notifications_of(payloads))
    assert found.count.tolist() == [0] * (len(sizes) - 1) + [samples]
    np.testing.assert_allclose(found.values[:, 0], np.arange(samples))
    np.testing.assert_allclose(in_g_and_deg_s(found)[:, 4], np.arange(samples), atol=1e-6)
    np.testing.assert_allclose(found.device_time_s, 0.5 + np.arange(samples) / rate_hz)


def test_a_part_alone_is_dropped() -> None:
    """A second part is joined only with the first part just before it; answers to commands may come between."""
    (one, two), (three, four) = packet(0, 8), packet(77, 8, first=8)
    found = decoder().decode(notifications_of([two, one, three, HELLO, four, four, ONE, one]))
    assert found.count.tolist() == [0, 0, 0, 0, 8, 0, 1, 0]
    np.testing.assert_allclose(found.values[:8, 0], np.arange(8, 16))
    assert found.bad_frames == 3


def test_other_subscriptions_and_impossible_numbers_are_counted() -> None:
    other = bytes([2, 0x64]) + ONE[2:]
    endless = ONE[:6] + struct.pack("<6f", np.inf, 0, 9, 0, 0, 0)
    found = decoder().decode(notifications_of([other, ONE[:-1], endless, b"\x02", b"", b"\x01\x63\x01\xfb", ONE]))
    assert found.count.tolist() == [0, 0, 0, 0, 0, 0, 1]
    assert found.bad_frames == 5


def test_the_usual_range_or_the_one_in_the_settings() -> None:
    loud = ONE[:6] + struct.pack("<6f", 0, 0, 80.0, 0, 0, 0)
    assert decoder().decode(notifications_of([ONE, loud])).clipped.tolist() == [False, True]
    wider = MovesensePackets(sensor(NAME, 52.0, acc_range_m_s2=156.9))
    assert wider.decode(notifications_of([ONE, loud])).clipped.tolist() == [False, False]


def test_start_leaves_the_old_subscription_first() -> None:
    assert [step for step in DRIVER.start(52.0) if not isinstance(step, Pause)] == [
        Notify(DATA),
        Write(CONTROL, b"\x02\x63"),
        Write(CONTROL, bytes.fromhex("01 63 2F 4D 65 61 73 2F 49 4D 55 36 2F 35 32")),
    ]
    for rate in (b"13", b"26", b"104"):
        assert DRIVER.start(float(rate))[-2] == Write(CONTROL, b"\x01\x63/Meas/IMU6/" + rate)
    assert DRIVER.stop() == (Write(CONTROL, b"\x02\x63"),)
    with pytest.raises(ValueError, match="no rate of 100 Hz"):
        DRIVER.start(100.0)


def test_a_refusal_is_a_sentence() -> None:
    """429 and 507 were seen; old firmware sends 507 with the high byte first (sources#movesense)."""
    assert "take it off its strap" in str(DRIVER.facts(DATA, b"\x01\x63" + (429).to_bytes(2, "little"))["trouble"])
    for order in ("little", "big"):
        assert "subscriptions are taken" in str(DRIVER.facts(DATA, b"\x01\x63" + (507).to_bytes(2, order))["trouble"])
    assert "status 503" in str(DRIVER.facts(DATA, b"\x01\x63" + (503).to_bytes(2, "little"))["trouble"])
    for none in (HELLO, ONE, b"\x01\x63\xc8\x00", b"\x01\x63\x94\x01", b"\x01\x64\xad\x01", b"\x01", b""):
        assert DRIVER.facts(DATA, none) == {}
    assert DRIVER.facts(CONTROL, b"\x01\x63\xad\x01") == {}


def test_who_is_recognised() -> None:
    assert DRIVER.recognises("Movesense 174630000192", [])
    assert DRIVER.recognises(None, ["0000fdf3-0000-1000-8000-00805f9b34fb"])
    assert not DRIVER.recognises("Polar Sense", [])
    assert DRIVER in DRIVERS
    assert isinstance(decoder_for(sensor(NAME)), MovesensePackets)


GOOD = [ONE, HELLO, *packet(0, 4), *packet(77, 8), *packet(154, 8, first=3), *packet(231, 2)]


@pytest.mark.slow
@given(payloads=mangled(GOOD), sizes=sizes_of_chunks)
@examples(200)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(decoder, payloads, sizes)

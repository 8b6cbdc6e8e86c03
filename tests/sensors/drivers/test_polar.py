"""Polar: a captured frame, the vendor's unit-test vectors, joining of the two streams, and any bytes at all."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dowel.recordings.types import Placement, Sensor
from dowel.sensors.drivers.base import Decoded, Notify, Write
from dowel.sensors.drivers.polar import CONTROL, DATA, DRIVER, NO_GYRO_DRIVER, VeritySense
from tests.depth import examples
from tests.sensors.drivers.payloads import bytes_of, keeps_its_promises, mangled, notifications_of, sizes_of_chunks

G = 9.80665
PERIOD_NS = 1_000_000_000 // 52
# Captured from a Verity Sense (polar-ble-sdk issue 186): 63 samples of acceleration.
CAPTURED = bytes_of(
    """
    02 96 5B 06 5D EE AB 7F 09 80 8E F1 B9 FB 34 FB 08 1D 2A 1A 1D 2B EE E5 ED DB F1 99 02 FB A7 F0 D7 EB 0B D7 04 19
    D7 06 38 E7 34 12 10 5B 0C 36 24 07 2F 22 E7 57 DE F3 1B F2 1F 07 E4 05 F4 F4 F4 E7 FC 11 FA 0F FC F3 1A 12 04 2F
    FD 14 25 E8 1B 15 17 3C 01 F4 32 BA FF 13 06 FA F6 DB FA E4 AC F8 C0 AE FE BC A0 E1 E0 0A 0A EB E3 DF 3E F4 ED CB
    20 80 FD FA 33 00 81 07 32 E4 FF BE 12 DA 07 91 48 FC EE 47 62 C0 0A 3F C4 AF 42 FE FE A3 00 08 0A EC 1D 06 E7 2A
    FE E7 20 C3 E3 22 FF D0 0F E9 2B F4 01 0D 17 01 D0 08 34 E7 FA 53 CA BA 01 0A 0D BD 27 00 41 EB EA BF 6F 77 F7 B4
    5F AC FB E7 E1 33 DF 7C 09 ED 5F 3F 0B FC 1B E4 62 BF 02 47 24 00 02 13 36 D8 4F 01 10 D7 13 F1 02 EE 3F 88 E0 3E
    """
)
CAPTURED_NS = 684_454_708_634_868_630
# polar-ble-sdk, unit tests of the difference decoder: 140 samples, widths of 3 and 4 bits.
LONG_CONTENT = bytes_of(
    """
    c9ff12001100030941fe2b0f9c0bbf15004f00041ef1ef00f0c123e4edf4d1f1f1f5ff22de3100f1fe21021f0e2b1f00e220000e02e11e20ff
    f1f102c5d002e0e102030a312efbba902baa0e23409e030414e3eff30f021f01e00f049e13e2d004e222e2c20e200f2002fe000f1c32ee030a
    890007087c00ce2fe83a9e03041e010011194f002f12fd13ff0e100000f1c012e4ef21000001f1ffff0210102b510b4e31fc2ebf3114ec0e2f
    52ef030a069e040e02a888eee0079a00040a1f211e4e2efec6c002ef030102ee11030af8130000f040bfa5e7007600
    """
)


def verity(**factors: float) -> VeritySense:
    return VeritySense(Sensor(Placement.SACRUM, "polar", asked_rate_hz=52.0, settings=factors))


def frame(kind: int, time_ns: int, form: int, content: bytes) -> bytes:
    return struct.pack("<BQB", kind, time_ns, form) + content


def compressed(counts: NDArray[np.int64], width: int, block: int = 20) -> bytes:
    """The content of a frame with these integers (n, 3): reference of 16 bits and blocks of differences."""
    content = counts[0].astype("<i2").tobytes()
    steps = np.diff(counts, axis=0)
    for first in range(0, len(steps), block):
        part = steps[first : first + block].reshape(-1)
        assert np.abs(part).max() < 1 << (width - 1)
        bits = (part[:, None] >> np.arange(width)) & 1
        content += bytes([width, len(part) // 3]) + np.packbits(bits.astype(np.uint8), bitorder="little").tobytes()
    return content


def still(kind: int, time_ns: int, count: int) -> bytes:
    """A frame of a sensor that reads 0."""
    return frame(kind, time_ns, 0x81 if kind == 2 else 0x80, compressed(np.zeros((count, 3), np.int64), 1, 255))


def force_g(acc_frame: bytes, count: int, **factors: float) -> NDArray[np.float64]:
    """The specific force in one frame, in g: with a gyroscope frame of the same times nothing is interpolated."""
    gyr = still(5, int.from_bytes(acc_frame[1:9], "little"), count)
    found = verity(gyr_factor=0.07, **factors).decode(notifications_of([acc_frame, gyr]))
    assert (found.count.tolist(), found.bad_frames) == ([0, count], 0)
    result: NDArray[np.float64] = found.values[:, :3] / G
    return result


def rate_deg_s(gyr_frame: bytes, count: int, **factors: float) -> NDArray[np.float64]:
    acc = still(2, int.from_bytes(gyr_frame[1:9], "little"), count)
    found = verity(**factors).decode(notifications_of([acc, gyr_frame]))
    assert (found.count.tolist(), found.bad_frames) == ([0, count], 0)
    return np.degrees(found.values[:, 3:])


def test_the_captured_frame() -> None:
    found = force_g(CAPTURED, 63, acc_factor=2.44e-4)
    counts = found / 2.44e-4
    np.testing.assert_allclose(
        counts[[0, 1, -1]], [(-3698, -1095, -1228), (-3656, -1069, -1199), (-3594, -1066, -1305)]
    )
    assert np.linalg.norm(found[0]) == pytest.approx(0.988, abs=5e-4)


def test_the_captured_frames_time() -> None:
    acc, gyr = CAPTURED, still(5, CAPTURED_NS, 63)
    time_s = verity(acc_factor=2.44e-4, gyr_factor=0.07).decode(notifications_of([acc, gyr])).device_time_s
    assert time_s[-1] == pytest.approx(CAPTURED_NS * 1e-9, abs=1e-6)
    np.testing.assert_allclose(np.diff(time_s), 1 / 52, atol=1e-6)


def test_without_its_factor_such_a_frame_is_left_out() -> None:
    found = verity(gyr_factor=0.07).decode(notifications_of([CAPTURED]))
    assert (found.count.tolist(), found.bad_frames) == ([0], 1)


@pytest.mark.parametrize(
    ("form", "content", "factor", "expected_mg"),
    [
        (0x81, "f1ff1400f00306017b0f08", None, [(-15, 20, 1008), (-20, 17, 1008)]),
        (0x01, "f7ffffffe703 f8fffeffe503 f9ffffffe503", None, [(-9, -1, 999), (-8, -2, 997), (-7, -1, 997)]),
        (0x80, "7107f06a9e8d", 2.44e-4, [(464.8, 6679.7, -7144.8)]),
    ],
)
def test_the_vendors_acceleration(
    form: int, content: str, factor: float | None, expected_mg: Sequence[Sequence[float]]
) -> None:
    factors = {} if factor is None else {"acc_factor": factor}
    found = force_g(frame(2, 10**18, form, bytes_of(content)), len(expected_mg), **factors)
    np.testing.assert_allclose(found * 1000, expected_mg, atol=0.05 if factor else 1e-9)


def test_the_vendors_long_frame() -> None:
    counts = force_g(frame(2, 10**18, 0x81, LONG_CONTENT), 140) * 1000
    np.testing.assert_allclose(counts[:4], [(-55, 18, 17), (-54, 18, 18), (-55, 17, 17), (-53, 18, 16)], atol=1e-9)
    np.testing.assert_allclose(counts[-1], (-51, 19, 16), atol=1e-9)


@pytest.mark.parametrize(
    ("form", "content", "expected_deg_s"),
    [
        (0x80, "eaff08000d000301df00", [(-22, 8, 13), (-23, 11, 16)]),
        (0x81, "0000803f000020410000a0411c010000a001000008cdccec0d", [(1, 10, 20), (10, 20, 1.1)]),
    ],
)
def test_the_vendors_angular_rate(form: int, content: str, expected_deg_s: Sequence[Sequence[float]]) -> None:
    found = rate_deg_s(frame(5, 10**18, form, bytes_of(content)), 2, gyr_factor=1.0)
    np.testing.assert_allclose(found, expected_deg_s, rtol=1e-6)


def test_a_frame_that_was_cut_short_is_left_out() -> None:
    """Captured starts of frames (issues 331 and 443), cut in the store; and one bit width that cannot be."""
    cut = "02 9C 58 29 13 84 57 73 07 81 FA FF 21 00 F4 03 06 3B 83 D0 EB C6"
    other = "02 00 41 6F C4 12 45 93 0A 81 EE 02 1F FE 82 FF 08 0A 10 DA 20 D6 A3 0B"
    wide = frame(2, 10**18, 0x81, bytes(6) + bytes([40, 1]) + bytes(15))
    found = verity().decode(notifications_of([bytes_of(cut), bytes_of(other), wide, b"", CAPTURED[:10]]))
    assert (found.count.sum(), found.bad_frames) == (0, 5)


@pytest.mark.parametrize("pattern", ["0100807f", "0000c07f", "0000807f", "0000807e"])
def test_floats_that_are_no_measurement_are_left_out(pattern: str) -> None:
    """NaN of both kinds, infinity, and 8e37 deg/s."""
    content = bytes_of(pattern + "00002041 0000a041")
    acc = still(2, 10**18, 1)
    found = verity().decode(notifications_of([acc, frame(5, 10**18, 0x81, content)]))
    assert (found.count.sum(), found.bad_frames) == (0, 1)


def streams(seed: int, sizes: Sequence[int], gyr_late_ns: int) -> tuple[list[bytes], list[bytes]]:
    """Frames of both sensors, true rate 1 % slow: acc rises linearly in time, gyr counts its samples."""
    rng = np.random.default_rng(seed)
    period_ns = round(PERIOD_NS * 1.01)
    ends = np.cumsum(sizes)
    acc, gyr = [], []
    for end, size in zip(ends.tolist(), sizes, strict=True):
        number = np.arange(end - size, end)
        counts = np.column_stack([number, -2 * number, 1000 + 0 * number])
        acc.append(frame(2, 10**18 + (end - 1) * period_ns, 0x81, compressed(counts, 3)))
        wide = int(rng.integers(3, 9))
        counts = np.column_stack([number, 2 * number, 0 * number])
        gyr.append(frame(5, 10**18 + (end - 1) * period_ns + gyr_late_ns, 0x80, compressed(counts, wide)))
    return acc, gyr


def interleaved(acc: Sequence[bytes], gyr: Sequence[bytes]) -> list[bytes]:
    return [each for pair in zip(acc, gyr, strict=True) for each in pair]


def decoded(payloads: Sequence[bytes]) -> Decoded:
    return verity(gyr_factor=0.07).decode(notifications_of(payloads))


@given(st.integers(0, 99), st.lists(st.integers(2, 90), min_size=4, max_size=12), st.integers(0, PERIOD_NS))
@examples(40)
def test_specific_force_is_taken_at_the_gyroscopes_times(seed: int, sizes: list[int], gyr_late_ns: int) -> None:
    """After the first frames, whose step is not known yet, times and both values are those of the true streams."""
    found = decoded(interleaved(*streams(seed, sizes, gyr_late_ns)))
    number = np.rint(np.degrees(found.values[:, 3]) / 0.07)
    settled = number >= sizes[0]
    assert settled.sum() >= sum(sizes[1:]) - 2
    true_s = 1e9 + (number * round(PERIOD_NS * 1.01) + gyr_late_ns) * 1e-9
    np.testing.assert_allclose(found.device_time_s[settled], true_s[settled], atol=1e-6)
    expected = (number + gyr_late_ns / round(PERIOD_NS * 1.01))[settled]
    np.testing.assert_allclose(found.values[settled, 0] / G * 1000, expected, atol=1e-3)
    np.testing.assert_allclose(found.values[settled, 1] / G * 1000, -2 * expected, atol=2e-3)
    assert (np.diff(found.device_time_s) > 0).all()


@pytest.mark.parametrize("kind", ["acc", "gyr"])
def test_a_lost_frame_costs_its_samples_and_no_others(kind: str) -> None:
    sizes = [70, 60, 71, 50, 70]
    acc, gyr = streams(1, sizes, PERIOD_NS // 2)
    whole = decoded(interleaved(acc, gyr))
    payloads = interleaved(acc, gyr)
    payloads.remove((acc if kind == "acc" else gyr)[2])
    found = decoded(payloads)
    lost = whole.count.sum() - found.count.sum()
    assert 71 <= lost <= 72
    number = np.rint(np.degrees(found.values[:, 3]) / 0.07)
    assert not ((number > 131) & (number < 200)).any()
    true_s = 1e9 + (number * round(PERIOD_NS * 1.01) + PERIOD_NS // 2) * 1e-9
    settled = number >= 70
    np.testing.assert_allclose(found.device_time_s[settled], true_s[settled], atol=0.02)


def test_the_other_stream_is_waited_for_but_not_for_ever() -> None:
    sizes = [70] * 12
    acc, gyr = streams(1, sizes, 0)
    found = decoded([acc[0], *gyr])
    assert found.count.sum() == 70
    assert 300 < found.bad_frames < 70 * 11  # what has waited for 5 s; the rest still waits


def test_switched_on_anew_and_repeated_frames() -> None:
    sizes = [70, 70]
    payloads = interleaved(*streams(1, sizes, 0))
    early = [
        bytes([p[0]]) + (int.from_bytes(p[1:9], "little") - 10**17).to_bytes(8, "little") + p[9:] for p in payloads
    ]
    found = decoded([*payloads, *early])
    assert found.count.tolist() == [0, 70, 0, 70] * 2
    assert decoded([payloads[0], payloads[0], payloads[1]]).count.tolist() == [0, 0, 70]


@pytest.mark.parametrize("numbers", [(0, 0, 8000, 0, 0, 0), (0, 0, 0, 0, -8000, 0)])
def test_clipping_is_told_of_both_neighbours(numbers: tuple[int, ...]) -> None:
    acc = frame(2, 10**18, 0x01, struct.pack("<6h", *numbers))
    gyr = still(5, 10**18 - PERIOD_NS // 2, 1)
    assert verity(gyr_factor=0.07).decode(notifications_of([acc, gyr])).clipped.tolist() == [True]


def test_start_is_what_was_captured() -> None:
    steps = DRIVER.start(52.0)
    assert steps[:2] == (Notify(CONTROL), Notify(DATA))
    assert steps[2:4] == DRIVER.stop() == (Write(CONTROL, b"\x03\x05"), Write(CONTROL, b"\x03\x02"))
    assert steps[4:] == (
        Write(CONTROL, bytes_of("02 02 00 01 34 00 01 01 10 00 02 01 08 00 04 01 03")),  # captured, issues 331, 443
        Write(CONTROL, bytes_of("02 05 00 01 34 00 01 01 10 00 02 01 D0 07 04 01 03")),
    )
    with pytest.raises(ValueError, match="104"):
        DRIVER.start(104.0)
    assert DRIVER.latency_s > 0.25


def test_the_factor_is_in_the_answer() -> None:
    answer = bytes_of("F0 02 05 00 00 00 01 34 00 05 01") + struct.pack("<f", 0.07)
    assert DRIVER.facts(CONTROL, answer) == {"gyr_factor": pytest.approx(0.07)}
    assert DRIVER.facts(CONTROL, bytes_of("F0 02 02 00 00")) == {"acc_factor": 1.0}
    refused, features = bytes_of("F0 02 05 06 00"), bytes_of("0F 6E 00")
    not_a_number = answer[:-4] + struct.pack("<f", np.nan)
    for nothing in (refused, features, answer[:4], not_a_number, b"", CAPTURED):
        assert DRIVER.facts(CONTROL, nothing) == {}


def test_models_without_a_gyroscope_are_refused() -> None:
    assert DRIVER.recognises("Polar Sense 0A1B2C3D", [])
    for name in ("Polar H10 0A1B2C3D", "Polar OH1 0A1B2C3D"):
        assert NO_GYRO_DRIVER.recognises(name, [])
        assert not DRIVER.recognises(name, ["fb005c80-02e7-f387-1cad-8acd2d8df0c8"])
    assert "no gyroscope" in NO_GYRO_DRIVER.refusal
    assert NO_GYRO_DRIVER.rates_hz == ()


GOOD = [CAPTURED, frame(2, CAPTURED_NS, 0x81, LONG_CONTENT), *interleaved(*streams(3, [5, 9, 30, 4], 7_000_000))]


@pytest.mark.slow
@given(payloads=st.one_of(mangled(GOOD), st.lists(st.binary(max_size=40))), sizes=sizes_of_chunks)
@examples(150)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(lambda: verity(acc_factor=2.44e-4, gyr_factor=0.07), payloads, sizes)


@given(
    content=st.binary(min_size=1, max_size=60), kind=st.sampled_from([2, 5]), form=st.sampled_from([0, 1, 2, 128, 129])
)
@examples(150)
def test_any_content(content: bytes, kind: int, form: int) -> None:
    payloads = [still(7 - kind, 10**18, 50), frame(kind, 10**18, form, content)]
    keeps_its_promises(lambda: verity(acc_factor=2.44e-4, gyr_factor=0.07), payloads, [1])
    for nonsense in (b"", content):
        assert DRIVER.facts(CONTROL, bytes([0xF0, 2, kind, 0, 0]) + nonsense).keys() <= {"acc_factor", "gyr_factor"}

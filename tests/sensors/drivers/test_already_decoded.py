"""The driver for samples that are decoded already."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.types import Notifications, Placement, Samples, Sensor
from dowel.sensors.drivers.already_decoded import RECORD, DecodedSamples, encode
from tests.depth import examples
from tests.streams import canonical, one_by_one


def sensor(time_base: str) -> Sensor:
    return Sensor(Placement.SACRUM, "decoded", asked_rate_hz=50.0, settings={"time_base": time_base})


def notifications_of(payloads: list[bytes]) -> Notifications:
    index = np.arange(len(payloads))
    return Notifications(index, index * 10_000_000, np.array([len(p) for p in payloads], np.int64), b"".join(payloads))


def test_what_is_encoded_is_decoded() -> None:
    """Times exactly; values as float32, which is finer than any sensor."""
    rng = np.random.default_rng(0)
    samples = Samples(np.cumsum(rng.uniform(0, 1, 7)) + 1e6, rng.normal(0, 50, (7, 3)), rng.normal(0, 30, (7, 3)))
    found = DecodedSamples(sensor("device_time")).decode(notifications_of([encode(samples)]))
    assert found.count.tolist() == [7]
    assert found.device_time_s.tobytes() == samples.time_s.tobytes()
    np.testing.assert_allclose(found.values[:, :3], samples.acc_m_s2, rtol=1e-7)
    np.testing.assert_allclose(found.values[:, 3:], samples.gyr_rad_s, rtol=1e-7)
    assert (found.bad_frames, found.clipped.any()) == (0, False)


def test_a_counting_sensor_counts_only_what_can_be_used() -> None:
    samples = Samples(np.zeros(3), np.ones((3, 3)), np.ones((3, 3)))
    samples.acc_m_s2[1, 0] = np.nan
    decoder = DecodedSamples(sensor("count"))
    first = decoder.decode(notifications_of([encode(samples), b"x"]))
    second = decoder.decode(notifications_of([encode(samples)]))
    assert first.count.tolist() == [2, 0]
    assert first.bad_frames == 2
    np.testing.assert_allclose(np.concatenate([first.device_time_s, second.device_time_s]), [0.0, 0.02, 0.04, 0.06])


@pytest.mark.parametrize("value", [15.9 * 9.80665, 16 * 9.80665 * 32767 / 32768])
def test_clipping_begins_just_below_full_scale(value: float) -> None:
    decoder = DecodedSamples(
        Sensor(Placement.SACRUM, "decoded", asked_rate_hz=50.0, settings={"acc_range_m_s2": 16 * 9.80665})
    )
    samples = Samples(np.zeros(1), np.array([[0.0, -value, 0.0]]), np.full((1, 3), 1e4))
    assert decoder.decode(notifications_of([encode(samples)])).clipped[0] == (value > 156.8)


numbers = st.floats(width=32, allow_nan=True, allow_infinity=True)
record = st.builds(
    lambda time_s, values: np.array([(time_s, values)], RECORD).tobytes(),
    st.floats(),
    st.lists(numbers, min_size=6, max_size=6),
)
payload = st.one_of(st.binary(max_size=70), st.lists(record, max_size=4).map(b"".join))


@pytest.mark.slow
@given(
    payloads=st.lists(payload, max_size=20),
    time_base=st.sampled_from(["device_time", "count", "session"]),
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=5),
)
@examples(200)
def test_any_bytes_in_any_chunks(payloads: list[bytes], time_base: str, sizes: list[int]) -> None:
    """Nothing raises, only numbers come out, every record is either used or counted, however the stream is cut."""
    notifications = notifications_of(payloads)
    whole = DecodedSamples(sensor(time_base)).decode(notifications)
    assert len(whole.device_time_s) == len(whole.values) == len(whole.clipped) == whole.count.sum()
    assert np.isfinite(whole.values).all()
    assert np.isfinite(whole.device_time_s).all()
    good_length = [p for p in payloads if len(p) % RECORD.itemsize == 0]
    records = sum(len(p) // RECORD.itemsize for p in good_length)
    assert whole.count.sum() + whole.bad_frames == records + len(payloads) - len(good_length)
    decoder = DecodedSamples(sensor(time_base))
    parts = [decoder.decode(part) for part in one_by_one(notifications, sizes)]
    if parts:
        for name in ("count", "device_time_s", "values", "clipped"):
            assert canonical(np.concatenate([getattr(p, name) for p in parts])) == canonical(getattr(whole, name))
        assert sum(p.bad_frames for p in parts) == whole.bad_frames

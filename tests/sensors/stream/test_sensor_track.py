"""One sensor's way to gap-free samples: gaps, breaks, faults, and whatever a sensor sends by mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import InputError
from dowel.recordings.grid_points import Status
from dowel.recordings.types import FloatArray, Notifications, Placement, Samples, Sensor
from dowel.sensors.drivers.already_decoded import encode
from dowel.sensors.simulated import Simulation
from dowel.sensors.stream.sensor_track import SETTLING_S, Track, TrackSamples
from tests.depth import examples
from tests.streams import canonical, eventful_session, joined, one_by_one, sizes_strategy

SMALL = 1e-3


def sensor(time_base: str = "session", **settings_: Any) -> Sensor:
    return Sensor(Placement.SACRUM, "decoded", asked_rate_hz=100.0, settings={"time_base": time_base, **settings_})


def samples_at(time_s: FloatArray | Sequence[float]) -> Samples:
    """Values linear in time, so that linear filling must find them again; small, so that each can be measured."""
    times = np.asarray(time_s, np.float64)
    acc = np.stack([times, 2.0 * times, 9.81 - times], axis=1) * SMALL
    return Samples(times, acc, 0.1 * acc)


def packets(samples: Samples, size: int = 1, delay_s: float = 0.0) -> Notifications:
    """Notifications of so many samples, arriving with their last one."""
    starts = range(0, len(samples), size)
    payloads = [
        encode(Samples(samples.time_s[i : i + size], samples.acc_m_s2[i : i + size], samples.gyr_rad_s[i : i + size]))
        for i in starts
    ]
    last = [min(i + size, len(samples)) - 1 for i in starts]
    arrival_s = np.maximum.accumulate(samples.time_s[last]) + delay_s
    return Notifications(
        np.arange(len(payloads)),
        np.round(arrival_s * 1e9).astype(np.int64),
        np.array([len(payload) for payload in payloads]),
        b"".join(payloads),
    )


def fed(track: Track, notifications: Notifications, sizes: Sequence[int] = (1_000_000,)) -> TrackSamples:
    parts = [*(track.feed(part) for part in one_by_one(notifications, list(sizes))), track.finish()]
    return TrackSamples(*(joined([getattr(part, name) for part in parts]) for name in TrackSamples.__slots__))


def without(start: int, lost: int, count: int = 1000) -> FloatArray:
    """Times at 100 Hz of which some are lost."""
    return np.delete(np.arange(count) / 100.0, range(start, start + lost))


def test_a_sensor_that_has_sent_nothing_yet_does_not_settle() -> None:
    assert not Track(sensor(), 0).settling


def test_what_was_measured_between_two_times() -> None:
    found = fed(Track(sensor(), 0), packets(samples_at(np.arange(100) / 100.0)))
    values = found.acc_m_s2.copy()
    values[25] = np.nan
    between = replace(found, acc_m_s2=values).measured_between(found.time_s[20], found.time_s[30])
    np.testing.assert_array_equal(between.time_s, np.delete(found.time_s[20:31], 5))


@pytest.mark.parametrize("lost", [1, 5, 18, 19])
def test_gaps_of_up_to_200_ms_are_filled_linearly(lost: int) -> None:
    """19 samples lost are a step of 200 ms."""
    track = Track(sensor(), 0)
    found = fed(track, packets(samples_at(without(300, lost))))
    np.testing.assert_allclose(found.time_s, np.arange(1000) / 100.0, atol=1e-9)
    np.testing.assert_allclose(found.acc_m_s2, samples_at(found.time_s).acc_m_s2, atol=1e-5)
    np.testing.assert_allclose(found.step_s, 0.01, atol=1e-9)
    assert (found.status == 0).all()
    assert (track.filled_samples, track.samples) == (lost, 1000 - lost)
    # filled samples belong to the notification that closed the gap
    assert (found.sequence[300 : 300 + lost + 1] == 300).all()


@pytest.mark.parametrize("lost", [20, 150, 600])
def test_longer_gaps_break(lost: int) -> None:
    """Nothing is filled, the filter is told, and four seconds are not judged."""
    track = Track(sensor(), 0)
    found = fed(track, packets(samples_at(without(300, lost, 2000))))
    assert len(found) == 2000 - lost
    assert track.filled_samples == 0
    broken = np.flatnonzero(found.status & Status.BREAK)
    assert broken.tolist() == [300]
    assert found.step_s[300] == 0.01
    back_s = (300 + lost) / 100.0
    settling = (found.status & Status.SETTLING) != 0
    expected = (found.time_s >= back_s) & (found.time_s < back_s + SETTLING_S)
    np.testing.assert_array_equal(settling, expected)
    assert np.isfinite(found.acc_m_s2).all()


def test_the_first_sample_breaks_nothing() -> None:
    found = fed(Track(sensor(), 0), packets(samples_at([500.0, 500.01])))
    assert found.status.tolist() == [0, 0]
    assert found.step_s[0] == 0.01


def test_a_second_break_while_settling() -> None:
    times = np.delete(np.arange(1500) / 100.0, [*range(300, 330), *range(500, 540)])
    found = fed(Track(sensor(), 0), packets(samples_at(times)))
    settling = found.time_s[(found.status & Status.SETTLING) != 0]
    assert (settling.min(), settling.max()) == (3.3, pytest.approx(5.4 + SETTLING_S - 0.01))
    assert np.count_nonzero(found.status & Status.BREAK) == 2


def test_clipping_is_told() -> None:
    """Also just below full scale: an int16 stops one count short of it on one side."""
    samples = samples_at(np.arange(10) / 100.0)
    samples.acc_m_s2[3:5, 1] = -156.9
    samples.gyr_rad_s[7:9, 0] = 34.9
    track = Track(sensor(acc_range_m_s2=16 * 9.80665, gyr_range_rad_s=float(np.deg2rad(2000))), 0)
    found = fed(track, packets(samples))
    assert np.flatnonzero(found.status & Status.CLIPPED).tolist() == [3, 4, 7, 8]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_numbers_become_gaps(bad: float) -> None:
    """NaN never reaches the filter: the row is dropped, counted, and filled like any other gap."""
    samples = samples_at(np.arange(100) / 100.0)
    samples.gyr_rad_s[40:43, 2] = bad
    samples.time_s[60] = bad
    track = Track(sensor(), 0)
    whole = packets(samples_at(np.arange(100) / 100.0), 5)
    notifications = Notifications(whole.sequence, whole.arrival_ns, whole.length, encode(samples))
    found = fed(track, notifications)
    assert track.bad_frames == 4
    assert track.filled_samples == 4
    assert np.isfinite(found.acc_m_s2).all()
    assert np.isfinite(found.gyr_rad_s).all()
    np.testing.assert_allclose(found.time_s, np.arange(100) / 100.0, atol=1e-9)


def test_payloads_of_a_wrong_length_are_counted() -> None:
    whole = packets(samples_at(np.arange(6) / 100.0))
    pieces = [whole.between(i, i + 1).payload for i in range(6)]
    pieces[2], pieces[4] = pieces[2][:-1], b""
    cut = Notifications(whole.sequence, whole.arrival_ns, np.array([len(p) for p in pieces]), b"".join(pieces))
    track = Track(sensor(), 0)
    found = fed(track, cut)
    assert track.bad_frames == 1  # an empty notification is no bad frame, it brings nothing
    assert track.samples == 4
    assert len(found) == 6  # both were short gaps


def test_repeated_and_disordered_samples_are_dropped() -> None:
    times = [0.00, 0.01, 0.02, 0.02, 0.03, 0.01, 0.025, 0.03, 0.04, 0.05]
    track = Track(sensor("device_time"), 0)
    found = fed(track, packets(samples_at(times), 2))
    np.testing.assert_allclose(found.acc_m_s2[:, 0], np.array([0.0, 0.01, 0.02, 0.03, 0.04, 0.05]) * SMALL, atol=1e-9)
    assert track.dropped_samples == 4
    assert (found.step_s > 0).all()


def test_a_device_clock_that_began_anew_breaks() -> None:
    first, second = np.arange(300) / 100.0 + 1000.0, np.arange(300) / 100.0
    times = np.concatenate([first, second])
    notifications = packets(samples_at(times))
    arrival_ns = np.round((np.arange(600) / 100.0 + (np.arange(600) >= 300) * 5.0) * 1e9).astype(np.int64)
    found = fed(
        Track(sensor("device_time"), 0),
        Notifications(notifications.sequence, arrival_ns, notifications.length, notifications.payload),
    )
    assert np.flatnonzero(found.status & Status.BREAK).tolist() == [300]
    assert (np.diff(found.time_s) >= 0).all()
    assert found.time_s[300] == pytest.approx(8.0, abs=0.02)


def test_without_a_rate_it_is_refused() -> None:
    with pytest.raises(InputError, match="asked nor its measured rate"):
        Track(Sensor(Placement.SACRUM, "decoded"), 0)
    assert Track(Sensor(Placement.SACRUM, "decoded", measured_rate_hz=50.0), 0).period_s == 0.02


def test_an_unknown_driver_is_refused() -> None:
    with pytest.raises(InputError, match="Update dowel"):
        Track(Sensor(Placement.SACRUM, "witchcraft", asked_rate_hz=100.0), 0)


steps = st.one_of(
    st.just(0.01),
    st.just(0.01),
    st.sampled_from([0.02, 0.05, 0.2, 0.201, 0.35, 2.5, 0.0, -0.01, -0.5, -0.99, -1.0, -30.0, 700.0]),
)


@pytest.mark.slow
@given(
    step_s=st.lists(steps, min_size=1, max_size=120),
    size=st.integers(1, 7),
    time_base=st.sampled_from(["device_time", "count", "session"]),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=20),
)
@examples(150)
def test_any_chunks(step_s: list[float], size: int, time_base: str, sizes: list[int]) -> None:
    """Whatever the device's clock says: the same samples in any chunks, in order, and nothing but numbers."""
    times = np.cumsum(step_s)
    if time_base == "session":
        times = np.maximum.accumulate(times)
    notifications = packets(samples_at(times), size)
    arrival_ns = np.round(np.cumsum(np.full(len(notifications), 0.01 * size)) * 1e9).astype(np.int64)
    notifications = Notifications(notifications.sequence, arrival_ns, notifications.length, notifications.payload)
    whole, cut = Track(sensor(time_base), 0), Track(sensor(time_base), 0)
    found = fed(whole, notifications)
    assert canonical(found) == canonical(fed(cut, notifications, sizes))
    for name in ("bad_frames", "dropped_samples", "filled_samples", "samples"):
        assert getattr(whole, name) == getattr(cut, name)
    waiting = 0 if whole.counted is None else whole.counted.waiting_samples + whole.counted.doubled_samples
    left_out = whole.health.counts.left_out
    assert whole.samples + whole.dropped_samples + waiting + left_out == len(times)
    assert (np.diff(found.time_s) >= 0).all()
    assert (found.step_s > 0).all()
    assert (found.step_s <= 0.2).all()
    assert (np.isfinite(found.acc_m_s2).all(axis=1) | ((found.status & Status.FROZEN) != 0)).all()


@cache
def session_once() -> Simulation:
    return eventful_session()


@pytest.mark.slow
@given(sizes=sizes_strategy)
@examples(5)
def test_a_simulated_sensor_in_any_chunks(sizes: list[int]) -> None:
    session = session_once()
    for index, (sensor, sent) in enumerate(zip(session.session_sensors(), session.stream().notifications, strict=True)):
        assert canonical(fed(Track(sensor, 0), sent, sizes)) == in_one_piece(index)


@cache
def in_one_piece(index: int) -> Any:
    session = session_once()
    return canonical(fed(Track(session.session_sensors()[index], 0), session.stream().notifications[index]))

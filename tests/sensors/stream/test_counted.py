"""Sensors that only count: what a hang, a loss and a doubled notification do to their times, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.grid_points import Status
from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Notifications, Placement, Samples, Sensor
from dowel.sensors.simulated import Link
from dowel.sensors.stream.sensor_track import Track, TrackSamples
from tests.depth import examples
from tests.streams import canonical, joined, one_by_one, sizes_strategy

DURATION_S = 80.0
SETTLED_S = 28.0  # the clock is held against what it was in this time
DRAIN_S = 2e-4


@dataclass(frozen=True)
class Sent:
    """What arrived, and when each value in it was measured."""

    notifications: Notifications
    true_s: dict[bytes, float]
    lost: int


def sent(
    seed: int,
    *,
    link: Link | None = None,
    hangs_s: Sequence[tuple[float, float]] = (),
    lost_share: float = 0.0,
    doubled_share: float = 0.0,
    coarse: bool = False,
) -> Sent:
    """A WitMotion's notifications: 0.8 % slow, four samples at a time, and with noise.

    In a hang nothing is heard, and then all of it. ``coarse``: it rests, and every sample is the same.
    """
    rng = np.random.default_rng([seed, 77])
    link = link or Link(time_base="count", stalls_per_min=0.0)
    true_s, device_s = link.sampling(99.2, DURATION_S, rng)
    values = np.zeros((len(true_s), 6)) if coarse else rng.normal(0.0, 0.02, (len(true_s), 6))
    values[:, 2] += GRAVITY_M_S2
    delivery = link.deliver(Samples(true_s, values[:, :3], values[:, 3:]), device_s, rng)
    arrival_s = delivery.arrival_ns * 1e-9
    for start_s, length_s in hangs_s:
        heard_later = (arrival_s >= start_s) & (arrival_s < start_s + length_s)
        arrival_s[heard_later] = start_s + length_s + DRAIN_S * np.arange(np.count_nonzero(heard_later))
        arrival_s = np.maximum.accumulate(arrival_s)
    count = len(arrival_s)
    times = np.where(rng.random(count) < lost_share, 0, 1 + (rng.random(count) < doubled_share))
    which = np.repeat(np.arange(count), times)
    payload = np.frombuffer(delivery.payload, np.uint8).reshape(count, -1)
    size = payload.shape[1]
    notifications = Notifications(
        np.arange(len(which)),
        np.round(arrival_s[which] * 1e9).astype(np.int64),
        np.full(len(which), size),
        payload[which].tobytes(),
    )
    delivered = values[delivery.delivered].astype(np.float32)
    keys = [each.tobytes() for each in delivered]
    of_link = len(true_s) // 4 * 4 - len(delivered)
    lost = int(np.count_nonzero(times == 0)) * link.samples_per_notification + of_link
    return Sent(notifications, dict(zip(keys, true_s[delivery.delivered].tolist(), strict=True)), lost)


def a_track() -> Track:
    return Track(Sensor(Placement.SACRUM, "decoded", asked_rate_hz=100.0, settings={"time_base": "count"}), 0)


def fed(track: Track, notifications: Notifications, sizes: Sequence[int] = (1_000_000,)) -> TrackSamples:
    parts = [track.feed(part) for part in one_by_one(notifications, list(sizes))]
    return TrackSamples(*(joined([getattr(part, name) for part in parts]) for name in TrackSamples.__slots__))


def errors_ms(what: Sent, found: TrackSamples) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of every sample that was measured: when, how far its session time is off, and its status."""
    values = np.concatenate([found.acc_m_s2, found.gyr_rad_s], axis=1).astype(np.float32)
    true_s = np.array([what.true_s.get(each.tobytes(), np.nan) for each in values])
    real = np.isfinite(true_s)
    error_ms = 1e3 * (found.time_s - true_s)[real]
    settled = (true_s[real] > 10.0) & (true_s[real] < SETTLED_S)
    return true_s[real], error_ms - np.median(error_ms[settled]), found.status[real].astype(np.float64)


@cache
def without_trouble(seed: int) -> TrackSamples:
    return fed(a_track(), sent(seed).notifications)


@pytest.mark.parametrize("length_s", [0.2, 0.5, 1.0, 2.0, 5.0, 10.0])
def test_a_hang_costs_nothing(length_s: float) -> None:
    """Every sample of it keeps its time, and no sample is in doubt, filled or lost."""
    what = sent(1, hangs_s=((31.0, length_s),))
    track = a_track()
    found = fed(track, what.notifications)
    _, error_ms, status = errors_ms(what, found)
    assert (track.counted.lost_samples, track.filled_samples, track.dropped_samples) == (0, 0, 0)  # type: ignore[union-attr]
    assert len(found) == len(without_trouble(1))
    assert not status.any()
    assert np.abs(error_ms[500:]).max() < 10.0


def test_a_hang_of_a_minute_costs_no_more_than_itself() -> None:
    """How long the sensor's period is, is known too badly for all of it."""
    what = sent(1, hangs_s=((15.0, 60.0),))
    track = a_track()
    true_s, error_ms, status = errors_ms(what, fed(track, what.notifications))
    good = status == 0
    assert (true_s[~good].min() > 15.0) & (true_s[~good].max() < 76.0)
    error_ms -= np.median(error_ms[good & (true_s < 15.0) & (true_s > 5.0)])
    assert np.abs(error_ms[good & (true_s > 5.0)]).max() < 20.0
    assert track.counted.lost_samples == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("begins_s", [0.0, 0.5, 2.0, 4.0])
def test_a_hang_at_the_beginning(begins_s: float) -> None:
    """Before the period is known, too: some seconds after it the times are right, and nothing was lost."""
    what = sent(2, hangs_s=((begins_s, 5.0),))
    track = a_track()
    true_s, error_ms, status = errors_ms(what, fed(track, what.notifications))
    assert track.counted.lost_samples == 0  # type: ignore[union-attr]
    after = true_s > begins_s + 5.0 + 4.0
    assert not status[after].any()
    assert np.abs(error_ms[after]).max() < 30.0


def test_hangs_again_and_again() -> None:
    what = sent(3, hangs_s=tuple((at_s, 5.0) for at_s in (12.0, 19.0, 28.0, 35.0, 47.0, 61.0)))
    track = a_track()
    true_s, error_ms, status = errors_ms(what, fed(track, what.notifications))
    assert track.counted.lost_samples == 0  # type: ignore[union-attr]
    assert np.count_nonzero(status[true_s > 10.0]) == 0
    assert np.abs(error_ms[true_s > 10.0]).max() < 15.0


@pytest.mark.parametrize("lost", [4, 8, 24, 80, 300])
def test_losses_are_found(lost: int) -> None:
    """... and what came behind a longer one has its right time at once."""
    link = Link(time_base="count", stalls_per_min=0.0, dropouts_s=((31.0, lost / 99.2 - 0.002),))
    what = sent(4, link=link)
    track = a_track()
    true_s, error_ms, status = errors_ms(what, fed(track, what.notifications))
    assert track.counted.lost_samples == what.lost >= lost - 4  # type: ignore[union-attr]
    assert track.filled_samples == (what.lost if lost < 20 else 0)
    later = true_s > 31.0 + lost / 99.2 + (1.0 if lost < 10 else 0.0)
    assert np.abs(error_ms[later]).max() < 10.0
    assert status[later].any() == (lost >= 10)


def test_a_hang_in_which_samples_were_lost() -> None:
    """The burst brings less than the hang took: what is missing is found, and the burst itself is in doubt."""
    link = Link(time_base="count", stalls_per_min=0.0, dropouts_s=((33.0, 2.0),))
    what = sent(5, link=link, hangs_s=((31.0, 4.0),))
    track = a_track()
    true_s, error_ms, status = errors_ms(what, fed(track, what.notifications))
    assert abs(track.counted.lost_samples - what.lost) <= 4  # type: ignore[union-attr]
    assert status[(true_s > 31.2) & (true_s < 32.9)].all()
    assert np.abs(error_ms[(status == 0) & (true_s > 10.0)]).max() < 40.0


@pytest.mark.parametrize("seed", [6, 7])
def test_three_in_a_hundred_are_lost(seed: int) -> None:
    """One by one: most are found and filled; the clock says that its count is less certain, and is right."""
    what = sent(seed, lost_share=0.03)
    track = a_track()
    true_s, error_ms, status = errors_ms(what, fed(track, what.notifications))
    found = track.counted.lost_samples  # type: ignore[union-attr]
    assert 0.75 * what.lost < found < 1.1 * what.lost
    assert track.filled_samples == found
    later = (true_s > 10.0) & (status == 0)
    assert 20.0 < track.clock_ms(60.0) < 45.0
    said_ms = np.array([track.clock_ms(time_s) for time_s in true_s[later]])
    assert np.mean(np.abs(error_ms[later]) < said_ms) > 0.95


@pytest.mark.parametrize("size", [1, 4])
def test_doubled_notifications_are_left_out(size: int) -> None:
    link = Link(time_base="count", stalls_per_min=0.0, samples_per_notification=size)
    what = sent(8, link=link, doubled_share=0.03)
    track = a_track()
    found = fed(track, what.notifications)
    assert track.counted.doubled_samples == len(what.notifications) * size - len(what.true_s) > 100  # type: ignore[union-attr]
    assert len(found) == len(what.true_s)
    assert track.counted.lost_samples == 0  # type: ignore[union-attr]
    assert np.abs(errors_ms(what, found)[1][500:]).max() < 10.0


def test_a_sensor_that_rests_repeats_itself() -> None:
    """Equal notifications of a coarse sensor are measurements: the arrivals say that none is too many."""
    track = a_track()
    fed(track, sent(9, coarse=True).notifications)
    assert track.counted.doubled_samples == track.counted.lost_samples == 0  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.parametrize("interval_ms", [7.5, 15.0, 30.0, 50.0])
@pytest.mark.parametrize("size", [1, 4, 10])
def test_a_sound_link_shows_no_loss(interval_ms: float, size: int) -> None:
    for seed in range(3):
        link = Link(time_base="count", samples_per_notification=size, connection_interval_ms=interval_ms)
        track = a_track()
        fed(track, sent(20 + seed, link=link).notifications)
        assert (track.counted.lost_samples, track.counted.doubled_samples) == (0, 0)  # type: ignore[union-attr]


def test_what_was_taken_for_lost_and_comes_later_is_taken_back() -> None:
    """A queue that is not worked off for a second looks like a loss until it is."""
    what = sent(10)
    arrival_ns = what.notifications.arrival_ns.copy()
    queued = (arrival_ns > 31_000_000_000) & (arrival_ns < 32_000_000_000)
    arrival_ns[queued] += 300_000_000
    arrival_ns = np.maximum.accumulate(arrival_ns)
    heard = what.notifications
    track = a_track()
    found = fed(track, Notifications(heard.sequence, arrival_ns, heard.length, heard.payload))
    true_s, error_ms, status = errors_ms(what, found)
    assert track.counted.lost_samples == 0  # type: ignore[union-attr]
    assert track.clock_ms(40.0) > 100.0  # it was wrong once
    assert np.abs(error_ms[true_s > 33.0]).max() < 10.0
    assert not status[true_s > 37.0].any()


def test_after_a_reconnection_the_count_goes_on() -> None:
    """However long the sensor was away: nothing of it counts as lost."""
    first, second = sent(11).notifications, sent(12).notifications
    track = a_track()
    fed(track, first)
    track.restart()
    away_ns = 300_000_000_000
    found = fed(
        track,
        Notifications(len(first) + second.sequence, second.arrival_ns + away_ns, second.length, second.payload),
    )
    assert track.counted.lost_samples == 0  # type: ignore[union-attr]
    assert found.time_s[400] == pytest.approx(300.0 + without_trouble(12).time_s[400], abs=0.05)


@pytest.mark.slow
@given(
    sizes=sizes_strategy,
    seed=st.integers(0, 1000),
    hangs_s=st.sampled_from([(), ((4.0, 5.0),), ((20.0, 0.4), (31.0, 20.0))]),
    lost_share=st.sampled_from([0.0, 0.03]),
    doubled_share=st.sampled_from([0.0, 0.05]),
)
@examples(12)
def test_any_chunks(
    sizes: list[int],
    seed: int,
    hangs_s: Sequence[tuple[float, float]],
    lost_share: float,
    doubled_share: float,
) -> None:
    what = sent(seed, hangs_s=hangs_s, lost_share=lost_share, doubled_share=doubled_share).notifications
    whole, cut = a_track(), a_track()
    assert canonical(fed(whole, what)) == canonical(fed(cut, what, sizes))
    assert canonical(whole.clock.uncertainty) == canonical(cut.clock.uncertainty)
    assert whole.counted is not None
    assert cut.counted is not None
    assert canonical(whole.counted.uncertainty) == canonical(cut.counted.uncertainty)
    for name in ("lost_samples", "doubled_samples", "waiting_samples"):
        assert getattr(whole.counted, name) == getattr(cut.counted, name)


def test_status_says_settling_after_a_gap() -> None:
    link = Link(time_base="count", stalls_per_min=0.0, dropouts_s=((31.0, 3.0),))
    found = fed(a_track(), sent(13, link=link).notifications)
    broken = np.flatnonzero(found.status & Status.BREAK)
    assert len(broken) == 1
    assert found.time_s[broken[0]] == pytest.approx(34.0, abs=0.1)

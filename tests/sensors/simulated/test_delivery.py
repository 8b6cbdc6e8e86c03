"""The simulated link: clocks, notifications and their arrival."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.drivers.already_decoded import DecodedSamples
from dowel.sensors.simulated import IDEAL, Link, SimulatedSensor, Simulation, Stand, simulate

CLEAN = Link(
    drift_ppm=0.0, wander_ppm=0.0, retransmission_share=0.0, stack_fixed_ms=0.0, stack_mean_ms=0.0, stalls_per_min=0.0
)


def standing(link: Link, duration_s: float = 60.0, seed: int = 1, **more: float) -> Simulation:
    return simulate([Stand(duration_s)], [SimulatedSensor(Placement.SACRUM, IDEAL, link=link, **more)], seed=seed)


def delays_s(session: Simulation) -> np.ndarray:
    """Arrival minus the time of the notification's last sample (no dropouts)."""
    run = session.sensors[0]
    size = run.sensor.link.samples_per_notification
    ready_s = run.samples.time_s[size - 1 :: size]
    return run.delivery.arrival_ns * 1e-9 - ready_s[: len(run.delivery.arrival_ns)]


@pytest.mark.slow
@pytest.mark.parametrize("link", [Link(), Link.perfect(), replace(Link(), dropouts_s=((20.0, 3.0),))])
def test_notifications_decode_back_to_the_samples(link: Link) -> None:
    session = standing(link, rate_hz=99.3)
    run = session.sensors[0]
    decoded = DecodedSamples(session.session_sensors()[0]).decode(session.stream().notifications[0])
    got = run.delivery.delivered
    assert decoded.bad_frames == 0
    assert set(decoded.count) == {link.samples_per_notification}
    assert np.array_equal(decoded.device_time_s, run.device_time_s[got])
    assert decoded.values[:, :3] == pytest.approx(run.samples.acc_m_s2[got], rel=1e-6, abs=1e-6)
    assert decoded.values[:, 3:] == pytest.approx(run.samples.gyr_rad_s[got], rel=1e-6, abs=1e-6)
    assert not decoded.clipped.any()


@pytest.mark.slow
@pytest.mark.parametrize("drift_ppm", [-120.0, 0.0, 70.0])
def test_drift_and_offset_are_those_of_the_device_clock(drift_ppm: float) -> None:
    run = standing(Link(clock_offset_s=1234.5, drift_ppm=drift_ppm), 600.0, rate_hz=100.0).sensors[0]
    slope, offset_s = np.polyfit(run.samples.time_s, run.device_time_s, 1)
    assert 1e6 * (slope - 1.0) == pytest.approx(drift_ppm, abs=3.0)  # wander of 2 ppm
    assert offset_s == pytest.approx(1234.5, abs=1e-3)
    assert np.ptp(np.diff(run.device_time_s)) < 1e-9  # even by its own clock


@pytest.mark.slow
def test_wander_bends_the_clock_by_the_stated_ppm() -> None:
    run = standing(Link(drift_ppm=0.0, wander_ppm=50.0), 600.0).sensors[0]
    momentary_ppm = 1e6 * (np.diff(run.device_time_s) / np.diff(run.samples.time_s) - 1.0)
    assert np.abs(momentary_ppm).max() == pytest.approx(50.0, rel=0.02)


def test_true_rate_is_kept_and_the_count_tells_only_the_asked_one() -> None:
    run = standing(Link(time_base="count"), rate_hz=99.3).sensors[0]
    assert len(run.samples) / 60.0 == pytest.approx(99.3, rel=1e-3)
    assert np.diff(run.device_time_s) == pytest.approx(0.01)


def test_perfect_link_delivers_every_sample_at_its_time() -> None:
    session = standing(Link.perfect(), 5.0)
    run = session.sensors[0]
    assert run.delivery.delivered.all()
    assert run.delivery.arrival_ns * 1e-9 == pytest.approx(run.samples.time_s, abs=1e-9)
    assert np.array_equal(run.device_time_s, run.samples.time_s)


def test_connection_interval_quantises_the_arrival() -> None:
    session = standing(CLEAN)
    waits_s = delays_s(session)
    assert waits_s.min() >= -1e-9
    assert waits_s.max() <= 0.030 + 1e-9
    assert waits_s.max() - waits_s.min() > 0.02
    moments = session.sensors[0].delivery.arrival_ns * 1e-9 / 0.030
    assert np.ptp((moments - moments[0] + 0.5) % 1.0) < 1e-6


def test_retransmission_costs_one_interval_in_its_share_of_cases() -> None:
    late = standing(replace(CLEAN, retransmission_share=0.08, samples_per_notification=10), 300.0)
    waits_s = delays_s(late)
    assert (waits_s > 0.030 + 1e-9).mean() == pytest.approx(0.08, abs=0.03)
    assert (waits_s > 0.060 + 1e-9).mean() < 0.02  # twice in a row: 0.6 %


def test_stack_delay_has_its_mean() -> None:
    waits_s = delays_s(standing(replace(CLEAN, connection_interval_ms=0, stack_fixed_ms=0.5, stack_mean_ms=3.0), 120.0))
    assert waits_s.min() > 0.0005
    assert waits_s.mean() == pytest.approx(0.0035, rel=0.1)


def test_stalls_hold_everything_back_and_lose_nothing() -> None:
    session = standing(replace(CLEAN, stalls_per_min=6.0), 120.0)
    run = session.sensors[0]
    assert run.delivery.delivered.sum() == len(run.samples) // 4 * 4
    pauses_s = np.diff(run.delivery.arrival_ns) * 1e-9
    assert (pauses_s > 0.15).sum() >= 4
    assert pauses_s.max() < 3.0
    assert (np.diff(run.delivery.arrival_ns) >= 0).all()


def test_dropout_loses_its_samples_for_good_and_silence_ticks() -> None:
    session = standing(replace(Link(), dropouts_s=((20.0, 3.5), (40.0, 0.5))))
    run = session.sensors[0]
    lost_s = run.samples.time_s[~run.delivery.delivered]
    inside = ((lost_s > 19.9) & (lost_s < 23.5)) | ((lost_s > 39.9) & (lost_s < 40.5)) | (lost_s > 59.9)
    assert inside.all()
    assert len(lost_s) == pytest.approx(400, abs=12)
    ticks = [mark for mark in session.marks if mark.kind is MarkKind.TICK]
    assert [round(tick.start_s) for tick in ticks] == [21, 22, 23]


def test_ticks_go_on_to_the_end_of_a_session_that_went_silent() -> None:
    session = standing(replace(Link(), dropouts_s=((20.0, 99.0),)), 25.0)
    ticks_s = [mark.start_s for mark in session.marks if mark.kind is MarkKind.TICK]
    assert np.diff(ticks_s) == pytest.approx(1.0)
    assert ticks_s[0] < 21.2
    assert ticks_s[-1] >= 23.9


def test_a_dropout_of_one_sensor_does_not_tick() -> None:
    quiet = replace(Link(), dropouts_s=((20.0, 3.5),))
    sensors = [SimulatedSensor(Placement.SACRUM, link=quiet), SimulatedSensor(Placement.UPPER_BACK)]
    session = simulate([Stand(30.0)], sensors, seed=3)
    assert not [mark for mark in session.marks if mark.kind is MarkKind.TICK]

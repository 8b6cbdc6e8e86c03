"""Attitude: exact with an ideal sensor, unmoved by bias, the same in any chunks, good enough for the relative angle."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given

from dowel.analysis.orientation.attitude import COLUMNS, Attitude
from dowel.analysis.orientation.rotations import conjugate, multiply, up_in_sensor
from dowel.recordings.grid_points import Status
from dowel.recordings.types import FloatArray, Placement
from dowel.sensors.simulated import (
    IDEAL,
    TRIMMED,
    Chip,
    Hinge,
    SensorRun,
    Simulation,
    Stand,
    calibration_pieces,
    set_of_hinges,
    simulate,
)
from tests.depth import examples
from tests.streams import analyse, ideal_sensors, parts_of, sizes_strategy

SWINGS = (Stand(6.0), *[Hinge(75.0, 0.65, 0.0, 0.65, 0.1)] * 8, Stand(2.0))


@cache
def swings(chip: Chip = IDEAL) -> Simulation:
    return simulate(SWINGS, ideal_sensors(Placement.UPPER_BACK, chip=chip), seed=12)


def attitude_of(
    run: SensorRun, *, filter_: Attitude | None = None, step_s: FloatArray | None = None, gyr: FloatArray | None = None
) -> FloatArray:
    """The filter's answer to a run with true sample times."""
    samples = run.samples
    steps = np.full(len(samples), 0.01) if step_s is None else step_s
    rate = samples.gyr_rad_s if gyr is None else gyr
    return (filter_ or Attitude(0.01)).update(samples.acc_m_s2, rate, steps, np.zeros(len(samples), np.uint8))


def tilt_error_deg(values: FloatArray, run: SensorRun) -> FloatArray:
    """Angle between the measured and the true up direction."""
    found, true = up_in_sensor(values[:, :4]), up_in_sensor(run.attitude)
    return np.rad2deg(2.0 * np.arcsin(np.clip(0.5 * np.linalg.norm(found - true, axis=1), 0.0, 1.0)))


def test_an_ideal_sensor_in_the_fastest_swing() -> None:
    """Half a sample of lag would cost 175 deg/s x 5 ms = 0.9 deg; the mean of two rates leaves none of it."""
    (run,) = swings().sensors
    error_deg = tilt_error_deg(attitude_of(run), run)[500:]
    assert np.sqrt(np.mean(error_deg**2)) < 0.5
    moving = np.abs(np.linalg.norm(run.samples.gyr_rad_s, axis=1))[500:] > np.deg2rad(100.0)
    up, true = up_in_sensor(attitude_of(run)[500:, :4]), up_in_sensor(run.attitude[500:])
    # along the way of the movement there is no lag
    way = np.gradient(true, axis=0)
    ahead = np.sum((up - true) * way, axis=1)[moving] / np.sum(way**2, axis=1)[moving]
    assert abs(np.median(ahead)) < 0.15, "in samples"


def test_the_measured_step_is_used() -> None:
    """A sensor at 99 Hz that was asked for 100: its steps scale the rates."""
    run = simulate(SWINGS, ideal_sensors(Placement.UPPER_BACK, rate_hz=95.0), seed=12).sensors[0]
    right = tilt_error_deg(attitude_of(run, step_s=np.full(len(run.samples), 1.0 / 95.0)), run)[500:]
    wrong = tilt_error_deg(attitude_of(run), run)[500:]
    assert np.sqrt(np.mean(right**2)) < 0.5
    assert np.sqrt(np.mean(wrong**2)) > 1.5 * np.sqrt(np.mean(right**2))


@pytest.mark.parametrize("bias_deg_s", [0.5, 3.0, 8.0])
def test_a_bias_that_is_known_does_nothing(bias_deg_s: float) -> None:
    """Also one beyond the 2 deg/s at which VQF clips its own estimate."""
    (run,) = swings().sensors
    bias = np.deg2rad(bias_deg_s) * np.array([0.6, -0.5, 0.4])
    clean, biased = Attitude(0.01), Attitude(0.01)
    clean.set_bias(np.zeros(3))
    biased.set_bias(bias)
    expected = attitude_of(run, filter_=clean)
    found = attitude_of(run, filter_=biased, gyr=run.samples.gyr_rad_s + bias)
    np.testing.assert_allclose(found[:, :4], expected[:, :4], atol=1e-6)


def test_a_bias_that_is_set_on_the_way() -> None:
    """From the next sample on; the rate before it is freed of it too."""
    (run,) = swings().sensors
    samples, bias = run.samples, np.deg2rad([3.0, -2.0, 1.0])
    filter_ = Attitude(0.01)
    status = np.zeros(300, np.uint8)
    steps = np.full(300, 0.01)
    filter_.update(samples.acc_m_s2[:300], samples.gyr_rad_s[:300] + bias, steps, status)
    filter_.set_bias(bias)
    rest = filter_.update(
        samples.acc_m_s2[300:],
        samples.gyr_rad_s[300:] + bias,
        np.full(len(samples) - 300, 0.01),
        np.zeros(len(samples) - 300, np.uint8),
    )
    error_deg = tilt_error_deg(
        rest, SensorRun(run.sensor, samples, run.device_time_s, run.attitude[300:], run.delivery)
    )
    assert np.sqrt(np.mean(error_deg[900:] ** 2)) < 0.5, "the three seconds with the bias are forgotten"


def test_not_even_half_a_sample_of_a_bias_is_left_when_it_is_set() -> None:
    """The rate of a sample is the mean with the one before, which was taken with the bias."""
    bias = np.deg2rad([0.0, 8.0, 0.0])
    acc = np.tile([0.0, 0.0, 9.81], (2, 1))
    filter_ = Attitude(0.01)
    before = filter_.update(acc, np.tile(bias, (2, 1)), np.full(2, 0.01), np.zeros(2, np.uint8))[-1, :4]
    filter_.set_bias(bias)
    after = filter_.update(acc[:1], bias[None], np.full(1, 0.01), np.zeros(1, np.uint8))[0, :4]
    turned_deg = np.rad2deg(np.linalg.norm(up_in_sensor(after) - up_in_sensor(before)))
    assert turned_deg < 0.02  # half of the bias would be another 0.04


@pytest.mark.parametrize("bias_deg_s", [3.0, 10.0])
def test_a_restart_takes_back_what_a_bias_did(bias_deg_s: float) -> None:
    """At once, and the heading goes on from where it was."""
    run = simulate(SWINGS, ideal_sensors(Placement.UPPER_BACK), seed=12).sensors[0]
    samples, bias = run.samples, np.deg2rad(bias_deg_s) * np.array([0.6, -0.8, 0.0])
    steps, status = np.full(500, 0.01), np.zeros(500, np.uint8)
    rate = samples.gyr_rad_s[:500] + bias
    filter_ = Attitude(0.01)
    before = filter_.update(samples.acc_m_s2[:500], rate, steps, status)
    assert tilt_error_deg(before, run_between(run, 0, 500))[-1] > 1.5
    filter_.set_bias(bias)
    filter_.restart(samples.acc_m_s2[:500], rate, steps, status)
    after = filter_.update(samples.acc_m_s2[500:502], samples.gyr_rad_s[500:502] + bias, steps[:2], status[:2])
    assert tilt_error_deg(after, run_between(run, 500, 502)).max() < 0.4
    turned = multiply(after[0, :4], conjugate(before[-1, :4]))
    assert abs(np.rad2deg(2.0 * np.arctan2(turned[3], turned[0]))) < 0.1
    assert before[-1, :4] @ after[0, :4] > 0.9


def run_between(run: SensorRun, start: int, stop: int) -> SensorRun:
    return replace(run, attitude=run.attitude[start:stop])


def test_a_break_forgets_the_attitude_and_keeps_the_bias() -> None:
    (run,) = swings().sensors
    samples, bias = run.samples, np.deg2rad([6.0, -4.0, 5.0])
    status = np.zeros(len(samples), np.uint8)
    status[400] = Status.BREAK
    steps = np.full(len(samples), 0.01)

    def run_with(known: bool) -> FloatArray:
        filter_ = Attitude(0.01)
        if known:
            filter_.set_bias(bias)
        return filter_.update(samples.acc_m_s2, samples.gyr_rad_s + bias, steps, status)

    good = tilt_error_deg(run_with(known=True), run)
    assert good[450:600].max() < 1.5, "standing: the accelerometer tells the attitude at once"
    assert np.sqrt(np.mean(good[800:] ** 2)) < 0.6
    bad = tilt_error_deg(run_with(known=False), run)
    assert np.sqrt(np.mean(bad[800:] ** 2)) > 2.0 * np.sqrt(np.mean(good[800:] ** 2))
    before, after = run_with(known=True)[399:401, :4]
    assert abs(before @ after) < 0.99999 or np.allclose(before, after, atol=1e-2)


def test_where_nothing_was_measured_there_is_no_attitude_and_what_was_measured_keeps_its_own() -> None:
    (run,) = swings().sensors
    acc, gyr = run.samples.acc_m_s2[:600].copy(), run.samples.gyr_rad_s[:600].copy()
    steps, status = np.full(600, 0.01), np.zeros(600, np.uint8)
    hung = slice(300, 340)
    acc[hung] = gyr[hung] = np.nan
    status[hung], status[340] = Status.FROZEN, Status.FROZEN | Status.BREAK
    measured = np.isfinite(acc[:, 0])
    found = Attitude(0.01).update(acc, gyr, steps, status)
    alone = Attitude(0.01).update(acc[measured], gyr[measured], steps[measured], status[measured] & Status.BREAK)
    assert np.isnan(found[hung]).all()
    np.testing.assert_array_equal(found[measured], alone)


@given(sizes=sizes_strategy)
@examples(15)
def test_any_chunks(sizes: list[int]) -> None:
    (run,) = swings(TRIMMED).sensors
    samples = run.samples
    status = np.zeros(len(samples), np.uint8)
    status[[0, 350, 351, 900]] = Status.BREAK
    steps = np.random.default_rng(1).uniform(0.005, 0.015, len(samples))
    whole = Attitude(0.01).update(samples.acc_m_s2, samples.gyr_rad_s, steps, status)
    cut = Attitude(0.01)
    parts = [
        cut.update(samples.acc_m_s2[part], samples.gyr_rad_s[part], steps[part], status[part])
        for part in parts_of(len(samples), sizes)
    ]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert whole.shape == (len(samples), COLUMNS)
    assert whole[:, 4:].tobytes() == np.ascontiguousarray(samples.acc_m_s2).tobytes()


def test_neighbours_lie_on_one_half_of_the_sphere() -> None:
    """So that they may be interpolated."""
    (run,) = swings(TRIMMED).sensors
    quaternions = attitude_of(run)[:, :4]
    assert (np.sum(quaternions[1:] * quaternions[:-1], axis=1) > 0.9).all()
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=1), 1.0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("mounting", ["upside_down", "twist_30", "random"])
@pytest.mark.parametrize(("tempo", "limit_deg"), [("slow", 0.5), ("swing", 0.5)])
def test_the_relative_angle_of_trimmed_sensors(mounting: str, tempo: str, limit_deg: float) -> None:
    """Half a degree, true sample times, any mounting, no soft tissue (validation#relative-angle): median of six."""
    way = {"lowering_s": 2.5, "rising_s": 1.8} if tempo == "slow" else {"lowering_s": 0.65, "rising_s": 0.65}
    errors_deg = []
    for seed in range(6):
        pieces = (*calibration_pieces(), *set_of_hinges(6, **way))
        result = analyse(pieces, ideal_sensors(chip=TRIMMED, mounting=mounting), seed=100 + seed)
        truth = result.session.truth
        times_s, upper_deg = result.lean_deg(Placement.UPPER_BACK)
        _, sacrum_deg = result.lean_deg(Placement.SACRUM)
        true_deg = np.interp(times_s, truth.time_s, truth.upper_back_lean_deg - truth.sacrum_lean_deg)
        inside = times_s > result.rows[0].start_s
        error_deg = (upper_deg - sacrum_deg - true_deg)[inside]
        # the zero is the person's own stand with the rod, not that of the bones
        errors_deg.append(float(np.sqrt(np.mean((error_deg - np.median(error_deg)) ** 2))))
    print(f"{mounting}, {tempo}: {np.round(errors_deg, 2)} deg")
    assert np.median(errors_deg) <= limit_deg

"""How far the hips went, from the sensor on the sacrum alone."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.analysis.movement.hip_path import (
    SENSOR_ABOVE_HIP_M,
    SENSOR_BEHIND_HIP_M,
    UNKNOWN,
    HipPath,
    Moved,
    combined,
    with_prior,
)
from dowel.analysis.orientation.rotations import conjugate, rotated
from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from tests.reference import by_scipy

HEIGHT_M = 1.75
LEFT = np.array([0.0, 1.0, 0.0])


def way(share: FloatArray) -> FloatArray:
    """The second derivative of something that follows the share, on the grid."""
    return np.gradient(np.gradient(share)) * 100.0**2


def bend(
    drop_m: float,
    travel_m: float,
    lean_deg: float,
    duration_s: float,
    bias_m_s2: tuple[float, float, float] = (0, 0, 0),
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Attitude, specific force (sensor axes = segment axes) and lean of somebody who goes down and up."""
    time_s = np.arange(round(100 * duration_s) + 1) / 100.0
    x = np.minimum(time_s, duration_s - time_s) * 2.0 / duration_s
    share = np.sin(0.5 * np.pi * x**2 * (3.0 - 2.0 * x)) ** 2
    lean = np.deg2rad(lean_deg) * share
    quaternion = np.stack([np.cos(lean / 2), np.zeros_like(lean), np.sin(lean / 2), np.zeros_like(lean)], axis=1)
    forward_m = -travel_m * share - SENSOR_BEHIND_HIP_M * np.cos(lean) + SENSOR_ABOVE_HIP_M * np.sin(lean)
    up_m = -drop_m * share + SENSOR_BEHIND_HIP_M * np.sin(lean) + SENSOR_ABOVE_HIP_M * np.cos(lean)
    earth = np.stack([way(forward_m), np.zeros_like(lean), way(up_m) + GRAVITY_M_S2], axis=1)
    inverse = conjugate(quaternion)
    force = sum(rotated(inverse, np.eye(3)[axis]) * earth[:, [axis]] for axis in range(3))
    return quaternion, np.asarray(force) + np.array(bias_m_s2), np.rad2deg(lean)


def ways(*data: FloatArray) -> tuple[Moved, Moved]:
    """The ways of a first bend: quaternion, force, left axis, angle, sacrum lean."""
    path = HipPath()
    return path.of(*data, HEIGHT_M, path.nothing_known())[:2]


def measured(*about: object, **more: object) -> tuple[Moved, Moved]:
    quaternion, force, lean = bend(*about, **more)  # type: ignore[arg-type]
    return ways(quaternion, force, LEFT, lean, lean)


@pytest.mark.parametrize("duration_s", [1.5, 3.0, 6.0])
@pytest.mark.parametrize(("drop_m", "travel_m", "lean_deg"), [(0.06, 0.22, 70.0), (0.45, 0.20, 40.0), (0.0, 0.0, 60.0)])
def test_the_ways_are_found(drop_m: float, travel_m: float, lean_deg: float, duration_s: float) -> None:
    drop, travel = measured(drop_m, travel_m, lean_deg, duration_s)
    assert drop.way_m == pytest.approx(drop_m, abs=0.012)
    assert travel.way_m == pytest.approx(travel_m, abs=0.025)
    # What is claimed is of use too, not only safe: a drop of 10 cm can be told from 20 even before the bias is known.
    assert 0.01 < drop.sd_m < 0.07
    assert 0.01 < travel.sd_m < 0.03 + 0.015 * duration_s


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_biased_accelerometer_stays_within_what_is_claimed(axis: int) -> None:
    """60 mg, which would be 66 cm after 1.5 s by mere integration (sources#double-integral)."""
    bias = [0.0, 0.0, 0.0]
    bias[axis] = 0.6
    drop, travel = measured(0.10, 0.22, 65.0, 3.0, bias_m_s2=tuple(bias))
    assert abs(drop.way_m - 0.10) < min(2.5 * drop.sd_m, 0.05)
    assert abs(travel.way_m - 0.22) < min(2.5 * travel.sd_m, 0.05)


def test_slower_is_less_sure() -> None:
    assert measured(0.1, 0.2, 60.0, 6.0)[0].sd_m > 1.3 * measured(0.1, 0.2, 60.0, 2.0)[0].sd_m


@pytest.mark.parametrize("duration_s", [2.0, 3.0, 5.0])
@pytest.mark.parametrize("late_points", [-10, -5, 5, 10])
def test_hips_that_come_a_little_before_or_after_the_lean(late_points: int, duration_s: float) -> None:
    quaternion, force, lean = bend(0.30, 0.20, 60.0, duration_s)
    angle = np.roll(np.pad(lean, 20), late_points)[20:-20]
    for found_m, true_m in zip(ways(quaternion, force, LEFT, angle, lean), (0.30, 0.20), strict=True):
        assert abs(found_m.way_m - true_m) < 2.0 * found_m.sd_m


def test_a_bend_that_does_not_follow_its_angle_is_less_sure() -> None:
    """The angle goes back at the bottom, where the hips are deepest (a pelvis that tucks under)."""
    quaternion, force, lean = bend(0.40, 0.0, 50.0, 3.0)
    tucked = lean - 15.0 * (lean / lean.max()) ** 6
    odd, _ = ways(quaternion, force, LEFT, tucked, lean)
    even, _ = ways(quaternion, force, LEFT, lean, lean)
    assert abs(odd.way_m - even.way_m) < 0.05  # by its ends
    assert abs(odd.way_m - 0.40) < 2.5 * odd.sd_m


def test_hips_that_sink_while_the_chest_comes_up_are_told_by_their_ends() -> None:
    """Setting the hips before a lift from the floor: at one angle they are at two heights, and half of the drop was
    missing with a small standard deviation. Neither way may be taken from the angle then."""
    quaternion, force, lean = bend(0.10, 0.15, 65.0, 4.0)
    time_s = np.arange(len(lean)) / 100.0
    sets = np.exp(-0.5 * ((time_s - 2.2) / 0.35) ** 2)
    up = np.stack([-np.sin(np.deg2rad(lean)), np.zeros_like(lean), np.cos(np.deg2rad(lean))], axis=1)
    angle = lean - 12.0 * sets
    path = HipPath(useless_sd_m=1.0)
    stood = path.stood(np.full((100, 3), [0.0, 0.0, GRAVITY_M_S2]))
    sinks = force + way(-0.08 * sets)[:, None] * up
    drop, travel, _ = path.of(quaternion, sinks, LEFT, angle, lean, HEIGHT_M, stood)
    assert drop.way_m == pytest.approx(0.175, abs=0.03)
    assert drop.sd_m > 0.06
    assert travel.sd_m > 0.07, "nor may the way back be taken from the angle"


def test_a_bend_of_twelve_seconds_is_known_less_by_the_square_of_the_time() -> None:
    """Its errors add up to metres: of what was told of such squats one in twelve was beyond two standard deviations."""
    quaternion, force, lean = bend(0.40, 0.20, 60.0, 12.0)
    wider, as_it_was = HipPath(useless_sd_m=1.0), HipPath(useless_sd_m=1.0, steady_s=12.0, follow_share=0.0)
    known = wider.nothing_known()
    sds_m = [path.of(quaternion, force, LEFT, lean, lean, HEIGHT_M, known)[0].sd_m for path in (wider, as_it_was)]
    assert sds_m[0] > 1.5 * sds_m[1]


def test_nothing_is_made_up() -> None:
    quaternion, force, lean = bend(0.1, 0.2, 60.0, 3.0)
    without = quaternion.copy()
    without[50] = np.nan
    assert not ways(without, force, LEFT, lean, lean)[0].known
    assert not ways(quaternion, force, LEFT, 0 * lean, lean)[0].known
    assert not ways(quaternion[:0], force[:0], LEFT, lean[:0], lean[:0])[0].known
    drop, travel = ways(quaternion, force, np.full(3, np.nan), lean, lean)
    assert drop.known
    assert not travel.known


def test_what_one_bend_tells_of_the_bias_helps_the_next() -> None:
    """Bends of two kinds, again and again: the errors shrink, and so does what is claimed of them."""
    path = HipPath()
    bias, found = path.nothing_known(), []
    for number in range(12):
        drop_m = (0.06, 0.40)[number % 2]
        quaternion, force, lean = bend(drop_m, 0.2, (70.0, 40.0)[number % 2], 4.0, bias_m_s2=(0.15, 0.0, -0.1))
        drop, _, bias = path.of(quaternion, force, LEFT, lean, lean, HEIGHT_M, bias)
        found.append((abs(drop.way_m - drop_m), drop.sd_m))
    assert found[-2][0] < 0.01
    assert found[-2][1] < 0.8 * found[0][1]
    assert bias.mean[[0, 2]] == pytest.approx([0.15, -0.1], abs=0.05)


def test_who_lies_down_tells_nothing_of_the_bias() -> None:
    """The hips end half a metre lower: taken for a bias, the drops of the next set were wrong by it."""
    path, known = HipPath(), HipPath().nothing_known()
    for _ in range(4):
        quaternion, force, lean = bend(0.06, 0.2, 60.0, 3.0)
        _, _, known = path.of(quaternion, force, LEFT, lean, lean, HEIGHT_M, known)
    time_s = np.linspace(0.0, 1.0, len(lean))
    sinks = -0.5 * way(time_s**3 * (10.0 - time_s * (15.0 - 6.0 * time_s)))
    up = np.stack([-np.sin(np.deg2rad(lean)), np.zeros_like(lean), np.cos(np.deg2rad(lean))], axis=1)
    drop, _, after = path.of(quaternion, force + sinks[:, None] * up, LEFT, lean, lean, HEIGHT_M, known)
    assert not drop.known
    assert not drop.came_back
    assert after.mean == pytest.approx(known.mean)


def test_a_stand_tells_the_bias_along_gravity() -> None:
    path = HipPath()
    bias = path.stood(np.full((100, 3), [0.0, 0.0, GRAVITY_M_S2 + 0.4]))
    assert bias.mean == pytest.approx([0.0, 0.0, 0.4], abs=0.05)
    assert np.diag(np.linalg.inv(bias.information)) ** 0.5 == pytest.approx([0.35, 0.35, 0.11], abs=0.01)
    moment = path.stood(np.full((1, 3), [0.0, 0.0, GRAVITY_M_S2 + 0.4]))
    assert moment.mean == pytest.approx(np.zeros(3), abs=0.01)  # the sensor may have been jerked
    for nothing in (np.full((50, 3), np.nan), np.zeros((50, 3))):
        np.testing.assert_array_equal(path.stood(nothing).information, path.nothing_known().information)


def test_a_way_that_could_be_anything_is_not_told() -> None:
    quaternion, force, lean = bend(0.10, 0.22, 65.0, 6.0)
    for useless_sd_m, told in ((0.03, False), (0.12, True)):
        path = HipPath(useless_sd_m=useless_sd_m)
        drop, travel, bias = path.of(quaternion, force, LEFT, lean, lean, HEIGHT_M, path.nothing_known())
        assert (drop.known, travel.known) == (told, told)
        assert bias.information[2, 2] > path.nothing_known().information[2, 2]  # what it tells of the bias is kept


def test_measurements_are_joined_by_their_variances() -> None:
    both = combined([Moved(0.10, 0.01), Moved(0.20, 0.03), UNKNOWN])
    assert both.way_m == pytest.approx(0.11)
    assert both.sd_m == pytest.approx(0.01 * 0.9**0.5)
    assert not combined([UNKNOWN]).known


@pytest.mark.parametrize("unknowns", [7, 9])
def test_the_least_squares_are_scipys(unknowns: int) -> None:
    """Of a size and spread as in a bend; the covariance is the inverse of what is known in all."""
    rng = np.random.default_rng(unknowns)
    design = np.cumsum(np.cumsum(rng.standard_normal((80, unknowns)), axis=0), axis=0) * 0.04**2
    values, before = rng.normal(0.0, 0.2, 80), rng.normal(0.0, 0.1, unknowns)
    information = np.diag(rng.uniform(0.1, 10.0, unknowns) ** -2.0)
    found, covariance = with_prior(design, values, 1250.0, before, information)
    expected = by_scipy.with_prior(design, values, 1250.0, before, information)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_allclose(covariance @ (1250.0 * design.T @ design + information), np.eye(unknowns), atol=1e-7)


def test_a_way_that_is_known_to_12_cm_at_best_is_not_told() -> None:
    path = HipPath()
    assert path._moved(0.0, 0.119**2, 0.0) == Moved(0.0, pytest.approx(0.119))
    assert path._moved(0.0, 0.121**2, 0.0) is UNKNOWN
    assert path._moved(0.0, 0.1**2, 0.1) is UNKNOWN, "the lever's part counts too"

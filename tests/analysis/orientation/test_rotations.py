"""Quaternions against scipy's rotations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dowel.analysis.orientation.rotations import (
    between,
    conjugate,
    from_matrix,
    left_product,
    multiply,
    normalised,
    right_product,
    rotated,
    twist_offset,
    up_in_sensor,
    vertical_acceleration,
)
from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from tests.depth import examples
from tests.reference import by_scipy

seeds = st.integers(0, 2**32 - 1)
FEW = examples(60)


def rotations(seed: int, count: int = 5) -> tuple[Rotation, FloatArray]:
    """Random rotations, as scipy has them and as quaternions with the scalar first."""
    quaternions = normalised(np.random.default_rng(seed).standard_normal((count, 4)))
    return Rotation.from_quat(np.roll(quaternions, -1, axis=1)), quaternions


def same_rotation(one: FloatArray, other: FloatArray) -> bool:
    """Quaternions of either sign are the same rotation."""
    return bool(np.allclose(np.abs(np.sum(one * other, axis=-1)), 1.0, atol=1e-12))


@given(seed=seeds)
@FEW
def test_products_and_inverses(seed: int) -> None:
    (a, p), (b, q) = rotations(seed), rotations(seed + 1)
    expected = np.roll((a * b).as_quat(), 1, axis=1)
    assert same_rotation(multiply(p, q), expected)
    assert same_rotation(conjugate(p), np.roll(a.inv().as_quat(), 1, axis=1))
    np.testing.assert_allclose(q @ left_product(p[0]), multiply(p[0], q), atol=1e-12)
    np.testing.assert_allclose(q @ right_product(p[0]), multiply(q, p[0]), atol=1e-12)


@given(seed=seeds, length=st.floats(0.9, 1.1))
@FEW
def test_up_in_the_sensor(seed: int, length: float) -> None:
    rotation, quaternion = rotations(seed)
    expected = rotation.inv().apply([0.0, 0.0, 1.0])
    np.testing.assert_allclose(up_in_sensor(length * quaternion), length**2 * expected, atol=1e-12)
    # at rest nothing accelerates, however long the quaternion
    rest = vertical_acceleration(up_in_sensor(length * quaternion), GRAVITY_M_S2 * expected)
    np.testing.assert_allclose(rest, 0.0, atol=1e-9)
    rising = rotation.inv().apply([3.0, -1.0, GRAVITY_M_S2 + 2.5])
    np.testing.assert_allclose(vertical_acceleration(up_in_sensor(quaternion), rising), 2.5, atol=1e-9)


@given(seed=seeds)
@FEW
def test_rotated(seed: int) -> None:
    _, quaternion = rotations(seed)
    vector = np.random.default_rng(seed).standard_normal(3)
    np.testing.assert_allclose(rotated(quaternion, vector), by_scipy.rotated(quaternion, vector), atol=1e-12)


@given(seed=seeds)
@FEW
def test_from_matrix(seed: int) -> None:
    rotation, quaternion = rotations(seed)
    for matrix, expected in zip(rotation.as_matrix(), quaternion, strict=True):
        assert same_rotation(from_matrix(matrix), expected)


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("angle_deg", [0.0, 90.0, 179.999, 180.0])
def test_from_matrix_at_half_turns(axis: int, angle_deg: float) -> None:
    rotation = Rotation.from_rotvec(np.deg2rad(angle_deg) * np.eye(3)[axis])
    assert same_rotation(from_matrix(rotation.as_matrix()), np.roll(rotation.as_quat(), 1))


@given(seed=seeds)
@FEW
def test_between_two_directions(seed: int) -> None:
    start, end = normalised(np.random.default_rng(seed).standard_normal((2, 3)))
    matrix = between(start, end)
    np.testing.assert_allclose(matrix, by_scipy.between(start, end), atol=1e-9)
    np.testing.assert_allclose(matrix @ start, end, atol=1e-9)
    angle = Rotation.from_matrix(matrix).magnitude()
    assert angle == pytest.approx(np.arccos(np.clip(start @ end, -1, 1)), abs=1e-6)


def test_opposite_directions_have_no_rotation_of_their_own() -> None:
    with pytest.raises(ValueError, match="opposite"):
        between(np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, -1.0]))


@given(seed=seeds, heading_deg=st.floats(-180.0, 180.0))
@FEW
def test_the_heading_offset_takes_the_twist_out(seed: int, heading_deg: float) -> None:
    """Whatever the headings: the relative rotation that is left has no z part, and is the smaller of the two."""
    rng = np.random.default_rng(seed)
    lower = Rotation.from_euler("yx", [rng.uniform(-20, 80), rng.uniform(-10, 10)], degrees=True)
    relative = Rotation.from_rotvec(np.deg2rad([rng.uniform(-25, 25), rng.uniform(-40, 40), 0.0]))
    upper = Rotation.from_euler("z", heading_deg, degrees=True) * lower * relative
    p, q = (np.roll(each.as_quat(), 1) for each in (lower, upper))
    offset = twist_offset(p, q)
    found = multiply(conjugate(p), multiply(offset, q))
    assert found[3] == pytest.approx(0.0, abs=1e-12)
    assert np.allclose(offset[1:3], 0.0)
    assert same_rotation(found, np.roll(relative.as_quat(), 1))

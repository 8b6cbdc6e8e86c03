"""The trim of an accelerometer, from chips whose errors are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg
from scipy.spatial.transform import Rotation

from dowel.recordings.errors import InputError
from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Samples
from dowel.sensors.simulated import BMI270, LSM6DSO, MPU9250, Chip
from dowel.sensors.simulated.imu import ChipInUse
from dowel.sensors.stream.accelerometer_calibration import FACES, FaceWatch, SixFaces, Trim, angle_deg
from tests.depth import examples

LEVEL = np.array([[sign * (axis == each) for each in range(3)] for axis in range(3) for sign in (1.0, -1.0)])
RATE_HZ = 100.0


def leaning(faces: FloatArray, up_to_deg: float, rng: np.random.Generator) -> FloatArray:
    """The faces, each tilted any way by up to so much."""
    axes = np.cross(faces, rng.standard_normal(faces.shape))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    tilt = np.deg2rad(up_to_deg) * rng.uniform(0.0, 1.0, (len(faces), 1))
    return Rotation.from_rotvec(axes * tilt).apply(faces)


def lying(chip: ChipInUse, up: FloatArray, seconds: float = 5.0, trembling_deg_s: float = 0.0) -> FloatArray:
    """What the chip says while this direction of it points up, (n, 6)."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    rate = np.outer(np.deg2rad(trembling_deg_s) * np.sin(2 * np.pi * 8.0 * time_s), (1.0, 0.0, 0.0))
    samples = chip.measure(Samples(time_s, np.tile(up * GRAVITY_M_S2, (len(time_s), 1)), rate), RATE_HZ)
    return np.column_stack([samples.acc_m_s2, samples.gyr_rad_s])


def poses(chip: ChipInUse, faces: FloatArray) -> list[FloatArray]:
    return [lying(chip, up)[:, :3].mean(axis=0) for up in faces]


def tilt_errors_deg(chip: ChipInUse, trim: Trim | None, rng: np.random.Generator) -> FloatArray:
    """Error of tilt over directions drawn at random, with a trim or without."""
    up = rng.standard_normal((40, 3))
    measured = np.array([lying(chip, each / np.linalg.norm(each), 2.0)[:, :3].mean(axis=0) for each in up])
    return angle_deg(trim.apply(measured) if trim else measured, up)


@pytest.mark.slow
@pytest.mark.parametrize("chip", [BMI270, LSM6DSO, MPU9250], ids=lambda chip: chip.name)
@pytest.mark.parametrize("tilt_deg", [0.0, 20.0], ids=["level", "tilted"])
def test_what_is_left_is_the_cross_axis_error(chip: Chip, tilt_deg: float) -> None:
    """Cross axis 0.3 % is 0.13 deg on the average and 0.3 deg at worst; before it is 1 to 1.5, 2 to 3 at worst."""
    before, after = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        in_use = chip.drawn(rng)
        trim = SixFaces().fit(poses(in_use, leaning(LEVEL, tilt_deg, rng)))
        before.append(tilt_errors_deg(in_use, None, rng))
        after.append(tilt_errors_deg(in_use, trim, rng))
    assert 0.9 < np.sqrt(np.mean(np.square(before))) < 1.6
    assert np.sqrt(np.mean(np.square(after))) < 0.15
    assert np.max(after) < 0.36


@given(
    offset=st.tuples(*[st.floats(-1.4, 1.4)] * 3),
    scale=st.tuples(*[st.floats(0.92, 1.08)] * 3),
    seed=st.integers(0, 2**32 - 1),
)
@examples(60)
def test_without_noise_the_known_errors_are_found_exactly(
    offset: tuple[float, float, float], scale: tuple[float, float, float], seed: int
) -> None:
    up = leaning(LEVEL, 20.0, np.random.default_rng(seed))
    measured = GRAVITY_M_S2 * up / np.array(scale) + np.array(offset)
    trim = SixFaces().fit(list(measured))
    assert trim.offset_m_s2 == pytest.approx(offset, abs=1e-9)
    assert trim.scale == pytest.approx(scale, abs=1e-9)
    assert trim.apply(measured) == pytest.approx(GRAVITY_M_S2 * up, abs=1e-8)
    assert trim.residual_m_s2 < 1e-9


def test_the_worst_tilt_error_and_the_settings_are_those_of_the_trim() -> None:
    trim = Trim((0.3, 0.0, 0.0), (1.0, 1.0, 1.0), 0.1, 0.0)
    assert trim.tilt_error_deg() == pytest.approx(np.rad2deg(np.arctan(0.3 / GRAVITY_M_S2)), abs=0.03)
    assert trim.settings() == {"acc_offset_m_s2": [0.3, 0.0, 0.0], "acc_scale": [1.0, 1.0, 1.0]}
    assert Trim((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.0, 0.0).tilt_error_deg() == pytest.approx(0.0, abs=1e-6)


def test_more_faces_than_six_show_what_is_left() -> None:
    chip = MPU9250.drawn(np.random.default_rng(3))
    edges = np.array([(1.0, 1.0, 0.0), (1.0, 0.0, -1.0), (0.0, -1.0, 1.0)]) / np.sqrt(2.0)
    trim = SixFaces().fit(poses(chip, np.concatenate([LEVEL, edges])))
    assert 1e-3 < trim.residual_m_s2 < 0.05 < trim.before_m_s2


# ----------------------------------------------------------------------------------------------------------- refusals


def refused(faces: FloatArray, measured: FloatArray | None = None) -> str:
    with pytest.raises(InputError) as refusal:
        SixFaces().fit(list(faces * GRAVITY_M_S2 if measured is None else measured))
    return str(refusal.value)


def test_five_faces_or_one_twice_are_refused() -> None:
    assert "needs 6 faces, and there are 5" in refused(LEVEL[:5])
    again = Rotation.from_euler("x", 20.0, degrees=True).apply(LEVEL[4])
    assert "Faces 5 and 6 are the same side" in refused(np.array([*LEVEL[:5], again]))


def test_faces_that_leave_an_axis_unknown_are_refused() -> None:
    """At 45 deg about z all four sides tell the same of x and y."""
    turned = Rotation.from_euler("z", 44.0, degrees=True).apply(LEVEL)
    assert "leave an axis of the sensor unknown" in refused(turned)


@pytest.mark.slow
@pytest.mark.parametrize("tilt_deg", [0.0, 10.0, 30.0])
def test_faces_that_lean_are_not_refused(tilt_deg: float) -> None:
    for seed in range(200):
        SixFaces(apart_deg=0.0).fit(list(GRAVITY_M_S2 * leaning(LEVEL, tilt_deg, np.random.default_rng(seed))))


@pytest.mark.parametrize("wrong", [np.array([1.7, 0.0, 0.0]), np.array([0.0, 0.0, -1.6])])
def test_an_absurd_offset_is_refused(wrong: FloatArray) -> None:
    assert "more than any sensor is" in refused(LEVEL, GRAVITY_M_S2 * LEVEL + wrong)


@pytest.mark.parametrize("factor", [0.5, 1.15, 9.81])
def test_an_absurd_scale_is_refused(factor: float) -> None:
    assert "m/s²" in refused(LEVEL, GRAVITY_M_S2 * LEVEL * factor)


def test_nonsense_is_refused() -> None:
    for value in (0.0, np.nan, np.inf):
        refused(LEVEL, np.full((6, 3), value))
    refused(LEVEL, GRAVITY_M_S2 * LEVEL + np.array([12.0, 0.0, 0.0]))


# -------------------------------------------------------------------------------------------------------------- watch


def turning(seconds: float) -> FloatArray:
    """In a hand: every sample another attitude."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    turned = Rotation.from_rotvec(np.outer(time_s, (1.0, 0.7, 0.2)))
    return np.column_stack([turned.apply([0.0, 0.0, GRAVITY_M_S2]), np.tile((1.0, 0.7, 0.2), (len(time_s), 1))])


def test_the_watch_takes_each_face_once_in_any_chunks() -> None:
    chip = MPU9250.drawn(np.random.default_rng(1))
    stream = np.concatenate([part for up in LEVEL for part in (lying(chip, up, 6.0), turning(1.5))])
    stream = np.concatenate([stream, lying(chip, LEVEL[0], 8.0)])
    for size in (1, 7, 250, len(stream)):
        watch = FaceWatch(RATE_HZ)
        taken = [face for first in range(0, len(stream), size) for face in watch.feed(stream[first : first + size])]
        assert taken == list(FACES)
        assert watch.missing == []
        assert watch.current == "+x"
    offset = np.asarray(watch.fit().offset_m_s2)
    assert np.abs(offset).max() < 0.35, "30 mg at most, by the chip"


def test_a_face_needs_five_seconds_without_a_break() -> None:
    chip = BMI270.drawn(np.random.default_rng(2))
    watch = FaceWatch(RATE_HZ)
    assert watch.feed(np.concatenate([lying(chip, LEVEL[2], 4.5), turning(1.0), lying(chip, LEVEL[2], 4.5)])) == []
    assert watch.current == "+y"
    assert 0.8 < watch.share < 1.0
    assert watch.feed(lying(chip, LEVEL[2], 1.0)) == ["+y"]


def test_a_hand_that_trembles_is_not_still() -> None:
    chip = BMI270.drawn(np.random.default_rng(2))
    watch = FaceWatch(RATE_HZ)
    assert watch.feed(lying(chip, LEVEL[0], 20.0, trembling_deg_s=3.0)) == []
    assert not watch.lies_still


@pytest.mark.parametrize("axis", range(6))
def test_one_axis_that_shakes_is_not_still(axis: int) -> None:
    values = np.zeros((200, 6))
    assert SixFaces().is_still(values)
    values[::2, axis] = 1.0
    assert not SixFaces().is_still(values)


def test_one_that_slowly_tips_over_is_not_still() -> None:
    tilt = np.deg2rad(np.linspace(0.0, 6.0, 2000))
    acc = GRAVITY_M_S2 * np.column_stack([np.sin(tilt), np.zeros(2000), np.cos(tilt)])
    watch = FaceWatch(RATE_HZ)
    assert watch.feed(np.column_stack([acc, np.zeros((2000, 3))])) == []


def test_one_that_leans_between_two_faces_is_no_face() -> None:
    chip = BMI270.drawn(np.random.default_rng(2))
    watch = FaceWatch(RATE_HZ)
    assert watch.feed(lying(chip, np.array([0.6, 0.0, 0.8]), 8.0)) == []
    assert watch.lies_still
    assert watch.current is None


def test_the_trim_is_scipys_least_squares() -> None:
    rng = np.random.default_rng(5)
    faces = poses(MPU9250.drawn(rng), leaning(LEVEL, 10.0, rng))
    unit = np.array(faces) / GRAVITY_M_S2
    square, linear = np.split(linalg.lstsq(np.column_stack([unit**2, unit]), np.ones(len(unit)))[0], 2)
    offset = -linear / (2.0 * square)
    trim = SixFaces().fit(faces)
    assert trim.offset_m_s2 == pytest.approx(GRAVITY_M_S2 * offset, abs=1e-9)
    assert trim.scale == pytest.approx(np.sqrt(square / (1.0 + square @ offset**2)), abs=1e-9)

"""The plausibility checks, on a motion whose truth is known and on real recordings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.exchange.plausibility import check, same_recording
from dowel.recordings.errors import InputError
from dowel.recordings.formats import decode, read_bundle
from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Samples
from tests.depth import examples
from tests.recordings.formats import format_files as written

MOTION = written.motion()


def noisy(samples: Samples, seed: int = 1, acc_m_s2: float = 0.05, gyr_rad_s: float = 0.005) -> Samples:
    rng = np.random.default_rng(seed)
    return replace(
        samples,
        acc_m_s2=samples.acc_m_s2 + rng.normal(0, acc_m_s2, samples.acc_m_s2.shape),
        gyr_rad_s=samples.gyr_rad_s + rng.normal(0, gyr_rad_s, samples.gyr_rad_s.shape),
    )


def refusal(samples: Samples) -> str:
    with pytest.raises(InputError) as caught:
        check(samples, None, "sacrum.csv")
    assert str(caught.value).startswith("sacrum.csv")
    return str(caught.value)


def test_a_sound_recording() -> None:
    seen = check(noisy(MOTION), 100.0)
    assert seen.acc_rest_m_s2 == pytest.approx(GRAVITY_M_S2, abs=0.02)
    assert seen.measured_rate_hz == pytest.approx(100)
    assert min(seen.gravity_gyro_agreement) > 0.98
    assert (seen.duplicated_times, seen.backward_times, seen.gaps, seen.missing_pct) == (0, 0, (), 0)
    assert len(seen.findings) == 1
    assert "m/s2 at rest" in seen.findings[0]


@pytest.mark.parametrize(("shortest_s", "longest_s"), [(0.019, 0.021), (0.002, 0.03)])
def test_a_sound_recording_at_any_times(shortest_s: float, longest_s: float) -> None:
    """Gravity and gyroscope are compared over time, not over samples."""
    time_s = np.cumsum(np.random.default_rng(1).uniform(shortest_s, longest_s, 600))
    seen = check(replace(written.motion_at(1.0 + time_s), time_s=time_s), None)
    assert min(seen.gravity_gyro_agreement) > 0.98


@pytest.mark.parametrize(
    ("acc_factor", "words"),
    [
        (1 / GRAVITY_M_S2, "looks like g, not m/s2"),
        (1000 / GRAVITY_M_S2, "not gravity"),
        (0.0, "gravity was taken"),
    ],
)
def test_acceleration_in_another_unit(acc_factor: float, words: str) -> None:
    assert words in refusal(replace(MOTION, acc_m_s2=MOTION.acc_m_s2 * acc_factor))


def test_broken_scale_is_a_finding() -> None:
    seen = check(replace(MOTION, acc_m_s2=MOTION.acc_m_s2 * 1.4), None)
    assert any("13.7 m/s2 at rest is not gravity" in finding for finding in seen.findings)


@pytest.mark.parametrize("speed", [0.1, 0.3, 1.0, 3.0])
def test_rate_in_degrees(speed: float) -> None:
    """At any speed: by gravity's motion when slow, by the range of any sensor when fast."""
    time_s = np.arange(int(1000 / min(1.0, 3 * speed))) / 100
    samples = written.motion_at(1.0 + speed * (time_s + 1.0))
    samples = noisy(Samples(time_s, samples.acc_m_s2, np.rad2deg(samples.gyr_rad_s * speed)))
    assert "looks like deg/s" in refusal(samples)


@pytest.mark.parametrize("factor", [0.5, 2.0, 0.25])
def test_gyroscope_of_another_scale_is_refused(factor: float) -> None:
    text = refusal(noisy(replace(MOTION, gyr_rad_s=MOTION.gyr_rad_s * factor)))
    assert f"measures {factor:.2f} times the rotation" in text or "0.49" in text or "1.99" in text or "2.0" in text


def swinging(acc_factor: float = 1.0) -> Samples:
    """A swing that never rests: gravity's direction unseen beside what the swing adds."""
    time_s = np.arange(4000) / 100
    rate = 5.4 * np.cos(4.4 * time_s)
    acc = np.column_stack([9.8 + 0.35 * rate**2, np.zeros(4000), 4.0 * np.sin(4.4 * time_s)])
    return noisy(Samples(time_s, acc * acc_factor, np.column_stack([np.zeros(4000), rate, np.zeros(4000)])))


@pytest.mark.parametrize("factor", [1.0, 1.4, 2.2])
def test_without_rest_nothing_is_claimed_of_rest(factor: float) -> None:
    seen = check(swinging(factor), None)
    assert not seen.rested
    words = " ".join(seen.findings)
    assert "no rest found" in words
    assert "scale could not be checked" in words
    assert "m/s2 at rest" not in words
    assert "scale is off" not in words


def test_without_rest_a_wrong_unit_is_still_refused() -> None:
    assert "in its quietest moments" in refusal(swinging(0.1))


def signed_permutations() -> list[FloatArray]:
    eye = np.eye(3)
    return [eye, eye[[1, 0, 2]], eye[[2, 1, 0]], eye[[1, 2, 0]], -eye, eye * [1, -1, 1], eye * [-1, -1, 1]]


@pytest.mark.parametrize("turn", signed_permutations()[1:], ids=str)
def test_axes_that_do_not_fit_are_noticed(turn: FloatArray) -> None:
    samples = noisy(replace(MOTION, gyr_rad_s=MOTION.gyr_rad_s @ turn))
    try:
        said = " ".join(check(samples, None).findings)
    except InputError as error:
        said = str(error)
    columns = [("-" if row.sum() < 0 else "") + "xyz"[int(np.abs(row).argmax())] for row in turn]
    assert f"were its columns {', '.join(columns)}" in said


def test_flipped_gyroscope_is_refused_with_the_right_axes() -> None:
    assert "its columns -x, -y, -z" in refusal(noisy(replace(MOTION, gyr_rad_s=-MOTION.gyr_rad_s)))


def test_swapped_order_is_refused_with_the_right_axes() -> None:
    samples = noisy(replace(MOTION, gyr_rad_s=MOTION.gyr_rad_s[:, [1, 2, 0]]))
    assert "its columns z, x, y" in refusal(samples)


def test_standing_still_is_only_a_finding() -> None:
    still = Samples(MOTION.time_s, np.tile([0.0, 0.0, 9.8], (len(MOTION), 1)), np.zeros((len(MOTION), 3)))
    seen = check(noisy(still), None)
    assert np.isnan(seen.gravity_gyro_agreement).all()
    assert any("hardly any turning" in finding for finding in seen.findings)


def test_unusable_samples() -> None:
    broken = MOTION.acc_m_s2.copy()
    broken[30, 1] = np.nan
    assert "missing or infinite" in refusal(replace(MOTION, acc_m_s2=broken))
    back = MOTION.time_s.copy()
    back[500:] -= 1.0
    assert "time goes backwards after 4.990 s" in refusal(replace(MOTION, time_s=back))
    assert "lasts 0.99 s" in refusal(Samples(MOTION.time_s[:100], MOTION.acc_m_s2[:100], MOTION.gyr_rad_s[:100]))
    assert "samples per second" in refusal(written.motion(12.0, 5.0))
    for count in (0, 1):
        assert "at least" in refusal(Samples(MOTION.time_s[:count], MOTION.acc_m_s2[:count], MOTION.gyr_rad_s[:count]))


def test_one_long_gap_is_no_low_rate() -> None:
    """A clock that was put forward by an hour in the middle."""
    late = replace(MOTION, time_s=MOTION.time_s + 3600.0 * (MOTION.time_s > 6.0))
    seen = check(late, 100.0)
    assert seen.measured_rate_hz == pytest.approx(100.0)
    assert any("1 gap over 0.2 s, the longest 3600.01 s" in finding for finding in seen.findings)


def test_gaps_missing_samples_and_repeated_stamps_are_told() -> None:
    keep = np.ones(len(MOTION), np.bool_)
    keep[300:400] = False
    keep[[600, 650]] = False
    time_s = MOTION.time_s.copy()
    time_s[800] = time_s[799]
    seen = check(Samples(time_s[keep], MOTION.acc_m_s2[keep], MOTION.gyr_rad_s[keep]), 120.0)
    assert seen.acc_rest_m_s2 == pytest.approx(GRAVITY_M_S2, abs=0.01)  # the gap is no rest
    assert seen.gaps == (pytest.approx((2.99, 1.01)),)
    assert seen.missing_pct == pytest.approx(100 * 102 / len(MOTION), rel=0.02)
    assert seen.duplicated_times == 1
    words = " ".join(seen.findings)
    assert "1 gap over 0.2 s, the longest 1.01 s" in words
    assert "1 time stamps repeat" in words
    assert "120 Hz is stated, 100.1 Hz measured" in words


@examples(30)
@given(st.integers(0, 400), st.integers(300, 800), st.floats(-100, 100))
def test_pieces_of_one_recording_are_the_same(start: int, length: int, later_s: float) -> None:
    whole = noisy(MOTION)
    part = slice(start, start + length)
    piece = Samples(whole.time_s[part] + later_s, whole.acc_m_s2[part], whole.gyr_rad_s[part])
    assert same_recording(whole, piece)
    assert same_recording(piece, whole)
    assert not same_recording(noisy(MOTION, seed=2), piece)


def test_resting_sensors_that_repeat_coarse_values_are_not_the_same() -> None:
    def still(seed: int) -> Samples:
        coarse = noisy(
            Samples(MOTION.time_s, np.tile([0.0, 0.0, 9.8], (1200, 1)), np.zeros((1200, 3))), seed, 0.01, 0.0
        )
        moving = noisy(MOTION, seed)
        acc = np.where(MOTION.time_s[:, None] < 10, np.round(coarse.acc_m_s2, 1), moving.acc_m_s2)
        return replace(coarse, acc_m_s2=acc)

    assert not same_recording(still(1), still(2))
    assert same_recording(still(1), still(1))


def test_real_sensors_on_one_person_are_different_recordings(real_recordings: Path) -> None:
    files = sorted(real_recordings.glob("seated-bends/*/*.csv"))
    samples = [decode(read_bundle(path)).samples for path in files]
    for i, a in enumerate(samples):
        for j, b in enumerate(samples):
            assert same_recording(a, b) is (i == j)


def test_real_recordings_in_wrong_units_are_refused(real_recordings: Path) -> None:
    for path in sorted([*real_recordings.glob("seated-bends/*/*.csv"), *real_recordings.glob("squats/[bc]*[kt].csv")]):
        samples = decode(read_bundle(path)).samples
        assert "looks like g" in refusal(replace(samples, acc_m_s2=samples.acc_m_s2 / GRAVITY_M_S2)).replace(
            path.name, "sacrum.csv"
        )
        assert "looks like deg/s" in refusal(replace(samples, gyr_rad_s=np.rad2deg(samples.gyr_rad_s)))


def test_real_sound_recordings_raise_no_alarm(real_recordings: Path) -> None:
    """Translation and walking hide gravity's motion; sound axes must not be called wrong for it."""
    paths = [*real_recordings.glob("seated-bends/*/*.csv"), *real_recordings.glob("squats/[bc]*[kt].csv")]
    for path in sorted([*paths, *real_recordings.glob("broad/*.csv")]):
        seen = check(decode(read_bundle(path)).samples, None)
        assert not any("columns" in finding or "against" in finding for finding in seen.findings), path


def test_real_recordings_with_turned_signs_are_noticed(real_recordings: Path) -> None:
    for path in sorted([*real_recordings.glob("seated-bends/*/*.csv"), *real_recordings.glob("squats/[bc]*[kt].csv")]):
        samples = decode(read_bundle(path)).samples
        turned = replace(samples, gyr_rad_s=-samples.gyr_rad_s)
        try:
            said = " ".join(check(turned, None).findings)
        except InputError as error:
            said = str(error)
        assert "gravity moves a" in said, path

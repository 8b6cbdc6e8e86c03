"""What a sensor did not measure is found before anything rests on it; what it measured is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.formats import decode, read_bundle
from dowel.recordings.grid_points import Status
from dowel.recordings.types import FloatArray, Placement, Samples, Sensor
from dowel.sensors.stream.gyroscope_gain import GyroscopeGain
from dowel.sensors.stream.sensor_track import SETTLING_S, Track, TrackSamples
from tests.depth import examples
from tests.sensors.stream.test_sensor_track import fed, packets, sensor
from tests.streams import canonical

RATE_HZ = 100.0
ACC, GYR = slice(0, 3), slice(3, 6)
FINE = (0.0048, 0.00106)
"""Steps of the usual chips, 16 g and 2000 deg/s in 16 bits: m/s2 and rad/s."""
COARSE = (0.1, float(np.deg2rad(1.0)))
"""Text with two digits of g and whole degrees per second."""


def bends(steps: tuple[float, float] = FINE, *, seed: int = 1, rest_s: float = 2.0, bends: int = 3) -> FloatArray:
    """A sensor on a trunk (n, 6): stands, bends of 60 deg down and up in 2 s each with a second between, stands."""
    one = np.concatenate([_smooth(2.0), np.ones(100), 1.0 - _smooth(2.0), np.zeros(round(rest_s * RATE_HZ))])
    lean = np.deg2rad(60.0) * np.concatenate([np.zeros(round(rest_s * RATE_HZ)), *[one] * bends])
    rng = np.random.default_rng(seed)
    count = len(lean)
    sway = np.deg2rad(0.5) * np.sin(2 * np.pi * np.outer(np.arange(count) / RATE_HZ, (0.31, 0.47)) + (0.3, 1.1))
    values = np.zeros((count, 6))
    values[:, 0], values[:, 2] = 9.81 * np.sin(lean + sway[:, 0]), 9.81 * np.cos(lean + sway[:, 0])
    values[:, 1] = 9.81 * sway[:, 1] + 0.4
    values[:, 4] = np.gradient(lean + sway[:, 0]) * RATE_HZ
    values[:, 3] = np.gradient(sway[:, 1]) * RATE_HZ
    values[:, ACC] += 0.01 * rng.standard_normal((count, 3))
    values[:, GYR] += 0.001 * rng.standard_normal((count, 3)) + 0.01
    values[:, ACC] = np.round(values[:, ACC] / steps[0]) * steps[0]
    values[:, GYR] = np.round(values[:, GYR] / steps[1]) * steps[1]
    return values


def _smooth(seconds: float) -> FloatArray:
    share = np.linspace(0.0, 1.0, round(seconds * RATE_HZ))
    smooth: FloatArray = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
    return smooth


def through(values: FloatArray, sizes: tuple[int, ...] = (1_000_000,), **settings: float) -> tuple[Track, TrackSamples]:
    track = Track(sensor(**settings), 0)
    samples = Samples(np.arange(len(values)) / RATE_HZ, values[:, ACC], values[:, GYR])
    return track, fed(track, packets(samples), sizes)


def frozen(found: TrackSamples) -> list[int]:
    """Which samples came out without values."""
    return np.flatnonzero(np.isnan(found.acc_m_s2[:, 0])).tolist()


def hung(values: FloatArray, start: int, stop: int, chips: slice) -> FloatArray:
    changed = values.copy()
    changed[start:stop, chips] = values[start - 1, chips]
    return changed


WHOLE = slice(0, 6)


@pytest.mark.parametrize("start", [250, 300, 450, 520, 620])
@pytest.mark.parametrize("chips", [WHOLE, ACC, GYR], ids=["all", "acc", "gyr"])
def test_a_chip_that_hangs_is_found_from_its_first_repeat(start: int, chips: slice) -> None:
    """In the middle of a bend, at its bottom and while standing; until the filter has settled again."""
    track, found = through(hung(bends(), start, start + 300, chips))
    moving = chips is not GYR and start != 620  # a gyroscope may repeat itself as long as gravity stays
    assert frozen(found)[-1] == start + 299
    assert start <= frozen(found)[0] <= start + (0 if moving or start in (300, 520) else 130)
    assert not (found.status[:start] & Status.FROZEN).any()
    assert (found.status[frozen(found)[0] : start + 300 + round(SETTLING_S * RATE_HZ)] & Status.FROZEN).all()
    assert np.flatnonzero(found.status & Status.BREAK).tolist() == [start + 300]
    assert track.health.counts.frozen == len(frozen(found))


def test_what_a_hanging_gyroscope_hides_is_small() -> None:
    """It hangs while standing, and is found in the next bend: what was used before is off by less than 2 deg."""
    for seed in range(3):
        values = bends(seed=seed)
        found = through(hung(values, 100, 600, GYR))[1]
        first = frozen(found)[0]
        turned = np.rad2deg(np.cumsum(values[100:first, 4] - 0.01) / RATE_HZ)
        assert np.abs(turned).max() < 2.0


@pytest.mark.parametrize("chips", [WHOLE, ACC, GYR], ids=["all", "acc", "gyr"])
@pytest.mark.parametrize("value", [0.0, 0.3])
def test_a_chip_that_is_dead_from_the_beginning(chips: slice, value: float) -> None:
    values = bends()
    values[:, chips] = value
    found = through(values)[1]
    assert frozen(found)[0] <= 240  # a gyroscope as soon as gravity turns; the bend begins at 200
    assert frozen(found)[-1] == len(found) - 1
    assert len(frozen(found)) == len(found) - frozen(found)[0]


@pytest.mark.parametrize("length", [1, 3, 12])
def test_a_few_zeros_are_filled_like_lost_samples(length: int) -> None:
    values = bends()
    broken = values.copy()
    broken[300 : 300 + length] = 0.0
    track, found = through(broken)
    assert len(found) == len(values)
    assert not found.status.any()
    assert np.abs(found.acc_m_s2 - values[:, ACC]).max() < 0.5
    assert track.health.counts.frozen == track.filled_samples == length


@pytest.mark.parametrize("steps", [FINE, COARSE, (0.01, 0.01), (0.02, 0.0001), (0.1, 0.0001), (0.003, 0.02)])
@pytest.mark.parametrize("times", [1, 2, 4], ids=["100 Hz", "doubled", "fourfold"])
def test_a_sound_sensor_is_left_alone(steps: tuple[float, float], times: int) -> None:
    """Also a coarse one that stands still, and one whose 50 or 25 Hz are sent as 100."""
    values = bends(steps, rest_s=6.0, bends=2)
    values = np.repeat(values[::times], times, axis=0)
    track, found = through(values)
    np.testing.assert_allclose(found.acc_m_s2, values[:, ACC], atol=1e-5)
    assert not found.status.any()
    assert track.health.counts == type(track.health.counts)()


@pytest.mark.slow
def test_chips_that_take_turns_in_repeating_are_sound() -> None:
    """A phone's two streams, each at half the rate: every sample repeats one chip of the one before."""
    values = bends()
    values[100::2, ACC], values[101::2, GYR] = values[99:-1:2, ACC], values[100:-1:2, GYR]
    for size in (1, 2, 5, 10, 100, len(values)):
        assert frozen(through(values, (size,) * (len(values) // size + 1))[1]) == [], size


def test_a_gyroscope_that_sends_zeros_at_rest_is_sound() -> None:
    """Some families take what is under a threshold for rest."""
    values = bends()
    values[:, GYR] -= 0.01
    values[:, GYR][np.abs(values[:, GYR]).max(axis=1) < np.deg2rad(0.8)] = 0.0
    assert not through(values)[1].status.any()


@pytest.mark.parametrize("start", [250, 320, 560])
def test_a_coarse_sensor_that_hangs_while_it_moves(start: int) -> None:
    found = through(hung(bends(COARSE), start, start + 300, WHOLE))[1]
    assert frozen(found)[0] <= start + 10
    assert frozen(found)[-1] == start + 299


@pytest.mark.parametrize("sizes", [(1_000_000,), (149, 1000)], ids=["at once", "divided"])
def test_how_long_a_coarse_sensor_may_stand_still_is_not_told_by_what_it_sends_later(sizes: tuple[int, ...]) -> None:
    """It repeats itself for a second, and only then sends finer steps."""
    values = hung(bends(COARSE)[:260], 100, 200, WHOLE)
    values[200:] = bends(FINE)[200:260]
    values[200, ACC] = values[199, ACC] + FINE[0]
    assert frozen(through(values, sizes)[1]) == []


@pytest.mark.parametrize(
    ("axis", "height"), [(0, 9000 * 9.81), (2, -9000 * 9.81), (1, 150.0), (4, 30.0), (3, -500.0), (5, 8.0)]
)
@pytest.mark.parametrize("at", [0, 1, 100, 310, -1])
def test_a_spike_is_left_out_and_filled(axis: int, height: float, at: int) -> None:
    values = bends()
    spoiled = values.copy()
    spoiled[at, axis] += height
    track, found = through(spoiled)
    if at in (0, -1) and abs(height) < 200.0:
        return  # nothing before or after it shows that it is one
    inner = slice(1, -1)
    np.testing.assert_allclose(found.acc_m_s2[inner], values[: len(found)][inner, ACC], atol=0.3)
    np.testing.assert_allclose(found.gyr_rad_s[inner], values[: len(found)][inner, GYR], atol=0.1)
    assert track.health.counts.impossible == 1
    assert not found.status.any()


def test_steep_movement_is_no_spike() -> None:
    """A knock of several samples, and a turn that begins with a jolt, are measured as they are."""
    values = bends()
    values[300:304, 0] += (40.0, 75.0, 70.0, 20.0)
    values[330:333, 4] += (3.0, 6.0, 5.0)
    track, found = through(values)
    np.testing.assert_allclose(found.acc_m_s2, values[:, ACC], atol=1e-5)
    assert track.health.counts.impossible == 0


def test_a_knock_that_fades_from_one_sample_to_the_next_is_no_spike() -> None:
    """What comes after it lies far from what came before."""
    values = bends()
    values[300:302, 0] += (130.0, 65.0)
    track, found = through(values)
    np.testing.assert_allclose(found.acc_m_s2, values[:, ACC], atol=1e-5)
    assert track.health.counts.impossible == 0


def swing(peak: float, axis: int, limit: float) -> FloatArray:
    """An axis that swings with noise, and stops at a limit."""
    values = bends()
    time_s = np.arange(len(values)) / RATE_HZ
    values[:, axis] = peak * np.sin(2 * np.pi * 0.7 * time_s) + 0.002 * values[::-1, 1]
    values[:, axis] = np.clip(values[:, axis], -limit, limit * 0.9999)
    return values


@pytest.mark.parametrize(
    ("axis", "peak", "limit"), [(4, 6.0, 4.363), (3, 2.6, 2.1817), (5, 1.2, 0.6), (0, 26.0, 19.613)]
)
def test_clipping_shows_without_a_range(axis: int, peak: float, limit: float) -> None:
    values = swing(peak, axis, limit)
    at_end = np.abs(values[:, axis]) > 0.9995 * limit
    found = through(values)[1]
    told = (found.status & Status.CLIPPED) != 0
    settled = np.flatnonzero(found.status & Status.BREAK)
    if axis == 0:
        assert not told[~at_end].any()
    else:  # what was turned beyond the end is not known, and the filter begins again
        assert len(settled) > 10
        assert told[settled[0] : settled[-1] + 390].all()
    assert np.count_nonzero(told & at_end) > 0.8 * np.count_nonzero(at_end)


def test_clipping_shows_in_a_sensor_that_is_jolted_as_it_begins() -> None:
    """How small the gyroscope's steps are is learned from all that it sent, and not from the first of it."""
    values = bends()[:250]
    values[:, 3:5] = 0.01  # it turns about one axis alone
    values[:10:2, 5] += 0.05
    values[150:200, 5] = np.minimum(0.04 * np.arange(50), 0.6)
    told = (through(values, (1,))[1].status & Status.CLIPPED) != 0
    assert told[175:200].all()
    assert not told[:150].any()


@pytest.mark.parametrize("axis", [4, 0])
def test_a_round_peak_is_not_clipped(axis: int) -> None:
    """Nor a resting value, however often it is repeated."""
    values = swing(3.0 if axis == 4 else 22.0, axis, 1e3)
    for steps in (FINE, (0.02, 0.005)):
        values[:, axis] = np.round(values[:, axis] / steps[axis // 3]) * steps[axis // 3]
        assert not (through(values)[1].status & Status.CLIPPED).any()


faults = st.sampled_from(["hang", "acc", "gyr", "zero", "spike", "absurd", "double", "clip", "axis", "nothing"])


@pytest.mark.slow
@given(
    happens=st.lists(st.tuples(faults, st.integers(0, 900), st.integers(1, 120)), max_size=6),
    steps=st.sampled_from([FINE, COARSE]),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=12),
)
@examples(30)
def test_any_chunks(happens: list[tuple[str, int, int]], steps: tuple[float, float], sizes: list[int]) -> None:
    """Whatever happens, in any chunks: the same samples, in order, in time, and each accounted for."""
    values = bends(steps, bends=1, rest_s=2.0)
    for fault, start, length in happens:
        stop = min(start + length, len(values))
        if fault in ("hang", "acc", "gyr") and start:
            chips = {"hang": WHOLE, "acc": ACC, "gyr": GYR}[fault]
            values[start:stop, chips] = values[start - 1, chips]
        elif fault == "zero":
            values[start:stop] = 0.0
        elif fault == "double":
            values[start + 1 : stop : 2] = values[start : stop - 1 : 2][: len(values[start + 1 : stop : 2])]
        elif fault in ("spike", "absurd") and start < len(values):
            values[start, length % 6] += {"spike": 90.0, "absurd": 1e6}[fault]
        elif fault == "clip":
            values[start:stop, 4] = 4.36
        elif fault == "axis":
            values[start : stop + 300, length % 6] = 0.0
    whole, found = through(values)
    cut, also = through(values, tuple(sizes))
    assert canonical(found) == canonical(also)
    assert whole.health.counts == cut.health.counts
    assert (np.diff(found.time_s) > 0).all()
    assert (np.diff(found.sequence) >= 0).all()
    nothing = np.isnan(found.acc_m_s2[:, 0])
    assert (found.status[nothing] & Status.FROZEN).all()
    assert np.isfinite(found.gyr_rad_s[~nothing]).all()


@pytest.mark.slow
def test_real_recordings_are_sound(real_recordings: Path) -> None:
    """Backs, squats and a sensor in a hand: nothing of them is left out or doubted."""
    for path in sorted(real_recordings.glob("*/**/*.csv")):
        bundle_has = path.read_text().splitlines()[0]
        if "acc_x_m_s2" not in bundle_has:
            continue
        samples = decode(read_bundle(path)).samples
        rate_hz = (len(samples) - 1) / float(samples.time_s[-1] - samples.time_s[0])
        track = Track(
            Sensor(Placement.SACRUM, "decoded", measured_rate_hz=rate_hz, settings={"time_base": "session"}), 0
        )
        found = fed(track, packets(samples))
        assert not (found.status & (Status.FROZEN | Status.CLIPPED)).any(), path
        assert track.health.counts.left_out == 0, path


def with_rests(gain: float = 1.0) -> FloatArray:
    values = bends(bends=6)
    values[:, GYR] = 0.01 + (values[:, GYR] - 0.01) * gain
    return values


@pytest.mark.parametrize("gain", [0.5, 0.87, 0.95, 1.0, 1.05, 1.15, 2.0])
def test_the_gain_of_a_gyroscope_shows_in_turns_between_rests(gain: float) -> None:
    track, found = through(with_rests(gain))
    assert track.gain.gain == pytest.approx(gain, rel=0.03)
    assert track.gain.told == (abs(gain - 1.0) > 2.0 * track.gain.sd)
    doubtful = (found.status & Status.DOUBTFUL) != 0
    assert doubtful.any() == track.gain.doubtful == (abs(gain - 1.0) >= 0.13)
    if gain in (0.5, 2.0):
        assert doubtful[1200:].all()  # in the third bend


def test_a_gain_is_that_of_the_latest_40_turns() -> None:
    gain, values = GyroscopeGain(1.0 / RATE_HZ, every_turn=True), with_rests()
    for _ in range(4):
        gain.feed(values[:, ACC], values[:, GYR], np.full(len(values), 1.0 / RATE_HZ))
    assert gain.turns == 40


def test_a_gain_that_is_known_holds_from_the_beginning_and_can_be_corrected() -> None:
    known = through(with_rests(0.8), gyr_gain=0.8)[1]
    assert (known.status & Status.DOUBTFUL).all()
    corrected, found = through(with_rests(0.8), gyr_gain=0.8, gyr_scale=1.25)
    assert not found.status.any()
    assert corrected.gain.gain == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize("axis", range(6))
@pytest.mark.parametrize("start", [0, 230, 330])
@pytest.mark.parametrize("value", [0.0, 0.3])
def test_a_dead_axis_is_found(axis: int, start: int, value: float) -> None:
    """Standing, in a bend, and from the beginning on; its chip measures again when the axis does."""
    values = bends()
    broken = values.copy()
    broken[start:500, axis] = value
    found = through(broken)[1]
    assert frozen(found)[0] <= start + (150 if start else 250)  # an axis that never moved is doubted less soon
    assert frozen(found) == list(range(frozen(found)[0], 500))
    assert np.flatnonzero(found.status & Status.BREAK).tolist() == [500]


@pytest.mark.parametrize("steps", [FINE, COARSE, (0.02, 0.01), (0.1, 0.0001)])
def test_an_axis_that_hardly_turns_is_sound(steps: tuple[float, float]) -> None:
    """A gyroscope that says nothing of slow turns."""
    values = bends(steps)
    slow = values.copy()
    slow[:, GYR] = np.where(np.abs(values[:, GYR] - 0.01) < 0.01, 0.0, values[:, GYR] - 0.01)
    assert frozen(through(slow)[1]) == []


def test_a_movement_that_was_computed_about_one_axis_is_sound() -> None:
    lean = np.deg2rad(30.0) * np.sin(np.arange(3000) / 70.0)
    turn, none = np.gradient(lean) * RATE_HZ, np.zeros_like(lean)
    values = np.column_stack([9.81 * np.sin(lean), none, 9.81 * np.cos(lean), 0.6 * turn, none, 0.8 * turn])
    assert frozen(through(values)[1]) == []

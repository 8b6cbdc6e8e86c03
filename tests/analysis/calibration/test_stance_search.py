"""A stance from a whole recording: which posture is upright, which way is forward, and when nothing is said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dowel.analysis.calibration import stance_search
from dowel.analysis.calibration.quiet_postures import QuietPostures, Standing, _without_offset, spread_deg
from dowel.analysis.calibration.stance_search import Found, NotFound, OwnStance, _straighter, _zero_sd_deg, seen
from dowel.analysis.repetitions.bends import Bend
from dowel.recordings.grid_points import GRID_HZ, Status
from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from tests.depth import examples

PLACES = ["upper_back", "sacrum"]
LEVER_M = 0.5
"""Of the upper back above the hips, about which the trunk turns here as one block."""

Posture = tuple[float, float]
"""Forward and right lean, deg."""
UPRIGHT = (0.0, 0.0)
HINGE = (65.0, 0.0)


def moves(postures: Sequence[tuple[Posture, float]], way_s: float = 1.2) -> FloatArray:
    """Lean forward and to the right (n, 2) through postures that are held for some seconds each."""
    path, here = [], np.array(postures[0][0])
    for posture, held_s in postures:
        s = np.linspace(0.0, 1.0, round(way_s * GRID_HZ))[:, None]
        path.append(here + (np.array(posture) - here) * s**3 * (10.0 - s * (15.0 - 6.0 * s)))
        here = np.array(posture)
        path.append(np.repeat(here[None], round(held_s * GRID_HZ), axis=0))
    whole = np.concatenate(path[1:])
    sway = np.random.default_rng(1).normal(0.0, 0.15, (len(whole) // 25 + 2, 2))
    at = np.arange(len(whole)) / 25.0
    return np.asarray(whole + np.stack([np.interp(at, np.arange(len(sway)), sway[:, i]) for i in range(2)], axis=1))


def values_of(leans_deg: FloatArray, *, seed: int = 0, rounding: float = 0.0) -> tuple[FloatArray, list[FloatArray]]:
    """Grid values of both sensors mounted anyhow, and the true frames; the upper back leans ``rounding`` farther."""
    rng = np.random.default_rng(seed)
    values, frames = [], []
    for share, lever_m in ((1.0 + rounding, LEVER_M), (1.0, 0.1)):
        trunk = Rotation.from_euler("yx", leans_deg * [share, 1.0], degrees=True)
        mounting = Rotation.from_quat(rng.standard_normal(4))
        place_m = trunk.apply([-0.1, 0.0, lever_m])
        # twice a hull of a quarter of a second, as the sway is made of straight pieces
        smooth = np.hanning(25) / np.hanning(25).sum()
        place_m = np.stack(
            [np.convolve(np.pad(column, 12, mode="edge"), smooth, "valid") for column in place_m.T], axis=1
        )
        force = np.gradient(np.gradient(place_m, axis=0), axis=0) * GRID_HZ**2 + np.array([0.0, 0.0, GRAVITY_M_S2])
        sensor = trunk * mounting
        values.append(np.hstack([np.roll(sensor.as_quat(), 1, axis=1), sensor.apply(force, inverse=True)]))
        frames.append(mounting.inv().as_matrix().T)
    return np.stack(values), frames


def searched(leans_deg: FloatArray, *, seed: int = 0, rounding: float = 0.0) -> tuple[Found | NotFound, float]:
    """What is found, and how far the worst of the two sensors' axes lies from the truth, deg."""
    values, frames = values_of(leans_deg, seed=seed, rounding=rounding)
    found = OwnStance().find(PLACES, *seen(PLACES, values, np.zeros(values.shape[:2], np.uint8)))
    if isinstance(found, NotFound):
        return found, np.nan
    cosine = [
        np.einsum("ij,ij->i", found.calibration.frames[place], true) for place, true in zip(PLACES, frames, strict=True)
    ]
    return found, float(np.rad2deg(np.arccos(np.clip(np.min(cosine), -1.0, 1.0))))


RIGHT = (0.0, 40.0)
LEFT = (0.0, -38.0)


def reps(count: int, top_s: float = 1.0, bottom_s: float = 0.5, bend: Posture = HINGE) -> list[tuple[Posture, float]]:
    return [(bend, bottom_s), (UPRIGHT, top_s)] * count


STARTS = {
    "a stand": [(UPRIGHT, 3.0)],
    "the middle of a set": [(HINGE, 0.3)],
    "bent at the bar": [((60.0, 0.0), 8.0)],
    "bent at the bar for most of the time": [((60.0, 0.0), 30.0)],
    "to both sides": [(UPRIGHT, 1.0), *[((0.0, 35.0), 1.0), (UPRIGHT, 0.5), ((0.0, -35.0), 1.0), (UPRIGHT, 0.5)] * 4],
    "to one side": [(UPRIGHT, 1.0), *[((0.0, 30.0), 1.0), (UPRIGHT, 0.5)] * 5],
    "leaning back": [(UPRIGHT, 1.0), *[((-22.0, 0.0), 1.5), (UPRIGHT, 0.5)] * 4],
    "bent by 12 deg": [((12.0, 0.0), 6.0)],
    "crooked": [(UPRIGHT, 1.0), *[((45.0, 30.0), 0.3), (UPRIGHT, 0.8)] * 2],
}


@pytest.mark.parametrize("start", STARTS)
def test_whatever_it_begins_with(start: str) -> None:
    found, off_deg = searched(moves([*STARTS[start], (UPRIGHT, 0.6), *reps(5)]), seed=len(start))
    assert isinstance(found, Found), found
    assert off_deg < 3.0
    assert found.bends >= 5


def test_it_does_not_matter_in_what_pieces_a_recording_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    path = moves([(UPRIGHT, 3.0), *reps(6)])
    whole, _ = searched(path)
    monkeypatch.setattr(stance_search, "PIECE_POINTS", 150)  # cuts every bend
    pieces, _ = searched(path)
    assert isinstance(whole, Found)
    assert isinstance(pieces, Found)
    assert pieces.calibration.to_json() == whole.calibration.to_json()
    assert pieces.bends == whole.bends == 6


@examples(20)
@given(seed=st.integers(0, 1000), start=st.sampled_from(sorted(STARTS)), rounding=st.floats(-0.2, 0.6))
def test_it_does_not_matter_how_the_sensors_are_mounted(seed: int, start: str, rounding: float) -> None:
    found, off_deg = searched(moves([*STARTS[start], (UPRIGHT, 1.0), *reps(4)]), seed=seed, rounding=rounding)
    assert isinstance(found, Found), found
    assert off_deg < 4.0


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ([(UPRIGHT, 5.0)], "no bends"),
        ([(UPRIGHT, 2.0), *[(RIGHT, 0.5), (UPRIGHT, 0.5), (LEFT, 0.5), (UPRIGHT, 0.5)] * 4], "no bends"),
        ([(UPRIGHT, 2.0), *reps(4, bend=(-24.0, 0.0))], "no bends"),
        ([(UPRIGHT, 2.0), *reps(3, bend=(55.0, 0.0)), *reps(3, bend=(0.0, 55.0))], "3 go one way and 3 another"),
        ([(UPRIGHT, 2.0), *reps(1, bend=(40.0, 0.0))], "no bends"),
        # up and down in 6 s each: too slow to tell by the acceleration
        ([(HINGE, 2.0), *[(UPRIGHT, 1.0), (HINGE, 1.0)] * 4], "unclear which posture is upright"),
    ],
)
def test_nothing_is_said_where_it_does_not_show(path: list[tuple[Posture, float]], said: str) -> None:
    found, _ = searched(moves(path, way_s=6.5 if "upright" in said else 1.2))
    assert isinstance(found, NotFound)
    assert said in found.reason


def test_recordings_that_were_exchanged_are_told() -> None:
    values, _ = values_of(moves([(UPRIGHT, 6.0), *reps(5, top_s=3.0)]))
    for exchanged in (False, True):
        given = values[::-1] if exchanged else values
        found = OwnStance().find(PLACES, *seen(PLACES, given, np.zeros(values.shape[:2], np.uint8)))
        assert isinstance(found, NotFound) is exchanged
        assert not isinstance(found, NotFound) or "in each other's place" in found.reason


def test_a_deep_bend_alone_is_enough_where_nothing_contradicts() -> None:
    found, off_deg = searched(moves([(UPRIGHT, 3.0), *reps(1)]))
    assert isinstance(found, Found)
    assert off_deg < 3.0


def test_without_a_pause_there_is_no_upright() -> None:
    time_s = np.arange(2000) / GRID_HZ
    leans = np.stack([30.0 + 30.0 * np.sin(6.0 * time_s), 10.0 * np.sin(9.0 * time_s)], axis=1)
    found, _ = searched(leans)
    assert isinstance(found, NotFound)
    assert "never stood still" in found.reason


def test_what_a_sensor_sent_in_a_bad_state_is_not_looked_at() -> None:
    """Half of the recording, in which the filter settles or a sensor repeats itself, would give another upright."""
    leans = moves([((40.0, 20.0), 15.0), (UPRIGHT, 2.0), *reps(3)])
    values, frames = values_of(leans)
    status = np.zeros(values.shape[:2], np.uint8)
    status[1, :1500] = Status.SETTLING
    found = OwnStance().find(PLACES, *seen(PLACES, values, status))
    assert isinstance(found, Found)
    assert found.upright.min() >= 1500
    assert found.calibration.frames["sacrum"][2] @ frames[1][2] > np.cos(np.deg2rad(3.0))


def test_stands_that_differ_make_the_zero_less_sure() -> None:
    """The upper back alone stands 8 deg rounder in every second stand."""
    even, _ = searched(moves([(UPRIGHT, 2.0), *reps(6)]))
    leans = moves([(UPRIGHT, 2.0), *reps(6)])
    values, _ = values_of(leans)
    rounder = np.where((np.arange(len(leans)) // 320) % 2 == 1, 8.0, 0.0)
    rounder = np.convolve(np.pad(rounder, 50, mode="edge"), np.ones(101) / 101.0, "valid")
    trunk = Rotation.from_euler("yx", leans + np.stack([rounder, 0.0 * rounder], axis=1), degrees=True)
    mounting = Rotation.from_euler("yx", leans[:1], degrees=True)[0].inv() * Rotation.from_quat(
        np.roll(values[0, 0, :4], -1)
    )
    values[0, :, :4] = np.roll((trunk * mounting).as_quat(), 1, axis=1)
    uneven = OwnStance().find(PLACES, *seen(PLACES, values, np.zeros(values.shape[:2], np.uint8)))
    assert isinstance(even, Found)
    assert isinstance(uneven, Found)
    assert even.calibration.zero_sd_deg < 2.0
    assert uneven.calibration.zero_sd_deg > even.calibration.zero_sd_deg + 1.0


def standing(upper_deg: float, sacrum_deg: float, start: int, score: float) -> Standing:
    """A posture in which somebody stood once, for two seconds."""
    leans = np.deg2rad([upper_deg, sacrum_deg])
    up = np.column_stack([np.sin(leans), np.zeros(2), np.cos(leans)])
    return Standing(up, np.array([[start, start + 200]]), up[None], 2.0, 1, 1, 0.0, score)


@pytest.mark.parametrize("back_deg", [15.0, 5.0, 40.0])
@pytest.mark.parametrize("between", [[], [standing(-40.0, -40.0, 300, 0.9)]])
def test_any_other_stand_may_be_the_straighter_one(back_deg: float, between: list[Standing]) -> None:
    """It lies farther back than people sway, and not so far that nobody stands so."""
    other = standing(back_deg, back_deg, 600, 0.5)
    found = _straighter([standing(0.0, 0.0, 0, 1.0), *between, other], np.stack([np.eye(3)] * 2))
    assert (found is other) == (back_deg == 15.0)


@pytest.mark.parametrize(("score", "counts"), [(0.5, True), (0.3, False)])
@pytest.mark.parametrize("best_score", [1.0, 0.2])
def test_a_neighbour_counts_by_how_likely_it_is_beside_the_best(best_score: float, score: float, counts: bool) -> None:
    best, near = standing(0.0, 0.0, 0, best_score), standing(6.0, 0.0, 600, score * best_score)
    bends, frames = [Bend(0, 0.0, 100, 400, 60.0, 800)], np.stack([np.eye(3)] * 2)
    assert (_zero_sd_deg([best, near], bends, frames) > _zero_sd_deg([best], bends, frames)) == counts


def test_a_neighbour_counts_also_behind_a_likelier_posture_that_is_none() -> None:
    """Beside the stand there are a likely posture 60 deg away, and one in which the upper back is 6 deg rounder."""
    best, far, near = standing(0.0, 0.0, 0, 1.0), standing(60.0, 60.0, 300, 0.9), standing(6.0, 0.0, 600, 0.8)
    bends, frames = [Bend(0, 0.0, 100, 400, 60.0, 800)], np.stack([np.eye(3)] * 2)
    assert _zero_sd_deg([best], bends, frames) == pytest.approx(3.0 / np.sqrt(3.0)), (
        "one second of 3 deg beside two of 0"
    )
    assert _zero_sd_deg([best, near], bends, frames) > _zero_sd_deg([best], bends, frames) + 1.0
    assert _zero_sd_deg([best, far, near], bends, frames) == _zero_sd_deg([best, near], bends, frames)


def test_spread_is_that_of_each_window() -> None:
    """Running sums against the plain way, with a gap."""
    rng = np.random.default_rng(3)
    up = rng.normal(0.0, 0.01, (2, 300, 3)) + np.array([0.0, 0.0, 1.0])
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    up[1, 120] = np.nan
    spread = spread_deg(up, 40)
    plain = [np.rad2deg(np.sqrt(up[:, i : i + 40].var(axis=1).sum(axis=-1))).max() for i in range(261)]
    plain = np.where(np.isnan(plain), np.inf, plain).tolist()
    assert spread == pytest.approx(plain, abs=1e-4)


def test_heights_tell_the_top_from_the_bottom_however_long_each_is_held() -> None:
    values, _ = values_of(moves([(HINGE, 6.0), *[(UPRIGHT, 0.5), (HINGE, 6.0)] * 4]))
    up = Rotation.from_quat(np.roll(values[..., :4].reshape(-1, 4), -1, axis=1)).inv().apply([0.0, 0.0, 1.0])
    up = up.reshape(2, -1, 3)
    first, *others = QuietPostures().find(up, (up[0] * values[0, :, 4:]).sum(axis=1) - GRAVITY_M_S2)
    assert first.lower == 0.0
    assert others[0].lower > 0.6
    assert others[0].dwell_s > 2.0 * first.dwell_s


@pytest.mark.parametrize("way_s", [1.0, 4.0, 6.0])
def test_a_height_is_less_sure_with_the_square_of_the_way_to_it(way_s: float) -> None:
    """sources#stance-search: 0.05 m and 0.02 m/s2 times the square, beside the metre that is known beforehand."""
    way = round(way_s * GRID_HZ)
    pauses = np.array([[0, 100], [way, way + 100]])
    _, sd_m = QuietPostures()._heights(pauses, np.array([0, 1]), np.zeros(way + 100))
    way_m = 0.05 + 0.02 * way_s**2
    assert sd_m[0, 1] == pytest.approx(np.sqrt(2.0 / (1.0 + 2.0 / way_m**2)))


@pytest.mark.parametrize("bent_deg", [10.0, 16.0])
def test_who_stands_straighter_at_the_end_than_between_the_bends_may_have_been_bent(bent_deg: float) -> None:
    bent = (bent_deg, 0.0)
    found, _ = searched(moves([(bent, 1.0), *[(HINGE, 0.5), (bent, 0.7)] * 5, (UPRIGHT, 3.0)]))
    assert isinstance(found, NotFound)
    assert "stands straighter" in found.reason


def test_what_a_chips_offset_puts_into_the_vertical_is_taken_out() -> None:
    """Three attitudes at rest, of which no two are at right angles, show the offset along every axis."""
    attitudes = np.array([[0.0, 0.0, 1.0], [0.8, 0.0, 0.6], [0.48, 0.64, 0.6]])
    up = np.repeat(attitudes, 2000, axis=0)
    felt = up @ np.array([0.4, -0.5, 0.3])
    assert np.abs(felt).max() > 0.3
    assert np.abs(_without_offset(up, felt)).max() < 0.05

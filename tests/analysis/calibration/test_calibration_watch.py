"""What follows a calibration is held against it: bends that no trunk does with it, stands below its upright."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dowel.analysis.calibration.calibration_watch import CalibrationWatch, Doubt
from dowel.analysis.orientation.rotations import up_in_sensor
from dowel.recordings.types import FloatArray
from tests.analysis.calibration.test_stance_search import (
    LEFT,
    PLACES,
    RIGHT,
    UPRIGHT,
    Posture,
    moves,
    reps,
    values_of,
)
from tests.depth import examples

Path = Sequence[tuple[Posture, float]]
STRAIGHT = (Rotation.identity(),) * 2
TURNED_OVER = Rotation.from_euler("z", 180.0, degrees=True)
LEANED_BACK = (-24.0, 0.0)
SET: Path = [(UPRIGHT, 2.0), *reps(5)]


def watched(
    values: FloatArray,
    frames: list[FloatArray],
    turns: Sequence[Rotation] = (Rotation.identity(),) * 2,
    pieces: int = 1,
) -> Doubt | None:
    """What is doubted where the calibration's frames are turned against the true ones, in some pieces."""
    watch = CalibrationWatch([0, 1], PLACES)
    watch.begin(np.stack([turn.as_matrix() @ frame for turn, frame in zip(turns, frames, strict=True)]))
    up = up_in_sensor(values[..., :4])
    cuts = np.linspace(0, up.shape[1], pieces + 1).astype(np.int64)
    for start, stop in pairwise(cuts.tolist()):
        doubt = watch.look(start, up[:, start:stop], np.zeros((2, stop - start), np.uint8))
        if doubt is not None:
            return doubt
    return None


def doubted(path: Path, *turns: Rotation, rounding: float = 0.0) -> Doubt | None:
    return watched(*values_of(moves(path), rounding=rounding), turns or STRAIGHT)


@pytest.mark.parametrize(
    "path",
    [
        SET,
        [*SET, *[(RIGHT, 0.5), (UPRIGHT, 0.5), (LEFT, 0.5), (UPRIGHT, 0.5)] * 4],
        [*SET, *[((0.0, 52.0), 0.5), (UPRIGHT, 0.5)] * 6],
        [*SET, *[(LEANED_BACK, 2.0), (UPRIGHT, 0.3)] * 6],
        [*SET, *[((45.0, 40.0), 0.5), (UPRIGHT, 0.5), ((45.0, -40.0), 0.5), (UPRIGHT, 0.5)] * 3],  # beside a foot
        [*SET, ((-80.0, 0.0), 60.0), (UPRIGHT, 3.0), ((-80.0, 0.0), 60.0), (UPRIGHT, 2.0)],  # lies down twice
        [*SET, ((0.0, 80.0), 20.0), (UPRIGHT, 3.0), ((0.0, 80.0), 20.0), (UPRIGHT, 2.0)],
        [(UPRIGHT, 2.0), *[((30.0, 0.0), 10.0), *reps(3)] * 2],  # rests bent
        [(UPRIGHT, 1.0), ((-12.0, 0.0), 4.0), *reps(8, top_s=0.5)],  # leaned back for a while
    ],
    ids=str,
)
def test_what_people_do_is_not_doubted(path: Path) -> None:
    assert doubted(path) is None


def test_a_person_who_swings_past_upright_does_not_stand() -> None:
    """Else each rep would be a stand like the hold, and nothing would ever be below it."""
    watch = CalibrationWatch([0, 1], PLACES)
    watch.begin(np.stack([np.eye(3)] * 2))
    still, swinging = np.zeros((2, 200)), np.tile(30.0 * np.sin(np.arange(200) / 8.0), (2, 1))
    assert set(watch._stands(still)[100:]) == {1}
    assert set(watch._stands(swinging)[100:]) == {0}


@pytest.mark.parametrize(
    ("upper_deg", "sacrum_deg", "stand"),
    [
        (0.0, 0.0, 1),
        (-4.0, 4.0, 1),
        (-7.0, 0.0, 0),
        (7.0, 0.0, 0),
        (-12.0, -12.0, -1),
        (-12.0, 6.0, 0),
        (-30.0, 0.0, 0),
    ],
)
def test_which_stands_are_like_the_hold_and_which_are_below(upper_deg: float, sacrum_deg: float, stand: int) -> None:
    watch = CalibrationWatch([0, 1], PLACES)
    watch.begin(np.stack([np.eye(3)] * 2))
    still = np.tile([[upper_deg], [sacrum_deg]], (1, 200))
    assert set(watch._stands(still)[100:]) == {stand}


@examples(20)
@given(seed=st.integers(0, 99), rounding=st.floats(-0.3, 0.8), off_deg=st.floats(-10.0, 10.0))
def test_a_sound_calibration_is_not_doubted(seed: int, rounding: float, off_deg: float) -> None:
    values, frames = values_of(moves(SET), seed=seed, rounding=rounding)
    turn = Rotation.from_euler("z", off_deg, degrees=True)
    assert watched(values, frames, (turn, turn.inv())) is None


@pytest.mark.parametrize(
    ("turns", "said", "placement"),
    [
        ((TURNED_OVER, TURNED_OVER), "backwards", "upper_back"),
        ((TURNED_OVER, Rotation.identity()), "opposite ways", ""),
        ((Rotation.from_euler("z", 90.0, degrees=True),) * 2, "to the side", "upper_back"),
        ((Rotation.identity(), Rotation.from_euler("z", -80.0, degrees=True)), "to the side", "sacrum"),
        ((Rotation.from_euler("z", 40.0, degrees=True), Rotation.identity()), "apart in three", ""),
        ((Rotation.identity(), Rotation.from_euler("z", -40.0, degrees=True)), "apart in three", ""),
    ],
)
def test_a_wrong_axis_is_doubted_within_three_bends(turns: Sequence[Rotation], said: str, placement: str) -> None:
    doubt = doubted(SET, *turns)
    assert doubt is not None
    assert said in doubt.reason
    assert doubt.placement == placement
    assert doubt.point < len(moves([(UPRIGHT, 2.0), *reps(3)]))


@pytest.mark.parametrize("spine_deg", [0.0, 6.0, 12.0])
def test_a_hold_that_was_bent_is_doubted(spine_deg: float) -> None:
    """By hips or spine: the upper back by 12 deg, the sacrum by what the spine leaves."""
    turns = [Rotation.from_euler("y", lean_deg, degrees=True) for lean_deg in (12.0, 12.0 - spine_deg)]
    doubt = doubted([(UPRIGHT, 2.0), *reps(12)], *turns)
    assert doubt is not None
    assert "straighter" in doubt.reason


def test_one_strange_movement_is_no_doubt() -> None:
    assert doubted([*SET, ((-60.0, 0.0), 0.5), *SET, ((0.0, 75.0), 0.5), *SET]) is None


def test_what_a_sensor_sent_in_a_bad_state_is_no_witness() -> None:
    values, frames = values_of(moves(SET))
    watch = CalibrationWatch([0, 1], PLACES)
    watch.begin(np.stack([TURNED_OVER.as_matrix() @ frame for frame in frames]))
    assert watch.look(0, up_in_sensor(values[..., :4]), np.full(values.shape[:2], 4, np.uint8)) is None


@examples(20)
@given(pieces=st.integers(2, 400), off_deg=st.sampled_from([90.0, 180.0]))
def test_pieces_do_not_matter(pieces: int, off_deg: float) -> None:
    values, frames = values_of(moves(SET))
    turns = (Rotation.from_euler("z", off_deg, degrees=True),) * 2
    assert watched(values, frames, turns, pieces) == watched(values, frames, turns)

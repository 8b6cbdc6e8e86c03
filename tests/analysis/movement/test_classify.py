"""Hinge or squat: the limits, the simulated lifter with two, three and four sensors, and real recordings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dowel.analysis.movement.classify import Lowered, MovementRule, drop_from_legs, hips_of, travel_from_legs
from dowel.analysis.movement.hip_path import Moved
from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.types import MarkKind, Placement
from dowel.reports.notebook import analyse as analyse_file
from dowel.sensors.simulated import (
    TRIMMED,
    FloorLift,
    Hinge,
    Moment,
    Person,
    Piece,
    SimulatedSensor,
    SpineBend,
    Squat,
    Stand,
    calibration_pieces,
    simulate,
)
from tests.real_recordings import FOLDER
from tests.streams import analyse, ideal_sensors, in_a_set

REPS = ("rep", "spine")
UPPER_BACK, SACRUM, THIGH, SHANK = Placement.UPPER_BACK, Placement.SACRUM, Placement.THIGH_LEFT, Placement.SHANK
RULE = MovementRule()


def from_trunk(drop_m: float, lean_deg: float, *, hips: float = 0.9, sd_m: float = 0.01) -> str:
    return RULE.of(Lowered(lean_deg, hips * lean_deg, Moved(drop_m, sd_m)), 1.70)


@pytest.mark.parametrize(
    ("drop_m", "lean_deg", "expected"),
    [
        (0.05, 70.0, "hinge"),
        (0.12, 70.0, "hinge"),
        (0.05, 45.0, "unsure"),  # too shallow
        (0.15, 70.0, "between"),
        (0.20, 60.0, "between"),
        (0.20, 30.0, "unsure"),
        (0.30, 40.0, "squat"),
        (0.45, 50.0, "squat"),
        (0.30, 75.0, "between"),
        (0.30, 80.0, "unsure"),
        (0.265, 40.0, "unsure"),  # 16 % of 1.70 m are 27.2 cm: nearer than one standard deviation
        (np.nan, 70.0, "unsure"),
    ],
)
def test_the_limits_from_the_trunk(drop_m: float, lean_deg: float, expected: str) -> None:
    assert from_trunk(drop_m, lean_deg) == expected


def test_a_drop_that_is_hardly_known_decides_nothing() -> None:
    assert from_trunk(0.05, 70.0, sd_m=0.12) == "unsure"
    assert from_trunk(0.45, 40.0, sd_m=0.30) == "unsure"


@pytest.mark.parametrize(
    ("trunk_deg", "sacrum_deg", "drop", "expected"),
    [
        (84.0, 16.0, Moved(0.0, 0.03), "spine"),
        (60.0, 12.0, Moved(0.02, 0.02), "spine"),
        (60.0, 19.0, Moved(0.02, 0.02), "unsure"),  # a third, but for what a lean is known to
        (40.0, 8.0, Moved(0.02, 0.02), "spine"),
        (36.0, 8.0, Moved(0.02, 0.02), "unsure"),  # within what a back rounds under load
        (38.0, 26.0, Moved(0.0, 0.02), "unsure"),
        (90.0, 60.0, Moved(0.06, 0.02), "hinge"),  # lost by rounding, and yet a hinge
        (70.0, 35.0, Moved(0.06, 0.02), "hinge"),
        (70.0, 15.0, Moved(np.nan, np.nan), "unsure"),  # nobody knows whether the hips went down
        (45.0, 8.0, Moved(0.45, 0.05), "squat"),
    ],
)
def test_a_bend_of_the_spine(trunk_deg: float, sacrum_deg: float, drop: Moved, expected: str) -> None:
    assert RULE.of(Lowered(trunk_deg, sacrum_deg, drop), 1.70) == expected
    if expected != "squat":
        by_legs = RULE.of(Lowered(trunk_deg, sacrum_deg, drop, thigh_deg=5.0), 1.70)
        assert by_legs == expected or not drop.known


def test_the_sacrum_alone_knows_a_squat_and_no_hinge() -> None:
    nothing = float("nan")
    assert RULE.of(Lowered(nothing, 35.0, Moved(0.45, 0.02)), 1.70) == "squat"
    assert RULE.of(Lowered(nothing, 65.0, Moved(0.05, 0.02)), 1.70) == "unsure"


@pytest.mark.parametrize(
    ("trunk_deg", "thigh_deg", "shank_deg", "expected"),
    [
        (70.0, 32.0, np.nan, "hinge"),
        (70.0, 39.0, 5.0, "hinge"),
        (70.0, 39.0, 10.0, "unsure"),  # the knee says otherwise
        (65.0, 48.0, np.nan, "between"),
        (65.0, 48.0, 15.0, "between"),
        (60.0, 55.0, 30.0, "unsure"),
        (40.0, 90.0, np.nan, "squat"),
        (50.0, 90.0, 22.0, "squat"),
        (40.0, 70.0, 5.0, "unsure"),
        (45.0, 20.0, np.nan, "unsure"),  # too shallow
        (20.0, 50.0, np.nan, "unsure"),
    ],
)
def test_the_limits_with_legs(trunk_deg: float, thigh_deg: float, shank_deg: float, expected: str) -> None:
    """Postures of sources#model-postures; the drop, which is unknown here, is not asked."""
    lowered = Lowered(trunk_deg, 0.9 * trunk_deg, Moved(np.nan, np.nan), thigh_deg, shank_deg)
    assert RULE.of(lowered, 1.75) == expected


@pytest.mark.parametrize(
    ("thigh_deg", "shank_deg", "drop_cm", "back_cm"),
    [(32.0, 0.0, 6.5, 23.0), (39.0, 5.0, 10.0, 27.0), (90.0, 32.0, 49.0, 20.0), (55.0, 18.0, 20.0, 22.0)],
)
def test_the_legs_say_how_far_the_hips_went(thigh_deg: float, shank_deg: float, drop_cm: float, back_cm: float) -> None:
    """The rows of sources#model-postures; which way a shank of 5 deg tilts is not known, and costs 4 cm of sd."""
    drop, back = drop_from_legs(thigh_deg, shank_deg, 1.75), travel_from_legs(thigh_deg, shank_deg, 1.75)
    assert 100 * drop.way_m == pytest.approx(drop_cm, abs=1.0)
    assert 100 * back.way_m == pytest.approx(back_cm, abs=1.0)
    assert 100 * back.sd_m > (3.0 if shank_deg == 5.0 else 1.0)
    guessed = drop_from_legs(thigh_deg, np.nan, 1.75)
    assert abs(guessed.way_m - drop.way_m) < 2.0 * guessed.sd_m
    assert not travel_from_legs(thigh_deg, np.nan, 1.75).known


def test_what_the_legs_know_is_joined_with_what_the_sacrum_knows() -> None:
    drop, back = hips_of((Moved(0.10, 0.03), Moved(0.20, 0.03)), 32.0, 0.0, 1.75)
    assert drop.sd_m < 0.03
    assert back.sd_m < 0.03
    alone = hips_of((Moved(0.10, 0.03), Moved(0.20, 0.03)), np.nan, np.nan, 1.75)
    assert [way.way_m for way in alone] == pytest.approx([0.10, 0.20])


def worn(*more: Placement) -> list[SimulatedSensor]:
    return [SimulatedSensor(place, mounting="random", soft_tissue_deg=2.0) for place in (UPPER_BACK, SACRUM, *more)]


PIECES = [
    pytest.param(Hinge(70.0, 1.8, 0.3, 1.5, 1.0), "hinge", id="hinge"),
    pytest.param(Squat(1.6, 0.4, 1.6, 1.0), "squat", id="squat"),
    pytest.param(FloorLift(1.6, 0.4, 1.6, 1.0), "between", id="lift from the floor"),
]


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), (THIGH,), (THIGH, SHANK)], ids=["trunk", "thigh", "thigh and shank"])
@pytest.mark.parametrize(("piece", "expected"), PIECES)
def test_the_simulated_lifter(piece: Piece, expected: str, more: tuple[Placement, ...]) -> None:
    """With ideal sensors; with those that people wear at least four of five, and never another name.

    A lift from the floor lies so near a hinge that the trunk alone may not tell them apart, before a few bends have
    shown the accelerometer's bias.
    """
    pieces = (*calibration_pieces(), Moment(MarkKind.HEIGHT, {"height_cm": 175.0}), *in_a_set(*[piece] * 5))
    found = analyse(pieces, ideal_sensors(UPPER_BACK, SACRUM, *more), seed=4)
    named = [row.movement for row in found.rows]
    assert named == [expected] * 5 or (expected == "between" and named[2:] == [expected] * 3)
    rows = analyse(pieces, worn(*more), seed=4).rows
    assert [row.movement for row in rows].count(expected) >= (4 if more or expected != "between" else 0)
    assert {row.movement for row in rows} <= {expected, "unsure"}
    for row, true in zip(rows, [rep for rep in found.session.truth.reps if rep.kind == "rep"], strict=True):
        assert abs(row.hip_drop_cm - 100 * true.hip_drop_m) < 2.5 * row.hip_drop_sd_cm
        assert abs(row.hip_travel_cm - 100 * true.hip_travel_m) < 2.5 * row.hip_travel_sd_cm
        assert 0.5 < row.hip_drop_sd_cm < 6.0  # an uncertainty that covers everything would say nothing
        assert 1.0 < row.hip_travel_sd_cm < 7.0


def test_the_height_is_a_mark() -> None:
    """The same drop is a smaller share of a taller person."""
    found = []
    for height_cm in (150.0, 215.0):
        pieces = (
            *calibration_pieces(),
            Moment(MarkKind.HEIGHT, {"height_cm": height_cm}),
            *in_a_set(Squat(1.6, 0.4, 1.6, 1.0, depth_deg=45.0, thigh_deg=70.0)),
        )
        found.append(analyse(pieces, ideal_sensors(), seed=4).rows[0].movement)
    assert found[0] == "squat"
    assert found[1] != "squat"


def test_with_one_sensor() -> None:
    """The upper back alone knows nothing of the hips; a bend of the spine has no name."""
    pieces = (Stand(3.0), *in_a_set(Hinge()))
    (row,) = analyse(pieces, ideal_sensors(UPPER_BACK)).rows
    assert row.movement == ""
    assert np.isnan(row.hip_drop_cm)
    assert (row.verdict, row.verdict_reason.split("+")[0]) == ("not_judged", "one_sensor")
    assert simulate(pieces, [], seed=1).truth.reps
    bend = SpineBend(1.6, 0.4, 1.6, 1.0, flexion_deg=55.0)
    (row,) = analyse((*calibration_pieces(), *in_a_set(bend)), ideal_sensors()).rows
    assert row.movement == "spine"


@pytest.mark.parametrize("above_m", [-0.05, 0.05])
def test_another_build_a_sensor_off_its_place_and_an_untrimmed_chip(above_m: float) -> None:
    """What is told stays within what is claimed, and nothing is called by a wrong name."""
    chip = replace(TRIMMED, acc_bias_mg=60.0)
    sensors = [replace(sensor, chip=chip) for sensor in worn()]
    sensors[1] = replace(sensors[1], above_m=above_m)
    person = replace(Person(), hip_lever=(1.2, 0.8) if above_m > 0 else (0.8, 1.2))
    pieces = (
        *calibration_pieces(),
        Moment(MarkKind.HEIGHT, {"height_cm": 175.0}),
        *in_a_set(Hinge(65.0, 5.0, 0.5, 4.0, 1.0), Squat(1.4, 0.4, 1.4, 1.0), SpineBend(5.0, 0.5, 4.0), Hinge(65.0)),
    )
    found = analyse(pieces, sensors, seed=11, person=person)
    for row, true in zip(found.rows, [rep for rep in found.session.truth.reps if rep.kind in REPS], strict=True):
        assert row.movement in (true.commanded.movement or true.kind, "unsure")
        for told_cm, true_m, sd_cm in (
            (row.hip_drop_cm, true.hip_drop_m, row.hip_drop_sd_cm),
            (row.hip_travel_cm, true.hip_travel_m, row.hip_travel_sd_cm),
        ):
            assert not abs(told_cm - 100 * true_m) > 2.5 * sd_cm


def movements(sources: dict[Placement, Path], out: Path) -> list[str]:
    import_recordings(ImportOptions(sources, out))
    return [row.movement for row in analyse_file(out, keep_all=False).rep_rows]


needs_real = pytest.mark.skipif(not FOLDER.is_dir(), reason="no real recordings")


@needs_real
@pytest.mark.parametrize("name", ["correct", "butt_wink"])
def test_real_squats_are_no_hinges(name: str, tmp_path: Path) -> None:
    path = FOLDER / "squats" / f"{name}.csv"
    found = movements({SACRUM: path}, tmp_path / "x.dowel")
    assert len(found) == 10
    assert set(found) <= {"squat", "unsure"}
    assert found.count("squat") >= 9


@needs_real
def test_real_seated_bends_are_no_squats(tmp_path: Path) -> None:
    for trial in sorted((FOLDER / "seated-bends").iterdir()):
        sources = {place: trial / f"{place}.csv" for place in (UPPER_BACK, SACRUM)}
        found = movements(sources, tmp_path / f"{trial.name}.dowel")
        assert len(found) == 3
        assert "squat" not in found


def test_the_errors_of_the_legs_add_up_as_independent_ones() -> None:
    """A degree or two of thigh and shank and a share of the length: some centimetres in all."""
    backward, forward = travel_from_legs(50.0, 2.0, 1.75), travel_from_legs(50.0, 20.0, 1.75)
    assert 0.01 < backward.sd_m < 0.06
    assert 0.01 < forward.sd_m < 0.06

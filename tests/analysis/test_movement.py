"""Hinge or squat, from two trunk sensors."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.analysis.movement import MovementFromTrunk, hip_drop_m
from dowel.recordings.types import FloatArray, MarkKind, Placement
from dowel.sensors.simulated import Hinge, Moment, Piece, SimulatedSensor, Squat, Stand, calibration_pieces, simulate
from tests.streams import analyse, ideal_sensors, in_a_set


def drop(depth_m: float, duration_s: float = 3.0) -> FloatArray:
    """Vertical acceleration of somebody who goes down and up by so much."""
    time_s = np.arange(round(100 * duration_s) + 1) / 100.0
    turn = 2.0 * np.pi / duration_s
    return np.asarray(-0.5 * depth_m * turn**2 * np.cos(turn * time_s))


@pytest.mark.parametrize("depth_m", [0.0, 0.1, 0.3, 0.5])
def test_the_drop_is_found_also_with_a_bias(depth_m: float) -> None:
    assert hip_drop_m(drop(depth_m)) == pytest.approx(depth_m, abs=0.01)
    assert hip_drop_m(drop(depth_m) + 0.15) == pytest.approx(depth_m, abs=0.18 if depth_m == 0 else 0.03 + 0.16)


@pytest.mark.parametrize(
    ("drop_m", "lean_deg", "expected"),
    [
        (0.05, 70.0, "hinge"),
        (0.15, 70.0, "hinge"),
        (0.20, 55.0, "between"),
        (0.20, 80.0, "unsure"),
        (0.30, 40.0, "squat"),
        (0.30, 75.0, "squat"),
        (0.05, 30.0, "unsure"),
        (0.20, 30.0, "unsure"),
    ],
)
def test_the_limits(drop_m: float, lean_deg: float, expected: str) -> None:
    """Shares of the height: of 1.70 m a hinge drops at most 0.17 m, a squat at least 0.272 m."""
    assert MovementFromTrunk().of(drop(drop_m), lean_deg, 0.9 * lean_deg, 1.70) == expected


def test_a_bend_done_with_the_spine_is_no_hinge() -> None:
    assert MovementFromTrunk().of(drop(0.02), 60.0, 12.0, 1.70) == "unsure"


def test_a_gap_makes_it_unsure() -> None:
    acceleration = drop(0.05)
    acceleration[50] = np.nan
    assert MovementFromTrunk().of(acceleration, 70.0, 65.0, 1.70) == "unsure"


def worn() -> list[SimulatedSensor]:
    return [
        SimulatedSensor(place, mounting="random", soft_tissue_deg=2.0)
        for place in (Placement.UPPER_BACK, Placement.SACRUM)
    ]


@pytest.mark.parametrize(
    ("piece", "expected"),
    [(Hinge(70.0, 1.8, 0.3, 1.5, 1.0), "hinge"), (Squat(1.6, 0.4, 1.6, 1.0), "squat")],
)
def test_the_simulated_lifter(piece: Piece, expected: str) -> None:
    """At least four of five with the sensors as people wear them; ideal ones always."""
    pieces = (*calibration_pieces(), *in_a_set(*[piece] * 5))
    ideal = analyse(pieces, ideal_sensors(), seed=4).rows
    assert [row.movement for row in ideal] == [expected] * 5
    rows = analyse(pieces, worn(), seed=4).rows
    assert [row.movement for row in rows].count(expected) >= 4
    assert {row.movement for row in rows} <= {expected, "between", "unsure"}


def test_the_height_is_a_mark() -> None:
    """The same drop is a smaller share of a taller person."""
    found = []
    for height_cm in (150.0, 215.0):
        pieces = (
            *calibration_pieces(),
            Moment(MarkKind.HEIGHT, {"height_cm": height_cm}),
            *in_a_set(Squat(1.6, 0.4, 1.6, 1.0, depth_deg=55.0, thigh_deg=72.0)),
        )
        found.append(analyse(pieces, ideal_sensors(), seed=4).rows[0].movement)
    assert found[0] == "squat"
    assert found[1] != "squat"


def test_with_one_sensor_nobody_knows() -> None:
    pieces = (Stand(3.0), *in_a_set(Hinge()))
    (row,) = analyse(pieces, ideal_sensors(Placement.UPPER_BACK)).rows
    assert row.movement == ""
    assert (row.verdict, row.verdict_reason.split("+")[0]) == ("not_judged", "one_sensor")
    assert simulate(pieces, [], seed=1).truth.reps

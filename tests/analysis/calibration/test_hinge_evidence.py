"""What rod hinges say against themselves and against the hold before them, each with its reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dowel.analysis.calibration.calibration import NeutralCurve, Refused, neutral_curve
from dowel.analysis.calibration.hinge_evidence import LEANED_DEG, Tilts, hinge_fault, hold_fault
from dowel.analysis.events import Calibrated, StepRefused
from dowel.recordings.types import FloatArray, MarkKind, Placement
from dowel.sensors.simulated import (
    Hinge,
    Person,
    SensorSlip,
    SpineBend,
    Stand,
    Step,
    calibration_pieces,
    set_of_hinges,
)
from dowel.sensors.simulated.person.plan import Coordinate
from tests.streams import analyse, ideal_sensors
from tests.validation.calibrations import Held

STAND, HINGE = np.zeros(150), 70.0 * np.sin(np.linspace(0.0, np.pi, 600))
LEAN_DEG = np.concatenate([STAND, *[np.concatenate([HINGE, STAND])] * 3])
ROD_HINGE = Hinge(75.0, 3.0, 0.5, 2.5, 1.5, rod=True, kind="rod_hinge")


def tilted(upper_back_deg: float, side_deg: float = 0.0, both_deg: float = 0.0) -> Tilts:
    """Three hinges whose upper back stands so much apart, or both so much farther forward."""
    return Tilts(
        LEAN_DEG + both_deg,
        LEAN_DEG + both_deg + upper_back_deg,
        np.zeros(len(LEAN_DEG)),
        np.full(len(LEAN_DEG), side_deg),
    )


def hinged(rounded_deg: tuple[float, float, float], power: float = 1.0, depth: float = 1.0) -> Refused | None:
    """Whether hinges are refused in which the back rounds by so much at the bottom."""
    share = LEAN_DEG / 70.0
    times = np.concatenate([[0] * 150, *([number] * 750 for number in range(3))]).astype(int)
    difference_deg: FloatArray = np.asarray(rounded_deg)[times] * share**power
    curve, sigma_deg = neutral_curve(depth * LEAN_DEG, difference_deg)
    return hinge_fault(depth * LEAN_DEG, difference_deg, curve, sigma_deg)


def test_who_stands_as_in_the_hold_is_not_refused() -> None:
    for apart_deg in (0.0, 3.5, -3.5):
        assert hold_fault(tilted(apart_deg), 4.0) is None
        assert hold_fault(tilted(0.0, apart_deg), 4.0) is None
    assert hold_fault(tilted(0.0, both_deg=0.9 * -LEANED_DEG), 4.0) is None
    assert hold_fault(tilted(0.0, both_deg=12.0), 4.0) is None  # does not come up all the way


@pytest.mark.parametrize("tilts", [tilted(5.0), tilted(-5.0), tilted(0.0, 5.0), tilted(3.0, 3.0)])
def test_a_back_that_stands_apart_from_the_hold(tilts: Tilts) -> None:
    fault = hold_fault(tilts, 4.0)
    assert fault is not None
    assert fault.step_before
    assert "a sensor moved, or the back was held differently" in fault.reason


def test_a_hold_that_leaned() -> None:
    fault = hold_fault(tilted(0.0, both_deg=-12.0), 4.0)
    assert fault is not None
    assert fault.step_before
    assert "leaned 12 deg farther forward" in fault.reason


def test_breath_and_missing_points_are_no_evidence() -> None:
    tilts = tilted(0.0)
    breath_deg = 3.0 * np.sin(2.0 * np.pi * 0.6 * np.arange(len(LEAN_DEG)) / 100.0)
    sacrum_deg = tilts.sacrum_deg.copy()
    sacrum_deg[100:220] = np.nan
    assert hold_fault(Tilts(sacrum_deg, LEAN_DEG + breath_deg, 0.3 * breath_deg, -0.3 * breath_deg), 4.0) is None


def test_hinges_that_are_alike_and_even_are_taken() -> None:
    for rounded_deg in (0.0, 12.0, -12.0):
        assert hinged((rounded_deg, rounded_deg, rounded_deg)) is None
    assert hinged((3.0, 4.0, 5.0)) is None
    assert hinged((8.0, 8.0, 8.0), power=2.0) is None


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda: hinged((0.0, 12.0, 0.0), power=2.5), "differently from hinge to hinge"),
        (lambda: hinged((-12.0, 0.0, 0.0), power=2.5), "differently from hinge to hinge"),
        (lambda: hinged((20.0, 20.0, 20.0)), "the back bends by 20 deg at a hinge of 70"),
        (lambda: hinged((16.0, 16.0, 16.0), power=2.5), "gave way in the lower half"),
        (lambda: hinged((0.0, 0.0, 0.0), depth=0.3), "in 0 of 3 hinges"),
    ],
)
def test_hinges_that_are_refused(fault: Callable[[], Refused | None], reason: str) -> None:
    refused = fault()
    assert refused is not None
    assert reason in refused.reason
    assert "hinge" in refused.reason.rpartition(";")[2] + refused.reason.rpartition(":")[2]  # and what to do
    assert not refused.step_before


def test_a_gap_in_a_hinge_is_no_fourth_one_that_differs() -> None:
    lean_deg = LEAN_DEG.copy()
    lean_deg[420:450] = np.nan
    difference_deg = np.where(np.isnan(lean_deg), np.nan, 0.0)
    assert hinge_fault(lean_deg, difference_deg, NeutralCurve(deepest_deg=70.0), 0.5) is None


HOLD = Step(MarkKind.ROD_HOLD, (Stand(5.0),))


@pytest.mark.slow
@pytest.mark.parametrize("placement", [Placement.UPPER_BACK, Placement.SACRUM])
@pytest.mark.parametrize("turn_deg", [7.0, -7.0])
def test_a_sensor_that_moved_after_the_hold(placement: Placement, turn_deg: float) -> None:
    """The step before is asked for again; after a new hold the hinges are taken."""
    pieces = (
        Stand(3.0, rod=True),
        HOLD,
        SensorSlip(placement, turn_deg),
        Stand(1.0),
        Step(MarkKind.ROD_HINGES, (ROD_HINGE,) * 3),
        Stand(1.0),
        Step(MarkKind.ROD_HINGES, (ROD_HINGE,) * 3),
        Stand(1.0),
        HOLD,
        Step(MarkKind.ROD_HINGES, (ROD_HINGE,) * 3),
        Stand(1.0),
    )
    result = analyse(pieces, ideal_sensors(), seed=3, person=Person.machine())
    first, second = result.of(StepRefused)
    assert first.step_before
    assert "7 deg apart" in first.reason
    assert "the hold before it is missing or was refused" in second.reason
    assert len(result.of(Calibrated)) == 1


def test_a_step_of_another_drill_is_refused_and_the_reps_after_it_count() -> None:
    """As in a marks file of the dead bug beside a recording of hinges."""
    lying = Step(MarkKind.LYING, (Stand(3.0),))
    a_set = set_of_hinges(3, lowering_s=1.5, rising_s=1.2, set_marks=False)
    result = analyse((*calibration_pieces(), lying, Stand(1.0), *a_set), ideal_sensors(), seed=3)
    (refused,) = result.of(StepRefused)
    assert (refused.step, refused.reason) == ("lying", "it is no step of the hip hinge with the rod")
    assert [row.kind for row in result.rows] == ["rep"] * 3


@pytest.mark.slow
def test_bends_with_the_spine_alone_are_no_hinges() -> None:
    bends = (SpineBend(flexion_deg=45.0, sacrum_lean_deg=12.0),) * 3
    pieces = (Stand(3.0), HOLD, Step(MarkKind.ROD_HINGES, bends), Stand(1.0))
    result = analyse(pieces, ideal_sensors(), seed=3, person=Person.machine())
    (refused,) = result.of(StepRefused)
    assert "hinge at the hips" in refused.reason
    assert not result.of(Calibrated)


@pytest.mark.slow
def test_a_hold_that_is_contradicted_in_mid_session_is_not_judged_by() -> None:
    """It had given the calibration in force a new zero; with the next hold judging goes on."""
    a_set = set_of_hinges(2, lowering_s=1.5, rising_s=1.2)
    pieces = (
        *calibration_pieces(),
        Held(((Coordinate.SPINE_FLEXION, 12.0),)),
        Stand(2.0),
        Step(MarkKind.ROD_HINGES, (ROD_HINGE,) * 3),
        *a_set,
        Stand(2.0),
        HOLD,
        *a_set,
    )
    result = analyse(pieces, ideal_sensors(), seed=3, person=Person.machine())
    (refused,) = result.of(StepRefused)
    assert refused.step_before
    assert [row.verdict for row in result.rows] == ["not_judged"] * 2 + ["held"] * 2
    assert all("calibration_doubtful" in row.verdict_reason for row in result.rows[:2])  # whose stands differ, too

"""Calibration: any mounting, every gate with its reason, the re-zero by a repeated hold, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.calibration.calibration import Calibration, NeutralCurve, neutral_curve
from dowel.analysis.events import Calibrated, StepRefused
from dowel.recordings.types import FloatArray, MarkKind, Placement
from dowel.sensors.simulated import (
    MOUNTINGS,
    Fidget,
    Hinge,
    Link,
    Person,
    Piece,
    SensorSlip,
    SideBend,
    SpineBend,
    Stand,
    Step,
    calibration_pieces,
    set_of_hinges,
)
from tests.depth import examples
from tests.reference import by_scipy
from tests.streams import Analysed, analyse, ideal_sensors, in_a_set

ROD_HINGE = Hinge(75.0, 3.0, 0.5, 2.5, 1.5, rod=True, kind="rod_hinge")


def rmse_deg(result: Analysed, placement: Placement, from_s: float) -> float:
    """Error of a lean against the bone, from a time on."""
    truth = result.session.truth
    true_deg = {Placement.UPPER_BACK: truth.upper_back_lean_deg, Placement.SACRUM: truth.sacrum_lean_deg}[placement]
    times_s, lean_deg = result.lean_deg(placement)
    later = times_s > from_s
    error = lean_deg[later] - np.interp(times_s[later], truth.time_s, true_deg)
    return float(np.sqrt(np.nanmean(error**2)))


@pytest.mark.parametrize("mounting", [*MOUNTINGS, "random"])
def test_any_mounting(mounting: str) -> None:
    """Upside down, sideways, face to the skin, twisted by 30 deg, anyhow: the same angles."""
    pieces = (*calibration_pieces(), *set_of_hinges(2, peaks_deg=(0, 14)))
    result = analyse(pieces, ideal_sensors(mounting=mounting), seed=2, person=Person.machine())
    (found,) = result.of(Calibrated)
    assert found.calibration.basis == "rod"
    for placement in (Placement.UPPER_BACK, Placement.SACRUM):
        assert rmse_deg(result, placement, found.time_s) < 0.5
    assert [row.verdict for row in result.rows] == ["held", "lost"]
    assert not result.of(StepRefused)


@pytest.mark.slow
def test_two_sensors_mounted_differently() -> None:
    pieces = (*calibration_pieces(), *set_of_hinges(3, peaks_deg=(0, 14, -16)))
    for seed in range(6):
        result = analyse(pieces, ideal_sensors(), seed=seed)
        assert [row.verdict for row in result.rows] == ["held", "lost", "lost"]


def steps(
    still: tuple[Piece, ...] = (Stand(5.0),),
    hold: tuple[Piece, ...] = (Stand(5.0),),
    hinges: tuple[Piece, ...] = (ROD_HINGE,) * 3,
    more: tuple[Piece, ...] = (),
) -> tuple[Piece, ...]:
    """The calibration with one of its steps done otherwise."""
    return (
        Stand(1.0),
        Step(MarkKind.STILL, still),
        Stand(2.0, rod=True),
        Step(MarkKind.ROD_HOLD, hold),
        Stand(1.0),
        Step(MarkKind.ROD_HINGES, hinges),
        *more,
        Stand(2.0),
    )


def bent(deviation_deg: float) -> SpineBend:
    """Hold a deviation for five seconds, as with the block under the rod."""
    return SpineBend(1.0, 5.0, 1.0, 0.5, flexion_deg=deviation_deg, sacrum_lean_deg=0.0)


def spacer(deviation_deg: float) -> tuple[Piece, ...]:
    return (Stand(1.0), Step(MarkKind.SPACER, (bent(deviation_deg),)))


GATES: list[tuple[str, Callable[[], tuple[Piece, ...]], MarkKind, str]] = [
    ("still", lambda: steps(still=(Fidget(5.0, 8.0),)), MarkKind.STILL, "not still"),
    ("hold", lambda: steps(hold=(Fidget(5.0, 8.0),)), MarkKind.ROD_HOLD, "not still"),
    ("two hinges", lambda: steps(hinges=(ROD_HINGE,) * 2), MarkKind.ROD_HINGES, "2 of 3 hinges found"),
    (
        "crooked",
        lambda: steps(hinges=(*(ROD_HINGE,) * 3, *(SideBend(angle_deg=70.0),) * 3)),
        MarkKind.ROD_HINGES,
        "forward direction is unclear",
    ),
    (
        "rod off now and then",
        lambda: steps(hinges=tuple(Hinge(75.0, 3.0, 0.5, 2.5, 1.5, peak_deviation_deg=d) for d in (0, 20, -16))),
        MarkKind.ROD_HINGES,
        "bent differently from hinge to hinge",
    ),
    (
        "rod off always",
        lambda: steps(hinges=(Hinge(75.0, 3.0, 0.5, 2.5, 1.5, peak_deviation_deg=19.0, deviation_power=1.5),) * 3),
        MarkKind.ROD_HINGES,
        "the back bends by",
    ),
    ("block too small", lambda: steps(more=spacer(2.5)), MarkKind.SPACER, "outside what backs do"),
    ("block too large", lambda: steps(more=spacer(17.0)), MarkKind.SPACER, "outside what backs do"),
    ("block first", lambda: (Stand(3.0), *spacer(7.0), Stand(2.0)), MarkKind.SPACER, "do those first"),
    (
        "slump first",
        lambda: (Stand(3.0), Step(MarkKind.SLUMP, (bent(50.0),)), Stand(2.0)),
        MarkKind.SLUMP,
        "do those first",
    ),
    (
        "no slump",
        lambda: steps(more=(Step(MarkKind.SLUMP, (bent(-20.0),)),)),
        MarkKind.SLUMP,
        "no slump found",
    ),
]


@pytest.mark.parametrize(("name", "pieces", "step", "reason"), GATES, ids=[gate[0] for gate in GATES])
def test_every_gate_refuses_with_its_reason(
    name: str, pieces: Callable[[], tuple[Piece, ...]], step: MarkKind, reason: str
) -> None:
    result = analyse(pieces(), ideal_sensors(), seed=3, person=Person.machine())
    refused = result.of(StepRefused)
    if step is MarkKind.ROD_HOLD:  # without a zero the hinges after it say nothing either
        assert refused.pop().step == MarkKind.ROD_HINGES
    assert {event.step for event in refused} == {str(step)}
    assert all(reason in event.reason for event in refused)
    # and it says what to do
    assert all(any(word in event.reason for word in ("repeat", "again", "do ", "bend", "skip")) for event in refused)
    refused_before = step in (MarkKind.ROD_HOLD, MarkKind.ROD_HINGES) or name.endswith("first")
    assert len(result.of(Calibrated)) == (0 if refused_before else 1)


def test_nothing_wrong_is_not_refused() -> None:
    result = analyse(steps(more=spacer(7.0)), ideal_sensors(), seed=3, person=Person.machine())
    assert not result.of(StepRefused)
    last = result.of(Calibrated)[-1]
    assert last.calibration.name == "rod+spacer"
    assert last.calibration.lever_m == pytest.approx(0.020 / np.deg2rad(7.0), rel=0.05)
    assert last.limits.lost_deg == pytest.approx(8.0)


def test_a_lever_is_kept_by_a_calibration_with_the_rod_and_by_no_other() -> None:
    stance = (
        Step(MarkKind.STANCE_HOLD, (Stand(5.0),)),
        Step(MarkKind.STANCE_BENDS, (replace(ROD_HINGE, rod=False),) * 3),
    )
    result = analyse((*steps(more=spacer(7.0)), *steps(), *stance), ideal_sensors(), seed=3, person=Person.machine())
    levers = {(event.calibration.basis, event.calibration.lever_m is not None) for event in result.of(Calibrated)[1:]}
    assert levers == {("rod", True), ("stance", False)}


def test_the_slump_gives_the_range() -> None:
    result = analyse(calibration_pieces(slump=True), ideal_sensors(), seed=3, person=Person.machine())
    assert result.of(Calibrated)[-1].calibration.range_deg == pytest.approx(65.0, abs=1.5)


def test_a_sensor_that_sends_nothing_during_the_hold() -> None:
    silent = Link(0.0, 0.0, 0.0, "session", 1, 0.0, 0.0, 0.0, 0.0, 0.0, ((9.5, 6.5),))
    sensors = [*ideal_sensors(Placement.UPPER_BACK), *ideal_sensors(Placement.SACRUM, link=silent)]
    result = analyse(calibration_pieces(), sensors, person=Person.machine())
    holds = [event for event in result.of(StepRefused) if event.step == MarkKind.ROD_HOLD]
    assert [event.placement for event in holds] == ["sacrum"]
    assert "sent too little" in holds[0].reason


def test_without_a_rod() -> None:
    pieces = (*calibration_pieces(rod=False), *set_of_hinges(3, peaks_deg=(0, 12, 20)))
    result = analyse(pieces, ideal_sensors(), person=Person.machine())
    (found,) = result.of(Calibrated)
    assert found.calibration.basis == found.limits.basis == "stance"
    assert found.calibration.neutral == NeutralCurve()
    assert [row.verdict for row in result.rows] == ["held", "warned", "lost"]
    assert {row.calibration for row in result.rows} == {"stance"}


def test_reps_before_a_calibration_are_not_judged() -> None:
    pieces = (Stand(2.0), *set_of_hinges(3), *calibration_pieces(), *set_of_hinges(3, seed=1))
    rows = analyse(pieces, ideal_sensors(), person=Person.machine()).rows
    assert [row.verdict for row in rows] == ["not_judged"] * 3 + ["held"] * 3
    assert {row.verdict_reason for row in rows[:3]} == {"no_calibration"}
    assert {row.calibration for row in rows[:3]} == {"none"}


def test_the_bends_of_a_calibration_are_no_rows() -> None:
    assert analyse(calibration_pieces(slump=True), ideal_sensors()).rows == []


def test_a_repeated_rod_hold_zeroes_anew() -> None:
    """After a sensor slid by 9 deg, the hold alone makes the deviation 0 again; the forward axes stay."""
    again = (Stand(2.0, rod=True), Step(MarkKind.ROD_HOLD, (Stand(5.0),)), Stand(1.0))
    pieces = (
        *calibration_pieces(),
        SensorSlip(Placement.UPPER_BACK, 9.0),
        Stand(6.0),
        *again,
        Stand(4.0),
        *set_of_hinges(3, peaks_deg=(0, 14, 0)),
    )
    result = analyse(pieces, ideal_sensors(), seed=5, person=Person.machine())
    first, second = result.of(Calibrated)
    times_s, deviation_deg = result.deviation_deg()
    slid = (times_s > first.time_s + 4.0) & (times_s < second.time_s - 8.0)
    assert np.nanmedian(deviation_deg[slid]) == pytest.approx(9.0, abs=0.5)
    after = (times_s > second.time_s) & (times_s < second.time_s + 4.0)
    assert np.nanmedian(deviation_deg[after]) == pytest.approx(0.0, abs=0.4)
    assert [row.verdict for row in result.rows] == ["held", "lost", "held"]
    assert second.calibration.neutral == first.calibration.neutral


def test_a_rep_deeper_than_calibrated_is_judged_and_says_so() -> None:
    pieces = (*calibration_pieces(depth_deg=50.0), *in_a_set(Hinge(53.0), Hinge(70.0)))
    rows = analyse(pieces, ideal_sensors(), person=Person.machine()).rows
    assert [(row.verdict, row.verdict_reason) for row in rows] == [("held", ""), ("held", "deeper_than_calibrated")]


@pytest.mark.parametrize(("c1_deg", "c2_deg"), [(6.0, 2.0), (-5.0, 1.0), (0.0, 4.0), (2.0, -4.0)])
def test_the_neutral_curve_is_found(c1_deg: float, c2_deg: float) -> None:
    lean = np.concatenate([75.0 * np.sin(np.linspace(0.0, np.pi, 500)) for _ in range(3)])
    s = lean / 60.0
    noise = np.random.default_rng(1).normal(0.0, 0.5, len(lean))
    curve, sigma_deg = neutral_curve(lean, c1_deg * s + c2_deg * s * s + noise)
    at = np.linspace(0.0, 75.0, 50)
    np.testing.assert_allclose(curve.at(at), c1_deg * at / 60 + c2_deg * (at / 60) ** 2, atol=0.35)
    assert sigma_deg == pytest.approx(0.5, abs=0.1)
    # flat beyond the deepest, zero for somebody who leans back
    beyond = curve.at(np.array([75.0, 90.0, 120.0, -10.0]))
    assert beyond[1] == beyond[2] == pytest.approx(float(beyond[0]))
    assert beyond[3] == 0.0


def test_a_small_curve_is_none() -> None:
    lean = np.linspace(0.0, 75.0, 500)
    curve, _ = neutral_curve(lean, 1.3 * lean / 75.0)
    assert (curve.c1_deg, curve.c2_deg) == (0.0, 0.0)
    assert curve.deepest_deg == 75.0
    larger, _ = neutral_curve(lean, 1.7 * lean / 75.0)
    assert larger.at(np.array([75.0])) == pytest.approx(1.7, abs=0.1)


frames = st.lists(st.floats(-1.0, 1.0), min_size=9, max_size=9).map(lambda row: np.array(row).reshape(3, 3))
degrees = st.floats(-50.0, 50.0)
maybe = st.one_of(st.none(), st.floats(0.01, 80.0))


@given(
    frame=frames,
    bias=st.lists(degrees, min_size=3, max_size=3),
    c1_deg=degrees,
    c2_deg=degrees,
    range_deg=maybe,
    lever_m=maybe,
)
@examples(60)
def test_it_survives_json_bit_by_bit(
    frame: FloatArray,
    bias: list[float],
    c1_deg: float,
    c2_deg: float,
    range_deg: float | None,
    lever_m: float | None,
) -> None:
    before = Calibration(
        "rod",
        {Placement.SACRUM: frame},
        NeutralCurve(c1_deg, c2_deg, 71.5),
        1.25,
        range_deg,
        lever_m,
        {Placement.SACRUM: 28.1},
        {Placement.SACRUM: np.array(bias)},
    )
    after = Calibration.from_json(json.loads(json.dumps(before.to_json())))
    assert after.to_json() == before.to_json()
    assert after.frames["sacrum"].tobytes() == frame.tobytes()
    assert after.bias_rad_s["sacrum"].tobytes() == np.array(bias).tobytes()
    assert after.neutral == before.neutral


@pytest.mark.parametrize("deepest_deg", [20.0, 75.0])
def test_the_neutral_curve_is_scipys(deepest_deg: float) -> None:
    rng = np.random.default_rng(2)
    lean_deg = rng.uniform(0.0, deepest_deg, 900)
    difference_deg = 6.0 * lean_deg / 60.0 - 2.0 * (lean_deg / 60.0) ** 2 + rng.normal(0.0, 1.0, 900)
    curve, _ = neutral_curve(lean_deg, difference_deg)
    np.testing.assert_allclose(
        (curve.c1_deg, curve.c2_deg), by_scipy.neutral_curve(lean_deg, difference_deg), atol=1e-9
    )

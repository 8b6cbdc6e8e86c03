"""The signs of design#words-and-signs, row by row, through the whole engine and with sensors mounted anyhow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dowel.analysis.rows import Rep
from dowel.recordings.types import Placement
from dowel.sensors.simulated import Hinge, Person, Truth, calibration_pieces
from tests.streams import Analysed, analyse, ideal_sensors, in_a_set


def one_rep(hinge: Hinge, seed: int) -> tuple[Analysed, Rep]:
    """Somebody without any habits does one rep, after a calibration."""
    sensors = ideal_sensors(Placement.UPPER_BACK, Placement.SACRUM, Placement.HEAD)
    result = analyse((*calibration_pieces(), *in_a_set(hinge)), sensors, seed=seed, person=Person.machine())
    (row,) = result.rows
    return result, row


def largest(truth: Truth, values: Any) -> float:
    """The truth's largest value either way in its last bend."""
    rep = truth.reps[-1]
    inside = (truth.time_s >= rep.start_s) & (truth.time_s <= rep.end_s)
    return float(values[inside][np.argmax(np.abs(values[inside]))])


TABLE: list[tuple[str, Hinge, Callable[[Rep], float], Callable[[Truth], Any], float]] = [
    ("lean forward: trunk", Hinge(), lambda row: row.trunk_lean_deg, lambda t: t.upper_back_lean_deg, 70.0),
    ("lean forward: hinge", Hinge(), lambda row: row.hinge_angle_deg, lambda t: t.sacrum_lean_deg, 70.0),
    (
        "rounding",
        Hinge(peak_deviation_deg=14.0),
        lambda row: row.flexion_peak_deg,
        lambda t: t.deviation_deg,
        14.0,
    ),
    (
        "arching",
        Hinge(peak_deviation_deg=-14.0),
        lambda row: row.extension_peak_deg,
        lambda t: t.deviation_deg,
        -14.0,
    ),
    ("bend to the right", Hinge(side_bend_deg=15.0), lambda row: row.side_bend_peak_deg, lambda t: t.side_bend_deg, 15),
    (
        "bend to the left",
        Hinge(side_bend_deg=-15.0),
        lambda row: row.side_bend_peak_deg,
        lambda t: t.side_bend_deg,
        -15,
    ),
    ("turn to the left", Hinge(twist_deg=15.0), lambda row: row.twist_peak_deg, lambda t: t.twist_deg, 15.0),
    ("turn to the right", Hinge(twist_deg=-15.0), lambda row: row.twist_peak_deg, lambda t: t.twist_deg, -15.0),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "hinge", "measured", "true", "commanded"), TABLE, ids=[row[0] for row in TABLE])
def test_the_sign_table(
    name: str, hinge: Hinge, measured: Callable[[Rep], float], true: Callable[[Truth], Any], commanded: float
) -> None:
    for seed in (1, 2, 3):
        result, row = one_rep(hinge, seed)
        truth = largest(result.session.truth, true(result.session.truth))
        assert truth == pytest.approx(commanded, abs=2.5), "the simulated lifter does what is asked"
        assert measured(row) == pytest.approx(truth, abs=1.5)


@pytest.mark.parametrize(("chin_deg", "reason"), [(16.0, "chin_down"), (-16.0, "chin_up")])
def test_the_head(chin_deg: float, reason: str) -> None:
    """Chin down (head relative to the upper back) is positive."""
    result, row = one_rep(Hinge(chin_deg=chin_deg), 1)
    history = result.engine.pipeline.history
    head = history.head_deg(round(100 * row.start_s), round(100 * row.end_s))
    extreme = float(head[np.argmax(np.abs(head))])
    assert extreme == pytest.approx(largest(result.session.truth, result.session.truth.head_deviation_deg), abs=1.5)
    assert np.sign(extreme) == np.sign(chin_deg)
    assert (row.verdict, row.verdict_reason, row.contact_lost) == ("lost", reason, "head")


def test_what_comes_off() -> None:
    """Rounding names the sacrum, arching the upper back."""
    assert one_rep(Hinge(peak_deviation_deg=14.0), 1)[1].contact_lost == "sacrum"
    assert one_rep(Hinge(peak_deviation_deg=-16.0), 1)[1].contact_lost == "upper_back"


def test_specific_force_points_up_at_rest() -> None:
    result = analyse(calibration_pieces(), ideal_sensors(mounting="as_assumed"), person=Person.machine())
    for run in result.session.sensors:
        np.testing.assert_allclose(run.samples.acc_m_s2[:100].mean(axis=0), [0.0, 0.0, 9.81], atol=0.05)

"""The hold: a zero from people who sway and breathe, none from who moves on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.calibration.calibration import Refused
from dowel.analysis.calibration.hold import upright
from dowel.analysis.calibration.steadiness import LAG_SHARE, sd_of_sum, straight_line
from dowel.analysis.calibration.steps import CalibrationSteps, Span
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import Status
from dowel.recordings.types import GRAVITY_M_S2, FloatArray, MarkKind, Placement
from tests.depth import examples

TIME_S = np.arange(500) / 100.0


def up_at(forward_deg: FloatArray, side_deg: FloatArray | float = 0.0) -> FloatArray:
    """Up vectors (n, 3) of a sensor that leans so."""
    forward, side = np.deg2rad(forward_deg), np.deg2rad(np.broadcast_to(side_deg, forward_deg.shape))
    up = np.stack([-np.sin(forward), np.sin(side), np.cos(forward) * np.cos(side)], axis=1)
    return np.asarray(up / np.linalg.norm(up, axis=1, keepdims=True))


def zero_of(up: FloatArray) -> FloatArray | Refused:
    """The zero of somebody who is not shaken."""
    return upright(up, GRAVITY_M_S2 * up)


def lean_deg(zero: FloatArray) -> float:
    return float(np.rad2deg(np.arctan2(-zero[0], zero[2])))


@given(frequency_hz=st.floats(0.2, 1.0), phase=st.floats(0.0, 6.3), amplitude_deg=st.floats(0.0, 2.0))
@examples(60)
def test_sway_to_and_fro_gives_a_zero(frequency_hz: float, phase: float, amplitude_deg: float) -> None:
    """Three degrees and more from one side to the other."""
    zero = zero_of(up_at(4.0 + amplitude_deg * np.sin(2.0 * np.pi * frequency_hz * TIME_S + phase)))
    assert not isinstance(zero, Refused)
    assert lean_deg(zero) == pytest.approx(4.0, abs=0.25 * amplitude_deg + 0.02)


@pytest.mark.parametrize("way", ["even", "smooth", "sideways"])
def test_who_moves_on_by_four_degrees_is_refused(way: str) -> None:
    share = TIME_S / TIME_S[-1]
    noise = np.random.default_rng(1).normal(0.0, 0.1, len(share))
    up = {
        "even": up_at(4.0 * share + noise),
        "smooth": up_at(4.0 * share**2 * (3.0 - 2.0 * share) + noise),
        "sideways": up_at(noise, 4.0 * share),
    }[way]
    refused = zero_of(up)
    assert isinstance(refused, Refused)
    assert "moved on" in refused.reason


def test_restless_standing_is_refused() -> None:
    """Slow wandering by many degrees does not end in a zero that is known well enough."""
    refused = zero_of(up_at(6.0 * np.cos(2.0 * np.pi * 0.3 * TIME_S), 6.0 * np.cos(2.0 * np.pi * 0.2 * TIME_S)))
    assert isinstance(refused, Refused)
    assert "not still: its zero is known to" in refused.reason


def test_what_is_missing_is_left_out_and_most_may_not_be() -> None:
    up = up_at(2.0 + np.sin(2.0 * np.pi * 0.4 * TIME_S))
    up[100:300] = np.nan
    zero = zero_of(up)
    assert not isinstance(zero, Refused)
    assert lean_deg(zero) == pytest.approx(2.0, abs=0.4)
    up[:400] = np.nan
    refused = zero_of(up)
    assert isinstance(refused, Refused)
    assert "sent too little" in refused.reason


def test_the_uncertainty_is_that_of_values_that_go_together() -> None:
    """Of 400 means of a process whose values follow each other: as independent ones they would be told at a seventh.

    A slope leaves fewer such stretches, and is told a third too sure.
    """
    rng = np.random.default_rng(3)
    weights, means, told, slopes, slopes_told = np.full(500, 1 / 500), [], [], [], []
    for _ in range(400):
        noise = rng.normal(0.0, 1.0, 600)
        values = np.convolve(noise, np.ones(50) / 50, mode="valid")[:500, None]
        means.append(float(weights @ values[:, 0]))
        told.append(float(sd_of_sum(weights, values - values.mean())[0]))
        slope, sd = straight_line(TIME_S, values)
        slopes.append(float(slope[0]))
        slopes_told.append(float(sd[0]))
    assert np.sqrt(np.mean(np.square(told))) == pytest.approx(np.std(means), rel=0.3)
    assert np.sqrt(np.mean(np.square(slopes_told))) == pytest.approx(np.std(slopes), rel=0.45)


def test_it_is_the_double_sum_over_all_pairs() -> None:
    rng = np.random.default_rng(4)
    weights, values = rng.uniform(-1.0, 1.0, 40), rng.normal(0.0, 1.0, (40, 2))
    parts = weights[:, None] * values
    apart = np.abs(np.subtract.outer(np.arange(40), np.arange(40)))
    fading = np.clip(1.0 - apart / (int(LAG_SHARE * 40) + 1), 0.0, None)
    expected = np.sqrt(np.einsum("id,ij,jd->d", parts, fading, parts))
    np.testing.assert_allclose(sd_of_sum(weights, values), expected, rtol=1e-12)


def test_walking_is_no_hold() -> None:
    up = up_at(np.zeros(500))
    jolts = GRAVITY_M_S2 + np.where(np.arange(500) % 50 < 3, 4.0, -0.2)
    refused = upright(up, jolts[:, None] * up)
    assert isinstance(refused, Refused)
    assert "walking" in refused.reason


@pytest.mark.parametrize("status", [Status.FROZEN, Status.CLIPPED])
def test_a_sensor_that_does_not_tell_gives_no_zero(status: int) -> None:
    """However quiet it seems."""
    history = History(2, COLUMNS)
    values = np.zeros((2, 500, COLUMNS))
    values[..., 0], values[..., 6] = 1.0, GRAVITY_M_S2
    wrong = np.zeros((2, 500), np.uint8)
    wrong[1, :300] = status
    history.append(0, values, wrong)
    refused = CalibrationSteps(Posture(["upper_back", "sacrum"]), history).take(MarkKind.ROD_HOLD, Span(0, 500, 0))
    assert isinstance(refused, Refused)
    assert refused.placement == Placement.SACRUM
    assert "too little that can be used" in refused.reason

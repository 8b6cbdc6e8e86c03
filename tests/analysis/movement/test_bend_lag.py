"""The lag between two sensors, as bends show it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.movement.bend_lag import LagWatch, best_lag, pace_rad_s
from dowel.recordings.types import FloatArray, Sync
from tests.depth import examples

CLAIM = Sync(12.0, "declared")


def lean_deg(late_s: float, *, depth_deg: float = 70.0, length_s: float = 4.0) -> FloatArray:
    """A bend between 0.5 s and half a second before the end, seen by a clock that is late."""
    time_s = np.arange(0.0, length_s, 0.01) - late_s
    phase = np.clip((time_s - 0.5) / (length_s - 1.0), 0.0, 1.0)
    return np.asarray(depth_deg * np.sin(np.pi * phase) ** 2)


def watched(late_s: float, bends: int = 1) -> Sync:
    watch = LagWatch()
    for _ in range(bends):
        watch.look(lean_deg(0.0), lean_deg(late_s, depth_deg=60.0))
    return watch.against(CLAIM)


@examples(40)
@given(st.floats(-0.03, 0.03), st.integers(0, 7))
def test_what_a_trunk_does_by_itself_is_no_lag_of_clocks(late_s: float, bends: int) -> None:
    assert watched(late_s, bends) == CLAIM


@examples(40)
@given(st.floats(0.07, 0.35), st.booleans(), st.integers(1, 7))
def test_clocks_apart_are_shown(late_s: float, early: bool, bends: int) -> None:
    shown = watched(-late_s if early else late_s, bends)
    assert shown.source == "measured"
    assert shown.ms == pytest.approx(1e3 * late_s, rel=0.2)


@pytest.mark.parametrize(("late_s", "told"), [(0.06, "declared"), (0.3, "measured")])
def test_the_lag_of_a_trunk_in_slow_reps_is_none_of_clocks(late_s: float, told: str) -> None:
    """It grows with the time that the two ways take: 35 ms (rms) in bends of 9 to 15 s."""
    watch = LagWatch()
    for _ in range(3):
        watch.look(lean_deg(0.0, length_s=12.0), lean_deg(late_s, length_s=12.0))
    assert watch.against(CLAIM).source == told


def test_only_the_latest_bends_count() -> None:
    watch = LagWatch()
    for late_s in (*[0.15] * 3, *[0.0] * 5):
        watch.look(lean_deg(0.0), lean_deg(late_s))
    assert watch.against(CLAIM) == CLAIM


@pytest.mark.parametrize(
    ("upper_back", "sacrum"),
    [
        (lean_deg(0.0), np.full(400, np.nan)),
        (lean_deg(0.0), lean_deg(0.15, depth_deg=8.0)),
        (lean_deg(0.0), lean_deg(0.0)[::-1].cumsum() * 0.01),
        (lean_deg(0.0)[:20], lean_deg(0.15)[:20]),
    ],
    ids=["missing", "hardly moves", "does something else", "too short"],
)
def test_bends_that_tell_nothing(upper_back: FloatArray, sacrum: FloatArray) -> None:
    watch = LagWatch()
    watch.look(upper_back, sacrum)
    assert watch.against(CLAIM) == CLAIM


def test_what_is_less_alike_is_less_sure() -> None:
    rate = np.gradient(lean_deg(0.0))
    fit = np.array([0.5, 0.90, 0.5])
    close, apart = best_lag(fit + 0.09, pace_rad_s(rate, 100.0), 100.0, 0.7), best_lag(fit, 2.0, 100.0, 0.7)
    assert close is not None
    assert apart is not None
    assert close[0] == apart[0] == 0.0
    assert apart[1] > 2 * close[1]
    assert best_lag(fit, 2.0, 100.0, 0.95) is None
    assert best_lag(fit[:2], 2.0, 100.0, 0.7) is None


def test_the_pace_of_a_swing_is_its_angular_frequency() -> None:
    swing = np.sin(2.0 * np.pi * 0.5 * np.arange(0.0, 40.0, 0.01))[:, None]
    assert pace_rad_s(swing, 100.0) == pytest.approx(np.pi, rel=0.01)
    assert pace_rad_s(3.0 * swing, 100.0) == pytest.approx(np.pi, rel=0.01), "whatever its size"

"""A line, a curve or a jump in the lags of windows, whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.exchange.lags_over_time import ClockLag, WindowLags, _fitted, robust_line, with_uncertainty
from dowel.recordings.types import FloatArray

SD_S = 0.015
SHAPES = {
    "steady": lambda share: 0.0 * share,
    "drift": lambda share: 0.4 * share,
    "curve": lambda share: 0.05 * (2.0 * share - 1.0) ** 2,
    "drift and curve": lambda share: 0.3 * share + 0.1 * (2.0 * share - 1.0) ** 2,
}


def windows(lag_s: FloatArray, seed: int = 1, sd_s: float = 0.006) -> WindowLags:
    """Windows every 3 s that see these lags, one of them badly; people scatter less than they might."""
    rng = np.random.default_rng(seed)
    seen_s = lag_s + rng.normal(0.0, sd_s, len(lag_s))
    seen_s[len(lag_s) // 4] += 0.09
    return WindowLags(15.0 + 3.0 * np.arange(len(lag_s)), seen_s, np.full(len(lag_s), SD_S))


def found_in(of: WindowLags) -> ClockLag:
    return with_uncertainty(of, robust_line(of), 0.0)


@pytest.mark.parametrize("count", [25, 200])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_smooth_is_no_jump(shape: str, count: int) -> None:
    for seed in range(10):
        found = found_in(windows(SHAPES[shape](np.linspace(0.0, 1.0, count)), seed))
        assert found.uneven_s == 0.0
        assert not found.wander
        assert abs(found.lags_s[0] - found.lags_s[1]) <= 0.45


@pytest.mark.parametrize("count", [25, 200])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("drift_s", [0.0, 0.2])
@pytest.mark.parametrize("jump_s", [0.1, -0.15])
def test_a_jump_is_found_and_how_large_it_is(jump_s: float, drift_s: float, place: float, count: int) -> None:
    share = np.linspace(0.0, 1.0, count)
    found = found_in(windows(drift_s * share + jump_s * (share > place)))
    assert found.uneven_s == pytest.approx(abs(jump_s), abs=0.03)
    assert found.drift == 0.0
    assert not found.wander
    assert found.lags_s == pytest.approx((min(jump_s, 0.0), max(jump_s, 0.0) + drift_s), abs=0.08 + abs(drift_s) / 2)


@pytest.mark.parametrize("count", [20, 150])
def test_each_bend_with_a_lag_of_its_own_is_of_no_one_body(count: int) -> None:
    for seed in range(10):
        found = found_in(windows(np.random.default_rng([seed, 5]).uniform(-0.15, 0.15, count), seed))
        assert found.wander
        assert found.uneven_s > 0.08


def test_of_few_windows_no_jump_is_told() -> None:
    few = WindowLags(np.array([15.0, 18.0, 45.0]), np.array([0.0, 0.0, 0.05]), np.full(3, SD_S))
    assert found_in(few).uneven_s == 0.0


def test_the_fit_is_that_of_scipy() -> None:
    from scipy.optimize import least_squares

    of = windows(np.linspace(0.0, 0.3, 40))
    columns = np.column_stack([np.ones(40), np.linspace(-0.5, 0.5, 40)])
    theirs = least_squares(
        lambda parts: (columns @ parts - of.lag_s) / of.uncertainty_s,
        [0.0, 0.0],
        loss="soft_l1",
        xtol=1e-12,
        ftol=1e-12,
    )
    along_s, last, misfit = _fitted(of, columns)
    np.testing.assert_allclose(along_s, columns @ theirs.x, atol=1e-5)
    assert last == pytest.approx(theirs.x[1], abs=1e-5)
    assert misfit == pytest.approx(2.0 * theirs.cost, rel=1e-4)

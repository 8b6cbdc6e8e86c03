"""The clap: three knocks are found in both sensors, and the lag between these."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.analysis.calibration.clap import ClapCheck
from dowel.recordings.types import FloatArray
from tests.reference import by_scipy

RATE_HZ = 100.0


def knocked(
    at_s: list[float], seed: int, lag_s: float = 0.0, rate_hz: float = RATE_HZ
) -> tuple[FloatArray, FloatArray]:
    """Times and accelerations of a sensor in a hand that is knocked at these times, harder each time."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(5.0 * rate_hz)) / rate_hz
    acc = rng.normal((0.0, 0.0, 9.81), 0.3, (len(time_s), 3))
    for number, one_s in enumerate(at_s):
        acc[:, 0] += (30.0 + 5.0 * number) * np.exp(-0.5 * ((time_s - one_s - lag_s) / 0.008) ** 2)
    return time_s, acc


@pytest.mark.parametrize("lag_s", [-0.04, 0.0, 0.03])
def test_the_lag_is_found(lag_s: float) -> None:
    at_s = [1.0, 1.613, 2.27]
    assert ClapCheck().lag_s(*knocked(at_s, 2), *knocked(at_s, 1, lag_s)) == pytest.approx(-lag_s, abs=0.011)


def test_different_rates_are_no_lag() -> None:
    """A jump lies between two samples: to take it for the later one would make 7 ms of 50 and 200 Hz."""
    rng = np.random.default_rng(1)
    at_s = [(np.array([1.0, 1.6, 2.2]) + rng.uniform(0.0, 0.1, 3)).tolist() for _ in range(100)]
    lags_s = [ClapCheck().lag_s(*knocked(each, 1, rate_hz=50.0), *knocked(each, 2, rate_hz=200.0)) for each in at_s]
    assert np.mean(lags_s) == pytest.approx(0.0, abs=0.003)


@pytest.mark.parametrize("at_s", [[1.0, 1.6], [1.0, 1.1, 1.2], []])
def test_three_knocks_apart_are_needed(at_s: list[float]) -> None:
    assert np.isnan(ClapCheck().lag_s(*knocked(at_s, 1), *knocked([1.0, 1.6, 2.2], 2)))
    assert np.isnan(ClapCheck().lag_s(np.empty(0), np.empty((0, 3)), *knocked([1.0, 1.6, 2.2], 2)))


@pytest.mark.parametrize("seed", range(5))
def test_the_knocks_are_scipys_peaks(seed: int) -> None:
    """Both sensors knocked at the same times, as SciPy finds them in each."""
    at_s = [0.7, 1.4, 2.05, 2.7]
    one, other = knocked(at_s, seed), knocked(at_s, seed + 50, 0.02)
    lag_s = float(np.median(by_scipy.knocks(*one) - by_scipy.knocks(*other)))
    assert ClapCheck().lag_s(*one, *other) == pytest.approx(lag_s, abs=1e-9)

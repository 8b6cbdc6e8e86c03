"""Two taps on the breastbone, and what is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.movement.double_tap import DoubleTap
from dowel.recordings.types import FloatArray


def felt(taps_s: Sequence[float], rate_hz: float = 100.0, seed: int = 1) -> tuple[FloatArray, FloatArray]:
    """Four seconds of lying still, breathing, with a knock of 12 m/s2 at each of these times."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(0.0, 4.0, 1.0 / rate_hz)
    acc = np.zeros((len(time_s), 3))
    acc[:, 0] = 9.81 + 0.2 * np.sin(2.0 * np.pi * 0.25 * time_s)
    for at_s in taps_s:
        acc[:, 0] += 12.0 * np.exp(-0.5 * ((time_s - at_s) / 0.012) ** 2)
    return time_s, acc + rng.normal(0.0, 0.05, acc.shape)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
@pytest.mark.parametrize("apart_s", [0.2, 0.3, 0.5])
def test_two_taps_are_found_at_the_second(rate_hz: float, apart_s: float) -> None:
    (at_s,) = DoubleTap().of(*felt([1.5, 1.5 + apart_s], rate_hz))
    assert at_s == pytest.approx(1.5 + apart_s, abs=0.04)


@pytest.mark.parametrize(
    "taps_s",
    [[], [1.5], [1.5, 2.4], [1.5, 1.8, 2.1], [1.0, 1.3, 1.6, 1.9, 2.2], [0.9, 1.5, 1.8], [1.5, 1.8, 2.5]],
    ids=["none", "one", "too far apart", "three", "handling", "one shortly before", "one shortly after"],
)
def test_anything_else_is_none(taps_s: list[float]) -> None:
    assert DoubleTap().of(*felt(taps_s)) == []


def test_two_taps_at_the_very_end_are_not_certain_yet() -> None:
    assert DoubleTap().of(*felt([3.0, 3.3])) == []
    assert DoubleTap().of(np.empty(0), np.empty((0, 3))) == []


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 2.0))
def test_breathing_and_noise_are_no_taps(seed: int, breath: float) -> None:
    rng = np.random.default_rng(seed)
    time_s = np.arange(0.0, 4.0, 0.01)
    acc = rng.normal(0.0, 0.3, (len(time_s), 3))
    acc[:, 0] += 9.81 + breath * np.sin(2.0 * np.pi * 0.3 * time_s)
    assert DoubleTap().of(time_s, acc) == []

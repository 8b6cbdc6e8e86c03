"""Medians and quantiles are those of NumPy, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.analysis.median import median, quantile


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_it_is_numpys(count: int) -> None:
    values = np.random.default_rng(count).standard_normal((count, 2, 3))
    assert median(values).tobytes() == np.median(values, axis=0).tobytes()


def test_nothing_is_made_up_where_a_value_is_missing() -> None:
    values = np.array([[1.0, 1.0], [np.nan, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(median(values), [np.nan, 2.0])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.77, 1.0])
@pytest.mark.parametrize("count", [1, 2, 3, 10, 1001])
def test_quantiles_are_numpys_of_what_is_known(count: int, share: float) -> None:
    values = np.random.default_rng(count).standard_normal(count)
    values[count // 2 : count // 2 + count // 5] = np.nan
    assert quantile(values, share) == np.nanquantile(values, share)


def test_there_is_no_quantile_of_nothing() -> None:
    assert np.isnan(quantile(np.array([np.nan]), 0.1))

"""Medians are those of NumPy, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.analysis.median import median


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_it_is_numpys(count: int) -> None:
    values = np.random.default_rng(count).standard_normal((count, 2, 3))
    assert median(values).tobytes() == np.median(values, axis=0).tobytes()


def test_nothing_is_made_up_where_a_value_is_missing() -> None:
    values = np.array([[1.0, 1.0], [np.nan, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(median(values), [np.nan, 2.0])

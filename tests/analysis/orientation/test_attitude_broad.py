"""The attitude filter on a real sensor against optics (BROAD, sources#laidig-2021)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.validation import attitude
from tests.validation.attitude import Inclination


@pytest.fixture(scope="module")
def errors(real_recordings: Path) -> list[Inclination]:
    found = [attitude.measure(job) for job in attitude.jobs(small=False, real=real_recordings)]
    for each in found:
        print(f"{each.name}: inclination RMSE {each.rmse_deg:.2f} deg at {each.offset_ms:+.1f} ms")
    return found


def test_inclination_is_as_good_as_promised(errors: list[Inclination]) -> None:
    rmse_deg = [each.rmse_deg for each in errors]
    assert np.median(rmse_deg) <= 0.7
    assert max(rmse_deg) <= 1.8


def test_the_time_offset_is_constant_and_small(errors: list[Inclination]) -> None:
    # an offset at the end of the searched range would mean that a better one lies outside
    assert all(abs(each.offset_ms) < 6.0 for each in errors)

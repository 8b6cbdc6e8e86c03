"""Where a time lies on the common grid."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.analysis.contact.verdict import Fault
from dowel.recordings.grid_points import UNUSABLE, GridPoints, Status, point_at


@pytest.mark.parametrize(
    ("time_s", "point"), [(0.0, 0), (0.0099, 0), (0.01, 1), (0.29, 29), (0.2899, 28), (12.34, 1234), (-0.01, -1)]
)
def test_the_last_point_at_or_before_a_time(time_s: float, point: int) -> None:
    """Times that are whole points, but for the last bit of a float, are these points (0.29 s times 100 is under 29)."""
    assert point_at(time_s) == point


def test_a_run_is_as_long_as_it_has_points() -> None:
    """Whatever the number of sensors; one without points is nothing to look at."""
    for count in (0, 1, 7):
        points = GridPoints(0, np.zeros((2, count, 7)), np.zeros((2, count), np.uint8))
        assert (len(points), bool(points)) == (count, count > 0)


@pytest.mark.parametrize("bits_of", [Status, Fault])
def test_bits_are_plain_integers(bits_of: type) -> None:
    """NumPy asks each flag of ``enum`` whether it is an array, and swallows a Ctrl-C that comes meanwhile."""
    bits = {name: bit for name, bit in vars(bits_of).items() if name.isupper()}
    assert {type(bit) for bit in bits.values()} == {int}
    assert sorted(bits.values()) == [1 << at for at in range(len(bits))]


@pytest.mark.parametrize("bit", [Status.MISSING, Status.CLIPPED, Status.FROZEN])
def test_what_is_missing_clipped_or_frozen_tells_nothing(bit: int) -> None:
    assert UNUSABLE & bit

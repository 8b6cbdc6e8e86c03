"""What the drivers share on the way from readings to samples."""

from __future__ import annotations

import numpy as np

from dowel.sensors.drivers.readings import FullScale


def test_what_reaches_the_end_of_the_range_is_clipped() -> None:
    """On either side, from 0.999 of it on: a sensor of 16 bits stops one count short."""
    values = np.zeros((6, 6))
    values[[0, 1, 2], [0, 1, 2]] = 998.9, 999.0, -1000.0
    values[[3, 4, 5], [3, 4, 5]] = 1998.0, -1998.0, 1997.9
    assert FullScale(1000.0, 2000.0).clipped(values).tolist() == [False, True, True, True, True, False]

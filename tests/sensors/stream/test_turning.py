"""A direction in a sensor that turns, beside SciPy."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from dowel.sensors.stream.turning import turned_back


def test_a_direction_in_a_sensor_that_turns() -> None:
    rng = np.random.default_rng(1)
    directions, turns = rng.standard_normal((2, 50, 3))
    turns[0] = 0.0
    expected = Rotation.from_rotvec(turns).inv().apply(directions)
    np.testing.assert_allclose(turned_back(directions, turns), expected, atol=1e-9)
    np.testing.assert_allclose(turned_back(directions[7], turns[7]), expected[7], atol=1e-9)

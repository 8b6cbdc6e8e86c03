"""What a direction that stands still becomes in a sensor that turns."""

from __future__ import annotations

import numpy as np

from dowel.recordings.types import FloatArray


def turned_back(direction: FloatArray, turn_rad: FloatArray) -> FloatArray:
    """Where directions (..., 3) in a sensor come when it turns by rotation vectors (..., 3): Rodrigues, backwards.

    SciPy's ``Rotation`` does the same, but to load it adds a quarter to the CPU of a report
    (design#scipy-and-what-is-ours).
    """
    angle = np.sqrt((turn_rad * turn_rad).sum(axis=-1, keepdims=True)) + 1e-12
    axis = turn_rad / angle
    along = (direction * axis).sum(axis=-1, keepdims=True) * axis
    turned: FloatArray = along + np.cos(angle) * (direction - along) - np.sin(angle) * np.cross(axis, direction)
    return turned

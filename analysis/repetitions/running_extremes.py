"""Smallest and largest value in every window of a signal."""

from __future__ import annotations

import numpy as np

from dowel.recordings.types import FloatArray


def running_min(values: FloatArray, width: int) -> FloatArray:
    """The smallest of each ``width`` neighbouring values, (n,) to (n - width + 1,); NaN where one of them is NaN.

    Windows of doubling width, the last two overlapping: a handful of passes instead of one for each place.
    Ours: scipy.ndimage does not hand NaN on, and to load it would add a quarter to the CPU of a report
    (design#scipy-and-what-is-ours).
    """
    if len(values) < width:
        return values[:0]
    smallest, covered = values, 1
    while covered < width:
        step = min(covered, width - covered)
        smallest = np.minimum(smallest[:-step], smallest[step:])
        covered += step
    return smallest


def running_max(values: FloatArray, width: int) -> FloatArray:
    """The largest of each ``width`` neighbouring values; see :func:`running_min`."""
    return -running_min(-values, width)

"""The median of few values, and quantiles.

Bit for bit those of NumPy. Ours, because NumPy's load ``numpy.ma`` when they are first called, which is a fiftieth of a
short report, and take several times as long for the handful of values that a median is asked of here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dowel.recordings.types import FloatArray


def median(values: ArrayLike) -> FloatArray:
    """Median along the first axis, NaN where one value is."""
    ordered = np.sort(np.asarray(values, np.float64), axis=0)
    middle = 0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2])
    found: FloatArray = np.where(np.isnan(ordered[-1]), np.nan, middle)  # NaN is sorted to the end
    return found


def quantile(values: FloatArray, share: float) -> float:
    """The value below which a share of all that are no NaN lie, between two neighbours in a line; NaN of none."""
    ordered = np.sort(values[~np.isnan(values)])
    if not len(ordered):
        return float("nan")
    place = (len(ordered) - 1) * share
    below, above = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
    way = place - int(place)
    return float(below + (above - below) * way if way < 0.5 else above - (above - below) * (1.0 - way))

"""The median of few values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dowel.recordings.types import FloatArray


def median(values: ArrayLike) -> FloatArray:
    """Median along the first axis, NaN where one value is.

    Bit for bit that of NumPy. Ours, because NumPy's loads ``numpy.ma`` when it is first called, which is a fiftieth of
    a short report, and takes several times as long for the handful of values that there are here.
    """
    ordered = np.sort(np.asarray(values, np.float64), axis=0)
    middle = 0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2])
    found: FloatArray = np.where(np.isnan(ordered[-1]), np.nan, middle)  # NaN is sorted to the end
    return found

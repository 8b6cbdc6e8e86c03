"""Gaps in one sensor's samples: which are filled, and which are too long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import BoolArray, FloatArray, IntArray

FILL_LIMIT_S = 0.2
"""Gaps up to this are filled linearly: peak error 2.3 deg in a swing; 0.5 s would give 17 deg (sources#gap-filling)."""
MISSED_STEP = 1.5
"""A step of more than this many sample periods has lost a sample in between (sources#gap-handling)."""


def has_gap(step_s: FloatArray, late_s: FloatArray, period_s: float) -> bool:
    """Whether anything is missing before any of the samples (n,), at least one.

    ``step_s``: time since the sample before, by the device's clock; ``late_s``: how much longer that was in session
    time.
    """
    return bool(step_s.min() < 0 or step_s.max() > MISSED_STEP * period_s or late_s.max() > FILL_LIMIT_S)


def too_long(step_s: FloatArray, late_s: FloatArray) -> BoolArray:
    """Before which samples (n,) the gap is not filled: the filter begins again there."""
    broken: BoolArray = (step_s > FILL_LIMIT_S) | (step_s < 0) | (late_s > FILL_LIMIT_S)
    return broken


def missed_samples(step_s: FloatArray, period_s: float) -> IntArray:
    """How many samples (n,) are missing before each."""
    missed = np.round(step_s / period_s).astype(np.int64) - 1
    missed[step_s <= MISSED_STEP * period_s] = 0
    return missed


@dataclass(frozen=True, slots=True)
class LastSample:
    """The latest sample before those at hand; ``values`` (6,)."""

    time_s: float
    device_s: float
    values: FloatArray


def filled(
    before: LastSample | None,
    time_s: FloatArray,
    step_s: FloatArray,
    values: FloatArray,
    status: NDArray[np.uint8],
    sequence: IntArray,
    missed: IntArray,
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.uint8], IntArray]:
    """Put ``missed`` linearly interpolated samples in front of each sample."""
    parts = 1 + missed
    owner = np.repeat(np.arange(len(time_s)), parts)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(parts) - parts, parts) + 1
    share = number / parts[owner]
    first_time = before.time_s if before else time_s[0] - step_s[0]
    first_values = before.values if before else values[0]
    earlier_time = np.concatenate([[first_time], time_s[:-1]])
    earlier = np.concatenate([first_values[None], values[:-1]])
    filled_time = earlier_time[owner] + share * (time_s - earlier_time)[owner]
    filled = earlier[owner] + share[:, None] * (values - earlier)[owner]
    own = number == parts[owner]
    filled_time[own], filled[own] = time_s, values
    return filled_time, (step_s / parts)[owner], filled, status[owner], sequence[owner]

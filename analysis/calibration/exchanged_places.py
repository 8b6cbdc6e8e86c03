"""Whether the trunk sensors sit in each other's place: in a bend the upper back sinks far, and the sacrum hardly.

Each way to mount a sensor is right, so no posture tells which is which, and a back that rounds would be told to arch.
But in a bend the sensor that sits higher is accelerated down and up again as the way between the two turns with the
trunk. Least squares over the bends finds how long that way is; it is negative where the two were exchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from dowel.analysis.movement.hip_path import POINTS_A_STEP, STEP_S, Moved, with_prior
from dowel.recordings.types import FloatArray

NOISE_M_S2: Final = 0.15
"""What skin and the bending back add to the acceleration (sources#exchanged-places)."""
INDEPENDENT_S: Final = 0.5
"""So far apart these errors are others (sources#exchanged-places)."""
OFFSET_M_S2: Final = 0.3
"""The offsets of two untrimmed chips (sources#exchanged-places)."""
CLEAR_SD: Final = 2.0
"""A way that is negative by so many of its standard deviations (sources#exchanged-places)."""
FEWEST_STEPS: Final = 25
"""A second: less shows no bend (sources#exchanged-places)."""

EXCHANGED: Final = (
    "the two trunk sensors sit in each other's place, as in these bends the one that is called sacrum sinks farther "
    "than the one that is called upper back"
)
"""The beginning of a sentence."""

Bent = tuple[FloatArray, FloatArray]
"""Of the upper back and the sacrum in a stretch: up vectors (2, n, 3) in sensor axes, vertical acceleration (2, n)."""


def are_exchanged(zeros: FloatArray, bends: Iterable[Bent]) -> bool:
    """Whether bends show clearly that the two sensors, whose up vectors upright are ``zeros`` (2, 3), are exchanged."""
    way = height_of_upper_back(zeros, bends)
    return way.known and way.way_m + CLEAR_SD * way.sd_m < 0.0


def height_of_upper_back(zeros: FloatArray, bends: Iterable[Bent]) -> Moved:
    """How far above the sacrum's sensor that of the upper back sits, along the trunk; unknown without bends."""
    rows = np.concatenate([np.empty((0, 5)), *(_rows(zeros, *bend) for bend in bends)])
    if len(rows) < FEWEST_STEPS:
        return Moved(float("nan"), float("nan"))
    design, apart_m_s2 = rows[:, :4], rows[:, 4]
    weight = STEP_S / INDEPENDENT_S / NOISE_M_S2**2
    prior = np.diag([1.0, *[OFFSET_M_S2**-2] * 3])  # a metre: of the way itself nothing is known
    found, covariance = with_prior(design, apart_m_s2, weight, np.zeros(4), prior)
    scatter_m_s2 = float(np.sqrt(np.mean((apart_m_s2 - design @ found) ** 2)))
    return Moved(float(found[0]), float(np.sqrt(covariance[0, 0])) * max(scatter_m_s2 / NOISE_M_S2, 1.0))


def _rows(zeros: FloatArray, up: FloatArray, vertical_m_s2: FloatArray) -> FloatArray:
    """What each step of a stretch says (k, 5): how a way of a metre along the trunk is accelerated upwards, what the
    chips' offsets add at this lean (three), and what was measured."""
    upright = np.einsum("sni,si->n", up, zeros) / len(zeros)  # the cosine of how far the trunk between the two tilts
    steps = len(upright) // POINTS_A_STEP
    both = np.stack([upright, vertical_m_s2[0] - vertical_m_s2[1]])[:, : steps * POINTS_A_STEP]
    upright, apart_m_s2 = both.reshape(2, steps, POINTS_A_STEP).mean(axis=2)
    if steps < 5:
        return np.empty((0, 5))
    rises = np.gradient(np.gradient(upright, STEP_S), STEP_S)
    aside = np.sqrt(np.maximum(1.0 - upright**2, 0.0))
    rows = np.column_stack([rises, np.ones(steps), upright, aside, apart_m_s2])[2:-2]
    known: FloatArray = rows[np.isfinite(rows).all(axis=1)]
    return known

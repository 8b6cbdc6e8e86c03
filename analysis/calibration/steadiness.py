"""How steady somebody stood, and how well a mean and a slope are known when neighbours go together, as in sway."""

from __future__ import annotations

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, IntArray

LAG_SHARE = 0.4
"""Values farther apart than this share of the step count as independent: two seconds of five, which is half a slow
sway and a whole breath (sources#standing-still)."""

SHAKEN_M_S2 = 0.5
"""Nobody who stands feels a force that scatters by so much; a step jolts by 4 m/s2 (sources#standing-still)."""


def is_shaken(acc_m_s2: FloatArray) -> bool:
    """Whether the size of the force (n, 3) that a sensor felt scatters as in walking."""
    return bool(np.linalg.norm(acc_m_s2, axis=1).std() > SHAKEN_M_S2)


def sd_of_sum(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Standard deviation (d,) of the weighted sum of values (n, d) that scatter about 0 and follow each other.

    Sums the products of neighbours up to a lag, less the farther apart they are (sources#newey-and-west-1987). With
    weights that fall in a straight line that is the mean square of the sums of all stretches as long as the lag: in
    one pass, where the products of a hold of seven minutes took 20 s.
    Of few independent stretches it is too small, by up to a third for a slope.
    Ours: SciPy has no estimate that allows for neighbours that go together.
    """
    length = int(LAG_SHARE * len(values)) + 1
    until = np.cumsum(np.pad(weights[:, None] * values, ((length, length - 1), (0, 0))), axis=0)
    stretches = until[length:] - until[:-length]
    variance: FloatArray = np.sum(stretches**2, axis=0) / length
    return np.sqrt(variance)


def straight_line(time_s: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slope (d,) of values (n, d) over time, and the standard deviation of the slope (d,)."""
    from_middle_s = time_s - time_s.mean()
    weights = from_middle_s / float(from_middle_s @ from_middle_s)
    slope = weights @ values
    return slope, sd_of_sum(weights, values - values.mean(axis=0) - np.outer(from_middle_s, slope))


def stretches(where: BoolArray) -> IntArray:
    """Start and stop (k, 2) of the runs of true points (n,)."""
    edges: IntArray = np.flatnonzero(np.diff(where.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return edges

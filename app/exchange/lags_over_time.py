"""What the lags of the windows of a recording say of a clock: an offset, a drift, a jump, or nothing; and how surely.

A clock that drifts lies on a line, one that jumped on two pieces of one. A line through a jump of 0.15 s is 40 ms off
before it and after it, and hardly more uneven than people are, so both are held against the lags. The lags between two
people who do the same sets, or between two practices, lie on neither: each bend has its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.recordings.types import FloatArray
from dowel.sensors.stream.replay import TimeLine

_UNEVEN: Final = 4.0  # windows that scatter by so many of their standard deviations lie on no line
_LEAST_SPAN_S: Final = 20.0  # over less than this no drift is looked for
WANDERING: Final = 1.2
"""Lags that miss the best curve or jump by more, each and without the worst tenth, are not of one body
(sources#clocks-by-movement)."""
BETTER: Final = 10.0
"""By so much a jump must make the windows' misfit smaller than a line or a curve do (sources#clocks-by-movement)."""
CLEAR_JUMP: Final = 3.0
"""A jump is clear from so many standard deviations of the lag on (sources#clocks-by-movement)."""
_LEAST_BESIDE: Final = 2  # windows before a jump and after it
_MOST_PLACES: Final = 100  # at which a jump is tried: in the longest recordings not at every window
_ROUNDS: Final = 15  # until the weights stay


@dataclass(frozen=True)
class WindowLags:
    """Of each window (n,), in order: its middle on the second clock, the lag, and its standard deviation."""

    time_s: FloatArray
    lag_s: FloatArray
    uncertainty_s: FloatArray


@dataclass(frozen=True)
class ClockLag:
    """What movement says of a second clock against a first.

    ``steady`` leads from the second to the first with a lag that stays the same, ``drifting`` with one that changes
    evenly. ``uncertainty_s`` is one standard deviation of the lag, ``drift_uncertainty`` that of its change in s per s.
    ``start_s`` and ``end_s``: from where to where both were seen to move, on the second clock. ``rival``: how well the
    next best lag fits against this one, from 0 to 1. ``uneven_s``: how far the lags of the windows scatter about the
    line where they lie on none, or by how much the clock jumps; else 0. ``wander``: whether they lie on no line and on
    no jump, as between two people. ``lags_s``: the least and the largest lag of the line, and of the pieces of one
    where the clock jumps.
    """

    steady: TimeLine
    drifting: TimeLine
    uncertainty_s: float
    drift_uncertainty: float
    start_s: float
    end_s: float
    rival: float
    uneven_s: float
    wander: bool
    lags_s: tuple[float, float]

    @property
    def drift(self) -> float:
        """How the lag changes, in s per s."""
        return self.drifting.rate - 1.0


def robust_line(windows: WindowLags) -> TimeLine:
    """The line through the windows' lags; those that lie far off count for little."""
    steady = np.ptp(windows.time_s) < _LEAST_SPAN_S
    along_s, _, _ = _fitted(windows, _curve(windows)[:, : 1 if steady else 2])
    drift = 0.0 if steady else float((along_s[-1] - along_s[0]) / (windows.time_s[-1] - windows.time_s[0]))
    return TimeLine(float(along_s[0]) - drift * float(windows.time_s[0]), 1.0 + drift)


def with_uncertainty(windows: WindowLags, drifting: TimeLine, rival: float) -> ClockLag:
    """What windows share (skin, a leading back) does not become less with their number; the scatter tells the rest."""
    weights = windows.uncertainty_s**-2
    middle_s = float(np.average(windows.time_s, weights=weights))
    shared_s = float(np.average(windows.uncertainty_s, weights=weights))
    jumped = _jumped(windows)
    along_s, uneven_s = (drifting.at(windows.time_s) - windows.time_s, 0.0) if jumped is None else jumped
    off_s = along_s - windows.lag_s
    scatter = math.sqrt(float(np.average((off_s / windows.uncertainty_s) ** 2, weights=weights)))
    if scatter > _UNEVEN:
        uneven_s = max(uneven_s, math.sqrt(float(np.average(off_s**2, weights=weights))))
    wandering_s = _wandering_s(_off_a_curve(windows) if jumped is None else off_s, windows.uncertainty_s)
    uncertainty_s = shared_s * max(1.0, scatter)
    spread_s = math.sqrt(float(np.average((windows.time_s - middle_s) ** 2, weights=weights)))
    lag_s = float(drifting.at(np.array([middle_s]))[0]) - middle_s
    return ClockLag(
        steady=TimeLine(lag_s),
        drifting=drifting if jumped is None else TimeLine(lag_s),
        uncertainty_s=uncertainty_s,
        # half of what they share may differ between the first half and the last
        drift_uncertainty=uncertainty_s / (4.0 * max(spread_s, 1.0)),
        start_s=float(windows.time_s[0]),
        end_s=float(windows.time_s[-1]),
        rival=rival,
        uneven_s=max(uneven_s, wandering_s),
        wander=wandering_s > 0.0,
        lags_s=(float(along_s.min()), float(along_s.max())),
    )


def _wandering_s(off_s: FloatArray, uncertainty_s: FloatArray) -> float:
    """How far lags that are not of one body are off at the most; the worst tenth does not count. 0 for one body."""
    kept = np.argsort(_misfits(off_s / uncertainty_s))[: math.ceil(0.9 * len(off_s))]
    wander = float(_misfits(off_s[kept] / uncertainty_s[kept]).mean()) > WANDERING
    return float(np.abs(off_s[kept]).max()) if wander else 0.0


def _misfits(off: FloatArray) -> FloatArray:
    """The soft L1 of each window's misfit in its standard deviations: the square of small ones, the size of large."""
    misfits: FloatArray = 2.0 * (np.sqrt(1.0 + off * off) - 1.0)
    return misfits


def _jumped(windows: WindowLags) -> tuple[FloatArray, float] | None:
    """The lags (n,) of a clock that jumps once, and by how much; None where a line or a curve says as much."""
    count = len(windows.time_s)
    curve = _curve(windows)
    places = range(_LEAST_BESIDE, count - _LEAST_BESIDE + 1, count // _MOST_PLACES + 1)
    if not places:
        return None
    after = np.arange(count)
    tried = [_fitted(windows, np.column_stack([curve[:, :2], after >= place])) for place in places]
    along_s, jump_s, misfit = min(tried, key=lambda one: one[2])
    smooth = _fitted(windows, curve)[2]
    shared_s = float(np.average(windows.uncertainty_s, weights=windows.uncertainty_s**-2))
    if smooth - misfit < BETTER or abs(jump_s) < CLEAR_JUMP * shared_s:
        return None
    return along_s, abs(jump_s)


def _curve(windows: WindowLags) -> FloatArray:
    """What a line (the first two columns) and a curve (n, 3) are made of."""
    beside = (windows.time_s - windows.time_s.mean()) / max(float(np.ptp(windows.time_s)), 1.0)
    return np.column_stack([np.ones(len(beside)), beside, beside**2])


def _off_a_curve(windows: WindowLags) -> FloatArray:
    """How far the lags (n,) are off: a clock that warms up is no other body's."""
    return _fitted(windows, _curve(windows))[0] - windows.lag_s


def _fitted(windows: WindowLags, columns: FloatArray) -> tuple[FloatArray, float, float]:
    """Lags (n,) made of columns (n, k), what the last column counts, and their misfit; windows far off count little.

    Least squares, weighted again and again: the soft L1 of SciPy's ``least_squares`` in a fiftieth of its time, and
    without loading it.
    """
    weights = np.ones(len(columns))
    for _ in range(_ROUNDS):
        scale = np.sqrt(weights) / windows.uncertainty_s
        parts = np.linalg.lstsq(columns * scale[:, None], windows.lag_s * scale)[0]
        along_s: FloatArray = columns @ parts
        off = (along_s - windows.lag_s) / windows.uncertainty_s
        weights = 1.0 / np.sqrt(1.0 + off * off)
    return along_s, float(parts[-1]), float(_misfits(off).sum())

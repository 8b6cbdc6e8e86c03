"""How far the clocks of two sensors on one body are apart, and how fast they part: by the turns that both sensors make.

Two sensors on one trunk tilt together, however each is mounted. So one rotation takes the rates of turn of the one
into those of the other, and what is then left of a shift in time is the lag of their clocks; its change over the
recording is their drift. Only bends count, and only what tilts: in walking and in turning round, upper back and pelvis
twist against each other and one after the other.

It is not all clock: upper back and sacrum do not move as one. Where a back rounds, one of them leads, and skin gives
way with the rate; both look like a lag, of some 20 ms in a person's lifts and of 60 ms in bends of a round back
(sources#movement-lag). The same recording shows how much: the part of the two movements that does not agree could as
well be a delay. Windows of the recording in which the sensors move alike count for more, and what even those share is
in the uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from dowel.analysis.movement.bend_lag import LEAST_BEND_RAD, LEAST_CORRELATION, best_lag
from dowel.exchange.lags_over_time import ClockLag, WindowLags, robust_line, with_uncertainty
from dowel.recordings.types import FloatArray, IntArray, SampleRows
from dowel.sensors.stream.replay import TimeLine

MAX_DRIFT: Final = 0.015
"""Clocks that part faster are not looked for: samples that are only counted run up to 1.1 % slow
(sources#witmotion)."""
NEAR_S: Final = 1.0
"""So far from what the clocks say the lag is looked for first; reps take longer than that
(sources#clocks-by-movement)."""
NEAR_SHARE: Final = 0.8
"""A lag near to what the clocks say is left for a far one only where that fits clearly better."""

BRISK_RAD_S: Final = 1.0
"""What turns faster counts for no more than this in the rotation: bends come to as much, and a sensor in somebody's
hands to two and three times as much (sources#clocks-by-movement)."""

MIN_CORRELATION: Final = 0.35
"""Below it the two sensors did not do the same movement. Sizes of the rates in real seated bends, where upper back and
sacrum move least alike: 0.47-0.80."""

_COARSE_HZ: Final = 10.0
_COARSE_CUTOFF_HZ: Final = 2.0
_COARSE_SMEAR_S: Final = 0.6  # how far two trial drifts part over the whole recording
_EVEN_HZ: Final = 0.045
"""Sizes are counted in the spread that they have around them, within some 5 s (a rep) to either side: else what is
strongest decides alone, as the hands do that take the sensors off (sources#clocks-by-movement)."""
_EVEN_RAD_S: Final = 0.2  # a spread of less, where hardly anything moves, is not blown up
_RIVAL_S: Final = 0.5  # peaks farther than this from the best are others
_FINE_HZ: Final = 100.0
_FINE_CUTOFF_HZ: Final = (
    6.0  # trunk movement is below it, soft tissue and impacts above; a Gaussian's gain is 1/e there
)
_WINDOW_S: Final = 6.0  # a usual rep; three times as much where movement is slow
_SLOW_RAD_S: Final = 1.25
"""Half a bend shows how the back rounds as a lag, one way going down and the other coming up. Where the movement of
half of the windows changes slower than this against its own size, they hold halves (sources#clocks-by-movement)."""
_REACH_S: Final = 0.4  # the coarse lag is wrong by up to 0.15 s at the ends
_PASSES: Final = (200, 100_000)  # roughly, by some of the windows; then by all
_UP_CUTOFF_HZ: Final = 2.0  # slow enough to leave out impacts, quick enough to follow a bend
_UP_EVERY: Final = 4  # of the fine grid, every such point shows the up vector: twelve times its cutoff
_ROWS: Final = 2**16  # so many at a time: their working arrays stay small, however long a recording is
_LEAST_WINDOWS: Final = 3
_JUMP_REACH_S: Final = 3.0  # where a clock has jumped, a window fits elsewhere, and well
_JUMP_CORRELATION: Final = 0.9
_JUMP_WINDOWS: Final = 3


def measure(reference: SampleRows, other: SampleRows, declared_s: float | None = None) -> ClockLag | None:
    """The second clock against the first; None where too little moves, or not alike.

    ``declared_s`` is what the clocks themselves say of the offset: a lag near to it is looked for first.
    """
    found = _coarse(reference, other, declared_s)
    if found is None:
        return None
    line = found.line
    grid_s = np.arange(reference.time_s[0], reference.time_s[-1], 1.0 / _FINE_HZ)
    tilting = _tilting(reference, reference.time_s, grid_s)
    for most in _PASSES:
        windows = _windows(grid_s, tilting, other, line, most)
        if len(windows.time_s) < _LEAST_WINDOWS:
            return None
        drifting = robust_line(windows)
        line = drifting
    return with_uncertainty(windows, drifting, found.rival)


# ------------------------------------------------------------------------------------------------ anywhere, roughly


@dataclass(frozen=True)
class _Fit:
    """How well the sizes of the rates correlate along a line, and the next best lag's share of that."""

    correlation: float
    line: TimeLine
    rival: float


def _coarse(reference: SampleRows, other: SampleRows, declared_s: float | None) -> _Fit | None:
    """The line at which the sizes of the two rates of turn correlate best; None where they do not."""
    start_s, other_s = float(reference.time_s[0]), other.time_s
    # clocks that part are together where both begin, as far as is known
    pivot_s = float(other_s[0]) if declared_s is None else max(float(other_s[0]), start_s - declared_s)
    duration_s = min(float(np.ptp(reference.time_s)), float(np.ptp(other_s)))
    steps = math.ceil(MAX_DRIFT * duration_s / _COARSE_SMEAR_S)
    drifts = np.linspace(-MAX_DRIFT, MAX_DRIFT, 2 * steps + 1).tolist()
    trials = [TimeLine(-drift * pivot_s, 1.0 + drift) for drift in drifts]  # the pivot stays where it is
    near = None if declared_s is None else _best(reference, other, trials, declared_s)
    if near is not None and near.correlation >= NEAR_SHARE:  # nothing correlates better than 1
        return near
    wide = _best(reference, other, trials, None)
    best = near if near is not None and wide is not None and near.correlation >= NEAR_SHARE * wide.correlation else wide
    return None if best is None or best.correlation < MIN_CORRELATION else best


def _best(reference: SampleRows, other: SampleRows, trials: Sequence[TimeLine], near_s: float | None) -> _Fit | None:
    """The best fit of these lines with any lag, or with a lag near to one."""
    a = _size(reference, _COARSE_HZ)
    finer = _size(other, 2.0 * _COARSE_HZ)  # bears to be interpolated
    finer_s = other.time_s[0] + np.arange(len(finer)) / (2.0 * _COARSE_HZ)
    if not len(finer):
        return None
    best: _Fit | None = None
    for turned in trials:
        start_s, end_s = turned.at(other.time_s[[0, -1]])
        b = np.interp(turned.back(np.arange(start_s, end_s, 1.0 / _COARSE_HZ)), finer_s, finer)
        scale = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
        if scale <= 1e-12:
            return None
        begun_s = float(reference.time_s[0] - start_s)
        lags = np.arange(1 - len(b), len(a))
        if near_s is None:
            from scipy.signal import correlate  # late: it takes half a second to load

            fit = correlate(a, b, method="fft")
        else:
            lags = lags[np.abs(lags / _COARSE_HZ + begun_s - near_s) <= NEAR_S]
            fit = _correlated(a, b, lags)
        if len(lags):
            best = _better(best, fit / scale, lags / _COARSE_HZ + begun_s, turned)
    return best


def _better(best: _Fit | None, fit: FloatArray, lag_s: FloatArray, turned: TimeLine) -> _Fit:
    """The better of the best fit so far and the best one along this line."""
    top = int(fit.argmax())
    if best is not None and fit[top] <= best.correlation:
        return best
    far = np.abs(lag_s - lag_s[top]) > _RIVAL_S
    rival = float(fit[far].max(initial=0.0) / max(float(fit[top]), 1e-12))
    return _Fit(float(fit[top]), TimeLine(turned.offset_s + float(lag_s[top]), turned.rate), rival)


def _correlated(a: FloatArray, b: FloatArray, lags: IntArray) -> FloatArray:
    """What ``scipy.signal.correlate`` gives at a run of a few lags, directly."""
    first, last = (int(lags[0]), int(lags[-1])) if len(lags) else (0, -1)
    reached = np.zeros(len(b) + last - first)
    start, stop = max(first, 0), min(len(a), last + len(b))
    reached[start - first : stop - first] = a[start:stop]
    # np.correlate hands such lengths to the threads of BLAS, which takes ten times as much CPU
    return np.array([np.einsum("i,i->", reached[lag : lag + len(b)], b) for lag in range(last - first + 1)])


def _size(samples: SampleRows, rate_hz: float) -> FloatArray:
    """|rate of turn| on a coarse grid from the first sample on, less its mean and in units of its spread around."""
    grid_s = np.arange(samples.time_s[0], samples.time_s[-1], 1.0 / rate_hz)
    if not len(grid_s):
        return grid_s
    size = np.interp(grid_s, samples.time_s, sizes_of(samples, "gyr_rad_s"))
    size = low_passed(size - size.mean(), _COARSE_CUTOFF_HZ, rate_hz)
    size -= low_passed(size, _EVEN_HZ, rate_hz)
    evened: FloatArray = size / np.sqrt(low_passed(size * size, _EVEN_HZ, rate_hz) + _EVEN_RAD_S**2)
    return evened


def sizes_of(samples: SampleRows, quantity: Literal["acc_m_s2", "gyr_rad_s"]) -> FloatArray:
    """The size of a quantity (n,), which depends on no axes; some rows at a time, as an hour's need much room."""
    sizes = np.empty(len(samples))
    for start in range(0, len(samples), _ROWS):
        measured: FloatArray = getattr(samples.rows(start, start + _ROWS), quantity)
        sizes[start : start + _ROWS] = np.sqrt(np.einsum("ij,ij->i", measured, measured))
    return sizes


# ------------------------------------------------------------------------------------------------- window by window


def _windows(grid_s: FloatArray, tilting: _Tilting, other: SampleRows, line: TimeLine, most: int) -> WindowLags:
    """The lags of the windows in which both sensors bend alike; ``line`` is nearly right already.

    ``grid_s`` (n,) and ``tilting`` are of the whole reference. Of more windows than ``most`` some are looked at.
    """
    moved_s = line.at(other.time_s)
    shared = slice(*np.searchsorted(grid_s, moved_s[[0, -1]]).tolist())
    grid_s, a = grid_s[shared], tilting.rate[shared]
    length = round(_WINDOW_S * _FINE_HZ)
    near: list[tuple[float, float, float]] = []
    jumped: list[tuple[float, float, float]] = []
    if len(grid_s) > length:
        there = _tilting(other, moved_s, grid_s)
        both = _Movements(a, _turned(there, _Tilting(a, tilting.up_s, tilting.up), grid_s))
        windows = both.bending(length, most)
        if windows and np.median([both.pace_rad_s(window) for window in windows]) < _SLOW_RAD_S:
            windows = both.bending(3 * length, most)
        for window in windows:
            middle_s = float(grid_s[window.start]) + 0.5 * (window.stop - window.start) / _FINE_HZ
            if (found := both.lag(window, _REACH_S, LEAST_CORRELATION)) is not None:
                near.append((middle_s, *found))
            elif (found := both.lag(window, _JUMP_REACH_S, _JUMP_CORRELATION)) is not None:
                jumped.append((middle_s, *found))
    rows = [*near, *(jumped if len(jumped) >= _JUMP_WINDOWS else [])]
    here_s, shift_s, uncertainty_s = np.array(sorted(rows)).reshape(-1, 3).T
    there_s = line.back(here_s + shift_s)
    return WindowLags(there_s, here_s - there_s, uncertainty_s)


@dataclass(frozen=True)
class _Tilting:
    """Rates of turn (n, 3) about horizontal axes on a grid, and the up vector (k, 3) at its own, sparser times (k,)."""

    rate: FloatArray
    up_s: FloatArray
    up: FloatArray

    def up_at(self, grid_s: FloatArray) -> FloatArray:
        """The up vector at the times of a grid."""
        return _at(grid_s, self.up_s, self.up)


def _tilting(samples: SampleRows, time_s: FloatArray, grid_s: FloatArray) -> _Tilting:
    """How a sensor tilts, without bias and what is faster than movement; ``time_s`` are its samples' times."""
    up_s = grid_s[::_UP_EVERY]
    up = low_passed(_sampled_at(up_s, samples, time_s, "acc_m_s2"), _UP_CUTOFF_HZ, _FINE_HZ / _UP_EVERY)
    rate = _sampled_at(grid_s, samples, time_s, "gyr_rad_s")
    for column in rate.T:  # one at a time, as four hours of them need much room
        column[:] = low_passed(column - np.median(column), _FINE_CUTOFF_HZ, _FINE_HZ)
    found = _Tilting(rate, up_s, up / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-9))
    for part in _parts(len(grid_s)):
        up = found.up_at(grid_s[part])
        rate[part] -= up * (rate[part] * up).sum(axis=1, keepdims=True)
    return found


def _parts(count: int) -> list[slice]:
    """So many points in parts whose working arrays are small."""
    return [slice(start, start + _ROWS) for start in range(0, count, _ROWS)]


def _sampled_at(
    grid_s: FloatArray, samples: SampleRows, time_s: FloatArray, quantity: Literal["acc_m_s2", "gyr_rad_s"]
) -> FloatArray:
    """A quantity (n, 3) of samples with these times, at the times of a grid (n,); beyond them the first or the last."""
    values = np.empty((len(grid_s), 3))
    first = 0
    for start in range(0, len(time_s), _ROWS):
        after = start + _ROWS
        stop = len(grid_s) if after >= len(time_s) else int(np.searchsorted(grid_s, time_s[after]))
        measured: FloatArray = getattr(samples.rows(start, after + 1), quantity)
        values[first:stop] = _at(grid_s[first:stop], time_s[start : after + 1], measured)
        first = stop
    return values


def _at(grid_s: FloatArray, time_s: FloatArray, values: FloatArray) -> FloatArray:
    """Values (n, 3) at the times of a grid (k,)."""
    return np.column_stack([np.interp(grid_s, time_s, column) for column in values.T])


def _bends_rad(rate: FloatArray, half: int) -> FloatArray:
    """How far a sensor tilts in each window (k,) of two halves, about the axis about which it does so most."""
    count = len(rate) // half
    bends = np.zeros(max(count - 1, 0))
    for column in rate[: count * half].T:
        angle = column.cumsum().reshape(count, half)
        most, least = angle.max(axis=1), angle.min(axis=1)
        apart = np.maximum(most[1:], most[:-1]) - np.minimum(least[1:], least[:-1])
        np.maximum(bends, apart / _FINE_HZ, out=bends)
    return bends


def low_passed(values: FloatArray, cutoff_hz: float, rate_hz: float) -> FloatArray:
    """Values (n, ...) without what is faster, and without delay: the gain at f is ``exp(-(f / cutoff)^2)``."""
    from scipy.ndimage import gaussian_filter1d  # late: only an import needs it

    deviation = rate_hz / (math.sqrt(2.0) * math.pi * cutoff_hz)
    # weights beyond six standard deviations are less than 1e-7 of the largest
    smooth: FloatArray = gaussian_filter1d(values, deviation, axis=0, mode="constant", truncate=6.0)
    return smooth


def _turned(b: _Tilting, a: _Tilting, grid_s: FloatArray) -> FloatArray:
    """The rates of ``b``, turned by the rotation that takes its vectors nearest to those of ``a`` (in their place).

    Gravity says which way round: by the rates alone, going down could be taken for coming up.
    """
    together = np.zeros((3, 3))
    for part in _parts(len(grid_s)):
        at_s = grid_s[part]
        of_b, of_a = (np.vstack([_calmed(each.rate[part]), each.up_at(at_s)]) for each in (b, a))
        together += of_b.T @ of_a
    rotation = _rotation(together)
    for part in _parts(len(grid_s)):
        b.rate[part] = b.rate[part] @ rotation
    return b.rate


def _calmed(rate: FloatArray) -> FloatArray:
    """Rates of turn (n, 3), none faster than ``BRISK_RAD_S``."""
    calmed: FloatArray = rate / np.maximum(np.linalg.norm(rate, axis=1, keepdims=True) / BRISK_RAD_S, 1.0)
    return calmed


def _rotation(together: FloatArray) -> FloatArray:
    """The rotation that, multiplied from the right, takes vectors b (n, 3) nearest to a, of ``b.T @ a``."""
    left, _, right = np.linalg.svd(together)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation: FloatArray = (left * signs) @ right
    return rotation


@dataclass(frozen=True)
class _Movements:
    """Two movements (n, 3) on one grid."""

    a: FloatArray
    b: FloatArray

    def bending(self, length: int, most: int) -> list[slice]:
        """The windows of so many points in which both bend; of more than ``most`` some."""
        half = length // 2
        bends = np.minimum(_bends_rad(self.a, half), _bends_rad(self.b, half)) >= LEAST_BEND_RAD
        firsts = np.flatnonzero(bends) * half
        return [slice(first, first + length) for first in firsts[:: len(firsts) // most + 1].tolist()]

    def pace_rad_s(self, window: slice) -> float:
        """How fast ``a`` changes in a window against its own size."""
        a = self.a[window]
        # changes are from the point before to the one after, but for the ends of the recording
        before, after = min(window.start, 1), min(len(self.a) - window.stop, 1)
        beside = np.gradient(self.a[window.start - before : window.stop + after], axis=0)
        changes = beside[before : before + len(a)]
        return math.sqrt(float((changes * changes).sum()) / float((a * a).sum())) * _FINE_HZ

    def lag(self, window: slice, reach_s: float, least_correlation: float) -> tuple[float, float] | None:
        """How far ``b`` lies behind a window of ``a``, and the standard deviation of that.

        None where the two are not alike, or where they fit best at the end of the reach (or of the recording).
        """
        reach = min(round(reach_s * _FINE_HZ), window.start, len(self.b) - window.stop)
        a, b = self.a[window], self.b[window.start - reach : window.stop + reach]
        product = sum(np.correlate(b[:, axis], a[:, axis], mode="valid") for axis in range(3))
        sums = np.concatenate([[0.0], np.einsum("ij,ij->i", b, b).cumsum()])
        fit = product / np.sqrt(float((a * a).sum()) * np.maximum(sums[len(a) :] - sums[: -len(a)], 1e-12))
        return best_lag(fit, self.pace_rad_s(window), _FINE_HZ, least_correlation)

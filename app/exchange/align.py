"""Bring the recordings of several sensors onto one clock, the session's, and say how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import Recording
from dowel.recordings.types import FloatArray

Method = Literal["epoch", "motion", "start"]

SYNC_UNCERTAINTY_S: Final = 0.001
"""Makers' synchronised clocks: a few ppm over an hour are claimed; one DOT counter step is far below this."""

MOTION_UNCERTAINTY_S: Final = 0.011
"""Lag of two trunk sensors by their rates: standard deviation 5-11 ms on simulated lifters, as skin motion looks like
lag (sources#clock-hull). Never better than this."""

MIN_CORRELATION: Final = 0.35
"""Below it the two sensors did not do the same movement. Upper back and sacrum in real seated bends, where they move
least alike: 0.39-0.51."""

SURE_CORRELATION: Final = 0.7
"""From here on the movement is trusted enough to doubt a clock."""

MAX_RIVAL: Final = 0.9
"""A second peak this close to the best one (regular reps) leaves the lag open."""

_GRID_HZ: Final = 100.0
_CUTOFF_HZ: Final = 6.0  # trunk movement is below it, soft tissue and impacts above; a Gaussian's gain is 1/e there
_SMOOTH_S: Final = 1.0 / (2.0**0.5 * math.pi * _CUTOFF_HZ)  # its standard deviation in time
_PEAK_S: Final = 0.5  # around the best lag; peaks further away are rivals
_PARTS: Final = 4
_ALARM_S: Final = 0.1  # movement may disagree by this much with a clock before it is told
_CHOICES: Final = "--align motion (by the movement), --align start (first samples simultaneous) or --offset-s"


@dataclass(frozen=True)
class Alignment:
    """Session time of a sample = its recording's ``time_s`` + ``offset_s[i]``.

    ``method``: ``single``, ``session_time`` (plain CSV), ``sync`` (the maker's synchronised clock), ``epoch``,
    ``motion``, ``start`` or ``offset``. ``uncertainty_ms``: one standard deviation per recording, against the session.
    ``findings``: sentences for the user.
    """

    offset_s: tuple[float, ...]
    method: str
    uncertainty_ms: tuple[float, ...]
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Lag:
    """Add ``lag_s`` to the second recording's time to fit the first; ``rival``: second peak over best peak."""

    lag_s: float
    correlation: float
    rival: float
    uncertainty_s: float


def align(
    recordings: Sequence[Recording],
    names: Sequence[str],
    method: Method | None = None,
    offset_s: Sequence[float] | None = None,
) -> Alignment:
    """Find the offset of every recording; ``names`` (of placements or files) stand in the messages.

    Offsets given by the user override everything. Plain CSV files keep their own time. Without ``method``, a maker's
    synchronised clock is used where all have it, then the epoch. Raises `InputError`, naming the choices, if there is
    no way to align, if the movement does not tell the lag, or if the aligned recordings do not overlap.
    """
    if offset_s is not None:
        if len(offset_s) != len(recordings):
            raise InputError(f"{len(recordings)} recordings need {len(recordings)} offsets, not {len(offset_s)}.")
        found = Alignment(tuple(float(offset) for offset in offset_s), "offset", _periods_ms(recordings))
    elif len(recordings) == 1:
        found = Alignment((0.0,), "single", (0.0,))
    elif all(recording.session_clock for recording in recordings):
        found = Alignment((0.0,) * len(recordings), "session_time", (0.0,) * len(recordings))
    elif method == "motion":
        found = _by_motion(recordings, names)
    elif method == "start":
        found = _by_start(recordings)
    else:
        found = _by_clock(recordings, names, method)
    _refuse_apart(recordings, names, found)
    return found


def _by_clock(recordings: Sequence[Recording], names: Sequence[str], method: Method | None) -> Alignment:
    epochs = [recording.epoch_s for recording in recordings]
    syncs = [recording.sync_clock_s for recording in recordings]
    if method is None and _complete(syncs) and _same_session(syncs, epochs):
        return _from_clock(recordings, names, syncs, "sync", (SYNC_UNCERTAINTY_S * 1e3,) * len(recordings))
    if not _complete(epochs):
        without = [name for name, epoch in zip(names, epochs, strict=True) if epoch is None]
        raise InputError(
            f"{' and '.join(without)}: the file has no date and time that can be used, so the sensors cannot be "
            f"aligned by it. Choose {_CHOICES}."
        )
    return _from_clock(recordings, names, epochs, "epoch", tuple(r.epoch_uncertainty_s * 1e3 for r in recordings))


def _complete(clocks: Sequence[float | None]) -> bool:
    return all(clock is not None for clock in clocks)


def _same_session(syncs: Sequence[float | None], epochs: Sequence[float | None]) -> bool:
    """Whether the counters are of one synchronisation: known epochs must then tell nearly the same offsets."""
    between = [s - e for s, e in zip(syncs, epochs, strict=True) if s is not None and e is not None]
    return len(between) < 2 or max(between) - min(between) < 1.0


def _from_clock(
    recordings: Sequence[Recording],
    names: Sequence[str],
    clocks: Sequence[float | None],
    method: str,
    uncertainty_ms: tuple[float, ...],
) -> Alignment:
    """Offsets by a shared clock; session time starts at the earliest first sample."""
    starts_s = [clock for clock in clocks if clock is not None]
    offsets_s = [start_s - min(starts_s) for start_s in starts_s]
    findings = []
    for index in range(1, len(recordings)):
        lag = _lag(recordings[0], recordings[index])
        if lag is None or lag.correlation < SURE_CORRELATION or lag.rival > MAX_RIVAL:
            continue
        told_s = offsets_s[index] - offsets_s[0]
        if abs(lag.lag_s - told_s) > _ALARM_S:
            findings.append(
                f"{names[index]}: the movement fits {names[0]} with {lag.lag_s - told_s:+.2f} s against the clocks; "
                "one clock may be wrong. If so, choose --align motion."
            )
    return Alignment(tuple(offsets_s), method, uncertainty_ms, tuple(findings))


def _by_motion(recordings: Sequence[Recording], names: Sequence[str]) -> Alignment:
    """Every recording against one reference: plain CSV if there is one (it is session time), else the first."""
    reference = next((i for i, recording in enumerate(recordings) if recording.session_clock), 0)
    offsets_s, uncertainty_ms = [0.0] * len(recordings), [0.0] * len(recordings)
    for index, recording in enumerate(recordings):
        if index == reference or recording.session_clock:
            continue
        lag = _lag(recordings[reference], recording)
        pair = f"{names[index]} and {names[reference]}"
        if lag is None or lag.correlation < MIN_CORRELATION:
            raise InputError(f"{pair} do not move alike enough for that. Use --align start or --offset-s.")
        if lag.rival > MAX_RIVAL:
            raise InputError(
                f"{pair}: the movement is so regular that several lags fit it. Use --align start or --offset-s, and "
                "knock the sensors together next time."
            )
        offsets_s[index] = lag.lag_s
        uncertainty_ms[index] = lag.uncertainty_s * 1e3
    return Alignment(tuple(offsets_s), "motion", tuple(uncertainty_ms))


def _by_start(recordings: Sequence[Recording]) -> Alignment:
    """The user vouches that the first samples are simultaneous; nearer than one sample period nobody can know."""
    session_start_s = min((float(r.samples.time_s[0]) for r in recordings if r.session_clock), default=0.0)
    offsets_s = tuple(0.0 if r.session_clock else session_start_s - float(r.samples.time_s[0]) for r in recordings)
    return Alignment(offsets_s, "start", _periods_ms(recordings))


def _periods_ms(recordings: Sequence[Recording]) -> tuple[float, ...]:
    return tuple(float(np.median(np.diff(recording.samples.time_s))) * 1e3 for recording in recordings)


def _refuse_apart(recordings: Sequence[Recording], names: Sequence[str], found: Alignment) -> None:
    starts_s = [float(r.samples.time_s[0]) + o for r, o in zip(recordings, found.offset_s, strict=True)]
    ends_s = [float(r.samples.time_s[-1]) + o for r, o in zip(recordings, found.offset_s, strict=True)]
    last, first = int(np.argmax(starts_s)), int(np.argmin(ends_s))
    if starts_s[last] >= ends_s[first]:
        raise InputError(
            f"{names[last]} starts {starts_s[last] - ends_s[first]:.1f} s after {names[first]} has ended (aligned by "
            f"{found.method}). Import recordings of one practice, or choose {_CHOICES}."
        )


def _lag(reference: Recording, other: Recording) -> _Lag | None:
    """The lag at which the two angular-rate magnitudes, below 6 Hz, correlate best; between grid points by parabola."""
    from scipy.signal import correlation_lags  # late: only an alignment needs it

    a, b = _rate_magnitude(reference), _rate_magnitude(other)
    correlation = _correlation(a, b)
    if correlation is None:
        return None
    lags = correlation_lags(len(a), len(b))
    best = int(correlation.argmax())
    far = np.abs(lags - lags[best]) > _PEAK_S * _GRID_HZ
    rival = float(correlation[far].max(initial=0.0) / max(correlation[best], 1e-12))
    start_s = float(reference.samples.time_s[0] - other.samples.time_s[0])
    steps = int(lags[best])
    lag_steps = int(lags[0]) + _parabola_peak(correlation, best)
    return _Lag(
        start_s + lag_steps / _GRID_HZ,
        float(correlation[best]),
        rival,
        float(np.hypot(MOTION_UNCERTAINTY_S, _spread_s(a, b, steps))),
    )


def _rate_magnitude(recording: Recording) -> FloatArray:
    """|angular rate| on a 100 Hz grid from the first sample, low-passed without delay, its mean taken out."""
    samples = recording.samples
    grid_s = np.arange(samples.time_s[0], samples.time_s[-1], 1 / _GRID_HZ)
    rate = np.interp(grid_s, samples.time_s, np.linalg.norm(samples.gyr_rad_s, axis=1))
    return low_passed(rate - rate.mean())


def low_passed(values: FloatArray) -> FloatArray:
    """Values at 100 Hz without what is faster than 6 Hz, and without delay: the gain at f is ``exp(-(f / 6 Hz)^2)``."""
    from scipy.ndimage import gaussian_filter1d  # late: only an alignment needs it

    # weights beyond eight standard deviations are lost in rounding
    smooth: FloatArray = gaussian_filter1d(values, _SMOOTH_S * _GRID_HZ, mode="constant", truncate=8.0)
    return smooth


def _correlation(a: FloatArray, b: FloatArray) -> FloatArray | None:
    """Correlation at each of SciPy's ``correlation_lags(len(a), len(b))``, in grid steps; None where nothing moves."""
    from scipy.signal import correlate

    scale = float(np.sqrt((a @ a) * (b @ b)))
    if scale <= 1e-12:
        return None
    correlation: FloatArray = correlate(a, b, method="fft") / scale
    return correlation


def _parabola_peak(values: FloatArray, index: int) -> float:
    """The top of the parabola through a peak and its two neighbours, as a fractional index.

    SciPy finds peaks (``find_peaks``) but not what lies between the points.
    """
    if not 0 < index < len(values) - 1:
        return float(index)
    left, middle, right = values[index - 1 : index + 2]
    bend = left - 2 * middle + right
    return index + 0.5 * float((left - right) / bend) if bend < 0 else float(index)


def _spread_s(a: FloatArray, b: FloatArray, steps: int) -> float:
    """How much the lag differs between parts of the recording: drifting clocks and chance show here alike."""
    from scipy.signal import correlation_lags

    first, last = max(0, steps), min(len(a), len(b) + steps)
    reach = int(_PEAK_S * _GRID_HZ)
    lags = []
    for part in np.array_split(np.arange(first, last), _PARTS):
        if len(part) < 4 * reach:
            continue
        x, y = a[part], b[part - steps]
        correlation = _correlation(x - x.mean(), y - y.mean())
        if correlation is not None:
            near = correlation[np.abs(correlation_lags(len(x), len(y))) <= reach]
            if near.max() > MIN_CORRELATION:  # a part without common movement says nothing
                lags.append(_parabola_peak(near, int(near.argmax())) - reach)
    return float(np.std(lags) / _GRID_HZ) if len(lags) > 1 else 0.0

"""Bring the recordings of several sensors onto one clock, the session's, and say how sure that is.

What files or the user say of their clocks is held against the movement that all sensors share
(:mod:`clocks_by_movement`): it is corrected where the movement clearly says otherwise, and what is left is the
uncertainty (design#time).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from dowel.exchange.clocks_by_movement import NEAR_S, measure
from dowel.exchange.lags_over_time import ClockLag
from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import Recording
from dowel.recordings.types import FloatArray, SyncSource
from dowel.sensors.stream.replay import AS_IT_IS, TimeLine

Method = Literal["epoch", "motion", "start"]

SYNC_UNCERTAINTY_S: Final = 0.001
"""Makers' synchronised clocks: a few ppm over an hour are claimed; one DOT counter step is far below this."""

PLAIN_UNCERTAINTY_S: Final = 0.02
"""Plain CSV files promise one session time and do not say who kept it: two samples at 100 Hz
(sources#plain-csv-time)."""

CLEAR: Final = 2.0
"""The movement contradicts a clock from so many standard deviations on (sources#clocks-by-movement)."""

MAX_RIVAL: Final = 0.9
"""A second peak this close to the best one (regular reps) leaves the lag open."""

_JUMPS_WORDS: Final = (
    "{name}: by the movement its clock jumps against that of {reference}, as where samples are missing and were not "
    "counted. No offset mends that; its times are off by about"
)
_WANDER_WORDS: Final = (
    "{name} and {reference} do not move as one body: from bend to bend the lag between them wanders by up to"
)
_WANDER_CHECK: Final = (
    "Nothing is corrected, and what that leaves open is not judged. Check that both files are of one person and one "
    "practice; if they are, a clock jumps again and again."
)
_CHOICES: Final = "--align motion (by the movement), --align start (first samples simultaneous) or --offset-s"


@dataclass(frozen=True)
class Alignment:
    """``lines`` lead from each recording's ``time_s`` to session time.

    ``method``: ``single``, ``session_time`` (plain CSV), ``sync`` (the maker's synchronised clock), ``epoch``,
    ``motion``, ``start`` or ``offset``. ``uncertainty_ms``: one standard deviation per recording; ``source`` is where
    it comes from. ``findings``: sentences for the user.
    """

    lines: tuple[TimeLine, ...]
    method: str
    uncertainty_ms: tuple[float, ...]
    source: tuple[SyncSource, ...]
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Declared:
    """What the clocks or the user say: seconds to add to each recording's time, and how far that may be off (1 sd)."""

    offset_s: tuple[float, ...]
    method: str
    uncertainty_s: tuple[float, ...]

    def pair(self, one: int, other: int) -> tuple[float, float]:
        """What is added to the other's time to get the one's, and how far that may be off."""
        apart_s = self.offset_s[other] - self.offset_s[one]
        return apart_s, math.hypot(self.uncertainty_s[one], self.uncertainty_s[other])


@dataclass(frozen=True)
class _Pair:
    """A recording against the reference: the line between them, its uncertainty, whence that comes, and a sentence."""

    line: TimeLine
    uncertainty_s: float
    source: SyncSource
    sentence: str = ""


def align(
    recordings: Sequence[Recording],
    names: Sequence[str],
    method: Method | None = None,
    offset_s: Sequence[float] | None = None,
    reference: int = 0,
    trunk: Collection[int] | None = None,
) -> Alignment:
    """Find the way from every recording's time to session time.

    ``names`` (of placements or files) stand in the messages. Offsets given by the user are obeyed, as is the method
    ``motion``. Without a method plain CSV files keep their own time, else a maker's synchronised clock is used where
    all have it, then the epoch; the movement may correct all of these, and then it is the clock of the recording
    ``reference`` that is believed. ``trunk`` are the recordings that bend as one (all, if not given): only of these is
    it known how far the movement can be trusted, so only they are corrected without being asked for. Raises
    `InputError`, naming the choices, if there is no way to align, if the movement is asked and does not tell, or if the
    aligned recordings do not overlap.
    """
    if len(recordings) == 1:
        return Alignment((AS_IT_IS,), "single", (0.0,), ("declared",))
    if offset_s is None and method == "motion":
        found = _by_motion(recordings, names, reference)
    else:
        declared = _declared(recordings, names, method, offset_s)
        bending = range(len(recordings)) if trunk is None else trunk
        found = _checked(recordings, names, declared, reference, bending)
    _refuse_apart(recordings, names, found)
    return found


# -------------------------------------------------------------------------------------- what the clocks themselves say


def _declared(
    recordings: Sequence[Recording], names: Sequence[str], method: Method | None, offset_s: Sequence[float] | None
) -> _Declared:
    if offset_s is not None:
        if len(offset_s) != len(recordings):
            raise InputError(f"{len(recordings)} recordings need {len(recordings)} offsets, not {len(offset_s)}.")
        return _Declared(tuple(float(offset) for offset in offset_s), "offset", _periods_s(recordings))
    if method == "start":
        return _by_start(recordings)
    known = _by_clock(recordings, method)
    if known is None:
        without = [name for name, each in zip(names, recordings, strict=True) if each.epoch_s is None]
        raise InputError(
            f"{' and '.join(without)}: the file has no date and time that can be used, so the sensors cannot be "
            f"aligned by it. Choose {_CHOICES}."
        )
    return known


def _by_clock(recordings: Sequence[Recording], method: Method | None = None) -> _Declared | None:
    """By the clocks that the files share; None where they share none. The method ``epoch`` leaves it no choice."""
    count = len(recordings)
    if all(recording.session_clock for recording in recordings):
        return _Declared((0.0,) * count, "session_time", (PLAIN_UNCERTAINTY_S,) * count)
    epochs_s = [recording.epoch_s for recording in recordings]
    syncs_s = [recording.sync_clock_s for recording in recordings]
    one_group = len({recording.sync_group for recording in recordings}) == 1
    if method is None and one_group and _same_session(syncs_s, epochs_s):
        return _from_starts(syncs_s, "sync", (SYNC_UNCERTAINTY_S,) * count)
    if any(epoch is None for epoch in epochs_s):
        return None
    return _from_starts(epochs_s, "epoch", tuple(recording.epoch_uncertainty_s for recording in recordings))


def _same_session(syncs_s: Sequence[float | None], epochs_s: Sequence[float | None]) -> bool:
    """Whether all have counters of one synchronisation: known epochs must then tell nearly the same offsets."""
    between = [s - e for s, e in zip(syncs_s, epochs_s, strict=True) if s is not None and e is not None]
    return None not in syncs_s and (len(between) < 2 or max(between) - min(between) < 1.0)


def _from_starts(starts_s: Sequence[float | None], method: str, uncertainty_s: tuple[float, ...]) -> _Declared:
    """Offsets by a shared clock that tells when each began; session time starts at the earliest first sample."""
    known_s = [start_s for start_s in starts_s if start_s is not None]
    return _Declared(tuple(start_s - min(known_s) for start_s in known_s), method, uncertainty_s)


def _by_start(recordings: Sequence[Recording]) -> _Declared:
    """The user vouches that the first samples are simultaneous; nearer than one sample period nobody can know."""
    session_start_s = min((float(r.samples.time_s[0]) for r in recordings if r.session_clock), default=0.0)
    offsets_s = tuple(0.0 if r.session_clock else session_start_s - float(r.samples.time_s[0]) for r in recordings)
    return _Declared(offsets_s, "start", _periods_s(recordings))


def _periods_s(recordings: Sequence[Recording]) -> tuple[float, ...]:
    return tuple(float(np.median(np.diff(recording.samples.time_s))) for recording in recordings)


# ---------------------------------------------------------------------------------------- what the movement says to it


def _by_motion(recordings: Sequence[Recording], names: Sequence[str], reference: int) -> Alignment:
    """Every recording by its movement against one: plain CSV if some are (it is session time), else the reference."""
    plain = [index for index, recording in enumerate(recordings) if recording.session_clock]
    if plain and len(plain) < len(recordings):
        reference = reference if reference in plain else plain[0]
    declared = _by_clock(recordings)
    pairs = []
    for index, recording in enumerate(recordings):
        if index == reference:
            continue
        told_s = None if declared is None else declared.pair(reference, index)[0]
        lag = measure(recordings[reference].samples, recording.samples, told_s)
        pair = f"{names[index]} and {names[reference]}"
        if lag is None:
            raise InputError(f"{pair} do not move alike enough for that. Use --align start or --offset-s.")
        if _open(lag, told_s):
            raise InputError(
                f"{pair}: the movement is so regular that several lags fit it. Use --align start or --offset-s, and "
                "knock the sensors together next time."
            )
        line, uncertainty_s = _believed(lag)
        sentence = _uneven_words(lag, uncertainty_s) if lag.uneven_s else ""
        sentence = sentence.format(name=names[index], reference=names[reference])
        pairs.append(_Pair(line, uncertainty_s, "measured", sentence))
    start_s = 0.0 if declared is None else declared.offset_s[reference]
    return _together(pairs, reference, start_s, "motion")


def _checked(
    recordings: Sequence[Recording], names: Sequence[str], declared: _Declared, reference: int, trunk: Collection[int]
) -> Alignment:
    """What was declared, as far as the movement does not contradict it."""
    pairs = []
    for index, recording in enumerate(recordings):
        if index == reference:
            continue
        told_s, told_sd_s = declared.pair(reference, index)
        alike = {reference, index} <= set(trunk)
        lag = measure(recordings[reference].samples, recording.samples, told_s) if alike else None
        if lag is None or _open(lag, told_s):
            pairs.append(_Pair(TimeLine(told_s), told_sd_s, "declared"))
            continue
        pair = _pair(lag, told_s, told_sd_s, obey=declared.method == "offset")
        pairs.append(replace(pair, sentence=pair.sentence.format(name=names[index], reference=names[reference])))
    return _together(pairs, reference, declared.offset_s[reference], declared.method)


def _open(lag: ClockLag, told_s: float | None) -> bool:
    """Whether other lags fit as well, and no clock tells which it is."""
    near = told_s is not None and abs(lag.steady.offset_s - told_s) <= NEAR_S
    return lag.rival > MAX_RIVAL and not near


def _believed(lag: ClockLag) -> tuple[TimeLine, float]:
    """The line that the movement shows, with a drift where that is clear, and its uncertainty."""
    drift = lag.drift / lag.drift_uncertainty
    if abs(drift) > CLEAR:
        return lag.drifting, max(lag.uncertainty_s, lag.uneven_s)
    # a drift that is not clear may be there: over the spread of the windows, u / (4 drift_uncertainty)
    return lag.steady, max(lag.uncertainty_s * math.hypot(1.0, 0.25 * drift), lag.uneven_s)


def _pair(lag: ClockLag, told_s: float, told_sd_s: float, *, obey: bool) -> _Pair:
    """The declared lag where the movement agrees with it, else the measured one; ``obey``: it is only told."""
    line, uncertainty_s = _believed(lag)
    ends_s = np.array([lag.start_s, lag.end_s])
    late_s = ends_s + told_s - line.at(ends_s)
    apart_s = float(np.abs(late_s).max())
    if lag.uneven_s:
        farthest_s = max(abs(each - told_s) for each in lag.lags_s)
        left_s = max(math.hypot(lag.uneven_s, float(late_s.mean())), farthest_s)
        return _Pair(TimeLine(told_s), left_s, "measured", _uneven_words(lag, left_s))
    if apart_s <= CLEAR * uncertainty_s:
        # one standard deviation says nothing against a clock; what goes beyond it does
        left_s = math.hypot(uncertainty_s, max(apart_s - uncertainty_s, 0.0))
        if uncertainty_s < told_sd_s:
            return _Pair(TimeLine(told_s), left_s, "measured")
        return _Pair(TimeLine(told_s), told_sd_s, "declared")
    sentence = f"{_off_words(ends_s, late_s, line.rate != 1.0)}, give or take {1e3 * uncertainty_s:.0f} ms"
    if obey:
        left_s = math.hypot(uncertainty_s, apart_s)
        return _Pair(TimeLine(told_s), left_s, "measured", f"{sentence}. The offsets you gave are kept; check them.")
    return _Pair(line, uncertainty_s, "measured", f"{sentence}. This was corrected.")


def _uneven_words(lag: ClockLag, left_s: float) -> str:
    """What is to be said of a clock that lies on no line."""
    if lag.wander:
        return f"{_WANDER_WORDS} {1e3 * lag.uneven_s:.0f} ms. {_WANDER_CHECK}"
    return f"{_JUMPS_WORDS} {1e3 * left_s:.0f} ms."


def _off_words(ends_s: FloatArray, late_s: FloatArray, drifts: bool) -> str:
    """How far a clock is off at two of its own times."""
    where = [f"{abs(1e3 * late):.0f} ms {'late' if late > 0 else 'early'}" for late in late_s.tolist()]
    if drifts:
        where = [f"{words} at {time_s:.0f} s" for words, time_s in zip(where, ends_s.tolist(), strict=True)]
    return (
        f"{{name}}: by the movement its times are {' and '.join(where[: 1 + drifts])}, against those of {{reference}}"
    )


def _together(pairs: Sequence[_Pair], reference: int, start_s: float, method: str) -> Alignment:
    """Each pair's line, and from the reference's time on to session time; the uncertainty is against the reference."""
    source: SyncSource = "measured" if any(pair.source == "measured" for pair in pairs) else "declared"
    whole = [*pairs[:reference], _Pair(AS_IT_IS, 0.0, source), *pairs[reference:]]
    return Alignment(
        tuple(TimeLine(pair.line.offset_s + start_s, pair.line.rate) for pair in whole),
        method,
        tuple(1e3 * pair.uncertainty_s for pair in whole),
        tuple(pair.source for pair in whole),
        tuple(pair.sentence for pair in pairs if pair.sentence),
    )


def _refuse_apart(recordings: Sequence[Recording], names: Sequence[str], found: Alignment) -> None:
    spans = [line.at(r.samples.time_s[[0, -1]]) for r, line in zip(recordings, found.lines, strict=True)]
    starts_s, ends_s = ([float(span[end]) for span in spans] for end in (0, 1))
    last, first = int(np.argmax(starts_s)), int(np.argmin(ends_s))
    if starts_s[last] >= ends_s[first]:
        raise InputError(
            f"{names[last]} starts {starts_s[last] - ends_s[first]:.1f} s after {names[first]} has ended (aligned by "
            f"{found.method}). Import recordings of one practice, or choose {_CHOICES}."
        )

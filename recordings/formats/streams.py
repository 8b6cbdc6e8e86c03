"""Accelerometer and gyroscope from separate tables, brought onto one time base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.lost_digits import LEAST_ACC_M_S2, LEAST_GYR_RAD_S
from dowel.recordings.formats.recording import rising
from dowel.recordings.formats.table import Table
from dowel.recordings.types import FloatArray, Samples

MAX_BRIDGED_S: Final = 0.2
"""Accelerometer values are not interpolated over longer gaps; the analysis fills no longer ones either."""

_SHARED: Final = 0.5
"""Streams that share less of the shorter one's time were not recorded together."""

_BURST_STEP: Final = 0.3  # a step this short against the mean one belongs to a burst of samples that arrived together
_BURST_SHARE: Final = 0.1
_DOUBLED_SHARE: Final = 0.9
_LONGEST_STALL_S: Final = 0.5  # Bluetooth stalls were seen up to 0.24 s; a longer one may hide lost samples

# sources#receive-stamps
_UNEVEN_STEP_S: Final = 5e-3
_UNEVEN_STEP: Final = 0.3  # of the usual step
_UNEVEN_SHARE: Final = 0.2
_WHOLE_STEPS: Final = 0.15  # of the usual step: a longer one this near to several of them skips lost samples
_REGULAR_S: Final = 0.02
_REGULAR_OVER_S: Final = 5.0


@dataclass(frozen=True)
class Stream:
    """Three axes with their own time column. ``time_s`` (n,), ``xyz`` (n, 3)."""

    file: str
    time_s: FloatArray
    xyz: FloatArray

    @property
    def duration_s(self) -> float:
        """From the first sample to the last."""
        return float(self.time_s[-1] - self.time_s[0])

    @property
    def rate_hz(self) -> float:
        """Mean rate over the whole stream."""
        return (len(self.time_s) - 1) / self.duration_s


def read_stream(table: Table, time: int, xyz: Sequence[int], findings: list[str]) -> Stream:
    """The stream in these columns of a table, units as printed."""
    values = table.numbers([time, *xyz], findings)
    return Stream(table.name, values[:, 0], values[:, 1:])


def without_leading_zeros(stream: Stream, findings: list[str]) -> Stream:
    """Drop rows at the start whose first three values, acceleration with gravity, are exactly zero.

    Some apps write zeros until the sensor's first sample has come; gravity is never zero.
    """
    real = (stream.xyz[:, :3] != 0).any(axis=1)
    first = int(real.argmax())
    if not first:
        return stream
    findings.append(f"{stream.file}: {first} rows of zeros before the sensor's first sample were left out.")
    return replace(stream, time_s=stream.time_s[first:], xyz=stream.xyz[first:])


def merge(acc: Stream, gyr: Stream, findings: list[str]) -> Samples:
    """Both streams on the gyroscope's sample times, where both were recording.

    The angles come from integrating the gyroscope, and interpolating a signal smooths it; the accelerometer only
    steers slowly and bears it. Inside an accelerometer gap over `MAX_BRIDGED_S` nothing is made up: those samples are
    left out. Raises `InputError` if the two share less than half of the shorter one's time.
    """
    acc, gyr = (
        _rising(without_arrival_times(each, findings), least, findings)
        for each, least in ((acc, LEAST_ACC_M_S2), (gyr, LEAST_GYR_RAD_S))
    )
    if np.array_equal(acc.time_s, gyr.time_s):
        return Samples(gyr.time_s, acc.xyz, gyr.xyz)
    before = np.searchsorted(acc.time_s, gyr.time_s, side="right") - 1
    after = np.searchsorted(acc.time_s, gyr.time_s, side="left")
    inside = (before >= 0) & (after < len(acc.time_s))
    if inside.sum() < 2:
        raise InputError(
            f"{acc.file} and {gyr.file} do not overlap in time. Record accelerometer and gyroscope together."
        )
    report_left_out(acc, gyr, findings)
    bridged = np.zeros(len(inside), np.bool_)
    bridged[inside] = acc.time_s[after[inside]] - acc.time_s[before[inside]] <= MAX_BRIDGED_S
    if (holes := int((inside & ~bridged).sum())) > 0:
        findings.append(f"{acc.file} has gaps; {holes} gyroscope samples in them were left out.")
    if bridged.sum() < 2:
        raise InputError(
            f"{acc.file} is too slow or has too many gaps ({acc.rate_hz:.1f} Hz). Record at 50 Hz or more."
        )
    time_s = gyr.time_s[bridged]
    if not np.array_equal(acc.time_s[before[bridged]], time_s):
        findings.append(
            f"{acc.file} ({acc.rate_hz:.1f} Hz) was interpolated to the sample times of {gyr.file} "
            f"({gyr.rate_hz:.1f} Hz)."
        )
    return Samples(time_s, interpolated(acc, time_s), gyr.xyz[bridged])


def report_left_out(one: Stream, other: Stream, findings: list[str]) -> None:
    """Say how much of either stream the other lacks. Raises `InputError` if they share too little to be of one run."""
    shared_s = float(min(one.time_s[-1], other.time_s[-1]) - max(one.time_s[0], other.time_s[0]))
    lasting = f"{one.file} lasts {one.duration_s:.1f} s, {other.file} {other.duration_s:.1f} s"
    if shared_s < _SHARED * min(one.duration_s, other.duration_s):
        raise InputError(
            f"{lasting}, and only {max(0.0, shared_s):.1f} s are common: they are of two runs. Give those of one run."
        )
    if max(one.duration_s, other.duration_s) - shared_s > MAX_BRIDGED_S:
        findings.append(f"{lasting}; only the {shared_s:.1f} s that both recorded are used.")


def interpolated(stream: Stream, time_s: FloatArray) -> FloatArray:
    """The stream's values (n, 3) at these times, linearly between samples."""
    return np.column_stack([np.interp(time_s, stream.time_s, column) for column in stream.xyz.T])


def without_arrival_times(stream: Stream, findings: list[str]) -> Stream:
    """Spread samples evenly where their stamps are arrival times: the straight line through stamps by row is theirs.

    Samples that arrive in bursts were measured evenly: more than a tenth of the steps is under a third of the mean
    step. So were those whose steps no sensor's clock makes while their count is regular over time
    (sources#receive-stamps). Steps over `_LONGEST_STALL_S` are pauses and do not count. Raises `InputError` if a stall
    in bursts may hide lost samples, so that the times are unknown.
    """
    stream = _without_doubled_rows(stream, findings)
    step_s = np.diff(stream.time_s)
    running = step_s[step_s <= _LONGEST_STALL_S]
    if len(running) < 2 or not (step_s >= 0).all() or running.sum() <= 0:
        return stream
    in_bursts = (running < _BURST_STEP * running.mean()).mean() > _BURST_SHARE
    if not in_bursts and not _uneven(running):
        return stream
    if in_bursts and len(running) < len(step_s):
        raise InputError(
            f"{stream.file}: the time stamps are arrival times and stall for {step_s.max():.2f} s, so the sampling "
            "times are unknown. Record on the sensor or nearer to it."
        )
    row = np.arange(len(stream.time_s))
    period_s, first_s = np.polyfit(row, stream.time_s, 1)  # first and last stamp alone are a burst's length unsure
    even_s = first_s + period_s * row
    if not in_bursts and not _regular(stream.time_s - even_s, stream.duration_s):
        return stream
    how = "in bursts" if in_bursts else f"{step_s.min() * 1e3:.0f} to {step_s.max() * 1e3:.0f} ms apart"
    sentence = (
        f"{stream.file}: the time stamps are arrival times {how}; the samples were spread evenly at "
        f"{1 / period_s:.1f} Hz, and lost samples cannot be seen."
    )
    if sentence not in findings:
        findings.append(sentence)
    return replace(stream, time_s=even_s)


def _uneven(step_s: FloatArray) -> bool:
    """Whether so many steps are neither the usual one nor several of it, and by so much, that no clock made them."""
    usual_s = float(np.median(step_s))
    shorter_s = step_s[(step_s > 0) & (step_s < (1 - _UNEVEN_STEP) * usual_s)]
    if not len(shorter_s):
        return False

    def off_share(period_s: float) -> float:
        times = step_s / period_s
        off = np.abs(step_s - period_s) > max(_UNEVEN_STEP_S, _UNEVEN_STEP * period_s)
        skips = (times > 1.5) & (np.abs(times - np.round(times)) < _WHOLE_STEPS)
        return float((off & ~skips).mean())

    # where most samples were left out, the usual step is several of the sensor's own
    return min(map(off_share, (usual_s, float(np.median(shorter_s))))) > _UNEVEN_SHARE


def _regular(late_s: FloatArray, duration_s: float) -> bool:
    """Whether stamps that are so late against an even count keep to it over a few seconds: nothing was lost."""
    pieces = np.array_split(late_s, max(2, int(duration_s / _REGULAR_OVER_S)))
    return all(abs(float(np.median(piece))) < _REGULAR_S for piece in pieces)


def _without_doubled_rows(stream: Stream, findings: list[str]) -> Stream:
    """Leave out rows that repeat the one before whole, where nearly all repeated stamps are of such rows.

    Programs that log faster than the sensor measures write a sample twice; that is no burst.
    """
    repeated = np.flatnonzero(np.diff(stream.time_s) == 0) + 1
    if not len(repeated):
        return stream
    doubled = repeated[(stream.xyz[repeated] == stream.xyz[repeated - 1]).all(axis=1)]
    if len(doubled) < _DOUBLED_SHARE * len(repeated):
        return stream
    sentence = f"{stream.file}: left out for a repeated time stamp: {len(doubled)} of {len(stream.time_s)} samples."
    if sentence not in findings:
        findings.append(sentence)
    return replace(stream, time_s=np.delete(stream.time_s, doubled), xyz=np.delete(stream.xyz, doubled, axis=0))


def _rising(stream: Stream, least: float, findings: list[str]) -> Stream:
    time_s, (xyz,) = rising(stream.file, stream.time_s, [stream.xyz], [least], findings)
    if len(time_s) < 2:
        raise InputError(f"{stream.file} holds fewer than two samples. Record and export it again.")
    return Stream(stream.file, time_s, xyz)

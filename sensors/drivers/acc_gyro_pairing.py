"""Accelerometer and gyroscope of a phone made one: they come with different times and at different rates.

A sample is made at each of the gyroscope's times, because the gyroscope is what is integrated to an angle and must not
be smoothed; specific force, a slow reference, is interpolated linearly between the two measurements around that time.
A sample therefore waits until the accelerometer has passed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, IntArray
from dowel.sensors.drivers.base import Decoded
from dowel.sensors.drivers.readings import POSSIBLE_RANGES, FullScale

LONGEST_STEP_S: Final = 0.1
"""Two measurements further apart are not interpolated between: a phone's slowest useful rate is 20 Hz, and two of its
samples may be missing no more than one."""
WAIT_S: Final = 2.0
"""A measurement that has waited longer for its partner, by the phone's clock, never meets it."""
RESTART_S: Final = 1.0
"""A notification whose newest measurement lies back by more comes from a clock that began again (as ``track``)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Measurements of one stream, in the order of their arrival.

    ``which`` (n,) is the index of the notification that brought each, ``time_s`` (n,) the phone's clock, ``values``
    (n, 3).
    """

    which: IntArray
    time_s: FloatArray
    values: FloatArray

    @staticmethod
    def of(which: list[int], time_s: list[float], values: list[tuple[float, float, float]]) -> Rows:
        """From lists that are equally long."""
        return Rows(np.array(which, np.int64), np.array(time_s, np.float64), np.array(values).reshape(-1, 3))

    @staticmethod
    def none() -> Rows:
        """No measurement."""
        return Rows(np.empty(0, np.int64), np.empty(0), np.empty((0, 3)))

    def __len__(self) -> int:
        return len(self.which)

    def take(self, keep: BoolArray | slice) -> Rows:
        """Some of them."""
        return Rows(self.which[keep], self.time_s[keep], self.values[keep])

    def possible(self, full_scale: float) -> tuple[Rows, int]:
        """Those that can be measurements with such a range, and how many cannot."""
        limit = POSSIBLE_RANGES * full_scale
        good = np.isfinite(self.time_s) & np.all(np.abs(self.values) <= limit, axis=1)  # False for NaN
        return self.take(good), int(len(good) - np.count_nonzero(good))

    def __add__(self, later: Rows) -> Rows:
        return Rows(
            np.concatenate([self.which, later.which]),
            np.concatenate([self.time_s, later.time_s]),
            np.concatenate([self.values, later.values]),
        )


@dataclass(frozen=True, slots=True)
class Paired:
    """Leading measurements with the other stream's values at their times.

    ``leading.which`` is the notification that made each complete. ``partner`` (n, 3) is interpolated, ``reach`` (n, 3)
    the larger of the two absolute values that it lies between. ``left_out`` counts leading measurements without a
    partner (not those before the partner's very first: nothing is wrong with them), ``repeated`` measurements of either
    stream that are not newer than those before. ``newest_s`` (m,) is the phone's clock at the newest measurement up to
    each notification, NaN where a notification brought none.
    """

    leading: Rows
    partner: FloatArray
    reach: FloatArray
    left_out: int
    repeated: int
    newest_s: FloatArray

    def rows(self, values: FloatArray) -> Rows:
        """These values as measurements at the leading stream's times."""
        return Rows(self.leading.which, self.leading.time_s, values)

    def decoded(self, bad_frames: int, full_scale: FullScale) -> Decoded:
        """The samples, where the gyroscope leads and the accelerometer is the partner."""
        return Decoded(
            np.bincount(self.leading.which, minlength=len(self.newest_s)),
            self.leading.time_s,
            np.concatenate([self.partner, self.leading.values], axis=1),
            full_scale.clipped(np.concatenate([self.reach, self.leading.values], axis=1)),
            bad_frames + self.left_out,
            self.newest_s,
        )


class Pairing:
    """Pairs two streams of one phone, in any chunks with the same result.

    A clock that begins again makes both streams begin again; what waits then is left out.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._leading, self._partner = Rows.none(), Rows.none()
        self._latest_s = [-np.inf, -np.inf]
        self._first_partner_s = np.inf

    def take(self, notifications: int, leading: Rows, partner: Rows) -> Paired:
        """What becomes complete with so many notifications that brought these measurements."""
        parts: list[Paired] = []
        first = 0
        while first < notifications or not parts:
            stop, restarted = self._until_restart(first, notifications, leading, partner)
            left_out = 0
            if restarted:
                left_out = len(self._leading)
                self._forget()
                stop, _ = self._until_restart(first, notifications, leading, partner)
            parts.append(self._segment(first, stop, leading, partner, left_out))
            first = stop
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _until_restart(self, first: int, notifications: int, leading: Rows, partner: Rows) -> tuple[int, bool]:
        """The first notification after ``first`` that a new clock begins with; or ``first`` itself, and True."""
        begins = np.zeros(notifications - first, np.bool_)
        for latest_s, rows in zip(self._latest_s, (leading, partner), strict=True):
            newest_s = _newest(rows, first, notifications)
            before_s = np.maximum.accumulate(np.concatenate([[latest_s], newest_s]))[:-1]
            begins |= np.isfinite(newest_s) & (newest_s < before_s - RESTART_S)
        if not begins.any():
            return notifications, False
        at = int(np.argmax(begins))
        return first + at, at == 0

    def _segment(self, first: int, stop: int, leading: Rows, partner: Rows, left_out: int) -> Paired:
        """The notifications from ``first`` to ``stop``, which one clock has timed."""
        before_s = max(self._latest_s)
        (leading, repeated), (partner, also_repeated) = (
            self._fresh(stream, rows.take(slice(*np.searchsorted(rows.which, [first, stop]))))
            for stream, rows in enumerate((leading, partner))
        )
        newest_s = np.maximum(_newest(leading, first, stop), _newest(partner, first, stop))
        running_s = np.maximum.accumulate(np.concatenate([[before_s], newest_s]))
        leading, partner = self._leading + leading, self._partner + partner
        if len(partner) and np.isinf(self._first_partner_s):
            self._first_partner_s = float(partner.time_s[0])

        after = partner.time_s.searchsorted(leading.time_s)
        waits = after == len(partner)
        done = leading.take(~waits)
        after = after[~waits]
        which = np.maximum(done.which, partner.which[after]) if len(done) else done.which
        before = np.maximum(np.where(partner.time_s[after] == done.time_s, after, after - 1), 0)
        step_s = partner.time_s[after] - partner.time_s[before]
        good = (partner.time_s[before] <= done.time_s) & (step_s <= LONGEST_STEP_S)
        in_time = running_s[np.maximum(which - first, 0)] <= done.time_s + WAIT_S
        good &= in_time
        early = in_time & (done.time_s < self._first_partner_s)
        share = (done.time_s - partner.time_s[before]) / np.where(step_s > 0, step_s, 1.0)
        low, high = partner.values[before], partner.values[after]
        between = low + share[:, None] * (high - low)
        reach = np.maximum(np.abs(low), np.abs(high))

        oldest_s = running_s[-1] - WAIT_S
        waiting = leading.take(waits)
        kept = waiting.take(waiting.time_s >= oldest_s)
        left_out += int(np.count_nonzero(~(good | early))) + len(waiting) - len(kept)
        kept_partner = partner.take(partner.time_s >= oldest_s - LONGEST_STEP_S)
        self._leading, self._partner = _carried(kept), _carried(kept_partner)
        complete = Rows(which, done.time_s, done.values).take(good)
        newest_s = np.where(np.isfinite(newest_s), running_s[1:], np.nan)
        return Paired(complete, between[good], reach[good], left_out, repeated + also_repeated, newest_s)

    def _fresh(self, stream: int, rows: Rows) -> tuple[Rows, int]:
        """Measurements that are newer than all before them, and how many are not."""
        latest_s = np.maximum.accumulate(np.concatenate([[self._latest_s[stream]], rows.time_s]))
        self._latest_s[stream] = float(latest_s[-1])
        fresh = rows.time_s > latest_s[:-1]
        return rows.take(fresh), int(len(fresh) - np.count_nonzero(fresh))


def _carried(rows: Rows) -> Rows:
    """For the next chunk: they came before its first notification."""
    return Rows(np.full(len(rows), -1, np.int64), rows.time_s, rows.values)


def _newest(rows: Rows, first: int, stop: int) -> FloatArray:
    """The newest time in each notification from ``first`` to ``stop``; minus infinity where there is none."""
    newest_s: FloatArray = np.full(stop - first, -np.inf)
    low, high = np.searchsorted(rows.which, [first, stop])
    np.maximum.at(newest_s, rows.which[low:high] - first, rows.time_s[low:high])
    return newest_s


def _joined(parts: list[Paired]) -> Paired:
    leading = [part.leading for part in parts]
    return Paired(
        Rows(
            np.concatenate([each.which for each in leading]),
            np.concatenate([each.time_s for each in leading]),
            np.concatenate([each.values for each in leading]),
        ),
        np.concatenate([part.partner for part in parts]),
        np.concatenate([part.reach for part in parts]),
        sum(part.left_out for part in parts),
        sum(part.repeated for part in parts),
        np.concatenate([part.newest_s for part in parts]),
    )

"""From a count of samples to device time, for sensors that send no time: what was lost or sent twice is put right.

Radio and computer only ever delay. So a notification that is lost moves all that follow up against their arrival, for
good; one that comes twice moves them down, below what any delay allows; and a computer that hangs moves them up and,
as everything then comes in a burst, down again within moments. The lowest of a few arrivals in a row tells these
apart, once the arrivals come at the sensor's own pace: a burst that is still being worked off has said nothing yet.

What is late waits here until that is known, so that the samples behind a loss get the right time, and those of a burst
theirs. How long it waits depends on the notifications alone, one after the other, and not on how they are cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, IntArray
from dowel.sensors.drivers.base import Decoded
from dowel.sensors.stream.arrival_floor import LEARN_S, STEP_SHARE, Arrival, ArrivalFloor
from dowel.sensors.stream.uncertainty import Uncertainty

# all: sources#counted-samples
SILENCE_S = 1.0
"""A silence of more than this while the period is being learnt: it is learnt again. What came twice shows within
this time."""
HOLD_S = 0.1
"""What is later than this waits for the answer; retransmissions do not come to it."""
LATE_S = 0.15
"""What is later than this while the period is being learnt is in doubt."""
DOUBT_S = 0.02
"""Times of a burst that are uncertain by more, because the period is, are in doubt."""
LOSSY_S = 60.0
"""For so long after a loss whatever may be another one waits, and a loss may be taken back."""
OFTEN = 0.1
OFTEN_ARRIVALS = 64
"""A sensor that repeated itself in this share of so many of the latest notifications does so by itself."""
SETTLE_S = 0.3
"""For so long after a correction that came too late for some samples the times are in doubt."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What goes on now: notifications of ``count`` (m,) samples, and the samples (n,).

    ``known_s`` (m,) and ``sequence`` (n,) are those of the notification that settled it; ``doubtful`` (n,) times.
    """

    arrival_s: FloatArray
    known_s: FloatArray
    count: IntArray
    device_time_s: FloatArray
    values: FloatArray
    clipped: BoolArray
    doubtful: BoolArray
    sequence: IntArray


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Notifications (m,) and their samples (n,) as they came."""

    arrival_s: FloatArray
    count: IntArray
    device_time_s: FloatArray
    values: FloatArray
    clipped: BoolArray

    @staticmethod
    def none() -> _Waiting:
        none: FloatArray = np.empty(0)
        return _Waiting(none, np.empty(0, np.int64), none, np.empty((0, 6)), np.empty(0, np.bool_))

    def then(self, others: _Waiting) -> _Waiting:
        """These, and others behind them."""
        return _Waiting(*(np.concatenate([getattr(self, name), getattr(others, name)]) for name in _Waiting.__slots__))

    def cut(self, notifications: int) -> tuple[_Waiting, _Waiting]:
        """So many of them, and the rest."""
        samples = int(self.count[:notifications].sum())
        first = [
            self.arrival_s[:notifications], self.count[:notifications],
            self.device_time_s[:samples], self.values[:samples], self.clipped[:samples],
        ]  # fmt: skip
        rest = [
            self.arrival_s[notifications:], self.count[notifications:],
            self.device_time_s[samples:], self.values[samples:], self.clipped[samples:],
        ]  # fmt: skip
        return _Waiting(*first), _Waiting(*rest)  # type: ignore[arg-type]


@dataclass(slots=True)
class _Late:
    """A notification: ``excess_s`` above the floor, with ``shift_s`` in its device time; ``gone`` on already or not."""

    arrival_s: float
    device_s: float
    excess_s: float
    shift_s: float
    doubled: bool = False
    gone: bool = False


@dataclass(slots=True)
class _Going:
    """What is known of the notifications that go on, the oldest of those at hand first.

    ``shift_s`` to be added to their device time; ``doubled`` ones are left out; ``by``: which of those just handed over
    settled it.
    """

    shift_s: list[float] = field(default_factory=list)
    doubtful: list[bool] = field(default_factory=list)
    doubled: list[bool] = field(default_factory=list)
    by: list[int] = field(default_factory=list)

    def add(self, shift_s: float, by: int, *, doubtful: bool = False, doubled: bool = False) -> None:
        self.shift_s.append(shift_s)
        self.doubtful.append(doubtful)
        self.doubled.append(doubled)
        self.by.append(by)


_NONE: BoolArray = np.empty(0, np.bool_)


class CountedTime:
    """Follows the notifications of a sensor that only counts, ``period_s`` apart as asked.

    ``lost_samples`` and ``doubled_samples`` so far; ``uncertainty`` of the count, beside that of the clock.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self.lost_samples = self.doubled_samples = 0
        self.uncertainty = Uncertainty.of(0.0)
        self._uncertain_until_s = np.inf
        self._shift = self._returned = 0
        self._before: list[FloatArray] = []
        self._waiting = _Waiting.none()
        self._begin()

    def _begin(self) -> None:
        self._learning: list[Arrival] = []
        self._floor: ArrivalFloor | None = None
        self._late: list[_Late] = []
        self._taken_s = self._lossy_until_s = self._doubt_until_s = -np.inf
        self._taken = 0
        self._repeating = 0.0

    @property
    def waiting_samples(self) -> int:
        """How many samples wait."""
        return len(self._waiting.values)

    def restart(self) -> int:
        """The link came back: all but the count is learnt again. Returns how many samples waited, and are given up."""
        given_up = self.waiting_samples
        self._waiting = _Waiting.none()
        self._begin()
        return given_up

    def settle(self, decoded: Decoded, arrival_s: FloatArray, sequence: IntArray) -> Settled:
        """What goes on, now that these have come: samples with the device time that their count means."""
        count = decoded.count
        if not count.all():
            some = count > 0
            arrival_s, count, sequence = arrival_s[some], count[some], sequence[some]
        last_s = decoded.device_time_s[count.cumsum() - 1]
        repeats = self._repeats(decoded.values, count)
        going = _Going()
        rows = zip(arrival_s.tolist(), last_s.tolist(), count.tolist(), repeats, strict=True)
        for number, (at_s, device_s, samples, repeated) in enumerate(rows):
            self._take(Arrival(at_s, device_s + self._shift * self._period_s, samples), repeated, number, going)
        new = _Waiting(arrival_s, count, decoded.device_time_s, decoded.values, decoded.clipped)
        if self.waiting_samples or len(going.by) < len(count) or any(going.doubled):
            return self._some_of(new, sequence, going)
        by = np.array(going.by, np.int64)
        shift_s, doubtful = (np.array(each).repeat(count) for each in (going.shift_s, going.doubtful))
        times_s = new.device_time_s + shift_s
        return Settled(
            arrival_s, arrival_s[by], count, times_s, new.values, new.clipped, doubtful, sequence[by].repeat(count)
        )

    def _some_of(self, new: _Waiting, sequence: IntArray, going: _Going) -> Settled:
        """What is left to go on where some wait, have waited or are left out."""
        here, self._waiting = (self._waiting.then(new) if self.waiting_samples else new).cut(len(going.by))
        by = np.array(going.by, np.int64)
        kept = ~np.array(going.doubled, np.bool_)
        of_kept = kept.repeat(here.count)
        return Settled(
            here.arrival_s[kept],
            new.arrival_s[by][kept],
            here.count[kept],
            (here.device_time_s + np.array(going.shift_s).repeat(here.count))[of_kept],
            here.values[of_kept],
            here.clipped[of_kept],
            np.array(going.doubtful, np.bool_).repeat(here.count)[of_kept],
            sequence[by].repeat(here.count)[of_kept],
        )

    def _repeats(self, values: FloatArray, count: IntArray) -> list[int]:
        """For each notification: 1 where it brings the very values of the one before.

        2 where a sensor cannot have measured them twice, because they differ among themselves or, where it is one
        sample, differed in all values from the sample before.
        """
        found = [0] * len(count)
        if not len(count):
            return found
        before = self._before
        known = sum(len(each) for each in before)
        starts = count.cumsum() - count
        first = values[starts]
        same = (first[1:] == first[:-1]).all(axis=1) if len(count) > 1 else _NONE
        candidates = [0] if before and (first[0] == before[-1][0]).all() else []
        if len(same):
            candidates += (1 + np.flatnonzero(same)).tolist()
        here = np.concatenate([*before, values]) if candidates else values
        for index in candidates:
            start, size = known + int(starts[index]), int(count[index])
            size_before = int(count[index - 1]) if index else len(before[-1])
            block = here[start : start + size]
            if size_before != size or not np.array_equal(block, here[start - size : start]):
                continue
            moved = (block[1:] != block[:-1]).any() if size > 1 else start > 1 and (block != here[start - 2]).all()
            found[index] = 2 if moved else 1
        latest = [values[start : start + size].copy() for start, size in zip(starts[-2:], count[-2:], strict=True)]
        self._before = [*before, *latest][-2:]
        return found

    def _take(self, heard: Arrival, repeats: int, number: int, going: _Going) -> None:
        """One notification, the ``number``-th of those just handed over."""
        if heard.arrival_s >= self._uncertain_until_s:
            self.uncertainty.add(heard.arrival_s, 0.0)
            self._uncertain_until_s, self._returned = np.inf, 0
        floor = self._floor
        allowed_s = 0.0 if floor is None else floor.allowed_s(heard.arrival_s)
        excess_s = 0.0 if floor is None else floor.excess_s(heard.residual_s, heard.device_s)
        impossible = repeats == 2 and self._repeating < OFTEN
        self._repeating += ((repeats > 0) - self._repeating) / OFTEN_ARRIVALS
        if impossible or (repeats and excess_s < -allowed_s):
            self._leave_out(heard, number, going)
        elif floor is None:
            going.add(self._shift * self._period_s, number, doubtful=self._learn(heard))
        else:
            self._judge(heard, excess_s, floor, number, going)

    def _leave_out(self, heard: Arrival, number: int, going: _Going) -> None:
        """This one came before."""
        self._shift -= heard.count
        self.doubled_samples += heard.count
        self._behind_the_late(_Late(heard.arrival_s, heard.device_s, np.inf, 0.0, doubled=True), number, going)

    def _learn(self, heard: Arrival) -> bool:
        """Take part in learning the period; returns whether the time is in doubt."""
        learning = self._learning
        if learning and heard.arrival_s - learning[-1].arrival_s > SILENCE_S:
            learning.clear()
        learning.append(heard)
        recent = [each.residual_s for each in learning if each.arrival_s > heard.arrival_s - SILENCE_S]
        if heard.arrival_s - learning[0].arrival_s >= LEARN_S:
            self._floor = ArrivalFloor.learnt(learning, self._period_s)
            if self._floor is not None:
                learning.clear()
        return heard.residual_s - min(recent) > LATE_S

    def _judge(self, heard: Arrival, excess_s: float, floor: ArrivalFloor, number: int, going: _Going) -> None:
        """Early, on time or late; what is late waits, or goes on where it is no later than retransmissions make it."""
        arrival_s, device_s = heard.arrival_s, heard.device_s
        allowed_s = floor.allowed_s(arrival_s)
        if excess_s < -allowed_s:
            back_s = self._take_back(arrival_s, -excess_s, floor) * self._period_s
            device_s, excess_s = device_s - back_s, excess_s + back_s
        this = _Late(arrival_s, device_s, excess_s, self._shift * self._period_s)
        if excess_s < allowed_s:
            self._on_time(this, floor, number, going)
            return
        self._behind_the_late(this, number, going)
        lowest_s = self._lasting_s(floor)
        if lowest_s:
            self._lose(lowest_s, floor, number, going)

    def _on_time(self, this: _Late, floor: ArrivalFloor, number: int, going: _Going) -> None:
        """Nothing was lost before this one: it goes on, behind what waits."""
        if len(self._late) == 1:
            floor.sent_again(self._late[0].excess_s)
        for each in self._late:
            unsure = floor.period_doubt_s(each.device_s) > DOUBT_S
            self._go(each, number, going, doubtful=unsure)
        self._late.clear()
        self._go(this, number, going)
        floor.accept(this.arrival_s, this.device_s)

    def _behind_the_late(self, this: _Late, number: int, going: _Going) -> None:
        """One that waits, unless none before it does and it is no later than usual."""
        waiting = bool(self._late) and not self._late[-1].gone
        lossy = this.arrival_s < self._lossy_until_s
        if this.doubled and not waiting:
            self._go(this, number, going)
            return
        if not this.doubled and not waiting and not lossy and this.excess_s < HOLD_S:
            self._go(this, number, going)
        self._late.append(this)

    def _go(self, this: _Late, number: int, going: _Going, *, doubtful: bool = False) -> None:
        if not this.gone:
            this.gone = True
            doubtful = doubtful or this.arrival_s < self._doubt_until_s
            going.add(this.shift_s, number, doubtful=doubtful, doubled=this.doubled)

    def _lasting_s(self, floor: ArrivalFloor) -> float:
        """By how much the arrivals lie above the floor to stay; 0 while they may still come down to it.

        Where a burst is worked off they come down from one half of the window to the other.
        """
        latest = [each for each in self._late[-2 * floor.arrivals :] if not each.doubled][-floor.arrivals :]
        if len(latest) < floor.arrivals:
            return 0.0
        longest_s = floor.unit_s + LATE_S
        if any(later.arrival_s - each.arrival_s > longest_s for each, later in pairwise(latest)):
            return 0.0
        half = len(latest) // 2
        first_s, second_s = (min(each.excess_s for each in part) for part in (latest[:half], latest[half:]))
        return min(first_s, second_s) if second_s >= first_s - floor.step_s else 0.0

    def _lose(self, lowest_s: float, floor: ArrivalFloor, number: int, going: _Going) -> None:
        """Samples were lost before the latest arrivals; what came in a burst before them is in doubt."""
        late, arrival_s = self._late, self._late[-1].arrival_s
        lost = floor.unit * max(1, math.ceil(lowest_s / floor.unit_s - STEP_SHARE))
        jump = self._begins(lowest_s, floor)
        if late[jump].gone:
            self._doubt_until_s = arrival_s + SETTLE_S
        for each in late[:jump]:
            self._go(each, number, going, doubtful=True)
        self._shift += lost
        self.lost_samples += lost
        self._taken, self._taken_s = self._taken + lost, arrival_s
        self._lossy_until_s = arrival_s + LOSSY_S
        self._doubt_count(arrival_s, floor.step_s)
        self._late = []
        floor.jumped()
        for each in late[jump:]:
            self._judge_again(each, lost * self._period_s, floor, number, going)

    def _begins(self, lowest_s: float, floor: ArrivalFloor) -> int:
        """The first of the late ones that came behind the loss: of the window, or before it as late as that is."""
        late, counted = self._late, 0
        jump = len(late)
        while jump and counted < floor.arrivals:
            jump -= 1
            counted += not late[jump].doubled
        while jump and (late[jump - 1].doubled or -floor.step_s < late[jump - 1].excess_s - lowest_s < HOLD_S):
            jump -= 1
        return jump

    def _judge_again(self, this: _Late, lost_s: float, floor: ArrivalFloor, number: int, going: _Going) -> None:
        """One that came behind the loss: on time now, unless another loss came before it."""
        if this.doubled:
            self._behind_the_late(this, number, going)
            return
        this.device_s, this.shift_s = this.device_s + lost_s, this.shift_s + lost_s
        this.excess_s = floor.excess_s(this.arrival_s - this.device_s, this.device_s)
        if this.excess_s < floor.allowed_s(this.arrival_s):
            self._on_time(this, floor, number, going)
        else:
            self._behind_the_late(this, number, going)

    def _take_back(self, arrival_s: float, early_s: float, floor: ArrivalFloor) -> int:
        """Earlier than any delay allows: samples were taken for lost that came later; returns how many."""
        taken = self._taken if arrival_s - self._taken_s < LOSSY_S else 0
        back = min(taken, floor.unit * round(early_s / (floor.unit * self._period_s)))
        self._taken = taken - back
        self.lost_samples -= back
        self._shift -= back
        if back:
            floor.jumped()
            self._returned += back
            self._doubt_until_s = arrival_s + SETTLE_S
            self._doubt_count(arrival_s, self._returned * self._period_s)
        return back

    def _doubt_count(self, arrival_s: float, by_s: float) -> None:
        """For a while the count may be wrong by this, or by what it was already."""
        self._uncertain_until_s = arrival_s + LOSSY_S
        if 1e3 * by_s > self.uncertainty.value_ms[-1]:
            self.uncertainty.add(arrival_s, 1e3 * by_s)

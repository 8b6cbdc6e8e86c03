"""What the switches on a rod tell: when each was seen at work, and when it was open.

Nobody watches a switch, so it has to show itself that it works. It is believed from its first change to its last: a rod
that is taken up before a set and laid down after it shows all three. What sticks, or sends nothing, is not watched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final

import numpy as np

from dowel.recordings.types import CONTACTS, FloatArray

BOUNCE_S: Final = 0.02
"""What lasts for less is bouncing (sources#switches)."""
SILENT_S: Final = 0.2
"""After such a gap nobody knows what the switch did meanwhile (sources#gap-handling)."""
LIFTED_S: Final = 5.0
"""Two contacts open for so long, and the third closed all the while: the rod is off and this one sticks
(sources#switches)."""
QUIET_S: Final = 30.0
"""No rep lasts so long: a switch that does not change meanwhile, though the others do, sticks (sources#switches)."""

Interval = tuple[float, float]


class State(IntEnum):
    """What a switch tells."""

    UNKNOWN = -1
    OPEN = 0
    CLOSED = 1


_NOTHING: Final = (int(State.UNKNOWN),) * len(CONTACTS)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of session time in which a switch told the same."""

    start_s: float
    end_s: float
    state: State

    @property
    def length_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s

    def during(self, start_s: float, end_s: float) -> float:
        """How much of another stretch it takes, in seconds."""
        return max(min(self.end_s, end_s) - max(self.start_s, start_s), 0.0)


@dataclass(frozen=True, slots=True)
class Switch:
    """One contact of the rod.

    Parameters
    ----------
    contact
        Which.
    seen, off
        When it can be believed, and when it was open then.
    stuck
        Stretches in which it told the same though it cannot have been so, or nothing shows that it could tell anything
        else.
    """

    contact: str
    seen: tuple[Interval, ...]
    off: tuple[Interval, ...]
    stuck: tuple[Run, ...]


class Contacts:
    """Follows the switches of one sensor; only what changes is kept, so hours need little memory."""

    def __init__(self) -> None:
        self._at_s: list[float] = []
        self._states: list[tuple[int, ...]] = []
        self._last_s = float("-inf")

    def feed(self, time_s: FloatArray, contacts: FloatArray) -> None:
        """The next samples.

        Parameters
        ----------
        time_s
            Session times (n,), in order.
        contacts
            Of head, upper back and sacrum (n, 3): 1 closed, 0 open, else unknown.
        """
        if not len(time_s):
            return
        known = np.isin(contacts, (State.OPEN, State.CLOSED))
        states = np.where(known, contacts, State.UNKNOWN).astype(np.int64)
        before = self._states[-1:] or [_NOTHING]
        changed = (np.diff(states, axis=0, prepend=before) != 0).any(axis=1)
        since_s = np.diff(time_s, prepend=self._last_s if self._states else time_s[0])
        for place in np.flatnonzero(changed | (since_s > SILENT_S)).tolist():
            if since_s[place] > SILENT_S:
                self._add(float(time_s[place - 1]) if place else self._last_s, _NOTHING)
            self._add(float(time_s[place]), tuple(states[place].tolist()))
        self._last_s = float(time_s[-1])

    def _add(self, at_s: float, states: tuple[int, ...]) -> None:
        if states != (self._states[-1] if self._states else _NOTHING):
            self._at_s.append(at_s)
            self._states.append(states)

    @property
    def told(self) -> bool:
        """Whether there is any switch."""
        return bool(self._states)

    @property
    def unmoved(self) -> tuple[str, ...]:
        """The contacts whose switches have not changed so far."""
        return tuple(
            contact
            for place, contact in enumerate(CONTACTS)
            if len({states[place] for states in self._states} - {int(State.UNKNOWN)}) == 1
        )

    @property
    def sticking(self) -> str:
        """The contact that tells to be on the rod though both others have been off it for long; empty for none."""
        now = self._states[-1] if self._states else _NOTHING
        if sorted(now) != [State.OPEN, State.OPEN, State.CLOSED] or self._last_s - self._at_s[-1] < LIFTED_S:
            return ""
        return str(CONTACTS[now.index(State.CLOSED)])

    def switches(self) -> tuple[Switch, ...]:
        """Every switch that told anything, as far as it is known."""
        runs = {
            contact: _settled(list(self._runs(place)))
            for place, contact in enumerate(CONTACTS)
            if any(states[place] != State.UNKNOWN for states in self._states)
        }
        return tuple(
            _switch(contact, own, [other for name, other in runs.items() if name != contact])
            for contact, own in runs.items()
        )

    def silences(self) -> tuple[Interval, ...]:
        """When nothing was told by any of them, between the first that was told and the last."""
        silent = [
            (start_s, end_s)
            for states, (start_s, end_s) in zip(self._states, pairwise([*self._at_s, self._last_s]), strict=True)
            if states == _NOTHING and end_s > start_s
        ]
        return tuple(silent)

    def _runs(self, place: int) -> Iterator[Run]:
        """One switch's stretches of one state, in order."""
        began_s, state = None, int(State.UNKNOWN)
        for at_s, states in zip(self._at_s, self._states, strict=True):
            if began_s is not None and states[place] != state:
                yield Run(began_s, at_s, State(state))
            if began_s is None or states[place] != state:
                began_s, state = at_s, states[place]
        if began_s is not None:
            yield Run(began_s, self._last_s, State(state))


def _settled(runs: Sequence[Run]) -> list[Run]:
    """Stretches without bouncing: a state counts once it lasts, and what is shorter belongs to the one before."""
    settled: list[Run] = []
    for run in runs:
        short = run.state != State.UNKNOWN and run.length_s < BOUNCE_S
        if settled and ((short and settled[-1].state != State.UNKNOWN) or settled[-1].state == run.state):
            settled[-1] = Run(settled[-1].start_s, run.end_s, settled[-1].state)
        else:
            settled.append(run)
    return settled


def _switch(contact: str, runs: Sequence[Run], others: Sequence[Sequence[Run]]) -> Switch:
    """What is to be believed of a switch, beside the others on the same rod."""
    turns_s = _turns_s(runs)
    others_end_s = max((_turns_s(other)[-1] for other in others if _turns_s(other)), default=float("-inf"))
    if turns_s:
        stuck = [each for each in runs if _sticks(each, others)]
        if others_end_s - turns_s[-1] > QUIET_S:
            stuck += [run for run in runs if run.start_s >= turns_s[-1] and run.state != State.UNKNOWN]
        believed = [(turns_s[0], turns_s[-1])]
    else:
        stuck, believed = [run for run in runs if run.state != State.UNKNOWN], []
    stuck = list(dict.fromkeys(stuck))
    for run in runs:
        if run.state == State.UNKNOWN or run in stuck:
            believed = [part for each in believed for part in _without(each, (run.start_s, run.end_s))]
    opened = [(run.start_s, run.end_s) for run in runs if run.state == State.OPEN and run not in stuck]
    off = [part for whole in believed for each in opened for part in _shared(each, whole)]
    return Switch(contact, tuple(believed), tuple(off), tuple(stuck))


def _turns_s(runs: Sequence[Run]) -> list[float]:
    """When a switch opened or closed, seen to do so."""
    known = (State.OPEN, State.CLOSED)
    return [after.start_s for before, after in pairwise(runs) if before.state in known and after.state in known]


def _sticks(run: Run, others: Sequence[Sequence[Run]]) -> bool:
    """Whether a stretch cannot have been so: closed while the two others show that the rod is off the back, or open for
    longer than any rep while they show it on."""
    if len(others) < len(CONTACTS) - 1:
        return False
    if run.state == State.CLOSED:
        first, second = ([each for each in other if each.state == State.OPEN] for other in others)
        both_s = (
            (max(one.start_s, two.start_s, run.start_s), min(one.end_s, two.end_s, run.end_s))
            for one in first
            for two in second
        )
        return any(end_s - start_s >= LIFTED_S for start_s, end_s in both_s)
    closed_s = [
        sum(each.during(run.start_s, run.end_s) for each in other if each.state == State.CLOSED) for other in others
    ]
    return run.state == State.OPEN and min(closed_s) >= QUIET_S


def _without(whole: Interval, part: Interval) -> list[Interval]:
    """What of a stretch lies before another and after it."""
    before, after = (whole[0], min(whole[1], part[0])), (max(whole[0], part[1]), whole[1])
    return [each for each in (before, after) if each[1] > each[0]]


def _shared(one: Interval, other: Interval) -> list[Interval]:
    """What two stretches have in common."""
    both = (max(one[0], other[0]), min(one[1], other[1]))
    return [both] if both[1] > both[0] else []

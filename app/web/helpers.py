"""Helpers who watch a real rod: what their pages send becomes ``truth`` marks, at the time at which it was pressed.

A page tells each press and release with how long ago it was, again until it was heard, and twice a second that
somebody still looks. So a lost connection loses no press, and time in which nobody can be known to have looked is not
called watched. What a helper sees says nothing of the verdicts (validation-study#truth-in-a-session).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from dowel.recordings.errors import UsageError
from dowel.recordings.numbers import is_number
from dowel.recordings.types import CONTACTS, WATCHED

SILENT_NS: Final = 2_000_000_000
"""A page that is open says so twice a second."""
LOOK_S: Final = 0.5
MOST_EVENTS: Final = 200
OLDEST_MS: Final = 600_000.0
"""A press that could not be told for ten minutes is no longer believed."""
SLOWEST_MS: Final = 5000.0
NANOSECONDS_A_MS: Final = 1_000_000


class TellTruth(Protocol):
    """Takes what a helper told."""

    def __call__(self, what: str, *, off: bool, at_ns: int, by: str) -> None:
        """A contact was lost or found again, or looking began or ended, at a time of the arrival clock."""


@dataclass(slots=True)
class _Helper:
    """One page that looks: how far it was heard, and what it holds down."""

    page: str = ""
    number: int = 0
    heard_ns: int = 0
    watching: bool = False
    off: set[str] = field(default_factory=set)
    held_when_lost: frozenset[str] = frozenset()


class Helpers:
    """All helpers of one practice.

    Parameters
    ----------
    clock_ns
        The clock that arrivals are told by.
    """

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        self._clock_ns = clock_ns
        self._helpers: dict[str, _Helper] = {}
        self._tell: TellTruth | None = None

    def begin(self, tell: TellTruth) -> None:
        """The session runs from here on.

        Parameters
        ----------
        tell
            Takes what helpers tell.
        """
        self._tell = tell

    def end(self) -> None:
        """The session is over: nobody is asked any more."""
        self._tell = None

    def told(self, name: str, sent: Mapping[str, Any], arrival_ns: int) -> Mapping[str, Any]:
        """What a page sent.

        Parameters
        ----------
        name
            The helper's.
        sent
            Of JSON: ``page``, ``round_trip_ms``, and ``events``, each with ``number``, ``contact``, ``off`` and
            ``age_ms``.
        arrival_ns
            When it came.

        Returns
        -------
        Mapping
            What the page shows: the helper's name, whether a session runs, and the last event that was heard.

        Raises
        ------
        UsageError
            Where it is not what a page sends.
        """
        events = _events(sent)
        way_ms = _number(sent, "round_trip_ms", SLOWEST_MS) / 2.0
        helper = self._helpers.setdefault(name, _Helper())
        if self._tell is None:
            return {"name": name, "recording": False, "heard": 0}
        if sent.get("page") != helper.page:  # loaded again: whatever was held is held no more
            self._release(name, helper)
            helper.page, helper.number = str(sent.get("page", "")), 0
        elif not helper.watching and helper.heard_ns:
            self._resume(name, helper)
        if not helper.watching:
            self._mark(name, helper, WATCHED, off=True, at_ns=arrival_ns)
        helper.heard_ns = arrival_ns
        for number, contact, off, age_ms in events:
            if number > helper.number:
                helper.number = number
                at_ns = arrival_ns - round((age_ms + way_ms) * NANOSECONDS_A_MS)
                self._mark(name, helper, contact, off=off, at_ns=at_ns)
        return {"name": name, "recording": True, "heard": helper.number}

    def _mark(self, name: str, helper: _Helper, what: str, *, off: bool, at_ns: int) -> None:
        if what == WATCHED:
            helper.watching = off
        elif off:
            helper.off.add(what)
        else:
            helper.off.discard(what)
        if self._tell is not None:
            self._tell(what, off=off, at_ns=at_ns, by=name)

    def _release(self, name: str, helper: _Helper) -> None:
        """A page is gone: nothing is known after it was last heard."""
        helper.held_when_lost = frozenset(helper.off)
        for contact in sorted(helper.off):
            self._mark(name, helper, contact, off=False, at_ns=helper.heard_ns)
        if helper.watching:
            self._mark(name, helper, WATCHED, off=False, at_ns=helper.heard_ns)

    def _resume(self, name: str, helper: _Helper) -> None:
        """The same page is back, and tells all that it saw meanwhile: it looked on from when it was last heard."""
        self._mark(name, helper, WATCHED, off=True, at_ns=helper.heard_ns)
        for contact in sorted(helper.held_when_lost):
            self._mark(name, helper, contact, off=True, at_ns=helper.heard_ns)

    def look(self) -> None:
        """Give up helpers that went silent; to be called every ``LOOK_S``."""
        for name, helper in self._helpers.items():
            if helper.watching and self._clock_ns() - helper.heard_ns > SILENT_NS:
                self._release(name, helper)


def _events(sent: Mapping[str, Any]) -> list[tuple[int, str, bool, float]]:
    """The events of a message, checked."""
    events = sent.get("events")
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise UsageError(f"There is no list of at most {MOST_EVENTS} events.")
    found = []
    for event in events:
        if (
            not isinstance(event, dict)
            or event.get("contact") not in CONTACTS
            or not isinstance(event.get("off"), bool)
        ):
            raise UsageError(f"An event is about one of {', '.join(CONTACTS)}, off or not.")
        number = int(_number(event, "number", 1e9))
        found.append((number, str(event["contact"]), bool(event["off"]), _number(event, "age_ms", OLDEST_MS)))
    return found


def _number(sent: Mapping[str, Any], name: str, most: float) -> float:
    value = sent.get(name)
    if not is_number(value) or not 0.0 <= value <= most:
        raise UsageError(f"{name} is a number from 0 to {most:g}.")
    return float(value)

"""When the rod truly left the back: spans of time, made of a session's ``truth`` marks and of a rod's switches.

A mark is one moment, or spans the time of a contact's absence or of looking: :mod:`~dowel.recordings.truth_detail`.
Somebody who looks sees all three contacts, a switch its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dowel.recordings.truth_detail import WHATS, TruthDetail, told_by
from dowel.recordings.types import CONTACTS, WATCHED, Mark
from dowel.sensors.stream.contacts import Switch

SWITCHES: Final = "switches"
"""What the switches on a rod are called as observers."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of session time, and who told it.

    Parameters
    ----------
    start_s, end_s
        Session times.
    by
        Who or what told it; empty where nothing says.
    reacts
        Whether that was a person on the spot, whose times are late by a reaction.
    """

    start_s: float
    end_s: float
    by: str = ""
    reacts: bool = False

    def earlier(self, by_s: float) -> Span:
        """The same, so many seconds earlier."""
        return replace(self, start_s=self.start_s - by_s, end_s=self.end_s - by_s)


@dataclass(frozen=True, slots=True)
class Truth:
    """What was told of one session.

    Parameters
    ----------
    watched
        By contact, when somebody, or a switch, looked: each span is one observer's.
    off
        When each contact was absent.
    problems
        Sentences about marks that do not fit together.
    """

    watched: Mapping[str, tuple[Span, ...]]
    off: Mapping[str, tuple[Span, ...]]
    problems: tuple[str, ...]

    @property
    def told(self) -> bool:
        """Whether there is any truth at all."""
        return any(self.watched.values()) or any(self.off.values())

    @property
    def watched_s(self) -> float:
        """How long somebody looked at the contact that was watched longest."""
        return max(sum(span.end_s - span.start_s for span in spans) for spans in self.watched.values())

    def told_at(self, place: str) -> Truth:
        """The same with a place's name for who told it.

        Parameters
        ----------
        place
            What it is called.
        """

        def named(spans: tuple[Span, ...]) -> tuple[Span, ...]:
            return tuple(replace(span, by=told_at(place, span.by)) for span in spans)

        watched = {contact: named(spans) for contact, spans in self.watched.items()}
        return replace(self, watched=watched, off={contact: named(spans) for contact, spans in self.off.items()})

    def beside(self, switches: Iterable[Switch]) -> Truth:
        """The same with what a rod's switches told.

        Parameters
        ----------
        switches
            Those of the session.
        """
        watched, off = dict(self.watched), dict(self.off)
        for switch in switches:
            watched[switch.contact] = _in_order([*watched[switch.contact], *_spans(switch.seen)])
            off[switch.contact] = _in_order([*off[switch.contact], *_spans(switch.off)])
        return replace(self, watched=watched, off=off)


def truth_of(marks: Sequence[Mark], end_s: float) -> Truth:
    """The truth in a session's marks.

    Parameters
    ----------
    marks
        All marks of the session.
    end_s
        When it ended; what was still absent then ends there.
    """
    spans: dict[str, list[Span]] = {what: [] for what in WHATS}
    problems: list[str] = []
    moments: dict[tuple[str, str], list[tuple[Mark, TruthDetail]]] = {}
    for mark in marks:
        told = told_by(mark)
        if told is None:
            continue
        if told.off is not None:
            moments.setdefault((told.what, told.by), []).append((mark, told))
        else:
            spans[told.what].append(Span(mark.start_s, mark.end_s, told.by, told.reacts))
    for (what, by), found in moments.items():
        found.sort(key=lambda each: (each[0].end_s, each[0].sequence))
        spans[what] += _between(found, by, end_s)
        if found[-1][1].off and what != WATCHED:
            problems.append(f"The {what.replace('_', ' ')} was still told to be off the rod when the session ended.")
    if not spans[WATCHED] and any(spans.values()):
        problems.append("Nothing says when somebody looked, so that no rep can be told to have kept contact.")
    watched = _in_order(spans[WATCHED])
    return Truth(
        dict.fromkeys(CONTACTS, watched), {contact: _in_order(spans[contact]) for contact in CONTACTS}, tuple(problems)
    )


def told_at(place: str, by: str) -> str:
    """What an observer is called among those of several places."""
    return f"{place}: {by}"


def _in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=lambda span: span.start_s))


def _spans(intervals: Iterable[tuple[float, float]]) -> Iterator[Span]:
    return (Span(start_s, end_s, SWITCHES) for start_s, end_s in intervals)


def _between(moments: Iterable[tuple[Mark, TruthDetail]], by: str, end_s: float) -> list[Span]:
    """The spans between moments, in order, at which something began and ended; beginning twice is the same."""
    spans: list[Span] = []
    began_s: float | None = None
    reacts = False
    for mark, told in moments:
        if told.off:
            began_s = mark.end_s if began_s is None else began_s
            reacts = told.reacts
        elif began_s is not None:
            spans.append(Span(began_s, mark.end_s, by, reacts))
            began_s = None
    return spans if began_s is None else [*spans, Span(began_s, max(end_s, began_s), by, reacts)]

"""A session run through the engine: slice by slice, or in pieces that its reader chooses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dowel.analysis.events import Event
from dowel.analysis.kept import Kept
from dowel.recordings.errors import naming
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import Mark, Sensor, StreamSlice
from dowel.sensors.stream.replay import replay
from dowel.session.engine import Engine
from dowel.session.results import SessionResults


class Followed(NamedTuple):
    """One slice of a session.

    Parameters
    ----------
    now_s
        Session time after it.
    events
        What it gave.
    marks
        The marks in it.
    arrival_ns
        The latest arrival so far, on the arrival clock.
    """

    now_s: float
    events: list[Event]
    marks: Sequence[Mark]
    arrival_ns: int


class Following:
    """A session run by an engine, piece by piece: ``results`` are filled on the way.

    How the stream is cut changes no number. Raises ``InputError`` where no sensor is on the trunk.
    """

    def __init__(
        self, sensors: Sequence[Sensor], origin_ns: int, results: SessionResults, kept: Kept = Kept.NOTHING
    ) -> None:
        self._engine = Engine(sensors, origin_ns, kept)
        self._results, self._origin_ns, self._arrival_ns = results, origin_ns, origin_ns
        results.attach(self._engine)

    def feed(self, part: StreamSlice) -> Followed:
        """The next piece of the stream. Raises ``InputError`` for a mark that cannot be understood."""
        arrived = [int(each.arrival_ns[-1]) for each in part.notifications if len(each)]
        made = [self._origin_ns + round(mark.end_s * 1e9) for mark in part.marks]
        self._arrival_ns = max([self._arrival_ns, *arrived, *made])
        return self._gave(self._engine.feed(part), part.marks)

    def finish(self) -> Followed:
        """The stream is over."""
        return self._gave(self._engine.finish(), ())

    def _gave(self, events: list[Event], marks: Sequence[Mark]) -> Followed:
        self._results.take(events)
        return Followed(self._results.analysed_until_s, events, marks, self._arrival_ns)


def follow(
    session: Session, results: SessionResults, kept: Kept = Kept.NOTHING, *, notifications_per_slice: int | None = None
) -> Iterator[Followed]:
    """Run the engine over a session, slice by slice.

    Parameters
    ----------
    session
        The session.
    results
        What is filled on the way.
    kept
        What is kept of old grid points, for charts and signals.
    notifications_per_slice
        How many are analysed at once; it changes no number.

    Yields
    ------
    Followed
        What each slice gave.

    Raises
    ------
    InputError
        Where no sensor is on the trunk, or a mark cannot be understood.
    """
    with naming(session.path):
        stream = replay(session, notifications_per_slice)
        following = Following(stream.sensors, stream.origin_ns, results, kept)
        for part in stream.slices:
            yield following.feed(part)
        yield following.finish()

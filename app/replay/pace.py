"""A session told again at a pace: in its own time, faster, or as fast as it can be analysed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console

from dowel.display.event_lines import SILENT_MARKS, print_lines
from dowel.recordings.session_file.session_reader import Session
from dowel.session.following import Followed, follow
from dowel.session.results import SessionResults


@dataclass(frozen=True)
class Pace:
    """Holds a replay back to ``speed`` times the session's own time; infinite: not at all."""

    speed: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @property
    def notifications_per_slice(self) -> int | None:
        """In its own time every notification is a slice of its own, so that a cue is as old as it was."""
        return None if math.isinf(self.speed) else max(round(self.speed), 1)

    def follow(self, session: Session, results: SessionResults) -> Iterator[Followed]:
        """The session in slices, each when it is due; fills the results."""
        began_s, first_s = self.clock(), None
        for part in follow(session, results, notifications_per_slice=self.notifications_per_slice):
            first_s = part.now_s if first_s is None else first_s
            wait_s = began_s + (part.now_s - first_s) / self.speed - self.clock()
            if wait_s > 0 and not math.isinf(self.speed):
                self.sleep(wait_s)
            yield part


def print_session(
    out: Console,
    session: Session,
    results: SessionResults,
    pace: Pace,
    hear: Callable[[Followed], None] | None = None,
) -> None:
    """Print a session's marks and events in the order of their time, at its pace; fills the results.

    ``hear`` is told each slice before it is printed.
    """
    printer = SessionPrinter(out, session, results)
    for part in pace.follow(session, results):
        if hear is not None:
            hear(part)
        printer.hear(part)
    printer.end()


class SessionPrinter:
    """Prints what happens in a session that is followed slice by slice, marks where they belong among the events."""

    def __init__(self, out: Console, session: Session, results: SessionResults) -> None:
        self._out = out
        self._results = results
        self._marks = [mark for mark in session.marks if mark.kind not in SILENT_MARKS]

    def hear(self, part: Followed, *, told: bool = True) -> None:
        """The next slice; ``told`` False: it is passed over."""
        due = [mark for mark in self._marks if mark.end_s <= part.now_s]
        self._marks = self._marks[len(due) :]
        if told:
            print_lines(self._out, due, part.events, self._results.rep_rows)

    def end(self) -> None:
        """The session is over: what stands behind its last sample."""
        print_lines(self._out, self._marks, [])
        self._marks = []

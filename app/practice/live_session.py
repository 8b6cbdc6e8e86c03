"""A session while it happens: what is heard goes into the file and through the engine, in one order.

Everything that changes a number enters as a notification or a mark, so the file gives the same again when it is
replayed. Nothing here waits: the file has a thread of its own, and what came in one turn of the event loop is analysed
in one run.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from dowel.analysis.events import Calibrated, Event, RowRevised, RowVoided, RowWritten
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.standing_marks import standing
from dowel.recordings.types import Mark, MarkKind, Notifications, Sensor, StreamSlice
from dowel.session.engine import Engine
from dowel.session.results import SessionResults
from dowel.session.run_session import HEARD_ROW, HEARD_VOIDED

TICK_S: Final = 1.0
"""Where nothing comes for so long there is a tick, so time passes in replay as it did here (design#one-pipeline)."""

_log = logging.getLogger(__name__)

Listener = Callable[[Sequence[Mark], Sequence[Event], int], None]
"""Told after each run of the engine: the marks and events in it, and the arrival of its latest notification, in ns."""


class LiveSession:
    """One session being practised. To be made and used inside a running event loop.

    ``clock_ns`` is the clock that arrivals are told by. ``failure`` says why the analysis stopped, if it did: the
    recording goes on without it. In the first of ``elsewhere`` that takes it the file goes on when its own place fails.
    Raises ``InputError`` where the file cannot be made.
    """

    def __init__(
        self,
        path: Path,
        sensors: Sequence[Sensor],
        facts: Mapping[str, Any],
        clock_ns: Callable[[], int],
        elsewhere: Sequence[Path] = (),
    ) -> None:
        self.origin_ns = clock_ns()
        facts = {**facts, "origin_ns": self.origin_ns}
        self.writer = SessionWriter(path, sensors, facts, elsewhere)
        self.engine = Engine(sensors, self.origin_ns)
        self.results = SessionResults(path, facts, tuple(sensors), (), ())
        self.results.attach(self.engine)
        self.listeners: list[Listener] = []
        self._faulty: list[Listener] = []
        self.failure: Exception | None = None
        self._clock_ns = clock_ns
        self._loop = asyncio.get_running_loop()
        self._pending: list[list[tuple[int, int, bytes]]] = [[] for _ in sensors]
        self._pending_marks: list[Mark] = []
        self._scheduled = False
        self._finished = False
        self._last_item_ns = self.origin_ns
        self._ticking = self._loop.call_later(TICK_S, self._tick)

    @property
    def now_s(self) -> float:
        """Session time."""
        return (self._clock_ns() - self.origin_ns) * 1e-9

    def notify(self, sensor: int, arrival_ns: int, payload: bytes) -> None:
        """A sensor's notification has come; after :meth:`finish` it is too late."""
        if self._finished:
            return
        sequence = self.writer.notify(sensor, arrival_ns, payload)
        self._pending[sensor].append((sequence, arrival_ns, payload))
        self._last_item_ns = arrival_ns
        self._schedule()

    def mark(self, kind: MarkKind, start_s: float | None = None, end_s: float | None = None, **detail: Any) -> Mark:
        """Something has happened; without times it is now."""
        now_s = self.now_s
        end_s = now_s if end_s is None else end_s
        mark = self.writer.mark(kind, end_s if start_s is None else start_s, end_s, detail)
        self._pending_marks.append(mark)
        self._last_item_ns = max(self._last_item_ns, self.origin_ns + round(now_s * 1e9))
        self._schedule()
        return mark

    def take_news(self) -> list[str]:
        """What has become of the file, told once; the results are then those of the file that is written now."""
        self.results.path = self.writer.path
        return self.writer.take_news()

    def finish(self) -> None:
        """The practice is over: the rest is analysed and the file closed. Raises the writer's failure."""
        self._ticking.cancel()
        self.mark(MarkKind.END)
        self._finished = True
        try:
            self._run()
            self._finish_analysis()
        finally:
            self.writer.close()

    # --- inside ---

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._run)

    def _finish_analysis(self) -> None:
        if self.failure is not None:
            return
        try:
            events = self.engine.finish()
        except Exception as error:
            self._stopped(error)
            return
        self._tell((), events, self._last_item_ns)

    def _stopped(self, error: Exception) -> None:
        self.failure = error
        _log_fault("the live analysis stopped", error)

    def _tick(self) -> None:
        silent_s = (self._clock_ns() - self._last_item_ns) * 1e-9
        if silent_s >= TICK_S:
            self.mark(MarkKind.TICK)
            silent_s = 0.0
        self._ticking = self._loop.call_later(TICK_S - silent_s, self._tick)

    def _run(self) -> None:
        """Analyse what has come since the last run."""
        self._scheduled = False
        pending, self._pending = self._pending, [[] for _ in self._pending]
        marks, self._pending_marks = self._pending_marks, []
        if self.failure is not None or not (marks or any(pending)):
            return
        events: list[Event] = []
        try:
            events = self.engine.feed(StreamSlice([_columns(each) for each in pending], marks))
        except Exception as error:  # whatever it is, the recording must go on: the raw data is the truth
            self._stopped(error)
        arrivals = [arrival_ns for each in pending for _, arrival_ns, _ in each[-1:]]
        self._tell(marks, events, max(arrivals, default=self._last_item_ns))

    def _tell(self, marks: Sequence[Mark], events: Sequence[Event], arrival_ns: int) -> None:
        if marks:
            known = (*self.results.marks, *marks)
            undone = any(mark.kind is MarkKind.UNDO for mark in marks)  # else all that stood stands
            self.results.marks = tuple(standing(known)) if undone else known
        self.results.take(events)
        for event in events:
            self._keep(event)
        for listener in self.listeners:
            try:
                listener(marks, events, arrival_ns)
            except Exception as error:  # the others are told all the same: cues, the guide, what is shown
                if listener not in self._faulty:
                    self._faulty.append(listener)
                    _log_fault("something that follows the session failed", error)

    def _keep(self, event: Event) -> None:
        """Write down what was said, as it was said."""
        if isinstance(event, RowWritten):
            self.writer.heard(HEARD_ROW, event.time_s, _known(self.results.rep_dict(event.rep)))
        elif isinstance(event, RowVoided):
            self.writer.heard(HEARD_VOIDED, event.time_s, {"start_s": event.start_s})
        elif isinstance(event, RowRevised):
            self.writer.heard(HEARD_VOIDED, event.time_s, {"start_s": event.rep.start_s})
            self.writer.heard(HEARD_ROW, event.time_s, _known(self.results.rep_dict(event.rep)))
        elif isinstance(event, Calibrated):
            self.writer.calibration(event.time_s, event.calibration.to_json())


def _log_fault(what: str, error: Exception) -> None:
    debug = bool(os.environ.get("DOWEL_DEBUG"))
    _log.error("%s (%s: %s)", what, type(error).__name__, error, exc_info=error if debug else None)


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with None where nothing was measured: JSON has no NaN."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()
    }


def _columns(items: Sequence[tuple[int, int, bytes]]) -> Notifications:
    if not items:
        return Notifications.none()
    sequence, arrival_ns, payload = zip(*items, strict=True)
    lengths = [len(each) for each in payload]
    return Notifications(
        np.array(sequence, np.int64), np.array(arrival_ns, np.int64), np.array(lengths, np.int64), b"".join(payload)
    )

"""A session as an MCAP file for Foxglove, PlotJuggler and other viewers, written as the session is analysed.

Well-known schemas of Foxglove where there are some (poses, events), JSON with a schema of ours for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import numpy as np
from foxglove import Channel, Context, MCAPWriter, open_mcap
from foxglove.channels import EventChannel, PoseInFrameChannel
from foxglove.mcap import MCAPWriteOptions
from foxglove.messages import Event as RangeEvent
from foxglove.messages import KeyValuePair, Pose, PoseInFrame, Quaternion, Timestamp, Vector3

from dowel.analysis.events import Event, RowRevised, RowWritten
from dowel.analysis.kept import Kept
from dowel.exports.mcap_schemas import MARK_SCHEMA, UPRIGHT, Line, imu_line, row_schema, signal_line
from dowel.exports.raw_samples import raw_samples
from dowel.exports.segments import FramesInForce, LimitsInForce, segment_attitude
from dowel.exports.spans import Named, contact_spans, row_spans, set_span_s, truth_spans
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.started_at import moment_of
from dowel.recordings.types import FloatArray, Mark, MarkKind, Placement
from dowel.session.following import follow
from dowel.session.results import SessionResults, columns_of
from dowel.session.signal_table import attitudes
from dowel.session.tables import SET_COLUMNS, as_json_line
from dowel.settings.version import program_version
from dowel.text.progress import Progress

SUFFIX: Final = ".mcap"
SLICE_NOTIFICATIONS: Final = 512
"""So many at a time are analysed and written."""
SETTLED_S: Final = 100.0
"""What lies farther back is not taken back any more: the analysis looks back over 120 s (sources#working-memory)."""


def write_mcap(session: Session, path: Path) -> None:
    """Write a session as MCAP. Raises ``InputError`` where it cannot be analysed."""
    context = Context()
    options = MCAPWriteOptions(profile="", compression_threads=0)
    with open_mcap(path, context=context, writer_options=options) as writer:
        _McapSession(session, context, writer).write()


class _McapSession:
    """One session on its way into a file."""

    def __init__(self, session: Session, context: Context, writer: MCAPWriter) -> None:
        self._session, self._context = session, context
        self._begin_ns = _epoch_ns(str(session.facts.get("started_at") or ""))
        self._results = SessionResults.of(session)
        placements = [sensor.placement for sensor in session.sensors]
        self._frames, self._limits = FramesInForce(), LimitsInForce(placements)
        self._next_point: int | None = None
        self._lost: dict[float, list[Named]] = {}
        self._raw = raw_samples(session, SLICE_NOTIFICATIONS)
        self._waiting = next(self._raw, None)
        self._imu = [self._json(f"/imu/{place}", "dowel.Imu", imu_line()) for place in placements]
        self._signal_line = signal_line(placements)
        self._signals = self._json("/signals", "dowel.Signals", self._signal_line)
        self._poses = {place: PoseInFrameChannel(f"/orientation/{place}", context=context) for place in placements}
        self._marks = self._json("/marks", "dowel.Mark", MARK_SCHEMA)
        self._events = EventChannel("/events", context=context)
        facts = {key: str(session.facts.get(key) or "") for key in ("person", "started_at", "drill")}
        facts |= {"session": session.path.stem, "program_version": program_version()}
        # a name on the disk may be no text
        writer.write_metadata("dowel", {key: value.encode("utf-8", "replace").decode() for key, value in facts.items()})

    def _json(self, topic: str, name: str, line: Line | Mapping[str, Any]) -> Channel:
        schema = line.schema if isinstance(line, Line) else line
        return Channel(topic, schema={"title": name, **schema}, message_encoding="json", context=self._context)

    def _at(self, time_s: float) -> int:
        """The time of a message: ns since the epoch, or since the session's beginning where no date is known."""
        return max(self._begin_ns + round(time_s * 1e9), 0)

    def write(self) -> None:
        """Everything, in the order in which it becomes known."""
        results = self._results
        with Progress() as progress:
            # all is kept: a slice with a pause, or of sensors that send seldom, would push out what is not written yet
            for part in follow(self._session, results, Kept.ATTITUDES, notifications_per_slice=SLICE_NOTIFICATIONS):
                self._frames.take(part.events)
                self._limits.take(part.marks, part.events)
                self._take_rows(part.events)
                self._write_raw(part.now_s)
                self._write_marks(part.marks)
                self._write_points(round((part.now_s - SETTLED_S) * GRID_HZ))
                progress.tell(f"writing {results.path.name}: {part.now_s / 60:.0f} min")
            self._write_raw(math.inf)
            self._write_points(round(results.analysed_until_s * GRID_HZ))
        self._write_rows()

    def _take_rows(self, events: Sequence[Event]) -> None:
        """When contact was lost in rows."""
        for event in events:
            if isinstance(event, RowWritten | RowRevised):
                self._lost[event.rep.start_s] = list(contact_spans(self._results, event.rep))

    def _write_raw(self, until_s: float) -> None:
        """Each sensor's samples in runs, up to the first run that begins after a session time."""
        line = imu_line()
        while self._waiting is not None and self._waiting[1][0, 0] <= until_s:
            index, values = self._waiting
            times_ns = self._begin_ns + np.round(values[:, 0] * 1e9).astype(np.int64)
            for at_ns, row in zip(times_ns.tolist(), values.tolist(), strict=True):
                self._imu[index].log(line.text(row), log_time=max(at_ns, 0))
            self._waiting = next(self._raw, None)

    def _write_marks(self, marks: Sequence[Mark]) -> None:
        for mark in marks:
            if mark.kind is not MarkKind.TICK:
                said = {
                    "kind": str(mark.kind),
                    "start_s": mark.start_s,
                    "end_s": mark.end_s,
                    "detail": dict(mark.detail),
                }
                self._marks.log(said, log_time=self._at(mark.end_s))

    def _write_points(self, stop: int) -> None:
        """Signals and poses up to before a grid point."""
        results = self._results
        start = round(results.kept_from_s * GRID_HZ) if self._next_point is None else self._next_point
        if stop <= start:
            return
        self._next_point = stop
        times_s = np.arange(start, stop) / GRID_HZ
        self._write_signals(times_s)
        for place, attitude in attitudes(results, start, stop).items():
            self._write_poses(place, times_s, attitude)

    def _write_signals(self, times_s: FloatArray) -> None:
        line = self._signal_line
        span = (float(times_s[0]), float(times_s[-1]) + 1.0 / GRID_HZ)
        columns: list[Any] = [times_s, *line.values(self._results, span)]
        limits = [self._limits.at(time_s) for time_s in times_s.tolist()]
        columns += [[line.limit(ways, reason) for ways in limits] for reason in line.reasons]
        rows = zip(*(np.asarray(each, np.float64).tolist() for each in columns), strict=True)
        for time_s, row in zip(times_s.tolist(), rows, strict=True):
            self._signals.log(line.text(row), log_time=self._at(time_s))

    def _write_poses(self, place: Placement, times_s: FloatArray, attitude: FloatArray) -> None:
        channel = self._poses[place]
        stretches = list(self._frames.stretches(place, float(times_s[0]), float(times_s[-1]) + 1.0 / GRID_HZ))
        edges = [*(int(np.searchsorted(times_s, since_s)) for since_s, _ in stretches), len(times_s)]
        for (_, frame), first, last in zip(stretches, edges, edges[1:], strict=False):
            known = segment_attitude(attitude[first:last], frame)
            for time_s, (w, x, y, z) in zip(times_s[first:last].tolist(), known.tolist(), strict=True):
                if w == w:
                    at_ns = self._at(time_s)
                    pose = Pose(position=Vector3(x=0.0, y=0.0, z=0.0), orientation=Quaternion(x=x, y=y, z=z, w=w))
                    message = PoseInFrame(timestamp=_stamp(at_ns), frame_id=UPRIGHT, pose=pose)
                    channel.log(message, log_time=at_ns)

    def _write_rows(self) -> None:
        """Rows stand at their end, once nothing changes them any more; spans as events."""
        results = self._results
        reps = results.rep_dicts()
        sets_end_s = [set_span_s(results, summary.set)[1] for summary in results.set_rows]
        for name, rows, ends_s, columns in (
            ("rep", reps, [row.end_s for row in results.rep_rows], columns_of(reps)),
            ("set", results.set_dicts(), sets_end_s, SET_COLUMNS),
        ):
            channel = self._json(f"/{name}s", f"dowel.{name.capitalize()}", row_schema(columns))
            for row, end_s in zip(rows, ends_s, strict=True):
                text = as_json_line(row, columns)
                channel.log(text.encode("utf-8", "replace"), log_time=self._at(end_s))
        lost = (span for row in results.rep_rows for span in self._lost.get(row.start_s, ()))
        for span in sorted([*row_spans(results), *lost, *truth_spans(results)], key=lambda each: each.end_s):
            self._write_event(span)

    def _write_event(self, span: Named) -> None:
        event = RangeEvent(
            start_time=_stamp(self._at(span.start_s)),
            end_time=_stamp(self._at(span.end_s)),
            metadata=[KeyValuePair(key=key, value=value) for key, value in {"what": span.what, **span.detail}.items()],
        )
        self._events.log(event, log_time=self._at(span.end_s))


def _epoch_ns(started_at: str) -> int:
    """When a session began, in ns since the epoch; 0 where that is not known. A time without a zone is taken as UTC."""
    began = moment_of(started_at)
    if began is None:
        return 0
    return round((began if began.tzinfo else began.replace(tzinfo=UTC)).timestamp() * 1e9)


def _stamp(at_ns: int) -> Timestamp:
    return Timestamp(sec=at_ns // 1_000_000_000, nsec=at_ns % 1_000_000_000)

"""A session file as a stream: what the sensors sent, in the order in which it came.

Imported sensors keep the original bytes of their files. These are decoded here, each time, and handed on as
notifications of already decoded samples, interleaved by their session time as if they had arrived live.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import FloatArray, IntArray, Mark, Notifications, Samples, Sensor, StreamSlice
from dowel.sensors.drivers import already_decoded

FILE_DRIVER: Final = "file"
"""Driver of a sensor whose notifications are pieces of a packed file.

Settings: ``time_offset_s`` and ``time_rate`` lead from its times to session time, ``sync_ms`` and ``sync_source`` say
how sure that is. The rate and the source are missing in files of earlier versions: 1, ``declared``.
"""
KEPT_SETTINGS: Final = ("sync_ms", "sync_source", "gyr_gain", "gyr_scale")
"""Settings of such a sensor that its track reads."""
PIECE_BYTES: Final = 3500
"""A piece fits into one block of the session file (sources#units-and-layout)."""
PACKET_S: Final = 0.1
"""Imported samples are handed on in packets of this length, about what a sensor would send (sources#working-memory)."""
SLICE_NOTIFICATIONS: Final = 8192
"""So many notifications at a time keep the working arrays in the processor's cache (sources#working-memory)."""
SLICE_PACKETS: Final = 1024
"""So many packets of imported samples, for the same reason (sources#working-memory)."""


@dataclass(frozen=True)
class TimeLine:
    """Session time (or that of another sensor) = ``rate`` x a recording's own time + ``offset_s``."""

    offset_s: float
    rate: float = 1.0  # as it counts itself (sources#units-and-layout)

    def at(self, time_s: FloatArray) -> FloatArray:
        """Times of the recording in the time that the line leads to."""
        return self.rate * time_s + self.offset_s

    def back(self, time_s: FloatArray) -> FloatArray:
        """Times of the recording, from those that the line leads to."""
        return (time_s - self.offset_s) / self.rate


AS_IT_IS: Final = TimeLine(0.0)


@dataclass(frozen=True)
class Replay:
    """A session ready to be analysed: its sensors as the engine needs them, the origin, and its stream."""

    sensors: tuple[Sensor, ...]
    origin_ns: int
    slices: Iterator[StreamSlice]


def replay(session: Session, notifications_per_slice: int | None = None) -> Replay:
    """The stream of a session. Raises ``InputError`` where an imported file's original bytes cannot be decoded."""
    origin_ns = int(session.facts["origin_ns"])
    if not any(sensor.driver == FILE_DRIVER for sensor in session.sensors):
        slices = session.slices(notifications_per_slice or SLICE_NOTIFICATIONS)
        return Replay(session.sensors, origin_ns, slices)
    sensors, columns = zip(*(_decoded(session, index, origin_ns) for index in range(len(session.sensors))), strict=True)
    slices = in_slices(columns, session.marks, origin_ns, notifications_per_slice or SLICE_PACKETS)
    return Replay(sensors, origin_ns, slices)


def _decoded(session: Session, index: int, origin_ns: int) -> tuple[Sensor, Notifications]:
    """A sensor as the engine needs it, and all that it sent: samples, where it is of a file."""
    sensor = session.sensors[index]
    if sensor.driver != FILE_DRIVER:
        return sensor, session.notifications(index)
    try:
        samples = _samples(session.payloads(index))
    except InputError as error:
        raise InputError(f"{session.path}, sensor {index}: {error}") from error
    told = sensor.settings
    if "time_offset_s" not in told:
        raise InputError(
            f"{session.path}, sensor {index}: when its recording began (time_offset_s) is missing. Import its "
            "file again."
        )
    line = TimeLine(float(told["time_offset_s"]), float(told.get("time_rate", AS_IT_IS.rate)))
    settings = {"time_base": "session", **{key: told[key] for key in KEPT_SETTINGS if key in told}}
    return (
        replace(sensor, driver=already_decoded.NAME, settings=settings),
        as_notifications(samples, line, origin_ns),
    )


class InPieces:
    """A session's stream, to be taken in pieces up to any moment. Raises ``InputError`` as :func:`replay`."""

    def __init__(self, session: Session) -> None:
        told = replay(session, sys.maxsize)
        self.sensors, self.origin_ns = told.sensors, told.origin_ns
        self._whole = next(told.slices)
        self._marks = np.array([mark.sequence for mark in self._whole.marks], np.int64)
        sent = [each.sequence for each in self._whole.notifications]
        came_ns = [each.arrival_ns for each in self._whole.notifications]
        made_ns = np.array([told.origin_ns + round(mark.end_s * 1e9) for mark in self._whole.marks], np.int64)
        sequence = np.concatenate([*sent, self._marks])
        order = np.argsort(sequence, kind="stable")
        self._sequence = sequence[order]
        self._time_ns = np.maximum.accumulate(np.concatenate([*came_ns, made_ns])[order])

    def __len__(self) -> int:
        """How many notifications and marks there are."""
        return len(self._sequence)

    def before(self, time_s: float) -> int:
        """How many of them there were before a session time."""
        return int(np.searchsorted(self._time_ns, self.origin_ns + round(time_s * 1e9)))

    def between(self, start: int, stop: int) -> StreamSlice:
        """Those from one place in the stream to before another."""
        first, after = (self._sequence[at] if at < len(self) else sys.maxsize for at in (start, stop))
        parts = [each.between(*_range(each.sequence, first, after)) for each in self._whole.notifications]
        low, high = _range(self._marks, first, after)
        return StreamSlice(parts, self._whole.marks[low:high])


def _samples(packed: Iterable[bytes]) -> Samples:
    """The samples of a packed file, from its pieces."""
    from dowel.recordings.formats import decode, unpack  # late: all formats take long to load, a live session has none

    samples = decode(unpack(packed)).samples
    return samples.rows(0, len(samples))


def as_notifications(samples: Samples, line: TimeLine, origin_ns: int) -> Notifications:
    """Packets of samples in session time, arriving when their last sample was taken."""
    time_s = line.at(samples.time_s)
    return replace(packets(time_s, origin_ns), payload=already_decoded.encode(replace(samples, time_s=time_s)))


def packets(time_s: FloatArray, origin_ns: int) -> Notifications:
    """The same of samples with these session times, without the payload."""
    packet = np.floor((time_s - time_s[0]) / PACKET_S)
    last = np.append(np.flatnonzero(np.diff(packet)), len(time_s) - 1)
    length = np.diff(last, prepend=-1) * already_decoded.RECORD.itemsize
    arrival_ns = origin_ns + np.round(time_s[last] * 1e9).astype(np.int64)
    return Notifications(np.zeros(len(last), np.int64), arrival_ns, length, b"")


def in_slices(
    columns: Sequence[Notifications], marks: Sequence[Mark], origin_ns: int, size: int = SLICE_PACKETS
) -> Iterator[StreamSlice]:
    """All notifications by arrival, with the marks among them, in slices of so many of all sensors together."""
    return _cut(in_order(columns, marks, origin_ns), size)


def in_order(columns: Sequence[Notifications], marks: Sequence[Mark], origin_ns: int) -> StreamSlice:
    """One stream of all notifications by arrival; marks stand after what had arrived by their end."""
    ends_ns = [origin_ns + round(mark.end_s * 1e9) for mark in marks]
    times_ns = [*(column.arrival_ns for column in columns), np.array(ends_ns, np.int64)]
    order = np.argsort(np.concatenate(times_ns), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    *sequences, of_marks = np.split(rank, np.cumsum([len(times) for times in times_ns])[:-1])
    placed = [replace(mark, sequence=int(number)) for mark, number in zip(marks, of_marks, strict=True)]
    return StreamSlice(
        [replace(column, sequence=sequence) for column, sequence in zip(columns, sequences, strict=True)],
        sorted(placed, key=lambda mark: mark.sequence),
    )


def _cut(stream: StreamSlice, size: int) -> Iterator[StreamSlice]:
    """The stream in slices of so many notifications of all sensors together."""
    sent = [int(each.sequence[-1]) for each in stream.notifications if len(each)]
    total = 1 + max([*sent, *(mark.sequence for mark in stream.marks)], default=-1)
    marks = np.array([mark.sequence for mark in stream.marks], np.int64)
    for start in range(0, total, size):
        parts = []
        for each in stream.notifications:
            low, high = _range(each.sequence, start, start + size)
            parts.append(each.between(low, high))
        low, high = _range(marks, start, start + size)
        yield StreamSlice(parts, stream.marks[low:high])


def _range(sequence: IntArray, start: int, stop: int) -> tuple[int, int]:
    low, high = np.searchsorted(sequence, [start, stop])
    return int(low), int(high)

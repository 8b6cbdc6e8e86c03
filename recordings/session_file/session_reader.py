"""Reading a session: its facts, sensors and marks, and its stream of notifications in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from dowel.recordings.session_file.corrected_facts import corrected
from dowel.recordings.session_file.documents import Calibration, Heard
from dowel.recordings.session_file.sensor_record import SensorRecord
from dowel.recordings.session_file.session_blocks import StoredBlocks, read_blocks, sound_blocks
from dowel.recordings.session_file.session_contents import read_contents
from dowel.recordings.standing_marks import standing
from dowel.recordings.types import IntArray, Mark, MarkKind, Notifications, Sensor, StreamSlice


class Session:
    """A session read from its file, which is not held open: its notifications are read again when they are asked for.

    Where the file is damaged, has a companion or is written by another program, its blocks are in memory.

    ``marks`` are in stream order. Marks added after the fact stand where their ``end_s`` asks for, and their
    ``sequence`` says so: a mark with sequence q stands before every notification with sequence >= q.
    ``written_marks`` are the same, but for corrected facts, as and in the order in which they were written; what was
    taken back is in neither.
    ``problems`` holds one sentence for each thing that could not be read.
    """

    def __init__(self, path: Path, stored: StoredBlocks) -> None:
        with stored.blocks.open():
            contents = read_contents(path, stored)
        self.path = path
        self.sensors: tuple[Sensor, ...] = tuple(contents.sensors)
        self.calibrations: tuple[Calibration, ...] = tuple(contents.calibrations)
        self.heard_rows: tuple[Heard, ...] = tuple(contents.heard)
        self._records = tuple(contents.records)
        self._open: Callable[[], AbstractContextManager[object]] = stored.blocks.open
        self.written_marks = tuple(sorted(standing(contents.marks), key=lambda mark: mark.sequence))
        marks = _in_stream_order(self.written_marks, self._records, contents.facts["origin_ns"])
        begun = min((int(own.sequence[0]) for own in self._records if len(own)), default=0)
        self.facts, self.marks = corrected(contents.facts, marks, begun)
        self.problems: tuple[str, ...] = tuple(contents.problems)

    def notifications(self, sensor: int) -> Notifications:
        """All notifications of one sensor.

        Parameters
        ----------
        sensor
            Its index among ``sensors``.
        """
        return self._records[sensor].all()

    def payloads(self, sensor: int) -> Iterator[bytes]:
        """What one sensor sent, joined to pieces of which each takes little room.

        Parameters
        ----------
        sensor
            Its index among ``sensors``.
        """
        return (sent.payload for sent in self._records[sensor].in_parts())

    def slices(self, notifications_per_slice: int = 8192) -> Iterator[StreamSlice]:
        """The whole stream in order, cut into slices.

        Where it is cut changes nothing: the slices put together are the stream.

        Parameters
        ----------
        notifications_per_slice
            So many of all sensors together.

        Yields
        ------
        StreamSlice
            The next run of it.
        """
        if notifications_per_slice < 1:
            raise ValueError("a slice holds at least one notification")
        sequences = [record.sequence for record in self._records]
        edges = _edges(sequences, notifications_per_slice)
        mark_sequences = np.array([mark.sequence for mark in self.marks], np.int64)
        cuts = [np.concatenate(([0], np.searchsorted(own, edges), [len(own)])) for own in sequences]
        mark_cuts = np.concatenate(([0], np.searchsorted(mark_sequences, edges), [len(self.marks)]))
        with self._open():
            for index in range(len(edges) + 1):
                yield StreamSlice(
                    [
                        record.between(*cut[index : index + 2].tolist())
                        for record, cut in zip(self._records, cuts, strict=True)
                    ],
                    self.marks[mark_cuts[index] : mark_cuts[index + 1]],
                )

    def close(self) -> None:
        """Let go of the notifications."""
        self._records = tuple(SensorRecord.none() for _ in self.sensors)
        self._open = nullcontext

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_session(path: Path) -> Session:
    """Read a session file; one that was not closed together with the WAL beside it, without changing either.

    Parameters
    ----------
    path
        The session (``.dowel``).

    Raises
    ------
    InputError
        When the file cannot be opened, is no session, is too new, or so damaged that what the sensors were or when the
        session began cannot be read.

    Notes
    -----
    Another process may be writing the session meanwhile, but not this one: on POSIX systems a process that opens and
    closes a file it has locked loses the lock.
    """
    return Session(path, sound_blocks(path) or read_blocks(path))


def _edges(sequences: Sequence[IntArray], size: int) -> IntArray:
    """The sequence number with which each slice of so many notifications begins, but for the first."""
    order = np.concatenate([*sequences, np.empty(0, np.int64)])
    order.sort(kind="stable")
    return order[size::size].copy()  # a view would keep all of them


def _in_stream_order(marks: tuple[Mark, ...], records: tuple[SensorRecord, ...], origin_ns: int) -> tuple[Mark, ...]:
    """Marks by their place in the stream; those added after the fact stand before the first thing that came later.

    The mark that ends the session stays the last.
    """
    taken = sorted((mark for mark in marks if not mark.added), key=lambda mark: mark.sequence)
    added = [mark for mark in marks if mark.added]
    if not added:
        return tuple(taken)
    clocks = [(own.sequence, (own.arrival_ns - origin_ns) * 1e-9) for own in records]
    ends_s = [np.inf if mark.kind is MarkKind.END else mark.end_s for mark in taken]
    clocks.append((np.array([mark.sequence for mark in taken], np.int64), np.array(ends_s)))
    clocks = [(sequence, np.maximum.accumulate(time_s)) for sequence, time_s in clocks if len(sequence)]
    after_all = max((int(sequence[-1]) + 1 for sequence, _ in clocks), default=0)

    wanted_s = np.array([mark.end_s for mark in added])
    place = np.full(len(added), after_all)
    for sequence, time_s in clocks:
        later = np.searchsorted(time_s, wanted_s, "right")
        found = later < len(sequence)
        place[found] = np.minimum(place[found], sequence[later[found]])
    placed = [
        Mark(sequence, mark.kind, mark.start_s, mark.end_s, mark.detail, mark.added)
        for mark, sequence in zip(added, place.tolist(), strict=True)
    ]
    # An added mark can share its place with the mark that was taken there, and then comes before it.
    return tuple(sorted([*placed, *taken], key=lambda mark: (mark.sequence, not mark.added, mark.end_s)))

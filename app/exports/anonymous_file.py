"""An anonymous session as a session file, so that others can analyse it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from pathlib import Path
from typing import Final

import numpy as np

from dowel.exports.raw_samples import RawDecoder
from dowel.recordings.session_file.blocks import NOTIFICATION_BYTES
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Mark, Notifications, Samples, Sensor, StreamSlice
from dowel.sensors.drivers import (
    already_decoded,
    meta_motion,
    movella_dot,
    movesense,
    open_earable,
    puck_js,
    text_lines,
    thingy52,
    witmotion,
)
from dowel.sensors.stream.replay import KEPT_SETTINGS, replay
from dowel.sensors.stream.stamped import Stamped

BYTES_TELL_NOTHING: Final = frozenset(
    {
        already_decoded.NAME,
        meta_motion.NAME,
        meta_motion.NAME_S,
        movella_dot.NAME,
        movesense.NAME,
        open_earable.NAME,
        puck_js.NAME,
        thingy52.NAME,
        witmotion.NAME,
    }
)
"""Drivers of sensors that send numbers and their own clock. Others send the date, texts, or a phone's names and keys:
of these the samples are written and not the bytes; of home-made sensors, with which a rod's switches come, the lines
without the words."""

MOST_SAMPLES: Final = NOTIFICATION_BYTES // already_decoded.RECORD.itemsize
"""A notification of a session holds no more."""


def write_anonymous(session: Session, path: Path) -> None:
    """Write a session that was made anonymous into a new file. Raises ``InputError`` where it cannot be.

    The file has an identity and an arrival clock of its own; what was heard in the practice is not in it.
    """
    stream = replay(session)
    origin_ns, sensors, slices = stream.origin_ns, stream.sensors, stream.slices
    if any(sensor.driver not in BYTES_TELL_NOTHING for sensor in sensors):
        sensors, slices = _telling_nothing(sensors, list(slices), origin_ns)
    facts = {**session.facts, "origin_ns": 0}
    with SessionWriter(path, sensors, facts) as writer:
        for part in slices:
            for index, arrival_ns, what in _in_order(part):
                if isinstance(what, Mark):
                    writer.mark(what.kind, what.start_s, what.end_s, what.detail)
                else:
                    writer.notify(index, arrival_ns - origin_ns, what)


def _in_order(part: StreamSlice) -> Iterator[tuple[int, int, bytes | Mark]]:
    """Sensor, arrival and payload of each notification, and marks, in the order of the stream."""
    marks = ((mark.sequence, 0, -1, 0, mark) for mark in part.marks)
    ordered: Iterable[tuple[int, int, int, int, bytes | Mark]] = merge(
        marks, *(_one_by_one(index, each) for index, each in enumerate(part.notifications)), key=lambda item: item[:2]
    )
    for _, _, index, arrival_ns, what in ordered:
        yield index, arrival_ns, what


def _one_by_one(index: int, notifications: Notifications) -> Iterator[tuple[int, int, int, int, bytes | Mark]]:
    end = 0
    columns = (notifications.sequence, notifications.arrival_ns, notifications.length)
    for sequence, arrival_ns, length in zip(*(column.tolist() for column in columns), strict=True):
        yield sequence, 1, index, arrival_ns, notifications.payload[end : end + length]
        end += length


def _telling_nothing(
    sensors: tuple[Sensor, ...], slices: list[StreamSlice], origin_ns: int
) -> tuple[tuple[Sensor, ...], Iterator[StreamSlice]]:
    """The stream without the bytes that tell too much: lines without words, or samples in session time."""
    found: list[Sensor] = []
    columns: list[Notifications] = []
    for index, sensor in enumerate(sensors):
        own = _joined([part.notifications[index] for part in slices])
        if sensor.driver == text_lines.NAME:
            own = text_lines.TextLines(sensor).without_words(own)
        elif sensor.driver not in BYTES_TELL_NOTHING:
            sensor, own = _as_samples(sensor, own, slices, index, origin_ns)
        found.append(sensor)
        columns.append(own)
    marks = [mark for part in slices for mark in part.marks]
    return tuple(found), iter([StreamSlice(columns, marks)])


def _as_samples(
    sensor: Sensor, own: Notifications, slices: Sequence[StreamSlice], index: int, origin_ns: int
) -> tuple[Sensor, Notifications]:
    """A sensor of decoded samples, and the notifications that bring them."""
    decoder = RawDecoder(sensor, origin_ns)
    runs = [samples for part in slices for samples in decoder.feed(part, index)]
    sync_ms = decoder.track.clock_ms(float(runs[-1].time_s[-1]) if runs else 0.0)
    kept = {key: sensor.settings[key] for key in (*KEPT_SETTINGS, "latency_s") if key in sensor.settings}
    settings = {**kept, "time_base": "session", "sync_ms": sync_ms}
    return replace(sensor, driver=already_decoded.NAME, settings=settings), _encoded(own, runs)


def _joined(parts: Sequence[Notifications]) -> Notifications:
    return Notifications(
        np.concatenate([part.sequence for part in parts]),
        np.concatenate([part.arrival_ns for part in parts]),
        np.concatenate([part.length for part in parts]),
        b"".join(part.payload for part in parts),
    )


def _encoded(own: Notifications, runs: Sequence[Stamped]) -> Notifications:
    """Notifications that bring these samples, each when and where in the stream its own one did."""
    if not runs:
        return Notifications.none()
    sequence = np.concatenate([run.sequence for run in runs])
    values = np.concatenate([run.values for run in runs])
    samples = Samples(np.concatenate([run.time_s for run in runs]), values[:, :3], values[:, 3:])
    begins = np.flatnonzero(np.diff(sequence, prepend=-1))
    pieces = [
        np.arange(begin, end, MOST_SAMPLES)
        for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(sequence)], strict=True)
    ]
    starts = np.concatenate(pieces)
    length = np.diff(starts, append=len(sequence)) * already_decoded.RECORD.itemsize
    arrival_ns = own.arrival_ns[np.searchsorted(own.sequence, sequence[starts])]
    return Notifications(sequence[starts], arrival_ns, length, already_decoded.encode(samples))

"""Each sensor's samples before any filter, in session time, as they come: never a whole session of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from dowel.analysis.column_type import Column
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import FloatArray, MarkKind, Notifications, Sensor, StreamSlice
from dowel.sensors.stream.replay import replay
from dowel.sensors.stream.sensor_track import Track
from dowel.sensors.stream.stamped import Stamped

RAW_COLUMNS: Final = (
    Column("time_s", "s", 6, "Session time of the sample."),
    *(Column(f"acc_{axis}_m_s2", "m/s2", 6, f"Specific force along the sensor's {axis}.") for axis in "xyz"),
    *(Column(f"gyr_{axis}_rad_s", "rad/s", 7, f"Angular rate about the sensor's {axis}.") for axis in "xyz"),
)
"""Samples before any filter, as the plain CSV that ``dowel import`` reads; digits finer than a 16-bit sensor's step."""


def raw_samples(session: Session, notifications_per_slice: int | None = None) -> Iterator[tuple[int, FloatArray]]:
    """A sensor's index and its next samples (n, ``RAW_COLUMNS``), in the order of the stream.

    Raises ``InputError`` where an imported file's original bytes cannot be decoded.
    """
    stream = replay(session, notifications_per_slice)
    decoders = [RawDecoder(sensor, stream.origin_ns) for sensor in stream.sensors]
    for part in stream.slices:
        for index, decoder in enumerate(decoders):
            for samples in decoder.feed(part, index):
                yield index, np.column_stack([samples.time_s, samples.values])


class RawDecoder:
    """One sensor's stream to its samples; each run of its link has a clock of its own."""

    def __init__(self, sensor: Sensor, origin_ns: int) -> None:
        self._placement = str(sensor.placement)
        self.track = Track(sensor, origin_ns)

    def feed(self, part: StreamSlice, index: int) -> Iterator[Stamped]:
        """The samples of this sensor in a part of the stream, in runs, none of them empty."""
        own, start = part.notifications[index], 0
        for mark in part.marks:
            if mark.kind is MarkKind.LINK_BACK and mark.detail.get("placement") == self._placement:
                end = int(np.searchsorted(own.sequence, mark.sequence))
                yield from self._samples(own.between(start, end))
                self.track.restart()
                start = end
        yield from self._samples(own.between(start, len(own)))

    def _samples(self, notifications: Notifications) -> Iterator[Stamped]:
        samples = self.track.stamped(notifications)
        if len(samples):
            yield samples

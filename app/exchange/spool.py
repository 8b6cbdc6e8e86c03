"""What an import has read, in files of a temporary folder until it is written: so memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from dowel.recordings.types import FloatArray, Mark, Notifications, SampleRows, Samples, StreamSlice
from dowel.sensors.drivers import already_decoded
from dowel.sensors.stream.replay import TimeLine, in_slices, packets

_PIECE_ROWS: Final = 2**14
_PARTS: Final = 6  # a rest is looked for every sixth of its length
_ROW_BYTES: Final = 3 * np.dtype(np.float64).itemsize


@dataclass(frozen=True)
class SpooledSamples:
    """Samples of one sensor in a file, specific force before rate of turn; only their times (n,) stay in memory."""

    time_s: FloatArray
    path: Path

    @classmethod
    def of(cls, samples: Samples, path: Path) -> SpooledSamples:
        """The same samples, written to a new file. Raises ``OSError`` with its reason where the disk is full."""
        with path.open("xb") as file:
            for values in (samples.acc_m_s2, samples.gyr_rad_s):
                for start in range(0, len(values), _PIECE_ROWS):
                    file.write(values[start : start + _PIECE_ROWS].tobytes())  # ``tofile`` says no reason
        return cls(samples.time_s, path)

    def __len__(self) -> int:
        return len(self.time_s)

    def rows(self, start: int, stop: int) -> Samples:
        """Those from one index to before another, from the file."""
        time_s = self.time_s[start:stop]
        acc_m_s2, gyr_rad_s = (
            np.fromfile(self.path, np.float64, 3 * len(time_s), offset=(before + start) * _ROW_BYTES).reshape(-1, 3)
            for before in (0, len(self))
        )
        return Samples(time_s, acc_m_s2, gyr_rad_s)


@dataclass(frozen=True)
class ImportedStream:
    """Recordings as the stream that their session will be: ``lines`` lead from their times to session time.

    What a sensor sent is made of its samples slice by slice.
    """

    samples: Sequence[SampleRows]
    lines: Sequence[TimeLine]

    def slices(self, marks: Sequence[Mark] = (), end_s: float | None = None) -> Iterator[StreamSlice]:
        """Its notifications, up to a session time or all, with marks among them."""
        empty = [packets(line.at(each.time_s), 0) for each, line in zip(self.samples, self.lines, strict=True)]
        if end_s is not None:
            end_ns = round(end_s * 1e9)
            empty = [each.between(0, int(np.searchsorted(each.arrival_ns, end_ns))) for each in empty]
        done = [0] * len(empty)
        for part in in_slices(empty, marks, 0):
            filled = []
            for index, each in enumerate(part.notifications):
                stop = done[index] + int(each.length.sum()) // already_decoded.RECORD.itemsize
                filled.append(replace(each, payload=already_decoded.encode(self._rows(index, done[index], stop))))
                done[index] = stop
            yield StreamSlice(filled, part.marks)

    @property
    def duration_s(self) -> float:
        """From the first sample to the last."""
        starts_s, ends_s = self._ends_s
        return max(ends_s) - min(starts_s)

    @property
    def shared_s(self) -> tuple[float, float]:
        """From when to when all sensors measured, in session time."""
        starts_s, ends_s = self._ends_s
        return max(starts_s), min(ends_s)

    @property
    def _ends_s(self) -> tuple[list[float], list[float]]:
        """When each sensor's samples begin and end, in session time."""
        spans_s = [line.at(each.time_s[[0, -1]]) for each, line in zip(self.samples, self.lines, strict=True)]
        return [float(span_s[0]) for span_s in spans_s], [float(span_s[1]) for span_s in spans_s]

    def between(self, sensor: int, start_s: float, end_s: float) -> Notifications:
        """What one sensor sent of the samples between two session times, both included."""
        time_s = self.lines[sensor].at(self.samples[sensor].time_s)
        start, stop = np.searchsorted(time_s, start_s), np.searchsorted(time_s, end_s, side="right")
        payload = already_decoded.encode(self._rows(sensor, int(start), int(stop)))
        return Notifications.one(0, round(end_s * 1e9), payload)

    def quietest_s(self, sensor: int, length_s: float) -> tuple[float, float]:
        """From when to when one sensor's rate of turn changes least, in session time; silence is no rest."""
        time_s = self.lines[sensor].at(self.samples[sensor].time_s)
        piece = ((time_s - time_s[0]) / (length_s / _PARTS)).astype(np.int64)
        sums = np.zeros((max(int(piece[-1]) + 1, _PARTS), 5))  # of the rates, of their squares, and how many there are
        for start in range(0, len(time_s), _PIECE_ROWS):
            rate = self.samples[sensor].rows(start, start + _PIECE_ROWS).gyr_rad_s
            values = np.column_stack([rate, (rate * rate).sum(axis=1), np.ones(len(rate))])
            np.add.at(sums, piece[start : start + _PIECE_ROWS], values)
        together = np.lib.stride_tricks.sliding_window_view(sums, _PARTS, axis=0).sum(axis=2)
        count = np.maximum(together[:, 4], 1.0)
        changes = together[:, 3] / count - ((together[:, :3] / count[:, None]) ** 2).sum(axis=1)
        silent = (count < 0.5 * np.median(count)) | (changes <= 0.0)
        start_s = float(time_s[0]) + int(np.where(silent, np.inf, changes).argmin()) * length_s / _PARTS
        return start_s, start_s + length_s

    def _rows(self, sensor: int, start: int, stop: int) -> Samples:
        samples = self.samples[sensor].rows(start, stop)
        return replace(samples, time_s=self.lines[sensor].at(samples.time_s))

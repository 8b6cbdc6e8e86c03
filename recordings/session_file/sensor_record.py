"""What one sensor sent, in the blocks of a session: columns are made of as many of them at a time as are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.session_file.blocks import HEADER_BYTES, ROW_DTYPE, BlockKind, Blocks, trailer_bytes
from dowel.recordings.session_file.known_values import LARGEST_INT
from dowel.recordings.types import IntArray, Notifications

_BLOCKS_AT_A_TIME: Final = 256
"""So many are made columns of at a time, where all are looked at: about a megabyte (judgement)."""


@dataclass(frozen=True, slots=True)
class SensorRecord:
    """One sensor's blocks (m,) with their headers; ``sequence`` (n,) of the notifications in them.

    They agree with themselves and with each other. The blocks are what is kept, or stay in the file: as columns they
    would take as much room again.
    """

    blocks: Sequence[bytes]
    headers: NDArray[np.void]
    sequence: IntArray
    ends: IntArray
    """How many notifications there are up to the end of each block."""

    @staticmethod
    def of(stored: Blocks, sensor: int) -> SensorRecord:
        """All that a sensor sent.

        A block that contradicts itself or the blocks before it (only a forged one does) is left out.
        """
        kind, whose = stored.headers["kind"], stored.headers["sensor"]
        mine = np.flatnonzero((kind == BlockKind.NOTIFICATIONS) & (whose == sensor))
        blocks, headers = stored.some(mine), stored.headers[mine]
        sequence = _sequence(blocks, headers)
        if sequence is None:
            kept = _consistent(blocks, headers)
            blocks, headers = stored.some(mine[kept]), headers[kept]
            sequence = _sequence(blocks, headers)
            assert sequence is not None, "blocks that agree one by one agree together"
        return SensorRecord(blocks, headers, sequence, headers["count"].cumsum(dtype=np.int64))

    @staticmethod
    def none() -> SensorRecord:
        """Nothing received."""
        return SensorRecord.of(Blocks.of([]), 0)

    def __len__(self) -> int:
        return len(self.sequence)

    @property
    def count(self) -> IntArray:
        """How many notifications each block holds."""
        return self.headers["count"].astype(np.int64)

    @property
    def ordinal(self) -> IntArray:
        """The number of each block's first notification among those that the sensor sent.

        It counts from 0 without holes, so a jump tells how many are missing.
        """
        return self.headers["ordinal"].astype(np.int64)

    def between(self, start: int, stop: int) -> Notifications:
        """Its notifications from one index to before another."""
        if start >= stop:
            return Notifications.none()
        first, last = np.searchsorted(self.ends, [start, stop - 1], side="right").tolist()
        before = int(self.ends[first]) - int(self.headers["count"][first])
        part = slice(first, last + 1)
        return _notifications(self.blocks[part], self.headers[part]).between(start - before, stop - before)

    def all(self) -> Notifications:
        """All of them."""
        return self.between(0, len(self))

    def in_parts(self) -> Iterator[Notifications]:
        """All of them, in parts that take little room."""
        for part in _parts(len(self.blocks)):
            yield _notifications(self.blocks[part], self.headers[part])

    @property
    def arrival_ns(self) -> IntArray:
        """When each notification (n,) arrived."""
        return np.concatenate([np.empty(0, np.int64), *(sent.arrival_ns for sent in self.in_parts())])


def _parts(count: int) -> list[slice]:
    """So many blocks in parts whose columns are small."""
    return [slice(first, first + _BLOCKS_AT_A_TIME) for first in range(0, count, _BLOCKS_AT_A_TIME)]


def _notifications(blocks: Sequence[bytes], headers: NDArray[np.void]) -> Notifications:
    """Blocks as columns; each block's rows must lie within its body."""
    count = headers["count"].astype(np.int64)
    row_ends = (HEADER_BYTES + ROW_DTYPE.itemsize * count).tolist()
    body_ends = (headers["size"].astype(np.int64) - trailer_bytes(headers)).tolist()
    rows = np.frombuffer(
        b"".join([block[HEADER_BYTES:end] for block, end in zip(blocks, row_ends, strict=True)]), ROW_DTYPE
    )
    return Notifications(
        np.repeat(headers["sequence"], count) + rows["sequence"],
        np.repeat(headers["arrival_ns"], count) + rows["arrival_ns"],
        rows["length"].astype(np.int64),
        b"".join([block[end:last] for block, end, last in zip(blocks, row_ends, body_ends, strict=True)]),
    )


def _sequence(blocks: Sequence[bytes], headers: NDArray[np.void]) -> IntArray | None:
    """The sequence numbers in one sensor's blocks, or None when one contradicts itself or those before it."""
    if not blocks:
        return np.empty(0, np.int64)
    count, ordinal = headers["count"].astype(np.int64), headers["ordinal"].astype(np.int64)
    body_bytes = headers["size"].astype(np.int64) - trailer_bytes(headers) - HEADER_BYTES
    payload_bytes = body_bytes - ROW_DTYPE.itemsize * count
    if (
        count.min() < 1
        or payload_bytes.min() < 0
        or headers["sequence"].min() < 0
        or headers["sequence"].max() >= LARGEST_INT
        or headers["arrival_ns"].min() <= -LARGEST_INT
        or headers["arrival_ns"].max() >= LARGEST_INT
        or (ordinal[1:] < (ordinal + count)[:-1]).any()
    ):
        return None
    sequence = np.empty(int(count.sum()), np.int64)
    done = 0
    for part in _parts(len(blocks)):
        sent = _notifications(blocks[part], headers[part])
        starts = count[part].cumsum() - count[part]
        if (np.add.reduceat(sent.length, starts) != payload_bytes[part]).any():
            return None
        sequence[done : done + len(sent)] = sent.sequence
        done += len(sent)
    return None if (sequence[1:] <= sequence[:-1]).any() else sequence


def _consistent(blocks: Sequence[bytes], headers: NDArray[np.void]) -> list[int]:
    """Which blocks contradict neither themselves nor those that are kept before them."""
    keep = []
    next_sequence = next_ordinal = 0
    for index, block in enumerate(blocks):
        header = headers[index : index + 1]
        sequence = _sequence([block], header)
        if sequence is None or sequence[0] < next_sequence or int(header["ordinal"][0]) < next_ordinal:
            continue
        keep.append(index)
        next_sequence = int(sequence[-1]) + 1
        next_ordinal = int(header["ordinal"][0]) + len(sequence)
    return keep

"""The block: the unit a session file is made of. One block is one self-contained run of bytes.

Everything a session holds is appended as blocks: runs of notifications of one sensor, and documents (a fact, a
sensor, a mark, ...: one JSON object each). A block carries a magic number and a CRC-32, so that it can be found in
the raw bytes of a damaged file and is never believed when a bit of it has changed. ``docs/session-file.md`` gives the
layout byte by byte.

Reading is vectorised: nothing here loops over single notifications, because an hour has 720,000 of them.
"""

from __future__ import annotations

import json
import math
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.session_file.known_values import DEEPEST, LARGEST_INT, LONGEST_TEXT, sane
from dowel.recordings.types import IntArray

MAGIC: Final = b"\xd0Dwl"
"""First four bytes of every block. 0xD0 followed by "D" is not valid UTF-8, so no text holds them by chance."""

IDENTITY_BYTES: Final = 16
"""A session's identity: random bytes that all of its blocks carry, so that a block of another session is known."""

BLOCK_VERSION: Final = 2
"""Blocks of version 1, in sessions that were begun before there was an identity, have none."""

BLOCK_BYTES: Final = 4057
"""Largest block that lies whole on one SQLite leaf page of 4096 bytes.

SQLite keeps a table row of up to (page size - 35) = 4061 bytes on its leaf (file format, section 1.6); four of these
are the row's own header (its length, the row number's type, the blob's type in two bytes).
"""

DOCUMENT_BYTES: Final = 1_000_000
"""Largest document. Above BLOCK_BYTES it spills over several pages, and the salvage scan cannot find it."""

_HEADER: Final = struct.Struct("<4sBBHIIIIqq")
_VERSION_AT: Final = 4
_ROW: Final = struct.Struct("<IHH")
_CRC: Final = struct.Struct("<I")

HEADER_BYTES: Final = _HEADER.size
CRC_BYTES: Final = _CRC.size
TRAILER_BYTES: Final = {1: CRC_BYTES, 2: IDENTITY_BYTES + CRC_BYTES}
"""What follows the body, by the version of the block: the identity, and the CRC."""

NOTIFICATION_BYTES: Final = BLOCK_BYTES - HEADER_BYTES - _ROW.size - TRAILER_BYTES[BLOCK_VERSION]
"""Largest notification: alone in a block it fills a page. Bluetooth allows 512 bytes; imports cut files in pieces."""

_CRC_RESIDUE: Final = 0x2144DF1C
"""CRC-32 of any bytes followed by their own CRC-32 (little endian): the check costs one call and no copy."""

_HEADER_DTYPE: Final = np.dtype(
    [
        ("magic", "<u4"),
        ("version", "u1"),
        ("kind", "u1"),
        ("sensor", "<u2"),
        ("size", "<u4"),
        ("count", "<u4"),
        ("number", "<u4"),
        ("ordinal", "<u4"),
        ("sequence", "<i8"),
        ("arrival_ns", "<i8"),
    ]
)
ROW_DTYPE: Final = np.dtype([("arrival_ns", "<u4"), ("sequence", "<u2"), ("length", "<u2")])


class BlockKind(IntEnum):
    """What a block holds. All but the first are documents: one JSON object."""

    NOTIFICATIONS = 1
    FACT = 2
    SENSOR = 3
    MARK = 4
    CALIBRATION = 5
    HEARD = 6


def version_of_intact(block: bytes) -> int:
    """The version of one whole block, known here or not: magic, length and CRC agree. 0 when they do not."""
    if len(block) < HEADER_BYTES + CRC_BYTES or crc32(block) != _CRC_RESIDUE:
        return 0
    magic, version, _, _, size, *_ = _HEADER.unpack_from(block)
    return int(version) if magic == MAGIC and size == len(block) else 0


def is_intact(block: bytes) -> bool:
    """Whether these bytes are one whole block of a version known here."""
    version = version_of_intact(block)
    return version in TRAILER_BYTES and len(block) >= HEADER_BYTES + TRAILER_BYTES[version]


def identity_of(block: bytes) -> bytes:
    """The identity of the session that this intact block belongs to; empty in version 1."""
    return block[-TRAILER_BYTES[block[_VERSION_AT]] : -CRC_BYTES]


def _sealed(
    kind: BlockKind,
    sensor: int,
    count: int,
    number: int,
    ordinal: int,
    sequence: int,
    arrival_ns: int,
    body: bytes,
    identity: bytes,
) -> bytes:
    version = BLOCK_VERSION if identity else 1
    size = HEADER_BYTES + len(body) + TRAILER_BYTES[version]
    header = _HEADER.pack(MAGIC, version, kind, sensor, size, count, number, ordinal, sequence, arrival_ns)
    return header + body + identity + _CRC.pack(crc32(identity, crc32(body, crc32(header))))


def resealed(block: bytes, number: int, identity: bytes) -> bytes:
    """An intact block with another number, for the session with this identity; without one it stays without."""
    _, _, kind, sensor, _, count, _, ordinal, sequence, arrival_ns = _HEADER.unpack_from(block)
    body = block[HEADER_BYTES : -TRAILER_BYTES[block[_VERSION_AT]]]
    return _sealed(kind, sensor, count, number, ordinal, sequence, arrival_ns, body, identity)


# ---------------------------------------------------------------------------------------------------------- documents


def document_body(document: Mapping[str, Any]) -> bytes:
    """A JSON object as a document block holds it.

    Raises ValueError for NaN and infinity (JSON has neither, and a reader could not tell them from damage) and for
    more than DOCUMENT_BYTES; TypeError for what JSON cannot hold.
    """
    body = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
    if len(body) > DOCUMENT_BYTES:
        raise ValueError(f"a document of {len(body)} bytes is too large for a session (at most {DOCUMENT_BYTES})")
    return body


def encode_document(kind: BlockKind, number: int, body: bytes, identity: bytes) -> bytes:
    """The document block with this number; ``body`` comes from :func:`document_body`.

    ``identity``: of the session it is for, empty for a session that has none.
    """
    return _sealed(kind, 0, 0, number, 0, 0, 0, body, identity)


def decode_document(block: bytes) -> dict[str, Any]:
    """The JSON object of an intact document block, of values that a session can hold. Raises ValueError otherwise."""
    body = block[HEADER_BYTES : -TRAILER_BYTES[block[_VERSION_AT]]]
    try:
        document = _DECODER.decode(body.decode())
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    if b"\\u" in body or len(body) > LONGEST_TEXT or body.count(b"{") + body.count(b"[") > DEEPEST:
        return dict(sane(document))
    return document  # of so small a one each value is sane


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _small(text: str) -> int:
    if len(text) > len(str(-LARGEST_INT)) or abs(number := int(text)) >= LARGEST_INT:
        raise ValueError("a number is expected that can be")
    return number


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, parse_int=_small)


# ------------------------------------------------------------------------------------------------------ notifications


@dataclass(slots=True)
class NotificationRun:
    """Notifications of one sensor on their way into a block. ``ordinal``: how many this sensor sent before them."""

    sensor: int
    identity: bytes
    ordinal: int = 0
    _sequence: list[int] = field(default_factory=list)
    _arrival_ns: list[int] = field(default_factory=list)
    _payloads: list[bytes] = field(default_factory=list)
    _size: int = HEADER_BYTES + TRAILER_BYTES[BLOCK_VERSION]

    def __len__(self) -> int:
        return len(self._payloads)

    def fits(self, sequence: int, arrival_ns: int, payload: bytes) -> bool:
        """Whether one more notification can be held: room on the page, and offsets within their 4 and 2 bytes."""
        if not self._payloads:
            return True
        return (
            self._size + _ROW.size + len(payload) <= BLOCK_BYTES
            and 0 <= arrival_ns - self._arrival_ns[0] < 2**32
            and sequence - self._sequence[0] < 2**16
        )

    def add(self, sequence: int, arrival_ns: int, payload: bytes) -> None:
        """Take one more notification."""
        self._sequence.append(sequence)
        self._arrival_ns.append(arrival_ns)
        self._payloads.append(payload)
        self._size += _ROW.size + len(payload)

    def seal(self, number: int) -> bytes:
        """The block of all notifications taken, and start again behind them."""
        first, base_ns = self._sequence[0], self._arrival_ns[0]
        rows = [
            _ROW.pack(arrival_ns - base_ns, sequence - first, len(payload))
            for arrival_ns, sequence, payload in zip(self._arrival_ns, self._sequence, self._payloads, strict=True)
        ]
        body = b"".join(rows) + b"".join(self._payloads)
        block = _sealed(
            BlockKind.NOTIFICATIONS, self.sensor, len(rows), number, self.ordinal, first, base_ns, body, self.identity
        )
        self.ordinal += len(rows)
        self._sequence, self._arrival_ns, self._payloads = [], [], []
        self._size = HEADER_BYTES + TRAILER_BYTES[BLOCK_VERSION]
        return block


@dataclass(frozen=True, slots=True)
class Blocks:
    """Intact blocks in the order of their numbers, with their headers as columns."""

    blocks: Sequence[bytes]
    headers: NDArray[np.void]

    @staticmethod
    def of(candidates: Sequence[bytes]) -> Blocks:
        """Those of ``candidates`` that are intact, each number once, sorted by number."""
        least = HEADER_BYTES + CRC_BYTES
        crcs = map(crc32, candidates)
        blocks = [
            block for block, crc in zip(candidates, crcs, strict=True) if crc == _CRC_RESIDUE and len(block) >= least
        ]
        headers = np.frombuffer(b"".join([block[:HEADER_BYTES] for block in blocks]), _HEADER_DTYPE)
        good = (
            (headers["magic"] == int.from_bytes(MAGIC, "little"))
            & (headers["version"] >= 1)
            & (headers["version"] <= BLOCK_VERSION)
            & (headers["size"] == np.fromiter(map(len, blocks), np.int64, len(blocks)))
            & (headers["size"] >= HEADER_BYTES + trailer_bytes(headers))
        )
        number = headers["number"]
        if good.all() and (number[1:] > number[:-1]).all():
            return Blocks(blocks, headers)
        _, first = np.unique(number[good], return_index=True)
        keep = np.flatnonzero(good)[first]
        return Blocks([blocks[index] for index in keep.tolist()], headers[keep])

    @property
    def next_number(self) -> int:
        """One more than the last block's number."""
        return int(self.headers["number"][-1]) + 1 if len(self.headers) else 0

    @property
    def missing(self) -> int:
        """How many blocks before the last one are not here: numbers have no holes in a sound session."""
        return self.next_number - len(self.blocks)

    def numbered_from(self, first: int) -> list[tuple[int, bytes]]:
        """The blocks whose number is ``first`` or more, each with its number."""
        start = int(np.searchsorted(self.headers["number"], first))
        return list(zip(self.headers["number"][start:].tolist(), self.blocks[start:], strict=True))

    @property
    def identity(self) -> bytes:
        """The identity most of the blocks carry; empty in sessions that have none."""
        return Counter(map(identity_of, self.blocks)).most_common(1)[0][0] if self.blocks else b""

    @property
    def version(self) -> int:
        """The version of its blocks: a session has one."""
        return BLOCK_VERSION if self.identity else 1

    def open(self) -> AbstractContextManager[object]:
        """Inside, looking at many of them costs least; they may be looked at outside too."""
        return nullcontext()

    def documents(self, kind: BlockKind) -> list[bytes]:
        """The document blocks of this kind."""
        return list(self.some(np.flatnonzero(self.headers["kind"] == kind)))

    def some(self, indices: IntArray) -> Sequence[bytes]:
        """Those with these indices, which ascend."""
        return [self.blocks[index] for index in indices.tolist()]

    def sensors(self) -> list[int]:
        """The indices of the sensors that sent anything."""
        sent = self.headers["sensor"][self.headers["kind"] == BlockKind.NOTIFICATIONS]
        return sorted(set(sent.tolist()))  # NumPy's unique would load numpy.ma


def trailer_bytes(headers: NDArray[np.void]) -> IntArray:
    """The size of each block's trailer, by its version."""
    return np.where(headers["version"] == 1, TRAILER_BYTES[1], TRAILER_BYTES[BLOCK_VERSION])

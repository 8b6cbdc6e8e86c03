"""Messages of phones as notifications, and back.

A phone sends text of any length, and a notification of a session file has at most 4005 bytes. So each message is kept
as one or more pieces, each behind a head of six bytes, little-endian: CRC-32 of the whole message (``uint32``), number
of the piece, number of pieces (``uint8`` each). The message itself is kept byte by byte as it came.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any, Final
from zlib import crc32

from dowel.recordings.blocks import NOTIFICATION_BYTES
from dowel.recordings.types import Notifications

HEAD: Final = struct.Struct("<IBB")
PIECE_BYTES: Final = NOTIFICATION_BYTES - HEAD.size
MOST_PIECES: Final = 255
MESSAGE_BYTES: Final = MOST_PIECES * PIECE_BYTES
"""Longest message: about a million bytes, some ten minutes of a phone's samples."""


def pieces(message: bytes) -> Iterator[bytes]:
    """The notifications that hold a message of at most ``MESSAGE_BYTES``."""
    crc, count = crc32(message), max(-(-len(message) // PIECE_BYTES), 1)
    if count > MOST_PIECES:
        raise ValueError(f"a message of {len(message)} bytes is too long (at most {MESSAGE_BYTES})")
    for number in range(count):
        yield HEAD.pack(crc, number, count) + message[number * PIECE_BYTES : (number + 1) * PIECE_BYTES]


class Messages:
    """Puts pieces together again. What does not fit together, or not with its CRC, is counted as bad."""

    def __init__(self) -> None:
        self._crc = 0
        self._count = 0
        self._parts: list[bytes] = []

    def read(self, notifications: Notifications) -> tuple[list[tuple[int, bytes]], int]:
        """The messages that become whole, each with the index of its last piece; and how many pieces were bad."""
        whole: list[tuple[int, bytes]] = []
        bad, end = 0, 0
        for index, size in enumerate(notifications.length.tolist()):
            start, end = end, end + size
            piece = notifications.payload[start:end]
            if size < HEAD.size:
                bad += 1
                continue
            crc, number, count = HEAD.unpack_from(piece)
            if (crc, count) != (self._crc, self._count) or number != len(self._parts):
                bad += len(self._parts)  # the rest of that message is lost
                self._crc, self._count, self._parts = crc, count, []
            if number != len(self._parts) or number >= count:
                bad += 1
                continue
            self._parts.append(piece[HEAD.size :])
            if len(self._parts) == count:
                message, self._parts = b"".join(self._parts), []
                if crc32(message) == crc:
                    whole.append((index, message))
                else:
                    bad += count
        return whole, bad


def json_object(message: bytes) -> dict[str, Any] | None:
    """The JSON object that a message is; None when it is none. Integers of any usual length stay exact."""
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):  # also bytes that are no text, and integers of thousands of digits
        return None
    return found if isinstance(found, dict) else None


def number(value: object) -> float:
    """A JSON number as a float; NaN for anything else, so that it can be left out later."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan

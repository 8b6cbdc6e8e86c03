"""Messages of phones as notifications, and back.

A phone sends text of any length, some 100 MB in an hour, and a notification of a session file has at most 4005 bytes.
So each message is compressed (raw deflate, with ``KNOWN`` as its preset dictionary) and kept as one or more pieces,
each behind a head of six bytes, little-endian: CRC-32 of the message as it came (``uint32``), number of the piece,
number of pieces (``uint8`` each). What comes out again is what the phone sent, byte by byte.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any, Final
from zlib import MAX_WBITS, compressobj, crc32, decompressobj
from zlib import error as ZlibError

from dowel.recordings.numbers import is_number
from dowel.recordings.session_file.blocks import NOTIFICATION_BYTES
from dowel.recordings.types import Notifications

HEAD: Final = struct.Struct("<IBB")
PIECE_BYTES: Final = NOTIFICATION_BYTES - HEAD.size
MESSAGE_BYTES: Final = 1_000_000
"""Longest message: some minutes of a phone's samples. Compressed it fits into the pieces whatever it is."""
KNOWN: Final = (
    b'{"v": 1, "page": "", "n": , "platform": "other", "events": [[, -0.], [{"buffer":{"accX":{"size":0,"updateMode":'
    b'"partial","buffer":[E-1,-E0]},"accY":{"accZ":{"acc_time":{"gyrX":{"gyrY":{"gyrZ":{"gyr_time":{"gyroX":{"gyroY":{'
    b'"gyroZ":{"gyro_time":{},"status":{"session":"","measuring":true,"timedRun":false,"countDown":0}}{"messageId": , '
    b'"sessionId": "", "deviceId": "", "payload": [{"name": "gravity", "accelerometer", "accelerometeruncalibrated", '
    b'"gyroscope", "time": 1700000000000000000, "values": {"z": -0., "y": -0., "x": -0.}, "accuracy": 3}, {"name":"'
    b'{"accuracy":3,"timestamp":,"values":[-0.,0.,],"type":"android.sensor.gyroscope"}"android.sensor.accelerometer"}'
)
"""What messages of the known apps have in common. Sessions depend on it, so it never changes."""


def pieces(message: bytes) -> Iterator[bytes]:
    """The notifications that hold a message of at most ``MESSAGE_BYTES``."""
    if len(message) > MESSAGE_BYTES:
        raise ValueError(f"a message of {len(message)} bytes is too long (at most {MESSAGE_BYTES})")
    deflate = compressobj(wbits=-MAX_WBITS, zdict=KNOWN)
    packed = deflate.compress(message) + deflate.flush()
    crc, count = crc32(message), -(-len(packed) // PIECE_BYTES)
    for number in range(count):
        yield HEAD.pack(crc, number, count) + packed[number * PIECE_BYTES : (number + 1) * PIECE_BYTES]


def _unpacked(packed: bytes) -> bytes | None:
    """The message, or None when it is none; never longer than a message may be, whatever the bytes say."""
    inflate = decompressobj(wbits=-MAX_WBITS, zdict=KNOWN)
    try:
        message = inflate.decompress(packed, MESSAGE_BYTES + 1)
    except ZlibError:
        return None
    return message if inflate.eof and len(message) <= MESSAGE_BYTES else None


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
                message, self._parts = _unpacked(b"".join(self._parts)), []
                if message is not None and crc32(message) == crc:
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
    if not is_number(value):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan

"""Finding blocks in the raw bytes of a session whose database is damaged.

Blocks lie whole within a page, in the main file and in the WAL alike, and each starts with the same magic number and
ends with a CRC-32. So neither the tree above them nor SQLite is needed to find them.
"""

from __future__ import annotations

import struct

from dowel.recordings.session_file.blocks import BLOCK_BYTES, CRC_BYTES, HEADER_BYTES, MAGIC, version_of_intact

_SIZE = struct.Struct("<I")
_SIZE_OFFSET = 8


def scan(raw: bytes) -> list[bytes]:
    """All whole blocks in ``raw`` of any version, in the order of their place there; one may come several times."""
    found = []
    at = raw.find(MAGIC)
    while 0 <= at <= len(raw) - HEADER_BYTES - CRC_BYTES:
        (size,) = _SIZE.unpack_from(raw, at + _SIZE_OFFSET)
        block = raw[at : at + size] if size <= BLOCK_BYTES else b""
        if version_of_intact(block):
            found.append(block)
            at += size
        else:
            at += len(MAGIC)
        at = raw.find(MAGIC, at)
    return found

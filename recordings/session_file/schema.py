"""The SQLite side of a session file: how it is told from other files, its one table, and views to look into it.

The table ``blocks`` is a log: rows are only ever appended. Its content is described in ``blocks.py``. The views are
for people who look into a session with a tool of their own; nothing here reads them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dowel.recordings.session_file.blocks import BLOCK_VERSION, HEADER_BYTES, TRAILER_BYTES, BlockKind

SUFFIX: Final = ".dowel"


def wal_of(path: Path) -> Path:
    """SQLite's write-ahead log beside a session that is open, or was never closed."""
    return path.with_name(path.name + "-wal")


APPLICATION_ID: Final = 0x446F776C
"""ASCII "Dowl", in SQLite's header at byte 68."""

SCHEMA_VERSION: Final = BLOCK_VERSION
"""The version of a session's blocks, said again in SQLite's ``user_version``, where no CRC guards it.

Raised whenever an older program would misread the file."""

PAGE_BYTES: Final = 4096

COMMIT_EVERY_S: Final = 0.3
"""From commit to commit of a running session (session-file#while-it-is-written)."""

LOST_BY_KILL_S: Final = 0.5
"""At most this is lost by a kill: COMMIT_EVERY_S and the time a commit takes (session-file#while-it-is-written)."""

CHECKPOINT_EVERY_S: Final = 30.0
"""How much of a running session stands in the WAL only (session-file#while-it-is-written)."""

BLOCKS_TABLE: Final = "CREATE TABLE blocks (number INTEGER PRIMARY KEY, data BLOB NOT NULL)"

INSERT_BLOCK: Final = "INSERT INTO blocks (number, data) VALUES (?, ?)"

_AROUND: Final = (
    f"""iif(substr(data, 5, 1) = x'01', {HEADER_BYTES + TRAILER_BYTES[1]}, {HEADER_BYTES + TRAILER_BYTES[2]})"""
)
_JSON: Final = f"CAST(substr(data, {HEADER_BYTES + 1}, length(data) - {_AROUND}) AS TEXT)"


def _view(name: str, kind: BlockKind, columns: dict[str, str], *, latest_by: str = "") -> str:
    """A view on the documents of one kind; ``latest_by`` keeps the last document of each value of that column."""
    selected = ", ".join(f"json_extract({_JSON}, '$.{key}') AS {name}" for name, key in columns.items())
    where = f"substr(data, 6, 1) = x'{kind:02x}'"
    if latest_by:
        last = f"SELECT max(number) FROM blocks WHERE {where} GROUP BY json_extract({_JSON}, '$.{latest_by}')"
        where = f"number IN ({last})"
    return f"CREATE VIEW {name} AS SELECT {selected} FROM blocks WHERE {where} ORDER BY number"


SCHEMA: Final = (
    BLOCKS_TABLE,
    _view("facts", BlockKind.FACT, {"key": "key", "value": "value"}, latest_by="key"),
    _view(
        "sensors",
        BlockKind.SENSOR,
        {
            "sensor": "index",
            "placement": "placement",
            "driver": "driver",
            "name": "name",
            "address": "address",
            "firmware": "firmware",
            "asked_rate_hz": "asked_rate_hz",
            "measured_rate_hz": "measured_rate_hz",
            "settings": "settings",
        },
        latest_by="index",
    ),
    _view(
        "marks",
        BlockKind.MARK,
        {
            "sequence": "sequence",
            "kind": "kind",
            "start_s": "start_s",
            "end_s": "end_s",
            "detail": "detail",
            "added": "added",
        },
    ),
    _view("calibrations", BlockKind.CALIBRATION, {"time_s": "time_s", "detail": "detail"}),
    _view("heard", BlockKind.HEARD, {"kind": "kind", "time_s": "time_s", "detail": "detail"}),
)

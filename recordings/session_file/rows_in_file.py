"""The rows of a session's table of blocks: read with distrust, as the file may have been made to do harm.

Those of a sound session can stay in its file: of a long one they are more than all that its analysis holds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.blocks import CRC_BYTES, DOCUMENT_BYTES, Blocks
from dowel.recordings.session_file.schema import BLOCKS_TABLE, PAGE_BYTES
from dowel.recordings.types import IntArray

_THESE: Final = "SELECT data FROM blocks WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number"
_AT_A_TIME: Final = 256
"""So many blocks are read at a time where all are asked for: a megabyte (judgement)."""


class NotAsItShouldBe(Exception):
    """What is wrong with a database that SQLite itself can read."""


@contextmanager
def reading(uri: str) -> Iterator[sqlite3.Connection]:
    """A database whose table of blocks is as this program makes it; no statement of its schema is run.

    Raises ``NotAsItShouldBe`` for another, and ``sqlite3.Error`` or ``UnicodeDecodeError`` (damaged text stands in
    SQLite's own message) for a damaged one.
    """
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)) as connection:
        connection.text_factory = bytes
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, DOCUMENT_BYTES + PAGE_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, 10_000)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA cell_size_check=ON")
        schema = connection.execute("SELECT type, sql FROM sqlite_schema WHERE tbl_name = 'blocks'").fetchall()
        if schema != [(b"table", BLOCKS_TABLE.encode())]:
            raise NotAsItShouldBe("its table of blocks is not as it should be")
        yield connection


class MainFile:
    """A session's main file alone. It is open only inside :meth:`open`: elsewhere it may be moved and replaced."""

    def __init__(self, file: Path) -> None:
        self.uri: Final = f"{file.as_uri()}?mode=ro&immutable=1"  # nothing is written beside it, and no lock taken
        self._file = file
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open it, or use it as it is open already. Raises ``InputError`` where what was a session is none any more."""
        if self._connection is not None:
            yield self._connection
            return
        try:
            with reading(self.uri) as self._connection:
                yield self._connection
        except (sqlite3.Error, UnicodeDecodeError, NotAsItShouldBe) as error:
            raise self.changed() from error
        finally:
            self._connection = None

    def changed(self) -> InputError:
        """What is said when it is not any more what it was."""
        return InputError(f"{self._file} was changed or taken away while it was read. Try again.")


class RowsInFile(Sequence[bytes]):
    """Blocks that stay in a file, under these ``numbers`` (n,) and with these ``crcs`` (n,) at their ends.

    A slice of them is read in one go. Raises ``InputError`` where they are there no more, or are others.
    """

    def __init__(self, file: MainFile, numbers: IntArray, crcs: NDArray[np.uint32]) -> None:
        self._file, self._numbers, self._crcs = file, numbers, crcs

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        if isinstance(index, int):
            return self[index : index + 1 or None][0]
        wanted = self._numbers[index].tolist()
        with self._file.open() as connection:
            found = [data for (data,) in connection.execute(_THESE, (json.dumps(wanted),))]
        ends = b"".join([block[-CRC_BYTES:] for block in found])
        if len(found) != len(wanted) or ends != self._crcs[index].tobytes():
            raise self._file.changed()
        return found

    def __iter__(self) -> Iterator[bytes]:
        for first in range(0, len(self), _AT_A_TIME):
            yield from self[first : first + _AT_A_TIME]

    def some(self, indices: IntArray) -> RowsInFile:
        """Those with these indices, which ascend."""
        return RowsInFile(self._file, self._numbers[indices], self._crcs[indices])


@dataclass(frozen=True, slots=True)
class BlocksInFile(Blocks):
    """Intact blocks that stay in their file; their headers are held."""

    blocks: RowsInFile
    file: MainFile

    def some(self, indices: IntArray) -> RowsInFile:
        """Those with these indices, which ascend; each is read when it is looked at."""
        return self.blocks.some(indices)

    def open(self) -> AbstractContextManager[object]:
        """The file is opened once for all that is read inside."""
        return self.file.open()

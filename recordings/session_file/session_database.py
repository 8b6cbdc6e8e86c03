"""Opening a session's database for writing, and what to say when that fails."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.schema import APPLICATION_ID, INSERT_BLOCK, PAGE_BYTES, SCHEMA, wal_of

if sys.platform != "win32":
    import fcntl

_BUSY_TIMEOUT_S: Final = 1.0
"""How long adding a mark waits for another program that adds one. A running session holds its file throughout."""

OWNER_ONLY: Final = 0o600
"""The rights of a session: a recording of somebody's movement is for its owner alone (session-file#who-can-read-it)."""

LONGEST_PATH_BYTES: Final = 512 - len("-journal")
"""SQLite takes paths of up to 512 bytes (os_unix.c, MAX_PATHNAME), also of what it puts beside a file."""

_LOCK_AT: Final = 0x40000000
_LOCK_BYTES: Final = 512
"""SQLite's pending, reserved and shared bytes (os.h, PENDING_BYTE)."""

_BUSY: Final = "{path} is being written by another program. Wait until it has finished."
_NO_PERMISSION: Final = "{path} cannot be written: no permission. Copy it to a folder of your own."


def take_name(path: Path) -> None:
    """Make an empty file, which a session is then written into: nobody else can take the name meanwhile.

    Only its owner can read it, whatever the umask; SQLite gives what it puts beside it the same rights. Raises
    InputError; never touches a file that exists.
    """
    refuse_long(path)
    wal = wal_of(path)
    if wal.exists():
        raise InputError(f"{wal} is left of a session whose main file is gone. Choose another name than {path}.")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
        path.chmod(OWNER_ONLY)
    except FileExistsError as error:
        raise InputError(f"{path} exists already, and a session is never overwritten. Choose another name.") from error
    except FileNotFoundError as error:
        raise InputError(f"The folder {path.parent} does not exist. Create it or choose another.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be created: {error.strerror}. Choose a folder you may write to.") from error


def give_back_name(path: Path) -> None:
    """Remove a file that :func:`take_name` made and nothing was written into."""
    with suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()


def create(path: Path, head: Sequence[tuple[int, bytes]], version: int) -> sqlite3.Connection:
    """An open connection to a new session file with these first blocks, usable from any thread.

    ``version``: of its blocks. The blocks are in the main file before there is a WAL, so that what lies beside the
    file can always be told to be its own. Raises InputError; a file that exists must be empty (:func:`take_name`), and
    no other is touched.
    """
    if not (path.is_file() and path.stat().st_size == 0):
        take_name(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN EXCLUSIVE")  # of two that write into one empty file the second ends here
        if connection.execute("SELECT 1 FROM sqlite_schema").fetchone():  # or here
            connection.close()
            raise InputError(f"{path} exists already, and a session is never overwritten. Choose another name.")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={version}")
        for statement in SCHEMA:
            connection.execute(statement)
        connection.executemany(INSERT_BLOCK, head)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
    except sqlite3.Error as error:
        busy = _code(error) in _BUSY_CODES
        connection.close()
        if not busy:
            _discard(path)
        raise write_error(path, error) from error
    return connection


def _discard(path: Path) -> None:
    """Remove a new file that could not even be given its first pages; nothing of a session is in it."""
    for leftover in (path, wal_of(path), path.with_name(f"{path.name}-journal")):
        leftover.unlink(missing_ok=True)


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction on a session that nobody else is writing; afterwards the session is a single file.

    Raises InputError when somebody is, or when it cannot be written.
    """
    refuse_long(path.resolve())
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):  # SQLite would call it a disk error
        raise no_permission(path)
    uri = f"{path.resolve().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_TIMEOUT_S)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
            make_single_file(connection)
    except sqlite3.Error as error:
        raise write_error(path, error) from error


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Inside, no other program writes this session: the bytes that SQLite locks are locked.

    Raises InputError when one does. On Windows nothing is locked, as a file that a program has open cannot be
    replaced there.
    """
    try:
        with path.open("r+b") as file:
            if sys.platform != "win32":
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCK_BYTES, _LOCK_AT)
                yield
        if sys.platform == "win32":
            yield
    except BlockingIOError as error:
        raise InputError(_BUSY.format(path=path)) from error
    except PermissionError as error:
        raise InputError((_BUSY if sys.platform == "win32" else _NO_PERMISSION).format(path=path)) from error


def is_being_written(path: Path) -> bool:
    """Whether another program has this session open for writing; on Windows nobody can tell."""
    if sys.platform == "win32":
        return False
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, _LOCK_BYTES, _LOCK_AT)
        except BlockingIOError:
            return True
    return False


def make_single_file(connection: sqlite3.Connection) -> None:
    """Bring everything from the WAL into the main file and remove the WAL."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.execute("PRAGMA journal_mode=DELETE").fetchall()


def no_permission(path: Path) -> InputError:
    """The sentence for a session that may not be written."""
    return InputError(_NO_PERMISSION.format(path=path))


def write_error(path: Path, error: Exception) -> InputError:
    """The sentence for a write that failed."""
    code = _code(error)
    if code in _BUSY_CODES:
        return InputError(_BUSY.format(path=path))
    if code == sqlite3.SQLITE_FULL:
        return InputError(f"The disk is full: {path} keeps what it holds so far, and nothing more. Free some space.")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return no_permission(path)
    return InputError(
        f"{path} could not be written on ({error}). It keeps what it holds so far; check the disk and its free space."
    )


_BUSY_CODES: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def too_long(path: Path) -> bool:
    """Whether SQLite cannot open a file because of its path's length."""
    return len(os.fsencode(path.absolute())) > LONGEST_PATH_BYTES


def refuse_long(path: Path) -> None:
    """Raise InputError for a path that SQLite cannot write to."""
    if too_long(path):
        raise InputError(
            f"{path}: with its folders the name has {len(os.fsencode(path.absolute()))} bytes, and a session can be "
            f"written to {LONGEST_PATH_BYTES} at most. Choose a shorter one."
        )

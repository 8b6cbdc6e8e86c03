"""What was computed of sessions, kept in the user's cache folder under a digest of all that it was computed from.

An entry answers only for the very same bytes of a file of the same name, the same code and the same libraries.
Whatever is wrong with the cache, nothing depends on it: it is then as if it were empty, and deleting it is always safe.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sqlite3
import sys
import zlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from platformdirs import user_cache_path

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.session_blocks import files_of
from dowel.recordings.session_file.session_database import is_being_written
from dowel.session.unchanged_files import settled_state
from dowel.settings.version import program_version
from dowel.text.own_files import OWN_FILE, make_own_folder

CACHE_VARIABLE: Final = "DOWEL_CACHE"
"""Names another folder for the cache."""
MOST_BYTES: Final = 256 * 2**20
"""Some ten thousand sessions; then those that were not used for longest make room (judgement)."""
KEPT_SHARE: Final = 0.75
"""So much is left where room was made, so that it is not made each time."""
_BUSY_S: Final = 2.0
LIBRARIES: Final = ("numpy", "scipy", "vqf")
"""Those that compute."""
_DIGEST_BYTES: Final = hashlib.sha256().digest_size
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS by_use ON results (used)",
)
_LATEST: Final = "(SELECT ifnull(max(used), 0) + 1 FROM results)"


def cache_path() -> Path:
    """The file that holds the cache; it need not be there."""
    named = os.environ.get(CACHE_VARIABLE)
    return (Path(named) if named else user_cache_path("dowel", appauthor=False)) / "results.sqlite"


def cache_bytes() -> int:
    """How large the cache is; 0 where there is none."""
    with suppress(OSError):
        return cache_path().stat().st_size
    return 0


def known_digests(path: Path, cache: ResultsCache) -> dict[str, str] | None:
    """The digests of a session's files where they are known without reading these; else None."""
    return _digests(path, cache, read=False)


def session_digests(path: Path, cache: ResultsCache) -> dict[str, str] | None:
    """The SHA-256 of a session's file and of what lies beside it, by name.

    None where they cannot be read, or where the session is being recorded: then more than bytes tells what it is.
    """
    return _digests(path, cache, read=True)


def _digests(path: Path, cache: ResultsCache, *, read: bool) -> dict[str, str] | None:
    try:
        file = path.resolve()
        if is_being_written(file):
            return None
        files = files_of(file)
        state = settled_state(files)
        if state is not None and (kept := cache.get(state)) is not None:
            known: dict[str, str] = json.loads(kept)
            return known
        if not read:
            return None
        digests = {}
        for each in files:
            with each.open("rb", buffering=0) as stream:
                digests[each.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, InputError):
        return None
    if state is not None:  # a change meanwhile has a later time, and so another state
        cache.put(state, json.dumps(digests).encode())
    return digests


def session_key(kind: str, name: str, digests: Mapping[str, str]) -> bytes:
    """What identifies a session's ``kind`` of result: its name and bytes, the code, the libraries."""
    told = json.dumps([kind, name, *digests.items()])
    return hashlib.sha256(_code() + told.encode()).digest()


@cache
def code_digest() -> str:
    """What identifies the program that computes: its version, which rows carry, its code, and its libraries.

    The same wherever it is installed. The version alone does not tell code that is being worked on, or was changed.
    """
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(f"{program_version()}\0".encode())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\0".encode())
    for folder, folders, names in os.walk(root, followlinks=True):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".py", ".toml")):
                data = Path(folder, name).read_bytes()
                place = Path(os.path.relpath(folder, root), name).as_posix()
                digest.update(f"{place}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
                digest.update(data)
    return digest.hexdigest()


def _code() -> bytes:
    """The program, and what runs it."""
    return f"{code_digest()}\0{sys.version}\0{platform.machine()}\0".encode()


class ResultsCache:
    """Results by key, in SQLite; several processes may use it at once. Raises nothing.

    Parameters
    ----------
    path
        The file; without one nothing is kept.
    most_bytes
        How large it may become.
    """

    def __init__(self, path: Path | None, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._database = self._open() if path is not None else None
        self._used: list[bytes] = []

    def get(self, key: bytes) -> bytes | None:
        """What was kept under a key; None where nothing was, or it is damaged."""
        found = self._try("SELECT value FROM results WHERE key = ?", (key,))
        if not found:
            return None
        value = found[0][0]
        if not isinstance(value, bytes):
            return None
        told, packed = value[:_DIGEST_BYTES], value[_DIGEST_BYTES:]
        if hashlib.sha256(key + packed).digest() != told:
            return None
        self._used.append(key)
        return zlib.decompress(packed)

    def put(self, key: bytes, result: bytes) -> None:
        """Keep a result."""
        packed = zlib.compress(result, 1)
        value = hashlib.sha256(key + packed).digest() + packed
        self._try(f"INSERT OR REPLACE INTO results VALUES (?, ?, {_LATEST})", (key, value))
        self._make_room()

    def close(self) -> None:
        """Keep which entries were used, and let go of the file."""
        if self._database is not None:
            self._try("BEGIN IMMEDIATE", ())
            for key in self._used:
                self._try(f"UPDATE results SET used = {_LATEST} WHERE key = ?", (key,))
            self._try("COMMIT", ())
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection | None:
        assert self._path is not None
        try:
            make_own_folder(self._path.parent)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, OWN_FILE))
            database = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        except (OSError, sqlite3.Error):
            return None
        try:
            # what a power cut leaves behind is noticed, and made again
            for statement in ("PRAGMA auto_vacuum = FULL", "PRAGMA synchronous = OFF", *_SCHEMA):
                database.execute(statement)
        except sqlite3.Error as error:
            self._give_up(database, error)
            return None
        return database

    def _try(self, statement: str, values: tuple[bytes | int, ...]) -> list[tuple[object, ...]]:
        if self._database is None:
            return []
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self._give_up(self._database, error)
            return []

    def _give_up(self, database: sqlite3.Connection, error: sqlite3.Error) -> None:
        """Do without: for now where the file is busy or the disk full, for good where it is damaged."""
        with suppress(sqlite3.Error):
            database.close()
        self._database = None
        if self._path is not None and not isinstance(error, sqlite3.OperationalError):
            with suppress(OSError):
                self._path.unlink()

    def _make_room(self) -> None:
        """Drop what was not used for longest, where the file has become too large."""
        pages = self._try("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", ())
        if not pages or int(str(pages[0][0])) <= self._most_bytes:
            return
        self._try(
            "DELETE FROM results WHERE key IN (SELECT key FROM (SELECT key, sum(length(value)) OVER "
            "(ORDER BY used DESC, key) AS until FROM results) WHERE until > ?)",
            (int(KEPT_SHARE * self._most_bytes),),
        )

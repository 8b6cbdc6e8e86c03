"""From a file to its intact blocks: checks that it is a session, reads it by SQL, salvages what SQL does not reach.

Nothing is ever written beside the file. It may come from a stranger: no statement of its schema is run, sizes are
bounded, and every block must agree with its CRC.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.blocks import BLOCK_VERSION, CRC_BYTES, Blocks, identity_of, version_of_intact
from dowel.recordings.session_file.companions import Stranger, of_session, why_strange
from dowel.recordings.session_file.rows_in_file import (
    BlocksInFile,
    MainFile,
    NotAsItShouldBe,
    RowsInFile,
    reading,
)
from dowel.recordings.session_file.salvage import scan
from dowel.recordings.session_file.schema import APPLICATION_ID, PAGE_BYTES, SCHEMA_VERSION, wal_of
from dowel.recordings.session_file.session_database import is_being_written, too_long

LARGEST_FILE_BYTES: Final = 1 << 30
"""40 hours of two sensors at 100 Hz. Larger files are refused rather than read into memory."""

_SQLITE_MAGIC: Final = b"SQLite format 3\0"
_DATABASE_HEADER_BYTES: Final = 100
_TAIL_BYTES: Final = 16 * PAGE_BYTES
"""The last blocks lie on the last pages. They are looked at in the raw file too, since nothing after them tells when
a damaged page hides them from SQL."""

_OPENING_BYTES: Final = 8 * PAGE_BYTES
"""More than a session has before its first blocks are in it."""

_ROWS_AT_A_TIME: Final = 512
_COPY_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class StoredBlocks:
    """The intact blocks of a session file.

    ``single_file``: there is no WAL or journal of this session beside it. ``damage``: sentences for the user, empty
    when SQL gave every block from the first to the last. ``strangers``: files beside it that are not read, each with
    a sentence. ``being_recorded``: a program writes it at this moment.
    """

    blocks: Blocks
    single_file: bool
    damage: tuple[str, ...]
    strangers: tuple[Stranger, ...] = ()
    being_recorded: bool = False


def read_blocks(path: Path) -> StoredBlocks:
    """Read a session file, and the WAL or journal beside it if there is one.

    Raises InputError when it is no session, is too new, or cannot be opened.
    """
    _check_size(path)
    try:
        file = path.resolve()  # a WAL lies beside the file itself, not beside a link to it
        recorded = is_being_written(file)
        if len(files_of(file)) == 1 and not recorded and not too_long(file):
            return _read(path, file, [])
        with tempfile.TemporaryDirectory(prefix="dowel-", ignore_cleanup_errors=True) as folder:
            copies = _copy_together(file, Path(folder), attempts=1 if recorded else _COPY_ATTEMPTS)
            if recorded:
                stored = _read(path, copies[0], copies[1:]) if copies else _read_growing(path, file, Path(folder))
                return replace(stored, being_recorded=True)
            if not copies:
                raise InputError(
                    f"{path} is changing all the time. Try again when the program that writes it has finished."
                )
            return _read(path, copies[0], copies[1:])
    except PermissionError as error:
        raise InputError(
            f"{path} may not be read: no permission. Ask its owner, or copy it with the right to."
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}. Check the disk it is on.") from error


def sound_blocks(path: Path) -> StoredBlocks | None:
    """A session file that stands alone and has nothing wrong with it: its blocks stay in it.

    None for any other, which :func:`read_blocks` tells about. Raises InputError as that does.
    """
    _check_size(path)
    try:
        file = path.resolve()
        if len(files_of(file)) > 1 or is_being_written(file) or too_long(file):
            return None
        header, size = _header_and_size(file)
        pages = int.from_bytes(header[28:32], "big")
        if not header.startswith(_SQLITE_MAGIC) or _header_complaint(path, header) or size < pages * PAGE_BYTES:
            return None
        blocks = _sound_in(file, size)
        return None if blocks is None or _hidden_at_the_end(file, blocks) else StoredBlocks(blocks, True, ())
    except (OSError, sqlite3.Error, UnicodeDecodeError, NotAsItShouldBe):
        return None


def _sound_in(file: Path, size: int) -> Blocks | None:
    """All blocks of a main file, where SQL gives each of them, intact, under its own number, and all of one session."""
    main_file = MainFile(file)
    headers, crcs, identities = [], bytearray(), set()
    for chunk in _chunks(main_file.uri, size):
        blocks = Blocks.of([data for _, data in chunk])
        if blocks.headers["number"].tolist() != [number for number, _ in chunk]:
            return None
        headers.append(blocks.headers)
        crcs += b"".join([block[-CRC_BYTES:] for block in blocks.blocks])
        identities |= set(map(identity_of, blocks.blocks))
    if len(identities) != 1:
        return None
    joined = np.concatenate(headers)
    rows = RowsInFile(main_file, joined["number"].astype(np.int64), np.frombuffer(bytes(crcs), "<u4"))
    found = BlocksInFile(rows, joined, main_file)
    return None if found.missing else found


def _check_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}. Check the name.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a session file in it, ending in .dowel.")
    if not path.is_file():
        raise InputError(f"{path} is not a regular file. Name a session file, ending in .dowel.")
    if size == 0:
        raise _nothing_recorded(path)
    if size > LARGEST_FILE_BYTES:
        raise InputError(f"{path} has {size} bytes; sessions of more than {LARGEST_FILE_BYTES} bytes are not read.")


def _nothing_recorded(path: Path) -> InputError:
    return InputError(
        f"{path} is empty: a practice is beginning just now, or ended before it had begun, and nothing was recorded "
        "yet. Where none is running it can be deleted."
    )


def files_of(path: Path) -> dict[Path, tuple[int, int]]:
    """The session and the WAL or journal beside it, each with its size and time of change."""
    beside = (wal_of(path), path.with_name(path.name + "-journal"))
    states = {path: path.stat(), **{file: file.stat() for file in beside if file.is_file()}}
    return {file: (state.st_size, state.st_mtime_ns) for file, state in states.items()}


def _copy_together(path: Path, folder: Path, attempts: int) -> list[Path]:
    """Copies of the session and what lies beside it, all of one moment; empty where they change all the time."""
    for attempt in range(attempts):
        place = folder / str(attempt)
        place.mkdir()
        before = files_of(path)
        try:
            copies = [Path(shutil.copyfile(file, place / file.name)) for file in before]
        except FileNotFoundError:
            continue  # the session was closed in between
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise InputError(
                f"{path} could not be copied to {folder} for reading: {error.strerror}. Free some space there."
            ) from error
        if before == files_of(path):
            return copies
    return []


def _read_growing(path: Path, file: Path, folder: Path) -> StoredBlocks:
    """A session that goes on being written, from a disk that is slower than its commits.

    Blocks are only added, and go from the WAL into the main file, which is read in between: so each that there was in
    the beginning is in the main file, or in what the WAL held before or afterwards.
    """
    early = _wal_bytes(file)
    copy = Path(shutil.copyfile(file, folder / file.name))
    alone = _main_file(path, copy, [copy])
    blocks = Blocks.of(of_session([*alone.blocks.blocks, *scan(early), *scan(_wal_bytes(file))], alone.blocks.identity))
    return StoredBlocks(blocks, False, (f"{path.name} is damaged.", _missing_words(blocks)) if blocks.missing else ())


def _wal_bytes(file: Path) -> bytes:
    try:
        return wal_of(file).read_bytes()
    except FileNotFoundError:
        return b""


def _read(path: Path, file: Path, companions: list[Path]) -> StoredBlocks:
    """Read ``file``, which is ``path`` itself or a copy of it, with those ``companions`` that are this session's."""
    alone = _main_file(path, file, companions)
    found = {companion: scan(companion.read_bytes()) for companion in companions}
    strangers = [
        Stranger(path.resolve().with_name(companion.name), why)
        for companion, blocks in found.items()
        if (why := why_strange(alone.blocks, bool(alone.damage) or companion != wal_of(file), blocks))
    ]
    ours = [companion for companion in companions if companion.name not in {each.file.name for each in strangers}]
    for stranger in strangers:
        companion = file.with_name(stranger.file.name)
        companion.unlink()  # of the copy, so that SQLite does not bring it into the session
    if not ours:
        if not alone.blocks.blocks:
            raise _unreadable(path, file, alone)
        return StoredBlocks(alone.blocks, True, tuple(alone.damage), tuple(strangers))
    # A companion is always looked through: SQLite ignores a WAL from its first damaged page on, and says nothing.
    beside = [block for companion in ours for block in found[companion]]
    largest = sum(each.stat().st_size for each in (file, *ours))
    rows, complaint = _rows(f"{file.as_uri()}?mode=rw", largest)
    known = alone.blocks.identity or Blocks.of(beside).identity
    blocks = Blocks.of(of_session([*alone.blocks.blocks, *rows, *beside], known))
    damage = [*alone.header_damage]
    if complaint and (alone.damage or wal_of(file) in ours):
        damage.append(f"The database in {path.name} is damaged ({complaint}).")
    if len(Blocks.of(rows).blocks) < len(rows) or blocks.missing:
        damage.append(f"{path.name} is damaged.")
    if not blocks.blocks:
        raise _unreadable(path, file, alone)
    if blocks.missing:
        damage.append(_missing_words(blocks))
    return StoredBlocks(blocks, False, tuple(dict.fromkeys(damage)), tuple(strangers))


@dataclass(frozen=True, slots=True)
class _MainFile:
    """What a session's main file says without what lies beside it."""

    blocks: Blocks
    header_damage: tuple[str, ...]
    damage: tuple[str, ...]
    sqlite: bool


def _main_file(path: Path, file: Path, companions: list[Path]) -> _MainFile:
    header, size = _header_and_size(file)
    sqlite = header.startswith(_SQLITE_MAGIC)
    header_damage = [_header_complaint(path, header)] if sqlite else [f"The beginning of {path.name} is damaged."]
    header_damage = [each for each in header_damage if each]
    damage = []
    rows: list[bytes] = []
    if sqlite:
        pages = int.from_bytes(header[28:32], "big")
        if size < pages * PAGE_BYTES and not companions:
            damage.append(f"{path.name} is cut short: {size} of {pages * PAGE_BYTES} bytes are there.")
        rows, complaint = _rows(MainFile(file).uri, size)
        if complaint:
            damage.append(f"The database in {path.name} is damaged ({complaint}).")
    blocks = Blocks.of(rows)
    damage = [*header_damage, *damage]
    if damage or len(blocks.blocks) < len(rows) or blocks.missing or _hidden_at_the_end(file, blocks):
        candidates = [*blocks.blocks, *scan(file.read_bytes())]
        blocks = Blocks.of(candidates)
        if not blocks.blocks and any(version_of_intact(block) > BLOCK_VERSION for block in candidates):
            raise InputError(
                f"{path} was written by a newer Dowel (its blocks have a version after {BLOCK_VERSION}). "
                "Update Dowel to read it."
            )
        damage = damage or [f"{path.name} is damaged."]
        if blocks.missing:
            damage.append(_missing_words(blocks))
    identity = blocks.identity
    own = [block for block in blocks.blocks if identity_of(block) == identity]
    if strange := len(blocks.blocks) - len(own):
        damage.append(f"{strange} blocks in {path.name} are of another session and are left out.")
        blocks = Blocks.of(own)
    return _MainFile(blocks, tuple(header_damage), tuple(damage), sqlite)


def _header_and_size(file: Path) -> tuple[bytes, int]:
    with file.open("rb") as stream:
        return stream.read(_DATABASE_HEADER_BYTES), stream.seek(0, 2)


def _missing_words(blocks: Blocks) -> str:
    return f"{blocks.missing} of at least {blocks.next_number} blocks in it could not be read."


def _unreadable(path: Path, file: Path, alone: _MainFile) -> InputError:
    """Why a file without a single block of a session is none."""
    if not alone.sqlite:
        return InputError(f"{path} is not a Dowel session. Other recordings are read with 'dowel import'.")
    header, size = _header_and_size(file)
    if header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        return InputError(f"{path} is a database of another program, not a Dowel session. Check the name.")
    if int.from_bytes(header[60:64], "big") > SCHEMA_VERSION:
        return InputError(f"{path} was written by a newer Dowel, or is damaged. Update Dowel to read it.")
    if size <= _OPENING_BYTES:
        return _nothing_recorded(path)
    return InputError(f"{path} is damaged so badly that nothing in it can be read.")


def _hidden_at_the_end(file: Path, blocks: Blocks) -> bool:
    """Whether the last pages hold blocks that come after the last one known."""
    with file.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - _TAIL_BYTES))
        return Blocks.of(scan(stream.read())).next_number > blocks.next_number


def _header_complaint(path: Path, header: bytes) -> str:
    """What is wrong in SQLite's own header (file format, section 1.3). It has no CRC, so the blocks decide."""
    application_id = int.from_bytes(header[68:72], "big")
    version = int.from_bytes(header[60:64], "big")
    if application_id != APPLICATION_ID or version > SCHEMA_VERSION:
        return f"The header of {path.name} is damaged."
    return ""


def _rows(uri: str, largest_bytes: int) -> tuple[list[bytes], str]:
    """The blobs SQL gives in the order of their numbers, and what is wrong with the database ('' when nothing)."""
    rows: list[bytes] = []
    try:
        for chunk in _chunks(uri, largest_bytes):
            rows += [data for _, data in chunk]
    except NotAsItShouldBe as error:
        return rows, str(error)
    except (sqlite3.Error, UnicodeDecodeError):
        return rows, "SQLite cannot read all of it"
    return rows, ""


def _chunks(uri: str, largest_bytes: int) -> Iterator[list[tuple[int, bytes]]]:
    """The same with their numbers, so many at a time. Raises what :func:`reading` raises."""
    with reading(uri) as connection:
        cursor = connection.execute("SELECT number, data FROM blocks ORDER BY number")
        read_bytes = 0
        while chunk := cursor.fetchmany(_ROWS_AT_A_TIME):
            blobs = [(number, data) for number, data in chunk if isinstance(data, bytes)]
            yield blobs
            read_bytes += sum(len(data) for _, data in blobs)
            if read_bytes > largest_bytes:
                raise NotAsItShouldBe("pages are used twice")

"""A session that is not being written any more: made whole after an interruption, and marked."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.blocks import BLOCK_VERSION
from dowel.recordings.session_file.documents import fact_document, mark_document
from dowel.recordings.session_file.schema import INSERT_BLOCK
from dowel.recordings.session_file.session_blocks import StoredBlocks, files_of, read_blocks
from dowel.recordings.session_file.session_contents import read_contents
from dowel.recordings.session_file.session_database import (
    alone_with,
    changing,
    create,
    make_single_file,
    no_permission,
)
from dowel.recordings.types import Mark, MarkKind

_FOLDING: Final = ".dowel-fold-"
LEFT_BEHIND_S: Final = 3600.0
"""No fold takes an hour (session-file#while-it-is-written)."""


def append_mark(
    path: Path, kind: MarkKind, start_s: float, end_s: float, detail: Mapping[str, Any] | None = None
) -> Mark:
    """Add a mark to a session, as :func:`append_marks` does."""
    return append_marks(path, [Mark(0, kind, float(start_s), float(end_s), dict(detail or {}))])[0]


def append_marks(path: Path, marks: Sequence[Mark]) -> list[Mark]:
    """Add marks to a session that is not being written, all of them or none; nothing else in it changes.

    A session that was not closed is folded first. Returns them with their places in the stream. Raises InputError when
    the session cannot be read, is damaged, or is still being written.
    """
    fold_session(path)
    stored = _undamaged(path)
    first = read_contents(path, stored).next_sequence
    added = [replace(mark, sequence=first + place, added=True) for place, mark in enumerate(marks)]
    number = stored.blocks.next_number
    blocks = [
        (number + place, mark_document(mark).encode(number + place, stored.blocks.identity))
        for place, mark in enumerate(added)
    ]
    with changing(path) as connection:
        connection.executemany(INSERT_BLOCK, blocks)
    return added


def fold_session(path: Path) -> list[str]:
    """Make a session that was not closed (file and WAL) a single file again; any other is left as it is.

    What lies beside it and is not its own is set aside. Returns sentences about what was done. Raises InputError when
    it cannot be read, is damaged, or is still being written.
    """
    file = path.resolve()
    told = []
    try:
        before = files_of(file)
        stored = _undamaged(path)
        if not stored.single_file:
            _fold(path, file, stored, before)
            told.append(f"{path.name} had not been closed; it is whole again.")
        with alone_with(file) if stored.strangers else nullcontext():
            told += [stranger.set_aside() for stranger in stored.strangers]
    except OSError as error:
        raise InputError(f"{path} cannot be changed: {error.strerror or error}. Check the disk it is on.") from error
    return told


def _fold(path: Path, file: Path, stored: StoredBlocks, before: Mapping[Path, object]) -> None:
    """Write all blocks into a new file, read it back, and only then put it in the place of the old pair.

    A kill leaves the old pair, or the new file beside a WAL that holds nothing that it has not.
    """
    identity, number = stored.blocks.identity, stored.blocks.next_number
    closed = read_contents(path, stored).facts.get("closed") is True  # then only a change to it was interrupted
    facts = [] if closed else [fact_document("closed", True), fact_document("recovered", True)]
    blocks = [
        *stored.blocks.numbered_from(0),
        *((at, fact.encode(at, identity)) for at, fact in enumerate(facts, number)),
    ]
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        raise no_permission(path)
    with tempfile.TemporaryDirectory(prefix=_FOLDING, dir=file.parent) as folder:
        whole = Path(folder, file.name)
        try:
            with closing(create(whole, blocks, BLOCK_VERSION if identity else 1)) as connection:
                make_single_file(connection)
        except (InputError, sqlite3.Error) as error:
            raise InputError(
                f"{path} could not be made whole and is left as it is ({error}). Check the disk and its free space."
            ) from error
        kept = read_blocks(whole)
        if kept.damage or kept.blocks.numbered_from(0) != blocks:
            raise InputError(f"{path} could not be made whole: what was written reads otherwise. Check the disk.")
        shutil.copymode(file, whole)
        with alone_with(file):
            if files_of(file) != before:
                raise InputError(f"{path} was changed by another program meanwhile. Try again.")
            whole.replace(file)
            _keep_names(file.parent)
    strange = {stranger.file.name for stranger in stored.strangers}
    for companion in before:
        if companion != file and companion.name not in strange:
            companion.unlink(missing_ok=True)


def _keep_names(folder: Path) -> None:
    """Let a power cut not take back which file has which name, where the system can be asked for it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep(folder: Path) -> None:
    """Remove what a kill in the middle of folding left in a folder: copies of what is still beside them."""
    for left in folder.glob(f"{_FOLDING}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_BEHIND_S:
                shutil.rmtree(left)


def _undamaged(path: Path) -> StoredBlocks:
    stored = read_blocks(path)
    if stored.damage:
        raise InputError(
            f"{path} is damaged, and writing to it could lose more. What is whole in it "
            "goes into a new one with dowel repair."
        )
    return stored

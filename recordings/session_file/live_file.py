"""A session's file while it is written: held open, watched, and left when the disk under it goes away."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.blocks import BLOCK_VERSION
from dowel.recordings.session_file.schema import CHECKPOINT_EVERY_S, INSERT_BLOCK, wal_of
from dowel.recordings.session_file.session_database import create, make_single_file, write_error

PATIENCE_S: Final = 5
"""A disk that does not answer for so long is left: one that has to start turning takes less
(session-file#the-disk-under-it)."""


class LiveFile:
    """A new session file with these first blocks. Its methods wait for the disk, and raise InputError.

    All work is done by a thread of its own, so that a disk that hangs (a network that is gone) can be left behind.
    """

    def __init__(self, path: Path, head: Sequence[bytes]) -> None:
        self.path = path.absolute()
        self._jobs: SimpleQueue[tuple[Callable[[], None], Future[None]] | None] = SimpleQueue()
        threading.Thread(target=self._work, name=f"file {path.name}", daemon=True).start()
        self._connection: sqlite3.Connection
        self._inode: tuple[int, int]
        try:
            self._do(lambda: self._create(path, list(enumerate(head))))
        except InputError:
            self._jobs.put(None)
            raise

    def write(self, first: int, blocks: Sequence[bytes]) -> None:
        """Commit these blocks, numbered from ``first``; without any, look whether the file is still there."""
        self._do(lambda: self._write(list(enumerate(blocks, first))))

    def finish(self) -> None:
        """Make it a single file and let go of it."""
        try:
            self._do(self._finish)
        finally:
            self._jobs.put(None)

    def leave(self) -> None:
        """Let go of it as it is, without waiting."""
        self._jobs.put(None)

    # --- by its thread ---

    def _work(self) -> None:
        with ExitStack() as self._held:  # closed however it ends, also where it was made after nobody waited any more
            while (job := self._jobs.get()) is not None:
                work, done = job
                try:
                    work()
                except Exception as error:  # whatever it is: who waits must hear of it
                    done.set_exception(error if isinstance(error, InputError) else write_error(self.path, error))
                else:
                    done.set_result(None)

    def _do(self, work: Callable[[], None]) -> None:
        done: Future[None] = Future()
        self._jobs.put((work, done))
        for _ in range(PATIENCE_S):  # second by second, so that being stopped for long counts as one of them
            try:
                done.result(timeout=1.0)
                return
            except TimeoutError:
                continue
        raise InputError(f"The disk of {self.path} has not answered for {PATIENCE_S} s. Check it, or its network.")

    def _create(self, path: Path, head: list[tuple[int, bytes]]) -> None:
        self._connection = self._held.enter_context(closing(create(path, head, BLOCK_VERSION)))
        self._inode = _inode(self.path)
        self._has_wal = False  # SQLite makes it with the first commit
        self._next_checkpoint_s = time.monotonic() + CHECKPOINT_EVERY_S

    def _write(self, blocks: list[tuple[int, bytes]]) -> None:
        self._refuse_gone()
        connection = self._connection
        if blocks:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.executemany(INSERT_BLOCK, blocks)
                connection.execute("COMMIT")
                self._has_wal = True
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        if time.monotonic() >= self._next_checkpoint_s:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            self._next_checkpoint_s = time.monotonic() + CHECKPOINT_EVERY_S

    def _refuse_gone(self) -> None:
        """SQLite goes on writing into a file that no folder holds any more; what is written there is lost."""
        try:
            there = _inode(self.path) == self._inode and (wal_of(self.path).exists() or not self._has_wal)
        except OSError:
            there = False
        if not there:
            raise InputError(f"{self.path} is no longer there: its folder was moved, removed or taken off.")
        if not os.access(self.path.parent, os.W_OK):
            raise InputError(f"The folder {self.path.parent} may no longer be written to.")

    def _finish(self) -> None:
        with closing(self._connection):
            self._refuse_gone()
            make_single_file(self._connection)


def _inode(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino

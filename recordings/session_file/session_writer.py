"""Writing a session while it happens.

Notifications and marks are taken at once and committed by a thread of the writer's own, so a slow disk never delays
the caller. What is committed survives a kill, a power cut and a full disk.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dowel.recordings.errors import DowelError
from dowel.recordings.session_file.blocks import (
    BLOCK_VERSION,
    IDENTITY_BYTES,
    LARGEST_INT,
    NOTIFICATION_BYTES,
    BlockKind,
    NotificationRun,
    document_body,
)
from dowel.recordings.session_file.documents import Document, fact_document, mark_document, sensor_document
from dowel.recordings.session_file.schema import CHECKPOINT_EVERY_S, COMMIT_EVERY_S, INSERT_BLOCK
from dowel.recordings.session_file.session_database import create, make_single_file, write_error
from dowel.recordings.types import Mark, MarkKind, Sensor

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class _Notification:
    sensor: int
    sequence: int
    arrival_ns: int
    payload: bytes


class SessionWriter:
    """A session file being written.

    ``facts`` must hold ``origin_ns``, the arrival clock's reading at session time 0. ``sensor`` arguments are indices
    into ``sensors``. All methods may be called from any thread; sequence numbers are given in the order of the calls.

    Only the constructor, :meth:`flush` and :meth:`close` wait for the disk and raise its errors. When writing fails
    in between (disk full, drive unplugged), ``failure`` says so, what is already in the file is kept, and the other
    methods go on as if nothing had happened, so that the practice is not interrupted.
    """

    def __init__(self, path: Path, sensors: Sequence[Sensor], facts: Mapping[str, Any]) -> None:
        origin_ns = facts.get("origin_ns")
        if not isinstance(origin_ns, int):
            raise ValueError("a session's facts need origin_ns, an integer: the arrival clock at session time 0")
        self.path = path
        self.failure: DowelError | None = None
        self._sensors = list(sensors)
        self._identity = os.urandom(IDENTITY_BYTES)
        self._facts = {**facts, "identity": self._identity.hex(), "closed": False}
        self._runs = [NotificationRun(index, self._identity) for index in range(len(self._sensors))]
        self._pending: list[_Notification | Document] = []
        self._sequence = 0
        self._blocks = 0
        self._closed = False
        self._state = threading.Condition(threading.Lock())
        self._flushes_asked = 0
        self._flushes_done = 0
        self._stopping = False
        self._connection = create(path, list(self._numbered_blocks(self._head())), BLOCK_VERSION)
        self._thread = threading.Thread(target=self._run, name=f"writer of {path.name}", daemon=True)
        self._thread.start()

    def _head(self) -> list[_Notification | Document]:
        """All sensors and facts as they are now."""
        return [
            *(sensor_document(index, sensor) for index, sensor in enumerate(self._sensors)),
            *(fact_document(key, value) for key, value in self._facts.items()),
        ]

    # ------------------------------------------------------------------------------------------ taking, never waiting

    def notify(self, sensor: int, arrival_ns: int, payload: bytes) -> int:
        """Take one notification as it came; returns its sequence number.

        Raises ValueError when it is larger than NOTIFICATION_BYTES, IndexError for an unknown sensor.
        """
        if not 0 <= sensor < len(self._sensors):
            raise IndexError(f"this session has no sensor {sensor}")
        if not abs(arrival_ns) < LARGEST_INT:
            raise ValueError(f"{arrival_ns} ns is no reading of a clock")
        if len(payload) > NOTIFICATION_BYTES:
            raise ValueError(
                f"a notification of {len(payload)} bytes is too large for a session (at most {NOTIFICATION_BYTES})"
            )
        with self._state:
            sequence = self._sequence
            self._sequence += 1
            self._take(_Notification(sensor, sequence, int(arrival_ns), bytes(payload)))
        return sequence

    def mark(
        self,
        kind: MarkKind,
        start_s: float,
        end_s: float,
        detail: Mapping[str, Any] | None = None,
        *,
        added: bool = False,
    ) -> Mark:
        """Take one mark; returns it with its place in the stream. ``added``: written after the fact."""
        with self._state:
            mark = Mark(self._sequence, kind, float(start_s), float(end_s), dict(detail or {}), added)
            document = mark_document(mark)
            self._sequence += 1
            self._take(document)
        return mark

    def calibration(self, time_s: float, detail: Mapping[str, Any]) -> None:
        """Keep a calibration as it was used live from this session time on."""
        self._take_document(BlockKind.CALIBRATION, {"time_s": float(time_s), "detail": dict(detail)})

    def heard(self, kind: str, time_s: float, detail: Mapping[str, Any]) -> None:
        """Keep a row, a cue, ... as it was heard at this session time."""
        self._take_document(BlockKind.HEARD, {"kind": kind, "time_s": float(time_s), "detail": dict(detail)})

    def update_sensor(self, index: int, sensor: Sensor) -> None:
        """What has become known about a sensor (its address, its measured rate, ...) replaces what was said before."""
        if not 0 <= index < len(self._sensors):
            raise IndexError(f"this session has no sensor {index}")
        document = sensor_document(index, sensor)
        with self._state:
            self._sensors[index] = sensor
            self._take(document)

    def update_facts(self, facts: Mapping[str, Any]) -> None:
        """Add facts, or replace those of the same name."""
        documents = [fact_document(key, value) for key, value in facts.items()]
        with self._state:
            self._facts.update(facts)
            for document in documents:
                self._take(document)

    def _take_document(self, kind: BlockKind, document: Mapping[str, Any]) -> None:
        body = document_body(document)
        with self._state:
            self._take(Document(kind, body))

    def _take(self, item: _Notification | Document) -> None:
        if self._closed:
            raise ValueError(f"the session {self.path} is closed")
        if self.failure is None:
            self._pending.append(item)

    # ------------------------------------------------------------------------------------------------ waiting for disk

    def flush(self) -> None:
        """Return when everything taken so far is committed. Raises ``failure`` if it could not be."""
        with self._state:
            if not self._closed:
                self._flushes_asked += 1
                ticket = self._flushes_asked
                self._state.notify_all()
                self._state.wait_for(lambda: self._flushes_done >= ticket)
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        """Commit the rest and make the session a single file. Raises ``failure`` if not all of it could be written.

        Closing a second time does nothing.
        """
        with self._state:
            if self._closed:
                return
            self._closed = True
            self._stopping = True
            self._state.notify_all()
        self._thread.join()
        try:
            if self.failure is None:
                # Sensors and facts are written once more, so that one bad page cannot cost the session its meaning.
                counts = [run.ordinal for run in self._runs]
                taken = {"notifications": counts, "stream": self._sequence}
                self._facts |= {"taken": taken, "closed": True}
                self._write(self._head())
                make_single_file(self._connection)
        except sqlite3.Error as error:
            self.failure = write_error(self.path, error)
        finally:
            self._connection.close()
        if self.failure is not None:
            raise self.failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        next_commit_s = time.monotonic() + COMMIT_EVERY_S
        next_checkpoint_s = time.monotonic() + CHECKPOINT_EVERY_S
        stopping = False
        while not stopping:
            with self._state:
                self._state.wait_for(
                    lambda: self._stopping or self._flushes_asked > self._flushes_done,
                    timeout=max(0.0, next_commit_s - time.monotonic()),
                )
                items, self._pending = self._pending, []
                ticket, stopping = self._flushes_asked, self._stopping
            next_commit_s = time.monotonic() + COMMIT_EVERY_S
            try:
                self._write(items)
                if time.monotonic() >= next_checkpoint_s:
                    self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                    next_checkpoint_s = time.monotonic() + CHECKPOINT_EVERY_S
            except Exception as error:  # whatever it is: the thread must live on, or flush() would hang
                with self._state:
                    self.failure = write_error(self.path, error)
                    self._pending = []
                _log.error("%s", self.failure)
            with self._state:
                self._flushes_done = ticket
                self._state.notify_all()

    def _write(self, items: Sequence[_Notification | Document]) -> None:
        """Commit these, unless writing has failed before: a hole in the middle would be worse than an early end."""
        if not items or self.failure is not None:
            return
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(INSERT_BLOCK, self._numbered_blocks(items))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _numbered_blocks(self, items: Sequence[_Notification | Document]) -> Iterator[tuple[int, bytes]]:
        for item in items:
            if isinstance(item, Document):
                yield self._blocks, item.encode(self._blocks, self._identity)
                self._blocks += 1
                continue
            run = self._runs[item.sensor]
            if not run.fits(item.sequence, item.arrival_ns, item.payload):
                yield self._blocks, run.seal(self._blocks)
                self._blocks += 1
            run.add(item.sequence, item.arrival_ns, item.payload)
        for run in self._runs:
            if run:
                yield self._blocks, run.seal(self._blocks)
                self._blocks += 1

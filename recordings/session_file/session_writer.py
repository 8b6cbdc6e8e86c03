"""Writing a session while it happens, and adding a mark to it afterwards.

Notifications and marks are taken at once and committed by a thread of the writer's own, so a slow disk never delays
the caller. What is committed survives a kill, a power cut and a full disk.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from dowel.recordings.errors import DowelError, InputError
from dowel.recordings.session_file.blocks import (
    BLOCK_VERSION,
    IDENTITY_BYTES,
    LARGEST_INT,
    NOTIFICATION_BYTES,
    BlockKind,
    NotificationRun,
    document_body,
    encode_document,
)
from dowel.recordings.session_file.schema import CHECKPOINT_EVERY_S, COMMIT_EVERY_S, INSERT_BLOCK
from dowel.recordings.session_file.session_blocks import StoredBlocks, files_of, read_blocks
from dowel.recordings.session_file.session_contents import read_contents
from dowel.recordings.session_file.session_database import (
    alone_with,
    changing,
    create,
    make_single_file,
    no_permission,
    write_error,
)
from dowel.recordings.types import Mark, MarkKind, Sensor

_SENSOR_FIELDS: Final = [field.name for field in dataclasses.fields(Sensor)]

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class _Notification:
    sensor: int
    sequence: int
    arrival_ns: int
    payload: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class _Document:
    kind: BlockKind
    body: bytes

    def encode(self, number: int, identity: bytes) -> bytes:
        return encode_document(self.kind, number, self.body, identity)


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
        self._pending: list[_Notification | _Document] = []
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

    def _head(self) -> list[_Notification | _Document]:
        """All sensors and facts as they are now."""
        return [
            *(_sensor_document(index, sensor) for index, sensor in enumerate(self._sensors)),
            *(_fact_document(key, value) for key, value in self._facts.items()),
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
            document = _mark_document(mark)
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
        document = _sensor_document(index, sensor)
        with self._state:
            self._sensors[index] = sensor
            self._take(document)

    def update_facts(self, facts: Mapping[str, Any]) -> None:
        """Add facts, or replace those of the same name."""
        documents = [_fact_document(key, value) for key, value in facts.items()]
        with self._state:
            self._facts.update(facts)
            for document in documents:
                self._take(document)

    def _take_document(self, kind: BlockKind, document: Mapping[str, Any]) -> None:
        body = document_body(document)
        with self._state:
            self._take(_Document(kind, body))

    def _take(self, item: _Notification | _Document) -> None:
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

    def _write(self, items: Sequence[_Notification | _Document]) -> None:
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

    def _numbered_blocks(self, items: Sequence[_Notification | _Document]) -> Iterator[tuple[int, bytes]]:
        for item in items:
            if isinstance(item, _Document):
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


# ------------------------------------------------------------------------------------------------- a finished session


def append_mark(
    path: Path, kind: MarkKind, start_s: float, end_s: float, detail: Mapping[str, Any] | None = None
) -> Mark:
    """Add a mark to a session that is not being written; nothing else in it changes.

    A session that was not closed is folded first. Raises InputError when the session cannot be read, is damaged, or
    is still being written.
    """
    fold_session(path)
    stored = _undamaged(path)
    mark = Mark(read_contents(path, stored).next_sequence, kind, float(start_s), float(end_s), dict(detail or {}), True)
    number = stored.blocks.next_number
    with changing(path) as connection:
        connection.execute(INSERT_BLOCK, (number, _mark_document(mark).encode(number, stored.blocks.identity)))
    return mark


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
    facts = [] if closed else [_fact_document("closed", True), _fact_document("recovered", True)]
    blocks = [
        *stored.blocks.numbered_from(0),
        *((at, fact.encode(at, identity)) for at, fact in enumerate(facts, number)),
    ]
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        raise no_permission(path)
    with tempfile.TemporaryDirectory(prefix=".dowel-fold-", dir=file.parent) as folder:
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
    strange = {stranger.file.name for stranger in stored.strangers}
    for companion in before:
        if companion != file and companion.name not in strange:
            companion.unlink(missing_ok=True)


def _undamaged(path: Path) -> StoredBlocks:
    stored = read_blocks(path)
    if stored.damage:
        raise InputError(f"{path} is damaged, and writing to it could lose more. Its readable part can be exported.")
    return stored


# ---------------------------------------------------------------------------------------------------------- documents


def _sensor_document(index: int, sensor: Sensor) -> _Document:
    fields = {name: getattr(sensor, name) for name in _SENSOR_FIELDS}
    return _Document(BlockKind.SENSOR, document_body({"index": index, **fields, "settings": dict(sensor.settings)}))


def _fact_document(key: str, value: Any) -> _Document:
    return _Document(BlockKind.FACT, document_body({"key": key, "value": value}))


def _mark_document(mark: Mark) -> _Document:
    return _Document(BlockKind.MARK, document_body({**dataclasses.asdict(mark), "detail": dict(mark.detail)}))

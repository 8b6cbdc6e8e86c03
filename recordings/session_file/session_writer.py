"""Writing a session while it happens.

Notifications and marks are taken at once and committed by a thread of the writer's own, so a slow disk never delays
the caller. What is committed survives a kill, a power cut and a full disk. What the disk does not take is kept in
memory and goes into a file elsewhere, together with all that came before.
"""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from dowel.recordings.errors import DowelError, InputError
from dowel.recordings.session_file.blocks import (
    IDENTITY_BYTES,
    NOTIFICATION_BYTES,
    BlockKind,
    NotificationRun,
    document_body,
)
from dowel.recordings.session_file.documents import Document, fact_document, mark_document, sensor_document
from dowel.recordings.session_file.known_values import LARGEST_INT
from dowel.recordings.session_file.live_file import LiveFile
from dowel.recordings.session_file.schema import COMMIT_EVERY_S, wal_of
from dowel.recordings.types import Mark, MarkKind, Sensor

RETRY_EVERY_S: Final = 1.0
"""Where nothing can be written it is tried again after this (session-file#the-disk-under-it)."""


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

    Only the constructor, :meth:`flush` and :meth:`close` wait for the disk and raise its errors. When the file cannot
    be written on (disk full, drive unplugged, folder moved), the whole session goes into a new file in the first of
    ``elsewhere`` that takes it, and on there: ``path`` is the new one, and :meth:`take_news` has a sentence about it.
    Where none takes it ``failure`` says so until one does; nothing is lost by then, and the other methods go on as if
    nothing had happened.
    """

    def __init__(
        self, path: Path, sensors: Sequence[Sensor], facts: Mapping[str, Any], elsewhere: Sequence[Path] = ()
    ) -> None:
        origin_ns = facts.get("origin_ns")
        if not isinstance(origin_ns, int):
            raise ValueError("a session's facts need origin_ns, an integer: the arrival clock at session time 0")
        self.failure: DowelError | None = None
        self._first_path = path
        self._elsewhere = list(elsewhere)
        self._news: list[str] = []
        self._sensors = list(sensors)
        self._identity = os.urandom(IDENTITY_BYTES)
        self._facts = {**facts, "identity": self._identity.hex(), "closed": False}
        self._runs = [NotificationRun(index, self._identity) for index in range(len(self._sensors))]
        self._pending: list[_Notification | Document] = []
        self._sequence = 0
        self._log: list[bytes] = []
        """The session's blocks: all of them where there is an ``elsewhere`` to write them to, else those to come."""
        self._dropped = 0
        self._written = 0
        self._closed = False
        self._state = threading.Condition(threading.Lock())
        self._flushes_asked = 0
        self._flushes_done = 0
        self._stopping = False
        self._encode(self._head())
        self._file = self._begun(path)
        self._known_written()
        self._thread = threading.Thread(target=self._run, name=f"writer of {path.name}", daemon=True)
        self._thread.start()

    def _begun(self, path: Path) -> LiveFile:
        """The file with the first blocks in it, elsewhere where it cannot be made in its place any more."""
        try:
            return LiveFile(path, self._log)
        except InputError as trouble:
            moved = self._moved()
            if moved is None:
                raise
            self._tell(f"{trouble} The session is recorded in {moved.path}.")
            return moved

    @property
    def path(self) -> Path:
        """The file that is written now."""
        return self._file.path

    def take_news(self) -> list[str]:
        """Sentences about the file that nobody has taken yet."""
        with self._state:
            news, self._news = self._news, []
        return news

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
        # Sensors and facts are written once more, so that one bad page cannot cost the session its meaning.
        self._facts |= {
            "taken": {"notifications": [run.ordinal for run in self._runs], "stream": self._sequence},
            "closed": True,
        }
        self._encode(self._head())
        self._commit(LiveFile.finish)
        if self.failure is not None:
            self._file.leave()
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
        stopping = False
        while not stopping:
            with self._state:
                self._state.wait_for(
                    lambda: self._stopping or self._flushes_asked > self._flushes_done,
                    timeout=max(0.0, next_commit_s - time.monotonic()),
                )
                items, self._pending = self._pending, []
                ticket, stopping = self._flushes_asked, self._stopping
            next_commit_s = time.monotonic() + (COMMIT_EVERY_S if self.failure is None else RETRY_EVERY_S)
            self._encode(items)
            self._commit()
            with self._state:
                self._flushes_done = ticket
                self._state.notify_all()

    def _commit(self, then: Callable[[LiveFile], None] = lambda _: None) -> None:
        """Bring what is not written yet into the file, or all of it into another one."""
        try:
            self._file.write(self._written, self._log[self._written - self._dropped :])
            self._known_written()
            then(self._file)
        except InputError as trouble:
            moved = self._moved(then)
            if moved is not None:
                self._file.leave()
                self._file = moved
                self._known_written()
                self._tell(f"{trouble} The session goes on in {moved.path}, which holds all of it.")
            elif self.failure is None:
                self._tell(f"{trouble} What comes is kept in memory until it can be written.")
            self.failure = None if moved is not None else trouble
        else:
            if self.failure is not None:
                self._tell(f"{self.path} can be written again, and holds all of the session.")
            self.failure = None

    def _moved(self, then: Callable[[LiveFile], None] = lambda _: None) -> LiveFile | None:
        """A new file elsewhere with the whole session in it, where there is room for one."""
        name = self._first_path
        for folder in self._elsewhere:
            for number in range(1, 10):
                path = folder / (name.name if number == 1 else f"{name.stem}_{number}{name.suffix}")
                if path.exists() or wal_of(path).exists():
                    continue
                with suppress(InputError, OSError):
                    folder.mkdir(0o700, parents=True, exist_ok=True)
                    moved = LiveFile(path, self._log)
                    then(moved)
                    return moved
                break
        return None

    def _known_written(self) -> None:
        """All that is encoded is in the file; it is kept only where it may have to be written again."""
        self._written = self._dropped + len(self._log)
        if not self._elsewhere:
            self._dropped = self._written
            self._log = []

    def _tell(self, sentence: str) -> None:
        with self._state:
            self._news.append(sentence)

    def _encode(self, items: Iterable[_Notification | Document]) -> None:
        """Make blocks of these, numbered as they come."""
        for item in items:
            if isinstance(item, Document):
                self._log.append(item.encode(self._next_number, self._identity))
                continue
            run = self._runs[item.sensor]
            if not run.fits(item.sequence, item.arrival_ns, item.payload):
                self._log.append(run.seal(self._next_number))
            run.add(item.sequence, item.arrival_ns, item.payload)
        for run in self._runs:
            if run:
                self._log.append(run.seal(self._next_number))

    @property
    def _next_number(self) -> int:
        return self._dropped + len(self._log)

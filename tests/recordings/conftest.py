"""A session whose content is known, for the tests of the session file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Mark, MarkKind, Placement, Sensor

SENSORS = (
    Sensor(Placement.UPPER_BACK, "simulated", "Rücken", "C0:FF:EE:00:00:01", "1.2", 100.0, 99.5, {"range_g": 8}),
    Sensor(Placement.SACRUM, "simulated", address="C0:FF:EE:00:00:02"),
)
FACTS = {"origin_ns": 1_000_000_000, "started_at": "2026-05-04T10:00:00+02:00", "drill": "dowel_hinge", "person": "P1"}


@dataclass
class Taken:
    """What was given to a writer: (sensor, arrival_ns, payload) by sequence number, and the marks."""

    notifications: dict[int, tuple[int, int, bytes]] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)

    def sensor(self, index: int) -> dict[int, tuple[int, int, bytes]]:
        return {sequence: sent for sequence, sent in self.notifications.items() if sent[0] == index}


def read_back(session: Session) -> dict[int, tuple[int, int, bytes]]:
    """The notifications of a session in the form of ``Taken.notifications``."""
    read = {}
    for index in range(len(session.sensors)):
        own = session.notifications(index)
        ends = np.cumsum(own.length)
        for sequence, arrival_ns, end, length in zip(own.sequence, own.arrival_ns, ends, own.length, strict=True):
            read[int(sequence)] = (index, int(arrival_ns), own.payload[end - length : end])
    return read


def practise(writer: SessionWriter, seconds: float, taken: Taken, seed: int = 7) -> None:
    """Two sensors at 50 Hz, a commit every 0.3 s, a mark every second; and what else a session holds."""
    random = np.random.default_rng(seed)
    for step in range(round(seconds * 50)):
        for sensor in (0, 1):
            arrival_ns = FACTS["origin_ns"] + step * 20_000_000 + int(random.integers(0, 15_000_000))
            payload = random.bytes(3500 if step == 40 else 20)
            taken.notifications[writer.notify(sensor, arrival_ns, payload)] = (sensor, arrival_ns, payload)
        if step % 50 == 49:
            taken.marks.append(writer.mark(MarkKind.NOTE, step / 50, step / 50, {"step": step}))
        if step % 15 == 14:
            writer.flush()
    writer.calibration(1.5, {"axis": [0.0, 1.0, 0.0]})
    writer.heard("cue", 2.5, {"contact": "sacrum"})
    writer.heard("row", 3.5, {"rep": 1, "verdict": "held"})


@pytest.fixture(scope="session")
def closed_session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Taken]:
    """Twelve seconds, closed. Do not change the file: copy it."""
    path, taken = tmp_path_factory.mktemp("closed") / "closed.dowel", Taken()
    with SessionWriter(path, SENSORS, FACTS) as writer:
        practise(writer, 12.0, taken)
    return path, taken


@pytest.fixture(scope="session")
def open_pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Taken]:
    """Six seconds as a kill leaves them: the main file and its WAL. Do not change the files: copy them."""
    folder, taken = tmp_path_factory.mktemp("pair"), Taken()
    with SessionWriter(folder / "running.dowel", SENSORS, FACTS) as writer:
        practise(writer, 6.0, taken)
        writer.flush()
        for suffix in ("", "-wal"):
            shutil.copyfile(folder / f"running.dowel{suffix}", folder / f"pair.dowel{suffix}")
    return folder / "pair.dowel", taken


@pytest.fixture(scope="session")
def notifications_of() -> Callable[[Session], dict[int, tuple[int, int, bytes]]]:
    """Turns a session's notifications into the form of ``Taken.notifications``."""
    return read_back


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """Copies a session and what lies beside it into the test's own folder."""

    def copy(path: Path) -> Path:
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copyfile(file, tmp_path / file.name)
        return tmp_path / path.name

    return copy

"""Writers in processes of their own: killed, without room on the disk, or two for one file."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.session_file import session_blocks
from dowel.recordings.session_file.finished_session import append_mark, fold_session
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.types import MarkKind

pytestmark = pytest.mark.slow

Read = Callable[[Session], dict[int, tuple[int, int, bytes]]]

LOST_AT_MOST_S = 0.5
"""session-file#while-it-is-written."""

PRACTICE = """
import os, sys, time
from pathlib import Path
from dowel.recordings.session_file import live_file, session_writer
from dowel.recordings.types import MarkKind, Placement, Sensor

live_file.CHECKPOINT_EVERY_S = float(sys.argv[2])
sensors = [Sensor(Placement.UPPER_BACK, "simulated"), Sensor(Placement.SACRUM, "simulated")]
writer = session_writer.SessionWriter(Path(sys.argv[1]), sensors, {"origin_ns": 0})
os.write(1, b"started\\n")
step = 0
while True:
    step += 1
    for sensor in (0, 1):
        arrival_ns = time.monotonic_ns()
        sequence = writer.notify(sensor, arrival_ns, step.to_bytes(20, "little"))
        os.write(1, b"%d %d %d\\n" % (sequence, sensor, arrival_ns))
    if step % 100 == 0:
        mark = writer.mark(MarkKind.NOTE, step / 100, step / 100)
        os.write(1, b"%d mark 0\\n" % mark.sequence)
    time.sleep(0.01)
"""

FILL_THE_DISK = """
import resource, sys
from pathlib import Path
from dowel.recordings.errors import DowelError
from dowel.recordings.session_file import live_file, session_writer
from dowel.recordings.types import MarkKind, Placement, Sensor

live_file.CHECKPOINT_EVERY_S = float(sys.argv[2])
writer = session_writer.SessionWriter(Path(sys.argv[1]), [Sensor(Placement.SACRUM, "simulated")], {"origin_ns": 0})
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
step = 0
while writer.failure is None:
    for _ in range(10):
        assert writer.notify(0, step * 10_000_000, step.to_bytes(200, "little")) == step
        step += 1
    try:
        writer.flush()
    except DowelError as error:
        assert error is writer.failure
assert writer.notify(0, 0, b"the practice goes on") == step
writer.mark(MarkKind.NOTE, 0.0, 0.0)
try:
    writer.close()
except DowelError as error:
    print(step, error)
"""


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a POSIX signal")
def test_a_kill_at_any_moment_loses_half_a_second_at_most(tmp_path: Path, notifications_of: Read) -> None:
    choose = random.Random(11)
    # Checkpoints every 30 s as in life, and so often that some of the kills fall into one.
    writers = [(tmp_path / f"{index}.dowel", (30, 0.05, 0.3, 0.05)[index]) for index in range(4)]
    processes = [(started(PRACTICE, path, checkpoint_s), path) for path, checkpoint_s in writers]
    logs = []
    for process, _ in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
    for process, path in processes:
        time.sleep(choose.uniform(0.2, 0.9))
        process.kill()
        killed_ns = time.monotonic_ns()
        output, _ = process.communicate()
        assert process.returncode == -signal.SIGKILL
        logs.append((path, [line.split() for line in output.splitlines()], killed_ns))
    for path, log, killed_ns in logs:
        check_killed(path, log, killed_ns, notifications_of)


def check_killed(path: Path, log: list[list[str]], killed_ns: int, notifications_of: Read) -> None:
    """All that was taken half a second before the kill is there, in the same order, and stays there when folded."""
    session = open_session(path)
    read = notifications_of(session)
    marks = list(session.marks)
    stream = {sequence: [str(sent[0]), str(sent[1])] for sequence, sent in read.items()}
    stream |= {mark.sequence: ["mark", "0"] for mark in marks}
    logged = {int(sequence): rest for sequence, *rest in log}
    assert sorted(stream) == list(range(len(stream)))
    assert all(rest == stream[sequence] for sequence, rest in logged.items() if sequence in stream)
    lost_ns = [int(rest[1]) for sequence, rest in logged.items() if sequence not in stream and rest[0] != "mark"]
    assert all(killed_ns - arrival_ns <= LOST_AT_MOST_S * 1e9 for arrival_ns in lost_ns)
    fold_session(path)
    folded = open_session(path)
    assert notifications_of(folded) == read
    assert list(folded.marks) == marks
    assert not path.with_name(path.name + "-wal").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is a POSIX limit")
@pytest.mark.parametrize(("checkpoint_s", "room"), [(30, 400_000), (0, 150_000)])
def test_a_full_disk_keeps_what_was_written(
    tmp_path: Path, notifications_of: Read, checkpoint_s: float, room: int
) -> None:
    """The limit meets the WAL in one case and the main file in the other; the caller never notices before close()."""
    path = tmp_path / "full.dowel"
    output, errors = started(FILL_THE_DISK, path, checkpoint_s, room).communicate(timeout=60)
    assert "Traceback" not in errors
    steps, sentence = output.split(" ", 1)
    assert "keeps what it holds so far" in sentence
    session = open_session(path)
    read = notifications_of(session)
    assert list(read) == list(range(len(read)))
    assert all(sent == (0, step * 10_000_000, step.to_bytes(200, "little")) for step, sent in read.items())
    assert int(steps) - 10 <= len(read) <= int(steps)
    assert len(session.problems) == 1
    assert "not closed" in session.problems[0]


def test_a_running_session_is_read_and_not_changed_by_another_program(
    tmp_path: Path, notifications_of: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "running.dowel"
    process = started(PRACTICE, path, 30)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        while int(process.stdout.readline().split()[0]) < 100:
            pass
        session = open_session(path)
        assert session.problems == ("This session is being recorded now: it is shown as far as it has come.",)
        # A disk on which no copy fits between two commits.
        monkeypatch.setattr(session_blocks, "_copy_together", lambda *_, **__: [])
        slowly = open_session(path)
        assert slowly.problems == session.problems
        assert notifications_of(session).items() <= notifications_of(slowly).items()
        for change in (lambda: append_mark(path, MarkKind.NOTE, 0.0, 0.0), lambda: fold_session(path)):
            with pytest.raises(InputError, match="being written by another program"):
                change()
        assert process.poll() is None
        while int(process.stdout.readline().split()[0]) < 400:
            pass
    finally:
        process.kill()
        process.communicate()
    monkeypatch.undo()
    later = open_session(path)
    assert notifications_of(session).items() <= notifications_of(later).items()
    assert len(later.notifications(0)) > 120
    assert not [mark for mark in later.marks if mark.added]
    assert not [problem for problem in later.problems if "damaged" in problem]

"""``python -m tests.nothing_lost kills``: what a kill leaves of whole practices, and of files opened, closed or folded.

A practice runs in real time over the simulated Bluetooth; how much is lost is how long before the kill the last
notification in the file arrived. The other kills meet a program that goes through all stages of a file without pause.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import numpy as np

from dowel.recordings.errors import DowelError
from dowel.recordings.session_file.finished_session import fold_session
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.session.run_session import run

PRACTICE_S: Final = 100.0
"""The simulated lifter has calibrated by then and is in a set."""
LOST_AT_MOST_S: Final = 0.5
SET_EVERY_S: Final = 8.0
"""A practice that waited for the clock would be silent until it is set again; a busy machine stalls for less."""
SET_CLOCK: Final = Path(__file__).with_name("set_clock.c")
AT_ONCE: Final = 4
MOMENTS_EACH: Final = 10
"""A practice costs the most; the last of its moments is its kill."""
STAGE_NAMES: Final = ("opening", "checkpointing", "closing", "folding", "marking", "committing")
LATER_S: Final = 0.006
"""A kill comes so much after a stage began; on an idle machine each takes a few milliseconds."""

STAGES: Final = """
import os, sys
from pathlib import Path
from dowel.recordings.session_file import live_file
from dowel.recordings.session_file.finished_session import append_mark, fold_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import MarkKind, Placement, Sensor

def told(*what):
    os.write(1, (" ".join(map(str, what)) + "\\n").encode())

folder = Path(sys.argv[1])
number = 0
while True:
    number += 1
    path = folder / f"{number}.dowel"
    live_file.CHECKPOINT_EVERY_S = number % 2  # at every commit, or never
    told("opening", number, 0)
    writer = SessionWriter(path, [Sensor(Placement.SACRUM, "simulated")], {"origin_ns": 0})
    sent = 0
    for _ in range(3):
        for _ in range(20):
            writer.notify(0, sent * 10_000_000, bytes(200))
            sent += 1
        told("checkpointing" if number % 2 else "committing", number, sent - 20)
        writer.flush()
    told("closing", number, sent)
    if number % 3:
        writer.close()
    else:
        writer._file._connection.interrupt()
        pair = [path, Path(f"{path}-wal")]
        copies = [folder / f"copy{each.name}" for each in pair]
        for each, copy in zip(pair, copies):
            copy.write_bytes(each.read_bytes())
        writer.close()
        path = copies[0]
        told("folding", f"copy{number}", sent)
        fold_session(path)
    told("marking", path.stem, sent)
    append_mark(path, MarkKind.NOTE, 0.0, 0.0)
"""


@dataclass
class Kills:
    """What came of the kills: how many in which stage, the seconds lost, and what was wrong."""

    stages: Counter[str] = field(default_factory=Counter)
    lost_s: list[float] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


def practices(moments: int, seed: int, tell: Callable[[str], None] = print) -> Kills:
    """Kill whole practices, and look besides at many moments of each: at every one as at a kill."""
    random_, kills = random.Random(seed), Kills()
    with tempfile.TemporaryDirectory(prefix="dowel-kills-") as name:
        for first in range(0, moments, AT_ONCE * MOMENTS_EACH):
            together = range(first, min(first + AT_ONCE * MOMENTS_EACH, moments))
            folders = [Path(name, str(each)) for each in together[::MOMENTS_EACH]]
            planned = sorted((random_.uniform(0.0, PRACTICE_S), random_.choice(folders)) for _ in together)
            last = {folder: at for at, (_, folder) in enumerate(planned)}
            processes = {folder: _practice(folder / "x.dowel") for folder in last}
            for folder in last:  # what a kill leaves of an opening is seen in the stages
                _wait_for_session(folder / "x.dowel")
            begun_s = time.monotonic()
            for at, (at_s, folder) in enumerate(planned):
                time.sleep(max(0.0, begun_s + at_s - time.monotonic()))
                if at == last[folder]:
                    processes[folder].kill()
                    killed_ns = time.monotonic_ns()
                    processes[folder].wait()
                    _look_at(folder / "x.dowel", killed_ns, kills)
                else:
                    left = folder.with_name(f"{folder.name}-{at}")
                    _look_at(left / "x.dowel", _as_killed(processes[folder], folder, left), kills)
            tell(f"{together.stop} moments, {len(kills.bad)} bad")
    return kills


def _wait_for_session(path: Path) -> None:
    while not (path.exists() and path.stat().st_size):
        time.sleep(0.1)


def _as_killed(process: subprocess.Popen[bytes], folder: Path, left: Path) -> int:
    """Have the files that a kill would leave now in ``left``; when that was.

    What a process has given the system stays when it is killed, and nothing else does: so it is while it stands still.
    """
    process.send_signal(signal.SIGSTOP)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), "the practice ended by itself"
    stopped_ns = time.monotonic_ns()
    shutil.copytree(folder, left)
    process.send_signal(signal.SIGCONT)
    return stopped_ns


def _practice(path: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    path.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "dowel", "practice", "--simulate", "--no-page", "--out", str(path)]
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, env=env)


def _look_at(path: Path, killed_ns: int, kills: Kills) -> None:
    if not path.exists() or not path.stat().st_size:
        kills.stages["before the session"] += 1
        return
    try:
        session = open_session(path)
        arrivals = [session.notifications(index).arrival_ns for index in range(len(session.sensors))]
        last_ns = max((int(each[-1]) for each in arrivals if len(each)), default=int(session.facts["origin_ns"]))
        kills.lost_s.append((killed_ns - last_ns) * 1e-9)
        before = _content(session)
        run(session)
        fold_session(path)
        whole = open_session(path)
    except DowelError as error:
        kills.bad.append(f"{path.name}: {error}")
        return
    kills.stages["in the session"] += 1
    if _content(whole) != before:
        kills.bad.append(f"{path.name}: made whole it is another")
    if kills.lost_s[-1] > LOST_AT_MOST_S:
        kills.bad.append(f"{path.name}: {kills.lost_s[-1]:.2f} s lost")


def _content(session: Session) -> list[object]:
    sent = [session.notifications(index) for index in range(len(session.sensors))]
    return [session.marks, *((each.sequence.tobytes(), each.payload) for each in sent)]


def stages(number: int, seed: int) -> Kills:
    """Kill so many programs that open, write, close, fold and mark one file after the other."""
    random_, kills = random.Random(seed), Kills()
    for turn in range(number):
        wanted = STAGE_NAMES[turn % len(STAGE_NAMES)]
        with tempfile.TemporaryDirectory(prefix="dowel-kills-") as name:
            command = [sys.executable, "-c", STAGES, name]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                told = [_line_of(process.stdout, wanted, random_.randrange(1, 20))]
                time.sleep(random_.uniform(0.0, LATER_S))
                process.kill()
                told += process.stdout.read().splitlines()
            stage, file, sent = told[-1].split()
            kills.stages[stage] += 1
            _look_at_stage(Path(name, f"{file}.dowel"), stage, int(sent), kills)
    return kills


def _line_of(told: IO[str], stage: str, after: int) -> str:
    """The first line that tells this stage after so many others."""
    for number, line in enumerate(told):
        if number >= after and line.startswith(stage):
            return line
    raise AssertionError("the program ended by itself")


def _look_at_stage(path: Path, stage: str, sent: int, kills: Kills) -> None:
    """All that was flushed before must be there, and stay there when it is made whole."""
    try:
        for _ in range(2):
            session = open_session(path)
            found = len(session.notifications(0))
            if found < sent:
                kills.bad.append(f"{stage}: {found} of {sent} notifications")
            fold_session(path)
    except DowelError as error:
        if stage != "opening" or not ("nothing was recorded yet" in str(error) or "There is no file" in str(error)):
            kills.bad.append(f"{stage}: {error}")


def clock_set(offsets_s: Sequence[int]) -> list[str] | None:
    """The system's clock set back and forward in a practice; None where there is no compiler for what does it.

    ``offsets_s`` from the true time, one after the other. The monotonic clock is left as it is, as it is where somebody
    sets the time. Then the practice is killed; what is wrong with its file is returned.
    """
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory(prefix="dowel-kills-") as name:
        path, library, told = Path(name, "x.dowel"), Path(name, "set_clock.so"), Path(name, "offset")
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-Wall", "-o", library, SET_CLOCK], check=True)
        told.write_bytes(bytes(8))
        process = _practice(path, {**os.environ, "LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(told)})
        _wait_for_session(path)
        with told.open("r+b", buffering=0) as clock:  # in place: it is mapped there
            for offset_s in offsets_s:
                time.sleep(SET_EVERY_S)
                os.pwrite(clock.fileno(), offset_s.to_bytes(8, sys.byteorder, signed=True), 0)
        time.sleep(SET_EVERY_S)
        process.kill()
        killed_ns = time.monotonic_ns()
        process.wait()
        kills = Kills()
        _look_at(path, killed_ns, kills)
        arrivals_ns = [open_session(path).notifications(index).arrival_ns for index in range(2)]
        for each in arrivals_ns:
            apart_s = float(np.diff(each).max(initial=0)) * 1e-9
            if (np.diff(each) < 0).any() or apart_s > SET_EVERY_S:
                kills.bad.append(f"clock set: arrivals go back, or are {apart_s:.2f} s apart")
        return kills.bad


def stopped(stop_s: float) -> list[str]:
    """SIGSTOP in a practice: what is wrong after it went on and was ended by Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="dowel-kills-") as name:
        path = Path(name, "x.dowel")
        process = _practice(path)
        _wait_for_session(path)
        time.sleep(10.0)
        process.send_signal(signal.SIGSTOP)
        time.sleep(stop_s)
        process.send_signal(signal.SIGCONT)
        time.sleep(10.0)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60.0)
        session = open_session(path)
        run(session)
        bad = [f"exit code {code}"] if code != 130 else []
        return [*bad, *session.problems]

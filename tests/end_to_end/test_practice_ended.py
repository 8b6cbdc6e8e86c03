"""However a practice ends, its file opens, the terminal is as before, and the exit code says how it was."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest

from dowel.recordings.session_file.session_reader import Session, open_session
from tests.bluez.dowel import COMMAND
from tests.bluez.processes import PATIENCE_S, PROJECT, Process
from tests.depth import at_night
from tests.end_to_end.practised import ADDRESSES, arrivals

LOST_AT_MOST_S = 0.5
"""By a kill: session-file#while-it-is-written."""

KILLS = 20 if at_night() else 8
TOGETHER = 3
"""Practices that run at a time: more would wait for the processor, and a late commit is not what is tested."""

ONE_LINE = threading.Lock()
"""Held from the line that begins a practice to the one that tells its process."""

PRACTICE = (sys.executable, *COMMAND, "practice", "--simulate")
SENSORS = tuple(f"--sensor={placement}={address}" for placement, address in ADDRESSES.items())


def wait_until(so: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < give_up_s
        time.sleep(0.02)


def closed(path: Path) -> Session:
    """The session, which must have been closed in order, as a single file."""
    assert sorted(each.name for each in path.parent.glob(f"{path.name}*")) == [path.name]
    session = open_session(path)
    assert session.problems == ()
    assert session.facts["closed"] is True
    assert "recovered" not in session.facts
    assert all(len(session.notifications(index)) for index in range(2))
    return session


# --- on a terminal


def own_terminal() -> None:
    """As a shell on it begins a program, also where the tests run under nohup."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class OnTerminal:
    """``dowel practice`` on a terminal of its own, which is drawn on but never seen."""

    def __init__(self, *arguments: str) -> None:
        self._master, self._slave = pty.openpty()
        termios.tcsetwinsize(self._slave, (40, 120))
        self.attributes_before = self.attributes()
        self._drawn: list[bytes] = []
        self._process = subprocess.Popen(
            [*PRACTICE, *arguments],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=PROJECT,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=own_terminal,
        )
        self._hang_up = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        self.close()

    @property
    def drawn(self) -> str:
        return b"".join(self._drawn).decode(errors="replace")

    def attributes(self) -> list[Any]:
        return list(termios.tcgetattr(self._slave))

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait(self) -> int:
        return self._process.wait(PATIENCE_S)

    def close(self) -> None:
        """The window is closed, or the line is cut."""
        if self._hang_up.is_set():
            return
        self._hang_up.set()
        self._reader.join()
        os.close(self._slave)
        os.close(self._master)

    def _read(self) -> None:
        while not self._hang_up.is_set():
            ready, _, _ = select.select([self._master], [], [], 0.05)
            if ready:
                self._drawn.append(os.read(self._master, 65536))


def on_terminal(path: Path) -> OnTerminal:
    return OnTerminal(*SENSORS, f"--out={path}")


def begun(path: Path) -> None:
    """Wait until it has recorded for a second."""
    wait_until(path.with_name(path.name + "-wal").exists)
    time.sleep(1.5)


@pytest.mark.parametrize(("keys", "code"), [("q", 0), ("\x03", 130)], ids=["q", "ctrl-c"])
def test_a_key_ends_it_and_the_terminal_is_as_before(tmp_path: Path, keys: str, code: int) -> None:
    path = tmp_path / "ended.dowel"
    with on_terminal(path) as terminal:
        begun(path)
        assert terminal.attributes() != terminal.attributes_before
        terminal.type(keys)
        assert terminal.wait() == code
        assert terminal.attributes() == terminal.attributes_before
        wait_until(lambda: "\x1b[?1049l" in terminal.drawn)  # the other screen is left
        assert f"{path.name}\r\nnext " in terminal.drawn
        assert "Traceback" not in terminal.drawn
    closed(path)


def test_a_terminal_that_is_closed_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "closed.dowel"
    with on_terminal(path) as terminal:
        begun(path)
        terminal.close()
        assert terminal.wait() == 130
    closed(path)


def test_ctrl_c_on_a_terminal_before_it_records(tmp_path: Path) -> None:
    with OnTerminal(f"--out={tmp_path / 'never.dowel'}") as terminal:
        wait_until(lambda: "Looking for sensors" in terminal.drawn)
        terminal.type("\x03")
        assert terminal.wait() == 130
        assert terminal.attributes() == terminal.attributes_before
        assert "Traceback" not in terminal.drawn
    assert list(tmp_path.iterdir()) == []


# --- in a pipe


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] if at_night() else [signal.SIGTERM]
"""The first and the last end other practices here too."""


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "signalled.dowel"
    with Process([*PRACTICE, *SENSORS, f"--out={path}"]) as practice:
        practice.wait_for(lambda line: "Recording" in line)
        time.sleep(1.0)
        practice.interrupt(number)
        assert practice.wait() == 130
    assert practice.errors == ""
    session, history, replay = practice.lines[-3:]
    assert session.endswith(str(path))
    assert history.startswith("next ")
    assert f"dowel replay {path} --page" in replay
    closed(path)


@pytest.mark.parametrize(
    ("sensors", "when"), [((), "Looking for sensors"), (SENSORS, "Connecting the")], ids=["scanning", "connecting"]
)
def test_ctrl_c_before_it_records_leaves_nothing(tmp_path: Path, sensors: tuple[str, ...], when: str) -> None:
    with Process([*PRACTICE, *sensors, f"--out={tmp_path / 'never.dowel'}"]) as practice:
        practice.wait_for(lambda line: line.startswith(when))
        practice.interrupt()
        assert practice.wait() == 130
    assert practice.errors == ""
    assert list(tmp_path.iterdir()) == []


# --- killed


@pytest.fixture(scope="module")
def practices() -> Iterator[Process]:
    """Begins a practice for each line; see tests/end_to_end/practised.py."""
    with Process((sys.executable, "-m", "tests.end_to_end.practised")) as process:
        yield process


def lost_by_a_kill(practices: Process, folder: Path, after_s: float) -> float:
    """Kill a practice so long after its first notification; how old the oldest one is that the file does not have.

    By the clock of the practice, whose latest moment is that of the last notification: on a busy machine it may not
    have run for a while before it was killed.
    """
    path, log = folder / "killed.dowel", folder / "log"
    with ONE_LINE:
        practices.send(f"{path}\t{log}")
        pid = int(practices.wait_for(str.isdigit))
    try:
        wait_until(lambda: log.exists() and log.stat().st_size > 0)
        time.sleep(after_s)
    finally:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid))
    lost_ns = [0]
    arrived = list(arrivals(log))
    killed_ns = max(each.arrival_ns for each in arrived)
    with open_session(path) as session:
        assert [problem for problem in session.problems if "was not closed" not in problem] == []
        for sensor in range(len(ADDRESSES)):
            own = session.notifications(sensor)
            ends = np.cumsum(own.length)
            kept = [
                (at_ns, own.payload[end - length : end])
                for at_ns, length, end in zip(own.arrival_ns.tolist(), own.length.tolist(), ends.tolist(), strict=True)
            ]
            came = [(each.arrival_ns, each.payload) for each in arrived if each.sensor == sensor]
            assert kept == came[: len(kept)]
            lost_ns += [killed_ns - at_ns for at_ns, _ in came[len(kept) :]]
    return 1e-9 * max(lost_ns)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_kill_loses_half_a_second_at_most(practices: Process, tmp_path: Path) -> None:
    rng = random.Random(20)
    moments_s = [rng.uniform(0.0, 4.0) for _ in range(KILLS)]
    folders = [tmp_path / str(number) for number in range(KILLS)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(TOGETHER) as pool:
        lost_s = list(pool.map(partial(lost_by_a_kill, practices), folders, moments_s))
    print("lost, in s:", *(f"{each:.2f}" for each in sorted(lost_s)))
    assert max(lost_s) <= LOST_AT_MOST_S, dict(zip(moments_s, lost_s, strict=True))
    assert max(lost_s) > 0.0  # else nothing was asked


def test_the_next_practice_makes_a_killed_one_whole(practices: Process, tmp_path: Path) -> None:
    lost_by_a_kill(practices, tmp_path, 1.0)
    killed, following = tmp_path / "killed.dowel", tmp_path / "next.dowel"
    with open_session(killed) as session:
        before = [len(session.notifications(index)) for index in range(2)]
    assert killed.with_name(killed.name + "-wal").exists()
    with Process([*PRACTICE, *SENSORS, f"--out={following}"]) as practice:
        practice.wait_for(lambda line: line.startswith("killed.dowel") and "whole again" in line)
        practice.interrupt()
        assert practice.wait() == 130
    assert not killed.with_name(killed.name + "-wal").exists()
    with open_session(killed) as session:
        assert session.facts["closed"] is True
        assert session.facts["recovered"] is True
        assert [len(session.notifications(index)) for index in range(2)] == before

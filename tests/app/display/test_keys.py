"""Single keys from a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals on Windows", allow_module_level=True)

import pty
import termios

from dowel.display.keys import keys

TOLD_WITHIN_S = 20.0

PROGRAM = """
import asyncio, signal, sys
from dowel.display.keys import keys

signal.signal(signal.SIGHUP, signal.SIG_IGN)

async def main():
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def pressed(key):
        print(ascii(key), flush=True)
        if key == "q":
            over.set()
        if key == "x":
            loop.failed = True
            over.set()

    def closed():
        print("closed", file=sys.stderr, flush=True)
        over.set()

    with keys(loop, pressed, closed):
        print("ready", flush=True)
        await over.wait()
        if hasattr(loop, "failed"):
            raise SystemExit(7)

asyncio.run(main())
"""


class Session:
    """A program on a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        program = folder / "program.py"
        program.write_text(textwrap.dedent(PROGRAM))
        self.keyboard, self.terminal = pty.openpty()
        self.before = termios.tcgetattr(self.terminal)
        self.process = subprocess.Popen(
            [sys.executable, program],
            stdin=self.terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=self._own_terminal,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    @staticmethod
    def _own_terminal() -> None:
        import fcntl

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def press(self, what: bytes) -> None:
        os.write(self.keyboard, what)

    def heard(self, count: int) -> list[str]:
        assert self.process.stdout is not None
        return [self.process.stdout.readline().strip() for _ in range(count)]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = Session(tmp_path)
    try:
        yield session
    finally:
        session.process.kill()
        session.process.communicate()
        os.close(session.keyboard)
        os.close(session.terminal)


def test_keys_come_without_enter_and_the_terminal_is_restored(session: Session) -> None:
    assert not termios.tcgetattr(session.terminal)[3] & termios.ICANON
    session.press(b"a")
    assert session.heard(1) == ["'a'"]
    session.press(" é".encode())
    assert session.heard(2) == ["' '", "'\\xe9'"]
    session.press(b"q")
    assert session.heard(1) == ["'q'"]
    assert session.process.wait(TOLD_WITHIN_S) == 0
    assert termios.tcgetattr(session.terminal) == session.before


def test_left_and_right_come_by_name_and_other_keys_that_are_no_letters_not_at_all(session: Session) -> None:
    session.press(b"\x1b[A\x1b[1;5C\x1b[D\x1bOPb\x1bOC")
    assert session.heard(3) == ["'left'", "'b'", "'right'"]


def test_the_terminal_is_restored_after_an_exception(session: Session) -> None:
    session.press(b"x")
    assert session.process.wait(TOLD_WITHIN_S) == 7
    assert termios.tcgetattr(session.terminal) == session.before


def test_ctrl_c_stays_an_interrupt(session: Session) -> None:
    session.press(b"\x03")
    assert session.process.wait(TOLD_WITHIN_S) != 0
    assert termios.tcgetattr(session.terminal) == session.before


def test_a_closed_terminal_is_told(session: Session) -> None:
    """The hang-up signal is not there to help, as behind some remote lines: only reading tells."""
    os.close(session.terminal)
    os.close(session.keyboard)
    session.keyboard, session.terminal = pty.openpty()
    _, said = session.process.communicate(timeout=TOLD_WITHIN_S)
    assert session.process.returncode == 0
    assert "closed" in said


def test_where_there_is_no_terminal_there_are_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    async def main() -> None:
        with keys(asyncio.get_running_loop(), heard.append):
            await asyncio.sleep(0)

    with (tmp_path / "input").open("w+") as file:
        file.write("q")
        file.seek(0)
        monkeypatch.setattr(sys, "stdin", file)
        asyncio.run(main())
    monkeypatch.setattr(sys, "stdin", None)
    asyncio.run(main())
    assert heard == []

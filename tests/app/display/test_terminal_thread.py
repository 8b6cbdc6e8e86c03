"""The thread that draws on the terminal: the latest view, nobody held up by it, and the terminal given back."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import replace

import pytest
from rich.console import Console
from rich.text import Text

from dowel.display.terminal_thread import Screen
from tests.app.display.test_view import SET


class Terminal(io.StringIO):
    """Keeps what is written; ``slow`` blocks a writer until it is set free, ``broken`` is a terminal that is gone."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()
        self.free.set()
        self.broken = False
        self.stopped = threading.Event()

    def write(self, text: str) -> int:
        if not self.free.is_set():
            self.stopped.set()
            self.free.wait(10.0)
        if self.broken:
            raise OSError("gone")
        return super().write(text)

    def isatty(self) -> bool:
        return True


def console_on(terminal: Terminal) -> Console:
    return Console(
        file=terminal, width=80, height=24, force_terminal=True, color_system="standard", legacy_windows=False
    )


def until(terminal: Terminal, text: str) -> None:
    """Wait for a text on the terminal; a thread of its own writes it."""
    deadline = time.monotonic() + 10.0
    while text not in terminal.getvalue():
        assert time.monotonic() < deadline, f"{text!r} never came"
        time.sleep(0.005)


def test_the_screen_shows_the_latest_view_and_gives_the_terminal_back() -> None:
    terminal = Terminal()
    with Screen(console_on(terminal)) as screen:
        screen.show(SET)
        until(terminal, "SET 2")
        screen.show(replace(SET, set_number=7))
        until(terminal, "set 7")
        screen.ring()
        until(terminal, "\x07")
    written = terminal.getvalue()
    assert "\x1b[?1049h" in written
    assert written.rindex("\x1b[?1049l") > written.rindex("set 7")
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
    assert screen.failure is None


def test_a_terminal_that_takes_nothing_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dowel.display.terminal_thread.PATIENCE_S", 0.05)
    terminal = Terminal()
    with Screen(console_on(terminal)) as screen:
        terminal.free.clear()
        screen.show(SET)
        assert terminal.stopped.wait(10.0)
        for _ in range(1000):
            screen.show(replace(SET))
            screen.ring()
    assert screen._thread.is_alive(), "it was not waited for"
    terminal.free.set()
    screen._thread.join(10.0)
    assert not screen._thread.is_alive()


def test_a_terminal_that_is_gone_is_told_and_ends_nothing() -> None:
    terminal = Terminal()
    with Screen(console_on(terminal)) as screen:
        terminal.broken = True
        screen.show(SET)
        screen._thread.join(10.0)
        assert isinstance(screen.failure, OSError)
        screen.show(SET)
        screen.ring()


def test_a_fault_in_the_drawing_is_kept_and_the_terminal_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> list[Text]:
        raise ZeroDivisionError

    monkeypatch.setattr("dowel.display.terminal_thread.draw", fault)
    terminal = Terminal()
    with Screen(console_on(terminal)) as screen:
        screen.show(SET)
        screen._thread.join(10.0)
    assert isinstance(screen.failure, ZeroDivisionError)
    assert "\x1b[?1049l" in terminal.getvalue()


def test_an_exception_inside_gives_the_terminal_back() -> None:
    terminal = Terminal()

    def failing() -> None:
        with Screen(console_on(terminal)) as screen:
            screen.show(SET)
            until(terminal, "SET 2")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    assert "\x1b[?1049l" in terminal.getvalue()

"""Single keys from the terminal, without Enter, told to the event loop."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Final

_SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?|.", re.DOTALL)
"""One key: what arrow and function keys send (ECMA-48), Alt with a key, or a letter."""
ARROWS: Final = {"\x1b[C": "right", "\x1b[D": "left", "\x1bOC": "right", "\x1bOD": "left"}
"""The keys that are told by name; the others that are no single letter are left out."""
_WINDOWS_ARROWS: Final = {"M": "right", "K": "left"}
POLL_S: Final = 0.05
"""How often Windows is asked for keys: it has no way to wait for them beside the event loop."""


def has_keyboard() -> bool:
    """Whether somebody can press keys: standard input is there, and a terminal."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def keys(
    loop: asyncio.AbstractEventLoop, on_key: Callable[[str], None], on_closed: Callable[[], None] | None = None
) -> AbstractContextManager[None]:
    """Inside, each key pressed is given to ``on_key`` in the loop's thread; Ctrl-C stays an interrupt.

    A letter comes as itself, an arrow as ``left`` or ``right``.

    ``on_closed`` is called when the terminal is gone. Where standard input is no terminal, or belongs to another
    program in the foreground, there are no keys. The terminal is as before afterwards, also after an exception.
    """
    if not has_keyboard():
        return nullcontext()
    if sys.platform == "win32":
        return _windows_keys(loop, on_key)
    return _posix_keys(loop, sys.stdin.fileno(), on_key, on_closed)


if sys.platform == "win32":

    @contextmanager
    def _windows_keys(loop: asyncio.AbstractEventLoop, on_key: Callable[[str], None]) -> Iterator[None]:
        """A thread that asks; not tried yet, for want of such a computer."""
        import msvcrt

        over = threading.Event()

        def ask() -> None:
            while not over.wait(POLL_S):
                while not over.is_set() and msvcrt.kbhit():
                    key = msvcrt.getwch()
                    if key in ("\x00", "\xe0"):
                        if name := _WINDOWS_ARROWS.get(msvcrt.getwch()):  # an arrow or function key comes as two
                            loop.call_soon_threadsafe(on_key, name)
                    else:
                        loop.call_soon_threadsafe(on_key, key)

        thread = threading.Thread(target=ask, name="dowel-keys", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

else:

    @contextmanager
    def _posix_keys(
        loop: asyncio.AbstractEventLoop,
        terminal: int,
        on_key: Callable[[str], None],
        on_closed: Callable[[], None] | None,
    ) -> Iterator[None]:
        import termios
        import tty

        if os.tcgetpgrp(terminal) != os.getpgrp():  # in the background: to touch the terminal would stop the program
            yield
            return

        def read() -> None:
            try:
                pressed = os.read(terminal, 1024)
            except BlockingIOError:
                return
            except OSError:  # what a terminal says whose other end is gone
                pressed = b""
            if not pressed:
                loop.remove_reader(terminal)
                if on_closed is not None:
                    on_closed()
            for key in _SEQUENCE.findall(pressed.decode(errors="ignore")):
                if key in ARROWS or not key.startswith("\x1b"):
                    on_key(ARROWS.get(key, key))

        before = termios.tcgetattr(terminal)
        tty.setcbreak(terminal)
        try:
            loop.add_reader(terminal, read)
            yield
        finally:
            loop.remove_reader(terminal)
            with suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(terminal, termios.TCSANOW, before)

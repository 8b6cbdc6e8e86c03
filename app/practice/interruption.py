"""Ctrl-C, a kill or a closed terminal: each ends a practice in order, with its file closed."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from dowel.practice.practice import Practice

INTERRUPTED: Final = 130  # exit code (commands#commands): the session is saved
ENDING_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, a kill, a closed terminal or ssh line; not all of them exist on every system."""


async def run_to_the_end(practice: Practice) -> bool:
    """Run a practice until it ends itself or a signal ends it; true when it was a signal. The file is closed."""
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        practice.stop()

    with ending_signals(asyncio.get_running_loop(), interrupt):
        await practice.run()
    return interrupted


@contextmanager
def ending_signals(loop: asyncio.AbstractEventLoop, interrupt: Callable[[], None]) -> Iterator[None]:
    """Inside, a signal to end calls ``interrupt`` in the loop, the same way on every system."""
    if threading.current_thread() is not threading.main_thread():  # only there can signals be handled
        yield
        return
    numbers = [number for name in ENDING_SIGNALS if (number := getattr(signal, name, None)) is not None]
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is signal.SIG_IGN:
        numbers.remove(hang_up)  # whoever starts it with nohup wants it to go on
    before = [signal.signal(number, lambda *_: loop.call_soon_threadsafe(interrupt)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)

"""Event loops for simulated sensors: one whose clock jumps, so that minutes pass as fast as they can be computed, and
one for practices in real time, whose clock waits for a computer that is late.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

T = TypeVar("T")

BEGIN_S: Final = 1000.0
"""Virtual time at the start; not 0, so that nothing comes to rely on a clock that begins there, as no real one does."""


LATE_S: Final = 0.002
"""So late a patient loop may become in a turn: an idle computer is not (sources#simulated-radio)."""


class _WrappedSelector(selectors.BaseSelector):
    """The system's selector, for those that wait in another way."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """As the real selector."""
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """As the real selector."""
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """As the real selector."""
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """As the real selector."""
        return self._real.get_map()

    def close(self) -> None:
        """As the real selector."""
        self._real.close()


class JumpingSelector(_WrappedSelector):
    """Waits for files and sockets without waiting for time: it reports the time it should have waited instead."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready. Without a timeout nothing is due ever, so only the outside world can go on: really wait."""
        if timeout is None:
            return self._real.select()
        ready = self._real.select(0)
        if not ready and timeout > 0:
            self._jump(timeout)
        return ready


class PatientSelector(_WrappedSelector):
    """Waits as the system's selector does, and says after each wait what time it is for a loop that does not hurry."""

    def __init__(self, now: Callable[[], float], reached: Callable[[float], None]) -> None:
        super().__init__()
        self._now = now
        self._reached = reached

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready. Of what the system lets it wait beyond the timeout hardly anything counts."""
        now_s, begin_s = self._now(), time.monotonic()
        ready = self._real.select(timeout)
        waited_s = time.monotonic() - begin_s
        self._reached(now_s + (waited_s if timeout is None else min(waited_s, max(0.0, timeout) + LATE_S)))
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop with virtual time: when nothing is ready it jumps to the next timer instead of sleeping.

    Timeouts are virtual too. Files, sockets, signals and other threads are polled at every turn, but what they do
    takes no virtual time of its own: while a thread works, timers that are pending go off as fast as they can.
    """

    def __init__(self) -> None:
        self._virtual_s = BEGIN_S
        super().__init__(JumpingSelector(self._jump))

    def time(self) -> float:
        """Virtual time in s."""
        return self._virtual_s

    async def shutdown_default_executor(self, _timeout_s: float | None = None) -> None:
        """Wait for the threads to end, for as long as they take: from Python 3.12 on ``asyncio.Runner`` gives them five
        minutes, which are over at once here."""
        await super().shutdown_default_executor()

    def _jump(self, seconds: float) -> None:
        self._virtual_s += seconds


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop in real time whose clock stands still while the computer has no time for it.

    So simulated sensors never send late what was due earlier, however slow or busy the computer is: the lifter waits.
    On an idle computer it goes as any other.
    """

    def __init__(self) -> None:
        self._reached(time.monotonic())
        super().__init__(PatientSelector(self.time, self._reached))

    def time(self) -> float:
        """Real time in s, without that for which the computer had none; hardly goes on within a turn of the loop."""
        return min(time.monotonic() - self._behind_s, self._until_s)

    def _reached(self, now_s: float) -> None:
        """A turn begins, and it is this time."""
        self._behind_s = time.monotonic() - now_s
        self._until_s = now_s + LATE_S


def run_patiently(main: Coroutine[Any, Any, T]) -> T:
    """As ``asyncio.run``, on a patient loop; on Windows, whose other loop cannot start programs, on the usual one."""
    with asyncio.Runner(loop_factory=None if sys.platform == "win32" else PatientLoop) as runner:
        return runner.run(main)


def run(main: Coroutine[Any, Any, T]) -> T:
    """As ``asyncio.run``, in virtual time."""
    with asyncio.Runner(debug=False, loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


def clock_ns(loop: asyncio.AbstractEventLoop) -> int:
    """The loop's time in ns: the arrival clock of a simulated radio, in virtual or in real time."""
    return round(loop.time() * 1e9)

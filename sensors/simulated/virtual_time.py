"""An event loop whose clock jumps: minutes of simulated practice pass as fast as the program can compute them."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

T = TypeVar("T")

BEGIN_S: Final = 1000.0
"""Virtual time at the start; not 0, so that nothing comes to rely on a clock that begins there, as no real one does."""


class JumpingSelector(selectors.BaseSelector):
    """Waits for files and sockets without waiting for time: it reports the time it should have waited instead."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        self._real = selectors.DefaultSelector()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready. Without a timeout nothing is due ever, so only the outside world can go on: really wait."""
        if timeout is None:
            return self._real.select()
        ready = self._real.select(0)
        if not ready and timeout > 0:
            self._jump(timeout)
        return ready

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


def run(main: Coroutine[Any, Any, T]) -> T:
    """As ``asyncio.run``, in virtual time."""
    with asyncio.Runner(debug=False, loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


def clock_ns(loop: asyncio.AbstractEventLoop) -> int:
    """The loop's time in ns: the arrival clock of a simulated radio, in virtual or in real time."""
    return round(loop.time() * 1e9)

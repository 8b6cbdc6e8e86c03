"""How long each step of the event loop takes: while one runs, no sample is taken, no cue sounds and no page moves.

A step is timed by the CPU that the loop's thread spends in it, which says the same on a busy machine. What garbage
collections take from it is in it, and also kept by itself, as another thread's collection holds up the loop too.
``python -m tests.live.loop_steps FIGURES.json ARGUMENTS`` runs ``dowel ARGUMENTS`` so.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import json
import sys
import threading
import time
from asyncio import events
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np

EDGES_MS: Final = (0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 200.0)
KEPT_FROM_S: Final = 0.005
"""Steps from here on are kept by name."""


class Step(NamedTuple):
    """One that took long: the loop's time at its end, its CPU, that of garbage collections in it, and what it was."""

    at_s: float
    cpu_s: float
    collecting_s: float
    what: str


@dataclass
class LoopSteps:
    """Every step of the event loop, while it was watched."""

    count: int = 0
    cpu_s: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * (len(EDGES_MS) + 1))
    long: list[Step] = field(default_factory=list)
    collections_s: list[float] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """One more."""
        self.count += 1
        self.cpu_s += step.cpu_s
        self.counts[int(np.searchsorted(EDGES_MS, 1e3 * step.cpu_s))] += 1
        if step.cpu_s >= KEPT_FROM_S:
            self.long.append(step)

    @classmethod
    def read(cls, path: Path) -> Self:
        """What :func:`main` has written."""
        told = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**told, "long": [Step(*each) for each in told["long"]]})

    @property
    def longest_s(self) -> float:
        """The longest step's CPU; steps shorter than those that are kept count as none."""
        return max((step.cpu_s for step in self.long), default=0.0)

    def histogram(self) -> Iterator[str]:
        """A line for each bin that has steps."""
        edges = ["0", *(f"{edge:g}" for edge in EDGES_MS), "more"]
        for low, high, count in zip(edges, edges[1:], self.counts, strict=False):
            if count:
                yield f"{low:>5} to {high:<5}ms  {count:>8}"

    def longest(self, most: int = 8) -> Iterator[str]:
        """The longest steps by name."""
        for step in sorted(self.long, key=lambda each: -each.cpu_s)[:most]:
            collecting = f", {1e3 * step.collecting_s:.0f} of it garbage collection" if step.collecting_s else ""
            yield f"{1e3 * step.cpu_s:6.1f} ms{collecting}: {step.what} (at {step.at_s:.1f} s)"


@contextmanager
def watched_steps() -> Iterator[LoopSteps]:
    """Inside, every step of any event loop of this thread is timed."""
    steps, run, begun_s, in_step_s = LoopSteps(), events.Handle._run, [0.0], [0.0]
    began_s, here = time.monotonic(), threading.get_ident()

    def collected(phase: str, _: Any) -> None:
        if phase == "start":
            begun_s[0] = time.thread_time()
        else:
            steps.collections_s.append(time.thread_time() - begun_s[0])
            in_step_s[0] += steps.collections_s[-1] if threading.get_ident() == here else 0.0

    def timed(handle: events.Handle) -> None:
        callback: Any = handle._callback  # type: ignore[attr-defined]  # gone once it was run
        in_step_s[0] = 0.0
        before_s = time.thread_time()
        run(handle)
        cpu_s = time.thread_time() - before_s
        what = _name(callback) if cpu_s >= KEPT_FROM_S else ""
        steps.add(Step(time.monotonic() - began_s, cpu_s, in_step_s[0], what))

    gc.callbacks.append(collected)
    events.Handle._run = timed  # type: ignore[method-assign, assignment]
    try:
        yield steps
    finally:
        events.Handle._run = run  # type: ignore[method-assign]
        gc.callbacks.remove(collected)


def _name(callback: Callable[..., Any]) -> str:
    """A callback, or a task with the chain of coroutines that it waits in now."""
    owner = getattr(callback, "__self__", None)
    coroutine = owner.get_coro() if isinstance(owner, asyncio.Task) else None
    if coroutine is None:
        return str(getattr(callback, "__qualname__", callback))
    names = []
    while coroutine is not None:
        names.append(str(getattr(coroutine, "__qualname__", type(coroutine).__name__)))
        coroutine = getattr(coroutine, "cr_await", None)
    return " > ".join(names)


def main() -> None:
    """Run ``dowel`` with its steps timed, and write the figures when it ends."""
    figures, sys.argv[1:] = Path(sys.argv[1]), sys.argv[2:]
    with watched_steps() as steps:
        atexit.register(lambda: figures.write_text(json.dumps(asdict(steps)), encoding="utf-8"))
        from dowel.commands import main as dowel

        dowel()


if __name__ == "__main__":
    main()

"""Sessions analysed by processes of this computer, one each; a process that dies is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

from dowel.batch.one_session import Outcome, Task, analyse
from dowel.recordings.errors import InputError
from dowel.text.typed import typed


def run_here(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Outcome]]:
    """The outcomes of tasks, as they come. A session whose process died is tried once more, in another process.

    Raises ``InputError`` where no process can be started.
    """
    waiting = deque(tasks)
    tried: set[str] = set()
    running: dict[Future[Outcome], tuple[_Worker, Task]] = {}
    workers = [_Worker() for _ in range(min(jobs, len(tasks)))]
    idle = list(workers)
    try:
        while waiting or running:
            while waiting and idle:
                worker, task = idle.pop(), waiting.popleft()
                running[worker.begin(task)] = worker, task
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                worker, task = running.pop(future)
                try:
                    yield task, future.result()
                except BrokenProcessPool:
                    workers.remove(worker)
                    workers.append(worker := _Worker())
                    if task.input.place in tried:
                        yield task, Outcome(problem=died_words(task.input.name))
                    else:
                        tried.add(task.input.place)
                        waiting.append(task)
                idle.append(worker)
    finally:
        for worker in workers:
            worker.end(now=bool(running))


def died_words(name: str) -> str:
    """The sentence about a session that nobody could analyse to its end."""
    return (
        f"{name}: each process that analysed it was ended from outside, or ran out of memory. Try it alone: dowel "
        f"report {typed(name)}"
    )


class _Worker:
    """One process, which analyses a session at a time."""

    def __init__(self) -> None:
        # a process of its own for each pool, so that it is known which session a process died of
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin)
        self._process = self._pool.submit(os.getpid)

    def begin(self, task: Task) -> Future[Outcome]:
        """Begin with a session."""
        try:
            self._process.result()
        except BrokenProcessPool as error:
            raise InputError(
                "No process could be started to analyse sessions. In a script, call analyse_many below "
                "'if __name__ == \"__main__\":', as Python starts the script again in each process."
            ) from error
        return self._pool.submit(analyse, task)

    def end(self, *, now: bool) -> None:
        """End the process: ``now``, or when it has done its work."""
        if now and self._process.done() and not self._process.exception():
            with suppress(OSError):
                os.kill(self._process.result(), signal.SIGTERM)
        self._pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """In the new process: Ctrl-C is for who started it, and it ends with that one, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

"""Runs pytest in a copy of the project again and again: each run a fork of a process that has loaded the libraries.

``python -m tests.mutation.worker`` in the copy. Each line that it reads is an order in JSON: ``tests`` (what pytest is
to run), ``seconds`` (of CPU, by test; what is not named counts as quick) and ``patience_s``. Each line that it writes
is what came of it: ``failed`` (the first test that did, or empty) and ``seconds``.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Generator
from typing import Any, Final

import hypothesis  # noqa: F401 - loaded once for all runs
import numpy as np  # noqa: F401
import pytest
import scipy.signal  # type: ignore[import-untyped, unused-ignore]  # noqa: F401

LEAST_S: Final = 5.0
FACTOR: Final = 5.0
"""A test that needs so many times the CPU that it needs without a mutant, and five seconds more, never ends."""


class Watched:
    """The quickest tests first; notes what fails first and how long each took, and ends what never ends."""

    def __init__(self, seconds: dict[str, float], answer: int) -> None:
        self._known, self._answer = seconds, answer
        self._seconds: dict[str, float] = {}
        self._failed = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self._known.get(item.nodeid, 0.0))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        limit_s = LEAST_S + FACTOR * self._known.get(item.nodeid, 0.0)
        signal.signal(signal.SIGPROF, lambda *_: self.end(f"{item.nodeid} (never ends)"))
        signal.setitimer(signal.ITIMER_PROF, limit_s)
        begun_s = time.process_time()
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            self._seconds[item.nodeid] = round(time.process_time() - begun_s, 3)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self._failed:
            self._failed = report.nodeid

    def end(self, failed: str) -> None:
        """Give the answer and end the process, whatever it is in."""
        os.write(self._answer, json.dumps({"failed": self._failed or failed, "seconds": self._seconds}).encode())
        os._exit(0)


def run(order: dict[str, Any], answer: int) -> None:
    """One run of pytest in a process of its own; does not return."""
    os.setpgid(0, 0)
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    watched = Watched(order["seconds"], answer)
    arguments = ["-q", "-x", "-n0", "-p", "no:cacheprovider", "--tb=no", "--assert=plain", *order["tests"]]
    code = pytest.main(arguments, plugins=[watched])
    watched.end("" if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else "collection")


def forked(order: dict[str, Any]) -> dict[str, Any]:
    """What came of one run; what ends without an answer, or gives none for ``patience_s``, has failed."""
    theirs, ours = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(theirs)
        run(order, ours)
    os.close(ours)
    told, until_s = b"", time.monotonic() + order["patience_s"]
    while select.select([theirs], [], [], max(until_s - time.monotonic(), 0.0))[0]:
        part = os.read(theirs, 1 << 16)
        if not part:
            break
        told += part
    os.close(theirs)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return json.loads(told) if told else {"failed": "the run itself", "seconds": {}}


def main() -> None:
    """Answer orders until there are none."""
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()

"""Runs pytest in a copy of the project again and again: each run a fork of a process that has loaded the libraries.

``python -m tests.mutation.worker`` in the copy. Each line that it reads is an order in JSON: ``tests`` (what pytest is
to run, in this order), ``seconds`` (of CPU, by test; what is not named counts as quick), ``patience_s``, and where
``reach`` is named the ``rooms`` whose lines are noted there, while all tests in some folders or files run. Each line
that it writes is what came of it: ``failed`` (the first test that did, or empty).
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
from pathlib import Path
from typing import Any, Final

import hypothesis  # noqa: F401 - loaded once for all runs
import numpy as np  # noqa: F401
import pytest
import scipy.signal  # type: ignore[import-untyped, unused-ignore]  # noqa: F401

from tests.mutation import reach

LEAST_S: Final = 5.0
FACTOR: Final = 5.0
"""A test that needs so many times the CPU that it needs without a mutant, and five seconds more, never ends."""


class Ordered:
    """The tests in their order; notes what fails first and how long each took, and ends what never ends."""

    def __init__(self, order: dict[str, Any], answer: int) -> None:
        self._place = {test: place for place, test in enumerate(order["tests"])}
        self._all, self._known, self._answer = "reach" in order, order["seconds"], answer
        self.seconds: dict[str, float] = {}
        self._failed = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if not self._all:
            items[:] = sorted(
                (item for item in items if item.nodeid in self._place), key=lambda item: self._place[item.nodeid]
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if not self._all:
            limit_s = LEAST_S + FACTOR * self._known.get(item.nodeid, 0.0)
            signal.signal(signal.SIGPROF, lambda *_: self.end(f"{item.nodeid} {NEVER_ENDS}"))
            signal.setitimer(signal.ITIMER_PROF, limit_s)
        begun_s = time.process_time()
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            self.seconds[item.nodeid] = round(time.process_time() - begun_s, 3)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self._failed:
            self._failed = report.nodeid

    def end(self, failed: str) -> None:
        """Give the answer and end the process, whatever it is in."""
        os.write(self._answer, json.dumps({"failed": self._failed or failed}).encode())
        os._exit(0)


NEVER_ENDS: Final = "(never ends)"


def run(order: dict[str, Any], answer: int) -> None:
    """One run of pytest in a process of its own; does not return."""
    os.setpgid(0, 0)
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    ordered = Ordered(order, answer)
    watched = [reach.Watched(Path.cwd(), order["rooms"])] if "reach" in order else []
    arguments = ["-q", "-x", "-n0", "-p", "no:cacheprovider", "-p", "no:cov", "--tb=no", "--assert=plain"]
    files = dict.fromkeys(test.partition("::")[0] for test in order["tests"])
    code = pytest.main([*arguments, *files], plugins=[*watched, ordered])
    for each in watched:
        each.write(Path(order["reach"]), ordered.seconds)
    ordered.end("" if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else "collection")


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
    return json.loads(told) if told else {"failed": f"the run itself {NEVER_ENDS}"}


def main() -> None:
    """Answer orders until there are none."""
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()

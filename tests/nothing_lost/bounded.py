"""A piece of work in a process of its own, with what it took: time, memory, and whether it ended as a command may."""

from __future__ import annotations

import io
import os
import pickle
import resource
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dowel.recordings.errors import DowelError

CPU_S = 10
MEMORY_MB = 500
"""Beside what Python and its libraries take; of the child alone."""


@dataclass(frozen=True)
class Outcome:
    """``refused``: the sentence of a DowelError; ``fault``: the traceback of anything else, which is exit code 1."""

    value: Any = None
    refused: str = ""
    fault: str = ""
    memory_mb: float = 0.0


def bounded(work: Callable[[], Any], files: int = 1) -> Outcome:
    """Do it in a child, with so many ``files``: what it returns must be picklable. Memory is the child's alone."""
    reading, writing = os.pipe()
    before_mb = _resident_mb()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _limit(files)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(_done(work), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        sent = pipe.read()
    _, status, used = os.wait4(child, 0)
    value, refused, fault = pickle.loads(sent) if status == 0 else (None, "", f"ended by signal {os.WTERMSIG(status)}")
    return Outcome(value, refused, fault, used.ru_maxrss / 1024.0 - before_mb)


def _done(work: Callable[[], Any]) -> tuple[Any, str, str]:
    try:
        return work(), "", ""
    except DowelError as error:
        return None, str(error), ""
    except BaseException:
        return None, "", traceback.format_exc()


def _limit(files: int) -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (2 * CPU_S * files, 3 * CPU_S * files))
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


@contextmanager
def unheard() -> Iterator[None]:
    """Inside, what is printed goes nowhere."""
    with io.TextIOWrapper(io.BytesIO()) as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield

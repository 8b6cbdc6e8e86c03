"""Progress of long work: one line on standard error that is rewritten and removed, on a terminal only."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final, Self

from dowel.text.sanitise import plain

SILENT_S: Final = 1.0
"""Work that is over by then needs no progress."""
EVERY_S: Final = 0.2


class Progress:
    """``with Progress() as progress: progress.tell("reading ...")``; what is told too often is left out."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._next_s = time.monotonic() + SILENT_S
        self._dirty = False

    def tell(self, text: str) -> None:
        """What is being done."""
        if self._shown and time.monotonic() >= self._next_s:
            print(f"\r\x1b[2K{plain(text)[:78]}", end="", file=sys.stderr, flush=True)
            self._next_s = time.monotonic() + EVERY_S
            self._dirty = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._dirty:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)

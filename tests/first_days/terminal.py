"""A real terminal with a shell in it, of which everything that was seen is kept."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Final, Self

import pexpect

PATIENCE_S: Final = 120.0
_SIGNS: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|\r")
"""Colours and moves of the cursor (ECMA-48)."""


class Terminal:
    """``with Terminal(folder) as terminal``: programs are run in it, one after the other, as somebody types them."""

    def __init__(self, folder: Path, columns: int = 80) -> None:
        self.seen = ""
        self._columns = columns
        self._folder = folder
        self._environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DOWEL_CONFIG": str(folder / "config.toml"),
            "DOWEL_CACHE": str(folder / "cache"),
            "DOWEL_DATA": str(folder / "data"),
            "TERM": "xterm-256color",
            "PYTHONUTF8": "1",
            "SSH_TTY": "1",  # nobody's browser is to come up
        }
        self._child: pexpect.spawn[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._child is not None:
            self._child.close(force=True)

    def start(self, *command: str) -> None:
        """Begin a program: ``dowel`` is this one's."""
        program = [sys.executable, "-m", "dowel"] if command[0] == "dowel" else [command[0]]
        self._child = pexpect.spawn(
            program[0],
            [*program[1:], *command[1:]],
            cwd=str(self._folder),
            env=self._environment,
            dimensions=(40, self._columns),
            encoding="utf-8",
            timeout=PATIENCE_S,
        )

    def until(self, text: str) -> str:
        """Wait until this is on the screen; everything that came until then."""
        assert self._child is not None
        found = ""
        while text not in found:
            self._child.expect([r".+"])
            found += _SIGNS.sub("", self._child.after or "")
        self.seen += found
        return found

    def press(self, keys: str) -> None:
        """Keys, or a line with its end."""
        assert self._child is not None
        self._child.send(keys)

    def end(self) -> int:
        """Wait until the program has ended; its exit code."""
        assert self._child is not None
        self._child.expect(pexpect.EOF)
        self.seen += _SIGNS.sub("", self._child.before or "")
        self._child.close()
        return self._child.exitstatus if self._child.exitstatus is not None else -1

    def end_beside(self) -> Thread:
        """The same while somebody looks elsewhere: a thread takes what is drawn, and ends with the program."""
        thread = Thread(target=self.end, daemon=True)
        thread.start()
        return thread

    def run(self, *command: str) -> str:
        """A program to its end, which must be a good one; what it showed."""
        before = len(self.seen)
        self.start(*command)
        code = self.end()
        assert code == 0, f"{' '.join(command)}: exit {code}\n{self.seen[before:]}"
        return self.seen[before:]

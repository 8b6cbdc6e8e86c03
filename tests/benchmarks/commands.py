"""Commands that are measured, as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

DOWEL = (sys.executable, "-c", "import sys; from dowel.commands import main; sys.argv[0] = 'dowel'; main()")


def process(*command: str | Path) -> Callable[[], str]:
    """A command, to be run to its end; gives what it printed. Its modules are compiled once, as those of an installed
    program are."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> str:
        arguments = [str(part) for part in command]
        return subprocess.run(arguments, capture_output=True, check=True, text=True, env=kept).stdout

    return run

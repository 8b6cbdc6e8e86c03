"""``python -m tests.bluez.real``: the default Linux path with a real bluetoothd; ends with 1 where anything is bad.

``tests``: those of ``tests/end_to_end/test_bluez.py``; what follows goes to pytest. ``faults``: what a practice says
and does when links break, and what stays connected. Without a word both. Needs Debian (or a relative) on x86_64 and,
the first time, its package archive. Nothing is installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bluez.real.faults import Faults
from tests.bluez.real.machine import Machine
from tests.bluez.real.packages import AbsentError, check_host
from tests.bluez.real.service import ASKED_FOR


def tests(more: Sequence[str]) -> bool:
    """Whether the tests pass."""
    command = ["-m", "pytest", "-n0", "-v", "tests/end_to_end/test_bluez.py", *more]
    return subprocess.run([sys.executable, *command], check=False, env={**os.environ, ASKED_FOR: "1"}).returncode == 0


def faults() -> bool:
    """Whether all is as it should be."""
    with Machine() as machine, tempfile.TemporaryDirectory() as folder:
        system = f"bluetoothd {machine.do('bluetoothd --version')} on {machine.do('uname -sr')}"
        print(f"{system}, there after {machine.boot_s:.0f} s", flush=True)
        study = Faults(machine, Path(folder))
        study.study()
    print(f"bad: {len(study.bad)}")
    return not study.bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["tests", "faults"])
    asked, more = parser.parse_known_args()
    try:
        check_host()
        good = [tests(more)] if asked.what != "faults" else []
        if asked.what != "tests":
            good.append(faults())
    except AbsentError as absent:
        print(absent, file=sys.stderr)
        return 1
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())

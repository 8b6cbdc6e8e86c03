"""Counted instructions, which are the same on a busy machine: the session to its rep table against VQF alone.

Valgrind counts those of a whole process, so each piece of work is what a process takes beyond one that only imports and
loads: ``python -m tests.benchmarks.instructions WORK FOLDER``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from vqf import VQF

from dowel.reports.notebook import analyse
from dowel.session.tables import REP_COLUMNS, to_csv
from tests.benchmarks.session import PLACEMENTS

CALLGRIND: Final = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")


def nothing(folder: Path) -> None:
    """Import everything and load the samples, which the others do too."""
    for placement in PLACEMENTS:
        data = np.load(folder / f"{placement}.npz")
        VQF(0.01).updateBatch(data["gyr"][:1], data["acc"][:1])


def vqf(folder: Path) -> None:
    for placement in PLACEMENTS:
        data = np.load(folder / f"{placement}.npz")
        VQF(0.01).updateBatch(data["gyr"], data["acc"])


def table(folder: Path) -> None:
    nothing(folder)
    to_csv(analyse(folder / "session.dowel", keep_all=False).rep_dicts(), REP_COLUMNS)


WORKS: Final[Mapping[str, Callable[[Path], None]]] = {work.__name__: work for work in (nothing, vqf, table)}


def of(work: str, folder: Path) -> int:
    """The instructions of a process that does this work."""
    here = (sys.executable, "-m", "tests.benchmarks.instructions", work, str(folder))
    told = subprocess.run([*CALLGRIND, *here], check=True, capture_output=True, text=True).stderr
    found = re.search(r"Collected : (\d+)", told)
    assert found is not None, told
    return int(found[1])


def ratio(folder: Path) -> float | None:
    """The table of the session in a folder over VQF of its samples; None where there is no valgrind."""
    if shutil.which(CALLGRIND[0]) is None:
        return None
    without = of("nothing", folder)
    return (of("table", folder) - without) / (of("vqf", folder) - without)


if __name__ == "__main__":
    WORKS[sys.argv[1]](Path(sys.argv[2]))

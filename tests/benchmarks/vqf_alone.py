"""What cannot be done without: what the command imports of others, and the attitude filter over the same samples."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np
from vqf import VQF

NEEDED = (np, click)
"""``dowel report --csv`` loads nothing else of others that takes time."""


def run(folder: Path) -> None:
    for path in sorted(folder.glob("*.npz")):
        data = np.load(path)
        VQF(0.01).updateBatch(data["gyr"], data["acc"])


if __name__ == "__main__":
    run(Path(sys.argv[1]))

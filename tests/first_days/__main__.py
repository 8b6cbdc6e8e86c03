"""``python -m tests.first_days``: the three days in full; ends with 1 where a question was left open."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dowel.commands import run
from tests.end_to_end.browser import chromium
from tests.first_days.days import Day, coach, lifter, researcher

SESSION: Final = "practice.dowel"


def main() -> int:
    """Live them and print the figures."""
    with TemporaryDirectory() as kept:
        demo = Path(kept) / "demo.dowel"
        if run(["demo", "--out", str(demo)]):
            return 1
        lived = _lived(Path(kept), demo)
    for each in lived:
        print(f"{each.name}: {len(each.steps)} steps, {sum(s for _, s in each.steps):.0f} s")
        for what, seconds in each.steps:
            print(f"  {seconds:6.1f} s  {what}")
        for question in each.questions:
            print(f"  open: {question}")
    return 1 if any(each.questions for each in lived) else 0


def _lived(kept: Path, demo: Path) -> list[Day]:
    """The three days, each in a folder of its own."""
    lived = []
    with chromium() as browser:
        days: tuple[Callable[[Path], Day], ...] = (
            lambda folder: lifter(folder, SESSION, browser, practises=True),
            lambda folder: coach(folder, SESSION, browser),
            lambda folder: researcher(folder, SESSION),
        )
        for number, day in enumerate(days):
            folder = kept / str(number)
            folder.mkdir()
            if number:
                shutil.copy(demo, folder / SESSION)
            lived.append(day(folder))
    return lived


if __name__ == "__main__":
    sys.exit(main())

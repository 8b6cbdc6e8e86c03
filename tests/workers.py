"""How the tests are spread over processes, so that all cores work and nothing that runs in real time is starved.

A file is the unit: its tests share what its fixtures make. Files that run in real time make two units, so that at most
two of them run at a time: they wait more than they compute, so there is a process more than cores. What takes longest
begins first, so that it is not left for the end.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

REAL_TIME = {
    "tests/end_to_end/test_bluez.py": "buses and phones",
    "tests/end_to_end/test_phone_page.py": "buses and phones",
    "tests/end_to_end/test_live_page.py": "pages and kills",
    "tests/end_to_end/test_practice_ended.py": "pages and kills",
    "tests/first_days/test_days.py": "pages and kills",
}
"""Browsers, buses, terminals and kills, with the unit that each is of: it takes the time that it takes."""

NUMBER = (os.cpu_count() or 1) + 1
"""Processes: measured on two cores, with two one of the cores is idle as long as the other's tests wait."""

PRACTICES = "tests/live/"
"""A practice each; after real time they are the longest."""

TOGETHER = ("tests/app/history/",)
"""Folders whose files share what is costly to make: a month of sessions."""

MANY_FILES = 20
"""A second process must import everything too, which takes as long as ten files without a practice in them."""


def file_of(nodeid: str) -> str:
    """The file of a test."""
    return nodeid.partition("::")[0]


class RealTimeTogether(LoadFileScheduling):
    """Files go to the workers in the order in which they were collected, those of real time as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        file = file_of(nodeid)
        if file in REAL_TIME:
            return REAL_TIME[file]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def few_files(arguments: Iterable[str]) -> bool:
    """Whether what was asked for is done before a second process has begun."""
    folders = [Path(argument) for argument in arguments if "::" not in argument]
    return sum(1 for folder in folders for _ in folder.rglob("test_*.py")) < MANY_FILES


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """The longest first: real time, whole practices, then the files by how many slow tests they have."""
    slow = Counter(file_of(item.nodeid) for item in items if item.get_closest_marker("slow"))

    def key(item: pytest.Item) -> tuple[bool, bool, int]:
        file = file_of(item.nodeid)
        return file not in REAL_TIME, not file.startswith(PRACTICES), -slow[file]

    return sorted(items, key=key)

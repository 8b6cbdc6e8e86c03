"""From a session of the history to its report as a page."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from dowel.history.practised_sets import PracticeSession
from dowel.reports.page_beside import write_page
from dowel.text.progress import Progress


def write_reports(sessions: Iterable[PracticeSession]) -> int:
    """Write the reports that are missing beside their sessions, or older than these; how many."""
    wanted = [each.path for each in sessions if not _is_fresh(each.path)]
    with Progress() as progress:
        for number, path in enumerate(wanted, start=1):
            progress.tell(f"report {number} of {len(wanted)}: {path.name}")
            write_page(path)
    return len(wanted)


def report_links(sessions: Iterable[PracticeSession], folder: Path) -> dict[Path, str]:
    """The addresses of the reports that lie beside their sessions, for a page in ``folder``."""
    found = {}
    for each in sessions:
        page = each.path.with_suffix(".html")
        if page.is_file():
            found[each.path] = quote(Path(os.path.relpath(page.resolve(), folder)).as_posix())
    return found


def _is_fresh(session: Path) -> bool:
    page = session.with_suffix(".html")
    return page.is_file() and page.stat().st_mtime_ns >= session.stat().st_mtime_ns

"""A session's report as a page beside the session: written, and made again when the session says something else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from dowel.recordings.ordinary_file import read_ordinary
from dowel.reports.letterhead import Letterhead
from dowel.text.atomic_write import write_whole

_HEAD_CHARACTERS: Final = 2000
_MOST_BYTES: Final = 100 << 20
"""Whatever has more is no page of one session."""
_MADE_BY: Final = '<meta name="generator" content="dowel '
_TITLE_END: Final = "· Dowel report</title>"
_SECOND_SESSION: Final = '<article id="session-2"'


def write_page(session: Path, letterhead: Letterhead | None = None) -> Path:
    """Write a session's report as a page beside it; without another with the letterhead of the config.

    Raises ``InputError`` where the session cannot be used.
    """
    # late: who marks a session without a page need not load what draws one
    from dowel.reports.notebook import analyse
    from dowel.reports.page import html_page, session_view

    results, page = analyse(session), session.with_suffix(".html")
    write_whole(page, html_page([session_view(results)], letterhead or Letterhead.usual()[0]), own=True)
    return page


def renew_page(session: Path) -> Path | None:
    """Make the page beside a session again, where there is one and it is its report alone; None where there is none."""
    page = session.with_suffix(".html")
    with suppress(OSError, UnicodeDecodeError):
        text = read_ordinary(page, _MOST_BYTES).decode()
        head = text[:_HEAD_CHARACTERS]
        if _MADE_BY in head and _TITLE_END in head and _SECOND_SESSION not in text:
            return write_page(session, Letterhead.of_page(text))
    return None

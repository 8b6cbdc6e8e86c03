"""A session told again: line by line on the terminal, and on the live page."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from rich.console import Console

from dowel.recordings.session_file.session_reader import Session
from dowel.replay.cues import ReplayedCues
from dowel.replay.pace import Pace, SessionPrinter
from dowel.session.results import SessionResults
from dowel.settings.cue_mode import CueMode
from dowel.text.sanitise import plain

if TYPE_CHECKING:
    from dowel.web.live_page import Page

LOOK_S: Final = 0.02
"""The page is looked after at least so often, also when the session is told faster than it can be shown."""


def replay_on_page(
    out: Console,
    session: Session,
    results: SessionResults,
    pace: Pace,
    *,
    cue: CueMode | None,
    volume: float | None,
    host: str,
) -> None:
    """Tell a session again on the terminal and on the page, from when somebody has opened it. Fills the results."""
    asyncio.run(_replay(out, session, results, pace, cue, volume, host))


async def _replay(
    out: Console,
    session: Session,
    results: SessionResults,
    pace: Pace,
    cue: CueMode | None,
    volume: float | None,
    host: str,
) -> None:
    from dowel.display.display_state import Board
    from dowel.web.live_page import open_page

    board = Board()
    async with open_page(board, host=host, clock_ns=time.perf_counter_ns, replay=True) as page:
        for sentence in page.sentences():
            out.print(plain(sentence), soft_wrap=True)
        out.print("The replay begins when the page is open.")
        await page.feed.first_viewer.wait()
        with ExitStack() as stack:
            again = ReplayedCues(session, results, out, stack, cue, volume, page) if pace.speed == 1.0 else None
            if again is not None:
                page.use_choices(again.choices, lambda: again.mode)
            await _follow(out, session, results, pace, page, again)


async def _follow(
    out: Console, session: Session, results: SessionResults, pace: Pace, page: Page, again: ReplayedCues | None
) -> None:
    from dowel.replay.session_view import ReplayedSession

    printer, shown = SessionPrinter(out, session, results), ReplayedSession(session, results)
    looked_s = time.monotonic()
    for wait_s, part in pace.plan(session, results):
        if wait_s > 0 or time.monotonic() - looked_s > LOOK_S:
            await asyncio.sleep(max(wait_s, 0.0))
            looked_s = time.monotonic()
        shown.follow(part)
        page.board.begin(shown)  # its engine is there with the first slice
        page.board.hear(part.marks, part.events)
        page.hear(part.marks, part.events)
        if again is not None:
            again(part)
        printer.print(part)
    printer.end()

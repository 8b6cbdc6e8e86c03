"""A session told again, led by keys or on the live page, and after it another one if one is chosen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from dowel.display.player import Timeline
from dowel.recordings.errors import InputError
from dowel.recordings.session_file.schema import SUFFIX
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.replay.cues import ReplayedCues
from dowel.replay.pace import Pace, SessionPrinter
from dowel.replay.playing import Listener, Playing
from dowel.replay.strip import Strip
from dowel.reports.report import report_of
from dowel.reports.terminal import print_report
from dowel.session.following import Followed, follow
from dowel.session.results import SessionResults
from dowel.settings.cue_mode import CueMode
from dowel.text.sanitise import plain

if TYPE_CHECKING:
    from dowel.replay.session_view import ReplayedSession
    from dowel.web.live_page import Page

MOST_OTHERS: Final = 50
ALONE_S: Final = 15.0
"""A replay on a page that nobody looks at any more, and that no terminal leads, ends after this: a reload takes 1 s."""


@dataclass(frozen=True)
class ReplayOptions:
    """What a person asked of a replay: how fast, with which cues, and where it is shown."""

    pace: Pace
    cue: CueMode | None = None
    volume: float | None = None
    page: bool = False
    host: str = ""
    keyboard: bool = False


def lead_replay(out: Console, file: Path, options: ReplayOptions) -> None:
    """Tell a session again, and whichever is chosen after it, until the person has seen enough."""
    asyncio.run(_lead(out, file, options))


async def _lead(out: Console, file: Path, options: ReplayOptions) -> None:
    async with AsyncExitStack() as stack:
        page = await _page(out, stack, options) if options.page else None
        strip = stack.enter_context(Strip(out)) if options.keyboard else None
        told: Path | None = None
        chosen: Path | None = file
        refused = ""
        while chosen is not None:
            try:
                told, chosen = chosen, await _tell(out, chosen, options, page, strip, refused)
                refused = ""
            except InputError as error:
                if told is None:
                    raise
                told, chosen, refused = None, told, str(error)  # back to the one that was told before


async def _page(out: Console, stack: AsyncExitStack, options: ReplayOptions) -> Page:
    from dowel.display.display_state import Board
    from dowel.web.live_page import open_page

    opening = open_page(Board(), host=options.host, clock_ns=time.perf_counter_ns, replay=True)
    page = await stack.enter_async_context(opening)
    for sentence in page.sentences():
        out.print(plain(sentence), soft_wrap=True)
    out.print("The replay begins when the page is open.")
    return page


async def _tell(
    out: Console, file: Path, options: ReplayOptions, page: Page | None, strip: Strip | None, refused: str
) -> Path | None:
    """One session; the one that was chosen after it, None for no more. ``refused``: why another cannot be told."""
    with open_session(file) as session, ExitStack() as stack:
        for problem in [*([refused] if refused else []), *session.problems]:
            out.print(plain(problem), style="yellow")
        if page is not None:
            page.board.wait(f"Reading {file.name}.")
        whole = await asyncio.to_thread(_analysed, session)
        if page is not None:
            await page.feed.first_viewer.wait()
        listeners: list[Listener] = []
        if page is not None:
            listeners.append(OnPage(page, session))
        if options.pace.speed == 1.0:
            outputs = () if page is None else (page,)
            cues = ReplayedCues(session, SessionResults.of(session), out, stack, options.cue, options.volume, *outputs)
            listeners.append(cues)
            if page is not None:
                page.use_choices(cues.choices, lambda: cues.mode)
        listeners.append(Lines(out, session))
        if strip is not None:
            listeners.append(strip)
        others = await asyncio.to_thread(others_of, file)

        def tell_report() -> None:
            print_report(out, report_of(whole))
            out.print(f"As a page: dowel report {plain(file)} --html", soft_wrap=True)

        playing = Playing(session, Timeline.of(whole), options.pace, listeners, others, tell_report)
        if page is not None:
            page.use_player(playing)
            if refused:
                page.board.warn(refused)
        if strip is not None:
            strip.lead(playing)
        alone = asyncio.create_task(_stop_alone(playing, page)) if page is not None and strip is None else None
        try:
            await playing.run()
        finally:
            if alone is not None:
                alone.cancel()
    return None if playing.chosen is None else file.resolve().with_name(playing.chosen)


def _analysed(session: Session) -> SessionResults:
    results = SessionResults.of(session)
    for _ in follow(session, results):
        pass
    return results


def others_of(file: Path) -> Sequence[str]:
    """The other sessions of a session's folder, the newest first."""
    file = file.resolve()  # of a link, where the session lies
    found = [path for path in file.parent.glob(f"*{SUFFIX}") if path.name != file.name]
    return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[:MOST_OTHERS]]


async def _stop_alone(playing: Playing, page: Page) -> None:
    """End a replay that is over where nobody looks at it any more."""
    unseen_s = 0.0
    while unseen_s < ALONE_S:
        await asyncio.sleep(1.0)
        unseen_s = unseen_s + 1.0 if playing.over and not page.feed.viewers else 0.0
    playing.stop()


class OnPage:
    """A listener of the replay: the live page shows it as it showed the practice."""

    def __init__(self, page: Page, session: Session) -> None:
        self._page = page
        self._session = session
        self._shown: ReplayedSession | None = None

    def begin(self, results: SessionResults) -> None:
        """It is told from its start, into these results."""
        from dowel.replay.session_view import ReplayedSession

        self._shown = ReplayedSession(self._session, results)
        self._page.board.restart()

    def hear(self, part: Followed, *, told: bool) -> None:
        """The next slice."""
        if self._shown is None:
            return
        self._shown.follow(part)
        self._page.board.begin(self._shown)
        self._page.board.hear(part.marks, part.events)
        if told:
            self._page.hear(part.marks, part.events)

    def hold(self, *, still: bool) -> None:  # noqa: ARG002
        """The page says whether it goes on."""
        self._page.feed.changed()

    def leave(self) -> None:
        """Another moment is sought: nobody sees the way there."""
        self._page.feed.seek()

    def arrived(self) -> None:
        """Another moment: no news of the way there, and a trace that begins before it."""
        self._page.board.hush()
        self._page.feed.move()

    def end(self) -> None:
        """All of it was told."""
        self._page.feed.changed()


class Lines:
    """A listener of the replay: prints it line by line."""

    def __init__(self, out: Console, session: Session) -> None:
        self._out, self._session = out, session
        self._printer: SessionPrinter | None = None
        self._results: SessionResults | None = None

    def begin(self, results: SessionResults) -> None:
        """It is told from its start, into these results."""
        self._results = results
        self._printer = SessionPrinter(self._out, self._session, results)

    def hear(self, part: Followed, *, told: bool) -> None:
        """The next slice."""
        if self._printer is not None:
            self._printer.hear(part, told=told)

    def hold(self, *, still: bool) -> None:
        """No line for it."""

    def leave(self) -> None:
        """No line for it."""

    def arrived(self) -> None:
        """No line for it."""

    def end(self) -> None:
        """All of it was told."""
        if self._printer is not None:
            self._printer.end()
        if self._results is not None and not self._results.rep_rows:
            self._out.print("No reps were found.")

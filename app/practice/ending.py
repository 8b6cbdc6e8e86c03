"""What a practice ends with: its verdict, its tables, its report as a page, and what to do next."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from dowel.display.view import Ending, NextCommand
from dowel.practice.interruption import ending_signals
from dowel.practice.recording_place import sessions_folder
from dowel.reports.page_beside import write_page
from dowel.reports.report import Report, report_of
from dowel.reports.terminal import print_report
from dowel.session.results import SessionResults
from dowel.text.sanitise import plain
from dowel.text.typed import typed

if TYPE_CHECKING:
    from dowel.web.live_page import Page

LOOK_S: Final = 0.25
LEFT_S: Final = 10.0
"""Nobody has looked for so long: everybody has left. A page that is loaded again, and a report, come within it."""
LONGEST_S: Final = 600.0
"""A page that is left open somewhere does not keep the program for ever."""


async def tell_everywhere(out: Console, results: SessionResults, page: Page | None, *, with_page: bool) -> None:
    """Tell the end on the terminal and on the page; there the report can be opened by whoever ended the practice."""
    report = report_of(results)
    if page is not None:
        page.tell_end(ending_of(results, report))
    written = await asyncio.to_thread(tell_end, out, results, report, with_page=with_page)
    if page is None:
        return
    page.tell_end(ending_of(results, report, written))
    if page.ended_here and page.feed.viewers:
        out.print(
            "\nThe live page shows the report until it is closed, for "
            f"{LONGEST_S / 60:.0f} minutes at most. Ctrl-C ends it at once."
        )
        await until_left(page)


async def until_left(page: Page) -> None:
    """Wait until nobody looks at a page any more, or a signal asks for the end."""
    enough = asyncio.Event()
    alone_s = waited_s = 0.0
    with ending_signals(asyncio.get_running_loop(), enough.set):
        while alone_s < LEFT_S and waited_s < LONGEST_S and not enough.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), LOOK_S)
            waited_s += LOOK_S
            alone_s = 0.0 if page.feed.viewers else alone_s + LOOK_S


def tell_end(out: Console, results: SessionResults, report: Report, *, with_page: bool) -> Path | None:
    """Print the end of a session that is closed; ``with_page`` also writes its report beside it, and gives its path."""
    with suppress(OSError):  # the terminal may be gone: that ended the practice
        print_report(out, report)
        if report.reps:  # else the report says it
            out.print(Text(f"\n{plain(report.verdict)}", style="bold"))
        if report.advice and report.advice[0].seen:  # else the set that asks for it says it
            out.print(f"\nWork on next: {plain(_work_on(report))}", markup=False)
        out.print(f"\nsession  {results.path}", soft_wrap=True)
    page = write_page(results.path) if with_page and results.rep_rows else None
    with suppress(OSError):
        if page is not None:
            out.print(f"report   {page}", soft_wrap=True)
        print_next(out, *next_commands(results.path))
    return page


def print_next(out: Console, *commands: NextCommand) -> None:
    """Commands that come next, one in a line."""
    for number, each in enumerate(commands):
        out.print(f"{'' if number else 'next':<9}{plain(each.command)} (to {each.what})", soft_wrap=True)


def ending_of(results: SessionResults, report: Report, page: Path | None = None) -> Ending:
    """The same for the live page; ``page`` is the report beside the session, None where none was written."""
    commands = next_commands(results.path)
    if page is None and results.rep_rows:
        as_page = NextCommand(f"dowel report {typed(results.path)} --html", "get the report as a page")
        commands = (as_page, *commands)
    return Ending(report.verdict, page.name if page is not None else "", commands, _work_on(report))


def _work_on(report: Report) -> str:
    """The first of a report's advice; empty where there is none."""
    return next((f"{each.title}. {each.do}" for each in report.advice), "")


def next_commands(session: Path) -> tuple[NextCommand, ...]:
    """Where a session goes on; it is named wherever the newest of the usual folder would be another one."""
    usual = session.resolve().parent == sessions_folder().resolve()
    folder = "" if usual else f" {typed(session.parent)}"
    file = "" if usual and session.name[0].isdigit() else f" {typed(session)}"  # named by its time, as the newest
    return (
        NextCommand(f"dowel history{folder}", "see your progress over the weeks"),
        NextCommand(f"dowel replay{file} --page", "see it again"),
    )

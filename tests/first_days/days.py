"""What a lifter, a coach and a researcher do on their first day, step by step."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from tests.end_to_end.browser import shown
from tests.first_days.terminal import Terminal

DOCS: Final = Path(__file__).parents[2]


@dataclass
class Day:
    """One person's day: steps with their seconds, and the questions that were left open."""

    name: str
    folder: Path
    read: str = ""
    steps: list[tuple[str, float]] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def reads(self, *pages: str) -> None:
        """The day begins with these pages of the project."""
        for page in pages:
            with self.step(f"reads {page}"):
                self.read += (DOCS / page).read_text(encoding="utf-8")

    @contextmanager
    def step(self, what: str, named: str = "") -> Iterator[None]:
        """One step; ``named`` is what must have been read or seen before, else it was guessed."""
        if named and named not in self.read:
            self.questions.append(f"{what}: nothing named {named!r}")
        began_s = time.monotonic()
        yield
        self.steps.append((what, time.monotonic() - began_s))

    def expects(self, text: str, told: str) -> None:
        """What a step was done for must stand in what it showed."""
        self.read += told
        if text not in told:
            self.questions.append(f"{self.steps[-1][0] if self.steps else 'the beginning'}: where is {text!r}?")


def lifter(folder: Path, session: str, browser: Browser | None, *, practises: bool) -> Day:
    """Practises (or has a session), sees a loss again with keys, and reads the report."""
    day = Day("lifter", folder)
    day.reads("README.md", "docs/first-session.md")
    with Terminal(folder) as terminal:
        if practises:
            with day.step("practises with the simulated lifter", "dowel practice --simulate"):
                terminal.start("dowel", "practice", "--simulate", "--out", session, "--no-page")
                day.expects("lost", terminal.until("Set 1:"))
                terminal.press("q")
                terminal.end()
        day.expects("reps", terminal.run("dowel", "report", session))
        with day.step("sees the first loss again and quits", "dowel replay"):
            terminal.start("dowel", "replay", session)
            terminal.until("rep before")
            terminal.press("x")
            told = terminal.until("lost")
            terminal.press(" ")
            day.expects("next loss", terminal.until("paused") + told)
            terminal.press("q")
            terminal.end()
        with day.step("wants the report as a page", "dowel report --html"):
            terminal.run("dowel", "report", session, "--html")
        page = (folder / session).with_suffix(".html")
        if browser is not None:
            with day.step("opens it"), shown(browser, page.as_uri()) as watched:
                day.expects("lost", watched.page.inner_text("body"))
    return day


def coach(folder: Path, session: str, browser: Browser, *, rep: int = 5) -> Day:
    """Sees a client's loss on the page, judges a rep otherwise, and looks at the way over the weeks."""
    day = Day("coach", folder)
    day.reads("README.md", "docs/for-coaches.md", "docs/commands.md")
    with Terminal(folder, columns=200) as terminal:
        with day.step("opens the replay on the page", "dowel replay --page"):
            terminal.start("dowel", "replay", session, "--page")
            address = re.search(r"http://\S+", terminal.until("begins when"))
            assert address is not None
        ended = terminal.end_beside()
        with shown(browser, address[0]) as watched:
            page = watched.page
            with day.step("goes to the first loss and pauses there", "`x` goes from loss to loss"):
                page.locator("#player-loss:not([disabled])").click()
                page.locator("#last-reps [data-state=lost]").first.wait_for()  # it stays, however slow the browser is
                page.locator("#player-pause[data-playing=true]").click()
                page.locator("#last-reps [data-state=lost]").first.click()  # meanwhile another rep may be the latest
            day.expects("sacrum", page.inner_text("#rep-detail"))
            with day.step("asks for its report"), watched.page.context.expect_page() as opened:
                page.keyboard.press("r")
            opened.value.locator("table").first.wait_for()
            day.expects("lost", opened.value.inner_text("body"))
            with day.step("closes the replay"):
                page.keyboard.press("q")
                ended.join()
            assert watched.complaints == []
    with Terminal(folder, columns=100) as terminal:
        with day.step("judges a rep otherwise", "dowel mark"):
            terminal.run("dowel", "mark", session, "--rep", str(rep), "--kind", "verdict", "--detail", "held")
        with day.step("reads the report again", "dowel report"):
            told = terminal.run("dowel", "report", session)
        day.expects("by eye", told)
        with day.step("looks at the way", "dowel history"):
            day.expects("hinge", terminal.run("dowel", "history", "."))
    return day


def researcher(folder: Path, session: str) -> Day:
    """From a session to tables and pictures in Python, with other limits, and files for other programs."""
    day = Day("researcher", folder)
    day.reads("README.md", "docs/guide.md", "docs/commands.md")
    with Terminal(folder, columns=160) as terminal:
        with day.step("opens Python and the session", "dowel.analyse("):
            terminal.start(sys.executable, "-q")
            terminal.until(">>>")
            terminal.press(f"import dowel; session = dowel.analyse({session!r}); session\n")
            day.expects("rod calibration", terminal.until("parameters:"))
        with day.step("looks at reps", "session.reps"):
            terminal.press("print(session.reps.groupby('verdict')['hinge_angle_deg'].count().to_dict())\n")
            day.expects("'lost': 2", terminal.until("}"))
        with day.step("asks with other limits", "limits={"):
            terminal.press(f"wider = dowel.analyse({session!r}, limits={{'rounding': 20}})\n")
            terminal.press("print(set(wider.reps['parameters']), (wider.reps['verdict'] == 'lost').sum())\n")
            day.expects("rounding=20", terminal.until("} 1"))
        with day.step("draws", "percent=True"):
            terminal.press("session.plot(beside=wider).savefig('reps.png'); print('drawn', 1 + 1)\n")
            terminal.until("drawn 2")
        with day.step("leaves Python"):
            terminal.press("exit()\n")
            terminal.end()
        with day.step("exports tables", "dowel export"):
            terminal.run("dowel", "export", session, "--to", "tables")
    named = {path.name for path in (folder / "tables").iterdir()}
    day.expects("reps.csv", " ".join(sorted(named)))
    assert (folder / "reps.png").stat().st_size > 10_000
    return day

"""A practice of the simulated lifter in real time, with its page, beside a test that uses the page as people do."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from dowel.analysis.events import Event, RepCounted
from dowel.cues.cue_outputs import keeping
from dowel.cues.cue_settings import Choices
from dowel.display.display import Display, Displays
from dowel.display.display_state import Board
from dowel.practice.autopilot import Autopilot
from dowel.practice.ending import ending_of
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.practice.run_practice import SWITCH_INTERVAL_S
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import Mark, Placement
from dowel.reports.report import report_of
from dowel.sensors.simulated.person.plan import Person, Piece, Plan, Scene
from dowel.sensors.simulated.world import World, Worn
from dowel.session.setup import SessionSetup
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences
from dowel.web.feed import FRAME_S
from dowel.web.live_page import Page, open_page
from tests.simulated_devices.capture2go import Capture2Go

PATIENCE_S: Final = 120.0
DEVICE: Final = Capture2Go
"""It tells the time of each sample, so that a moment in which the browser takes the whole machine is no gap."""
TIDY: Final = Person(rep_sd_deg=0.2)
"""His verdicts must not depend on the moment at which something was clicked."""
WORST_FIRST: Final = ("lost", "near", "held")

T = TypeVar("T")


class OneByOne:
    """A set in pieces of which the simulated lifter does one each time he is told to; a piece itself."""

    def __init__(self, reps: Iterable[Piece]) -> None:
        self._left = iter(reps)

    def plan(self, scene: Scene) -> Plan:
        """The next one."""
        return next(self._left).plan(scene)


class _When(Display):
    """Notes when the program knew something, by the wall clock, which a browser on this computer has too.

    ``contact`` has the session time too. ``ticks``: as often as this computer lets the practice's loop make a frame.
    """

    def __init__(self) -> None:
        self.counted: list[tuple[float, int]] = []
        self.contact: list[tuple[float, str, float]] = []
        self.ticks: list[float] = []
        self._practice: Practice | None = None

    def begin(self, practice: Practice) -> None:
        self._practice = practice
        practice.live.listeners.append(self._look)

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:
        self.counted += [(time.time(), event.number) for event in events if isinstance(event, RepCounted)]

    def _look(self, marks: Sequence[Mark], events: Sequence[Event], arrival_ns: int) -> None:
        """The worst contact at the latest grid point, as board and page take it."""
        assert self._practice is not None
        results = self._practice.live.results
        now = results.now
        if now.calibration is None:
            return
        states = [str(state) for state in now.contacts.values()]
        worst = next((state for state in WORST_FIRST if state in states), "unknown")
        if not self.contact or self.contact[-1][1] != worst:
            self.contact.append((time.time(), worst, results.analysed_until_s))

    async def tick(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(FRAME_S)
            self.ticks.append(time.time())


class LivePractice:
    """A practice in a thread with an event loop of its own; leaving the ``with`` ends it.

    It begins with :meth:`begin`, so that a viewer can be there before. The lifter follows the calibration by himself,
    does the first of the ``reps`` when a set is begun, and each other one when :meth:`next_rep` tells him, so that
    nothing happens while nobody is ready to look; everything else is pressed. Its page stays until :meth:`join`.
    """

    def __init__(
        self,
        out: Path,
        *,
        person: str = "",
        sensor_names: Sequence[str | None] = (None, None),
        reps: Sequence[Piece],
    ) -> None:
        self.out = out
        self.when = _When()
        self.page: Page
        self.practice: Practice
        self.world: World
        self._person = person
        self._reps = reps
        self._worn = [
            Worn(placement, DEVICE, name=name)
            for placement, name in zip((Placement.UPPER_BACK, Placement.SACRUM), sensor_names, strict=True)
        ]
        self._loop: asyncio.AbstractEventLoop
        self._go: asyncio.Event
        self._left: asyncio.Event
        self._served = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    @property
    def address(self) -> str:
        """What to open; good for as long as the practice runs."""
        return self.page.address

    def __enter__(self) -> Self:
        sys.setswitchinterval(SWITCH_INTERVAL_S)  # as a practice does
        self._thread.start()
        assert self._served.wait(PATIENCE_S)
        self._raise()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._go.set)
            self._loop.call_soon_threadsafe(self.practice.stop)
        self.join()

    def begin(self) -> None:
        """Look for the sensors, and everything after it."""
        self._loop.call_soon_threadsafe(self._go.set)

    def next_rep(self) -> None:
        """Let the lifter do the next rep."""
        self.do(self.world.lifter.do, "set")

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until this holds."""
        end_s = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end_s
            time.sleep(0.02)

    def lag_s(self) -> float:
        """How far the slowest of the page's viewers is behind the quickest."""
        told_to = [viewer.trace_from for viewer in self.page.feed._viewers]
        return (max(told_to) - min(told_to)) / GRID_HZ if told_to else 0.0

    def join(self) -> None:
        """Close the page and wait for the end; raises what went wrong in the practice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._left.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._raise()

    def do(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in the practice's loop; coroutine functions are waited for."""

        async def called() -> Any:
            result = function(*arguments)
            return await result if asyncio.iscoroutine(result) else result

        done: T = asyncio.run_coroutine_threadsafe(called(), self._loop).result(PATIENCE_S)
        return done

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        try:
            asyncio.run(self._practise())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._served.set()

    async def _practise(self) -> None:
        self._loop, self._go, self._left = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        async with AsyncExitStack() as stack:
            self.world = World(self._worn, set_pieces=(OneByOne(self._reps),), person=TIDY, soft_tissue_deg=0.5)
            await self.world.start()
            stack.push_async_callback(self.world.close)
            board = Board()
            self.page = await stack.enter_async_context(open_page(board, host="", clock_ns=self.world.radio.clock_ns))
            display = Displays(board, self.page, self.when)
            choices = Choices(CuePreferences(), keeping(stack.enter_context(ExitStack()), display.warn))
            self.practice = Practice(
                PracticeOptions(SessionSetup(person=self._person), self.out, CueMode.LIVE, simulated=True),
                self.world.radio,
                display,
                started_at=datetime.now(UTC),
                performer=Autopilot(self.world.lifter),
                outputs=[self.page],
                choices=choices,
            )
            ticking = asyncio.create_task(self.when.tick())
            stack.callback(ticking.cancel)
            self._served.set()
            await self._go.wait()
            await self.practice.run()
            if self.practice.begun:
                results = self.practice.live.results
                self.page.tell_end(ending_of(results, report_of(results)))
                await self._left.wait()

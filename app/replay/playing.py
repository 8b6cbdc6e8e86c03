"""A replay that can be paused and moved: the session is analysed once more from its start up to any moment.

So every moment looks as it did in the practice, and rows that were told on the way there are those of the report, bit
by bit: where the stream is cut changes no number (design#one-pipeline).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from dowel.display.player import Timeline
from dowel.recordings.errors import naming
from dowel.recordings.session_file.session_reader import Session
from dowel.replay.pace import Pace
from dowel.sensors.stream.replay import InPieces
from dowel.session.following import Followed, Following
from dowel.session.results import SessionResults

LOOK_S: Final = 0.02
"""Whoever shows the replay is looked after at least so often, also when it is told faster than it can be shown."""
ON_THE_WAY: Final = 1024
"""So many notifications at once, 5 s of two sensors, on the way to another moment: some ms of the event loop's time."""


class Listener(Protocol):
    """Somebody who is told the session again."""

    def begin(self, results: SessionResults) -> None:
        """It is told from its start, into these results."""

    def hear(self, part: Followed, *, told: bool) -> None:
        """The next slice; ``told`` False on the way to another moment, where nothing is to be said or to sound."""

    def hold(self, *, still: bool) -> None:
        """It stands still from here on, or goes on."""

    def leave(self) -> None:
        """Another moment is sought."""

    def arrived(self) -> None:
        """It was reached."""

    def end(self) -> None:
        """All of it was told."""


class Playing:
    """One session told again (a :class:`~dowel.display.player.Player`), inside a running event loop.

    ``timeline`` is what the analysis of all of it gave, ``others`` the sessions that can be told instead.
    ``tell_report`` is called when the report is asked for. ``chosen`` is the session to tell instead, when :meth:`run`
    returns because one was chosen.
    """

    def __init__(
        self,
        session: Session,
        timeline: Timeline,
        pace: Pace,
        listeners: Sequence[Listener],
        others: Sequence[str] = (),
        tell_report: Callable[[], None] = lambda: None,
    ) -> None:
        self.timeline = timeline
        self.others = others
        self.playing = True
        self.over = self.moving = False
        self.chosen: str | None = None
        self._session = session
        self._stream = InPieces(session)
        self._pace = pace
        self._listeners = listeners
        self._news = asyncio.Event()
        self._tell_report = tell_report
        self._leaving = False
        self._goal: int | None = None
        self._told_s = timeline.began_s
        self._clock: tuple[float, float] | None = None
        self._begin()

    @property
    def at_s(self) -> float:
        """Session time up to which it was told."""
        return self._told_s

    # --- what a person does ---

    def pause(self) -> None:
        """Pause, or go on; at the end from the start."""
        if self.over and self._goal is None:
            self.move(self.timeline.began_s)
        else:
            self._set_playing(not self.playing)

    def move(self, to_s: float) -> None:
        """Go to a moment of the session; from the end it then goes on."""
        self._goal = self._stream.before(self.timeline.within(to_s))
        self._told_s = self.timeline.within(to_s)  # so that a second step on the way counts from there
        self.moving = True
        if self.over:
            self._set_playing(True)
        self._news.set()

    def open_report(self) -> None:
        """Tell what the whole session gave."""
        self._tell_report()

    def choose(self, name: str) -> None:
        """Tell another session instead."""
        self.chosen = name
        self.stop()

    def stop(self) -> None:
        """End the replay."""
        self._leaving = True
        self._news.set()

    def _set_playing(self, playing: bool) -> None:
        self.playing, self._clock = playing, None
        for listener in self._listeners:
            listener.hold(still=not playing)
        self._news.set()

    # --- from slice to slice ---

    async def run(self) -> None:
        """Tell it, until it is stopped or another session is chosen. Raises ``InputError`` for a bad mark."""
        looked_s = self._pace.clock()
        with naming(self._session.path):
            while not self._leaving:
                self._news.clear()
                if self._goal is not None:
                    await self._go(self._goal)
                elif not self.playing or self.over:
                    await self._news.wait()
                else:
                    part = self._next(self._pace.notifications_per_slice or ON_THE_WAY)
                    wait_s = self._due_in_s(part.now_s)
                    if wait_s > 0 or self._pace.clock() - looked_s > LOOK_S:
                        await self._wait(wait_s)
                        looked_s = self._pace.clock()
                    self._tell(part, told=True)

    async def _wait(self, wait_s: float) -> None:
        """Until a slice is due, or somebody wants something else: the slice was analysed and is told all the same."""
        try:
            async with asyncio.timeout(max(wait_s, 0.0)):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _go(self, goal: int) -> None:
        """To a place in the stream, silently."""
        for listener in self._listeners:
            listener.hold(still=True)
            listener.leave()
        if goal < self._place or self.over:
            self._begin()
        while self._goal == goal and self._place < goal and not self._leaving:
            self._tell(self._next(min(ON_THE_WAY, goal - self._place)), told=False)
            await asyncio.sleep(0)
        if self._goal != goal:
            return
        self._goal, self.moving = None, False
        for listener in self._listeners:
            listener.arrived()
        self._set_playing(self.playing)

    def _begin(self) -> None:
        """From the session's start."""
        self.results = SessionResults.of(self._session)
        stream = self._stream
        self._following = Following(stream.sensors, stream.origin_ns, self.results)
        self._place, self.over = 0, False
        for listener in self._listeners:
            listener.begin(self.results)

    def _next(self, notifications: int) -> Followed:
        """The next slice, analysed; after the last one what the end of the stream gives."""
        if self._place >= len(self._stream):
            self.over = True
            return self._following.finish()
        first, self._place = self._place, min(self._place + notifications, len(self._stream))
        return self._following.feed(self._stream.between(first, self._place))

    def _tell(self, part: Followed, *, told: bool) -> None:
        if told and self._goal is None:
            self._told_s = max(self._told_s, part.now_s)  # a goal is reached some samples early
        for listener in self._listeners:
            listener.hear(part, told=told)
        if self.over:
            self._set_playing(False)
            for listener in self._listeners:
                listener.end()

    def _due_in_s(self, now_s: float) -> float:
        """How long a slice is still to be waited for; the first one after a pause or a move is due at once."""
        clock_s = self._pace.clock()
        if self._clock is None:
            self._clock = clock_s, now_s
        began_s, first_s = self._clock
        return began_s + (now_s - first_s) / self._pace.speed - clock_s

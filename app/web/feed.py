"""What viewers are told: one stream of server-sent events to each, at the viewer's own pace.

Server-sent events and not a WebSocket, because an iPhone refuses a WebSocket to a server with a local certificate, and
because the browser connects again by itself. A viewer that is slow gets fewer frames and holds up nobody: its stream
waits for it, and what it is told next is computed when it is ready.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Final

from dowel.web.frames import TRACE_S, Frames

FRAME_S: Final = 0.04
"""25 frames a second: movement looks even from 20 on."""
STATE_EVERY: Final = 3
"""Texts and numbers that a person reads are looked at for changes in every third frame; events change them at once."""
CUES_KEPT: Final = 50
MOST_VIEWERS: Final = 12
"""A coach's group; more would be a mistake or an attack, and each costs a little."""


@dataclass(slots=True, eq=False)
class Viewer:
    """Somebody who looks, and what has been told already."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    trace_from: int = 0
    state: str = ""
    cue: int = 0


class Feed:
    """Hands the frames to everybody who looks. ``state`` and ``now`` come from ``frames``, cues from :meth:`cue`."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._viewers: set[Viewer] = set()
        self._cues: deque[str] = deque(maxlen=CUES_KEPT)
        self._cue_count = 0
        self._over = False
        self._timer: asyncio.TimerHandle | None = None
        self._beats = 0
        self._state, self._is_stale = "", True
        self._tone: float | None = None
        self._kept_now = ""
        self.first_viewer = asyncio.Event()

    @property
    def viewers(self) -> int:
        """How many look at this moment."""
        return len(self._viewers)

    def cue(self, **cue: Any) -> None:
        """A cue, told at once."""
        self._cues.append(_event("cue", cue))
        self._cue_count += 1
        self.changed()

    def tone(self, level: float | None) -> None:
        """The steady tone at this level, or silence."""
        self._tone = level
        self._wake()

    def changed(self) -> None:
        """Something has happened that everybody should see now, not with the next frame.

        Called from within the session: what is to be seen is put together later, by whoever is told first.
        """
        self._is_stale = True
        self._wake()

    def seek(self) -> None:
        """Another moment of the session is sought: until :meth:`move` everybody sees this one and not the way."""
        if not self._kept_now:  # else another one is sought on the way
            self._state, self._is_stale = _event("state", self._frames.state(over=self._over)), False
            self._kept_now = self._frames.now(self._frames.point_at(0.0), None)[0]
        self._wake()

    def move(self) -> None:
        """Another moment of the session is shown from here on, or another session: everybody starts over there."""
        self._kept_now = ""
        self._frames.forget()
        for viewer in self._viewers:
            viewer.trace_from = self._frames.point_at(-TRACE_S)
        self.changed()

    def end(self) -> None:
        """The session is over: everybody is told the last state, and that it was the last."""
        self._over, self._kept_now = True, ""
        self.changed()

    def enter(self) -> Viewer | None:
        """A place for one more viewer, who must :meth:`leave` it; None: there are as many as there may be."""
        if len(self._viewers) >= MOST_VIEWERS:
            return None
        viewer = Viewer(trace_from=self._frames.point_at(-TRACE_S), cue=self._cue_count)
        self._viewers.add(viewer)
        self.first_viewer.set()
        self._is_stale = True
        self._beat_on()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Somebody looks no more."""
        self._viewers.discard(viewer)

    async def events(self, viewer: Viewer) -> AsyncGenerator[str, None]:
        """The stream of one viewer, from when it entered on."""
        yield "retry: 1000\n\n"
        while True:
            over = self._over
            news = self._news(viewer)
            if news:
                yield news
            if over:
                yield _event("end", {})
                return
            await viewer.wake.wait()
            viewer.wake.clear()

    def _news(self, viewer: Viewer) -> str:
        """What this viewer has not been told yet."""
        parts = []
        if self._is_stale and not self._kept_now:
            self._is_stale = False
            self._state = _event("state", self._frames.state(over=self._over))
        if viewer.state != self._state:
            viewer.state = self._state
            parts.append(self._state)
        missed = min(self._cue_count - viewer.cue, len(self._cues))
        parts += list(self._cues)[len(self._cues) - missed :]
        viewer.cue = self._cue_count
        now = self._kept_now
        if not now:
            now, viewer.trace_from = self._frames.now(viewer.trace_from, self._tone)
        parts.append(f"event: now\ndata: {now}\n\n")
        return "".join(parts)

    def _beat_on(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FRAME_S, self._beat)

    def _beat(self) -> None:
        self._timer = None
        if not self._viewers or self._over:
            return
        self._beats += 1
        if self._beats % STATE_EVERY == 0:
            self._is_stale = True
        self._wake()
        self._beat_on()

    def _wake(self) -> None:
        for viewer in self._viewers:
            viewer.wake.set()


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'), allow_nan=False)}\n\n"

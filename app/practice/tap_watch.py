"""Double taps on a sensor while a practice runs: a rep is marked without a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from dowel.analysis.events import Event
from dowel.analysis.movement.double_tap import DoubleTap
from dowel.practice.live_session import LiveSession
from dowel.recordings.types import Mark, Placement

LOOK_S: Final = 0.2
"""Looked for so often: a double tap is certain only 0.8 s after it anyway."""
WINDOW_S: Final = 4.0
"""Longer than a double tap and the quiet around it; most of it is quiet, so its median is that of lying still."""


class TapWatch:
    """Tells ``tapped`` the session time of each double tap on the sensor at ``placement``, if there is one."""

    def __init__(self, live: LiveSession, placement: Placement, tapped: Callable[[float], None]) -> None:
        self._live = live
        self._tapped = tapped
        self._detector = DoubleTap()
        self._sensor = next(
            (index for index, each in enumerate(live.engine.sensors) if each.placement is placement), None
        )
        self._looked_s = self._latest_s = float("-inf")
        live.listeners.append(self._hear)

    def _hear(self, marks: Sequence[Mark], events: Sequence[Event], arrival_ns: int) -> None:  # noqa: ARG002
        now_s = self._live.now_s
        if self._sensor is None or now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        time_s, acc, _ = self._live.engine.samples_between(self._sensor, now_s - WINDOW_S, now_s)
        for at_s in self._detector.of(time_s, acc):
            if at_s > self._latest_s + self._detector.alone_s:
                self._latest_s = at_s
                self._tapped(at_s)

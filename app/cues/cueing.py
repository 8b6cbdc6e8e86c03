"""Cues: what sounds when contact is lost, how late it is, and what is too late to sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from dowel.analysis.results import BendMeasured, ContactPassed, Event
from dowel.cues.cue_mode import CueMode
from dowel.practice.live import LiveSession
from dowel.recordings.types import Mark

LATEST_MS: Final = 250.0
"""A cue that is older than this is logged, not sounded (DESIGN 6.5): the lifter would tie it to another movement."""
HEARD_CUE: Final = "cue"
"""Kind under which a cue is kept in the file, with its age and whether it sounded."""


class Cueing:
    """Sounds a session's cues and keeps in the file what sounded and what came too late.

    ``live``: when contact is lost, within the rep. ``rep``: once after a rep that lost it. ``bell`` makes the sound.
    ``sounded`` and ``late`` count them.
    """

    def __init__(self, live: LiveSession, mode: CueMode, bell: Callable[[], None]) -> None:
        self.sounded = self.late = 0
        self._live = live
        self._mode = mode
        self._bell = bell
        live.listeners.append(self._hear)

    def _hear(self, marks: Sequence[Mark], events: Sequence[Event], arrival_ns: int) -> None:  # noqa: ARG002
        arrival_s = (arrival_ns - self._live.origin_ns) * 1e-9
        for event in events:
            if isinstance(event, ContactPassed):
                self._passed(event, arrival_s)
            elif isinstance(event, BendMeasured) and event.rep.verdict == "lost" and self._mode is CueMode.REP:
                self._sound()

    def _passed(self, event: ContactPassed, arrival_s: float) -> None:
        age_ms = 1e3 * (arrival_s - event.time_s)
        in_time = age_ms <= LATEST_MS
        sounds = self._mode is CueMode.LIVE and event.level == "lost" and in_time
        self.late += not in_time
        if sounds:
            self._sound()
        detail = {
            "level": event.level,
            "point": event.point,
            "reason": event.reason,
            "began_s": event.began_s,
            "age_ms": round(age_ms, 1),
            "late": not in_time,
            "sounded": sounds,
        }
        self._live.writer.heard(HEARD_CUE, event.time_s, detail)

    def _sound(self) -> None:
        self.sounded += 1
        self._bell()

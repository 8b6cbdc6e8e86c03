"""What a cue is, and what plays it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

POINTS: Final = ("sacrum", "upper_back", "head")
"""The points of the rod that a cue can name. Lying there is the one point ``floor``, which sounds as the sacrum."""


class CueKind(StrEnum):
    """What a cue tells."""

    CONTACT = "contact"
    """The rod has just come off at ``point``, or is still off there."""
    TICK = "tick"
    """A rep was counted."""
    VERDICT = "verdict"
    """The rep that is over had lost contact, first at ``point``."""
    SAID = "said"
    """``text`` is to be known now: the movement was another one, the range is near its end, what the next set is."""
    SUMMARY = "summary"
    """The set is over: ``text`` says how it was."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue. It is decided once, for all outputs, and handed to each of them.

    ``time_s``: the session time of what it tells. ``point``: the point of the rod, one of ``POINTS``; empty where none
    is meant. ``level``: how far off, as for the steady tone (0 at the warning limit, 1 at the lost limit).
    ``text``: the cue in words, to be shown, or to be spoken where ``spoken`` says so. ``number`` of the rep or set.
    ``sounds`` is false for what is only to be shown.
    """

    kind: CueKind
    time_s: float
    point: str = ""
    level: float = 0.0
    text: str = ""
    number: int = 0
    spoken: bool = False
    sounds: bool = True


class CueOutput(Protocol):
    """What plays cues: the terminal's bell, the computer's speaker, the page. It never waits and never raises."""

    def sound(self, cue: Cue) -> None:
        """Play or show a cue at once."""

    def tone(self, level: float | None) -> None:
        """Hold the steady tone at this level, or fall silent with None; called when it changes.

        0 is at the warning limit, 1 at the lost limit; it may be a little more.
        """

    def hush(self) -> None:
        """End every word, also those that wait: somebody is to stand still."""

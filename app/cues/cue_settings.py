"""The cues as they are wanted now, which a key or the page may change at any moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences

MODES: Final = (None, CueMode.OFF, CueMode.REP, CueMode.LIVE)
"""The key goes through them in this order; None: by the load and the tempo."""
MODE_WORDS: Final = {
    None: "as fits the drill: live, and after the rep with a load",
    CueMode.OFF: "off",
    CueMode.REP: "after a rep that lost contact",
    CueMode.LIVE: "live, while you move",
}
VOLUME_STEP: Final = 0.1


class Choices:
    """``cues`` are in force; ``listeners`` are told when they change. ``revision`` counts the changes.

    ``keep`` is given what a person has changed, by name, to be kept for later practices. What a practice was started
    with (``--cue``, ``--volume``) is not: it holds for this one.
    """

    def __init__(self, cues: CuePreferences, keep: Callable[[Mapping[str, Any]], None] | None = None) -> None:
        self.cues = cues
        self.revision = 0
        self.listeners: list[Callable[[CuePreferences], None]] = []
        self._keep = keep

    def use(self, cues: CuePreferences) -> None:
        """Use these from now on."""
        names = [field.name for field in fields(CuePreferences)]
        changed = {name: getattr(cues, name) for name in names if getattr(cues, name) != getattr(self.cues, name)}
        if not changed:
            return
        self.cues = cues
        self.revision += 1
        for listener in self.listeners:
            listener(cues)
        if self._keep is not None:
            self._keep(changed)

    def next_mode(self) -> str:
        """The next mode; returns what it is, as a sentence."""
        mode = MODES[(MODES.index(self.cues.mode) + 1) % len(MODES)]
        self.use(replace(self.cues, mode=mode))
        return f"Cues {MODE_WORDS[mode]}."

    def louder(self, steps: int = 1) -> str:
        """So many steps louder, or softer; returns how loud it is, as a sentence."""
        volume = min(max(round(self.cues.volume + steps * VOLUME_STEP, 3), 0.0), 1.0)
        self.use(replace(self.cues, volume=volume))
        return f"Volume {100 * volume:.0f} %."

"""The floor: the terminal's bell, for what must not be missed. It can only ring."""

from __future__ import annotations

from collections.abc import Callable

from dowel.cues.cue import Cue, CueKind


class Bell:
    """Rings ``ring`` at a lost contact and after a rep that lost it; a ring for each rep would hide these."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring

    def sound(self, cue: Cue) -> None:
        """Ring for what was lost."""
        if cue.sounds and cue.kind in (CueKind.CONTACT, CueKind.VERDICT):
            self._ring()

    def tone(self, level: float | None) -> None:
        """A bell has no tone."""

    def hush(self) -> None:
        """A bell has no words."""

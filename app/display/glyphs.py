"""The signs and colours that the terminal's pictures are made of: each state has a sign, and colour only repeats it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dowel.text.wording import VERDICT_STYLES


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The letters that pictures are made of."""

    held: str
    near: str
    lost: str
    unknown: str
    rule: str
    full: str
    empty: str
    news: str
    warn_mark: str
    lost_mark: str


UNICODE: Final = Glyphs("●", "▲", "✗", "▬", "─", "█", "─", "·", "╎", "┃")
ASCII: Final = Glyphs("o", "^", "X", "-", "-", "#", "-", ".", ":", "|")
"""For terminals that have no others."""

BLUE, YELLOW, RED, DIM = VERDICT_STYLES.values()
VERDICT_GLYPHS: Final = {
    "held": ("held", BLUE),
    "warned": ("near", YELLOW),
    "lost": ("lost", RED),
    "not_judged": ("unknown", DIM),
}
"""Verdict: which glyph, which style."""

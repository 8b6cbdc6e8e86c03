"""Text of unknown origin, made safe to show: names of files and devices, notes, whatever a session holds."""

from __future__ import annotations


def plain(text: object) -> str:
    """The text without line breaks and control characters, which could rewrite what stands on the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(text))

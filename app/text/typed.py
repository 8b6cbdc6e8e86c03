"""Paths in commands that a person is told to type."""

from __future__ import annotations

import sys
from shlex import quote


def typed(path: object, platform: str = sys.platform) -> str:
    """A path as it is typed on the command line of this system, in quotes where it needs them."""
    text = str(path)
    if platform != "win32":
        return quote(text)
    return f'"{text}"' if any(sign in text for sign in " &()^%!;,=") else text  # no name holds a quote there

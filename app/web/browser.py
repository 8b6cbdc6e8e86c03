"""The page comes up by itself in this computer's browser, where the person at the terminal would see it."""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from collections.abc import Mapping
from typing import Final

REMOTE: Final = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
"""Set where the terminal stands elsewhere: a window would open on a screen that nobody looks at."""


def has_screen(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a window that this program opens is seen by who sits at the terminal."""
    if any(environment.get(name) for name in REMOTE):
        return False
    if platform in ("win32", "darwin"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))  # else a browser of letters may come


async def open_in_browser(address: str) -> bool:
    """Open an address, without holding anything up; whether there was a browser for it."""
    return await asyncio.to_thread(webbrowser.open, address)

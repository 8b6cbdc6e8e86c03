"""The program's version, which every row carries."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def program_version() -> str:
    """Version of the installed program."""
    return version("dowel")

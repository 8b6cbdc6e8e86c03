"""When cues sound."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class CueMode(StrEnum):
    """When cues sound; a module of its own, so that ``dowel --help`` need not load the analysis."""

    OFF = "off"
    REP = "rep"
    LIVE = "live"


BY_LOAD: Final = "by load"
"""What a session says where no mode was chosen: live without a load, after the rep with one or in fast sets."""

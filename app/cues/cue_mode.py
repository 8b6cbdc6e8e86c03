"""When cues sound."""

from __future__ import annotations

from enum import StrEnum


class CueMode(StrEnum):
    """When cues sound; a module of its own, so that ``dowel --help`` need not load the analysis."""

    OFF = "off"
    REP = "rep"
    LIVE = "live"

"""The project's own files, for the tests that read them: what is a room, and each module parsed once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[1]
ROOMS = {"recordings": "dowel.recordings", "sensors": "dowel.sensors", "analysis": "dowel.analysis", "app": "dowel"}

MODULES = sorted(path for room in ROOMS for path in (PROJECT / room).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def room_of(path: Path) -> str:
    return path.relative_to(PROJECT).parts[0]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def listed(offenders: list[str]) -> str:
    """All offenders, a line each: what a test says when it fails."""
    return "\n" + "\n".join(offenders)

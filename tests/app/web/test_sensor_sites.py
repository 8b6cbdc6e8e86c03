"""Where the sensors sit is said in the same words everywhere, with the same drawing."""

from __future__ import annotations

import asyncio
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from dowel.analysis.drills.drills import drill_named
from dowel.display.display_state import Board
from dowel.recordings.types import LYING, TRUNK, Placement
from dowel.web.frames import Around, Frames

PROJECT = Path(__file__).parents[3]
STATIC = resources.files("dowel.web").joinpath("static")


@pytest.mark.parametrize("placement", TRUNK)
def test_readme_commands_and_page_say_the_same(placement: Placement) -> None:
    page = STATIC.joinpath("index.html").read_text(encoding="utf-8")
    readme, commands = ((PROJECT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/commands.md"))
    assert all(placement.site in text for text in (page, readme, commands))


@pytest.mark.parametrize("placement", LYING)
def test_commands_and_page_say_the_same_of_who_lies(placement: Placement) -> None:
    page = STATIC.joinpath("index.html").read_text(encoding="utf-8")
    commands = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert all(f"{placement.words.capitalize()}: {placement.site}" in text for text in (page, commands))


@pytest.mark.parametrize("drawing", ["sensor-places.svg", "sensor-places-front.svg"])
def test_the_docs_have_the_drawings_of_the_page(drawing: str) -> None:
    assert (PROJECT / "docs" / drawing).read_bytes() == STATIC.joinpath(drawing).read_bytes()


@pytest.mark.parametrize(("drill", "lying"), [("dead_bug", True), ("dowel_hinge", False)])
def test_the_page_knows_where_they_sit_before_the_session_begins(drill: str, lying: bool) -> None:
    """Whoever straps them on for the dead bug must not be shown a back."""

    async def state() -> dict[str, Any]:
        return Frames(Board(drill_named(drill)), Around).state(over=False)

    assert asyncio.run(state())["session"]["lying"] is lying

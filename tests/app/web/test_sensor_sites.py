"""Where the sensors sit is said in the same words everywhere, with the same drawing."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from dowel.recordings.types import TRUNK, Placement

PROJECT = Path(__file__).parents[3]
STATIC = resources.files("dowel.web").joinpath("static")


@pytest.mark.parametrize("placement", TRUNK)
def test_readme_commands_and_page_say_the_same(placement: Placement) -> None:
    page = STATIC.joinpath("index.html").read_text(encoding="utf-8")
    readme, commands = ((PROJECT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/commands.md"))
    assert all(placement.site in text for text in (page, readme, commands))


def test_the_docs_have_the_drawing_of_the_page() -> None:
    assert (PROJECT / "docs" / "sensor-places.svg").read_bytes() == STATIC.joinpath("sensor-places.svg").read_bytes()

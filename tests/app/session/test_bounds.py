"""One table of what the options of a session may be, for whoever takes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dowel.analysis.drills.drills import DRILLS
from dowel.display.actions import perform
from dowel.recordings.errors import UsageError
from dowel.session.option_ranges import HEIGHT_CM, LOAD_KG, WALL_CM, Bounds

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("bounds", [LOAD_KG, HEIGHT_CM, WALL_CM])
def test_both_ends_hold_and_nothing_beyond_them(bounds: Bounds) -> None:
    assert bounds.hold(bounds.least)
    assert bounds.hold(bounds.most)
    for beyond in (bounds.least - 0.1, bounds.most + 0.1, math.nan, math.inf, -math.inf):
        assert not bounds.hold(beyond)


@pytest.mark.parametrize(
    ("option", "drill", "bounds"),
    [
        ("--load-kg", "kettlebell", LOAD_KG),
        ("--height-cm", "kettlebell", HEIGHT_CM),
        ("--wall-cm", "wall_tap", WALL_CM),
    ],
)
def test_commands_take_what_is_within(dowel: Run, tmp_path: Path, option: str, drill: str, bounds: Bounds) -> None:
    missing = tmp_path / "missing.csv"
    command = ("import", "--sensor", f"sacrum={missing}", "--drill", drill, "--out", tmp_path / "x.dowel")
    code, _, err = dowel(*command, option, f"{bounds.most + 1:g}")
    assert (code, option in err) == (2, True)
    code, _, err = dowel(*command, option, f"{bounds.most:g}")
    assert (code, option in err) == (3, False), "as far as the file that is missing"


class _Controls:
    """Keeps what was asked of it."""

    drill = DRILLS["wall_tap"]

    def __init__(self) -> None:
        self.wall_cm: float | None = None

    def set_wall(self, wall_cm: float) -> None:
        self.wall_cm = wall_cm


def test_keys_and_page_take_what_is_within() -> None:
    controls: Any = _Controls()
    with pytest.raises(UsageError, match="from 5 to 100"):
        perform(controls, "wall", wall_cm=WALL_CM.most + 0.5)
    assert controls.wall_cm is None
    perform(controls, "wall", wall_cm=WALL_CM.most)
    assert controls.wall_cm == WALL_CM.most

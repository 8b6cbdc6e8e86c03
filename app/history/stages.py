"""The stages of the method, in the order in which they are taught."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """First the trunk still while the limbs move, then moving from the hips, then with the rod, then with a load."""

    DEAD_BUG = "dead_bug"
    WALL_TAP = "wall_tap"
    DOWEL_HINGE = "dowel_hinge"
    LOADED_HINGE = "loaded_hinge"

    @property
    def words(self) -> str:
        """As it is told to a person: ``dead bug``."""
        return self.replace("_", " ")

    @property
    def number(self) -> int:
        """Its place on the way, from 1."""
        return list(Stage).index(self) + 1


_OF_DRILL: Final[Mapping[str, Stage]] = {
    "dead_bug": Stage.DEAD_BUG,
    "wall_tap": Stage.WALL_TAP,
    "dowel_hinge": Stage.DOWEL_HINGE,
    "kettlebell": Stage.DOWEL_HINGE,
    "barbell": Stage.DOWEL_HINGE,
}


def stage_of(drill: str, load_kg: float) -> Stage | None:
    """The stage that a set belongs to; None for a drill that is none of the method's.

    A hinge with a load is a loaded hinge, one without is a set with the stick, whatever the drill is called.
    """
    stage = _OF_DRILL.get(drill)
    return Stage.LOADED_HINGE if stage is Stage.DOWEL_HINGE and load_kg > 0 else stage

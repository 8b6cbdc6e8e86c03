"""The lifter as lines, in whichever stance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dowel.drawing.lying import lying_figure
from dowel.drawing.standing import Figure, Pose, figure_of

FIGURES: Final[Mapping[str, Callable[[Pose], Figure]]] = {"standing": figure_of, "lying": lying_figure}
"""How a pose is drawn, by the name that its stance gives."""


def drawn(pose: Pose) -> Figure:
    """The lifter in this pose."""
    return FIGURES[pose.figure](pose)

"""Who does what a practice asks for."""

from __future__ import annotations

from typing import Protocol

from dowel.display.actions import Controls
from dowel.recordings.types import MarkKind, Placement


class Performer(Protocol):
    """Who does what the practice asks for; a person needs no such thing, the simulated lifter does."""

    def move_sensor(self, placement: Placement) -> None:
        """A sensor is to be moved, so that it is known which one it is."""

    def instructed(self, step: MarkKind) -> None:
        """A step of the calibration is asked for."""

    def calibrated(self, practice: Controls) -> None:
        """The calibration is over: a set may begin."""

    def set_begun(self) -> None:
        """A set has been begun."""

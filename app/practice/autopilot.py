"""The simulated lifter's ears: it does what the practice asks for, and begins a set by himself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from dowel.recordings.types import MarkKind, Placement

if TYPE_CHECKING:
    from dowel.display.actions import Controls
    from dowel.practice.simulated_helper import SimulatedHelper
    from dowel.sensors.simulated.person.wearer import Wearer

LOOK_S: Final = 0.25
PAUSE_S: Final = 2.0
"""Between the calibration and the set, and after it: as a person would, and long enough for the last row."""


class Autopilot:
    """Lets a simulated lifter do what a practice asks for; sets are begun by somebody else."""

    def __init__(self, lifter: Wearer) -> None:
        self._lifter = lifter

    def move_sensor(self, placement: Placement) -> None:
        """A sensor is to be moved."""
        self._lifter.wiggle(placement)

    def instructed(self, step: MarkKind) -> None:
        """A step of the calibration is asked for."""
        self._lifter.do(str(step))

    def calibrated(self, practice: Controls) -> None:
        """The calibration is over."""

    def set_begun(self) -> None:
        """A set has been begun."""
        self._lifter.do("set")


class SelfStarter(Autopilot):
    """A simulated lifter who begins a set once he is calibrated, and ends it.

    ``stops``: he ends the practice then, as nobody is there to look at it; else further sets are begun by a person.
    ``helper``: watches his rod from then on.
    """

    def __init__(self, lifter: Wearer, *, stops: bool, helper: SimulatedHelper | None = None) -> None:
        super().__init__(lifter)
        self._stops = stops
        self._helper = helper
        self._task: asyncio.Task[None] | None = None

    def calibrated(self, practice: Controls) -> None:
        """The calibration is over: one set, the first time."""
        if self._helper is not None:
            self._helper.begin(practice.tell_truth)
        if self._task is None:
            self._task = asyncio.create_task(self._one_set(practice))

    async def _one_set(self, practice: Controls) -> None:
        await self._until_idle()  # he may hold still for longer than he must
        await asyncio.sleep(PAUSE_S)
        if practice.in_set or practice.calibrating:  # by somebody who was quicker
            return
        practice.toggle_set()
        await self._until_idle()
        await asyncio.sleep(PAUSE_S)
        _end_set(practice)
        if self._stops:
            await asyncio.sleep(PAUSE_S)
            practice.stop()

    async def _until_idle(self) -> None:
        while self._lifter.busy:
            await asyncio.sleep(LOOK_S)


def _end_set(practice: Controls) -> None:
    """End the set that is under way, unless somebody was quicker."""
    if practice.in_set:
        practice.toggle_set()

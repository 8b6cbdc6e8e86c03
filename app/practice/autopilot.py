"""The simulated lifter's ears: it does what the practice asks for, and with no keyboard it presses the keys too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from dowel.recordings.types import MarkKind, Placement

if TYPE_CHECKING:
    from dowel.practice.practice import Practice
    from dowel.sensors.simulated.person.wearer import Wearer

LOOK_S: Final = 0.25
PAUSE_S: Final = 2.0
"""Between the calibration and the set, and after it: as a person would, and long enough for the last row."""


class Autopilot:
    """Lets a simulated lifter follow a practice.

    ``hands``: it also begins the set, ends it, and then the practice. Without, the person at the keyboard does.
    """

    def __init__(self, lifter: Wearer, *, hands: bool) -> None:
        self._lifter = lifter
        self._hands = hands
        self._task: asyncio.Task[None] | None = None

    def move_sensor(self, placement: Placement) -> None:
        """A sensor is to be moved."""
        self._lifter.wiggle(placement)

    def instructed(self, step: MarkKind) -> None:
        """A step of the calibration is asked for."""
        self._lifter.do(str(step))

    def calibrated(self, practice: Practice) -> None:
        """The calibration is over."""
        if self._hands and self._task is None:
            self._task = asyncio.create_task(self._one_set(practice))

    def set_begun(self) -> None:
        """A set has been begun."""
        self._lifter.do("set")

    async def _one_set(self, practice: Practice) -> None:
        await self._until_idle()  # he may hold still for longer than he must
        await asyncio.sleep(PAUSE_S)
        practice.toggle_set()
        await self._until_idle()
        await asyncio.sleep(PAUSE_S)
        practice.toggle_set()
        await asyncio.sleep(PAUSE_S)
        practice.stop()

    async def _until_idle(self) -> None:
        while self._lifter.busy:
            await asyncio.sleep(LOOK_S)

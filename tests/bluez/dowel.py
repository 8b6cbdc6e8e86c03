"""``dowel`` as a person runs it, on the bus of a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from dowel.analysis.stances.standing import STANDING
from dowel.practice.guided_steps import STEPS
from tests.bluez.processes import Bluez, Program

COMMAND: Final = ("-m", "dowel")
ADDRESSES: Final = {"upper_back": "C0:00:5E:00:53:03", "sacrum": "C0:00:5E:00:53:02"}
"""The two sensors of the drill, from the range for documentation (RFC 7042)."""
WORN: Final = [f"{placement}:witmotion:{address}" for placement, address in ADDRESSES.items()]
"""As :class:`Bluez` wants them."""


class Dowel(Program):
    """One command. ``by``: what Python runs it as."""

    def __init__(self, address: str, *arguments: str, by: Sequence[str] = COMMAND) -> None:
        super().__init__(address, *by, *arguments)


class Practice(Dowel):
    """``dowel practice`` in a pipe, with the lifter doing what it says. ``sensors``: addresses by placement."""

    def __init__(
        self, bluez: Bluez, sensors: Mapping[str, str], out: Path, *options: str, by: Sequence[str] = COMMAND
    ) -> None:
        worn = [f"--sensor={placement}={address}" for placement, address in sensors.items()]
        super().__init__(bluez.bus.address, "practice", *worn, f"--out={out}", *options, by=by)
        self._bluez = bluez

    def begin(self) -> None:
        """Wait until it records; a sensor that it wants to be moved is moved."""
        move = "Move the sensor on your "
        while move in (line := self.wait_for(lambda line: move in line or "Recording " in line)):
            placement, _, _ = line.partition(move)[2].partition(":")
            self._bluez(wiggle=placement.replace(" ", "_"))

    def wait_for_link(self, state: str, sensor: str = "") -> None:
        """Wait until it says that this sensor, or the next one, is ``lost`` or ``back``."""
        about = f"link {sensor}".replace("_", " ").split()

        def is_it(line: str) -> bool:
            words = line.split()[1:]
            return words[: len(about)] == about and words[-1] == state

        self.wait_for(is_it)

    def wait_for_count(self, reps: int) -> None:
        """Wait until it has counted so many reps."""
        self.wait_for(lambda line: line.split()[1:] == ["count", str(reps)])

    def calibrate(self) -> None:
        """The lifter does each step that is asked for, as often as it is asked for."""
        steps = {STEPS[kind].say: kind for kind in STANDING.with_rod}
        while True:
            line = self.wait_for(lambda line: " calibration: " in line or any(say in line for say in steps))
            asked = [str(kind) for say, kind in steps.items() if say in line]
            if not asked:
                return
            self._bluez(do=asked[0])

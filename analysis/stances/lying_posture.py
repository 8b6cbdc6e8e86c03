"""Somebody who lies on the back: what the angles mean, and how their zero is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.calibration.calibration import Calibration, Refused
from dowel.analysis.calibration.hold import upright
from dowel.analysis.calibration.steps import Span
from dowel.analysis.contact.verdict import OF_STATUS, Fault
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rotations import lean_deg, normalised, up_in_sensor
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import GRID_HZ, UNUSABLE
from dowel.recordings.types import FloatArray, IntArray, MarkKind, Placement

LEAST_RANGE_DEG = 4.0
"""From pressed to relaxed; less, and the sensor lies on something soft (sources#lying-calibration)."""
LEAST_TURN_DEG = 45.0
"""Lying down turns a person by about 90 deg; less than half of it is something else (a judgement:
sources#lying-calibration)."""
SAME_PRESS_SHARE = 0.5  # two presses may differ by so much of the range: a judgement (sources#lying-calibration)
LAST_POINTS = GRID_HZ
"""Whoever has lain down lies still for the last second of that step."""
SEGMENTS = (Placement.PELVIS_FRONT, Placement.STERNUM)


class LyingPosture(Posture):
    """Leans of pelvis and sternum from where they are when the low back is pressed flat; tipping forward > 0.

    The deviation is that of the pelvis alone, so that arching is negative. The angle that reps are counted on is how
    far one thigh is lowered from the table top beyond the other; without thigh sensors there is none.
    """

    needs_sync = False

    def __init__(self, placements: Sequence[str]) -> None:
        super().__init__(placements)
        self.sacrum = self._index(Placement.PELVIS_FRONT)
        self.upper_back = self._index(Placement.STERNUM)
        self.head = None
        self.trunk = [index for index in (self.upper_back, self.sacrum) if index is not None]

    def is_forward(self, _up: FloatArray) -> bool:
        """Legs go where they go."""
        return True

    def angle_deg(self, lean_deg: FloatArray) -> FloatArray:
        """How far one thigh is lowered beyond the other (n,); NaN without thigh sensors."""
        if not self.thighs:
            return np.full(lean_deg.shape[1], np.nan)
        first = lean_deg[self.thighs[0]]
        apart: FloatArray = first if len(self.thighs) == 1 else np.abs(first - lean_deg[self.thighs[1]])
        return apart

    def hinge_deg(self, _lean_deg: FloatArray) -> FloatArray | None:
        """Nobody hinges."""
        return None

    def faults(self, status: NDArray[np.uint8]) -> IntArray:
        """Why the pelvis cannot be judged at each point (n,)."""
        fixed = 0
        if self.sacrum is None:
            fixed |= Fault.ONE_SENSOR
        if self.calibration is None:
            fixed |= Fault.NO_CALIBRATION
        if self.came_off[self.trunk].any():
            fixed |= Fault.COME_OFF
        faults = np.full(status.shape[1], fixed, np.int64)
        if self.sacrum is not None:
            wrong = status[self.sacrum]
            for bits, fault in OF_STATUS:
                faults[(wrong & bits) != 0] |= fault
        return faults

    def deviation_deg(self, lean_deg: FloatArray, _flexion_deg: FloatArray | None, faults: IntArray) -> FloatArray:
        """How far the pelvis has tipped back from pressed (n,): arching < 0; NaN where a fault forbids judging."""
        if self.sacrum is None or self.calibration is None:
            return np.full(lean_deg.shape[1], np.nan)
        deviation: FloatArray = -lean_deg[self.sacrum]
        deviation[faults != 0] = np.nan
        return deviation

    def bent_deg(self, lean_deg: FloatArray, status: NDArray[np.uint8]) -> FloatArray:
        """Sternum against pelvis from pressed (n,), rounding > 0; NaN where one of them does not tell."""
        if self.sacrum is None or self.upper_back is None or self.calibration is None:
            return np.full(lean_deg.shape[1], np.nan)
        bent: FloatArray = lean_deg[self.upper_back] - lean_deg[self.sacrum]
        bent[(status[self.sacrum] | status[self.upper_back]) != 0] = np.nan
        return bent

    def head_deg(
        self, _lean_deg: FloatArray, faults: IntArray, _status: NDArray[np.uint8], values: FloatArray
    ) -> FloatArray:
        """In the head's place the roll of the pelvis from pressed (n,), to the left > 0; NaN where there is a fault."""
        if self.sacrum is None or self.calibration is None:
            return np.full(values.shape[1], np.nan)
        up = up_in_sensor(values[self.sacrum, :, :4])
        frame = self.frames[self.sacrum]
        # products summed by hand: a matrix product's last digit depends on how many points come at once
        left, upward = (up * frame[1]).sum(axis=1), (up * frame[2]).sum(axis=1)
        roll: FloatArray = np.rad2deg(np.arctan2(-left, upward))
        roll[faults != 0] = np.nan
        return roll


class LyingSteps:
    """Takes the dead bug's calibration steps: still, lying, pressed, relaxed, pressed.

    ``posture`` holds what is in force. As ``CalibrationSteps`` it gives a calibration, a refusal, or None where a step
    only prepares the next.
    """

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._stood: dict[int, FloatArray] = {}
        self._left: dict[int, FloatArray] = {}
        self._pressed = False
        self._range_deg: float | None = None

    def handles(self, kind: MarkKind) -> bool:
        """Whether this mark is one of the steps."""
        return kind in (MarkKind.STILL, MarkKind.LYING, MarkKind.PRESSED, MarkKind.RELAXED)

    def take(self, kind: MarkKind, span: Span) -> Calibration | Refused | None:
        """What a step gives, or why it is refused."""
        if kind is MarkKind.STILL:
            return self._still(span)
        if kind is MarkKind.LYING:
            return self._lying(span)
        return self._press(span) if kind is MarkKind.PRESSED else self._relax(span)

    def _ups(self, span: Span, sensors: Sequence[int]) -> dict[int, FloatArray] | Refused:
        """The mean up vectors of a hold, of these sensors; only the pelvis can refuse it."""
        up = self._history.up(span.start, span.stop).copy()
        up[(self._history.status(span.start, span.stop) & UNUSABLE) != 0] = np.nan
        return self._means(up, self._history.values(span.start, span.stop)[..., 4:COLUMNS], sensors)

    def _means(self, up: FloatArray, acc: FloatArray, sensors: Sequence[int]) -> dict[int, FloatArray] | Refused:
        found = {}
        for sensor in sensors:
            mean = upright(up[sensor], acc[sensor])
            if not isinstance(mean, Refused):
                found[sensor] = mean
            elif sensor == self._posture.sacrum:
                return replace(mean, placement=str(self._posture.placements[sensor]))
        return found

    def _still(self, span: Span) -> Refused | None:
        # by the force that is felt: the attitudes still lean by a bias that this step only makes known
        felt = self._history.values(span.start, span.stop)[..., 4:COLUMNS]
        stood = self._means(felt, felt, self._posture.trunk)
        if isinstance(stood, Refused):
            return stood
        self._stood, self._left = stood, {}
        return None

    def _lying(self, span: Span) -> Refused | None:
        """From standing to lying a person turns back about the left axis."""
        lain = self._ups(replace(span, start=max(span.start, span.stop - LAST_POINTS)), self._posture.trunk)
        if isinstance(lain, Refused):
            return lain
        self._left = {}
        for sensor, up in lain.items():
            if sensor not in self._stood:
                continue
            left = np.cross(self._stood[sensor], up)
            turned_deg = float(np.rad2deg(np.arctan2(np.linalg.norm(left), self._stood[sensor] @ up)))
            if turned_deg >= LEAST_TURN_DEG:
                self._left[sensor] = normalised(left)
        if self._posture.sacrum not in self._left:
            return Refused(
                "the pelvis was not seen to lie down after standing still; stand still, then lie down on your back",
                str(Placement.PELVIS_FRONT),
            )
        self._pressed, self._range_deg = False, None
        return None

    def _press(self, span: Span) -> Calibration | Refused | None:
        """The first press is a zero to measure the range from; the one after relaxing makes the calibration."""
        posture = self._posture
        if posture.sacrum is None or posture.sacrum not in self._left:
            return Refused("the steps before it are missing: stand still, lie down, then press flat")
        pressed = self._ups(span, range(len(posture.placements)))
        if isinstance(pressed, Refused):
            return pressed
        if self._pressed and self._range_deg is not None:
            away_deg = self._lean_deg(posture.sacrum, pressed[posture.sacrum])
            if abs(away_deg) > SAME_PRESS_SHARE * self._range_deg:
                return Refused(f"pressed differently than before, by {abs(away_deg):.0f} deg; press flat again")
        for sensor, up in pressed.items():
            self._zero(sensor, up)
        self._pressed = True
        if self._range_deg is None:
            return None
        frames = {
            str(place): posture.frames[sensor].copy()
            for sensor, place in enumerate(posture.placements)
            if place in SEGMENTS and sensor in pressed and sensor in self._left
        }
        return Calibration("pressed", frames, range_deg=self._range_deg)

    def _relax(self, span: Span) -> Refused | None:
        sacrum = self._posture.sacrum
        if not self._pressed or sacrum is None:
            return Refused("press flat first, then relax")
        relaxed = self._ups(span, [sacrum])
        if isinstance(relaxed, Refused):
            return relaxed
        range_deg = self._lean_deg(sacrum, relaxed[sacrum])
        if range_deg < LEAST_RANGE_DEG:
            return Refused(
                f"only {max(range_deg, 0.0):.0f} deg from pressed to relaxed; move the sensor onto bone, then press "
                "and relax again",
                str(Placement.PELVIS_FRONT),
            )
        self._range_deg = range_deg
        return None

    def _zero(self, sensor: int, up: FloatArray) -> None:
        """From here on the lean of this sensor is 0 as it is now."""
        if sensor not in self._left:
            self._posture.zero(sensor, up)
            return
        left = normalised(self._left[sensor] - (self._left[sensor] @ up) * up)
        self._posture.frames[sensor] = np.stack([np.cross(left, up), left, up])

    def _lean_deg(self, sensor: int, up: FloatArray) -> float:
        forward, _, upward = self._posture.frames[sensor] @ up
        return float(lean_deg(forward, upward))


def pressure_share(deviation_deg: float, range_deg: float) -> float:
    """How much of the pressure into the floor is kept, 1 pressed flat to 0 relaxed: what a steady tone follows."""
    return float(np.clip(1.0 + min(deviation_deg, 0.0) / range_deg, 0.0, 1.0))

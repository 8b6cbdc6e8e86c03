"""How a session stands at the latest moment that was analysed: what a live display needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.judged import Judged
from dowel.analysis.contact.limits import Limits
from dowel.analysis.contact.verdict import REASONS, Direction, Fault, directions
from dowel.analysis.pipeline import Pipeline
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, Placement


class Contact(StrEnum):
    """How a point of the rod is touched now."""

    HELD = "held"
    NEAR = "near"
    LOST = "lost"
    UNKNOWN = "unknown"
    UNMEASURED = "unmeasured"
    """No sensor is worn there."""


_WORST_FIRST: Final = (Contact.LOST, Contact.NEAR, Contact.HELD, Contact.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Angles:
    """The angles of the body at one grid point, in degrees; NaN where one is not known or cannot be judged.

    Parameters
    ----------
    lean_deg
        The lean at each placement that is worn.
    pelvis_lean_deg, chest_lean_deg
        Those of the lower and the upper of the sensors on the trunk, whether they are worn behind or in front.
    deviation_deg
        Deviation of the spine; rounding > 0.
    head_deviation_deg
        Head against upper back, chin down > 0; of somebody who lies the roll of the pelvis.
    """

    lean_deg: Mapping[Placement, float]
    pelvis_lean_deg: float
    chest_lean_deg: float
    deviation_deg: float
    head_deviation_deg: float


class Now:
    """What is known at the latest grid point; ask again after each run of the analysis.

    Made by :attr:`dowel.SessionResults.now`.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    @property
    def time_s(self) -> float:
        """Session time of the latest grid point, in seconds; negative before the first."""
        return (self._pipeline.history.next - 1) / GRID_HZ

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in force; None before the first."""
        return self._pipeline.posture.calibration

    @property
    def limits(self) -> Limits:
        """The limits in force; before a calibration those that would hold without one."""
        return self._pipeline.limits

    @property
    def angles(self) -> Angles:
        """How the body stands."""
        return angles_of(self._pipeline, self._pipeline.history.next - 1)

    @property
    def away_deg(self) -> dict[str, float]:
        """How far the back is off in each way to lose contact, in degrees, by the reason's name.

        At least so far, where the clocks may be apart. So signed that the limit lies above; NaN where it cannot be
        judged.
        """
        return {name: _only(values) for name, values in self._judged.least_deg.items()}

    @property
    def _judged(self) -> Judged:
        """What can be judged of the latest grid point; nothing before the first."""
        end = self._pipeline.history.next
        return self._pipeline.judged(end - 1, end)

    def _readings_differ(self, judged: Judged) -> bool:
        """Whether contact is held in one reading of the clocks and not in another, so that nobody knows which."""
        least_deg, most_deg = judged.least_deg, judged.most_deg
        return any(
            _contact(_only(least_deg[name]), each) is Contact.HELD
            and _contact(_only(most_deg[name]), each) is not Contact.HELD
            for name, each in directions(self.limits).items()
        )

    @property
    def _ways(self) -> dict[str, Contact]:
        """How it is in each way to lose contact: what is told is so in all readings of the clocks."""
        judged = self._judged
        least_deg, held = judged.least_deg, Contact.UNKNOWN if self._readings_differ(judged) else Contact.HELD
        ways = {name: _contact(_only(least_deg[name]), each) for name, each in directions(self.limits).items()}
        return {name: held if contact is Contact.HELD else contact for name, contact in ways.items()}

    @property
    def contacts(self) -> dict[str, Contact]:
        """How each point of the drill is touched, the worst of the ways to lose it; nothing before a calibration."""
        if self.calibration is None:
            return {}
        ways = self._ways
        found: dict[str, Contact] = {}
        for name, direction in directions(self.limits).items():
            if direction.point == "head" and self._pipeline.posture.head is None:
                found["head"] = Contact.UNMEASURED
                continue
            contact = ways[name]
            found[direction.point] = min(found.get(direction.point, contact), contact, key=_WORST_FIRST.index)
        return found

    @property
    def way_lost(self) -> str:
        """How contact is lost now, or nearly: the reason by its name, of several the worst; empty where it is held."""
        if self.calibration is None:
            return ""
        ways = self._ways
        return next((name for level in _WORST_FIRST[:2] for name, contact in ways.items() if contact is level), "")

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Why contact cannot be judged now, as in ``verdict_reason``; empty where it is, or nothing has come yet."""
        judged = self._judged
        bits = int(judged.faults[-1]) if len(judged.faults) else 0
        if self._readings_differ(judged):
            bits |= Fault.SYNC
        return tuple(name for bit, name in REASONS.items() if bits & bit)

    @property
    def bend_angle_deg(self) -> float:
        """The angle that bends are counted on, in degrees; NaN where it is not known."""
        end = self._pipeline.history.next
        return _only(self._pipeline.posture.angle_deg(self._pipeline.history.lean_deg(end - 1, end)))

    @property
    def bend_began_s(self) -> float | None:
        """Session time at which the bend under way began, as far as is known; None between bends."""
        start = self._pipeline.bend_start
        return None if start is None else start / GRID_HZ

    def bends_since(self, time_s: float) -> int:
        """How many bends there were since a session time, as a calibration step counts them.

        Parameters
        ----------
        time_s
            The session time.
        """
        return self._pipeline.bends_between(round(time_s * GRID_HZ), self._pipeline.history.next)


def angles_of(pipeline: Pipeline, point: int) -> Angles:
    """The angles at a kept grid point."""
    history, posture = pipeline.history, pipeline.posture
    leans = history.lean_deg(point, point + 1)
    lean_deg = [_only(of_sensor) for of_sensor in leans]

    def worn(sensor: int | None) -> float:
        return math.nan if sensor is None else lean_deg[sensor]

    return Angles(
        dict(zip(posture.placements, lean_deg, strict=True)),
        pelvis_lean_deg=worn(posture.sacrum),
        chest_lean_deg=worn(posture.upper_back),
        deviation_deg=_only(history.deviation_deg(point, point + 1)),
        head_deviation_deg=_only(history.head_deg(point, point + 1)),
    )


def _only(values: FloatArray) -> float:
    """The one value there is; NaN where there is none."""
    return float(values[0]) if len(values) else math.nan


def _contact(away_deg: float, direction: Direction) -> Contact:
    if not math.isfinite(away_deg):
        return Contact.UNKNOWN
    if away_deg > direction.lost_deg:
        return Contact.LOST
    return Contact.NEAR if away_deg > direction.warn_deg else Contact.HELD

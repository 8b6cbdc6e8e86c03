"""Bends: the pieces of movement that go out and come back. Some of them are reps.

Depth is the forward lean of the sacrum. Signs are those of the sign table: rounding, bending to the right and turning
to the left are positive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, MarkKind
from dowel.sensors.simulated.person.plan import Bend, Coordinate, Plan, Scene, mark, minimum_jerk, path_deg, samples_in

HINGE_THIGH_PER_LEAN: Final = -0.46
"""Thigh lean per trunk lean in a hinge with vertical shanks (32 deg back at 70 deg, sources#model-postures)."""
HINGE_THIGH_PER_SHANK: Final = 1.4
"""How much farther the thighs lean back for each degree that the shanks lean forward (sources#model-postures)."""


def _resting(count: int, end_s: float) -> BoolArray:
    """True from the end of the movement on."""
    return np.arange(count) >= samples_in(end_s)


@dataclass(frozen=True)
class Hinge:
    """One hip hinge: lowering, pause, rising, rest.

    - ``depth_deg``: sacrum lean at the bottom; ``half``: only half of it.
    - ``peak_deviation_deg``: rounding (+) or arching (-) at the bottom. It grows with the power ``deviation_power`` of
      lean / depth (1.5-3.5, sources#simulated-lifter). Neutral reps differ by the person's own sd on top.
    - ``side_bend_deg``, ``twist_deg``, ``chin_deg``: upper back against sacrum, and head against upper back, at the
      bottom.
    - ``lockout_deg``: lean that is left at the top. ``sticking_deg``: half-way up the lean falls back by this.
      ``pulses`` of ``pulse_deg`` at the bottom, 0.8 s each.
    - ``shank_deg``: forward lean of the shanks at the bottom; the thighs then lean back farther, so that the person
      does not fall (thigh 25, 32 and 39 deg for shanks of -5, 0 and 5 at 70 deg of lean, sources#model-postures).
    - ``rod``: a real rod is held on the back. ``kind`` is what the truth calls the rep ("half" if ``half``).

    The defaults are the drill's tempo (3-1-2-1, sources#tempo), quickened a little. A kettlebell swing is
    ``Hinge(75, 0.65, 0, 0.65, 0.1)``.
    """

    depth_deg: float = 70.0
    lowering_s: float = 2.5
    pause_s: float = 0.5
    rising_s: float = 1.8
    rest_s: float = 1.0
    peak_deviation_deg: float = 0.0
    deviation_power: float = 2.5
    side_bend_deg: float = 0.0
    twist_deg: float = 0.0
    chin_deg: float = 0.0
    shank_deg: float = 0.0
    lockout_deg: float = 0.0
    sticking_deg: float = 0.0
    pulses: int = 0
    pulse_deg: float = 20.0
    half: bool = False
    rod: bool = False
    kind: str = "rep"
    label: str = ""

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        person, rng = scene.person, scene.rng
        depth_deg = 0.5 * self.depth_deg if self.half else self.depth_deg
        if depth_deg <= self.lockout_deg:
            raise ValueError(f"a hinge of {depth_deg} deg with {self.lockout_deg} deg left at the top is no hinge")
        at_bottom = [(self.pause_s, depth_deg)]
        for _ in range(self.pulses):
            at_bottom += [(0.4, depth_deg - self.pulse_deg), (0.4, depth_deg)]
        rising = [(self.rising_s, self.lockout_deg)]
        if self.sticking_deg:
            half_way_deg = 0.5 * (depth_deg + self.lockout_deg)
            rising = [
                (0.4 * self.rising_s, half_way_deg),
                (0.2 * self.rising_s, half_way_deg + self.sticking_deg),
                (0.4 * self.rising_s, self.lockout_deg),
            ]
        lean_deg = path_deg(
            scene.top_lean_deg,
            [(self.lowering_s, depth_deg), *at_bottom, *rising, (self.rest_s, self.lockout_deg)],
        )
        scene.top_lean_deg = self.lockout_deg
        coordinates = scene.begin(len(lean_deg), rod=self.rod, settle=False)
        share = np.clip(lean_deg / depth_deg, 0.0, None)
        own_sd_deg = person.rod_rep_sd_deg if self.rod else person.rep_sd_deg
        bottom_deg = self.peak_deviation_deg + rng.normal(0.0, own_sd_deg)
        side_deg, heading_deg, spine_side_deg, spine_twist_deg = rng.uniform(-1.0, 1.0, 4) * person.lateral_deg
        c = Coordinate
        coordinates[:, c.PELVIS_LEAN] += lean_deg
        coordinates[:, c.PELVIS_SIDE] += side_deg * share
        coordinates[:, c.HEADING] += heading_deg * share
        coordinates[:, c.SPINE_FLEXION] += bottom_deg * share**self.deviation_power
        coordinates[:, c.SPINE_SIDE] += (self.side_bend_deg + 0.5 * spine_side_deg) * share
        coordinates[:, c.SPINE_TWIST] += (self.twist_deg + 0.5 * spine_twist_deg) * share
        coordinates[:, c.NOD] += self.chin_deg * share**self.deviation_power
        coordinates[:, c.SHANK_LEAN] += self.shank_deg * share
        coordinates[:, c.THIGH_LEAN] += HINGE_THIGH_PER_LEAN * lean_deg - HINGE_THIGH_PER_SHANK * self.shank_deg * share
        bottom_end_s = self.lowering_s + self.pause_s + 0.8 * self.pulses
        end_s = bottom_end_s + self.rising_s
        kind = "half" if self.half else self.kind
        bend = Bend(0.0, self.lowering_s, bottom_end_s, end_s, end_s + self.rest_s, kind, self.label, "hinge")
        return Plan(coordinates, _resting(len(lean_deg), end_s), (bend,))


@dataclass(frozen=True)
class _OutAndBack:
    """Base of the pieces that leave standing, hold, and come back."""

    lowering_s: float = 1.6
    pause_s: float = 0.4
    rising_s: float = 1.6
    rest_s: float = 1.0

    def _out_and_back(self) -> FloatArray:
        """The share of the excursion, 0 to 1 and back."""
        return path_deg(0.0, [(self.lowering_s, 1.0), (self.pause_s, 1.0), (self.rising_s, 0.0), (self.rest_s, 0.0)])

    def _planned(
        self, scene: Scene, reach: Mapping[Coordinate, float], kind: str = "", label: str = "", movement: str = ""
    ) -> Plan:
        """Move the coordinates in ``reach`` out and back; a bend of that ``kind`` if it has one."""
        share = self._out_and_back()
        coordinates = scene.begin(len(share))
        for column, angle_deg in reach.items():
            coordinates[:, column] += angle_deg * share
        bottom_end_s = self.lowering_s + self.pause_s
        end_s = bottom_end_s + self.rising_s
        bend = Bend(0.0, self.lowering_s, bottom_end_s, end_s, end_s + self.rest_s, kind, label, movement)
        return Plan(coordinates, _resting(len(share), end_s), (bend,) if kind else ())


@dataclass(frozen=True)
class SpineBend(_OutAndBack):
    """A bend done with the spine, the sacrum hardly tilting (10-16 deg in the recordings of seated bends)."""

    flexion_deg: float = 45.0
    sacrum_lean_deg: float = 12.0
    label: str = "spine"

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        flexion_deg = self.flexion_deg + scene.rng.normal(0.0, scene.person.rep_sd_deg)
        reach = {Coordinate.PELVIS_LEAN: self.sacrum_lean_deg, Coordinate.SPINE_FLEXION: flexion_deg}
        return self._planned(scene, reach, "spine", self.label)


@dataclass(frozen=True)
class Slump(_OutAndBack):
    """The unloaded slump of the calibration: the whole flexion range of the person, mostly with the spine."""

    lowering_s: float = 2.0
    pause_s: float = 2.0
    rising_s: float = 2.0
    sacrum_lean_deg: float = 8.0

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        lean_deg = np.array([self.sacrum_lean_deg])
        flexion_deg = scene.person.flexion_range_deg - float(scene.person.neutral_deg(lean_deg)[0])
        reach = {Coordinate.PELVIS_LEAN: self.sacrum_lean_deg, Coordinate.SPINE_FLEXION: flexion_deg}
        return self._planned(scene, reach, "slump", "slump")


@dataclass(frozen=True)
class Squat(_OutAndBack):
    """A squat: hips and knees bend (thigh 85, shank 28, trunk 40 deg: sources#model-postures).

    ``wink_deg``: near the bottom the pelvis tucks under by this, so that its lean has two humps; the lumbar spine
    rounds by the same angle and the upper back does not follow.
    """

    depth_deg: float = 40.0
    thigh_deg: float = 85.0
    shank_deg: float = 28.0
    wink_deg: float = 0.0
    label: str = "squat"

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        reach = {
            Coordinate.PELVIS_LEAN: self.depth_deg,
            Coordinate.THIGH_LEAN: -self.thigh_deg,
            Coordinate.SHANK_LEAN: self.shank_deg,
        }
        plan = self._planned(scene, reach, "rep", self.label, "squat")
        # The tuck belongs to the deepest fifth of the way.
        tuck_deg = self.wink_deg * minimum_jerk((self._out_and_back() - 0.8) / 0.2)
        plan.coordinates[:, Coordinate.PELVIS_LEAN] -= tuck_deg
        plan.coordinates[:, Coordinate.SPINE_FLEXION] += tuck_deg
        return plan


@dataclass(frozen=True)
class SideBend(_OutAndBack):
    """A bend to the side (right is positive); the spine gives most of it."""

    angle_deg: float = 25.0

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        pelvis_deg = 0.2 * self.angle_deg
        reach = {Coordinate.PELVIS_SIDE: pelvis_deg, Coordinate.SPINE_SIDE: self.angle_deg - pelvis_deg}
        return self._planned(scene, reach)


@dataclass(frozen=True)
class Turn(_OutAndBack):
    """A turn of the trunk (left is positive), feet in place; the pelvis gives 40 % of it."""

    angle_deg: float = 40.0

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        pelvis_deg = 0.4 * self.angle_deg
        reach = {Coordinate.HEADING: pelvis_deg, Coordinate.SPINE_TWIST: self.angle_deg - pelvis_deg}
        return self._planned(scene, reach)


@dataclass(frozen=True)
class PickUp(_OutAndBack):
    """Pick something up from the floor: a hinge with a knee bend (deadlift start: sources#model-postures).

    With ``load_kg`` a load mark stands where the load leaves the floor.
    """

    load_kg: float | None = None
    depth_deg: float = 60.0
    thigh_deg: float = 45.0
    shank_deg: float = 15.0
    flexion_deg: float = 6.0

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        return self._lift(scene, "pick_up", self.load_kg)

    def _lift(self, scene: Scene, kind: str, load_kg: float | None) -> Plan:
        reach = {
            Coordinate.PELVIS_LEAN: self.depth_deg,
            Coordinate.THIGH_LEAN: -self.thigh_deg,
            Coordinate.SHANK_LEAN: self.shank_deg,
            Coordinate.SPINE_FLEXION: self.flexion_deg + scene.rng.normal(0.0, scene.person.rep_sd_deg),
        }
        plan = self._planned(scene, reach, kind, kind, "between")
        if load_kg is None:
            return plan
        at_s = self.lowering_s + self.pause_s
        return replace(plan, marks=(mark(MarkKind.LOAD, at_s, at_s, load_kg=load_kg),))


@dataclass(frozen=True)
class FloorLift(_OutAndBack):
    """One bend of a lift from the floor: down to the bar, and up (deadlift to the knees: sources#model-postures).

    ``peak_deviation_deg``: rounding (+) or arching (-) at the bottom, with the power ``deviation_power`` of the way
    down; bends differ by the person's own sd besides.
    """

    lowering_s: float = 1.5
    pause_s: float = 0.4
    rising_s: float = 1.6
    depth_deg: float = 63.0
    thigh_deg: float = 50.0
    shank_deg: float = 16.0
    peak_deviation_deg: float = 0.0
    deviation_power: float = 2.5
    kind: str = "rep"
    label: str = ""

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        reach = {
            Coordinate.PELVIS_LEAN: self.depth_deg,
            Coordinate.THIGH_LEAN: -self.thigh_deg,
            Coordinate.SHANK_LEAN: self.shank_deg,
        }
        plan = self._planned(scene, reach, self.kind, self.label, "between")
        bottom_deg = self.peak_deviation_deg + scene.rng.normal(0.0, scene.person.rep_sd_deg)
        plan.coordinates[:, Coordinate.SPINE_FLEXION] += bottom_deg * self._out_and_back() ** self.deviation_power
        return plan


@dataclass(frozen=True)
class SetDown(PickUp):
    """Set it down again: the same way; with ``load_kg`` the load mark says 0 from there on."""

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        return self._lift(scene, "set_down", None if self.load_kg is None else 0.0)

"""What the lifter does between the bends: standing, walking, fidgeting; and what happens to the sensors.

A session is a sequence of pieces. Every piece starts and ends standing (a hinge with an incomplete lockout excepted).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from dowel.recordings.types import FloatArray, MarkKind, Placement
from dowel.sensors.simulated.person.plan import (
    PLAN_RATE_HZ,
    Coordinate,
    Piece,
    Plan,
    Scene,
    Slip,
    envelope,
    mark,
    minimum_jerk,
    samples_in,
    wandering,
)


def jolt(coordinates: FloatArray, at: Sequence[float], height_m: float, width_s: float) -> None:
    """Add short vertical jolts: Gaussian displacement, so a spike of height / width^2 with two small counter spikes."""
    reach = samples_in(6.0 * width_s)
    for at_s in at:
        middle = at_s * PLAN_RATE_HZ
        first, last = max(int(middle) - reach, 0), min(int(middle) + reach + 1, len(coordinates))
        away_s = (np.arange(first, last) - middle) / PLAN_RATE_HZ
        coordinates[first:last, Coordinate.ROOT_Z] -= height_m * np.exp(-0.5 * (away_s / width_s) ** 2)


@dataclass(frozen=True)
class Stand:
    """Stand quietly. ``sway_deg`` is rms sway on top of the person's own; ``rod``: the rod is held on the back."""

    duration_s: float = 2.0
    sway_deg: float = 0.0
    rod: bool = False

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        count = samples_in(self.duration_s)
        coordinates = scene.begin(count, rod=self.rod, moving=False)
        if self.sway_deg:
            sway = wandering(count, self.sway_deg, 0.1, 0.6, scene.rng)
            coordinates[:, Coordinate.PELVIS_LEAN] += sway * envelope(count, 1.0)
        return Plan(coordinates, np.ones(count, np.bool_))


@dataclass(frozen=True)
class Fidget:
    """Restless standing: the trunk wanders by ``amplitude_deg`` rms, in all planes, mostly as one block."""

    duration_s: float = 10.0
    amplitude_deg: float = 4.0

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        count = samples_in(self.duration_s)
        coordinates = scene.begin(count)
        fade = envelope(count, 1.5)
        # Shares: a guess; the spine follows the pelvis with about a fifth, so that fidgeting is no loss of contact.
        shares = {
            Coordinate.PELVIS_LEAN: 1.0,
            Coordinate.PELVIS_SIDE: 0.6,
            Coordinate.HEADING: 1.0,
            Coordinate.SPINE_FLEXION: 0.2,
            Coordinate.SPINE_SIDE: 0.3,
            Coordinate.SPINE_TWIST: 0.5,
        }
        for column, share in shares.items():
            coordinates[:, column] += fade * wandering(count, share * self.amplitude_deg, 0.1, 0.5, scene.rng)
        return Plan(coordinates, np.zeros(count, np.bool_))


@dataclass(frozen=True)
class Walk:
    """Walk and end facing ``turn_deg`` further left.

    The trunk bobs 2 cm at each step, rolls 3 deg and turns 5 deg with each stride, the shoulders turning against the
    pelvis, and every heel strike sends a jolt of about 4 m/s2 up the body (usual gait figures; the legs are not
    modelled beyond that, so a thigh or shank sensor does not see its swing).
    """

    duration_s: float = 15.0
    speed_m_s: float = 1.2
    steps_per_s: float = 1.85
    turn_deg: float = 180.0

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        count = samples_in(self.duration_s)
        coordinates = scene.begin(count)
        time_s = np.arange(count) / PLAN_RATE_HZ
        going = envelope(count, 1.0)
        step = 2.0 * np.pi * self.steps_per_s * time_s + scene.rng.uniform(0.0, 2.0 * np.pi)
        stride = 0.5 * step
        facing = np.deg2rad(scene.heading_deg + self.turn_deg * minimum_jerk(time_s / self.duration_s))
        advance_m = np.cumsum(self.speed_m_s * going) / PLAN_RATE_HZ
        path_x_m, path_y_m = (
            np.cumsum(np.diff(advance_m, prepend=0.0) * direction) for direction in (np.cos(facing), np.sin(facing))
        )
        aside_m = 0.02 * going * np.sin(stride)
        c = Coordinate
        coordinates[:, c.ROOT_X] += path_x_m - aside_m * np.sin(facing)
        coordinates[:, c.ROOT_Y] += path_y_m + aside_m * np.cos(facing)
        coordinates[:, c.ROOT_Z] += 0.02 * going * np.cos(step)
        coordinates[:, c.PELVIS_LEAN] += going * (4.0 + 2.0 * np.sin(step + 0.5))
        coordinates[:, c.PELVIS_SIDE] += going * 3.0 * np.sin(stride + 0.3)
        coordinates[:, c.HEADING] = np.rad2deg(facing) + going * 5.0 * np.cos(stride)
        coordinates[:, c.SPINE_TWIST] -= going * 8.0 * np.cos(stride)
        coordinates[:, c.SPINE_SIDE] -= going * 2.0 * np.sin(stride + 0.3)
        strikes_s = np.arange(0.7, self.duration_s - 0.7, 1.0 / self.steps_per_s)
        jolt(coordinates, strikes_s.tolist(), 4.0 * 0.010**2, 0.010)
        scene.heading_deg += self.turn_deg
        scene.place_m = (scene.place_m[0] + float(path_x_m[-1]), scene.place_m[1] + float(path_y_m[-1]))
        return Plan(coordinates, np.zeros(count, np.bool_))


@dataclass(frozen=True)
class KnockTogether:
    """The sensors are knocked together: ``knocks`` impacts of about 3 g, felt by all of them at the same moment."""

    knocks: int = 3
    spacing_s: float = 0.6

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        duration_s = 1.0 + self.knocks * self.spacing_s
        count = samples_in(duration_s)
        coordinates = scene.begin(count, moving=False)
        # A hand does not keep time to the sample.
        at_s = 0.6 + self.spacing_s * np.arange(self.knocks) + scene.rng.uniform(-0.1, 0.1, self.knocks)
        times_s = tuple(float(one_s) for one_s in at_s)
        jolt(coordinates, times_s, 30.0 * 0.012**2, 0.012)
        marks = (mark(MarkKind.CLAP, 0.0, duration_s),)
        return Plan(coordinates, np.zeros(count, np.bool_), marks=marks, knocks_s=times_s)


@dataclass(frozen=True)
class SensorSlip:
    """One sensor turns on the skin by ``angle_deg`` about an axis of its segment (y: as if leaning forward)."""

    placement: Placement
    angle_deg: float
    axis: Literal["x", "y", "z"] = "y"
    duration_s: float = 0.3

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        count = samples_in(self.duration_s)
        x_deg, y_deg, z_deg = (self.angle_deg if name == self.axis else 0.0 for name in "xyz")
        slip = Slip(0.0, self.placement, (x_deg, y_deg, z_deg), self.duration_s)
        return Plan(scene.begin(count, moving=False), np.ones(count, np.bool_), slips=(slip,))


@dataclass(frozen=True)
class Step:
    """A calibration step: pieces between a mark for its start and one, at the end, that spans them."""

    kind: MarkKind
    pieces: tuple[Piece, ...]
    detail: Mapping[str, Any] = field(default_factory=dict)

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        plan = Plan.joined([piece.plan(scene) for piece in self.pieces])
        start = mark(MarkKind.STEP_START, 0.0, 0.0, step=str(self.kind))
        return replace(plan, marks=(start, *plan.marks, mark(self.kind, 0.0, plan.duration_s, **self.detail)))


@dataclass(frozen=True)
class Moment:
    """Only a mark, between two pieces: a set starts or ends, a load, a drill, a note."""

    kind: MarkKind
    detail: Mapping[str, Any] = field(default_factory=dict)

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        nothing = scene.begin(0, moving=False, settle=False)
        return Plan(nothing, np.ones(0, np.bool_), marks=(mark(self.kind, 0.0, 0.0, **self.detail),))

"""A wall behind the person, that gives a little: hinges that tap it, and hinges that do not reach it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from dowel.recordings.types import FloatArray, MarkKind
from dowel.sensors.simulated.person.body import Body
from dowel.sensors.simulated.person.movement import Moment, Stand
from dowel.sensors.simulated.person.plan import PLAN_RATE_HZ, Coordinate, Piece, Plan, Scene
from dowel.sensors.simulated.person.simulated_bends import Hinge

OVERHANG_M: Final = 0.05
"""The bum of somebody who stands upright reaches so far behind the heels (a judgement: sources#balance)."""
_STEPS: Final = 10  # of the collision per control point: 2 kHz, forty for the shortest rise of 20 ms
_OWN_STIFFNESS_N_M: Final = 400.0
"""How hard the person pushes on towards the place aimed at: 40 N for 10 cm, a light tap (a judgement)."""
_TREMOR_HZ: Final = (3.0, 9.0)
"""People who move slowly do not move smoothly: tremor of legs and trunk (usual figures)."""
_SOFTEST_N: Final = 2.0  # less than a touch through clothes that anybody would feel (a judgement)


@dataclass(frozen=True)
class Wall:
    """What the bum meets: wall, clothes and flesh together.

    ``stiffness_n_m`` and ``mass_kg`` of what is stopped: 5-20 kN/m and 20-40 kg (sources#wall-contact); ``damping`` as
    a share of the critical one.
    """

    stiffness_n_m: float = 10_000.0
    mass_kg: float = 30.0
    damping: float = 0.3


@dataclass(frozen=True)
class WallHinge:
    """A hinge in front of a wall that the hips would meet after ``wall_share`` of their way; over 1 they do not.

    The truth's label is ``tapped`` or ``none``. ``tremor_m_s2`` is how much the hips shake back and forth while they
    move, rms: without it they are steadier than anybody's (0.04 to 0.6 m/s2 at the peak are told of reps without a tap,
    sources#wall-contact). ``height_m`` is the body's, which the way of the hips depends on.
    """

    hinge: Hinge = field(default_factory=Hinge)
    wall_share: float = 0.95
    wall: Wall = field(default_factory=Wall)
    tremor_m_s2: float = 0.06
    height_m: float = 1.75

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        plan = self.hinge.plan(scene)
        heading = np.deg2rad(plan.coordinates[:, Coordinate.HEADING])
        in_place = plan.coordinates.copy()
        in_place[:, Coordinate.HEADING] = 0.0
        in_place[:, Coordinate.ROOT_X : Coordinate.ROOT_Z + 1] = 0.0
        back_m = -Body(self.height_m).hip_m(in_place)[:, 0]
        shaken_m = _tremor_m(back_m / back_m.max(), self.tremor_m_s2, scene.rng)
        held_m, force_n = _stopped(back_m - shaken_m, self.wall_share * float(back_m.max()), self.wall)
        held_m += shaken_m
        plan.coordinates[:, Coordinate.ROOT_X] += held_m * np.cos(heading)
        plan.coordinates[:, Coordinate.ROOT_Y] += held_m * np.sin(heading)
        label = "tapped" if force_n > _SOFTEST_N else "none"
        return replace(plan, bends=tuple(replace(bend, label=label) for bend in plan.bends))


def _tremor_m(share: FloatArray, rms_m_s2: float, rng: np.random.Generator) -> FloatArray:
    """Shaking of that acceleration, forward > 0, as far as the hips are on their way."""
    frequency = 2.0 * np.pi * rng.uniform(*_TREMOR_HZ, 12)
    time_s = np.arange(len(share)) / PLAN_RATE_HZ
    waves = np.sin(np.outer(time_s, frequency) + rng.uniform(0.0, 2.0 * np.pi, 12)) / frequency**2
    scale = rms_m_s2 / np.sqrt(0.5 * 12)
    return np.asarray(scale * waves.sum(axis=1) * np.clip(4.0 * share, 0.0, 1.0))


def _stopped(back_m: FloatArray, wall_m: float, wall: Wall) -> tuple[FloatArray, float]:
    """How far in front of where they were sent the hips are kept (n,), and the largest force on the wall.

    A mass on the person's own spring and damper meets that of the wall: semi-implicit steps.
    """
    step_s = 1.0 / (PLAN_RATE_HZ * _STEPS)
    own_damping = 2.0 * float(np.sqrt(_OWN_STIFFNESS_N_M * wall.mass_kg))
    wall_damping = 2.0 * wall.damping * float(np.sqrt(wall.stiffness_n_m * wall.mass_kg))
    aimed = np.interp(np.arange(len(back_m) * _STEPS) / _STEPS, np.arange(len(back_m)), back_m).tolist()
    kept = speed = largest_n = 0.0
    found = []
    for index, aim_m in enumerate(aimed):
        before_m = aimed[max(index - 1, 0)]
        into_m = aim_m - kept - wall_m
        force_n = 0.0
        if into_m > 0.0:
            force_n = max(wall.stiffness_n_m * into_m + wall_damping * ((aim_m - before_m) / step_s - speed), 0.0)
            largest_n = max(largest_n, force_n)
        speed += step_s * (force_n - _OWN_STIFFNESS_N_M * kept - own_damping * speed) / wall.mass_kg
        kept += step_s * speed
        if index % _STEPS == 0:
            found.append(kept)
    return np.array(found), largest_n


def wall_set(hinges: Sequence[WallHinge], *, wall_cm: float = 20.0, set_marks: bool = True) -> tuple[Piece, ...]:
    """Hinges in front of a wall, the heels ``wall_cm`` away from it, as a set with its drill mark."""
    opening: tuple[Piece, ...] = (Moment(MarkKind.DRILL, {"drill": "wall_tap", "wall_cm": wall_cm}),)
    if set_marks:
        opening = (*opening, Moment(MarkKind.SET_START))
    closing: tuple[Piece, ...] = (Moment(MarkKind.SET_END),) if set_marks else ()
    return (*opening, Stand(2.0), *hinges, Stand(1.5), *closing)

"""The lifter on the back: lying down, pressing the low back into the floor, lowering one leg after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.recordings.types import FloatArray, MarkKind
from dowel.sensors.simulated.person.body import Body
from dowel.sensors.simulated.person.movement import Moment, Stand, Step, jolt
from dowel.sensors.simulated.person.plan import (
    PLAN_RATE_HZ,
    Bend,
    Coordinate,
    Piece,
    Plan,
    Scene,
    envelope,
    minimum_jerk,
    path_deg,
    samples_in,
)

FLAT_DEG: Final = -90.0  # lean of somebody who lies on the back
TABLE_TOP_DEG: Final = -180.0  # lean of a thigh whose knee is above the hip
_FLOOR_M: Final = 0.10  # the hip joints of somebody who lies are so high above the floor
_TAP_S: Final = 0.010  # a fingertip on a housing is a short knock (a judgement)
_BREATHS_HZ: Final = (0.2, 0.3)  # sources#breathing


@dataclass(frozen=True)
class Breathing:
    """How the sternum tips with the breath: by +- ``amplitude_deg`` (1-2 deg, sources#breathing)."""

    amplitude_deg: float = 1.5

    def at(self, count: int, rng: np.random.Generator) -> FloatArray:
        """Lean of the sternum for so many control points."""
        phase = 2.0 * np.pi * (rng.uniform(*_BREATHS_HZ) * np.arange(count) / PLAN_RATE_HZ + rng.uniform())
        # every piece begins and ends between two breaths, so that the pieces join
        return np.asarray(self.amplitude_deg * np.sin(phase) * envelope(count, 0.7))


def _lie(
    scene: Scene, tilt_deg: FloatArray, left_deg: FloatArray, right_deg: FloatArray, breath: Breathing
) -> FloatArray:
    """Coordinates (n, 13) of somebody who lies: the pelvis tips forward by ``tilt_deg`` from where it is pressed flat.

    The chest stays where it is and breathes. The thighs lean by ``left_deg`` and ``right_deg`` from the table top.
    """
    count = len(tilt_deg)
    coordinates = scene.begin(count, moving=False)
    coordinates[:, Coordinate.PELVIS_LEAN] = FLAT_DEG + tilt_deg
    coordinates[:, Coordinate.SPINE_FLEXION] = breath.at(count, scene.rng) - tilt_deg
    coordinates[:, Coordinate.THIGH_LEAN] = TABLE_TOP_DEG + left_deg
    coordinates[:, Coordinate.THIGHS_APART] = right_deg - left_deg
    coordinates[:, Coordinate.SHANK_LEAN] = FLAT_DEG
    _keep_hips(coordinates, np.full(count, _FLOOR_M), scene)
    return coordinates


def _keep_hips(coordinates: FloatArray, height_m: FloatArray, scene: Scene) -> None:
    """Move the root so that the hips are at their place, so high above the floor, wherever the legs are."""
    coordinates[:, Coordinate.ROOT_X : Coordinate.ROOT_Z + 1] = 0.0
    hips_m = Body().hip_m(coordinates)
    coordinates[:, Coordinate.ROOT_X] = scene.place_m[0] - hips_m[:, 0]
    coordinates[:, Coordinate.ROOT_Y] = scene.place_m[1] - hips_m[:, 1]
    coordinates[:, Coordinate.ROOT_Z] = height_m - hips_m[:, 2]


def _tilt_deg(scene: Scene) -> float:
    """Where the pelvis is when a piece begins: pressed flat, if nothing else was planned."""
    return 0.0 if scene.tilt_deg is None else scene.tilt_deg


def _nothing(scene: Scene) -> Plan:
    return Plan(scene.begin(0, moving=False, settle=False), np.ones(0, np.bool_))


@dataclass(frozen=True)
class LieDown:
    """From standing to the back, legs in the table top, the low back as it falls (``tilt_deg`` from pressed).

    Nothing for one who lies.
    """

    duration_s: float = 5.0
    tilt_deg: float = 10.0

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        if scene.tilt_deg is not None:
            return _nothing(scene)
        count = samples_in(self.duration_s)
        share = minimum_jerk(np.arange(1, count + 1) / count)
        coordinates = scene.begin(count, moving=False)
        coordinates[:, Coordinate.PELVIS_LEAN] += share * (FLAT_DEG + self.tilt_deg)
        coordinates[:, Coordinate.SPINE_FLEXION] -= share * self.tilt_deg
        coordinates[:, Coordinate.THIGH_LEAN] += share * TABLE_TOP_DEG
        coordinates[:, Coordinate.SHANK_LEAN] += share * FLAT_DEG
        stood_m = Body().hip_m(np.zeros((1, len(Coordinate))))[0, 2]
        _keep_hips(coordinates, stood_m + share * (_FLOOR_M - stood_m), scene)
        scene.posture_deg, scene.tilt_deg = (0.0, 0.0), self.tilt_deg
        return Plan(coordinates, np.zeros(count, np.bool_))


@dataclass(frozen=True)
class GetUp:
    """From the back to standing; nothing for one who stands."""

    duration_s: float = 5.0

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        if scene.tilt_deg is None:
            return _nothing(scene)
        tilt_deg, scene.tilt_deg = scene.tilt_deg, None
        down = LieDown(self.duration_s, tilt_deg).plan(scene)
        scene.tilt_deg = None
        return Plan(down.coordinates[::-1].copy(), np.zeros(len(down.coordinates), np.bool_))


@dataclass(frozen=True)
class Lie:
    """Lie still, legs in the table top; the pelvis tips within a second to ``tilt_deg`` (0: pressed flat)."""

    duration_s: float = 4.0
    tilt_deg: float = 0.0
    breathing: Breathing = Breathing()

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        count = samples_in(self.duration_s)
        tilt_deg = path_deg(_tilt_deg(scene), [(min(1.0, self.duration_s), self.tilt_deg)])
        scene.tilt_deg = self.tilt_deg
        tilt_deg = np.concatenate([tilt_deg, np.full(count - len(tilt_deg), self.tilt_deg)])
        nothing = np.zeros(count)
        return Plan(_lie(scene, tilt_deg, nothing, nothing, self.breathing), np.ones(count, np.bool_))


@dataclass(frozen=True)
class LegLower:
    """One rep of the dead bug: a leg is lowered and comes back, the low back pressed flat or not.

    ``arch_deg``: how far the pelvis tips forward from pressed at the bottom (< 0: is tucked farther). The truth's label
    is the side. People are not exact: the arch differs by the person's own sd.
    """

    side: str = "left"
    lowered_deg: float = 65.0
    arch_deg: float = 0.0
    lowering_s: float = 2.0
    pause_s: float = 0.5
    rising_s: float = 2.0
    rest_s: float = 1.0
    breathing: Breathing = Breathing()

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        lowered_deg = path_deg(
            0.0,
            [
                (self.lowering_s, self.lowered_deg),
                (self.pause_s, self.lowered_deg),
                (self.rising_s, 0.0),
                (self.rest_s, 0.0),
            ],
        )
        arch_deg = self.arch_deg + float(scene.rng.normal(0.0, 0.5 * scene.person.rep_sd_deg))
        share = lowered_deg / self.lowered_deg
        nothing = np.zeros(len(share))
        left_deg, right_deg = (lowered_deg, nothing) if self.side == "left" else (nothing, lowered_deg)
        tilt_deg = _tilt_deg(scene) + arch_deg * share**1.5
        coordinates = _lie(scene, tilt_deg, left_deg, right_deg, self.breathing)
        bottom_end_s = self.lowering_s + self.pause_s
        end_s = bottom_end_s + self.rising_s
        bend = Bend(0.0, self.lowering_s, bottom_end_s, end_s, end_s + self.rest_s, "rep", self.side)
        return Plan(coordinates, np.arange(len(share)) >= samples_in(end_s), (bend,))


@dataclass(frozen=True)
class ChestTaps:
    """Two taps of a finger on the breastbone, that say that a rep is done; the low back stays as it is."""

    apart_s: float = 0.3
    force_m_s2: float = 14.0

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        plan = Lie(2.4, _tilt_deg(scene)).plan(scene)
        apart_s = self.apart_s * float(scene.rng.uniform(0.8, 1.3))
        jolt(plan.coordinates, (1.0, 1.0 + apart_s), self.force_m_s2 * _TAP_S**2, _TAP_S)
        return plan


@dataclass(frozen=True)
class Rest:
    """Go on standing or lying, whichever it is."""

    duration_s: float

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        if scene.tilt_deg is None:
            return Stand(self.duration_s).plan(scene)
        return Lie(self.duration_s, scene.tilt_deg, Breathing(0.0)).plan(scene)


RELAXED_DEG: Final = 10.0  # from pressed to relaxed (8.9 +- 4.5 deg, sources#pelvic-tilt)


def lying_steps(range_deg: float = RELAXED_DEG, breathing: Breathing = Breathing()) -> dict[str, tuple[Piece, ...]]:
    """What is done in each step of the dead bug's calibration, by the mark's name, besides standing still."""
    return {
        MarkKind.LYING: (LieDown(5.0, range_deg), Lie(3.0, range_deg, breathing)),
        MarkKind.PRESSED: (Lie(1.5, 0.0, breathing), Lie(5.0, 0.0, breathing)),
        MarkKind.RELAXED: (Lie(1.5, range_deg, breathing), Lie(5.0, range_deg, breathing)),
    }


def lying_calibration(range_deg: float = RELAXED_DEG, breathing: Breathing = Breathing()) -> tuple[Piece, ...]:
    """The dead bug's calibration with its marks: stand, lie down, press flat, relax, press flat."""
    steps = lying_steps(range_deg, breathing)
    marked: list[Piece] = [Stand(1.0), Step(MarkKind.STILL, (Stand(3.5),)), Stand(1.0)]
    marked.append(Step(MarkKind.LYING, steps[MarkKind.LYING]))
    for kind in (MarkKind.PRESSED, MarkKind.RELAXED, MarkKind.PRESSED):
        ready, hold = steps[kind]
        marked += [ready, Step(kind, (hold,))]
    return (*marked, Lie(2.0, 0.0, breathing))


def leg_set(
    reps: int = 8, *, arches_deg: Sequence[float] = (), breathing: Breathing = Breathing(), set_marks: bool = True
) -> tuple[Piece, ...]:
    """A set of the dead bug: legs lowered in turn, beginning with the left; ``arches_deg`` as often as needed."""
    legs = [
        LegLower(
            ("left", "right")[rep % 2],
            arch_deg=arches_deg[rep % len(arches_deg)] if arches_deg else 0.0,
            breathing=breathing,
        )
        for rep in range(reps)
    ]
    opening: tuple[Piece, ...] = (Moment(MarkKind.SET_START),) if set_marks else ()
    closing: tuple[Piece, ...] = (Moment(MarkKind.SET_END),) if set_marks else ()
    return (*opening, Lie(1.5, 0.0, breathing), *legs, Lie(1.5, 0.0, breathing), *closing)

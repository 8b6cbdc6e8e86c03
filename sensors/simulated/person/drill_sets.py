"""The set that the lifter does in each drill when nobody says which: good reps, and one of each kind of bad ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dowel.sensors.simulated.person.body import Body
from dowel.sensors.simulated.person.loaded_sets import carried_set, floor_set
from dowel.sensors.simulated.person.lying import ChestTaps, LegLower, Lie
from dowel.sensors.simulated.person.plan import Coordinate, Piece
from dowel.sensors.simulated.person.sessions import set_of_hinges
from dowel.sensors.simulated.person.simulated_bends import HINGE_THIGH_PER_LEAN, Hinge
from dowel.sensors.simulated.person.wall import OVERHANG_M, WallHinge, wall_set

HINGE_PEAKS_DEG: Final = (0.0, 0.0, 9.3, 0.0, 16.0, 0.0, -17.0, 0.0)
"""How far the back leaves neutral in each rep of the usual set: five good ones, one near the limit, one lost either way
(limits: sources#contact-limits)."""
LOADED_PEAKS_DEG: Final = (0.0, 0.0, 10.3, 0.0, 17.0, 18.0)
"""The same with a load, whose limits are wider: the last two lose contact."""
ARCHES_DEG: Final = (0.0, 0.0, 5.8, 0.0, 11.0, 0.0)
"""How far the pelvis tips forward in each rep of the dead bug; pressed to relaxed is 10 deg, so 7.5 are lost."""
WALL_CM: Final = 25.0  # within everybody's balance at 1.75 m (sources#balance)
_PAST_THE_WALL: Final = 0.95  # the hips are sent a little farther than the wall: a light tap
_SHORT_OF_IT: Final = 1.12
_WALL_SET: Final = (
    (_PAST_THE_WALL, 0.0),
    (_PAST_THE_WALL, 0.0),
    (_SHORT_OF_IT, 0.0),
    (_PAST_THE_WALL, 16.0),
    (_PAST_THE_WALL, 0.0),
    (_SHORT_OF_IT, 0.0),
)
"""Where on the hips' way the wall is in each rep, and how far the back leaves neutral: one tap reached by rounding."""
_DEEPEST_DEG: Final = 75.0  # nobody gets farther back for a wall that is too far away


def usual_set(
    drill: str, *, lifted_from: str = "", wall_cm: float | None = None, height_m: float = 1.75, seed: int = 1
) -> tuple[Piece, ...]:
    """A set of a drill; its marks are those that a person would make. Drills that are not named here are hinges."""
    if drill == "dead_bug":
        return _legs_and_taps()
    if drill == "wall_tap":
        return _before_the_wall(WALL_CM if wall_cm is None else wall_cm, height_m)
    loaded = drill in ("kettlebell", "barbell")
    if loaded and lifted_from == "floor":
        return floor_set(5, seed=seed, peaks_deg=LOADED_PEAKS_DEG)
    peaks_deg = LOADED_PEAKS_DEG if loaded else HINGE_PEAKS_DEG
    hinges = set_of_hinges(len(peaks_deg), seed=seed, peaks_deg=peaks_deg, set_marks=False)
    return carried_set(hinges) if loaded and lifted_from == "hand" else hinges


def _legs_and_taps() -> tuple[Piece, ...]:
    """One leg after the other, each told as done by two taps on the breastbone."""
    pieces: list[Piece] = [Lie(1.5)]
    for rep, arch_deg in enumerate(ARCHES_DEG):
        pieces += [LegLower(("left", "right")[rep % 2], arch_deg=arch_deg), ChestTaps()]
    return (*pieces, Lie(1.5))


def _before_the_wall(wall_cm: float, height_m: float) -> tuple[Piece, ...]:
    """Hinges to a wall at this distance from the heels, as deep as the hips need for it."""
    way_m = max(0.01 * wall_cm - OVERHANG_M, 0.05)
    hinges = []
    for share, peak_deg in _WALL_SET:
        depth_deg = _depth_deg(way_m / share, height_m)
        reached = way_m / _way_m(depth_deg, height_m)  # over 1 where the wall is too far away for anybody
        hinges.append(WallHinge(Hinge(depth_deg, peak_deviation_deg=peak_deg), reached, height_m=height_m))
    return wall_set(hinges, wall_cm=wall_cm)


def _depth_deg(way_m: float, height_m: float) -> float:
    """How deep a hinge is that takes the hips back so far."""
    depths_deg: Sequence[float] = np.arange(10.0, _DEEPEST_DEG, 0.1).tolist()
    return next((depth_deg for depth_deg in depths_deg if _way_m(depth_deg, height_m) >= way_m), _DEEPEST_DEG)


def _way_m(depth_deg: float, height_m: float) -> float:
    """How far the hips go back in a hinge."""
    coordinates = np.zeros((1, len(Coordinate)))
    coordinates[0, Coordinate.THIGH_LEAN] = HINGE_THIGH_PER_LEAN * depth_deg
    return float(-Body(height_m).hip_m(coordinates)[0, 0])

"""Sets with a load: swings, lifts from the floor, and a weight that is picked up and set down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dowel.recordings.types import MarkKind
from dowel.sensors.simulated.person.movement import Moment, Stand
from dowel.sensors.simulated.person.plan import Piece
from dowel.sensors.simulated.person.simulated_bends import FloorLift, Hinge, PickUp, SetDown

SWINGS_A_MINUTE: Final = 40.0
"""A usual tempo, 1.4 s down and up and 0.1 s at the top (sources#simulated-lifter)."""
_SWING_TOP_SHARE: Final = 0.1 / 1.5  # there
_SCATTER: Final = 0.04  # relative sd of depth and tempo from rep to rep (sources#simulated-lifter)


def _peak_deg(peaks_deg: Sequence[float], rep: int) -> float:
    return peaks_deg[rep % len(peaks_deg)] if peaks_deg else 0.0


def swing_set(
    reps: int = 10,
    *,
    seed: int = 0,
    peaks_deg: Sequence[float] = (),
    a_minute: float = SWINGS_A_MINUTE,
    depth_deg: float = 75.0,
    load_kg: float = 16.0,
) -> tuple[Piece, ...]:
    """Kettlebell swings between set marks: hiked from the floor, ``reps`` swings, set down (n + 1 bends).

    ``peaks_deg``: how far the back leaves neutral at the bottom of each, repeated as often as needed.
    """
    rng = np.random.default_rng(seed)
    swings = []
    for rep in range(reps):
        period_s = 60.0 / a_minute * float(np.exp(rng.normal(0.0, _SCATTER)))
        top_s = _SWING_TOP_SHARE * period_s
        way_s = 0.5 * (period_s - top_s)
        depth = depth_deg * float(np.exp(rng.normal(0.0, _SCATTER)))
        swings.append(Hinge(depth, way_s, 0.0, way_s, top_s, _peak_deg(peaks_deg, rep), label="swing"))
    return (_begin(load_kg), Stand(2.0), *swings, Stand(1.0), SetDown(), Stand(1.5), Moment(MarkKind.SET_END))


def floor_set(
    lifts: int = 5,
    *,
    seed: int = 0,
    peaks_deg: Sequence[float] = (),
    creep_deg: float = 0.0,
    rest_s: float = 1.5,
    load_kg: float = 40.0,
    set_marks: bool = True,
) -> tuple[Piece, ...]:
    """Lifts from the floor: ``lifts`` + 1 bends, of which the last sets the load down.

    ``creep_deg``: rounding on top, rising evenly from 0 at the first bend to this at the last.
    """
    rng = np.random.default_rng(seed)
    bends = [
        FloorLift(
            1.5 * float(np.exp(rng.normal(0.0, _SCATTER))),
            0.4,
            1.6 * float(np.exp(rng.normal(0.0, _SCATTER))),
            rest_s,
            63.0 * float(np.exp(rng.normal(0.0, _SCATTER))),
            peak_deviation_deg=_peak_deg(peaks_deg, bend) + creep_deg * bend / max(lifts, 1),
            kind="rep" if bend < lifts else "set_down",
        )
        for bend in range(lifts + 1)
    ]
    marks = (_begin(load_kg), Moment(MarkKind.SET_END)) if set_marks else (Moment(MarkKind.LOAD, {"load_kg": load_kg}),)
    return (marks[0], Stand(2.0), *bends, Stand(1.5), *marks[1:])


def carried_set(hinges: Sequence[Piece], *, load_kg: float = 16.0, wait_s: float = 3.0) -> tuple[Piece, ...]:
    """A weight picked up, ``hinges`` with it, and set down, between set marks."""
    down = (Stand(wait_s), SetDown(), Stand(1.5), Moment(MarkKind.SET_END))
    return (_begin(load_kg), Stand(2.0), PickUp(), Stand(wait_s), *hinges, *down)


def _begin(load_kg: float) -> Piece:
    return Moment(MarkKind.SET_START, {"load_kg": load_kg})

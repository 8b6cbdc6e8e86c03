"""A scripted month: twelve sessions of one simulated person, with a relapse, as real session files.

The script says what the person does in each set, and so what the rules have to make of it: the dead bug, taps at a
wall, hinges with the stick, hinges with a kettlebell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import (
    Hinge,
    Lie,
    Moment,
    Person,
    Piece,
    SimulatedSensor,
    Stand,
    WallHinge,
    calibration_pieces,
    leg_set,
    lying_calibration,
    set_of_hinges,
    simulate,
    wall_set,
)

PERSON = Person.random(np.random.default_rng(2026))
TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
LYING = (Placement.PELVIS_FRONT, Placement.STERNUM, Placement.THIGH_LEFT, Placement.THIGH_RIGHT)
REPS = 7
"""In every set; one more than a good set needs, as a gap may leave one unjudged."""

GOOD = (0.0,)
"""Neutral reps."""
POOR = (0.0, 16.0, 0.0)
"""Two of seven reps round far beyond every limit of an unloaded set."""
ROUNDED = (0.0, 22.0)
"""Three of seven reps round far beyond every limit, also that of a loaded set."""


@dataclass(frozen=True)
class Hinges:
    """A set of hinges with the stick, or with a kettlebell: how far the back leaves neutral, and the load."""

    peaks_deg: Sequence[float] = GOOD
    load_kg: float = 0.0
    depth_deg: float = 68.0

    def pieces(self, seed: int) -> tuple[Piece, ...]:
        drill = Moment(MarkKind.DRILL, {"drill": "kettlebell" if self.load_kg else "dowel_hinge"})
        quick = {"lowering_s": 1.6, "pause_s": 0.3, "rising_s": 1.2, "rest_s": 0.6}
        load_kg = self.load_kg or None
        hinges = set_of_hinges(
            REPS, seed=seed, depth_deg=self.depth_deg, peaks_deg=self.peaks_deg, load_kg=load_kg, **quick
        )
        return (drill, *hinges)


@dataclass(frozen=True)
class Taps:
    """A set of taps at a wall, all of which reach it."""

    wall_cm: float

    def pieces(self, seed: int) -> tuple[Piece, ...]:
        rng = np.random.default_rng(seed)
        tap = [WallHinge(Hinge(62.0 * rng.uniform(0.97, 1.03), 2.2, 0.4, 1.6, 1.0), 0.94) for _ in range(REPS)]
        return wall_set(tap, wall_cm=self.wall_cm)


@dataclass(frozen=True)
class Legs:
    """A set of the dead bug with the low back pressed flat."""

    def pieces(self, seed: int) -> tuple[Piece, ...]:
        return leg_set(REPS)


@dataclass(frozen=True)
class Practice:
    """One session: its day in March 2026, and its sets."""

    day: int
    sets: Sequence[Hinges | Taps | Legs]

    @property
    def lying(self) -> bool:
        return isinstance(self.sets[0], Legs)

    @property
    def placements(self) -> Sequence[Placement]:
        return LYING if self.lying else TRUNK

    def pieces(self) -> tuple[Piece, ...]:
        """What the lifter does: the calibration, then the sets."""
        dead_bug = Moment(MarkKind.DRILL, {"drill": "dead_bug"})
        found = [dead_bug, *lying_calibration()] if self.lying else [*calibration_pieces()]
        for number, each in enumerate(self.sets):
            found += [*each.pieces(100 * self.day + number), Lie(4.0) if self.lying else Stand(4.0)]
        return tuple(found)


MONTH = (
    Practice(2, (Legs(), Legs())),  # a good day
    Practice(3, (Legs(), Legs())),  # the second: the dead bug is passed
    Practice(4, (Taps(18), Taps(27), Taps(27))),  # the first is too near the wall; a good day
    Practice(6, (Taps(28), Taps(28))),  # the second: the wall tap is passed
    Practice(9, (Hinges(POOR, depth_deg=60), Hinges(POOR, depth_deg=60))),  # a bad day
    Practice(11, (Hinges(depth_deg=62), Hinges(depth_deg=64))),  # a good day
    Practice(13, (Hinges(POOR), Hinges(), Hinges())),  # the second: the dowel hinge is passed with set 3
    Practice(16, (Hinges(), Hinges(GOOD, 12), Hinges(GOOD, 12))),  # load
    Practice(18, (Hinges(), Hinges(GOOD, 16), Hinges(GOOD, 16))),
    Practice(20, (Hinges(GOOD, 20), Hinges(ROUNDED, 20), Hinges(POOR), Hinges(), Hinges(POOR))),  # the relapse
    Practice(23, (Hinges(), Hinges(), Hinges(GOOD, 18))),  # the stick sets, and load again, lighter
    Practice(27, (Hinges(), Hinges(GOOD, 18), Hinges(GOOD, 18))),
)


def write_practice(practice: Practice, folder: Path, person: str = "P1") -> Path:
    """The practice as a session file, named and dated as a live one would be."""
    path = folder / f"2026-03-{practice.day:02d}_1800_practice.dowel"
    facts = {"person": person, "started_at": f"2026-03-{practice.day:02d}T18:00:00+01:00"}
    sensors = [SimulatedSensor(placement) for placement in practice.placements]
    simulate(practice.pieces(), sensors, seed=5000 + practice.day, person=PERSON).write(path, facts)
    return path

"""The rules of the advice: when a set sends back to the stick and when that is done, how far from the wall, and how.

They stand here with their defaults. A coach's file gives others (``app/settings/rules.toml`` is such a file, with the
same numbers), and the ``rules`` mark brings these into a session.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

REP_SD_DEG = 2.0
"""A person's scatter from rep to rep, from which the detectable drift is computed (sources#detectable-drift)."""
WALL_FULL_SHARE = 0.17
"""Distance to the wall by the height: farther the weight would leave the feet before the hips reach the wall. Nobody's
rule, because a person would fall (sources#wall-distance)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of going back to the stick, of the wall, and of what a report advises.

    Parameters
    ----------
    lost_reps
        So many reps of a loaded set with contact lost send back to the stick: one may be an accident.
    amber_reps
        So do so many reps over ``amber_pct``: near its end tissue holds, not muscle.
    amber_pct
        Share of the slump's flexion that is amber, in percent; lifters use 56 to 67 % of theirs in ordinary lifts.
    red_pct
        Share that is red: the load is to be set down.
    drift_deg
        Rounding that grows by so much over a set sends back too: less cannot be told from a person's own scatter.
    drift_reps
        Sets of fewer reps have no drift that could be told.
    stick_sets
        So many sets with the stick in a row: the article's 'a few sets'.
    stick_most_sets
        After so many without these the load is left for another day.
    stick_reps, stick_most_reps
        So many judged reps in each, at least, and so many to be done at most.
    stick_lost, stick_warned
        A stick set with more lost reps, or more warned ones, is not passed.
    lighter_pct
        So much lighter is the load afterwards, in percent: before, it was too much for the back as it was.
    wall_first_share
        So far from the wall, as a share of the height, the heels stand at first: within everybody's balance.
    wall_step_cm
        So much farther after a set with all taps and nothing lost: the article's inch.
    depth_deg
        A hinge of the drill goes at least so deep.
    lowering_s
        A way down that is shorter is too fast for anything to be corrected on it.
    sideways_deg
        Side bend or twist of more is a fault.

    Raises
    ------
    ValueError
        For stick sets that end before they began.

    Notes
    -----
    All are judgements (sources#stick-rules, sources#end-of-range, sources#wall-distance, sources#tempo,
    sources#side-bend-and-twist), but for the red share, which is the audible limit of the one controlled trial there
    is (sources#boocock), and the depth (sources#monnier-2012). :data:`IN_FILE` has the least and the most of each.
    """

    lost_reps: int = 2
    amber_reps: int = 1
    amber_pct: float = 70.0
    red_pct: float = 80.0
    drift_deg: float = 5.0
    drift_reps: int = 5
    stick_sets: int = 2
    stick_most_sets: int = 3
    stick_reps: int = 6
    stick_most_reps: int = 8
    stick_lost: int = 0
    stick_warned: int = 1
    lighter_pct: float = 10.0
    wall_first_share: float = 0.10
    wall_step_cm: float = 2.54
    depth_deg: float = 50.0
    lowering_s: float = 1.5
    sideways_deg: float = 10.0

    def __post_init__(self) -> None:
        if self.stick_most_sets < self.stick_sets:
            raise ValueError(f"stick.sets.most_sets ({self.stick_most_sets}) is under stick.sets.sets")

    def changes(self) -> dict[str, float]:
        """What differs from the defaults, by its name in a file: the detail of a ``rules`` mark."""
        return {
            IN_FILE[each.name].name: getattr(self, each.name)
            for each in fields(self)
            if getattr(self, each.name) != each.default
        }


BELLS_KG = (*range(4, 33, 2), 36, 40, 44, 48)
"""The kettlebells that are made (sources#bells-and-plates)."""
BAR_STEP_KG = 2.5
"""A bar's weight goes in steps of the smallest plate on each side (sources#bells-and-plates)."""


def load_at_hand(load_kg: float, drill: str) -> float:
    """The heaviest load that there is to lift in a drill and that is no more than this, in kg; 0 for none."""
    if drill == "barbell":
        return math.floor(load_kg / BAR_STEP_KG + 1e-9) * BAR_STEP_KG
    return max((float(bell_kg) for bell_kg in BELLS_KG if bell_kg <= load_kg + 1e-9), default=0.0)


class InFile(NamedTuple):
    """A rule's number in a file and in a mark: its dotted name, and the least and the most that it may be."""

    name: str
    least: float
    most: float


# judgement: wide, but never to more load or past anybody's balance (sources#stick-rules, sources#wall-distance)
IN_FILE: Mapping[str, InFile] = {
    "lost_reps": InFile("back.lost.reps", 1, 100),
    "amber_reps": InFile("back.range.reps", 1, 100),
    "amber_pct": InFile("back.range.range_pct", 1.0, 100.0),
    "red_pct": InFile("advice.red.range_pct", 1.0, 100.0),
    "drift_deg": InFile("back.drift.drift_deg", 0.5, 45.0),
    "drift_reps": InFile("back.drift.reps", 1, 100),
    "stick_sets": InFile("stick.sets.sets", 1, 20),
    "stick_most_sets": InFile("stick.sets.most_sets", 1, 20),
    "stick_reps": InFile("stick.sets.reps", 1, 100),
    "stick_most_reps": InFile("stick.sets.most_reps", 1, 100),
    "stick_lost": InFile("stick.sets.lost", 0, 100),
    "stick_warned": InFile("stick.sets.warned", 0, 100),
    "lighter_pct": InFile("load.lighter.lighter_pct", 0.0, 100.0),
    "wall_first_share": InFile("advice.wall.first_share", 0.0, WALL_FULL_SHARE),
    "wall_step_cm": InFile("advice.wall.step_cm", 0.1, 10.0),
    "depth_deg": InFile("pass.dowel_hinge.depth_deg", 0.0, 120.0),
    "lowering_s": InFile("advice.tempo.lowering_s", 0.1, 3.0),
    "sideways_deg": InFile("advice.sideways.sideways_deg", 1.0, 90.0),
}
"""What each rule is called in a file, and what it may be."""

RULES = Rules()


def rules_from(detail: Mapping[str, Any]) -> Rules:
    """The rules that a mark's detail changes, by their names in a file; the others as they are by default.

    The file may come from anywhere: ValueError for a rule that there is not, and for what is no number or out of range.
    """
    own = {place.name: (field, place) for field, place in IN_FILE.items()}
    changed: dict[str, Any] = {}
    for name, value in detail.items():
        if name not in own:
            raise ValueError(f"there is no rule {name!r}")
        field, place = own[name]
        whole = isinstance(getattr(RULES, field), int)
        if type(value) is not int and (whole or type(value) is not float):
            raise ValueError(f"{name} must be a {'whole ' if whole else ''}number, not {type(value).__name__}")
        if not place.least <= value <= place.most:
            raise ValueError(f"{name} must be from {place.least:g} to {place.most:g}, not {value!r}")
        changed[field] = value if whole else float(value)
    return Rules(**changed)


def detectable_drift_deg(reps: int) -> float:
    """The smallest drift over a set that 95 % of sets without any stay below: 5.0 deg in 5 reps, 3.9 in 10.

    From the standard error of a slope through evenly spaced reps that scatter by ``REP_SD_DEG``
    (sources#detectable-drift). NaN for fewer than three.
    """
    if reps < 3:
        return float("nan")
    return float(1.96 * REP_SD_DEG * (reps - 1) / (reps * (reps * reps - 1) / 12.0) ** 0.5)


def rounding_grew(drift_deg: float, reps: int, more_than_deg: float, least_reps: int) -> bool:
    """Whether rounding grew over a set of so many reps by more than a rule allows, and than chance makes.

    Parameters
    ----------
    drift_deg
        From the first rep to the last.
    reps
        Of the set.
    more_than_deg, least_reps
        The rule: by more than this, over at least so many reps.
    """
    return reps >= least_reps and drift_deg > max(more_than_deg, detectable_drift_deg(reps))

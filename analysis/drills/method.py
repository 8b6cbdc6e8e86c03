"""The rules of the method: how far from the wall, when a set sends back to the stick, and when that is done.

All of them stand here as data, each with its reason, so that they can be shown and changed in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of going back to the stick and of the wall, in the order of ``REASONS``.

    Parameters
    ----------
    lost_reps
        So many lost reps of a loaded set send back to the stick.
    amber_reps
        So do so many reps beyond ``amber_pct``.
    amber_pct, red_pct
        Shares of the slump's flexion that are amber and red, in percent.
    drift_deg
        So does rounding that grows by this much over a set,
    drift_reps
        where the set has so many reps at least.
    rep_sd_deg
        A person's scatter from rep to rep, from which the detectable drift follows.
    stick_sets, stick_reps
        How many sets with the stick, and reps in each, at least and at most.
    stick_warned
        A stick set with more warned reps, or with any lost, is not passed.
    lighter_pct
        So much lighter is the load afterwards, in percent.
    wall_first_share
        So far from the wall the heels stand at first, as a share of the height.
    wall_step_cm
        So much farther they go after a set with all taps and nothing lost.
    wall_full_share
        Farther the weight would leave the feet, as a share of the height.

    Notes
    -----
    All are judgements (sources#stick-rules, sources#end-of-range, sources#wall-distance).
    """

    lost_reps: int = 2
    amber_reps: int = 1
    amber_pct: float = 70.0
    red_pct: float = 80.0
    drift_deg: float = 5.0
    drift_reps: int = 5
    rep_sd_deg: float = 2.0
    stick_sets: tuple[int, int] = (2, 3)
    stick_reps: tuple[int, int] = (6, 8)
    stick_warned: int = 1
    lighter_pct: float = 10.0
    wall_first_share: float = 0.10
    wall_step_cm: float = 2.54
    wall_full_share: float = 0.17


REASONS: Mapping[str, str] = {
    "lost_reps": "so many reps of a loaded set with contact lost send back to the stick: one may be an accident",
    "amber_reps": "so many reps over the amber share of the range do too: near its end tissue holds, not muscle",
    "amber_pct": "share of the slump's flexion that is amber; lifters use 56 to 67 % of theirs in ordinary lifts",
    "red_pct": "share that is red: the audible limit of the one controlled trial there is",
    "drift_deg": "rounding that grows by so much over a set does: less cannot be told from a person's own scatter",
    "drift_reps": "sets of fewer reps have no drift that could be told",
    "rep_sd_deg": "a person's scatter from rep to rep, from which the detectable drift is computed",
    "stick_sets": "so many sets with the stick, at least and at most: the article's 'a few sets'",
    "stick_reps": "so many reps in each",
    "stick_warned": "a stick set with more warnings, or any loss, is not passed",
    "lighter_pct": "so much lighter afterwards: the load before was too much for the back as it was",
    "wall_first_share": "so far from the wall the heels stand at first: within everybody's balance",
    "wall_step_cm": "so much farther after a set with all taps and nothing lost: the article's inch",
    "wall_full_share": "farther the weight would leave the feet before the hips reach the wall (0.18 is the limit)",
}
"""Why each rule is as it is. What no source gives is called a judgement in docs/sources.md."""

RULES = Rules()


def detectable_drift_deg(reps: int, rep_sd_deg: float = RULES.rep_sd_deg) -> float:
    """The smallest drift over a set that 95 % of sets without any stay below: 5.0 deg in 5 reps, 3.9 in 10.

    From the standard error of a slope through evenly spaced reps that scatter by ``rep_sd_deg``
    (sources#detectable-drift). NaN for fewer than three.
    """
    if reps < 3:
        return float("nan")
    return float(1.96 * rep_sd_deg * (reps - 1) / (reps * (reps * reps - 1) / 12.0) ** 0.5)

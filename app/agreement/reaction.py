"""How late a helper tells what happened, found in the data themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.agreement.intervals import Estimate, bootstrap
from dowel.agreement.observations import BEFORE_S, Moment
from dowel.agreement.statistics import as_numbers
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, IntArray

LEAST_MOMENTS: Final = 30
"""Fewer say too little about a delay (sources#helpers-reaction)."""
LONGEST_S: Final = 0.8
"""A helper who is later than this on average does not look (sources#helpers-reaction)."""
SLOPE_POINTS: Final = 5
"""50 ms to either side: the speed of the back, above its noise (sources#helpers-reaction)."""
RESAMPLES: Final = 300
"""Enough for an interval in steps of 10 ms (sources#cluster-bootstrap)."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """How late an observer is on average.

    Parameters
    ----------
    by
        Who.
    delay_s
        With its interval; NaN where too few moments tell.
    moments
        How many it rests on.
    """

    by: str
    delay_s: Estimate
    moments: int


def reaction_of(moments: Sequence[Moment], by: str, rng: np.random.Generator) -> Reaction:
    """An observer's delay.

    A contact is lost, and found again, at some deviation, whatever the speed with which the back gets there. Told too
    late, the deviation at the moment told is beyond it by delay times speed. So the delay is that at which deviation
    and speed do not go together any more, among moments of one kind (one person, one contact, lost or found): neither
    that deviation nor how much less it is when contact is found again needs to be known.

    Parameters
    ----------
    moments
        All moments of the study.
    by
        Whose are used.
    rng
        Draws people for the interval.

    Notes
    -----
    Ours; tried on simulated helpers (sources#helpers-reaction).
    """
    mine = [each for each in moments if each.by == by and np.isfinite(each.deviation_deg).all()]
    if len(mine) < LEAST_MOMENTS:
        return Reaction(by, Estimate(float("nan")), len(mine))
    deviation_deg = np.array([each.deviation_deg for each in mine])
    kind = as_numbers([f"{each.person}|{each.session}|{each.contact}|{each.off}" for each in mine])
    people = as_numbers([each.person or each.session for each in mine])
    together = _together(deviation_deg)
    delay_s = bootstrap(people, lambda some: _delay_s(together, kind, some), rng, RESAMPLES)
    return Reaction(by, delay_s, len(mine))


def _together(deviation_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For each moment and delay (n, delays) the deviation then, and (n, 1) how quickly that rep moved at its fastest.

    The speed at the very moment would not do: whoever loses contact a little later is already slowing down.
    """
    zero = round(BEFORE_S * GRID_HZ)
    at = zero - np.arange(round(LONGEST_S * GRID_HZ) + 1)
    speed = (deviation_deg[:, 2 * SLOPE_POINTS :] - deviation_deg[:, : -2 * SLOPE_POINTS]) * (
        GRID_HZ / (2.0 * SLOPE_POINTS)
    )
    fastest = np.take_along_axis(speed, np.argmax(np.abs(speed), axis=1)[:, None], axis=1)
    return deviation_deg[:, at], fastest


def _delay_s(together: tuple[FloatArray, FloatArray], kind: IntArray, some: np.ndarray) -> float:
    """The smallest delay at which deviation and speed part; NaN where they never do."""
    value, speed = (_within(each[some], kind[some]) for each in together)
    shared = (value * speed).sum(axis=0)
    below = np.flatnonzero(shared <= 0.0)
    if not len(below):
        return float("nan")
    first = int(below[0])
    if first == 0:
        return 0.0
    before, after = shared[first - 1], shared[first]
    return float((first - 1 + before / (before - after)) / GRID_HZ)


def _within(values: FloatArray, kind: IntArray) -> FloatArray:
    """Values (n, m) without the mean of their kind."""
    _, index, counts = np.unique(kind, return_inverse=True, return_counts=True)
    means = np.zeros((len(counts), values.shape[1]))
    np.add.at(means, index, values)
    return values - (means / counts[:, None])[index]

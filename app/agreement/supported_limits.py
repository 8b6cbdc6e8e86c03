"""The limits that the data support: chosen by a stated rule, tried on people who had no part in the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.agreement.intervals import Estimate, bootstrap
from dowel.agreement.observations import RepTruth
from dowel.agreement.statistics import as_numbers, roc_curve, sensitivity, specificity
from dowel.recordings.errors import UsageError
from dowel.recordings.types import BoolArray, FloatArray, IntArray

LEAST_OFF: Final = 10
"""So many reps with the contact lost, and as many with it kept, before a limit is chosen (sources#least-reps)."""
SMALLEST_DEG: Final = 3.0
"""A smaller limit lies within what sensors and skin do by themselves (sources#contact-limits)."""
RESAMPLES: Final = 500
"""Enough for the interval of a limit (sources#cluster-bootstrap)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a limit is chosen.

    Parameters
    ----------
    false_alarms
        The share of kept reps that may be told as lost; None for Youden's rule, the largest sum of sensitivity and
        specificity.

    Raises
    ------
    UsageError
        Where it is no share from 0 to 0.5.
    """

    false_alarms: float | None = None

    def __post_init__(self) -> None:
        if self.false_alarms is not None and not 0.0 <= self.false_alarms <= 0.5:
            raise UsageError(f"False alarms of {self.false_alarms:g} are no share from 0 to 0.5, as in 0.05 for 5 %.")

    @property
    def words(self) -> str:
        """As a person reads it."""
        if self.false_alarms is None:
            return "the largest sum of sensitivity and specificity (Youden)"
        return f"at most {self.false_alarms:.0%} of kept reps told as lost"


@dataclass(frozen=True, slots=True)
class SupportedLimit:
    """A limit that the data support.

    Parameters
    ----------
    contact, person
        Which contact; whose limit, or empty for everybody's.
    limit_deg
        With its interval.
    in_force_deg
        The limits by which these reps were judged: the smallest and the largest.
    reps, off
        What it rests on.
    sensitivity, specificity
        Of this way of choosing: on each person by a limit chosen from the others. NaN for one person alone.
    lacking
        What is missing for a limit, as a sentence; empty where there is one.
    """

    contact: str
    person: str
    limit_deg: Estimate
    in_force_deg: tuple[float, float]
    reps: int
    off: int
    sensitivity: float = float("nan")
    specificity: float = float("nan")
    lacking: str = ""


def chosen_limit_deg(truth: BoolArray, score_deg: FloatArray, rule: Rule) -> float:
    """The limit that a rule chooses; NaN where there is nothing to choose from.

    Parameters
    ----------
    truth
        Whether the contact was truly lost (n,).
    score_deg
        The deviation that a limit is held against (n,).
    rule
        The rule.
    """
    if not truth.any() or truth.all():
        return float("nan")
    limits, alarms, hits = roc_curve(truth, score_deg)
    if rule.false_alarms is not None:
        allowed = np.flatnonzero(alarms <= rule.false_alarms + 1e-12)
        return float(max(limits[allowed[-1]], SMALLEST_DEG))
    gain = hits - alarms
    best = np.flatnonzero(gain >= gain.max() - 1e-12)
    return float(max(np.mean([limits[best[0]], limits[best[-1]]]), SMALLEST_DEG))


def supported_limit(
    reps: Sequence[RepTruth], contact: str, person: str, clusters: IntArray, rule: Rule, rng: np.random.Generator
) -> SupportedLimit:
    """The limit for one contact, of a person or of all.

    Parameters
    ----------
    reps
        Those of the person, or all, in which the contact can be known.
    contact, person
        Which contact; whose limit, empty for everybody's.
    clusters
        What is drawn for the interval (n,): people, or the sessions of one.
    rule
        How it is chosen.
    rng
        Draws.
    """
    truth = np.array([each.off(contact) for each in reps], np.bool_)
    score_deg = np.array([each.score_deg(contact) for each in reps])
    in_force = [each.rep.limit_deg[contact] for each in reps] or [float("nan")]
    off = int(truth.sum())
    lacking = _lacking(contact, off, len(reps) - off)
    nothing = Estimate(float("nan"))
    found = SupportedLimit(contact, person, nothing, (min(in_force), max(in_force)), len(reps), off, lacking=lacking)
    if lacking:
        return found
    limit_deg = bootstrap(clusters, lambda some: chosen_limit_deg(truth[some], score_deg[some], rule), rng, RESAMPLES)
    if person:
        return replace(found, limit_deg=limit_deg)
    hits, kept = _across_people(reps, truth, score_deg, rule)
    return replace(found, limit_deg=limit_deg, sensitivity=hits, specificity=kept)


def _across_people(
    reps: Sequence[RepTruth], truth: BoolArray, score_deg: FloatArray, rule: Rule
) -> tuple[float, float]:
    """Sensitivity and specificity on each person, by the limit that all others' reps choose."""
    people = as_numbers([each.rep.person for each in reps])
    told = np.zeros(len(reps), np.bool_)
    for person in np.unique(people):
        others = people != person
        limit_deg = chosen_limit_deg(truth[others], score_deg[others], rule)
        if np.isnan(limit_deg):
            return float("nan"), float("nan")
        told[~others] = score_deg[~others] > limit_deg
    return sensitivity(truth, told), specificity(truth, told)


def _lacking(contact: str, off: int, kept: int) -> str:
    words = contact.replace("_", " ")
    more = []
    if off < LEAST_OFF:
        more.append(f"{LEAST_OFF - off} more in which the {words} leaves the rod")
    if kept < LEAST_OFF:
        more.append(f"{LEAST_OFF - kept} more in which it stays")
    return f"Too few watched reps to choose a limit for the {words}: it takes {' and '.join(more)}." if more else ""

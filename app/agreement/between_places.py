"""Sets of several places in one study: what each found, and how far they differ beyond chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.agreement.contact_figures import GroupFigures
from dowel.agreement.intervals import CONFIDENCE, LEAST_CLUSTERS, Estimate
from dowel.recordings.types import FloatArray

FIGURES: Final = {"sensitivity": 0.0, "specificity": 0.0, "kappa": -1.0, "roc_area": 0.0}
"""What is compared, and the smallest that each can be; the largest is 1."""
LEAST_FOR_NEXT: Final = 3
"""So many places before anything is said of a further one (sources#heterogeneity)."""
PLACE: Final = "place"
"""The kind of the groups of reps that come from one place."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """What several studies find together.

    Parameters
    ----------
    value, low, high
        The mean over places and its 95 % interval.
    next_low, next_high
        Where a further place would find it 95 times in 100; NaN of two places.
    between_sd
        How places truly differ (sd), on the scale on which they are pooled.
    q, p
        Cochran's Q, and how likely so much or more is by chance where places do not differ.
    i2
        The share of the variance that chance does not explain, 0 to 1.
    """

    value: float
    low: float
    high: float
    next_low: float
    next_high: float
    between_sd: float
    q: float
    p: float
    i2: float


@dataclass(frozen=True, slots=True)
class PlacesDiffer:
    """One figure of one contact over places.

    Parameters
    ----------
    contact, figure
        Which.
    places
        How many could be weighed.
    found
        The smallest and the largest that a place found.
    pooled
        Over them.
    """

    contact: str
    figure: str
    places: int
    found: tuple[float, float]
    pooled: Pooled


def between_places(groups: Sequence[GroupFigures]) -> Iterator[PlacesDiffer]:
    """How places differ, for each contact and figure that two of them or more tell with an interval.

    Parameters
    ----------
    groups
        The figures of all groups; those of kind ``place`` are used.
    """
    of_places = [each for group in groups if group.kind == PLACE for each in group.contacts]
    for contact in dict.fromkeys(each.contact for each in of_places):
        for figure, least in FIGURES.items():
            told = [
                (getattr(each, figure), each.people)
                for each in of_places
                if each.contact == contact and np.isfinite(getattr(each, figure).low)
            ]
            if len(told) > 1:
                values = [estimate.value for estimate, _ in told]
                on_logit = np.array([_on_logit(estimate, people, least) for estimate, people in told])
                pooled = _back(pool(on_logit[:, 0], on_logit[:, 1]), least)
                yield PlacesDiffer(contact, figure, len(told), (min(values), max(values)), pooled)


def not_weighed(groups: Sequence[GroupFigures]) -> list[str]:
    """The places that have too few people to be held against the others."""
    few = (max((each.people for each in group.contacts), default=0) < LEAST_CLUSTERS for group in groups)
    return [group.name for group, is_few in zip(groups, few, strict=True) if group.kind == PLACE and is_few]


def pool(values: FloatArray, variances: FloatArray) -> Pooled:
    """A random-effects mean of studies.

    Parameters
    ----------
    values, variances
        What each found, and how sure that is (n,), two or more.

    Notes
    -----
    The variance between studies after DerSimonian and Laird, the interval of the mean after Hartung and Knapp, that of
    a further study with t of n - 2 (sources#heterogeneity).
    """
    from scipy.stats import chi2, t

    count, fixed = len(values), 1.0 / variances
    q = float((fixed * (values - np.average(values, weights=fixed)) ** 2).sum())
    free = count - 1
    between = max((q - free) / float(fixed.sum() - (fixed**2).sum() / fixed.sum()), 0.0)
    weights = 1.0 / (variances + between)
    mean = float(np.average(values, weights=weights))
    spread = float((weights * (values - mean) ** 2).sum()) / (free * float(weights.sum()))
    # alike by chance, studies would seem surer than each of them is: never narrower than without looking at them
    error = np.sqrt(max(spread, 1.0 / float(weights.sum())))
    half = float(t.ppf(0.5 + CONFIDENCE / 2.0, free) * error)
    further = float("nan")
    if count >= LEAST_FOR_NEXT:
        further = float(t.ppf(0.5 + CONFIDENCE / 2.0, count - 2) * np.sqrt(between + error**2))
    return Pooled(
        mean,
        mean - half,
        mean + half,
        mean - further,
        mean + further,
        float(np.sqrt(between)),
        q,
        float(chi2.sf(q, free)),
        max((q - free) / q, 0.0) if q > 0.0 else 0.0,
    )


def _on_logit(estimate: Estimate, people: int, least: float) -> tuple[float, float]:
    """An estimate's logit and its variance, out of its interval; where all agreed the interval's middle stands for it.

    Such an interval has no logit at one end.
    """
    from scipy.stats import t

    value, low, high = ((end - least) / (1.0 - least) for end in (estimate.value, estimate.low, estimate.high))
    far = float(t.ppf(0.5 + CONFIDENCE / 2.0, people - 1))
    if not 0.0 < low < high < 1.0:
        middle, known = 0.5 * (low + high), low if high >= 1.0 else high
        return _logit(middle), ((_logit(middle) - _logit(known)) / far) ** 2
    return _logit(value), ((_logit(high) - _logit(low)) / (2.0 * far)) ** 2


def _logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def _back(pooled: Pooled, least: float) -> Pooled:
    """From the logit to what it is of; the spread between places stays on the logit's scale."""
    logits = (pooled.value, pooled.low, pooled.high, pooled.next_low, pooled.next_high)
    value, low, high, next_low, next_high = (least + (1.0 - least) / (1.0 + float(np.exp(-each))) for each in logits)
    return replace(pooled, value=value, low=low, high=high, next_low=next_low, next_high=next_high)

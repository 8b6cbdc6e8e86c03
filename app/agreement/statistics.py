"""Figures of agreement, with intervals that respect that reps of one person are not independent.

Each takes plain arrays; what they are figures of is told in :mod:`dowel.agreement.study`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import BoolArray, FloatArray, IntArray

RESAMPLES: Final = 2000
"""Of the clusters, for an interval (sources#cluster-bootstrap)."""
CONFIDENCE: Final = 0.95
"""Of all intervals (sources#cluster-bootstrap)."""
LEAST_CLUSTERS: Final = 5
"""Fewer people say nothing about people: there is no interval then (sources#cluster-bootstrap)."""

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval.

    Parameters
    ----------
    value
        NaN where the data hold nothing to compute it from.
    low, high
        Ends of the interval; NaN where there are too few clusters for one.
    """

    value: float
    low: float = float("nan")
    high: float = float("nan")

    def to_json(self) -> list[float | None]:
        """Value, low and high; None for what is not known."""
        return [None if np.isnan(each) else round(float(each), 6) for each in (self.value, self.low, self.high)]


def sensitivity(truth: BoolArray, told: BoolArray) -> float:
    """Share of what was there (n,) that was told (n,); NaN where nothing was there."""
    return float(told[truth].mean()) if truth.any() else float("nan")


def specificity(truth: BoolArray, told: BoolArray) -> float:
    """Share of what was not there (n,) that was not told either; NaN where all was there."""
    return float((~told[~truth]).mean()) if (~truth).any() else float("nan")


def kappa(truth: BoolArray, told: BoolArray) -> float:
    """Cohen's kappa: agreement beyond chance; 0 is chance, 1 all. NaN where both say the same of everything.

    Source: sources#kappa.
    """
    if not len(truth):
        return float("nan")
    agreed = float((truth == told).mean())
    chance = float(truth.mean() * told.mean() + (~truth).mean() * (~told).mean())
    return float("nan") if chance == 1.0 else (agreed - chance) / (1.0 - chance)


def roc_area(truth: BoolArray, score: FloatArray) -> float:
    """Area under the ROC curve of a score (n,): how often a true case scores higher than one that is none.

    The Mann-Whitney statistic over the number of pairs, ties half (sources#roc-area). NaN where one kind is missing.
    """
    from scipy.stats import rankdata  # late: it takes as long to load as a report

    there, not_there = int(truth.sum()), int((~truth).sum())
    if not there or not not_there:
        return float("nan")
    ranks = rankdata(score)
    return (float(ranks[truth].sum()) - there * (there + 1) / 2.0) / (there * not_there)


def roc_curve(truth: BoolArray, score: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The ROC curve: limits from high to low, and for each the false and the true positive share (m,).

    A rep is told where its score lies above the limit. The first point is 0, 0 and the last 1, 1.
    """
    order = np.argsort(-score, kind="stable")
    ranked, true = score[order], truth[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    hits, alarms = np.cumsum(true)[last], np.cumsum(~true)[last]
    below = np.append(ranked[last][1:], ranked[-1] - 1.0)
    limits = np.concatenate([[np.inf], (ranked[last] + below) / 2.0])  # midway between two scores
    return limits, np.append(0.0, alarms / max(alarms[-1], 1)), np.append(0.0, hits / max(hits[-1], 1))


def bootstrap(
    clusters: IntArray, figure: Callable[[Indices], float], rng: np.random.Generator, resamples: int = RESAMPLES
) -> Estimate:
    """A figure and its interval, by drawing whole clusters with replacement.

    Parameters
    ----------
    clusters
        To which person (or session) each of n cases belongs.
    figure
        The figure of some of the cases, by index, with repetitions.
    rng
        Draws the clusters.
    resamples
        How many times.

    Notes
    -----
    Percentiles, expanded for the number of clusters as Hesterberg proposes, because those of few clusters are too
    narrow (sources#cluster-bootstrap). Draws that hold nothing to compute the figure from are left out.
    """
    value = figure(np.arange(len(clusters)))
    members = [np.flatnonzero(clusters == each) for each in np.unique(clusters)]
    if len(members) < LEAST_CLUSTERS or np.isnan(value):
        return Estimate(value)
    drawn = rng.integers(len(members), size=(resamples, len(members)))
    found = np.array([figure(np.concatenate([members[each] for each in draw])) for draw in drawn])
    found = found[~np.isnan(found)]
    if len(found) < resamples / 2:
        return Estimate(value)
    low, high = np.quantile(found, _expanded(len(members)))
    return Estimate(value, float(low), float(high))


def _expanded(clusters: int) -> tuple[float, float]:
    """The shares between which the percentiles of so many clusters hold the true value 95 times in 100."""
    from scipy.stats import norm, t

    far = np.sqrt(clusters / (clusters - 1)) * t.ppf(0.5 + CONFIDENCE / 2.0, clusters - 1)
    return float(norm.cdf(-far)), float(norm.cdf(far))


def share_interval(told: FloatArray, of: FloatArray) -> Estimate:
    """A share over clusters with its interval, which also holds where all or none were told.

    Parameters
    ----------
    told, of
        So many told of so many, by cluster (n,).

    Notes
    -----
    Wilson's interval for as many independent cases as the clustered ones are worth: the variance of the ratio over
    clusters gives the design effect, as Rao and Scott have it (sources#clustered-share). Drawing clusters again would
    give an interval of no width where every rep agreed.
    """
    from scipy.stats import t

    told, of = told[of > 0], of[of > 0]
    clusters, cases = len(of), float(of.sum())
    if not cases:
        return Estimate(float("nan"))
    share = float(told.sum() / cases)
    if clusters < LEAST_CLUSTERS:
        return Estimate(share)
    binomial = share * (1.0 - share) / cases
    residual = told - share * of
    between = clusters / (clusters - 1) * float((residual**2).sum()) / cases**2
    effect = max(between / binomial, 1.0) if binomial > 0 else _effect_of_nothing(of)
    worth = cases / effect
    far = float(t.ppf(0.5 + CONFIDENCE / 2.0, clusters - 1))
    middle = (share + far**2 / (2 * worth)) / (1 + far**2 / worth)
    half = far / (1 + far**2 / worth) * np.sqrt(share * (1 - share) / worth + far**2 / (4 * worth**2))
    return Estimate(share, float(max(middle - half, 0.0)), float(min(middle + half, 1.0)))


USUAL_CORRELATION: Final = 0.1
"""How alike reps of one person are taken to be where the data cannot tell (sources#clustered-share)."""


def _effect_of_nothing(of: FloatArray) -> float:
    """The design effect where all agree, so that the data do not show how alike a person's reps are."""
    return 1.0 + (float((of**2).sum() / of.sum()) - 1.0) * USUAL_CORRELATION


@dataclass(frozen=True, slots=True)
class BlandAltman:
    """Agreement of two measurements in their own unit.

    Parameters
    ----------
    bias
        Mean difference.
    low, high
        Limits of agreement: 95 % of single differences lie between them.
    between_sd, within_sd
        How people differ, and how the reps of one person do.
    pairs, people
        What it rests on.
    """

    bias: float
    low: float
    high: float
    between_sd: float
    within_sd: float
    pairs: int
    people: int


def bland_altman(difference: FloatArray, people: IntArray) -> BlandAltman:
    """Limits of agreement where each person was measured several times and the true value varies.

    Parameters
    ----------
    difference
        One measurement minus the other (n,).
    people
        Whose it is (n,).

    Notes
    -----
    One-way analysis of variance over people; the variance of a single difference is that between people plus that
    within, after Bland and Altman 2007 (sources#bland-altman).
    """
    names, index, counts = np.unique(people, return_inverse=True, return_counts=True)
    total, groups = len(difference), len(names)
    means = np.bincount(index, difference) / counts
    within = float(((difference - means[index]) ** 2).sum() / (total - groups)) if total > groups else float("nan")
    bias = float(difference.mean()) if total else float("nan")
    between = 0.0
    if groups > 1:
        square = float((counts * (means - bias) ** 2).sum() / (groups - 1))
        spread = (total**2 - float((counts**2).sum())) / ((groups - 1) * total)
        between = max((square - (0.0 if np.isnan(within) else within)) / spread, 0.0)
    far = 1.96 * float(np.sqrt(between + (0.0 if np.isnan(within) else within)))
    return BlandAltman(bias, bias - far, bias + far, float(np.sqrt(between)), float(np.sqrt(within)), total, groups)


def repeatability(values: FloatArray, people: IntArray) -> tuple[float, float]:
    """Standard error of measurement and smallest detectable change of a figure that sessions repeat.

    Parameters
    ----------
    values
        The figure of each session (n,).
    people
        Whose session it is (n,).

    Returns
    -------
    tuple of float
        SD within people, and 1.96 sqrt 2 times it; NaN where no person has two sessions (sources#repeatability).
    """
    index, counts = np.unique(people, return_inverse=True, return_counts=True)[1:]
    free = len(values) - len(counts)
    if free < 1:
        return float("nan"), float("nan")
    means = np.bincount(index, values) / counts
    error = float(np.sqrt(((values - means[index]) ** 2).sum() / free))
    return error, 1.96 * float(np.sqrt(2.0)) * error


def as_numbers(names: list[Any]) -> IntArray:
    """A number for each name (n,), the same for the same."""
    return np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)

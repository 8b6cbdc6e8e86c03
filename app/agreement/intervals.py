"""How sure figures of agreement are: intervals that respect that reps of one person are not independent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

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


USUAL_CORRELATION: Final = 0.1
"""How alike reps of one person are taken to be where the data cannot tell (sources#clustered-share)."""


def bounded_interval(value: float, left_out: FloatArray, of: FloatArray, least: float = 0.0) -> Estimate:
    """A figure that lies between ``least`` and 1, with its interval over clusters.

    Parameters
    ----------
    value
        The figure.
    left_out
        The same without each of the clusters in turn (n,).
    of
        How many cases of each cluster speak for it (n,): of the rarer kind where it takes two.
    least
        The smallest that it can be.

    Notes
    -----
    On the scale of the logit, on which a figure near 1 is about as likely to be too high as too low; the variance by
    leaving out one cluster at a time, and t of as many clusters as there are. Where all agree there is neither, and it
    is Wilson's interval for as many independent cases as the clustered ones are worth (sources#clustered-share).
    """
    from scipy.stats import t

    clusters = len(left_out)
    if np.isnan(value) or clusters < LEAST_CLUSTERS or np.isnan(left_out).any() or not of.any():
        return Estimate(value)
    share, spread = (value - least) / (1.0 - least), 1.0 - least
    far = float(t.ppf(0.5 + CONFIDENCE / 2.0, clusters - 1))
    variance = (clusters - 1) / clusters * float(((left_out - left_out.mean()) ** 2).sum()) / spread**2
    if 0.0 < share < 1.0 and variance > 0.0:
        middle, half = np.log(share / (1.0 - share)), far * np.sqrt(variance) / (share * (1.0 - share))
        low, high = (float(1.0 / (1.0 + np.exp(-end))) for end in (middle - half, middle + half))
    else:
        low, high = _where_all_agree(share, of, far)
    return Estimate(value, least + spread * low, least + spread * high)


def _where_all_agree(share: float, of: FloatArray, far: float) -> tuple[float, float]:
    """Wilson's interval, for cases of clusters that are as alike as usual."""
    effect = 1.0 + (float((of**2).sum() / of.sum()) - 1.0) * USUAL_CORRELATION
    worth = float(of.sum()) / effect
    middle = (share + far**2 / (2 * worth)) / (1 + far**2 / worth)
    half = far / (1 + far**2 / worth) * np.sqrt(share * (1 - share) / worth + far**2 / (4 * worth**2))
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def share_interval(told: FloatArray, of: FloatArray) -> Estimate:
    """A share over clusters with its interval, which also holds where all or none were told.

    Parameters
    ----------
    told, of
        So many told of so many, by cluster (n,); clusters without any case say nothing.
    """
    told, of = told[of > 0], of[of > 0]
    if not len(of):
        return Estimate(float("nan"))
    share = float(told.sum() / of.sum())
    if len(of) < LEAST_CLUSTERS:
        return Estimate(share)
    return bounded_interval(share, (told.sum() - told) / (of.sum() - of), of)


def figure_interval(
    clusters: IntArray, figure: Callable[[Indices], float], counted: BoolArray, least: float = 0.0
) -> Estimate:
    """A figure of cases between ``least`` and 1 that is no plain share, with its interval over clusters.

    Parameters
    ----------
    clusters
        To which person (or session) each of n cases belongs.
    figure
        The figure of some of the cases, by index.
    counted
        The cases (n,) that speak for it: the rarer kind.
    least
        The smallest that it can be.
    """
    names, index = np.unique(clusters, return_inverse=True)
    value = figure(np.arange(len(clusters)))
    if len(names) < LEAST_CLUSTERS or np.isnan(value):
        return Estimate(value)
    left_out = np.array([figure(np.flatnonzero(index != place)) for place in range(len(names))])
    return bounded_interval(value, left_out, np.bincount(index, counted).astype(np.float64), least)

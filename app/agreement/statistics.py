"""Figures of agreement: each of plain arrays, what they are figures of is told in :mod:`dowel.agreement.study`.

How sure they are is told by :mod:`dowel.agreement.intervals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, IntArray


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


def true_share_at(false: FloatArray, truth: BoolArray, score: FloatArray) -> FloatArray:
    """The true share of a ROC curve (n,) where at most these false shares (n,) are allowed."""
    _, alarms, hits = roc_curve(truth, score)
    return hits[np.searchsorted(alarms, false + 1e-12, side="right") - 1]


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

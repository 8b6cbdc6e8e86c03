"""What a limit can do for a contact: the ROC curve, with its interval over people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.agreement.intervals import LEAST_CLUSTERS, bounded_interval
from dowel.agreement.observations import RepTruth
from dowel.agreement.statistics import roc_curve, true_share_at
from dowel.recordings.types import CONTACTS, BoolArray, FloatArray, IntArray

BAND_POINTS: Final = 41
"""Of the interval of a curve: every 2.5 % (sources#clustered-share)."""


@dataclass(frozen=True, slots=True)
class Roc:
    """What a limit can do for one contact.

    Parameters
    ----------
    contact
        Which.
    kept_deg, off_deg
        The largest deviation held of each rep in which it was kept, and in which it was lost.
    limit_deg, false, true
        Limits (n,), and the shares of kept and of lost reps above each.
    band
        At shares of kept reps told as lost from 0 to 1, the interval of the share of lost reps told there; nothing
        where there are too few people.
    """

    contact: str
    kept_deg: tuple[float, ...]
    off_deg: tuple[float, ...]
    limit_deg: tuple[float, ...]
    false: tuple[float, ...]
    true: tuple[float, ...]
    band: tuple[tuple[float, float, float], ...]


def rocs_of(reps: Sequence[RepTruth], cluster_of: Callable[[Sequence[RepTruth]], IntArray]) -> Iterator[Roc]:
    """The curve of each contact that was kept in some reps and lost in others.

    Parameters
    ----------
    reps
        Those that were judged and watched.
    cluster_of
        What reps are alike within.
    """
    for contact in CONTACTS:
        known = [each for each in reps if each.knowable(contact)]
        truth = np.array([each.off(contact) for each in known], np.bool_)
        if truth.any() and not truth.all():
            score_deg = np.array([each.score_deg(contact) for each in known])
            numbers = (score_deg[~truth], score_deg[truth], *roc_curve(truth, score_deg))
            kept_deg, off_deg, limit_deg, false, true = (tuple(each.tolist()) for each in numbers)
            band = tuple(_band(truth, score_deg, cluster_of(known)))
            yield Roc(contact, kept_deg, off_deg, limit_deg, false, true, band)


def _band(truth: BoolArray, score_deg: FloatArray, clusters: IntArray) -> Iterator[tuple[float, float, float]]:
    """The interval of the ROC curve at evenly spaced false shares, over clusters.

    The curve only rises, so what lies below it at one share lies below it at all larger ones, and what lies above it
    above it at all smaller ones.
    """
    false = np.linspace(0.0, 1.0, BAND_POINTS)
    left_out = [clusters != each for each in np.unique(clusters)]
    if len(left_out) < LEAST_CLUSTERS or not all(truth[some].any() and not truth[some].all() for some in left_out):
        return
    whole = true_share_at(false, truth, score_deg)
    without = np.array([true_share_at(false, truth[some], score_deg[some]) for some in left_out])
    lost = np.array([truth[~some].sum() for some in left_out], np.float64)
    found = [bounded_interval(float(share), without[:, place], lost) for place, share in enumerate(whole)]
    low = np.maximum.accumulate([each.low for each in found])
    high = np.minimum.accumulate([each.high for each in found][::-1])[::-1]
    yield from zip(false.tolist(), low.tolist(), high.tolist(), strict=True)

"""How right the program was: figures of some reps, contact by contact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dowel.agreement.intervals import Estimate, figure_interval, share_interval
from dowel.agreement.observations import ANY, RepTruth
from dowel.agreement.statistics import kappa, roc_area
from dowel.recordings.types import CONTACTS, BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class ContactFigures:
    """How right the program was about one contact, or about any of them.

    Parameters
    ----------
    contact
        Which; ``any`` for whichever.
    people
        Whose reps.
    reps, off, told
        Reps judged and watched; in how many it was truly lost; in how many the program said so.
    hits
        Of those truly lost, how many were told.
    sensitivity, specificity, kappa, roc_area
        With their intervals; no area for ``any``, which has no one deviation.
    lag_s
        How much later than the truth the program could say it, quartiles of the hits; negative where it was earlier.
    """

    contact: str
    people: int
    reps: int
    off: int
    told: int
    hits: int
    sensitivity: Estimate
    specificity: Estimate
    kappa: Estimate
    roc_area: Estimate
    lag_s: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The same for some of the reps.

    Parameters
    ----------
    kind
        ``all``, ``place``, ``person``, ``drill``, ``tempo`` or ``load``.
    name
        Whose, or which.
    contacts
        The figures of each contact.
    """

    kind: str
    name: str
    contacts: tuple[ContactFigures, ...]


def groups_of(reps: Sequence[RepTruth]) -> Iterator[tuple[str, str, list[RepTruth]]]:
    """All reps; then those of each place, person, drill, tempo and load where they differ."""
    yield "all", "all reps", list(reps)
    kinds: tuple[tuple[str, Callable[[RepTruth], str]], ...] = (
        ("place", lambda each: each.rep.place),
        ("person", lambda each: each.rep.person or "(no name)"),
        ("drill", lambda each: each.rep.drill),
        ("tempo", lambda each: "quick" if each.rep.quick else "slow"),
        ("load", lambda each: "loaded" if each.rep.loaded else "no load"),
    )
    for kind, name in kinds:
        names = sorted({name(each) for each in reps})
        if len(names) > 1:
            for one in names:
                yield kind, one, [each for each in reps if name(each) == one]


class Figures:
    """Makes figures of agreement of some reps.

    Parameters
    ----------
    cluster_of
        What reps are alike within.
    """

    def __init__(self, cluster_of: Callable[[Sequence[RepTruth]], IntArray]) -> None:
        self._cluster_of = cluster_of

    def of_group(self, kind: str, name: str, reps: Sequence[RepTruth]) -> GroupFigures:
        """The figures of a group.

        Parameters
        ----------
        kind, name
            What it is called.
        reps
            Its reps.
        """
        found = []
        for contact in (*CONTACTS, ANY):
            known = [each for each in reps if each.knowable(contact)]
            if known:
                found.append(self._of_contact(contact, known))
        return GroupFigures(kind, name, tuple(found))

    def _of_contact(self, contact: str, reps: Sequence[RepTruth]) -> ContactFigures:
        truth = np.array([each.off(contact) for each in reps], np.bool_)
        told = np.array([each.told(contact) for each in reps], np.bool_)
        clusters = self._cluster_of(reps)
        rarer = truth if 2 * truth.sum() <= len(truth) else ~truth
        area = Estimate(float("nan"))
        if contact != ANY:
            score_deg = np.array([each.score_deg(contact) for each in reps])
            area = figure_interval(clusters, lambda some: roc_area(truth[some], score_deg[some]), rarer)
        return ContactFigures(
            contact,
            len({each.rep.person for each in reps}),
            len(reps),
            int(truth.sum()),
            int(told.sum()),
            int((truth & told).sum()),
            _share(truth & told, truth, clusters),
            _share(~truth & ~told, ~truth, clusters),
            figure_interval(clusters, lambda some: kappa(truth[some], told[some]), rarer, least=-1.0),
            area,
            quartiles_of(np.array(_lags_s(contact, reps))),
        )


def _share(right: BoolArray, of: BoolArray, clusters: IntArray) -> Estimate:
    """The share of some cases that were right, by cluster."""
    told, cases = (np.bincount(clusters, each).astype(np.float64) for each in (right, of))
    return share_interval(told, cases)


def _lags_s(contact: str, reps: Sequence[RepTruth]) -> list[float]:
    """How much later than the truth the program knew it, of each loss that it told."""
    both = [each for each in reps if each.off(contact) and each.told(contact)]
    if contact == ANY:
        return [min(each.rep.told_s.values()) - min(each.off_s.values()) for each in both]
    return [each.rep.told_s[contact] - each.off_s[contact] for each in both]


def quartiles_of(values: FloatArray) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile; NaN where there is nothing."""
    if not len(values):
        return (float("nan"),) * 3
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)

"""The simulated lifter's rod: three contacts by geometry, held by a spring, lost and found again with hysteresis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.recordings.types import CONTACTS, BoolArray, FloatArray
from dowel.sensors.simulated.person.body import Body, flexion_deg, lean_deg
from dowel.sensors.simulated.person.plan import Person
from dowel.sensors.simulated.person.truth import Truth

Spans = list[tuple[float, float]]
BACK_AT: Final = 0.75
"""Of the gap at which a contact is lost, that at which it is found again: skin that was let go of comes back later than
it gave way (a guess)."""


@dataclass(frozen=True)
class Rod:
    """How a person's rod leaves the back.

    ``sacrum_mm_per_deg`` is the lever of rounding, ``upper_back_mm_per_deg`` that of arching, ``head_mm_per_deg`` that
    of the neck (sources#rod-gap, sources#head-gap). Hands and skin press the rod on as a spring: a contact holds until
    its gap is ``opens_mm``, that of the upper back until ``upper_back_opens_mm``, and is back below ``BACK_AT`` of it.
    """

    sacrum_mm_per_deg: float = 3.0
    upper_back_mm_per_deg: float = 1.3
    head_mm_per_deg: float = 2.4
    opens_mm: float = 27.0
    upper_back_opens_mm: float = 14.0

    def slack(self, deviation_deg: FloatArray, head_deg: FloatArray) -> FloatArray:
        """How much of what the spring gives each contact has used up (n, 3), in the order of ``CONTACTS``; 1 opens it.

        ``deviation_deg`` (n,) of the spine from the person's own neutral, ``head_deg`` (n,) of the head.
        """
        return np.column_stack(
            [
                np.abs(head_deg) * self.head_mm_per_deg / self.opens_mm,
                -deviation_deg * self.upper_back_mm_per_deg / self.upper_back_opens_mm,
                deviation_deg * self.sacrum_mm_per_deg / self.opens_mm,
            ]
        )

    def off(self, truth: Truth) -> Mapping[str, Spans]:
        """When each contact is off in a whole session with the rod held, on the clock of the truth."""
        lost = _lost(self.slack(truth.deviation_deg, truth.head_deviation_deg), np.zeros(len(CONTACTS), np.bool_))
        return {str(contact): _spans(truth.time_s, lost[:, place]) for place, contact in enumerate(CONTACTS)}


class HeldRod:
    """A rod that is followed while its lifter moves: stretch by stretch, each going on where the last one ended."""

    def __init__(self, rod: Rod, body: Body, person: Person) -> None:
        self._rod, self._body, self._person = rod, body, person
        self._lost: BoolArray = np.ones(len(CONTACTS), np.bool_)

    def follow(self, coordinates: FloatArray, held: BoolArray) -> BoolArray:
        """Which contacts touch (n, 3) with the next coordinates (n, 13); ``held`` (n,): the rod is on the back."""
        pelvis_deg = lean_deg(self._body.pelvis(coordinates))
        spine_deg = flexion_deg(self._body.spine(coordinates))
        slack = self._rod.slack(
            spine_deg - self._person.neutral_deg(pelvis_deg), flexion_deg(self._body.nod(coordinates))
        )
        slack[~held] = np.inf
        lost = _lost(slack, self._lost)
        self._lost = lost[-1]
        return ~lost


def _lost(slack: FloatArray, before: BoolArray) -> BoolArray:
    """Whether each contact is lost (n, m): from where the spring gives way until it has closed again."""
    turned = np.where(slack > 1.0, 1, np.where(slack < BACK_AT, -1, 0))
    turned = np.concatenate([np.where(before, 1, -1)[None], turned])
    latest = np.maximum.accumulate(np.where(turned != 0, np.arange(len(turned))[:, None], 0), axis=0)
    lost: BoolArray = np.take_along_axis(turned, latest, axis=0)[1:] > 0
    return lost


def _spans(time_s: FloatArray, lost: BoolArray) -> Spans:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]]).astype(np.int8)))
    last = len(time_s) - 1
    return [
        (float(time_s[start]), float(time_s[min(end, last)]))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]

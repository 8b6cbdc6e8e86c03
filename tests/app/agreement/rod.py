"""A simulated lifter's rod: three contacts by geometry, held by a spring, lost and found again with hysteresis; and
who tells when they are off: a helper with reaction times, or switches that bounce."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dowel.recordings.types import CONTACTS, WATCHED, FloatArray, Mark, MarkKind
from dowel.sensors.simulated import Truth

Spans = list[tuple[float, float]]


@dataclass(frozen=True)
class Rod:
    """How a person's rod leaves the back.

    ``sacrum_mm_per_deg`` is the lever of rounding, ``upper_back_mm_per_deg`` that of arching, ``head_mm_per_deg`` that
    of the neck. Hands and skin press the rod on as a spring: contact holds until the gap is ``opens_mm``, and is back
    below ``closes_mm``.
    """

    sacrum_mm_per_deg: float = 3.0
    upper_back_mm_per_deg: float = 1.3
    head_mm_per_deg: float = 2.4
    opens_mm: float = 27.0
    closes_mm: float = 20.0
    upper_back_opens_mm: float = 14.0

    @staticmethod
    def of_somebody(rng: np.random.Generator) -> Rod:
        """Levers and springs of other people."""
        opens_mm = float(rng.normal(27.0, 4.0))
        return Rod(float(rng.normal(3.0, 0.25)), 1.3, 2.4, opens_mm, 0.75 * opens_mm, float(rng.normal(14.0, 2.0)))

    def off(self, truth: Truth) -> dict[str, Spans]:
        """When each contact is off, on the clock of the truth."""
        gaps = {
            "sacrum": (truth.deviation_deg * self.sacrum_mm_per_deg, self.opens_mm),
            "upper_back": (-truth.deviation_deg * self.upper_back_mm_per_deg, self.upper_back_opens_mm),
            "head": (np.abs(truth.head_deviation_deg) * self.head_mm_per_deg, self.opens_mm),
        }
        ratio = self.closes_mm / self.opens_mm
        return {name: _above(truth.time_s, gap, opens, ratio * opens) for name, (gap, opens) in gaps.items()}


def _above(time_s: FloatArray, gap_mm: FloatArray, opens_mm: float, closes_mm: float) -> Spans:
    spans: Spans = []
    end = 0
    for first in np.flatnonzero(gap_mm > opens_mm).tolist():
        if first < end:
            continue
        closed = np.flatnonzero(gap_mm[first:] < closes_mm)
        end = first + int(closed[0]) if len(closed) else len(gap_mm) - 1
        spans.append((float(time_s[first]), float(time_s[end])))
    return spans


@dataclass(frozen=True)
class Helper:
    """A person who holds an area down while a contact is off: late, and now and then not at all."""

    name: str = "helper 1"
    delay_s: float = 0.25
    delay_sd_s: float = 0.06
    misses: float = 0.0

    def told(self, off: dict[str, Spans], rng: np.random.Generator, until_s: float) -> dict[str, Spans]:
        """What the helper tells of what is so."""
        told: dict[str, Spans] = {}
        for contact, spans in off.items():
            told[contact] = []
            for start_s, end_s in spans:
                late_s = np.maximum(rng.normal(self.delay_s, self.delay_sd_s, 2), 0.1)
                if rng.uniform() >= self.misses and start_s + late_s[0] < end_s + late_s[1]:
                    told[contact].append((start_s + float(late_s[0]), min(end_s + float(late_s[1]), until_s)))
        return told


def truth_marks(told: dict[str, Spans], until_s: float, by: str, *, reacts: bool) -> list[Mark]:
    """The marks that a practice writes of it, in order of time."""
    moments = [(0.0, WATCHED, True), (until_s, WATCHED, False)]
    for contact in CONTACTS:
        moments += [
            (at_s, str(contact), off)
            for span in told.get(contact, [])
            for at_s, off in zip(span, (True, False), strict=True)
        ]
    return [
        Mark(0, MarkKind.TRUTH, at_s, at_s, {"what": what, "off": off, "by": by, "reacts": reacts})
        for at_s, what, off in sorted(moments)
    ]


def bouncing(spans: Sequence[tuple[float, float]], rng: np.random.Generator) -> Iterator[tuple[float, bool]]:
    """A contact's edges as a switch gives them: each with some 2 ms of bounce."""
    for start_s, end_s in spans:
        for at_s, off in ((start_s, True), (end_s, False)):
            yield at_s, off
            for _ in range(int(rng.integers(0, 4))):
                at_s += float(rng.uniform(0.0003, 0.002))
                yield at_s, not off
                at_s += float(rng.uniform(0.0003, 0.002))
                yield at_s, off

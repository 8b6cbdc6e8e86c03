"""Who tells when a simulated lifter's rod is off: a helper with reaction times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dowel.recordings.types import CONTACTS, WATCHED, Mark, MarkKind
from dowel.sensors.simulated.person.rod import Spans


@dataclass(frozen=True)
class Helper:
    """A person who holds an area down while a contact is off: late, and now and then not at all."""

    name: str = "helper 1"
    delay_s: float = 0.25
    delay_sd_s: float = 0.06
    misses: float = 0.0

    def told(self, off: Mapping[str, Spans], rng: np.random.Generator, until_s: float) -> dict[str, Spans]:
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

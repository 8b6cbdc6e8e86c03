"""How well a sensor's session time is known."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(slots=True)
class Uncertainty:
    """How well a sensor's session time is known, as it changes in the course of the session.

    ``from_s`` rises from minus infinity; from each of these session times on, ``value_ms`` is in force.
    """

    from_s: list[float]
    value_ms: list[float]

    @staticmethod
    def of(value_ms: float) -> Uncertainty:
        """The same from the beginning."""
        return Uncertainty([-math.inf], [value_ms])

    def add(self, from_s: float, value_ms: float) -> None:
        """From this session time on, the uncertainty is ``value_ms``."""
        self.from_s.append(from_s)
        self.value_ms.append(value_ms)

    def at(self, time_s: float) -> float:
        """The uncertainty in force at a session time, ms."""
        return self.value_ms[bisect_right(self.from_s, time_s) - 1]

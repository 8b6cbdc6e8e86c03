"""Both trunk sensors stand differently, and to each other too: strapped on again, or a back that stands otherwise."""

from __future__ import annotations

from collections import deque

from dowel.analysis.median import median
from dowel.analysis.orientation.slip import SlipSettings
from dowel.analysis.parameters import in_force


class StandsApart:
    """Compares the rounding of the back while the person stands with that of the stands before (design#slips).

    People lean and sway with the whole trunk. The back itself stands alike within a few degrees: what is farther from
    the stands before than ``suspect_deg`` may be the person or the straps, and nothing tells which.
    """

    def __init__(self) -> None:
        self._settings = in_force(SlipSettings)
        self._usual_deg = deque([0.0], self._settings.most_before)  # as in the calibration
        self._stands = 0

    def forget(self) -> None:
        """Compare with the next stand: of a sensor that stands differently alone others decide."""
        self._usual_deg.clear()
        self._stands = 0

    @property
    def apart(self) -> bool:
        """Whether the latest stand was too far from those before to judge by."""
        return self._stands > 0

    def stand(self, rounded_deg: float) -> float | None:
        """The next stand; by how much it differs where that is to be said: for the second time, or 0 if no longer."""
        away_deg = rounded_deg - float(median(list(self._usual_deg))) if self._usual_deg else 0.0
        if abs(away_deg) > self._settings.suspect_deg:
            self._stands += 1
            return away_deg if self._stands == self._settings.latest else None
        told = self._stands >= self._settings.latest
        self._usual_deg.append(rounded_deg)
        self._stands = 0
        return 0.0 if told else None

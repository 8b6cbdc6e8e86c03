"""The clap: sensors knocked together before strapping on show how well their clocks agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.recordings.types import FloatArray


@dataclass(frozen=True, slots=True)
class ClapCheck:
    """Lag between two sensors that were knocked together.

    Data: times (n,) in s and accelerations (n, 3) in m/s2 of both sensors during the step, at any rate. Result: median
    difference of the times of the hardest knocks, first minus second sensor, in s; NaN where fewer than asked are found
    in both.

    Parameters
    ----------
    knocks
        So many knocks are asked of the person.
    least_apart_s
        Time that lies between two of them at least.
    least_m_s2
        How hard a knock is at least: more than hands do without one.

    Notes
    -----
    Source: sources#clap.
    """

    knocks: int = 3
    least_apart_s: float = 0.25
    least_m_s2: float = 8.0

    def lag_s(self, time_a: FloatArray, acc_a: FloatArray, time_b: FloatArray, acc_b: FloatArray) -> float:
        """The lag; see the class."""
        knocks_a, knocks_b = self._knocks(time_a, acc_a), self._knocks(time_b, acc_b)
        if len(knocks_a) < self.knocks or len(knocks_b) < self.knocks:
            return float("nan")
        return float(np.median(np.sort(knocks_a) - np.sort(knocks_b)))

    def _knocks(self, time_s: FloatArray, acc_m_s2: FloatArray) -> FloatArray:
        """Times of the hardest jumps of the acceleration, apart from each other.

        Ours: SciPy's ``find_peaks`` counts distances in samples, which come unevenly, and to load scipy.signal would
        nearly double the CPU of a report (design#scipy-and-what-is-ours).
        """
        if len(time_s) < 3:
            return np.empty(0)
        jump = np.linalg.norm(np.diff(acc_m_s2, axis=0), axis=1)
        middle = 0.5 * (time_s[1:] + time_s[:-1])
        found: list[float] = []
        for index in np.argsort(-jump, kind="stable").tolist():
            if jump[index] < self.least_m_s2 or len(found) == self.knocks:
                break
            if all(abs(middle[index] - other) > self.least_apart_s for other in found):
                found.append(float(middle[index]))
        return np.array(found)

"""Two knocks on a sensor, as a person makes them to say that a rep is done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.recordings.types import FloatArray


@dataclass(frozen=True, slots=True)
class DoubleTap:
    """Finds double taps in a sensor's raw samples.

    Data: times (n,), s, and specific force (n, 3), m/s2, at 50 Hz or more. A knock is where the size of the force
    leaves its median; two of them by themselves are a double tap: more of them are handling, one is an accident.

    Parameters
    ----------
    knock_m_s2
        How far the force leaves its median at least. Breathing and slow legs stay under 1 m/s2, a finger's tap gives
        some 10.
    apart_s
        Shortest and longest time between the two.
    alone_s
        Time before and after them with no other knock.
    ring_s
        A knock rings for so long at most.

    Notes
    -----
    All are judgements (sources#two-taps).
    """

    knock_m_s2: float = 4.0
    apart_s: tuple[float, float] = (0.12, 0.6)
    alone_s: float = 0.8
    ring_s: float = 0.1

    def of(self, time_s: FloatArray, acc_m_s2: FloatArray) -> list[float]:
        """When double taps were, the moment of their second knock, in order; none too near the end to be certain."""
        if len(time_s) < 3:
            return []
        force = np.linalg.norm(acc_m_s2, axis=1)
        hit_s = time_s[np.abs(force - np.median(force)) > self.knock_m_s2]
        knocks_s = [
            at_s for at_s, before_s in zip(hit_s, [-np.inf, *hit_s], strict=False) if at_s - before_s > self.ring_s
        ]
        found = []
        for index in range(1, len(knocks_s)):
            first_s, second_s = knocks_s[index - 1], knocks_s[index]
            before_s = knocks_s[index - 2] if index > 1 else -np.inf
            after_s = knocks_s[index + 1] if index + 1 < len(knocks_s) else np.inf
            alone = first_s - before_s > self.alone_s and after_s - second_s > self.alone_s
            low_s, high_s = self.apart_s
            if alone and low_s <= second_s - first_s <= high_s and time_s[-1] - second_s > self.alone_s:
                found.append(float(second_s))
        return found

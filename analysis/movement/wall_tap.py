"""The wall tap: whether the bum met the wall, from the deceleration at the turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.movement.hip_path import ahead_of
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rotations import conjugate, normalised, rotated
from dowel.analysis.parameters import in_force
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray

BEFORE_POINTS = GRID_HZ // 2
"""The filter settles in so much before the bend (it is a tenth as long as its lowest period, three times over;
sources#tap-window)."""


def load_filters() -> None:
    """Load SciPy's filters, which takes most of a second, so that the first bend of a practice need not wait for them.

    They are loaded by the first bend otherwise: only this drill needs them (design#scipy-and-what-is-ours).
    """
    import scipy.signal  # noqa: F401


@dataclass(frozen=True, slots=True)
class TapDetector:
    """Tells ``tapped``, ``none`` and ``unsure`` apart.

    Data, on the grid: acceleration forward (n,), m/s2, the angle that goes out and back (n,), and the places (indices)
    of the bend's start, the end of its bottom, and its end. A wall pushes the hips forward for 50 to 140 ms
    (sources#wall-contact). So the largest forward push near the bottom is compared with the shaking (rms) before it.

    Parameters
    ----------
    band_hz
        Frequencies of a push.
    near_share
        It is looked for from where the angle has passed this share of its excursion,
    after_s
        to so long after the bottom.
    tapped_m_s2, tapped_factor
        Above both, the acceleration and so many times the shaking, it was a tap.
    none_m_s2, none_factor
        Below either it was none.

    Notes
    -----
    It differs from what bare springs suggest (sources#wall-tap-push) in the band (1.5 to 8 Hz instead of 3 to 20: a
    soft wall pushes slowly, and tremor lies at 3 to 9 Hz), in the limits, which follow from the band, and in looking
    earlier than 0.3 s before the turn, because slow hips meet the wall long before it.
    """

    band_hz: tuple[float, float] = (1.5, 8.0)
    near_share: float = 0.75
    after_s: float = 0.3
    tapped_m_s2: float = 0.20
    tapped_factor: float = 5.0
    none_m_s2: float = 0.15
    none_factor: float = 3.5

    def of(self, forward_m_s2: FloatArray, angle_deg: FloatArray, start: int, bottom_end: int) -> str:
        """What became of one bend; ``unsure`` where the acceleration has gaps."""
        from scipy.signal import butter, sosfiltfilt  # late: see load_filters

        if not np.isfinite(forward_m_s2).all():
            return "unsure"
        filtered = sosfiltfilt(butter(2, self.band_hz, "bandpass", fs=GRID_HZ, output="sos"), forward_m_s2)
        out_deg = angle_deg[start : bottom_end + 1] - angle_deg[start]
        near = start + int(np.argmax(out_deg >= self.near_share * out_deg.max()))
        turn = filtered[near : bottom_end + round(self.after_s * GRID_HZ)]
        push_m_s2 = float(turn.max())
        shaking_m_s2 = float(np.sqrt(np.mean(filtered[start : max(near, start + 1)] ** 2)))
        if push_m_s2 > max(self.tapped_m_s2, self.tapped_factor * shaking_m_s2):
            return "tapped" if push_m_s2 > -turn.min() else "unsure"  # a wall does not pull
        if push_m_s2 < max(self.none_m_s2, self.none_factor * shaking_m_s2):
            return "none"
        return "unsure"


class RepTap:
    """Finds the tap of a bend; ``posture`` and ``history`` as the pipeline keeps them."""

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._detector = in_force(TapDetector)

    def of(self, start: int, stop: int, bottom_end: int) -> str:
        """The bend between two grid points, the end of whose bottom is counted from ``start``."""
        posture, history = self._posture, self._history
        sacrum = posture.sacrum
        if sacrum is None or not posture.directed[sacrum]:
            return "unsure"
        first = max(start - BEFORE_POINTS, history.first)
        if (history.status(first, stop)[sacrum] != 0).any():
            return "unsure"
        values, angle = history.values(first, stop)[sacrum], posture.angle_deg(history.lean_deg(first, stop))
        unit = normalised(values[:, :4])
        ahead = ahead_of(unit[int(np.nanargmax(angle))], posture.frames[sacrum, 1])
        if ahead is None:
            return "unsure"
        forward = (rotated(conjugate(unit), ahead) * values[:, 4:]).sum(axis=1)
        return self._detector.of(forward, angle, start - first, start - first + bottom_end)

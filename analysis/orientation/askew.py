"""A sensor that turned round the body: no stand shows it, but each bend leads the two trunk sensors apart alike."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from dowel.analysis.contact.verdict import INVALID_POINTS
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.relative_rotation import same_heading
from dowel.analysis.orientation.rotations import half_turn_deg, tilt_and_way_deg
from dowel.analysis.parameters import in_force
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import Status
from dowel.recordings.types import FloatArray


@dataclass(frozen=True, slots=True)
class AskewSettings:
    """Parameters of :class:`Askew` (sources#askew-bends).

    Parameters
    ----------
    bent_deg
        Sensors that both tilt by so much in a bend show which way they went.
    apart_deg, bends
        Ways that lie farther apart than this to the same side, in so many bends running, are those of a sensor that
        turned,
    back
        until they do not in so many bends running.
    same_deg
        If the gyroscopes show all the way from the calibration to a bend that the one sensor turned about the vertical
        by no more than this against the other, it is the person who twists.
    alike_deg
        If they do not tell, so is it if the ways of the bends are not within so much of each other.
    """

    bent_deg: float = 25.0
    apart_deg: float = 15.0
    bends: int = 3
    back: int = 2
    same_deg: float = 8.0
    alike_deg: float = 8.0


class Askew:
    """Remembers which ways the latest bends led the two trunk sensors.

    A sensor that turned about the vertical, as one on a belt that slides round the waist, measures each bend about
    another axis, and rounding wrong by more than its turn would let expect. A person who twists in each bend by as much
    looks the same to gravity; the gyroscopes tell the two apart, as long as nothing was missed.
    """

    def __init__(self) -> None:
        self._settings = in_force(AskewSettings)
        self._latest: deque[tuple[int, float, float]] = deque(maxlen=self._settings.bends)
        self.apart_deg = 0.0
        """How far the ways lie apart, as long as a sensor may have turned; else 0."""
        self.since = 0
        """The grid point at which the first bend began that shows it."""
        self._deepest_deg = 0.0

    def bend(self, start: int, ups: FloatArray, turned_deg: float) -> bool:
        """The next bend, which begins at a grid point, by the up vectors at its deepest in the axes of upper back and
        sacrum (2, 3: forward, left, up); whether a sensor may have turned from now on, or may no longer.

        ``turned_deg``: by how much one has, as the gyroscopes tell it; NaN where they do not.
        """
        settings, before = self._settings, self.apart_deg
        tilts_deg, ways_deg = tilt_and_way_deg(ups.T)
        if not float(tilts_deg.min()) >= settings.bent_deg:  # also where one is not known
            return False
        apart_deg = half_turn_deg(float(ways_deg[0] - ways_deg[1]))
        self._latest.append((start, apart_deg, float(tilts_deg.max())))
        each_deg = [apart_deg for _, apart_deg, _ in self._latest]
        least_deg = max(min(each_deg), -max(each_deg))  # of all that go to the same side; else below 0
        if before:
            over = all(abs(deg) <= settings.apart_deg for deg in each_deg[-settings.back :])
            self.apart_deg = 0.0 if over else max(before, least_deg)
        elif len(each_deg) == settings.bends and least_deg > settings.apart_deg and self._turned(each_deg, turned_deg):
            self.apart_deg, self.since = max(map(abs, each_deg)), self._latest[0][0]
            self._deepest_deg = max(tilt_deg for *_, tilt_deg in self._latest)
        return bool(self.apart_deg) != bool(before)

    def _turned(self, each_deg: list[float], turned_deg: float) -> bool:
        """Whether a sensor may have turned: as gyroscopes tell, or, if they do not, by bends that are alike."""
        if np.isnan(turned_deg):
            return max(each_deg) - min(each_deg) <= self._settings.alike_deg
        return abs(turned_deg) > self._settings.same_deg

    @property
    def rounder_deg(self) -> tuple[float, float]:
        """By how much the back may seem less round (negative) and rounder than it is; 0 where no sensor turned.

        With a lean l, and seen from an axis that is off by a: the flexion of a sacrum's sensor that turned is wrong by
        the angle of (a^2 sin l - (1 - cos a) cos a sin l cos l) to (1 - (1 - cos a) sin^2 l), with sin^2 a for a^2, and
        by half of it at most of an upper back's, the other way.
        """
        if not self.apart_deg:
            return 0.0, 0.0
        apart, lean = np.deg2rad([self.apart_deg, self._deepest_deg])
        short = 1.0 - np.cos(apart)
        bent = np.sin(lean) * np.cos(lean)
        rounder = np.arctan2(
            np.sin(apart) ** 2 * np.sin(lean) - short * np.cos(apart) * bent, 1.0 - short * np.sin(lean) ** 2
        )
        less = np.arctan2(-short * bent, 1.0 - short * np.sin(lean) ** 2)
        return float(np.rad2deg(less)), float(np.rad2deg(rounder))


class Headings:
    """How far the upper back's sensor has turned about the vertical against that of the sacrum since a calibration.

    Known from stand to stand by their gyroscopes, which drift by some degrees in a set; NaN from the first glitch on
    that loses a heading. ``posture`` and ``history`` as the pipeline keeps them.
    """

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self.turned_deg = np.nan
        self._point = history.next - 1
        self._zero_deg = self._at_deg(self._point)

    def stand(self, point: int) -> None:
        """A stand that ends at a grid point."""
        history, first = self._history, self._point
        wrong = history.status(first, point)[self._posture.trunk] & ~np.uint8(Status.MISSING)
        if first < history.first or np.count_nonzero(wrong.any(axis=0)) > INVALID_POINTS:
            self._zero_deg = np.nan
        self._point = point
        self.turned_deg = half_turn_deg(self._at_deg(point) - self._zero_deg)

    def _at_deg(self, point: int) -> float:
        """The turn of heading between the two after which there is no twist."""
        trunk, frames = self._posture.trunk, self._posture.frames
        attitudes = self._history.values(point, point + 1)[trunk, :, :4]
        if len(trunk) < 2 or not attitudes.shape[1] or np.isnan(attitudes).any():
            return np.nan
        upper_back, sacrum = trunk
        offset = same_heading(attitudes[1, 0], attitudes[0, 0], frames[sacrum], frames[upper_back])
        return float(np.rad2deg(2.0 * np.arctan2(offset[3], offset[0])))

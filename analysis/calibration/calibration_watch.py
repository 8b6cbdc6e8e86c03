"""Whether what follows a calibration fits it: bends off its axis or backwards, stands below its upright."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.orientation.rotations import half_turn_deg, lean_deg, tilt_and_way_deg
from dowel.analysis.parameters import in_force
from dowel.analysis.repetitions.running_extremes import running_max, running_min
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray

COARSE_POINTS = 10
"""Every tenth grid point is looked at: what is looked for lasts for half a second and more
(sources#calibration-watch)."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """Parameters of :class:`CalibrationWatch`.

    Parameters
    ----------
    away_deg, back_deg
        A large movement goes beyond the one and ends below the other,
    longest_s
        within this time: who lies down or sits is away for longer.
    backward_deg
        By so much hardly anybody bends backwards.
    sideways_deg
        By so much hardly anybody bends to the side,
    off_axis_deg
        which is so far off forward.
    opposite_deg
        Trunk sensors that both tilt by so much do so the same way.
    astray_deg
        Three large movements running in which the trunk sensors go ways that lie so far apart show a wrong axis.
    below_deg, forward_deg
        A stand with the upper back so far behind the hold's, and no sensor farther forward than the other, is below
        upright.
    near_deg
        A stand within this is the hold's.
    quiet_deg, quiet_s
        A stand: no sensor moves by more in so long.
    below_s, below_times
        Stands below upright show another upright when they last so long in all, and so many times as long as those
        like the hold.

    Notes
    -----
    Source: sources#calibration-watch.
    """

    away_deg: float = 40.0
    back_deg: float = 25.0
    longest_s: float = 10.0
    backward_deg: float = 40.0
    sideways_deg: float = 60.0
    off_axis_deg: float = 60.0
    opposite_deg: float = 30.0
    astray_deg: float = 30.0
    below_deg: float = 10.0
    forward_deg: float = 3.0
    near_deg: float = 5.0
    quiet_deg: float = 1.5
    quiet_s: float = 0.5
    below_s: float = 6.0
    below_times: float = 3.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against the calibration: seen at a grid point, at a placement (empty: at all).

    ``axis``: against its forward direction, so that only how far a sensor tilts is still known.
    """

    point: int
    placement: str
    reason: str
    axis: bool = True


@dataclass(frozen=True, slots=True)
class _Peak:
    """The farthest point of a large movement: tilt of each trunk sensor, and how far off forward it went, deg."""

    tilt_deg: Sequence[float]
    off_deg: Sequence[float]

    @property
    def farthest_deg(self) -> float:
        return max(self.tilt_deg)

    @property
    def apart_deg(self) -> float:
        """The angle from the way of the second trunk sensor to that of the first, -180 to 180 deg."""
        return half_turn_deg(self.off_deg[0] - self.off_deg[1])


class CalibrationWatch:
    """Holds the movements after a calibration against it, causally; the same in any chunks.

    Data: up vectors in sensor axes (sensors, n, 3) and status (sensors, n); ``trunk`` are the sensors to look at, upper
    back first, ``places`` their names. One movement shows little, so two of three must speak the same way, or stands
    for some seconds. Result: one :class:`Doubt` for each calibration at the most.
    """

    def __init__(self, trunk: Sequence[int], places: Sequence[str]) -> None:
        self.settings = in_force(WatchSettings)
        self._trunk = list(trunk)
        self._places = list(places)
        self._frames: FloatArray | None = None
        self.stopped = False
        """Whether a sensor has come off since the calibration, so that nothing more speaks for or against it."""

    def begin(self, frames: FloatArray) -> None:
        """A calibration is in force: the frames (trunk sensors, 3, 3)."""
        self._frames = None if np.isnan(frames).any() else frames
        self.stopped = False
        self._away_since: int | None = None
        self._peak = _Peak([], [])
        self._seen: deque[tuple[str, str]] = deque(maxlen=3)
        self._apart_deg: deque[float] = deque(maxlen=3)
        width = round(self.settings.quiet_s * GRID_HZ) // COARSE_POINTS
        self._leans: FloatArray = np.full((width, len(self._trunk)), np.nan)
        self._below = self._near = 0

    def stop(self) -> None:
        """A sensor came off: what it shows from here on is no fault of the calibration."""
        self._frames = None
        self.stopped = True

    def look(self, first: int, up: FloatArray, status: NDArray[np.uint8]) -> Doubt | None:
        """The points from ``first`` on; nothing more is looked at once there is a doubt."""
        start = -first % COARSE_POINTS
        if self._frames is None or start >= up.shape[1]:
            return None
        ups = np.einsum("sci,sni->csn", self._frames, up[self._trunk, start::COARSE_POINTS])
        bad = (status[self._trunk, start::COARSE_POINTS] != 0).any(axis=0)
        lean = lean_deg(*ups[::2])
        tilt, off = tilt_and_way_deg(ups)
        lean[:, bad] = tilt[:, bad] = np.nan
        points = range(first + start, first + up.shape[1], COARSE_POINTS)
        # plain lists: few points say anything, and to ask each array for each point takes ten times as long
        tilts, offs = tilt.T.tolist(), off.T.tolist()
        for place, (farthest, stand) in enumerate(zip(tilt.max(axis=0).tolist(), self._stands(lean), strict=True)):
            doubt = self._move(points[place], farthest, tilts[place], offs[place])
            if stand and doubt is None:
                doubt = self._stand(points[place], stand)
            if doubt is not None:
                self._frames = None
                return doubt
        return None

    def _move(self, point: int, farthest_deg: float, tilt_deg: list[float], off_deg: list[float]) -> Doubt | None:
        """Follow large movements; a doubt where one has ended that speaks against the calibration as another did."""
        settings = self.settings
        if self._away_since is None:
            if farthest_deg >= settings.away_deg:
                self._away_since = point
                self._peak = _Peak(tilt_deg, off_deg)
        elif farthest_deg > self._peak.farthest_deg:
            self._peak = _Peak(tilt_deg, off_deg)
        elif not farthest_deg >= settings.back_deg:  # also where a sensor cannot be trusted
            lasted_s = (point - self._away_since) / GRID_HZ
            self._away_since = None
            if not np.isnan(farthest_deg) and lasted_s <= settings.longest_s:
                return self._judge(point)
        return None

    def _judge(self, point: int) -> Doubt | None:
        """What a large movement says of the calibration."""
        what = self._against()
        self._seen.append(what)
        if what[0] and self._seen.count(what) >= 2:
            return Doubt(point, what[1], what[0])
        if len(self._trunk) < 2 or not min(self._peak.tilt_deg) >= self.settings.away_deg:
            return None
        apart_deg = self._peak.apart_deg
        self._apart_deg.append(apart_deg)
        if len(self._apart_deg) == 3:
            least_deg = min(self._apart_deg) if apart_deg > 0 else -max(self._apart_deg)
            if least_deg > self.settings.astray_deg:
                return Doubt(
                    point, "", f"forward at the two trunk sensors lies {least_deg:.0f} deg apart in three bends"
                )
        return None

    def _against(self) -> tuple[str, str]:
        """Why a movement cannot be one of a trunk, and at which sensor; empty where it can."""
        settings, peak = self.settings, self._peak
        bent = len(peak.tilt_deg) > 1 and min(peak.tilt_deg) >= settings.opposite_deg
        if bent and abs(peak.apart_deg) > 90.0:
            return "by it two bends led the two trunk sensors opposite ways", ""
        for place, tilt_deg, off_deg in zip(self._places, peak.tilt_deg, peak.off_deg, strict=True):
            if abs(off_deg) > 180.0 - settings.off_axis_deg and tilt_deg >= settings.backward_deg:
                return "by it two bends went far backwards", place
            if abs(off_deg) > settings.off_axis_deg and tilt_deg >= settings.sideways_deg:
                return "by it two bends went far to the side", place
        return "", ""

    def _stands(self, lean_deg: FloatArray) -> list[int]:
        """At which of the points (sensors, n) the person stands: 1 like the hold, -1 below upright, 0 neither."""
        settings = self.settings
        width = len(self._leans)
        lean = np.concatenate([self._leans, lean_deg.T])
        self._leans = lean[len(lean) - width :]
        moved_deg = running_max(lean[1:], width) - running_min(lean[1:], width)
        quiet = (moved_deg <= settings.quiet_deg).all(axis=1)
        near = (np.abs(lean_deg) <= settings.near_deg).all(axis=0)
        below = (lean_deg[0] <= -settings.below_deg) & (lean_deg.max(axis=0) <= settings.forward_deg)
        below &= np.abs(lean_deg).max(axis=0) < settings.back_deg
        found: list[int] = np.where(quiet & near, 1, np.where(quiet & below, -1, 0)).tolist()
        return found

    def _stand(self, point: int, stand: int) -> Doubt | None:
        """Count stands; a doubt where the person stands straighter than in the hold, again and again."""
        self._near += stand > 0
        self._below += stand < 0
        settings = self.settings
        enough = settings.below_s * GRID_HZ / COARSE_POINTS
        if stand < 0 and self._below >= max(enough, settings.below_times * self._near):
            return Doubt(
                point,
                self._places[0],
                f"since then the person stands over {settings.below_deg:.0f} deg straighter than in its hold",
                axis=False,
            )
        return None

"""A sensor that came off or was turned over: it stands to the other sensors as no two parts of a body can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dowel.analysis.contact.verdict import came_off_from
from dowel.analysis.orientation.falls import CameOff, FallWatch
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.range_of_motion import (
    LIMBS,
    MOSTLY,
    TRUNKS,
    Far,
    Pair,
    Stood,
    in_segment,
    odd_deg,
    turned_cosine,
)
from dowel.analysis.orientation.rotations import from_cosine_deg, lean_deg
from dowel.analysis.parameters import in_force
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import BoolArray, FloatArray

COARSE_POINTS = GRID_HZ // 5
"""Where both sensors have moved from one such point to another, neither lay still: the rest is looked at closely
(sources#working-memory)."""


@dataclass(frozen=True, slots=True)
class ComeOffSettings:
    """Parameters of :class:`WornWatch` (design#slips).

    Parameters
    ----------
    hold_s
        So long must two sensors stand to each other as they cannot.
    rare_rounding_deg, rare_arching_deg, rare_aside_deg
        Trunks that bend farther are so rare that this stretch is not judged.
    deep_rounding_deg, pelvis_deg
        Nor is one in which it rounds by so much while the pelvis leans by less than this,
    opposed_deg
        or one end of it leans forward and the other backward by more than this,
    flung_deg, flung_s
        or one end turned by so much more than the other in so short a time.
    odd_deg
        Of two sensors that part the one that has been so much farther outside of what drills ask for came off; else the
        one that turned faster.
    upright_deg
        A stand in which the two stand far from each other, and one of them within this of its calibrated upright,
    alike_deg, bent_deg
        is that of a loose sensor if there is one like it, within the first, on both sides of a bend of the second.
    follow_s
        Within so long
    turned_deg
        the trunk turned by more than this at one sensor,
    still_deg, settling_deg
        and at the other gravity did not even turn by the first: it lies somewhere, and its attitude may still settle by
        the second.
    stand_s, stand_deg
        A stand lasts so long, and neither sensor turns by more than this.

    Notes
    -----
    Reach and rare bends: sources#reach-of-a-trunk. The rest: sources#coming-off.
    """

    hold_s: float = 0.5
    rare_rounding_deg: float = 85.0
    rare_arching_deg: float = 35.0
    rare_aside_deg: float = 45.0
    deep_rounding_deg: float = 70.0
    pelvis_deg: float = 5.0
    opposed_deg: float = 20.0
    flung_deg: float = 50.0
    flung_s: float = 0.25
    odd_deg: float = 5.0
    upright_deg: float = 15.0
    alike_deg: float = 12.0
    bent_deg: float = 45.0
    follow_s: float = 4.0
    turned_deg: float = 30.0
    still_deg: float = 0.3
    settling_deg: float = 10.0
    stand_s: float = 0.4
    stand_deg: float = 2.5


class WornWatch:
    """Holds the sensors' attitudes against each other, from a calibration on.

    Both trunk sensors together may do anything: a person lies down, sits on the floor, ties a shoe. One of them alone
    may not leave the other farther than a spine can bend, nor lie still while the other bends. It knows the frames of
    the calibration and no later zero, so that what it finds does not depend on when slips are looked at.
    """

    def __init__(self, posture: Posture, history: History) -> None:
        self.settings = in_force(ComeOffSettings)
        self._posture = posture
        self._history = history
        self._pairs: list[Pair] = []
        self._falls = FallWatch(history)
        self._begin = 0
        rare = (self.settings.rare_rounding_deg, self.settings.rare_arching_deg, self.settings.rare_aside_deg)
        self._settling_chord = 2.0 * float(np.sin(0.5 * np.deg2rad(self.settings.settling_deg)))
        self._flung_cosine = float(np.cos(0.5 * np.deg2rad(self.settings.flung_deg)))
        self._least_rare_cosine = float(np.cos(np.deg2rad(min(*rare, 2.0 * self.settings.opposed_deg))))

    def begin(self, frames: Mapping[str, FloatArray], point: int) -> None:
        """A calibration with these frames holds from a point on."""
        places = {str(place): index for index, place in enumerate(self._posture.placements) if place in frames}
        self._begin = point
        self._pairs = [
            Pair(reach, places[reach.part], places[reach.carrier], frames[reach.part], frames[reach.carrier])
            for reach in (*TRUNKS, *LIMBS)
            if reach.part in places and reach.carrier in places
        ]

    def rare(self, first: int, end: int) -> BoolArray | None:
        """The points at which the trunk stands as hardly any trunk does (n,); None where there are none."""
        for pair in self._pairs:
            if pair.reach in TRUNKS:
                far, rare = self._far(pair, first, end), self._flung(pair, first, end)
                if len(far.places):
                    rare[far.places[self._is_rare(far)]] = True
                return rare if rare.any() else None
        return None

    def _flung(self, pair: Pair, first: int, end: int) -> BoolArray:
        """Where one sensor has just turned much farther than the other (n,)."""
        lag = round(self.settings.flung_s * GRID_HZ)
        start = max(first, self._begin + lag)
        flung = np.zeros(end - first, np.bool_)
        if start >= end:
            return flung
        values, status = self._history.values(start - lag, end), self._history.status(start - lag, end)
        part, carrier = (turned_cosine(values[sensor], lag) for sensor in (pair.part, pair.carrier))
        if min(np.fmin.reduce(part), np.fmin.reduce(carrier)) > self._flung_cosine:  # neither turned so far
            return flung
        fault = status[pair.part] | status[pair.carrier]
        far = 2.0 * np.abs(np.arccos(part) - np.arccos(carrier)) > np.deg2rad(self.settings.flung_deg)
        flung[start - first :] = far & ((fault[lag:] | fault[:-lag]) == 0)
        return flung

    def look(self, first: int, end: int) -> CameOff | None:
        """The first sensor that came off between two points; what comes after it is to be looked at again."""
        found = [each for each in (self._beyond(pair, first, end) for pair in self._pairs) if each is not None]
        stops = range((first // GRID_HZ + 1) * GRID_HZ, end + 1, GRID_HZ)  # once a second
        for pair in self._pairs:
            if stops and pair.reach in TRUNKS:
                left_behind = [self._left_behind(pair, stop) for stop in self._hardly_moved(pair, stops)]
                displaced = [self._displaced(pair, stop) for stop in stops]
                found += [each for each in (*left_behind, *displaced) if each is not None]
        fallen = self._falls.look(self._posture.trunk, first, end)
        if fallen is not None:
            found.append(fallen)
        earliest = min(found, key=lambda each: each.point, default=None)
        stop = end if earliest is None else earliest.point + 1
        for pair in self._pairs:
            pair.advance(first, stop)
        if earliest is not None:
            self._pairs = [pair for pair in self._pairs if earliest.sensor not in (pair.part, pair.carrier)]
        return earliest

    # --- beyond reach ---

    def _beyond(self, pair: Pair, first: int, end: int) -> CameOff | None:
        """The two have stood beyond reach for long enough."""
        reach, hold = pair.reach, round(self.settings.hold_s * GRID_HZ)
        far = self._far(pair, first, end)
        pair.seen = None
        if not len(far.places):
            return None
        limit_deg = far.limit_deg(reach.rounding_deg, reach.arching_deg, reach.aside_deg)
        beyond = np.zeros(end - first, np.bool_)
        beyond[far.places[far.angle_deg > limit_deg]] = True
        pair.seen = beyond
        if not beyond.any():
            return None
        count = pair.run
        for place in range(int(np.argmax(beyond)) if not count else 0, end - first):
            count = count + 1 if beyond[place] else 0
            if count >= hold:
                point = first + place
                since = self._since(pair, point)
                return CameOff(self._which(pair, since, point), point, since)
        return None

    def _far(self, pair: Pair, first: int, end: int) -> Far:
        """How the two stand to each other where they are farther apart than trunks usually bend."""
        if pair.far is not None and pair.far.span == (first, end):
            return pair.far
        up, status = self._history.up(first, end), self._history.status(first, end)
        part, carrier = up[pair.part], up[pair.carrier]
        apart = pair.cosine(part, carrier) < self._least_rare_cosine
        places = np.flatnonzero(apart & ((status[pair.part] | status[pair.carrier]) == 0))
        if not len(places):
            pair.far = Far((first, end), places, *[np.empty(0)] * 4)
            return pair.far
        one, other = in_segment(pair.part_frame, part[places]), in_segment(pair.carrier_frame, carrier[places])
        across = np.cross(other, one)
        length = np.sqrt((across * across).sum(axis=1))
        angle_deg = np.rad2deg(np.arctan2(length, (one * other).sum(axis=1)))
        along = -across[:, 1] / np.maximum(length, 1e-12)
        pair.far = Far((first, end), places, angle_deg, along, lean_deg(*one.T[::2]), lean_deg(*other.T[::2]))
        return pair.far

    def _is_rare(self, far: Far) -> BoolArray:
        settings = self.settings
        rounds, arches, aside = settings.rare_rounding_deg, settings.rare_arching_deg, settings.rare_aside_deg
        limit_deg = far.limit_deg(rounds, arches, aside)
        low, high = np.minimum(far.part_deg, far.carrier_deg), np.maximum(far.part_deg, far.carrier_deg)
        opposed = (low < -settings.opposed_deg) & (high > settings.opposed_deg)
        deep = (far.along > MOSTLY) & (far.angle_deg > settings.deep_rounding_deg)
        rare: BoolArray = (far.angle_deg > limit_deg) | opposed | (deep & (far.carrier_deg < settings.pelvis_deg))
        return rare

    def _since(self, pair: Pair, point: int) -> int:
        """The point at which the two may have begun to leave each other, after they last stood as usual."""
        first = max(self._history.first, self._begin)
        up = self._history.up(first, point)
        apart_deg = from_cosine_deg(pair.cosine(up[pair.part], up[pair.carrier]))
        return first + came_off_from(apart_deg, point - first)

    def _which(self, pair: Pair, since: int, point: int) -> int:
        """Which of the two: a head or thigh itself; of the trunk the one that stood more oddly, or turned faster."""
        if pair.reach not in TRUNKS:
            return pair.part
        sensors, frames = (pair.part, pair.carrier), (pair.part_frame, pair.carrier_frame)
        values, up = self._history.values(since, point + 1), self._history.up(since, point + 1)
        lag = round(self.settings.flung_s * GRID_HZ)
        least = [np.fmin.reduce(turned_cosine(values[sensor], lag), initial=1.0) for sensor in sensors]
        fastest = [2.0 * float(np.arccos(cosine)) for cosine in least]
        odd = [odd_deg(in_segment(frame, up[sensor])) for sensor, frame in zip(sensors, frames, strict=True)]
        return sensors[int(np.argmax(odd if max(odd) - min(odd) > self.settings.odd_deg else fastest))]

    # --- left behind ---

    def _hardly_moved(self, pair: Pair, stops: range) -> list[int]:
        """Before which of these points, a second apart, one of the trunk's sensors may have lain still.

        It looks at a few points of each second; what moved between those did not lie still.
        """
        follow = round(self.settings.follow_s * GRID_HZ)
        stops = stops[max(-(-(self._begin + follow - stops[0]) // GRID_HZ), 0) :]
        if not stops:
            return []
        up = self._history.up(stops[0] - follow, stops[-1])[[pair.part, pair.carrier], ::COARSE_POINTS]
        moving = sliding_window_view(up, follow // COARSE_POINTS, axis=1)
        moved = np.square(np.ptp(moving[:, :: GRID_HZ // COARSE_POINTS], axis=-1)).sum(axis=2).min(axis=0)
        return [stop for stop, way in zip(stops, moved.tolist(), strict=True) if way < self._settling_chord**2]

    def _left_behind(self, pair: Pair, stop: int) -> CameOff | None:
        """One of the trunk's sensors lay still while the other bent, in the seconds before a point."""
        settings = self.settings
        start, sensors = stop - round(settings.follow_s * GRID_HZ), (pair.part, pair.carrier)
        if start < self._begin or self._history.status(start, stop)[sensors, :].any():
            return None
        if np.ptp(self._history.lean_deg(start, stop)[sensors, :], axis=1).max() < 0.5 * settings.turned_deg:
            return None
        if _spread_deg(self._history.up(start, stop)[sensors, :]).max() < settings.turned_deg:
            return None
        # by gravity itself: the attitude of a sensor that has just hit the floor still settles
        force = self._history.values(start, stop)[sensors, :, 4:]
        still_deg = _spread_deg(force.reshape(2, -1, GRID_HZ // 4, 3).mean(axis=2))
        if still_deg.min() < settings.still_deg:
            return CameOff(sensors[int(np.argmin(still_deg))], stop - 1, min(self._since(pair, stop), start))
        return None

    def _displaced(self, pair: Pair, stop: int) -> CameOff | None:
        """One stood far from upright before a bend and after it, while the other stood upright."""
        settings, sensors, stood = self.settings, (pair.part, pair.carrier), pair.stood
        frames = (pair.part_frame, pair.carrier_frame)
        if stood is None and not pair.is_far(stop - 1):
            return None
        if stood is not None:
            since = max(stood.point, stop - GRID_HZ)
            up = self._history.up(since, stop)[sensors[stood.upright]]
            upright = in_segment(frames[stood.upright], up)[:, 2]
            stood.lowest = float(np.fmin.reduce(upright, initial=stood.lowest))
        start = stop - round(settings.stand_s * GRID_HZ)
        if start < self._begin or self._history.status(start, stop)[sensors, :].any():
            return None
        up = self._history.up(start, stop)[sensors, :]
        if not np.rad2deg(np.sqrt((np.ptp(up, axis=1) ** 2).sum(axis=1))).max() < settings.stand_deg:
            return None
        mean = [in_segment(frame, each.mean(axis=0)[None])[0] for frame, each in zip(frames, up, strict=True)]
        tilt_deg = [float(from_cosine_deg(each[2])) for each in mean]
        nearer = int(tilt_deg[1] < tilt_deg[0])
        if tilt_deg[nearer] > settings.upright_deg:
            return None
        loose = mean[1 - nearer]
        if not pair.is_far(stop - 1):
            pair.stood = None
        elif stood is None or stood.upright != nearer:
            pair.stood = Stood(stop, nearer, loose, lowest=1.0)
        elif stood.lowest < np.cos(np.deg2rad(settings.bent_deg)):
            if float(loose @ stood.loose) > np.cos(np.deg2rad(settings.alike_deg)):
                return CameOff(sensors[1 - nearer], stop - 1, self._since(pair, stop))
            pair.stood = Stood(stop, nearer, loose, lowest=1.0)
        return None


def _spread_deg(vectors: FloatArray) -> FloatArray:
    """Over how much of the directions each sensor's vectors (sensors, n, 3) spread (sensors,)."""
    unit = vectors / np.sqrt((vectors * vectors).sum(axis=2, keepdims=True))
    spread: FloatArray = np.rad2deg(np.sqrt((np.ptp(unit, axis=1) ** 2).sum(axis=1)))
    return spread

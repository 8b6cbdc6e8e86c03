"""The postures in which a person pauses in a recording, and which of them is upright.

People pause upright, at the bottom of a bend, leaned back or bent over a bar, and sensors are mounted anyhow, so no
single posture tells what it is. Together they do: a person goes out from upright and returns to it, spends the time
between the bends there, and is tallest there. How much lower another posture is follows from the acceleration in
between, whatever the mounting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dowel.analysis.calibration.calibration import STILL_SPREAD_DEG
from dowel.analysis.calibration.steadiness import stretches
from dowel.analysis.orientation.rotations import from_cosine_deg, normalised
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import BoolArray, FloatArray, IntArray

COARSE_POINTS = 5
"""How the person came and went is looked at 20 times a second: enough for passing through (sources#stance-search)."""

PIECE_POINTS = 2**15
"""So many grid points at a time keep the working arrays in the processor's cache (sources#working-memory)."""

REST_SPREAD_DEG = 0.5  # sources#stance-search
REST_POINTS = 30.0
"""A sensor that keeps its attitude so well for a second is at rest; a third of a second of rest tells as much of a
chip's offset as is known beforehand (sources#stance-search)."""

QUIET_S = 0.4
"""A pause lasts so long at least (sources#stance-search)."""
LAID_DOWN_S = 5.0  # sources#stance-search
LAID_DOWN_DEG = 0.03
"""Sensors that all keep their attitude so well for so long lie on something: whoever wears them sways and breathes
(sources#stance-search)."""


def laid_down(up: FloatArray) -> BoolArray:
    """When (n,) the sensors (sensors, n, 3) lay on something, as before they are strapped on and afterwards.

    The whole quiet run counts: the attitude of what was just laid down still settles.
    """
    found = np.zeros(up.shape[1], np.bool_)
    begins = np.flatnonzero(spread_deg(up, round(LAID_DOWN_S * GRID_HZ)) <= LAID_DOWN_DEG)
    if len(begins):
        for start, stop in _quiet_runs(up).tolist():
            found[start:stop] = np.searchsorted(begins, start) < np.searchsorted(begins, stop)
    return found


def _quiet_runs(up: FloatArray) -> IntArray:
    """Start and stop (k, 2) of what lies in windows in which all sensors are quiet; two may share some points."""
    width = round(QUIET_S * GRID_HZ)
    quiet = stretches(spread_deg(up, width) <= STILL_SPREAD_DEG)
    return np.column_stack([quiet[:, 0], quiet[:, 1] + width - 1])


@dataclass(frozen=True, slots=True)
class QuietPostures:
    """Finds pauses, and the posture among them that is upright.

    Data: up vectors (trunk sensors, n, 3) of unit length on the grid, NaN where a sensor cannot be trusted, and the
    vertical acceleration (n,) of the upper one.

    Parameters
    ----------
    piece_s
        A pause is looked at in pieces of this length at the most.
    same_deg
        Pauses whose sensors all lie this near are one posture.
    near_deg, far_deg
        A person is back in a posture within the one, and away from it beyond the other.
    longest_way_s
        Heights are compared over ways of this length at the most: their error grows with its square.
    lower_m
        A posture is lower, or higher, than another from this difference on.
    rival_share
        A second posture with this share of the first one's score makes it unclear which is upright,
    other_end_share
        and with this share where it lies beyond ``other_end_deg``: the two ends of slow bends look alike.
    other_end_deg
        As said; people lean back by less.

    Notes
    -----
    Source: sources#stance-search; lengths, limits and shares were chosen on simulated sessions.
    """

    piece_s: float = 1.0
    same_deg: float = 6.0
    near_deg: float = 8.0
    far_deg: float = 15.0
    longest_way_s: float = 6.0
    lower_m: float = 0.12
    rival_share: float = 0.85
    other_end_share: float = 0.6
    other_end_deg: float = 30.0

    def find(self, up: FloatArray, vertical_m_s2: FloatArray) -> list[Standing]:
        """The postures that may be upright, the likeliest first; empty where the person never paused."""
        pauses = self._pauses(up)
        if not len(pauses):
            return []
        # a window in which a sensor missed is not quiet
        means = normalised(np.stack([up[:, start:stop].mean(axis=1) for start, stop in pauses.tolist()]))
        middle = _middle(pauses) // COARSE_POINTS
        owner = self._clusters(means, pauses[:, 1] - pauses[:, 0])
        heights_m, sd_m = self._heights(pauses, owner, _without_offset(up[0], vertical_m_s2))
        found = []
        for posture in range(owner.max() + 1):
            own = owner == posture
            centre = _centre(means[own], pauses[own, 1] - pauses[own, 0])
            tilt = _tilt_deg(up[:, ::COARSE_POINTS], centre)
            away = self._excursions(tilt)
            lower = [self._lower(tilt, slice(*one), posture, middle, owner, heights_m, sd_m) for one in away.tolist()]
            visits = np.unique(np.searchsorted(away[:, 0], pauses[own, 0] // COARSE_POINTS))
            dwell_s = np.count_nonzero(tilt < self.near_deg) * COARSE_POINTS / GRID_HZ
            found.append(Standing(centre, pauses[own], means[own], dwell_s, len(visits), len(away), _share(lower), 0.0))
        return _scored(found)

    def rival(self, found: Sequence[Standing]) -> Standing | None:
        """A posture apart from the first one that may be upright as well; None where there is none."""
        for other in found[1:]:
            apart_deg = other.apart_deg(found[0])
            share = self.other_end_share if apart_deg > self.other_end_deg else self.rival_share
            if apart_deg > self.near_deg and other.score >= share * found[0].score:
                return other
        return None

    def _pauses(self, up: FloatArray) -> IntArray:
        """Start and stop (k, 2) of the pieces in which all sensors are quiet."""
        pieces: list[tuple[int, int]] = []
        longest = round(self.piece_s * GRID_HZ)
        shortest = round(QUIET_S * GRID_HZ) // 2
        for start, stop in _quiet_runs(up).tolist():
            # windows of one pause may reach into the next one: there the earlier one ends
            start = max(start, pieces[-1][1]) if pieces else start
            parts = max(round((stop - start) / longest), 1)
            cuts = np.linspace(start, stop, parts + 1).astype(np.int64).tolist()
            pieces += [(begin, end) for begin, end in pairwise(cuts) if end - begin >= shortest]
        return np.array(pieces, np.int64).reshape(-1, 2)

    def _clusters(self, means: FloatArray, weight: IntArray) -> IntArray:
        """Which posture each pause (k, sensors, 3) belongs to: the longest pauses are postures first."""
        centres: list[FloatArray] = []
        for index in np.argsort(-weight, kind="stable").tolist():
            if not centres or _apart_deg(np.stack(centres), means[index]).min() > self.same_deg:
                centres.append(means[index])
        owner = np.zeros(len(means), np.int64)
        for _ in range(3):  # settles at once where postures are apart
            owner = np.argmin(np.stack([_apart_deg(means, centre) for centre in centres]), axis=0)
            kept = np.unique(owner)
            owner = np.searchsorted(kept, owner)
            centres = [_centre(means[owner == one], weight[owner == one]) for one in range(len(kept))]
        return owner

    def _heights(self, pauses: IntArray, owner: IntArray, vertical_m_s2: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Height of each posture in m (any zero), and the standard deviation (k, k) of their differences.

        From the middle of a pause to that of the next the speed begins and ends with 0, which takes the drift of the
        double integral away; at its edges it does not, as a trunk may keep its lean while the hips go on. Least squares
        over all ways, as one way is known to some centimetres only.
        """
        count, middle = int(owner.max()) + 1, _middle(pauses)
        information = np.eye(count)  # nothing is known beforehand: a metre
        total = np.zeros(count)
        for one, other in zip(range(len(pauses) - 1), range(1, len(pauses)), strict=True):
            duration_s = float(middle[other] - middle[one]) / GRID_HZ
            if owner[one] == owner[other] or duration_s > self.longest_way_s:
                continue
            rise_m = _rise_m(vertical_m_s2[middle[one] : middle[other]])
            if not np.isfinite(rise_m):
                continue
            weight = 1.0 / (0.05 + 0.02 * duration_s**2) ** 2  # sources#stance-search
            step = np.zeros(count)
            step[owner[other]], step[owner[one]] = 1.0, -1.0
            information += weight * np.outer(step, step)
            total += weight * rise_m * step
        covariance = np.linalg.inv(information)
        variance = np.diag(covariance)[:, None] + np.diag(covariance) - 2.0 * covariance
        return covariance @ total, np.sqrt(np.maximum(variance, 0.0))

    def _excursions(self, tilt_deg: FloatArray) -> IntArray:
        """Coarse points (k, 2) between which the person had gone away and come back."""
        with np.errstate(invalid="ignore"):
            place = np.where(tilt_deg > self.far_deg, 1, np.where(tilt_deg < self.near_deg, -1, 0))
        known = np.flatnonzero(place)
        change = np.flatnonzero(np.diff(place[known])) + 1
        turns = known[change]  # in turn out and back
        if len(turns) and place[turns[0]] < 0:
            turns = turns[1:]
        return turns[: len(turns) // 2 * 2].reshape(-1, 2)

    def _lower(
        self,
        tilt_deg: FloatArray,
        away: slice,
        posture: int,
        middle: IntArray,
        owner: IntArray,
        heights_m: FloatArray,
        sd_m: FloatArray,
    ) -> bool | None:
        """Whether the person is lower here than in the farthest pause of an excursion; None where there was none.

        A sensor on the back is highest at some degrees of forward lean, so of two postures to either side of upright
        the taller one need not be nearer to it. ``middle`` (k,) are the coarse points at which pauses are half over.
        """
        inside = np.flatnonzero((middle >= away.start) & (middle < away.stop))
        if not len(inside):
            return None
        other = owner[inside[int(np.argmax(np.nan_to_num(tilt_deg[middle[inside]])))]]
        lower_m = heights_m[other] - heights_m[posture]
        return bool(lower_m > max(self.lower_m, sd_m[posture, other]))


@dataclass(frozen=True, slots=True)
class Standing:
    """A posture in which the person paused.

    Parameters
    ----------
    up
        Its up vectors (trunk sensors, 3).
    pauses
        The pauses in it: start and stop (k, 2).
    pause_ups
        The up vectors of each pause (k, trunk sensors, 3).
    dwell_s
        How long the person was near it, moving or not.
    visits
        How often the person paused there after having been away.
    excursions
        How often the person went out from it and returned.
    lower
        The share of those that led to where the person is taller, 0 to 1.
    score
        The likelihood that it is upright, on a scale of its own.
    """

    up: FloatArray
    pauses: IntArray
    pause_ups: FloatArray
    dwell_s: float
    visits: int
    excursions: int
    lower: float
    score: float

    @property
    def longest_s(self) -> float:
        """The longest time that the person stood in it without a break."""
        begins = np.flatnonzero(np.append(True, self.pauses[1:, 0] != self.pauses[:-1, 1]))
        ends = np.append(begins[1:], len(self.pauses)) - 1
        return float((self.pauses[ends, 1] - self.pauses[begins, 0]).max()) / GRID_HZ

    def apart_deg(self, other: Standing) -> float:
        """The angle to another posture, in the sensor where it is largest."""
        return float(_apart_deg(self.up, other.up))


def _scored(found: Sequence[Standing]) -> list[Standing]:
    """The postures with their scores, the best first."""
    most = [max(one.dwell_s for one in found), max(one.visits for one in found), max(one.excursions for one in found)]

    def score(one: Standing) -> float:
        shares = [
            part / whole if whole else 0.0
            for part, whole in zip((one.dwell_s, one.visits, one.excursions), most, strict=True)
        ]
        return float(np.prod(shares) ** (1.0 / 3.0)) * (1.0 - one.lower)

    scored = [replace(one, score=score(one)) for one in found]
    return sorted(scored, key=lambda one: -one.score)


def spread_deg(up: FloatArray, width: int) -> FloatArray:
    """How much the up vectors (sensors, n, 3) of the worst sensor wander in each window, deg; inf where some miss.

    Running sums, as the windows of an hour would take gigabytes; of unit vectors they are exact to 1e-4 deg. A piece at
    a time, as even the sums of an hour are as large as the vectors.
    """
    windows = max(up.shape[1] - width + 1, 0)
    spread = np.empty(windows)
    for start in range(0, windows, PIECE_POINTS):
        stop = min(start + PIECE_POINTS, windows)
        spread[start:stop] = _spread_of_piece(up[:, start : stop + width - 1], width)
    return spread


def _spread_of_piece(up: FloatArray, width: int) -> FloatArray:
    known: BoolArray = np.asarray(np.isfinite(up[..., 0]).all(axis=0))
    vectors = np.where(known[:, None], up, 0.0)

    def mean(values: FloatArray) -> FloatArray:
        total = np.cumsum(np.insert(values, 0, 0.0, axis=1), axis=1)
        return np.asarray((total[:, width:] - total[:, :-width]) / width)

    variance = mean((vectors * vectors).sum(axis=-1)) - (mean(vectors) ** 2).sum(axis=-1)
    spread = np.rad2deg(np.sqrt(np.maximum(variance, 0.0))).max(axis=0)
    whole = mean(known[None].astype(np.float64))[0] > 1.0 - 0.5 / width
    return np.where(whole, spread, np.inf)


def _without_offset(up: FloatArray, vertical_m_s2: FloatArray) -> FloatArray:
    """Vertical acceleration (n,) without what the chip's offset e puts into it, e . u at an up vector u.

    It shows where the sensor is at rest; in attitudes in which it never is, it is taken for 0.
    """
    width = GRID_HZ
    rest = np.flatnonzero(spread_deg(up[None], width) <= REST_SPREAD_DEG) + width // 2
    rest = rest[np.isfinite(vertical_m_s2[rest])]
    gram = up[rest].T @ up[rest] + REST_POINTS * np.eye(3)
    offset = np.linalg.solve(gram, up[rest].T @ vertical_m_s2[rest])
    return vertical_m_s2 - up @ offset


def _rise_m(vertical_m_s2: FloatArray) -> float:
    """How far a sensor rose on a way that begins and ends at rest; NaN where something misses."""
    speed = np.cumsum(vertical_m_s2) / GRID_HZ
    speed -= speed[-1] * np.arange(1, len(speed) + 1) / len(speed)
    return float(speed.sum()) / GRID_HZ


def _middle(pauses: IntArray) -> IntArray:
    return (pauses[:, 0] + pauses[:, 1]) // 2


def _tilt_deg(up: FloatArray, centre: FloatArray) -> FloatArray:
    """How far the sensor (sensors, n, 3) that tilts farthest is from a posture (sensors, 3); NaN where one misses."""
    cosine = np.einsum("sni,si->sn", up, centre).min(axis=0)
    return from_cosine_deg(cosine)


def _apart_deg(postures: FloatArray, posture: FloatArray) -> FloatArray:
    """The angle between postures (..., sensors, 3) and one (sensors, 3), in the sensor where it is largest."""
    cosine = (postures * posture).sum(axis=-1).min(axis=-1)
    return from_cosine_deg(cosine)


def _centre(means: FloatArray, weight: IntArray) -> FloatArray:
    return normalised((means * weight[:, None, None]).sum(axis=0))


def _share(lower: Sequence[bool | None]) -> float:
    """The share of what is known; one more that was not lower keeps a single one from deciding."""
    known = [one for one in lower if one is not None]
    return sum(known) / (len(known) + 1.0)

"""A stance calibration found in a whole recording: upright is where the person returns to, forward is where they bend.

Not causal: it looks at everything before it says anything, and what was found is held against all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.calibration.calibration import AXIS_RATIO, Calibration, ForwardAxis, forward_axes
from dowel.analysis.calibration.exchanged_places import EXCHANGED, are_exchanged
from dowel.analysis.calibration.quiet_postures import PIECE_POINTS, QuietPostures, Standing
from dowel.analysis.contact.limits import STANCE_ZERO_SD_DEG
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rotations import (
    from_cosine_deg,
    leans_deg,
    normalised,
    up_in_sensor,
    vertical_acceleration,
)
from dowel.analysis.repetitions.bends import Bend, Closed, MachineEvent
from dowel.analysis.repetitions.rep_machine import RepMachine
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import TRUNK, BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Found:
    """The calibration (without bias), the pauses upright that gave it, as grid points (k, 2), and how many bends.

    ``worn_from``: the grid point of the first stand or bend that shows the sensors at their places.
    """

    calibration: Calibration
    upright: IntArray
    bends: int
    worn_from: int


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why nothing was found, as a sentence with what to do."""

    reason: str


def seen(placements: list[str], values: FloatArray, status: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
    """What `OwnStance` looks at, of grid values (sensors, n, columns) and their status (sensors, n)."""
    up = normalised(up_in_sensor(values[..., :4]))
    up[status != 0] = np.nan
    trunk = Posture(placements).trunk
    return up, np.stack([vertical_acceleration(up[sensor], values[sensor, :, 4:7]) for sensor in trunk])


@dataclass(frozen=True, slots=True)
class OwnStance:
    """Finds a stance calibration in a whole recording (design#calibration).

    Data: up vectors (sensors, n, 3) of the attitude without calibration, NaN where a sensor did not measure, and the
    vertical acceleration (trunk sensors, n) in m/s2; `seen` makes both of grid values.

    Parameters
    ----------
    shallowest_deg
        Bends that reach less say nothing of forward: people lean back and to the side as far.
    single_deg
        A bend that none agrees with must be so deep.
    agree_deg
        Bends whose directions lie this near go the same way.
    back_share
        Nobody bends back, but everybody to both sides: where a direction's opposite is reached by more than this share
        of it, it is no forward.
    as_deep
        Directions whose bends reach this share of the deepest compete; then the larger number decides,
    outnumbered
        if the smaller one is at most this share of it.
    deep_share
        A bend's direction is that of the points beyond this share of its depth.
    unsure_deg
        A zero of the relation between the sensors known worse than this is not one.

    Notes
    -----
    Source: sources#stance-search.
    """

    shallowest_deg: float = 30.0
    single_deg: float = 50.0
    agree_deg: float = 20.0
    back_share: float = 0.75
    as_deep: float = 0.7
    outnumbered: float = 0.7
    deep_share: float = 0.8
    unsure_deg: float = 8.0

    def find(self, placements: list[str], up: FloatArray, vertical_m_s2: FloatArray) -> Found | NotFound:
        """The calibration, or why there is none."""
        posture = Posture(placements)
        trunk = up if len(posture.trunk) == len(up) else up[posture.trunk]
        search = QuietPostures()
        standing = search.find(trunk, vertical_m_s2[0])
        if not standing:
            return NotFound(
                "the person never stood still for half a second with all trunk sensors sending; stand still for a few "
                "seconds, or give a marks file with rod_hold and rod_hinges"
            )
        rival = search.rival(standing)
        if rival is not None:
            return NotFound(
                f"it is unclear which posture is upright: the person paused as often {_when(standing[0])} as "
                f"{_when(rival)}, and the two differ; stand upright for a few seconds before and after the bends"
            )
        bends = self._bends(trunk, standing[0].up)
        used = self._forward(_between(standing[0].pauses, bends))
        if isinstance(used, NotFound) or len(used) < ENOUGH_BENDS:
            used = self._forward(bends)
        if isinstance(used, NotFound):
            return used
        found = self._calibration(posture, up, standing, used)
        if isinstance(found, NotFound):
            return found
        if self._exchanged(found[0], trunk, vertical_m_s2, used):
            return NotFound(f"{EXCHANGED}; exchange the two recordings, if that is so, and import them again")
        return Found(*found, self._worn_from(standing[0].pauses, bends, used))

    def _worn_from(self, stands: IntArray, bends: Sequence[_Direction], used: Sequence[_Direction]) -> int:
        """The first stand (k, 2), or the first of the bends forward that lead to it without another in between."""
        forward = np.mean([each.across for each in used], axis=0)
        apart_deg = _apart_deg(forward, np.array([each.across for each in bends]))
        begin = int(stands[0, 0])
        for each, off_deg in zip(reversed(bends), apart_deg[::-1].tolist(), strict=True):
            if each.bend.opened < begin:
                if off_deg > self.agree_deg:
                    break
                begin = each.bend.valley
        return begin

    def _exchanged(
        self, found: Calibration, up: FloatArray, vertical_m_s2: FloatArray, used: Sequence[_Direction]
    ) -> bool:
        """Whether the bends show the trunk sensors in each other's place."""
        if len(up) < 2:
            return False
        zeros = np.stack([found.frames[place][2] for place in TRUNK])
        spans = [slice(each.bend.valley, each.bend.closed) for each in used]
        return are_exchanged(zeros, ((up[:, span], vertical_m_s2[:, span]) for span in spans))

    def _bends(self, up: FloatArray, zeros: FloatArray) -> list[_Direction]:
        """All bends away from upright in any direction that each trunk sensor measured, with where they went."""
        tilt = np.empty(up.shape[1])
        for start in range(0, len(tilt), PIECE_POINTS):
            part = slice(start, start + PIECE_POINTS)
            cosine = np.einsum("sni,si->sn", up[:, part], zeros)
            tilt[part] = np.fmax.reduce(from_cosine_deg(cosine))
        found = []
        for event in _events(tilt):
            if isinstance(event, Closed):
                bend = event.bend
                deep = bend.opened + np.flatnonzero(tilt[bend.opened : bend.closed] >= self.deep_share * bend.peak_deg)
                there = up[:, deep]
                across = there - np.einsum("sni,si->sn", there, zeros)[..., None] * zeros[:, None]
                if np.isfinite(across[..., 0]).any(axis=1).all():  # each sensor measured it
                    found.append(_Direction(bend, np.nanmean(across, axis=1), bend.peak_deg))
        return found

    def _forward(self, bends: Sequence[_Direction]) -> list[_Direction] | NotFound:
        """The bends that go forward: the deepest that agree with each other, and have no counterpart."""
        groups = []
        across = np.array([bend.across for bend in bends])
        depths_deg = np.array([bend.depth_deg for bend in bends])
        for seed in bends:
            if seed.depth_deg >= self.shallowest_deg:
                alike = _apart_deg(seed.across, across) <= self.agree_deg
                back_deg = np.sort(depths_deg[_apart_deg(seed.across, -across) <= 1.5 * self.agree_deg])
                depth = _depth_of(depths_deg[alike])
                if back_deg[-2:].sum() <= self.back_share * 2.0 * depth:
                    groups.append((depth, [bends[index] for index in np.flatnonzero(alike).tolist()]))
        groups = [group for group in groups if len(group[1]) > 1 or group[0] >= self.single_deg]
        if not groups:
            return NotFound(
                "no bends were found that go straight forward, go the same way and reach "
                f"{self.shallowest_deg:.0f} deg; record at least three hinges with a stand before each"
            )
        deepest = max(depth for depth, _ in groups)
        groups = [group for group in groups if group[0] >= self.as_deep * deepest]
        best = max(groups, key=lambda group: (len(group[1]), group[0]))[1]
        others = [group for _, group in groups if not any(bend in best for bend in group)]
        most = max((len(group) for group in others), default=0)
        if most > self.outnumbered * len(best):
            return NotFound(
                f"the bends do not show which way is forward: {len(best)} go one way and {most} another; record "
                "more hinges straight forward"
            )
        return best

    def _calibration(
        self,
        posture: Posture,
        up: FloatArray,
        standing: Sequence[Standing],
        used: Sequence[_Direction],
    ) -> tuple[Calibration, IntArray, int] | NotFound:
        """The frames of all sensors and how sure they are, the stands that gave them, and how many bends."""
        bends = [each.bend for each in used]
        stands = standing[0].pauses[_beside(standing[0].pauses, bends)]
        if (stands[:, 1] - stands[:, 0]).sum() < LEAST_BESIDE_POINTS:
            stands = standing[0].pauses
        zeros = _zeros(up, stands)
        placements = [str(place) for place in posture.placements]
        spans = [slice(each.bend.valley, each.bend.closed) for each in used]
        known = np.sum([np.isfinite(up[:, span, 0]).sum(axis=1) for span in spans], axis=0)
        enough = known >= sum(span.stop - span.start for span in spans) // 2
        present = [sensor for sensor in np.flatnonzero(enough).tolist() if np.isfinite(zeros[sensor, 0])]
        names = [placements[sensor] for sensor in present]
        absent = [placements[sensor] for sensor in posture.trunk if sensor not in present]
        if absent:
            return NotFound(
                f"too little of the bends was measured at {' and '.join(absent)}; record three slow hinges straight "
                "forward with all sensors sending"
            )
        moving = (np.concatenate([up[sensor, span] for span in spans]) for sensor in present)
        axes = dict(zip(names, forward_axes(zeros[present], moving, names), strict=True))
        unclear = self._unclear([placements[sensor] for sensor in posture.trunk], axes, used)
        if unclear:
            return NotFound(
                f"the bends do not show which way is forward at {' and '.join(unclear)}; record three slow hinges "
                "straight forward"
            )
        calibration = Calibration(
            "stance",
            {place: axis.frame for place, axis in axes.items()},
            axis_ratio={place: axis.ratio for place, axis in axes.items()},
        )
        frames = np.stack([axes[placements[sensor]].frame for sensor in posture.trunk])
        straighter = _straighter(standing, frames)
        if straighter is not None:
            return NotFound(
                f"it is unclear which posture is upright: the person stands straighter {_when(straighter)} than "
                "between the bends; stand upright for a second before each bend"
            )
        zero_sd_deg = _zero_sd_deg(standing, bends, frames)
        if zero_sd_deg > self.unsure_deg:
            return NotFound(
                f"it is unclear which posture is upright: the stands differ by {zero_sd_deg:.0f} deg (sd) between "
                "upper back and sacrum; stand upright for a few seconds before and after the bends"
            )
        return replace(calibration, zero_sd_deg=zero_sd_deg), stands, len(used)

    def _unclear(self, trunk: Sequence[str], axes: Mapping[str, ForwardAxis], used: Sequence[_Direction]) -> list[str]:
        """The trunk sensors whose axis the bends do not show; one that hardly tilts may do without, if not both."""
        unclear = [place for place in trunk if place not in axes or axes[place].ratio < AXIS_RATIO]
        tilted = {
            place: float(np.median([np.linalg.norm(bend.across[number]) for bend in used])) >= TILTED
            for number, place in enumerate(trunk)
        }
        return unclear if len(unclear) == len(trunk) else [place for place in unclear if tilted[place]]


@dataclass(frozen=True, slots=True)
class _Direction:
    """A bend and where it went: the up vectors' departures (sensors, 3) from the zeros, at depth."""

    bend: Bend
    across: FloatArray
    depth_deg: float


ENOUGH_BENDS = 3
"""So many that agree between the first stand and the last are the lifter's own, whatever is beyond
(sources#stance-search)."""
TILTED = float(np.sin(np.deg2rad(20.0)))
"""A sensor that tilts less says little of the direction (sources#stance-search)."""
NEIGHBOUR_SHARE = 0.4  # sources#stance-search
NEIGHBOUR_DEG = 15.0
"""A posture this near with this share of the score might have been upright as well (sources#stance-search)."""
STRAIGHTER_DEG = (6.0, 30.0)  # sources#stance-search
STRAIGHTER_S = (1.5, 2.5)
"""A stand so far behind the one taken, and longer than those or than this, may be upright (sources#stance-search)."""
BESIDE_POINTS = 5 * GRID_HZ  # sources#stance-search
LEAST_BESIDE_POINTS = GRID_HZ // 2
"""People and straps settle in the course of a recording: the zero is that of the stands within 5 s of a bend, if those
last for half a second in all (sources#stance-search)."""


def _events(tilt_deg: FloatArray) -> Iterator[MachineEvent]:
    """The bends of a whole recording, a piece at a time: to look at it all at once takes four times its room."""
    machine = RepMachine()
    back = round(machine.settings.valley_within_s * GRID_HZ)
    for start in range(0, len(tilt_deg), PIECE_POINTS):
        yield from machine.run(start, tilt_deg[start : start + PIECE_POINTS], tilt_deg[max(start - back, 0) : start])


def _between(stands: IntArray, bends: Sequence[_Direction]) -> list[_Direction]:
    """The bends between the first stand (k, 2) and the last: beyond may be the hands that strap the sensors on or take
    them off."""
    first, last = int(stands[0, 1]), int(stands[-1, 0])
    return [each for each in bends if each.bend.closed > first and each.bend.opened < last]


def _apart_deg(across: FloatArray, others: FloatArray) -> FloatArray:
    """The angle between a bend's direction (sensors, 3) and each of others (n, sensors, 3).

    It is taken in the sensor where it is largest, of those that tilted in both.
    """
    length, lengths = (np.linalg.norm(each, axis=-1) for each in (across, others))
    smaller = np.minimum(length, lengths)
    cosine = (across * others).sum(axis=-1) / np.maximum(length * lengths, 1e-9)
    tilted = smaller >= np.minimum(TILTED, smaller.max(axis=1, keepdims=True))
    least = np.where(tilted, cosine, 1.0).min(axis=1)
    return from_cosine_deg(least)


def _depth_of(depths_deg: FloatArray) -> float:
    """How deep a direction's bends are: the mean of the three deepest."""
    return float(np.sort(depths_deg)[-3:].mean())


def _beside(pauses: IntArray, bends: Sequence[Bend]) -> BoolArray:
    """Which pauses (k, 2) are beside bends."""
    near = np.zeros(len(pauses), np.bool_)
    for bend in bends:
        near |= (pauses[:, 1] > bend.valley - BESIDE_POINTS) & (pauses[:, 0] < bend.closed + BESIDE_POINTS)
    return near


def _zeros(up: FloatArray, pauses: IntArray) -> FloatArray:
    """The up vectors (sensors, 3) of all sensors while the person stood; NaN for one that was silent then."""
    points = np.concatenate([np.arange(start, stop) for start, stop in pauses.tolist()])
    zeros = np.full((len(up), 3), np.nan)
    for sensor, one in enumerate(up[:, points]):
        good = one[np.isfinite(one[:, 0])]
        if len(good):
            zeros[sensor] = normalised(good.mean(axis=0))
    return zeros


def _straighter(standing: Sequence[Standing], frames: FloatArray) -> Standing | None:
    """A posture behind the one that was taken, at all sensors, in which the person stood for long; None for none.

    People lean back for a moment in between. Who begins or ends there, for longer than between the bends, may stand
    bent between them. ``frames`` (trunk sensors, 3, 3).
    """
    best = standing[0]
    begin, end = min(one.pauses[0, 0] for one in standing), max(one.pauses[-1, 1] for one in standing)
    for other in standing[1:]:
        found_deg = leans_deg(frames, other.up)
        behind = -STRAIGHTER_DEG[1] < found_deg.min() and found_deg.max() < -STRAIGHTER_DEG[0]
        long = other.longest_s >= min(max(STRAIGHTER_S[0], best.longest_s), STRAIGHTER_S[1])
        at_an_end = other.pauses[0, 0] == begin or other.pauses[-1, 1] == end
        if behind and long and at_an_end and other.lower < 0.5:
            return other
    return None


def _zero_sd_deg(standing: Sequence[Standing], bends: Sequence[Bend], frames: FloatArray) -> float:
    """How well the lean of the trunk sensors against each other is known while standing (of one: its own lean).

    The scatter about the zero of the pauses beside the bends, in the posture that was taken and in its neighbours that
    might have been. ``frames`` (trunk sensors, 3, 3).
    """
    best = standing[0]
    # one more stand, as far off as the stance limits allow for: a single stand shows no scatter
    weight = float(GRID_HZ)
    square = weight * STANCE_ZERO_SD_DEG**2
    for one in standing:
        if one.score < NEIGHBOUR_SHARE * best.score or one.apart_deg(best) > NEIGHBOUR_DEG:
            continue
        beside = _beside(one.pauses, bends)
        found_deg = leans_deg(frames, one.pause_ups[beside])
        relation_deg = found_deg[:, 0] - (found_deg[:, 1] if len(frames) > 1 else 0.0)
        length = (one.pauses[beside, 1] - one.pauses[beside, 0]) * (one.score / best.score)
        square += float((length * relation_deg**2).sum())
        weight += float(length.sum())
    return float(np.sqrt(square / weight))


def _when(standing: Standing) -> str:
    """The longest pause in a posture, as a time."""
    start, stop = standing.pauses[int(np.argmax(standing.pauses[:, 1] - standing.pauses[:, 0]))].tolist()
    return f"at {0.5 * (start + stop) / GRID_HZ:.1f} s"

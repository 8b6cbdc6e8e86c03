"""The plan of a movement: joint coordinates over time, and what is known about them.

The lifter is moved by 13 joint coordinates. Pieces of movement (``movement.py``) write them at 200 Hz. These values
are the control points of a quintic B-spline. The spline is smooth up to its fourth derivative, so angular rate and
linear acceleration exist everywhere. It also blurs the plan a little (sd 3.5 ms, under 0.02 deg in the fastest swing).
The truth is always taken from the spline, never from the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, Mark, MarkKind, Placement

PLAN_RATE_HZ: Final = 200.0
"""Control points per second: four per 20 ms impact, the shortest thing that is planned."""

# Uniform quintic B-spline: column k holds the polynomial in u (rows: power 0 to 5) that weighs control point k - 2.
_QUINTIC: Final = (
    np.array(
        [
            [1, 26, 66, 26, 1, 0],
            [-5, -50, 0, 50, 5, 0],
            [10, 20, -60, 20, 10, 0],
            [-10, 20, 0, -20, 10, 0],
            [5, -20, 30, -20, 5, 0],
            [-1, 5, -10, 10, -5, 1],
        ],
        dtype=np.float64,
    )
    / 120.0
)


_PELVIS_GIVES_WAY: Final = 0.2  # of the upper back's tilt with the breath (sources#sway-and-breath)


class Coordinate(IntEnum):
    """A column of the plan. Angles in degrees, signs as in the sign table; the root (between the ankles) in metres.

    ``THIGHS_APART``: lean of the right thigh minus that of the left, which is ``THIGH_LEAN``.
    """

    PELVIS_SIDE = 0
    PELVIS_LEAN = 1
    HEADING = 2
    SPINE_SIDE = 3
    SPINE_FLEXION = 4
    SPINE_TWIST = 5
    SHANK_LEAN = 6
    THIGH_LEAN = 7
    NOD = 8
    ROOT_X = 9
    ROOT_Y = 10
    ROOT_Z = 11
    THIGHS_APART = 12


@dataclass(frozen=True)
class Motion:
    """A smooth curve through ``columns`` dimensions, made of control points ``control`` (n, columns) at 200 Hz."""

    control: FloatArray

    @property
    def duration_s(self) -> float:
        """The time of the last control point."""
        return (len(self.control) - 1) / PLAN_RATE_HZ

    def at(self, time_s: FloatArray, offsets_s: Sequence[float] = (0.0,)) -> FloatArray:
        """The curve at ``time_s`` (n,) plus each of ``offsets_s`` (m,): an array (m, n, columns).

        The offsets are for finite differences and must be small against 5 ms: the polynomial piece that holds
        ``time_s`` is used for all of them. Before the start and after the end the curve stands still.
        Ours: SciPy's ``BSpline`` takes twice as long, and simulations spend their time here
        (design#scipy-and-what-is-ours).
        """
        position = time_s * PLAN_RATE_HZ
        knot = np.floor(position).astype(np.int64)
        taps = np.clip(knot[:, None] + np.arange(-2, 4), 0, len(self.control) - 1)
        window = self.control[taps]
        values = np.empty((len(offsets_s), len(time_s), self.control.shape[1]))
        for row, offset_s in enumerate(offsets_s):
            local = position - knot + offset_s * PLAN_RATE_HZ
            weights = np.vander(local, 6, increasing=True) @ _QUINTIC
            np.einsum("nk,nkc->nc", weights, window, out=values[row])
        return values


@dataclass(frozen=True)
class Bend:
    """A commanded excursion: when lowering starts, when the bottom is reached and left, when the top is reached.

    ``movement`` says what it is meant to be: hinge, squat, between (a lift from the floor), or nothing of these.
    """

    start_s: float
    bottom_start_s: float
    bottom_end_s: float
    end_s: float
    rest_until_s: float
    kind: str
    label: str
    movement: str = ""

    def shifted(self, by_s: float) -> Bend:
        """The same bend, ``by_s`` later."""
        return replace(
            self,
            start_s=self.start_s + by_s,
            bottom_start_s=self.bottom_start_s + by_s,
            bottom_end_s=self.bottom_end_s + by_s,
            end_s=self.end_s + by_s,
            rest_until_s=self.rest_until_s + by_s,
        )


@dataclass(frozen=True)
class Slip:
    """A sensor turns on the skin: rotation vector ``turn_deg`` (segment axes) within ``duration_s`` from ``time_s``."""

    time_s: float
    placement: Placement
    turn_deg: tuple[float, float, float]
    duration_s: float


@dataclass(frozen=True)
class Plan:
    """Joint coordinates (n, 13) at 200 Hz, with the events in them; times in s from the start of the plan."""

    coordinates: FloatArray
    standing: BoolArray
    bends: tuple[Bend, ...] = ()
    marks: tuple[Mark, ...] = ()
    slips: tuple[Slip, ...] = ()
    knocks_s: tuple[float, ...] = ()

    @property
    def duration_s(self) -> float:
        """How long the plan lasts."""
        return len(self.coordinates) / PLAN_RATE_HZ

    @staticmethod
    def joined(plans: Iterable[Plan]) -> Plan:
        """The plans one after the other."""
        parts = list(plans)
        starts_s = np.cumsum([0.0, *(part.duration_s for part in parts)])
        timed = list(zip(parts, (float(start_s) for start_s in starts_s), strict=False))
        return Plan(
            np.concatenate([np.empty((0, len(Coordinate))), *(part.coordinates for part in parts)]),
            np.concatenate([np.empty(0, np.bool_), *(part.standing for part in parts)]),
            tuple(bend.shifted(at_s) for part, at_s in timed for bend in part.bends),
            tuple(
                replace(mark, start_s=mark.start_s + at_s, end_s=mark.end_s + at_s)
                for part, at_s in timed
                for mark in part.marks
            ),
            tuple(replace(slip, time_s=slip.time_s + at_s) for part, at_s in timed for slip in part.slips),
            tuple(knock_s + at_s for part, at_s in timed for knock_s in part.knocks_s),
        )


@dataclass(frozen=True)
class Person:
    """Who moves: own lumbar rhythm and own untidiness.

    - ``neutral_linear_deg``, ``neutral_quadratic_deg``: the person's own neutral curve c1 s + c2 s^2 with
      s = clip(sacrum lean, 0, 95 deg) / 60 deg (form and clip: sources#neutral-curve): what the spine does, rod on.
    - ``rep_sd_deg``: sd of the deviation at the bottom between neutral reps (0.8, sources#simulated-lifter);
      ``rod_rep_sd_deg``: the same while a real rod is held. The rod allows a few mm, 3 mm is 1 deg.
    - ``stand_sd_deg``: sd of the standing posture between stands (0.53 in sources#slips); with the rod on
      ``rod_stand_sd_deg``.
    - ``sway_deg``: rms of quiet standing sway (0.2-0.5 deg: the ankle sways by about 4 mm rms at 0.9 m height).
    - ``lateral_deg``: side and turning motion of each rep is drawn from +- this (1-5 deg, sources#simulated-lifter).
    - ``flexion_range_deg``: upper back relative to sacrum in a full slump (65-80 deg, sources#nairn-and-drake-2014).
    - ``breath_deg``: how far the upper back tips to and fro with each breath, from its middle, ``breath_hz`` how often;
      the pelvis gives way by a fifth of it (sources#sway-and-breath). None by default.
    - ``straightening_deg_per_m``: how much less the back leans, at 60 deg of sacrum lean, a metre above the upper
      back's prescribed place: people who bend forward lift the chest (128: sources#upper-thoracic-spine).
    - ``hip_lever``: the person's build, as in ``Body``. Everybody's is the usual one unless told.
    """

    neutral_linear_deg: float = 2.0
    neutral_quadratic_deg: float = 1.5
    rep_sd_deg: float = 0.8
    rod_rep_sd_deg: float = 0.3
    stand_sd_deg: float = 0.5
    rod_stand_sd_deg: float = 0.1
    sway_deg: float = 0.25
    lateral_deg: float = 3.0
    flexion_range_deg: float = 65.0
    breath_deg: float = 0.0
    breath_hz: float = 0.25
    straightening_deg_per_m: float = 128.0
    hip_lever: tuple[float, float] = (1.0, 1.0)

    @staticmethod
    def random(rng: np.random.Generator) -> Person:
        """Somebody: neutral curve of up to about +-9 deg at 70 deg of lean, rod on."""
        return Person(
            neutral_linear_deg=rng.uniform(-3.0, 5.0),
            neutral_quadratic_deg=rng.uniform(-1.5, 2.5),
            lateral_deg=rng.uniform(1.0, 5.0),
            flexion_range_deg=rng.uniform(55.0, 80.0),
            straightening_deg_per_m=rng.uniform(40.0, 210.0),
        )

    @staticmethod
    def machine() -> Person:
        """Nobody: moves exactly as commanded. For tests of the physics."""
        return Person(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 65.0, straightening_deg_per_m=0.0)

    def at_rest(self, rng: np.random.Generator) -> Person:
        """The same person standing quietly, with sway and breath as measured on people (sources#sway-and-breath)."""
        return replace(
            self,
            sway_deg=rng.uniform(0.2, 0.5),
            breath_deg=rng.uniform(0.2, 0.6),
            breath_hz=rng.uniform(0.2, 0.3),
        )

    def after_effort(self, rng: np.random.Generator) -> Person:
        """The same person out of breath after a hard set (sources#sway-and-breath)."""
        return replace(
            self,
            sway_deg=rng.uniform(0.4, 0.8),
            breath_deg=rng.uniform(1.0, 2.5),
            breath_hz=rng.uniform(0.5, 0.8),
        )

    def neutral_deg(self, sacrum_lean_deg: FloatArray) -> FloatArray:
        """The person's own neutral curve at a sacrum lean."""
        s = np.clip(sacrum_lean_deg, 0.0, 95.0) / 60.0
        return np.asarray(self.neutral_linear_deg * s + self.neutral_quadratic_deg * s * s)


def samples_in(duration_s: float) -> int:
    """How many control points a duration takes."""
    return round(duration_s * PLAN_RATE_HZ)


def minimum_jerk(share: FloatArray) -> FloatArray:
    """The minimum-jerk profile from 0 to 1 (sources#flash-and-hogan-1985); flat outside."""
    x = np.clip(share, 0.0, 1.0)
    return np.asarray(x * x * x * (10.0 - x * (15.0 - 6.0 * x)))


def path_deg(start_deg: float, waypoints: Sequence[tuple[float, float]]) -> FloatArray:
    """From ``start_deg`` through ``waypoints`` (duration_s, angle_deg), each way with minimum jerk."""
    ends = [0, *(samples_in(end_s) for end_s in np.cumsum([duration_s for duration_s, _ in waypoints]))]
    pieces = []
    here_deg = start_deg
    for (_, target_deg), first, last in zip(waypoints, ends[:-1], ends[1:], strict=True):
        share = np.arange(1, last - first + 1) / max(last - first, 1)
        pieces.append(here_deg + (target_deg - here_deg) * minimum_jerk(share))
        here_deg = target_deg
    return np.concatenate(pieces)


class Wander:
    """Smooth random motion of the given rms, without end: eight sines, random in frequency (in the band) and phase."""

    def __init__(self, rms: float, low_hz: float, high_hz: float, rng: np.random.Generator) -> None:
        self._rms = rms
        self._frequency_hz = rng.uniform(low_hz, high_hz, 8)
        self._phase = rng.uniform(0.0, 2.0 * np.pi, 8)

    def at(self, time_s: FloatArray) -> FloatArray:
        """Where it is at these times."""
        total = np.zeros(len(time_s))
        for one_hz, one_phase in zip(self._frequency_hz, self._phase, strict=True):
            total += np.sin(2.0 * np.pi * one_hz * time_s + one_phase)
        return total * self._rms / 2.0  # eight unit sines have an rms of 2


def wandering(count: int, rms: float, low_hz: float, high_hz: float, rng: np.random.Generator) -> FloatArray:
    """Smooth random motion for so many control points: see ``Wander``."""
    return Wander(rms, low_hz, high_hz, rng).at(np.arange(count) / PLAN_RATE_HZ)


def envelope(count: int, ramp_s: float) -> FloatArray:
    """Rises smoothly from 0 to 1 in ``ramp_s`` and falls back to 0 at the end."""
    step = np.arange(count)
    ramp = max(min(samples_in(ramp_s), count // 2), 1)
    return minimum_jerk(np.minimum(step, count - 1 - step) / ramp)


@dataclass
class Scene:
    """Where the person stands between two pieces: carried from piece to piece while the plan is made."""

    person: Person
    rng: np.random.Generator
    top_lean_deg: float = 0.0
    posture_deg: tuple[float, float] = (0.0, 0.0)
    heading_deg: float = 0.0
    place_m: tuple[float, float] = field(default=(0.0, 0.0))
    tilt_deg: float | None = None
    """How far the pelvis of somebody who lies has tipped forward from pressed flat; None for one who stands."""

    def begin(self, count: int, *, rod: bool = False, moving: bool = True, settle: bool = True) -> FloatArray:
        """Coordinates (count, 13) of somebody who only stands where the last piece ended.

        After a movement (``moving``) the posture is a slightly different one; taking the rod up makes it the rod's.
        What is left of an incomplete lockout is straightened within 0.8 s, unless not ``settle``.
        """
        coordinates = np.zeros((count, len(Coordinate)))
        old_deg = self.posture_deg
        if rod or moving:
            sd_deg = self.person.rod_stand_sd_deg if rod else self.person.stand_sd_deg
            self.posture_deg = (float(self.rng.normal(0.0, sd_deg)), float(self.rng.normal(0.0, sd_deg)))
        change = minimum_jerk(np.arange(1, count + 1) / max(min(count, samples_in(1.0)), 1))
        columns = (Coordinate.PELVIS_LEAN, Coordinate.SPINE_FLEXION)
        for column, before_deg, after_deg in zip(columns, old_deg, self.posture_deg, strict=True):
            coordinates[:, column] = before_deg + (after_deg - before_deg) * change
        if settle and self.top_lean_deg:
            straighten = minimum_jerk(np.arange(1, count + 1) / max(min(count, samples_in(0.8)), 1))
            coordinates[:, Coordinate.PELVIS_LEAN] += self.top_lean_deg * (1.0 - straighten)
            self.top_lean_deg = 0.0
        coordinates[:, Coordinate.HEADING] = self.heading_deg
        coordinates[:, Coordinate.ROOT_X : Coordinate.ROOT_Y + 1] = self.place_m
        return coordinates


class Piece(Protocol):
    """A piece of movement: can be planned from where the last one ended."""

    def plan(self, scene: Scene) -> Plan:
        """Coordinates and events of this piece; ``scene`` is moved on to its end."""
        ...


class Habit:
    """What a person does in every movement: sway, and bend the lumbar spine in the own rhythm."""

    def __init__(self, person: Person, rng: np.random.Generator) -> None:
        self._person = person
        # The trunk sways less against the pelvis than the body over the ankles; breathing at 0.2-0.3 Hz is part of it.
        self._sway = {
            Coordinate.PELVIS_LEAN: Wander(person.sway_deg, 0.1, 0.6, rng),
            Coordinate.PELVIS_SIDE: Wander(0.6 * person.sway_deg, 0.1, 0.6, rng),
            Coordinate.SPINE_FLEXION: Wander(0.5 * person.sway_deg, 0.15, 0.35, rng),
            Coordinate.SPINE_SIDE: Wander(0.3 * person.sway_deg, 0.1, 0.6, rng),
        }
        # drawn last, and only for who breathes, so that the others move as they always did
        self._breath_phase = rng.uniform(0.0, 2.0 * np.pi) if person.breath_deg else 0.0

    def join(self, coordinates: FloatArray, first: int = 0) -> None:
        """Add it to the planned ``coordinates`` (n, 13), which begin with the ``first``-th of all control points."""
        time_s = np.arange(first, first + len(coordinates)) / PLAN_RATE_HZ
        for column, sway in self._sway.items():
            coordinates[:, column] += sway.at(time_s)
        if self._person.breath_deg:
            phase = 2.0 * np.pi * self._person.breath_hz * time_s + self._breath_phase
            breath_deg = self._person.breath_deg * np.sin(phase)
            coordinates[:, Coordinate.SPINE_FLEXION] += (1.0 + _PELVIS_GIVES_WAY) * breath_deg
            coordinates[:, Coordinate.PELVIS_LEAN] -= _PELVIS_GIVES_WAY * breath_deg
        coordinates[:, Coordinate.SPINE_FLEXION] += self._person.neutral_deg(coordinates[:, Coordinate.PELVIS_LEAN])


def plan_session(pieces: Iterable[Piece], person: Person, rng: np.random.Generator) -> Plan:
    """The plan of a whole session: the pieces one after the other, with sway and the person's own lumbar rhythm."""
    scene = Scene(person, rng)
    plan = Plan.joined([piece.plan(scene) for piece in pieces])
    Habit(person, rng).join(plan.coordinates)
    return plan


def mark(kind: MarkKind, start_s: float, end_s: float, **detail: object) -> Mark:
    """A mark whose place in the stream is not known yet."""
    return Mark(-1, kind, start_s, end_s, detail)

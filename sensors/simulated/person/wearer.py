"""The simulated lifter in live time: he stands, and does what he is told.

He plans as he goes. His plan is made like that of an offline session (see ``plan_session``), only that it grows: quiet
standing, or lying once he has lain down, is added as time passes, an action when he is told to do it. So standing and
moving are one smooth curve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from dowel.recordings.types import CONTACTS, BoolArray, FloatArray, MarkKind, Placement
from dowel.sensors.simulated.imu import IDEAL, SimulatedSensor, SoftTissue, sense
from dowel.sensors.simulated.person.body import Body
from dowel.sensors.simulated.person.drill_sets import usual_set
from dowel.sensors.simulated.person.hand import Hand
from dowel.sensors.simulated.person.lying import GetUp, Rest, lying_steps
from dowel.sensors.simulated.person.movement import KnockTogether, Stand, Walk
from dowel.sensors.simulated.person.plan import (
    PLAN_RATE_HZ,
    Bend,
    Coordinate,
    Habit,
    Motion,
    Person,
    Piece,
    Plan,
    Scene,
    Slip,
)
from dowel.sensors.simulated.person.rod import HeldRod, Rod
from dowel.sensors.simulated.person.sessions import slow_hinges
from dowel.sensors.simulated.person.simulated_bends import Slump
from dowel.sensors.simulated.person.truth import TrueRep, Truth, truth_of

ACTIONS: Final[Mapping[str, tuple[Piece, ...]]] = {
    MarkKind.CLAP: (KnockTogether(), Stand(2.0)),
    MarkKind.STILL: (GetUp(), Stand(6.0)),
    # The rod is taken up within the first second.
    MarkKind.ROD_HOLD: (Stand(2.0, rod=True), Stand(6.0)),
    MarkKind.ROD_HINGES: (*slow_hinges(), Stand(1.0)),
    MarkKind.STANCE_HOLD: (Stand(6.0),),
    MarkKind.STANCE_BENDS: (*slow_hinges(rod=False), Stand(1.0)),
    MarkKind.SLUMP: (Slump(), Stand(1.0)),
    MarkKind.SPACER: (Stand(12.0, rod=True),),  # he has no block, so that the step is refused
    **lying_steps(),
    "walk": (Walk(10.0), Stand(1.0)),
}
"""What the lifter can do besides his set: each calibration step, by the mark's name, and a walk.

A hold lasts a second longer than it must (5 s, sources#calibration-acceptance), because whoever watches begins later
than he does.
"""

WITH_THE_ROD: Final = (MarkKind.ROD_HOLD, MarkKind.ROD_HINGES, MarkKind.SPACER, "set")
"""What he does with the rod on his back; in between it is off. A sensor on it moves as if he never took it off."""

# What a sensor feels is worked out this often, half a second at once, and interpolated linearly. Measured: in a rep it
# is wrong by up to 0.005 m/s2 and 0.01 deg/s, in a swing by 0.03 and 0.05, which is about a chip's noise or less.
_STEPS: Final = 2  # per control point of the plan: 400 Hz
_AHEAD: Final = 100  # control points

_STAND: Final = 100  # control points of standing that are added at once: 0.5 s
_REACH: Final = 3  # control points on either side that the spline needs
_BEFORE_S: Final = 0.5  # the plan begins earlier than he does, because a curve comes out of nothing with a jolt


@dataclass(frozen=True)
class Played:
    """Something the lifter was told to do, from ``begin_s`` to ``end_s`` by his clock."""

    action: str
    begin_s: float
    end_s: float


class Wearer:
    """The lifter, with sensors at ``placements``.

    Parameters
    ----------
    placements
        Where sensors sit.
    clock
        Gives the time in s, usually the event loop's.
    seed
        Everything random comes from it, as in ``simulate``.
    set_pieces
        What he does when told ``set``; without it the usual set of hinges (``drill_sets``).
    soft_tissue_deg, mounting
        As of ``SimulatedSensor``, for all sensors.
    person, height_m
        Who he is; somebody is drawn without ``person``.
    keep_s
        He forgets what is older than this, so that hours of him need no more memory than minutes. Then the truth begins
        there, and no sensor may ask what it felt before. None: he forgets nothing, and needs 100 MB for an hour.

    """

    def __init__(
        self,
        placements: Iterable[Placement],
        *,
        clock: Callable[[], float],
        seed: int = 1,
        set_pieces: Sequence[Piece] | None = None,
        soft_tissue_deg: float = 3.0,
        mounting: str | tuple[float, float, float, float] = "random",
        person: Person | None = None,
        height_m: float = 1.75,
        keep_s: float | None = None,
    ) -> None:
        self.person = person if person is not None else Person.random(np.random.default_rng([seed, 0]))
        self.played: list[Played] = []
        if set_pieces is None:
            set_pieces = usual_set("dowel_hinge", height_m=height_m, seed=seed)
        self._actions = {**ACTIONS, "set": tuple(set_pieces)}
        self._clock = clock
        self._keep_s = keep_s
        self._begin_s = clock() - _BEFORE_S
        rng = np.random.default_rng([seed, 1])
        self._scene = Scene(self.person, rng)
        self._habit = Habit(self.person, rng)
        self._bends: list[Bend] = []
        self._knocks_s: list[float] = []
        self._body = Body(height_m, self.person.straightening_deg_per_m, self.person.hip_lever)
        self._control = _Rows(len(Coordinate))
        self._standing = _Rows(1)
        self._worn = {
            placement: _OnSkin(
                SimulatedSensor(placement, IDEAL, mounting, soft_tissue_deg), self._body, [seed, 2 + index]
            )
            for index, placement in enumerate(placements)
        }
        self._rod = HeldRod(Rod(), self._body, self.person)
        self._touching = _Rows(len(CONTACTS))
        self._stand_until(self._index(clock()))

    def feel(self, placement: Placement) -> Callable[[FloatArray], FloatArray]:
        """What the sensor there feels: times by the clock (n,) to specific force and rate (n, 6) in its axes.

        Times go up, and none of them lies ahead.
        """
        return partial(self._feel, self._worn[placement])

    def touching(self, time_s: FloatArray) -> BoolArray:
        """Whether head, upper back and sacrum touch the rod (n, 3) at times by the clock (n,).

        Times go up, and none of them lies ahead.
        """
        points = np.maximum((time_s - self._begin_s) * PLAN_RATE_HZ, 0.0).astype(np.int64)
        begin, stop = len(self._touching), int(points[-1]) + 1
        if stop > begin:
            stop = max(stop, begin + _AHEAD)
            self._stand_until(stop)
            at_s = self._begin_s + np.arange(begin, stop) / PLAN_RATE_HZ
            held = np.zeros(len(at_s), np.bool_)
            for played in self.played:
                if played.action in WITH_THE_ROD:
                    held |= (at_s >= played.begin_s) & (at_s < played.end_s)
            touching = self._rod.follow(self._control.between(begin, stop), held)
            self._touching.add(touching.astype(np.float64))
        first, last = int(points[0]), int(points[-1]) + 1
        return np.asarray(self._touching.between(first, last)[points - first] > 0.0)

    def do(self, action: str) -> None:
        """Do this, after what was to be done before; if that was nothing, within a second, as people would.

        ``ValueError`` when he does not know what that is: ``set`` and the names of ``ACTIONS`` he knows.
        """
        if action not in self._actions:
            raise ValueError(f"the simulated lifter cannot do {action!r}; he knows {', '.join(sorted(self._actions))}")
        # Behind all that can have been worked out, so that it is the same whoever has felt how much of it.
        self._stand_until(self._index(self._clock()) + _AHEAD)
        begin = len(self._control)
        self._extend(self._actions[action])
        self.played.append(Played(action, self._time_s(begin), self._time_s(len(self._control))))

    @property
    def busy(self) -> bool:
        """Whether he has something to do still."""
        return bool(self.played) and self._clock() < self.played[-1].end_s

    def wiggle(self, placement: Placement) -> None:
        """Somebody shakes this sensor in the hand for three seconds, and only this one."""
        self._worn[placement].hand.wiggle(self._clock())

    def lie(self, placement: Placement, axis: int, sign: int) -> None:
        """This sensor is taken off and laid still, axis 0, 1 or 2 of it pointing up (``sign`` 1) or down (-1)."""
        worn, now_s = self._worn[placement], self._clock()
        worn.hand.lie(axis, sign, now_s, self._on_body(worn, np.array([now_s]))[0])

    def wear(self, placement: Placement) -> None:
        """This sensor is put back on."""
        worn, now_s = self._worn[placement], self._clock()
        worn.hand.wear(now_s, self._on_body(worn, np.array([now_s]))[0])

    def truth(self) -> Truth:
        """What his bones have done, as far back as he remembers, and the reps that are over; times by the clock."""
        until_s = self._clock() - self._begin_s
        self._stand_until(self._index(self._clock()))
        first, count = self._control.first, self._index(self._clock()) + 1
        from_s = first / PLAN_RATE_HZ
        motion = Motion(self._control.between(first, count))
        remembered = [bend for bend in self._bends if from_s <= bend.start_s and bend.rest_until_s < until_s]
        bends = [bend.shifted(-from_s) for bend in remembered]
        knocks_s = tuple(knock_s - from_s for knock_s in self._knocks_s if from_s <= knock_s < until_s)
        standing: BoolArray = self._standing.between(first, count)[:, 0] > 0.0
        return truth_of(self._body, motion, self.person, standing, bends, knocks_s).shifted(self._begin_s + from_s)

    def true_reps(self) -> tuple[TrueRep, ...]:
        """The bends he has done, of every kind; times by the clock."""
        return self.truth().reps

    def _index(self, time_s: float) -> int:
        """The control point at or before a time."""
        return max(int((time_s - self._begin_s) * PLAN_RATE_HZ), 0)

    def _time_s(self, index: int) -> float:
        return self._begin_s + index / PLAN_RATE_HZ

    def _stand_until(self, index: int) -> None:
        """Let the plan reach to this control point, and as far beyond as the spline needs."""
        while len(self._control) <= index + _REACH:
            self._extend((Rest(_STAND / PLAN_RATE_HZ),))

    def _extend(self, pieces: Sequence[Piece]) -> None:
        plan = Plan.joined([piece.plan(self._scene) for piece in pieces])
        first = len(self._control)
        self._habit.join(plan.coordinates, first)
        self._control.add(plan.coordinates)
        self._standing.add(plan.standing[:, None].astype(np.float64))
        for worn in self._worn.values():
            worn.follow(plan, first)
        at_s = first / PLAN_RATE_HZ
        self._bends += [bend.shifted(at_s) for bend in plan.bends]
        self._knocks_s += [knock_s + at_s for knock_s in plan.knocks_s]
        if self._keep_s is not None:
            self._forget(self._index(self._clock() - self._keep_s))

    def _forget(self, before: int) -> None:
        self._control.forget(before)
        self._standing.forget(before)
        self._touching.forget(min(before, len(self._touching)))
        for worn in self._worn.values():
            worn.forget(before)

    def _feel(self, worn: _OnSkin, time_s: FloatArray) -> FloatArray:
        return worn.hand.moved(time_s, self._on_body(worn, time_s))

    def _on_body(self, worn: _OnSkin, time_s: FloatArray) -> FloatArray:
        position = np.maximum((time_s - self._begin_s) * PLAN_RATE_HZ, 0.0)
        if not worn.has(position):
            first, last = int(position[0]), int(position[-1]) + 1
            stop = max(first + _AHEAD, last)
            self._stand_until(stop)
            worn.work_out(self._control, first, stop)
        return worn.felt(position)


class _OnSkin:
    """One sensor on the lifter, and the stretch of what it feels that has been worked out last.

    Positions are counted in control points since the lifter began.
    """

    def __init__(self, sensor: SimulatedSensor, body: Body, seed: list[int]) -> None:
        of_skin, of_mounting, of_hand = (np.random.default_rng([*seed, part]) for part in range(3))
        self._sensor, self._body = sensor, body
        self._tissue = SoftTissue(sensor, body, of_skin)
        self._turn_deg = _Rows(3)
        self._slips: list[Slip] = []
        self._mounting = sensor.sensor_to_segment(of_mounting).as_matrix()
        self.hand = Hand(of_hand.standard_normal(3))
        self._first = 0
        self._values: FloatArray = np.empty((0, 6))

    def follow(self, plan: Plan, first: int) -> None:
        """The lifter will move like this from control point ``first`` on."""
        self._turn_deg.add(self._tissue.follow(plan.coordinates, plan.bends))
        self._slips += [
            replace(slip, time_s=slip.time_s + first / PLAN_RATE_HZ)
            for slip in plan.slips
            if slip.placement is self._sensor.placement
        ]

    def forget(self, before: int) -> None:
        """Nobody will ask for what lies before this control point."""
        self._turn_deg.forget(before)

    def has(self, position: FloatArray) -> bool:
        """Whether these positions, which go up, have been worked out."""
        return bool(position[0] >= self._first and (position[-1] - self._first) * _STEPS < len(self._values) - 1)

    def work_out(self, control: _Rows, first: int, stop: int) -> None:
        """What it feels from control point ``first`` to ``stop``, in its own axes."""
        origin = max(first - _REACH, 0)
        motion, tissue = (Motion(rows.between(origin, stop + 1 + _REACH)) for rows in (control, self._turn_deg))
        time_s = (first - origin + np.arange((stop - first) * _STEPS + 1) / _STEPS) / PLAN_RATE_HZ
        slips = [replace(slip, time_s=slip.time_s - origin / PLAN_RATE_HZ) for slip in self._slips]
        _, on_skin = sense(self._body, motion, tissue, slips, self._sensor, time_s)
        self._first = first
        self._values = np.hstack([on_skin.acc_m_s2 @ self._mounting, on_skin.gyr_rad_s @ self._mounting])

    def felt(self, position: FloatArray) -> FloatArray:
        """What it feels at these positions, all of which have been worked out."""
        step = (position - self._first) * _STEPS
        before = step.astype(np.int64)
        values = self._values[before]
        return np.asarray(values + (step - before)[:, None] * (self._values[before + 1] - values))


class _Rows:
    """Rows of numbers that are added at the end, and counted from the first one there ever was.

    ``first`` is the first that has not been forgotten.
    """

    def __init__(self, columns: int) -> None:
        self.first = 0
        self._rows = np.empty((1024, columns))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, rows: FloatArray) -> None:
        """Add rows; the room doubles when it is full."""
        kept, stop = self._count - self.first, self._count - self.first + len(rows)
        if stop > len(self._rows):
            room = np.empty((max(stop, 2 * len(self._rows)), self._rows.shape[1]))
            room[:kept] = self._rows[:kept]
            self._rows = room
        self._rows[kept:stop] = rows
        self._count += len(rows)

    def forget(self, before: int) -> None:
        """Let go of the rows before this one, as soon as they are the greater part."""
        if 2 * (before - self.first) > self._count - self.first:
            kept = self._rows[before - self.first : self._count - self.first].copy()
            self._rows[: len(kept)] = kept
            self.first = before

    def between(self, first: int, stop: int) -> FloatArray:
        """The rows from ``first`` to ``stop`` (exclusive), as far as there are any."""
        if first < self.first:
            raise ValueError("the simulated lifter has forgotten what is asked for")
        return self._rows[first - self.first : min(stop, self._count) - self.first]

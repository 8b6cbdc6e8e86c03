"""Sensors that slip or come off, and what must not be taken for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np

from dowel.analysis.events import Event, SensorCameOff, SensorSlipped, StandChanged
from dowel.recordings.types import Placement
from dowel.sensors.simulated import Hinge, Piece, SensorSlip, Stand, calibration_pieces, random_peak_deg, set_of_hinges
from dowel.sensors.simulated.person.plan import Coordinate, Plan, Scene, Slip, minimum_jerk
from dowel.session.engine import Engine
from tests.loose_sensor import WAYS, loosened
from tests.streams import rows_in
from tests.validation.study import (
    Analysed,
    Figure,
    analysed,
    at_least,
    first_seed,
    none_of,
    share,
    trunk_sensors,
)

TITLE = "Slips"
ABOUT = (
    "Slips: one sensor turns on the skin by 5 to 25 deg, forward, backward or to the side, between two of 12 reps, of "
    "which four in ten are rounded or arched; within a rep; or little by little over seven reps. It must be told from "
    "the stands by the start of the third rep after it. Postures: the upper back alone stands 3 to 10 deg rounder from "
    "then on, from one second to the next, or more with each rep, or only at the top (a tired stand); rounding that "
    "begins in mid-set, that creeps from 0 to 18 deg at the bottom, a person who stands bent forward at the hips; and "
    "heavy soft tissue, 8 to 12 deg at full depth. None of them may be zeroed away. Coming off: in mid-set one sensor "
    "is turned over, ends askew by 35 to 120 deg, lies on the floor, dangles and swings on and on, hangs by one end "
    "and is set swinging by each bend, is in a pocket or on the bar; no rep that ends later may be judged by it, "
    "except by a loss before it."
)
IF_MISSED = (
    "One that creeps is told by the first stands and the latest, and the latest must agree: quick creeping spreads "
    "them. One of up to 8 deg to the side that nobody saw is not told at all, as it changes no lean."
)

SLIPS: Final = {5.0: 60, 8.0: 20, 12.0: 20, 25.0: 20}
"""How many sessions for each size in degrees; then for all else."""
POSTURES: Final = {
    "at once": 20,
    "more and more": 20,
    "tired stand": 20,
    "rounding": 10,
    "creep": 10,
    "bent forward": 10,
    "heavy tissue": 60,
}
OTHERS: Final = {"within": 20, "creeping": 20, **POSTURES, "off": 12}
WITHIN_REPS: Final = 2
SEEDS_FROM = 30_000
TRUNK: Final = (Placement.UPPER_BACK, Placement.SACRUM)
REPS: Final = 6  # before, and as many after


@dataclass(frozen=True)
class Job:
    """``what``: sudden, within, creeping, a posture, or off; ``size_deg`` of a slip."""

    what: str
    seed: int
    size_deg: float = 0.0


@dataclass(frozen=True)
class Found:
    """``reps_until``: how many reps started before it was told; None if never. ``zeroed``: sensors zeroed again.

    Of ``reps`` after it ``refused`` are not judged because of it, and ``wrong`` have a verdict that they must not have.
    ``unsaid``: how many sessions had nothing said of a sensor that came off, but in the reasons of their rows.
    """

    job: Job
    reps_until: int | None = None
    zeroed: int = 0
    refused: int = 0
    reps: int = 0
    wrong: int = 0
    unsaid: int = 0


@dataclass(frozen=True)
class Changed:
    """Pieces in which the back rounds by ``rounder_deg`` within ``within_s``, or a sensor slides.

    ``at_top``: only where the person stands, and less the deeper the bend.
    """

    pieces: tuple[Piece, ...]
    rounder_deg: float = 0.0
    within_s: float = 1.0
    at_top: bool = False
    slip: Slip | None = None

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        plan = Plan.joined([piece.plan(scene) for piece in self.pieces])
        so_far = minimum_jerk(np.arange(len(plan.coordinates)) / 200.0 / self.within_s)
        if self.at_top:
            so_far = so_far * np.clip(1.0 - plan.coordinates[:, Coordinate.PELVIS_LEAN] / 30.0, 0.0, 1.0)
        plan.coordinates[:, Coordinate.SPINE_FLEXION] += self.rounder_deg * so_far
        return plan if self.slip is None else replace(plan, slips=(*plan.slips, self.slip))


def jobs(small: bool, real: Path | None) -> list[Job]:
    first = first_seed(small) + SEEDS_FROM

    def seeds(count: int) -> range:
        return range(first, first + (1 if small else count))

    sudden = [Job("sudden", seed, size_deg) for size_deg, count in SLIPS.items() for seed in seeds(count)]
    return [*sudden, *(Job(what, seed) for what, count in OTHERS.items() for seed in seeds(count))]


def measure(job: Job) -> Found:
    rng = np.random.default_rng([4, len(job.what), round(job.size_deg), job.seed])
    if job.what == "off":
        return _come_off(job, rng)
    place = TRUNK[int(rng.integers(2))]
    tissue_deg = (8.0, 12.0) if job.what == "heavy tissue" else (2.0, 4.0)
    pieces = (*calibration_pieces(), *_reps(REPS, job.seed, rng), *_then(job, place, rng))
    session = analysed(pieces, trunk_sensors(rng, tissue_deg=tissue_deg), job.seed)
    begins_s = [bend.start_s for bend in session.bends]
    from_s = begins_s[REPS]
    told_s = [
        event.time_s
        for event in session.events
        if isinstance(event, SensorSlipped | StandChanged | SensorCameOff)
        and event.placement == place
        and event.time_s > from_s - 1.0
    ]
    until = sum(from_s <= begin_s < told_s[0] - 1.0 for begin_s in begins_s) if told_s else None
    after = [row for row in session.rows if row.start_s > from_s - 0.5]
    refused = sum({"slipped", "come_off"} & set(row.verdict_reason.split("+")) != set() for row in after)
    return Found(job, until, len(session.slips), refused, len(after))


def _reps(count: int, seed: int, rng: np.random.Generator) -> tuple[Piece, ...]:
    peaks_deg = [random_peak_deg(rng) if rng.random() < 0.4 else 0.0 for _ in range(count)]
    return set_of_hinges(count, peaks_deg=peaks_deg, seed=seed, lowering_s=1.7, rising_s=1.3, set_marks=False)


def _then(job: Job, place: Placement, rng: np.random.Generator) -> tuple[Piece, ...]:
    """What happens, and the reps after it."""
    reps = _reps(REPS + (job.what == "creeping"), job.seed + 1, rng)
    rounder_deg, turn_deg = float(rng.uniform(3.0, 10.0)), float(rng.uniform(8.0, 20.0) * rng.choice((-1.0, 1.0)))
    if job.what == "sudden":
        axis: Literal["x", "y"] = "x" if rng.random() < 0.4 else "y"
        return (SensorSlip(place, job.size_deg * float(rng.choice((-1.0, 1.0))), axis), *reps)
    if job.what == "within":  # somewhere in the first rep
        return (Changed(reps, slip=Slip(1.7 + float(rng.uniform(0.0, 3.0)), place, (0.0, turn_deg, 0.0), 0.3)),)
    if job.what == "creeping":
        return (Changed(reps, slip=Slip(0.0, place, (0.0, turn_deg, 0.0), 25.0)),)
    if job.what == "rounding":
        return set_of_hinges(REPS, seed=job.seed, peaks_deg=[15.0], set_marks=False)
    if job.what == "creep":
        return set_of_hinges(REPS, seed=job.seed, creep_deg=18.0, set_marks=False)
    if job.what == "bent forward":
        return (*[Hinge(lockout_deg=rounder_deg)] * REPS, Stand(2.0))
    if job.what == "heavy tissue":
        return reps
    within_s = 25.0 if job.what == "more and more" else 1.0
    return (Changed(reps, rounder_deg, within_s, at_top=job.what == "tired stand"),)


def _come_off(job: Job, rng: np.random.Generator) -> Found:
    """Each way to come off, in one session."""
    sensors = [replace(each, mounting=tuple(rng.standard_normal(4).tolist())) for each in trunk_sensors(rng)]
    session = analysed((*calibration_pieces(), *_reps(2 * REPS, job.seed, rng)), sensors, job.seed)
    begins_s, unsaid, reps, wrong = [bend.start_s for bend in session.bends], 0, 0, 0
    for way in WAYS:
        at_s = float(rng.uniform(begins_s[REPS - 2], begins_s[REPS + 1]))
        events = _events(session, int(rng.integers(2)), at_s, way, job.seed)
        after = [row for row in rows_in(events) if row.end_s > at_s + 0.3]
        # a loss that was over before is one
        wrong += sum(
            row.verdict in ("held", "warned") or (row.verdict == "lost" and not row.first_lost_s < at_s)
            for row in after
        )
        reps += len(after)
        unsaid += not any(isinstance(event, SensorCameOff | StandChanged) for event in events)
    return Found(job, reps=reps, wrong=wrong, unsaid=unsaid)


def _events(session: Analysed, place: int, at_s: float, way: str, seed: int) -> list[Event]:
    loose = loosened(session.simulation, place, at_s, way, seed)  # type: ignore[arg-type]
    engine = Engine(loose.session_sensors(), 0)
    return [*engine.feed(loose.stream()), *engine.finish()]


def figures(measured: Sequence[Found]) -> list[Figure]:
    found = []
    for size_deg in SLIPS:
        slips = [each for each in measured if each.job.what == "sudden" and each.job.size_deg == size_deg]
        found.append(_told(f"slip of {size_deg:g} deg told within {WITHIN_REPS} reps", 98.0, slips))
    sudden = [each for each in measured if each.job.what == "sudden"]
    found.append(_told("all of these", 98.0, sudden))
    for what, name in (("within", "slip of 8 to 20 deg within a rep"), ("creeping", "one that creeps by as much")):
        slips = [each for each in measured if each.job.what == what]
        until = [each.reps_until for each in slips if each.reps_until is not None]
        found.append(at_least(f"{name}: told", 98.0, len(until), len(slips)))
        counts = ", ".join(f"{count}: {until.count(count)}" for count in sorted(set(until)))
        found.append(Figure(f"{name}: reps before it was told", "", counts or "never"))
    for what in POSTURES:
        of_posture = [each for each in measured if each.job.what == what]
        found.append(
            none_of(f"{what}: zeroed away", sum(each.zeroed for each in of_posture), f"{len(of_posture)} sessions")
        )
        refused, reps = sum(each.refused for each in of_posture), sum(each.reps for each in of_posture)
        found.append(
            Figure(
                f"{what}: reps of which it may be a slip (not judged, or judged alike in both readings)",
                "",
                share(refused, reps),
            )
        )
    off = [each for each in measured if each.job.what == "off"]
    reps = sum(each.reps for each in off)
    found.append(none_of("came off: judged all the same", sum(each.wrong for each in off), f"{reps} reps"))
    unsaid, sessions = sum(each.unsaid for each in off), len(off) * len(WAYS)
    found.append(Figure("came off: said by the reasons of the rows alone", "", f"{unsaid} of {sessions} sessions"))
    return found


def _told(what: str, percent: float, slips: Sequence[Found]) -> Figure:
    until = [each.reps_until for each in slips if each.reps_until is not None]
    return at_least(what, percent, sum(count <= WITHIN_REPS for count in until), len(slips))

"""Calibrations that are to be taken, and calibrations that are to be refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import binomtest

from dowel.analysis.events import Calibrated, StepRefused
from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import (
    BMI270,
    LSM6DSO,
    TRIMMED,
    Fidget,
    Hinge,
    Link,
    Person,
    Piece,
    SensorSlip,
    SideBend,
    SimulatedSensor,
    SpineBend,
    Stand,
    Step,
    Turn,
    Walk,
    simulate,
)
from dowel.sensors.simulated.person.plan import Coordinate, Plan, Scene, mark, path_deg
from dowel.session.engine import Engine
from tests.validation.study import Figure, at_most, first_seed, none_of

TITLE = "Calibrations, done well and done wrongly"
ABOUT = (
    "Calibrations with the rod by 250 people at rest and 250 out of breath, with [sway and breath as "
    "published](sources.md#sway-and-breath), sensors of three classes with a bias of up to 5 deg/s, mounted anyhow on "
    "2 to 4 deg of soft tissue; and 504 that are done wrongly in one of fourteen ways, half of them out of breath. "
    "Refused: any step is. Accepted: the step that is done wrongly, or a calibration with it. Rounding in all three "
    "hinges alike looks like a neutral curve as long as it is small: told for information. "
    "Intervals are Clopper-Pearson, 95 %."
)
IF_MISSED = ""
SEEDS_FROM = 10_000
GOOD: Final = ("at rest", "out of breath")
PLACES: Final = (Placement.UPPER_BACK, Placement.SACRUM)


@dataclass(frozen=True)
class Held:
    """Hold a posture that is not the usual one: ``reach`` (coordinate: deg) from it, with the mark of a hold."""

    reach: tuple[tuple[Coordinate, float], ...]
    creeping: bool = False

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        share = (
            path_deg(0.0, [(1.0, 0.0), (6.0, 1.0), (0.5, 1.0), (2.0, 0.0), (1.0, 0.0)])
            if self.creeping
            else path_deg(0.0, [(1.5, 1.0), (6.0, 1.0), (2.0, 0.0), (1.0, 0.0)])
        )
        coordinates = scene.begin(len(share), rod=True)
        for column, angle_deg in self.reach:
            coordinates[:, column] += angle_deg * share
        marks = (
            mark(MarkKind.STEP_START, 2.0, 2.0, step=str(MarkKind.ROD_HOLD)),
            mark(MarkKind.ROD_HOLD, 2.0, 7.0),
        )
        return Plan(coordinates, np.zeros(len(share), np.bool_), marks=marks)


@dataclass(frozen=True)
class Doing:
    """A calibration in its parts: what is done in the still step, as the hold, before the hinges, and as hinges."""

    still: tuple[Piece, ...] = (Stand(5.0),)
    hold: tuple[Piece, ...] = (Stand(2.0, rod=True), Step(MarkKind.ROD_HOLD, (Stand(5.0, rod=True),)))
    between: tuple[Piece, ...] = (Stand(1.0),)
    hinges: tuple[Piece, ...] = ()

    def pieces(self) -> tuple[Piece, ...]:
        return (
            Stand(1.0),
            Step(MarkKind.STILL, self.still),
            Stand(1.0),
            *self.hold,
            *self.between,
            Step(MarkKind.ROD_HINGES, self.hinges),
            Stand(1.5),
        )


def hinges(rng: np.random.Generator, rounded_deg: Sequence[float] = (0.0, 0.0, 0.0), **changes: float) -> list[Hinge]:
    """Three rod hinges of somebody, rounded by so much at the bottom."""
    depth_deg, power = changes.get("depth_deg", rng.uniform(55.0, 80.0)), rng.uniform(1.5, 3.5)
    slow = rng.uniform(0.8, 1.2)
    return [
        Hinge(
            depth_deg * float(np.exp(rng.normal(0.0, 0.04))),
            3.0 * slow,
            0.5,
            2.5 * slow,
            rng.uniform(0.8, 1.5),
            peak_deviation_deg=peak_deg,
            deviation_power=power,
            rod=True,
            kind="rod_hinge",
        )
        for peak_deg in rounded_deg
    ]


def signed(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.choice((-1.0, 1.0)) * rng.uniform(low, high))


def slip(rng: np.random.Generator, low: float, high: float) -> SensorSlip:
    return SensorSlip(PLACES[int(rng.integers(2))], signed(rng, low, high), "y" if rng.uniform() < 0.7 else "x")


def one_of_three(rng: np.random.Generator, value: float) -> list[float]:
    place = int(rng.integers(3))
    return [value if each == place else 0.0 for each in range(3)]


def moving(rng: np.random.Generator, *, turning: bool) -> tuple[Piece, ...]:
    """Five seconds of something else than standing; a turn about the vertical takes nothing from a hold's zero."""
    pieces: tuple[Piece, ...] = (
        Fidget(5.0, rng.uniform(7.0, 12.0)),
        Walk(5.0),
        Hinge(rng.uniform(30.0, 70.0), 1.5, 0.5, 1.5, 1.0),
        Turn(angle_deg=signed(rng, 40.0, 90.0)),
    )
    return (pieces[int(rng.integers(4 if turning else 3))],)


def rod_off_in_the_hold(rng: np.random.Generator) -> Doing:
    return Doing(hold=(Held(((Coordinate.SPINE_FLEXION, signed(rng, 8.0, 25.0)),)),))


WRONG: Final[dict[str, Callable[[np.random.Generator], Doing]]] = {
    "moving in the still step": lambda rng: Doing(still=moving(rng, turning=True)),
    "moving in the hold": lambda rng: Doing(hold=(Step(MarkKind.ROD_HOLD, moving(rng, turning=False)),)),
    "creeping by 8 to 15 deg in the hold": lambda rng: Doing(
        hold=(Held(((Coordinate.SPINE_FLEXION, signed(rng, 8.0, 15.0)),), creeping=True),)
    ),
    "rod off in the hold": rod_off_in_the_hold,
    "hold leaning forward by 12 to 30 deg": lambda rng: Doing(
        hold=(Held(((Coordinate.PELVIS_LEAN, rng.uniform(12.0, 30.0)),)),)
    ),
    "hold sitting": lambda rng: Doing(
        hold=(
            Held(
                (
                    (Coordinate.PELVIS_LEAN, -rng.uniform(15.0, 35.0)),
                    (Coordinate.SPINE_FLEXION, rng.uniform(10.0, 25.0)),
                    (Coordinate.THIGH_LEAN, -80.0),
                )
            ),
        )
    ),
    "no hold": lambda _: Doing(hold=()),
    "sensor moved by 6 to 25 deg between hold and hinges": lambda rng: Doing(
        between=(Stand(1.0), slip(rng, 6.0, 25.0), Stand(1.0))
    ),
    "sensor moved by 8 to 25 deg between two hinges": lambda rng: Doing(
        hinges=_with_slip(hinges(rng), slip(rng, 8.0, 25.0))
    ),
    "rod off in one hinge": lambda rng: Doing(hinges=tuple(hinges(rng, one_of_three(rng, signed(rng, 12.0, 25.0))))),
    "rounded by 25 to 40 deg in all hinges": lambda rng: Doing(
        hinges=tuple(hinges(rng, [rng.uniform(25.0, 40.0)] * 3))
    ),
    "hinges of 16 to 22 deg": lambda rng: Doing(hinges=tuple(hinges(rng, depth_deg=rng.uniform(16.0, 22.0)))),
    "bent with the spine alone": lambda rng: Doing(
        hinges=(SpineBend(flexion_deg=rng.uniform(30.0, 55.0), sacrum_lean_deg=rng.uniform(6.0, 18.0)),) * 3
    ),
    "bent to the side": lambda rng: Doing(hinges=(SideBend(angle_deg=signed(rng, 30.0, 60.0)),) * 3),
}


def _rounded_in_all(low_deg: float, high_deg: float, rng: np.random.Generator) -> Doing:
    return Doing(hinges=tuple(hinges(rng, [rng.uniform(low_deg, high_deg)] * 3)))


UNCLEAR: Final[dict[str, Callable[[np.random.Generator], Doing]]] = {
    f"rounded by {low} to {high} deg in all hinges": partial(_rounded_in_all, low, high)
    for low, high in ((6, 12), (12, 18), (18, 25))
} | {
    "sensor moved by 2 to 4 deg between hold and hinges": lambda rng: Doing(
        between=(Stand(1.0), slip(rng, 2.0, 4.0), Stand(1.0))
    ),
    "sensor moved by 4 to 6 deg between hold and hinges": lambda rng: Doing(
        between=(Stand(1.0), slip(rng, 4.0, 6.0), Stand(1.0))
    ),
    "hinges with 15 to 30 deg of side bend": lambda rng: Doing(
        hinges=tuple(replace(hinge, side_bend_deg=signed(rng, 15.0, 30.0)) for hinge in hinges(rng))
    ),
}


def _with_slip(three: Sequence[Hinge], moved: SensorSlip) -> tuple[Piece, ...]:
    return (three[0], moved, *three[1:])


@dataclass(frozen=True)
class Job:
    """A calibration: how it is done, and the seed of everything random in it."""

    way: str
    seed: int


@dataclass(frozen=True)
class Found:
    """What became of it: the reasons of its refusals, and whether a calibration with the rod was taken."""

    job: Job
    refusals: tuple[str, ...]
    taken: bool


def jobs(small: bool, real: Path | None) -> list[Job]:
    first = first_seed(small) + SEEDS_FROM
    good, wrong, unclear = (2, 1, 0) if small else (250, 36, 25)
    counts = [*((way, good) for way in GOOD), *((way, wrong) for way in WRONG), *((way, unclear) for way in UNCLEAR)]
    ways = [way for way, count in counts for _ in range(count)]
    return [Job(way, first + number) for number, way in enumerate(ways)]


def measure(job: Job) -> Found:
    rng = np.random.default_rng([job.seed, 7])
    out_of_breath = job.way == "out of breath" or (job.way not in GOOD and rng.uniform() < 0.5)
    person = Person.random(rng)
    person = person.after_effort(rng) if out_of_breath else person.at_rest(rng)
    wrong = {**WRONG, **UNCLEAR}
    doing = wrong[job.way](rng) if job.way in wrong else Doing()
    if not doing.hinges:
        doing = replace(doing, hinges=tuple(hinges(rng)))
    session = simulate(doing.pieces(), [_sensor(place, rng) for place in PLACES], seed=job.seed, person=person)
    engine = Engine(session.session_sensors(), 0)
    events = [*engine.feed(session.stream()), *engine.finish()]
    refusals = tuple(f"{event.step}: {event.reason}" for event in events if isinstance(event, StepRefused))
    return Found(job, refusals, any(isinstance(event, Calibrated) for event in events))


def _sensor(placement: Placement, rng: np.random.Generator) -> SimulatedSensor:
    chip = (TRIMMED, BMI270, LSM6DSO)[int(rng.integers(3))]
    return SimulatedSensor(
        placement,
        chip=replace(chip, gyr_bias_dps=rng.uniform(0.0, 5.0)),
        mounting="random",
        soft_tissue_deg=float(rng.uniform(2.0, 4.0)),
        link=Link.perfect(),
    )


def wrongly_accepted(found: Found) -> bool:
    if found.job.way == "moving in the still step":
        return not any(reason.startswith(str(MarkKind.STILL)) for reason in found.refusals)
    return found.taken


def figures(measured: Sequence[Found]) -> list[Figure]:
    lines = [_refused(way, [each for each in measured if each.job.way == way]) for way in GOOD]
    wrong = [each for each in measured if each.job.way in WRONG]
    accepted = Counter(each.job.way for each in wrong if wrongly_accepted(each))
    lines.append(
        none_of("done wrongly and accepted", accepted.total(), f"{len(wrong)}{_interval(accepted.total(), len(wrong))}")
    )
    for way in (*WRONG, *UNCLEAR):
        of_way = [each for each in measured if each.job.way == way]
        if of_way:
            count = sum(map(wrongly_accepted, of_way))
            lines.append(Figure(f"{way}: accepted", "", f"{count} of {len(of_way)}"))
    return lines


def _refused(way: str, found: Sequence[Found]) -> Figure:
    refused = [each for each in found if each.refusals]
    steps = Counter(each.refusals[0].partition(":")[0] for each in refused)
    told = ", ".join(f"{step} {count}" for step, count in steps.items())
    more = f" ({len(refused)} of {len(found)}{_interval(len(refused), len(found))}{'; ' + told if told else ''})"
    percent = 100.0 * len(refused) / len(found)
    return at_most(f"done well, {way}: refused", 1.0, percent, " %", more)


def _interval(part: int, whole: int) -> str:
    low, high = binomtest(part, whole).proportion_ci()
    return f", {100.0 * low:.1f} to {100.0 * high:.1f} %"

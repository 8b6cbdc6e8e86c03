"""Hinge or squat, and how far the hips went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dowel.analysis.rows import Rep
from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import (
    BMI270,
    TRIMMED,
    FloorLift,
    Hinge,
    Link,
    Moment,
    Piece,
    SimulatedSensor,
    Squat,
    Stand,
    TrueRep,
    calibration_pieces,
)
from tests.validation.study import HOLD_OUT, Figure, analysed, at_least, rows_of, share, trunk_sensors

TITLE = "Hinge or squat"
ABOUT = (
    "Sets of hinges (55 to 80 deg of lean, shanks 5 deg back to 5 forward), squats (thigh 65 to 95 deg, trunk 28 to "
    "50; a third of them with a pelvis that tucks under) and lifts from the floor (thigh 45 to 58, shank 12 to 18 "
    "deg), in any order, lowered in 1 to 3.5 s, with the height given. Half of the sensors are trimmed, half are "
    "BMI270 as they come. Truth is what was commanded; the ways of the hips are those of the bones. The simulated "
    "body has the lever from sacrum to hip that the analysis takes for granted, so a person of another build is "
    "measured worse."
)
IF_MISSED = ""

LEGS: dict[str, tuple[Placement, ...]] = {
    "two sensors": (),
    "with thigh": (Placement.THIGH_LEFT,),
    "with thigh and shank": (Placement.THIGH_LEFT, Placement.SHANK),
}
TARGETS = {"two sensors": 95.0, "with thigh": 99.0, "with thigh and shank": 99.0}
SESSIONS = 50
FIRST_SEED = HOLD_OUT + 1000
"""What was looked at before the last change to the analysis began at HOLD_OUT."""
OF_EACH = 4


@dataclass(frozen=True)
class Job:
    legs: str
    seed: int


@dataclass(frozen=True)
class Told:
    """One true bend, and the row of it."""

    true: TrueRep
    row: Rep


def jobs(small: bool, real: Path | None) -> list[Job]:
    return [Job(legs, FIRST_SEED + number) for legs in LEGS for number in range(2 if small else SESSIONS)]


def measure(job: Job) -> tuple[Job, list[Told]]:
    rng = np.random.default_rng([9, job.seed])
    chip = (TRIMMED, BMI270)[job.seed % 2]
    movements = rng.permutation(["hinge", "squat", "between"] * OF_EACH)
    sensors = trunk_sensors(rng, chip=chip)
    for placement in LEGS[job.legs]:
        link = Link(drift_ppm=float(rng.uniform(-70.0, 70.0)))
        sensors.append(SimulatedSensor(placement, chip, "random", float(rng.uniform(2.0, 4.0)), link=link))
    pieces = (
        *calibration_pieces(),
        Moment(MarkKind.HEIGHT, {"height_cm": 175.0}),
        Moment(MarkKind.SET_START),
        Stand(2.0),
        *(random_piece(str(movement), rng) for movement in movements),
        Stand(2.0),
        Moment(MarkKind.SET_END),
    )
    session = analysed(pieces, sensors, job.seed)
    told = [(bend, rows_of(bend, session.rows)) for bend in session.bends]
    return job, [Told(bend, rows[0]) for bend, rows in told if len(rows) == 1]


def random_piece(movement: str, rng: np.random.Generator) -> Piece:
    lowering_s = float(np.exp(rng.uniform(np.log(1.0), np.log(3.5))))
    pause_s, rising_s, rest_s = rng.uniform(0.0, 0.8), lowering_s * rng.uniform(0.6, 0.9), rng.uniform(0.5, 1.5)
    if movement == "hinge":
        depth_deg, shank_deg = rng.uniform(50.0, 78.0), rng.uniform(-5.0, 5.0)
        return Hinge(depth_deg, lowering_s, pause_s, rising_s, rest_s, shank_deg=shank_deg)
    if movement == "squat":
        trunk_deg, thigh_deg, shank_deg = rng.uniform(28.0, 50.0), rng.uniform(65.0, 95.0), rng.uniform(18.0, 34.0)
        wink_deg = float(rng.choice([0.0, 0.0, 8.0]))
        return Squat(lowering_s, pause_s, rising_s, rest_s, trunk_deg, thigh_deg, shank_deg, wink_deg)
    trunk_deg, thigh_deg, shank_deg = rng.uniform(55.0, 65.0), rng.uniform(45.0, 58.0), rng.uniform(12.0, 18.0)
    return FloorLift(lowering_s, pause_s, rising_s, rest_s, trunk_deg, thigh_deg, shank_deg)


def figures(measured: Sequence[tuple[Job, list[Told]]]) -> list[Figure]:
    return [
        figure
        for legs in LEGS
        for figure in _figures(legs, [each for job, told in measured if job.legs == legs for each in told])
    ]


def _figures(legs: str, told: Sequence[Told]) -> list[Figure]:
    sure = [each for each in told if each.row.movement != "unsure"]
    right = sum(each.row.movement == each.true.commanded.movement for each in sure)
    counted = Counter((each.true.commanded.movement, each.row.movement) for each in told)
    named = "; ".join(f"{true} -> {row}: {count}" for (true, row), count in sorted(counted.items()))
    drop = [(row.hip_drop_cm - 100 * true.hip_drop_m, row.hip_drop_sd_cm) for true, row in _pairs(told)]
    travel = [(row.hip_travel_cm - 100 * true.hip_travel_m, row.hip_travel_sd_cm) for true, row in _pairs(told)]
    return [
        at_least(f"{legs}: right where it is not unsure", TARGETS[legs], right, len(sure)),
        Figure(f"{legs}: unsure", "", share(len(told) - len(sure), len(told))),
        Figure(f"{legs}: what was called what", "", named),
        *_errors(f"{legs}: hip drop", drop),
        *_errors(f"{legs}: hip travel", travel),
    ]


def _pairs(told: Sequence[Told]) -> list[tuple[TrueRep, Rep]]:
    return [(each.true, each.row) for each in told]


def _errors(what: str, errors_cm: Sequence[tuple[float, float]]) -> list[Figure]:
    known = [(error_cm, sd_cm) for error_cm, sd_cm in errors_cm if error_cm == error_cm]
    within = sum(abs(error_cm) <= 2.0 * sd_cm for error_cm, sd_cm in known)
    found = np.array([error_cm for error_cm, _ in known])
    text = f"mean {found.mean():+.1f}, sd {found.std():.1f}, 95 % within {np.percentile(np.abs(found), 95):.1f} cm"
    return [
        at_least(f"{what}: error within twice the standard deviation given", 95.0, within, len(known)),
        Figure(f"{what}: error", "", f"{text}; not measured {len(errors_cm) - len(known)} of {len(errors_cm)}"),
    ]

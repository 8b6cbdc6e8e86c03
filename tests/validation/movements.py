"""Hinge or squat, and how far the hips went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
    Person,
    Piece,
    SimulatedSensor,
    SpineBend,
    Squat,
    Stand,
    TrueRep,
    calibration_pieces,
)
from tests.validation.study import Figure, analysed, at_least, first_seed, rows_of, share, trunk_sensors

TITLE = "Hinge or squat"
ABOUT = (
    "Sets of hinges (50 to 78 deg of lean, shanks 5 deg back to 5 forward, some rounded by up to 25), squats (thigh 65 "
    "to 95 deg, trunk 28 to 50; a third of them with a pelvis that tucks under), lifts from the floor (thigh 45 to 58, "
    "shank 12 to 18 deg) and bends of the spine, in any order, each lowered in 1 to 6 s. People are 1.40 to 2.10 m "
    "tall, which is given; the sacrum lies 20 % less or more behind and above their hip joints than usual, and its "
    "sensor up to 5 cm above or below its place. Half of the sensors are trimmed, half have a bias of up to 60 mg in "
    "each axis. Truth is what was commanded; the ways of the hips are those of the bones, and so follow the lean more "
    "closely than people's do."
)
IF_MISSED = ""

LEGS: dict[str, tuple[Placement, ...]] = {
    "two sensors": (),
    "with thigh": (Placement.THIGH_LEFT,),
    "with thigh and shank": (Placement.THIGH_LEFT, Placement.SHANK),
}
CHIPS = (TRIMMED, replace(BMI270, name="untrimmed", acc_bias_mg=60.0))
TARGETS = {"two sensors": 99.0, "with thigh": 99.0, "with thigh and shank": 99.0}
SESSIONS = 50
SEEDS_FROM = 20_000
"""The hip path was tuned on seeds below 1300."""
OF_EACH = 3
TEMPOS_S = ((1.0, 2.0), (2.0, 4.0), (4.0, 6.0))


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
    first = first_seed(small) + SEEDS_FROM
    return [Job(legs, first + number) for legs in LEGS for number in range(3 if small else SESSIONS)]


def measure(job: Job) -> tuple[Job, list[Told]]:
    rng = np.random.default_rng([9, job.seed])
    chip = CHIPS[job.seed % 2]
    movements = rng.permutation(["hinge", "squat", "between", "spine"] * OF_EACH)
    sensors = [
        replace(sensor, above_m=float(rng.uniform(-0.05, 0.05))) if sensor.placement is Placement.SACRUM else sensor
        for sensor in trunk_sensors(rng, chip=chip)
    ]
    height_m = 1.75 * float(rng.uniform(0.8, 1.2))
    person = replace(Person.random(rng), hip_lever=(float(rng.uniform(0.8, 1.2)), float(rng.uniform(0.8, 1.2))))
    for placement in LEGS[job.legs]:
        link = Link(drift_ppm=float(rng.uniform(-70.0, 70.0)))
        sensors.append(SimulatedSensor(placement, chip, "random", float(rng.uniform(2.0, 4.0)), link=link))
    pieces = (
        *calibration_pieces(),
        Moment(MarkKind.HEIGHT, {"height_cm": 100.0 * height_m}),
        Moment(MarkKind.SET_START),
        Stand(2.0),
        *(random_piece(str(movement), rng) for movement in movements),
        Stand(2.0),
        Moment(MarkKind.SET_END),
    )
    session = analysed(pieces, sensors, job.seed, height_m=height_m, person=person)
    told = [(bend, rows_of(bend, session.rows)) for bend in session.bends]
    return job, [Told(bend, rows[0]) for bend, rows in told if len(rows) == 1]


def random_piece(movement: str, rng: np.random.Generator) -> Piece:
    lowering_s = float(np.exp(rng.uniform(np.log(TEMPOS_S[0][0]), np.log(TEMPOS_S[-1][1]))))
    pause_s, rising_s, rest_s = rng.uniform(0.0, 0.8), lowering_s * rng.uniform(0.6, 0.9), rng.uniform(0.5, 1.5)
    if movement == "hinge":
        depth_deg, shank_deg = rng.uniform(50.0, 78.0), rng.uniform(-5.0, 5.0)
        rounding_deg = float(rng.choice([0.0, 0.0, rng.uniform(5.0, 25.0)]))
        return Hinge(depth_deg, lowering_s, pause_s, rising_s, rest_s, rounding_deg, shank_deg=shank_deg)
    if movement == "spine":
        flexion_deg, sacrum_deg = rng.uniform(40.0, 65.0), rng.uniform(8.0, 16.0)
        return SpineBend(lowering_s, pause_s, rising_s, rest_s, flexion_deg, sacrum_deg)
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
    right = sum(each.row.movement == _true(each) for each in sure)
    counted = Counter((_true(each), each.row.movement) for each in told)
    named = "; ".join(f"{true} -> {row}: {count}" for (true, row), count in sorted(counted.items()))
    drop = [(row.hip_drop_cm - 100 * true.hip_drop_m, row.hip_drop_sd_cm) for true, row in _pairs(told)]
    travel = [(row.hip_travel_cm - 100 * true.hip_travel_m, row.hip_travel_sd_cm) for true, row in _pairs(told)]
    return [
        at_least(f"{legs}: right where it is not unsure", TARGETS[legs], right, len(sure)),
        Figure(f"{legs}: unsure", "", share(len(told) - len(sure), len(told))),
        Figure(f"{legs}: what was called what", "", named),
        *_errors(f"{legs}: hip drop", drop),
        *_errors(f"{legs}: hip travel", travel),
        *(figure for tempo_s in TEMPOS_S for figure in _of_tempo(legs, tempo_s, told) if legs == "two sensors"),
    ]


def _true(each: Told) -> str:
    return each.true.commanded.movement or each.true.kind


def _of_tempo(legs: str, tempo_s: tuple[float, float], told: Sequence[Told]) -> Iterator[Figure]:
    """The same of bends that were lowered in such a time."""
    least_s, most_s = tempo_s
    of_them = [
        each for each in told if least_s <= each.true.commanded.bottom_start_s - each.true.commanded.start_s < most_s
    ]
    name = f"{legs}, lowered in {least_s:g} to {most_s:g} s"
    yield Figure(f"{name}: unsure", "", share(sum(each.row.movement == "unsure" for each in of_them), len(of_them)))
    for way in ("drop", "travel"):
        errors_cm = [
            (
                getattr(each.row, f"hip_{way}_cm") - 100 * getattr(each.true, f"hip_{way}_m"),
                getattr(each.row, f"hip_{way}_sd_cm"),
            )
            for each in of_them
        ]
        yield from _errors(f"{name}: hip {way}", errors_cm)


def _pairs(told: Sequence[Told]) -> list[tuple[TrueRep, Rep]]:
    return [(each.true, each.row) for each in told]


def _errors(what: str, errors_cm: Sequence[tuple[float, float]]) -> list[Figure]:
    known = [(error_cm, sd_cm) for error_cm, sd_cm in errors_cm if error_cm == error_cm]
    within = sum(abs(error_cm) <= 2.0 * sd_cm for error_cm, sd_cm in known)
    found = np.array([error_cm for error_cm, _ in known])
    sds_cm = np.array([sd_cm for _, sd_cm in known])
    text = f"mean {found.mean():+.1f}, sd {found.std():.1f}, 95 % within {np.percentile(np.abs(found), 95):.1f} cm"
    text += f"; told {np.median(sds_cm):.1f} (median)"
    return [
        at_least(f"{what}: error within twice the standard deviation given", 95.0, within, len(known)),
        Figure(f"{what}: error", "", f"{text}; not measured {len(errors_cm) - len(known)} of {len(errors_cm)}"),
    ]

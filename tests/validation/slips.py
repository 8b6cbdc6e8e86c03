"""Sensors that slip, and what must not be taken for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dowel.recordings.types import Placement
from dowel.sensors.simulated import (
    Hinge,
    Piece,
    SensorSlip,
    Stand,
    calibration_pieces,
    random_peak_deg,
    set_of_hinges,
)
from tests.validation.study import HOLD_OUT, Figure, analysed, at_least, none_of, trunk_sensors

TITLE = "Slips"
ABOUT = (
    "One sensor turns on the skin between two reps, by 5, 8 or 12 deg, forward or to the side, in the middle of 16 "
    "reps of which four in ten are rounded or arched. It must be found from the stands: by the start of the third rep "
    "after it. What is posture must never be zeroed away: rounding that begins in mid-set, rounding that "
    "creeps from 0 to 18 deg, and a person who from mid-set on stands bent forward by 4 to 10 deg at the hips "
    "(both sensors step). Standing rounded in the upper back alone looks to the sensors as a slip does, and is not "
    "tried."
)
IF_MISSED = (
    "In the one looked at, the upper back had stood differently by 1 to 3 deg just before the slip, so that the "
    "step was not sudden enough to be told from posture."
)

ANGLES_DEG = (5.0, 8.0, 12.0)
POSTURES = ("rounding", "creep", "bent forward")
WITHIN_REPS = 2


@dataclass(frozen=True)
class Job:
    """``angle_deg`` of a slip, or, when it is 0, the ``posture`` that is none."""

    seed: int
    angle_deg: float
    axis: Literal["x", "y"] = "y"
    placement: Placement = Placement.UPPER_BACK
    posture: str = ""


@dataclass(frozen=True)
class Found:
    """``reps_until``: how many reps started before the slip was found; None if never. ``others``: false finds."""

    job: Job
    reps_until: int | None
    others: int


def jobs(small: bool, real: Path | None) -> list[Job]:
    places: list[tuple[Literal["x", "y"], Placement]] = [
        (axis, placement) for axis in ("y", "x") for placement in (Placement.UPPER_BACK, Placement.SACRUM)
    ]
    slips = [
        Job(HOLD_OUT + 100 * number + round(angle_deg), angle_deg, axis, placement)
        for angle_deg in ANGLES_DEG
        for number in range(1 if small else 8)
        for axis, placement in places
    ]
    postures = [
        Job(HOLD_OUT + number, 0.0, posture=posture) for posture in POSTURES for number in range(2 if small else 30)
    ]
    return slips + postures


def measure(job: Job) -> Found:
    rng = np.random.default_rng([4, job.seed])
    pieces = _posture(job, rng) if job.posture else _slip(job, rng)
    session = analysed((*calibration_pieces(), *pieces), trunk_sensors(rng), job.seed)
    if job.posture:
        return Found(job, None, len(session.slips))
    ninth_s = session.bends[8].start_s
    right = [each for each in session.slips if each.placement == job.placement and each.time_s > ninth_s - 1.0]
    until = sum(ninth_s <= bend.start_s < right[0].time_s - 1.0 for bend in session.bends) if right else None
    return Found(job, until, len(session.slips) - len(right[:1]))


def _slip(job: Job, rng: np.random.Generator) -> tuple[Piece, ...]:
    peaks_deg = [random_peak_deg(rng) if rng.random() < 0.4 else 0.0 for _ in range(16)]
    return (
        *set_of_hinges(8, peaks_deg=peaks_deg[:8], seed=job.seed, set_marks=False),
        SensorSlip(job.placement, job.angle_deg, job.axis),
        *set_of_hinges(8, peaks_deg=peaks_deg[8:], seed=job.seed + 1, set_marks=False),
    )


def _posture(job: Job, rng: np.random.Generator) -> tuple[Piece, ...]:
    if job.posture == "creep":
        return set_of_hinges(16, seed=job.seed, creep_deg=18.0, set_marks=False)
    if job.posture == "rounding":
        return set_of_hinges(16, seed=job.seed, peaks_deg=[0.0] * 8 + [15.0] * 8, set_marks=False)
    lockout_deg = float(rng.uniform(4.0, 10.0))
    upright = [Hinge(peak_deviation_deg=random_peak_deg(rng)) for _ in range(7)]
    bent = [Hinge(peak_deviation_deg=random_peak_deg(rng), lockout_deg=lockout_deg) for _ in range(9)]
    return (Stand(2.0), *upright, *bent, Stand(2.0))


def figures(measured: Sequence[Found]) -> list[Figure]:
    found = []
    for angle_deg in ANGLES_DEG:
        slips = [each for each in measured if each.job.angle_deg == angle_deg]
        until = [each.reps_until for each in slips if each.reps_until is not None]
        what = f"slip of {angle_deg:g} deg found within {WITHIN_REPS} reps"
        found += [
            at_least(what, 100.0, sum(count <= WITHIN_REPS for count in until), len(slips)),
            Figure(
                f"slip of {angle_deg:g} deg: reps before it was found",
                "",
                ", ".join(f"{count}: {until.count(count)}" for count in sorted(set(until)))
                + f", never: {len(slips) - len(until)}; finds that were none: {sum(each.others for each in slips)}",
            ),
        ]
    for posture in POSTURES:
        of_posture = [each for each in measured if each.job.posture == posture]
        false = sum(each.others for each in of_posture)
        found.append(none_of(f"{posture}: zeroed away", false, f"{len(of_posture)} sessions of 16 reps"))
    return found

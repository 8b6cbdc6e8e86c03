"""Bends with side bend and twist: rounding against the bones, and what is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dowel.analysis.contact.limits import Limits
from dowel.analysis.events import Calibrated
from dowel.analysis.rows import Rep
from dowel.sensors.simulated import Hinge, Stand, TrueRep, calibration_pieces
from tests.validation.study import (
    Figure,
    analysed,
    at_least,
    at_most,
    first_seed,
    none_of,
    rows_of,
    share,
    trunk_sensors,
)

TITLE = "Side bends and twists"
ABOUT = (
    "Hinges of 45 to 75 deg, neutral, rounded by 8 or 15 or arched by 15 deg, with a side bend of up to 40 deg, a "
    "twist of up to 40 deg, both, or neither, either way. Calibrated with the rod; soft tissue 2 to 4 deg (it does not "
    "move with a side bend, as skin may), trimmed sensors, mounted anyhow, simulated link. Truth is the flexion of the "
    "upper back against the sacrum beyond the person's neutral. L: the limits with the rod."
)
IF_MISSED = (
    "of a rounding of 8 or 15 deg the soft tissue takes its part (95 % within 2.4 and 3.1 deg, neutral reps within "
    "1.2), and a side bend of over 30 deg adds half a degree."
)

KINDS = ("neither", "side bend", "twist", "both")
MOST_DEG = 40.0
REPS = 16
CLEAR_DEG = 2.0


@dataclass(frozen=True)
class Job:
    seed: int


@dataclass(frozen=True)
class Judged:
    """A true rep, of which kind it is, its rows, and the limits in force."""

    kind: str
    true: TrueRep
    rows: list[Rep]
    limits: Limits


def jobs(small: bool, real: Path | None) -> list[Job]:
    return [Job(first_seed(small) + number) for number in range(2 if small else 60)]


def measure(job: Job) -> list[Judged]:
    rng = np.random.default_rng([13, job.seed])
    hinges = []
    for rep in range(REPS):
        kind = KINDS[rep % len(KINDS)]
        side_deg, twist_deg = rng.uniform(-MOST_DEG, MOST_DEG, 2)
        hinges.append(
            Hinge(
                rng.uniform(45.0, 75.0),
                2.0,
                peak_deviation_deg=float(rng.choice((0.0, 0.0, 8.0, 15.0, -15.0))),
                side_bend_deg=side_deg if kind in ("side bend", "both") else 0.0,
                twist_deg=twist_deg if kind in ("twist", "both") else 0.0,
                rest_s=1.5,
            )
        )
    pieces = (*calibration_pieces(), Stand(2.0), *hinges, Stand(3.0))
    session = analysed(pieces, trunk_sensors(rng), job.seed)
    in_force = [event.limits for event in session.events if isinstance(event, Calibrated)]
    return [
        Judged(KINDS[rep % len(KINDS)], bend, rows_of(bend, session.rows), in_force[-1])
        for rep, bend in enumerate(session.bends)
        if in_force
    ]


def figures(measured: Sequence[Sequence[Judged]]) -> list[Figure]:
    reps = [judged for session in measured for judged in session]
    lines = [none_of("reps without a row of their own", sum(len(each.rows) != 1 for each in reps), f"{len(reps)} reps")]
    for kind in KINDS:
        of_kind = [each for each in reps if each.kind == kind and each.rows]
        judged = [each for each in of_kind if each.rows[0].verdict != "not_judged"]
        error_deg = np.abs([each.rows[0].flexion_peak_deg - each.true.held_flexion_deg for each in judged])
        sideways = sum("bent_sideways" in each.rows[0].verdict_reason for each in of_kind)
        lines += [
            at_most(f"{kind}: held rounding, 95 % within", 2.0, float(np.quantile(error_deg, 0.95)), " deg"),
            _right(f"{kind}: verdict lost or not, right 2 deg and more from L", judged),
            Figure(f"{kind}: bent_sideways", "", share(sideways, len(of_kind))),
        ]
    return lines


def _right(name: str, judged: Sequence[Judged]) -> Figure:
    right = []
    for each in judged:
        true, limits = each.true, each.limits
        margin_deg = max(true.held_flexion_deg - limits.lost_deg, -true.held_extension_deg - limits.arching_lost_deg)
        if abs(margin_deg) >= CLEAR_DEG:
            right.append((margin_deg > 0) == (each.rows[0].verdict == "lost"))
    return at_least(name, 99.0, sum(right), len(right))

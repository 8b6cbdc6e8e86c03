"""The dead bug."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dowel.analysis.contact.limits import Limits
from dowel.analysis.drills.drills import FLOOR_HOLD_POINTS
from dowel.analysis.events import Calibrated
from dowel.analysis.repetitions.running_extremes import running_min
from dowel.analysis.rows import Rep
from dowel.recordings.types import FloatArray, MarkKind, Placement
from dowel.sensors.simulated import (
    BMI270,
    TRIMMED,
    Breathing,
    LegLower,
    Lie,
    Link,
    Moment,
    SimulatedSensor,
    Truth,
    lying_calibration,
)
from dowel.sensors.simulated.person.plan import PLAN_RATE_HZ
from tests.validation.study import Analysed, Figure, analysed, at_least, first_seed, none_of, share

TITLE = "Dead bug"
ABOUT = (
    "Twelve legs lowered by 50 to 80 deg, left and right in turn, in 1.5 to 3 s, by somebody who lies. The pelvis "
    "tips forward by -3 to 16 deg from pressed; from pressed to relaxed it tips by 6 to 14 deg, so the limit (fault) "
    "lies between 5 and 9 deg. Breathing tips the sternum by 1 to 2 deg at 0.2 to 0.3 Hz. Sensors at pelvis, sternum "
    "and both thighs, or at pelvis and sternum with a mark for each rep; half trimmed, half BMI270, skin 1 to 2 deg, "
    "mounted anyhow, simulated link. Truth is the tilt of the pelvis held for 0.3 s. A real pelvis tips under skin, "
    "belt and belly, which move more than that."
)
IF_MISSED = ""

KINDS = {"100 Hz": (100.0, True), "50 Hz": (50.0, True), "100 Hz, marks instead of thighs": (100.0, False)}
SESSIONS = 30
REPS = 12
SEEDS_FROM = 5_000


@dataclass(frozen=True)
class Job:
    kind: str
    seed: int


@dataclass(frozen=True)
class Told:
    """The arch of one true rep, its side, and the row of it, if there is just one."""

    arch_deg: float
    side: str
    row: Rep | None


@dataclass(frozen=True)
class Outcome:
    job: Job
    limits: Limits | None
    reps: list[Told]
    rows: int


def jobs(small: bool, real: Path | None) -> list[Job]:
    first = first_seed(small) + SEEDS_FROM
    return [Job(kind, first + number) for kind in KINDS for number in range(2 if small else SESSIONS)]


def measure(job: Job) -> Outcome:
    rng = np.random.default_rng([17, job.seed])
    rate_hz, thighs = KINDS[job.kind]
    breathing = Breathing(float(rng.uniform(1.0, 2.0)))
    pieces = [Moment(MarkKind.DRILL, {"drill": "dead_bug"}), *lying_calibration(rng.uniform(6.0, 14.0), breathing)]
    for rep in range(REPS):
        lowering_s, arch_deg = rng.uniform(1.5, 3.0), rng.uniform(-3.0, 16.0)
        side = ("left", "right")[rep % 2]
        lowered_deg, rest_s = rng.uniform(50.0, 80.0), rng.uniform(0.5, 1.5)
        pieces.append(LegLower(side, lowered_deg, arch_deg, lowering_s, 0.5, lowering_s, rest_s, breathing))
        if not thighs:
            pieces.append(Moment(MarkKind.REP))
    places = [Placement.PELVIS_FRONT, Placement.STERNUM]
    places += [Placement.THIGH_LEFT, Placement.THIGH_RIGHT] if thighs else []
    chip = (TRIMMED, BMI270)[job.seed % 2]
    sensors = [
        SimulatedSensor(
            place,
            chip,
            "random",
            float(rng.uniform(1.0, 2.0)),
            rate_hz,
            rate_hz,
            Link(drift_ppm=float(rng.uniform(-70.0, 70.0))),
        )
        for place in places
    ]
    session = analysed((*pieces, Lie(3.0, breathing=breathing)), sensors, job.seed)
    calibrated = [event for event in session.events if isinstance(event, Calibrated)]
    rows = [row for row in session.rows if row.kind == "rep"]
    return Outcome(job, calibrated[-1].limits if calibrated else None, told(session, rows), len(rows))


def told(session: Analysed, rows: Sequence[Rep]) -> list[Told]:
    tilt_deg, found = tilt_of(session.simulation.truth), []
    for bend in session.bends:
        at = bend.commanded
        mine = [row for row in rows if at.start_s < row.bottom_s < at.end_s]
        lowered = tilt_deg[round(at.start_s * PLAN_RATE_HZ) : round(at.end_s * PLAN_RATE_HZ)]
        arch_deg = float(running_min(lowered, round(FLOOR_HOLD_POINTS * PLAN_RATE_HZ / 100.0)).max())
        found.append(Told(arch_deg, bend.label, mine[0] if len(mine) == 1 else None))
    return found


def tilt_of(truth: Truth) -> FloatArray:
    """How far the pelvis has tipped forward from pressed, which is flat on the floor."""
    return truth.sacrum_lean_deg + 90.0


def figures(measured: Sequence[Outcome]) -> list[Figure]:
    return [
        figure
        for kind in KINDS
        for figure in _figures(kind, [outcome for outcome in measured if outcome.job.kind == kind])
    ]


def _figures(kind: str, outcomes: Sequence[Outcome]) -> list[Figure]:
    calibrated = [(outcome.limits, outcome) for outcome in outcomes if outcome.limits is not None]
    exact = sum(outcome.rows == REPS and all(rep.row for rep in outcome.reps) for _, outcome in calibrated)
    judged = [
        (limits, rep.arch_deg, rep.row)
        for limits, outcome in calibrated
        for rep in outcome.reps
        if rep.row is not None and rep.row.verdict != "not_judged"
    ]
    arched = [row for limits, arch_deg, row in judged if arch_deg >= limits.arching_lost_deg + 2.0]
    flat = [row for limits, arch_deg, row in judged if arch_deg <= limits.arching_warn_deg - 1.0]
    sides = [(rep.side, rep.row.side) for _, outcome in calibrated for rep in outcome.reps if rep.row and rep.row.side]
    whole = sum(len(outcome.reps) for _, outcome in calibrated)
    lost = sum(row.verdict == "lost" for row in arched)
    said = sum(row.verdict != "held" for row in flat)
    return [
        at_least(f"{kind}: sessions with a row for each rep", 100.0, exact, len(calibrated)),
        at_least(f"{kind}: arched by the limit + 2 deg and more is lost", 98.0, lost, len(arched)),
        none_of(f"{kind}: arched by the warning - 1 deg and less, but warned or lost", said, f"{len(flat)} reps"),
        *([at_least(f"{kind}: side", 100.0, sum(a == b for a, b in sides), len(sides))] if sides else []),
        Figure(f"{kind}: not judged", "", share(whole - len(judged), whole)),
        Figure(f"{kind}: calibration refused", "", share(len(outcomes) - len(calibrated), len(outcomes))),
    ]

"""Where on the back the upper sensor sits: what some centimetres up or down do to rounding and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dowel.analysis.contact.limits import Limits
from dowel.analysis.events import Calibrated
from dowel.analysis.rows import Rep
from dowel.recordings.types import Placement
from dowel.sensors.simulated import Stand, TrueRep, calibration_pieces, random_peak_deg, set_of_hinges
from tests.validation.study import Figure, analysed, at_least, first_seed, rows_of, share, trunk_sensors

TITLE = "Place of the upper sensor"
ABOUT = (
    "Fifteen reps at usual tempo, half of them neutral, the rest rounded by 3 to 25 or arched by 4 to 15 deg, with the "
    "upper sensor at its place (between the lower tips of the shoulder blades, about T8) or 3 or 6 cm above or below "
    "it, where it was calibrated too. The back bends in segments as measured ones do, so a sensor 6 cm lower sees 10 % "
    "less of a bend and one 6 cm higher 6 % more; above its place the chest is lifted in each bend by 0.4 to 2.1 deg "
    "per centimetre. Truth is the rounding at the prescribed place, which the rod touches. Soft tissue 2 to 4 deg, "
    "trimmed sensors, mounted anyhow, simulated link. Without a rod the person's own neutral curve is unknown too, at "
    "every place. L is the limit in force; not judged reps count nowhere."
)
IF_MISSED = ""

PLACES_CM = (-6, -3, 0, 3, 6)
BASES = ("rod", "stance")
CLEAR_DEG = 2.0


@dataclass(frozen=True)
class Job:
    basis: str
    above_cm: int
    seed: int


@dataclass(frozen=True)
class Judged:
    """A true rep, its row, and the limits in force."""

    true: TrueRep
    row: Rep
    limits: Limits


@dataclass(frozen=True)
class Session:
    """One session: ``reps`` are those that were judged; None where the calibration was refused."""

    job: Job
    reps: list[Judged] | None


def jobs(small: bool, real: Path | None) -> list[Job]:
    places = (0, 6) if small else PLACES_CM
    return [
        Job(basis, above_cm, first_seed(small) + number)
        for basis in BASES
        for above_cm in places
        for number in range(1 if small else 20)
    ]


def measure(job: Job) -> Session:
    rng = np.random.default_rng([12, job.seed])
    peaks_deg = [random_peak_deg(rng) for _ in range(15)]
    reps = set_of_hinges(15, peaks_deg=peaks_deg, seed=job.seed, depth_deg=rng.uniform(55.0, 72.0))
    pieces = (*calibration_pieces(rod=job.basis == "rod"), *reps, Stand(25.0))
    sensors = [
        replace(sensor, above_m=0.01 * job.above_cm) if sensor.placement is Placement.UPPER_BACK else sensor
        for sensor in trunk_sensors(rng)
    ]
    session = analysed(pieces, sensors, job.seed)
    in_force = [event.limits for event in session.events if isinstance(event, Calibrated)]
    if not in_force:
        return Session(job, None)
    judged = [
        Judged(bend, row, in_force[-1])
        for bend in session.bends
        for row in rows_of(bend, session.rows)[:1]
        if row.verdict != "not_judged"
    ]
    return Session(job, judged)


def figures(measured: Sequence[Session]) -> list[Figure]:
    found = []
    for basis in BASES:
        for above_cm in PLACES_CM:
            sessions = [each for each in measured if (each.job.basis, each.job.above_cm) == (basis, above_cm)]
            found += _figures(basis, above_cm, sessions)
    return found


def _figures(basis: str, above_cm: int, sessions: Sequence[Session]) -> list[Figure]:
    reps = [judged for session in sessions for judged in session.reps or ()]
    if not reps:
        return []
    where = "at its place" if not above_cm else f"{abs(above_cm)} cm {'higher' if above_cm > 0 else 'lower'}"
    name = f"{basis}, {where}"
    error_deg = np.array([_seen_deg(each.row) - _true_deg(each.true) for each in reps])
    margin_deg = [_margin_deg(each) for each in reps]
    lost = [each.row.verdict == "lost" for each in reps]
    over = [is_lost for is_lost, margin in zip(lost, margin_deg, strict=True) if margin >= CLEAR_DEG]
    under = [not is_lost for is_lost, margin in zip(lost, margin_deg, strict=True) if margin <= -CLEAR_DEG]
    lines = [
        Figure(
            f"{name}: error of the largest rounding or arching",
            "",
            f"mean {error_deg.mean():+.1f}, sd {error_deg.std():.1f}, 95 % within "
            f"{np.quantile(np.abs(error_deg), 0.95):.1f} deg; {len(reps)} reps",
        ),
        Figure(f"{name}: calibration refused", "", share(sum(each.reps is None for each in sessions), len(sessions))),
        at_least(f"{name}: true >= L + 2 deg is lost", 99.0, sum(over), len(over)),
        at_least(f"{name}: true <= L - 2 deg is not lost", 99.0, sum(under), len(under)),
    ]
    return lines if basis == "rod" and abs(above_cm) <= 3 else [line.for_information() for line in lines]


def _seen_deg(row: Rep) -> float:
    """The larger of rounding (> 0) and arching (< 0)."""
    return row.flexion_peak_deg if row.flexion_peak_deg >= -row.extension_peak_deg else row.extension_peak_deg


def _true_deg(true: TrueRep) -> float:
    return true.held_flexion_deg if true.held_flexion_deg >= -true.held_extension_deg else true.held_extension_deg


def _margin_deg(judged: Judged) -> float:
    """How far the truth lies beyond the nearer limit for a loss."""
    limits, true = judged.limits, judged.true
    return max(true.held_flexion_deg - limits.lost_deg, -true.held_extension_deg - limits.arching_lost_deg)

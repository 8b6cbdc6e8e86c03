"""Verdicts around the limits, and false cues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dowel.analysis.contact.limits import Limits
from dowel.analysis.events import Calibrated
from dowel.analysis.rows import Rep
from dowel.sensors.simulated import (
    BMI270,
    TRIMMED,
    Fidget,
    Stand,
    TrueRep,
    Walk,
    calibration_pieces,
    random_peak_deg,
    set_of_hinges,
)
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

TITLE = "Verdicts and cues"
ABOUT = (
    "Sessions of two sets of 15 reps (tempo 1.8 to 7 s, depth 55 to 72 deg; half of the reps neutral, the rest "
    "rounded by 3 to 25 or arched by 4 to 15 deg), with walking, standing and fidgeting between the sets. Soft tissue "
    "2 to 4 deg, mounted anyhow, simulated link. Truth is the deviation of the bones from the person's own neutral, "
    "held for 0.1 s. L is the limit in force (rounding 10, arching 12 deg; warned from 6 and 8). Reps that were not "
    "judged count in none of the shares."
)
IF_MISSED = ""

TEMPOS_S = ((2.5, 0.5, 1.8, 1.0), (1.5, 0.3, 1.2, 0.8), (1.0, 0.0, 0.8, 0.5), (4.0, 1.0, 2.0, 1.5))
"""Lowering, pause, rising, rest."""
CLEAR_DEG = 2.0
"""Verdicts are held to the truth where it lies this far from a limit."""
NEUTRAL_DEG = 4.0

KINDS = {
    "trimmed": (TRIMMED, True, 150),
    "BMI270": (BMI270, True, 50),
    "stance": (TRIMMED, False, 50),
}
"""Chip, rod calibration, sessions."""


@dataclass(frozen=True)
class Job:
    kind: str
    seed: int


@dataclass(frozen=True)
class Judged:
    """A true bend and its rows."""

    true: TrueRep
    rows: list[Rep]


@dataclass(frozen=True)
class Outcome:
    job: Job
    limits: Limits | None
    reps: list[Judged]
    rows: int
    cues_in_neutral: int
    cues_outside: int
    slips: int
    refused: list[str]


def jobs(small: bool, real: Path | None) -> list[Job]:
    return [
        Job(kind, first_seed(small) + number)
        for kind, (_, _, sessions) in KINDS.items()
        for number in range(3 if small and kind == "trimmed" else 1 if small else sessions)
    ]


def measure(job: Job) -> Outcome:
    chip, rod, _ = KINDS[job.kind]
    rng = np.random.default_rng([2, job.seed])
    lowering_s, pause_s, rising_s, rest_s = TEMPOS_S[rng.integers(len(TEMPOS_S))]
    peaks_deg = [random_peak_deg(rng) for _ in range(30)]
    first, second = (
        set_of_hinges(
            15,
            peaks_deg=peaks_deg[half],
            seed=job.seed,
            depth_deg=rng.uniform(55.0, 72.0),
            lowering_s=lowering_s,
            pause_s=pause_s,
            rising_s=rising_s,
            rest_s=rest_s,
        )
        for half in (slice(15), slice(15, 30))
    )
    between = (Walk(20.0), Stand(5.0), Fidget(10.0, 4.0))
    pieces = (*calibration_pieces(rod=rod), *first, *between, *second, Stand(25.0))
    session = analysed(pieces, trunk_sensors(rng, chip=chip), job.seed)
    bends, rows = session.bends, session.rows
    hit = [[bend for bend in bends if bend.start_s - 0.3 <= cue.began_s <= bend.end_s + 0.3] for cue in session.cues]
    in_force = [event.limits for event in session.events if isinstance(event, Calibrated)]
    return Outcome(
        job,
        in_force[-1] if in_force else None,
        [Judged(bend, rows_of(bend, rows)) for bend in bends],
        len(rows),
        sum(bool(bends) and all(map(_neutral, bends)) for bends in hit),
        sum(not bends for bends in hit),
        len(session.slips),
        [step.reason for step in session.refused],
    )


def _neutral(rep: TrueRep) -> bool:
    return rep.held_flexion_deg < NEUTRAL_DEG and -rep.held_extension_deg < NEUTRAL_DEG


def figures(measured: Sequence[Outcome]) -> list[Figure]:
    found = []
    for kind in KINDS:
        of_kind = [outcome for outcome in measured if outcome.job.kind == kind]
        found += _figures(kind, of_kind)
    return found


def _figures(kind: str, outcomes: Sequence[Outcome]) -> list[Figure]:
    single = [(outcome, judged.true, judged.rows[0]) for outcome in outcomes for judged in outcome.reps if judged.rows]
    pairs = [(outcome.limits, true, row) for outcome, true, row in single if outcome.limits is not None]
    reps = sum(len(outcome.reps) for outcome in outcomes)
    exact = sum(outcome.rows == len(outcome.reps) == _once(outcome) for outcome in outcomes)
    neutral = sum(_neutral(judged.true) for outcome in outcomes for judged in outcome.reps)
    cues, outside = sum(o.cues_in_neutral for o in outcomes), sum(o.cues_outside for o in outcomes)
    cues_per_100 = 100.0 * cues / neutral if neutral else float("nan")
    lines = [
        Figure(f"{kind}: reps", "", f"{reps} in {len(outcomes)} sessions, {exact} of them with one row for each rep"),
        *_verdict_lines(kind, pairs),
        _not_judged(kind, [row for _, _, row in single]),
        _refused(kind, outcomes),
        _peak_errors(kind, pairs),
        at_most(f"{kind}: false cues per 100 neutral reps", 1.0, cues_per_100, "", f" ({cues} in {neutral})"),
        none_of(f"{kind}: cues outside reps (walking, resting, fidgeting)", outside, f"{len(outcomes)} sessions"),
        none_of(
            f"{kind}: sensors zeroed again though none had slipped", sum(o.slips for o in outcomes), f"{reps} reps"
        ),
    ]
    return lines if kind == "trimmed" else [line.for_information() for line in lines]


def _once(outcome: Outcome) -> int:
    return sum(len(judged.rows) == 1 for judged in outcome.reps)


def _verdict_lines(kind: str, pairs: Sequence[tuple[Limits, TrueRep, Rep]]) -> list[Figure]:
    """The four lines: of the reps whose truth is clear, how many have the verdict they should have."""
    over, under, warned, held = [], [], [], []
    for limits, true, row in pairs:
        if row.verdict == "not_judged":
            continue
        rounding, arching = true.held_flexion_deg, -true.held_extension_deg
        margin = max(rounding - limits.lost_deg, arching - limits.arching_lost_deg)
        if margin >= CLEAR_DEG:
            over.append(row.verdict == "lost")
        elif margin <= -CLEAR_DEG:
            under.append(row.verdict != "lost")
        if max(rounding - limits.warn_deg, arching - limits.arching_warn_deg) >= CLEAR_DEG:
            warned.append(row.verdict in ("warned", "lost"))
        if _neutral(true):
            held.append(row.verdict == "held")
    return [
        at_least(f"{kind}: true >= L + 2 deg is lost", 99.0, sum(over), len(over)),
        at_least(f"{kind}: true <= L - 2 deg is not lost", 99.0, sum(under), len(under)),
        at_least(f"{kind}: true >= warn + 2 deg is warned or lost", 99.0, sum(warned), len(warned)),
        at_least(f"{kind}: true < 4 deg is held", 98.0, sum(held), len(held)),
    ]


def _not_judged(kind: str, rows: Sequence[Rep]) -> Figure:
    left_out = [row.verdict_reason for row in rows if row.verdict == "not_judged"]
    why = "; ".join(f"{reason}: {count}" for reason, count in sorted(Counter(left_out).items()))
    return Figure(f"{kind}: not judged", "", share(len(left_out), len(rows)) + (f"; {why}" if why else ""))


def _refused(kind: str, outcomes: Sequence[Outcome]) -> Figure:
    reasons = Counter(outcome.refused[0] for outcome in outcomes if outcome.limits is None and outcome.refused)
    why = "".join(f"; {count}: {reason}" for reason, count in sorted(reasons.items()))
    refused = sum(outcome.limits is None for outcome in outcomes)
    return Figure(f"{kind}: sessions whose calibration was refused", "", share(refused, len(outcomes)) + why)


def _peak_errors(kind: str, pairs: Sequence[tuple[Limits, TrueRep, Rep]]) -> Figure:
    rounding = np.array(
        [row.flexion_peak_deg - true.held_flexion_deg for _, true, row in pairs if row.verdict != "not_judged"]
    )
    p95 = np.quantile(np.abs(rounding), 0.95)
    found = f"mean {rounding.mean():+.2f}, sd {rounding.std():.2f}, 95 % within {p95:.2f} deg"
    return Figure(f"{kind}: error of the held rounding peak", "", found)

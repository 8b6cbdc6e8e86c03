"""Counting: simulated sessions of every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dowel.sensors.simulated import Stand, Walk, calibration_pieces, mixed_session, restless_session
from tests.validation.study import Figure, analysed, at_least, first_seed, none_of, rows_of, share, trunk_sensors

TITLE = "Counting"
ABOUT = (
    "No set marks anywhere. Mixed: three sets of 5 to 100 reps of 1 to 8 s, with half reps, all kinds of faults, bars "
    "picked up and set down, walking and fidgeting of 2 to 6 deg between the sets. Lockout: the top stays at 0 to 42 % "
    "of the depth. Sticking: the lean falls back by 4 to 10 deg half-way up. Restless: both, and pulses of 10 to 20 "
    "deg at the bottom of 35 % of the reps, and fidgeting of 11 deg rms between the sets: bends of 20 to 40 deg that "
    "really happen. Walking: two minutes of it. A session is exact when every true bend has one row and there is no "
    "row besides."
)
IF_MISSED = (
    "A half rep that is rounded by some 16 to 25 deg is called a rep, because its upper back leans about as far "
    "as in a full one. Of the extra bends, three fidgeting bends that follow each other closely make a group as "
    "reps do, and pulses at the bottom that come up far enough are counted each."
)

REPS = ("rep", "half")
SESSIONS = {"mixed": 40, "lockout": 15, "sticking": 15, "restless": 40, "walking": 10}


@dataclass(frozen=True)
class Job:
    kind: str
    seed: int


@dataclass(frozen=True)
class Count:
    """``found``: for each true bend its kind and the kinds of its rows; ``extra``: kinds of the rows of none."""

    job: Job
    found: list[tuple[str, tuple[str, ...]]]
    extra: list[str]
    cues_outside: int


def jobs(small: bool, real: Path | None) -> list[Job]:
    first = first_seed(small)
    return [Job(kind, first + number) for kind, count in SESSIONS.items() for number in range(2 if small else count)]


def measure(job: Job) -> Count:
    rng = np.random.default_rng([3, job.seed])
    if job.kind == "mixed":
        pieces = mixed_session(rng)
    elif job.kind == "lockout":
        pieces = restless_session(rng, sticking=False, pulses=False, fidget_deg=0.0)
    elif job.kind == "sticking":
        pieces = restless_session(rng, lockout=False, pulses=False, fidget_deg=0.0)
    elif job.kind == "restless":
        pieces = restless_session(rng)
    else:
        pieces = (Walk(60.0), Stand(20.0), Walk(60.0, turn_deg=-90.0), Stand(25.0))
    session = analysed((*calibration_pieces(), *pieces), trunk_sensors(rng), job.seed)
    rows, bends = session.rows, session.bends
    found = [(bend.kind, tuple(row.kind for row in rows_of(bend, rows))) for bend in bends]
    extra = [row.kind for row in rows if not any(bend.start_s < row.bottom_s < bend.end_s for bend in bends)]
    outside = [cue for cue in session.cues if not any(b.start_s - 0.5 <= cue.began_s <= b.end_s + 0.5 for b in bends)]
    return Count(job, found, extra, len(outside))


def figures(measured: Sequence[Count]) -> list[Figure]:
    by_kind = {kind: [count for count in measured if count.job.kind == kind] for kind in SESSIONS}
    exact = [figure for kind in ("mixed", "lockout", "sticking") for figure in _exact(kind, by_kind[kind])]
    walks = by_kind["walking"]
    return [
        *exact,
        *_restless(by_kind["restless"]),
        none_of("walking: rows", sum(len(count.extra) for count in walks), f"{len(walks)} sessions"),
        none_of("walking: cues", sum(count.cues_outside for count in walks), f"{len(walks)} sessions"),
    ]


def _exact(kind: str, counts: Sequence[Count]) -> list[Figure]:
    exact = sum(not count.extra and all(len(rows) == 1 for _, rows in count.found) for count in counts)
    bends = [each for count in counts for each in count.found]
    named = sum(all(kind not in REPS or rows == (kind,) for kind, rows in count.found) for count in counts)
    outside = sum(count.cues_outside for count in counts)
    return [
        at_least(f"{kind}: sessions exact", 100.0, exact, len(counts)),
        at_least(f"{kind}: sessions in which every rep is a rep and every half rep a half", 100.0, named, len(counts)),
        Figure(f"{kind}: what became of the bends", "", _kinds(bends)),
        none_of(f"{kind}: cues outside bends", outside, f"{len(counts)} sessions"),
    ]


def _restless(counts: Sequence[Count]) -> list[Figure]:
    reps = [rows for count in counts for kind, rows in count.found if kind in REPS]
    missed = sum(not rows for rows in reps)
    double = sum(len(rows) > 1 for rows in reps)
    # a rep with two rows too many is two bends too many
    extra = [kind for count in counts for kind in count.extra] + [kind for rows in reps for kind in rows[1:]]
    return [
        none_of("restless: reps missed", missed, f"{len(reps)} reps"),
        at_least("restless: extra bends of another kind than rep", 90.0, sum(k != "rep" for k in extra), len(extra)),
        Figure("restless: reps counted twice", "", share(double, len(reps))),
        Figure("restless: what became of the bends", "", _kinds([each for count in counts for each in count.found])),
        Figure("restless: cues outside bends", "", f"{sum(count.cues_outside for count in counts)}"),
    ]


def _kinds(found: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """How many bends of each true kind got rows of which kinds: true -> row."""
    counted = Counter((kind, " and ".join(rows) or "no row") for kind, rows in found)
    return "; ".join(f"{kind} -> {row}: {count}" for (kind, row), count in sorted(counted.items()))

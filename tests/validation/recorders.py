"""Recordings of two clocks: how far apart they still are after an import, and whether ``sync_ms`` says so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dowel.analysis.contact.lag_readings import SYNC_SURE_MS
from dowel.analysis.rows import Rep
from dowel.exchange.align import Alignment, Method, align
from dowel.recordings.formats import Recording
from dowel.recordings.formats.recording import RateFrom
from dowel.recordings.types import FloatArray, Placement, Samples, Sensor
from dowel.sensors.drivers import already_decoded
from dowel.sensors.simulated import (
    BMI270,
    Piece,
    SimulatedSensor,
    Simulation,
    Stand,
    calibration_pieces,
    mixed_session,
    random_peak_deg,
    restless_session,
    set_of_hinges,
    simulate,
)
from dowel.sensors.stream.replay import AS_IT_IS, as_notifications, in_order
from dowel.session.engine import Engine
from tests.streams import rows_in
from tests.validation.study import Figure, at_least, at_most, first_seed, none_of, share

TITLE = "Clocks of two recorders"
ABOUT = (
    "Simulated sessions (one or two sets, 0.6 to 3 s down, neutral, rounded and arched; every second one with walking, "
    "fidgeting and a restless lifter) with soft tissue of 2 to 4 deg and mounted anyhow, as two recordings that are "
    "imported. Sound: plain CSV of one clock. Apart: plain CSV, the second up to 300 ms late or early. Drifting: the "
    "same, and 0.1 to 1 % fast or slow. Counted: no times in the files, the second counted 0 to 1 % wrong and begun up "
    "to 300 ms later, aligned by `--align start`. Phones: with date, each clock wrong by 50 ms (sd) and 50 ppm, 100 "
    "and 60 Hz. Motion: as drifting, with `--align motion`. The error is that of the samples' times over the whole "
    "session (rms); sync_ms is one standard deviation, so the error is to lie within twice of it. What the "
    "upper back really does before the sacrum is not simulated beyond soft tissue and rounding: see [how far people "
    "differ](sources.md#movement-lag)."
)
IF_MISSED = ""

KINDS = ("sound", "apart", "drifting", "counted", "phones", "motion")
COVERED_PCT = 95.0
NAMES = ("upper_back", "sacrum")
METHODS: Mapping[str, Method] = {"counted": "start", "motion": "motion"}
CLEAR_MS = 50.0


@dataclass(frozen=True)
class Job:
    kind: str
    seed: int


@dataclass(frozen=True)
class Aligned:
    """One import: rms error of the times before and after, what is said of it, and verdicts that became others."""

    job: Job
    before_ms: float
    after_ms: float
    sync_ms: float
    source: str
    changed: bool
    reps: int
    other_verdicts: int
    turned_round: int


def jobs(small: bool, real: Path | None) -> list[Job]:
    kinds = ("sound", "drifting", "phones") if small else KINDS
    return [Job(kind, first_seed(small) + number) for kind in kinds for number in range(1 if small else 20)]


def measure(job: Job) -> Aligned:
    rng = np.random.default_rng([7, job.seed, KINDS.index(job.kind)])
    session = _session(rng, job)
    first, second = (run.samples for run in session.sensors)
    one, other = _recorded(rng, job.kind, first, second)
    method: Method | None = METHODS.get(job.kind)
    found = align([one, other], NAMES, method)
    # what the first clock showed when the second's samples were taken
    there_s = np.interp(second.time_s[-len(other.samples) :], first.time_s, one.samples.time_s)
    declared_s = (other.epoch_s or 0.0) - (one.epoch_s or 0.0)
    # session time is that of the first recording; the marks are in true time
    shift_s = float(first.time_s[0] - found.lines[0].at(one.samples.time_s[:1])[0])
    times_s = [line.at(each.samples.time_s) + shift_s for line, each in zip(found.lines, (one, other), strict=True)]
    placed = [replace(_all(each), time_s=time_s) for each, time_s in zip((one, other), times_s, strict=True)]
    mine = _rows(session, placed, found)
    pairs = [(a, b) for a in _rows(session, [first, second]) for b in mine if abs(a.bottom_s - b.bottom_s) < 0.5]
    judged = [(a.verdict, b.verdict) for a, b in pairs if "not_judged" not in (a.verdict, b.verdict)]
    return Aligned(
        job=job,
        before_ms=_rms_ms(other.samples.time_s + declared_s - there_s),
        after_ms=_rms_ms(found.lines[1].at(other.samples.time_s) - found.lines[0].at(there_s)),
        sync_ms=math.hypot(*found.uncertainty_ms),
        source=found.source[1],
        changed=bool(found.findings),
        reps=len(judged),
        other_verdicts=sum(a != b for a, b in judged),
        turned_round=sum({a, b} == {"held", "lost"} for a, b in judged),
    )


def _rms_ms(error_s: FloatArray) -> float:
    return 1e3 * float(np.sqrt(np.mean(error_s**2)))


def _session(rng: np.random.Generator, job: Job) -> Simulation:
    pieces: list[Piece] = [*calibration_pieces()]
    if job.seed % 2:
        lowering_s = float(rng.uniform(0.6, 3.0))
        for number in range(int(rng.integers(1, 3))):
            peaks_deg = [random_peak_deg(rng) for _ in range(8)]
            hinges = set_of_hinges(
                8,
                seed=job.seed + number,
                peaks_deg=peaks_deg,
                lowering_s=lowering_s,
                rising_s=0.7 * lowering_s,
                rest_s=float(rng.uniform(0.2, 2.0)),
            )
            pieces += [*hinges, Stand(8.0)]
    elif job.seed % 4:
        pieces += mixed_session(rng, sets=1, longest_set=20)
    else:
        pieces += restless_session(rng, sets=1, spine_reps=True)
    sensors = [
        SimulatedSensor(
            placement,
            chip=BMI270,
            mounting="random",
            soft_tissue_deg=float(rng.uniform(2.0, 4.0)),
            rate_hz=60.0 if (job.kind, placement) == ("phones", Placement.SACRUM) else 100.0,
        )
        for placement in (Placement.UPPER_BACK, Placement.SACRUM)
    ]
    return simulate(pieces, sensors, seed=job.seed)


def _recorded(rng: np.random.Generator, kind: str, first: Samples, second: Samples) -> tuple[Recording, Recording]:
    """What two recorders with clocks of their own made of it."""
    sign, late_s = float(rng.choice([-1.0, 1.0])), float(rng.uniform(0.0, 0.3))
    drift = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.001, 0.01))
    if kind == "counted":
        begun = int(late_s * 100.0)
        cut = Samples(second.time_s[begun:], second.acc_m_s2[begun:], second.gyr_rad_s[begun:])
        return _of_maker(first, 1.0, None), _of_maker(cut, 1.0 + drift, None)
    if kind == "phones":
        wrong_s, ppm = rng.normal(0.0, 0.05, 2), rng.normal(0.0, 50e-6, 2)
        one, other = (
            _of_maker(samples, 1.0 + float(ppm[i]), 1e9 + float(samples.time_s[0] + wrong_s[i]))
            for i, samples in enumerate((first, second))
        )
        return one, other
    late_s = 0.0 if kind == "sound" else sign * late_s
    rate = 1.0 + drift if kind in ("drifting", "motion") else 1.0
    moved = replace(second, time_s=rate * second.time_s + late_s)
    return Recording("", first, None, True, None, ()), Recording("", moved, None, True, None, ())


def _of_maker(samples: Samples, rate: float, epoch_s: float | None) -> Recording:
    """Its time begins at the first sample; without a date it was counted."""
    rate_from: RateFrom = "assumed" if epoch_s is None else "measured"
    counted = replace(samples, time_s=rate * (samples.time_s - samples.time_s[0]))
    return Recording("", counted, epoch_s, False, None, (), epoch_uncertainty_s=0.05, rate_from=rate_from)


def _all(recording: Recording) -> Samples:
    return recording.samples.rows(0, len(recording.samples))


def _rows(session: Simulation, samples: Sequence[Samples], found: Alignment | None = None) -> list[Rep]:
    """The rows of a session from samples in session time; how sure that is tells the alignment."""
    sensors = []
    for index, run in enumerate(session.sensors):
        settings: dict[str, float | str] = {"time_base": "session"}
        if found is not None:
            settings |= {"sync_ms": found.uncertainty_ms[index], "sync_source": found.source[index]}
        sensors.append(Sensor(run.sensor.placement, already_decoded.NAME, measured_rate_hz=100.0, settings=settings))
    columns = [as_notifications(each, AS_IT_IS, 0) for each in samples]
    engine = Engine(sensors, 0)
    events = [*engine.feed(in_order(columns, session.marks, 0)), *engine.finish()]
    return rows_in(events)


def figures(measured: Sequence[Aligned]) -> list[Figure]:
    of_kind = {kind: [each for each in measured if each.job.kind == kind] for kind in KINDS}
    parts = {"all": measured, **{kind: part for kind, part in of_kind.items() if part}}
    found = [_honest(f"{name}: error within 2 sync_ms", part) for name, part in parts.items()]
    sound = of_kind["sound"]
    apart = [each for each in measured if each.job.kind != "sound" and each.before_ms >= CLEAR_MS]
    found += [
        at_most("apart by 50 ms and more: error after, median", 15.0, _median(each.after_ms for each in apart), " ms"),
        none_of("sound: corrected", sum(each.changed for each in sound), f"{len(sound)} sessions"),
        Figure(
            f"sound: sync_ms over {SYNC_SURE_MS:.0f}, so that a rep is judged only if that cannot change its verdict",
            "",
            share(sum(each.sync_ms > SYNC_SURE_MS for each in sound), len(sound)),
        ),
        none_of(
            "verdicts turned round between held and lost",
            sum(each.turned_round for each in measured),
            f"{sum(each.reps for each in measured)} judged reps",
        ),
        Figure(
            "verdicts that are others than with one clock",
            "",
            share(sum(each.other_verdicts for each in measured), sum(each.reps for each in measured)),
        ),
    ]
    return found


def _honest(what: str, part: Sequence[Aligned]) -> Figure:
    within = sum(each.after_ms <= 2.0 * each.sync_ms for each in part)
    once = sum(each.after_ms <= each.sync_ms for each in part)
    more = (
        f"; once {share(once, len(part))}; error before {_median(each.before_ms for each in part):.0f} ms, after "
        f"{_median(each.after_ms for each in part):.1f}, sync_ms {_median(each.sync_ms for each in part):.1f} (medians)"
    )
    return at_least(what, COVERED_PCT, within, len(part), more)


def _median(values: Iterable[float]) -> float:
    return float(np.median(list(values)))

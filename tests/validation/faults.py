"""Sessions with a fault put in: what is said wrongly without a reason, and what sound sessions lose to the checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from dowel.analysis.contact.limits import Limits
from dowel.analysis.events import BendLeftOut, Calibrated, Event, RowRevised
from dowel.analysis.rows import Rep
from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.errors import InputError
from dowel.recordings.types import FloatArray, MarkKind, Notifications, Placement
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import (
    BMI270,
    TRIMMED,
    Link,
    SimulatedSensor,
    Simulation,
    TrueRep,
    calibration_pieces,
    random_peak_deg,
    set_of_hinges,
    simulate,
)
from dowel.session.engine import Engine
from tests.streams import rows_in
from tests.validation.fault_kinds import OF_LINKS, OF_RECORDERS, OF_SAMPLES, Place, samples_of, with_samples
from tests.validation.study import CALIBRATION_KINDS, Figure, at_least, first_seed, none_of, rows_of, share

TITLE = "Faults"
ABOUT = (
    "Sessions of a rod calibration and a set of eight reps (half neutral, the others rounded by 3 to 25 or arched by 4 "
    "to 15 deg), live over the simulated link and as plain CSV with and without marks for the calibration; and real "
    "stoop lifts with their rod calibration and without. Into one of the two sensors a fault is put, of a kind, at a "
    "time and of a size that are drawn. A verdict is wrong where it says lost and the bones stay 3 deg (8 without a "
    "rod) and more below the limit, or the other way round, and the same rep was neither judged so without the fault "
    "nor measured within half a degree of it. A rep is lost in silence where it has no row though it had one, and "
    "nothing is said of it. A judged row where nobody bent is wrong too. Of the real lifts the verdicts without the "
    "fault stand for the truth. A fault is found where a row that it touches is not judged or the import refuses or "
    "tells it."
)
IF_MISSED = ""

SEEDS_FROM = 50_000
SESSIONS: Final = 14
CLEAR_DEG: Final = {True: 3.0, False: 8.0}
"""How far beyond a limit the truth must lie, with a rod and without."""
ALIKE_DEG: Final = 0.5
"""A fault that changes what was measured by less has not turned the verdict."""
MODES: Final = ("live", "live, counted", "import with marks", "import")
TRUNK: Final = (Placement.UPPER_BACK, Placement.SACRUM)
HEADER: Final = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
CHECKS: Final = frozenset(
    ("sync", "slipped", "frozen", "clipped", "come_off", "bent_sideways", "calibration_doubtful", "too_long")
)


@dataclass(frozen=True)
class Job:
    """One simulated session in one mode; or, with ``real``, a recording of real lifts."""

    mode: str
    seed: int
    kinds: int | None = None
    real: Path | None = None


@dataclass(frozen=True)
class Told:
    """What was said of one session: rows as they stand in the end, how many verdicts were taken back, bends said to be
    none, limits, and the words of an import or its refusal."""

    rows: tuple[Rep, ...] = ()
    left_out_s: tuple[tuple[float, float], ...] = ()
    limits: Limits | None = None
    words: str = ""
    refused: bool = False
    taken_back: int = 0


@dataclass(frozen=True)
class Outcome:
    """One session with one fault (``kind`` empty: none). ``wrong`` has a sentence for each thing said wrongly."""

    mode: str
    kind: str
    wrong: tuple[str, ...]
    found: bool
    reps: int
    lost_to_checks: int
    seed: int
    taken_back: int


def jobs(small: bool, real: Path | None) -> list[Job]:
    first = first_seed(small) + SEEDS_FROM
    sessions = 1 if small else SESSIONS
    simulated = [Job(mode, first + number, 3 if small else None) for mode in MODES for number in range(sessions)]
    if real is None or small:
        return simulated
    lifts = sorted((real / "lifting-virtual").iterdir())
    return [
        *simulated,
        *(Job("real", first + number, real=lift) for number in range(4) for lift in lifts),
    ]


def measure(job: Job) -> list[Outcome]:
    return outcomes(job, ["", *kinds_of(job)[: job.kinds]])


def kinds_of(job: Job) -> list[str]:
    """The faults that a session in this mode can have."""
    return [*OF_SAMPLES, *(OF_LINKS if job.mode.startswith("live") else OF_RECORDERS)]


def outcomes(job: Job, kinds: Sequence[str]) -> list[Outcome]:
    """One session with each of these faults; an empty one is none."""
    session = _RealSession(job) if job.real is not None else _SimulatedSession(job)
    sound, found = session.told("", np.random.default_rng(0)), []
    for kind in kinds:
        rng = np.random.default_rng([14, job.seed, kinds_of(job).index(kind)]) if kind else None
        found.append(session.outcome(kind, sound, session.told(kind, rng) if rng else sound))
    return found


class _SimulatedSession:
    """A simulated session that is told of with one fault after the other."""

    def __init__(self, job: Job) -> None:
        rng = np.random.default_rng([13, job.seed])
        self._job = job
        self._simulation = _simulated(job, rng)
        self.bends = [rep for rep in self._simulation.truth.reps if rep.kind not in CALIBRATION_KINDS]
        self._place = Place(self.bends[0].start_s - 2.0, self.bends[-1].end_s)

    def told(self, kind: str, rng: np.random.Generator) -> Told:
        """The session with a fault of this kind; empty: without."""
        return self._live(kind, rng) if self._job.mode.startswith("live") else self._imported(kind, rng)

    def _live(self, kind: str, rng: np.random.Generator) -> Told:
        stream = self._simulation.stream()
        columns = list(stream.notifications)
        sensor = int(rng.integers(2))
        if kind in OF_LINKS:
            columns[sensor] = OF_LINKS[kind](rng, columns[sensor], self._place)[0]
        elif kind:
            columns[sensor] = _live_fault(kind, rng, columns[sensor], self._place)
        engine = Engine(self._simulation.session_sensors(), 0)
        events = [*engine.feed(replace(stream, notifications=columns)), *engine.finish()]
        return _told_by(events)

    def _imported(self, kind: str, rng: np.random.Generator) -> Told:
        recorded = [(run.samples.time_s, _values(run)) for run in self._simulation.sensors]
        if kind:
            sensor = int(rng.integers(2))
            faulty = (OF_SAMPLES | OF_RECORDERS)[kind](rng, *recorded[sensor], self._place)
            recorded[sensor] = faulty.time_s, faulty.values
        with_marks = self._job.mode == "import with marks"
        return _imported(recorded, _marks(self._simulation) if with_marks else "")

    def outcome(self, kind: str, sound: Told, told: Told) -> Outcome:
        """What a fault has done to what is said."""
        wrong = [] if told.refused else _wrong(self.bends, sound, told)
        return _outcome(self._job, kind, wrong, sound, told)


class _RealSession:
    """Real lifts, whose verdicts without a fault stand for the truth."""

    def __init__(self, job: Job) -> None:
        assert job.real is not None
        self._job = job
        self._recorded = []
        for placement in TRUNK:
            table = np.loadtxt(job.real / f"{placement}.csv", delimiter=",", skiprows=1)
            self._recorded.append((table[:, 0], table[:, 1:]))
        marks = job.real / "marks.csv"
        self._marks = marks.read_text() if marks.exists() else ""
        time_s = self._recorded[0][0]
        self._place = Place(0.5 * float(time_s[-1]), float(time_s[-1]))

    def told(self, kind: str, rng: np.random.Generator) -> Told:
        recorded = list(self._recorded)
        if kind:
            sensor = int(rng.integers(2))
            faulty = (OF_SAMPLES | OF_RECORDERS)[kind](rng, *recorded[sensor], self._place)
            recorded[sensor] = faulty.time_s, faulty.values
        return _imported(recorded, self._marks)

    def outcome(self, kind: str, sound: Told, told: Told) -> Outcome:
        wrong = []
        for row in [] if told.refused else told.rows:
            before = [each for each in sound.rows if each.start_s < row.bottom_s < each.end_s]
            opposite = {"held": "lost", "lost": "held"}.get(row.verdict)
            if before and before[0].verdict == opposite:
                wrong.append(f"{row.verdict} at {row.bottom_s:.0f} s, {opposite} without")
        return _outcome(self._job, kind, wrong, sound, told)


def _outcome(job: Job, kind: str, wrong: Sequence[str], sound: Told, told: Told) -> Outcome:
    def unjudged(told: Told) -> int:
        return sum(row.verdict == "not_judged" for row in told.rows)

    found = told.refused or unjudged(told) > unjudged(sound) or len(told.words) > len(sound.words) + 20
    reasons = [row.verdict_reason for row in told.rows if row.verdict == "not_judged"]
    by_checks = sum(bool(CHECKS & set(reason.split("+"))) for reason in reasons)
    return Outcome(job.mode, kind, tuple(wrong), found, len(told.rows), by_checks, job.seed, told.taken_back)


def _simulated(job: Job, rng: np.random.Generator) -> Simulation:
    peaks_deg = [0.0 if rng.random() < 0.5 else random_peak_deg(rng) for _ in range(8)]
    lowering_s, pause_s, rising_s = (float(rng.uniform(*span)) for span in ((1.2, 3.0), (0.0, 1.0), (1.0, 2.2)))
    reps = set_of_hinges(
        8,
        peaks_deg=peaks_deg,
        seed=job.seed,
        depth_deg=float(rng.uniform(55.0, 72.0)),
        lowering_s=lowering_s,
        pause_s=pause_s,
        rising_s=rising_s,
    )
    link = Link(time_base="count" if job.mode == "live, counted" else "device_time")
    if job.mode.startswith("import"):
        link = Link.perfect()
    sensors = [
        SimulatedSensor(
            placement,
            chip=TRIMMED if rng.random() < 0.5 else BMI270,
            mounting="random",
            soft_tissue_deg=float(rng.uniform(2.0, 4.0)),
            link=replace(link, drift_ppm=0.0 if link.time_base == "session" else float(rng.uniform(-70.0, 70.0))),
            rate_hz=99.3 if job.mode == "live, counted" else 100.0,
        )
        for placement in TRUNK
    ]
    return simulate((*calibration_pieces(), *reps), sensors, seed=job.seed)


def _values(run) -> FloatArray:  # type: ignore[no-untyped-def]
    return np.column_stack([run.samples.acc_m_s2, run.samples.gyr_rad_s])


def _live_fault(kind: str, rng: np.random.Generator, sent: Notifications, place: Place) -> Notifications:
    time_s, values = samples_of(sent)
    faulty = OF_SAMPLES[kind](rng, time_s, values, place)
    if len(faulty.time_s) == len(time_s):
        return with_samples(sent, faulty.values)
    each = len(time_s) // len(sent)
    kept = np.isin(time_s, faulty.time_s).reshape(-1, each).all(axis=1)
    rows = np.flatnonzero(kept)
    size = int(sent.length[0])
    payload = np.frombuffer(sent.payload, np.uint8).reshape(-1, size)[rows].tobytes()
    return Notifications(sent.sequence[rows], sent.arrival_ns[rows], sent.length[rows], payload)


def _told_by(events: Sequence[Event]) -> Told:
    limits = [event.limits for event in events if isinstance(event, Calibrated)]
    taken_back = sum(isinstance(event, RowRevised) for event in events)
    return Told(tuple(rows_in(events)), _left_out_s(events), limits[-1] if limits else None, taken_back=taken_back)


def _left_out_s(events: Sequence[Event]) -> tuple[tuple[float, float], ...]:
    return tuple((event.start_s, event.time_s) for event in events if isinstance(event, BendLeftOut))


def _imported(recorded: Sequence[tuple[FloatArray, FloatArray]], marks: str) -> Told:
    with TemporaryDirectory() as folder:
        sources = {}
        for placement, (time_s, values) in zip(TRUNK, recorded, strict=True):
            sources[placement] = Path(folder, f"{placement}.csv")
            rows = np.column_stack([time_s, values])
            np.savetxt(sources[placement], rows[np.isfinite(rows).all(axis=1)], "%.6f", ",", header=HEADER, comments="")
        marks_file = Path(folder, "marks.csv")
        marks_file.write_text(marks)
        session = Path(folder, "session.dowel")
        try:
            words = import_recordings(ImportOptions(sources, session, marks=marks_file if marks else None)).sentences
        except InputError as error:
            return Told(words=str(error), refused=True)
        results = analyse(session, keep_all=False)
    reps = tuple(results.rep_rows)
    limits = results.limits_at(reps[0]) if reps else None
    return Told(reps, _left_out_s(results.events), limits, "\n".join(words))


def _marks(simulation: Simulation) -> str:
    wanted = (MarkKind.STILL, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES)
    rows = [f"{mark.kind},{mark.start_s:.3f},{mark.end_s:.3f}," for mark in simulation.marks if mark.kind in wanted]
    start_s, end_s = (
        next(mark.end_s for mark in simulation.marks if mark.kind is kind)
        for kind in (MarkKind.SET_START, MarkKind.SET_END)
    )
    rows.append(f"set,{start_s:.3f},{end_s:.3f},")
    return "\n".join(["kind,start_s,end_s,detail", *rows]) + "\n"


def _wrong(bends: Sequence[TrueRep], sound: Told, told: Told) -> list[str]:
    wrong = []
    for bend in bends:
        rows, before = rows_of(bend, told.rows), rows_of(bend, sound.rows)
        seen = any(row.start_s < bend.end_s and row.end_s > bend.start_s for row in told.rows)
        seen = seen or any(start_s < bend.end_s and end_s > bend.start_s for start_s, end_s in told.left_out_s)
        if before and not seen and len(told.words) <= len(sound.words) + 20:
            wrong.append(f"no row for the rep at {bend.start_s:.0f} s")
        wrong += [
            f"{row.verdict} at {bend.start_s:.0f} s, true {bend.held_flexion_deg:.1f}/{bend.held_extension_deg:.1f}"
            for row in rows
            if _contradicts(bend, row, told.limits)
            and not any(_contradicts(bend, each, sound.limits) or _measured_alike(each, row) for each in before)
        ]
    judged = [row for row in told.rows if row.verdict != "not_judged"]
    nobody = [row for row in judged if not any(row.start_s < bend.end_s and row.end_s > bend.start_s for bend in bends)]
    known = [row for row in sound.rows if row.verdict != "not_judged"]
    return [*wrong, *(f"{row.verdict} where nobody bent" for row in nobody if len(nobody) > len(known) - len(bends))]


def _contradicts(bend: TrueRep, row: Rep, limits: Limits | None) -> bool:
    """Whether a verdict says the opposite of what the bones did, clearly."""
    if limits is None or row.verdict == "not_judged":
        return False
    beyond_deg = max(bend.held_flexion_deg - limits.lost_deg, -bend.held_extension_deg - limits.arching_lost_deg)
    clear_deg = CLEAR_DEG[row.calibration.startswith("rod")]
    return beyond_deg <= -clear_deg if row.verdict == "lost" else beyond_deg >= clear_deg


def _measured_alike(one: Rep, other: Rep) -> bool:
    """Whether the peaks are the same to half a degree: two verdicts that differ lie on either side of a limit."""
    apart_deg = (one.flexion_peak_deg - other.flexion_peak_deg, one.extension_peak_deg - other.extension_peak_deg)
    return max(map(abs, apart_deg)) <= ALIKE_DEG


def figures(measured: Sequence[list[Outcome]]) -> list[Figure]:
    outcomes = [outcome for each in measured for outcome in each]
    faulty = [outcome for outcome in outcomes if outcome.kind]
    wrong = [outcome for outcome in faulty if outcome.wrong]
    found = [
        none_of("sessions with a wrong verdict, or a rep lost in silence", len(wrong), f"{len(faulty)} faulty sessions")
    ]
    for kind in dict.fromkeys(outcome.kind for outcome in faulty):
        of_kind = [outcome for outcome in faulty if outcome.kind == kind]
        bad = Counter(outcome.mode for outcome in of_kind if outcome.wrong)
        where = "".join(f"; {mode}: {count}" for mode, count in bad.items())
        seen = sum(outcome.found for outcome in of_kind)
        found.append(
            Figure(
                f"{kind}: wrong", "", f"{sum(bad.values())} in {len(of_kind)} sessions{where}; found or told in {seen}"
            )
        )
    live = [outcome for outcome in faulty if outcome.mode.startswith("live")]
    taken_back, told = sum(outcome.taken_back for outcome in live), sum(outcome.reps for outcome in live)
    found.append(
        Figure("live: verdicts that were said and taken back by one to three reps later", "", share(taken_back, told))
    )
    sound = [outcome for outcome in outcomes if not outcome.kind]
    reps, lost = sum(outcome.reps for outcome in sound), sum(outcome.lost_to_checks for outcome in sound)
    kept = at_least("sound sessions: reps that the checks leave judged", 99.0, reps - lost, reps)
    return [*found, kept, Figure("sound sessions: reps not judged because of a check", "", share(lost, reps))]

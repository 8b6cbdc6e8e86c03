"""Imports without calibration steps, whatever the recording begins with: right, refused or wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.limits import held_peak, limits_for
from dowel.analysis.orientation.rotations import normalised, up_in_sensor
from dowel.analysis.rows import Rep
from dowel.exchange.import_stance import own_stance
from dowel.exchange.spool import ImportedStream
from dowel.recordings.types import FloatArray, Placement, Sensor
from dowel.sensors.drivers import already_decoded
from dowel.sensors.simulated import (
    BMI270,
    MPU9250,
    TRIMMED,
    FloorLift,
    Hinge,
    Piece,
    SensorRun,
    SideBend,
    Simulation,
    Squat,
    Stand,
    Turn,
    Walk,
    random_peak_deg,
    simulate,
)
from dowel.sensors.simulated.person.plan import Coordinate, Plan, Scene, path_deg
from dowel.sensors.stream.replay import AS_IT_IS
from dowel.session.engine import Engine
from tests.hands import AFTER, BEFORE, strapped_on_and_off
from tests.streams import rows_in
from tests.validation.study import Figure, at_least, first_seed, rows_of, trunk_sensors

TITLE = "Imports without calibration steps"
ABOUT = (
    "Recordings of 3 to 8 hinges (neutral, rounded or arched) that begin as people's do: bent at the bar, with bends "
    "to the side, leaning back, walking, turning, sitting, standing bent by 12 deg, in the middle of a rep, or while "
    "the sensors are strapped on, and end while they are taken off. Both "
    "sensors mounted anyhow, soft tissue 2 to 4 deg. A recording is wrong where a zero lies more than 6 deg from the "
    "true one, an axis more than 15 deg, or where a verdict contradicts the truth by more than the 6 deg that the "
    "stance limits allow for; refused where no calibration is found and that is said; right otherwise. The last "
    "three kinds show no upright or no forward and are to be refused."
)
IF_MISSED = ""
SEEDS_FROM = 10_000

ZERO_DEG, AXIS_DEG, ALLOWED_DEG = 6.0, 15.0, 6.0
SEEDS = 16


@dataclass(frozen=True)
class Posed:
    """Go into a posture, hold it, and come back; ``reach`` says how far each coordinate goes."""

    reach: Mapping[Coordinate, float]
    hold_s: float = 2.0
    way_s: float = 1.5

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        share = path_deg(0.0, [(self.way_s, 1.0), (self.hold_s, 1.0), (self.way_s, 0.0), (0.4, 0.0)])
        coordinates = scene.begin(len(share))
        for column, angle_deg in self.reach.items():
            coordinates[:, column] += angle_deg * share
        return Plan(coordinates, np.zeros(len(share), np.bool_))


C = Coordinate


def at_the_bar(rng: np.random.Generator, hold_s: float) -> Posed:
    """Bent over a bar, the back as it comes."""
    lean_deg = rng.uniform(45.0, 75.0)
    return Posed(
        {C.PELVIS_LEAN: lean_deg, C.SPINE_FLEXION: rng.uniform(0.0, 35.0), C.THIGH_LEAN: -0.46 * lean_deg}, hold_s
    )


def leaned_back(rng: np.random.Generator) -> Posed:
    return Posed(
        {C.PELVIS_LEAN: -rng.uniform(3.0, 12.0), C.SPINE_FLEXION: -rng.uniform(5.0, 15.0)},
        rng.uniform(0.3, 2.0),
        rng.uniform(0.8, 1.5),
    )


def seated(hold_s: float) -> Posed:
    """On a chair: the pelvis tips back, the trunk a little forward."""
    return Posed({C.PELVIS_LEAN: -20.0, C.SPINE_FLEXION: 28.0, C.THIGH_LEAN: -80.0, C.SHANK_LEAN: 5.0}, hold_s)


def diagonal(rng: np.random.Generator) -> Hinge:
    """To the floor beside a foot."""
    return Hinge(rng.uniform(40.0, 60.0), 1.6, 0.3, 1.4, 0.8, 8.0, side_bend_deg=25.0, twist_deg=30.0, kind="crooked")


def some(count: int, make: Callable[[], Piece]) -> list[Piece]:
    return [make() for _ in range(count)]


def hinges(
    rng: np.random.Generator, count: int | None = None, *, rest_s: tuple[float, float] = (0.4, 2.0)
) -> list[Piece]:
    depth_deg, tempo = rng.uniform(50.0, 75.0), np.exp(rng.uniform(-0.5, 0.4))
    return [
        Hinge(
            depth_deg * float(np.exp(rng.normal(0.0, 0.05))),
            2.2 * tempo,
            rng.uniform(0.0, 0.8),
            1.8 * tempo,
            rng.uniform(*rest_s),
            random_peak_deg(rng),
        )
        for _ in range(count or int(rng.integers(3, 9)))
    ]


def _plain(rng: np.random.Generator) -> list[Piece]:
    return [Stand(rng.uniform(1.0, 6.0)), *hinges(rng), Stand(1.0)]


def _side_first(rng: np.random.Generator) -> list[Piece]:
    sides = (1.0, -1.0) if rng.uniform() < 0.7 else (1.0,)
    bends: list[Piece] = [
        SideBend(1.4, rng.uniform(0.2, 1.0), 1.4, rng.uniform(0.3, 1.0), side * rng.uniform(25.0, 40.0))
        for _ in range(3)
        for side in sides
    ]
    return [Stand(rng.uniform(0.5, 4.0)), *bends, *hinges(rng), Stand(1.0)]


def _bottom_first(rng: np.random.Generator) -> list[Piece]:
    return [at_the_bar(rng, rng.uniform(2.0, 9.0)), *hinges(rng), Stand(rng.uniform(0.2, 3.0))]


def _back_first(rng: np.random.Generator) -> list[Piece]:
    return [Stand(rng.uniform(0.5, 3.0)), *some(3, lambda: leaned_back(rng)), *hinges(rng), Stand(1.0)]


def _walk_first(rng: np.random.Generator) -> list[Piece]:
    return [Walk(rng.uniform(6.0, 15.0)), Stand(rng.uniform(0.2, 1.5)), *hinges(rng), Walk(5.0)]


def _turned_first(rng: np.random.Generator) -> list[Piece]:
    turns: list[Piece] = [Turn(1.2, 0.5, 1.2, 0.6, side * rng.uniform(30.0, 60.0)) for side in (1.0, -1.0, 1.0)]
    crooked = some(int(rng.integers(0, 3)), lambda: diagonal(rng))
    return [Stand(1.0), *turns, *crooked, Walk(5.0, turn_deg=90.0), *hinges(rng, int(rng.integers(4, 9))), Stand(1.0)]


def _seated_first(rng: np.random.Generator) -> list[Piece]:
    return [seated(rng.uniform(3.0, 15.0)), *hinges(rng), Stand(1.0)]


def _bent_stand_first(rng: np.random.Generator) -> list[Piece]:
    spine_deg = rng.uniform(0.0, 12.0)
    bent = Posed({C.PELVIS_LEAN: 12.0 - spine_deg, C.SPINE_FLEXION: spine_deg}, rng.uniform(3.0, 7.0), 0.8)
    return [bent, *hinges(rng), Stand(rng.uniform(0.5, 2.0))]


def _taken_off(rng: np.random.Generator) -> list[Piece]:
    return [Stand(rng.uniform(1.0, 6.0)), *hinges(rng), AFTER]


def _strapped_on(rng: np.random.Generator) -> list[Piece]:
    return [BEFORE, *_taken_off(rng)]


def _rests_bent(rng: np.random.Generator) -> list[Piece]:
    knees = Posed({C.PELVIS_LEAN: 35.0, C.SPINE_FLEXION: 15.0, C.THIGH_LEAN: -20.0}, rng.uniform(4.0, 12.0))
    return [Stand(1.0), *hinges(rng), knees, *hinges(rng), knees]


def _no_stand(rng: np.random.Generator) -> list[Piece]:
    return hinges(rng, int(rng.integers(5, 9)), rest_s=(0.02, 0.2))


def _mixed(rng: np.random.Generator) -> list[Piece]:
    warm_up = [
        *some(2, lambda: leaned_back(rng)),
        SideBend(angle_deg=30.0),
        SideBend(angle_deg=-32.0),
        diagonal(rng),
        Squat(),
        FloorLift(),
        Walk(6.0),
    ]
    order = rng.permutation(len(warm_up))[: int(rng.integers(3, 7))]
    return [*(warm_up[index] for index in order), *hinges(rng, int(rng.integers(4, 9))), Stand(1.0)]


def _no_bends(rng: np.random.Generator) -> list[Piece]:
    return [Stand(2.0), Walk(8.0), Stand(3.0), *some(2, lambda: leaned_back(rng)), Walk(5.0)]


def _sides_only(rng: np.random.Generator) -> list[Piece]:
    bends: list[Piece] = [SideBend(1.4, 0.5, 1.4, 0.6, side * rng.uniform(30.0, 48.0)) for side in (1.0, -1.0) * 3]
    return [Stand(2.0), *bends, *some(3, lambda: leaned_back(rng)), Stand(1.0)]


def _bent_between(rng: np.random.Generator) -> list[Piece]:
    """Never upright between the bends, only at the end."""
    bent_deg = rng.uniform(9.0, 16.0)
    bends = [Hinge(65.0, 1.6, 0.3, 1.4, rng.uniform(0.4, 1.0), lockout_deg=bent_deg) for _ in range(6)]
    return [Posed({C.PELVIS_LEAN: bent_deg}, 4.0, 0.8), *bends, Stand(4.0)]


KINDS: Mapping[str, Callable[[np.random.Generator], list[Piece]]] = {
    "a stand first": _plain,
    "bends to the side first": _side_first,
    "bent at the bar first": _bottom_first,
    "leaning back first": _back_first,
    "walking first": _walk_first,
    "turning, and crooked bends first": _turned_first,
    "sitting first": _seated_first,
    "standing bent by 12 deg first": _bent_stand_first,
    "resting with the hands on the knees": _rests_bent,
    "no stand at all": _no_stand,
    "anything first": _mixed,
    "taken off at the end": _taken_off,
    "strapped on, and taken off at the end": _strapped_on,
}
HANDS: Mapping[str, bool] = {"taken off at the end": False, "strapped on, and taken off at the end": True}
"""Whether the recorders run while the sensors are strapped on too."""
HOPELESS: Mapping[str, Callable[[np.random.Generator], list[Piece]]] = {
    "no bends at all": _no_bends,
    "bends to the side alone": _sides_only,
    "standing bent between the bends": _bent_between,
}
CUT = ("bent at the bar first", "sitting first", "standing bent by 12 deg first", "no stand at all")
"""These begin within their first piece, once the posture is reached; the last one also ends within a rep."""


@dataclass(frozen=True)
class Job:
    kind: str
    seed: int


@dataclass(frozen=True)
class Outcome:
    """``zero_deg`` and ``axis_deg`` are the larger errors of the two sensors; NaN where it was refused."""

    job: Job
    sentence: str
    zero_deg: float = np.nan
    axis_deg: float = np.nan
    axis_sd_deg: float = np.nan
    contradicted: int = 0
    judged: int = 0
    reps: int = 0

    @property
    def refused(self) -> bool:
        return bool(np.isnan(self.zero_deg))

    @property
    def wrong(self) -> bool:
        return self.zero_deg > ZERO_DEG or self.axis_deg > AXIS_DEG or self.contradicted > 0


def jobs(small: bool, real: Path | None) -> list[Job]:
    first = first_seed(small) + SEEDS_FROM
    return [Job(kind, first + seed) for kind in (*KINDS, *HOPELESS) for seed in range(1 if small else SEEDS)]


def measure(job: Job) -> Outcome:
    rng = np.random.default_rng([9, job.seed])
    pieces = {**KINDS, **HOPELESS}[job.kind](rng)
    chip = (TRIMMED, BMI270, MPU9250)[int(rng.integers(3))]
    simulation = simulate(pieces, trunk_sensors(rng, chip=chip), seed=job.seed)
    start_s = (1.7 if job.kind != "no stand at all" else 1.2) if job.kind in CUT else 0.0
    end_s = simulation.duration_s - (1.0 if job.kind == "no stand at all" else 0.0)
    measured = [np.column_stack([run.samples.acc_m_s2, run.samples.gyr_rad_s]) for run in simulation.sensors]
    if job.kind in HANDS:
        measured = strapped_on_and_off(rng, simulation, before=HANDS[job.kind])
    sensors, stream = _as_import(simulation, measured, start_s, end_s)
    found = own_stance(sensors, stream)
    if found.calibration is None:
        return Outcome(job, found.sentence)
    true = {str(run.sensor.placement): _true_frame(simulation, run) for run in simulation.sensors}
    zero_deg, axis_deg = _errors(true, found.calibration.frames)
    engine = Engine(sensors, 0)
    events = [event for part in stream.slices((found.mark(),)) for event in engine.feed(part)] + engine.finish()
    rows = rows_in(events)
    pairs = [(bend, row) for bend in simulation.truth.reps if bend.kind == "rep" for row in rows_of(bend, rows)]
    deviation_deg = _deviation_deg(simulation, true)
    verdicts = [_contradicted(deviation_deg, row, found.calibration.zero_sd_deg) for _, row in pairs]
    return Outcome(
        job,
        found.sentence,
        zero_deg,
        axis_deg,
        found.calibration.axis_sd_deg(found.calibration.frames),
        sum(verdicts),
        sum(row.verdict != "not_judged" for _, row in pairs),
        sum(bend.kind == "rep" for bend in simulation.truth.reps),
    )


def _contradicted(deviation_deg: FloatArray, row: Rep, zero_sd_deg: float) -> bool:
    """Whether a verdict lies farther from the true deviation (at 100 Hz) than a stance's limits allow for."""
    held = deviation_deg[round(100.0 * row.start_s) : round(100.0 * row.end_s) + 1]
    limits = limits_for(Calibration("stance", {}, zero_sd_deg=zero_sd_deg), 0.0)
    beyond_deg = max(held_peak(held) - limits.lost_deg, held_peak(-held) - limits.arching_lost_deg)
    if row.verdict == "lost":
        return beyond_deg < -ALLOWED_DEG
    return row.verdict in ("held", "warned") and beyond_deg > ALLOWED_DEG


def _as_import(
    simulation: Simulation, measured: Sequence[FloatArray], start_s: float, end_s: float
) -> tuple[list[Sensor], ImportedStream]:
    """A part of the session as files of plain CSV would give it, with what was measured (n, 6)."""
    sensors, recorded = [], []
    for run, values in zip(simulation.sensors, measured, strict=True):
        inside = (run.samples.time_s >= start_s) & (run.samples.time_s < end_s)
        acc, gyr = np.hsplit(values[inside], 2)
        recorded.append(replace(run.samples, time_s=run.samples.time_s[inside], acc_m_s2=acc, gyr_rad_s=gyr))
        settings = {"time_base": "session", "sync_ms": 0.0}
        sensors.append(
            Sensor(run.sensor.placement, already_decoded.NAME, measured_rate_hz=run.sensor.rate_hz, settings=settings)
        )
    return sensors, ImportedStream(recorded, [AS_IT_IS] * len(recorded))


def _true_frame(simulation: Simulation, run: SensorRun) -> FloatArray:
    """Forward, left and up of a segment in the axes of the sensor on its skin, from stands and bottoms of hinges."""
    truth, time_s, up = simulation.truth, run.samples.time_s, up_in_sensor(run.attitude)
    upright = np.interp(time_s, truth.time_s, truth.standing.astype(np.float64)) == 1.0
    for lean_deg in (truth.upper_back_lean_deg, truth.sacrum_lean_deg):
        upright &= np.abs(np.interp(time_s, truth.time_s, lean_deg)) < 3.0
    bent = np.zeros(len(time_s), np.bool_)
    for bend in truth.reps:
        if bend.kind == "rep":
            bent |= (time_s > bend.bottom_start_s - 0.1) & (time_s < bend.bottom_end_s + 0.1)
    zero = normalised(up[upright].mean(axis=0))
    down = up[bent].mean(axis=0) if bent.any() else np.roll(zero, 1)
    forward = normalised((down @ zero) * zero - down)
    return np.stack([forward, np.cross(zero, forward), zero])


def _deviation_deg(simulation: Simulation, true: Mapping[str, FloatArray]) -> FloatArray:
    """Upper-back minus sacrum lean at 100 Hz, as sensors without any error would have it with the true frames.

    Of the skin, not of the bone: without a rod nothing tells one from the other.
    """
    grid_s = np.arange(0.0, simulation.duration_s, 0.01)
    leans_deg = {}
    for run in simulation.sensors:
        forward, _, upward = (up_in_sensor(run.attitude) @ true[run.sensor.placement].T).T
        leans_deg[run.sensor.placement] = np.interp(
            grid_s, run.samples.time_s, np.rad2deg(np.arctan2(-forward, upward))
        )
    return np.asarray(leans_deg[Placement.UPPER_BACK] - leans_deg[Placement.SACRUM])


def _errors(true: Mapping[str, FloatArray], frames: Mapping[str, FloatArray]) -> tuple[float, float]:
    """How far zero and forward axis lie from the true ones, at the worse sensor, deg."""
    zeros = [np.rad2deg(np.arccos(np.clip(frame[2] @ frames[place][2], -1.0, 1.0))) for place, frame in true.items()]
    axes = []
    for place, frame in true.items():
        found = frames[place][0]
        cosine = normalised(found - (found @ frame[2]) * frame[2]) @ frame[0]
        axes.append(np.rad2deg(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return float(max(zeros)), float(max(axes))


def figures(measured: Sequence[Outcome]) -> list[Figure]:
    found = []
    for kind in (*KINDS, *HOPELESS):
        outcomes = [outcome for outcome in measured if outcome.job.kind == kind]
        if outcomes:
            found.append(Figure(f"{kind}: right / refused / wrong", "", _counts(outcomes)))
    honest = [outcome for outcome in measured if outcome.job.kind in KINDS]
    taken = [outcome for outcome in measured if not outcome.refused]
    right = [outcome for outcome in measured if not outcome.wrong]
    sure = sum(outcome.axis_deg <= 2.0 * outcome.axis_sd_deg for outcome in taken)
    return [
        *found,
        at_least("right or refused", 99.0, len(right), len(measured)),
        at_least(
            "right, of those with upright and three honest bends",
            80.0,
            sum(not o.wrong and not o.refused for o in honest),
            len(honest),
        ),
        at_least(
            "reps judged, of those in recordings that show upright and forward and were taken",
            95.0,
            sum(outcome.judged for outcome in honest),
            sum(outcome.reps for outcome in honest),
        ),
        at_least("the axis within twice its sd", 95.0, sure, len(taken)),
    ]


def _counts(outcomes: Sequence[Outcome]) -> str:
    refused, wrong = (sum(getattr(outcome, what) for outcome in outcomes) for what in ("refused", "wrong"))
    return f"{len(outcomes) - refused - wrong} / {refused} / {wrong}"

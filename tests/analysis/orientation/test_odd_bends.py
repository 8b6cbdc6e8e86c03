"""A sensor that dangles is told within a few bends; whatever people do with sensors on is no dangling sensor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator
from scipy.spatial.transform import Rotation

from dowel.analysis.events import Event, SensorCameOff
from dowel.recordings.types import Placement
from dowel.sensors.simulated import SimulatedSensor, Simulation, Stand, calibration_pieces, set_of_hinges, simulate
from dowel.session.engine import Engine
from tests.loose_sensor import Way, loosened, measuring
from tests.streams import rows_in

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
TWIST = (0.6, 0.2, -0.5, 0.6)
REST_S = 45.0

Cycle = tuple[float, list[tuple[float, float, float]]]
"""How long it takes, s, and from keyframe to keyframe the leans of sacrum and upper back and how far the latter turns
to the side, deg."""
LYING = (-88.0, -90.0, 0.0)
MOVEMENTS: dict[str, Cycle] = {
    "deep squats": (2.5, [(2, 0, 0), (48, 42, 0), (15, 45, 0), (48, 42, 0)]),
    "toe touches": (3.0, [(0, 0, 0), (75, 135, 0), (80, 140, 0)]),
    "burpees": (4.0, [(0, 0, 0), (70, 110, 0), (85, 88, 0), (88, 80, 0), (85, 100, 0), (60, 115, 0)]),
    "sit-ups": (2.2, [LYING, (-60.0, -10.0, 0), (-18.0, 38.0, 0), (-60.0, -10.0, 0)]),
    "crunches": (1.2, [LYING, (-85.0, -50.0, 0)]),
    "on a bench": (12.0, [(0, 0, 0), (-10, 15, 0), (-85, -75, 0), (-70, -92, 0), (-85, -75, 0), (-12, 20, 0)]),
    "cat and cow": (4.0, [(90, 88, 0), (60, 112, 0), (90, 88, 0), (112, 70, 0)]),
    "press-ups": (3.0, [(90, 88, 0), (85, 45, 0)]),
    "side bends": (2.5, [(0, 0, 0), (5, 5, 45), (0, 0, 0), (5, 5, -45)]),
    "windmills": (4.0, [(0, 0, 0), (45, 35, 60)]),
    "Russian twists": (1.4, [(-45, -15, 35), (-45, -15, -35)]),
    "slumped on a chair": (4.0, [(-8, 2, 0), (-14, 68, 0)]),
    "tying shoes": (8.0, [(-5, 5, 0), (10, 92, 15), (-10, 40, 0)]),
    "walking": (1.1, [(4, 2, 4), (7, 5, -4)]),
    "swings": (1.4, [(0, -5, 0), (65, 62, 0)]),
    "back bends": (4.0, [(0, 0, 0), (-15, -60, 0)]),
}


def worn() -> list[SimulatedSensor]:
    return [SimulatedSensor(place, mounting=TWIST, soft_tissue_deg=3.0) for place in TRUNK]


def events_of(session: Simulation) -> list[Event]:
    engine = Engine(session.session_sensors(), 0)
    return [*engine.feed(session.stream()), *engine.finish()]


def reps(count: int, seed: int) -> tuple[object, ...]:
    return set_of_hinges(count, seed=seed, lowering_s=1.4, rising_s=1.1, set_marks=False)


@pytest.fixture(scope="module")
def with_a_rest() -> Simulation:
    """A calibration, three reps, a rest and three reps."""
    return simulate((*calibration_pieces(), *reps(3, 1), Stand(REST_S), *reps(3, 2)), worn(), seed=5)


def moved(session: Simulation, cycle: Cycle) -> Simulation:
    """The session with a movement made again and again in its rest."""
    begins_s = [bend.start_s for bend in session.truth.reps if bend.kind == "rep"]
    rest_s = (session.truth.reps[-4].end_s + 2.0, begins_s[3] - 3.0)
    runs = []
    for run in session.sensors:
        time_s, (period_s, keyframes) = run.samples.time_s, cycle
        closed = np.array([*keyframes, keyframes[0]], dtype=np.float64)
        leans = PchipInterpolator(np.linspace(0.0, 1.0, len(closed)), closed)((time_s - rest_s[0]) / period_s % 1.0)
        upper = run.sensor.placement == Placement.UPPER_BACK
        lean_deg, side_deg = leans[:, int(upper)], leans[:, 2] * (1.0 if upper else 0.2)
        segment = Rotation.from_euler("YX", np.column_stack([lean_deg, side_deg]), degrees=True)
        doing = segment * run.sensor.sensor_to_segment(np.random.default_rng(0))
        before = Rotation.from_quat(np.roll(run.attitude, -1, axis=1))
        share = np.clip(np.minimum(time_s - rest_s[0], rest_s[1] - time_s) / 1.5, 0.0, 1.0)
        share = share**3 * (10.0 - share * (15.0 - 6.0 * share))
        attitude = before * Rotation.from_rotvec((before.inv() * doing).as_rotvec() * share[:, None])
        runs.append(measuring(run, attitude, (rest_s[0], rest_s[1]), np.random.default_rng(1)))
    return replace(session, sensors=tuple(runs))


@pytest.mark.slow
@pytest.mark.parametrize("name", MOVEMENTS)
def test_what_people_do_between_sets_is_no_loose_sensor(with_a_rest: Simulation, name: str) -> None:
    events = events_of(moved(with_a_rest, MOVEMENTS[name]))
    assert [event for event in events if isinstance(event, SensorCameOff)] == []


@pytest.mark.slow
def test_after_a_minute_two_odd_bends_are_forgotten() -> None:
    rest_s = 80.0
    session = simulate((*calibration_pieces(), *reps(2, 1), Stand(rest_s), *reps(3, 2)), worn(), seed=5)
    keyframes = [(0.0, 0.0, 0.0)] * round(2.0 * rest_s / 0.45)
    keyframes[4] = keyframes[8] = (5.0, 50.0, 0.0)  # two quick curls of the upper back, and then more than a minute
    rows = rows_in(events_of(moved(session, (2.0 * rest_s, keyframes))))
    assert [row.verdict for row in rows[-3:]] == ["held"] * 3


@pytest.fixture(scope="module")
def session() -> Simulation:
    """A calibration and eight neutral reps."""
    return simulate((*calibration_pieces(), *reps(8, seed=3)), worn(), seed=3)


@pytest.mark.slow
@pytest.mark.parametrize(("way", "seed"), [("dangles", 1), ("dangles", 9), ("one end", 1), ("one end", 10)])
def test_one_that_swings_within_what_a_trunk_can_do_is_told(session: Simulation, way: Way, seed: int) -> None:
    """Of 28 these are the ones that no posture gives away for long enough; seed 1 was "lost" four times."""
    begins_s = [bend.start_s for bend in session.truth.reps if bend.kind == "rep"]
    place, at_s = seed % 2, begins_s[2] - 0.7
    events = events_of(loosened(session, place, at_s, way, seed=seed))
    (off,) = [event for event in events if isinstance(event, SensorCameOff)]
    assert off.placement == TRUNK[place]
    assert off.time_s < begins_s[5]
    rows = rows_in(events)
    assert [row.verdict for row in rows if row.end_s < at_s] == ["held"] * 2
    assert {row.verdict for row in rows if row.end_s >= at_s} == {"not_judged"}

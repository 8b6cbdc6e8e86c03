"""A sensor that falls is known by its fall, and verdicts that rested on a sensor that told nothing are taken back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.analysis.events import Event, SensorCameOff
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.orientation.falls import CameOff, FallWatch
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import Status
from dowel.recordings.types import FloatArray, Notifications, Placement
from dowel.sensors.drivers.already_decoded import RECORD
from dowel.sensors.simulated import SimulatedSensor, Simulation, calibration_pieces, set_of_hinges, simulate
from dowel.session.engine import Engine
from tests.streams import analysed, cut, first_difference, rows_in
from tests.validation.fault_kinds import OF_SAMPLES, Place, samples_of, with_samples

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)


def weights(light: dict[int, tuple[int, int]], other_m_s2: float = 0.8) -> FloatArray:
    """What two sensors weigh over 300 points: little in these spans."""
    force = np.full((2, 300), 9.8)
    for row, (first, stop) in light.items():
        force[row, first:stop] = other_m_s2
    return force


def found(force: FloatArray, status: np.ndarray | None = None, size: int = 300) -> CameOff | None:
    """What is found in forces (2, n), in runs of so many points."""
    history, count = History(2, COLUMNS), force.shape[1]
    watch = FallWatch(history)
    values = np.zeros((2, count, COLUMNS))
    values[:, :, COLUMNS - 1] = force
    status = np.zeros((2, count), np.uint8) if status is None else status
    for first in range(0, count, size):
        stop = min(first + size, count)
        history.append(first, values[:, first:stop], status[:, first:stop])
        fallen = watch.look([0, 1], first, stop)
        if fallen is not None:
            return fallen
    return None


@pytest.mark.parametrize("size", [300, 7, 1])
@pytest.mark.parametrize("row", [0, 1])
def test_it_weighs_nothing_and_lands(row: int, size: int) -> None:
    fallen = found(weights({row: (100, 140)}), size=size)
    assert fallen == CameOff(row, 140, 70), "nor is it believed while it came loose"


@pytest.mark.parametrize(
    "light",
    [
        {0: (100, 140), 1: (105, 142)},  # a jump
        {0: (100, 112)},  # a jolt
        {0: (100, 300)},  # an axis that died: it never lands
        {0: (100, 200)},  # nor from so high
        {},
    ],
)
def test_what_is_no_fall(light: dict[int, tuple[int, int]]) -> None:
    assert found(weights(light)) is None


@pytest.mark.parametrize(("weighs_m_s2", "falls"), [(2.9, True), (3.1, False)])
def test_what_weighs_a_third_is_borne(weighs_m_s2: float, falls: bool) -> None:
    """As a back that drops quickly into a bend."""
    assert (found(weights({0: (100, 140)}, weighs_m_s2)) is not None) == falls


def test_what_was_not_measured_is_no_fall() -> None:
    status = np.zeros((2, 300), np.uint8)
    status[0, 130:150] = Status.MISSING
    assert found(weights({0: (100, 140)}), status) is None


# --- whole sessions ---


@pytest.fixture(scope="module")
def session() -> Simulation:
    """A calibration and six neutral reps."""
    sensors = [SimulatedSensor(place, mounting="twist_30", soft_tissue_deg=3.0) for place in TRUNK]
    reps = set_of_hinges(6, seed=5, lowering_s=1.6, rising_s=1.3, set_marks=False)
    return simulate((*calibration_pieces(), *reps), sensors, seed=5)


def events_of(session: Simulation, sent: Notifications, index: int = 0) -> list[Event]:
    stream = session.stream()
    notifications = list(stream.notifications)
    notifications[index] = sent
    engine = Engine(session.session_sensors(), 0)
    return [*engine.feed(replace(stream, notifications=notifications)), *engine.finish()]


def faulty(session: Simulation, kind: str, at_s: float, seed: int) -> tuple[Notifications, FloatArray]:
    sent = session.stream().notifications[0]
    time_s, values = samples_of(sent)
    made = OF_SAMPLES[kind](np.random.default_rng(seed), time_s, values, Place(at_s, at_s))
    return with_samples(sent, made.values), time_s


@pytest.mark.parametrize("seed", [1, 2])
def test_the_one_that_fell_came_off_and_not_the_other(session: Simulation, seed: int) -> None:
    """However it comes to lie: also as a trunk could stand."""
    rep = [bend for bend in session.truth.reps if bend.kind == "rep"][3]
    sent, _ = faulty(session, "falls off", rep.end_s - 0.4, seed)
    events = events_of(session, sent)
    (off,) = [event for event in events if isinstance(event, SensorCameOff)]
    assert off.placement == Placement.UPPER_BACK
    assert rep.end_s - 0.9 < off.since_s < off.time_s < rep.end_s + 0.3
    rows = rows_in(events)
    assert [row.verdict for row in rows] == ["held"] * 3 + ["not_judged"] * 3
    assert all("come_off" in row.verdict_reason for row in rows[4:])


def test_nothing_stands_on_an_axis_that_had_died(session: Simulation) -> None:
    """It is found a second or so later; until then the angle goes astray."""
    rep = [bend for bend in session.truth.reps if bend.kind == "rep"][3]
    sent = session.stream().notifications[0]
    time_s, values = samples_of(sent)
    values[time_s >= rep.start_s + 1.0, 4] = 0.0  # the axis that the bend goes about
    dead = with_samples(sent, values)
    rows = rows_in(events_of(session, dead))
    assert [row.verdict for row in rows] == ["held"] * 3 + ["not_judged"] * 3
    stream = session.stream()
    stream = replace(stream, notifications=[dead, *stream.notifications[1:]])
    whole = analysed(session.session_sensors(), [stream])
    pieces = analysed(session.session_sensors(), cut(stream, [333]))
    assert pieces == whole, first_difference(whole, pieces)


def test_a_slip_within_a_rep_is_in_doubt_until_a_stand_was_seen(session: Simulation) -> None:
    """Nothing came of the stand after it."""
    reps = [bend for bend in session.truth.reps if bend.kind == "rep"]
    sent, time_s = faulty(session, "slips", reps[3].end_s - 0.6, seed=2)
    unseen = (time_s > reps[3].end_s + 0.1) & (time_s < reps[4].start_s + 0.3)
    size, records = int(sent.length[0]), len(time_s) // len(sent)
    kept = np.flatnonzero(~unseen.reshape(len(sent), records).any(axis=1))
    payload = np.frombuffer(sent.payload, np.uint8).reshape(-1, size)[kept].tobytes()
    assert size == records * RECORD.itemsize
    lost = Notifications(sent.sequence[kept], sent.arrival_ns[kept], sent.length[kept], payload)
    rows = rows_in(events_of(session, lost))
    assert [row.verdict for row in rows[:3]] == ["held"] * 3
    assert {row.verdict for row in rows[3:5]} == {"not_judged"}
    assert "slipped" in rows[4].verdict_reason

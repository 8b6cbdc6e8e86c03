"""The simulated lifter: movements and sensors in, a session with known truth out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from dowel.recordings.types import FloatArray, IntArray, Mark, MarkKind, Notifications, Samples, Sensor, StreamSlice
from dowel.sensors.simulated.delivery import Delivery
from dowel.sensors.simulated.imu import SimulatedSensor, sense, soft_tissue_motion
from dowel.sensors.simulated.person.body import Body, composed
from dowel.sensors.simulated.person.plan import Motion, Person, Piece, Plan, plan_session
from dowel.sensors.simulated.person.truth import Truth, truth_of

STARTED_AT: Final = "2000-01-01T00:00:00+00:00"
"""When simulated sessions say they started: a fixed moment, so that the same seed gives the same file."""

_SECOND_NS: Final = 1_000_000_000  # where nothing comes for so long there is a tick (design#one-pipeline)


@dataclass(frozen=True)
class SensorRun:
    """What one sensor did.

    ``samples`` carry true sample times (session time); ``device_time_s`` is the device's clock at them.
    ``attitude`` (n, 4) is the true sensor attitude, sensor to earth axes, scalar first. ``delivery`` is what arrived.
    """

    sensor: SimulatedSensor
    samples: Samples
    device_time_s: FloatArray
    attitude: FloatArray
    delivery: Delivery


@dataclass(frozen=True)
class Simulation:
    """A simulated session: the truth, and everything a real session would have."""

    truth: Truth
    marks: tuple[Mark, ...]
    sensors: tuple[SensorRun, ...]
    sequences: tuple[IntArray, ...]
    person: Person
    height_m: float

    @property
    def duration_s(self) -> float:
        """Length of the session."""
        return float(self.truth.time_s[-1])

    def stream(self) -> StreamSlice:
        """The whole session in one slice."""
        return StreamSlice(
            tuple(
                Notifications(
                    sequence,
                    run.delivery.arrival_ns,
                    np.full(len(sequence), run.delivery.payload_bytes, np.int64),
                    run.delivery.payload,
                )
                for run, sequence in zip(self.sensors, self.sequences, strict=True)
            ),
            self.marks,
        )

    def session_sensors(self) -> tuple[Sensor, ...]:
        """The sensors as a session knows them; the driver is the one for already decoded samples."""
        return tuple(
            Sensor(
                placement=run.sensor.placement,
                driver="decoded",
                name=f"simulated {run.sensor.chip.name}",
                asked_rate_hz=run.sensor.asked_rate_hz,
                settings={"time_base": run.sensor.link.time_base, **run.sensor.chip.ranges()},
            )
            for run in self.sensors
        )

    def facts(self) -> dict[str, Any]:
        """The session facts that belong to a simulated session."""
        return {"started_at": STARTED_AT, "origin_ns": 0, "simulated": True, "height_cm": 100.0 * self.height_m}

    def write(self, path: Path, facts: Mapping[str, Any] | None = None) -> None:
        """Write the session to a new session file, with further ``facts``. Raises InputError if that cannot be done."""
        from dowel.recordings.session_file.session_writer import SessionWriter

        items: list[tuple[int, int, int]] = [(mark.sequence, -1, index) for index, mark in enumerate(self.marks)]
        for number, sequence in enumerate(self.sequences):
            items += [(place, number, index) for index, place in enumerate(sequence.tolist())]
        with SessionWriter(path, self.session_sensors(), {**self.facts(), **(facts or {})}) as writer:
            for _, number, index in sorted(items):
                if number < 0:
                    mark = self.marks[index]
                    writer.mark(mark.kind, mark.start_s, mark.end_s, mark.detail)
                else:
                    delivery = self.sensors[number].delivery
                    first = index * delivery.payload_bytes
                    payload = delivery.payload[first : first + delivery.payload_bytes]
                    writer.notify(number, int(delivery.arrival_ns[index]), payload)


def simulate(
    pieces: Iterable[Piece],
    sensors: Sequence[SimulatedSensor],
    *,
    seed: int,
    height_m: float = 1.75,
    person: Person | None = None,
) -> Simulation:
    """Let a lifter do ``pieces`` with ``sensors`` on.

    Everything random comes from ``seed`` (an int >= 0): the same call gives the same bits. Movement, and the skin,
    mounting, chip and link of every sensor have generators of their own, so changing one leaves the others as they
    were. Without ``person`` somebody is drawn (``Person.random``). Raises ValueError for an unknown
    mounting, or no pieces at all.
    """
    person = person if person is not None else Person.random(np.random.default_rng([seed, 0]))
    body = Body(height_m, person.straightening_deg_per_m, person.hip_lever)
    plan = plan_session(pieces, person, np.random.default_rng([seed, 1]))
    if not len(plan.coordinates):
        raise ValueError("nothing to simulate: the pieces last no time")
    motion = Motion(plan.coordinates)
    truth = truth_of(body, motion, person, plan.standing, plan.bends, plan.knocks_s)
    runs = tuple(_run(sensor, body, plan, motion, [seed, 2 + index]) for index, sensor in enumerate(sensors))
    marks, sequences = _in_order(plan.marks, [run.delivery.arrival_ns for run in runs], plan.duration_s)
    return Simulation(truth, marks, runs, sequences, person, height_m)


def _run(sensor: SimulatedSensor, body: Body, plan: Plan, motion: Motion, seed: list[int]) -> SensorRun:
    of_clock, of_skin, of_mounting, of_chip, of_link = (np.random.default_rng([*seed, part]) for part in range(5))
    time_s, device_time_s = sensor.link.sampling(sensor.rate_hz, motion.duration_s, of_clock)
    tissue = soft_tissue_motion(sensor, body, plan.coordinates, plan.bends, of_skin)
    slips = [slip for slip in plan.slips if slip.placement is sensor.placement]
    skin, on_skin = sense(body, motion, tissue, slips, sensor, time_s)
    mounting: Rotation = sensor.sensor_to_segment(of_mounting)
    turn = mounting.as_matrix()
    in_sensor_axes = replace(on_skin, acc_m_s2=on_skin.acc_m_s2 @ turn, gyr_rad_s=on_skin.gyr_rad_s @ turn)
    measured = sensor.chip.measure(in_sensor_axes, sensor.rate_hz, of_chip)
    if sensor.link.time_base == "count":
        # The count is all such a device gives; the record's time is only there to fill its place.
        device_time_s = np.arange(len(time_s)) / sensor.asked_rate_hz
    attitude = np.roll(composed(skin, mounting).as_quat(), 1, axis=1)
    return SensorRun(sensor, measured, device_time_s, attitude, sensor.link.deliver(measured, device_time_s, of_link))


def _in_order(
    marks: Sequence[Mark], arrivals_ns: Sequence[IntArray], duration_s: float
) -> tuple[tuple[Mark, ...], tuple[IntArray, ...]]:
    """Number marks and notifications through, in the order in which a session would have written them.

    A mark is written when it ends. Where nothing arrives for a second, and each second after that, there is a tick.
    """
    ticks = _ticks(np.concatenate([[0, round(duration_s * 1e9)], *arrivals_ns])) if arrivals_ns else []
    written = sorted([*marks, *ticks], key=lambda mark: mark.end_s)
    times_ns = [np.round(np.array([mark.end_s for mark in written]) * 1e9).astype(np.int64), *arrivals_ns]
    order = np.argsort(np.concatenate(times_ns), kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    parts = np.split(place, np.cumsum([len(times) for times in times_ns])[:-1])
    numbered = tuple(replace(mark, sequence=int(number)) for mark, number in zip(written, parts[0], strict=True))
    return numbered, tuple(parts[1:])


def _ticks(heard_ns: IntArray) -> list[Mark]:
    ticks = []
    heard_ns = np.sort(heard_ns)
    for index in np.flatnonzero(np.diff(heard_ns) > _SECOND_NS):
        silent_ns = range(int(heard_ns[index]) + _SECOND_NS, int(heard_ns[index + 1]), _SECOND_NS)
        ticks += [Mark(-1, MarkKind.TICK, 1e-9 * at_ns, 1e-9 * at_ns) for at_ns in silent_ns]
    return ticks

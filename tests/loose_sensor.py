"""A sensor that comes off a simulated lifter in the middle of a session, and what it does from then on."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

import numpy as np
from scipy.signal import lfilter
from scipy.spatial.transform import Rotation

from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from dowel.sensors.drivers.already_decoded import RECORD
from dowel.sensors.simulated import Simulation
from dowel.sensors.simulated.person.lifter import SensorRun

Way = Literal["turned", "askew", "floor", "dangles", "one end", "pocket", "bar"]
WAYS: Final[tuple[Way, ...]] = ("turned", "askew", "floor", "dangles", "one end", "pocket", "bar")

_Y = (0.0, 1.0, 0.0)
_ACC_NOISE_M_S2 = 0.012  # sources#chip-noise, of a BMI270 at 100 Hz
_GYR_NOISE_RAD_S = 0.0009


def loosened(session: Simulation, index: int, at_s: float, way: Way, seed: int, *, within_s: float = 0.6) -> Simulation:
    """The session with one sensor that comes off at a time, within ``within_s``.

    ``turned``: it stays on the body, turned over by half a turn about an axis of its segment (its mounting must not be
    ``random``). ``askew``: it stays there, turned by 35 to 120 degrees about any. ``floor``: it lies still on one
    of its faces. ``dangles``: it hangs by its cable and swings on and on. ``one end``: it hangs by one end of a strap,
    swings in any direction, is set swinging by each bend and comes to rest. ``pocket``: it goes along with the thighs,
    anyhow. ``bar``: it hangs on the bar, which goes up and down and rocks a little.
    """
    rng = np.random.default_rng(seed)
    run = session.sensors[index]
    worn = _rotation(run.attitude)
    after = _after(session, run, worn, way, rng)
    time_s = run.samples.time_s
    share = np.clip((time_s - at_s) / within_s, 0.0, 1.0)
    share = share**3 * (10.0 - share * (15.0 - 6.0 * share))
    attitude = worn * _share_of(worn.inv() * after, share)
    runs = list(session.sensors)
    runs[index] = measuring(run, attitude, (at_s, np.inf), rng)
    return replace(session, sensors=tuple(runs))


def _after(session: Simulation, run: SensorRun, worn: Rotation, way: Way, rng: np.random.Generator) -> Rotation:
    """Attitudes of the loose sensor at the samples' times."""
    count = len(worn)
    if way == "turned":
        mounting = run.sensor.sensor_to_segment(rng)
        return worn * Rotation.from_rotvec(np.pi * mounting.inv().apply(np.eye(3)[int(rng.integers(3))]))
    if way == "askew":
        axis = rng.standard_normal(3)
        return worn * Rotation.from_rotvec(np.deg2rad(rng.uniform(35.0, 120.0)) * axis / np.linalg.norm(axis))
    if way == "floor":
        face = Rotation.align_vectors([[0.0, 0.0, 1.0]], [rng.choice((-1.0, 1.0)) * np.eye(3)[int(rng.integers(3))]])[0]
        return Rotation.concatenate([Rotation.from_rotvec([0.0, 0.0, rng.uniform(0.0, 6.0)]) * face] * count)
    anyhow = Rotation.from_quat(rng.standard_normal(4))
    time_s = run.samples.time_s
    if way == "dangles":
        swing_deg = rng.uniform(5.0, 30.0) * np.sin(2.0 * np.pi * rng.uniform(0.7, 1.4) * time_s)
        return Rotation.from_rotvec(np.outer(swing_deg, _Y), degrees=True) * anyhow
    if way in ("one end", "bar"):
        bend_rate = np.abs(np.gradient(np.interp(time_s, session.truth.time_s, session.truth.sacrum_lean_deg), time_s))
        most_deg = rng.uniform(15.0, 45.0) if way == "one end" else rng.uniform(1.0, 6.0)
        swing_deg = most_deg * _driven(bend_rate, run.sensor.rate_hz, decay_s=float(rng.uniform(1.0, 4.0)))
        swing_deg *= np.sin(2.0 * np.pi * rng.uniform(0.8, 1.6) * time_s)
        angle = rng.uniform(0.0, 2.0 * np.pi)
        return Rotation.from_rotvec(np.outer(swing_deg, [np.cos(angle), np.sin(angle), 0.0]), degrees=True) * anyhow
    thigh_deg = np.interp(time_s, session.truth.time_s, -0.46 * session.truth.sacrum_lean_deg)
    return Rotation.from_rotvec(np.outer(thigh_deg, _Y), degrees=True) * anyhow


def _driven(push: FloatArray, rate_hz: float, *, decay_s: float) -> FloatArray:
    """How far something swings that is pushed (n,) and comes to rest within so long, as a share of the most."""
    swing = lfilter([1.0], [1.0, -np.exp(-1.0 / (decay_s * rate_hz))], push)
    share: FloatArray = swing / swing.max()
    return share


def _share_of(turn: Rotation, share: FloatArray) -> Rotation:
    """So much of each turn, by the shortest way."""
    return Rotation.from_rotvec(turn.as_rotvec() * share[:, None])


def measuring(run: SensorRun, attitude: Rotation, span_s: tuple[float, float], rng: np.random.Generator) -> SensorRun:
    """The sensor with these attitudes between two times: gravity alone, and the rate that the attitude changes with."""
    step = (attitude[:-1].inv() * attitude[1:]).as_rotvec() * run.sensor.rate_hz
    rate = np.concatenate([step, step[-1:]]) + _GYR_NOISE_RAD_S * rng.standard_normal((len(attitude), 3))
    force = attitude.inv().apply([0.0, 0.0, GRAVITY_M_S2]) + _ACC_NOISE_M_S2 * rng.standard_normal(rate.shape)
    delivery = run.delivery
    records = np.frombuffer(delivery.payload, RECORD).copy()
    sent = np.flatnonzero(delivery.delivered)
    loose = (run.samples.time_s[sent] >= span_s[0]) & (run.samples.time_s[sent] < span_s[1])
    records["values"][loose] = np.hstack([force, rate])[sent[loose]]
    return replace(run, delivery=replace(delivery, payload=records.tobytes()))


def _rotation(quaternion: FloatArray) -> Rotation:
    return Rotation.from_quat(np.roll(quaternion, -1, axis=1))

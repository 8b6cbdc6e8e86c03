"""How far the sensors' clocks are apart, against what ``sync_ms`` says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, BoolArray, FloatArray, Notifications, Placement, Samples, Sensor
from dowel.sensors.simulated import Link
from dowel.sensors.stream.sensor_track import Track, TrackSamples
from tests.depth import at_night
from tests.validation.study import Figure, at_least, first_seed

TITLE = "Clocks of two sensors"
ABOUT = (
    "Two sensors of 100 Hz over the simulated link (8 % retransmission, 3 ms in the stack, a stall of 0.15 to 1.5 s "
    "a minute, wander of 2 ppm) with 1, 4 or 10 samples in a notification, 5 minutes. Those with device time drift by "
    "up to 70 ppm; those that only count run 1.1 % slow to 0.1 % fast. Each second the true error between the two "
    "session times of one moment is held against the sync_ms of that moment. Early: the first 30 s, from the "
    "third on. What all delays have in common cannot be seen by any clock and is left in. At 50 ms a notification "
    "every 100 ms is a multiple of the interval and beats with it over minutes; the uncertainty says so."
)
IF_MISSED = ""

INTERVALS_MS = (7.5, 15.0, 30.0, 50.0)
TIME_BASES: tuple[Literal["device_time", "count"], ...] = ("device_time", "count")
SAMPLES = (1, 4, 10)
DURATION_S = 300.0
EARLY_S = (3.0, 30.0)
COVERED_PCT = 95.0


@dataclass(frozen=True)
class Job:
    seed: int
    interval_ms: float
    time_base: Literal["device_time", "count"]
    samples: int


@dataclass(frozen=True)
class Compared:
    """Each second: time, error between the sensors, and sync_ms."""

    job: Job
    time_s: FloatArray
    error_ms: FloatArray
    sync_ms: FloatArray


def jobs(small: bool, real: Path | None) -> list[Job]:
    return [
        Job(first_seed(small) + number, interval_ms, time_base, samples)
        for interval_ms in INTERVALS_MS
        for time_base in TIME_BASES
        for samples in SAMPLES
        for number in range((2 if at_night() else 1) if small else 20)
    ]


def measure(job: Job) -> Compared:
    rng = np.random.default_rng([5, job.seed, round(10 * job.interval_ms), len(job.time_base), job.samples])
    at_s = np.arange(EARLY_S[0], DURATION_S - 2.0, 1.0)
    errors, uncertainties = zip(*(_one(job, at_s, rng) for _ in range(2)), strict=True)
    return Compared(job, at_s, errors[0] - errors[1], np.hypot(*uncertainties))


def _one(job: Job, at_s: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """One sensor: error of its session time, ms, and what it says of it, at these times."""
    counting = job.time_base == "count"
    link = Link(
        drift_ppm=float(rng.uniform(-70.0, 70.0)),
        time_base=job.time_base,
        samples_per_notification=job.samples,
        connection_interval_ms=job.interval_ms,
    )
    rate_hz = 100.0 * (1.0 - float(rng.uniform(-0.001, 0.011))) if counting else 100.0
    time_s, device_time_s = link.sampling(rate_hz, DURATION_S, rng)
    if counting:
        device_time_s = np.arange(len(time_s)) / 100.0
    noise = np.random.default_rng(job.seed).normal(0.0, 1.0, (2, len(time_s), 3))  # it lies somewhere
    at_rest = Samples(time_s, 0.02 * noise[0] + [0.0, 0.0, GRAVITY_M_S2], 0.002 * noise[1])
    sent = link.deliver(at_rest, device_time_s, rng)
    count = len(sent.arrival_ns)
    track = Track(Sensor(Placement.SACRUM, "decoded", asked_rate_hz=100.0, settings={"time_base": job.time_base}), 0)
    samples = track.feed(
        Notifications(np.arange(count), sent.arrival_ns, np.full(count, sent.payload_bytes), sent.payload)
    )
    delivered_s = time_s[sent.delivered]
    latest = np.searchsorted(delivered_s, at_s)
    handed_on_s = _without_filled(samples, at_rest.acc_m_s2)  # the last may still wait for what comes after them
    error_ms = 1e3 * (handed_on_s - delivered_s[: len(handed_on_s)])[np.minimum(latest, len(handed_on_s) - 1)]
    said_ms = np.array([track.clock_ms(float(now_s)) for now_s in at_s])
    return error_ms, said_ms


def _without_filled(samples: TrackSamples, sent: FloatArray) -> FloatArray:
    """The times of the samples that were sent, known by their values; those filled in for none lost are left out."""
    return samples.time_s[np.isin(samples.acc_m_s2, sent.astype(np.float32).astype(np.float64)).all(axis=1)]


def figures(measured: Sequence[Compared]) -> list[Figure]:
    found = []
    for part, early in (("first 30 s", True), ("later", False)):
        covered = _covered(measured, early)
        found.append(at_least(f"all, {part}: error within sync_ms", COVERED_PCT, int(covered.sum()), len(covered)))
    for time_base in TIME_BASES:
        for interval_ms in INTERVALS_MS:
            cell = [each for each in measured if (each.job.time_base, each.job.interval_ms) == (time_base, interval_ms)]
            for part, early in (("first 30 s", True), ("later", False)):
                covered = _covered(cell, early)
                error_ms, sync_ms = (_part(cell, early, name) for name in ("error_ms", "sync_ms"))
                what = f"{time_base.replace('_', ' ')}, {interval_ms:g} ms, {part}"
                more = (
                    f"; error 95 % within {np.quantile(np.abs(error_ms), 0.95):.1f} ms, "
                    f"sync_ms median {np.median(sync_ms):.1f}"
                )
                found.append(at_least(what, COVERED_PCT, int(covered.sum()), len(covered), more))
    return found


def _covered(cell: Sequence[Compared], early: bool) -> BoolArray:
    covered: BoolArray = np.abs(_part(cell, early, "error_ms")) <= _part(cell, early, "sync_ms")
    return covered


def _part(cell: Sequence[Compared], early: bool, name: str) -> FloatArray:
    return np.concatenate([getattr(each, name)[(each.time_s < EARLY_S[1]) == early] for each in cell])

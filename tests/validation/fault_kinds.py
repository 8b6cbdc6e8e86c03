"""Faults that are put into what a sensor sends: each a kind, at a time and of a size that are drawn.

A fault changes one sensor's samples (``time_s`` (n,), ``values`` (n, 6) of specific force in m/s2 and rates of turn in
rad/s) or how its notifications arrive. What it changes lies between the end of the calibration and the end of the set,
unless a sensor has it from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Notifications
from dowel.sensors.drivers.already_decoded import RECORD

ACC, GYR = slice(0, 3), slice(3, 6)
ACC_SPIKES_M_S2: Final = (16.0 * GRAVITY_M_S2, 9000.0 * GRAVITY_M_S2, np.inf)
GYR_SPIKES_RAD_S: Final = (np.deg2rad(2000.0), 1e4, np.nan)
"""The end of a usual range, what no chip can measure, and what is no number."""


@dataclass(frozen=True)
class Place:
    """Where a fault may be: from and to, in s of session time."""

    start_s: float
    end_s: float

    def begin_s(self, rng: np.random.Generator) -> float:
        """A moment in it, not at its very end."""
        return float(rng.uniform(self.start_s, self.start_s + 0.8 * (self.end_s - self.start_s)))


@dataclass(frozen=True)
class Faulty:
    """Samples with a fault in them; ``since_s`` is when it began."""

    time_s: FloatArray
    values: FloatArray
    since_s: float


OfSamples = Callable[[np.random.Generator, FloatArray, FloatArray, Place], Faulty]


def _stretch(longest_s: float, put: Callable[[FloatArray, int, int], None]) -> OfSamples:
    """A stretch of 0.3 s and more that is changed in place by ``put(values, first, stop)``."""

    def faulty(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, place: Place) -> Faulty:
        begin_s = place.begin_s(rng)
        first, stop = np.searchsorted(time_s, [begin_s, begin_s + np.exp(rng.uniform(np.log(0.3), np.log(longest_s)))])
        changed = values.copy()
        put(changed, int(first), int(stop))
        return Faulty(time_s, changed, begin_s)

    return faulty


def _repeat(columns: slice) -> Callable[[FloatArray, int, int], None]:
    def put(values: FloatArray, first: int, stop: int) -> None:
        values[first:stop, columns] = values[max(first - 1, 0), columns]

    return put


def _zero(values: FloatArray, first: int, stop: int) -> None:
    values[first:stop] = 0.0


def _dead_gyroscope(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, place: Place) -> Faulty:
    begin_s = 0.0 if rng.random() < 0.3 else place.begin_s(rng)
    changed = values.copy()
    changed[time_s >= begin_s, GYR] = 0.0
    return Faulty(time_s, changed, begin_s)


def _dead_axis(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, place: Place) -> Faulty:
    begin_s = 0.0 if rng.random() < 0.3 else place.begin_s(rng)
    changed = values.copy()
    changed[time_s >= begin_s, int(rng.integers(6))] = 0.0
    return Faulty(time_s, changed, begin_s)


def _gain(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, _place: Place) -> Faulty:
    changed = values.copy()
    changed[:, GYR] *= rng.choice([0.5, 0.8, 0.87, 1.15, 1.25, 2.0])
    return Faulty(time_s, changed, 0.0)


def _clipped(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, place: Place) -> Faulty:
    """A range that is too small and that nobody has told: an end of the gyroscope's range in the middle of the reps."""
    inside = (time_s > place.start_s) & (time_s < place.end_s)
    limit = float(np.abs(values[inside, GYR]).max()) * rng.uniform(0.4, 0.75)
    changed = values.copy()
    changed[:, GYR] = np.clip(changed[:, GYR], -limit, limit)
    return Faulty(time_s, changed, 0.0)


def _spikes(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, place: Place) -> Faulty:
    changed = values.copy()
    at_s = np.sort(rng.uniform(place.start_s, place.end_s, rng.integers(1, 20)))
    for row in np.searchsorted(time_s, at_s).clip(max=len(time_s) - 1).tolist():
        column = int(rng.integers(6))
        sign = rng.choice([-1.0, 1.0])
        sizes = (
            (16.0 * GRAVITY_M_S2, 9000.0 * GRAVITY_M_S2, np.inf) if column < 3 else (np.deg2rad(2000.0), 1e4, np.nan)
        )
        changed[row, column] = sign * rng.choice(sizes)
    return Faulty(time_s, changed, float(at_s[0]))


def _turned(least_deg: float, most_deg: float, longest_s: float) -> OfSamples:
    """The sensor turns against the body about any axis, and stays so."""

    def faulty(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, place: Place) -> Faulty:
        begin_s, lasts_s = place.begin_s(rng), rng.uniform(0.15, longest_s)
        axis = rng.standard_normal(3)
        angle_rad = np.deg2rad(rng.uniform(least_deg, most_deg)) * axis / np.linalg.norm(axis)
        share = np.clip((time_s - begin_s) / lasts_s, 0.0, 1.0)
        smooth = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
        turn = Rotation.from_rotvec(np.outer(smooth, angle_rad))
        rate = np.gradient(smooth, time_s)[:, None] * angle_rad
        back = turn.inv()
        changed = np.column_stack([back.apply(values[:, ACC]), back.apply(values[:, GYR]) + rate])
        return Faulty(time_s, changed, begin_s)

    return faulty


def _fallen(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, place: Place) -> Faulty:
    """It falls for 0.4 s, tumbling, hits the floor, and lies there as it came to lie."""
    begin_s, falls_s = place.begin_s(rng), 0.4
    first, landed = np.searchsorted(time_s, [begin_s, begin_s + falls_s])
    axis = rng.standard_normal(3)
    rate_rad_s = rng.uniform(2.0, 12.0) * axis / np.linalg.norm(axis)
    before = values[max(first - 20, 0) : first + 1, ACC].mean(axis=0)
    up = Rotation.from_rotvec(-falls_s * rate_rad_s).apply(before / np.linalg.norm(before))
    changed = rng.normal(0.0, 1.0, (len(values), 6)) * ([0.02] * 3 + [0.001] * 3)
    changed[:first] = values[:first]
    changed[first:landed, GYR] += rate_rad_s
    changed[landed:, ACC] += GRAVITY_M_S2 * up
    changed[landed : landed + 2, ACC] += rng.normal(0.0, 60.0, (len(changed[landed : landed + 2]), 3))
    return Faulty(time_s, changed, begin_s)


def _gap(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, place: Place) -> Faulty:
    begin_s = place.begin_s(rng)
    kept = (time_s < begin_s) | (time_s > begin_s + np.exp(rng.uniform(np.log(0.1), np.log(20.0))))
    return Faulty(time_s[kept], values[kept], begin_s)


OF_SAMPLES: Final[dict[str, OfSamples]] = {
    "repeats itself": _stretch(15.0, _repeat(slice(0, 6))),
    "sends zeros": _stretch(15.0, _zero),
    "gyroscope repeats itself": _stretch(30.0, _repeat(GYR)),
    "accelerometer repeats itself": _stretch(30.0, _repeat(ACC)),
    "gyroscope dead": _dead_gyroscope,
    "one axis dead": _dead_axis,
    "gyroscope's gain": _gain,
    "clipped, range unknown": _clipped,
    "spikes": _spikes,
    "slips": _turned(5.0, 25.0, 0.6),
    "turned over": _turned(60.0, 180.0, 1.5),
    "falls off": _fallen,
    "missing": _gap,
}
"""By name, what a live sensor and a recorder alike can do."""


def _drift(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, _place: Place) -> Faulty:
    return Faulty(time_s * (1.0 + rng.choice([-1.0, 1.0]) * rng.uniform(0.001, 0.01)), values, 0.0)


def _offset(rng: np.random.Generator, time_s: FloatArray, values: FloatArray, _place: Place) -> Faulty:
    return Faulty(time_s + rng.choice([-1.0, 1.0]) * rng.uniform(0.02, 0.3), values, 0.0)


OF_RECORDERS: Final[dict[str, OfSamples]] = {"clock apart": _offset, "clock drifts": _drift}
"""What only happens to recordings of two clocks."""


def _lost(rng: np.random.Generator, sent: Notifications, place: Place) -> tuple[Notifications, float]:
    kept = rng.random(len(sent)) > rng.uniform(0.01, 0.05)
    return _rows(sent, np.flatnonzero(kept)), 0.0


def _doubled(rng: np.random.Generator, sent: Notifications, place: Place) -> tuple[Notifications, float]:
    return _rows(sent, np.sort(np.append(np.arange(len(sent)), rng.choice(len(sent), len(sent) // 30)))), 0.0


def _rows(sent: Notifications, rows: FloatArray | np.ndarray) -> Notifications:
    size = int(sent.length[0])
    payload = np.frombuffer(sent.payload, np.uint8).reshape(-1, size)[rows].tobytes()
    return Notifications(sent.sequence[rows], sent.arrival_ns[rows], sent.length[rows], payload)


OF_LINKS: Final = {"notifications lost": _lost, "notifications doubled": _doubled}
"""What only happens on the way to the computer."""


def samples_of(sent: Notifications) -> tuple[FloatArray, FloatArray]:
    """Times (n,) by the sensor's clock and values (n, 6) of notifications that are decoded already."""
    records = np.frombuffer(sent.payload, RECORD)
    return records["time_s"].copy(), records["values"].astype(np.float64)


def with_samples(sent: Notifications, values: FloatArray) -> Notifications:
    """The same notifications with other values."""
    records = np.frombuffer(sent.payload, RECORD).copy()
    records["values"] = values
    return replace(sent, payload=records.tobytes())

"""Hands that strap sensors on and take them off while the recorders run."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from dowel.recordings.types import FloatArray
from dowel.sensors.simulated import Piece, Simulation, Stand

HAND_S = 6.0
APART_S = 3.0  # one sensor after the other
WORN_FROM_S = 30.0
BEFORE: Piece = Stand(WORN_FROM_S + 10.0)
AFTER: Piece = Stand(60.0)
"""What the lifter does meanwhile, of which the sensors see nothing."""


def in_hands(rng: np.random.Generator, time_s: FloatArray, force: FloatArray) -> FloatArray:
    """Some seconds in a hand and the rest on the floor, from a force (3,) on: samples (n, 6) at times from 0 on."""
    in_hand = (time_s < HAND_S)[:, None]
    waves = [sum(np.sin(rng.uniform(1.0, 16.0) * time_s + rng.uniform(0.0, 6.0)) for _ in range(8)) for _ in range(3)]
    rate = 0.7 * np.column_stack(waves) * in_hand
    attitude, forces = Rotation.identity(), np.empty_like(rate)
    for index, turned in enumerate(rate * np.gradient(time_s)[:, None]):
        attitude = attitude * Rotation.from_rotvec(turned)
        forces[index] = attitude.inv().apply(force)
    forces += rng.normal(0.0, 0.02, forces.shape) + rng.normal(0.0, 1.5, forces.shape) * in_hand
    return np.column_stack([forces, rate + rng.normal(0.0, 0.001, rate.shape)])


def strapped_on_and_off(rng: np.random.Generator, simulation: Simulation, *, before: bool) -> list[FloatArray]:
    """Each sensor's samples (n, 6): in hands 4 s after the last rep and later; ``before``: and before the lifter's."""
    found = []
    for number, run in enumerate(simulation.sensors):
        time_s, values = run.samples.time_s, np.column_stack([run.samples.acc_m_s2, run.samples.gyr_rad_s])
        off = time_s >= simulation.truth.reps[-1].end_s + 4.0 + APART_S * number
        values[off] = in_hands(rng, time_s[off] - time_s[off][0], values[off][0, :3])
        if before:  # the same backwards
            on = time_s < WORN_FROM_S + APART_S * number
            values[on] = in_hands(rng, time_s[on] - time_s[0], values[on][-1, :3])[::-1] * ([1.0] * 3 + [-1.0] * 3)
        found.append(values)
    return found

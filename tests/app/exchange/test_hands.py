"""Recorders that run while the sensors are strapped on and taken off: hands turn them faster than any back does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dowel.analysis.rows import Rep
from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.types import FloatArray
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import Stand, calibration_pieces, set_of_hinges, simulate
from tests.validation.study import trunk_sensors

HEADER = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
APART_S = 3.0  # one sensor after the other
REPS = 8


def in_hands(rng: np.random.Generator, time_s: FloatArray, force: FloatArray) -> FloatArray:
    """Six seconds in a hand and the rest on the floor, from a force (3,) on: samples (n, 6) at times from 0 on."""
    in_hand = (time_s < 6.0)[:, None]
    waves = [sum(np.sin(rng.uniform(1.0, 16.0) * time_s + rng.uniform(0.0, 6.0)) for _ in range(8)) for _ in range(3)]
    rate = 0.7 * np.column_stack(waves) * in_hand
    attitude, forces = Rotation.identity(), np.empty_like(rate)
    for index, turned in enumerate(rate * np.gradient(time_s)[:, None]):
        attitude = attitude * Rotation.from_rotvec(turned)
        forces[index] = attitude.inv().apply(force)
    forces += rng.normal(0.0, 0.02, forces.shape) + rng.normal(0.0, 1.5, forces.shape) * in_hand
    return np.column_stack([forces, rate + rng.normal(0.0, 0.001, rate.shape)])


def imported(folder: Path, seed: int, *, before: bool) -> tuple[list[str], tuple[Rep, ...]]:
    """What is said of such a recording, and its rows; ``before``: they were strapped on in it too."""
    rng = np.random.default_rng([29, seed])
    lain = (Stand(40.0),) if before else ()
    peaks_deg = [float(rng.choice([0.0, 0.0, 14.0, -12.0])) for _ in range(REPS)]
    pieces = (*lain, *calibration_pieces(), *set_of_hinges(REPS, peaks_deg=peaks_deg, seed=seed), Stand(60.0))
    simulation = simulate(pieces, trunk_sensors(rng), seed=seed)
    sources = {}
    for number, run in enumerate(simulation.sensors):
        time_s, values = run.samples.time_s, np.column_stack([run.samples.acc_m_s2, run.samples.gyr_rad_s])
        off = time_s >= simulation.truth.reps[-1].end_s + 4.0 + APART_S * number
        values[off] = in_hands(rng, time_s[off] - time_s[off][0], values[off][0, :3])
        on = time_s < (30.0 + APART_S * number if before else 0.0)
        if on.any():  # the same backwards
            hands = in_hands(rng, time_s[on] - time_s[0], values[on][-1, :3])[::-1]
            values[on] = hands * [1.0, 1.0, 1.0, -1.0, -1.0, -1.0]
        sources[run.sensor.placement] = folder / f"{run.sensor.placement}.csv"
        table = np.column_stack([time_s, values])
        np.savetxt(sources[run.sensor.placement], table, "%.6f", ",", header=HEADER, comments="")
    said = import_recordings(ImportOptions(sources, folder / "x.dowel")).sentences
    bends = [bend for bend in simulation.truth.reps if bend.kind == "rep"]
    rows = analyse(folder / "x.dowel", keep_all=False).rep_rows
    return said, tuple(row for row in rows for bend in bends if bend.start_s < row.bottom_s < bend.end_s)


@pytest.mark.parametrize("before", [False, True], ids=["taken off", "strapped on and taken off"])
@pytest.mark.parametrize("seed", [1, 5, 9, 15])
def test_hands_take_no_verdict_and_shift_no_clock(tmp_path: Path, seed: int, before: bool) -> None:
    said, rows = imported(tmp_path, seed, before=before)
    assert any("Stance calibration from the recording itself" in line for line in said)
    assert not any("by the movement its times are" in line for line in said)
    assert len(rows) == REPS
    assert [row for row in rows if row.verdict == "not_judged" and row.verdict_reason != "sync"] == []

"""Recorders that run while the sensors are strapped on and taken off: hands turn them faster than any back does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dowel.analysis.rows import Rep
from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import calibration_pieces, set_of_hinges, simulate
from tests.hands import AFTER, BEFORE, strapped_on_and_off
from tests.validation.study import trunk_sensors

HEADER = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
REPS = 8


def imported(folder: Path, seed: int, *, before: bool) -> tuple[list[str], tuple[Rep, ...]]:
    """What is said of such a recording, and its rows; ``before``: they were strapped on in it too."""
    rng = np.random.default_rng([29, seed])
    peaks_deg = [float(rng.choice([0.0, 0.0, 14.0, -12.0])) for _ in range(REPS)]
    session = (*calibration_pieces(), *set_of_hinges(REPS, peaks_deg=peaks_deg, seed=seed))
    pieces = (BEFORE, *session, AFTER) if before else (*session, AFTER)
    simulation = simulate(pieces, trunk_sensors(rng), seed=seed)
    sources = {}
    measured = strapped_on_and_off(rng, simulation, before=before)
    for run, values in zip(simulation.sensors, measured, strict=True):
        sources[run.sensor.placement] = folder / f"{run.sensor.placement}.csv"
        table = np.column_stack([run.samples.time_s, values])
        np.savetxt(sources[run.sensor.placement], table, "%.6f", ",", header=HEADER, comments="")
    said = import_recordings(ImportOptions(sources, folder / "x.dowel")).sentences
    bends = [bend for bend in simulation.truth.reps if bend.kind == "rep"]
    rows = analyse(folder / "x.dowel", keep_all=False).rep_rows
    return said, tuple(row for row in rows for bend in bends if bend.start_s < row.bottom_s < bend.end_s)


@pytest.mark.parametrize("before", [False, True], ids=["taken off", "strapped on and taken off"])
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (5, 9, 15))])
def test_hands_take_no_verdict_and_shift_no_clock(tmp_path: Path, seed: int, before: bool) -> None:
    said, rows = imported(tmp_path, seed, before=before)
    assert any("Stance calibration from the recording itself" in line for line in said)
    assert not any("by the movement its times are" in line for line in said)
    assert len(rows) == REPS
    assert [row for row in rows if row.verdict == "not_judged" and row.verdict_reason != "sync"] == []

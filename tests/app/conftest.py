"""Recordings and sessions that the tests of the commands share."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dowel.commands import run
from dowel.recordings.types import Placement, Samples
from dowel.sensors.simulated import SimulatedSensor, Simulation, calibration_pieces, set_of_hinges, simulate
from dowel.sensors.simulated.person.drill_sets import HINGE_PEAKS_DEG

HEADER = ("time_s", "acc_x_m_s2", "acc_y_m_s2", "acc_z_m_s2", "gyr_x_rad_s", "gyr_y_rad_s", "gyr_z_rad_s")


Run = Callable[..., tuple[int, str, str]]


def plain_csv(samples: Samples) -> str:
    rows = np.column_stack([samples.time_s, samples.acc_m_s2, samples.gyr_rad_s])
    lines = [",".join(f"{value:.6f}" for value in row) for row in rows.tolist()]
    return "\n".join([",".join(HEADER), *lines, ""])


@pytest.fixture
def dowel(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command line in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("DOWEL_DEBUG", "1")

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture(scope="session")
def simulated() -> Simulation:
    """Calibration with the rod and a set of eight, like that of the demo."""
    sensors = [SimulatedSensor(Placement.UPPER_BACK), SimulatedSensor(Placement.SACRUM)]
    pieces = (*calibration_pieces(), *set_of_hinges(len(HINGE_PEAKS_DEG), peaks_deg=HINGE_PEAKS_DEG))
    return simulate(pieces, sensors, seed=7)


@pytest.fixture(scope="session")
def session(simulated: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated session as a file. Do not change it: copy it."""
    path = tmp_path_factory.mktemp("session") / "practice.dowel"
    simulated.write(path)
    return path


@pytest.fixture(scope="session")
def recordings(simulated: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same movement as plain CSV files with true sample times, and its marks file."""
    folder = tmp_path_factory.mktemp("recordings")
    for sensor in simulated.sensors:
        (folder / f"{sensor.sensor.placement}.csv").write_text(plain_csv(sensor.samples))
    with (folder / "marks.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["kind", "start_s", "end_s", "detail"])
        set_start_s = 0.0
        for mark in simulated.marks:
            if mark.kind in ("still", "rod_hold", "rod_hinges"):
                writer.writerow([mark.kind, mark.start_s, mark.end_s, ""])
            elif mark.kind == "set_start":
                set_start_s = mark.start_s
            elif mark.kind == "set_end":
                writer.writerow(["set", set_start_s, mark.end_s, '{"load_kg": 0}'])
    return folder

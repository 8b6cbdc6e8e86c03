"""The session that is measured: as long as asked, two sensors, written as a live session is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dowel.recordings.session_file.schema import COMMIT_EVERY_S
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Placement, Samples
from dowel.sensors.simulated import (
    Link,
    Piece,
    SimulatedSensor,
    Simulation,
    Stand,
    Walk,
    calibration_pieces,
    random_peak_deg,
    set_of_hinges,
    simulate,
)

PLACEMENTS = (Placement.UPPER_BACK, Placement.SACRUM)
SET_S = 97.0
"""A set of ten with its rest lasts about so long; an hour has about 370 reps."""
SET_ALONE_S = 62.0
"""A set of ten without its rest."""


def pieces(duration_s: float) -> list[Piece]:
    """Calibration, then sets of ten with walking and standing between them."""
    rng = np.random.default_rng(3)
    found: list[Piece] = [*calibration_pieces()]
    for number in range(max(1, round((duration_s - 40.0) / SET_S))):
        peaks_deg = [random_peak_deg(rng) for _ in range(10)]
        found += [*set_of_hinges(10, peaks_deg=peaks_deg, seed=number), Walk(18.0), Stand(15.0)]
    return found


def simulation(
    duration_s: float, samples_per_notification: int = 1, placements: Sequence[Placement] = PLACEMENTS
) -> Simulation:
    return _worn(pieces(duration_s), placements, samples_per_notification)


def simulation_of_reps(reps: int, most: int) -> Simulation:
    """So many reps in sets of ten, one set after the other, and standing for as long as ``most`` would have taken."""
    sets = [piece for number in range(reps // 10) for piece in set_of_hinges(10, peaks_deg=(0.0,) * 10, seed=number)]
    still = [Stand(SET_ALONE_S) for _ in range((most - reps) // 10)]
    return _worn([*calibration_pieces(), *sets, *still], PLACEMENTS, 10)


def _worn(done: Sequence[Piece], placements: Sequence[Placement], samples_per_notification: int) -> Simulation:
    link = Link(samples_per_notification=samples_per_notification)
    sensors = [SimulatedSensor(placement, soft_tissue_deg=3.0, link=link) for placement in placements]
    return simulate(done, sensors, seed=5)


def write_as_live(session: Simulation, path: Path) -> None:
    """Write it with a commit at every interval of session time at which a live session has one."""
    stream = session.stream()
    items = [(mark.sequence, round(mark.end_s * 1e9), -1, index) for index, mark in enumerate(session.marks)]
    for number, each in enumerate(stream.notifications):
        order = zip(each.sequence.tolist(), each.arrival_ns.tolist(), range(len(each)), strict=True)
        items += [(sequence, arrival_ns, number, index) for sequence, arrival_ns, index in order]
    next_commit_ns = 0
    with SessionWriter(path, session.session_sensors(), session.facts()) as writer:
        for _, now_ns, number, index in sorted(items):
            if number < 0:
                mark = session.marks[index]
                writer.mark(mark.kind, mark.start_s, mark.end_s, mark.detail)
            else:
                size = session.sensors[number].delivery.payload_bytes
                writer.notify(number, now_ns, stream.notifications[number].payload[index * size : (index + 1) * size])
            if now_ns >= next_commit_ns:
                writer.flush()
                next_commit_ns = now_ns + round(COMMIT_EVERY_S * 1e9)


def write_csv(samples: Samples, path: Path, duration_s: float) -> None:
    """The first samples as the plain CSV that somebody would start from."""
    part = slice(int(np.searchsorted(samples.time_s, duration_s)))
    header = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
    rows = np.column_stack([samples.time_s[part], samples.acc_m_s2[part], samples.gyr_rad_s[part]])
    np.savetxt(path, rows, "%.6f", ",", header=header, comments="")


def make(folder: Path, duration_s: float, csv_s: float) -> None:
    """All files that are measured: session.dowel, and of each sensor <placement>.npz and .csv."""
    session = simulation(duration_s)
    write_as_live(session, folder / "session.dowel")
    for run in session.sensors:
        name = str(run.sensor.placement)
        np.savez(folder / f"{name}.npz", acc=run.samples.acc_m_s2, gyr=run.samples.gyr_rad_s)
        write_csv(run.samples, folder / f"{name}.csv", csv_s)


if __name__ == "__main__":
    make(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))

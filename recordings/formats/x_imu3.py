"""x-io x-IMU3, log converted by the x-IMU3 GUI: `Inertial.csv` in a folder per sensor; us, deg/s, g."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_accelerometer, no_gyroscope, one_recording_only
from dowel.recordings.formats.streams import read_stream
from dowel.recordings.formats.table import TextFile, find_table
from dowel.recordings.types import GRAVITY_M_S2, Samples

_CLOCK: Final = "Timestamp (us)"
_GYR: Final = tuple(f"Gyroscope {axis} (deg/s)" for axis in "XYZ")
_ACC: Final = tuple(f"Accelerometer {axis} (g)" for axis in "XYZ")
_MODE: Final = "send or log inertial messages and give the folder with Inertial.csv"


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode an x-IMU3 folder or its `Inertial.csv`; `None` if no file has its time column.

    Single samples are missing now and then, so only the time stamps say when a sample was taken.
    """
    tables = [table for file in files if (table := find_table(file, lambda names: names[0] == _CLOCK))]
    if not tables:
        return None
    inertial = [table for table in tables if set(_GYR) <= set(table.columns)]
    if not inertial:
        raise no_gyroscope(files, tables[0].name, f"the columns {', '.join(tables[0].columns[1:4])}", _MODE)
    table = one_recording_only(inertial)
    if not set(_ACC) <= set(table.columns):
        raise no_accelerometer(files, table.name, _MODE)
    findings: list[str] = []
    stream = read_stream(table, 0, [table.index(name) for name in (*_ACC, *_GYR)], findings)
    time_s = (stream.time_s - stream.time_s[0]) * 1e-6
    samples = Samples(time_s, stream.xyz[:, :3] * GRAVITY_M_S2, np.deg2rad(stream.xyz[:, 3:]))
    return finish("x_imu3", table.name, samples, findings=findings)

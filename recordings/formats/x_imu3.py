"""x-io x-IMU3, log converted by the x-IMU3 GUI: `Inertial.csv` in a folder per sensor; us, deg/s, g."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from dowel.recordings.formats.moments import told_start
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_accelerometer, no_gyroscope, one_recording_only
from dowel.recordings.formats.streams import read_stream
from dowel.recordings.formats.table import TextFile, find_table
from dowel.recordings.types import GRAVITY_M_S2, Samples

_COMMANDS: Final = "Command.json"  # x-io's own reader takes the date from it
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
    place = table.name.rpartition("/")[0]
    commands = f"{place}/{_COMMANDS}" if place else _COMMANDS
    local_start = _date(files, commands, findings)
    return finish("x_imu3", table.name, samples, beside=[commands], local_start=local_start, findings=findings)


def _date(files: Sequence[TextFile], name: str, findings: list[str]) -> datetime | None:
    """What the sensor's clock showed in this log: ``{"time": "2024-12-09 10:45:39"}`` among the commands."""
    text = next((file.text for file in files if file.name == name), "[]")
    try:
        times = [str(each["time"]) for each in json.loads(text) if isinstance(each, dict) and each.get("time")]
    except (ValueError, TypeError, RecursionError):
        findings.append(f"{name} cannot be read, so the date in it is not used.")
        return None
    return told_start(name, "its time", times[0], findings).local if times else None

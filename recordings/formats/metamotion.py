"""MbientLab MetaMotion, files of the MetaBase app: one CSV each for accelerometer (g) and gyroscope (deg/s)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_accelerometer, no_gyroscope
from dowel.recordings.formats.streams import Stream, merge, read_stream, without_leading_zeros
from dowel.recordings.formats.table import Table, TextFile, find_table
from dowel.recordings.types import GRAVITY_M_S2

EPOCH_UNCERTAINTY_S: Final = 0.05
"""Sensor ticks are tied to the phone's clock once at connection, over a link with tens of ms of delay."""

_MODE: Final = "log Accelerometer and Gyroscope together in MetaBase and give the folder with both CSV files"
_CLOCKS: Final = ("epoch (ms)", "epoc (ms)")  # older versions of the app write "epoc"
_RATE = re.compile(r"_(\d+(?:\.\d+)?)Hz")
_FUSED: Final = ("linear", "gravity")  # fused outputs carry the accelerometer's header; only the name tells


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode a pair of MetaBase files; `None` if no file has their header. Both carry the same clock (epoch, ms)."""
    tables = [table for file in files if (table := find_table(file, lambda names: names[0] in _CLOCKS))]
    if not tables:
        return None
    gyroscope = _one([table for table in tables if "x-axis (deg/s)" in table.columns])
    if gyroscope is None:
        raise no_gyroscope(files, tables[0].name, "the accelerometer or fused outputs", _MODE)
    raw = [table for table in tables if not any(word in PurePosixPath(table.name).name.lower() for word in _FUSED)]
    accelerometer = _one([table for table in raw if "x-axis (g)" in table.columns])
    if accelerometer is None:
        raise no_accelerometer(files, gyroscope.name, _MODE)
    findings: list[str] = []
    gyr = _stream(gyroscope, "deg/s", findings)
    acc = without_leading_zeros(_stream(accelerometer, "g", findings), findings)
    origin_ms = float(gyr.time_s[0])
    samples = merge(
        Stream(acc.file, (acc.time_s - origin_ms) * 1e-3, acc.xyz * GRAVITY_M_S2),
        Stream(gyr.file, (gyr.time_s - origin_ms) * 1e-3, np.deg2rad(gyr.xyz)),
        findings,
    )
    rate = _RATE.search(PurePosixPath(gyroscope.name).name)
    return finish(
        "metamotion",
        gyroscope.name,
        samples,
        beside=[accelerometer.name],
        epoch_s=origin_ms * 1e-3,
        epoch_uncertainty_s=EPOCH_UNCERTAINTY_S,
        stated_rate_hz=float(rate[1]) if rate and float(rate[1]) > 0 else None,
        findings=findings,
    )


def _one(tables: Sequence[Table]) -> Table | None:
    if len(tables) > 1:
        raise InputError(
            f"{tables[0].name} and {tables[1].name} are from two sensors or recordings. Give a folder with the two "
            "files (accelerometer and gyroscope) of one sensor."
        )
    return tables[0] if tables else None


def _stream(table: Table, unit: str, findings: list[str]) -> Stream:
    names = [f"{axis}-axis ({unit})" for axis in "xyz"]
    if not set(names) <= set(table.columns):
        raise InputError(f"{table.name} lacks one of the columns {', '.join(names)}. Export the recording again.")
    return read_stream(table, 0, [table.index(name) for name in names], findings)

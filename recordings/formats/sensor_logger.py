"""Sensor Logger (Kelvin Choi), CSV export of iPhone and Android: a zip or folder with one file per sensor.

All files of the newer export share one header, so there the file's name is the only thing that tells the sensor.
Columns are read by name, as they stand in the order z, y, x. Signs and units: the app's cross-platform notes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_accelerometer, no_gyroscope
from dowel.recordings.formats.streams import (
    Stream,
    interpolated,
    merge,
    read_stream,
    report_left_out,
    without_leading_zeros,
)
from dowel.recordings.formats.table import Table, TextFile, find_table, split_row
from dowel.recordings.types import GRAVITY_M_S2

EPOCH_UNCERTAINTY_S: Final = 0.05
"""Two phones' clocks after network time: tens of ms."""

_MODE: Final = "switch on Accelerometer, Gravity and Gyroscope in Sensor Logger, export as CSV and give the whole zip"
_SOURCES: Final = (("totalacceleration",), ("accelerometer", "gravity"), ("accelerometeruncalibrated",))
"""Files that give specific force together; the first that are there are read."""
_IN_G: Final = (0.7, 1.5)  # the median length over a recording is near gravity, whatever the movement
_IN_M_S2: Final = (7.0, 15.0)
_AXIS = re.compile(r"(?:([a-z ]+) )?([xyz])(?: \(.*\))?")


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode a Sensor Logger export; `None` if no file has its header.

    Specific force is TotalAcceleration, else Accelerometer + Gravity, else AccelerometerUncalibrated; an iPhone
    without "Standardise Units & Frames" has its signs turned.
    """
    tables: dict[str, Table] = {}
    for file in files:
        if (table := find_table(file, _is_header)) is not None:
            sensor = _sensor(table)
            if sensor in tables:
                raise InputError(
                    f"{table.name} and {tables[sensor].name} are of two recordings. "
                    "Give a folder with the files of one."
                )
            tables[sensor] = table
    if not tables:
        return None
    # A phone can also hold the raw gyroscope; the calibrated one is the better of the two.
    gyroscope = next((tables[name] for name in ("gyroscope", "gyroscopeuncalibrated") if name in tables), None)
    if gyroscope is None:
        raise no_gyroscope(files, next(iter(tables.values())).name, f"the files {', '.join(sorted(tables))}", _MODE)
    findings = [
        f"{file.name} is of the watch and was not read, as the phone's gyroscope lies beside it."
        for file in files
        if PurePosixPath(file.name).name.lower().startswith("wristmotion")
    ]
    gyr = _stream(gyroscope, findings)
    source = next((names for names in _SOURCES if set(names) <= set(tables)), ())
    if not source:
        if "accelerometer" in tables:
            raise InputError(
                f"{tables['accelerometer'].name} is acceleration without gravity, and no Gravity lies beside it; the "
                f"angles need both. To use it, {_MODE}."
            )
        raise no_accelerometer(files, gyroscope.name, _MODE)
    facts = [table for file in files if (table := find_table(file, _is_metadata))]
    own_signs = next((signs for table in facts if (signs := _own_signs(table)) is not None), None)
    beside = {*(tables[name].name for name in source), *(table.name for table in facts)}
    if own_signs is None and source != _SOURCES[0] and "accelerometeruncalibrated" in tables:
        beside.add(tables["accelerometeruncalibrated"].name)
        own_signs = _own_signs_by_the_raw_accelerometer(tables["accelerometeruncalibrated"], findings)
    acc = _specific_force(tables, source, gyroscope, own_signs, findings)
    origin_ns = float(gyr.time_s[0])
    samples = merge(_from(acc, origin_ns), _from(gyr, origin_ns), findings)
    return finish(
        "sensor_logger",
        gyroscope.name,
        samples,
        beside=beside,
        epoch_s=origin_ns * 1e-9,
        epoch_uncertainty_s=EPOCH_UNCERTAINTY_S,
        findings=findings,
    )


def _is_header(names: tuple[str, ...]) -> bool:
    return names[:2] == ("time", "seconds_elapsed") and len(_axes(names)) == 3


def _axes(names: Sequence[str]) -> dict[str, int]:
    """Column of each axis: ``x``, or in the older export ``ACCELEROMETER X (m/s2)``."""
    found = {}
    for index, name in enumerate(names):
        if match := _AXIS.fullmatch(name.lower()):
            found[match[2]] = index
    return found


def _sensor(table: Table) -> str:
    """The sensor's name in small letters, from the older header or else from the file's name."""
    match = _AXIS.fullmatch(table.columns[_axes(table.columns)["x"]].lower())
    label = match[1] if match and match[1] else PurePosixPath(table.name).stem
    return re.sub(r"[^a-z]", "", label.lower())


def _stream(table: Table, findings: list[str]) -> Stream:
    axes = _axes(table.columns)
    return read_stream(table, 0, [table.index(table.columns[axes[axis]]) for axis in "xyz"], findings)


def _from(stream: Stream, origin_ns: float) -> Stream:
    return Stream(stream.file, (stream.time_s - origin_ns) * 1e-9, stream.xyz)


def _specific_force(
    tables: Mapping[str, Table], source: Sequence[str], gyroscope: Table, own_signs: bool | None, findings: list[str]
) -> Stream:
    if "totalacceleration" in source:  # Android only, so the signs are right
        return without_leading_zeros(_stream(tables["totalacceleration"], findings), findings)
    if own_signs is None:
        raise InputError(
            f"{gyroscope.name}: the export's Metadata.csv is missing, which tells iPhone from Android and so the "
            "accelerometer's sign. Import the whole export."
        )
    if own_signs:
        findings.append("iPhone without standardised units: the accelerometer's signs were turned to specific force.")
    sign = -1.0 if own_signs else 1.0
    if "gravity" in source:
        acc = _stream(tables["accelerometer"], findings)
        gravity = without_leading_zeros(_stream(tables["gravity"], findings), findings)
        inside = (acc.time_s >= gravity.time_s[0]) & (acc.time_s <= gravity.time_s[-1])
        time_ns = acc.time_s[inside]
        if not len(time_ns) or (np.diff(gravity.time_s) < 0).any():
            raise InputError(f"{acc.file} and {gravity.file} do not fit together in time. Export the recording again.")
        report_left_out(_from(acc, 0.0), _from(gravity, 0.0), findings)
        return Stream(acc.file, time_ns, sign * (acc.xyz[inside] + interpolated(gravity, time_ns)))
    raw = without_leading_zeros(_stream(tables["accelerometeruncalibrated"], findings), findings)
    return Stream(raw.file, raw.time_s, sign * (GRAVITY_M_S2 if own_signs else 1.0) * raw.xyz)


def _own_signs_by_the_raw_accelerometer(raw: Table, findings: list[str]) -> bool | None:
    """The same by the unit of the raw accelerometer, where Metadata.csv is missing.

    An iPhone writes it in g and with its own signs, Android and a standardised iPhone in m/s2 with theirs.
    """
    length = float(np.median(np.linalg.norm(_stream(raw, []).xyz, axis=1)))
    for (least, most), own_signs, words in (
        (_IN_G, True, "g, as an iPhone writes it"),
        (_IN_M_S2, False, "m/s2, as Android and a standardised iPhone write it"),
    ):
        if least < length < most:
            findings.append(f"{raw.name}: Metadata.csv is missing; the raw accelerometer is in {words}.")
            return own_signs
    return None


def _is_metadata(names: tuple[str, ...]) -> bool:
    return "platform" in names and "appVersion" in names


def _own_signs(metadata: Table) -> bool | None:
    """Whether `Metadata.csv` tells of an iPhone's own signs, with which it also measures in g; None where it tells of
    no phone."""
    facts: dict[str, str] = {}
    with suppress(ValueError):
        row = "".join(metadata.file.start.split("\n")[metadata.header_line + 1 :][:1])
        facts = dict(zip(metadata.columns, split_row(row, metadata.delimiter), strict=False))
    platform = facts.get("platform", "").lower()
    if platform in ("ios", "android"):
        return platform == "ios" and facts.get("standardisation", "").lower() != "true"
    return None

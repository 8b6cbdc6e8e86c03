"""Sensor Logger on an Apple Watch, `WristMotion.csv`: rates in rad/s, gravity and the rest of acceleration in g.

Core Motion's gravity points down, so specific force is minus the sum of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import one_recording_only
from dowel.recordings.formats.streams import read_stream, without_leading_zeros
from dowel.recordings.formats.table import TextFile, find_table
from dowel.recordings.types import GRAVITY_M_S2, Samples

EPOCH_UNCERTAINTY_S: Final = 0.05
"""A watch's clock is its phone's, after network time: tens of ms."""

_TIME: Final = ("time", "seconds_elapsed")
_COLUMNS: Final = tuple(f"{name}{axis}" for name in ("gravity", "acceleration", "rotationRate") for axis in "XYZ")
_GRAVITY_G: Final = (0.9, 1.1)  # Core Motion's gravity has the length 1; m/s2 would be the app's other convention


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode the watch's file; `None` if there is none, or if the phone's gyroscope lies beside it and is meant."""
    tables = [table for file in files if (table := find_table(file, _is_header))]
    if not tables or any(_is_phones_gyroscope(file) for file in files):
        return None
    table = one_recording_only(tables)
    findings: list[str] = []
    columns = [table.index(name) for name in _COLUMNS]
    stream = without_leading_zeros(read_stream(table, table.index("time"), columns, findings), findings)
    gravity, rest, rate = stream.xyz[:, :3], stream.xyz[:, 3:6], stream.xyz[:, 6:]
    length = float(np.median(np.linalg.norm(gravity, axis=1)))
    if not _GRAVITY_G[0] < length < _GRAVITY_G[1]:
        raise InputError(
            f"{table.name}: gravity has the length {length:.2f}, not 1 (g) as on a watch, so its sign is unknown. "
            "Switch off Standardise Units & Frames in Sensor Logger."
        )
    findings.append(f"{table.name}: of a watch; gravity and acceleration (g) were added and turned to specific force.")
    origin_ns = float(stream.time_s[0])
    samples = Samples((stream.time_s - origin_ns) * 1e-9, -(gravity + rest) * GRAVITY_M_S2, rate)
    return finish(
        "sensor_logger_watch",
        table.name,
        samples,
        epoch_s=origin_ns * 1e-9,
        epoch_uncertainty_s=EPOCH_UNCERTAINTY_S,
        findings=findings,
    )


def _is_header(names: tuple[str, ...]) -> bool:
    return names[:2] == _TIME and set(_COLUMNS) <= set(names)


def _is_phones_gyroscope(file: TextFile) -> bool:
    """Whether this is the gyroscope of the phone that a watch is paired with."""
    name = file.name.rpartition("/")[2].lower()
    return name.startswith("gyroscope") and find_table(file, lambda names: names[:2] == _TIME) is not None

"""phyphox, CSV export (zip): one table per sensor, each with its own time column; separators and decimals vary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_accelerometer, no_gyroscope
from dowel.recordings.formats.streams import Stream, merge, read_stream, without_leading_zeros
from dowel.recordings.formats.table import Table, TextFile, find_table

EPOCH_UNCERTAINTY_S: Final = 0.05
"""Two phones' clocks after network time: tens of ms."""

_MODE: Final = (
    'make a simple experiment with "Accelerometer" (with gravity) and "Gyroscope" in phyphox (+ button), export as CSV'
)
_TIME: Final = "time (s)"
_CLOCK: Final = ("event", "experiment time", "system time")
# The stock experiments name the quantity; simple experiments print the axis and unit only.
_ACC = re.compile(r"(?:acceleration )?([xyz]) \(m/s(?:\^2|²)\)")
_GYR = re.compile(r"(?:gyroscope )?([xyz]) \(rad/s\)")
_LINEAR = re.compile(r"linear acceleration [xyz] \(m/s(?:\^2|²)\)")


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode a phyphox export; `None` if no file has its headers."""
    tables = [table for file in files if (table := find_table(file, _is_header))]
    if not tables:
        return None
    findings: list[str] = []
    gyr = _stream(tables, _GYR, findings)
    if gyr is None:
        linear = all(any(_LINEAR.fullmatch(name.lower()) for name in table.columns) for table in tables)
        has = "acceleration without gravity" if linear else "the accelerometer"
        raise no_gyroscope(files, tables[0].name, has, _MODE)
    acc = _stream([table for table in tables if "linear" not in PurePosixPath(table.name).name.lower()], _ACC, findings)
    if acc is None:
        raise no_accelerometer(files, gyr.file, _MODE)
    if PurePosixPath(acc.file).parent != PurePosixPath(gyr.file).parent:
        raise InputError(f"{acc.file} and {gyr.file} are of two exports. Give the folder or zip of one experiment.")
    samples = merge(without_leading_zeros(acc, findings), gyr, findings)
    clocks = [table for file in files if (table := find_table(file, lambda names: names[:3] == _CLOCK))]
    return finish(
        "phyphox",
        gyr.file,
        samples,
        beside=[acc.file, *(table.name for table in clocks)],
        epoch_s=_epoch(clocks[0], findings) if clocks else None,
        epoch_uncertainty_s=EPOCH_UNCERTAINTY_S,
        findings=findings,
    )


def _is_header(names: tuple[str, ...]) -> bool:
    lower = [name.lower() for name in names]
    return _TIME in lower and any(
        sum(bool(kind.fullmatch(name)) for name in lower) == 3 for kind in (_ACC, _GYR, _LINEAR)
    )


def _stream(tables: Sequence[Table], kind: re.Pattern[str], findings: list[str]) -> Stream | None:
    streams = []
    for table in tables:
        lower = [name.lower() for name in table.columns]
        axes = {match[1]: index for index, name in enumerate(lower) if (match := kind.fullmatch(name))}
        if len(axes) == 3:
            # Tables side by side repeat the time column; each belongs to the axes on its right.
            times = [index for index, name in enumerate(lower) if name == _TIME and index < min(axes.values())]
            if times:
                streams.append(read_stream(table, times[-1], [axes["x"], axes["y"], axes["z"]], findings))
    if len(streams) > 1:
        raise InputError(
            f"{streams[0].file} and {streams[1].file} hold the same sensor twice. Import the export of one experiment."
        )
    return streams[0] if streams else None


def _epoch(clock: Table, findings: list[str]) -> float:
    """Unix time of the experiment's zero, from `meta/time.csv`."""
    events = clock.strings(0)
    if "PAUSE" in events[:-1]:
        findings.append(f"{clock.name}: the experiment was paused; time in the pause is missing in the recording.")
    experiment_s, system_s = clock.numbers([1, 2], [])[events.index("START") if "START" in events else 0]
    return float(system_s - experiment_s)

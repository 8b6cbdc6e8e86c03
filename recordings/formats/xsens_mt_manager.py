"""Xsens MT Manager, text export of MTw and MTi: lines that begin with ``//``, then m/s2 and rad/s."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import RateFrom, Recording, finish
from dowel.recordings.formats.refusals import TOLD_RATE, no_accelerometer, no_gyroscope, one_recording_only
from dowel.recordings.formats.table import Table, TextFile, find_table
from dowel.recordings.formats.ticks import seconds, unwrapped
from dowel.recordings.types import FloatArray, Samples

_COUNTER: Final = "PacketCounter"
_CLOCK: Final = "SampleTimeFine"
_ACC: Final = ("Acc_X", "Acc_Y", "Acc_Z")
_GYR: Final = ("Gyr_X", "Gyr_Y", "Gyr_Z")
_PACKETS: Final = 2**16  # the counter has 16 bits
_MODE: Final = "choose Inertial data (calibrated acceleration and rate of turn) in MT Manager's exporter"
_RATE = re.compile(r"//\s*Update Rate:\s*(\d+(?:\.\d+)?)\s*Hz", re.IGNORECASE)


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode a text of MT Manager; `None` if no file has its lines and heading.

    Times are those of SampleTimeFine where it is filled; wireless sensors leave it empty, and their packets are counted
    at the update rate that the lines above the heading tell. The clock starts where the file does: it has no date.
    """
    tables = [table for file in files if file.start.startswith("//") and (table := find_table(file, _is_header))]
    if not tables:
        return None
    table = one_recording_only(tables)
    if len(table.columns) == 1:
        raise InputError(f"{table.name} has blanks between its columns. Choose tabs in MT Manager's exporter.")
    if not set(_GYR) <= set(table.columns):
        raise no_gyroscope(files, table.name, "acceleration or orientation", _MODE)
    if not set(_ACC) <= set(table.columns):
        raise no_accelerometer(files, table.name, _MODE)
    findings: list[str] = []
    values = table.numbers([table.index(name) for name in (_COUNTER, *_ACC, *_GYR)], findings)
    stated = _RATE.search("\n".join(table.file.head()[: table.header_line]))
    rate_hz = float(stated[1]) if stated and float(stated[1]) > 0 else None
    packets = unwrapped(values[:, 0], _PACKETS)
    rate_from: RateFrom = "measured"
    if (ticks := _ticks(table)) is not None:
        time_s, _ = seconds(table.name, ticks, packets, rate_hz)
    elif rate_hz is not None:
        time_s, rate_from = packets / rate_hz, "told by the file"
        findings.append(f"{table.name} has no time stamps; its packets are counted at the {rate_hz:g} Hz it tells.")
    else:
        raise InputError(
            f"{table.name} has neither times ({_CLOCK} is empty) nor an update rate above its heading. Tell the rate: "
            f"--columns -,{','.join((*_ACC, *_GYR))} --units '{TOLD_RATE}, m/s2, rad/s'."
        )
    samples = Samples(time_s, values[:, 1:4], values[:, 4:7])
    return finish(
        "xsens_mt_manager",
        table.name,
        samples,
        stated_rate_hz=rate_hz,
        rate_from=rate_from,
        findings=findings,
    )


def _is_header(names: tuple[str, ...]) -> bool:
    return names[0] == _COUNTER or (len(names) == 1 and names[0].startswith(f"{_COUNTER} "))


def _ticks(table: Table) -> FloatArray | None:
    """The clock's count; `None` where the column is absent, empty or NaN, as of wireless sensors."""
    if _CLOCK not in table.columns:
        return None
    texts = table.strings(table.index(_CLOCK))
    if any(text.lower() in ("", "nan") for text in texts):
        return None
    return table.numbers([table.index(_CLOCK)], [])[:, 0]

"""Movella (Xsens) DOT, CSV of the phone app and of the PC SDK's logger: m/s2, deg/s, a microsecond counter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.moments import Start, told_start
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_accelerometer, no_gyroscope, one_recording_only
from dowel.recordings.formats.streams import read_stream, without_leading_zeros
from dowel.recordings.formats.table import Table, TextFile, find_table
from dowel.recordings.formats.ticks import seconds
from dowel.recordings.types import Samples

EPOCH_UNCERTAINTY_S: Final = 0.05
"""`StartTime` is the phone's clock when it asked for data; two synchronised sensors disagreed by 23 ms."""

_CLOCK: Final = "SampleTimeFine"
_COUNTER: Final = "PacketCounter"
_ACC: Final = ("Acc_X", "Acc_Y", "Acc_Z")
_GYR: Final = ("Gyr_X", "Gyr_Y", "Gyr_Z")
_MODE: Final = 'measure in the mode "Rate quantities" (or "Custom mode 5") in the Movella DOT app'
_RATE = re.compile(r"OutputRate:?,?\s*(\d+(?:\.\d+)?)\s*Hz", re.IGNORECASE)
_START = re.compile(r"StartTime:?[ \t]*,?[ \t]*([^,;\n]*)")
_PREAMBLE = re.compile(
    r"^\W*(?:DeviceTag|FirmwareVersion|AppVersion|SyncStatus|OutputRate|Measurement Mode|StartTime)\b", re.M
)
_SYNCED = re.compile(r"SyncStatus:?,?\s*Synced")


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode a Movella DOT file; `None` if no file has its header. Refuses modes without gyroscope or raw acc."""
    tables = [table for file in files if (table := find_table(file, lambda names: _CLOCK in names[:2]))]
    if not tables:
        return None
    table = one_recording_only(tables)
    preamble = "\n".join(table.file.head()[: table.header_line])
    if not set(_GYR) <= set(table.columns):
        raise no_gyroscope(files, table.name, _what_there_is(table), _MODE)
    if not _PREAMBLE.search(preamble):
        raise _of_another_program(table)
    if not set(_ACC) <= set(table.columns):
        raise no_accelerometer(files, table.name, _MODE)
    findings: list[str] = []
    counter = [_COUNTER] if _COUNTER in table.columns else []
    columns = [table.index(name) for name in (*_ACC, *_GYR, *counter)]
    stream = without_leading_zeros(read_stream(table, table.index(_CLOCK), columns, findings), findings)
    rate = _RATE.search(preamble)
    stated_hz = float(rate[1]) if rate and float(rate[1]) > 0 else None
    time_s, tick_s = seconds(table.name, stream.time_s, stream.xyz[:, 6] if counter else None, stated_hz)
    samples = Samples(time_s, stream.xyz[:, :3], np.deg2rad(stream.xyz[:, 3:6]))
    start = _start(table.name, preamble, findings)
    return finish(
        "movella_dot",
        table.name,
        samples,
        epoch_s=start.epoch_s,
        local_start=start.local,
        epoch_uncertainty_s=EPOCH_UNCERTAINTY_S,
        sync_clock_s=float(stream.time_s[0]) * tick_s if _SYNCED.search(preamble) else None,
        stated_rate_hz=stated_hz,
        findings=findings,
    )


def _what_there_is(table: Table) -> str:
    kinds = (
        ("Quat_W", "orientation quaternions"),
        ("Euler_X", "orientation angles"),
        ("dq_W", "orientation steps"),
        ("FreeAcc_X", "acceleration without gravity"),
        ("Acc_X", "acceleration"),
    )
    return " and ".join(words for name, words in kinds if name in table.columns) or "time stamps"


def _start(name: str, preamble: str, findings: list[str]) -> Start:
    """`StartTime`, as the versions of the app write it."""
    text = match[1].strip(' "') if (match := _START.search(preamble)) else ""
    return told_start(name, "its StartTime", text, findings) if text else Start()


def _of_another_program(table: Table) -> InputError:
    return InputError(
        f"{table.name} has {_CLOCK} and so may be of Movella DOT or of Xsens MT Manager, whose units differ; the lines "
        "above the heading are missing (DeviceTag, OutputRate, StartTime of the DOT app, or // of MT Manager). "
        "Give the file as it was written, or tell its columns and units with --columns and --units."
    )

"""The refusals that several formats share, so that each is said in the same words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final, TypeVar

from dowel.recordings.errors import InputError
from dowel.recordings.formats.table import Table, TextFile, find_table

_Named = TypeVar("_Named", Table, TextFile)

_RATE: Final = re.compile(
    r"gyr|rotation ?rate|angular ?(?:velocity|rate)|(?:deg|rad|°) ?/ ?s\b|dps|^[gw][xyz]$", re.IGNORECASE
)
_AXIS: Final = re.compile(r"(?:^|[^a-z])[xyz](?:[^a-z]|$)", re.IGNORECASE)
_UNIT: Final = re.compile(r"\(([^()]+)\)")


def no_gyroscope(files: Sequence[TextFile], file: str, has: str, mode: str) -> InputError:
    """The recording has no angular rate that is read; a gyroscope in other columns of ``files`` is named.

    ``has`` says what the recording holds, ``mode`` what to record instead.
    """
    for table in _rate_tables(files):
        columns = [name for name in table.columns if _RATE.search(name)] or list(table.columns)
        unit = f" in {found[1]}" if (found := _UNIT.search(columns[0])) else ""
        return InputError(
            f"{table.name} has a gyroscope{unit} (columns {', '.join(columns[:4])}), but not with the headings and "
            f"unit of this format, so it is not read. To use it, {mode}; or write plain CSV."
        )
    return InputError(
        f"{file} has no gyroscope data, only {has}; the angles of trunk and pelvis need the gyroscope's angular rate. "
        f"To use it, {mode}."
    )


def _rate_tables(files: Sequence[TextFile]) -> Iterator[Table]:
    """The tables whose heading, or whose file's name, is that of a gyroscope."""
    for file in files:
        axes = 3 if "gyro" in PurePosixPath(file.name).name.lower() else math.inf

        def tells_rate(names: tuple[str, ...], axes: float = axes) -> bool:
            named = sum(bool(_AXIS.search(name)) for name in names) >= axes
            return named or sum(bool(_RATE.search(name)) for name in names) >= 3

        if (table := find_table(file, tells_rate)) is not None:
            yield table


def no_accelerometer(file: str, mode: str) -> InputError:
    """The recording has no specific force."""
    return InputError(
        f"{file} has no accelerometer data with gravity; the angles of trunk and pelvis need both accelerometer and "
        f"gyroscope. To use it, {mode}."
    )


def one_recording_only(found: Sequence[_Named]) -> _Named:
    """The single one of that kind; raises `InputError` if there are several, as one sensor has one recording."""
    if len(found) > 1:
        names = ", ".join(each.name for each in found[:4])
        raise InputError(f"There are {len(found)} recordings in one place ({names}). Name the file of one sensor.")
    return found[0]

"""The refusals that several formats share, so that each is said in the same words."""

from __future__ import annotations

from collections.abc import Sequence

from dowel.recordings.errors import InputError
from dowel.recordings.formats.table import Table


def no_gyroscope(file: str, has: str, mode: str) -> InputError:
    """The recording has no angular rate. ``has`` says what it holds, ``mode`` what to record instead."""
    return InputError(
        f"{file} has no gyroscope data, only {has}; the angles of trunk and pelvis need the gyroscope's angular rate. "
        f"To use it, {mode}."
    )


def no_accelerometer(file: str, mode: str) -> InputError:
    """The recording has no specific force."""
    return InputError(
        f"{file} has no accelerometer data with gravity; the angles of trunk and pelvis need both accelerometer and "
        f"gyroscope. To use it, {mode}."
    )


def one_recording_only(tables: Sequence[Table]) -> Table:
    """The single table of that kind; raises `InputError` if there are several, as one sensor has one recording."""
    if len(tables) > 1:
        names = ", ".join(table.name for table in tables[:4])
        raise InputError(f"There are {len(tables)} recordings in one place ({names}). Name the file of one sensor.")
    return tables[0]

"""Where a practice is recorded: its file's name, where else it may go on, and what became of the sessions before."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

import platformdirs

from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.session_file.finished_session import fold_session, sweep
from dowel.recordings.session_file.schema import SUFFIX, wal_of
from dowel.recordings.session_file.session_database import take_name
from dowel.settings.trims import data_folder
from dowel.text.own_files import make_own_folder

MOST_IN_A_MINUTE: Final = 99


def sessions_folder() -> Path:
    """Where sessions are kept unless somewhere else is asked for."""
    return platformdirs.user_documents_path() / "Dowel"


def other_folders() -> list[Path]:
    """Where a session goes on when its own folder can no longer be written to, in this order."""
    return [sessions_folder(), data_folder() / "sessions", Path(tempfile.gettempdir())]


def place_for(out: Path | None, drill: str, now: datetime) -> Path:
    """Where the session goes: as asked, else the documents folder. The file is made, empty, so the name is taken.

    Raises ``UsageError`` or ``InputError``; nothing is ever overwritten.
    """
    if out is not None:
        if out.suffix != SUFFIX:
            raise UsageError(f"--out {out}: the name of a session ends in {SUFFIX}.")
        take_name(out)
        return out
    folder = sessions_folder()
    try:
        make_own_folder(folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be made ({error.strerror or error}). Say where with --out FILE.") from error
    stem = f"{now:%Y-%m-%d_%H%M}_{drill}"
    for number in range(1, MOST_IN_A_MINUTE + 1):  # a second practice in the same minute
        path = folder / f"{stem}{'' if number == 1 else f'_{number}'}{SUFFIX}"
        try:
            take_name(path)
        except InputError:
            if not (path.exists() or wal_of(path).exists()):
                raise
        else:
            return path
    raise InputError(f"{folder} has {MOST_IN_A_MINUTE} sessions of this minute. Say where with --out FILE.")


def fold_left_open(folder: Path) -> list[str]:
    """Make sessions in a folder that were not closed (a crash, a flat battery) single files; sentences about them."""
    told = []
    sweep(folder)
    for beside in sorted([*folder.glob(f"*{SUFFIX}-wal"), *folder.glob(f"*{SUFFIX}-journal")]):
        path = beside.with_name(beside.name.rpartition("-")[0])
        try:
            told += fold_session(path)
        except InputError:  # damaged, or another practice is writing it: it is left as it is
            continue
    return told

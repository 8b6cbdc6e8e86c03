"""The session that is meant where none is named: the newest of the folder that practices record into."""

from __future__ import annotations

import sys
from pathlib import Path

from dowel.recordings.errors import UsageError


def session_or_newest(file: Path | None) -> Path:
    """This session, or the newest one, which is then named on standard error. Raises ``UsageError`` for none."""
    if file is not None:
        return file
    from dowel.practice.recording_place import sessions_folder
    from dowel.recordings.session_file.schema import SUFFIX

    folder = sessions_folder()
    # a practice names its session by the time, so the last name is the newest; what people rename comes before these
    found = sorted(folder.glob(f"[0-9]*{SUFFIX}")) or sorted(folder.glob(f"*{SUFFIX}"), key=_changed)
    if not found:
        raise UsageError(f"There is no session in {folder} yet. Name one, or practise: dowel practice.")
    print(f"The newest session: {found[-1]}", file=sys.stderr)
    return found[-1]


def _changed(path: Path) -> float:
    return path.stat().st_mtime

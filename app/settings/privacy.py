"""Which of somebody's sessions and settings other users of the computer can read: those of before are as they were."""

from __future__ import annotations

from pathlib import Path

from dowel.recordings.session_file.schema import SUFFIX
from dowel.settings.preferences import preferences_path
from dowel.settings.trims import trims_path
from dowel.text.own_files import open_words


def private_words(folder: Path) -> str:
    """A sentence about sessions in a folder and settings that others can read, and what to do; empty: there are none.

    Parameters
    ----------
    folder
        Where the sessions are kept.
    """
    try:
        sessions = sorted(path for path in folder.glob(f"*{SUFFIX}*") if path.is_file())
    except OSError:
        sessions = []
    return open_words([*sessions, *filter(Path.exists, (preferences_path(), trims_path()))])

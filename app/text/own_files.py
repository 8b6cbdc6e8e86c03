"""Folders and files of somebody's own: made so that nobody else can read them, and which of the old ones others can."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dowel.text.typed import typed

OWN_FILE: Final = 0o600
OWN_FOLDER: Final = 0o700
_CLASSES: Final = ((stat.S_IRGRP, stat.S_IXGRP), (stat.S_IROTH, stat.S_IXOTH))


def make_own_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, that only its owner can look into, whatever the umask."""
    if folder.is_dir():
        return
    make_own_folder(folder.parent)
    folder.mkdir(OWN_FOLDER, exist_ok=True)


def open_to_others(files: Iterable[Path]) -> list[Path]:
    """Those of these files that another user of this computer can read: a folder above may keep them out."""
    if os.name != "posix":
        return []
    return [file for file in files if any(_readable(file, *bits) for bits in _CLASSES)]


def _readable(file: Path, read: int, enter: int) -> bool:
    try:
        file = file.resolve()
        return bool(file.stat().st_mode & read) and all(folder.stat().st_mode & enter for folder in file.parents)
    except OSError:
        return False


def open_words(files: Iterable[Path]) -> str:
    """A sentence about the files that others can read, and what to do; empty where there are none."""
    found = open_to_others(files)
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    folders = sorted({str(file.parent) for file in found})
    return (
        f"Other users of this computer can read {found[0]}{more}, made before files were kept to their owner. To keep "
        f"them to yourself: chmod -R go-rwx {' '.join(map(typed, folders))}"
    )

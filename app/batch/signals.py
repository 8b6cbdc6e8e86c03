"""The signals of many sessions: a folder of Parquet files, one for each, by the name of the session."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np

from dowel.exports.parquet_tables import ParquetTables
from dowel.recordings.errors import InputError
from dowel.session.results import SessionResults
from dowel.session.signal_table import signal_columns
from dowel.session.tables import SIGNAL_COLUMNS
from dowel.settings.version import program_version
from dowel.text.atomic_write import whole_file, writing

MADE: Final = "_made_by_dowel.json"
"""Tells that a folder is such a one; readers of Parquet pass over what begins with a line."""


def as_parquet(results: SessionResults) -> bytes:
    """The signals of a session as a Parquet file with every column, empty where its sensor was not worn."""
    signals = signal_columns(results)
    points = len(next(iter(signals.values()), ()))
    missing = np.full(points, np.nan)
    with tempfile.TemporaryDirectory(prefix="dowel-") as folder:
        path = Path(folder, "signals.parquet")
        with ParquetTables().columns(path, SIGNAL_COLUMNS) as append:
            append([signals.get(column.name, missing) for column in SIGNAL_COLUMNS])
        return path.read_bytes()


class SignalsFolder:
    """The folder while it is made: it lies hidden beside its place, and is put there when it is whole.

    One of an earlier run stays where it is until then; its files that hold for the same bytes and program are taken
    over, and so are those of a run that did not come to its end. Raises ``InputError`` where the folder holds anything
    else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()  # a way through the folder itself leads nowhere while it is put in place
        self._hidden = self._folder.with_name(f".{self._folder.name}-unfinished")
        with writing(folder):
            made = not self._folder.exists() or (self._folder / MADE).is_file()
            if not made and (not self._folder.is_dir() or any(self._folder.iterdir())):
                raise InputError(f"{folder} holds something else. Give a folder that is new or empty.")
            self._hidden.mkdir(exist_ok=True)
        self._kept: set[Path] = set()

    def there(self, session: str) -> frozenset[str]:
        """The names of the files that are there already for sessions of this name."""
        folders = (self._part(whole, session) for whole in (self._folder, self._hidden))
        return frozenset(path.name for folder in folders for path in folder.glob("*.parquet"))

    def keep(self, session: str, name: str, data: bytes) -> None:
        """The signals of a session; ``data`` is empty where they are there already."""
        path = self._part(self._hidden, session) / name
        self._kept.add(path)
        if path.exists() and not data:
            return
        path.parent.mkdir(exist_ok=True)
        with whole_file(path) as whole:
            if data:
                whole.write_bytes(data)
            else:
                shutil.copy2(self._part(self._folder, session) / name, whole)

    def finish(self) -> None:
        """Leave out what is not of this run, and put the folder in its place."""
        with writing(self._folder):
            for path in self._hidden.rglob("*.parquet"):
                if path not in self._kept:
                    path.unlink()
            (self._hidden / MADE).write_text(json.dumps({"program_version": program_version()}), encoding="utf-8")
            if self._folder.exists():
                with tempfile.TemporaryDirectory(prefix=".dowel-", dir=self._folder.parent) as earlier:
                    self._folder.rename(Path(earlier, "signals"))
                    self._hidden.rename(self._folder)
            else:
                self._hidden.rename(self._folder)

    @staticmethod
    def _part(folder: Path, session: str) -> Path:
        return folder / f"session={quote(session, safe='')}"

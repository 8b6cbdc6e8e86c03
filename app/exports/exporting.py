"""Sessions exported: each by its format, into a folder that is put in place whole."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dowel.exports.anonymous import NAMELESS, Labels, tag_of
from dowel.exports.export_format import ExportFormat
from dowel.exports.session_tables import Tables, write_tables
from dowel.recordings.errors import InputError, told_of
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.types import Placement
from dowel.session.tables import PLAIN_CSV, CsvForm
from dowel.text.atomic_write import writing


class Exporter(Protocol):
    """One format: takes session after session."""

    def add(self, session: Session, folder: Path) -> None:
        """Write a session below a folder that is new. Raises ``InputError``; the session is then left out."""
        ...

    def finish(self, folder: Path) -> None:
        """All sessions are in this folder: write what is of all of them."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be exported, and how: ``files`` into the folder ``to``, with ``raw`` samples where tables are made."""

    files: tuple[Path, ...]
    to: Path
    format: ExportFormat = ExportFormat.CSV
    raw: bool = False
    anonymous: bool = False
    form: CsvForm = PLAIN_CSV

    def name(self, number: int) -> str:
        """What an anonymous session is called, by its number from 1."""
        return self.to.name if len(self.files) == 1 else f"{self.to.name}-{number:03d}"


def export_sessions(asked: Asked, tell: Callable[[Path, Sequence[str]], None]) -> tuple[list[Path], list[str]]:
    """Write sessions into a folder that is new or empty.

    Returns the files, and a sentence for each session that could not be exported. Where none could be, that raises
    ``InputError`` and leaves nothing behind. ``tell`` hears what is wrong with a session's file.
    """
    with writing(asked.to):
        if asked.to.exists() and (not asked.to.is_dir() or any(asked.to.iterdir())):
            raise InputError(f"{asked.to} exists and is not empty, and nothing is overwritten. Choose another folder.")
        place = asked.to.resolve()  # of a link, or a way through the folder itself, what is to be put in place
        if place == Path.cwd():
            raise InputError(f"{asked.to} is the folder that this was asked from. Choose another folder.")
        place.parent.mkdir(parents=True, exist_ok=True)
    exporter = _exporter(asked)
    labels = Labels(tag_of(asked.files)) if asked.anonymous else None
    left_out: list[str] = []
    with (
        writing(asked.to),
        tempfile.TemporaryDirectory(prefix=".dowel-export-", dir=place.parent) as temporary,
    ):
        whole = Path(temporary, "whole")
        whole.mkdir()
        for number, path in enumerate(asked.files, start=1):
            part = Path(temporary, str(number))
            part.mkdir()
            with told_of(path, left_out), open_session(path) as session:
                nameless = labels and len(asked.files) > 1 and not session.facts.get("person")
                tell(path, [*session.problems, *([NAMELESS] if nameless else [])])
                exporter.add(labels.anonymous(session, asked.name(number)) if labels else session, part)
                _bring(part, whole)
        if len(left_out) == len(asked.files):
            raise InputError(left_out[0])
        exporter.finish(whole)
        if place.exists():
            place.rmdir()
        whole.rename(place)
    return sorted(path for path in asked.to.rglob("*") if path.is_file()), left_out


def _bring(part: Path, whole: Path) -> None:
    """Everything below one folder to the same place below another."""
    for path in sorted(part.iterdir()):
        target = whole / path.name
        if path.is_dir() and target.is_dir():
            _bring(path, target)
        else:
            path.rename(target)


def _exporter(asked: Asked) -> Exporter:
    if asked.format is ExportFormat.MCAP:
        return McapExporter()
    if asked.format is ExportFormat.MOTION_BIDS:
        from dowel.exports.bids_dataset import BidsExporter

        return BidsExporter(asked.to.name, anonymous=asked.anonymous)
    if asked.format is ExportFormat.PARQUET:
        from dowel.exports.parquet_tables import ParquetTables

        return TablesExporter(asked, ParquetTables())
    from dowel.exports.csv_tables import CsvTables

    return TablesExporter(asked, CsvTables(asked.form))


class _Names:
    """A name for each session, no two alike: sessions of several folders may be called the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, wanted: str) -> str:
        name, number = wanted, 1
        while name.lower() in self._taken:  # some file systems take capitals for the same
            number += 1
            name = f"{wanted}-{number}"
        self._taken.add(name.lower())
        return name


class TablesExporter:
    """Tables of each session: in the folder itself, or in one for each of several sessions."""

    def __init__(self, asked: Asked, tables: Tables) -> None:
        self._asked, self._tables, self._names = asked, tables, _Names()

    def add(self, session: Session, folder: Path) -> None:
        """Write its tables."""
        if len(self._asked.files) > 1:
            folder = folder / self._names.of(session.path.stem)
            folder.mkdir()
        write_tables(session, folder, self._tables, raw=self._asked.raw)

    def finish(self, folder: Path) -> None:
        """Nothing is of all of them."""


class McapExporter:
    """An MCAP file for each session, and one layout for all."""

    def __init__(self) -> None:
        self._names = _Names()
        self._placements: dict[Placement, None] = {}

    def add(self, session: Session, folder: Path) -> None:
        """Write its file."""
        from dowel.exports.mcap_file import SUFFIX, write_mcap

        write_mcap(session, folder / f"{self._names.of(session.path.stem)}{SUFFIX}")
        self._placements |= dict.fromkeys(sensor.placement for sensor in session.sensors)

    def finish(self, folder: Path) -> None:
        """The layout stands beside the files."""
        from dowel.exports.foxglove_layout import LAYOUT, foxglove_layout

        (folder / LAYOUT).write_text(foxglove_layout(list(self._placements)), encoding="utf-8")

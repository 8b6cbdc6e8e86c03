"""The manifest of many imports: a CSV with a row per session, its files by placement and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dowel.analysis.drills.drills import DRILLS
from dowel.exchange.importing import ImportOptions
from dowel.exchange.many_imports import PlannedImport, without_name_twice
from dowel.exchange.written_csv import WrittenKind, written_rows
from dowel.recordings.errors import InputError
from dowel.recordings.started_at import moment_of
from dowel.recordings.types import Placement
from dowel.session.option_ranges import HEIGHT_CM, LOAD_KG, WALL_CM, Bounds, LiftedFrom

_NUMBERS: Final[Mapping[str, tuple[Bounds, str]]] = {
    "load_kg": (LOAD_KG, "kilograms"),
    "height_cm": (HEIGHT_CM, "centimetres"),
    "wall_cm": (WALL_CM, "centimetres"),
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"drill": tuple(DRILLS), "from": tuple(LiftedFrom)}
COLUMNS: Final = (
    *(str(placement) for placement in Placement),
    *("marks", "person", "drill", "load_kg", "height_cm", "wall_cm", "from", "band", "started_at", "out"),
)
_MANIFEST: Final = WrittenKind(
    "manifest",
    COLUMNS,
    (),
    f"the header of a manifest names some of {','.join(COLUMNS)}, each once.",
    "Put a cell that holds the separator in quotes.",
)


def read_manifest(path: Path, usual: ImportOptions) -> list[PlannedImport]:
    """The imports of a manifest; one that cannot be understood, or lacks a file, has its problem, with the line.

    Paths are relative to the manifest's folder, and ``out`` to the folder ``usual.out``. What a row leaves empty is as
    in ``usual``; a session without ``out`` is called like its first file. Raises ``InputError`` where the manifest as a
    whole cannot be read.
    """
    plan = []
    for line, cells in written_rows(path, _MANIFEST):
        name = f"line {line}"
        try:
            plan.append(PlannedImport(name, _options(path.parent, {k: v for k, v in cells.items() if v}, usual)))
        except InputError as error:
            plan.append(PlannedImport(name, problem=str(error)))
    if not plan:
        raise InputError(f"{path} names no session. Write a row for each under its header.")
    return without_name_twice(plan)


def _options(folder: Path, cells: Mapping[str, str], usual: ImportOptions) -> ImportOptions:
    sources = {at: folder / cells[at] for at in Placement if at in cells}
    if not sources:
        raise InputError(f"No file is named; write one under {Placement.UPPER_BACK}, {Placement.SACRUM} or another.")
    marks = folder / cells["marks"] if "marks" in cells else usual.marks
    absent = [str(path) for path in (*sources.values(), *filter(None, [marks])) if not path.exists()]
    if absent:
        raise InputError(f"There is no {' and no '.join(absent)}. Correct the manifest, or put the file there.")
    out = usual.out / (cells.get("out") or next(iter(sources.values())).stem)
    if out.suffix != ".dowel":
        out = out.with_name(f"{out.name}.dowel")
    said: dict[str, Any] = {name: cells[name] for name in ("person", "band") if name in cells}
    said |= {name: _number(name, cells[name]) for name in _NUMBERS if name in cells}
    for name, allowed in _CHOICES.items():
        if name in cells:
            if cells[name] not in allowed:
                raise InputError(f"{name} is {cells[name]!r}; it is one of {', '.join(allowed)}.")
            said["lifted_from" if name == "from" else name] = cells[name]
    return replace(
        usual,
        sources=sources,
        out=out,
        marks=marks,
        setup=replace(usual.setup, **said),
        started_at=_moment(cells["started_at"]) if "started_at" in cells else usual.started_at,
    )


def _number(name: str, text: str) -> float:
    bounds, unit = _NUMBERS[name]
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not bounds.hold(value):
        raise InputError(f"{name} is {text!r}; write {unit} as a number from {bounds}.")
    return value


def _moment(text: str) -> str:
    moment = moment_of(text)
    if moment is None:
        raise InputError(f"started_at is {text!r}; write a date and time like 2026-05-04T10:00.")
    return moment.isoformat()

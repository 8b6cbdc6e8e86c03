"""What many imports are going to be, and what became of them, as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from dowel.exchange.many_imports import ImportOutcome, PlannedImport
from dowel.text.fitting_table import fitting_table
from dowel.text.sanitise import plain

_CALIBRATIONS = {"marked": "by the marked steps", "stance": "from the recording", "none": "none: nothing is judged"}


def plan_table(plan: Sequence[PlannedImport], width: int) -> RenderableType:
    """A row for each session that is planned: its name, how long it is, and the files it is made of."""
    rows = []
    for planned in plan:
        if planned.options is None:
            rows.append([Text(plain(planned.name)), Text(), Text("cannot be imported, see below", style="red")])
            continue
        files = [f"{place.words}: {_short(path)}" for place, path in planned.options.sources.items()]
        if planned.options.marks is not None:
            files.append(f"marks: {_short(planned.options.marks)}")
        name = Text(plain(planned.options.out.stem))
        rows.append([name, Text(_length(planned.length_s)), Text(plain(", ".join(files)))])
    return fitting_table({"session": True, "length": False, "made of": True}, rows, width)


def outcome_table(outcomes: Sequence[ImportOutcome], width: int) -> RenderableType:
    """A row for each session that was imported."""
    rows = []
    for outcome in outcomes:
        imported, options = outcome.imported, outcome.planned.options
        if imported is not None and options is not None:
            together = "" if len(options.sources) == 1 else f"{imported.sync_ms:.0f} ms"
            cells = (_length(imported.length_s), str(len(options.sources)), together)
            calibration = _CALIBRATIONS[imported.calibration]
            rows.append([Text(plain(options.out.stem)), *(Text(cell) for cell in cells), Text(calibration)])
    columns = {"session": True, "length": False, "sensors": False, "clocks": False, "calibration": True}
    return fitting_table(columns, rows, width)


def outcome_words(outcomes: Sequence[ImportOutcome]) -> str:
    """How many went which way."""
    imported = sum(outcome.imported is not None for outcome in outcomes)
    failed = sum(bool(outcome.problem) for outcome in outcomes)
    there = len(outcomes) - imported - failed
    parts = [f"{imported} of {len(outcomes)} imported"]
    if there:
        parts.append(f"{there} there already and left as they are")
    if failed:
        parts.append(f"{failed} failed")
    return f"{', '.join(parts)}."


def _short(path: Path) -> str:
    """A file with the folder that it is in."""
    return "/".join(path.parts[-2:])


def _length(length_s: float | None) -> str:
    if length_s is None:
        return ""
    minutes, seconds = divmod(round(length_s), 60)
    return f"{minutes}:{seconds:02d} min"

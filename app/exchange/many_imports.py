"""Many imports in a row: what is planned, and what became of it. A bad one stops none of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dowel.exchange.importing import Imported, ImportOptions, import_recordings
from dowel.recordings.errors import problem_of
from dowel.text.own_files import make_own_folder


@dataclass(frozen=True)
class PlannedImport:
    """A session that is to be made: what it is called in messages, and how it is imported.

    ``problem``: why it cannot be, which leaves ``options`` out. ``length_s``: how long it is, and ``sentences``: what
    its readers found, where that was looked at.
    """

    name: str
    options: ImportOptions | None = None
    problem: str = ""
    length_s: float | None = None
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportOutcome:
    """What became of a plan: imported, there already (neither), or a problem."""

    planned: PlannedImport
    imported: Imported | None = None
    problem: str = ""


def run_imports(plan: Sequence[PlannedImport], tell: Callable[[str], None]) -> Iterator[ImportOutcome]:
    """Import one after the other; ``tell`` hears what is being done. A session that exists is left as it is."""
    for number, planned in enumerate(plan, start=1):
        if planned.options is None:
            yield ImportOutcome(planned, problem=planned.problem)
            continue
        if planned.options.out.exists():
            yield ImportOutcome(planned)
            continue

        def told(text: str, number: int = number) -> None:
            tell(f"{number} of {len(plan)}: {text}")

        try:
            make_own_folder(planned.options.out.parent)
            yield ImportOutcome(planned, import_recordings(planned.options, told))
        except Exception as error:  # whatever it is, the others are still to be imported
            yield ImportOutcome(planned, problem=problem_of(error))


def without_name_twice(plan: Sequence[PlannedImport]) -> list[PlannedImport]:
    """The plan with those refused that would be written where an earlier one is."""
    first: dict[Path, str] = {}
    refused = []
    for planned in plan:
        options = planned.options
        if options is not None and (earlier := first.setdefault(options.out, planned.name)) != planned.name:
            sentence = f"{options.out} is already the session of {earlier}. Give each a name of its own."
            planned = PlannedImport(planned.name, problem=sentence)
        refused.append(planned)
    return refused

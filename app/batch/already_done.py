"""Which sessions a batch need not analyse: those that the cache of this computer knows, by this same program."""

from __future__ import annotations

from pathlib import Path

from dowel.batch.one_session import Outcome, Task, packed_outcome, signals_name_of
from dowel.reports.session_rows import known_rows
from dowel.session.results_cache import ResultsCache


def already_done(task: Task, cache: ResultsCache) -> Outcome | None:
    """What the cache knows of a session on this computer without reading it."""
    if task.input.is_url or not task.use_cache:
        return None
    found = known_rows(Path(task.input.place), cache)
    if found is None:
        return None
    name = signals_name_of(task, found[1])
    return packed_outcome(*found, name) if not name or name in task.there else None

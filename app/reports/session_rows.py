"""The rows of a session and what is said beside them, for whoever reads many: from the cache where it has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dowel.session.results_cache import ResultsCache, session_key

_KIND = "rows"


@dataclass(frozen=True, slots=True)
class SessionRows:
    """A session, analysed: what it says of itself, where its sensors sat, and the rows of its tables by column name.

    ``warn_deg`` holds for the number of each set the limit from which on a rep is warned, ``problems`` sentences about
    the file and its data.
    """

    facts: Mapping[str, Any]
    placements: tuple[str, ...]
    rep_rows: list[dict[str, Any]]
    set_rows: list[dict[str, Any]]
    warn_deg: Mapping[int, float]
    problems: tuple[str, ...]


def session_rows(path: Path, cache: ResultsCache) -> SessionRows:
    """The rows of a session. Raises ``InputError`` where it cannot be used."""
    key = session_key(path, _KIND)
    if key is not None and (kept := cache.get(key)) is not None:
        return _from_json(kept)
    rows = _analysed(path)
    if key is not None and session_key(path, _KIND) == key:  # nothing was written to it meanwhile
        cache.put(key, _to_json(rows))
    return rows


def _analysed(path: Path) -> SessionRows:
    # late: who finds everything in the cache need not load the analysis
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.reports.data_quality import silence_sentences
    from dowel.session.results import SessionResults, follow

    with open_session(path) as opened:
        results = SessionResults.of(opened)
        for _ in follow(opened, results):
            pass
    return SessionRows(
        results.facts,
        tuple(str(sensor.placement) for sensor in results.sensors),
        results.rep_dicts(),
        results.set_dicts(),
        {row.set: results.limits_at(row).warn_deg for row in results.rep_rows if row.set is not None},
        (*results.problems, *silence_sentences(results)),
    )


def _to_json(rows: SessionRows) -> bytes:
    return json.dumps(
        [
            rows.facts,
            rows.placements,
            rows.rep_rows,
            rows.set_rows,
            list(rows.warn_deg.items()),
            rows.problems,
        ]
    ).encode()


def _from_json(kept: bytes) -> SessionRows:
    facts, placements, rep_rows, set_rows, warn_deg, problems = json.loads(kept)
    return SessionRows(facts, tuple(placements), rep_rows, set_rows, dict(warn_deg), tuple(problems))

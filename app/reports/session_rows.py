"""The rows of a session and what is said beside them, for whoever reads many: from the cache where it has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dowel.session.results_cache import ResultsCache, known_digests, session_digests, session_key

if TYPE_CHECKING:
    from dowel.session.results import SessionResults

_KIND = "rows"


@dataclass(frozen=True, slots=True)
class SessionRows:
    """A session, analysed: what it says of itself, where its sensors sat, and the rows of its tables by column name.

    ``warn_deg`` holds for the number of each set the limit from which on a rep is warned, ``problems`` sentences about
    the file, ``silences`` sentences about sensors that sent nothing for a while. ``digests`` are the SHA-256 of the
    session's file and of what lay beside it, by name; empty where they changed meanwhile.
    """

    facts: Mapping[str, Any]
    placements: tuple[str, ...]
    rep_rows: list[dict[str, Any]]
    set_rows: list[dict[str, Any]]
    warn_deg: Mapping[int, float]
    problems: tuple[str, ...]
    silences: tuple[str, ...]
    digests: Mapping[str, str]

    @property
    def identity(self) -> str:
        """What all copies and states of one session have in common; files older than identities tell it by content."""
        return str(self.facts.get("identity") or sorted(self.digests.values()))


def session_rows(path: Path, cache: ResultsCache, tell: Callable[[str], None] = lambda _: None) -> SessionRows:
    """The rows of a session; ``tell`` hears how far it has come. Raises ``InputError`` where it cannot be used."""
    return rows_of(*rows_as_json(path, cache, tell))


def known_rows(path: Path, cache: ResultsCache) -> tuple[bytes, dict[str, str]] | None:
    """The rows of a session and the digests of its files, where the cache has both and need not read them."""
    digests = known_digests(path, cache)
    kept = cache.get(session_key(_KIND, path.name, digests)) if digests is not None else None
    return None if digests is None or kept is None else (kept, digests)


def rows_as_json(
    path: Path,
    cache: ResultsCache,
    tell: Callable[[str], None] = lambda _: None,
    every_point: Callable[[SessionResults], None] | None = None,
) -> tuple[bytes, dict[str, str]]:
    """The rows of a session as they are kept and sent to other processes, and the digests of its files.

    ``tell`` hears how far it has come. ``every_point`` is handed the results with every point kept, for which the
    session is analysed in any case. Raises ``InputError`` where it cannot be used.
    """
    digests = session_digests(path, cache)
    key = session_key(_KIND, path.name, digests) if digests is not None else None
    if key is not None and every_point is None and (kept := cache.get(key)) is not None:
        return kept, digests or {}
    computed = _computed(path, tell, every_point)
    if key is None or session_digests(path, cache) != digests:  # something was written to it meanwhile
        return computed, {}
    cache.put(key, computed)
    return computed, digests or {}


def rows_of(kept: bytes, digests: Mapping[str, str]) -> SessionRows:
    """The rows that were kept as JSON, of files with these digests."""
    facts, placements, rep_rows, set_rows, warn_deg, problems, silences = json.loads(kept)
    return SessionRows(
        facts, tuple(placements), rep_rows, set_rows, dict(warn_deg), tuple(problems), tuple(silences), digests
    )


def _computed(path: Path, tell: Callable[[str], None], every_point: Callable[[SessionResults], None] | None) -> bytes:
    # late: who finds everything in the cache need not load the analysis
    from dowel.analysis.kept import Kept
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.reports.data_quality import silence_sentences
    from dowel.session.following import follow
    from dowel.session.results import SessionResults
    from dowel.session.run_session import analysing_words

    with open_session(path) as session:
        results = SessionResults.of(session)
        for part in follow(session, results, Kept.NOTHING if every_point is None else Kept.ATTITUDES):
            tell(analysing_words(path, part.now_s))
    if every_point is not None:
        every_point(results)
    warn_deg = {row.set: results.limits_at(row).warn_deg for row in results.rep_rows if row.set is not None}
    return json.dumps(
        [
            results.facts,
            [str(sensor.placement) for sensor in results.sensors],
            results.rep_dicts(),
            results.set_dicts(),
            list(warn_deg.items()),
            results.problems,
            list(silence_sentences(results)),
        ]
    ).encode()

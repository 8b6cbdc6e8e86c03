"""What a worker does with one session, wherever it runs: fetch it, analyse it, hand its rows back."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dowel.batch.inputs import COMPANIONS, Input, reason
from dowel.recordings.errors import InputError, UsageError, told_of
from dowel.recordings.session_file.session_blocks import LARGEST_FILE_BYTES
from dowel.reports.session_rows import SessionRows, rows_as_json, rows_of
from dowel.session.results_cache import ResultsCache, cache_path, code_digest, session_digests, session_key
from dowel.settings.version import program_version

if TYPE_CHECKING:
    from dowel.session.results import SessionResults

SAME_EVERYWHERE: Final = "Install the same on the scheduler and on every worker."


@dataclass(frozen=True, slots=True)
class Task:
    """A session to be analysed, and by which program.

    ``with_signals``: its signals are asked for too, unless one of the files that are there already, by their names
    ``there``, holds them.
    """

    input: Input
    version: str = field(default_factory=program_version)
    code: str = field(default_factory=code_digest)
    use_cache: bool = True
    with_signals: bool = False
    there: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a session: packed rows and the digests of its files, or a problem.

    ``signals`` is a Parquet file, empty where it was there already or nothing was asked; ``signals_name`` its name.
    """

    packed: bytes = b""
    digests: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    signals_name: str = ""
    signals: bytes = b""

    @property
    def rows(self) -> SessionRows:
        """The rows; only of a session without a problem."""
        return rows_of(zlib.decompress(self.packed), self.digests)


def analyse(task: Task) -> Outcome:
    """Analyse a session. Raises ``UsageError`` where this is not the program that asks."""
    if task.code != code_digest():
        theirs = program_version()
        what = f"runs dowel {theirs}" if theirs != task.version else "has other code or libraries"
        raise UsageError(f"A worker {what}, and you run dowel {task.version}. {SAME_EVERYWHERE}")
    found: list[Outcome] = []
    left_out: list[str] = []
    with told_of(task.input.name, left_out), _fetched(task.input) as path:
        try:
            with ResultsCache(cache_path() if task.use_cache else None) as cache:
                found.append(_analysed(task, path, cache))
        except InputError as error:
            raise InputError(str(error).replace(str(path), task.input.name)) from error
    return found[0] if found else Outcome(problem=left_out[0])


def _analysed(task: Task, path: Path, cache: ResultsCache) -> Outcome:
    if not task.with_signals:
        return packed_outcome(*rows_as_json(path, cache), "")
    digests = session_digests(path, cache)
    if digests is not None and (name := signals_name_of(task, digests)) in task.there:
        kept, still = rows_as_json(path, cache)
        if still == digests:
            return packed_outcome(kept, digests, name)
    from dowel.batch.signals import as_parquet

    written: list[bytes] = []

    def keep(results: SessionResults) -> None:
        written.append(as_parquet(results))

    kept, of_these = rows_as_json(path, cache, every_point=keep)
    return packed_outcome(kept, of_these, signals_name_of(task, of_these), written[0])


def signals_name_of(task: Task, digests: Mapping[str, str]) -> str:
    """The name of the file with a session's signals: another one for other bytes, or by another program."""
    key = session_key("signals", task.input.name, digests)
    return f"{hashlib.sha256(key).hexdigest()[:32]}.parquet" if task.with_signals else ""


def packed_outcome(kept: bytes, digests: Mapping[str, str], signals_name: str, signals: bytes = b"") -> Outcome:
    """What became of a session that can be used: its rows as the cache keeps them."""
    return Outcome(zlib.compress(kept, 1), digests, "", signals_name, signals)


@contextmanager
def _fetched(which: Input) -> Iterator[Path]:
    """The session as a file of this computer, with what lies beside it."""
    if not which.is_url:
        yield Path(which.place)
        return
    with tempfile.TemporaryDirectory(prefix="dowel-") as folder:
        path = Path(folder, which.file_name)
        if which.content:
            for name, data in which.content.items():
                Path(folder, name).write_bytes(data)
        else:
            try:
                _get(which, path)
            except InputError:
                raise
            except Exception as error:  # each file system has errors of its own
                raise InputError(f"{which.name} cannot be fetched: {reason(error)}. Check the address.") from error
        yield path


def _get(which: Input, path: Path) -> None:
    import fsspec

    file_system, place = fsspec.core.url_to_fs(which.place)
    if (file_system.size(place) or 0) > LARGEST_FILE_BYTES:
        raise InputError(f"{which.name} has more than {LARGEST_FILE_BYTES} bytes; such sessions are not read.")
    file_system.get_file(place, str(path))
    for companion in () if urlsplit(which.place).query else COMPANIONS:
        if file_system.exists(place + companion):
            file_system.get_file(place + companion, str(path) + companion)

"""What is to be read, in its order: sessions named by file, folder, pattern or URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from dowel.history.load_sessions import session_files
from dowel.recordings.errors import InputError
from dowel.recordings.session_file.schema import SUFFIX
from dowel.settings.extras import check_extra

COMPANIONS: Final = ("-wal", "-journal")
"""What SQLite puts beside a session that was not closed."""


@dataclass(frozen=True, slots=True)
class Input:
    """A session: what it is called in every output, and where it lies, as an absolute path or a URL.

    ``problem``: why it cannot be found. ``content``: its files by name, where only this process can read them.
    """

    name: str
    place: str = ""
    problem: str = ""
    content: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_url(self) -> bool:
        """Whether it is read through fsspec."""
        return is_url(self.place)

    @property
    def file_name(self) -> str:
        """The name that it has as a file."""
        path = unquote(urlsplit(self.place).path) if self.is_url else self.place
        return PurePath(path).name or f"session{SUFFIX}"


def inputs_of(places: Sequence[str]) -> list[Input]:
    """The sessions that are named, each once: those of a folder or a pattern in the order of their names.

    A place where nothing is found is an input with a problem. Raises ``UsageError`` where URLs need what is not
    installed.
    """
    found: dict[tuple[str, str], Input] = {}
    for place in places:
        place = place.removeprefix("file://")
        for each in _at_url(place) if is_url(place) else _here(place):
            found.setdefault((each.place, each.problem), each)
    return list(found.values())


def is_url(place: str) -> bool:
    """Whether a place is a URL, and no path."""
    return "://" in place


def _here(place: str) -> list[Input]:
    path = Path(place)
    pattern = any(sign in place for sign in "*?[") and not path.exists()
    try:
        matches = _matches(place) if pattern else [path]
        files = [file for each in matches for file in (session_files(each) if each.is_dir() else [each])]
    except InputError as error:
        return [Input(place, problem=str(error))]
    if not files:
        return [Input(place, problem=f"Nothing is named like {place}. Check the pattern.")]
    return [Input(str(file), str(file.absolute())) for file in files]


def _matches(pattern: str) -> list[Path]:
    """What a pattern matches, in the order of names."""
    path = Path(pattern)
    return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))


def _at_url(place: str) -> list[Input]:
    check_extra("cluster", "Sessions at URLs", "fsspec")
    import fsspec

    name = without_secrets(place)
    try:
        file_system, path = fsspec.core.url_to_fs(place)
        if urlsplit(place).path.endswith(SUFFIX) and "*" not in place:
            return [_input_at(file_system, place, path)]
        paths = file_system.glob(path) if any(sign in place for sign in "*[") else file_system.find(path)
        found = sorted(each for each in paths if urlsplit(each).path.endswith(SUFFIX))
        sessions = [_input_at(file_system, file_system.unstrip_protocol(each), each) for each in found]
    except Exception as error:  # each file system has errors of its own
        return [Input(name, problem=f"{name} cannot be looked through: {reason(error)}. Check the address.")]
    if not sessions:
        return [Input(name, problem=f"There is no session ({SUFFIX}) at {name}. Check the address.")]
    return sessions


def _input_at(file_system: Any, url: str, path: str) -> Input:
    content = {}
    if "memory" in file_system.protocol:  # no other process sees it
        names = [path, *(path + companion for companion in COMPANIONS if file_system.exists(path + companion))]
        content = {PurePosixPath(each).name: file_system.cat_file(each) for each in names}
    return Input(without_secrets(url), url, content=content)


def without_secrets(url: str) -> str:
    """A URL without what may be secret in it: name and password, and what stands behind the path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def reason(error: Exception) -> str:
    """Why something at a URL cannot be read, without the URL, in which something may be secret."""
    if isinstance(error, FileNotFoundError):  # fsspec's too for a server that does not answer
        return reason(error.__cause__) if isinstance(error.__cause__, Exception) else "nothing is there"
    if isinstance(error, ImportError) or type(error) is ValueError:  # a protocol that is not installed, or not known
        return str(error)  # not of every kind of ValueError: aiohttp's tells the whole URL
    return str(getattr(error, "message", "") or getattr(error, "strerror", "") or type(error).__name__)

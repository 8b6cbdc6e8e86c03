"""Which recordings in a folder belong together: by the places that their names tell, and by when they were made."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from dowel.exchange.importing import ImportOptions
from dowel.exchange.many_imports import PlannedImport, without_name_twice
from dowel.recordings.errors import InputError
from dowel.recordings.formats import Recording, Told, decode_alone, read_bundle
from dowel.recordings.types import Placement

_PLACES: Final = tuple(
    (placement, re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])", re.IGNORECASE))
    for placement, words in (
        (Placement.PELVIS_FRONT, "pelvis[ _-]?front"),
        (Placement.UPPER_BACK, "upper[ _-]?back|t8"),
        (Placement.SACRUM, "sacrum|pelvis"),
        (Placement.HEAD, "head"),
        (Placement.THIGH_LEFT, "thigh[ _-]?left|left[ _-]?thigh"),
        (Placement.THIGH_RIGHT, "thigh[ _-]?right|right[ _-]?thigh"),
        (Placement.SHANK, "shank"),
        (Placement.STERNUM, "sternum"),
    )
)
"""Words of names that tell a place; places that merely lie near to ours, such as ``lumbar``, tell none."""

_MARKS: Final = re.compile(r"(?<![a-z0-9])marks(?![a-z0-9])", re.IGNORECASE)
_SIGNS: Final = re.compile(r"[ _.,-]+")
MOST_ENTRIES: Final = 10_000
"""More files than anybody's study; another folder was named."""


@dataclass(frozen=True)
class _Found:
    """A file, folder or zip of one sensor: where it sat, and what is left of its name without that."""

    path: Path
    placement: Placement
    rest: str
    recording: Recording | None = None
    problem: str = ""

    @property
    def span_s(self) -> tuple[float, float] | None:
        """From when to when, where it tells."""
        if self.recording is None or self.recording.epoch_s is None:
            return None
        return self.recording.epoch_s, self.recording.epoch_s + _length_s(self.recording)


@dataclass(frozen=True)
class FolderPlan:
    """The imports of a folder, and sentences about what in it is not used."""

    imports: list[PlannedImport]
    not_used: list[str]


def pair_up(folder: Path, usual: ImportOptions, tell: Callable[[str], None]) -> FolderPlan:
    """The sessions that the recordings in a folder and below it make; each goes into the folder ``usual.out``.

    Names that tell a place and else agree belong together; where they do not agree (a time in the name), those of one
    folder that were recorded at the same time. Raises ``InputError`` where no name tells a place.
    """
    found, marks, not_used = _look(folder, usual, tell)
    if not found:
        raise InputError(
            f"{folder}: no name of a file or folder in it tells a place on the body ({Placement.UPPER_BACK}, "
            f"{Placement.SACRUM}, ...). Name them so, or write a manifest."
        )
    groups: dict[str, list[_Found]] = defaultdict(list)
    for each in found:
        groups[each.rest].append(each)
    alone = [group[0] for group in groups.values() if len(group) == 1]
    for together in _by_time(alone):
        for each in together:
            del groups[each.rest]
        groups[together[0].rest] = together
    plan = []
    for rest, group in sorted(groups.items()):
        plan.append(_planned(rest or folder.resolve().name, group, marks.pop(rest, None), usual))
    not_used += [f"{path}: no recordings are called like these marks." for path in marks.values()]
    return FolderPlan(without_name_twice(plan), not_used)


def _look(
    folder: Path, usual: ImportOptions, tell: Callable[[str], None]
) -> tuple[list[_Found], dict[str, Path], list[str]]:
    """What in the folder names a place, the marks by the rest of their name, and sentences about other files."""
    found, marks, others = [], {}, []
    for path, placement in _entries(folder, usual):
        name = _stem(path, folder)
        if placement is not None:
            tell(f"reading {path}")
            rest = _rest(_pattern(placement).sub("", name))
            found.append(_read(_Found(path, placement, rest), usual.told_of(placement)))
        elif path.suffix.lower() == ".csv" and _MARKS.search(path.stem):
            marks[_rest(_MARKS.sub("", name))] = path
        elif path.suffix.lower() != ".dowel":
            others.append(f"{path}: its name tells no place on the body.")
    return found, marks, others


def _entries(folder: Path, usual: ImportOptions) -> Iterator[tuple[Path, Placement | None]]:
    """Files and folders, those that name a place with it; a folder that names one is a recording as a whole.

    Unless it holds several: these are then of the place that it names.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder} is no folder. Give a folder of recordings, or say of one recording where each sensor sat: "
            "--sensor upper_back=FILE --sensor sacrum=FILE."
        )
    seen = 0
    waiting: list[tuple[Path, Placement | None]] = [(folder, None)]
    while waiting:
        here, above = waiting.pop(0)
        for path in sorted(here.iterdir()):
            seen += 1
            if seen > MOST_ENTRIES:
                raise InputError(f"{folder} holds more than {MOST_ENTRIES} files. Give the folder of the recordings.")
            if path.name.startswith((".", "__MACOSX")) or path.is_symlink():
                continue
            placement = next((place for place, words in _PLACES if words.search(path.stem)), above)
            if path.is_dir() and (placement is None or _holds_several(path, usual.told_of(placement))):
                waiting.append((path, placement))
            else:
                yield path, placement


def _holds_several(folder: Path, told: Told) -> bool:
    """Whether a folder holds recordings rather than being one: two of its entries are recordings, or hold several."""
    entries = (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))
    recordings = (path for path in entries if _decodes(path, told) or (path.is_dir() and _holds_several(path, told)))
    return len(list(islice(recordings, 2))) == 2


def _decodes(path: Path, told: Told) -> bool:
    try:
        decode_alone(replace(read_bundle(path), told=told))
    except InputError:
        return False
    return True


def _pattern(placement: Placement) -> re.Pattern[str]:
    return next(words for place, words in _PLACES if place is placement)


def _stem(path: Path, folder: Path) -> str:
    return (
        path.relative_to(folder).with_suffix("").as_posix() if path.is_file() else path.relative_to(folder).as_posix()
    )


def _rest(name: str) -> str:
    """What is left of a name without the place, as the name of a session: ``monday/upper_back`` is ``monday``."""
    parts = (_SIGNS.sub("_", part).strip("_") for part in name.split("/"))
    return "_".join(part for part in parts if part)


def _read(found: _Found, told: Told) -> _Found:
    try:
        recording = decode_alone(replace(read_bundle(found.path), told=told))
    except InputError as error:
        return replace(found, problem=str(error))
    return replace(found, recording=recording)


def _by_time(alone: Sequence[_Found]) -> Iterator[list[_Found]]:
    """Of those whose names agree with no other's, the ones of a folder that share most of their time."""
    left = sorted((each for each in alone if each.span_s is not None), key=lambda each: each.span_s or (0.0, 0.0))
    while left:
        first = left.pop(0)
        together = [first]
        for other in list(left):
            places = {each.placement for each in together}
            if other.path.parent == first.path.parent and other.placement not in places and _share(first, other):
                together.append(other)
                left.remove(other)
        if len(together) > 1:
            yield together


def _share(one: _Found, other: _Found) -> bool:
    """Whether two recordings were made at the same time: they share more than half of the shorter one."""
    if one.span_s is None or other.span_s is None:
        return False
    shared_s = min(one.span_s[1], other.span_s[1]) - max(one.span_s[0], other.span_s[0])
    return shared_s > 0.5 * min(span[1] - span[0] for span in (one.span_s, other.span_s))


def _planned(name: str, group: Sequence[_Found], marks: Path | None, usual: ImportOptions) -> PlannedImport:
    by_place: dict[Placement, _Found] = {}
    for each in group:
        if each.problem:
            return PlannedImport(name, problem=each.problem)
        if (same := by_place.setdefault(each.placement, each)) is not each:
            problem = f"{same.path} and {each.path} both name the {each.placement}. Rename one, or write a manifest."
            return PlannedImport(name, problem=problem)
    sources: Mapping[Placement, Path] = {at: by_place[at].path for at in Placement if at in by_place}
    recordings = [each.recording for each in group if each.recording is not None]
    options = replace(usual, sources=sources, out=usual.out / f"{name}.dowel", marks=marks)
    sentences = tuple(sentence for recording in recordings for sentence in recording.findings)
    return PlannedImport(name, options, length_s=max(map(_length_s, recordings)), sentences=sentences)


def _length_s(recording: Recording) -> float:
    return float(recording.samples.time_s[-1] - recording.samples.time_s[0])

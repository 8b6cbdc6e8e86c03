"""Recordings of other makers' sensors and apps, recognised by what is in them and never by the file's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from dowel.recordings.errors import InputError
from dowel.recordings.formats import (
    delsys,
    home_made,
    lsl_xdf,
    metamotion,
    movella_dot,
    mvnx,
    opal,
    phyphox,
    plain_csv,
    qsense,
    sensor_logger,
    sensor_logger_watch,
    shimmer,
    witmotion,
    x_imu3,
    xsens_mt_manager,
)
from dowel.recordings.formats.bundle import HDF5, XDF, Bundle, Told, pack, read_bundle, unpack
from dowel.recordings.formats.heading_sets import BY_HEADINGS
from dowel.recordings.formats.headings import decode_by
from dowel.recordings.formats.recording import Recording
from dowel.recordings.formats.refusals import as_told, can_be_told, unknown_tables, with_motion
from dowel.recordings.formats.table import TextFile, find_table, printable, text_files

__all__ = ["IMPORTERS", "Bundle", "Recording", "Told", "decode", "decode_alone", "pack", "read_bundle", "unpack"]

_Reader = Callable[[Sequence[TextFile]], Recording | None]
_OfBinary = Callable[[str, bytes, str], Recording]
_OfSeveral = Callable[[Sequence[TextFile], str], Recording | None]

IMPORTERS: Final[tuple[_Reader, ...]] = (
    plain_csv.decode,
    sensor_logger_watch.decode,
    sensor_logger.decode,
    phyphox.decode,
    xsens_mt_manager.decode,
    movella_dot.decode,
    metamotion.decode,
    x_imu3.decode,
    shimmer.decode,
    *(partial(decode_by, kind) for kind in BY_HEADINGS),
    witmotion.decode,
    qsense.decode,
)
"""One per format, asked in this order: WitMotion late, as its headings are compared most loosely, and QSense last.

Its headings are those of many a board, all of which it refuses.
"""

BINARY: Final[tuple[tuple[bytes, _OfBinary], ...]] = (
    (HDF5, opal.decode),
    (XDF, lsl_xdf.decode),
)
"""Formats that are no text, by their first bytes; their files hold several sensors."""

OF_SEVERAL: Final[tuple[_OfSeveral, ...]] = (mvnx.decode, delsys.decode)
"""Formats whose files hold several sensors; they are told which one is meant."""

_MOST_NAMED: Final = 6

_JSON: Final = re.compile(r"\s*(?:\{|\[\s*[\[\]{\"\d-])")  # [Data] heads a part of other texts
_PACKED: Final = "an archive of another kind than zip"
_BINARY_KINDS: Final = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    *((magic, _PACKED) for magic in (b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")),
    (b"SQLite format 3\0", "a Dowel session, which dowel report reads as it is, or another database"),
)


def decode(bundle: Bundle) -> Recording:
    """Decode one sensor's recording; the same bundle always gives the same recording.

    Raises `InputError` (which file, what is wrong, what to do) for anything that cannot be used.
    """
    return _look(bundle).recordings[0]


def decode_alone(bundle: Bundle) -> Recording:
    """The same of what is imported: all that was given is looked at, and what is not used is a finding.

    Raises `InputError` too where a second recording lies beside the first, as nobody knows which is meant.
    """
    found = _look(bundle)
    first, *others = found.recordings
    if others:
        names = " and ".join(f"{each.files[0]} ({each.format.replace('_', ' ')})" for each in found.recordings)
        raise InputError(
            f"{bundle.name} holds {len(found.recordings)} recordings: {names}. Give the one that is meant alone: its "
            "file, or a folder with its files and no others."
        )
    return replace(first, findings=(*first.findings, *_not_used(bundle, found)))


@dataclass(frozen=True)
class _Found:
    """What the readers made of a bundle: recordings, refusals, and the text files that no recording was read from."""

    recordings: Sequence[Recording]
    refusals: Sequence[InputError]
    left: Sequence[TextFile]


def _look(bundle: Bundle) -> _Found:
    """Ask one reader after the other, each for what those before it left. Raises `InputError` without a recording."""
    if not any(bundle.files.values()):
        raise InputError(f"{bundle.name} is empty. Export the recording again.")
    name_in = "" if len(bundle.files) == 1 else f"{bundle.name}/"  # two exports hold files of the same names
    named = [(printable(name_in + name), data) for name, data in sorted(bundle.files.items())]
    files, told = text_files(named), bundle.told
    if told.columns and (recording := home_made.decode(files, told.columns, told.units)) is not None:
        return _Found([recording], [], _without(files, recording))
    recordings: list[Recording] = []
    refused: list[tuple[_Reader, InputError]] = []
    left: Sequence[TextFile] = files
    for reader in _readers(named, told.sensor):
        answer = _ask(reader, left)
        if isinstance(answer, InputError):
            refused.append((reader, answer))
        elif answer is not None:
            recordings.append(answer)
            left = _without(left, answer)
    if not recordings and told.columns:
        raise home_made.no_columns(files, told.columns)
    if not recordings:
        raise refused[0][1] if refused else _unknown(bundle, files)
    again = (_ask(reader, left) for reader, _ in refused)  # some may have looked at what was then read by another
    return _Found(recordings, [answer for answer in again if isinstance(answer, InputError)], left)


def _readers(named: Sequence[tuple[str, bytes]], sensor: str) -> Iterator[_Reader]:
    """The readers of all formats, in the order in which they are asked."""

    def of_binary(read: _OfBinary, name: str, data: bytes) -> _Reader:
        return lambda _: read(name, data, sensor)

    def of_several(read: _OfSeveral) -> _Reader:
        return lambda files: read(files, sensor)

    for name, data in named:
        yield from (of_binary(read, name, data) for magic, read in BINARY if data.startswith(magic))
    yield from map(of_several, OF_SEVERAL)
    yield from IMPORTERS


def _ask(reader: _Reader, files: Sequence[TextFile]) -> Recording | InputError | None:
    try:
        return reader(files)
    except InputError as error:
        return error


def _without(files: Sequence[TextFile], recording: Recording) -> Sequence[TextFile]:
    return [file for file in files if file.name not in recording.files]


def _not_used(bundle: Bundle, found: _Found) -> Iterator[str]:
    """Sentences about what was given and not used: columns that are not there, and files."""
    recording = found.recordings[0]
    if bundle.told.columns and recording.format != home_made.NAME:
        known = recording.format.replace("_", " ")
        yield f"{bundle.name} has no columns {bundle.told.columns}; it was read as a recording of {known}."
    refusals = [str(refusal) for refusal in found.refusals]
    yield from (f"Not used beside it: {refusal}" for refusal in refusals)
    others = [file for file in found.left if not any(file.name in said for said in (*recording.findings, *refusals))]
    moving = with_motion(others)
    if moving:
        yield f"Not used, though it may be of a sensor too: {_listed(moving)}."
    if resting := [file.name for file in others if file.name not in moving]:
        yield f"Not used, as no acceleration or rate of turn is in it: {_listed(resting)}."


def _listed(names: Sequence[str]) -> str:
    """So many names that a sentence can be read."""
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if (more := len(names) - _MOST_NAMED) > 0 else "")


def _unknown(bundle: Bundle, files: Sequence[TextFile]) -> InputError:
    if not files:
        data = next(iter(bundle.files.values()))
        kind = next((name for magic, name in _BINARY_KINDS if data.startswith(magic)), "binary data")
        what = (
            "Unpack it and import what is in it"
            if kind == _PACKED
            else "Choose CSV in the app's export and import that"
        )
        return InputError(f"{bundle.name} is {kind}, not text. {what}.")
    if all(_JSON.match(file.start) for file in files):
        return InputError(f"{bundle.name} is JSON. Choose CSV in the app's export and import that.")
    plain = (plain_csv.TIME, *plain_csv.ACC, *plain_csv.GYR)
    for file in files:
        if (table := find_table(file, lambda names: len(set(plain) & set(names)) >= 2)) is not None:
            lacking = [name for name in plain if name not in table.columns]
            others = [name for name in table.columns if name and name not in plain]
            return InputError(
                f"{file.name} is nearly plain CSV, but lacks the columns {', '.join(lacking)}"
                f"{'; it has ' + ', '.join(others[:7]) + ' instead' if others else ''}. "
                "Write them so, in the units that the names tell."
            )
    unknown = (
        f"{bundle.name}: the header{_heading(files)} is of no known recording (docs/import-formats.md has them all)."
    )
    tables = unknown_tables(files)
    if options := as_told(tables):
        return InputError(f"{unknown} If its columns are what they seem, read it with {options}.")
    how = "Say what its columns and units are with --columns and --units, or write" if can_be_told(tables) else "Write"
    return InputError(f"{unknown} {how} plain CSV with the columns {', '.join(plain)}.")


def _heading(files: Sequence[TextFile]) -> str:
    """The first heading in these files, for a message: three names or more and no number among them."""

    def is_heading(names: tuple[str, ...]) -> bool:
        return len(names) >= 3 and all(name and not name[0].isdigit() and name[0] not in "-+." for name in names)

    found = (table for file in files if (table := find_table(file, is_heading)) is not None)
    return "".join(f" {', '.join(name[:24] for name in table.columns[:4])} ..." for table in list(found)[:1])

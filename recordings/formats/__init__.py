"""Recordings of other makers' sensors and apps, recognised by what is in them and never by the file's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from dowel.recordings.formats.refusals import as_told, unknown_tables
from dowel.recordings.formats.table import TextFile, find_table, printable, text_files

__all__ = ["IMPORTERS", "Bundle", "Recording", "Told", "decode", "pack", "read_bundle", "unpack"]

IMPORTERS: Final[tuple[Callable[[Sequence[TextFile]], Recording | None], ...]] = (
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

BINARY: Final[tuple[tuple[bytes, Callable[[str, bytes, str], Recording]], ...]] = (
    (HDF5, opal.decode),
    (XDF, lsl_xdf.decode),
)
"""Formats that are no text, by their first bytes; their files hold several sensors."""

OF_SEVERAL: Final[tuple[Callable[[Sequence[TextFile], str], Recording | None], ...]] = (mvnx.decode, delsys.decode)
"""Formats whose files hold several sensors; they are told which one is meant."""

_LEAST_TOLD: Final = 6
"""Columns that must be there to be told: three axes of each, and perhaps no time."""

_PACKED: Final = "an archive of another kind than zip"
_BINARY_KINDS: Final = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    *((magic, _PACKED) for magic in (b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")),
    (b"SQLite format 3\0", "a database or a finished session, not a recording"),
)


def decode(bundle: Bundle) -> Recording:
    """Decode one sensor's recording; the same bundle always gives the same recording.

    Raises `InputError` (which file, what is wrong, what to do) for anything that cannot be used.
    """
    if not any(bundle.files.values()):
        raise InputError(f"{bundle.name} is empty. Export the recording again.")
    name_in = "" if len(bundle.files) == 1 else f"{bundle.name}/"  # two exports hold files of the same names
    for name, data in sorted(bundle.files.items()):
        for magic, read in BINARY:
            if data.startswith(magic):
                return read(printable(name_in + name), data, bundle.told.sensor)
    files = text_files((printable(name_in + name), data) for name, data in sorted(bundle.files.items()))
    if bundle.told.columns:
        return home_made.decode(files, bundle.told.columns, bundle.told.units)
    for reader in OF_SEVERAL:
        recording = reader(files, bundle.told.sensor)
        if recording is not None:
            return recording
    for importer in IMPORTERS:
        recording = importer(files)
        if recording is not None:
            return recording
    raise _unknown(bundle, files)


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
    if all(file.start.lstrip().startswith(("{", "[")) for file in files):
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
    # a row without a heading may hold one number twice; headings of two tables must differ
    widths = [len(table.columns) for table in tables] + [len({name for table in tables for name in table.columns})]
    can_be_told = max(widths) >= _LEAST_TOLD
    how = "Say what its columns and units are with --columns and --units, or write" if can_be_told else "Write"
    return InputError(f"{unknown} {how} plain CSV with the columns {', '.join(plain)}.")


def _heading(files: Sequence[TextFile]) -> str:
    """The first heading in these files, for a message: three names or more and no number among them."""

    def is_heading(names: tuple[str, ...]) -> bool:
        return len(names) >= 3 and all(name and not name[0].isdigit() and name[0] not in "-+." for name in names)

    found = (table for file in files if (table := find_table(file, is_heading)) is not None)
    return "".join(f" {', '.join(name[:24] for name in table.columns[:4])} ..." for table in list(found)[:1])

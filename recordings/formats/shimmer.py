"""Shimmer: CSV of Consensys (a heading and a row of units), and of ShimmerConnect (four rows of heading)."""

from __future__ import annotations

from collections.abc import Sequence

from dowel.recordings.errors import InputError
from dowel.recordings.formats.heading_sets import SHIMMER
from dowel.recordings.formats.headings import decode_by, is_of, read_by
from dowel.recordings.formats.recording import Recording
from dowel.recordings.formats.table import Table, TextFile, find_table, printable, split_row


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode a Shimmer export; `None` if no file has one of its headings."""
    tables = [table for file in files if (table := _of_four_rows(file)) and is_of(SHIMMER, table.columns)]
    return read_by(SHIMMER, files, tables) if tables else decode_by(SHIMMER, files)


def _of_four_rows(file: TextFile) -> Table | None:
    """The table below sensor, quantity, ``RAW`` or ``CAL``, and unit; a column is called ``Gyroscope X CAL`` then."""
    table = find_table(file, lambda names: {"CAL"} <= {name for name in names if name} <= {"RAW", "CAL", "UNCAL"})
    if table is None or table.header_line < 2:
        return None
    above = file.head()[table.header_line - 2 : table.header_line]
    try:
        sensors, quantities = (split_row(line, table.delimiter) for line in above)
    except ValueError:
        return None
    if len(quantities) != len(table.columns):
        return None
    if len(names := sorted({printable(name) for name in sensors if name})) > 1:
        raise InputError(f"{file.name} holds the sensors {', '.join(names[:3])}. Export one file per sensor.")
    columns = (f"{printable(name)} {kind}" for name, kind in zip(quantities, table.columns, strict=True))
    return Table(file, tuple(columns), table.delimiter, table.header_line)

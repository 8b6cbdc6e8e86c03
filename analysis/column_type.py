"""The columns of the rep and set tables, which stand as metadata at the fields of a row: unit, digits, meaning.

Rows, tables, ``columns.json`` and docs/tables.md are all made of this one list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Its name, which ends in the unit.
    unit
        The unit; empty for none.
    digits
        Digits after the point for numbers; None for text.
    meaning
        A sentence for docs/tables.md.
    """

    name: str
    unit: str
    digits: int | None
    meaning: str


def column(unit: str, digits: int | None, meaning: str) -> Mapping[str, Any]:
    """The metadata of a field that is a column of its table."""
    return {"column": (unit, digits, meaning), "extra": False}


def extra(unit: str, digits: int | None, meaning: str) -> Mapping[str, Any]:
    """The metadata of a field that is a column only where a drill names it among its extras."""
    return {"column": (unit, digits, meaning), "extra": True}


def columns_of(row: type[Any]) -> tuple[Column, ...]:
    """The columns that every table of these rows has, in the order of the row's fields."""
    return tuple(_columns(row, extra=False))


def extras_of(row: type[Any], *names: str) -> tuple[Column, ...]:
    """The extra columns of a row with these names, or all of them, in the order of the row's fields."""
    return tuple(each for each in _columns(row, extra=True) if not names or each.name in names)


def _columns(row: type[Any], *, extra: bool) -> Iterator[Column]:
    for field in fields(row):
        if "column" in field.metadata and field.metadata["extra"] == extra:
            yield Column(field.name, *field.metadata["column"])

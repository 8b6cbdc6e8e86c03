"""The messages of an MCAP file that no well-known schema has: JSON, with unit and meaning of every field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from dowel.analysis.column_type import Column
from dowel.analysis.contact.verdict import Direction
from dowel.exports.raw_samples import RAW_COLUMNS
from dowel.recordings.types import LYING, FloatArray, Placement
from dowel.session.results import SessionResults
from dowel.session.tables import SIGNAL_COLUMNS

UPRIGHT: Final = "upright"
"""The frame that poses are told in: it stands upright and turns with the person."""

MARK_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "description": "What the mark says."},
        "start_s": {"type": "number", "description": "Session time of its start (s)."},
        "end_s": {"type": "number", "description": "Session time of its end (s)."},
        "detail": {"type": "object", "description": "What else it says."},
    },
}


def row_schema(columns: Iterable[Column]) -> dict[str, Any]:
    """The JSON schema of a row of a table."""
    return {"type": "object", "properties": {column.name: _property(column) for column in columns}}


def _property(column: Column) -> dict[str, Any]:
    kind = "string" if column.digits is None else "number" if column.digits else "integer"
    unit = f" ({column.unit})" if column.unit else ""
    return {"type": [kind, "null"], "description": f"{column.meaning}{unit}"}


@dataclass(frozen=True)
class Line:
    """A message of numbers that comes at each sample: its columns, in order."""

    columns: tuple[Column, ...]

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        return row_schema(self.columns)

    def text(self, row: Sequence[float]) -> bytes:
        """The message of one row of values; null for what is not known."""
        patterns, all_known = _patterns(self.columns)
        if any(value != value for value in row):
            cells = [
                pattern % value if value == value else "null" for pattern, value in zip(patterns, row, strict=True)
            ]
            pairs = (f'"{column.name}":{cell}' for column, cell in zip(self.columns, cells, strict=True))
            return f"{{{','.join(pairs)}}}".encode()
        return (all_known % tuple(row)).encode()


@cache
def _patterns(columns: tuple[Column, ...]) -> tuple[list[str], str]:
    patterns = [f"%.{column.digits}f" for column in columns]
    pairs = (f'"{column.name}":{pattern}' for column, pattern in zip(columns, patterns, strict=True))
    return patterns, f"{{{','.join(pairs)}}}"


@cache
def imu_line() -> Line:
    """One sample of a sensor, before any filter."""
    return Line(RAW_COLUMNS)


_KNOWN: Final = {column.name: column for column in SIGNAL_COLUMNS}
_DEVIATIONS: Final[Mapping[str, Callable[[SessionResults, float, float], FloatArray]]] = {
    "spine_deviation_deg": SessionResults.deviation_deg,
    "head_deviation_deg": SessionResults.head_deviation_deg,
}


@dataclass(frozen=True)
class SignalLine(Line):
    """Leans, deviations and limits at one moment; ``reasons`` are the ways to lose contact, in order."""

    leans: tuple[Placement, ...]
    deviations: tuple[str, ...]
    reasons: tuple[str, ...]

    def values(self, results: SessionResults, span: tuple[float, float]) -> Iterator[FloatArray]:
        """Leans and deviations in a span of session time, column by column."""
        for placement in self.leans:
            lean_deg = results.lean_deg(placement, *span)
            assert lean_deg is not None, "a sensor of this session"
            yield lean_deg
        for name in self.deviations:
            yield _DEVIATIONS[name](results, *span)

    @staticmethod
    def limit(ways: Mapping[str, Direction], reason: str) -> float:
        """The limit of one way to lose contact, signed as the deviation is; NaN where there is no such way."""
        return ways[reason].sign * ways[reason].lost_deg if reason in ways else float("nan")


def signal_line(placements: Sequence[Placement]) -> SignalLine:
    """The signals of a session with sensors at these places."""
    lying = any(place in LYING for place in placements)
    leans = tuple(place for place in placements if place is not Placement.HEAD)
    has_head = lying or Placement.HEAD in placements
    deviations = ("spine_deviation_deg", "head_deviation_deg") if has_head else ("spine_deviation_deg",)
    if lying:
        reasons: tuple[str, ...] = ("arched", "trunk_bent", "rolled")
    else:
        reasons = ("rounded", "arched", *(("chin_down", "chin_up") if has_head else ()))
    columns = [_KNOWN["time_s"], *(_lean(place) for place in leans), *(_KNOWN[name] for name in deviations)]
    columns += [
        Column(f"limit_{reason}_deg", "deg", 3, f"Where contact counts as lost: {reason}.") for reason in reasons
    ]
    return SignalLine(tuple(columns), leans, deviations, reasons)


def _lean(placement: Placement) -> Column:
    meaning = f"Lean of the sensor's segment ({placement.words}); forward > 0."
    return _KNOWN.get(f"{placement}_lean_deg") or Column(f"{placement}_lean_deg", "deg", 3, meaning)

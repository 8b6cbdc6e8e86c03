"""The columns of the tables that a person reads, for terminal and page alike: how each is called and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dowel.analysis.drills.drills import DRILLS
from dowel.text.sanitise import plain
from dowel.text.wording import clock, gap, known, number, peak, rep_name, signed, tap_words, tempo, way, why, words

Row = Mapping[str, Any]

MIDDLE_COLUMNS: Final = 72
WIDE_COLUMNS: Final = 112
"""Terminals narrower than these do without some of the columns; a page never does."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: its title, the text of a cell, whether that is words (else a number), and what it needs.

    ``columns`` is the width of a terminal from which on it is shown; ``unit`` is told where there is room.
    """

    title: str
    text: Callable[[Row], str]
    is_words: bool = False
    columns: int = 0
    unit: str = ""


def _clock(name: str) -> Callable[[Row], str]:
    return lambda row: clock(row[name]) if known(row[name]) else ""


def _count(name: str) -> Callable[[Row], str]:
    return lambda row: str(row[name] or "")


def _angle(row: Row, name: str) -> str:
    value = row.get(name)
    return signed(value) if value is not None and known(value) else ""


REP_TABLE: Final = (
    TableColumn("rep", rep_name),
    TableColumn("verdict", lambda row: words(str(row["verdict"])), is_words=True),
    TableColumn("by eye", lambda row: words(str(row.get("human_verdict", "")))),
    TableColumn("where and why", why, is_words=True),
    TableColumn("peak", peak, unit="°"),
    TableColumn("gap", gap, columns=WIDE_COLUMNS, unit="mm"),
    TableColumn("hinge", lambda row: number(row["hinge_angle_deg"], 0), unit="°"),
    TableColumn("tempo", tempo, columns=MIDDLE_COLUMNS, unit="s"),
    TableColumn("movement", lambda row: words(row["movement"] or ""), is_words=True, columns=MIDDLE_COLUMNS),
    TableColumn("tap", tap_words, is_words=True),
    TableColumn("leg", lambda row: words(row.get("side") or ""), is_words=True),
    TableColumn("ribs", lambda row: _angle(row, "pelvis_sternum_peak_deg"), unit="°"),
    TableColumn("roll", lambda row: _angle(row, "pelvis_roll_peak_deg"), unit="°"),
    TableColumn("start", _clock("start_s"), columns=WIDE_COLUMNS),
    TableColumn("lost for", lambda row: number(row["lost_s"] or None, 1), columns=WIDE_COLUMNS, unit="s"),
    TableColumn("trunk", lambda row: number(row["trunk_lean_deg"], 0), columns=WIDE_COLUMNS, unit="°"),
    TableColumn("side", lambda row: number(row["side_bend_peak_deg"], 0), columns=WIDE_COLUMNS, unit="°"),
    TableColumn("twist", lambda row: number(row["twist_peak_deg"], 0), columns=WIDE_COLUMNS, unit="°"),
    TableColumn("drop", lambda row: way(row, "hip_drop"), columns=WIDE_COLUMNS, unit="cm"),
    TableColumn("travel", lambda row: way(row, "hip_travel"), columns=WIDE_COLUMNS, unit="cm"),
)


def _of_rounding(row: Row, name: str) -> float | None:
    """A value that means nothing in a drill in which nobody rounds."""
    drill = DRILLS.get(str(row["drill"]))
    return row[name] if drill is None or drill.rounds else None


def _drift(row: Row) -> str:
    value = _of_rounding(row, "drift_deg")
    return signed(value) if value is not None and known(value) else ""


SET_TABLE: Final = (
    TableColumn("set", lambda row: str(row["set"])),
    TableColumn("load", lambda row: f"{row['load_kg']:g}" if row["load_kg"] else "", unit="kg"),
    TableColumn("wall", lambda row: number(row["wall_cm"], 1), unit="cm"),
    TableColumn("reps", lambda row: str(row["reps"])),
    TableColumn("half", _count("half")),
    TableColumn("held", lambda row: str(row["held"])),
    TableColumn("close", lambda row: str(row["warned"])),
    TableColumn("lost", lambda row: str(row["lost"])),
    TableColumn("not judged", _count("not_judged")),
    TableColumn("worst", lambda row: words(row["worst_contact"]), is_words=True),
    TableColumn("median", lambda row: number(_of_rounding(row, "flexion_peak_median_deg"), 1), unit="°"),
    TableColumn("drift", _drift, unit="°"),
    TableColumn("rest", _clock("rest_before_s")),
    TableColumn("next", lambda row: plain(row["advice"]), is_words=True),
)


def shown(table: Sequence[TableColumn], rows: Sequence[Row], width: int | None = None) -> list[TableColumn]:
    """The columns that have something to say of these rows, and room in a terminal of ``width`` columns."""
    wanted = [column for column in table if width is None or width >= column.columns]
    return [column for column in wanted if any(column.text(row) for row in rows)]


@dataclass(frozen=True, slots=True)
class TableView:
    """A table: its columns, and for each row the texts of its cells and its verdict (empty where it has none).

    ``links`` are addresses for the first cell of each row, empty where it leads nowhere; none at all for no links.
    """

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[tuple[str, ...], str], ...]
    links: tuple[str, ...] = ()


def table_view(columns: Sequence[TableColumn], rows: Sequence[Row]) -> TableView:
    """A table of the columns that have something to say of these rows."""
    used = shown(columns, rows)
    return TableView(
        tuple(used),
        tuple((tuple(column.text(row) for column in used), str(row.get("verdict", ""))) for row in rows),
    )

"""The tables that leave the program: their columns, in order, with unit and meaning (DESIGN section 8).

Rep rows, set rows and signals are written from these lists, ``columns.json`` is made of them, and the docs are held
to them by a test.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, unit (empty for none), digits after the point for numbers, and meaning."""

    name: str
    unit: str
    digits: int | None
    meaning: str


REP_COLUMNS: tuple[Column, ...] = (
    Column("session", "", None, "Name of the session file without its suffix."),
    Column("person", "", None, "Code of the person, as given."),
    Column("started_at", "", None, "When the session started, ISO 8601."),
    Column("set", "", 0, "Number of the set in the session, from 1; empty for a bend outside any set."),
    Column("rep", "", 0, "Number among the rows of kind rep in its set, from 1."),
    Column("kind", "", None, "rep, half, bend (fewer than 3 in a group), pick_up, set_down or hold."),
    Column("drill", "", None, "The drill in force."),
    Column("load_kg", "kg", 2, "The load in force; 0 = none."),
    Column("start_s", "s", 3, "Start, from the start of the session."),
    Column("bottom_s", "s", 3, "Middle of the pause at the bottom."),
    Column("end_s", "s", 3, "End."),
    Column("lowering_s", "s", 3, "Duration of the way down."),
    Column("pause_s", "s", 3, "Duration of the pause at the bottom."),
    Column("rising_s", "s", 3, "Duration of the way up."),
    Column("rest_before_s", "s", 3, "Time since the end of the row before; empty for the first."),
    Column("hinge_angle_deg", "deg", 2, "Largest sacrum lean."),
    Column("trunk_lean_deg", "deg", 2, "Largest upper-back lean."),
    Column("verdict", "", None, "held, warned, lost or not_judged."),
    Column("verdict_reason", "", None, "Reasons, joined by +."),
    Column(
        "contact_lost",
        "",
        None,
        "Points of the rod lost, joined by +: sacrum, upper_back, head; lying: floor.",
    ),
    Column("first_lost_s", "s", 3, "When the first contact was lost, from the start of the session."),
    Column("first_lost_hinge_deg", "deg", 2, "Sacrum lean at that moment."),
    Column("lost_s", "s", 3, "How long contact was lost in all."),
    Column("flexion_peak_deg", "deg", 2, "Largest rounding deviation held for the hold time; at least 0."),
    Column("extension_peak_deg", "deg", 2, "Largest arching deviation held for the hold time; at most 0."),
    Column("deviation_bottom_deg", "deg", 2, "Deviation at the bottom."),
    Column("gap_sacrum_mm", "mm", 1, "Gap between rod and sacrum at the flexion peak."),
    Column("gap_upper_back_mm", "mm", 1, "Gap between rod and upper back at the extension peak."),
    Column("gap_head_mm", "mm", 1, "Gap between rod and head at the largest head deviation."),
    Column("flexion_range_pct", "%", 1, "Upper-back minus sacrum lean at its largest, of the slump's."),
    Column("lumbar_share", "", 3, "Deviation over trunk lean at the bottom."),
    Column("depth_before_rounding_deg", "deg", 2, "Sacrum lean when the deviation first passed the warning limit."),
    Column("side_bend_peak_deg", "deg", 2, "Largest side bend held; to the right > 0."),
    Column("twist_peak_deg", "deg", 2, "Largest twist held, zero at the start of the rep; to the left > 0."),
    Column("lowering_peak_deg_s", "deg/s", 1, "Largest speed of the lean on the way down."),
    Column("rising_peak_deg_s", "deg/s", 1, "Largest speed of the lean on the way up."),
    Column("smoothness_lowering", "", 3, "Spectral arc length of the way down; nearer to 0 is smoother."),
    Column("smoothness_rising", "", 3, "Spectral arc length of the way up; nearer to 0 is smoother."),
    Column("movement", "", None, "hinge, squat, between or unsure."),
    Column("tap", "", None, "Wall tap: tapped, none or unsure; empty in other drills."),
    Column("calibration", "", None, "rod, rod+spacer, stance, pressed (lying) or none, with +rezero when re-zeroed."),
    Column("sync_ms", "ms", 1, "Uncertainty of the time between the two sensors."),
    Column("missing_pct", "%", 1, "Share of the rep without data of a trunk sensor."),
    Column("program_version", "", None, "Version that made the row."),
)

EXTRA_COLUMNS: tuple[Column, ...] = (
    Column("hip_drop_cm", "cm", 1, "How far the hips went down at the most."),
    Column("hip_drop_sd_cm", "cm", 1, "How well the hip drop is known: one standard deviation."),
    Column("hip_travel_cm", "cm", 1, "How far the hips went back at the most."),
    Column("hip_travel_sd_cm", "cm", 1, "How well the hip travel is known: one standard deviation."),
    Column("wall_cm", "cm", 1, "Distance of the heels to the wall in force; empty when not given."),
    Column("side", "", None, "The leg that was lowered: left or right; empty without thigh sensors."),
    Column("pelvis_sternum_peak_deg", "deg", 2, "Largest angle of the sternum against the pelvis held; rounding > 0."),
    Column("pelvis_roll_peak_deg", "deg", 2, "Largest roll of the pelvis held; to the left > 0."),
)
"""Columns of the rep table that only some drills have, after those of all (DESIGN section 8)."""


def rep_columns(extras: Container[str]) -> tuple[Column, ...]:
    """The columns of a rep table whose drills have these extras."""
    return REP_COLUMNS + tuple(column for column in EXTRA_COLUMNS if column.name in extras)


SET_COLUMNS: tuple[Column, ...] = (
    Column("session", "", None, "Name of the session file without its suffix."),
    Column("person", "", None, "Code of the person, as given."),
    Column("started_at", "", None, "When the session started, ISO 8601."),
    Column("set", "", 0, "Number of the set in the session, from 1."),
    Column("drill", "", None, "The drill in force."),
    Column("load_kg", "kg", 2, "The load in force; 0 = none."),
    Column("wall_cm", "cm", 1, "Distance to the wall in force; empty when not given."),
    Column("reps", "", 0, "Rows of kind rep."),
    Column("half", "", 0, "Rows of kind half."),
    Column("held", "", 0, "Reps with the verdict held."),
    Column("warned", "", 0, "Reps with the verdict warned."),
    Column("lost", "", 0, "Reps with the verdict lost."),
    Column("not_judged", "", 0, "Reps with the verdict not_judged."),
    Column("worst_contact", "", None, "The point of the rod lost most often."),
    Column("flexion_peak_median_deg", "deg", 2, "Median flexion peak of the reps."),
    Column("drift_deg", "deg", 2, "Theil-Sen slope of the flexion peak per rep times (reps - 1)."),
    Column("rest_before_s", "s", 3, "Time since the end of the set before; empty for the first."),
    Column("advice", "", None, "What the set asks for next; empty for none."),
)

SIGNAL_COLUMNS: tuple[Column, ...] = (
    Column("time_s", "s", 2, "Session time, 100 Hz."),
    Column("upper_back_lean_deg", "deg", 3, "Lean of the upper back; forward > 0."),
    Column("sacrum_lean_deg", "deg", 3, "Lean of the sacrum (hinge angle); forward > 0."),
    Column("spine_deviation_deg", "deg", 3, "Upper-back minus sacrum lean minus neutral; rounding > 0."),
    Column("side_bend_deg", "deg", 3, "Side bend of the upper back relative to the sacrum; to the right > 0."),
    Column("twist_deg", "deg", 3, "Twist since the start of the latest rep; to the left > 0."),
    Column("head_deviation_deg", "deg", 3, "Head relative to upper back; chin down > 0. Only with a head sensor."),
    Column("thigh_lean_deg", "deg", 3, "Lean of the thigh. Only with a thigh sensor."),
    Column("shank_lean_deg", "deg", 3, "Lean of the shank. Only with a shank sensor."),
    Column("rep", "", 0, "Number of the rep at this time; empty outside reps."),
    Column("kind", "", None, "Kind of the row at this time; empty outside."),
    Column("lost", "", 0, "1 while contact is lost."),
    Column("valid", "", 0, "1 where the deviation can be judged."),
)


def cell(value: Any, column: Column) -> str:
    """The text of one cell: a number with its digits and a decimal point, nothing for what was not measured."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if column.digits is not None:
        text = f"{float(value):.{column.digits}f}"
        return text[1:] if text.startswith("-") and not text.strip("-0.") else text
    text = str(value)
    # a spreadsheet would run such a cell as a formula
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def to_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> str:
    """The rows as CSV after RFC 4180, with a header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([cell(row.get(column.name), column) for column in columns])
    return out.getvalue()


def as_json_line(row: Mapping[str, Any], columns: Sequence[Column]) -> str:
    """A row as a JSON object, with the table's digits; null for what was not measured."""

    def value(column: Column) -> Any:
        given = row.get(column.name)
        if given is None or (isinstance(given, float) and math.isnan(given)):
            return None
        if column.digits is None:
            return str(given)
        return round(float(given), column.digits) + 0.0 if column.digits else int(given)

    return json.dumps({column.name: value(column) for column in columns}, ensure_ascii=False)


def dictionary(tables: Mapping[str, Sequence[Column]]) -> str:
    """``columns.json``: for each file, its columns with unit and meaning."""
    content = {
        name: [{"name": c.name, "unit": c.unit, "meaning": c.meaning} for c in columns]
        for name, columns in tables.items()
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

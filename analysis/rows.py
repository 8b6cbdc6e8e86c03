"""The rows of the rep table and the set table: their fields are the tables' columns."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from dowel.analysis.column_type import column, extra

NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rep:
    """One row of the rep table, without what the session says of itself (name, person, date, version).

    The fields with metadata are its columns, in their order; NaN, None or empty where a drill measures nothing. Those
    marked ``extra`` are the extras, which only some drills have; ``knees_bent`` (it is spoken) and ``came_back`` (the
    hips, to the height from which they started; it decides the kind) are no columns.
    """

    set: int | None = field(
        metadata=column("", 0, "Number of the set in the session, from 1; empty for a bend outside any set.")
    )
    rep: int | None = field(metadata=column("", 0, "Number among the rows of kind rep in its set, from 1."))
    kind: str = field(
        metadata=column(
            "",
            None,
            "rep, half, bend (fewer than 3 in a group, beside the sets that are marked, or one that sits or lies down "
            "or gets up), pick_up, set_down or hold.",
        )
    )
    drill: str = field(metadata=column("", None, "The drill in force."))
    load_kg: float = field(metadata=column("kg", 2, "The load in force; 0 = none."))
    start_s: float = field(metadata=column("s", 3, "Start, from the start of the session."))
    bottom_s: float = field(metadata=column("s", 3, "Middle of the pause at the bottom."))
    end_s: float = field(metadata=column("s", 3, "End."))
    lowering_s: float = field(default=NAN, metadata=column("s", 3, "Duration of the way down."))
    pause_s: float = field(default=NAN, metadata=column("s", 3, "Duration of the pause at the bottom."))
    rising_s: float = field(default=NAN, metadata=column("s", 3, "Duration of the way up."))
    rest_before_s: float = field(metadata=column("s", 3, "Time since the end of the row before; empty for the first."))
    hinge_angle_deg: float = field(default=NAN, metadata=column("deg", 2, "Largest sacrum lean."))
    trunk_lean_deg: float = field(default=NAN, metadata=column("deg", 2, "Largest upper-back lean."))
    verdict: str = field(metadata=column("", None, "held, warned (told as close), lost or not_judged."))
    verdict_reason: str = field(metadata=column("", None, "Reasons, joined by +."))
    contact_lost: str = field(
        metadata=column("", None, "Points of the rod lost, joined by +: sacrum, upper_back, head; lying: floor.")
    )
    first_lost_s: float = field(
        default=NAN, metadata=column("s", 3, "When the first contact was lost, from the start of the session.")
    )
    first_lost_hinge_deg: float = field(default=NAN, metadata=column("deg", 2, "Sacrum lean at that moment."))
    lost_s: float = field(default=NAN, metadata=column("s", 3, "How long contact was lost in all."))
    flexion_peak_deg: float = field(
        metadata=column("deg", 2, "Largest rounding deviation held for the hold time; at least 0.")
    )
    extension_peak_deg: float = field(
        metadata=column("deg", 2, "Largest arching deviation held for the hold time; at most 0.")
    )
    deviation_bottom_deg: float = field(metadata=column("deg", 2, "Deviation at the bottom."))
    gap_sacrum_mm: float = field(
        default=NAN, metadata=column("mm", 1, "Gap between rod and sacrum at the flexion peak.")
    )
    gap_upper_back_mm: float = field(
        default=NAN, metadata=column("mm", 1, "Gap between rod and upper back at the extension peak.")
    )
    gap_head_mm: float = field(
        default=NAN, metadata=column("mm", 1, "Gap between rod and head at the largest head deviation.")
    )
    flexion_range_pct: float = field(
        default=NAN, metadata=column("%", 1, "Flexion of the spine at its largest, in percent of the slump's.")
    )
    lumbar_share: float = field(default=NAN, metadata=column("", 3, "Deviation over trunk lean at the bottom."))
    depth_before_rounding_deg: float = field(
        default=NAN, metadata=column("deg", 2, "Sacrum lean when the deviation first passed the warning limit.")
    )
    side_bend_peak_deg: float = field(
        default=NAN, metadata=column("deg", 2, "Largest side bend held; to the right > 0.")
    )
    twist_peak_deg: float = field(
        default=NAN, metadata=column("deg", 2, "Largest twist held, zero at the start of the rep; to the left > 0.")
    )
    lowering_peak_deg_s: float = field(metadata=column("deg/s", 1, "Largest speed of the lean on the way down."))
    rising_peak_deg_s: float = field(metadata=column("deg/s", 1, "Largest speed of the lean on the way up."))
    smoothness_lowering: float = field(
        metadata=column("", 3, "Spectral arc length of the way down; nearer to 0 is smoother.")
    )
    smoothness_rising: float = field(
        metadata=column("", 3, "Spectral arc length of the way up; nearer to 0 is smoother.")
    )
    movement: str = field(
        default="",
        metadata=column(
            "", None, "hinge, squat, between (a lift from the floor), spine (the hips hardly took part) or unsure."
        ),
    )
    tap: str = field(default="", metadata=column("", None, "Wall tap: tapped, none or unsure; empty in other drills."))
    calibration: str = field(
        metadata=column("", None, "rod, rod+spacer, stance, pressed (lying) or none, with +rezero when re-zeroed.")
    )
    sync_ms: float = field(
        metadata=column(
            "ms", 1, "Uncertainty of the time between the two sensors; one standard deviation where it is measured."
        )
    )
    missing_pct: float = field(metadata=column("%", 1, "Share of the rep without data of a trunk sensor."))
    sync_source: str = field(
        default="",
        metadata=column(
            "",
            None,
            "Whence sync_ms is: measured (by the movement of both sensors) or declared (by their clocks, the files or "
            "you); empty with one sensor.",
        ),
    )
    axis_sd_deg: float = field(
        default=NAN,
        metadata=column(
            "deg", 1, "How well the calibration knows forward, at the less sure of the trunk sensors: one sd."
        ),
    )
    limits_basis: str = field(
        default="",
        metadata=column(
            "",
            None,
            "What the limits rest on: rod, rod+spacer, stance, loaded, pressed, coach (somebody gave them), "
            "personal (from the person's own reps with a rod) or given (to one analysis in a notebook).",
        ),
    )
    hip_drop_cm: float = field(default=NAN, metadata=extra("cm", 1, "How far the hips went down at the most."))
    hip_drop_sd_cm: float = field(
        default=NAN, metadata=extra("cm", 1, "How well the hip drop is known: one standard deviation.")
    )
    hip_travel_cm: float = field(default=NAN, metadata=extra("cm", 1, "How far the hips went back at the most."))
    hip_travel_sd_cm: float = field(
        default=NAN, metadata=extra("cm", 1, "How well the hip travel is known: one standard deviation.")
    )
    wall_cm: float = field(
        default=NAN, metadata=extra("cm", 1, "Distance of the heels to the wall in force; empty when not given.")
    )
    side: str = field(
        default="", metadata=extra("", None, "The leg that was lowered: left or right; empty without thigh sensors.")
    )
    pelvis_sternum_peak_deg: float = field(
        default=NAN, metadata=extra("deg", 2, "Largest angle of the sternum against the pelvis held; rounding > 0.")
    )
    pelvis_roll_peak_deg: float = field(
        default=NAN, metadata=extra("deg", 2, "Largest roll of the pelvis held; to the left > 0.")
    )
    knees_bent: bool = False
    came_back: bool = True


@dataclass(frozen=True, slots=True)
class SetSummary:
    """One row of the set table, without what the session says of itself.

    The fields with metadata are its columns. ``detectable_drift_deg`` is none: drifts below it are a person's own
    scatter.
    """

    set: int = field(metadata=column("", 0, "Number of the set in the session, from 1."))
    drill: str = field(metadata=column("", None, "The drill in force."))
    load_kg: float = field(metadata=column("kg", 2, "The load in force; 0 = none."))
    wall_cm: float = field(metadata=column("cm", 1, "Distance to the wall in force; empty when not given."))
    reps: int = field(metadata=column("", 0, "Rows of kind rep."))
    half: int = field(metadata=column("", 0, "Rows of kind half."))
    held: int = field(metadata=column("", 0, "Reps with the verdict held."))
    warned: int = field(metadata=column("", 0, "Reps with the verdict warned."))
    lost: int = field(metadata=column("", 0, "Reps with the verdict lost."))
    not_judged: int = field(metadata=column("", 0, "Reps with the verdict not_judged."))
    worst_contact: str = field(metadata=column("", None, "The point of the rod lost most often."))
    flexion_peak_median_deg: float = field(metadata=column("deg", 2, "Median flexion peak of the reps."))
    drift_deg: float = field(metadata=column("deg", 2, "Theil-Sen slope of the flexion peak per rep times (reps - 1)."))
    rest_before_s: float = field(metadata=column("s", 3, "Time since the end of the set before; empty for the first."))
    advice: str = field(metadata=column("", None, "What the set asks for next; empty for none."))
    detectable_drift_deg: float = NAN


def as_dict(result: Rep | SetSummary) -> dict[str, Any]:
    """The fields of a row by name."""
    return {each.name: getattr(result, each.name) for each in fields(result)}

"""The table of ``dowel history --csv``: one row per session and group of sets that can be compared."""

from __future__ import annotations

from statistics import median
from typing import Any, Final

from dowel.analysis.column_type import Column
from dowel.history.trends import NAN, GroupSession, monday_of
from dowel.session.human_verdicts import Agreement
from dowel.settings.rules import Rules
from dowel.text.wording import VERDICTS, known

HISTORY_COLUMNS: Final = (
    Column("session", "", None, "Name of the session file without its suffix."),
    Column("person", "", None, "Code of the person, as given."),
    Column("started_at", "", None, "When the session started, ISO 8601."),
    Column("week", "", None, "Monday of its week; empty where the session does not say when it was."),
    Column("stage", "", None, "dead_bug, wall_tap, dowel_hinge or loaded_hinge; empty for other drills."),
    Column("drill", "", None, "The drill."),
    Column("loaded", "", 0, "1 with a load, 0 without."),
    Column("placements", "", None, "Where sensors sat, joined by +."),
    Column("calibration", "", None, "rod, rod+spacer, stance or none; mixed where it changed within a set."),
    Column("sets", "", 0, "Sets."),
    Column("reps", "", 0, "Rows of kind rep; in the dead bug also of kind hold."),
    Column("clean_reps", "", 0, "Those that held contact; at the wall those that also tapped it."),
    Column("held", "", 0, "Reps with the verdict held."),
    Column("warned", "", 0, "Reps with the verdict warned."),
    Column("lost", "", 0, "Reps with the verdict lost."),
    Column("not_judged", "", 0, "Reps with the verdict not_judged."),
    Column("load_kg", "kg", 2, "The largest load; empty for none."),
    Column("volume_kg", "kg", 1, "Reps times load, over all sets."),
    Column("hinge_angle_deg", "deg", 2, "Median of the sets' median hinge angles."),
    Column(
        "depth_before_rounding_deg", "deg", 2, "Median hinge at which rounding began, or the deepest where it did not."
    ),
    Column("rounded_reps", "", 0, "Reps that rounded; where they are no more than half, the depth is a lower bound."),
    Column("drift_deg", "deg", 2, "Largest drift of a set of 5 reps or more."),
    Column("wall_cm", "cm", 1, "Largest distance to the wall."),
    Column("wall_tapped_cm", "cm", 1, "Largest distance to the wall of a good set."),
    Column("human_verdicts", "", 0, "Reps that a person judged, and the program too."),
    Column("human_agrees", "", 0, "Of these, reps of which both say the same: kept (held or warned), or lost."),
    Column("rules", "", None, "Names of the rules that decided something here, joined by +."),
)


def history_row(each: GroupSession, rules: Rules) -> dict[str, Any]:
    """A row of the table, by column name."""
    session, group = each.session, each.group
    agreement = Agreement.of(row for one in each.sets for row in one.rows)
    depths = [one.hinge_deg for one in each.sets if known(one.hinge_deg)]
    return {
        "session": session.name,
        "person": session.person,
        "started_at": session.started_at,
        "week": str(monday_of(session.day)) if session.day else "",
        "stage": group.stage or "",
        "drill": group.drill,
        "loaded": int(group.loaded),
        "placements": group.placements,
        "calibration": group.calibration,
        "sets": len(each.sets),
        "reps": each.reps,
        "clean_reps": each.total(lambda one: one.clean),
        **{verdict: sum(one.count(verdict) for one in each.sets) for verdict in VERDICTS},
        "load_kg": each.load_kg,
        "volume_kg": each.total(lambda one: one.volume_kg),
        "hinge_angle_deg": median(depths) if depths else NAN,
        "depth_before_rounding_deg": each.depth_before_rounding_deg,
        "rounded_reps": each.rounded,
        "drift_deg": each.drift_deg,
        "wall_cm": each.wall_cm,
        "wall_tapped_cm": each.wall_tapped_cm(rules),
        "human_verdicts": agreement.both,
        "human_agrees": agreement.alike,
        "rules": "+".join(each.rules),
    }

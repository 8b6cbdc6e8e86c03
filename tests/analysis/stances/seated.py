"""A drill that the program does not have, in a stance that it does not have: bending forward on a chair.

It shows all that one needs: a stance made of the standing one, a row with a column of its own, limits and words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.column_type import extra, extras_of
from dowel.analysis.contact.limits import Limits
from dowel.analysis.drills.drills import Drill, Words
from dowel.analysis.repetitions.rep_machine import RepSettings
from dowel.analysis.repetitions.row_builder import RowFacts
from dowel.analysis.rows import Rep, as_dict
from dowel.analysis.stances.standing import STANDING, StandingRows
from dowel.recordings.types import TRUNK

WARN_DEG, LOST_DEG = 4.0, 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatedRep(Rep):
    """A bend on a chair: the hips stay where they are, and how much the pelvis takes part is what matters."""

    pelvis_share: float = field(default=math.nan, metadata=extra("", 2, "Largest pelvis lean over largest trunk lean."))


class SeatedRows(StandingRows):
    """Measures and judges bends on a chair."""

    def measure(self, facts: RowFacts) -> SeatedRep:
        """The row of a bend, without what takes legs."""
        row = super().measure(facts)
        measured: dict[str, Any] = as_dict(replace(row, movement="", hip_drop_cm=math.nan, hip_travel_cm=math.nan))
        return SeatedRep(**measured, pelvis_share=row.hinge_angle_deg / row.trunk_lean_deg)


def seated_limits(_calibration: Calibration | None, _load_kg: float) -> Limits:
    """Tighter than standing: a chair takes the legs' share of the work."""
    return Limits("stance", WARN_DEG, LOST_DEG, WARN_DEG, LOST_DEG)


SEATED_STANCE = replace(
    STANDING,
    name="seated",
    rows=SeatedRows,
    with_rod=(),
    further=(),
    rep_settings=RepSettings(open_above_deg=8.0, open_rise_deg=6.0, least_excursion_deg=8.0),
    may_be_loaded=False,
    telling=replace(STANDING.telling, before="Sit on the front half of the chair, feet flat on the floor."),
)

SEATED = Drill(
    "seated_bend",
    TRUNK,
    (),
    Words(
        "seated bend",
        "On a chair: bend forward from the hips, and keep the back as it is.",
        "bend",
        {"rounded": "your back gave way on the chair", "arched": "you arched on the chair"},
        {"rounded": "tip the pelvis first", "arched": "let the ribs down"},
        ("What the feet press is not sensed.",),
    ),
    limits=seated_limits,
    stance=SEATED_STANCE,
    extras=extras_of(SeatedRep, "pelvis_share"),
)

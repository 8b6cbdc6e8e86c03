"""Hand-made sessions: rows by the column names of the tables, for drills and faults of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dowel.analysis.rows import NAN, Rep, SetSummary, as_dict
from dowel.history.load_sessions import practice_session
from dowel.history.practised_sets import PracticeSession
from dowel.recordings.types import TRUNK, Placement

HELD = Rep(
    set=1, rep=1, kind="rep", drill="dowel_hinge", load_kg=0.0, start_s=41.2, bottom_s=43.0, end_s=45.1,
    lowering_s=1.7, pause_s=0.3, rising_s=1.9, rest_before_s=NAN, hinge_angle_deg=68.0, trunk_lean_deg=70.0,
    verdict="held", verdict_reason="", contact_lost="", first_lost_s=NAN, first_lost_hinge_deg=NAN, lost_s=0.0,
    flexion_peak_deg=2.1, extension_peak_deg=-0.4, deviation_bottom_deg=1.0, gap_sacrum_mm=6.3,
    gap_upper_back_mm=0.5, gap_head_mm=NAN, flexion_range_pct=NAN, lumbar_share=0.02, depth_before_rounding_deg=NAN,
    side_bend_peak_deg=1.2, twist_peak_deg=-0.6, lowering_peak_deg_s=60.0, rising_peak_deg_s=80.0,
    smoothness_lowering=-1.5, smoothness_rising=-1.5, movement="hinge", tap="", calibration="rod", sync_ms=12.0,
    missing_pct=0.0,
)  # fmt: skip
VERDICTS = {"h": "held", "w": "warned", "l": "lost", "n": "not_judged"}
LYING = (Placement.PELVIS_FRONT, Placement.STERNUM)


def reps(verdicts: str = "hhhhhh", **columns: Any) -> list[dict[str, Any]]:
    """One set's rep rows: a letter for each verdict; ``columns`` hold for all, a list gives each rep its own."""
    rows = []
    for place, letter in enumerate(verdicts):
        own = {name: value[place] if isinstance(value, list) else value for name, value in columns.items()}
        rounded = {"depth_before_rounding_deg": 50.0} if letter in "wl" else {}
        extras = {name: own.pop(name) for name in ("side", "human_verdict") if name in own}
        row = replace(
            HELD, **{"rep": place + 1, "verdict": VERDICTS[letter], "start_s": 40.0 + 5.0 * place, **rounded, **own}
        )
        rows.append({**as_dict(row), **extras})
    return rows


def session(
    day: str,
    *sets: list[dict[str, Any]],
    person: str = "P1",
    name: str = "",
    placements: Sequence[Placement] = TRUNK,
    drift_deg: float = 0.0,
    wall_cm: float = NAN,
    **facts: Any,
) -> PracticeSession:
    """A session on a day (``2026-03-02``, with a time where wanted; empty for none), of these sets."""
    rep_rows, set_rows = [], []
    for number, rows in enumerate(sets, start=1):
        rep_rows += [{**row, "set": number, "start_s": row["start_s"] + 100.0 * number} for row in rows]
        set_rows.append(
            as_dict(
                SetSummary(
                    set=number, drill=rows[0]["drill"], load_kg=rows[0]["load_kg"], wall_cm=wall_cm, reps=len(rows),
                    half=0, held=0, warned=0, lost=0, not_judged=0, worst_contact="", flexion_peak_median_deg=2.0,
                    drift_deg=drift_deg, rest_before_s=NAN, advice="",
                )
            )
        )  # fmt: skip
    told = {"person": person, "started_at": day, **facts}
    path = Path(f"{name or day.replace(':', '')}.dowel")
    return practice_session(path, told, placements, rep_rows, set_rows)


def loaded(
    verdicts: str = "hhhhhh", load_kg: float = 20.0, drill: str = "kettlebell", **columns: Any
) -> list[dict[str, Any]]:
    """One set with a load."""
    return reps(verdicts, load_kg=load_kg, drill=drill, **columns)

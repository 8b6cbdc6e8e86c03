"""Lying on the back: a rep is a leg that is lowered, and the pelvis tells whether the low back keeps to the floor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from dowel.analysis.contact.verdict import judge
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.measures import signed_peak
from dowel.analysis.repetitions.rep_machine import RepSettings
from dowel.analysis.repetitions.row_builder import RowBuilder, RowFacts
from dowel.analysis.rows import NAN, Rep
from dowel.analysis.stances.base import Stance, Telling
from dowel.analysis.stances.lying_posture import LyingPosture, LyingSteps
from dowel.recordings.types import LYING as IN_FRONT
from dowel.recordings.types import TRUNK, FloatArray, MarkKind, Placement

LEG_LOWERED_DEG = 40.0  # a thigh that is lowered by more and comes back is a rep (sources#lying-reps)
PRESS_S = 3.0  # sources#lying-calibration
SIDES = {Placement.THIGH_LEFT: "left", Placement.THIGH_RIGHT: "right"}


class LyingRows:
    """Measures and judges reps and holds; ``posture`` and ``history`` as the pipeline keeps them."""

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._builder = RowBuilder(posture, history)

    def measure(self, facts: RowFacts) -> Rep:
        """The row of a leg that was lowered, or of a while of holding.

        The pelvis alone is judged, so the time between sensors does not matter; what stands and falls with a rod or
        with leaning is left out.
        """
        span, hold = self._builder.span(facts), facts.limits.hold_points
        seen = span.judged
        verdict = judge(
            seen.deviation_deg,
            seen.head_deg,
            seen.faults,
            facts.limits,
            deeper_than_calibrated=False,
            range_pct=NAN,
            bent_deg=seen.bent_deg,
        )
        row = self._builder.row(facts, span, verdict)
        if span.moved:
            row = replace(row, side=self._side(span.lean_deg[:, facts.peak - facts.start]))
        if verdict.verdict == "not_judged" or seen.bent_deg is None:
            return row
        return replace(
            row,
            pelvis_sternum_peak_deg=signed_peak(seen.bent_deg, hold),
            pelvis_roll_peak_deg=signed_peak(seen.head_deg, hold),
        )

    def _side(self, lean_deg: FloatArray) -> str:
        """The leg that was lowered, from the leans where it was lowest (sensors,), which are known there."""
        lowered = max(self._posture.thighs, key=lambda thigh: np.nan_to_num(lean_deg[thigh], nan=-np.inf))
        return SIDES[self._posture.placements[lowered]]


def _no_thigh(placements: Iterable[str]) -> bool:
    return not set(placements) & set(SIDES)


LYING = Stance(
    "lying",
    trunk=IN_FRONT,
    judged_by=(Placement.PELVIS_FRONT,),
    posture=LyingPosture,
    steps=LyingSteps,
    rows=LyingRows,
    calibration=(MarkKind.STILL, MarkKind.LYING, MarkKind.PRESSED, MarkKind.RELAXED, MarkKind.PRESSED),
    still_s=PRESS_S,
    telling=Telling(
        contact="floor",
        figure="lying",
        rising="pressing",
        head="roll",
        plotted=(*SIDES, *IN_FRONT),
        thigh=max,
        before="The sensors sit in front, on the bone of the pelvis and on the breastbone: never lie on one.",
        only_at="done lying, with sensors in front: {places}; never one under the back",
        by_itself="No calibration: lying, it needs the steps still, lying, pressed, relaxed and pressed as marks.",
        told_by_reason={"arched": "Arching", "trunk_bent": "Ribs and pelvis", "rolled": "Rolling"},
        meaning="Contact is that of the low back with the floor.",
    ),
    rep_settings=RepSettings(least_excursion_deg=LEG_LOWERED_DEG),
    never_at=TRUNK,  # nobody lies on a sensor
    reps_are_marked=_no_thigh,
    rezeroes=False,
    watches_calibration=False,
    may_be_loaded=False,
)

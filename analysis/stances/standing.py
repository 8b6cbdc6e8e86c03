"""Standing: a bend is one of the trunk, and the rod, or its place, lies along the back."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.calibration.steps import CalibrationSteps
from dowel.analysis.contact.judged import Judged
from dowel.analysis.contact.limits import held_peak
from dowel.analysis.contact.verdict import Fault, Verdict, gaps_mm, in_doubt, judge
from dowel.analysis.movement.rep_movement import RepMovement
from dowel.analysis.movement.wall_tap import RepTap
from dowel.analysis.orientation.posture import Posture, trusted
from dowel.analysis.orientation.relative_rotation import side_bend_and_twist_over
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.measures import signed_peak
from dowel.analysis.repetitions.row_builder import RowBuilder, RowFacts, Span
from dowel.analysis.rows import NAN, Rep
from dowel.analysis.stances.base import Stance, Telling
from dowel.recordings.types import TRUNK, FloatArray, MarkKind

HOLD_S = 5.0  # sources#calibration-acceptance
DEEPER_DEG = 5.0  # sources#calibration-acceptance


class StandingRows:
    """Measures and judges bends of the trunk; ``posture`` and ``history`` as the pipeline keeps them."""

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._builder = RowBuilder(posture, history)
        self._movement = RepMovement(posture, history)
        self._tap = RepTap(posture, history)

    def measure(self, facts: RowFacts) -> Rep:
        """The row of a bend.

        Where a sensor may have slipped, or the time between the sensors is not known well, the verdict is the one of
        all readings, or none.
        """
        posture, start, stop = self._posture, facts.start, facts.stop
        seemed_deg = facts.seemed_deg if (self._history.faults(start, stop) & Fault.SLIPPED).any() else None
        span = self._builder.span(facts, if_worn=seemed_deg is not None)
        parts, lean = span.phases, span.lean_deg
        calibration = posture.calibration
        hinge = _trusted_at(posture.sacrum, lean, span.status)
        trunk = _trusted_at(posture.upper_back, lean, span.status)
        range_pct = self._range_pct(span)
        hinge_deg, trunk_deg = _peak(hinge), _peak(trunk)
        too_deep = (
            calibration is not None
            and calibration.basis == "rod"
            and hinge_deg > calibration.neutral.deepest_deg + DEEPER_DEG
        )
        slipped = seemed_deg is not None
        span, verdict = self._judged(facts, span, slipped=slipped, too_deep=too_deep, range_pct=range_pct)
        gaps = gaps_mm(verdict, calibration.lever_m if calibration else None)
        at_bottom = slice(parts.bottom_start, parts.bottom_end + 1)
        movement = self._movement.of(start, stop, at_bottom, trunk_deg, hinge_deg, facts.height_m)
        side_deg, twist_deg = (NAN, NAN) if np.isnan(hinge + trunk).any() else self._side_and_twist(start, stop)
        row, bottom = self._builder.row(facts, span, verdict), span.bottom
        measured = replace(
            row,
            hinge_angle_deg=hinge_deg,
            trunk_lean_deg=trunk_deg,
            first_lost_hinge_deg=_at(hinge, verdict.first_lost),
            gap_sacrum_mm=gaps[0],
            gap_upper_back_mm=gaps[1],
            gap_head_mm=gaps[2],
            flexion_range_pct=range_pct,
            lumbar_share=float(span.judged.deviation_deg[bottom] / trunk[bottom]) if trunk[bottom] > 0 else NAN,
            depth_before_rounding_deg=_at(hinge, verdict.first_warned),
            side_bend_peak_deg=side_deg,
            twist_peak_deg=twist_deg,
            movement=movement.name,
            tap=self._tap.of(start, stop, parts.bottom_end) if facts.taps else "",
            hip_drop_cm=100.0 * movement.drop.way_m,
            hip_drop_sd_cm=100.0 * movement.drop.sd_m,
            hip_travel_cm=100.0 * movement.travel.way_m,
            hip_travel_sd_cm=100.0 * movement.travel.sd_m,
            wall_cm=facts.wall_cm,
            knees_bent=movement.knees_bent,
            came_back=movement.came_back,
        )
        return measured if seemed_deg is None else in_doubt(measured, facts.limits, seemed_deg)

    def _judged(
        self, facts: RowFacts, span: Span, *, slipped: bool, too_deep: bool, range_pct: float
    ) -> tuple[Span, Verdict]:
        """The verdict if it is the same however the clocks lie, within what is known of them; else nothing is told.

        Nor where a sensor may have slipped besides, as both could add up.
        """

        def verdict(seen: Judged, deviation_deg: FloatArray) -> Verdict:
            return judge(
                deviation_deg,
                seen.head_deg,
                seen.faults,
                facts.limits,
                deeper_than_calibrated=too_deep,
                range_pct=range_pct,
            )

        measured, *others = [verdict(span.judged, reading) for reading in span.judged.readings_deg]
        same = all((each.verdict, each.contact_lost) == (measured.verdict, measured.contact_lost) for each in others)
        if same and not (others and slipped):
            return span, measured
        unjudged = span.judged.unjudged(Fault.SYNC)
        return replace(span, judged=unjudged), verdict(unjudged, unjudged.deviation_deg)

    def _range_pct(self, span: Span) -> float:
        """Largest held flexion of the spine, the neutral one included, in percent of the slump's."""
        calibration, sacrum = self._posture.calibration, self._posture.sacrum
        if calibration is None or not calibration.range_deg or sacrum is None:
            return NAN
        flexion_deg = span.judged.deviation_deg + calibration.neutral.at(span.lean_deg[sacrum])
        return 100.0 * held_peak(trusted(flexion_deg, span.judged.faults)) / calibration.range_deg

    def _side_and_twist(self, start: int, stop: int) -> tuple[float, float]:
        """Largest side bend and twist held; NaN without a calibration of both trunk sensors."""
        posture, values = self._posture, self._history.values(start, stop)
        if posture.sacrum is None or posture.upper_back is None or posture.calibration is None:
            return NAN, NAN
        side, twist = side_bend_and_twist_over(
            values[posture.sacrum, :, :4],
            values[posture.upper_back, :, :4],
            posture.frames[posture.sacrum],
            posture.frames[posture.upper_back],
        )
        return signed_peak(side), signed_peak(twist)


def _trusted_at(sensor: int | None, lean_deg: FloatArray, status: NDArray[np.uint8]) -> FloatArray:
    """One sensor's lean (n,); nothing without the sensor."""
    return np.full(lean_deg.shape[1], np.nan) if sensor is None else trusted(lean_deg[sensor], status[sensor])


def _peak(lean_deg: FloatArray) -> float:
    return float(np.fmax.reduce(lean_deg))


def _at(lean_deg: FloatArray, index: int) -> float:
    return float(lean_deg[index]) if index >= 0 else NAN


STANDING = Stance(
    "standing",
    trunk=TRUNK,
    judged_by=TRUNK,
    posture=Posture,
    steps=CalibrationSteps,
    rows=StandingRows,
    calibration=(MarkKind.STILL, MarkKind.STANCE_HOLD, MarkKind.STANCE_BENDS),
    with_rod=(MarkKind.STILL, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES),
    further=(MarkKind.SLUMP, MarkKind.SPACER),
    still_s=HOLD_S,
    telling=Telling(
        contact="rod",
        figure="standing",
        rising="rounding",
        head="of the head",
        plotted=TRUNK,
        thigh=itemgetter(0),  # the right one, which is seen
        meaning="Contact is that of a broomstick held along the back: kept while it would touch the upper back and the "
        "sacrum, the flat bone above the buttocks. The hinge is how far the sacrum leans forward.",
    ),
)

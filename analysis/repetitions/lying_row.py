"""One row of the rep table of somebody who lies: a leg that was lowered, or a while of holding."""

from __future__ import annotations

import numpy as np

from dowel.analysis.contact.verdict import Fault, judge, seconds
from dowel.analysis.drills.in_force import Setting
from dowel.analysis.events import NAN, Rep
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.measures import Phases, SpectralArcLength, phases, signed_peak, speed, without_gaps
from dowel.analysis.stances.lying_posture import LyingPosture
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, Placement

SIDES = {Placement.THIGH_LEFT: "left", Placement.THIGH_RIGHT: "right"}


class LyingRows:
    """Measures and judges reps and holds of the dead bug; ``posture`` and ``history`` as the pipeline keeps them."""

    def __init__(self, posture: LyingPosture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._smoothness = SpectralArcLength()

    def measure(
        self, start: int, peak: int, end: int, setting: Setting, sync_ms: float, rest_s: float, note: str
    ) -> Rep:
        """The row between two grid points (inclusive).

        The pelvis alone is judged, so the time between sensors does not matter; what stands and falls with a rod or
        with leaning is left out.
        """
        stop = end + 1
        posture, history = self._posture, self._history
        lean, status = history.lean_deg(start, stop), history.status(start, stop)
        faults, deviation, roll = (
            history.faults(start, stop),
            history.deviation_deg(start, stop),
            history.head_deg(start, stop),
        )
        limits, calibration = setting.limits(posture.calibration), posture.calibration
        bent = posture.bent_deg(lean, status)
        verdict = judge(deviation, roll, faults, limits, deeper_than_calibrated=False, range_pct=NAN, bent_deg=bent)
        angle = posture.angle_deg(lean)
        moved = bool(np.isfinite(angle).any())
        rate = speed(without_gaps(angle)) if moved else np.zeros(stop - start)
        parts = phases(rate, peak - start) if moved else Phases(0, end - start, NAN, NAN)
        bottom = (parts.bottom_start + parts.bottom_end) // 2
        judged = verdict.verdict != "not_judged"
        return Rep(
            set=None,
            rep=None,
            kind="bend",
            drill=setting.drill.name,
            load_kg=setting.load_kg,
            start_s=seconds(start),
            bottom_s=seconds(start + bottom),
            end_s=seconds(end),
            lowering_s=seconds(parts.bottom_start) if moved else NAN,
            pause_s=seconds(parts.bottom_end - parts.bottom_start) if moved else NAN,
            rising_s=seconds(end - start - parts.bottom_end) if moved else NAN,
            rest_before_s=rest_s,
            hinge_angle_deg=NAN,
            trunk_lean_deg=NAN,
            verdict=verdict.verdict,
            verdict_reason=verdict.reason,
            contact_lost=verdict.contact_lost,
            first_lost_s=seconds(start + verdict.first_lost) if verdict.first_lost >= 0 else NAN,
            first_lost_hinge_deg=NAN,
            lost_s=seconds(verdict.lost_points) if judged else NAN,
            flexion_peak_deg=verdict.flexion_peak_deg,
            extension_peak_deg=verdict.extension_peak_deg,
            deviation_bottom_deg=float(deviation[bottom]),
            gap_sacrum_mm=NAN,
            gap_upper_back_mm=NAN,
            gap_head_mm=NAN,
            flexion_range_pct=NAN,
            lumbar_share=NAN,
            depth_before_rounding_deg=NAN,
            side_bend_peak_deg=NAN,
            twist_peak_deg=NAN,
            lowering_peak_deg_s=parts.lowering_peak_deg_s,
            rising_peak_deg_s=parts.rising_peak_deg_s,
            smoothness_lowering=self._smoothness.of(rate[: parts.bottom_start + 1], GRID_HZ) if moved else NAN,
            smoothness_rising=self._smoothness.of(-rate[parts.bottom_end :], GRID_HZ) if moved else NAN,
            movement="",
            tap="",
            calibration=(calibration.name if calibration else "none") + note,
            sync_ms=sync_ms if len(posture.trunk) > 1 else NAN,
            missing_pct=100.0 * float(np.count_nonzero(faults & Fault.MISSING)) / len(faults),
            side=self._side(lean[:, peak - start]) if moved else "",
            pelvis_sternum_peak_deg=signed_peak(bent, limits.hold_points) if judged else NAN,
            pelvis_roll_peak_deg=signed_peak(roll, limits.hold_points) if judged else NAN,
        )

    def _side(self, lean_deg: FloatArray) -> str:
        """The leg that was lowered, from the leans where it was lowest (sensors,), which are known there."""
        return SIDES[self._posture.placements[self._posture.driver(lean_deg)]]

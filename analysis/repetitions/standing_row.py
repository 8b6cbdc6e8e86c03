"""One row of the rep table from the points of one bend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.contact.limits import held_peak
from dowel.analysis.contact.verdict import Fault, gaps_mm, judge, seconds
from dowel.analysis.drills.in_force import Setting
from dowel.analysis.events import NAN, Rep
from dowel.analysis.movement.rep_movement import RepMovement
from dowel.analysis.movement.wall_tap import RepTap
from dowel.analysis.orientation.posture import Posture, trusted
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.measures import (
    SpectralArcLength,
    phases,
    side_bend_and_twist,
    signed_peak,
    speed,
    without_gaps,
)
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray

SYNC_FAST_MS = 20.0
"""10 ms of lag cost 1.6 deg in a fast rep, 20 ms 3 (sources#sensor-lag); above this fast reps are not judged."""
SYNC_MS = 60.0  # above this no rep is judged (sources#lag-limits)
FAST_PHASE_S = 0.8  # sources#tempo
DEEPER_DEG = 5.0  # sources#calibration-acceptance


class RepRows:
    """Measures and judges bends; ``posture`` and ``history`` as the pipeline keeps them."""

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._movement = RepMovement(posture, history)
        self._tap = RepTap(posture, history)
        self._smoothness = SpectralArcLength()

    def measure(
        self, start: int, peak: int, end: int, setting: Setting, sync_ms: float, rest_s: float, note: str
    ) -> Rep:
        """The row of the bend between two grid points (inclusive); ``note`` is added to the calibration's name."""
        stop = end + 1
        posture, history = self._posture, self._history
        lean = history.lean_deg(start, stop)
        angle = without_gaps(posture.angle_deg(lean))
        rate = speed(angle)
        parts = phases(rate, peak - start)
        lowering_s, rising_s = seconds(parts.bottom_start), seconds(end - start - parts.bottom_end)
        faults = history.faults(start, stop).copy()
        deviation, head = history.deviation_deg(start, stop), history.head_deg(start, stop)
        if sync_ms > SYNC_MS or (sync_ms > SYNC_FAST_MS and min(lowering_s, rising_s) < FAST_PHASE_S):
            faults |= Fault.SYNC
            deviation, head = np.full_like(deviation, np.nan), np.full_like(head, np.nan)
        calibration = posture.calibration
        status = history.status(start, stop)
        hinge = _trusted_at(posture.sacrum, lean, status)
        trunk = _trusted_at(posture.upper_back, lean, status)
        limits = setting.limits(calibration)
        range_pct = self._range_pct(hinge, trunk)
        hinge_deg, trunk_deg = _peak(hinge), _peak(trunk)
        too_deep = (
            calibration is not None
            and calibration.basis == "rod"
            and hinge_deg > calibration.neutral.deepest_deg + DEEPER_DEG
        )
        verdict = judge(deviation, head, faults, limits, deeper_than_calibrated=too_deep, range_pct=range_pct)
        gaps = gaps_mm(verdict, calibration.lever_m if calibration else None)
        bottom = (parts.bottom_start + parts.bottom_end) // 2
        at_bottom = slice(parts.bottom_start, parts.bottom_end + 1)
        movement = self._movement.of(start, stop, at_bottom, trunk_deg, hinge_deg, setting.height_m)
        side_deg, twist_deg = (NAN, NAN) if np.isnan(hinge + trunk).any() else self._side_and_twist(start, stop)
        return Rep(
            set=None,
            rep=None,
            kind="bend",
            drill=setting.drill.name,
            load_kg=setting.load_kg,
            start_s=seconds(start),
            bottom_s=seconds(start + bottom),
            end_s=seconds(end),
            lowering_s=lowering_s,
            pause_s=seconds(parts.bottom_end - parts.bottom_start),
            rising_s=rising_s,
            rest_before_s=rest_s,
            hinge_angle_deg=hinge_deg,
            trunk_lean_deg=trunk_deg,
            verdict=verdict.verdict,
            verdict_reason=verdict.reason,
            contact_lost=verdict.contact_lost,
            first_lost_s=seconds(start + verdict.first_lost) if verdict.first_lost >= 0 else NAN,
            first_lost_hinge_deg=_at(hinge, verdict.first_lost),
            lost_s=seconds(verdict.lost_points) if verdict.verdict != "not_judged" else NAN,
            flexion_peak_deg=verdict.flexion_peak_deg,
            extension_peak_deg=verdict.extension_peak_deg,
            deviation_bottom_deg=float(deviation[bottom]),
            gap_sacrum_mm=gaps[0],
            gap_upper_back_mm=gaps[1],
            gap_head_mm=gaps[2],
            flexion_range_pct=range_pct,
            lumbar_share=float(deviation[bottom] / trunk[bottom]) if trunk[bottom] > 0 else NAN,
            depth_before_rounding_deg=_at(hinge, verdict.first_warned),
            side_bend_peak_deg=side_deg,
            twist_peak_deg=twist_deg,
            lowering_peak_deg_s=parts.lowering_peak_deg_s,
            rising_peak_deg_s=parts.rising_peak_deg_s,
            smoothness_lowering=self._smoothness.of(rate[: parts.bottom_start + 1], GRID_HZ),
            smoothness_rising=self._smoothness.of(-rate[parts.bottom_end :], GRID_HZ),
            movement=movement.name,
            tap=self._tap.of(start, stop, parts.bottom_end) if setting.drill.taps else "",
            calibration=(calibration.name if calibration else "none") + note,
            sync_ms=sync_ms if len(posture.trunk) > 1 else NAN,
            missing_pct=100.0 * float(np.count_nonzero(faults & Fault.MISSING)) / len(faults),
            hip_drop_cm=100.0 * movement.drop.way_m,
            hip_drop_sd_cm=100.0 * movement.drop.sd_m,
            hip_travel_cm=100.0 * movement.travel.way_m,
            hip_travel_sd_cm=100.0 * movement.travel.sd_m,
            wall_cm=setting.wall_cm,
            knees_bent=movement.knees_bent,
        )

    def _range_pct(self, hinge_deg: FloatArray, trunk_deg: FloatArray) -> float:
        """Largest held upper-back minus sacrum lean in percent of the slump's."""
        calibration = self._posture.calibration
        if calibration is None or not calibration.range_deg:
            return NAN
        return 100.0 * held_peak(trunk_deg - hinge_deg) / calibration.range_deg

    def _side_and_twist(self, start: int, stop: int) -> tuple[float, float]:
        """Largest side bend and twist held; NaN without a calibration of both trunk sensors."""
        if self._posture.sacrum is None or self._posture.upper_back is None or self._posture.calibration is None:
            return NAN, NAN
        side, twist, _ = self.side_bend_and_twist(start, stop)
        return signed_peak(side), signed_peak(twist)

    def side_bend_and_twist(
        self, start: int, stop: int, offset: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Side bend and twist (n,) between two points with the calibration in force, and the offset to go on with."""
        values, posture = self._history.values(start, stop), self._posture
        assert posture.sacrum is not None
        assert posture.upper_back is not None
        return side_bend_and_twist(
            values[posture.sacrum, :, :4],
            values[posture.upper_back, :, :4],
            posture.frames[posture.sacrum],
            posture.frames[posture.upper_back],
            offset,
        )


def _trusted_at(sensor: int | None, lean_deg: FloatArray, status: NDArray[np.uint8]) -> FloatArray:
    """One sensor's lean (n,); nothing without the sensor."""
    return np.full(lean_deg.shape[1], np.nan) if sensor is None else trusted(lean_deg[sensor], status[sensor])


def _peak(lean_deg: FloatArray) -> float:
    return float(np.fmax.reduce(lean_deg))


def _at(lean_deg: FloatArray, index: int) -> float:
    return float(lean_deg[index]) if index >= 0 else NAN

"""One row of the rep table: what is measured of a bend in every stance; each stance adds what it alone can measure.

A field that a drill does not measure keeps the default of :class:`Rep`: NaN, or empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.contact.judged import Judged, judged
from dowel.analysis.contact.limits import Limits
from dowel.analysis.contact.verdict import Fault, Verdict, seconds
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.parameters import in_force
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.measures import Phases, SpectralArcLength, longest_gap, phases, speed, without_gaps
from dowel.analysis.rows import NAN, Rep
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, Sync

FAST_PHASE_S = 0.8  # sources#tempo
TEMPO_GAP_POINTS = GRID_HZ // 2
"""Over a longer gap in the angle the tempo is not known: the person may have turned in it
(sources#tempo-over-a-gap)."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What is known of a row before it is measured: its grid points and what was in force.

    ``start``, ``peak`` and ``end`` are points of the session's grid, all inclusive. ``note`` is added to the
    calibration's name; ``taps``: each rep is to tap a wall;
    ``seemed_deg``: by how much the back may seem less round and rounder than it was, None where that is not known.
    """

    start: int
    peak: int
    end: int
    drill: str
    limits: Limits
    load_kg: float
    height_m: float
    wall_cm: float
    taps: bool
    sync: Sync
    rest_s: float
    note: str
    seemed_deg: tuple[float, float] | None

    @property
    def stop(self) -> int:
        """The grid point after the last."""
        return self.end + 1


@dataclass(frozen=True, slots=True)
class Span:
    """The points of a row: what the sensors gave, (sensors, n), what of it can be judged and what was computed, (n,).

    ``moved``: the angle that reps are counted on is known; without it there are no phases, and the speed is 0.
    ``timed``: it is known without a long gap, so that there is a tempo.
    ``bottom`` is the middle of the bottom, counted from the row's start.
    """

    lean_deg: FloatArray
    status: NDArray[np.uint8]
    judged: Judged
    moved: bool
    timed: bool
    rate_deg_s: FloatArray
    phases: Phases
    bottom: int


class RowBuilder:
    """Makes rows; ``posture`` and ``history`` as the pipeline keeps them."""

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._smoothness = in_force(SpectralArcLength)

    def span(self, facts: RowFacts, *, if_worn: bool = False) -> Span:
        """The points of a row, with its phases; ``if_worn``: as they are if no sensor has slipped."""
        start, stop, history = facts.start, facts.stop, self._history
        lean = history.lean_deg(start, stop)
        angle = self._posture.angle_deg(lean)
        moved = bool(np.isfinite(angle).any())
        rate = speed(without_gaps(angle)) if moved else np.zeros(stop - start)
        parts = phases(rate, facts.peak - start) if moved else Phases(0, stop - start - 1, NAN, NAN)
        return Span(
            lean_deg=lean,
            status=history.status(start, stop),
            judged=judged(self._posture, history, start, stop, facts.sync.ms, if_worn=if_worn),
            moved=moved,
            timed=moved and longest_gap(angle) <= TEMPO_GAP_POINTS,
            rate_deg_s=rate,
            phases=parts,
            bottom=(parts.bottom_start + parts.bottom_end) // 2,
        )

    def row(self, facts: RowFacts, span: Span, verdict: Verdict) -> Rep:
        """What every stance has of a row: times, tempo, verdict and peaks."""
        start, parts, rate, timed = facts.start, span.phases, span.rate_deg_s, span.timed
        calibration = self._posture.calibration
        trunk = [str(self._posture.placements[sensor]) for sensor in self._posture.trunk]
        return Rep(
            set=None,
            rep=None,
            kind="bend",
            drill=facts.drill,
            load_kg=facts.load_kg,
            start_s=seconds(start),
            bottom_s=seconds(start + span.bottom),
            end_s=seconds(facts.end),
            lowering_s=seconds(parts.bottom_start) if timed else NAN,
            pause_s=seconds(parts.bottom_end - parts.bottom_start) if timed else NAN,
            rising_s=seconds(facts.end - start - parts.bottom_end) if timed else NAN,
            rest_before_s=facts.rest_s,
            verdict=verdict.verdict,
            verdict_reason=verdict.reason,
            contact_lost=verdict.contact_lost,
            first_lost_s=seconds(start + verdict.first_lost) if verdict.first_lost >= 0 else NAN,
            lost_s=seconds(verdict.lost_points) if verdict.verdict != "not_judged" else NAN,
            flexion_peak_deg=verdict.flexion_peak_deg,
            extension_peak_deg=verdict.extension_peak_deg,
            deviation_bottom_deg=float(span.judged.deviation_deg[span.bottom]),
            lowering_peak_deg_s=parts.lowering_peak_deg_s if timed else NAN,
            rising_peak_deg_s=parts.rising_peak_deg_s if timed else NAN,
            smoothness_lowering=self._smoothness.of(rate[: parts.bottom_start + 1], GRID_HZ) if timed else NAN,
            smoothness_rising=self._smoothness.of(-rate[parts.bottom_end :], GRID_HZ) if timed else NAN,
            calibration=(calibration.name if calibration else "none") + facts.note,
            sync_ms=facts.sync.ms if len(self._posture.trunk) > 1 else NAN,
            sync_source=facts.sync.source if len(self._posture.trunk) > 1 else "",
            missing_pct=100.0 * float(np.count_nonzero(span.judged.faults & Fault.MISSING)) / len(span.judged.faults),
            axis_sd_deg=calibration.axis_sd_deg(trunk) if calibration else NAN,
            limits_basis=facts.limits.basis if calibration else "",
        )

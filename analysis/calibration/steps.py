"""The calibration sequence: each step's mark, with the points it spans, to what it gives or why it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from dowel.analysis.calibration.calibration import (
    AXIS_RATIO,
    LEVER_M,
    Calibration,
    NeutralCurve,
    Refused,
    forward_axes,
    neutral_curve,
)
from dowel.analysis.calibration.exchanged_places import EXCHANGED, are_exchanged
from dowel.analysis.calibration.hinge_evidence import Tilts, hinge_fault, hold_fault
from dowel.analysis.calibration.hold import upright
from dowel.analysis.contact.limits import SPACER_GAP_M, held_peak
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rotations import tilts_deg, vertical_acceleration
from dowel.analysis.point_buffer import History
from dowel.recordings.grid_points import UNUSABLE
from dowel.recordings.types import FloatArray, MarkKind, Placement

SPACER_HOLD_POINTS = 100
"""The middle second of the spacer hold; people settle before and let go after (sources#calibration-acceptance)."""
ROD_APART_DEG, STANCE_APART_DEG = 4.0, 6.0
"""How far sacrum and upper back may stand apart between the bends from how they stood in the hold: the rod fixes both,
without it people stand again within 1 to 2 deg each (sources#hinge-evidence)."""
SLUMP_DEG = 15.0
"""A judgement: whole backs round by 40 deg and more; a hinge that is taken for a slump rounds by a few
(sources#slump-size)."""


@dataclass(frozen=True, slots=True)
class Span:
    """The points of a step, from ``start`` to before ``stop``, and how many bends were found among them."""

    start: int
    stop: int
    bends: int


class CalibrationSteps:
    """Takes calibration steps one after the other; ``posture`` holds what is in force.

    :meth:`take` gives a new :class:`Calibration`, a :class:`Refused` with the placement, or None where the step only
    prepares the next one.
    """

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._held: set[int] = set()
        self._steps: dict[MarkKind, Callable[[Span], Calibration | Refused | None]] = {
            MarkKind.ROD_HOLD: self._hold,
            MarkKind.STANCE_HOLD: self._stance_hold,
            MarkKind.ROD_HINGES: self._rod_hinges,
            MarkKind.STANCE_BENDS: self._stance_bends,
            MarkKind.SLUMP: self._slump,
            MarkKind.SPACER: self._spacer,
        }

    def handles(self, kind: MarkKind) -> bool:
        """Whether this mark is a calibration step that gives an attitude."""
        return kind in self._steps

    def take(self, kind: MarkKind, span: Span) -> Calibration | Refused | None:
        """What a step gives, or why it is refused."""
        return self._steps[kind](span)

    def _up(self, span: Span) -> FloatArray:
        """Up vectors (sensors, n, 3) of a step, NaN where a sensor does not tell."""
        up = self._history.up(span.start, span.stop).copy()
        up[(self._history.status(span.start, span.stop) & UNUSABLE) != 0] = np.nan
        return up

    def _hold(self, span: Span) -> Calibration | Refused | None:
        up, acc = self._up(span), self._history.values(span.start, span.stop)[..., 4:COLUMNS]
        zeros: dict[int, FloatArray] = {}
        for sensor, placement in enumerate(self._posture.placements):
            zero = upright(up[sensor], acc[sensor])
            if not isinstance(zero, Refused):
                zeros[sensor] = zero
            elif sensor in self._posture.trunk:
                return replace(zero, placement=str(placement))
        for sensor, zero in zeros.items():
            self._posture.zero(sensor, zero)
        self._held = set(zeros)
        calibration = self._posture.calibration
        if calibration is None or self._posture.came_off.any():  # where forward is must be shown again
            return None
        frames = {
            str(place): self._posture.frames[index].copy()
            for index, place in enumerate(self._posture.placements)
            if place in calibration.frames and index in zeros
        }
        return replace(calibration, frames=frames)

    def _stance_hold(self, span: Span) -> Calibration | Refused | None:
        """A hold without the rod: from here on nothing rests on the rod any more."""
        found = self._hold(span)
        if not isinstance(found, Calibration):
            return found
        return replace(found, basis="stance", neutral=NeutralCurve(), sigma_rod_deg=0.0, lever_m=None)

    def _frames(self, span: Span) -> tuple[dict[str, FloatArray], dict[str, float]] | Refused:
        """Segment frames from the bends of a step, for every sensor that has a zero and shows where forward is.

        Only a trunk sensor can refuse the step; another one that is silent or hardly moves has no frame, and nothing
        is said of its segment. A shank has none in any case: which way it goes in a hinge differs from person to
        person (sources#model-postures).
        """
        placements, trunk = self._posture.placements, self._posture.trunk
        if not set(trunk) <= self._held:
            return Refused("the hold before it is missing or was refused; do the hold, then bend again")
        up = self._up(span)
        enough = np.isfinite(up[..., 0]).sum(axis=1) >= max(up.shape[1] // 2, 1)
        for sensor in trunk:
            if not enough[sensor]:
                return Refused("the sensor sent too little; check it and bend again", str(placements[sensor]))
        used = [sensor for sensor in sorted(self._held) if enough[sensor] and placements[sensor] is not Placement.SHANK]
        names = [str(placements[sensor]) for sensor in used]
        axes = dict(zip(names, forward_axes(self._posture.frames[used, 2], up[used], names), strict=True))
        for sensor in trunk:
            ratio = axes[str(placements[sensor])].ratio
            if ratio < AXIS_RATIO:
                return Refused(
                    f"the forward direction is unclear (ratio {ratio:.1f}, at least {AXIS_RATIO:g}); "
                    "bend straight forward, deeper, without turning",
                    str(placements[sensor]),
                )
        if len(trunk) == 2 and self._exchanged(span, up[trunk]):
            return Refused(f"{EXCHANGED}; put each where the other one is, and begin again with the hold", "", True)
        clear = {place: axis for place, axis in axes.items() if axis.ratio >= AXIS_RATIO}
        ratios = {place: axis.ratio for place, axis in clear.items()}
        return {place: axis.frame for place, axis in clear.items()}, ratios

    def _exchanged(self, span: Span, up: FloatArray) -> bool:
        """Whether the trunk sensors, with up vectors (2, n, 3) in a step, sit in each other's place."""
        trunk = self._posture.trunk
        acc = self._history.values(span.start, span.stop)[trunk, :, 4:COLUMNS]
        vertical_m_s2 = np.stack([vertical_acceleration(*each) for each in zip(up, acc, strict=True)])
        return are_exchanged(self._posture.frames[trunk, 2], [(up, vertical_m_s2)])

    def _bent(self, frames: Mapping[str, FloatArray], span: Span) -> tuple[FloatArray, FloatArray]:
        """Sacrum lean and flexion of the spine in a step, with these frames."""
        trial = Posture(self._posture.placements)
        trial.use(Calibration("rod", frames))
        between = span.start, span.stop
        lean = trial.leans_deg(self._history.up(*between))
        spine = trial.spine(self._history.values(*between), self._history.status(*between))
        assert trial.sacrum is not None
        assert spine is not None
        return lean[trial.sacrum], spine.flexion_deg

    def _tilts(self, frames: dict[str, FloatArray], span: Span) -> Tilts | None:
        """How both trunk sensors tilted in a step, with the frames it gave; None with one of them."""
        posture = self._posture
        if posture.sacrum is None or posture.upper_back is None:
            return None
        up = self._up(span)
        tilts = [
            tilts_deg(frames[str(posture.placements[sensor])], up[sensor])
            for sensor in (posture.sacrum, posture.upper_back)
        ]
        (sacrum_deg, sacrum_side_deg), (upper_back_deg, upper_back_side_deg) = tilts
        return Tilts(sacrum_deg, upper_back_deg, sacrum_side_deg, upper_back_side_deg)

    def _hold_fault(self, tilts: Tilts, apart_limit_deg: float) -> Refused | None:
        """Why the hold before these bends cannot be used, or None.

        It counts as not done then; an earlier calibration, which has its zero, is not judged by until the next one.
        """
        fault = hold_fault(tilts, apart_limit_deg)
        if fault is not None:
            self._held.clear()
            if self._posture.calibration is not None:
                self._posture.doubt(axis=False)
        return fault

    def _rod_hinges(self, span: Span) -> Calibration | Refused:
        found = self._frames(span)
        if isinstance(found, Refused):
            return found
        frames, ratios = found
        if span.bends < 3:
            return Refused(f"{span.bends} of 3 hinges found; do three slow hinges with the rod on, to full depth")
        tilts = self._tilts(frames, span)
        if tilts is None:
            return Calibration("rod", frames, self._depth_of_one(frames, span), axis_ratio=ratios)
        fault = self._hold_fault(tilts, ROD_APART_DEG)
        if fault is not None:
            return fault
        sacrum_deg, flexion_deg = self._bent(frames, span)
        if np.isfinite(flexion_deg).sum() < len(flexion_deg) // 2:
            return Refused("too little of these hinges could be judged by the sensors; see to them and hinge again")
        curve, sigma_deg = neutral_curve(sacrum_deg, flexion_deg)
        fault = hinge_fault(sacrum_deg, flexion_deg, curve, sigma_deg)
        if fault is not None:
            return fault
        return self._keeping_range(Calibration("rod", frames, curve, sigma_deg, axis_ratio=ratios))

    def _depth_of_one(self, frames: dict[str, FloatArray], span: Span) -> NeutralCurve:
        """With one trunk sensor there is no deviation to learn, only how deep the hinges were."""
        trial = Posture(self._posture.placements)
        trial.use(Calibration("rod", frames))
        deepest = np.fmax.reduce(trial.angle_deg(trial.leans_deg(self._history.up(span.start, span.stop))))
        return NeutralCurve(deepest_deg=float(deepest))

    def _stance_bends(self, span: Span) -> Calibration | Refused:
        if span.bends < 1:
            return Refused("no bend found; do three slow bends straight forward")
        found = self._frames(span)
        if isinstance(found, Refused):
            return found
        frames, ratios = found
        tilts = self._tilts(frames, span)
        fault = None if tilts is None else self._hold_fault(tilts, STANCE_APART_DEG)
        if fault is not None:
            return fault
        return self._keeping_range(Calibration("stance", frames, NeutralCurve(), axis_ratio=ratios))

    def _keeping_range(self, calibration: Calibration) -> Calibration:
        """A repeated calibration keeps the person's range and lever of this session."""
        before = self._posture.calibration
        if before is None:
            return calibration
        lever_m = before.lever_m if calibration.basis == "rod" else None
        return replace(calibration, range_deg=before.range_deg, lever_m=lever_m)

    def _slump(self, span: Span) -> Calibration | Refused:
        calibration, posture = self._posture.calibration, self._posture
        if calibration is None or posture.sacrum is None or posture.upper_back is None:
            return Refused("the slump needs both trunk sensors and the hinges before it; do those first")
        in_force = dict(zip(map(str, posture.placements), posture.frames, strict=True))
        range_deg = held_peak(self._bent(in_force, span)[1])
        if not range_deg >= SLUMP_DEG:
            return Refused("no slump found; let the whole back round as far as is comfortable, or skip this step")
        return replace(calibration, range_deg=range_deg)

    def _spacer(self, span: Span) -> Calibration | Refused:
        calibration = self._posture.calibration
        if calibration is None or calibration.basis != "rod":
            return Refused("the spacer needs the rod hold and the rod hinges before it; do those first")
        middle = (span.start + span.stop) // 2
        half = min(SPACER_HOLD_POINTS, span.stop - span.start) // 2
        held = self._history.deviation_deg(middle - half, middle + half)
        if np.isnan(held).any():
            return Refused("the deviation could not be measured during the spacer hold; hold again")
        deviation_deg = float(held.mean())
        lever_m = SPACER_GAP_M / np.deg2rad(deviation_deg) if deviation_deg > 0 else np.inf
        if not LEVER_M[0] <= lever_m <= LEVER_M[1]:
            return Refused(
                f"a deviation of {deviation_deg:.1f} deg for the 20 mm block is outside what backs do; check that the "
                "block just fits and hold again, or skip this step"
            )
        return replace(calibration, lever_m=float(lever_m))

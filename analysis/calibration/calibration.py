"""Calibration: how each sensor sits on its segment, and what the spine does when the rod stays on.

The zero of all angles is the rod hold: its up vector becomes each segment's z axis. The rod hinges give the rest of
the mounting: when a person hinges, the up vector departs from z along one line in the sensor's axes, and the largest
departure is forward, so any mounting works. They also give the neutral curve, the deviation that this person's back
and skin show although the rod stays on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dowel.analysis.orientation.rotations import normalised
from dowel.recordings.types import FloatArray, Placement

AXIS_RATIO = 5.0
"""Below this the forward axis is unclear; clean hinges reach 28 (sources#hinge-axis)."""
SIGMA_ROD_DEG = 4.0
"""A rod hinge whose deviation scatters more was not done with the rod on (sources#calibration-acceptance)."""
NEUTRAL_SLOPE = 0.25
"""A steeper neutral curve means rounded hinges or a sensor that slid (sources#hinge-evidence)."""
AXIS_SKIN_SD_DEG = 1.0
"""Skin turns a sensor out of the plane of a bend in every bend alike, so that no scatter shows it
(sources#hinge-axis)."""
SMALLEST_CURVE_DEG = 1.5
"""A smaller curve adds more scatter than it removes (sources#neutral-curve)."""
BACKWARD = (Placement.THIGH_LEFT, Placement.THIGH_RIGHT)
"""Segments that lean back while the trunk hinges forward (sources#model-postures)."""
CURVE_SCALE_DEG = 60.0  # s = h / 60 deg (sources#neutral-curve)
RIDGE = 0.01
"""Keeps the two coefficients apart when all hinges are shallow; 1 % of a unit mean square, which costs a curve of
8 deg under 0.2 deg (sources#calibration-acceptance)."""
STILL_SPREAD_DEG = 1.5
"""People re-stand within about 1 deg (sources#schmidt-2018); a hold that wanders more is not one posture."""
LEVER_M = (0.08, 0.30)  # from a bend low in the back to one at T12/L1 and above (sources#rod-gap)


@dataclass(frozen=True, slots=True)
class NeutralCurve:
    """Deviation with the rod on: ``c1 s + c2 s^2``, where s is the sacrum lean over 60 deg.

    Parameters
    ----------
    c1_deg, c2_deg
        The two coefficients.
    deepest_deg
        The deepest lean of the rod hinges; beyond it the curve is flat.
    """

    c1_deg: float = 0.0
    c2_deg: float = 0.0
    deepest_deg: float = 0.0

    def at(self, sacrum_lean_deg: FloatArray) -> FloatArray:
        """Neutral deviation at some leans.

        Parameters
        ----------
        sacrum_lean_deg
            The leans of the sacrum (n,).

        Returns
        -------
        array (n,)
            In degrees.
        """
        if self.c1_deg == 0.0 and self.c2_deg == 0.0:
            return np.zeros_like(sacrum_lean_deg)
        s = np.minimum(np.maximum(sacrum_lean_deg, 0.0), self.deepest_deg) * (1.0 / CURVE_SCALE_DEG)
        curve: FloatArray = s * (self.c1_deg + self.c2_deg * s)
        return curve


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything that turns attitudes into leans and deviation.

    Parameters
    ----------
    basis
        ``rod``, ``stance`` or ``pressed``.
    frames
        For each placement the rows forward, left, up of the segment in sensor axes (3, 3).
    neutral
        The deviation that back and skin show with the rod on.
    sigma_rod_deg
        Scatter of the deviation in the rod hinges.
    range_deg
        The slump's flexion of the spine, lying the range from pressed to relaxed; None without such a step.
    lever_m
        From degrees to a gap, by the spacer; None without it.
    axis_ratio
        For each placement how clear the forward axis was.
    bias_rad_s
        For each placement the standing bias (3,) of its rate of turn.
    zero_sd_deg
        How well the zero of the deviation is known where the recording itself had to show it: one standard deviation.
    """

    basis: str
    frames: Mapping[str, FloatArray]
    neutral: NeutralCurve = field(default_factory=NeutralCurve)
    sigma_rod_deg: float = 0.0
    range_deg: float | None = None
    lever_m: float | None = None
    axis_ratio: Mapping[str, float] = field(default_factory=dict)
    bias_rad_s: Mapping[str, FloatArray] = field(default_factory=dict)
    zero_sd_deg: float = 0.0

    @property
    def name(self) -> str:
        """As the table calls it: ``rod``, ``rod+spacer`` or ``stance``."""
        return "rod+spacer" if self.lever_m is not None else self.basis

    def axis_sd_deg(self, placements: Iterable[str]) -> float:
        """How well forward is known at the worst of some placements: one standard deviation.

        The up vector's spread across the axis over that along it is the tangent of how far single bends go astray.

        Parameters
        ----------
        placements
            Those that count; where none has an axis it is NaN.
        """
        ratios = [self.axis_ratio[place] for place in placements if place in self.axis_ratio]
        if not ratios:
            return float("nan")
        return float(np.hypot(np.rad2deg(np.arctan(1.0 / min(ratios))), AXIS_SKIN_SD_DEG))

    def to_json(self) -> dict[str, Any]:
        """As JSON values, for the session file."""
        return {
            "basis": self.basis,
            "frames": {str(place): np.asarray(frame).tolist() for place, frame in self.frames.items()},
            "neutral": {
                "c1_deg": self.neutral.c1_deg,
                "c2_deg": self.neutral.c2_deg,
                "deepest_deg": self.neutral.deepest_deg,
            },
            "sigma_rod_deg": self.sigma_rod_deg,
            "range_deg": self.range_deg,
            "lever_m": self.lever_m,
            "axis_ratio": {str(place): ratio for place, ratio in self.axis_ratio.items()},
            "bias_rad_s": {str(place): np.asarray(bias).tolist() for place, bias in self.bias_rad_s.items()},
            "zero_sd_deg": self.zero_sd_deg,
        }

    @staticmethod
    def from_json(detail: Mapping[str, Any]) -> Calibration:
        """The inverse of :meth:`to_json`.

        Parameters
        ----------
        detail
            What a ``calibration`` mark holds.
        """
        return Calibration(
            basis=str(detail["basis"]),
            frames={place: np.array(frame, np.float64) for place, frame in detail["frames"].items()},
            neutral=NeutralCurve(**detail["neutral"]),
            sigma_rod_deg=float(detail["sigma_rod_deg"]),
            range_deg=detail["range_deg"],
            lever_m=detail["lever_m"],
            axis_ratio=dict(detail["axis_ratio"]),
            bias_rad_s={place: np.array(bias, np.float64) for place, bias in detail["bias_rad_s"].items()},
            zero_sd_deg=float(detail.get("zero_sd_deg", 0.0)),  # older marks have none
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A calibration step that cannot be used: why, what to do, and at which sensor (empty: all).

    ``step_before``: it is the step before it that was at fault, so that one is to be repeated first.
    """

    reason: str
    placement: str = ""
    step_before: bool = False


@dataclass(frozen=True, slots=True)
class ForwardAxis:
    """A segment's frame in sensor axes (3, 3: forward, left, up), and how clear its forward axis is.

    ``ratio`` is that of the departures' spread along and across the axis (square roots of the eigenvalues).
    """

    frame: FloatArray
    ratio: float


def forward_axes(zeros: FloatArray, up: Iterable[FloatArray], placements: Sequence[str]) -> list[ForwardAxis]:
    """The forward axes of sensors that bent together.

    ``zeros`` (sensors, 3) are the up vectors of the hold, ``up`` (n, 3) of each those of the bends, all in sensor
    axes, in the order of ``placements``; NaN rows are left out. The line is the principal one of the up vector's
    departures from the zero (sources#hinge-axis); the sensor that departed farthest did so forward, the trunk and the
    head went along with it, and the thighs the other way, as they do in a hinge (sources#model-postures).
    Differs from the source in going by the farthest: in a bend with little hip movement a sacrum may tilt back farther
    between the bends than it tilts forward in them.
    """
    lines = [_line(zero, each) for zero, each in zip(zeros, up, strict=True)]
    farthest = max(lines, key=lambda line: float(np.nanmax(np.abs(line.along))))
    lead = farthest.along * np.sign(farthest.along[int(np.nanargmax(np.abs(farthest.along)))])
    axes = []
    for placement, zero, line in zip(placements, zeros, lines, strict=True):
        # leaning forward tips the segment's forward axis down, so "up" moves backwards in its axes
        sign = -1.0 if float(np.nansum(line.along * lead)) >= 0 else 1.0
        if placement in BACKWARD:
            sign = -sign
        forward = normalised(sign * line.direction)
        axes.append(ForwardAxis(np.stack([forward, np.cross(zero, forward), zero]), line.ratio))
    return axes


@dataclass(frozen=True, slots=True)
class _Line:
    """Principal line of a sensor's departures: direction (3,), departure along it (n,), and its clearness."""

    direction: FloatArray
    along: FloatArray
    ratio: float


def _line(zero: FloatArray, up: FloatArray) -> _Line:
    known = np.isfinite(up[:, 0])
    unit = normalised(up[known])
    across = normalised(np.cross(zero, np.eye(3)[int(np.argmin(np.abs(zero)))]))
    along = np.cross(zero, across)
    plane = np.stack([unit @ across, unit @ along], axis=1)
    values, vectors = np.linalg.eigh(plane.T @ plane)
    line = vectors[:, 1]
    departure = np.full(len(up), np.nan)
    departure[known] = plane @ line
    ratio = float(np.sqrt(values[1] / max(values[0], 1e-12)))
    return _Line(line[0] * across + line[1] * along, departure, ratio)


def neutral_curve(sacrum_lean_deg: FloatArray, difference_deg: FloatArray) -> tuple[NeutralCurve, float]:
    """The curve through the deviation of rod hinges, and the scatter about it (deg).

    ``difference_deg`` (n,) is the flexion of the spine at ``sacrum_lean_deg`` (n,). Ridge regression through 0, by
    numpy's solver: scipy.linalg calls the same LAPACK, and to load it would add a fifth to the CPU of a report
    (design#scipy-and-what-is-ours).
    """
    good = np.isfinite(sacrum_lean_deg) & np.isfinite(difference_deg)
    lean, difference = sacrum_lean_deg[good], difference_deg[good]
    deepest = float(lean.max())
    s = np.clip(lean, 0.0, deepest) / CURVE_SCALE_DEG
    design = np.stack([s, s * s], axis=1)
    gram = design.T @ design / len(s) + RIDGE * np.eye(2) * float(np.mean(s * s))
    c1, c2 = np.linalg.solve(gram, design.T @ difference / len(s))
    curve = NeutralCurve(float(c1), float(c2), deepest)
    if np.abs(curve.at(np.linspace(0.0, deepest, 50))).max() < SMALLEST_CURVE_DEG:
        curve = NeutralCurve(0.0, 0.0, deepest)
    return curve, float(np.std(difference - curve.at(lean)))

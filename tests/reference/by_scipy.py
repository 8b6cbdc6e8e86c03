"""What this project computes itself for the sake of start-up, chunks or speed, as SciPy computes it.

Names and arguments are those of ours: tests hold both side by side, and ``python -m tests.benchmarks.beside_scipy``
measures them. Why ours stays is told in docs/design.md, section "SciPy, and what is ours".
"""

from __future__ import annotations

import numpy as np
from scipy import fft, interpolate, linalg, ndimage, signal, spatial, stats
from scipy.spatial.transform import Rotation

from dowel.analysis.calibration.calibration import CURVE_SCALE_DEG, RIDGE
from dowel.analysis.calibration.clap import ClapCheck
from dowel.recordings.types import FloatArray
from dowel.sensors.simulated.person.plan import PLAN_RATE_HZ


def running_min(values: FloatArray, width: int) -> FloatArray:
    """Of values without NaN, which SciPy does not hand on."""
    same: FloatArray = ndimage.minimum_filter1d(values, width, mode="nearest")
    return same[width // 2 : len(values) - (width - 1) // 2]


def median_abs_deviation(values: FloatArray) -> float:
    return float(stats.median_abs_deviation(values))


def drift_deg(peaks_deg: list[float]) -> float:
    peaks = np.array(peaks_deg)
    known = np.flatnonzero(np.isfinite(peaks))
    return float(stats.theilslopes(peaks[known], known).slope) * (len(peaks) - 1)


def spectrum(values: FloatArray, size: int) -> FloatArray:
    """Magnitude of the spectrum of values padded with zeros to ``size``."""
    magnitude: FloatArray = np.abs(fft.rfft(values, size))
    return magnitude


def up_in_sensor(quaternion: FloatArray) -> FloatArray:
    """Of unit quaternions (n, 4)."""
    return np.asarray(Rotation.from_quat(np.roll(quaternion, -1, axis=1)).inv().apply([0.0, 0.0, 1.0]))


def rotated(quaternion: FloatArray, vector: FloatArray) -> FloatArray:
    return np.asarray(Rotation.from_quat(np.roll(quaternion, -1, axis=1)).apply(vector))


def between(start: FloatArray, end: FloatArray) -> FloatArray:
    turn, _ = Rotation.align_vectors(end, start)
    return np.asarray(turn.as_matrix())


def relative_rotation(
    lower: FloatArray, upper: FloatArray, lower_frame: FloatArray, upper_frame: FloatArray, offset: FloatArray
) -> Rotation:
    one, other = (
        Rotation.from_quat(np.roll(attitude, -1, axis=1)) * Rotation.from_matrix(frame).inv()
        for attitude, frame in ((lower, lower_frame), (upper, upper_frame))
    )
    return one.inv() * Rotation.from_quat(np.roll(offset, -1)) * other


def flexion_deg(
    lower: FloatArray, upper: FloatArray, lower_frame: FloatArray, upper_frame: FloatArray, offset: FloatArray
) -> FloatArray:
    """The first of the angles about y, then x, then z."""
    angles = relative_rotation(lower, upper, lower_frame, upper_frame, offset).as_euler("YXZ", degrees=True)
    return np.asarray(angles[:, 0])


def side_bend_and_twist(
    lower: FloatArray, upper: FloatArray, lower_frame: FloatArray, upper_frame: FloatArray, offset: FloatArray
) -> tuple[FloatArray, FloatArray]:
    vector_deg = np.rad2deg(relative_rotation(lower, upper, lower_frame, upper_frame, offset).as_rotvec())
    return vector_deg[:, 0], vector_deg[:, 2]


def neutral_curve(sacrum_lean_deg: FloatArray, difference_deg: FloatArray) -> FloatArray:
    """The two coefficients, in deg: the ridge as two equations more."""
    s = sacrum_lean_deg / CURVE_SCALE_DEG
    ridge = np.sqrt(RIDGE * len(s) * np.mean(s * s)) * np.eye(2)
    equations = np.concatenate([np.stack([s, s * s], axis=1), ridge])
    found, *_ = linalg.lstsq(equations, np.concatenate([difference_deg, np.zeros(2)]))
    return np.asarray(found)


def with_prior(
    design: FloatArray, values: FloatArray, weight: float, before: FloatArray, information: FloatArray
) -> FloatArray:
    """The solution: the prior as equations more, as many as there are unknowns."""
    root = linalg.cholesky(information)
    equations = np.concatenate([np.sqrt(weight) * design, root])
    found, *_ = linalg.lstsq(equations, np.concatenate([np.sqrt(weight) * values, root @ before]))
    return np.asarray(found)


def knocks(time_s: FloatArray, acc_m_s2: FloatArray) -> FloatArray:
    """Of evenly sampled data, as SciPy counts distances in samples."""
    check = ClapCheck()
    jump = np.linalg.norm(np.diff(acc_m_s2, axis=0), axis=1)
    apart = int(check.least_apart_s / float(time_s[1] - time_s[0])) + 1
    found, seen = signal.find_peaks(jump, height=check.least_m_s2, distance=apart)
    hardest = found[np.argsort(-seen["peak_heights"], kind="stable")[: check.knocks]]
    return np.sort(0.5 * (time_s[1:] + time_s[:-1])[hardest])


def lower_hull(points: FloatArray) -> list[tuple[float, float]]:
    """Of points (n, 2), from left to right: first, last, and the corners below the line between these."""
    corners = points[np.sort(spatial.ConvexHull(points).vertices)]
    (x0, y0), (x1, y1) = points[0], points[-1]
    below = corners[:, 1] < y0 + (y1 - y0) / (x1 - x0) * (corners[:, 0] - x0)
    below[[0, -1]] = True
    return [(float(x), float(y)) for x, y in corners[below]]


def interpolated(at_s: FloatArray, time_s: FloatArray, values: FloatArray) -> FloatArray:
    """Columns (n, columns) between the samples, linearly."""
    return np.asarray(interpolate.make_interp_spline(time_s, values, k=1)(at_s))


def spline(control: FloatArray, time_s: FloatArray) -> FloatArray:
    """The uniform quintic B-spline with these control points, away from its ends."""
    knots = np.arange(-3.0, len(control) + 3.0)
    return np.asarray(interpolate.BSpline(knots, control, 5)(time_s * PLAN_RATE_HZ))

"""How far the hips went down and back in a bend, from the sensor on the sacrum alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.orientation.rotations import conjugate, normalised, rotated, up_in_sensor, vertical_acceleration
from dowel.analysis.repetitions.measures import speed
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import GRAVITY_M_S2, FloatArray

SENSOR_BEHIND_HIP_M = 0.10
"""The sensor sits about 7 cm behind the hip joints, and 3 cm of skin and belt (usual figures at 1.75 m;
sources#hip-sensor-place)."""
SENSOR_ABOVE_HIP_M = 0.10  # S2 lies so far above the hip joints (usual figure at 1.75 m; sources#hip-sensor-place)
OF_HEIGHT_M = 1.75
"""The height at which the two hold; they scale with it (sources#hip-sensor-place)."""
POINTS_A_STEP = 4
"""Grid points that are taken together: hips move slowly beside 25 Hz, and this is done for every bend
(sources#working-memory)."""
STEP_S = POINTS_A_STEP / GRID_HZ


@dataclass(frozen=True, slots=True)
class Moved:
    """A way in m, and its standard deviation in m; NaN where it could not be measured.

    ``came_back``: nothing shows that it ended elsewhere than it began, as it does for somebody who sits down.
    """

    way_m: float
    sd_m: float
    came_back: bool = True

    @property
    def known(self) -> bool:
        """Whether it could be measured."""
        return bool(np.isfinite(self.way_m))


@dataclass(frozen=True, slots=True)
class Bias:
    """What is known of an accelerometer's bias in sensor axes.

    ``mean`` (3,) in m/s2, and ``information`` (3, 3), the inverse of its covariance.
    """

    mean: FloatArray
    information: FloatArray


UNKNOWN = Moved(float("nan"), float("nan"))
ELSEWHERE = Moved(float("nan"), float("nan"), came_back=False)


def combined(ways: list[Moved]) -> Moved:
    """The mean of measurements that do not share their errors, each with the weight of its variance."""
    known = [way for way in ways if way.known]
    if not known:
        return UNKNOWN
    weights = [1.0 / way.sd_m**2 for way in known]
    mean_m = sum(weight * way.way_m for weight, way in zip(weights, known, strict=True)) / sum(weights)
    return Moved(mean_m, sum(weights) ** -0.5)


@dataclass(frozen=True, slots=True)
class HipPath:
    """The path of the hips in a bend, down and back.

    Data, on the grid, from a stand (or the turn at the top) before the bend to its end: attitude (n, 4) and specific
    force (n, 3) of the sacrum's sensor, its left axis (3,) in sensor axes, the angle in deg that went out and back, and
    the sacrum's lean (both (n,)), the bias as it is known so far. Result: :class:`Moved` for each direction, NaN where
    something is missing, and the bias as it is known then.

    Parameters
    ----------
    bias_m_s2
        Standard deviation of the accelerometer's bias before the first bend, per axis: that of an untrimmed chip
        (sources#hip-path-beliefs),
    scale_m_s2, stood_m_s
        and of its part along gravity, where the person stood before that bend: what a scale that is off leaves of it,
        and the speed that the sensor may have gained meanwhile (sources#hip-path-beliefs).
    tilt_deg
        That of a tilt of the horizontal, for the way back: an untrimmed bias makes the filter lean,
    tilt_deg_s, tilt_bent_deg
        and by how much more with time, and with the bend (sources#hip-path-beliefs).
    speed_m_s
        That of a speed at the start.
    residual_m
        How well a place follows the angle,
    independent
        counted as so many independent points, because neighbours err alike: measured in simulation as what makes the
        claimed standard deviation cover the error.
    behind_sd_m, above_sd_m
        Where the sensor sits against the hip joints: the person's build, and 5 cm up or down the sacrum
        (sources#hip-sensor-place).
    lag_m_s
        The place may come a little before or after the angle: standard deviation of lag times way, 0.2 s of 30 cm
        (sources#hip-path-beliefs).
    follow_share
        Share of the way that a lag of 0.1 s costs (sources#hip-path).
    forget_share
        What a bend tells of the bias is the prior of the next; this share of it is forgotten, because a sensor warms up
        (half of it in 35 bends, sources#hip-path-beliefs).
    way_sd_m
        Standard deviation of ``d1`` and ``d2`` before the bend: nothing is known of them (sources#hip-path-beliefs).
    back_m, back_m_s
        At the end of the bend place and speed are again what they were, within these standard deviations
        (sources#hip-path-beliefs).
    steady_s
        In a bend that lasts longer errors that are not among these grow with the square of time, and with them the
        standard deviation (sources#hip-path-beliefs).
    anywhere_m, anywhere_m_s
        Where the measured end is likelier if place and speed may be anything within these standard deviations, the hips
        did not come back: who sat or lay down or got up. The drop is not told, and nothing learnt of the bias
        (sources#hip-path-beliefs).
    useless_sd_m
        A way that is known no better tells nothing: it is not told (sources#hip-path-beliefs).

    Notes
    -----
    The double integral of the acceleration drifts: 20 mg make 22 cm in 1.5 s (sources#double-integral). So it is taken
    together with the errors that make it drift, and with what is known of a bend: it starts from rest, and where the
    angle is the same on the way down and on the way up, there the hips are at the same place. Least squares over the
    whole bend finds the place as ``d1 s + d2 s^2`` (s: share of the angle's excursion) and with it the accelerometer's
    bias in its three axes and the speed, and for the way back the tilt, which wanders with the filter.

    Hips need not follow the angle: in a squat whose pelvis tucks under they are deepest where the lean has gone back,
    and who sets the hips before a lift lowers them while the chest comes up. So the way is also found from the ends
    alone, where place and speed are again what they were. That is less exact and takes less for granted; where the
    whole fits worse than all that allows, or the two differ by more than twice its standard deviation, it counts alone.

    It differs from sources#double-integral in not taking the drift out as a straight line, which leaves 3 to 6 cm
    there.
    """

    bias_m_s2: float = 0.35
    scale_m_s2: float = 0.06
    stood_m_s: float = 0.1
    tilt_deg: float = 2.0
    tilt_deg_s: float = 0.2
    tilt_bent_deg: float = 1.0
    speed_m_s: float = 0.02
    residual_m: float = 0.007
    independent: float = 10.0
    behind_sd_m: float = 0.012
    above_sd_m: float = 0.032
    lag_m_s: float = 0.06
    follow_share: float = 0.05
    forget_share: float = 0.02
    way_sd_m: float = 1.0
    back_m: float = 0.04
    back_m_s: float = 0.15
    steady_s: float = 8.0
    anywhere_m: float = 0.5
    anywhere_m_s: float = 0.5
    useless_sd_m: float = 0.12

    def nothing_known(self) -> Bias:
        """Before the first bend."""
        return Bias(np.zeros(3), np.eye(3) / self.bias_m_s2**2)

    def stood(self, acc_m_s2: FloatArray) -> Bias:
        """What a stand before the first bend (n, 3) tells: all but gravity is bias.

        A scale that is off counts for a bias, as it does in the bends.
        """
        known, mean = self.nothing_known(), acc_m_s2.mean(axis=0)
        length = float(np.linalg.norm(mean))
        if not length > 0:  # NaN too: nothing came
            return known
        along, lasted_s = mean / length, len(acc_m_s2) / GRID_HZ
        weight = 1.0 / (self.scale_m_s2**2 + (self.stood_m_s / lasted_s) ** 2)
        information = known.information + weight * np.outer(along, along)
        return Bias(_inverse(information) @ along * weight * (length - GRAVITY_M_S2), information)

    def of(
        self,
        quaternion: FloatArray,
        acc_m_s2: FloatArray,
        left: FloatArray,
        angle_deg: FloatArray,
        sacrum_deg: FloatArray,
        height_m: float,
        bias: Bias,
    ) -> tuple[Moved, Moved, Bias]:
        """Hip drop, hip travel, and what is known of the bias after this bend; see the class."""
        steps = len(angle_deg) // POINTS_A_STEP
        acc_m_s2 = acc_m_s2[: steps * POINTS_A_STEP].reshape(steps, POINTS_A_STEP, 3).sum(axis=1) / POINTS_A_STEP
        middle = slice(POINTS_A_STEP // 2, steps * POINTS_A_STEP, POINTS_A_STEP)
        quaternion, angle_deg, sacrum_deg = quaternion[middle], angle_deg[middle], sacrum_deg[middle]
        excursion_deg = float(angle_deg.max() - angle_deg[0]) if steps > 2 else 0.0
        if not (excursion_deg > 0 and np.isfinite(quaternion.sum() + sacrum_deg.sum())):
            return UNKNOWN, UNKNOWN, bias
        share = (angle_deg - angle_deg[0]) / excursion_deg
        unit = normalised(quaternion)
        forward_m, up_m = _lever_m(sacrum_deg, height_m)
        forward_sd_m, up_sd_m = self._lever_sd_m(float(sacrum_deg.max()))
        up = up_in_sensor(unit)
        drop, bias, follows = self._fit(vertical_acceleration(up, acc_m_s2), up_m, up_sd_m, up, share, bias)
        ahead = ahead_of(unit[int(np.argmax(angle_deg))], left)
        if ahead is None:
            return drop, UNKNOWN, self._older(bias)
        axis = rotated(conjugate(unit), ahead)
        # the filter makes up for a bias by a tilt, so the way back tells little of it, and that wrongly
        back_m_s2 = (axis * acc_m_s2).sum(axis=1)
        travel, _, _ = self._fit(back_m_s2, forward_m, forward_sd_m, axis, share, bias, tilting=True, follows=follows)
        return drop, travel, self._older(bias)

    def _lever_sd_m(self, deepest_deg: float) -> tuple[float, float]:
        """How well :func:`_lever_m` is known at the bottom, forward and up."""
        lean = np.deg2rad(deepest_deg)
        swung, left = float(np.sin(lean)), float(1.0 - np.cos(lean))
        return (
            float(np.hypot(self.behind_sd_m * left, self.above_sd_m * swung)),
            float(np.hypot(self.behind_sd_m * swung, self.above_sd_m * left)),
        )

    def _older(self, bias: Bias) -> Bias:
        """The same at the next bend: a little of it is forgotten, down to what was known before the first."""
        first = self.nothing_known().information
        return Bias(bias.mean, bias.information + self.forget_share * (first - bias.information))

    def _fit(
        self,
        acceleration: FloatArray,
        lever_m: FloatArray,
        lever_sd_m: float,
        axis: FloatArray,
        share: FloatArray,
        bias: Bias,
        *,
        tilting: bool = False,
        follows: bool = True,
    ) -> tuple[Moved, Bias, bool]:
        """The largest way against an axis that is given in sensor axes (n, 3), what it tells of the bias, and whether
        the place follows the angle (``follows``: as far as is known)."""
        time_s = STEP_S * np.arange(1, len(share) + 1)
        sds, late = [self.speed_m_s], speed(share) / POINTS_A_STEP
        if tilting:
            sds += [self.tilt_deg, self.tilt_deg_s, self.tilt_bent_deg]
        sds += [self.lag_m_s, self.lag_m_s, self.way_sd_m, self.way_sd_m]
        design = np.empty((len(share), 3 + len(sds)))
        design[:, :3], design[:, 3] = _twice(axis), time_s
        if tilting:
            leaning = np.stack([0.5 * time_s**2, time_s**3 / 6.0, _twice(share)], axis=1)
            design[:, 4:7] = GRAVITY_M_S2 * np.deg2rad(leaning)
        design[:, -4], design[:, -3], design[:, -2], design[:, -1] = late, late * share, -share, -share * share
        prior = np.diag([0.0, 0.0, 0.0, *(sd**-2.0 for sd in sds)])
        prior[:3, :3] = bias.information
        before = np.concatenate([bias.mean, np.zeros(len(sds))])
        place_m = _twice(acceleration) - lever_m
        weight = self.independent / len(share) / self.residual_m**2
        found, covariance = with_prior(design, place_m, weight, before, prior)
        off = (found - before)[:-2]
        missed = weight * float(np.sum((place_m - design @ found) ** 2)) + float(off @ prior[:-2, :-2] @ off)
        follows = follows and missed <= self.independent
        first, second = found[-2:]
        # a way may be longest before the bottom
        longest = float(np.clip(-0.5 * first / second, 0.0, 1.0)) if second < 0 else 1.0
        way_m = first * longest + second * longest**2
        variance = max(_of_way(covariance[-2:, -2:], at) for at in (longest, 1.0))
        by_ends_m, ends_variance, errors, came_back = self._from_its_ends(
            place_m, design[:, :-4], before[:-4], prior[:-4, :-4]
        )
        wider = max(float(time_s[-1]) / self.steady_s, 1.0) ** 2
        if not (came_back or tilting):  # of the way back less is sure
            return ELSEWHERE if wider == 1.0 else UNKNOWN, bias, follows
        if not follows or (by_ends_m - way_m) ** 2 > 4.0 * ends_variance:
            return self._moved(by_ends_m, wider**2 * ends_variance, lever_sd_m), _bias_of(*errors), follows
        return self._moved(way_m, wider**2 * variance, lever_sd_m), _bias_of(found, covariance), follows

    def _moved(self, way_m: float, variance: float, lever_sd_m: float) -> Moved:
        """A way with all that it is uncertain by; unknown where that is too much to tell anything."""
        sd_m = float(np.sqrt(variance + lever_sd_m**2 + (self.follow_share * way_m) ** 2))
        return Moved(max(float(way_m), 0.0), sd_m) if sd_m <= self.useless_sd_m else UNKNOWN

    def _from_its_ends(
        self, place_m: FloatArray, drift: FloatArray, before: FloatArray, prior: FloatArray
    ) -> tuple[float, float, tuple[FloatArray, FloatArray], bool]:
        """The largest way and its variance from nothing but that the hips came to rest where they began.

        ``drift`` (n, k) is what each of the errors adds to the place. Beside them the errors and their covariance, and
        whether that is likelier than any other end.
        """
        ends = np.stack([drift[-1] / self.back_m, (drift[-1] - drift[-2]) / (STEP_S * self.back_m_s)])
        came = np.array([place_m[-1] / self.back_m, (place_m[-1] - place_m[-2]) / (STEP_S * self.back_m_s)])
        errors, covariance = with_prior(ends, came, 1.0, before, prior)
        drifted, off = ends @ _inverse(prior) @ ends.T, came - ends @ before
        anywhere = np.array([self.anywhere_m / self.back_m, self.anywhere_m_s / self.back_m_s])
        back, elsewhere = (_unlikely(off, drifted + np.diag(ended**2)) for ended in (np.ones(2), anywhere))
        way_m = drift @ errors - place_m
        longest = int(np.argmax(way_m))
        # where nothing went down it is longest at the start, which is known, but the middle is not
        variance = max(float(drift[at] @ covariance @ drift[at]) for at in (longest, len(drift) // 2))
        return float(way_m[longest]), variance, (errors, covariance), back <= elsewhere


def _bias_of(errors: FloatArray, covariance: FloatArray) -> Bias:
    """The bias among all errors that were found together."""
    return Bias(errors[:3], _inverse(covariance[:3, :3]))


def with_prior(
    design: FloatArray, values: FloatArray, weight: float, before: FloatArray, information: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Least squares for ``values`` (n,) by ``design`` (n, k), and for what was known before: solution and covariance.

    Minimises ``weight |values - design x|^2 + (x - before)' information (x - before)``, by the normal equations: the
    covariance is wanted besides, and the information of the prior keeps them well conditioned.
    Ours: to load scipy.linalg for it would add a quarter to the CPU of a report, and its ``lstsq`` of the stacked
    equations takes longer per bend (design#scipy-and-what-is-ours).
    """
    covariance = _inverse(weight * design.T @ design + information)
    return covariance @ (weight * design.T @ values + information @ before), covariance


def _twice(acceleration: FloatArray) -> FloatArray:
    """The double integral over the steps."""
    place: FloatArray = np.cumsum(np.cumsum(acceleration, axis=0), axis=0) * STEP_S**2
    return place


def _inverse(matrix: FloatArray) -> FloatArray:
    inverse: FloatArray = np.linalg.inv(matrix).astype(np.float64)
    return inverse


def _unlikely(off: FloatArray, covariance: FloatArray) -> float:
    """How unlikely it is to be off by so much: minus twice the logarithm of the normal density, but for a constant."""
    return float(off @ _inverse(covariance) @ off + np.log(np.linalg.det(covariance)))


def _of_way(covariance: FloatArray, share: float) -> float:
    """Variance of the way at a share of the excursion."""
    at = np.array([share, share * share])
    return float(at @ covariance @ at)


def _lever_m(sacrum_deg: FloatArray, height_m: float) -> tuple[FloatArray, FloatArray]:
    """How far the pelvis' own lean has carried the sensor forward and up against the hip joints (n,)."""
    lean = np.deg2rad(sacrum_deg)
    behind_m, above_m = (each * height_m / OF_HEIGHT_M for each in (SENSOR_BEHIND_HIP_M, SENSOR_ABOVE_HIP_M))
    forward_m = -behind_m * np.cos(lean) + above_m * np.sin(lean)
    up_m = behind_m * np.sin(lean) + above_m * np.cos(lean)
    return forward_m - forward_m[0], up_m - up_m[0]


def ahead_of(attitude: FloatArray, left: FloatArray) -> FloatArray | None:
    """The horizontal direction (3,) in earth axes in which a person faces whose sensor has this attitude (4,).

    ``left`` (3,) is the person's left in sensor axes; None where it is not known.
    """
    if not np.isfinite(left).all():
        return None
    aside = rotated(attitude[None], left)[0]
    length = float(np.hypot(aside[0], aside[1]))
    return np.array([aside[1], -aside[0], 0.0]) / length if length > 0 else None

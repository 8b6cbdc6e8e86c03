"""An inertial sensor on the body: where it sits, how the skin moves it, and what its chip makes of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Placement, Samples
from dowel.sensors.simulated.delivery import Link
from dowel.sensors.simulated.person.body import Body, composed, lean_deg
from dowel.sensors.simulated.person.plan import PLAN_RATE_HZ, Bend, Coordinate, Motion, Slip, minimum_jerk

_STEP_S: Final = 0.25e-3
"""Half width of the finite differences: truncation and rounding are under 1e-5 rad/s and 1e-5 m/s2 in a swing."""

_CHUNK: Final = 8192  # samples worked on at once: the working set stays in the processor's cache

_FULL_DEPTH_DEG: Final = 70.0  # the lean at which soft tissue has moved by its full amplitude: a full hinge
_TISSUE_POWER: Final = 1.3  # this and the next three: sources#simulated-lifter
_TISSUE_GAIN_SD: Final = 0.15
_TISSUE_RATE_SHARE: Final = 0.25
_TISSUE_WOBBLE_HZ: Final = 6.0
_TISSUE_FULL_RATE_DEG_S: Final = 150.0  # between a slow hinge (50-70 deg/s) and a swing (175-225 deg/s)
_TISSUE_WOBBLE_SHARE: Final = 0.10
_TISSUE_OUT_OF_PLANE_SHARE: Final = 0.3


@dataclass(frozen=True)
class Chip:
    """What a chip adds to the truth. Ranges are uniform +-; every axis of every sensor draws its own.

    - ``gyr_noise_dps_rthz``, ``acc_noise_ug_rthz``: noise densities; a sample has density x sqrt(rate / 2).
    - ``gyr_bias_dps``, ``acc_bias_mg``; ``gyr_scale_pct``, ``acc_scale_pct``; ``cross_axis_pct`` of both.
    - ``gyr_walk_dps_rts``: sd of the bias walk after one second.
    - ``gyr_full_scale_dps``, ``acc_full_scale_g``: range of an int16; 0 means no steps and no limit.
    """

    name: str
    gyr_noise_dps_rthz: float = 0.0
    acc_noise_ug_rthz: float = 0.0
    gyr_bias_dps: float = 0.0
    acc_bias_mg: float = 0.0
    gyr_scale_pct: float = 0.0
    acc_scale_pct: float = 0.0
    cross_axis_pct: float = 0.0
    gyr_walk_dps_rts: float = 0.0
    gyr_full_scale_dps: float = 0.0
    acc_full_scale_g: float = 0.0

    def measure(self, truth: Samples, rate_hz: float, rng: np.random.Generator) -> Samples:
        """What the chip reports for the true specific force and angular rate, all in one go."""
        draws = rng.standard_normal((3, len(truth), 3))
        return self.drawn(rng).distort(truth, rate_hz, draws)

    def drawn(self, rng: np.random.Generator) -> ChipInUse:
        """One such chip, with its own errors; ``rng`` also gives its noise."""
        acc_errors = self._distortion(self.acc_scale_pct, rng)
        acc_bias_m_s2 = rng.uniform(-1.0, 1.0, 3) * self.acc_bias_mg * 1e-3 * GRAVITY_M_S2
        gyr_errors = self._distortion(self.gyr_scale_pct, rng)
        gyr_bias_rad_s = np.deg2rad(rng.uniform(-1.0, 1.0, 3) * self.gyr_bias_dps)
        return ChipInUse(self, acc_errors, acc_bias_m_s2, gyr_errors, gyr_bias_rad_s, rng)

    def ranges(self) -> dict[str, float]:
        """Full-scale ranges as settings of a session's sensor; nothing for a chip without limits."""
        ranges = {
            "acc_range_m_s2": self.acc_full_scale_g * GRAVITY_M_S2,
            "gyr_range_rad_s": float(np.deg2rad(self.gyr_full_scale_dps)),
        }
        return {key: value for key, value in ranges.items() if value}

    def _distortion(self, scale_pct: float, rng: np.random.Generator) -> FloatArray:
        """The matrix that a vector is multiplied by: scale errors on the diagonal, cross axis errors beside it."""
        matrix = rng.uniform(-1.0, 1.0, (3, 3)) * self.cross_axis_pct / 100.0
        np.fill_diagonal(matrix, 1.0 + rng.uniform(-1.0, 1.0, 3) * scale_pct / 100.0)
        return matrix


class ChipInUse:
    """One chip: scale, cross axis and bias are its own, its gyroscope's bias walks on from call to call."""

    def __init__(
        self,
        chip: Chip,
        acc_errors: FloatArray,
        acc_bias_m_s2: FloatArray,
        gyr_errors: FloatArray,
        gyr_bias_rad_s: FloatArray,
        rng: np.random.Generator,
    ) -> None:
        self.chip = chip
        self._acc_errors, self._acc_bias_m_s2 = acc_errors.T, acc_bias_m_s2
        self._gyr_errors, self._gyr_bias_rad_s = gyr_errors.T, gyr_bias_rad_s
        self._walk_rad_s: FloatArray = np.zeros(3)
        self._rng = rng

    def measure(self, truth: Samples, rate_hz: float) -> Samples:
        """What the chip reports next for the true specific force and angular rate."""
        return self.distort(truth, rate_hz, self._rng.standard_normal((3, len(truth), 3)))

    def distort(self, truth: Samples, rate_hz: float, draws: FloatArray) -> Samples:
        """The same with the noise given: ``draws`` (3, n, 3) of unit variance for acceleration, rate and bias walk."""
        chip = self.chip
        walk_rad_s = self._walk_rad_s + np.deg2rad(chip.gyr_walk_dps_rts) / np.sqrt(rate_hz) * np.cumsum(
            draws[2], axis=0
        )
        if len(truth):
            self._walk_rad_s = walk_rad_s[-1]
        acc = truth.acc_m_s2 @ self._acc_errors + self._acc_bias_m_s2
        acc += draws[0] * (chip.acc_noise_ug_rthz * 1e-6 * GRAVITY_M_S2 * np.sqrt(0.5 * rate_hz))
        gyr = truth.gyr_rad_s @ self._gyr_errors + (self._gyr_bias_rad_s + walk_rad_s)
        gyr += draws[1] * np.deg2rad(chip.gyr_noise_dps_rthz * np.sqrt(0.5 * rate_hz))
        return Samples(
            truth.time_s,
            _int16_steps(acc, chip.acc_full_scale_g * GRAVITY_M_S2),
            _int16_steps(gyr, float(np.deg2rad(chip.gyr_full_scale_dps))),
        )


def _int16_steps(values: FloatArray, full_scale: float) -> FloatArray:
    if full_scale == 0.0:
        return values
    step = full_scale / 32768.0
    return np.asarray(np.clip(np.round(values / step), -32768, 32767) * step)


# Noise densities: sources#chip-noise. Biases: 20 and 30 mg, 0.3 and 1 deg/s, gyro scale 1 %, cross axis 0.3 % are the
# classes of sources#simulated-lifter. Accelerometer scale and bias walk: usual figures of such chips, not measured.
_RANGES: Final = {"gyr_full_scale_dps": 2000.0, "acc_full_scale_g": 16.0}
IDEAL: Final = Chip("ideal")
BMI270: Final = Chip("BMI270", 0.007, 160.0, 0.3, 20.0, 1.0, 0.5, 0.3, 0.001, **_RANGES)
LSM6DSO: Final = Chip("LSM6DSO", 0.0038, 70.0, 1.0, 20.0, 1.0, 0.5, 0.3, 0.001, **_RANGES)
MPU9250: Final = Chip("MPU9250", 0.010, 300.0, 1.0, 30.0, 1.0, 1.0, 0.3, 0.003, **_RANGES)
TRIMMED: Final = Chip("trimmed", 0.007, 160.0, 0.3, 5.0, 1.0, 0.1, 0.3, 0.001, **_RANGES)

_HALF: Final = float(np.sqrt(0.5))  # sine and cosine of half a quarter turn
MOUNTINGS: Final[dict[str, tuple[float, float, float, float]]] = {
    "as_assumed": (1.0, 0.0, 0.0, 0.0),
    "upside_down": (0.0, 1.0, 0.0, 0.0),  # half a turn in the plane of the back
    "sideways": (_HALF, _HALF, 0.0, 0.0),  # a quarter turn in the plane of the back
    "turned_round": (0.0, 0.0, 0.0, 1.0),  # the face to the skin
    "twist_30": (float(np.cos(np.pi / 12)), 0.0, 0.0, float(np.sin(np.pi / 12))),  # 30 deg about the long axis
}
"""Named mountings: quaternion (scalar first) that turns sensor axes into segment axes."""


@dataclass(frozen=True)
class SimulatedSensor:
    """A sensor on the lifter.

    - ``mounting``: a name of ``MOUNTINGS``, ``"random"``, or a quaternion (scalar first, sensor to segment axes).
    - ``soft_tissue_deg``: how far skin and belt turn the sensor at 70 deg of lean (2-4 deg is assumed for people,
      sources#simulated-lifter); 0 is a sensor screwed to the bone. The direction is drawn.
    - ``above_m``: how far above its prescribed place a sensor of the upper back or the sacrum sits (below < 0).
    - ``rate_hz``: the true sampling rate; ``asked_rate_hz``: what it was asked for (WitMotion runs 0.5-1.1 % slow).
    """

    placement: Placement
    chip: Chip = TRIMMED
    mounting: str | tuple[float, float, float, float] = "as_assumed"
    soft_tissue_deg: float = 0.0
    rate_hz: float = 100.0
    asked_rate_hz: float = 100.0
    link: Link = field(default_factory=Link)
    above_m: float = 0.0

    def sensor_to_segment(self, rng: np.random.Generator) -> Rotation:
        """The mounting as a rotation. Raises ValueError for an unknown name."""
        if self.mounting == "random":
            return Rotation.from_quat(rng.standard_normal(4))
        if isinstance(self.mounting, str):
            if self.mounting not in MOUNTINGS:
                raise ValueError(f"unknown mounting {self.mounting!r}; known: random, {', '.join(MOUNTINGS)}")
            return _rotation(MOUNTINGS[self.mounting])
        return _rotation(self.mounting)


def _rotation(quaternion: Sequence[float]) -> Rotation:
    w, x, y, z = quaternion
    return Rotation.from_quat((x, y, z, w))


def soft_tissue_motion(
    sensor: SimulatedSensor, body: Body, plan: FloatArray, bends: Sequence[Bend], rng: np.random.Generator
) -> Motion:
    """How the skin turns the sensor against its bone in a whole session: see :class:`SoftTissue`."""
    return Motion(SoftTissue(sensor, body, rng).follow(plan, bends))


class SoftTissue:
    """How the skin turns a sensor against its bone, from one stretch of movement to the next.

    Repeatable in depth (power 1.3) with 15 % gain noise from rep to rep; a quarter of the amplitude goes with the rate
    of lean, a tenth is a 6 Hz wobble while moving; 30 % of it is out of plane.
    """

    def __init__(self, sensor: SimulatedSensor, body: Body, rng: np.random.Generator) -> None:
        self._sensor, self._body, self._rng = sensor, body, rng
        direction = rng.choice((-1.0, 1.0), 3) * (_TISSUE_OUT_OF_PLANE_SHARE, 1.0, _TISSUE_OUT_OF_PLANE_SHARE)
        self._full_deg = sensor.soft_tissue_deg * direction
        self._gain = float(rng.normal(1.0, _TISSUE_GAIN_SD))

    def follow(self, plan: FloatArray, bends: Sequence[Bend]) -> FloatArray:
        """Rotation vectors (n, 3) in deg, segment axes, for the next coordinates (n, 13); n is 2 or more.

        Times in ``bends`` count from the first of these coordinates.
        """
        attitude, _ = self._body.pose(self._sensor.placement, plan, self._sensor.above_m)
        leaning_deg = lean_deg(attitude)
        time_s = np.arange(len(plan)) / PLAN_RATE_HZ
        hurry = np.clip(np.gradient(leaning_deg, 1.0 / PLAN_RATE_HZ) / _TISSUE_FULL_RATE_DEG_S, -1.5, 1.5)
        # The gain changes while the tissue is at rest, between two bottoms.
        bottoms_s = [0.0, *(bend.bottom_start_s for bend in bends)]
        gains = [self._gain, *self._rng.normal(1.0, _TISSUE_GAIN_SD, len(bends))]
        self._gain = gains[-1]
        gain = np.interp(time_s, bottoms_s, gains)
        depth = np.clip(np.abs(leaning_deg) / _FULL_DEPTH_DEG, 0.0, 1.5) ** _TISSUE_POWER
        wobble = np.abs(hurry) * np.sin(2.0 * np.pi * (_TISSUE_WOBBLE_HZ * time_s + self._rng.uniform()))
        pull = gain * depth + _TISSUE_RATE_SHARE * hurry + _TISSUE_WOBBLE_SHARE * wobble
        return np.outer(pull, self._full_deg)


def _slipped(slips: Sequence[Slip], time_s: FloatArray) -> Rotation:
    """How far the sensor has turned on the skin by then: one slip after the other."""
    turned = Rotation.identity(len(time_s))
    for slip in slips:
        share = minimum_jerk((time_s - slip.time_s) / slip.duration_s)
        turned = composed(turned, Rotation.from_rotvec(np.outer(share, slip.turn_deg), degrees=True))
    return turned


def sense(
    body: Body, motion: Motion, tissue: Motion, slips: Sequence[Slip], sensor: SimulatedSensor, time_s: FloatArray
) -> tuple[Rotation, Samples]:
    """True attitude (skin axes to earth), and true specific force and angular rate in skin axes, at ``time_s``.

    Skin axes are the segment's, moved by soft tissue and slips; the mounting comes after. Rates and accelerations are
    central differences of the smooth attitude and position within 0.5 ms, so that they are those of one motion.
    """
    attitudes, forces, rates = [], [], []
    gravity = np.array([0.0, 0.0, GRAVITY_M_S2])
    for first in range(0, len(time_s), _CHUNK):
        now_s = time_s[first : first + _CHUNK]
        around = (-_STEP_S, 0.0, _STEP_S)
        coordinates = motion.at(now_s, around).reshape(-1, len(Coordinate))
        bone, position_m = body.pose(sensor.placement, coordinates, sensor.above_m)
        on_skin = Rotation.from_rotvec(tissue.at(now_s, around).reshape(-1, 3), degrees=True)
        attitude = composed(bone, on_skin)
        if slips:
            attitude = composed(attitude, _slipped(slips, np.concatenate([now_s + offset_s for offset_s in around])))
        before, now, after = (attitude[i * len(now_s) : (i + 1) * len(now_s)] for i in range(3))
        place_m = position_m.reshape(3, -1, 3)
        acceleration = (place_m[2] - 2.0 * place_m[1] + place_m[0]) / _STEP_S**2
        attitudes.append(now)
        forces.append(now.inv().apply(acceleration + gravity))
        rates.append(composed(before.inv(), after).as_rotvec() / (2.0 * _STEP_S))
    return Rotation.concatenate(attitudes), Samples(time_s, np.concatenate(forces), np.concatenate(rates))

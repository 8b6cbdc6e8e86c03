"""Is this recording what it claims to be? Checks of units, axes, time stamps and rate, owed to everyone who imports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations, product
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import RateFrom
from dowel.recordings.types import GRAVITY_M_S2, BoolArray, FloatArray, IntArray, SampleRows, Samples
from dowel.sensors.stream.gaps import FILL_LIMIT_S

MIN_DURATION_S: Final = 2.0
"""Shorter than one rep with a moment of rest before it."""

GOOD_REST_M_S2: Final = (8.5, 11.0)
"""|acc| at rest of a sound sensor; outside, its scale is off (1.4 g at rest was seen from a broken one)."""

USABLE_REST_M_S2: Final = (5.0, 16.0)
"""Outside, |acc| at rest is not gravity in m/s2, whatever the sensor."""

RATE_TOLERANCE: Final = 0.05
"""A measured rate further than this from the stated one is told: sensors run up to 1.1 % slow, phones round."""

_BLOCK_S: Final = 0.1  # gravity and rotation are compared as means over such blocks
_SPAN_BLOCKS: Final = 5  # ... and as their change over 0.5 s: long against noise, short against gyro bias
_REST_BLOCKS: Final = 5  # rest is looked for in stretches of 0.5 s
_STILL_SHARE: Final = 0.1  # acc wandering by less of itself is rest; squats without a pause came to 0.08, swings to 0.5
_STILL_RAD_S: Final = 0.3  # ... while the gyroscope turns less than this; squats came to 0.21, swings to 2.7
_MOST_MOVING_M_S2: Final = 160.0  # 16 g, the range of any body-worn sensor
_MOVED_M_S2: Final = 0.3  # gravity's change over 0.5 s that counts as movement: a turn of 2 degrees
_NEAR_GRAVITY: Final = 0.1  # a block whose |acc| is within this share of rest shows gravity, not a push
_MIN_SPANS: Final = 10  # a correlation over less movement says nothing
_GOOD_AGREEMENT: Final = 0.8
_BAD_AGREEMENT: Final = 0.3
_CLEARLY_BETTER: Final = 1 / 3  # of what the axes as they are leave unexplained: pushes leave much, in any order
_OPPOSED: Final = -0.5  # sound axes in squats and walking came down to -0.2, wrong signs gave -0.7 to -0.95
_REFUSED_GAIN: Final = 1.6  # a wrong range is a factor of 2; sound sensors on backs turned 0.89 to 1.23 times as far
_SURE_AGREEMENT: Final = 0.95  # pushes change the gain below it, not the scale
_KEY_FACTORS: Final = np.random.default_rng(1).integers(1, 2**62, 12) | 1  # odd, so that no number is lost in the sum
_PIECE_ROWS: Final = 2**16
_ASKED_MOMENTS: Final = 4000  # the share of them is then known to 1 %
_LEAST_HZ: Final = 10  # below it half a second, in which gravity is compared, holds fewer than five samples (judgement)
_MOST_HZ: Final = 2000  # Blue Trident's high-g chip has 1600, chips for phones and watches 1125 and less
_MAX_GYR_RAD_S: Final = 70.0  # 4000 deg/s, the largest range of any body-worn sensor

_OR_UNITS: Final = ", or correct --units where you told them"


@dataclass(frozen=True)
class Plausibility:
    """What the checks saw.

    ``acc_rest_m_s2``: |acc| in the quietest stretches, at rest only if ``rested``.
    ``measured_rate_hz``: from the steps without missing samples.
    ``gravity_gyro_agreement``: for x, y, z the correlation of gravity's change with what the gyroscope says it must be
    (1 when axes, order and signs are right; NaN where the axis saw too little movement); of the size of both it says
    nothing. ``duplicated_times``, ``backward_times``: counts. ``gaps``: (start_s, duration_s) of every step that
    is too long to be filled. ``missing_pct``: share of samples missing by the measured rate. ``findings``: sentences
    for the user.
    """

    acc_rest_m_s2: float
    rested: bool
    measured_rate_hz: float
    gravity_gyro_agreement: tuple[float, float, float]
    duplicated_times: int
    backward_times: int
    gaps: tuple[tuple[float, float], ...]
    missing_pct: float
    findings: tuple[str, ...]


@dataclass(frozen=True)
class _Blocks:
    """Means over blocks of 0.1 s: acc (b, 3), |rate| (b,), and the running integrals of rate_i acc_j (b, 3, 3).

    ``whole`` (b,) marks blocks without a gap.
    """

    acc_m_s2: FloatArray
    rate_rad_s: FloatArray
    products: FloatArray
    whole: BoolArray


def check(
    samples: Samples,
    stated_rate_hz: float | None,
    name: str = "The recording",
    *,
    rate_from: RateFrom = "measured",
    scale_matters: bool = True,
) -> Plausibility:
    """Check decoded samples; ``name`` stands in the messages; ``rate_from``: whence the rate is.

    ``scale_matters``: whether a gyroscope of another scale is refused; it is not where it will be corrected.

    The gyroscope is held against the accelerometer by the motion of gravity in the sensor, d(acc)/dt = -rate x acc,
    as means over 0.1 s and changes over 0.5 s, in blocks where |acc| is near gravity.

    Raises `InputError` for what cannot be used: missing values, time going backwards, too short, g or deg/s where SI
    is claimed, gravity removed, gyroscope axes that do not belong to the accelerometer's. Everything else is a finding.
    """
    _refuse_unusable(samples, name)
    blocks = _blocks(samples)
    rest_m_s2, rested = _acc_at_rest(blocks)
    _refuse_acc_unit(rest_m_s2, rested, name)
    gravity_m_s2 = rest_m_s2 if rested else GRAVITY_M_S2
    agreement, axes_findings = _gravity_gyro_agreement(samples, blocks, gravity_m_s2, name, scale_matters=scale_matters)

    step_s = np.diff(samples.time_s)
    rate_hz = _rate_hz(step_s)
    gaps = tuple((float(samples.time_s[i]), float(step_s[i])) for i in np.flatnonzero(step_s > FILL_LIMIT_S))
    expected = float(samples.time_s[-1] - samples.time_s[0]) * rate_hz + 1
    missing_pct = 100 * max(0.0, float(np.sum(np.round(step_s * rate_hz) - 1, where=step_s * rate_hz > 1.5)) / expected)
    duplicated = int((step_s == 0).sum())

    rest = f"{rest_m_s2:.2f} m/s2 at rest" if rested else "no rest found"
    findings = [f"{name}: {rest}, {rate_hz:.1f} Hz {rate_from}{_agreement_words(agreement)}."]
    if not rested:
        findings.append(
            f"{name}: the sensor is never at rest, so the accelerometer's scale could not be checked. Stand still for "
            "a second before the first rep."
        )
    elif not GOOD_REST_M_S2[0] <= rest_m_s2 <= GOOD_REST_M_S2[1]:
        findings.append(
            f"{name}: {rest_m_s2:.1f} m/s2 at rest is not gravity (9.8); the accelerometer's scale is off. "
            "Calibrate or replace the sensor."
        )
    if stated_rate_hz is not None and abs(rate_hz / stated_rate_hz - 1) > RATE_TOLERANCE:
        findings.append(
            f"{name}: {stated_rate_hz:g} Hz is stated, {rate_hz:.1f} Hz measured; the time stamps are used."
        )
    if duplicated:
        findings.append(f"{name}: {duplicated} time stamps repeat the one before.")
    if gaps:
        longest = max(duration for _, duration in gaps)
        findings.append(
            f"{name}: {len(gaps)} gap{'s' if len(gaps) > 1 else ''} over {FILL_LIMIT_S} s, the longest {longest:.2f} s."
        )
    elif missing_pct > 0.5:
        findings.append(f"{name}: {missing_pct:.1f} % of the samples are missing, singly.")
    return Plausibility(
        rest_m_s2,
        rested,
        rate_hz,
        agreement,
        duplicated,
        0,
        gaps,
        missing_pct,
        (*findings, *axes_findings),
    )


def same_recording(a: SampleRows, b: SampleRows) -> bool:
    """Whether both are the same recording, or pieces of it: most of the shorter one's samples stand in the longer.

    Two sensors never measure the same six numbers twice in a row, so the values are compared and the times are not.
    Some thousand samples of the shorter one, evenly spread, say as much as all of them.
    """
    shorter, longer = sorted((_moments(a), _moments(b)), key=len)
    asked, owner = np.unique(shorter[:: len(shorter) // _ASKED_MOMENTS + 1], return_inverse=True)
    if not len(asked):
        return False
    place = np.minimum(np.searchsorted(asked, longer), len(asked) - 1)
    found = np.zeros(len(asked), np.bool_)
    found[place[asked[place] == longer]] = True
    return float(found[owner].mean()) > 0.5


def _moments(samples: SampleRows) -> IntArray:
    """A key (k,) for each pair of successive samples, rounded to what text exports keep; repeated samples left out."""
    pieces = (samples.rows(start, start + _PIECE_ROWS + 1) for start in range(0, len(samples), _PIECE_ROWS))
    return np.concatenate([_moments_of_piece(piece) for piece in pieces])


def _moments_of_piece(samples: Samples) -> IntArray:
    values = np.rint(np.hstack([samples.acc_m_s2, samples.gyr_rad_s]) * 1e4).astype(np.int64)
    changes = (values[:-1] != values[1:]).any(axis=1)
    keys: IntArray = (values[:-1] @ _KEY_FACTORS[:6] + values[1:] @ _KEY_FACTORS[6:])[changes]
    return keys


def _rate_hz(step_s: FloatArray) -> float:
    """The rate while nothing is missing: the mean of the steps near the median, as stamps may be whole milliseconds."""
    return 1.0 / float(step_s[step_s < 1.5 * np.median(step_s[step_s > 0])].mean())


def _refuse_unusable(samples: Samples, name: str) -> None:
    if not all(np.isfinite(part).all() for part in (samples.time_s, samples.acc_m_s2, samples.gyr_rad_s)):
        raise InputError(f"{name} has missing or infinite values. Export it again.")
    step_s = np.diff(samples.time_s)
    if (step_s < 0).any():
        where_s = float(samples.time_s[int((step_s < 0).argmax())])
        raise InputError(f"{name}: time goes backwards after {where_s:.3f} s. Import one unbroken recording.")
    duration_s = float(samples.time_s[-1] - samples.time_s[0]) if len(samples) else 0.0
    if duration_s < MIN_DURATION_S:
        raise InputError(f"{name} lasts {duration_s:.2f} s; at least {MIN_DURATION_S:g} s are needed. Record longer.")
    if (rate_hz := _rate_hz(step_s)) < _LEAST_HZ:
        raise InputError(
            f"{name} has {rate_hz:.1f} samples per second; at least {_LEAST_HZ} are needed. Record at 50 Hz or "
            f"more{_OR_UNITS}."
        )
    if rate_hz > _MOST_HZ:
        raise InputError(
            f"{name} has {rate_hz:.0f} samples per second, and no body-worn sensor more than {_MOST_HZ}. "
            f"Check the unit of its time column{_OR_UNITS}."
        )


def _blocks(samples: Samples) -> _Blocks:
    time_s, acc = samples.time_s - samples.time_s[0], samples.acc_m_s2
    step_s = np.diff(time_s)
    half_step_s = 0.5 * step_s
    edges_s = np.arange(0.0, time_s[-1], _BLOCK_S)

    def integral(column: FloatArray) -> FloatArray:
        """The integral over time, at the samples: SciPy's ``cumulative_trapezoid``, which takes 0.4 s to load."""
        integrated = np.zeros(len(column))
        np.add(column[1:], column[:-1], out=integrated[1:])
        integrated[1:] *= half_step_s
        np.cumsum(integrated[1:], out=integrated[1:])
        return integrated

    def block_means(columns: Iterable[FloatArray]) -> FloatArray:
        at_edges = np.column_stack([np.interp(edges_s, time_s, integral(column)) for column in columns])
        return np.diff(at_edges, axis=0) / _BLOCK_S

    # one column at a time, as an hour's nine need much room
    products = (rate * force for rate, force in product(samples.gyr_rad_s.T, acc.T))
    # A block is whole if no long step touches it: the interpolated count of long steps is then the same at both edges.
    long_steps = np.interp(edges_s, time_s, np.concatenate([[0.0], np.cumsum(step_s > FILL_LIMIT_S)]))
    return _Blocks(
        block_means(acc.T),
        block_means([np.linalg.norm(samples.gyr_rad_s, axis=1)])[:, 0],
        block_means(integral(column) for column in products).reshape(-1, 3, 3),
        np.diff(long_steps) == 0,
    )


def _acc_at_rest(blocks: _Blocks) -> tuple[float, bool]:
    """|acc| over the quietest tenth of all stretches of 0.5 s, which needs no unit; and whether that is rest."""
    windows = np.lib.stride_tricks.sliding_window_view
    stretches = windows(blocks.acc_m_s2, _REST_BLOCKS, axis=0)
    whole = windows(blocks.whole, _REST_BLOCKS).all(axis=1)
    rates = windows(blocks.rate_rad_s, _REST_BLOCKS).mean(axis=1)
    if whole.any():
        stretches, rates = stretches[whole], rates[whole]
    restless = stretches.std(axis=2).sum(axis=1)
    quiet = restless <= np.quantile(restless, 0.1)
    acc_m_s2 = float(np.median(np.linalg.norm(stretches.mean(axis=2)[quiet], axis=1)))
    still = np.median(restless[quiet]) <= _STILL_SHARE * acc_m_s2 and np.median(rates[quiet]) <= _STILL_RAD_S
    return acc_m_s2, bool(still)


def _refuse_acc_unit(rest_m_s2: float, rested: bool, name: str) -> None:
    """Refuse what is not gravity in m/s2; without rest only what no movement makes of it."""
    if USABLE_REST_M_S2[0] <= rest_m_s2 <= USABLE_REST_M_S2[1]:
        return
    if not rested and 2.0 <= rest_m_s2 < _MOST_MOVING_M_S2:
        return
    when = "at rest" if rested else "in its quietest moments"
    if rest_m_s2 < 0.5:
        raise InputError(
            f"{name}: |acc| {when} is {rest_m_s2:.2f} m/s2, so gravity was taken out. "
            "Record acceleration with gravity (raw accelerometer)."
        )
    if rest_m_s2 < 2.0:
        raise InputError(
            f"{name}: |acc| {when} is {rest_m_s2:.2f}; this looks like g, not m/s2. "
            f"Multiply the accelerometer columns by {GRAVITY_M_S2}{_OR_UNITS}."
        )
    raise InputError(
        f"{name}: |acc| {when} is {rest_m_s2:.1f} m/s2, which is not gravity (9.8 m/s2). "
        f"Write the accelerometer columns in m/s2{_OR_UNITS}."
    )


def _gravity_gyro_agreement(
    samples: Samples, blocks: _Blocks, gravity_m_s2: float, name: str, *, scale_matters: bool
) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    """Correlation per axis (NaN without movement) and findings; raises where unit, range or axes are wrong."""
    usable = blocks.whole & (np.abs(np.linalg.norm(blocks.acc_m_s2, axis=1) / gravity_m_s2 - 1) < _NEAR_GRAVITY)
    unusable = np.concatenate([[0], np.cumsum(~usable)])
    spans = unusable[_SPAN_BLOCKS + 1 :] == unusable[: -_SPAN_BLOCKS - 1]
    seen = (blocks.acc_m_s2[_SPAN_BLOCKS:] - blocks.acc_m_s2[:-_SPAN_BLOCKS])[spans]
    products = (blocks.products[_SPAN_BLOCKS:] - blocks.products[:-_SPAN_BLOCKS])[spans]
    if (np.linalg.norm(seen, axis=1) > _MOVED_M_S2).sum() < _MIN_SPANS:
        _refuse_gyr_range(samples, name)
        hardly = f"{name}: hardly any turning that gravity shows, so the gyroscope could not be checked."
        return (np.nan, np.nan, np.nan), (hardly,)
    said = _turned(products)
    fit = _correlation(seen, said)
    if fit > _GOOD_AGREEMENT:
        _refuse_gyr_scale(float((said * said).sum() / (seen * said).sum()), fit if scale_matters else 0.0, name)
    _refuse_gyr_range(samples, name)
    enough = np.sqrt((seen**2).mean(axis=0)) > 0.5 * _MOVED_M_S2
    x, y, z = (_correlation(seen[:, i], said[:, i]) if enough[i] else np.nan for i in range(3))
    axes, better_fit = _best_axes(seen, products)
    if better_fit < _GOOD_AGREEMENT or 1 - better_fit**2 > _CLEARLY_BETTER * (1 - max(fit, 0.0) ** 2):
        opposed = " and ".join(axis for axis, r in zip("xyz", (x, y, z), strict=True) if r < _OPPOSED)
        words = f"{name}: along {opposed} gravity moves against the gyroscope; check the export's axes and signs."
        return (x, y, z), ((words,) if opposed else ())
    words = (
        f"{name}: gravity moves as if the gyroscope's x, y, z were its columns {axes} "
        f"(agreement {better_fit:.2f}, as they are {fit:.2f})."
    )
    if fit < _BAD_AGREEMENT:
        raise InputError(f"{words} Write the gyroscope in the accelerometer's axes.")
    return (x, y, z), (f"{words} Check the export.",)


def _turned(products: FloatArray) -> FloatArray:
    """The change of acc that a turn makes, -rate x acc, from the integrals of the products rate_i acc_j."""
    return np.stack([products[:, k, j] - products[:, j, k] for j, k in ((1, 2), (2, 0), (0, 1))], axis=1)


def _best_axes(seen: FloatArray, products: FloatArray) -> tuple[str, float]:
    """The order and signs of the gyroscope's columns that fit gravity's motion best, and how well they fit."""
    best, best_fit = "", -1.0
    for order in permutations(range(3)):
        for signs in product((1.0, -1.0), repeat=3):
            fit = _correlation(seen, _turned(products[:, order] * np.array(signs)[:, None]))
            if fit > best_fit + 1e-9:
                best_fit = fit
                best = ", ".join("-"[sign > 0 :] + "xyz"[axis] for axis, sign in zip(order, signs, strict=True))
    return best, best_fit


def _refuse_gyr_scale(times: float, fit: float, name: str) -> None:
    """Refuse a gyroscope that surely turns so many times too far or too little: deg/s for rad/s, or a wrong range.

    Its exact gain is another matter, which turns between rests tell (:mod:`dowel.exchange.import_gain`).
    """
    if 0.5 < times * np.deg2rad(1) < 2:
        raise InputError(
            f"{name}: the gyroscope measures {times:.0f} times the rotation that gravity shows; this looks like deg/s, "
            f"not rad/s. Multiply the gyroscope columns by pi/180{_OR_UNITS}."
        )
    if fit > _SURE_AGREEMENT and not 1 / _REFUSED_GAIN <= times <= _REFUSED_GAIN:
        raise InputError(
            f"{name}: the gyroscope measures {times:.2f} times the rotation that gravity shows, so its scale is wrong. "
            "Check the sensor's range and the export's unit, or import it with --correct-gain."
        )


def _refuse_gyr_range(samples: Samples, name: str) -> None:
    if (peak := float(np.abs(samples.gyr_rad_s).max())) > _MAX_GYR_RAD_S:
        raise InputError(
            f"{name}: a rate of {peak:.0f} rad/s is beyond any sensor; this looks like deg/s. "
            f"Multiply the gyroscope columns by pi/180{_OR_UNITS}."
        )


def _correlation(a: FloatArray, b: FloatArray) -> float:
    """Correlation through the origin: both are changes, so neither has a mean to take out."""
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def _agreement_words(agreement: tuple[float, float, float]) -> str:
    axes = ", ".join(f"{axis} {r:.2f}" for axis, r in zip("xyz", agreement, strict=True) if not np.isnan(r))
    return f", gravity and gyroscope turn in step (1 is best): {axes}" if axes else ""

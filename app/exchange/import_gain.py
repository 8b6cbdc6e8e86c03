"""What an import leaves out of a recording as no measurement, and its gyroscope's gain over all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.grid_points import Status
from dowel.recordings.types import Samples
from dowel.sensors.stream.gaps import FILL_LIMIT_S
from dowel.sensors.stream.gyroscope_gain import SURE_SD, GyroscopeGain
from dowel.sensors.stream.health import Health
from dowel.sensors.stream.spikes import POSSIBLE
from dowel.sensors.stream.stamped import Stamped

FEW: Final = 0.01
"""So small a share of broken samples is left out; more is another unit, or a broken file (judgement)."""
RANGE_SD: Final = 0.125
"""A gain that is known so well can be that of one wrong range only: ranges are powers of two apart
(sources#gyroscope-gain)."""

PIECE_SAMPLES: Final = 16_384
"""So many are looked at at a time: their working arrays stay small (judgement)."""


@dataclass(frozen=True)
class ImportedGain:
    """What was found of a gyroscope's gain: ``settings`` of the sensor, and ``findings`` for the user."""

    settings: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


def without_broken(samples: Samples, name: str) -> tuple[Samples, str]:
    """The samples that can be measurements, and a sentence about the others; all of them where those are not few."""
    with np.errstate(invalid="ignore"):
        good = np.isfinite(samples.time_s)
        for column, most in zip((*samples.acc_m_s2.T, *samples.gyr_rad_s.T), POSSIBLE, strict=True):
            good &= np.abs(column) <= most
    broken = int(np.count_nonzero(~good))
    if not broken or broken > FEW * len(good):
        return samples, ""
    kept = Samples(samples.time_s[good], samples.acc_m_s2[good], samples.gyr_rad_s[good])
    share = f"{broken} of {len(good)} samples have no value or one that no sensor can measure"
    return kept, f"{name}: {share}; they are filled like lost ones."


def measured_gain(samples: Samples, name: str, *, correct: bool) -> ImportedGain:
    """The gyroscope's gain over the whole recording; ``correct`` where the user agrees to a correction.

    Raises ``InputError`` where it should be corrected and is not known well enough.
    """
    gain = _gain_of(samples)
    if not gain.told:
        known = "does not rest often enough to tell" if np.isnan(gain.gain) else "shows no wrong gain"
        return ImportedGain(findings=(f"{name}: the gyroscope {known}; nothing is corrected.",) if correct else ())
    seen = (
        f"{name}: the gyroscope measures {gain.gain:.2f} times the rotation that gravity shows (± {2.0 * gain.sd:.2f})"
    )
    settings = {"gyr_gain": round(gain.gain, 4)}
    if correct:
        by = _correction(gain)
        if np.isnan(by):
            raise InputError(
                f"{seen}, which is not sure enough to correct it. Record a few bends of 60 degrees with a second of "
                "rest before each and at its bottom, or set the sensor's range and unit right."
            )
        how = "this is corrected" if by == 1.0 / gain.gain else f"taken for a wrong range and corrected by {by:g}"
        return ImportedGain({**settings, "gyr_scale": round(by, 5)}, (f"{seen}; {how}.",))
    if gain.doubtful:
        return ImportedGain(settings, (f"{seen}, so nothing by it is judged. {_ADVICE}",))
    return ImportedGain({}, (f"{seen}. {_ADVICE}",))


_ADVICE: Final = "Check the sensor's range and the export's unit, or import it with --correct-gain."


def _correction(gain: GyroscopeGain) -> float:
    """What the gyroscope is to be multiplied by; NaN where that is not known well enough."""
    if gain.sd <= SURE_SD * gain.gain:
        return 1.0 / gain.gain
    of_range = 2.0 ** float(np.round(np.log2(gain.gain)))
    near = abs(gain.gain - of_range) <= 2.0 * gain.sd <= 2.0 * RANGE_SD * gain.gain
    return 1.0 / of_range if near and of_range != 1.0 else float("nan")


def _gain_of(samples: Samples) -> GyroscopeGain:
    """The gain in what was measured: where a chip hangs, or is at the end of its range, nothing was."""
    period_s = float(np.median(np.diff(samples.time_s)))
    gain = GyroscopeGain(period_s, every_turn=True)
    before_s = samples.time_s[:1] - period_s
    for measured in _measured(samples, Health(period_s)):
        step_s = np.diff(measured.time_s, prepend=before_s)
        before_s = measured.time_s[-1:]
        nothing = (step_s > FILL_LIMIT_S) | ((measured.status & (Status.FROZEN | Status.CLIPPED)) != 0)
        known = np.where(nothing[:, None], np.nan, measured.values)
        gain.feed(known[:, :3], known[:, 3:], np.minimum(step_s, FILL_LIMIT_S))
    return gain


def _measured(samples: Samples, health: Health) -> Iterator[Stamped]:
    """What was measured, in pieces."""
    for start in range(0, len(samples), PIECE_SAMPLES):
        part = slice(start, start + PIECE_SAMPLES)
        time_s = samples.time_s[part]
        values = np.hstack([samples.acc_m_s2[part], samples.gyr_rad_s[part]])
        status, sequence = np.zeros(len(time_s), np.uint8), start + np.arange(len(time_s))
        found = health.look(Stamped(time_s, time_s, np.ones(len(time_s)), values, status, sequence))
        if len(found):
            yield found
    if len(found := health.finish()):
        yield found

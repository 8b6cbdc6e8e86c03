"""Slip: a sensor that moved on the skin, told from a person who stands differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.orientation.rotations import normalised
from dowel.analysis.repetitions.rep_machine import STAND_POINTS
from dowel.recordings.types import FloatArray


@dataclass(frozen=True, slots=True)
class SlipSettings:
    """Parameters of :class:`SlipWatch` (design#slips).

    Parameters
    ----------
    step_deg
        A sensor's up vector must have turned by more than this between the stands before and the latest ones.
    mad_factor
        The step must be so many median absolute deviations of the stands before.
    latest
        So many latest stands are compared; one more where those disagree.
    fewest_before, most_before
        With so many stands before them.
    sudden_share
        Share of the step that must lie between two neighbouring stands; a ramp of fatigue spreads it.
    ramp_share
        By no more than this share of it may the latest stands go on stepping.
    posture_deg, posture_share
        When the other sensor steps by more than both, in degrees and as a share of the step, the person stands
        differently.
    agree_deg, agree_share
        The latest stands must agree within the larger of the two, or it is fidgeting.
    farthest_deg
        A sensor that turned farther has come off, and a new zero would not mend that.
    total_deg
        A sensor that slipped farther than this in all is not judged any more.
    still_deg
        Stands in which a sensor turned by more than this are not compared.

    Notes
    -----
    All are in sources#slips and sources#re-zeroing. Stands repeat within 1 to 2 deg (sources#schmidt-2018), which is
    where the limits in degrees come from.
    """

    step_deg: float = 3.0
    mad_factor: float = 4.0
    latest: int = 2
    fewest_before: int = 2
    most_before: int = 5
    sudden_share: float = 0.7
    ramp_share: float = 0.5
    posture_deg: float = 2.0
    posture_share: float = 0.3
    agree_deg: float = 2.5
    agree_share: float = 0.3
    farthest_deg: float = 30.0
    total_deg: float = 8.0
    still_deg: float = 2.5


@dataclass(frozen=True, slots=True)
class Slip:
    """One sensor stepped: by how much, and its up vector before and after, in sensor axes."""

    sensor: int
    step_deg: float
    before: FloatArray
    after: FloatArray


class SlipWatch:
    """Compares each sensor's own attitude over the stands since the calibration or the last load mark.

    Data: one up vector per sensor and stand, in sensor axes. Result: the :class:`Slip` of one sensor, when the last
    two stands (or, where those disagreed, three) step away from the two to five before. A step in both sensors, or one
    spread over several stands, is posture and no slip.
    """

    def __init__(self, settings: SlipSettings | None = None) -> None:
        self.settings = settings or SlipSettings()
        self._stands: list[FloatArray] = []

    def forget(self) -> None:
        """Start over: a calibration, a load mark."""
        self._stands = []

    def stand(self, up: FloatArray) -> Slip | None:
        """The next stand, up vectors (sensors, 3); it says nothing where one of them was not standing still."""
        settings = self.settings
        if np.isnan(up).any():
            return None
        self._stands.append(up)
        if not self._moved(up):
            return None
        for latest in (settings.latest, settings.latest + 1):
            slip = self._look(latest)
            if slip is not None:
                self._stands = self._stands[-latest:]
                return slip
        return None

    def _moved(self, up: FloatArray) -> bool:
        """Whether this stand is far enough from any of those it would be compared with to be worth a closer look."""
        settings = self.settings
        compared = np.stack(self._stands[-settings.latest - settings.most_before - 1 :]) - up
        return bool((compared * compared).sum(axis=2).max() > np.deg2rad(0.5 * settings.step_deg) ** 2)

    def _look(self, count: int) -> Slip | None:
        """Whether one sensor's last ``count`` stands have stepped away from those before."""
        settings = self.settings
        if len(self._stands) < count + settings.fewest_before:
            return None
        before = np.stack(self._stands[-count - settings.most_before : -count])
        latest = np.stack(self._stands[-count:])
        steps = [self._step(before[:, sensor], latest[:, sensor]) for sensor in range(before.shape[1])]
        largest = int(np.argmax([step.angle_deg for step in steps]))
        found = steps[largest]
        others = [step.angle_deg for index, step in enumerate(steps) if index != largest]
        posture_deg = max(settings.posture_deg, settings.posture_share * found.angle_deg)
        if not found.sudden or (others and max(others) > posture_deg):
            return None
        return Slip(largest, found.angle_deg, found.before, found.after)

    def _step(self, before: FloatArray, latest: FloatArray) -> _Step:
        """How one sensor's latest stands (k, 3) differ from those before (m, 3)."""
        settings = self.settings
        old, new = np.median(before, axis=0), latest.sum(axis=0) / len(latest)
        difference = new - old
        size = float(np.sqrt(difference @ difference))
        angle_deg = float(np.rad2deg(size))  # the chord of two unit vectors: 0.02 deg short at 8 deg
        if angle_deg <= settings.step_deg:
            return _Step(angle_deg, False, old, new)
        along = np.rad2deg(np.concatenate([before, latest]) @ (difference / size))
        mad_deg = median_abs_deviation(along[: len(before)])
        jump_deg = float(along[len(before)] - along[len(before) - 1])
        apart_deg = float(np.rad2deg(np.sqrt(np.mean(np.sum((latest - new) ** 2, axis=1)))))
        sudden = (
            settings.mad_factor * mad_deg < angle_deg <= settings.farthest_deg
            and jump_deg > settings.sudden_share * angle_deg
            and float(np.ptp(along[len(before) :])) <= settings.ramp_share * angle_deg
            and 2.0 * apart_deg <= max(settings.agree_deg, settings.agree_share * angle_deg)
        )
        return _Step(angle_deg, sudden, normalised(old), normalised(new))


@dataclass(frozen=True, slots=True)
class _Step:
    angle_deg: float
    sudden: bool
    before: FloatArray
    after: FloatArray


def median_abs_deviation(values: FloatArray) -> float:
    """Median distance of values (n,) from their median.

    Ours: to load scipy.stats for it would add three quarters to the CPU of a report, and stall a practice at the
    stand in which a slip shows (design#scipy-and-what-is-ours).
    """
    return float(np.median(np.abs(values - np.median(values))))


def stands_of(up: FloatArray, still_deg: float) -> FloatArray:
    """Standing up vectors (sensors, 3) of the points before a rep (sensors, n, 3); NaN where one moved or misses."""
    if up.shape[1] < STAND_POINTS:
        return np.full((len(up), 3), np.nan)
    unit = up / np.sqrt((up * up).sum(axis=2, keepdims=True))
    mean = unit.sum(axis=1)
    mean /= np.sqrt((mean * mean).sum(axis=1, keepdims=True))
    away = unit - mean[:, None]
    moved = ~((away * away).sum(axis=2).max(axis=1) <= np.deg2rad(still_deg) ** 2)
    mean[moved] = np.nan
    stands: FloatArray = mean
    return stands

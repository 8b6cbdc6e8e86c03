"""Stands compared: one sensor that stands differently from before, at once or little by little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dowel.analysis.median import median
from dowel.analysis.orientation.rotations import leans_deg, normalised
from dowel.analysis.parameters import in_force
from dowel.analysis.repetitions.bend_start import STAND_POINTS
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
    creep_stands
        So many first and latest stands tell a sensor that creeps.
    suspect_deg, restless_deg
        After a single stand in which one sensor alone has turned by more than this, the next bend is not judged; if it
        was not still, by more than the other. The first two stands after a calibration must differ from its zero by
        more than this, as people stand otherwise than in the hold: with the third, what the bends between them came to
        tells more.
    changed_deg, back_deg
        A bend that ends with one sensor so far from where it began, and the other within the second, is not judged.
    stuck_s
        A bend that lasts so long is looked at for a sensor that hangs at a slant.
    farthest_deg, bent_deg
        A sensor that turned farther has come off, if the other has bent by so much and come back since: nobody keeps
        a slouch through that.
    total_deg
        A sensor that slipped farther than this in all is not judged any more.
    matters_deg
        A turn that changes the lean by less is a person's, unless it was seen to be a slip: people stand differently.
    creep_deg
        A sensor that creeps must turn by more than this.
    abrupt_s, abrupt_share, others_deg
        A sensor that made so much of its turn in so short a time, while the other one turned by less than this, was not
        moved by the back: it slid.
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
    creep_stands: int = 3
    suspect_deg: float = 12.0
    restless_deg: float = 12.0
    changed_deg: float = 12.0
    back_deg: float = 10.0
    stuck_s: float = 20.0
    farthest_deg: float = 30.0
    bent_deg: float = 45.0
    total_deg: float = 8.0
    matters_deg: float = 3.5
    creep_deg: float = 4.5
    abrupt_s: float = 0.25
    abrupt_share: float = 0.85
    others_deg: float = 1.0
    still_deg: float = 2.5


@dataclass(frozen=True, slots=True)
class Turned:
    """One sensor stands differently: by how much, and its up vector before and after, in sensor axes.

    It happened between the grid points ``begin`` and ``end``, of which the stands around it are the edges; ``stands``
    of them have come since.
    """

    sensor: int
    step_deg: float
    before: FloatArray
    after: FloatArray
    begin: int
    end: int
    stands: int


class SlipWatch:
    """Compares each sensor's own attitude over the stands since the calibration or the last load mark.

    Data: one up vector per sensor and stand, in sensor axes. Result: what one sensor :class:`Turned` by, when the last
    two stands (or, where those disagreed, three) step away from the two to five before, or the last three have crept
    away from the first three. Where sway hides the step in the one, which both sensors show, it is looked for in what
    they turned against each other. A turn of both sensors is posture and nothing to tell.
    """

    def __init__(self) -> None:
        self.settings = in_force(SlipSettings)
        self.forget()

    def forget(self) -> None:
        """Start over: a calibration, a load mark."""
        self._stands: list[FloatArray] = []
        self._points: list[int] = []
        self._first: list[FloatArray] = []
        self._first_point = 0
        self._calibrated = False
        self.suspicious = False
        """Whether one sensor alone stood far from before in the latest stand, so that the next has to tell."""

    def begin(self, zeros: FloatArray, point: int) -> None:
        """A calibration: its zeros (sensors, 3) are the first stand, so that a slip before the third rep shows too."""
        self.forget()
        self._stands, self._points = [zeros], [point]
        self._calibrated = True

    def stand(
        self, up: FloatArray, point: int = 0, *, still: bool = True, frames: FloatArray | None = None
    ) -> Turned | None:
        """The next stand, up vectors (sensors, 3), that ends at a grid point; what is not ``still`` is not compared.

        ``frames`` (sensors, 3, 3) of the calibration, where there is one.
        """
        settings = self.settings
        if np.isnan(up).any():
            return None
        if not still:
            self.suspicious = self._far_from_before(self._stands[-settings.most_before :], up, settings.restless_deg)
            return None
        self._stands.append(up)
        self._points.append(point)
        if len(self._first) < settings.creep_stands:
            self._first.append(up)
            self._first_point = point
        self.suspicious = False
        if not self._moved(up):
            return self._creep()
        for latest in (settings.latest, settings.latest + 1):
            found = self._look(latest) or (None if frames is None else self._look_between(latest, frames))
            if found is not None:
                return found
        before = self._stands[-settings.most_before - 1 : -1]
        self.suspicious = self._far_from_before(before, up, settings.suspect_deg)
        return self._creep()

    def _far_from_before(self, before: Sequence[FloatArray], up: FloatArray, limit_deg: float) -> bool:
        """Whether one sensor alone stands far from where it stood."""
        if not before:
            return False
        steps_deg = _apart_deg(median(before), up)
        return bool(steps_deg.max() > limit_deg) and self._alone(steps_deg)

    def begin_with(self, turned: Turned) -> None:
        """Compare with the stands after a turn from here on."""
        self._stands, self._points = self._stands[-turned.stands :], self._points[-turned.stands :]
        self._first, self._first_point = list(self._stands), self._points[-1]
        self._calibrated = False

    def _alone(self, steps_deg: FloatArray) -> bool:
        """Whether one sensor stepped and the other, if there is one, did not: else the person stands differently."""
        settings = self.settings
        *others_deg, largest_deg = np.sort(steps_deg).tolist()
        return not others_deg or others_deg[-1] <= max(settings.posture_deg, settings.posture_share * largest_deg)

    def _creep(self) -> Turned | None:
        """Whether one sensor has crept away from the first stands."""
        settings, count = self.settings, self.settings.creep_stands
        if len(self._stands) < 2 * count:
            return None
        first, latest = np.stack(self._first), np.stack(self._stands[-count:])
        old, new = first.mean(axis=0), latest.mean(axis=0)
        steps_deg = _apart_deg(old, new)
        sensor = int(np.argmax(steps_deg))
        if steps_deg[sensor] <= settings.creep_deg or not self._alone(steps_deg):
            return None
        apart = np.concatenate([first - old, latest - new])[:, sensor]
        agree_deg = max(settings.agree_deg, settings.agree_share * float(steps_deg[sensor]))
        if np.rad2deg(np.sqrt((apart * apart).sum(axis=1))).max() > agree_deg:
            return None
        before, after = normalised(old[sensor]), normalised(new[sensor])
        begin, end = self._first_point, self._points[-count]
        return Turned(sensor, float(steps_deg[sensor]), before, after, begin, end, count)

    def _moved(self, up: FloatArray) -> bool:
        """Whether this stand is far enough from any of those it would be compared with to be worth a closer look."""
        settings = self.settings
        compared = np.stack(self._stands[-settings.latest - settings.most_before - 1 :]) - up
        return bool((compared * compared).sum(axis=2).max() > np.deg2rad(0.5 * settings.step_deg) ** 2)

    def _look(self, count: int) -> Turned | None:
        """Whether one sensor's last ``count`` stands have stepped away from those before."""
        settings = self.settings
        only_zero = self._calibrated and len(self._stands) == count + 1
        if len(self._stands) < count + settings.fewest_before and not only_zero:
            return None
        before = np.stack(self._stands[-count - settings.most_before : -count])
        latest = np.stack(self._stands[-count:])
        middle = median(before)
        steps = [self._step(before[:, sensor], middle[sensor], latest[:, sensor]) for sensor in range(len(middle))]
        largest = int(np.argmax([step.angle_deg for step in steps]))
        found = steps[largest]
        if not found.sudden or not self._alone(np.array([step.angle_deg for step in steps])):
            return None
        if only_zero and found.angle_deg <= settings.suspect_deg and count == settings.latest:
            return None
        begin, end = self._points[-count - 1], self._points[-count]
        return Turned(largest, found.angle_deg, found.before, found.after, begin, end, count)

    def _look_between(self, count: int, frames: FloatArray) -> Turned | None:
        """As :meth:`_look`, by how far the sensors' leans are apart: what the person sways, both of them show."""
        settings = self.settings
        if len(self._stands) < count + settings.fewest_before or len(frames) < 2:
            return None
        stands = np.stack(self._stands[-count - settings.most_before :])
        each_deg = leans_deg(frames, stands)
        own_deg = each_deg[-count:].mean(axis=0) - median(each_deg[:-count])
        between_deg = each_deg[:, 0] - each_deg[:, 1]
        step_deg = float(between_deg[-count:].mean() - median(between_deg[:-count]))
        if abs(step_deg) <= settings.step_deg or not self._alone(np.abs(own_deg)):
            return None
        along_deg = between_deg * np.sign(step_deg)
        spread_deg = float(np.sqrt(np.mean((along_deg[-count:] - along_deg[-count:].mean()) ** 2)))
        if not self._sudden(along_deg[:-count], along_deg[-count:], abs(step_deg), spread_deg):
            return None
        sensor = int(np.argmax(np.abs(own_deg)))
        before, after = (normalised(each[sensor]) for each in (median(stands[:-count]), stands[-count:].mean(axis=0)))
        begin, end = self._points[-count - 1], self._points[-count]
        return Turned(sensor, abs(step_deg), before, after, begin, end, count)

    def _step(self, before: FloatArray, old: FloatArray, latest: FloatArray) -> _Step:
        """How one sensor's latest stands (k, 3) differ from those before (m, 3), and their median (3,)."""
        settings = self.settings
        new = latest.sum(axis=0) / len(latest)
        difference = new - old
        size = float(np.sqrt(difference @ difference))
        angle_deg = float(np.rad2deg(size))  # the chord of two unit vectors: 0.02 deg short at 8 deg
        if angle_deg <= settings.step_deg:
            return _Step(angle_deg, False, old, new)
        along = np.rad2deg(np.concatenate([before, latest]) @ (difference / size))
        apart_deg = float(np.rad2deg(np.sqrt(np.mean(np.sum((latest - new) ** 2, axis=1)))))
        sudden = self._sudden(along[: len(before)], along[len(before) :], angle_deg, apart_deg)
        return _Step(angle_deg, sudden, normalised(old), normalised(new))

    def _sudden(self, before: FloatArray, latest: FloatArray, step_deg: float, spread_deg: float) -> bool:
        """Whether the latest stands (k,) are a step from those before (m,), in degrees along it, and no ramp and no
        fidgeting; ``spread_deg`` is how far the latest scatter."""
        settings = self.settings
        return (
            step_deg > settings.mad_factor * median_abs_deviation(before)
            and float(latest[0] - before[-1]) > settings.sudden_share * step_deg
            and float(np.ptp(latest)) <= settings.ramp_share * step_deg
            and 2.0 * spread_deg <= max(settings.agree_deg, settings.agree_share * step_deg)
        )


@dataclass(frozen=True, slots=True)
class _Step:
    angle_deg: float
    sudden: bool
    before: FloatArray
    after: FloatArray


def _apart_deg(one: FloatArray, other: FloatArray) -> FloatArray:
    """How far up vectors (sensors, 3) lie apart, each from its own (sensors,)."""
    apart: FloatArray = np.rad2deg(np.sqrt(((one - other) ** 2).sum(axis=1)))
    return apart


def median_abs_deviation(values: FloatArray) -> float:
    """Median distance of values (n,) from their median.

    Ours: to load scipy.stats for it would add three quarters to the CPU of a report, and stall a practice at the
    stand in which a slip shows (design#scipy-and-what-is-ours).
    """
    return float(median(np.abs(values - median(values))))


def stand_of(up: FloatArray, still_deg: float) -> tuple[FloatArray, bool]:
    """Standing up vectors (sensors, 3) of the points before a rep (sensors, n, 3), and whether all stood still.

    Where one did not it is the last tenth of a second that counts. NaN where one is missing.
    """
    if up.shape[1] < STAND_POINTS:
        return np.full((len(up), 3), np.nan), False
    unit = up / np.sqrt((up * up).sum(axis=2, keepdims=True))
    mean: FloatArray = unit.sum(axis=1)
    mean /= np.sqrt((mean * mean).sum(axis=1, keepdims=True))
    away = unit - mean[:, None]
    still = bool((away * away).sum(axis=2).max() <= np.deg2rad(still_deg) ** 2)
    return mean if still or np.isnan(mean).any() else unit[:, -STAND_POINTS // 4 :].mean(axis=1), still

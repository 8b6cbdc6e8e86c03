"""What is done about a sensor that stands differently: zeroed again, doubted, or given up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.analysis.events import SensorSlipped, StandChanged
from dowel.analysis.orientation.askew import Askew, Headings
from dowel.analysis.orientation.doubt import Bottom, Doubts, seeming_deg
from dowel.analysis.orientation.falls import CameOff
from dowel.analysis.orientation.odd_bends import OddBends
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rotations import from_cosine_deg, lean_deg, leans_deg
from dowel.analysis.orientation.slip import SlipWatch, Turned, stand_of
from dowel.analysis.orientation.stands_apart import StandsApart
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.bend_start import STAND_POINTS
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray

ANYTHING_DEG = (-90.0, 90.0)
"""No limit is farther (sources#re-zeroing)."""


@dataclass(frozen=True, slots=True)
class Change:
    """A sensor stands or bends differently, and what is ``told`` of it.

    Since the grid point ``since`` the back may have seemed less round and rounder by up to ``seemed_deg`` than it was;
    nothing of it is in doubt where both are 0. None is told as long as the next stand may tell more.
    """

    told: SensorSlipped | StandChanged | None
    since: int = 0
    seemed_deg: tuple[float, float] = (0.0, 0.0)


class Rezero:
    """Looks at each stand before a bend, and decides what it means that one sensor stands differently (design#slips).

    A sensor that turned in an instant while the other stood still has slid: it is zeroed again. Where it may as well be
    the person who stands differently, nothing is zeroed and nothing judged until it stands as before, or a calibration.
    ``posture`` is changed; the points of the bend that has just opened are then to be computed again.
    """

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._watch = SlipWatch()
        self.note = ""
        """What a row's calibration says of it: ``+rezero`` once a sensor was zeroed again."""
        self.begin()

    def forget(self) -> None:
        """A load mark: people stand differently with a load, so the comparison of stands starts over."""
        self._watch.forget()

    def begin(self) -> None:
        """A calibration: nothing has slipped since."""
        posture = self._posture
        if posture.calibration is None:
            self._watch.forget()
        else:
            self._watch.begin(posture.frames[posture.trunk, 2], self._history.next)
        self._total_deg = np.zeros(len(self._posture.placements))
        self._doubts = Doubts()
        self._between = StandsApart()
        self._askew = Askew()
        self._headings = Headings(posture, self._history)
        self._unknown = False
        self._sat_well = self._history.next
        self._odd_bends = OddBends(posture, self._history)
        self.note = ""

    def look(self, start: int, now: int) -> Change | CameOff | None:
        """Compare the stand before a bend's ``start`` with earlier ones; what is to be said of it, if anything."""
        posture, settings = self._posture, self._watch.settings
        if posture.came_off[posture.trunk].any():
            return None
        self._headings.stand(start)
        up = self._history.up(start - STAND_POINTS, start)[posture.trunk]
        stand, still = stand_of(up, settings.still_deg)
        frames = None if posture.calibration is None else posture.frames[posture.trunk]
        turned = self._watch.stand(stand, start, still=still, frames=frames)
        if turned is None:
            told = None
        elif turned.step_deg > settings.farthest_deg and self._bent(turned, start):
            return CameOff(posture.trunk[turned.sensor], now, turned.begin)
        else:
            told = self._decide(turned, now) if posture.calibration is not None else None
        if still:
            told = self._compare_both(turned, stand, now) or told
            if self._watch.suspicious:
                told = told or Change(None, self._sat_well, ANYTHING_DEG)
            elif not np.isnan(stand).any():
                self._sat_well = start
        too_far = bool((self._total_deg > settings.total_deg).any())
        self._unknown = too_far or self._watch.suspicious or self._between.apart or self._odd_bends.doubted(now)
        self._say_what_is_doubted()
        return told

    def _say_what_is_doubted(self) -> None:
        """Whether the next points can be judged, and within what."""
        posture = self._posture
        doubted = self._unknown or bool(self._doubts) or bool(self._askew.apart_deg)
        posture.slipped = posture.calibration is not None and doubted
        posture.seemed_deg = self._seemed_deg if posture.slipped and not self._unknown else None

    @property
    def _seemed_deg(self) -> tuple[float, float]:
        """By how much the back may seem less round (negative) and rounder than it is, by all that is in doubt."""
        return seeming_deg([*self._doubts.rounder_deg, *self._askew.rounder_deg])

    def _compare_both(self, turned: Turned | None, stand: FloatArray, now: int) -> Change | None:
        """Whether the back stands otherwise than before, as both sensors tell it; of one alone the rest decides."""
        posture = self._posture
        if len(posture.trunk) < 2 or posture.calibration is None or np.isnan(stand).any():
            return None
        if turned is not None or self._doubts:
            self._between.forget()
        if turned is not None or self._doubts or self._watch.suspicious:
            return None
        upper_back_deg, sacrum_deg = leans_deg(posture.frames[posture.trunk], stand).tolist()
        if (
            min(upper_back_deg, sacrum_deg) > self._watch.settings.suspect_deg
        ):  # rests bent forward, where a back hangs rounder
            return None
        differs_deg = self._between.stand(upper_back_deg - sacrum_deg)
        if differs_deg is None:
            return None
        place = str(posture.placements[posture.trunk[0]])
        return Change(StandChanged(now / GRID_HZ, place, abs(differs_deg), judged=not differs_deg))

    def _bent(self, turned: Turned, now: int) -> bool:
        """Whether the other sensor has bent and come back since: nobody keeps a slouch through that."""
        others = [sensor for place, sensor in enumerate(self._posture.trunk) if place != turned.sensor]
        up = self._history.up(max(turned.end, self._history.first), now)[others]
        least = np.cos(np.deg2rad(self._watch.settings.bent_deg))
        return bool(others) and bool((up * up[:, :1]).sum(axis=2).min(initial=1.0) < least)

    def changed(self, start: int, end: int) -> bool:
        """Whether a bend ends with one trunk sensor elsewhere than where it began, and the other where it was."""
        posture, history = self._posture, self._history
        if posture.calibration is None or len(posture.trunk) < 2:
            return False
        points = STAND_POINTS // 4
        away_deg = []
        for sensor in posture.trunk:
            up = [_middle(history.up(stop - points, stop)[[sensor]])[0] for stop in (start, end)]
            before, after = (posture.frames[sensor] @ each for each in up)
            aside_deg = float(np.rad2deg(after[1] - before[1]))
            away_deg.append(np.array([lean_deg(*after[::2]) - lean_deg(*before[::2]), aside_deg]))
        apart_deg = float(np.linalg.norm(away_deg[0] - away_deg[1]))
        nearer_deg = min(float(np.linalg.norm(each)) for each in away_deg)
        settings = self._watch.settings
        changed = nearer_deg < settings.back_deg and apart_deg > settings.changed_deg
        self._watch.suspicious |= changed  # also where the next stand cannot be seen
        if apart_deg <= settings.changed_deg and not self._unknown:
            self._sat_well = end
        return changed

    def bent(self, start: int, peak: int, now: int) -> list[Change]:
        """What a bend tells of sensors: by how much the back rounded from the stand before it to its peak, and which
        way each of them went."""
        posture = self._posture
        if posture.upper_back is None or posture.sacrum is None or posture.calibration is None:
            return []
        upright, bottom = (_middle(self._history.lean_deg(point - STAND_POINTS // 4, point)) for point in (start, peak))
        rounded = [float(leans_deg[posture.upper_back] - leans_deg[posture.sacrum]) for leans_deg in (upright, bottom)]
        off_neutral_deg = np.nan
        if posture.calibration.basis == "rod":
            off_neutral_deg = rounded[1] - float(posture.calibration.neutral.at(bottom[[posture.sacrum]])[0])
        settled = self._doubts.bend(Bottom(rounded[1] - rounded[0], off_neutral_deg))
        places = [str(posture.placements[sensor]) for sensor in settled]
        told = [Change(StandChanged(now / GRID_HZ, place, 0.0, judged=not self._doubts)) for place in places]
        askew = self._bent_askew(peak, start, now)
        return told if askew is None else [*told, askew]

    def _bent_askew(self, peak: int, start: int, now: int) -> Change | None:
        """Whether this bend, with those before it, shows that a sensor turned round the body, or no longer does."""
        posture, askew = self._posture, self._askew
        ups = np.einsum("sci,si->sc", posture.frames[posture.trunk], self._history.up(peak, peak + 1)[posture.trunk, 0])
        if not askew.bend(start, ups, self._headings.turned_deg):
            return None
        told = StandChanged(now / GRID_HZ, "", askew.apart_deg, judged=not askew.apart_deg)
        if not askew.apart_deg:
            return Change(told)
        self._say_what_is_doubted()  # of this bend as well
        return Change(told, askew.since, self._seemed_deg)

    def loose(self, start: int, end: int, now: int) -> CameOff | None:
        """A sensor that dangles, as this bend and those before it show."""
        return self._odd_bends.bend(start, end, now)

    def stuck(self, start: int, now: int) -> CameOff | None:
        """A bend that never closed, as one sensor hangs or lies at a slant while the other bends and comes back."""
        posture, settings = self._posture, self._watch.settings
        if len(posture.trunk) < 2 or now - start < settings.stuck_s * GRID_HZ or posture.came_off[posture.trunk].any():
            return None
        up = self._history.up(max(start, self._history.first), now)[posture.trunk]
        tilt_deg = from_cosine_deg((up * posture.frames[posture.trunk, 2][:, None]).sum(axis=2))
        for loose, other in ((0, 1), (1, 0)):
            bent = np.flatnonzero(tilt_deg[other] > settings.bent_deg)
            back = bool(len(bent)) and bool((tilt_deg[other, bent[0] :] < settings.back_deg).any())
            if back and float(np.fmin.reduce(tilt_deg[loose, tilt_deg.shape[1] // 3 :])) > settings.back_deg:
                return CameOff(posture.trunk[loose], now, start)
        return None

    def _decide(self, turned: Turned, now: int) -> Change | None:
        """What it means that one sensor stands differently."""
        posture, settings = self._posture, self._watch.settings
        sensor = posture.trunk[turned.sensor]
        place, now_s = str(posture.placements[sensor]), now / GRID_HZ
        if self._doubts.stands_as_before(sensor, turned.after):
            self._watch.begin_with(turned)
            return Change(StandChanged(now_s, place, turned.step_deg, judged=not self._doubts))
        before, after = (posture.frames[sensor] @ up for up in (turned.before, turned.after))
        change_deg = float(lean_deg(*after[::2]) - lean_deg(*before[::2]))
        rounder_deg = change_deg if sensor == posture.upper_back else -change_deg
        slid = self._slid(turned)
        if slid is not None:
            self._watch.begin_with(turned)
            self._total_deg[sensor] += turned.step_deg
            self.note = "+rezero"
            posture.slip(sensor, turned.before, turned.after)
            total_deg = float(self._total_deg[sensor])
            judged = total_deg <= settings.total_deg
            slipped = SensorSlipped(now_s, place, turned.step_deg, total_deg, judged, posture.frames[sensor].copy())
            return Change(slipped, slid, seeming_deg([rounder_deg]))
        if abs(change_deg) < settings.matters_deg:
            return self._aside(turned, sensor, float(after[1] - before[1]), now)
        self._watch.begin_with(turned)
        if not self._doubts.doubt(sensor, turned, rounder_deg):
            return None
        told = StandChanged(now_s, place, turned.step_deg, judged=False)
        return Change(told, turned.begin, self._seemed_deg)

    def _aside(self, turned: Turned, sensor: int, sine: float, now: int) -> Change | None:
        """A turn to the side changes no lean, and one that was not seen to be a slip may be the person's; but no back
        leans so far to the side at one sensor alone: what it shows from then on is anything."""
        if np.rad2deg(abs(sine)) <= self._watch.settings.total_deg:
            return None
        self._watch.begin_with(turned)
        self._total_deg[sensor] += turned.step_deg
        told = StandChanged(now / GRID_HZ, str(self._posture.placements[sensor]), turned.step_deg, judged=False)
        return Change(told, turned.begin, ANYTHING_DEG)

    def _slid(self, turned: Turned) -> int | None:
        """The point at which the sensor turned in an instant while the other one stood still: no back moves so."""
        posture, settings = self._posture, self._watch.settings
        first = max(turned.begin - STAND_POINTS, self._history.first)
        up = self._history.up(first, turned.end)[posture.trunk]
        instant = round(settings.abrupt_s * GRID_HZ)
        if up.shape[1] <= instant:
            return None
        change = np.rad2deg(up[:, instant:] - up[:, :-instant])
        direction = turned.after - turned.before
        along_deg = (change[turned.sensor] * (direction / np.linalg.norm(direction))).sum(axis=1)
        others_deg = np.delete(np.sqrt((change * change).sum(axis=2)), turned.sensor, axis=0)
        alone = (others_deg < settings.others_deg).all(axis=0)
        at = np.flatnonzero(alone & (along_deg >= settings.abrupt_share * turned.step_deg))
        return first + int(at[0]) if len(at) else None


def _middle(values: FloatArray) -> FloatArray:
    """The mean over the points of (sensors, n, ...); NaN without any, as before a bend that a recording begins with."""
    return values.mean(axis=1) if values.shape[1] else np.full((len(values), *values.shape[2:]), np.nan)

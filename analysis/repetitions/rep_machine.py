"""Counting: a relative-hysteresis machine that finds bends in one angle, causally.

The machine knows neither calibration nor sets. It opens a bend when the angle has risen clearly above the lowest
value since the last one, closes it when half of the rise is given back, and tells the end when the angle is back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dowel.analysis.parameters import in_force
from dowel.analysis.repetitions.bends import Bend, Closed, Ended, GivenUp, HeldOn, MachineEvent, Opened
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray


@dataclass(frozen=True, slots=True)
class RepSettings:
    """Parameters of :class:`RepMachine`.

    Parameters
    ----------
    open_above_deg
        A bend opens above this angle,
    open_rise_deg
        and so far above the lowest angle before it,
    open_rise_share
        and by this share of the last bend's excursion, while that is remembered.
    close_share
        It closes when the angle has come back by this share of its excursion,
    close_below_deg
        or lies below this.
    least_excursion_deg
        A smaller excursion is given up.
    least_duration_s
        So is a shorter one.
    longest_duration_s
        One that lasts longer ends there, wherever the angle is: nobody holds a rep for so long, who does sits or rests.
    forget_after_s
        The last bend's excursion is remembered for so long.
    back_share
        Start and end of a rep lie where the angle is within this share of the excursion.
    valley_within_s
        A rep starts from the lowest angle of so many last seconds: the slowest reps (8 s) rise to where they open in
        less, and a person who leaned back half a minute ago does not start from there.
    end_after_s
        A rep whose angle does not come back ends after this time.

    Notes
    -----
    All are from sources#counting, chosen on simulated sessions (tempo 1 to 8 s, incomplete lockout, sticking points,
    half reps); ``valley_within_s`` and ``end_after_s`` from sources#rep-boundaries, ``longest_duration_s`` from
    sources#long-bends.
    """

    open_above_deg: float = 20.0
    open_rise_deg: float = 12.0
    open_rise_share: float = 0.3
    close_share: float = 0.55
    close_below_deg: float = 8.0
    least_excursion_deg: float = 15.0
    least_duration_s: float = 0.3
    longest_duration_s: float = 90.0
    forget_after_s: float = 10.0
    back_share: float = 0.05
    valley_within_s: float = 5.0
    end_after_s: float = 1.5


class RepMachine:
    """Finds bends in an angle on the grid; the same events in any chunks.

    Data: the angle in deg at consecutive grid points, NaN where unknown (the machine waits). Result: events in order,
    each with the point at which it became known.

    Parameters
    ----------
    settings
        Other parameters than the usual ones.

    Notes
    -----
    Source: sources#counting. It differs by ending a bend apart from closing it, and by ending one that stays open for
    too long (a person sitting down).
    """

    def __init__(self, settings: RepSettings | None = None) -> None:
        self.settings = settings or in_force(RepSettings)
        self.reset(-(1 << 40))

    def reset(self, point: int) -> None:
        """Forget everything before a point: the angle has got another meaning (a calibration).

        Parameters
        ----------
        point
            The grid point.
        """
        self._low_deg, self._low = np.inf, 0
        self._open: Opened | None = None
        self._peak_deg, self._peak = -np.inf, 0
        self._ending: Bend | None = None
        self._last_excursion_deg, self._last_closed = 0.0, point

    @property
    def opened(self) -> bool:
        """Whether a bend is open, and has not closed yet."""
        return self._open is not None

    @property
    def ending(self) -> bool:
        """Whether a bend has closed, and has not ended yet."""
        return self._ending is not None

    @property
    def peak(self) -> int:
        """The grid point of the largest angle of the bend that is open or ending."""
        return self._peak

    @property
    def busy(self) -> bool:
        """Whether a bend is open or has not ended yet."""
        return self._open is not None or self._ending is not None

    def shift(self, change_deg: float) -> None:
        """The angle was re-zeroed: what is remembered of it moves along.

        Parameters
        ----------
        change_deg
            By how much.
        """
        self._low_deg += change_deg
        self._peak_deg += change_deg
        if self._open is not None:
            self._open = replace(self._open, valley_deg=self._open.valley_deg + change_deg)

    def run(self, first: int, angle_deg: FloatArray, before_deg: FloatArray) -> Iterator[MachineEvent]:
        """Take the next points of the angle.

        Events come as they are met; whoever stops asking after one goes on from the point after it.

        Parameters
        ----------
        first
            The grid point of the first of them.
        angle_deg
            The angle (n,), NaN where it is not known.
        before_deg
            The angle of the seconds up to there (m,).

        Yields
        ------
        Opened, GivenUp, Closed, Ended or HeldOn
            The next event.
        """
        high = np.flatnonzero(angle_deg > self.settings.open_above_deg)
        within = round(self.settings.valley_within_s * GRID_HZ)
        values = angle_deg.tolist()
        index, count = 0, len(values)
        while index < count:
            if self._open is not None:
                index = self._while_open(first, index, values)
                if index < count:
                    yield self._close(self._open, first + index, values[index])
            elif self._ending is not None:
                index = self._while_ending(self._ending, first, index, values)
                if index < count:
                    yield self._end(first + index)
            else:
                place = int(np.searchsorted(high, index))
                index = int(high[place]) if place < len(high) else count
                if index < count:
                    latest = angle_deg[max(index - within, 0) : index]
                    if index < within:
                        latest = np.concatenate([before_deg, latest])
                    self._open = self._rises(first + index, values[index], latest)
                    if self._open is not None:
                        self._peak_deg, self._peak = values[index], first + index
                        yield self._open
            index += 1

    def finish(self, point: int) -> MachineEvent | None:
        """The recording is over: a bend that has closed ends here, an open one is given up.

        Parameters
        ----------
        point
            The last grid point.
        """
        if self._ending is not None:
            return self._end(point)
        if self._open is not None:
            self._open = None
            return GivenUp(point)
        return None

    def _while_ending(self, bend: Bend, first: int, index: int, values: list[float]) -> int:
        """Follow the angle after a bend has closed, to the point that ends it or the end of the values.

        A new bend ends it too; that opens a point later, so that each point has one event at the most.
        """
        settings = self.settings
        back = bend.valley_deg + settings.back_share * bend.excursion_deg
        too_long = bend.closed + round(settings.end_after_s * GRID_HZ) - first
        for place in range(index, len(values)):
            value = values[place]
            if value < self._low_deg:
                self._low_deg, self._low = value, first + place
            if value <= back or place >= too_long:
                return place
            if value > settings.open_above_deg and value > self._low_deg + self._rise_deg(first + place):
                return place
        return len(values)

    def _rise_deg(self, point: int) -> float:
        """How far above the valley a bend opens."""
        settings = self.settings
        remembered = point - self._last_closed <= settings.forget_after_s * GRID_HZ
        return max(settings.open_rise_deg, settings.open_rise_share * self._last_excursion_deg if remembered else 0.0)

    def _rises(self, point: int, value: float, latest_deg: FloatArray) -> Opened | None:
        """The bend that opens at a point, if its angle lies clearly above the lowest of the seconds before."""
        window = min(round(self.settings.valley_within_s * GRID_HZ), point - self._last_closed)
        latest = latest_deg[-window:]
        if not len(latest) or not value > np.fmin.reduce(latest) + self._rise_deg(point):
            return None
        lowest = int(np.nanargmin(latest))
        return Opened(point, point - len(latest) + lowest, float(latest[lowest]))

    def _while_open(self, first: int, index: int, values: list[float]) -> int:
        """Follow the open bend from a point on, to the point that closes it or the end of the values."""
        settings, opened = self.settings, self._open
        assert opened is not None
        peak, low = self._peak_deg, settings.close_below_deg
        limit = max(peak - settings.close_share * (peak - opened.valley_deg), low)
        too_long = opened.point + round(settings.longest_duration_s * GRID_HZ) - first
        for place in range(index, len(values)):
            value = values[place]
            if value > peak:
                peak, self._peak = value, first + place
                limit = max(peak - settings.close_share * (peak - opened.valley_deg), low)
            elif value < limit or place > too_long:
                self._peak_deg = peak
                return place
        self._peak_deg = peak
        return len(values)

    def _close(self, opened: Opened, point: int, value: float) -> MachineEvent:
        """The open bend closes: it counts, is given up, or has lasted too long."""
        settings = self.settings
        excursion_deg = self._peak_deg - opened.valley_deg
        duration_s = (point - opened.point) / GRID_HZ
        self._open = None
        self._low_deg, self._low = value, point
        if duration_s < settings.least_duration_s or excursion_deg < settings.least_excursion_deg:
            return GivenUp(point)
        bend = Bend(opened.valley, opened.valley_deg, opened.point, self._peak, self._peak_deg, point)
        if duration_s > settings.longest_duration_s:
            return HeldOn(point, replace(bend, end=point))
        self._ending = bend
        self._last_excursion_deg, self._last_closed = excursion_deg, point
        return Closed(point, self._ending)

    def _end(self, point: int) -> Ended:
        assert self._ending is not None
        bend, self._ending = replace(self._ending, end=self._low), None
        return Ended(point, bend)

"""Which sensors send nothing, as grid points come: so that no time passes unsaid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.grid_points import GRID_HZ, Status

SAID_POINTS = GRID_HZ
"""A silence of a second or more is said; shorter ones are told of the reps that they fall into (sources#silences)."""


class Silence(NamedTuple):
    """A sensor without data from one grid point to before another."""

    sensor: int
    start: int
    end: int


class SilenceWatch:
    """Follows sensors' silences over consecutive grid points; all are silent from session time 0 to their first point.

    ``sensors``: how many.
    """

    def __init__(self, sensors: int) -> None:
        self._since: list[int | None] = [0] * sensors

    def next_return(self, status: NDArray[np.uint8]) -> int:
        """How many of the next points (sensors, n) to take, so that a sensor comes back with the last or with none."""
        missing = (status & np.uint8(Status.MISSING)) != 0
        if not missing.any() and all(since is None for since in self._since):
            return len(status[0])
        before = np.array([[since is not None] for since in self._since])
        back = np.hstack([before, missing[:, :-1]]) & ~missing
        places = np.flatnonzero(back.any(axis=0))
        return int(places[0]) + 1 if len(places) else len(status[0])

    def take(self, first: int, status: NDArray[np.uint8]) -> list[Silence]:
        """The next points, of which no sensor comes back with another than the last; the silences that are over."""
        if not status.any() and all(since is None for since in self._since):
            return []
        missing, last = (status & np.uint8(Status.MISSING)) != 0, first + status.shape[1] - 1
        over = []
        for sensor, gone in enumerate(missing):
            since = self._since[sensor]
            if since is not None:
                since = min(since, first)  # also where recordings begin before session time 0
            if since is None and gone.any():
                since = first + int(np.argmax(gone))
            if since is not None and not gone[-1]:
                over.append(Silence(sensor, since, last))
                since = None
            self._since[sensor] = since
        return [silence for silence in over if silence.end - silence.start >= SAID_POINTS]

    def finish(self, end: int) -> list[Silence]:
        """The session is over before a point; the silences that last until then."""
        lasting = [Silence(sensor, since, end) for sensor, since in enumerate(self._since) if since is not None]
        return [silence for silence in lasting if silence.end - silence.start >= SAID_POINTS]

"""Measures a bend that is over, by what was in force and by how well its clocks are known."""

from __future__ import annotations

from collections.abc import Callable

from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.movement.bend_lag import LagWatch
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.bends import Bend
from dowel.analysis.repetitions.row_builder import RowFacts
from dowel.analysis.repetitions.sets import MeasuredBend
from dowel.analysis.rows import NAN
from dowel.analysis.stances.base import Stance
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import Sync


class BendMeasures:
    """Makes the row of one bend after the other; ``sync`` says how well the clocks claim to know the time between the
    trunk sensors at a session time."""

    def __init__(
        self,
        stance: Stance,
        posture: Posture,
        history: History,
        setting: Setting,
        sync: Callable[[float], Sync],
    ) -> None:
        self.last_end: int | None = None
        """The grid point at which the latest one ended."""
        self._posture = posture
        self._history = history
        self._setting = setting
        self._claimed_sync = sync
        self._lags = LagWatch()
        self._rows = stance.rows(posture, history)

    def watch_clocks(self, start: int, stop: int) -> None:
        """Hold the clocks of the trunk sensors against a bend between two grid points."""
        upper_back, sacrum = self._posture.upper_back, self._posture.sacrum
        if upper_back is not None and sacrum is not None:
            lean_deg = self._history.lean_deg(start, stop)
            self._lags.look(lean_deg[upper_back], lean_deg[sacrum])

    def sync(self, point: int) -> Sync:
        """How well the time between the trunk sensors is known, by their clocks and by the latest bends."""
        return self._lags.against(self._claimed_sync(point / GRID_HZ))

    def measure(self, start: int, bend: Bend, note: str, seemed_deg: tuple[float, float] | None = None) -> MeasuredBend:
        """A bend that starts at a grid point; ``note`` and ``seemed_deg`` as in :class:`RowFacts`."""
        setting = self._setting
        rest_s = NAN if self.last_end is None else (start - self.last_end) / GRID_HZ
        self.last_end = bend.end
        facts = RowFacts(
            start=start,
            peak=bend.peak,
            end=bend.end,
            drill=setting.drill.name,
            limits=setting.limits(self._posture.calibration),
            load_kg=setting.load_kg,
            height_m=setting.height_m,
            wall_cm=setting.wall_cm,
            taps=setting.drill.taps,
            sync=self.sync(start),
            rest_s=rest_s,
            note=note,
            seemed_deg=seemed_deg,
        )
        return MeasuredBend(self._rows.measure(facts), bend.opened, start, bend.end, bend.peak_deg)

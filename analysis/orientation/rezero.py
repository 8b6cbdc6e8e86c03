"""Re-zeroing: what is done about a sensor that slipped."""

from __future__ import annotations

import numpy as np

from dowel.analysis.events import SensorSlipped
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rotations import up_in_sensor
from dowel.analysis.orientation.slip import SlipWatch, stands_of
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.rep_machine import STAND_POINTS
from dowel.recordings.grid_points import GRID_HZ


class Rezero:
    """Looks at each stand before a bend and zeroes a sensor again that has slipped (design#slips).

    ``posture`` is changed; the points of the bend that has just opened are then to be computed again.
    """

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._watch = SlipWatch()
        self._total_deg = np.zeros(len(posture.placements))
        self.note = ""
        """What a row's calibration says of it: ``+rezero`` once a sensor was zeroed again."""

    def forget(self) -> None:
        """A load mark: people stand differently with a load, so the comparison of stands starts over."""
        self._watch.forget()

    def begin(self) -> None:
        """A calibration: nothing has slipped since."""
        self._watch.forget()
        self._total_deg[:] = 0.0
        self.note = ""

    def look(self, start: int, now: int) -> SensorSlipped | None:
        """Compare the stand before a bend's ``start`` with earlier ones; what slipped, if anything did."""
        posture, settings = self._posture, self._watch.settings
        up = up_in_sensor(self._history.values(start - STAND_POINTS, start)[posture.trunk, :, :4])
        slip = self._watch.stand(stands_of(up, settings.still_deg))
        if slip is None:
            return None
        sensor = posture.trunk[slip.sensor]
        self._total_deg[sensor] += slip.step_deg
        self.note = "+rezero"
        posture.slip(sensor, slip.before, slip.after)
        total_deg = float(self._total_deg[sensor])
        judged = total_deg <= settings.total_deg
        posture.slipped = posture.slipped or not judged
        return SensorSlipped(
            now / GRID_HZ,
            str(posture.placements[sensor]),
            slip.step_deg,
            total_deg,
            judged,
            posture.frames[sensor].copy(),
        )

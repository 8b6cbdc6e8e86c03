"""A verdict must be the same however the clocks lie: the deviation if one sensor's samples are of earlier."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.lag_readings import lag_readings_deg
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History
from dowel.recordings.types import FloatArray, Placement

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
START = 50


def readings(sync_ms: float, start: int = START) -> tuple[FloatArray, list[FloatArray]]:
    """The sacrum's lean in a hinge that the upper back makes alike, and what is read from a point on."""
    lean_deg = 35.0 * (1.0 - np.cos(np.arange(300) / 300.0 * 2.0 * np.pi))
    posture, history = Posture(TRUNK), History(2, COLUMNS)
    posture.use(Calibration("rod", {str(place): np.eye(3) for place in TRUNK}))
    history.append(0, np.zeros((2, 300, COLUMNS)), np.zeros((2, 300), np.uint8))
    history.lean_deg(0, 300)[:] = lean_deg
    return lean_deg, lag_readings_deg(posture, history, start, np.zeros(300 - start), sync_ms)


@pytest.mark.parametrize("sync_ms", [0.0, 12.0, 20.0])
def test_clocks_that_are_known_well_leave_one_reading(sync_ms: float) -> None:
    assert len(readings(sync_ms)[1]) == 1


def test_each_sensor_may_be_late() -> None:
    lean_deg, (measured, sacrum_earlier, upper_back_earlier) = readings(38.0)
    turned_deg = lean_deg[START:] - lean_deg[START - 4 : -4]  # in 40 ms
    assert not measured.any()
    np.testing.assert_allclose(sacrum_earlier, turned_deg)
    np.testing.assert_allclose(upper_back_earlier, -turned_deg)
    assert 2.5 < sacrum_earlier.max() < 3.5  # at 73 deg/s


def test_what_is_not_kept_any_more_is_not_asked_for() -> None:
    _, (_, sacrum_earlier, _) = readings(60.0, start=2)
    assert np.isfinite(sacrum_earlier).all()

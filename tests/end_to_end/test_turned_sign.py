"""An accelerometer whose sign is turned on all axes: what it changes, and that no data show it (docs/drivers.md)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dowel.analysis.kept import Kept
from dowel.recordings.types import Notifications
from dowel.reports.notebook import AnalysedSession
from dowel.sensors.drivers.already_decoded import RECORD
from dowel.sensors.simulated import Hinge, SideBend, Turn, calibration_pieces, simulate
from dowel.session.engine import Engine
from tests.streams import ideal_sensors

pytestmark = pytest.mark.slow

PIECES = (*calibration_pieces(), Hinge(60.0, peak_deviation_deg=12.0), SideBend(), Turn(), Hinge(50.0))
SAME_DEG = 0.05  # the filter's start differs in its heading, and the rest by rounding


def turned(notifications: Notifications) -> Notifications:
    records = np.frombuffer(notifications.payload, RECORD).copy()
    records["values"][:, :3] *= -1.0
    return replace(notifications, payload=records.tobytes())


def test_lean_and_deviation_stay_and_side_bend_and_twist_turn_over() -> None:
    session = simulate(PIECES, ideal_sensors(), seed=5)
    stream, sensors = session.stream(), session.session_sensors()
    found: list[Any] = []
    for notifications in (stream.notifications, [turned(each) for each in stream.notifications]):
        engine = Engine(sensors, 0, Kept.ATTITUDES)
        results = AnalysedSession(Path("x.dowel"), {}, tuple(sensors), (), ())
        results.attach(engine)
        results.take([*engine.feed(replace(stream, notifications=notifications)), *engine.finish()])
        assert len(results.rep_rows) == 2
        found.append(results.signals)
    right, wrong = found
    assert right["sacrum_lean_deg"].max() > 45.0
    assert right["side_bend_deg"].abs().max() > 10.0
    assert right["twist_deg"].abs().max() > 10.0
    for column, sign in (
        *(("upper_back_lean_deg", 1), ("sacrum_lean_deg", 1), ("spine_deviation_deg", 1)),
        *(("side_bend_deg", -1), ("twist_deg", -1)),
    ):
        np.testing.assert_allclose(wrong[column], sign * right[column], atol=SAME_DEG, err_msg=column)

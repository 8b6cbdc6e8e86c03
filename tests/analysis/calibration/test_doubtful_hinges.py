"""Hinges by a sensor that cannot be judged."""

from __future__ import annotations

import numpy as np

from dowel.analysis.events import Calibrated, StepRefused
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.pipeline import Pipeline
from dowel.recordings.grid_points import GridPoints, Status
from dowel.recordings.types import Sync
from dowel.sensors.simulated import calibration_pieces
from tests.streams import analyse


def test_hinges_of_which_too_little_can_be_judged_are_refused() -> None:
    """They gave an error of the program, which said that the mark could not be understood."""
    sound = analyse(calibration_pieces())
    history = sound.engine.pipeline.history
    first, values = history.first, history.values(history.first, history.next)
    assert values.shape[2] == COLUMNS
    places = [str(each.placement) for each in sound.engine.sensors]
    pipeline = Pipeline(places, lambda _: Sync(0.0, "declared"))
    status = np.full(values.shape[:2], int(Status.DOUBTFUL), np.uint8)
    events = pipeline.advance(GridPoints(first, values, status))
    for mark in sound.session.marks:
        events += pipeline.mark(mark)
    events += pipeline.finish()
    assert not any(isinstance(event, Calibrated) for event in events)
    assert any("too little" in event.reason for event in events if isinstance(event, StepRefused))

"""Trunk sensors that sit in each other's place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.analysis.calibration.exchanged_places import height_of_upper_back
from dowel.analysis.events import Calibrated, StepRefused
from dowel.analysis.orientation.rotations import vertical_acceleration
from dowel.recordings.types import Placement
from dowel.sensors.simulated import BMI270, SimulatedSensor, calibration_pieces, simulate
from dowel.session.engine import Engine
from tests.streams import analyse

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)


@pytest.mark.parametrize("rod", [True, False])
@pytest.mark.parametrize("exchanged", [False, True])
def test_a_calibration_is_refused_where_the_sensors_sit_in_each_others_place(exchanged: bool, rod: bool) -> None:
    sensors = [SimulatedSensor(place, chip=BMI270, mounting="random", soft_tissue_deg=3.0) for place in TRUNK]
    session = simulate(calibration_pieces(rod=rod), sensors, seed=4)
    known = session.session_sensors()
    if exchanged:
        known = tuple(replace(one, placement=other.placement) for one, other in zip(known, known[::-1], strict=True))
    engine = Engine(known, 0)
    events = [*engine.feed(session.stream()), *engine.finish()]
    refused = [event for event in events if isinstance(event, StepRefused)]
    assert any(isinstance(event, Calibrated) for event in events) is not exchanged
    assert [(each.step_before, "in each other's place" in each.reason) for each in refused] == [
        (True, True)
    ] * exchanged


@pytest.mark.parametrize("above_m", [-0.06, 0.0, 0.06])
def test_the_height_of_the_upper_back_is_found_and_nothing_where_nobody_bends(above_m: float) -> None:
    sensors = [SimulatedSensor(place, mounting="random", above_m=above_m * (place == TRUNK[0])) for place in TRUNK]
    session = analyse(calibration_pieces(), sensors, seed=2)
    history = session.engine.pipeline.history
    frames = session.engine.pipeline.posture.frames
    span = next(
        slice(round(100 * mark.start_s), round(100 * mark.end_s))
        for mark in session.session.marks
        if mark.kind == "rod_hinges"
    )
    up = history.up(span.start, span.stop)
    acc = history.values(span.start, span.stop)[..., 4:7]
    vertical_m_s2 = np.stack([vertical_acceleration(*each) for each in zip(up, acc, strict=True)])
    found = height_of_upper_back(frames[:, 2], [(up, vertical_m_s2)])
    assert found.way_m == pytest.approx(0.36 + above_m, abs=0.1)
    assert found.sd_m < 0.08
    assert not height_of_upper_back(frames[:, 2], [(up[:, :80], vertical_m_s2[:, :80])]).known
    assert not height_of_upper_back(frames[:, 2], []).known

"""The rate of a phone, from its first messages."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dowel.recordings.types import Placement, Sensor
from dowel.sensors.drivers import sensor_server
from dowel.sensors.phones.link import SPAN_S, _rate_hz

SENSOR = Sensor(Placement.SACRUM, sensor_server.NAME)


def events(*times_s: float) -> list[tuple[int, bytes]]:
    """Both sensors' events at these times, as they arrive."""
    return [
        (
            round(time_s * 1e9),
            json.dumps({"type": kind, "timestamp": round(time_s * 1e9), "values": [0, 0, 9.8]}).encode(),
        )
        for time_s in times_s
        for kind in (sensor_server.ACCELEROMETER, sensor_server.GYROSCOPE)
    ]


def test_a_hole_in_the_network_makes_no_phone_slower() -> None:
    times_s = np.arange(0.0, 2.0, 0.02)
    whole = _rate_hz(sensor_server.DRIVER, SENSOR, events(*times_s))
    holed = _rate_hz(sensor_server.DRIVER, SENSOR, events(*times_s[:60], *(times_s[60:] + 5.0)))
    assert whole == pytest.approx(50.0)
    assert holed == pytest.approx(50.0)


def test_too_few_messages_tell_no_rate() -> None:
    assert _rate_hz(sensor_server.DRIVER, SENSOR, events(*np.arange(0.0, 0.9 * SPAN_S, 0.02))) is None

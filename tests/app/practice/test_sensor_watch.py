"""What a practice says of a sensor that sends too slowly or too fast."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dowel.display.sensor_health import SensorHealth
from dowel.practice.sensor_watch import SensorWatch
from dowel.recordings.types import Placement
from dowel.sensors.links import LinkState


@pytest.mark.parametrize(
    ("facts", "rssi_dbm", "rate_hz", "said"),
    [
        ({}, -60, 91.0, "Bring the computer nearer"),
        ({}, -60, 108.0, "Another program may have set it"),
        ({}, None, 91.0, "Keep the phone's app in front"),
        ({"simulated": True}, -60, 91.0, "this computer is too busy"),
        ({"simulated": True}, -60, 108.0, "this computer is too busy"),
    ],
)
def test_a_wrong_rate_is_told_with_what_can_be_done(
    facts: dict[str, Any], rssi_dbm: int | None, rate_hz: float, said: str
) -> None:
    told: list[str] = []
    watch: Any = object.__new__(SensorWatch)
    watch._live = SimpleNamespace(
        results=SimpleNamespace(facts=facts), engine=SimpleNamespace(tracks=[SimpleNamespace(samples=100)])
    )
    watch._warn, watch._warned = told.append, set()
    health = SensorHealth(Placement.SACRUM, "WT901BLE67", LinkState.STREAMING, 100.0, rate_hz, 80.0, rssi_dbm)
    watch.latest = [health]
    watch._warn_of(health)
    assert len(told) == 1
    assert f"sacrum sensor sends {rate_hz:.0f} Hz instead of 100" in told[0]
    assert said in told[0]

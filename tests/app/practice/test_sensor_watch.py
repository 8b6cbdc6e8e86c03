"""What a practice says of a sensor that sends too slowly or too fast."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dowel.display.sensor_health import SensorHealth
from dowel.practice.sensor_watch import SensorWatch
from dowel.recordings.types import Placement
from dowel.sensors.links import LinkState


def said_of(health: SensorHealth, facts: dict[str, Any], samples: int) -> list[str]:
    """What is said of a sensor that has sent so many samples."""
    told: list[str] = []
    watch: Any = object.__new__(SensorWatch)
    watch._live = SimpleNamespace(
        results=SimpleNamespace(facts=facts), engine=SimpleNamespace(tracks=[SimpleNamespace(samples=samples)])
    )
    watch._warn, watch._warned = told.append, set()
    watch.latest = [health]
    watch._warn_of(health)
    return told


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
    health = SensorHealth(Placement.SACRUM, "WT901BLE67", LinkState.STREAMING, 100.0, rate_hz, 80.0, rssi_dbm)
    told = said_of(health, facts, samples=100)
    assert len(told) == 1
    assert f"sacrum sensor sends {rate_hz:.0f} Hz instead of 100" in told[0]
    assert said in told[0]


@pytest.mark.parametrize(("lost", "samples", "said"), [(90, 6000, True), (50, 6000, False), (90, 2900, False)])
def test_samples_that_are_lost_on_the_way_are_told_from_one_in_a_hundred_on(
    lost: int, samples: int, said: bool
) -> None:
    health = SensorHealth(Placement.SACRUM, "a sensor", LinkState.STREAMING, 100.0, 100.0, 80.0, -60, lost_samples=lost)
    told = said_of(health, {}, samples)
    assert bool(told) is said
    assert all("is lost on the way" in sentence and "Bring the computer nearer" in sentence for sentence in told)

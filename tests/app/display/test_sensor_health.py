"""How a sensor is doing: what the session file keeps of it, and what is said of its rate."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from dowel.display.sensor_health import SensorHealth
from dowel.display.terminal_drawing import draw
from dowel.display.view import View
from dowel.recordings.types import Placement
from dowel.sensors.links import LinkState
from dowel.web.frames import _sensor

HEALTH = SensorHealth(
    Placement.UPPER_BACK, "WT901BLE67", LinkState.STREAMING, 100.0, 99.5, 80.0, -58, 2, 3.0, 40, 1, clock_ms=4.25
)


def test_the_file_keeps_it_as_it_always_has() -> None:
    assert json.dumps(asdict(HEALTH)) == (
        '{"placement": "upper_back", "name": "WT901BLE67", "state": "streaming", "asked_rate_hz": 100.0, '
        '"rate_hz": 99.5, "battery_pct": 80.0, "rssi_dbm": -58, "losses": 2, "lost_s": 3.0, "filled_samples": 40, '
        '"bad_frames": 1, "clock_ms": 4.25, "breaks": 0, "lost_samples": 0, "doubled_samples": 0, '
        '"settling": false, "impossible_samples": 0, "frozen_s": 0.0, "clipped_samples": 0, "gyr_gain": null}'
    )


def test_the_page_is_sent_what_it_shows() -> None:
    assert json.dumps(_sensor(HEALTH)) == (
        '{"placement": "upper back", "state": "streaming", "name": "WT901BLE67", "rate_hz": 99.5, '
        '"asked_rate_hz": 100.0, "battery_pct": 80.0, "rssi_dbm": -58, "gaps": 2, "clock_ms": 4.2, '
        '"lost": 0, "settling": false}'
    )


@pytest.mark.parametrize(("asked_hz", "rate_hz", "off"), [(100.0, 90.0, -0.1), (0.0, 90.0, None), (100.0, None, None)])
def test_a_rate_is_off_only_from_one_that_was_asked_for(asked_hz: float, rate_hz: float | None, off: float) -> None:
    health = replace(HEALTH, asked_rate_hz=asked_hz, rate_hz=rate_hz)
    assert health.rate_off == (None if off is None else pytest.approx(off))
    text = "\n".join(line.plain for line in draw(View("", "", "", 0.0, sensors=(health,)), 80, 24))
    assert ("90.0/100 !" in text) == (off is not None)
    assert _sensor(health)["asked_rate_hz"] == (asked_hz or None)

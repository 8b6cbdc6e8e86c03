"""SensorServer: events of two sensors, and every kind of damage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from dowel.sensors.drivers.sensor_server import NAME, SensorServerEvents
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, notifications_of, sizes_of_chunks
from tests.sensors.drivers.phone_messages import as_json, payloads_of, spoilt
from tests.sensors.drivers.units import sensor

BOOT_NS = 3925657519043709


def event(kind: str, at_ms: float, values: Sequence[float]) -> dict[str, Any]:
    told = {"accuracy": 2, "timestamp": BOOT_NS + round(at_ms * 1e6), "values": list(values)}
    return {**told, "type": f"android.sensor.{kind}"}


def decoder() -> SensorServerEvents:
    return SensorServerEvents(sensor(NAME))


EVENTS = [
    event("accelerometer", 0, (0.0, 1.0, 9.8)),
    event("gyroscope", 5, (0.1, 0.2, 0.3)),
    event("gyroscope", 10, (0.4, 0.5, 0.6)),
    event("light", 12, (1.0,)),
    event("accelerometer", 20, (0.2, 1.2, 9.6)),
]


def test_acceleration_is_taken_at_the_gyroscopes_times() -> None:
    found = decoder().decode(notifications_of(payloads_of([as_json(each) for each in EVENTS])))
    np.testing.assert_allclose(found.device_time_s - BOOT_NS * 1e-9, [0.005, 0.010], atol=1e-8)
    np.testing.assert_allclose(
        found.values, [[0.05, 1.05, 9.75, 0.1, 0.2, 0.3], [0.1, 1.1, 9.7, 0.4, 0.5, 0.6]], atol=1e-6
    )
    assert (found.count.tolist(), found.bad_frames) == ([0, 0, 0, 0, 2], 0)
    newest_ms = 1e3 * (np.array(found.newest_s) - BOOT_NS * 1e-9)
    np.testing.assert_allclose(newest_ms, [0, 5, 10, np.nan, 20], atol=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"type": None}, {"timestamp": 1.5}, {"timestamp": 10**30}, {"timestamp": True}, {"values": [1.0, 2.0]}),
        *({"values": [1.0, None, 2.0]}, {"values": [1.0, 2.0, 1e9]}, {"values": "abc"}),
    ],
)
def test_anything_else_is_counted(wrong: dict[str, Any]) -> None:
    messages = [*EVENTS[:2], {**EVENTS[2], **wrong}, *EVENTS[3:]]
    found = decoder().decode(notifications_of(payloads_of([as_json(each) for each in messages])))
    assert (len(found.values), found.bad_frames) == (1, 1)


def test_a_phone_switched_on_anew_has_another_clock() -> None:
    anew = [{**each, "timestamp": each["timestamp"] - BOOT_NS + 10**9} for each in EVENTS]
    found = decoder().decode(notifications_of(payloads_of([as_json(each) for each in [*EVENTS, *anew]])))
    assert len(found.values) == 4
    assert found.device_time_s[2] == pytest.approx(1.005)


GOOD = [*EVENTS, *(event("accelerometer", 21 + n, (0, 0, 9)) for n in range(3)), event("gyroscope", 22, (1, 1, 1))]


@pytest.mark.slow
@given(payloads=spoilt(GOOD), sizes=sizes_of_chunks)
@examples(200)
def test_anything_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(decoder, payloads, sizes)

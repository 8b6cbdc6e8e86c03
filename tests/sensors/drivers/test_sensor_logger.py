"""Sensor Logger: signs and units of all platforms, the order of messages, and every kind of damage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.drivers.sensor_logger import NAME, Batch, SensorLoggerBatches, learn, read
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, notifications_of, sizes_of_chunks
from tests.sensors.drivers.phone_messages import as_json, payloads_of, spoilt
from tests.sensors.drivers.units import sensor

START_NS = 1698501144401773001
"""As in the app's documentation; a float would lose its last digits."""

FORCE = (0.3, 0.4, 9.8)
"""Specific force of a phone that lies with its screen up and is pushed a little."""
PUSH = (0.3, 0.4, 0.1)
RATE = (0.01, -0.02, 0.03)
Vector = Sequence[float]


def turned(vector: Vector, factor: float = -1.0) -> list[float]:
    return [factor * each for each in vector]


GRAVITY = [force - push for force, push in zip(FORCE, PUSH, strict=True)]
# What the same phone sends on each platform (sources#sensor-logger).
ANDROID = {"accelerometer": PUSH, "gravity": GRAVITY, "gyroscope": RATE}
PLATFORMS: dict[str, dict[str, Vector]] = {
    "android": ANDROID,
    "android_total": {"TotalAcceleration": FORCE, "gyroscope": RATE},
    "android_uncalibrated": {"accelerometeruncalibrated": FORCE, "gyroscopeuncalibrated": RATE},
    "ios_standardised": ANDROID,
    "ios": {"accelerometer": turned(PUSH), "gravity": turned(GRAVITY), "gyroscope": RATE},
    "ios_uncalibrated": {"accelerometeruncalibrated": turned(FORCE, -1.0 / GRAVITY_M_S2), "gyroscope": RATE},
}


def message(
    number: int,
    sensors: Mapping[str, Vector],
    *,
    session: str = "s",
    samples: int = 20,
    begin_ns: int | None = None,
    accuracy: bool = False,
) -> dict[str, Any]:
    """A batch of 0.2 s at 100 Hz."""
    begin_ns = START_NS + number * samples * 10_000_000 if begin_ns is None else begin_ns
    payload = []
    for at in range(samples):
        for name, (x, y, z) in sensors.items():
            each: dict[str, Any] = {
                "name": name,
                "time": begin_ns + at * 10_000_000,
                "values": {"z": z, "y": y, "x": x},
            }
            payload.append({**each, "accuracy": 3} if accuracy else each)
    return {"messageId": number, "sessionId": session, "deviceId": "d", "payload": payload}


def batch(*arguments: Any, **options: Any) -> Batch:
    found = read(as_json(message(*arguments, **options)))
    assert found is not None
    return found


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_gives_the_same(platform: str) -> None:
    sensors = PLATFORMS[platform]
    learnt, missing = learn([batch(0, sensors, accuracy=platform.startswith("android"))])
    assert not missing
    decoder = SensorLoggerBatches(sensor(NAME, **learnt))
    found = decoder.decode(notifications_of(payloads_of([as_json(message(n, sensors)) for n in range(3)])))
    assert len(found.values) == 60
    np.testing.assert_allclose(found.values, [[*FORCE, *RATE]] * 60, atol=1e-9)
    np.testing.assert_allclose(np.diff(found.device_time_s), 0.01, atol=3e-7)
    assert found.bad_frames == 0


def test_what_cannot_be_told_is_asked_for() -> None:
    for sensors in ({"gyroscope": RATE}, {"accelerometer": PUSH, "gyroscope": RATE}, {"gravity": GRAVITY}, {}):
        assert learn([batch(0, sensors)])[1].startswith("Switch on Accelerometer, Gravity and Gyroscope")
    upright: dict[str, Vector] = {"accelerometer": (0, 0, 0), "gravity": (0, 9.8, 1.0), "gyroscope": RATE}
    assert learn([batch(0, upright)])[1].startswith("Lay the phone on a table for two seconds, screen up")
    assert learn([batch(0, upright, accuracy=True)])[0]["acc_factor"] == 1.0
    moved = {**ANDROID, "gyroscope": (0.0, 1.0, 0.0)}
    assert learn([batch(0, moved)])[1].startswith("Lay the phone")


def test_gravity_is_taken_at_the_accelerations_times() -> None:
    told = message(0, {"gyroscope": RATE, "accelerometer": (0, 0, 0)})
    for at in range(11):
        values = {"x": 0.0, "y": 0.01 * at, "z": 9.8}
        told["payload"].append({"name": "gravity", "time": START_NS + at * 20_000_000, "values": values})
    found = SensorLoggerBatches(sensor(NAME)).decode(notifications_of(payloads_of([as_json(told)])))
    np.testing.assert_allclose(found.values[:, 1], 0.005 * np.arange(20), atol=1e-6)


def test_what_is_no_measurement_is_passed_over() -> None:
    told = message(0, ANDROID, samples=4)
    odd = [3, {"name": None}, {"name": "orientation"}, {"name": "gyroscope", "time": "now", "values": {}}]
    found = read(as_json({**told, "payload": [*odd, *told["payload"]]}))
    assert found is not None
    assert (len(found.measured), found.bad) == (12, 3)


def numbers(order: Sequence[int], **options: Any) -> tuple[list[float], int]:
    """Which messages are used, in which order, when they come in this one; and the bad frames."""
    notifications = notifications_of(payloads_of([as_json(message(n, ANDROID, **options)) for n in order]))
    found = SensorLoggerBatches(sensor(NAME)).decode(notifications)
    at = np.floor((found.device_time_s - START_NS * 1e-9) / 0.2 + 1e-3).astype(int)
    assert (np.diff(found.device_time_s) > 0).all()
    return list(dict.fromkeys(at.tolist())), found.bad_frames


@pytest.mark.parametrize(
    ("came", "used", "bad"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3], 0),
        ([0, 2, 1, 3], [0, 1, 2, 3], 0),
        ([0, 2, 3, 1, 4], [0, 1, 2, 3, 4], 0),
        ([0, 2, 3], [0], 0),
        ([0, 2, 3, 4, 5], [0, 2, 3, 4, 5], 0),
        ([0, 2, 3, 4, 1, 5], [0, 2, 3, 4, 5], 1),
        ([0, 1, 1, 0, 2], [0, 1, 2], 2),
        ([7, 8, 9], [7, 8, 9], 0),
    ],
)
def test_messages_are_put_in_order(came: list[int], used: list[int], bad: int) -> None:
    assert numbers(came) == (used, bad)


def test_a_new_recording_counts_anew() -> None:
    messages = [as_json(message(n, ANDROID)) for n in (5, 6)]
    later_ns = START_NS + 30_000_000_000
    messages += [as_json(message(n, ANDROID, session="t", begin_ns=later_ns + n * 200_000_000)) for n in (0, 1)]
    found = SensorLoggerBatches(sensor(NAME)).decode(notifications_of(payloads_of(messages)))
    assert (len(found.values), found.bad_frames) == (80, 0)
    assert np.diff(found.device_time_s).max() == pytest.approx(30.0 - 1.4 + 0.01, abs=1e-3)


def test_full_scale_is_clipped() -> None:
    told = message(0, {"totalacceleration": (0.0, 78.5, 0.0), "gyroscope": RATE})
    decoder = SensorLoggerBatches(sensor(NAME, acc_source="totalacceleration"))
    assert decoder.decode(notifications_of(payloads_of([as_json(told)]))).clipped.all()


GOOD = [
    *(message(n, ANDROID, samples=4) for n in range(5)),
    message(5, PLATFORMS["android_total"], samples=30),
    message(0, ANDROID, session="t", samples=3),
    message(1, {**ANDROID, "orientation": (1, 2, 3)}, session="t", samples=3),
]


@pytest.mark.slow
@pytest.mark.parametrize("source", ["accelerometer", "totalacceleration"])
@given(payloads=spoilt(GOOD), sizes=sizes_of_chunks)
@examples(150)
def test_anything_in_any_chunks(source: str, payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(lambda: SensorLoggerBatches(sensor(NAME, acc_source=source, acc_factor=-9.8)), payloads, sizes)

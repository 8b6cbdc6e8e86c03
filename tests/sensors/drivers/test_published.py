"""Bytes that other people published of their sensors, and what they must decode to.

``published/`` holds them as facts, each with its source. What they decode to was published with them, or is physics:
at rest a sensor feels 1 g.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from dowel.sensors.drivers import decoder_for
from dowel.sensors.drivers.base import Decoded, Write
from dowel.sensors.drivers.meta_motion import DRIVER as META_MOTION
from dowel.sensors.drivers.movella_dot import DRIVER as MOVELLA_DOT
from dowel.sensors.drivers.phyphox import read
from dowel.sensors.drivers.polar import ACC, CONTROL, DATA, GYR, HEADER, VeritySense
from dowel.sensors.drivers.polar import DRIVER as POLAR
from dowel.sensors.drivers.sensor_logger import learn
from dowel.sensors.drivers.sensor_logger import read as read_push
from tests.sensors.drivers.payloads import notifications_of
from tests.sensors.drivers.phone_messages import as_json, payloads_of
from tests.sensors.drivers.units import in_g_and_deg_s, sensor


def published(name: str) -> Any:
    return json.loads((Path(__file__).parent / "published" / f"{name}.json").read_text())


def decoded(driver: str, payloads: list[bytes], **settings: object) -> Decoded:
    return decoder_for(sensor(driver, **settings)).decode(notifications_of(payloads))


def test_every_vector_names_its_source() -> None:
    for file in (Path(__file__).parent / "published").iterdir():
        assert '"source": "' in file.read_text(), file


# --- WitMotion ---


def test_witmotion_frames_of_a_wt901ble68() -> None:
    """Six heads of notifications; the last four bytes of each frame (two angles) were not published."""
    vectors = published("witmotion")
    heads = [bytes.fromhex(head) for head in vectors["prefix_hex"]]
    found = in_g_and_deg_s(decoded("witmotion", [head + bytes(4) for head in heads]))
    raw = np.array([struct.unpack_from("<6h", head, 2) for head in heads])
    np.testing.assert_allclose(found, raw / 32768.0 * ([16.0] * 3 + [2000.0] * 3))
    flat = vectors["vendor_app_log"]["flat"]["acc_g_mean"]
    assert np.linalg.norm(flat) == pytest.approx(1.0, abs=0.02), "the vendor's own log"
    np.testing.assert_allclose(found[:3, 2], flat[2], atol=0.03)
    assert vectors["vendor_app_log"]["upside_down"]["acc_g_mean"][2] < -0.95, "so it is specific force"


# --- Movella DOT ---


def test_movella_dot_of_another_mode_is_no_measurement() -> None:
    """Its free acceleration without gravity comes on another characteristic; on ours it would be counted as bad."""
    vectors = published("movella_dot")
    for each in vectors["mode6_on_2004"]:
        payload = bytes.fromhex(each["hex"])
        assert struct.unpack_from("<I3f", payload) == pytest.approx(each["expected"])
        found = decoded("movella_dot", [payload])
        assert (len(found.values), found.bad_frames) == (0, 1)
    stop = MOVELLA_DOT.stop()[-1]
    assert isinstance(stop, Write)
    stopped = bytes.fromhex(vectors["read_2001_stopped"])
    assert stop.payload[:2] == stopped[:2], "type of control, and no measurement"


# --- Movesense ---


def test_movesense_packet_against_the_sensors_own_log() -> None:
    vector = published("movesense")["imu6_52"]
    found = decoded("movesense", [b"\x02\x63" + bytes.fromhex(vector["hex"])])
    expected = vector["expected"]
    for name, columns, unit in (("ArrayAcc", slice(0, 3), 1.0), ("ArrayGyro", slice(3, 6), np.pi / 180.0)):
        logged = np.array([[each[axis] for axis in "xyz"] for each in expected[name]])
        np.testing.assert_array_equal(found.values[:, columns], logged * unit)
    np.testing.assert_allclose(found.device_time_s, 1e-3 * expected["Timestamp"] + np.arange(4) / 52.0)
    assert not found.clipped.any()


def test_movesense_packets_with_a_magnetometer_are_of_another_subscription() -> None:
    vectors = published("movesense")
    for name in ("imu9_52_hr", "imu9_52_flash"):
        payload = b"\x02\x63" + bytes.fromhex(vectors[name]["hex"])
        found = decoded("movesense", [payload])
        assert (len(found.values), found.bad_frames) == (0, 1)
    (first_z,) = struct.unpack_from("<f", bytes.fromhex(vectors["imu9_52_flash"]["hex"]), 4 + 8)
    assert first_z == pytest.approx(vectors["imu9_52_flash"]["expected_first_acc_z"], abs=0.01)


# --- MetaMotion ---


def test_meta_motion_single_readings_are_left_out_and_what_sends_them_is_stopped() -> None:
    """A board on which fusion was left running: it went on through connections until it was reset."""
    vectors = published("meta_motion")
    acc = bytes.fromhex(vectors["acc"]["hex"])
    np.testing.assert_allclose(np.frombuffer(acc[2:], "<i2") / 16384.0, vectors["acc"]["g"])
    found = decoded("meta_motion", [acc, bytes.fromhex(vectors["gyr"]["hex"])])
    assert (len(found.values), found.bad_frames) == (0, 2)
    written = [step.payload for step in META_MOTION.stop() if isinstance(step, Write)]
    for left in (*map(bytes.fromhex, vectors["sent"]), bytes.fromhex(vectors["gyr"]["hex"])[:2] + b"\x01"):
        module, register, value = left[0], left[1], left[2]
        if register != 3:  # a configuration is written anew
            undone = bytes([module, register, 0, value]) if register == 2 else bytes([module, register, 0])
            assert undone in written, left.hex()


# --- Polar ---


def acc_in_mg(payload: bytes, factor: float | None = None) -> FloatArray:
    """Of a frame of acceleration alone: the first step of the decoder."""
    decoder = VeritySense(sensor("polar", 52.0, **({} if factor is None else {"acc_factor": factor})))
    frame = decoder._frame(payload)
    assert frame is not None
    assert frame[0] == ACC
    return frame[2] / GRAVITY_M_S2 * 1e3


@pytest.mark.parametrize("name", ["verity_acc_80_issue187", "verity_acc_81_issue331", "verity_acc_81_issue443"])
def test_polar_frames_as_far_as_they_were_published(name: str) -> None:
    vector = published("polar")[name]
    payload = bytes.fromhex(vector["hex"])
    assert len(payload) == vector.get("shown_bytes", len(payload))
    first = vector.get("first_mg") or 1e3 * vector["factor_g"] * np.array(vector["first_counts"])
    head = acc_in_mg(payload[: HEADER.size + 6], vector.get("factor_g"))
    np.testing.assert_allclose(head, [first], rtol=1e-9)
    assert np.linalg.norm(first) == pytest.approx(1000.0, abs=110.0), "about 1 g"
    found = acc_in_mg(payload, vector.get("factor_g"))
    assert len(found) == vector.get("samples", len(found)) > 20
    assert np.linalg.norm(found, axis=1).max() < 3000.0, "a frame that is undone wrongly runs away"
    cut = decoded("polar", [payload[:-1]], acc_factor=2.44e-4, gyr_factor=1.0)
    assert (len(cut.values), cut.bad_frames) == (0, 1)


def test_polar_floats_of_the_gyroscope_take_the_factor_of_the_answer() -> None:
    vector = published("polar")["sdk_gyr_81_factor"]
    for factor, times in ((vector["factor"], 1.0), (1.0, 1.0 / vector["factor"])):
        frame = VeritySense(sensor("polar", 52.0, gyr_factor=factor))._frame(bytes.fromhex(vector["hex"]))
        assert frame is not None
        assert frame[0] == GYR
        np.testing.assert_allclose(np.rad2deg(frame[2]), times * np.array(vector["expected_deg_s"]), rtol=1e-6)


def test_polar_answer_that_was_published_starts_the_accelerometer() -> None:
    answer = bytes.fromhex(published("polar")["answers"]["start_acc"])
    assert POLAR.facts(CONTROL, answer) == {"acc_factor": 1.0}
    assert POLAR.facts(DATA, answer) == {}
    charging = POLAR.facts(CONTROL, answer[:3] + b"\x0d" + answer[4:])
    assert charging == {
        "trouble": "It refuses to start its accelerometer (status 13). It does not measure in its charger. Take it out."
    }


# --- Thingy:52 ---


def test_thingy52_at_rest() -> None:
    vector = published("thingy52")
    found = in_g_and_deg_s(decoded("thingy52", [bytes.fromhex(vector["hex"])]))[0]
    np.testing.assert_allclose(found[:3], -np.array(vector["g"]), atol=1e-4)  # its accelerometer is turned over
    np.testing.assert_allclose(found[3:], vector["deg_s"])
    assert np.linalg.norm(found[:3]) == pytest.approx(1.0, abs=0.01)


# --- phones ---


def pushed(rows: list[Any], *, android: bool) -> dict[str, Any]:
    payload = []
    for name, time_ns, values in rows:
        each = {"name": name, "time": time_ns, "values": dict(zip("xyz", values, strict=True))}
        payload.append(each | {"accuracy": 3} if android else each)
    return {"messageId": 0, "sessionId": "s", "deviceId": "d", "payload": payload}


def test_sensor_logger_on_android_feels_gravity_with_the_screen_up() -> None:
    told = published("phones")["sensor_logger"]
    batch = read_push(as_json(pushed(told["android"], android=True)))
    assert batch is not None
    settings, missing = learn([batch])
    assert (settings["acc_factor"], missing) == (1.0, "")
    x, y, z = next(each.xyz for each in batch.measured if each.name == "gravity")
    assert np.linalg.norm([x, y, z]) == pytest.approx(GRAVITY_M_S2, abs=0.01)
    assert np.arcsin(-y / GRAVITY_M_S2) == pytest.approx(told["android_angles_rad"]["pitch"], abs=0.01)
    assert np.arctan2(-x, z) == pytest.approx(told["android_angles_rad"]["roll"], abs=0.001)


def test_sensor_logger_on_an_iphone_in_g_is_turned() -> None:
    told = published("phones")["sensor_logger"]
    batch = read_push(as_json(pushed(told["iphone"], android=False)))
    assert batch is not None
    settings, missing = learn([batch])
    assert (settings["acc_factor"], missing) == (-GRAVITY_M_S2, "")
    assert np.linalg.norm(batch.measured[0].xyz) == pytest.approx(1.0, abs=0.01)


def test_sensor_server_events() -> None:
    """A magnetometer's event is passed over; the other two are joined where acceleration lies on either side."""
    told = [json.loads(message) for message in published("phones")["sensor_server"]["messages"]]
    magnetic, acc, gyr = told
    around = [acc | {"timestamp": gyr["timestamp"] + shift_ns} for shift_ns in (-10_000_000, 10_000_000)]
    found = decoded("sensor_server", payloads_of([as_json(each) for each in (magnetic, around[0], gyr, around[1])]))
    np.testing.assert_allclose(found.values, [[*acc["values"], *gyr["values"]]])
    np.testing.assert_allclose(found.device_time_s, [1e-9 * gyr["timestamp"]])
    assert found.bad_frames == 0


def test_phyphox_answer_of_an_iphone() -> None:
    answer = published("phones")["phyphox"]["answer"]
    names = {"acc_buffers": ["acc_time", "accX", "accY", "accZ"]}
    found = read(answer.encode(), names)
    assert found is not None
    assert (found.session, found.measuring, found.bad) == ("11114880", True, 0)
    rows = found.rows["acc_buffers"]
    np.testing.assert_allclose(np.linalg.norm(rows[:, 1:], axis=1), GRAVITY_M_S2, atol=0.06)
    longer = json.loads(answer)
    longer["buffer"]["accX"]["buffer"].append(0.2)
    again = read(as_json(longer), names)
    assert again is not None
    assert again.bad == 0
    np.testing.assert_array_equal(again.rows["acc_buffers"], rows)


def test_device_motion_of_an_iphone_is_turned() -> None:
    """Gravity is what the acceleration with it has more than the one without."""
    told = published("phones")["device_motion"]
    events = told["events"]
    for without, with_gravity, _ in events:
        assert np.linalg.norm(np.subtract(with_gravity, without)) == pytest.approx(GRAVITY_M_S2, abs=0.2)
    rows = [
        [1e3 * told["interval_s"] * number, *with_gravity, *rates]
        for number, (_, with_gravity, rates) in enumerate(events)
    ]
    message = {"v": 1, "page": "p", "n": 0, "platform": "ios", "events": rows}
    found = decoded("device_motion", payloads_of([as_json(message)]))
    np.testing.assert_allclose(found.values[:, :3], [[-value for value in event[1]] for event in events])
    np.testing.assert_allclose(np.rad2deg(found.values[:, 3:]), [event[2] for event in events])
    assert (found.values[:, 2] > 8.0).all(), "it lies with its screen up"

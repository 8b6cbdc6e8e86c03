"""phyphox: names of buffers on both platforms, thresholds, answers, sessions, and every kind of damage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.sensors.drivers.phyphox import NAME, PhyphoxAnswers, buffers_of, last_time_s, query, read
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, notifications_of, sizes_of_chunks
from tests.sensors.drivers.phone_messages import as_json, payloads_of, spoilt
from tests.sensors.drivers.units import sensor

# The buffers of a "simple experiment" on either platform (sources#phyphox).
NAMES = {
    platform: {
        "accelerometer": ["acc_time", "accX", "accY", "accZ"],
        "gyroscope": [f"{gyr}_time", f"{gyr}X", f"{gyr}Y", f"{gyr}Z"],
    }
    for platform, gyr in (("android", "gyr"), ("ios", "gyro"))
}


def config(platform: str, *sources: str) -> bytes:
    inputs = [{"source": "linear_acceleration", "outputs": [{k: f"lin{k}"} for k in "xyzt"]}]
    for source in sources or NAMES[platform]:
        time, x, y, z = NAMES[platform][source]
        inputs.append({"source": source, "outputs": [{"x": x}, {"y": y}, {"z": z}, {"t": time}, {"abs": "other"}]})
    return as_json({"crc32": "0", "title": "T", "buffers": [], "inputs": inputs, "export": []})


def answer(
    acc: Sequence[Sequence[float | None]],
    gyr: Sequence[Sequence[float | None]],
    *,
    session: str = "a1b2c3",
    platform: str = "android",
    mode: str = "partial",
) -> dict[str, Any]:
    """Rows of time, x, y, z as ``/get`` tells them."""
    buffers = {}
    for source, rows in (("accelerometer", acc), ("gyroscope", gyr)):
        for column, name in enumerate(NAMES[platform][source]):
            buffers[name] = {"size": 0, "updateMode": mode, "buffer": [row[column] for row in rows]}
    return {"buffer": buffers, "status": {"session": session, "measuring": True, "timedRun": False, "countDown": 0}}


def decoder(platform: str = "android") -> PhyphoxAnswers:
    return PhyphoxAnswers(sensor(NAME, **(buffers_of(config(platform)) or {})))


ACC = [(0.00, 0.0, 1.0, 9.8), (0.02, 0.2, 1.2, 9.6)]
GYR = [(0.005, 0.1, 0.2, 0.3), (0.015, 0.4, 0.5, 0.6)]


@pytest.mark.parametrize("platform", NAMES)
def test_acceleration_is_taken_at_the_gyroscopes_times(platform: str) -> None:
    found = decoder(platform).decode(notifications_of(payloads_of([as_json(answer(ACC, GYR, platform=platform))])))
    np.testing.assert_allclose(found.device_time_s, [0.005, 0.015])
    np.testing.assert_allclose(found.values, [[0.05, 1.05, 9.75, 0.1, 0.2, 0.3], [0.15, 1.15, 9.65, 0.4, 0.5, 0.6]])
    assert (found.count.tolist(), found.bad_frames, found.newest_s) == ([2], 0, [0.02])


def test_names_are_found_by_the_source() -> None:
    assert buffers_of(config("ios")) == {
        "acc_buffers": ["acc_time", "accX", "accY", "accZ"],
        "gyr_buffers": ["gyro_time", "gyroX", "gyroY", "gyroZ"],
    }
    assert buffers_of(config("android", "accelerometer")) == {"acc_buffers": NAMES["android"]["accelerometer"]}
    for nonsense in (b"", b"[]", b"{}", b'{"inputs": 3}'):
        assert buffers_of(nonsense) is None
    assert (
        buffers_of(b'{"inputs": [3, {"source": "gyroscope"}, {"source": "gyroscope", "outputs": [3, {"x": 1}]}]}') == {}
    )


def test_the_query_asks_for_what_is_newer_and_a_little_more() -> None:
    buffers = {"acc_buffers": ["t", "x", "y", "z"], "gyr_buffers": ["a&b", "gx", "gy", "gz"]}
    assert query(buffers, {}) == "/get?t&a%26b"
    assert query(buffers, {"acc_buffers": 12.34}) == (
        "/get?t=12.310000&x=12.310000%7Ct&y=12.310000%7Ct&z=12.310000%7Ct&a%26b"
    )


def test_an_answer_tells_what_to_ask_for_next() -> None:
    assert last_time_s(as_json(answer(ACC, GYR)), "acc_time") == 0.02
    assert last_time_s(as_json(answer(ACC, [])), "gyr_time") is None
    assert last_time_s(as_json(answer(ACC, GYR)), "other") is None
    assert last_time_s(b"nonsense", "acc_time") is None


@pytest.mark.parametrize("odd", [3, ["acc_time", "accX", "accY", "accZ", "accAbs"], ["acc_time", 3, "accY", "accZ"]])
def test_settings_that_name_no_four_buffers_measure_nothing(odd: object) -> None:
    settings = {**(buffers_of(config("android")) or {}), "acc_buffers": odd}
    told = answer(ACC, GYR)
    told["buffer"]["accAbs"] = told["buffer"]["accX"]
    found = PhyphoxAnswers(sensor(NAME, **settings)).decode(notifications_of(payloads_of([as_json(told)])))
    assert (len(found.values), found.bad_frames) == (0, 0)


def test_what_comes_twice_is_taken_once() -> None:
    more_acc = [*ACC, (0.04, 0.4, 1.4, 9.4)]
    more_gyr = [*GYR, (0.025, 0.7, 0.8, 0.9)]
    messages = [as_json(answer(ACC, GYR)), as_json(answer(more_acc, more_gyr, mode="full"))]
    found = decoder().decode(notifications_of(payloads_of(messages)))
    np.testing.assert_allclose(found.device_time_s, [0.005, 0.015, 0.025])
    assert (found.count.tolist(), found.bad_frames) == ([2, 1], 0)


def test_a_sample_waits_for_the_next_answer() -> None:
    messages = [as_json(answer(ACC[:1], GYR)), as_json(answer(ACC[1:], []))]
    found = decoder().decode(notifications_of(payloads_of(messages)))
    assert found.count.tolist() == [0, 2]
    np.testing.assert_allclose(found.newest_s, [0.015, 0.02])


@pytest.mark.parametrize("again_at_s", [0.0, 4.9, 5.5, 9.0])
def test_another_session_has_another_clock(again_at_s: float) -> None:
    """Whatever its times are, they lie far behind, so that clock and gaps begin anew."""
    first = [as_json(answer([(t + 5.0, *v) for t, *v in ACC], [(t + 5.0, *v) for t, *v in GYR]))]
    other = [(t + again_at_s, *v) for t, *v in ACC], [(t + again_at_s, *v) for t, *v in GYR]
    found = decoder().decode(notifications_of(payloads_of([*first, as_json(answer(*other, session="new"))])))
    assert len(found.device_time_s) == 4
    step_s = np.diff(found.device_time_s)
    assert step_s[1] == pytest.approx(-10.01)  # from the newest of one to the oldest of the other
    assert step_s[2] == pytest.approx(0.01)


def test_each_further_session_lies_behind_the_one_before_it() -> None:
    sessions = [as_json(answer(ACC, GYR, session=name)) for name in ("first", "second", "third")]
    found = decoder().decode(notifications_of(payloads_of(sessions)))
    assert np.diff(found.device_time_s) == pytest.approx([0.01, -10.01, 0.01, -10.01, 0.01])


def test_a_clear_begins_anew_in_the_same_session() -> None:
    late = answer([(t + 60.0, *v) for t, *v in ACC], [(t + 60.0, *v) for t, *v in GYR])
    found = decoder().decode(notifications_of(payloads_of([as_json(late), as_json(answer(ACC, GYR, mode="full"))])))
    np.testing.assert_allclose(found.device_time_s, [60.005, 60.015, 0.005, 0.015])


def test_null_is_no_measurement_and_buffers_must_fit() -> None:
    whole = answer(ACC, [GYR[0], (0.010, None, 0.1, 0.1), GYR[1]])
    found = decoder().decode(notifications_of(payloads_of([as_json(whole)])))
    assert (len(found.values), found.bad_frames) == (2, 1)
    torn = answer(ACC, GYR)
    for left, bad in ((1, 0), (0, 1)):  # one row may be under way, and comes with the next answer
        torn["buffer"]["gyrZ"]["buffer"].pop()
        found = decoder().decode(notifications_of(payloads_of([as_json(torn)])))
        assert (len(found.values), found.bad_frames) == (left, bad)
        told = read(as_json(torn), buffers_of(config("android")) or {})
        assert told is not None
        np.testing.assert_allclose(told.rows["gyr_buffers"], np.array(GYR[:left]).reshape(-1, 4))
    found = decoder().decode(notifications_of(payloads_of([as_json(torn), as_json(answer(ACC, GYR))])))
    assert len(found.values) == 2, "the rest"


def test_full_scale_is_clipped() -> None:
    found = decoder().decode(notifications_of(payloads_of([as_json(answer([ACC[0], (0.02, 78.5, 0, 0)], GYR))])))
    assert found.clipped.tolist() == [True, True]


GOOD = [
    answer(ACC, GYR),
    answer([(t + 0.04, *v) for t, *v in ACC], [(t + 0.04, *v) for t, *v in GYR]),
    answer([*ACC] * 30, [*GYR] * 30, mode="full"),
    answer([], []),
    answer([(t + 9.0, *v) for t, *v in ACC], [(t + 9.0, *v) for t, *v in GYR], session="d4e5f6"),
]


@pytest.mark.slow
@given(payloads=spoilt(GOOD), sizes=sizes_of_chunks)
@examples(200)
def test_anything_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(decoder, payloads, sizes)


@given(st.binary(max_size=60))
def test_no_config_raises(config: bytes) -> None:
    buffers_of(config)

"""Our page on a phone: signs of both platforms, axes of the rotation, pages loaded anew, and every kind of damage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from dowel.sensors.drivers.device_motion import NAME, DeviceMotionEvents, read
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, notifications_of, sizes_of_chunks
from tests.sensors.drivers.phone_messages import as_json, payloads_of, spoilt
from tests.sensors.drivers.units import sensor

EVENT = [1234.5, 0.1, 0.2, 9.8, 10.0, -20.0, 30.0]


def batch(
    number: int, events: Sequence[Sequence[float | None]], *, page: str = "k3", platform: str = "other", **more: Any
) -> dict[str, Any]:
    return {"v": 1, "page": page, "n": number, "platform": platform, "events": [list(e) for e in events], **more}


def later(seconds: float) -> list[float]:
    return [EVENT[0] + 1e3 * seconds, *EVENT[1:]]


def decoded(*batches: dict[str, Any]) -> Any:
    return DeviceMotionEvents(sensor(NAME)).decode(notifications_of(payloads_of([as_json(b) for b in batches])))


@pytest.mark.parametrize(("platform", "sign"), [("other", 1.0), ("ios", -1.0), ("android", 1.0)])
def test_an_iphone_counts_acceleration_the_other_way_round_and_rotation_not(platform: str, sign: float) -> None:
    event = [EVENT[0], *(sign * each for each in EVENT[1:4]), *EVENT[4:]]
    found = decoded(batch(0, [event], platform=platform))
    np.testing.assert_allclose(found.values, [[0.1, 0.2, 9.8, *np.deg2rad([10.0, -20.0, 30.0])]])
    np.testing.assert_allclose(found.device_time_s, [1.2345])
    assert found.bad_frames == 0


def test_what_the_browser_does_not_tell_is_no_measurement() -> None:
    found = decoded(batch(0, [EVENT, [*later(0.01)[:4], None, None, None], later(0.02), [1.0, 2.0]]))
    assert (len(found.values), found.bad_frames) == (2, 2)


def test_a_message_again_is_left_out() -> None:
    found = decoded(batch(0, [EVENT]), batch(0, [EVENT]), batch(2, [later(0.1)]), batch(1, [later(0.05)]))
    assert (found.count.tolist(), found.bad_frames) == ([1, 0, 1, 0], 2)
    found = decoded(batch(0, [EVENT, EVENT, later(-0.01), later(0.01)]))
    assert (found.count.tolist(), found.bad_frames) == ([2], 2)


def test_what_had_no_answer_comes_again_with_what_has_joined_it_and_counts_once() -> None:
    found = decoded(batch(0, [EVENT, later(0.02)]), batch(1, [EVENT, later(0.02), later(0.04)]))
    assert (found.count.tolist(), found.bad_frames) == ([2, 1], 2)
    np.testing.assert_allclose(np.diff(found.device_time_s), 0.02)


@pytest.mark.parametrize("at_s", [-1.0, 0.0, 0.5, 40.0])
def test_a_page_loaded_anew_has_another_clock(at_s: float) -> None:
    found = decoded(batch(5, [EVENT]), batch(0, [later(at_s), later(at_s + 0.02)], page="other"))
    np.testing.assert_allclose(np.diff(found.device_time_s), [-10.0, 0.02])


def test_a_page_that_is_hidden_or_refused_says_so() -> None:
    for key in ("hidden", "denied", "silent"):
        told = read(as_json(batch(3, [], **{key: True})))
        assert told is not None
        assert getattr(told, key)
    found = decoded(batch(0, [], hidden=True), batch(1, [EVENT]))
    assert (found.count.tolist(), found.bad_frames) == ([0, 1], 0)


GOOD = [
    *(batch(n, [later(0.05 * n), later(0.05 * n + 0.02)]) for n in range(4)),
    batch(4, [later(1.0)], platform="ios", hidden=True),
    batch(0, [later(3.0), later(3.1)], page="other"),
    batch(1, [later(3.2 + 0.01 * n) for n in range(90)], page="other"),
]


@pytest.mark.slow
@given(payloads=spoilt(GOOD), sizes=sizes_of_chunks)
@examples(200)
def test_anything_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(lambda: DeviceMotionEvents(sensor(NAME)), payloads, sizes)

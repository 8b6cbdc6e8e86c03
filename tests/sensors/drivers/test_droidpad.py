"""DroidPad: the app's lines, the holding of the latest acceleration, and every kind of damage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from dowel.sensors.drivers import DRIVERS, decoder_for
from dowel.sensors.drivers.base import Notify
from dowel.sensors.drivers.droidpad import DATA, DRIVER, NAME, OLDEST_ACC_RATES, DroidPadEvents
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, mangled, notifications_of, sizes_of_chunks
from tests.sensors.drivers.units import sensor

# The values of the app's README.
ACC = b"ACCELEROMETER,0.31892395,-0.97802734,10.049896"
GYR = b"GYROSCOPE,0.15387291,-0.22954187,0.08163925"


def decoder() -> DroidPadEvents:
    return DroidPadEvents(sensor(NAME))


def test_an_angular_rate_makes_a_sample_with_the_latest_acceleration() -> None:
    found = decoder().decode(notifications_of([ACC, GYR, b"ACCELEROMTER,1.0E-4,-0.0,9.8", GYR, GYR]))
    assert found.count.tolist() == [0, 1, 0, 1, 1]
    gyr = [0.15387291, -0.22954187, 0.08163925]
    expected = [[0.31892395, -0.97802734, 10.049896, *gyr], *[[1e-4, 0.0, 9.8, *gyr]] * 2]
    np.testing.assert_array_equal(found.values, expected)
    np.testing.assert_allclose(found.device_time_s, [0, 0.02, 0.04])
    assert (found.bad_frames, found.clipped.any()) == (0, False)


def test_no_acceleration_is_made_up() -> None:
    """Before the first acceleration, and once it is too old, angular rates are counted as bad."""
    found = decoder().decode(notifications_of([GYR, ACC, *[GYR] * (OLDEST_ACC_RATES + 2), ACC, GYR]))
    assert found.count.tolist() == [0, 0, *[1] * OLDEST_ACC_RATES, 0, 0, 0, 1]
    assert found.bad_frames == 3


def test_other_controls_of_the_pad_are_passed_over() -> None:
    found = decoder().decode(notifications_of([b"up,BUTTON,PRESS", b"s 1,SLIDER,0.5", ACC, GYR]))
    assert (found.count.tolist(), found.bad_frames) == ([0, 0, 0, 1], 0)


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"\n", GYR[:20], GYR + GYR, GYR + b"\n" + GYR, b"GYROSCOPE,NaN,0,0", b"GYROSCOPE,1,2", b"GYROSCOPE,,,"),
        *(
            b"GYROSCOPE,1e5,0,0",
            b"GYROSCOPE,9E9,0,0",
            b"ACCELEROMETER,0,0,9E99",
            b"gyroscope,0,0,0",
            b"GYROSCOPE,\xef\xbc\x91,0,0",
        ),
    ],
)
def test_anything_else_is_counted(line: bytes) -> None:
    found = decoder().decode(notifications_of([ACC, line, GYR]))
    assert (found.count.tolist(), found.bad_frames) == ([0, 0, 1], 1)


def test_full_scale_is_clipped() -> None:
    found = decoder().decode(notifications_of([b"ACCELEROMETER,0,-78.5,0", GYR, ACC, b"GYROSCOPE,0,34.9,0", GYR]))
    assert found.clipped.tolist() == [True, True, False]


def test_start_only_listens() -> None:
    assert DRIVER.start(50.0) == (Notify(DATA),)
    assert DRIVER.stop() == ()
    with pytest.raises(ValueError, match="not used at 5 Hz"):
        DRIVER.start(5.0)


def test_who_is_recognised() -> None:
    assert DRIVER.recognises("dev", ["4fbfc1d7-f509-44ab-afe1-62ea40a4b111"])
    assert not DRIVER.recognises("DroidPad", [])
    assert DRIVER in DRIVERS
    assert isinstance(decoder_for(sensor(NAME)), DroidPadEvents)


GOOD = [ACC, GYR, b"ACCELEROMTER,1.0E-4,-0.0,9.8", b"GYROSCOPE,0.0,1.5,-2.0E-3", b"up,BUTTON,PRESS"]


@pytest.mark.slow
@given(payloads=mangled(GOOD), sizes=sizes_of_chunks)
@examples(200)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(decoder, payloads, sizes)

"""Puck.js: Espruino's example event, the program it is given, and its lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from dowel.sensors.drivers import DRIVERS, decoder_for
from dowel.sensors.drivers.base import Notify, Write
from dowel.sensors.drivers.puck_js import DRIVER, NAME
from dowel.sensors.drivers.text_lines import CONTROL, DATA
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, mangled, notifications_of, sizes_of_chunks
from tests.sensors.drivers.units import in_g_and_deg_s, sensor

LINE = b"12345.6,-525,-112,8160,154,-152,-34\r\n"


def test_the_example_event() -> None:
    found = decoder_for(sensor(NAME)).decode(notifications_of([b"\n" + LINE[:20], LINE[20:]]))
    np.testing.assert_allclose(in_g_and_deg_s(found), [[-0.0641, -0.0137, 0.9961, 1.3475, -1.3300, -0.2975]], atol=5e-5)
    assert found.device_time_s[0] == pytest.approx(12.3456)
    assert found.count.tolist() == [0, 1]


def test_the_range_is_that_of_the_board() -> None:
    lines = [b"\n", LINE, b"1,32767,0,0,0,0,0\n", b"2,0,0,8192,0,-32768,0\n"]
    assert decoder_for(sensor(NAME)).decode(notifications_of(lines)).clipped.tolist() == [False, True, True]


def test_a_count_of_the_gyroscope_is_what_the_chips_maker_says() -> None:
    found = decoder_for(sensor(NAME)).decode(notifications_of([b"\n1,0,0,8192,8000,-16000,24000\n"]))
    np.testing.assert_allclose(in_g_and_deg_s(found), [[0.0, 0.0, 1.0, 70.0, -140.0, 210.0]], atol=1e-9)


def test_the_program_it_is_given() -> None:
    steps = DRIVER.start(52.0)
    assert steps[0] == Notify(DATA)
    written = [step for step in steps if isinstance(step, Write)]
    assert {step.characteristic for step in written} == {CONTROL}
    assert max(len(step.payload) for step in written) <= 20
    assert b"".join(step.payload for step in written) == (
        b"\x03\x10reset();\n"
        b"\x10var t0=getTime();\n"
        b"\x10Puck.on('accel',function(e){var a=e.acc,g=e.gyro;Bluetooth.println("
        b"[((getTime()-t0)*1e3).toFixed(1),a.x,a.y,a.z,g.x,g.y,g.z].join(','));});\n"
        b"\x10Puck.accelOn(52);\n"
    )
    assert DRIVER.stop() == (Write(CONTROL, b"\x03\x10reset();\n"),)
    with pytest.raises(ValueError, match="not used at 100 Hz"):
        DRIVER.start(100.0)


def test_it_is_recognised_before_home_made_sensors() -> None:
    uart = ["6e400001-b5a3-f393-e0a9-e50e24dcca9e"]
    assert next(driver for driver in DRIVERS if driver.recognises("Puck.js a1b2", uart)) is DRIVER
    assert not DRIVER.recognises("Bangle.js", uart)


@given(payloads=mangled([LINE, LINE[:20], LINE[20:], b">", b"\n"]), sizes=sizes_of_chunks)
@examples(60)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(lambda: decoder_for(sensor(NAME)), payloads, sizes)

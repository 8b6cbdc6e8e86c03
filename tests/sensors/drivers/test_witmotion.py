"""WitMotion: the bytes captured from two models, the vendor's examples, and every kind of damage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dowel.sensors.drivers import DRIVERS, decoder_for
from dowel.sensors.drivers.base import Notify, Pause, Write
from dowel.sensors.drivers.witmotion import CONTROL, DATA, DRIVER, NAME, WitMotionFrames
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, mangled, notifications_of, sizes_of_chunks
from tests.sensors.drivers.units import in_g_and_deg_s, sensor

# WT901BLE67 at 100 Hz, three notifications of four frames each (open project RGu0/WT901).
CAPTURED = [
    bytes.fromhex(text)
    for text in (
        "55612706bc0179065500e7fec4fa3e00eaff0000 55613806c7016b0698ff79fe74fb3e00eaff0000"
        "55618006cc017f06b2feb8fe0dfc3e00eaff0000 55618206ad018c0696fe58ff65fc3e00eaff0000",
        "5561b2058d015805f8ff1b0013003e00eaff0000 5561b60592015405f7fffcff1f003e00eaff0000"
        "5561c0059a0158050000e6ff1d003e00eaff0000 5561c505a0015e050d00dcff14003e00eaff0000",
        "55610c0583014306ab007900c1003e00eaff0000 5561db045301530605006a00ce003e00eaff0000"
        "556102057f011806c4ffe8ff39003e00eaff0000 55615b058c0131060900d7ffcbff3e00eaff0000",
    )
]
# WT901SDCL-BT50 at 20 Hz, with the chip's clock (zhuyetuo/witmotion_imu).
WITH_CLOCK = [
    bytes.fromhex("5561d8fd3905de05bb01ff00fbffab0fb1ed808a1a06160e29011903"),
    bytes.fromhex("55615afd2605250686001fffcd003910e1ed8c8a1a06160e29014b03"),
]
VIBRATION_SENSOR = bytes.fromhex("5561110016000200020000000100E60A430047000A00250025002500")
MAGNETOMETER_REPLY = bytes.fromhex("55713A00680169007A0000000000000000000000")


def decoder() -> WitMotionFrames:
    return WitMotionFrames(sensor(NAME, 100.0))


def test_captured_frames_of_20_bytes() -> None:
    found = decoder().decode(notifications_of(CAPTURED))
    assert found.count.tolist() == [4, 4, 4]
    assert (found.bad_frames, found.clipped.any()) == (0, False)
    expected = [
        [0.7690, 0.2168, 0.8091, 5.188, -17.151, -81.787],
        [0.7119, 0.1938, 0.6680, -0.488, 1.648, 1.160],
        [0.6309, 0.1890, 0.7827, 10.437, 7.385, 11.780],
    ]
    np.testing.assert_allclose(in_g_and_deg_s(found)[::4], expected, atol=6e-4)
    np.testing.assert_allclose(found.device_time_s, np.arange(12) * 0.01)


def test_captured_frames_of_28_bytes() -> None:
    found = decoder().decode(notifications_of([*WITH_CLOCK, WITH_CLOCK[0] + WITH_CLOCK[1]]))
    assert found.count.sum() == 4
    assert found.bad_frames == 0
    expected = [
        [-0.2695, 0.6528, 0.7334, 27.039, 15.564, -0.305],
        [-0.3311, 0.6436, 0.7681, 8.179, -13.733, 12.512],
    ]
    np.testing.assert_allclose(in_g_and_deg_s(found), expected * 2, atol=6e-4)


def test_the_vibration_sensor_gives_no_samples() -> None:
    """It sends the same header and length; what it has in the place of the clock is no time."""
    found = decoder().decode(notifications_of([VIBRATION_SENSOR] * 10))
    assert found.count.sum() == 0
    assert found.bad_frames >= 10


def test_a_frame_is_given_with_the_notification_that_ends_it() -> None:
    """Nothing waits for the next notification, once the first frames are known."""
    stream = CAPTURED[0] + CAPTURED[1]
    found = decoder().decode(notifications_of([stream[:50], stream[50:70], stream[70:80], stream[80:]]))
    assert found.count.tolist() == [2, 1, 1, 4]
    assert found.bad_frames == 0


def test_register_replies_among_the_frames_are_no_samples() -> None:
    mixed = [CAPTURED[0], MAGNETOMETER_REPLY, CAPTURED[1][:40] + MAGNETOMETER_REPLY + CAPTURED[1][40:]]
    found = decoder().decode(notifications_of(mixed))
    assert (found.count.tolist(), found.bad_frames) == ([4, 0, 4], 0)


def test_lost_bytes_cost_the_torn_frame_only() -> None:
    """Five bytes are missing at the end of a notification: its last frame must not be filled up from the next."""
    found = decoder().decode(notifications_of([CAPTURED[0][:75], CAPTURED[1], CAPTURED[2]]))
    whole = decoder().decode(notifications_of(CAPTURED))
    np.testing.assert_array_equal(found.values, np.delete(whole.values, 3, axis=0))
    assert found.bad_frames == 1


def test_listening_may_begin_in_the_middle_of_a_frame() -> None:
    found = decoder().decode(notifications_of([CAPTURED[0][7:], CAPTURED[1]]))
    assert (found.count.tolist(), found.bad_frames) == ([3, 4], 1)


def test_full_scale_is_clipped() -> None:
    loud = bytes.fromhex("5561ff7f000000000000000000000000 00000000") + bytes.fromhex("5561") + bytes(18)
    found = decoder().decode(notifications_of([loud, loud]))
    assert found.clipped.tolist() == [True, False, True, False]


def test_start_sets_reads_back_and_never_saves() -> None:
    steps = DRIVER.start(100.0)
    assert steps[0] == Notify(DATA)
    written = [step.payload.hex() for step in steps if isinstance(step, Write)]
    assert written == [
        *("ffaa6988b5", "ffaa030900", "ffaa1f0000", "ffaa240100", "ffaa960000"),
        *("ffaa270300", "ffaa272400", "ffaa279600", "ffaa272e00", "ffaa276400"),
    ]
    assert {step.characteristic for step in steps if isinstance(step, Write)} == {CONTROL}
    assert sum(isinstance(step, Pause) for step in steps) == len(written)
    assert DRIVER.stop() == ()
    rates = {50.0: "ffaa030800", 200.0: "ffaa030b00", 20.0: "ffaa030700", 10.0: "ffaa030600"}
    for rate_hz, text in rates.items():
        assert Write(CONTROL, bytes.fromhex(text)) in DRIVER.start(rate_hz)
    with pytest.raises(ValueError, match="no rate of 125 Hz"):
        DRIVER.start(125.0)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("5571 6400 8d01 0000 4711 1a90", {"battery_v": 3.97, "battery_pct": 100.0}),
        ("5571 6400 7901 0000 0000 0000", {"battery_v": 3.77, "battery_pct": 40.0}),
        ("5571 6400 5001 0000 0000 0000", {"battery_v": 3.36, "battery_pct": 0.0}),
        ("5571 6400 0000 0000 0000 0000", {}),  # busy
        ("5571 2e00 1601 d889 0000 0000", {"firmware": "10080.1.22"}),
        ("5571 0300 0900 0000 0000 0000", {"rate_hz": 100.0}),
        ("5571 2400 0100 0000 0000 0000", {"six_axis": True}),
        ("5571 9600 0000 0000 0000 0000", {}),
        (
            "5571 9600 0100 0000 0000 0000",
            {"trouble": "It sends displacement in place of acceleration. Reset it with the maker's app."},
        ),
        ("5571 6401 8d01 0000 0000 0000", {}),  # another register with the same low byte
    ],
)
def test_what_the_registers_say(reply: str, said: dict[str, object]) -> None:
    payload = bytes.fromhex(reply).ljust(20, b"\0")
    assert DRIVER.facts(DATA, payload) == said
    assert DRIVER.facts(DATA, CAPTURED[0] + payload) == said
    assert DRIVER.facts(DATA, WITH_CLOCK[0] + payload) == said
    assert DRIVER.facts(CONTROL, payload) == {}


def test_every_step_of_the_battery() -> None:
    """Hundredths of a volt of the vendor's SDK, and one less."""
    volts = [396, 393, 387, 382, 379, 377, 373, 370, 368, 350, 340]
    percent = [100.0, 90.0, 75.0, 60.0, 50.0, 40.0, 30.0, 20.0, 15.0, 10.0, 5.0, 0.0]

    def told(value: int) -> object:
        return DRIVER.facts(DATA, bytes.fromhex("55716400") + value.to_bytes(2, "little") + bytes(14))["battery_pct"]

    assert [told(value) for value in volts] == percent[:-1]
    assert [told(value - 1) for value in volts] == percent[1:]


def test_who_is_recognised() -> None:
    assert DRIVER.recognises("WT901BLE67", [])
    assert DRIVER.recognises(None, ["0000FFE5-0000-1000-8000-00805F9A34FB"])
    assert not DRIVER.recognises("NEWTON", ["0000ffe5-0000-1000-8000-00805f9b34fb"])
    assert not DRIVER.recognises(None, [])
    assert DRIVER in DRIVERS
    assert isinstance(decoder_for(sensor(NAME)), WitMotionFrames)


GOOD = [*CAPTURED, CAPTURED[0][:20], *WITH_CLOCK, MAGNETOMETER_REPLY, VIBRATION_SENSOR, b"\x55\x61" * 10]


@pytest.mark.slow
@given(payloads=mangled(GOOD), sizes=sizes_of_chunks)
@example([WITH_CLOCK[0], CAPTURED[0][:20], MAGNETOMETER_REPLY[:7], VIBRATION_SENSOR], [1])
@example([CAPTURED[1][:6], CAPTURED[2][:22], CAPTURED[0][:10]], [1])
@example([b"".join(WITH_CLOCK), b"\x55\x55" + b"\x55\x61" * 10, b"\x55\x61\x55\x61\x55", CAPTURED[2][22:]], [1])
@examples(300)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(decoder, payloads, sizes)
    for payload in payloads:
        DRIVER.facts(DATA, payload)


@given(cuts=st.lists(st.integers(0, 240), max_size=20).map(sorted), sizes=sizes_of_chunks)
@examples(100)
def test_frames_survive_any_split_and_merge(cuts: list[int], sizes: list[int]) -> None:
    stream = b"".join(CAPTURED)
    payloads = [stream[low:high] for low, high in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    found = keeps_its_promises(decoder, payloads, sizes)
    whole = decoder().decode(notifications_of(CAPTURED))
    np.testing.assert_array_equal(found.values, whole.values)
    assert found.bad_frames == 0

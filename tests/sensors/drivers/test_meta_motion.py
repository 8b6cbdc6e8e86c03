"""MetaMotion: the vendor's unit-test packets, lost packets, and any bytes at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.types import Placement, Sensor
from dowel.sensors.drivers.base import Notify, Silence, Write
from dowel.sensors.drivers.meta_motion import COMMAND, DATA, DRIVER, DRIVER_S, ON_THEIR_WAY_S, MetaMotion
from tests.depth import examples
from tests.sensors.drivers.payloads import bytes_of, keeps_its_promises, mangled, notifications_of, sizes_of_chunks

# MetaWear-SDK-Cpp, unit tests: packed at 8 g and at 1000 deg/s.
ACC = bytes_of("03 1c 62 b7 53 0d e9 fd 16 d0 4d 0e 57 02 8a ff a1 05 0a 01")
ACC_G = [(-4.539, 0.833, -0.131), (-2.995, 0.894, 0.146), (-0.029, 0.352, 0.065)]
GYR = bytes_of("13 07 09 15 ad 26 08 de 8a 1a 0d 26 65 e4 8d 20 ac 27 73 ec")
GYR_DEG_S = [(164.177, 301.860, -265.122), (207.134, 296.982, -215.457), (254.055, 309.634, -152.591)]
ACC_S = b"\x03\x05" + ACC[2:]
GYR_S = b"\x13\x05" + GYR[2:]
ANSWER = bytes_of("03 80 01 02")


def board(rate_hz: float = 100.0) -> MetaMotion:
    return MetaMotion(Sensor(Placement.SACRUM, "meta_motion", asked_rate_hz=rate_hz))


@pytest.mark.parametrize(("acc", "gyr"), [(ACC, GYR), (ACC_S, GYR_S)], ids=["BMI160", "BMI270"])
def test_the_vendors_packets(acc: bytes, gyr: bytes) -> None:
    found = board().decode(notifications_of([acc, gyr]))
    np.testing.assert_allclose(found.values[:, :3] / 9.80665, ACC_G, atol=5e-4)
    np.testing.assert_allclose(np.degrees(found.values[:, 3:]), GYR_DEG_S, atol=5e-4)
    np.testing.assert_allclose(found.device_time_s, [0.0, 0.01, 0.02], rtol=1e-14)
    assert (found.count.tolist(), found.bad_frames, found.clipped.any()) == ([0, 3], 0, False)


def test_one_loss_does_not_shift_what_follows() -> None:
    """Each accelerometer packet is told apart by its first number, each gyroscope packet as well."""

    def packet(head: bytes, number: int) -> bytes:
        return head + (100 * number).to_bytes(2, "little") * 9

    acc = {n: packet(b"\x03\x1c", n) for n in range(1, 7)}
    gyr = {n: packet(b"\x13\x07", n) for n in range(1, 7)}
    lost_acc_2_and_gyr_4 = [acc[1], gyr[1], gyr[2], acc[3], gyr[3], acc[4], acc[5], gyr[5], acc[6]]
    decoder = board(50.0)
    found = decoder.decode(notifications_of(lost_acc_2_and_gyr_4))
    later = decoder.decode(notifications_of([gyr[6]]))
    assert found.count.tolist() == [0, 3, 0, 0, 3, 0, 0, 3, 0]
    assert (found.bad_frames, later.bad_frames) == (2, 0)
    values = np.concatenate([found.values, later.values])[::3]
    assert np.rint(values[:, 0] / 9.80665 * 40.96).tolist() == [1, 3, 5, 6]
    assert np.rint(np.degrees(values[:, 3]) * 0.328).tolist() == [1, 3, 5, 6]
    np.testing.assert_allclose(later.device_time_s, [0.18, 0.20, 0.22], rtol=1e-14)


def test_answers_are_not_broken_frames_and_single_readings_are() -> None:
    single = bytes_of("03 04 16 c4 94 a2 2a d0")  # the same tests, not packed: we never ask for it
    found = board().decode(notifications_of([ANSWER, ACC, single, b"", b"\x03", GYR]))
    assert (found.count.tolist(), found.bad_frames) == ([0, 0, 0, 0, 0, 3], 3)


def test_clipping() -> None:
    full = b"\x03\x1c" + bytes_of("00 00 ff 7f 00 00  00 00 00 00 00 00  00 80 00 00 00 00")
    assert board().decode(notifications_of([full, GYR])).clipped.tolist() == [True, False, True]


def test_start_and_stop() -> None:
    silent = ["190100", "1903007f", "030100", "130100", "03020001", "13020001"]
    silent += ["030400", "130500", "031c00", "130700"]  # single and packed data
    configure = ["11090600060000005802", "0380", "03032808", "13032801", "031c01", "130701"]
    begin = ["03020100", "13020100", "030101", "130101"]
    steps = DRIVER.start(100.0)
    assert steps[len(silent)] == Notify(DATA)
    assert steps[len(silent) + 1] == Silence(ON_THEIR_WAY_S, Write(COMMAND, b"\xfe\x01"))
    written = [step for step in steps if isinstance(step, Write)]
    assert {step.characteristic for step in written} == {COMMAND}
    assert [step.payload.hex() for step in written] == [*silent, *configure, *begin]
    assert [step.payload.hex() for step in DRIVER.stop() if isinstance(step, Write)] == silent
    of_s = [step.payload.hex() for step in DRIVER_S.start(50.0) if isinstance(step, Write)]
    assert of_s[7:9] == ["130400", "030500"]
    assert of_s[12:16] == ["0303a702", "13032701", "030501", "130501"]
    with pytest.raises(ValueError, match="200"):
        DRIVER.start(200.0)


def test_the_board_tells_its_chip() -> None:
    assert DRIVER.facts(DATA, ANSWER) == {"driver": "meta_motion"}
    assert DRIVER.facts(DATA, bytes_of("03 80 04 00")) == {"driver": "meta_motion_s"}
    for nothing in (b"", b"\x03\x80", bytes_of("03 80 09"), ACC):
        assert DRIVER.facts(DATA, nothing) == {}


@pytest.mark.slow
@given(
    payloads=st.one_of(mangled([ACC, GYR, ACC_S, GYR_S, ANSWER]), st.lists(st.binary(max_size=40))),
    sizes=sizes_of_chunks,
)
@examples(150)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    found = keeps_its_promises(board, payloads, sizes)
    assert found.count.sum() % 3 == 0
    assert found.bad_frames <= len(payloads)

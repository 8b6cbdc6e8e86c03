"""Files that hold several sensors: the right one by its name or the place on the body, with the right samples."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import pytest

from dowel.exchange.align import align
from dowel.exchange.plausibility import check
from dowel.recordings.errors import InputError
from dowel.recordings.formats import Bundle, Recording, Told, decode, pack, unpack
from tests.recordings.formats import format_files as written
from tests.recordings.formats import suit_files as suits
from tests.recordings.formats.format_files import EPOCH_S

MOTION = written.motion(6.0)


def opened(files: Mapping[str, bytes], sensor: str = "sacrum") -> Recording:
    return decode(unpack(pack(Bundle("export", dict(files), Told(sensor=sensor)))))


CASES = {
    "delsys discover": ("delsys", suits.delsys_discover(MOTION), "Sacrum (55240)", None),
    "delsys discover, rates only": ("delsys", suits.delsys_discover(MOTION, times=False), "Sacrum (55240)", None),
    "delsys discover, commas": ("delsys", suits.delsys_discover(MOTION, decimal=","), "Sacrum (55240)", None),
    "delsys emgworks": ("delsys", suits.delsys_emgworks(MOTION), "Avanti sensor 2", None),
    "delsys emgworks, units": ("delsys", suits.delsys_emgworks(MOTION, units=True), "Avanti sensor 2", None),
    "mvnx": ("mvnx", suits.mvnx(MOTION), "sacrum", EPOCH_S),
    "opal": ("opal", suits.opal(MOTION), "sacrum", EPOCH_S),
    "opal, first version": ("opal", suits.opal_first_version(MOTION), "sacrum", EPOCH_S),
    "xdf": ("lsl_xdf", suits.xdf(MOTION), "IMU sacrum", EPOCH_S),
    "xdf, si units, no date": ("lsl_xdf", suits.xdf(MOTION, units=("m/s^2", "rad/s"), date=False), "IMU sacrum", None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_sensor_that_is_meant(case: str) -> None:
    format, files, sensor, epoch_s = CASES[case]
    recording = opened(files, sensor)
    assert recording.format == format
    assert recording.sensor
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s, atol=2e-5)
    np.testing.assert_allclose(recording.samples.acc_m_s2, MOTION.acc_m_s2, atol=2e-5)
    first = 1 if format == "mvnx" else 0  # the rate before the first frame is not in the file
    np.testing.assert_allclose(recording.samples.gyr_rad_s[first:], MOTION.gyr_rad_s[first:], atol=2e-5)
    assert recording.epoch_s == pytest.approx(epoch_s, abs=1e-3)
    assert any("are assumed" in finding for finding in recording.findings) is (case == "delsys emgworks")
    assert recording.rate_from == ("told by the file" if "rates only" in case else "measured")
    assert min(check(recording.samples, recording.stated_rate_hz).gravity_gyro_agreement) > 0.99
    again = opened(files, recording.sensor)
    assert again.samples.acc_m_s2.tobytes() == recording.samples.acc_m_s2.tobytes()


def test_opals_share_their_clock_to_a_millisecond() -> None:
    assert opened(suits.opal(MOTION)).epoch_uncertainty_s == 0.001


def test_places_find_their_sensors_and_others_are_asked_for() -> None:
    suit = suits.mvnx(MOTION, sensors=("T8", "Head", "RightUpperLeg", "Pelvis"))
    assert opened(suit, "upper_back").sensor == "T8"
    assert opened(suit, "thigh_right").sensor == "RightUpperLeg"
    with pytest.raises(InputError, match=r"holds 4 sensors \(T8, Head, .*--pick thigh_left='T8'"):
        opened(suit, "thigh_left")
    with pytest.raises(InputError, match="it must be said which is meant"):
        opened(suits.mvnx(MOTION, sensors=("LeftFoot", "RightFoot")), "")
    assert opened(suits.mvnx(MOTION, sensors=("Prop1",)), "upper_back").sensor == "Prop1"
    with pytest.raises(InputError, match=r"1 sensors? \(Head\), and none is clearly sacrum"):
        opened(suits.mvnx(MOTION, sensors=("Head",)), "sacrum")


def test_sensors_of_one_file_share_its_clock_and_two_files_do_not() -> None:
    one = suits.delsys_discover(MOTION)
    back, sacrum = (opened(one, name) for name in ("EMG 01 03558 (88016)", "sacrum"))
    assert align([back, sacrum], ["upper_back", "sacrum"]).method == "sync"
    other = opened(suits.delsys_discover(written.motion(5.0)), "sacrum")
    with pytest.raises(InputError, match="no date and time that can be used"):
        align([back, other], ["upper_back", "sacrum"])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.csv": suits.delsys_discover(MOTION)["Trial_1.csv"].replace(b"GYRO", b"MAG ")}, "ACC and GYRO"),
        (
            {"a.csv": suits.delsys_discover(MOTION, times=False)["Trial_1.csv"].replace(b" Hz", b"")},
            "neither times nor",
        ),
        ({"a.mvnx": suits.mvnx(MOTION)["session-001.mvnx"][:-4000]}, "not a whole XML file"),
        (
            {"a.mvnx": suits.mvnx(MOTION)["session-001.mvnx"].replace(b"sensorOrientation", b"orientation")},
            "lacks sensorOrientation",
        ),
        (
            {"a.mvnx": suits.mvnx(MOTION)["session-001.mvnx"].replace(b"0.0 0.0 0.0 0.", b"0.0 0.0 0.", 1)},
            "frame cannot be",
        ),
        ({"a.mvnx": b'<mvnx><!DOCTYPE a [<!ENTITY b "c">]></mvnx>'}, "not a whole XML file"),
        ({"a.xdf": suits.xdf(MOTION, units=("", ""))["sub-P001_run-001.xdf"]}, r"acc_x \(no unit\)"),
        ({"a.xdf": b"XDF:" + bytes(50)}, "damaged XDF file|no stream with"),
        ({"a.h5": suits.opal(MOTION)["20231114-231320_Walk.h5"][:3000]}, "damaged"),
    ],
)
def test_refused_with_what_is_there_and_what_to_do(files: dict[str, bytes], words: str) -> None:
    with pytest.raises(InputError, match=words):
        opened(files)


def test_hdf5_of_others_and_links_out_of_the_file_are_not_read() -> None:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["x"] = [1.0]
    with pytest.raises(InputError, match="neither the group Sensors"):
        opened({"a.h5": buffer.getvalue()})
    with h5py.File(buffer, "w") as file:
        file["Sensors/1/Time"] = np.arange(3)
        file["Sensors/1/Accelerometer"] = h5py.ExternalLink("/etc/other.h5", "x")
        file["Sensors/1/Gyroscope"] = h5py.SoftLink("/nowhere")
    with pytest.raises(InputError, match="no sensor with accelerometer and gyroscope"):
        opened({"a.h5": buffer.getvalue()})

"""WitMotion records: languages, dates of every system, bursts, sensors without a clock."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.formats import decode
from dowel.recordings.types import Samples
from tests.recordings.formats import format_files as written

MOTION = written.motion()


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_witmotion_with_chinese_headings(encoding: str) -> None:
    recording = decode(written.bundle(written.in_chinese(written.witmotion(MOTION, app=True), encoding)))
    assert recording.format == "witmotion"
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s, atol=1e-6)
    np.testing.assert_allclose(recording.samples.gyr_rad_s, MOTION.gyr_rad_s, atol=2e-6)
    np.testing.assert_allclose(recording.samples.acc_m_s2, MOTION.acc_m_s2, atol=2e-5)


@pytest.mark.parametrize(
    ("day", "half"),
    [("2023-11-14T", ""), ("11/14/2023 ", " AM"), ("14.11.2023 ", ""), ("2023/11/14 ", " am"), ("", "Z")],
)
def test_witmotion_times_of_every_system(day: str, half: str) -> None:
    [(name, data)] = written.witmotion(MOTION, app=False).items()
    lines = data.decode().split("\r\n")
    rows = [line.split("\t") for line in lines[1:-1]]
    moments = [
        f"{day}{11 if row < 500 else 12}:{59 if row < 500 else 0}:{(55 + row // 100) % 60:02d}.{row % 100 * 10:03d}"
        for row in range(len(rows))
    ]
    halves = [half if row < 500 else half.replace("A", "P").replace("a", "p") for row in range(len(rows))]
    text = [lines[0], *("\t".join([f"{m}{h}", *row[1:]]) for m, h, row in zip(moments, halves, rows, strict=True)), ""]
    recording = decode(written.bundle({name: "\r\n".join(text).encode()}))
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s, atol=1e-6)


def test_witmotion_bursts_are_spread_evenly() -> None:
    arrival_s = np.ceil(MOTION.time_s / 0.04 - 1e-9) * 0.04 + np.arange(len(MOTION)) % 4 * 0.001
    bursts = Samples(np.maximum.accumulate(arrival_s), MOTION.acc_m_s2, MOTION.gyr_rad_s)
    recording = decode(written.bundle(written.witmotion(bursts, app=True)))
    assert any("bursts" in finding for finding in recording.findings)
    np.testing.assert_allclose(np.diff(recording.samples.time_s), 0.01, rtol=0.01)


def test_witmotion_headers_are_matched_loosely() -> None:
    [(name, data)] = written.witmotion(MOTION, app=False).items()
    for old, new in (("ax(g)", "AccX(g)"), ("ay(g)", "AccY(g)"), ("az(g)", "AccZ(g)"), ("Chiptime", "Chip Time")):
        data = data.replace(old.encode(), new.encode())
    for axis in "xyz":
        data = data.replace(f"w{axis}(deg/s)".encode(), f"Gyro{axis.upper()}(°/s)".encode())
    recording = decode(written.bundle({name: data}))
    np.testing.assert_allclose(recording.samples.gyr_rad_s, MOTION.gyr_rad_s, atol=2e-6)


@pytest.mark.parametrize("chip_time", ["", "2015-01-01 00:00:00:000"])
def test_witmotion_sensor_without_a_clock(chip_time: str) -> None:
    [(name, data)] = written.witmotion(MOTION, app=True).items()
    lines = [line.split("\t") for line in data.decode().split("\r\n")]
    rows = ["\t".join([*line[:2], chip_time, *line[3:]]) for line in lines[1:-1]]
    recording = decode(written.bundle({name: "\r\n".join(["\t".join(lines[0]), *rows, ""]).encode()}))
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s, atol=1e-6)


def test_two_witmotion_sensors_in_one_file_are_refused() -> None:
    [(name, data)] = written.witmotion(MOTION, app=True).items()
    with pytest.raises(InputError, match="holds 2 sensors"):
        decode(written.bundle({name: data.replace(b"WT901(aa:bb)", b"WT901(cc:dd)", 600)}))

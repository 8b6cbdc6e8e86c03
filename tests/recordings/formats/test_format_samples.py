"""Every importer gives the samples that were written, with each format's traps, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from dowel.exchange.plausibility import check
from dowel.recordings.errors import InputError
from dowel.recordings.formats import Bundle, decode, read_bundle
from dowel.recordings.types import GRAVITY_M_S2, Samples
from tests.recordings.formats import format_files as written
from tests.recordings.formats import logger_files as logged

MOTION = written.motion()


@dataclass(frozen=True)
class Case:
    name: str
    format: str
    files: Mapping[str, bytes]
    epoch_s: float | None = None
    acc_m_s2: float = 2e-5  # six decimals of g
    rate_hz: float = written.RATE_HZ


EPOCH_S = written.EPOCH_S
CASES = [
    Case("plain csv", "plain_csv", written.plain_csv(MOTION)),
    Case("plain csv, other order", "plain_csv", written.plain_csv(MOTION, (4, 5, 6, 0, 3, 2, 1))),
    Case("sensor logger android", "sensor_logger", written.sensor_logger(MOTION, platform="android"), EPOCH_S),
    Case("sensor logger ios", "sensor_logger", written.sensor_logger(MOTION, platform="ios"), EPOCH_S),
    Case(
        "sensor logger ios standardised",
        "sensor_logger",
        written.sensor_logger(MOTION, platform="ios", standardised=True),
        EPOCH_S,
    ),
    *(
        Case(
            f"phyphox {separator!r} {decimal}",
            "phyphox",
            written.phyphox(MOTION, separator=separator, decimal=decimal),
            EPOCH_S,
        )
        for separator, decimal in ((",", "."), ("\t", "."), (";", "."), ("\t", ","), (";", ","))
    ),
    Case("phyphox simple experiment", "phyphox", written.phyphox(MOTION, labelled=False), EPOCH_S),
    Case("dot app", "movella_dot", written.movella_dot(MOTION), EPOCH_S),
    Case("dot counter wraps", "movella_dot", written.movella_dot(MOTION, start_us=2**32 - 3_000_000), EPOCH_S),
    Case("dot pc sdk", "movella_dot", written.movella_dot(MOTION, sdk=True), EPOCH_S),
    Case("metamotion", "metamotion", written.metamotion(MOTION), EPOCH_S),
    Case("metamotion old clock name", "metamotion", written.metamotion(MOTION, clock="epoc (ms)"), EPOCH_S),
    Case("x-imu3", "x_imu3", written.x_imu3(MOTION)),
    Case("qsense", "qsense", written.qsense(written.motion(rate_hz=50.0)), rate_hz=50.0),
    Case("witmotion app", "witmotion", written.witmotion(MOTION, app=True)),
    Case("witmotion app, chinese code page", "witmotion", written.witmotion(MOTION, app=True, encoding="gbk")),
    Case("sensor logger watch", "sensor_logger_watch", written.sensor_logger_watch(MOTION), EPOCH_S),
    Case("witmotion python", "witmotion", written.witmotion(MOTION, app=False)),
    Case(
        "witmotion, times of day in seconds",
        "witmotion",
        written.renamed(written.witmotion(MOTION, app=False), ("Chiptime", "Time(s)")),
    ),
    Case("mt manager, no times", "xsens_mt_manager", logged.mt_manager(MOTION)),
    Case("mt manager, ticks of 100 us", "xsens_mt_manager", logged.mt_manager(MOTION, tick_us=100)),
    Case("mt manager, ticks of 1 us, commas", "xsens_mt_manager", logged.mt_manager(MOTION, tick_us=1, separator=",")),
    Case("shimmer", "shimmer", logged.shimmer(MOTION), EPOCH_S),
    Case("shimmer, tabs", "shimmer", logged.shimmer(MOTION, separator="\t"), EPOCH_S),
    Case("shimmer, bare headings", "shimmer", logged.shimmer(MOTION, prefix="", units=False), EPOCH_S),
    Case(
        "shimmer, synchronised",
        "shimmer",
        written.renamed(logged.shimmer(MOTION), ("Timestamp_Unix", "TimestampSync_Unix")),
        EPOCH_S,
    ),
    Case(
        "shimmer, its own clock",
        "shimmer",
        written.renamed(logged.shimmer(MOTION), ("Timestamp_Unix", "Timestamp_Shimmer")),
    ),
    Case("shimmer connect", "shimmer", logged.shimmer_connect(MOTION)),
    Case("blue trident", "blue_trident", logged.blue_trident(MOTION), EPOCH_S),
    Case("sensorlog", "sensor_log", logged.sensor_log(MOTION), EPOCH_S),
    Case("sensorlog, raw sensors", "sensor_log", logged.sensor_log(MOTION, motion=False, separator=";"), EPOCH_S),
    Case("physics toolbox", "physics_toolbox", logged.physics_toolbox(MOTION)),
    Case("physics toolbox, units", "physics_toolbox", logged.physics_toolbox(MOTION, units=True)),
    Case("axivity", "axivity", logged.axivity(MOTION)),
    Case("polar", "polar", logged.polar(MOTION), acc_m_s2=1e-4),
    Case("movesense", "movesense", logged.movesense(MOTION)),
    Case("movesense recorder", "movesense", logged.movesense_recorder(MOTION)),
    Case("x-io's table", "x_imu3", logged.x_io_table(MOTION)),
    Case("androsensor", "andro_sensor", logged.andro_sensor(MOTION)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("rename", [False, True], ids=["as named", "names without suffix"])
def test_same_samples_from_every_format(case: Case, rename: bool) -> None:
    files = {name.removesuffix(".csv").removesuffix(".txt"): data for name, data in case.files.items()}
    recording = decode(written.bundle(files if rename else case.files))
    assert recording.format == case.format
    samples = recording.samples
    assert len(samples) == 12 * case.rate_hz
    np.testing.assert_allclose(samples.time_s, np.arange(len(samples)) / case.rate_hz, atol=2e-6)
    truth = written.motion_at(np.arange(len(samples)) / case.rate_hz)
    np.testing.assert_allclose(samples.acc_m_s2, truth.acc_m_s2, atol=case.acc_m_s2)
    np.testing.assert_allclose(samples.gyr_rad_s, truth.gyr_rad_s, atol=2e-6)
    assert recording.epoch_s == pytest.approx(case.epoch_s, abs=1e-5)
    assert recording.session_clock is (case.format == "plain_csv")
    seen = check(samples, recording.stated_rate_hz)
    assert min(seen.gravity_gyro_agreement) > 0.99
    assert seen.measured_rate_hz == pytest.approx(case.rate_hz, rel=1e-4)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_decode_is_deterministic(case: Case) -> None:
    first, second = decode(written.bundle(case.files)), decode(written.bundle(dict(reversed(case.files.items()))))
    assert first.samples.time_s.tobytes() == second.samples.time_s.tobytes()
    assert first.samples.acc_m_s2.tobytes() == second.samples.acc_m_s2.tobytes()
    assert first.samples.gyr_rad_s.tobytes() == second.samples.gyr_rad_s.tobytes()
    assert first.findings == second.findings


ENCODED = [case for case in CASES if case.format not in ("movesense", "physics_toolbox", "blue_trident", "polar")]


@pytest.mark.slow
@pytest.mark.parametrize("case", ENCODED, ids=lambda case: case.name)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be with mark", "latin-1", "windows line ends"])
def test_encodings_and_line_ends(case: Case, encoding: str) -> None:
    def encode(data: bytes) -> bytes:
        text = data.decode("utf-8", "replace").replace("\r\n", "\n")
        if encoding == "windows line ends":
            return text.replace("\n", "\r\n").encode()
        if encoding == "utf-16-be with mark":
            return b"\xfe\xff" + text.encode("utf-16-be")
        return text.encode(encoding, "replace")

    plain = decode(written.bundle(case.files))
    other = decode(written.bundle({name: encode(data) for name, data in case.files.items()}))
    np.testing.assert_array_equal(other.samples.acc_m_s2, plain.samples.acc_m_s2)
    np.testing.assert_array_equal(other.samples.time_s, plain.samples.time_s)


def test_a_shimmer_with_uncalibrated_values_beside_the_others() -> None:
    [(name, data)] = logged.shimmer_connect(MOTION).items()
    *head, below = data.decode().split("\n", 4)
    more = ["Shimmer", "Magnetometer X", "UNCAL", "local"]
    rows = [f"{row},7" for row in below.splitlines()]
    text = "\n".join([*(f"{line},{cell}" for line, cell in zip(head, more, strict=True)), *rows, ""])
    recording = decode(written.bundle({name: text.encode()}))
    np.testing.assert_allclose(recording.samples.acc_m_s2, MOTION.acc_m_s2, atol=1e-6)


def test_plain_csv_keeps_its_own_time() -> None:
    later = Samples(MOTION.time_s + 123.5, MOTION.acc_m_s2, MOTION.gyr_rad_s)
    recording = decode(written.bundle(written.plain_csv(later)))
    assert recording.samples.time_s[0] == 123.5
    assert recording.session_clock


def test_zeros_before_the_first_sample_are_dropped() -> None:
    files = written.sensor_logger(MOTION, platform="ios")
    lines = files["Gravity.csv"].decode().split("\n")
    lines[1:4] = [",".join([*line.split(",")[:2], "0", "0", "0"]) for line in lines[1:4]]
    recording = decode(written.bundle({**files, "Gravity.csv": "\n".join(lines).encode()}))
    assert len(recording.samples) == len(MOTION) - 3
    assert recording.epoch_s == pytest.approx(EPOCH_S + 0.03, abs=1e-6)
    assert any("3 rows of zeros" in finding for finding in recording.findings)


def test_a_resting_gyroscope_may_read_exactly_zero() -> None:
    samples = Samples(MOTION.time_s, MOTION.acc_m_s2, np.where(MOTION.time_s[:, None] < 0.5, 0.0, MOTION.gyr_rad_s))
    assert len(decode(written.bundle(written.phyphox(samples))).samples) == len(samples)


def test_old_sensor_logger_header_and_renamed_files() -> None:
    files = written.sensor_logger(MOTION, platform="ios")
    renamed = {"Metadata.csv": files["Metadata.csv"]}
    for number, (name, word) in enumerate(
        {"Accelerometer": "ACCELEROMETER", "Gravity": "GRAVITY", "Gyroscope": "GYROSCOPE"}.items()
    ):
        header = "time,seconds_elapsed," + ",".join(f"{word} {axis} (unit²)" for axis in "ZYX")
        renamed[f"{number}.csv"] = files[f"{name}.csv"].replace(b"time,seconds_elapsed,z,y,x", header.encode())
    recording = decode(written.bundle(renamed))
    np.testing.assert_allclose(recording.samples.acc_m_s2, MOTION.acc_m_s2, atol=2e-5)


@pytest.mark.parametrize("told", [True, False], ids=["metadata", "by its unit"])
@pytest.mark.parametrize("platform", ["ios", "android"])
def test_sensor_logger_uncalibrated_accelerometer(platform: str, told: bool) -> None:
    files = written.sensor_logger(MOTION, platform=platform, standardised=False)
    total = Samples(MOTION.time_s, MOTION.acc_m_s2 * (-1 / GRAVITY_M_S2 if platform == "ios" else 1), MOTION.gyr_rad_s)
    raw = written.sensor_logger(total, platform="android")["TotalAcceleration.csv"]
    kept = {name: files[name] for name in ("Gyroscope.csv", *(["Metadata.csv"] if told else []))}
    recording = decode(written.bundle({**kept, "AccelerometerUncalibrated.csv": raw}))
    np.testing.assert_allclose(recording.samples.acc_m_s2, MOTION.acc_m_s2, atol=2e-5)
    assert any("Metadata.csv is missing" in finding for finding in recording.findings) is not told
    both = {**files, "AccelerometerUncalibrated.csv": raw}
    del both["Metadata.csv"]
    np.testing.assert_allclose(decode(written.bundle(both)).samples.acc_m_s2, MOTION.acc_m_s2, atol=2e-5)


def test_a_phones_gyroscope_goes_before_its_watch() -> None:
    both = {**written.sensor_logger_watch(MOTION), **written.sensor_logger(MOTION, platform="ios")}
    recording = decode(written.bundle(both))
    assert recording.format == "sensor_logger"
    assert any("WristMotion.csv is of the watch and was not read" in finding for finding in recording.findings)


def test_a_watch_in_other_units_is_refused() -> None:
    in_m_s2 = Samples(MOTION.time_s, MOTION.acc_m_s2 * GRAVITY_M_S2, MOTION.gyr_rad_s)
    with pytest.raises(InputError, match=r"length 9\.81, not 1 \(g\)"):
        decode(written.bundle(written.sensor_logger_watch(in_m_s2)))


def test_sensor_logger_without_metadata_has_no_known_sign() -> None:
    files = written.sensor_logger(MOTION, platform="ios")
    del files["Metadata.csv"]
    with pytest.raises(InputError, match=r"Metadata\.csv is missing"):
        decode(written.bundle(files))


def test_dates_without_a_zone_beside_the_recording() -> None:
    """x-IMU3's commands and QSense's lines above the table, or the text beside it: they date the session, no more."""
    files = written.x_imu3(MOTION)
    [folder] = {name.partition("/")[0] for name in files}
    commands = b'[{"ping":{"interface":"UDP"}},{"time":"2023-11-14 23:13:20"}]'
    start = datetime(2023, 11, 14, 23, 13, 20)
    recording = decode(Bundle("log", files | {f"{folder}/Command.json": commands}))
    assert (recording.local_start, recording.epoch_s) == (start, None)
    assert "dates the session and aligns nothing" in "".join(recording.findings)
    assert decode(Bundle("log", files | {"other/Command.json": commands})).local_start is None
    damaged = decode(Bundle("log", files | {f"{folder}/Command.json": commands[:-9]}))
    assert (damaged.local_start, damaged.findings) == (
        None,
        (f"log/{folder}/Command.json cannot be read, so the date in it is not used.",),
    )
    [(name, data)] = written.qsense(written.motion(6.0, 50.0)).items()
    assert decode(Bundle("q", {name: data})).local_start == datetime(2023, 11, 14)
    undated = data.replace(b"Date: 2023-11-14", b"Session: 4")
    assert decode(Bundle("q", {name: undated})).local_start is None
    beside = {name: undated, "info.txt": b"Name: x\nStart: 2023-11-14 23:13:20\n"}
    assert decode(Bundle("q", beside)).local_start == start
    assert decode(Bundle("q", {**beside, "info.txt": beside["info.txt"] + b"End: 2023-11-15\n"})).local_start is None


def test_x_imu3_missing_samples_keep_their_place_in_time() -> None:
    keep = np.ones(len(MOTION), np.bool_)
    keep[[10, 200, 201, 777]] = False
    samples = Samples(MOTION.time_s[keep], MOTION.acc_m_s2[keep], MOTION.gyr_rad_s[keep])
    recording = decode(written.bundle(written.x_imu3(samples)))
    np.testing.assert_allclose(recording.samples.time_s, samples.time_s, atol=2e-6)
    assert check(recording.samples, None).missing_pct == pytest.approx(100 * 4 / len(MOTION), rel=0.01)


def test_qsense_reference_marks_are_told() -> None:
    recording = decode(written.bundle(written.qsense(written.motion(rate_hz=50.0))))
    assert any("1 rows are marked as reference (at 4.00 s)" in finding for finding in recording.findings)


def test_quoted_numbers() -> None:
    [(name, data)] = written.plain_csv(MOTION).items()
    quoted = b"\n".join(b",".join(b'"' + cell + b'"' for cell in line.split(b",")) for line in data.split(b"\n")[:-1])
    recording = decode(written.bundle({name: quoted + b"\n"}))
    np.testing.assert_allclose(recording.samples.gyr_rad_s, MOTION.gyr_rad_s, atol=1e-6)


def test_phyphox_pause_is_told() -> None:
    files = written.phyphox(MOTION)
    files["meta/time.csv"] += b'"PAUSE",5.0,1700000005.000,"x"\n"START",5.0,1700000060.000,"x"\n'
    recording = decode(written.bundle(files))
    assert recording.epoch_s == pytest.approx(EPOCH_S)
    assert any("paused" in finding for finding in recording.findings)


def test_repeated_rows_are_dropped_and_told() -> None:
    [(name, data)] = written.plain_csv(MOTION).items()
    lines = data.splitlines(keepends=True)
    recording = decode(written.bundle({name: b"".join([*lines[:50], lines[49], *lines[50:]])}))
    assert len(recording.samples) == len(MOTION)
    assert any("repeated time stamp" in finding for finding in recording.findings)


def test_last_line_without_end_is_dropped_and_told() -> None:
    [(name, data)] = written.plain_csv(MOTION).items()
    recording = decode(written.bundle({name: data[:-4]}))
    assert len(recording.samples) == len(MOTION) - 1
    assert any("may be cut" in finding for finding in recording.findings)


def test_real_plain_csv(real_recordings: Path) -> None:
    for path in sorted([*real_recordings.glob("seated-bends/*/*.csv"), *real_recordings.glob("squats/[bc]*[kt].csv")]):
        recording = decode(read_bundle(path))
        seen = check(recording.samples, None)
        rows = np.loadtxt(path, delimiter=",", skiprows=1)
        np.testing.assert_array_equal(recording.samples.time_s, rows[:, 0])
        np.testing.assert_array_equal(recording.samples.acc_m_s2, rows[:, 1:4])
        np.testing.assert_array_equal(recording.samples.gyr_rad_s, rows[:, 4:7])
        assert recording.findings == ()
        assert 9.8 < seen.acc_rest_m_s2 < 10.0
        assert max(seen.gravity_gyro_agreement) > 0.85
        assert seen.measured_rate_hz == pytest.approx(50 if "seated" in str(path) else 110.5, abs=0.1)
        assert seen.duplicated_times == 0
        assert seen.gaps == ()


def test_real_walking_as_plain_csv(real_recordings: Path) -> None:
    rows = np.loadtxt(real_recordings / "walking" / "healthy_adult_test5.csv", delimiter=",", skiprows=1)
    walking = Samples(rows[:, 0] / 100, rows[:, 1:4] * GRAVITY_M_S2, np.deg2rad(rows[:, 4:7]))
    recording = decode(written.bundle(written.plain_csv(walking)))
    seen = check(recording.samples, None)
    assert len(recording.samples) == len(rows)
    assert 9.3 < seen.acc_rest_m_s2 < 10.2

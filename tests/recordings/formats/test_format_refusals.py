"""What cannot be used is refused with one clear sentence: the file, what is wrong, what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.formats import Bundle, Told, decode, read_bundle
from dowel.recordings.types import Samples
from tests.recordings.formats import format_files as written
from tests.recordings.formats import logger_files as logged

MOTION = written.motion()
[(CSV_NAME, CSV)] = written.plain_csv(MOTION).items()
DOT_HEADER = written.DOT_PREAMBLE.format(sync="Synced", rate=60) + "PacketCounter,SampleTimeFine,"


def refusal(files: dict[str, bytes]) -> str:
    with pytest.raises(InputError) as caught:
        decode(written.bundle(files, next(iter(files))))
    text = str(caught.value)
    assert caught.value.exit_code == 3
    assert len(text) < 450
    assert "\n" not in text
    return text


def without(files: dict[str, bytes], *names: str) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not any(part in name for part in names)}


@pytest.mark.parametrize(
    ("files", "mode"),
    [
        (written.plain_csv(MOTION, (0, 1, 2, 3)), "gyr_x_rad_s"),
        (written.plain_csv(MOTION, (0, 1, 2, 3, 4, 5)), "gyr_x_rad_s"),
        (without(written.sensor_logger(MOTION, platform="ios"), "Gyro"), "Gyroscope in Sensor Logger"),
        (without(written.phyphox(MOTION), "Gyro"), "simple experiment"),
        ({"a.csv": (DOT_HEADER + "Quat_W,Quat_X,Quat_Y,Quat_Z\n1,2,1,0,0,0\n").encode()}, "Rate quantities"),
        ({"a.csv": (DOT_HEADER + "Euler_X,Euler_Y,Euler_Z,FreeAcc_X\n1,2,1,0,0,0\n").encode()}, "Rate quantities"),
        (
            {"a.csv": (DOT_HEADER + "dq_W,dq_X,dq_Y,dq_Z,dv[1]\n1,2,1,0,0,0,0\n").encode()},
            "Rate quantities",
        ),
        (without(written.metamotion(MOTION), "Gyro"), "MetaBase"),
        (
            {
                "Raw.csv": b"".join(f'"Linear Acceleration {a} (m/s^2)",'.encode() for a in "xyz")
                + b'"Time (s)"\n0,0,0,1\n'
            },
            "only acceleration without gravity",
        ),
        ({"Battery.csv": b"Timestamp (us),Percentage (%),Voltage (V)\n1,2,3\n"}, "Inertial.csv"),
        ({"q.txt": b"1\n2\n3\n4\n5\nax\tay\taz\tmx\tmy\tmz\n\n0\t0\t1\t0\t0\t0\n"}, "QSense app"),
        ({"w.txt": b"Chiptime\tax(g)\tay(g)\taz(g)\tAngleX(deg)\n1:1:1\t0\t0\t1\t0\n"}, "WitMotion app"),
    ],
)
def test_no_gyroscope(files: dict[str, bytes], mode: str) -> None:
    text = refusal(files)
    assert "no gyroscope data" in text
    assert "need the gyroscope's angular rate" in text
    assert mode in text


@pytest.mark.parametrize(
    "files",
    [
        without(written.sensor_logger(MOTION, platform="ios"), "Gravity", "Accel"),
        without(written.phyphox(MOTION), "Accelerometer"),
        without(written.metamotion(MOTION), "Accelerometer"),
        {"a.csv": (DOT_HEADER + "Quat_W,Gyr_X,Gyr_Y,Gyr_Z\n1,2,1,0,0,0\n").encode()},
        {"Inertial.csv": b"Timestamp (us),Gyroscope X (deg/s),Gyroscope Y (deg/s),Gyroscope Z (deg/s)\n1,2,3,4\n"},
        {"w.txt": b"Chiptime\twx(deg/s)\twy(deg/s)\twz(deg/s)\n1:1:1\t0\t0\t1\n"},
    ],
)
def test_no_accelerometer(files: dict[str, bytes]) -> None:
    assert "no accelerometer data" in refusal(files)


[SHIMMER] = logged.shimmer(written.motion(0.1)).values()
SHIMMER_IN_G = SHIMMER.replace(b"m/(s^2)", b"g")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            without(written.sensor_logger(MOTION, platform="ios"), "Gravity"),
            "Accelerometer.csv is acceleration without gravity, and no Gravity lies beside it",
        ),
        (
            {
                "g.csv": b"time,wx (rad/s),wy (rad/s),wz (rad/s)\n0.1,0,0,0\n",
                "a.csv": b"time,ax (m/s^2),ay (m/s^2),az (m/s^2)\n0.1,0,0,0\n",
            },
            "a.csv has an accelerometer in m/s^2 (columns ax (m/s^2)",
        ),
        (
            written.phyphox(MOTION)
            | {"Accelerometer.csv": b"Time (s),Acceleration x (g),Acceleration y (g),Acceleration z (g)\n"},
            "Accelerometer.csv has an accelerometer in g",
        ),
        (
            {"a.csv": b"Time,Accel-X (g), Accel-Y (g), Accel-Z (g), Gyro-X (rad/s), Gyro-Y (rad/s), Gyro-Z (rad/s)\n"},
            "has a gyroscope in rad/s (columns Gyro-X (rad/s)",
        ),
        (
            {"a.csv": SHIMMER_IN_G},
            "Accel_WR_X_CAL is in g, not in m/(s^2)",
        ),
        (
            {"a.csv": b"PacketCounter,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z\n1,2,3,4,5,6,7\n"},
            "--columns '-,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z' --units 'RATE Hz, m/s2 or g, rad/s or deg/s'",
        ),
        (
            {
                "a.csv": b"timestamp,accuracy(more=better),acc_x[m/s^2],acc_y[m/s^2],acc_z[m/s^2]\n1,3,0,0,9.8\n",
                "g.csv": b"timestamp,accuracy(more=better),ang_vel_x[rad/s],ang_vel_y[rad/s],ang_vel_z[rad/s]\n",
            },
            "--columns 'timestamp,acc_x[m/s^2],acc_y[m/s^2],acc_z[m/s^2],ang_vel_x[rad/s],ang_vel_y[rad/s],",
        ),
        (
            {"a.csv": b"timestamp_ms,acc_x[m/s^2],acc_y[m/s^2],acc_z[m/s^2],gyro_x[dps],gyro_y[dps],gyro_z[dps]\n"},
            "gyro_z[dps]' --units 'ms, m/s2, deg/s'",
        ),
        (
            {"a.csv": b"Time(ms),ax(g),ay(g),az(g),wx(deg/s),wy(deg/s),wz(deg/s)\n10,0,0,1,0,0,0\n"},
            "--columns 'Time(ms),ax(g),ay(g),az(g),wx(deg/s),wy(deg/s),wz(deg/s)' --units 'ms, g, deg/s'",
        ),
        (
            {"a.csv": b"ax,ay,az,gx,gy,gz,t_ms\n1,0,0,0,0,0,10\n"},
            "--columns 't_ms,ax,ay,az,gx,gy,gz' --units 'ms, m/s2 or g, rad/s or deg/s'",
        ),
        (
            {"a.csv": b"t (s),Temp,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n0.1,20,1,0,0,0,0,0\n"},
            "--columns 't (s),acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z' --units 's, ",
        ),
        (
            {"a.csv": b"t_c,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n20,1,0,0,0,0,0\n"},  # a temperature
            "--columns '-,acc_x",
        ),
        (
            {"a.csv": b"time,gFx,gFy,gFz,wx,wy,wz\n2018-10-03 17:23:55.4640,0.1,-0.5,-0.8,0,0,0\n"},
            "tells its time as 2018-10-03 17:23:55.4640, not in numbers",
        ),
        (
            {"a.csv": b"Acc Timestamp,AccX,AccY,AccZ,Gyro Timestamp,GyroX,GyroY,GyroZ\n1,2,3,4,5,6,7,8\n"},
            "Say what its columns and units are",
        ),
        (
            {"a.csv": b"t,linear_acc_x,linear_acc_y,linear_acc_z,gyro_x,gyro_y,gyro_z\n1,2,3,4,5,6,7\n"},
            "Say what its columns and units are",
        ),
    ],
)
def test_refusals_tell_what_is_there(files: dict[str, bytes], words: str) -> None:
    text = refusal(files)
    assert words in text
    assert "no accelerometer data" not in text
    assert "no gyroscope data" not in text


def test_real_dot_and_sit_to_stand(real_recordings: Path) -> None:
    for path in sorted((real_recordings / "movella-dot").glob("*.csv")):
        with pytest.raises(InputError, match=r"no gyroscope data, only orientation quaternions.*Rate quantities"):
            decode(read_bundle(path))
    rows = np.loadtxt(real_recordings / "sit-to-stand" / "lumbar.csv", delimiter=",")
    samples = Samples((rows[:, 0] - rows[0, 0]) * 1e-6, rows[:, 1:], np.zeros((len(rows), 3)))
    assert "no gyroscope data" in refusal(written.plain_csv(samples, (0, 1, 2, 3)))


def changed(line: int, text: str) -> dict[str, bytes]:
    lines = CSV.decode().split("\n")
    lines[line] = text
    return {CSV_NAME: "\n".join(lines).encode()}


def printed(*values: float) -> str:
    """A row as the others are printed."""
    return ",".join(f"{value:.6f}" for value in values)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.csv": b""}, "a.csv is empty"),
        ({"a.csv": b"\n\n\n"}, "header is of no known recording"),
        ({CSV_NAME: CSV.split(b"\n")[0]}, "no complete row"),
        ({CSV_NAME: CSV.split(b"\n")[0] + b"\n"}, "no complete row"),
        ({CSV_NAME: b"\n".join(CSV.split(b"\n")[:2])}, "no complete row"),
        ({CSV_NAME: b"\n".join(CSV.split(b"\n")[:2]) + b"\n"}, "no usable samples"),
        (changed(7, "0.06,1,2,3,4,5"), "line 8 has 6 cells, but the heading has 7 columns"),
        (changed(7, "0.06,1,2,,4,5,6"), "line 8, column acc_z_m_s2: the value is missing"),
        (changed(7, "0.06,1,2,nan,4,5,6"), "line 8, column acc_z_m_s2: 'nan'"),
        (changed(7, "0.06,1,2,inf,4,5,6"), "line 8, column acc_z_m_s2: 'inf'"),
        (changed(7, "0.06,1,2,three,4,5,6"), "line 8, column acc_z_m_s2: 'three'"),
        (changed(7, '0.06,"1,2,3,4,5'), "line 8: the quotation marks are not in pairs"),
        (changed(7, "0.06,1.000000,2.000000,3.000000,4,5,6"), "line 8, column time_s: 0.06 has not 6 digits after the"),
        (changed(7, "0.06,1,2,3,4,5,6,7"), "line 8 has 8 cells, but the heading has 7 columns"),
        (changed(7, "0,06,1,0,2,0,3,0,4,0,5,0,6,0"), "14 cells (decimal commas without quotation marks?)"),
        (changed(7, '"0,06",1,2,3,4,5,6'), "decimal commas (0,06) and decimal points (0.0"),
        (
            changed(0, "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s,time_s"),
            "time_s twice",
        ),
        (changed(7, "0.06,1,2,1e300,4,5,6"), "line 8, column acc_z_m_s2: '1e300' is not a usable number"),
        (changed(7, printed(0.06, 1, 2, 1e20, 4, 5, 6)), "1e+20, which no sensor measures"),
        (changed(7, printed(0.01, 1, 2, 3, 4, 5, 6)), "time goes backwards by 0.040 s"),
        (changed(1200, printed(9e5, 1, 2, 3, 4, 5, 6)), "lasts 250 h by its time stamps"),
        (changed(7, printed(-1e12, 1, 2, 3, 4, 5, 6)), "is too large. Write it in seconds"),
        ({"a.csv": b"\x89PNG\r\n\x1a\n" + bytes(100)}, "a PNG picture, not text"),
        ({"a.csv": b"\xff\xd8\xff\xe0" + bytes(100)}, "a JPEG picture"),
        ({"a.csv.gz": b"\x1f\x8b\x08\0" + bytes(100)}, "than zip, not text. Unpack it and import what is in it."),
        ({"a.csv": bytes(range(256))}, "binary data"),
        ({"a.csv": b"x" * 3_000_000}, "no known recording"),
        ({"a.json": b'[{"sensor": "Accelerometer", "x": "1"}]'}, "is JSON. Choose CSV"),
        ({"a.json": b"{}", "a.csv": b"t,a,b,c,d,e,f\n1,2,3,4,5,6,7\n"}, "Say what its columns and units are"),
        ({"a.csv": b"t,x,y,z\n1,2,3,4\n", "g.csv": b"t,x,y,z\n1,2,3,4\n"}, "them all). Write plain CSV with"),
        ({"a.csv": b"0,0,0,0,0,0,0\n1,2,3,4,5,6,7\n"}, "Say what its columns and units are"),
        ({"a/s.csv": CSV, "b/s.csv": CSV}, "2 recordings in one place"),
        ({"a.csv": b"1,2,3,4\n1,2,3,4\n"}, "no known recording"),
    ],
)
def test_unusable_files(files: dict[str, bytes], words: str) -> None:
    assert words in refusal(files)


BOARD = "ax,ay,az,gx,gy,gz,t_ms\n" + "0,0,1,0,0,0,10\n" * 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOARD, "nothing in it tells their units or the program"),
        (BOARD.replace(",t_ms", "").replace(",10", ""), "nothing in it tells their units and rate"),
        (BOARD.replace(",", "\t"), "nothing in it tells their units"),
        ("QSense\n" + BOARD, "nothing in it tells their units"),
        ("QSense\n" + BOARD.replace(",", "\t"), "nothing in it tells their units"),
        ("Board ready\n\n" + BOARD.replace(",t_ms", "").replace(",10", "").replace(",", "\t"), "units and rate"),
        (
            "1\n2\n3\n4\n5\n" + BOARD.replace(",t_ms", "").replace(",10", "").replace("gz\n", "gz\n\n", 1),
            "units and rate",
        ),
        ("1\n2\n3\n4\n5\n" + BOARD.replace(",t_ms", "").replace(",10", "").replace(",", "\t"), "units and rate"),
        ("t," + BOARD.replace("\n", "\n1,"), "nothing in it tells their units"),
        (BOARD.replace("g", "b"), "Tell them with --columns and --units, if there is a gyroscope among them."),
        (BOARD.replace("t_ms", "time index"), "--columns '-,ax,ay,az,gx,gy,gz' --units 'RATE Hz"),
    ],
)
def test_columns_without_units_are_of_nobody(text: str, words: str) -> None:
    assert words in refusal({"board.csv": text.encode()})


@pytest.mark.parametrize(
    ("files", "file", "unit"),
    [
        (written.renamed(written.phyphox(MOTION), ("rad/s", "deg/s")), "Gyroscope.csv", "in deg/s"),
        (written.renamed(written.phyphox(MOTION, labelled=False), ("rad/s", "°/s")), "Gyroscope.csv", "in °/s"),
        (written.renamed(written.x_imu3(MOTION), ("(deg/s)", "(rad/s)")), "Inertial.csv", "in rad/s"),
        (written.renamed(written.metamotion(MOTION), ("(deg/s)", "(rad/s)")), "Gyroscope_100", "in rad/s"),
        (
            {
                **without(written.sensor_logger(MOTION, platform="ios"), "Gyro"),
                "Gyroscope.csv": b"t,x,y,z\n0,1,2,3\n",
            },
            "Gyroscope.csv has a gyroscope",
            "t, x, y, z",
        ),
        (
            written.renamed(written.plain_csv(MOTION), ("gyr_x_rad_s", "gyr_x_deg_s")),
            "sacrum.csv has a gyroscope",
            "gyr_x_deg_s",
        ),
        (written.renamed(written.movella_dot(MOTION), ("Gyr_X", "Gyr_X(rad/s)")), "Sacrum_20231115.csv", "in rad/s"),
    ],
)
def test_a_gyroscope_that_is_there_is_not_denied(files: dict[str, bytes], file: str, unit: str) -> None:
    text = refusal(files)
    assert "no gyroscope data" not in text
    assert file in text
    assert unit in text


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            written.renamed(written.plain_csv(MOTION), ("time_s", "Time")),
            "lacks the columns time_s; it has Time instead",
        ),
        (
            written.renamed(written.plain_csv(MOTION), ("acc_x_m_s2", "acc_x_g")),
            "lacks the columns acc_x_m_s2; it has acc_x_g",
        ),
        (written.plain_csv(MOTION, (0, 4, 5, 6)), "lacks the columns acc_x_m_s2, acc_y_m_s2, acc_z_m_s2."),
        ({"a.csv": b"t,a_x,a_y,a_z,b\n1,2,3,4,5\n"}, "header t, a_x, a_y, a_z ... is of no known recording"),
    ],
)
def test_a_near_miss_says_what_differs(files: dict[str, bytes], words: str) -> None:
    assert words in refusal(files)


@pytest.mark.parametrize(
    ("headings", "row", "told"),
    [
        ("elapsed,accX,accY,accZ,gyrX,gyrY,gyrZ", "1,0,0,1,0,0,0", "'elapsed,accX,accY,accZ,gyrX,gyrY,gyrZ'"),
        ("Zeit,accX,accY,accZ,gyrX,gyrY,gyrZ", "1,0,0,1,0,0,0", "'Zeit,accX"),
        ("$t,accX,accY,accZ,gyrX,gyrY,gyrZ", "1,0,0,1,0,0,0", "'$t,accX"),
        ("t/ms,ax,ay,az,gx,gy,gz", "1,0,0,1,0,0,0", "'t/ms,ax,ay,az,gx,gy,gz' --units 'ms, "),
        ("date,ax,ay,az,gx,gy,gz", "2024-05-01 10:00:00.1,0,0,1,0,0,0", "'date,ax,ay,az,gx,gy,gz' --units 'date, "),
        (
            "Date,Time,ax,ay,az,gx,gy,gz",
            "2024-05-01,10:00:00.1,0,0,1,0,0,0",
            "'Time,ax,ay,az,gx,gy,gz' --units 'date, ",
        ),
        ("updated,ax,ay,az,gx,gy,gz", "1,0,0,1,0,0,0", "'-,ax,ay,az,gx,gy,gz' --units 'RATE Hz, "),
        ("t,accX,accY,accZ,angular_velocity_x,angular_velocity_y,angular_velocity_z", "1,0,0,1,0,0,0", "'t,accX"),
        ("t,accX,accY,accZ,omega_x,omega_y,omega_z", "1,0,0,1,0,0,0", "'t,accX"),
    ],
)
def test_columns_of_time_are_found(headings: str, row: str, told: str) -> None:
    assert f"--columns {told}" in refusal({"log.csv": f"{headings}\n{row}\n".encode()})


def test_two_tables_whose_times_have_two_names_cannot_be_told() -> None:
    files = {"acc.csv": b"time_a,ax,ay,az\n0,0,0,1\n", "gyr.csv": b"time_g,gx,gy,gz\n0,0,0,0\n"}
    said = refusal(files)
    assert "--columns" not in said
    assert "Write plain CSV with the columns time_s, " in said


@pytest.mark.parametrize(
    ("unit", "cell", "words"),
    [
        (
            "s",
            "2024-05-01 10:00:00.100",
            "is a date or time of day. Write date in place of the unit of time in --units",
        ),
        ("date", "0.01", "is a number. Write its unit (s, ms, us or ns) in place of the unit of time in --units"),
    ],
)
def test_times_of_another_kind_than_told(unit: str, cell: str, words: str) -> None:
    log = f"t,ax,ay,az,gx,gy,gz\n{cell},0,0,1,0,0,0\n"
    with pytest.raises(InputError) as caught:
        decode(
            Bundle("log.csv", {"log.csv": log.encode()}, Told(columns="t,ax,ay,az,gx,gy,gz", units=f"{unit}, g, deg/s"))
        )
    assert words in str(caught.value)


def test_huge_lines() -> None:
    assert "line 77 has 6 cells" in refusal({CSV_NAME: CSV[:5000] + b"1" * 2_000_000 + b"\n"})
    recording = decode(written.bundle({CSV_NAME: CSV[:5000] + b"1" * 2_000_000}))
    assert any("may be cut" in finding for finding in recording.findings)


def test_time_stamps_in_whole_seconds_are_refused() -> None:
    samples = Samples(np.floor(MOTION.time_s), MOTION.acc_m_s2, MOTION.gyr_rad_s)
    assert "Export with finer time stamps" in refusal(written.plain_csv(samples))


def test_streams_that_do_not_overlap_are_refused() -> None:
    late = Samples(MOTION.time_s + 60, MOTION.acc_m_s2, MOTION.gyr_rad_s)
    assert "do not overlap in time" in refusal(written.metamotion(MOTION, late))


def test_messages_name_the_export_and_no_order_matters() -> None:
    files = {"b/s.csv": CSV, "a/s.csv": CSV, "c": b"\x1b[31m"}
    messages = set()
    for order in (files, dict(reversed(files.items()))):
        with pytest.raises(InputError) as caught:
            decode(written.bundle(order, "sacrum.zip"))
        messages.add(str(caught.value))
    assert len(messages) == 1
    assert "(sacrum.zip/a/s.csv, sacrum.zip/b/s.csv)" in messages.pop()


def test_messages_cannot_steer_the_terminal() -> None:
    text = refusal({"a\x1b[2J.csv": (DOT_HEADER + "Quat_W\n1,2,1\n").encode(), "b": b""})
    assert text.isprintable()
    header = "Timestamp (us),\x1b[2Jx,y,z\n1,2,3,4\n"
    assert refusal({"a.csv": header.encode()}).isprintable()


def test_files_of_two_sensors_are_refused() -> None:
    files = written.metamotion(MOTION)
    assert "two sensors" in refusal({**files, **{name.replace("C6BA", "FFFF"): data for name, data in files.items()}})

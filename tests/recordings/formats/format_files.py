"""Recordings of one known motion, written as each app writes them.

Every writer returns the files of an export (name to bytes). All describe the same simulated sensor, so every importer
must give the same samples within what its format resolves.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from functools import cache

import numpy as np

from dowel.recordings.formats import Bundle
from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Samples

EPOCH_S = 1_700_000_000.0
RATE_HZ = 100.0


def motion_at(time_s: FloatArray) -> Samples:
    """A sensor that stands still for a second, then tilts about two axes by up to 1 rad; gravity only.

    With R = Rz(yaw) Ry(pitch) Rx(roll) and yaw held, gravity and rate in the sensor are exact.
    """
    phase = np.clip(time_s - 1.0, 0.0, None)
    roll, roll_rate = 0.4 * np.sin(1.7 * phase) ** 2, 0.4 * 1.7 * np.sin(3.4 * phase)
    pitch, pitch_rate = 1.0 * np.sin(0.9 * phase) ** 2, 1.0 * 0.9 * np.sin(1.8 * phase)
    acc = GRAVITY_M_S2 * np.column_stack([-np.sin(pitch), np.sin(roll) * np.cos(pitch), np.cos(roll) * np.cos(pitch)])
    gyr = np.column_stack([roll_rate, np.cos(roll) * pitch_rate, -np.sin(roll) * pitch_rate])
    return Samples(time_s, acc, gyr)


@cache
def motion(duration_s: float = 12.0, rate_hz: float = RATE_HZ) -> Samples:
    return motion_at(np.arange(round(duration_s * rate_hz)) / rate_hz)


def bundle(files: Mapping[str, bytes], name: str = "export") -> Bundle:
    return Bundle(name, dict(files))


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def table(header: str, rows: FloatArray, formats: str, separator: str = ",", end: str = "\n") -> str:
    """A header line and rows; ``formats`` has one printf format per column, separated by blanks."""
    line = separator.join(formats.split())
    return header + end + "".join(line % tuple(row) + end for row in rows.tolist())


def plain_csv(samples: Samples, columns: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)) -> dict[str, bytes]:
    names = np.array(["time_s", "acc_x_m_s2", "acc_y_m_s2", "acc_z_m_s2", "gyr_x_rad_s", "gyr_y_rad_s", "gyr_z_rad_s"])
    values = np.column_stack([samples.time_s, samples.acc_m_s2, samples.gyr_rad_s])[:, list(columns)]
    text = table(",".join(names[list(columns)]), values, " ".join(["%.6f"] * len(columns)))
    return {"sacrum.csv": text.encode()}


def sensor_logger(samples: Samples, *, platform: str, standardised: bool = False) -> dict[str, bytes]:
    """Android writes total acceleration too; an iPhone turns the signs of accelerometer and gravity unless told."""
    sign = -1.0 if platform == "ios" and not standardised else 1.0
    linear = 0.01 * np.sin(samples.time_s)[:, None] * np.array([1.0, 2.0, 3.0])

    def one(time_s: FloatArray, xyz: FloatArray) -> bytes:
        ns = (EPOCH_S * 1e9 + np.round(time_s * 1e9)).astype(np.int64)
        rows = zip(ns.tolist(), time_s.tolist(), xyz[:, ::-1].tolist(), strict=True)
        lines = [f"{stamp},{elapsed:.9f},{z:.9f},{y:.9f},{x:.9f}\n" for stamp, elapsed, (z, y, x) in rows]
        return ("time,seconds_elapsed,z,y,x\n" + "".join(lines)).encode()

    files = {
        "Accelerometer.csv": one(samples.time_s, sign * linear),
        "Gravity.csv": one(samples.time_s, sign * (samples.acc_m_s2 - linear)),
        "Gyroscope.csv": one(samples.time_s, samples.gyr_rad_s),
        "Orientation.csv": b"time,seconds_elapsed,qz,qy,qx,qw,roll,pitch,yaw\n1,0,0,0,0,1,0,0,0\n",
        "Metadata.csv": (
            "version,device name,recording epoch time,recording time,recording timezone,platform,appVersion,device id,"
            "sensors,sampleRateMs,standardisation,platform version\n"
            f"3,Phone,1700000000000,2023-11-14_22-13-20,UTC,{platform},1.40,abc,Accelerometer|Gravity|Gyroscope,"
            f"10|10|10,{str(standardised).lower()},17\n"
        ).encode(),
    }
    if platform == "android":
        files["TotalAcceleration.csv"] = one(samples.time_s, samples.acc_m_s2)
    return files


def sensor_logger_watch(samples: Samples) -> dict[str, bytes]:
    """An Apple Watch's file: gravity down and the rest of acceleration in g, rates in rad/s."""
    names = [f"{name}{axis}" for name in ("rotationRate", "gravity", "acceleration") for axis in "XYZ"]
    linear = 0.01 * np.sin(samples.time_s)[:, None] * np.array([1.0, 2.0, 3.0])
    rows = np.column_stack([samples.gyr_rad_s, -samples.acc_m_s2 / GRAVITY_M_S2 - linear, linear])
    lines = [",".join(["time", "seconds_elapsed", *names, "quaternionW", "pitch"]) + "\n"]
    for time_s, values in zip(samples.time_s.tolist(), rows.tolist(), strict=True):
        stamp = round(EPOCH_S * 1e9) + round(time_s * 1e9)
        lines.append(f"{stamp},{time_s:.9f}," + ",".join(f"{value:.9f}" for value in values) + ",1.0,0.0\n")
    raw = "time,seconds_elapsed,x,y,z\n1700000000000000000,0.0,0.1,0.2,-1.0\n"
    return {"WristMotion.csv": "".join(lines).encode(), "WatchAccelerometerUncalibrated.csv": raw.encode()}


def in_chinese(files: Mapping[str, bytes], encoding: str) -> dict[str, bytes]:
    """A WitMotion record with the headings of the Chinese app."""
    words = {
        "Chip Time": "片上时间",
        "Time": "时间",
        "Device name": "设备名称",
        "Acceleration ": "加速度",
        "Angular velocity ": "角速度",
        "Angle ": "角度",
    }
    text = {name: data.decode() for name, data in files.items()}
    for english, chinese in words.items():
        text = {name: content.replace(english, chinese) for name, content in text.items()}
    return {name: content.encode(encoding) for name, content in text.items()}


def phyphox(samples: Samples, *, separator: str = ",", decimal: str = ".", labelled: bool = True) -> dict[str, bytes]:
    def one(quantity: str, unit: str, xyz: FloatArray) -> bytes:
        names = ["Time (s)"]
        names += [f"{quantity} {a} ({unit})" if labelled else f"{a.upper()} ({unit})" for a in "xyz"]
        header = separator.join(f'"{name}"' for name in names)
        rows = np.column_stack([samples.time_s, xyz])
        head, body = table(header, rows, "%.9E %.9E %.9E %.9E", "|").split("\n", 1)
        body = re.sub(r"E\+?(-?)0(\d)", r"E\1\2", body)
        return (head + "\n" + body.replace(".", decimal).replace("|", separator)).encode()

    meta = f'"event","experiment time","system time","system time text"\n"START",0.5,{EPOCH_S + 0.5:.3f},"now"\n'
    return {
        "Accelerometer.csv": one("Acceleration", "m/s^2", samples.acc_m_s2),
        "Gyroscope.csv": one("Gyroscope", "rad/s", samples.gyr_rad_s),
        "meta/time.csv": meta.encode(),
        "meta/device.csv": b'"property","value"\n"version","1.1"\n',
    }


DOT_PREAMBLE = (
    "sep=,\nDeviceTag:,sacrum\nFirmwareVersion:,2.0.0\nAppVersion:,2021.0\nSyncStatus:,{sync}\nOutputRate:,{rate}Hz\n"
    "FilterProfile:,General\nMeasurement Mode:,Rate quantities\nStartTime: ,2023-11-15_06:13:20_000 GMT+8\n"
    "© Xsens Technologies B. V. 2005-2021\n\n"
)


def movella_dot(
    samples: Samples, *, start_us: int = 5_000_000, rate: int = 100, sync: str = "NotSynced", sdk: bool = False
) -> dict[str, bytes]:
    """The app's file; as written by the PC SDK with a first row of zeros and an empty last column."""
    counter = (start_us + np.round(samples.time_s * 1e6).astype(np.int64)) % 2**32
    values = np.column_stack([samples.acc_m_s2, np.rad2deg(samples.gyr_rad_s)])
    tail = ",0,0,0,0," if sdk else ""
    header = "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z"
    header += ",Mag_X,Mag_Y,Mag_Z,Status," if sdk else ""
    lines = [f"0,{(start_us - 10_000) % 2**32},0,0,0,0,0,0{tail}\n"] if sdk else []
    for row, (stamp, six) in enumerate(zip(counter.tolist(), values.tolist(), strict=True), 1):
        lines.append(f"{row},{stamp}," + ",".join(f"{value:.6f}" for value in six) + tail + "\n")
    text = DOT_PREAMBLE.format(sync=sync, rate=rate) + header + "\n" + "".join(lines)
    return {"Sacrum_20231115.csv": text.encode()}


def metamotion(samples: Samples, gyr_samples: Samples | None = None, clock: str = "epoch (ms)") -> dict[str, bytes]:
    gyr_samples = gyr_samples or samples

    def one(unit: str, time_s: FloatArray, xyz: FloatArray) -> bytes:
        epoch_ms = np.round((EPOCH_S + time_s) * 1e3)
        lines = [f"{clock},time (01:00),elapsed (s),x-axis ({unit}),y-axis ({unit}),z-axis ({unit})\n"]
        for stamp, elapsed, (x, y, z) in zip(epoch_ms.tolist(), time_s.tolist(), xyz.tolist(), strict=True):
            lines.append(f"{stamp:.0f},2023-11-14T23.13.20.000,{elapsed:.3f},{x:.6f},{y:.6f},{z:.6f}\n")
        return "".join(lines).encode()

    stem = "MetaWear_2023-11-14T23.13.20.000_C6BA1B4F5D1D"
    return {
        f"{stem}_Accelerometer_100.000Hz_1.5.0.csv": one("g", samples.time_s, samples.acc_m_s2 / GRAVITY_M_S2),
        f"{stem}_Gyroscope_100.000Hz_1.5.0.csv": one("deg/s", gyr_samples.time_s, np.rad2deg(gyr_samples.gyr_rad_s)),
    }


def x_imu3(samples: Samples) -> dict[str, bytes]:
    header = ",".join(
        ["Timestamp (us)", *(f"Gyroscope {a} (deg/s)" for a in "XYZ"), *(f"Accelerometer {a} (g)" for a in "XYZ")]
    )
    stamps = 77_000_000 + np.round(samples.time_s * 1e6)
    rows = np.column_stack([stamps, np.rad2deg(samples.gyr_rad_s), samples.acc_m_s2 / GRAVITY_M_S2])
    return {
        "sacrum 64F0EDBF (UDP)/Inertial.csv": table(header, rows, "%.0f" + " %.6f" * 6).encode(),
        "sacrum 64F0EDBF (UDP)/Battery.csv": b"Timestamp (us),Percentage (%),Voltage (V),Status\n77000000,90,4.1,0\n",
    }


def qsense(samples: Samples) -> dict[str, bytes]:
    rows = np.column_stack([samples.acc_m_s2 / GRAVITY_M_S2, np.rad2deg(samples.gyr_rad_s), np.ones((len(samples), 3))])
    header, body = table("ax ay az gx gy gz mx my mz".replace(" ", "\t"), rows, "%.6f " * 9, "\t").split("\n", 1)
    lines = body.split("\n")
    lines[200] += "\tReference"
    preamble = "QSense\nDevice: 12\nFirmware: 1.4\nDate: 2023-11-14\nSubject: x\n"
    return {"imu.txt": (preamble + header + "\n\n" + "\n".join(lines)).encode()}


def witmotion(samples: Samples, *, app: bool, encoding: str = "utf-8") -> dict[str, bytes]:
    """The phone app's words and code page, or the vendor's Python example."""
    rows = np.column_stack([samples.acc_m_s2 / GRAVITY_M_S2, np.rad2deg(samples.gyr_rad_s)])
    if app:
        names = ["Time", "Device name", "Chip Time()"]
        names += (
            [f"Acceleration {a}(g)" for a in "XYZ"] + [f"Angular velocity {a}(°/s)" for a in "XYZ"] + ["Angle X(°)"]
        )
    else:
        names = ["Chiptime", *(f"a{a}(g)" for a in "xyz"), *(f"w{a}(deg/s)" for a in "xyz"), "AngleX(deg)"]
    lines = ["\t".join(names) + "\r\n"]
    for time_s, six in zip(samples.time_s.tolist(), rows.tolist(), strict=True):
        ms = 59_995_000 + 26_400_000 + round(time_s * 1e3)  # passes midnight after 5 s
        day, ms = 14 + ms // 86_400_000, ms % 86_400_000
        clock = f"{ms // 3_600_000}:{ms // 60_000 % 60}:{ms // 1000 % 60}"
        values = "\t".join(f"{value:.6f}" for value in six) + "\t0.0"
        if app:
            lines.append(
                f" {clock}.{ms % 1000:03d}\tWT901(aa:bb)\t 2023-11-{day} {clock}:{ms % 1000:03d}\t{values}\r\n"
            )
        else:
            lines.append(f"2023-11-{day} {clock}.{ms % 1000}\t{values}\r\n")
    return {"record.txt": "".join(lines).encode(encoding)}


def renamed(files: dict[str, bytes], *pairs: tuple[str, str]) -> dict[str, bytes]:
    """Files with other headings."""
    for old, new in pairs:
        assert any(old.encode() in data for data in files.values())
        files = {name: data.replace(old.encode(), new.encode()) for name, data in files.items()}
    return files

"""Small recordings of several sensors in one file, as Delsys, Xsens MVN, Opals and LSL write them.

The layouts are those of real files (Delsys, MVN), of programs that read them (Opals) and of the format's description
(XDF). The first sensor is always another one, which does not move.
"""

from __future__ import annotations

import io
import struct

import numpy as np
from scipy.spatial.transform import Rotation

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Samples
from tests.recordings.formats.format_files import EPOCH_S

G = GRAVITY_M_S2


def delsys_discover(samples: Samples, *, times: bool = True, decimal: str = ".") -> dict[str, bytes]:
    """Two sensors, EMG at twice the rate, so the cells of the others end half way down."""
    separator = ", " if decimal == "." else "; "
    channels = ["EMG 1 (mV)", *(f"ACC {a} (G)" for a in "XYZ"), *(f"GYRO {a} (deg/s)" for a in "XYZ")]
    rate = 1 / np.diff(samples.time_s).mean()
    rates = [2 * rate, *[rate] * 6]
    six = np.hstack([samples.acc_m_s2 / G, np.rad2deg(samples.gyr_rad_s)])
    columns: list[list[str]] = []
    names: list[str] = []
    for sensor in ("EMG 01 03558 (88016)", "Sacrum (55240)"):
        still = sensor.startswith("EMG")
        for number, (channel, hz) in enumerate(zip(channels, rates, strict=True)):
            values = np.zeros(2 * len(samples)) if number == 0 else six[:, number - 1] * (not still)
            if times:
                stem = channel.split(" (")[0]
                stamps = [f"{row / hz:.7f}" for row in range(len(values))]
                columns.append([f"{stem} Time Series (s)", "", *stamps])
            columns.append([channel, f"{hz:.4f} Hz", *(f"{value:.7f}" for value in values)])
            names += ([sensor] if number == 0 else [""]) + ([""] if times else [])
    height = max(map(len, columns))
    rows = [[column[row] if row < len(column) else "" for column in columns] for row in range(height)]
    head = [
        "Application:, Trigno Discover (1.7.0)",
        "Date/Time:, 4/10/2026 12:13:39 PM",
        "Collection Length (seconds):, 9",
    ]
    lines = [*head, separator.join(names), separator.join("sensor mode: 55" if name else "" for name in names)]
    lines += [separator.join(row) for row in rows]
    text = "\n".join([*lines[:6], *(line.replace(".", decimal) for line in lines[6:]), ""])
    return {"Trial_1.csv": text.encode()}


def delsys_emgworks(samples: Samples, *, units: bool = False) -> dict[str, bytes]:
    """A column of times before each channel, and the sensor in each heading."""
    six = np.hstack([samples.acc_m_s2 / G, np.rad2deg(samples.gyr_rad_s)])
    names, columns = [], []
    for number in (1, 2):
        kinds = [(f"{kind}.{a}", unit) for kind, unit in (("ACC", "g"), ("GYRO", "deg/s")) for a in "XYZ"]
        for column, (kind, unit) in enumerate(kinds):
            names += ["X[s]", f'"Avanti sensor {number}: {kind} {number}{f" [{unit}]" if units else ""}"']
            columns += [samples.time_s, six[:, column] * (number == 2)]
    rows = np.column_stack(columns)
    lines = [",".join(names), *(",".join(f"{value:.7f}" for value in row) for row in rows.tolist()), ""]
    return {"Run_Rep_1.csv": "\n".join(lines).encode()}


def mvnx(samples: Samples, *, rate_hz: float = 100.0, sensors: tuple[str, ...] = ("T8", "Pelvis")) -> dict[str, bytes]:
    """The last sensor moves as the samples say: its attitude is the integral of its rate, from frame to frame."""
    rotation = Rotation.from_euler("xyz", [0.3, -0.2, 1.0])
    quaternions, free = [], []
    for row in range(len(samples)):
        if row:
            rotation = rotation * Rotation.from_rotvec(samples.gyr_rad_s[row] / rate_hz)
        quaternions.append(rotation.as_quat(scalar_first=True))
        free.append(rotation.apply(samples.acc_m_s2[row]) - [0, 0, G])
    still = "1.0 0.0 0.0 0.0 " * (len(sensors) - 1)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<mvnx version="4">', '<mvn version="2019.0.0"/>']
    lines += [f'<subject label="S" frameRate="{rate_hz:g}" segmentCount="23">', "<sensors>"]
    lines += [f'<sensor label="{name}"/>' for name in sensors] + ["</sensors>", "<frames>"]
    lines += ['<frame time="0" ms="0" type="tpose"><orientation>1 0 0 0</orientation></frame>']
    for row, (q, a) in enumerate(zip(quaternions, free, strict=True)):
        ms = round(row * 1e3 / rate_hz)
        lines.append(f'<frame time="{ms}" index="{row}" ms="{round(EPOCH_S * 1e3) + ms}" type="normal">')
        lines.append(f"<sensorFreeAcceleration>{'0 0 0 ' * (len(sensors) - 1)}{_texts(a)}</sensorFreeAcceleration>")
        lines.append(f"<sensorOrientation>{still}{_texts(q)}</sensorOrientation></frame>")
    return {"session-001.mvnx": "\n".join([*lines, "</frames></subject></mvnx>", ""]).encode()}


def _texts(values: FloatArray) -> str:
    return " ".join(f"{value:.10f}" for value in values)


def opal(samples: Samples, label: str = "Lumbar") -> dict[str, bytes]:
    """Motion Studio's layout: a group for each sensor's number, its label an attribute padded with zeros."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["FormatVersion"] = 5
        for number, name, moves in (("3140", "Sternum", 0.0), ("3142", label, 1.0)):
            group = file.create_group(f"Sensors/{number}")
            group.create_group("Configuration").attrs["Label 0"] = np.bytes_(name.encode().ljust(32, b"\0"))
            group["Time"] = (np.round((EPOCH_S + samples.time_s) * 1e6)).astype(np.uint64)
            group["Accelerometer"] = samples.acc_m_s2 * moves
            group["Gyroscope"] = samples.gyr_rad_s * moves
        file.create_group("Processed/3142")
    return {"20231114-231320_Walk.h5": buffer.getvalue()}


def opal_first_version(samples: Samples, label: str = "Lumbar") -> dict[str, bytes]:
    """Version 4 of Mobility Lab's layout: a group for each number, named in two lists of the file."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["FileFormatVersion"] = 4
        file.attrs["CaseIdList"] = np.array([b"SI-000738", b"SI-000739"], "S11")
        file.attrs["MonitorLabelList"] = np.array([b"Sternum", label.encode()], "S16")
        for number, moves in (("SI-000738", 0.0), ("SI-000739", 1.0)):
            group = file.create_group(number)
            group.attrs["SampleRate"] = 100
            group["Time"] = (np.round((EPOCH_S + samples.time_s) * 1e6)).astype(np.uint64)
            group["Calibrated/Accelerometers"] = samples.acc_m_s2 * moves
            group["Calibrated/Gyroscopes"] = samples.gyr_rad_s * moves
    return {"20131114-231320_Walk.h5": buffer.getvalue()}


def xdf(samples: Samples, *, units: tuple[str, str] = ("g", "deg/s"), date: bool = True) -> dict[str, bytes]:
    """Two streams of sensors and one of markers, in LabRecorder's chunks."""
    factors = {"g": 1 / G, "m/s^2": 1.0, "deg/s": np.rad2deg(1.0), "rad/s": 1.0}
    six = np.hstack([samples.acc_m_s2 * factors.get(units[0], 1.0), samples.gyr_rad_s * factors.get(units[1], 1.0)])
    labels = [f"{kind}_{a}" for kind in ("acc", "gyr") for a in "xyz"]
    channels = "".join(
        f"<channel><label>{name}</label><unit>{units[i // 3]}</unit></channel>" for i, name in enumerate(labels)
    )
    begun = "<datetime>2023-11-14T23:13:20+0100</datetime>" if date else ""
    chunks = [_chunk(1, f"<?xml version='1.0'?><info><version>1.0</version>{begun}</info>".encode())]
    for number, name in ((1, "IMU head"), (2, "IMU sacrum")):
        info = f"<name>{name}</name><type>IMU</type><channel_count>6</channel_count><nominal_srate>100</nominal_srate>"
        info += f"<channel_format>double64</channel_format><desc><channels>{channels}</channels></desc>"
        chunks.append(_chunk(2, struct.pack("<I", number) + f"<?xml version='1.0'?><info>{info}</info>".encode()))
    for number in (1, 2):
        for start in range(0, len(samples), 50):
            rows = six[start : start + 50] * (number == 2)
            body = struct.pack("<IBB", number, 1, len(rows))
            for time_s, row in zip(samples.time_s[start : start + 50], rows, strict=True):
                body += struct.pack("<Bd6d", 8, 5000.0 + time_s, *row)
            chunks.append(_chunk(3, body))
        chunks.append(_chunk(6, struct.pack("<I", number) + b"<?xml version='1.0'?><info></info>"))
    return {"sub-P001_run-001.xdf": b"XDF:" + b"".join(chunks)}


def _chunk(tag: int, content: bytes) -> bytes:
    return struct.pack("<BIH", 4, 2 + len(content), tag) + content

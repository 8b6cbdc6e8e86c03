"""The same small recording as the programs write it whose tables are known by their headings.

Headings, units and quirks are those of real files, or of the programs' own source and documentation.
"""

from __future__ import annotations

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Samples
from tests.recordings.formats.format_files import EPOCH_S, table

G = GRAVITY_M_S2
ACC_GYR = [f"{kind}_{axis}" for kind in ("Acc", "Gyr") for axis in "XYZ"]


def _six(samples: Samples, acc: float, gyr: float) -> FloatArray:
    return np.hstack([samples.acc_m_s2 * acc, samples.gyr_rad_s * gyr])


def shimmer(
    samples: Samples, *, separator: str = ",", prefix: str = "Shimmer_40AC_", units: bool = True
) -> dict[str, bytes]:
    """Consensys: a first line that names the separator, a prefix on each heading, a separator at each row's end.

    With semicolons as it writes what it received: times in whole milliseconds, with an exponent.
    """
    time_format = ".12e" if separator == ";" else ".7f"
    names = [f"{prefix}Timestamp_Unix_CAL", *(f"{prefix}Accel_WR_{a}_CAL" for a in "XYZ")]
    names += [f"{prefix}Gyro_{a}_CAL" for a in "XYZ"]
    rows = np.column_stack([(EPOCH_S + samples.time_s) * 1e3, _six(samples, 1.0, np.rad2deg(1.0))])
    end = separator + "\n"
    lines = [f'"sep={separator}"\n' if units else "", separator.join(names) + end]
    if units:
        lines.append(separator.join(["ms", *["m/(s^2)"] * 3, *["deg/s"] * 3]) + end)
    for time_ms, *values in rows.tolist():
        lines.append(separator.join([format(time_ms, time_format), *(f"{value:.7f}" for value in values)]) + end)
    return {"Session1_Shimmer_40AC_Calibrated_SD.csv": "".join(lines).encode()}


def shimmer_connect(samples: Samples) -> dict[str, bytes]:
    """ShimmerConnect: sensor, quantity, RAW or CAL and unit stand in four rows; raw counts beside each value."""
    quantities = ["Timestamp", *(f"Wide Range Accelerometer {a}" for a in "XYZ"), *(f"Gyroscope {a}" for a in "XYZ")]
    units = ["mSecs", *["m/(sec^2)"] * 3, *["deg/sec"] * 3]
    rows = np.column_stack([9687.5 + samples.time_s * 1e3, _six(samples, 1.0, np.rad2deg(1.0))])
    head = [["Shimmer"] * 14, [q for q in quantities for _ in "rc"], ["RAW", "CAL"] * 7]
    head.append([cell for unit in units for cell in ("no units", unit)])
    lines = [",".join(row) + "\n" for row in head]
    lines += [",".join(f"{int(value * 16)},{value:.10f}" for value in row) + "\n" for row in rows.tolist()]
    return {"ShimmerData.csv": "".join(lines).encode()}


def blue_trident(samples: Samples) -> dict[str, bytes]:
    names = ["unix_timestamp_microsec", "time_s", *(f"a{a}_m/s/s" for a in "xyz"), *(f"g{a}_deg/s" for a in "xyz")]
    rows = np.column_stack([(EPOCH_S + samples.time_s) * 1e6, samples.time_s, _six(samples, 1.0, np.rad2deg(1.0))])
    high = "unix_timestamp_microsec,time_s,ax_m/s/s,ay_m/s/s,az_m/s/s\n1700000000000000,0.0,1,2,3\n"
    return {
        "TS-01_lowg.csv": table(",".join(names), rows, "%.0f " + "%.7f " * 7).encode(),
        "TS-01_highg.csv": high.encode(),
    }


def sensor_log(samples: Samples, *, motion: bool = True, separator: str = ",") -> dict[str, bytes]:
    """The iPhone app: Core Motion's signs, in g; each quantity has its own stamps; rows may repeat a sample."""
    names = ["loggingTime(txt)", "loggingSample(N)", "accelerometerTimestamp_sinceReboot(s)"]
    names += [f"accelerometerAcceleration{a}(G)" for a in "XYZ"] + ["gyroTimestamp_sinceReboot(s)"]
    names += [f"gyroRotation{a}(rad/s)" for a in "XYZ"]
    if motion:
        names += ["motionTimestamp_sinceReboot(s)", *(f"motionRotationRate{a}(rad/s)" for a in "XYZ")]
        names += [f"motionUserAcceleration{a}(G)" for a in "XYZ"] + [f"motionGravity{a}(G)" for a in "XYZ"]
    lines = [separator.join(names) + "\n"]
    acc_g, linear = -samples.acc_m_s2 / G, np.array([0.01, -0.02, 0.03])
    for row, (time_s, acc, gyr) in enumerate(
        zip(samples.time_s.tolist(), acc_g.tolist(), samples.gyr_rad_s.tolist(), strict=True)
    ):
        stamp = f"{81_234.5 + time_s:.6f}"
        seconds = 20 + time_s
        cells = [f"2023-11-14 23:13:{seconds:06.3f} +0100", str(row), stamp, *(f"{a:.9f}" for a in acc)]
        cells += [stamp, *(f"{g:.9f}" for g in gyr)]
        if motion:
            cells += [stamp, *(f"{g:.9f}" for g in gyr), *(f"{a:.9f}" for a in linear)]
            cells += [f"{a:.9f}" for a in np.array(acc) - linear]
        lines += [separator.join(cells) + "\n"] * (2 if row % 7 == 0 else 1)
    return {"my_iOS_device_2023-11-14.csv": "".join(lines).encode()}


def physics_toolbox(samples: Samples, *, units: bool = False) -> dict[str, bytes]:
    """Without units as with the linear accelerometer between both, and with an empty line above."""
    acc, gyr = (" (g)", " (rad/s)") if units else ("", "")
    names = ["time", *(f"gF{a}{acc}" for a in "xyz"), *(f"w{a}{gyr}" for a in "xyz"), "TgF"]
    six = _six(samples, 1 / G, 1.0)
    rows = np.column_stack([samples.time_s, six, np.ones(len(samples))])
    if not units:
        names[4:4] = ["ax", "ay", "az"]
        rows = np.column_stack([samples.time_s, six[:, :3], 0.0 * six[:, :3], six[:, 3:], np.ones(len(samples))])
    text = table(",".join(names), rows, "%.6f " + "%.8f " * (len(names) - 1))
    return {"2023-11-1423.13.20.csv": text.encode() if units else b"\n" + text.encode()}


def axivity(samples: Samples) -> dict[str, bytes]:
    names = "Time,Accel-X (g), Accel-Y (g), Accel-Z (g), Gyro-X (d/s), Gyro-Y (d/s), Gyro-Z (d/s)\n"
    rows = zip(samples.time_s.tolist(), _six(samples, 1 / G, np.rad2deg(1.0)).tolist(), strict=True)
    lines = [f"2023-11-14 23:13:{20 + t:06.3f}," + ",".join(f"{v:.6f}" for v in six) + "\n" for t, six in rows]
    return {"6012345_0000000000.csv": (names + "".join(lines)).encode()}


def polar(samples: Samples) -> dict[str, bytes]:
    """Two files of one sensor; the phone's time has no zone and stamps a whole packet."""

    def one(unit: str, xyz: FloatArray) -> bytes:
        lines = [f"Phone timestamp;sensor timestamp [ns];X [{unit}];Y [{unit}];Z [{unit}]\n"]
        for time_s, (x, y, z) in zip(samples.time_s.tolist(), xyz.tolist(), strict=True):
            stamp = 536640878392915776 + round(time_s * 1e9)
            lines.append(f"2025-05-28T14:10:30.304;{stamp};{x:.5f};{y:.5f};{z:.5f}\n")
        return "".join(lines).encode()

    return {
        "Polar_Sense_B64E_20250528_ACC.txt": one("mg", samples.acc_m_s2 * 1e3 / G),
        "Polar_Sense_B64E_20250528_GYRO.txt": one("dps", np.rad2deg(samples.gyr_rad_s)),
    }


def movesense(samples: Samples) -> dict[str, bytes]:
    """The Android sample app: two files, a blank last cell in each row."""

    def one(unit: str, xyz: FloatArray) -> bytes:
        rows = np.column_stack([5000 + samples.time_s * 1e3, xyz])
        body = table(f"Timestamp (ms),X: ({unit}),Y: ({unit}),Z: ({unit})", rows, "%.0f %.6f %.6f %.6f")
        head, lines = body.split("\n", 1)
        return (head + "\n" + lines.replace("\n", ", \n")).encode()

    return {
        "LinearAcceleration.csv": one("m/s^2", samples.acc_m_s2),
        "Gyroscope.csv": one("degree per second", np.rad2deg(samples.gyr_rad_s)),
    }


def movesense_recorder(samples: Samples) -> dict[str, bytes]:
    names = "accX,accY,accZ,gyroX,gyroY,gyroZ,time,expID,mov,loc,subjID\n"
    six = _six(samples, 1.0, np.rad2deg(1.0)).tolist()
    times = (5000 + samples.time_s * 1e3).tolist()
    lines = [
        ",".join(f"{v:.6f}" for v in row) + f",{t:.0f},1,hinge,back,7\n" for row, t in zip(six, times, strict=True)
    ]
    return {"hinge_back_1.csv": (names + "".join(lines)).encode()}


def andro_sensor(samples: Samples) -> dict[str, bytes]:
    names = [f"ACCELEROMETER {a} (m/s²)" for a in "XYZ"] + [f"GRAVITY {a} (m/s²)" for a in "XYZ"]
    names += [f"GYROSCOPE {a} (rad/s)" for a in "XYZ"] + ["Time since start in ms ", "YYYY-MO-DD HH-MI-SS_SSS"]
    lines = [";".join(names) + "\n"]
    for time_s, acc, gyr in zip(samples.time_s, samples.acc_m_s2.tolist(), samples.gyr_rad_s.tolist(), strict=True):
        cells = [*(f"{v:.6f}" for v in (*acc, *acc, *gyr)), f"{time_s * 1e3:.0f}", "2022-10-22 18:36:24:895"]
        lines.append(";".join(cells) + "\n")
    return {"Sensor_record.csv": "".join(lines).encode()}


def mt_manager(
    samples: Samples, *, tick_us: int = 0, rate: str = "100.0Hz", separator: str = "\t", wrong: str = "NaN"
) -> dict[str, bytes]:
    """MT Manager's text: wireless sensors leave SampleTimeFine empty or NaN; the packet counter has 16 bits."""
    lines = ["// General information: \n", "//  MT Manager version: 2022.2.0 \n", "//  ProductCode: MTW2-3A7G6\n"]
    lines += [f"// Update Rate: {rate}\n"] if rate else []
    lines.append(separator.join(["PacketCounter", "SampleTimeFine", *ACC_GYR, "Roll", "Pitch", "Yaw"]) + "\n")
    for row, (time_s, six) in enumerate(zip(samples.time_s.tolist(), _six(samples, 1.0, 1.0).tolist(), strict=True)):
        ticks = f"{(2**32 - 70_000 + round(time_s * 1e6 / tick_us)) % 2**32}" if tick_us else wrong
        cells = [f"{(65_000 + row) % 65_536:05d}", ticks, *(f"{value:.6f}" for value in six), "0.1", "0.2", "-137.4"]
        lines.append(separator.join(cells) + "\n")
    return {"MT_00B42D4F.txt": "".join(lines).encode()}


def x_io_table(samples: Samples) -> dict[str, bytes]:
    """The table of x-io's own examples: seconds in place of the sensor's microseconds."""
    names = ["Time (s)", *(f"Gyroscope {a} (deg/s)" for a in "XYZ"), *(f"Accelerometer {a} (g)" for a in "XYZ")]
    rows = np.column_stack([samples.time_s, np.rad2deg(samples.gyr_rad_s), samples.acc_m_s2 / G])
    return {"short_walk.csv": table(",".join(names), rows, "%.9g " * 7).encode()}


def home_made(samples: Samples) -> dict[str, bytes]:
    """A board's log, whose headings tell no units: ms, g and deg/s."""
    rows = np.column_stack([samples.time_s * 1e3, samples.acc_m_s2 / G, np.rad2deg(samples.gyr_rad_s)])
    return {"log.csv": table("t,ax,ay,az,gx,gy,gz", rows, "%.3f " + "%.6f " * 6).encode()}

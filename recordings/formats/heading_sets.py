"""What the programs write whose tables are known by their headings: names, units, clocks, and how to get both sensors.

Patterns are compared with whole headings in small letters; ``{}`` is the axis. Which of them were read from real files
and which from documentation or a program's own source stands in ``import-formats#formats``.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dowel.recordings.formats.headings import Axes, Clock, HeadingSet
from dowel.recordings.types import GRAVITY_M_S2

_DEG: Final = float(np.deg2rad(1.0))

SHIMMER: Final = HeadingSet(
    "shimmer",
    clocks=(
        Clock(r"(?:.+_)?timestamp(?:sync)?_unix_cal", 1e-3, since_1970=True, units=("ms",)),
        Clock(r"(?:.+_)?timestamp(?:sync)?_(?:formattedunix_)?cal", None),
        Clock(r"(?:.+_)?timestamp(?:sync)?_shimmer_cal", 1e-3, units=("ms",)),
        Clock(r"timestamp cal", 1e-3, units=("msecs", "ms")),
    ),
    acc=tuple(
        Axes((name,), 1.0, units=("m/(s^2)", "m/(sec^2)"))
        for name in (
            r"(?:.+_)?accel_ln_{}_cal",
            r"(?:.+_)?accel_wr_{}_cal",
            r"low noise accelerometer {} cal",
            r"wide range accelerometer {} cal",
            r"accelerometer {} cal",
        )
    ),
    gyr=tuple(
        Axes((name,), _DEG, units=("deg/s", "deg/sec")) for name in (r"(?:.+_)?gyro_{}_cal", r"gyroscope {} cal")
    ),
    mode="switch on an accelerometer and the gyroscope in Consensys and export calibrated data as CSV",
)

BLUE_TRIDENT: Final = HeadingSet(
    "blue_trident",
    clocks=(Clock(r"unix_timestamp_microsec", 1e-6, since_1970=True), Clock(r"time_s", 1.0)),
    acc=(Axes((r"a{}_m/s/s",), 1.0),),
    gyr=(Axes((r"g{}_deg/s",), _DEG),),
    mode="export the low-g file (accelerometer and gyroscope) in Capture.U",
)

SENSOR_LOG: Final = HeadingSet(
    "sensor_log",
    clocks=(
        Clock(r"motiontimestamp_sincereboot(?:\(s\))?", 1.0),
        Clock(r"accelerometertimestamp_sincereboot(?:\(s\))?", 1.0),
        Clock(r"gyrotimestamp_sincereboot(?:\(s\))?", 1.0),
    ),
    acc=(
        Axes(
            (r"motiongravity{}(?:\(g\))?", r"motionuseracceleration{}(?:\(g\))?"),
            -GRAVITY_M_S2,  # Core Motion's gravity points down
            clock=r"motiontimestamp_sincereboot(?:\(s\))?",
        ),
        Axes(
            (r"accelerometeracceleration{}(?:\(g\))?",),
            -GRAVITY_M_S2,
            clock=r"accelerometertimestamp_sincereboot(?:\(s\))?",
        ),
    ),
    gyr=(
        Axes((r"motionrotationrate{}(?:\(rad/s\))?",), 1.0, clock=r"motiontimestamp_sincereboot(?:\(s\))?"),
        Axes((r"gyrorotation{}(?:\(rad/s\))?",), 1.0, clock=r"gyrotimestamp_sincereboot(?:\(s\))?"),
    ),
    mode="switch on Device Motion (or Accelerometer and Gyroscope) in SensorLog and save as CSV",
    date=r"loggingtime(?:\(txt\))?",
)

PHYSICS_TOOLBOX: Final = HeadingSet(
    "physics_toolbox",
    clocks=(Clock(r"time(?: ?\(s\))?", 1.0),),
    acc=(Axes((r"gf{}(?: ?\(g\))?",), GRAVITY_M_S2),),
    gyr=(Axes((r"w{}(?: ?\(rad/s\))?",), 1.0),),
    mode="record g-Force Meter and Gyroscope together with Multi Record in Physics Toolbox, with seconds as the time",
)

AXIVITY: Final = HeadingSet(
    "axivity",
    clocks=(Clock(r"time", None),),
    acc=(Axes((r"accel-{} \(g\)",), GRAVITY_M_S2),),
    gyr=(Axes((r"gyro-{} \(d/s\)",), _DEG),),
    mode="record with an AX6 whose gyroscope is on, and export CSV with its heading in OmGui",
)

POLAR: Final = HeadingSet(
    "polar",
    clocks=(Clock(r"sensor timestamp \[ns\]", 1e-9),),
    acc=(Axes((r"{} \[mg\]",), 1e-3 * GRAVITY_M_S2),),
    gyr=(Axes((r"{} \[dps\]",), _DEG),),
    mode="switch on ACC and GYRO of one sensor in Polar Sensor Logger and give a folder with both files",
    marks=(r"phone timestamp",),
)

MOVESENSE: Final = HeadingSet(
    "movesense",
    clocks=(Clock(r"timestamp \(ms\)", 1e-3),),
    acc=(Axes((r"{}: \(m/s\^2\)",), 1.0),),
    gyr=(Axes((r"{}: \(degree per second\)",), _DEG),),
    mode="record linear acceleration and gyroscope together in the Movesense app and give a folder with both files",
)

MOVESENSE_RECORDER: Final = HeadingSet(
    "movesense",
    clocks=(Clock(r"time", 1e-3),),
    acc=(Axes((r"acc{}",), 1.0),),
    gyr=(Axes((r"gyro{}",), _DEG),),
    mode="record IMU6 in the Movesense data recorder",
    marks=(r"expid", r"mov", r"loc", r"subjid"),
)

ANDRO_SENSOR: Final = HeadingSet(
    "andro_sensor",
    clocks=(Clock(r"time since start in ms", 1e-3),),
    acc=(Axes((r"accelerometer {} \(m/s²\)",), 1.0),),
    gyr=(Axes((r"gyroscope {} \(rad/s\)",), 1.0),),
    mode="switch on accelerometer and gyroscope in AndroSensor, at its fastest rate",
)

X_IO_TABLE: Final = HeadingSet(
    "x_imu3",
    clocks=(Clock(r"time \(s\)", 1.0),),
    acc=(Axes((r"accelerometer {} \(g\)",), GRAVITY_M_S2),),
    gyr=(Axes((r"gyroscope {} \(deg/s\)",), _DEG),),
    mode="write both sensors of the x-IMU into one table",
    marks=(r"accelerometer x \(g\)", r"gyroscope x \(deg/s\)"),  # a gyroscope alone may be of any program
)

BY_HEADINGS: Final = (
    X_IO_TABLE,
    BLUE_TRIDENT,
    SENSOR_LOG,
    PHYSICS_TOOLBOX,
    AXIVITY,
    POLAR,
    MOVESENSE,
    MOVESENSE_RECORDER,
    ANDRO_SENSOR,
)
"""Asked one after the other; no heading fits two of them. Shimmer's tables need a reader of their own first."""

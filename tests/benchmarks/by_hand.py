"""The script that somebody would write by hand: pandas, a Madgwick filter in a loop, Euler angles.

Madgwick's filter for gyroscope and accelerometer (sources#madgwick-2010, beta 0.033). No clocks, no calibration, no
reps.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dowel.recordings.types import FloatArray

BETA = 0.033


def madgwick(gyr: FloatArray, acc: FloatArray, period_s: float) -> FloatArray:
    q = np.array([1.0, 0.0, 0.0, 0.0])
    attitude = np.empty((len(gyr), 4))
    for index in range(len(gyr)):
        w, x, y, z = q
        a = acc[index] / np.linalg.norm(acc[index])
        error = np.array(
            [2.0 * (x * z - w * y) - a[0], 2.0 * (w * x + y * z) - a[1], 2.0 * (0.5 - x * x - y * y) - a[2]]
        )
        jacobian = np.array(
            [
                [-2.0 * y, 2.0 * z, -2.0 * w, 2.0 * x],
                [2.0 * x, 2.0 * w, 2.0 * z, 2.0 * y],
                [0.0, -4.0 * x, -4.0 * y, 0.0],
            ]
        )
        step = jacobian.T @ error
        step /= np.linalg.norm(step) or 1.0
        p, r, s = gyr[index]
        rate = 0.5 * np.array(
            [-x * p - y * r - z * s, w * p + y * s - z * r, w * r - x * s + z * p, w * s + x * r - y * p]
        )
        q = q + (rate - BETA * step) * period_s
        q = q / np.linalg.norm(q)
        attitude[index] = q
    return attitude


def pitch_deg(q: FloatArray) -> FloatArray:
    w, x, y, z = q.T
    return np.asarray(np.rad2deg(np.arcsin(np.clip(2.0 * (w * y - z * x), -1.0, 1.0))))


def main(folder: Path) -> None:
    began = time.perf_counter()
    pitches = {}
    for path in sorted(folder.glob("*.csv")):
        data = pd.read_csv(path)
        gyr = data[[f"gyr_{axis}_rad_s" for axis in "xyz"]].to_numpy()
        acc = data[[f"acc_{axis}_m_s2" for axis in "xyz"]].to_numpy()
        pitches[path.stem] = pitch_deg(madgwick(gyr, acc, 0.01))
    shortest = min(len(pitch) for pitch in pitches.values())
    table = pd.DataFrame({name: pitch[:shortest] for name, pitch in pitches.items()})
    table["difference_deg"] = table["upper_back"] - table["sacrum"]
    table.to_csv(folder / "by_hand.out")
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

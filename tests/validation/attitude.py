"""The attitude filter on a real sensor against optics (BROAD, sources#laidig-2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dowel.analysis.orientation.attitude import Attitude
from dowel.analysis.orientation.rotations import normalised, up_in_sensor
from tests.validation.study import Figure, at_most

TITLE = "Attitude of a real sensor against optics"
ABOUT = (
    "Three recordings of BROAD (D. Laidig, M. Caruso, A. Cereatti, T. Seel, Data 6(7):72, 2021, CC BY 4.0): a sensor "
    "moved by hand, with its attitude seen by cameras. The error is the angle between the two up directions over the "
    "moving part. Camera and sensor have clocks of their own: the constant offset that fits best within 6 ms is taken "
    "out first, and told. The sensor was never worn, so this is the filter alone."
)
IF_MISSED = ""

FILES = ("slow_translation", "fast_rotation", "fast_rotation_with_breaks")


@dataclass(frozen=True)
class Inclination:
    """RMSE of the up direction over the moving part of a recording, and the time offset that was taken out."""

    name: str
    rmse_deg: float
    offset_ms: float


def jobs(small: bool, real: Path | None) -> list[Path]:
    return [real / "broad" / f"{name}.csv" for name in FILES] if real else []


def measure(job: Path) -> Inclination:
    data = np.genfromtxt(job, delimiter=",", names=True)
    time_s = data["time_s"]
    gyr = np.stack([data[f"gyr_{axis}_rad_s"] for axis in "xyz"], axis=1)
    acc = np.stack([data[f"acc_{axis}_m_s2"] for axis in "xyz"], axis=1)
    period_s = float(np.median(np.diff(time_s)))
    values = Attitude(period_s).update(acc, gyr, np.full(len(time_s), period_s), np.zeros(len(time_s), np.uint8))
    ours = normalised(up_in_sensor(values[:, :4]))
    optical = normalised(up_in_sensor(np.stack([data[f"opt_{part}"] for part in "wxyz"], axis=1)))
    moving = data["moving"] > 0
    best = Inclination(job.stem, np.inf, 0.0)
    for offset_ms in np.arange(-6.0, 6.01, 0.5):
        shifted = np.stack(
            [np.interp(time_s + offset_ms * 1e-3, time_s, ours[:, column]) for column in range(3)], axis=1
        )
        cosine = np.clip(np.sum(normalised(shifted) * optical, axis=1), -1.0, 1.0)
        rmse_deg = float(np.sqrt(np.nanmean(np.rad2deg(np.arccos(cosine))[moving] ** 2)))
        if rmse_deg < best.rmse_deg:
            best = Inclination(job.stem, rmse_deg, float(offset_ms))
    return best


def figures(measured: Sequence[Inclination]) -> list[Figure]:
    if not measured:
        return [Figure("recordings", "", "absent when this page was made; set DOWEL_REAL to their folder")]
    rmse_deg = [each.rmse_deg for each in measured]
    return [
        at_most("inclination RMSE, median of the recordings", 0.7, float(np.median(rmse_deg)), " deg"),
        at_most("inclination RMSE, largest", 1.8, max(rmse_deg), " deg"),
        *(
            Figure(each.name.replace("_", " "), "", f"{each.rmse_deg:.2f} deg at {each.offset_ms:+.1f} ms")
            for each in measured
        ),
    ]

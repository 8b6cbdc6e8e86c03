"""Two exports of one recording are found, whatever was done to them; two sensors on one body never are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dowel.exchange.twice_given import same_movement
from dowel.recordings.formats import decode, read_bundle
from dowel.recordings.types import Samples
from dowel.sensors.stream.replay import AS_IT_IS, TimeLine

Run = Callable[..., tuple[int, str, str]]


def of(folder: Path, place: str) -> Samples:
    samples = decode(read_bundle(folder / f"{place}.csv")).samples
    return samples.rows(0, len(samples))


def resampled(samples: Samples, rate_hz: float) -> Samples:
    time_s = np.arange(samples.time_s[0], samples.time_s[-1], 1.0 / rate_hz)

    def at(values: np.ndarray) -> np.ndarray:
        return np.column_stack([np.interp(time_s, samples.time_s, column) for column in values.T])

    return Samples(time_s, at(samples.acc_m_s2), at(samples.gyr_rad_s))


EXPORTS: dict[str, Callable[[Samples], Samples]] = {
    "two decimals": lambda it: replace(it, acc_m_s2=it.acc_m_s2.round(2), gyr_rad_s=it.gyr_rad_s.round(2)),
    "every second": lambda it: Samples(it.time_s[::2], it.acc_m_s2[::2], it.gyr_rad_s[::2]),
    "other axes": lambda it: replace(it, acc_m_s2=it.acc_m_s2[:, [1, 2, 0]], gyr_rad_s=-it.gyr_rad_s[:, [1, 2, 0]]),
    "at 80 Hz": lambda it: resampled(it, 80.0),
    "80 ms late": lambda it: replace(resampled(it, 64.0), time_s=resampled(it, 64.0).time_s + 0.08),
}


@pytest.mark.parametrize("how", EXPORTS)
@pytest.mark.parametrize("place", ["upper_back", "sacrum"])
def test_two_exports_of_one_recording(recordings: Path, how: str, place: str) -> None:
    whole = of(recordings, place)
    assert same_movement(whole, AS_IT_IS, EXPORTS[how](whole), AS_IT_IS)
    later = replace(whole, time_s=1.001 * whole.time_s + 300.0)
    assert same_movement(EXPORTS[how](whole), AS_IT_IS, later, TimeLine(-300.0 / 1.001, 1.0 / 1.001))


def test_two_sensors_on_one_body(recordings: Path, real_recordings: Path) -> None:
    for folder in (recordings, *real_recordings.glob("seated-bends/*"), *real_recordings.glob("lifting-virtual/*")):
        assert not same_movement(of(folder, "upper_back"), AS_IT_IS, of(folder, "sacrum"), AS_IT_IS), folder


def test_of_sensors_that_stand_still_nothing_is_said() -> None:
    rng = np.random.default_rng(1)
    still = Samples(np.arange(1000) / 100, rng.normal([0, 0, 9.8], 0.01, (1000, 3)), rng.normal(0, 0.001, (1000, 3)))
    assert not same_movement(still, AS_IT_IS, still, AS_IT_IS)
    assert not same_movement(still, AS_IT_IS, still, TimeLine(9.0))


def test_an_import_refuses_them(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    values = np.loadtxt(recordings / "upper_back.csv", delimiter=",", skiprows=1)
    header = (recordings / "upper_back.csv").read_text().split("\n", 1)[0]
    np.savetxt(tmp_path / "again.csv", values, "%.2f", ",", header=header, comments="")
    sensors = [f"--sensor=upper_back={recordings / 'upper_back.csv'}", f"--sensor=sacrum={tmp_path / 'again.csv'}"]
    code, said, err = dowel("import", *sensors, "--out", tmp_path / "x.dowel")
    assert (code, said) == (3, "")
    assert "upper_back (upper_back.csv) and sacrum (again.csv) turn alike to within 1 %" in err
    assert not (tmp_path / "x.dowel").exists()

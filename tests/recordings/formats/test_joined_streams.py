"""Streams of one recording that differ in rate, length or run are joined over what they share, or refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

from dowel.exchange.plausibility import check
from dowel.recordings.errors import InputError
from dowel.recordings.formats import decode
from dowel.recordings.types import GRAVITY_M_S2, Samples
from tests.recordings.formats import format_files as written

MOTION = written.motion()
EPOCH_S = written.EPOCH_S


@pytest.mark.parametrize(("acc_hz", "gyr_hz"), [(17.0, 30.0), (100.0, 37.5), (50.0, 200.0)])
def test_different_rates_come_onto_the_gyroscopes_times(acc_hz: float, gyr_hz: float) -> None:
    acc, gyr = written.motion(12.0, acc_hz), written.motion(11.5, gyr_hz)
    shifted = written.motion_at(gyr.time_s + 0.137)
    recording = decode(written.bundle(written.metamotion(acc, shifted)))
    samples = recording.samples
    assert len(samples) == pytest.approx(11.5 * gyr_hz, abs=1)
    truth = written.motion_at(samples.time_s + 0.137)
    np.testing.assert_allclose(samples.gyr_rad_s, truth.gyr_rad_s, atol=4e-3)  # stamps are whole milliseconds
    np.testing.assert_allclose(samples.acc_m_s2, truth.acc_m_s2, atol=GRAVITY_M_S2 * 5 / acc_hz**2 + 0.02)
    assert recording.epoch_s == pytest.approx(EPOCH_S + 0.137, abs=2e-3)
    assert any("interpolated" in finding for finding in recording.findings)


def part(samples: Samples, start_s: float, end_s: float) -> Samples:
    keep = (samples.time_s >= start_s) & (samples.time_s < end_s)
    return Samples(samples.time_s[keep], samples.acc_m_s2[keep], samples.gyr_rad_s[keep])


def of_two_lengths(maker: str, acc: Samples, gyr: Samples) -> dict[str, bytes]:
    if maker == "metamotion":
        return written.metamotion(acc, gyr)
    if maker == "phyphox":
        return {**written.phyphox(acc), "Gyroscope.csv": written.phyphox(gyr)["Gyroscope.csv"]}
    short = written.sensor_logger(gyr, platform="ios")
    name = "Gravity.csv" if maker == "gravity" else "Gyroscope.csv"
    return {**written.sensor_logger(acc, platform="ios"), name: short[name]}


@pytest.mark.parametrize("maker", ["metamotion", "phyphox", "sensor_logger", "gravity"])
@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 5.0), (3.0, 12.0), (1.0, 11.0)])
def test_streams_of_other_lengths_are_joined_where_both_are(maker: str, start_s: float, end_s: float) -> None:
    recording = decode(written.bundle(of_two_lengths(maker, MOTION, part(MOTION, start_s, end_s))))
    assert len(recording.samples) == pytest.approx(100 * (end_s - start_s), abs=1)
    truth = written.motion_at(recording.samples.time_s + start_s)
    np.testing.assert_allclose(recording.samples.gyr_rad_s, truth.gyr_rad_s, atol=1e-5)
    np.testing.assert_allclose(recording.samples.acc_m_s2, truth.acc_m_s2, atol=1e-4)
    words = (
        f"12.0 s, .*{end_s - start_s - 0.01:.1f} s; only the {end_s - start_s - 0.01:.1f} s that both recorded are used"
    )
    assert any(re.search(words, finding) for finding in recording.findings)
    assert not any("interpolated" in finding for finding in recording.findings)


@pytest.mark.parametrize("maker", ["metamotion", "phyphox", "sensor_logger"])
def test_two_runs_are_refused(maker: str) -> None:
    with pytest.raises(InputError, match=r"only 2\.0 s are common: they are of two runs"):
        decode(written.bundle(of_two_lengths(maker, part(MOTION, 0.0, 7.0), part(MOTION, 5.0, 12.0))))


def test_phyphox_files_of_two_exports_are_refused() -> None:
    files = written.phyphox(MOTION)
    two = {"first/Accelerometer.csv": files["Accelerometer.csv"], "second/Gyroscope.csv": files["Gyroscope.csv"]}
    with pytest.raises(InputError, match="of two exports"):
        decode(written.bundle(two))


def test_nothing_is_made_up_in_an_accelerometer_gap() -> None:
    keep = (MOTION.time_s < 4.0) | (MOTION.time_s >= 6.0)
    acc = Samples(MOTION.time_s[keep], MOTION.acc_m_s2[keep], MOTION.gyr_rad_s[keep])
    recording = decode(written.bundle(written.metamotion(acc, MOTION)))
    inside = (recording.samples.time_s > 4.0) & (recording.samples.time_s < 5.99)
    assert not inside.any()
    assert any("gap" in finding for finding in recording.findings)
    gaps = check(recording.samples, None).gaps
    assert len(gaps) == 1
    assert gaps[0][1] == pytest.approx(2.01, abs=0.011)

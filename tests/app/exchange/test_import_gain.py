"""What an import leaves out of a recording, and the gain of its gyroscope over all of it."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.exchange.import_gain import ImportedGain, measured_gain, without_broken
from dowel.recordings.errors import InputError
from dowel.recordings.types import Samples
from tests.sensors.stream.test_health import ACC, GYR, RATE_HZ, bends, with_rests


def recording(values: np.ndarray) -> Samples:
    return Samples(np.arange(len(values)) / RATE_HZ, values[:, ACC], values[:, GYR])


def test_a_few_broken_samples_are_left_out_and_many_are_not() -> None:
    values = bends()
    values[[100, 200, 300], [0, 4, 2]] = (9000 * 9.81, np.nan, np.inf)
    kept, told = without_broken(recording(values), "sacrum (a.csv)")
    assert len(kept) == len(values) - 3
    assert told.startswith("sacrum (a.csv): 3 of ")
    values[::2, 3] = 1e3  # deg/s for rad/s, say: another check's matter
    assert without_broken(recording(values), "")[0] is not kept
    assert len(without_broken(recording(values), "")[0]) == len(values)


@pytest.mark.parametrize("gain", [1.1, 0.85])
def test_a_gain_is_told_and_corrected_if_asked(gain: float) -> None:
    samples = recording(with_rests(gain))
    found = measured_gain(samples, "sacrum", correct=False)
    assert "times the rotation that gravity shows" in found.findings[0]
    assert ("gyr_gain" in found.settings) == (gain == 0.85)  # so far off that nothing may be judged
    corrected = measured_gain(samples, "sacrum", correct=True)
    assert corrected.settings["gyr_scale"] == pytest.approx(1.0 / gain, rel=0.03)


def without_rest(gain: float) -> Samples:
    """Bends that turn round at once: nobody knows how hard that pushes the sensor."""
    time_s = np.arange(4000) / RATE_HZ
    lean = np.deg2rad(30.0) * (1.0 - np.cos(2.0 * np.pi * time_s / 3.0))
    values = 0.001 * np.random.default_rng(1).standard_normal((4000, 6))
    values[:, 0] += 9.81 * np.sin(lean)
    values[:, 2] += 9.81 * np.cos(lean)
    values[:, 4] += gain * np.gradient(lean, time_s)
    return recording(values)


def test_a_gain_that_is_not_sure_is_not_corrected() -> None:
    with pytest.raises(InputError, match="not sure enough"):
        measured_gain(without_rest(0.68), "sacrum", correct=True)


def test_a_range_that_is_set_wrong_is_corrected_by_a_power_of_two() -> None:
    found = measured_gain(without_rest(0.5), "sacrum", correct=True)
    assert found.settings["gyr_scale"] == 2.0
    assert "wrong range" in found.findings[0]


@pytest.mark.parametrize("chips", [GYR, slice(0, 6)], ids=["gyr", "all"])
def test_what_a_hanging_chip_says_is_no_gain(chips: slice) -> None:
    values = with_rests()
    values[len(values) // 2 :, chips] = 0.0
    assert measured_gain(recording(values), "sacrum", correct=False) == ImportedGain()


def test_a_sound_gyroscope_is_not_spoken_of() -> None:
    assert measured_gain(recording(with_rests()), "sacrum", correct=False) == ImportedGain()
    asked = measured_gain(recording(with_rests()), "sacrum", correct=True)
    assert not asked.settings
    assert "nothing is corrected" in asked.findings[0]

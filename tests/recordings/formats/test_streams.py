"""Two streams of one recording on one time base."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.formats.recording import finish, rising
from dowel.recordings.formats.streams import Stream, merge, without_arrival_times
from dowel.recordings.types import Samples


def stream(file: str, time_s: np.ndarray) -> Stream:
    return Stream(file, time_s, np.column_stack([np.sin(time_s), np.cos(time_s), np.ones_like(time_s)]))


def test_streams_without_holes_are_said_to_have_none() -> None:
    findings: list[str] = []
    samples = merge(stream("a", np.arange(0.0, 4.0, 0.01)), stream("g", np.arange(0.005, 3.9, 0.01)), findings)
    assert len(samples) == 390
    assert not any("gaps" in finding for finding in findings)


def test_what_lies_in_a_hole_is_left_out_and_counted() -> None:
    acc_s = np.arange(0, 400) * 0.01
    findings: list[str] = []
    acc = stream("a", acc_s[(acc_s <= 1.0) | (acc_s >= 1.5)])
    samples = merge(acc, stream("g", np.arange(0, 390) * 0.01 + 0.005), findings)
    assert "a has gaps; 50 gyroscope samples in them were left out." in findings
    assert len(samples) == 340
    np.testing.assert_allclose(samples.acc_m_s2[:, 0], np.sin(samples.time_s), atol=1e-4)


@pytest.mark.parametrize("value", [2e5, -2e5])
def test_a_number_that_no_sensor_measures_is_refused_with_its_place(value: float) -> None:
    acc = np.zeros((4, 3))
    acc[2, 1] = value
    with pytest.raises(InputError, match=r"sample 3 has the value 2e\+05, which no sensor measures"):
        rising("a.csv", np.arange(4.0), [acc, np.zeros((4, 3))], [0.5, 0.1], [])


def test_what_its_clocks_showed_is_said_of_the_new_zero_of_a_recording() -> None:
    """Its times begin at 5 s, and from then on they are counted from its first sample."""
    ones = np.ones((100, 3))
    late = Samples(5.0 + np.arange(100) / 100.0, ones, ones)
    recording = finish("home_made", "a.csv", late, epoch_s=1000.0, sync_clock_s=50.0)
    assert recording.samples.time_s[0] == 0.0
    assert (recording.epoch_s, recording.sync_clock_s) == (1005.0, 55.0)


def bursts(count: int) -> np.ndarray:
    """Stamps of samples at 100 Hz that arrive ten at a time."""
    return np.repeat(np.arange(count // 10) * 0.1, 10) + 1e-4 * (np.arange(count) % 10)


def test_bursts_that_stall_may_hide_losses() -> None:
    time_s = bursts(600)
    findings: list[str] = []
    even = without_arrival_times(stream("a", time_s), findings)
    np.testing.assert_allclose(np.diff(even.time_s), 0.01, rtol=0.01)
    time_s[300:] += 30.0
    with pytest.raises(InputError, match="stall for 30"):
        without_arrival_times(stream("a", time_s), [])


def test_stamps_that_go_back_are_left_as_they_are() -> None:
    """Whoever puts rows in order, or refuses them, must see that."""
    time_s = bursts(600)
    time_s[300:] -= 1.0
    found: list[str] = []
    assert (without_arrival_times(stream("a", time_s), found).time_s == time_s).all()
    assert found == []

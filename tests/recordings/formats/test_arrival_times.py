"""Time stamps that tell when samples were received are told as such and spread; those of a sensor's clock are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from dowel.recordings.formats import decode
from dowel.recordings.types import FloatArray, Samples
from tests.recordings.formats import format_files as written
from tests.recordings.formats import logger_files as logged

RATE_HZ = 51.2
MOTION = written.motion(30.0, RATE_HZ)
MAKERS: Mapping[str, Callable[[Samples], dict[str, bytes]]] = {
    "shimmer": lambda samples: logged.shimmer(samples, separator=";"),
    "phyphox": written.phyphox,
    "metamotion": written.metamotion,
    "plain csv": written.plain_csv,
}


def stamped(time_s: FloatArray) -> Samples:
    return Samples(time_s, MOTION.acc_m_s2, MOTION.gyr_rad_s)


def received_s() -> FloatArray:
    """When samples came that wait up to 46 ms: some steps of 0, hardly any under a third of the usual one.

    As a real Consensys file has them: 90 samples with steps of 0 to 47 ms, 46 % of them far from 19.5 ms.
    """
    rng = np.random.default_rng(1)
    late_s = np.abs(rng.normal(0.0, 0.009, len(MOTION)))
    return np.round(np.maximum.accumulate(MOTION.time_s + late_s), 3)


@pytest.mark.parametrize("maker", MAKERS)
def test_receive_stamps_are_told_and_spread_over_all_samples(maker: str) -> None:
    time_s = received_s()
    assert (np.diff(time_s) == 0).any()
    recording = decode(written.bundle(MAKERS[maker](stamped(time_s))))
    told = [finding for finding in recording.findings if "arrival times" in finding]
    assert told
    assert all("ms apart; the samples were spread evenly at 51.2 Hz" in finding for finding in told)
    assert not any("repeated" in finding for finding in recording.findings)
    samples = recording.samples
    assert len(samples) == len(MOTION)
    np.testing.assert_allclose(samples.time_s - samples.time_s[0], MOTION.time_s, atol=2e-3)
    np.testing.assert_allclose(samples.gyr_rad_s, MOTION.gyr_rad_s, atol=2e-6)


def jittered_s(jitter_s: float) -> FloatArray:
    return MOTION.time_s + np.random.default_rng(2).normal(0.0, jitter_s, len(MOTION))


def with_losses_s(kept_of_five: Sequence[int]) -> FloatArray:
    """A clock that jitters by 1.5 ms, of whose samples some were left out: the count is regular all the same."""
    kept = np.flatnonzero(np.isin(np.arange(5 * len(MOTION)) % 5, kept_of_five))[: len(MOTION)]
    return kept / RATE_HZ + np.random.default_rng(4).normal(0.0, 1.5e-3, len(MOTION))


def wandering_s() -> FloatArray:
    """A sensor that measures at uneven times and says so: its count is not regular over time."""
    return np.cumsum(np.random.default_rng(5).uniform(0.008, 0.031, len(MOTION)))


def with_a_hole_s() -> FloatArray:
    """Receive stamps with 10 samples lost: the count is not regular, and the times stay as they are."""
    late_s = np.random.default_rng(6).uniform(0.0, 0.018, len(MOTION))
    return MOTION.time_s + late_s + 0.2 * (np.arange(len(MOTION)) > 700)


@pytest.mark.parametrize(
    "time_s",
    [
        jittered_s(1e-3),
        jittered_s(2e-3),
        with_losses_s((0, 1, 2, 3)),
        with_losses_s((0, 2, 4)),
        wandering_s(),
        with_a_hole_s(),
    ],
    ids=["1 ms", "2 ms", "losses", "most left out", "wandering", "a hole"],
)
def test_stamps_of_a_sensors_clock_are_kept(time_s: FloatArray) -> None:
    recording = decode(written.bundle(written.plain_csv(stamped(time_s))))
    np.testing.assert_allclose(recording.samples.time_s, time_s, atol=1e-6)
    assert not any("arrival" in finding for finding in recording.findings)

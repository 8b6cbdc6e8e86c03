"""Speed, phases, smoothness and held peaks of movements that are known."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.analysis.repetitions.measures import PAUSE_DEG_S, SpectralArcLength, phases, signed_peak, speed
from dowel.recordings.types import FloatArray
from dowel.sensors.simulated import Person, calibration_pieces, set_of_hinges
from tests.reference import by_scipy
from tests.streams import analyse, ideal_sensors


def minimum_jerk_speed(duration_s: float, angle_deg: float = 70.0, rate_hz: float = 100.0) -> FloatArray:
    x = np.arange(round(duration_s * rate_hz) + 1) / (duration_s * rate_hz)
    return np.asarray(angle_deg / duration_s * 30.0 * x**2 * (1.0 - x) ** 2)


@pytest.mark.parametrize("duration_s", [0.6, 1.0, 2.5, 5.0])
@pytest.mark.parametrize("angle_deg", [20.0, 90.0])
def test_sparc_of_a_minimum_jerk_movement(duration_s: float, angle_deg: float) -> None:
    """-1.41 whatever its size and duration (sources#balasubramanian-2015); the padding's grain is 0.02."""
    found = SpectralArcLength().of(minimum_jerk_speed(duration_s, angle_deg), 100.0)
    assert found == pytest.approx(-1.41, abs=0.03)


@pytest.mark.parametrize("duration_s", [0.4, 1.7, 9.0])
def test_the_spectrum_is_scipys(duration_s: float) -> None:
    """The arc length with SciPy's spectrum in place of numpy's."""
    profile = minimum_jerk_speed(duration_s) + 3.0 * np.random.default_rng(1).random(round(100 * duration_s) + 1)
    rule = SpectralArcLength()
    size = 2 ** ((len(profile) - 1).bit_length() + rule.padding)
    spectrum = by_scipy.spectrum(profile, size)[: int(rule.cutoff_hz * size / 100.0) + 1]
    spectrum = spectrum[: int(np.flatnonzero(spectrum >= rule.level * spectrum[0])[-1]) + 1] / spectrum[0]
    steps = np.hypot(1.0 / (len(spectrum) - 1), np.diff(spectrum))
    assert rule.of(profile, 100.0) == pytest.approx(-steps.sum(), abs=1e-9)


def test_jerky_movements_are_less_smooth() -> None:
    smooth = minimum_jerk_speed(2.0)
    time_s = np.arange(len(smooth)) / 100.0
    values = [
        SpectralArcLength().of(smooth * (1.0 + share * np.sin(2 * np.pi * 3.0 * time_s)), 100.0)
        for share in (0, 0.3, 0.9)
    ]
    assert values[0] > values[1] > values[2]
    assert values[2] < -1.8
    two_parts = np.concatenate([minimum_jerk_speed(1.0), minimum_jerk_speed(1.0)])
    assert SpectralArcLength().of(two_parts, 100.0) < -1.8


@pytest.mark.parametrize("profile", [np.zeros(100), np.ones(4), -np.ones(100) * 0.0, np.empty(0)])
def test_no_movement_has_no_smoothness(profile: FloatArray) -> None:
    assert np.isnan(SpectralArcLength().of(profile, 100.0))


def test_speed_of_a_parabola_is_exact() -> None:
    time_s = np.arange(50) / 100.0
    rate = speed(3.0 * time_s**2)
    np.testing.assert_allclose(rate[1:-1], 6.0 * time_s[1:-1], atol=1e-9)
    assert rate[0] == pytest.approx(0.03)


def test_phases() -> None:
    """Lowering 2 s, half a second of rest, rising 1 s; the bottom is where the lean turns slower than 10 deg/s."""
    down, up = minimum_jerk_speed(2.0), minimum_jerk_speed(1.0)
    rate = np.concatenate([down, np.zeros(50), -up])
    found = phases(rate, len(down) + 20)
    slow_before = int(np.flatnonzero(down > PAUSE_DEG_S)[-1]) + 1
    slow_after = len(down) + 50 + int(np.flatnonzero(up > PAUSE_DEG_S)[0]) - 1
    assert (found.bottom_start, found.bottom_end) == (slow_before, slow_after)
    assert found.lowering_peak_deg_s == pytest.approx(70.0 / 2.0 * 1.875, rel=1e-3)
    assert found.rising_peak_deg_s == pytest.approx(70.0 * 1.875, rel=1e-3)


def test_a_slow_rep_is_not_all_pause() -> None:
    rate = np.concatenate([minimum_jerk_speed(8.0, 35.0), -minimum_jerk_speed(8.0, 35.0)])
    found = phases(rate, 800)
    assert found.bottom_start > 500
    assert found.bottom_end < 1100


def test_phases_of_a_set() -> None:
    """Through the engine: tempo, speeds and times of simulated reps."""
    pieces = (*calibration_pieces(), *set_of_hinges(4, lowering_s=2.5, pause_s=0.8, rising_s=1.6))
    result = analyse(pieces, ideal_sensors(), seed=3, person=Person.machine())
    reps = [rep for rep in result.session.truth.reps if rep.kind == "rep"]
    assert len(result.rows) == len(reps)
    for row, true in zip(result.rows, reps, strict=True):
        assert row.start_s == pytest.approx(true.start_s, abs=0.15)
        assert row.end_s == pytest.approx(true.end_s, abs=0.15)
        assert true.bottom_start_s - 0.1 <= row.bottom_s <= true.bottom_end_s + 0.1
        assert row.lowering_s + row.pause_s + row.rising_s == pytest.approx(row.end_s - row.start_s)
        assert row.hinge_angle_deg == pytest.approx(true.depth_deg, abs=1.0)
        assert -1.7 < row.smoothness_lowering < -1.35  # the phase ends where the bottom begins, not at rest
        lowering_s = true.commanded.bottom_start_s - true.commanded.start_s
        assert row.lowering_peak_deg_s == pytest.approx(1.875 * true.depth_deg / lowering_s, rel=0.05)
    assert result.rows[1].rest_before_s == pytest.approx(reps[1].start_s - reps[0].end_s, abs=0.3)


def test_the_larger_peak_keeps_its_sign() -> None:
    up, down = np.full(20, 3.0), np.full(20, -5.0)
    assert signed_peak(np.concatenate([up, down])) == -5.0
    assert signed_peak(np.concatenate([up, down[:9]])) == 3.0, "five degrees were not held"
    assert np.isnan(signed_peak(np.full(20, np.nan)))

"""The still step: the bias to a tenth of a degree per second from people who sway and breathe, none from who moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.analysis.calibration.calibration import Refused
from dowel.analysis.calibration.still_step import standing_bias
from dowel.analysis.events import Calibrated, StepRefused
from dowel.recordings.grid_points import Status
from dowel.recordings.types import FloatArray, Placement, Samples
from dowel.sensors.simulated import (
    TRIMMED,
    Fidget,
    Hinge,
    Person,
    Piece,
    SimulatedSensor,
    Stand,
    Turn,
    Walk,
    calibration_pieces,
    simulate,
)
from tests.streams import analyse, ideal_sensors

PLACES = (Placement.UPPER_BACK, Placement.SACRUM)
UNBIASED = replace(TRIMMED, gyr_bias_dps=0.0, gyr_walk_dps_rts=0.0)


def out_of_breath(seed: int) -> Person:
    rng = np.random.default_rng(seed)
    return Person.random(rng).after_effort(rng)


def felt(piece: Piece, *, seed: int = 1, person: Person | None = None) -> list[Samples]:
    """Five seconds of it, as unbiased sensors at both places feel them."""
    sensors = ideal_sensors(*PLACES, chip=UNBIASED)
    session = simulate((Stand(1.0), piece, Stand(5.0)), sensors, seed=seed, person=person)
    samples = [run.samples for run in session.sensors]
    parts = [(each.time_s >= 1.0) & (each.time_s < 6.0) for each in samples]
    return [
        Samples(each.time_s[part], each.acc_m_s2[part], each.gyr_rad_s[part])
        for each, part in zip(samples, parts, strict=True)
    ]


def bias_of(samples: Samples, bias_rad_s: FloatArray | float = 0.0) -> FloatArray | Refused:
    good = np.zeros(len(samples), np.uint8)
    return standing_bias(samples.time_s, samples.acc_m_s2, samples.gyr_rad_s + bias_rad_s, good)


@pytest.mark.parametrize("bias_deg_s", [0.0, 3.0, 10.0])
def test_out_of_breath(bias_deg_s: float) -> None:
    """They turn faster than 2 deg/s, and the bias is told to 0.2 deg/s across the vertical, where it matters."""
    bias = np.deg2rad(bias_deg_s) * np.array([0.6, -0.64, 0.48])
    fastest = 0.0
    for seed in range(4):
        for samples in felt(Stand(5.0), seed=seed, person=out_of_breath(seed)):
            fastest = max(fastest, float(np.rad2deg(samples.gyr_rad_s.std(axis=0).max())))
            found = bias_of(samples, bias)
            assert not isinstance(found, Refused), found
            up = samples.acc_m_s2.mean(axis=0) / np.linalg.norm(samples.acc_m_s2.mean(axis=0))
            wrong = np.rad2deg(found - bias)
            assert np.linalg.norm(np.cross(wrong, up)) < 0.2
            assert abs(wrong @ up) < 0.3
    assert fastest > 4.0


def test_gravity_takes_away_what_a_slow_bow_adds() -> None:
    """Who bows by 6 deg in the step turns at 1.2 deg/s on the mean; that is no bias."""
    for samples in felt(Hinge(6.0, 5.0, 0.0, 5.0, 1.0), person=Person.machine()):
        assert np.rad2deg(np.linalg.norm(samples.gyr_rad_s.mean(axis=0))) > 1.0
        found = bias_of(samples)
        assert not isinstance(found, Refused)
        assert np.rad2deg(np.linalg.norm(found)) < 0.05


@pytest.mark.parametrize(
    "piece",
    [Fidget(5.0, 8.0), Walk(5.0), Turn(angle_deg=60.0), Hinge(40.0, 1.5, 0.5, 1.5, 1.5)],
    ids=lambda piece: type(piece).__name__,
)
def test_who_moves_is_refused(piece: Piece) -> None:
    for seed in range(2):
        refused = [isinstance(bias_of(samples), Refused) for samples in felt(piece, seed=seed)]
        assert any(refused)
        assert all(refused) or isinstance(piece, Turn | Fidget)  # the pelvis turns by less


def test_a_turn_that_lasts_is_no_bias() -> None:
    (samples, _) = felt(Stand(5.0))
    found = bias_of(samples, np.deg2rad([0.0, 0.0, 30.0]))
    assert isinstance(found, Refused)
    assert "30 deg/s" in found.reason


def test_only_good_samples_count() -> None:
    """Neither what a sensor repeated nor what it felt on the other side of a gap."""
    (samples, _) = felt(Stand(5.0))
    status = np.zeros(len(samples), np.uint8)
    wild = samples.gyr_rad_s.copy()
    status[:200], wild[:200] = Status.FROZEN, 1.0
    found = standing_bias(samples.time_s, samples.acc_m_s2, wild, status)
    assert not isinstance(found, Refused)
    assert np.rad2deg(np.linalg.norm(found)) < 0.3
    status[320] = Status.CLIPPED  # one sample is bridged
    assert not isinstance(standing_bias(samples.time_s, samples.acc_m_s2, wild, status), Refused)
    status[320:400] = Status.CLIPPED  # and no stretch of 2 s is left
    none_left = standing_bias(samples.time_s, samples.acc_m_s2, wild, status)
    assert isinstance(none_left, Refused)
    assert "only 1.2 s without a gap" in none_left.reason
    status[:] = Status.FROZEN
    nothing = standing_bias(samples.time_s, samples.acc_m_s2, wild, status)
    assert isinstance(nothing, Refused)
    assert "sent nothing that can be used" in nothing.reason


@pytest.mark.slow
@pytest.mark.parametrize("bias_deg_s", [3.0, 10.0])
def test_a_bias_does_not_spoil_the_hold(bias_deg_s: float) -> None:
    """The tilt that it built up is set right when it becomes known: the zero is that of an unbiased sensor."""
    zeros = []
    for bias in (0.0, bias_deg_s):
        chip = replace(TRIMMED, gyr_bias_dps=bias)
        sensors = [SimulatedSensor(place, chip=chip) for place in PLACES]
        result = analyse(calibration_pieces(), sensors, seed=4)
        assert not result.of(StepRefused)
        zeros.append(result.of(Calibrated)[0].calibration.frames)
    for place in PLACES:
        apart = zeros[0][place][2] - zeros[1][place][2]
        assert np.rad2deg(np.linalg.norm(apart)) < 0.1

"""The simulated sensors obey physics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Placement
from dowel.sensors.simulated import (
    BMI270,
    IDEAL,
    LSM6DSO,
    MOUNTINGS,
    MPU9250,
    TRIMMED,
    Body,
    Chip,
    Fidget,
    Hinge,
    KnockTogether,
    Link,
    Person,
    Piece,
    SensorRun,
    SensorSlip,
    SimulatedSensor,
    Stand,
    Turn,
    Walk,
    simulate,
)
from dowel.sensors.simulated.imu import sense
from dowel.sensors.simulated.person.body import lean_deg
from dowel.sensors.simulated.person.plan import Coordinate, Motion, plan_session
from tests.depth import examples

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
MACHINE = Person.machine()
SWING = Hinge(75, 0.65, 0.0, 0.65, 0.1, peak_deviation_deg=12, side_bend_deg=4, twist_deg=-5)


def ideal(
    placement: Placement, mounting: str | tuple[float, float, float, float] = "as_assumed", **more: float
) -> SimulatedSensor:
    return SimulatedSensor(placement, IDEAL, mounting, link=Link.perfect(), **more)


def one_run(pieces: list[Piece], sensor: SimulatedSensor, seed: int = 1, person: Person | None = MACHINE) -> SensorRun:
    return simulate(pieces, [sensor], seed=seed, person=person).sensors[0]


def rotations(run: SensorRun) -> Rotation:
    return Rotation.from_quat(np.roll(run.attitude, -1, axis=1))


def integrated(run: SensorRun) -> Rotation:
    """Attitude at every sample by integrating the angular rate from the first one on (trapezoid)."""
    turns = Rotation.from_rotvec(
        0.5 * (run.samples.gyr_rad_s[1:] + run.samples.gyr_rad_s[:-1]) * np.diff(run.samples.time_s)[:, None]
    )
    attitude = [rotations(run)[0]]
    for turn in turns:
        attitude.append(attitude[-1] * turn)
    return Rotation.concatenate(attitude)


@pytest.mark.parametrize("mounting", [*MOUNTINGS, "random"])
def test_at_rest_there_is_only_gravity_along_up(mounting: str) -> None:
    run = one_run([Stand(2.0)], ideal(Placement.SACRUM, mounting))
    up_in_sensor_axes = rotations(run).inv().apply([0.0, 0.0, GRAVITY_M_S2])
    assert run.samples.acc_m_s2 == pytest.approx(up_in_sensor_axes, abs=1e-4)
    assert run.samples.gyr_rad_s == pytest.approx(np.zeros((len(run.samples), 3)), abs=1e-9)


def test_named_mountings_point_where_they_say() -> None:
    def up(mounting: str) -> FloatArray:
        return one_run([Stand(0.1)], ideal(Placement.SACRUM, mounting)).samples.acc_m_s2[0] / GRAVITY_M_S2

    assert up("as_assumed") == pytest.approx([0, 0, 1], abs=1e-5)
    assert up("upside_down") == pytest.approx([0, 0, -1], abs=1e-5)
    assert up("sideways") == pytest.approx([0, 1, 0], abs=1e-5)
    assert up("twist_30") == pytest.approx([0, 0, 1], abs=1e-5)
    with pytest.raises(ValueError, match="unknown mounting 'backwards'; known: random, as_assumed"):
        up("backwards")


@pytest.mark.slow
@pytest.mark.parametrize("placement", [*TRUNK, Placement.HEAD, Placement.THIGH_LEFT, Placement.SHANK])
def test_integrated_rate_is_the_attitude(placement: Placement) -> None:
    pieces = [Stand(0.5), SWING, SWING, Walk(3.0), Turn(0.8, 0.1, 0.8, 0.2), SensorSlip(placement, 8.0, "x")]
    run = one_run(pieces, ideal(placement, "random", soft_tissue_deg=3.0, rate_hz=1000.0), person=None)
    error_deg = np.rad2deg((rotations(run).inv() * integrated(run)).magnitude())
    assert error_deg.max() < 0.01


@pytest.mark.parametrize("placement", TRUNK)
def test_specific_force_is_the_second_derivative_of_the_position(placement: Placement) -> None:
    """Integrated twice, the acceleration gives back the way of the sensor, within a millimetre."""
    sensor = ideal(placement, "random", rate_hz=1000.0)
    pieces = [Stand(0.5), SWING, SWING, Stand(0.5)]
    run = one_run(pieces, sensor, person=MACHINE)
    acceleration = rotations(run).apply(run.samples.acc_m_s2) - [0.0, 0.0, GRAVITY_M_S2]
    step_s = np.diff(run.samples.time_s)[:, None]
    velocity = np.vstack([np.zeros(3), np.cumsum(0.5 * (acceleration[1:] + acceleration[:-1]) * step_s, axis=0)])
    moved_m = np.vstack([np.zeros(3), np.cumsum(0.5 * (velocity[1:] + velocity[:-1]) * step_s, axis=0)])
    plan = plan_session(pieces, MACHINE, np.random.default_rng([1, 1]))
    _, way_m = Body(1.75).pose(placement, Motion(plan.coordinates).at(run.samples.time_s)[0])
    assert np.ptp(way_m[:, 2]) > 0.05
    assert moved_m == pytest.approx(way_m - way_m[0], abs=1e-3)


@pytest.mark.parametrize("placement", TRUNK)
def test_even_rotation_gives_the_centripetal_acceleration(placement: Placement) -> None:
    rate_rad_s = 3.0
    control = np.zeros((400, len(Coordinate)))
    control[:, Coordinate.PELVIS_LEAN] = np.rad2deg(rate_rad_s * np.arange(400) / 200.0)
    body, still = Body(1.75), Motion(np.zeros((400, 3)))
    time_s = np.linspace(0.5, 1.5, 50)
    attitude, samples = sense(body, Motion(control), still, [], ideal(placement), time_s)
    upright = np.zeros((1, len(Coordinate)))
    hip_m = np.array([0.0, 0.0, (0.246 + 0.245) * 1.75])
    arm_m = body.pose(placement, upright)[1][0] - hip_m
    expected = attitude.inv().apply([0.0, 0.0, GRAVITY_M_S2]) - rate_rad_s**2 * arm_m
    assert samples.acc_m_s2 == pytest.approx(expected, abs=1e-5)
    assert samples.gyr_rad_s == pytest.approx(np.tile([0.0, rate_rad_s, 0.0], (50, 1)), abs=1e-8)


def test_a_swing_is_as_violent_as_expected() -> None:
    run = one_run([Stand(0.5), *[SWING] * 4, Stand(0.5)], ideal(Placement.UPPER_BACK))
    force_g = np.linalg.norm(run.samples.acc_m_s2, axis=1) / GRAVITY_M_S2
    rate_deg_s = np.rad2deg(np.abs(run.samples.gyr_rad_s).max())
    assert 1.6 < force_g.max() < 2.5
    assert 170 < rate_deg_s < 300


def test_walking_and_standing_are_realistic() -> None:
    walk = one_run([Stand(1.0), Walk(8.0), Stand(1.0)], ideal(Placement.SACRUM), person=None)
    force_g = np.linalg.norm(walk.samples.acc_m_s2, axis=1) / GRAVITY_M_S2
    assert 1.2 < force_g.max() < 1.7
    assert 25 < np.rad2deg(np.abs(walk.samples.gyr_rad_s).max()) < 90
    stand = one_run([Stand(20.0)], ideal(Placement.UPPER_BACK), person=None)
    assert np.rad2deg(np.linalg.norm(stand.samples.gyr_rad_s, axis=1)).max() < 2.0  # VQF's limit for rest
    assert np.ptp(lean_deg(rotations(stand))) > 0.2


@examples(20)
@given(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_mounting_only_turns_the_samples(quaternion: tuple[float, float, float, float]) -> None:
    pieces = [Stand(0.3), SWING]
    straight = one_run(pieces, ideal(Placement.UPPER_BACK, soft_tissue_deg=3.0))
    mounted = one_run(pieces, ideal(Placement.UPPER_BACK, quaternion, soft_tissue_deg=3.0))
    turn = Rotation.from_quat(np.roll(quaternion, -1))
    assert turn.apply(mounted.samples.acc_m_s2) == pytest.approx(straight.samples.acc_m_s2, abs=1e-9)
    assert turn.apply(mounted.samples.gyr_rad_s) == pytest.approx(straight.samples.gyr_rad_s, abs=1e-9)


def test_knocks_are_felt_at_their_time_by_all_sensors() -> None:
    sensors = [ideal(placement, "random", rate_hz=400.0) for placement in (*TRUNK, Placement.HEAD)]
    session = simulate([Stand(1.0), KnockTogether(), Stand(1.0)], sensors, seed=4)
    assert len(session.truth.knocks_s) == 3
    for run in session.sensors:
        force = np.linalg.norm(run.samples.acc_m_s2, axis=1)
        for knock_s in session.truth.knocks_s:
            near = np.abs(run.samples.time_s - knock_s) < 0.1
            peak_s = run.samples.time_s[near][np.argmax(force[near])]
            assert force[near].max() > 2.5 * GRAVITY_M_S2
            assert peak_s == pytest.approx(knock_s, abs=0.003)


def test_slip_turns_one_sensor_by_its_angle() -> None:
    pieces = [Stand(1.0), SensorSlip(Placement.SACRUM, 7.0), Stand(1.0), SensorSlip(Placement.SACRUM, 5.0), Stand(1.0)]
    runs = simulate(pieces, [ideal(place) for place in TRUNK], seed=1, person=MACHINE).sensors
    assert np.abs(lean_deg(rotations(runs[0]))).max() < 1e-6
    assert lean_deg(rotations(runs[1]))[[0, 150, -1]] == pytest.approx([0.0, 7.0, 12.0], abs=1e-6)


def test_soft_tissue_moves_with_depth_and_differs_from_rep_to_rep() -> None:
    amplitude_deg = 3.0
    # Facing left first: what the skin does goes with the segment, not with the room.
    pieces = [Stand(1.0), Walk(4.0, turn_deg=90.0), *[Hinge(70, 2.0, 1.0, 2.0, 1.0)] * 30, Stand(1.0)]
    session = simulate(pieces, [ideal(Placement.SACRUM, soft_tissue_deg=amplitude_deg)], seed=6, person=MACHINE)
    truth, run = session.truth, session.sensors[0]
    off_deg = lean_deg(rotations(run)) - np.interp(run.samples.time_s, truth.time_s, truth.sacrum_lean_deg)
    bottoms = [
        np.abs(np.interp(0.5 * (rep.bottom_start_s + rep.bottom_end_s), run.samples.time_s, off_deg))
        for rep in truth.reps
    ]
    standing = np.abs(np.interp([rep.end_s + 0.7 for rep in truth.reps], run.samples.time_s, off_deg))
    assert np.mean(bottoms) == pytest.approx(amplitude_deg, rel=0.12)
    assert 0.08 < np.std(bottoms) / np.mean(bottoms) < 0.25
    assert standing.max() < 0.05
    # Half-way, at the same lean, it differs by twice a quarter of the amplitude times 66 of 150 deg/s.
    down, up = (
        np.interp([getattr(rep.commanded, moment) + 1.0 for rep in truth.reps], run.samples.time_s, off_deg)
        for moment in ("start_s", "bottom_end_s")
    )
    assert abs(np.mean(down - up)) == pytest.approx(2 * 0.25 * amplitude_deg * 65.6 / 150.0, rel=0.2)


@pytest.mark.parametrize("chip", [TRIMMED, BMI270, LSM6DSO, MPU9250], ids=lambda chip: chip.name)
def test_chip_errors_stay_in_their_ranges_and_are_there(chip: Chip) -> None:
    biases_dps, biases_mg, noise_mg = [], [], []
    for seed in range(12):
        sensor = SimulatedSensor(Placement.SACRUM, chip, link=Link.perfect())
        samples = one_run([Stand(3.0)], sensor, seed).samples
        biases_dps.append(np.rad2deg(samples.gyr_rad_s.mean(axis=0)))
        biases_mg.append(1e3 * (samples.acc_m_s2.mean(axis=0) / GRAVITY_M_S2 - [0, 0, 1])[:2])
        noise_mg.append(1e3 * samples.acc_m_s2[:, 0].std() / GRAVITY_M_S2)
    # Cross axis errors turn up to 0.3 % of gravity into the other axes.
    assert 0.6 * chip.gyr_bias_dps < np.abs(biases_dps).max() < chip.gyr_bias_dps + 0.1
    assert 0.6 * chip.acc_bias_mg < np.abs(biases_mg).max() < chip.acc_bias_mg + 3.5
    assert np.mean(noise_mg) == pytest.approx(1e-3 * chip.acc_noise_ug_rthz * np.sqrt(50.0), rel=0.15)


def test_chip_counts_in_int16_steps_and_clips() -> None:
    small = Chip("small", gyr_full_scale_dps=100.0, acc_full_scale_g=2.0)
    sensor = SimulatedSensor(Placement.UPPER_BACK, small, link=Link.perfect())
    samples = one_run([Stand(0.2), SWING], sensor).samples
    steps = np.rad2deg(samples.gyr_rad_s) / (100.0 / 32768)
    assert steps == pytest.approx(np.round(steps), abs=1e-6)
    assert steps.max() == pytest.approx(32767)
    assert small.ranges()["gyr_range_rad_s"] == pytest.approx(np.deg2rad(100.0))
    assert IDEAL.ranges() == {}


def test_fidgeting_has_its_amplitude() -> None:
    truth = simulate([Fidget(120.0, 5.0)], [], seed=1, person=MACHINE).truth
    assert truth.sacrum_lean_deg.std() == pytest.approx(5.0, rel=0.15)
    assert np.abs(truth.deviation_deg).max() < 4.0

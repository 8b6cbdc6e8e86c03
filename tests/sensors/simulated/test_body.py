"""The simulated bones: signs, geometry, and the smooth curve that moves them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import find_peaks
from scipy.spatial.transform import Rotation

from dowel.recordings.types import FloatArray, MarkKind, Placement
from dowel.sensors.simulated import (
    Body,
    Breathing,
    Hinge,
    LegLower,
    Lie,
    Person,
    Piece,
    SideBend,
    Slump,
    SpineBend,
    Squat,
    Stand,
    Turn,
    lying_calibration,
    simulate,
)
from dowel.sensors.simulated.person.body import composed, flexion_deg, lean_deg
from dowel.sensors.simulated.person.plan import Coordinate, Motion
from tests.reference import by_scipy

BODY = Body(1.75)
TRUNK = (Placement.SACRUM, Placement.UPPER_BACK)


def posed(**angles_deg: float) -> FloatArray:
    coordinates = np.zeros((1, len(Coordinate)))
    for name, angle_deg in angles_deg.items():
        coordinates[0, Coordinate[name.upper()]] = angle_deg
    return coordinates


def position_m(placement: Placement, **angles_deg: float) -> FloatArray:
    return BODY.pose(placement, posed(**angles_deg))[1][0]


def truth_at_bottom(piece: Piece, quantity: str) -> float:
    truth = simulate([Stand(1.0), piece, Stand(1.0)], [], seed=1, person=Person.machine()).truth
    values = getattr(truth, quantity)
    return float(values[np.argmax(np.abs(values))])


# One row of the sign table each: the movement, what it is called, and where a body point or axis must go for it.
SIGNS = [
    pytest.param(Hinge(40), "sacrum_lean_deg", 40, id="lean forward (sacrum)"),
    pytest.param(Hinge(40), "upper_back_lean_deg", 40, id="lean forward (upper back)"),
    pytest.param(Hinge(60, peak_deviation_deg=15), "deviation_deg", 15, id="rounding"),
    pytest.param(Hinge(60, peak_deviation_deg=-10), "deviation_deg", -10, id="arching"),
    pytest.param(SpineBend(flexion_deg=40), "deviation_deg", 40, id="rounding with the spine alone"),
    pytest.param(SideBend(angle_deg=25), "side_bend_deg", 20, id="bend to the right"),
    pytest.param(SideBend(angle_deg=-25), "side_bend_deg", -20, id="bend to the left"),
    pytest.param(Hinge(70, side_bend_deg=6), "side_bend_deg", 6, id="bend to the right, deep in a hinge"),
    pytest.param(Turn(angle_deg=40), "twist_deg", 24, id="turn to the left"),
    pytest.param(Turn(angle_deg=-40), "twist_deg", -24, id="turn to the right"),
    pytest.param(Hinge(88, twist_deg=5), "twist_deg", 5, id="turn to the left, at 88 deg of lean"),
    pytest.param(Hinge(50, chin_deg=12), "head_deviation_deg", 12, id="chin down"),
]


@pytest.mark.parametrize(("piece", "quantity", "expected_deg"), SIGNS)
def test_truth_has_the_signs_of_the_table(piece: Piece, quantity: str, expected_deg: float) -> None:
    assert truth_at_bottom(piece, quantity) == pytest.approx(expected_deg, abs=0.1)


def test_signs_are_those_of_a_body_in_space() -> None:
    """The same table, told by where points of the body go: x forward, y left, z up."""
    upright = position_m(Placement.UPPER_BACK)
    assert position_m(Placement.UPPER_BACK, pelvis_lean=30)[0] > upright[0] + 0.1
    assert position_m(Placement.UPPER_BACK, spine_flexion=30)[0] > upright[0] + 0.05
    assert position_m(Placement.UPPER_BACK, spine_side=20)[1] < -0.05
    assert position_m(Placement.UPPER_BACK, pelvis_side=20)[1] < -0.05
    turned, _ = BODY.pose(Placement.UPPER_BACK, posed(spine_twist=20))
    assert turned.apply([1.0, 0.0, 0.0])[0, 1] > 0.3
    facing_left, _ = BODY.pose(Placement.SACRUM, posed(heading=90))
    assert facing_left.apply([1.0, 0.0, 0.0])[0] == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)
    nodding, _ = BODY.pose(Placement.HEAD, posed(nod=20))
    assert nodding.apply([1.0, 0.0, 0.0])[0, 2] < -0.3
    assert position_m(Placement.SACRUM, thigh_lean=-32)[0] < position_m(Placement.SACRUM)[0] - 0.2
    assert position_m(Placement.SACRUM, thigh_lean=-85, shank_lean=28)[2] < position_m(Placement.SACRUM)[2] - 0.35


def test_lean_does_not_see_the_heading() -> None:
    for heading_deg in (0.0, 77.0, -170.0):
        attitude, _ = BODY.pose(Placement.UPPER_BACK, posed(heading=heading_deg, pelvis_lean=50, spine_flexion=12))
        assert lean_deg(attitude)[0] == pytest.approx(62.0, abs=1e-9)


def test_pose_agrees_with_rotations_multiplied_one_by_one() -> None:
    rng = np.random.default_rng(3)
    coordinates = rng.uniform(-60.0, 60.0, (50, len(Coordinate)))
    column = {c.name: coordinates[:, c] for c in Coordinate}
    pelvis = (
        Rotation.from_euler("z", column["HEADING"][:, None], degrees=True)
        * Rotation.from_euler("y", column["PELVIS_LEAN"][:, None], degrees=True)
        * Rotation.from_euler("x", column["PELVIS_SIDE"][:, None], degrees=True)
    )
    spine = Rotation.from_rotvec(coordinates[:, 3:6], degrees=True)
    sacrum, sacrum_m = BODY.pose(Placement.SACRUM, coordinates)
    upper_back, upper_back_m = BODY.pose(Placement.UPPER_BACK, coordinates)
    assert np.max((sacrum.inv() * pelvis).magnitude()) < 1e-7
    assert np.max((upper_back.inv() * (pelvis * spine)).magnitude()) < 1e-7
    # The arc again, piece by piece.
    shares = np.array([0.15, 0.25, 0.25, 0.15, 0.12, 0.08])
    there = sacrum_m.copy()
    for middle in np.cumsum(shares) - shares / 2:
        piece = pelvis * Rotation.from_rotvec(middle * coordinates[:, 3:6], degrees=True)
        there += piece.apply([0.0, 0.0, 0.22 * 1.75 / 6])
    there += pelvis.apply([0.03, 0.0, 0.0]) - upper_back.apply([0.03, 0.0, 0.0])
    assert upper_back_m == pytest.approx(there, abs=1e-9)


def test_rounding_bends_the_spine_as_a_true_arc() -> None:
    """The chord of the bones shortens while the skin of the back stretches; the rod's gap is theta times the lever."""

    def lengths_m(flexion_deg: float) -> tuple[float, float]:
        coordinates = posed(spine_flexion=flexion_deg)
        (sacrum, low_m), (upper_back, high_m) = (BODY.pose(place, coordinates) for place in TRUNK)
        to_bone = np.array([0.03, 0.0, 0.0])
        bones_m = high_m + upper_back.apply(to_bone) - low_m - sacrum.apply(to_bone)
        return float(np.linalg.norm(bones_m)), float(np.linalg.norm(high_m - low_m))

    assert lengths_m(0.0) == pytest.approx((0.385, 0.385))
    bones_m, skin_m = lengths_m(60.0)
    assert 0.93 < bones_m / 0.385 < 0.98  # six pieces on an even arc of 60 deg: 0.955
    assert skin_m > 0.385
    little = position_m(Placement.UPPER_BACK, spine_flexion=1) - position_m(Placement.SACRUM, spine_flexion=1)
    # The rod lies along the upper back; the bend's centroid is 0.14-0.20 m above the sacrum (sources#rod-gap).
    attitude, _ = BODY.pose(Placement.UPPER_BACK, posed(spine_flexion=1))
    gap_m = attitude.inv().apply(-little)[0, 0] + 0.03 * np.deg2rad(1.0) ** 2
    assert 0.14 < gap_m / np.deg2rad(1.0) < 0.20


def test_lengths_scale_with_the_height() -> None:
    _, tall = Body(2.0).pose(Placement.HEAD, posed())
    _, small = Body(1.5).pose(Placement.HEAD, posed())
    assert tall[0, 2] / small[0, 2] == pytest.approx(2.0 / 1.5)
    assert 0.85 < tall[0, 2] / 2.0 < 1.0


def test_spline_goes_through_a_line_and_follows_a_plan() -> None:
    line = Motion(np.outer(np.arange(400), np.ones(2)))
    times = np.array([0.5, 0.7512, 1.0])
    assert line.at(times)[0] == pytest.approx(np.outer(times * 200.0, np.ones(2)))
    wave = np.sin(2 * np.pi * np.arange(1000) / 200.0)[:, None]
    smooth = Motion(wave).at(np.arange(100, 900) / 200.0)[0]
    assert np.max(np.abs(smooth - wave[100:900])) < 3e-4  # blur of sd 3.5 ms on a 1 Hz sine


def test_the_spline_is_scipys() -> None:
    rng = np.random.default_rng(1)
    control, at_s = rng.standard_normal((400, len(Coordinate))), rng.uniform(0.02, 1.96, 300)
    assert Motion(control).at(at_s)[0] == pytest.approx(by_scipy.spline(control, at_s), abs=1e-12)


def test_spline_derivatives_are_those_of_the_wave() -> None:
    wave = Motion(np.sin(2 * np.pi * np.arange(1000) / 200.0)[:, None])
    at_s = np.linspace(1.0, 4.0, 77)
    before, now, after = wave.at(at_s, (-1e-3, 0.0, 1e-3))[..., 0]
    assert (after - before) / 2e-3 == pytest.approx(2 * np.pi * np.cos(2 * np.pi * at_s), abs=0.01)
    assert (after - 2 * now + before) / 1e-6 == pytest.approx(-((2 * np.pi) ** 2) * np.sin(2 * np.pi * at_s), abs=0.05)


def test_slump_reaches_the_flexion_range_and_the_wink_makes_two_humps() -> None:
    person = Person(rep_sd_deg=0.0, flexion_range_deg=61.0)
    truth = simulate([Stand(1.0), Slump(), Stand(1.0)], [], seed=2, person=person).truth
    assert np.max(truth.upper_back_lean_deg - truth.sacrum_lean_deg) == pytest.approx(61.0, abs=1.0)
    squat = simulate([Stand(1.0), Squat(wink_deg=8), Stand(1.0)], [], seed=2, person=Person.machine()).truth
    lean = squat.sacrum_lean_deg
    humps, _ = find_peaks(lean, prominence=2.0)
    assert len(humps) == 2
    assert np.max(squat.upper_back_lean_deg) == pytest.approx(40.0, abs=0.1)


def test_the_places_of_somebody_who_lies() -> None:
    """Pelvis and sternum sit in front; lying, front is up, and the thighs go their own ways."""
    for place in (Placement.PELVIS_FRONT, Placement.STERNUM):
        assert position_m(place)[0] > position_m(Placement.SACRUM)[0] + 0.1
        assert position_m(place, pelvis_lean=-90)[2] > position_m(Placement.SACRUM, pelvis_lean=-90)[2] + 0.1
    apart = posed(thigh_lean=-150, thighs_apart=-30)
    left, right = (BODY.pose(place, apart)[0] for place in (Placement.THIGH_LEFT, Placement.THIGH_RIGHT))
    assert lean_deg(left)[0] == pytest.approx(-150.0)
    assert abs(lean_deg(right)[0]) == pytest.approx(180.0)


@pytest.mark.parametrize("arch_deg", [0.0, 9.0])
def test_the_back_that_is_pressed_flat(arch_deg: float) -> None:
    """The pelvis tips forward when the low back arches, and the chest stays where it is."""
    pieces = [*lying_calibration(10.0, Breathing(0.0)), LegLower(arch_deg=arch_deg, breathing=Breathing(0.0)), Lie(1.0)]
    session = simulate(pieces, [], seed=1, person=Person.machine())
    (rep,) = session.truth.reps
    assert rep.label == "left"
    lowered = slice(*(round(200 * at_s) for at_s in (rep.commanded.start_s, rep.commanded.end_s)))
    assert session.truth.sacrum_lean_deg[lowered].max() == pytest.approx(-90.0 + arch_deg, abs=0.1)
    assert session.truth.upper_back_lean_deg[lowered] == pytest.approx(-90.0, abs=0.1)
    kinds = [mark.kind for mark in session.marks if mark.kind not in (MarkKind.STEP_START, MarkKind.TICK)]
    steps = [MarkKind.STILL, MarkKind.LYING, MarkKind.PRESSED, MarkKind.RELAXED, MarkKind.PRESSED]
    assert kinds == steps


@pytest.mark.parametrize(
    ("above_cm", "seen_deg"), [(0.0, 20.0), (4.7, 21.06), (2.35, 20.58), (-4.7, 18.48), (-9.4, 16.5)]
)
def test_a_sensor_elsewhere_on_the_back_sees_another_part_of_the_bend(above_cm: float, seen_deg: float) -> None:
    """As the joints between bend (sources#morita-2013): more above the prescribed place, less below it."""
    coordinates = posed(pelvis_lean=30, spine_flexion=20)
    sacrum, _ = BODY.pose(Placement.SACRUM, coordinates)
    upper_back, _ = BODY.pose(Placement.UPPER_BACK, coordinates, 0.01 * above_cm)
    assert flexion_deg(sacrum.inv() * upper_back)[0] == pytest.approx(seen_deg, abs=0.05)


def test_the_chest_is_lifted_above_the_prescribed_place_only() -> None:
    person = Body(1.75, straightening_deg_per_m=100.0)
    coordinates = posed(pelvis_lean=60)
    for above_m, seen_deg in ((0.03, -3.0), (0.0, 0.0), (-0.03, 0.0)):
        attitude, _ = person.pose(Placement.UPPER_BACK, coordinates, above_m)
        assert lean_deg(attitude)[0] == pytest.approx(60.0 + seen_deg, abs=1e-6)


def test_a_build_and_a_place_of_the_sacrums_sensor() -> None:
    """Only the sensor of the sacrum sits elsewhere on the pelvis; the hips stay where they are."""
    upright = posed()
    usual = BODY.pose(Placement.SACRUM, upright)[1][0]
    other = replace(BODY, hip_lever=(1.2, 0.8))
    moved = other.pose(Placement.SACRUM, upright, 0.05)[1][0] - usual
    assert moved == pytest.approx([-0.2 * 0.07, 0.0, -0.2 * 0.1 + 0.05], abs=0.001)
    assert other.hip_m(upright) == pytest.approx(BODY.hip_m(upright))


@pytest.mark.parametrize(("count", "of_second"), [(1, 1), (2000, 2000), (2000, 1), (1, 2000)])
def test_rotations_are_composed_as_scipy_does_to_the_last_bit(count: int, of_second: int) -> None:
    rng = np.random.default_rng(1)
    first = Rotation.from_quat(rng.normal(size=(count, 4)))
    for size in (1.0, 1e-6):
        second = Rotation.from_rotvec(size * rng.normal(size=(of_second, 3)))
        for one in (first, first.inv()):
            np.testing.assert_array_equal(composed(one, second).as_quat(), (one * second).as_quat())

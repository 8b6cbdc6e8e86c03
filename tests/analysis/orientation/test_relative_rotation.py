"""One segment against another, from sensors without a common heading; and what bends to the side and turns come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dowel.analysis.orientation.relative_rotation import (
    SIDEWAYS_DEG,
    Joint,
    bent_sideways,
    flexion_deg,
    relative_rotation,
    same_heading,
    side_bend_and_twist_deg,
    side_bend_and_twist_over,
)
from dowel.recordings.grid_points import Status
from dowel.recordings.types import FloatArray
from dowel.sensors.simulated import TRIMMED, Hinge, Link, Person, Stand, calibration_pieces
from dowel.sensors.simulated.person.plan import Coordinate, Plan, Scene
from tests.depth import examples
from tests.reference import by_scipy
from tests.streams import analyse, ideal_sensors, in_a_set

SHARE = np.concatenate([np.zeros(3), np.linspace(0.0, 1.0, 50)])
"""Three points of standing, then the way down."""


@dataclass(frozen=True)
class Worn:
    """Two segments with a sensor each, mounted anyhow, without a common heading."""

    lower: FloatArray
    upper: FloatArray
    frames: FloatArray

    @property
    def offset(self) -> FloatArray:
        return same_heading(self.lower[0], self.upper[0], *self.frames)

    @property
    def relative(self) -> FloatArray:
        return relative_rotation(self.lower, self.upper, *self.frames, self.offset)


def worn(lower: Rotation, spine: Rotation, seed: int, heading_deg: float = 130.0) -> Worn:
    """What the sensors see of a pelvis (n) and a spine (n)."""
    mountings = Rotation.from_quat(np.random.default_rng(seed).standard_normal((2, 4)))  # sensor to segment
    upper = Rotation.from_euler("z", heading_deg, degrees=True) * lower * spine
    attitudes = [
        np.roll((segment * mounting).as_quat(), 1, axis=1)
        for segment, mounting in zip((lower, upper), mountings, strict=True)
    ]
    for attitude in attitudes:  # neighbours on one half of the sphere, as the filter gives them
        flips = np.cumprod(np.concatenate([[1.0], np.sign(np.sum(attitude[1:] * attitude[:-1], axis=1))]))
        attitude *= flips[:, None]
    return Worn(attitudes[0], attitudes[1], mountings.as_matrix())


def bent(lean_deg: float, pelvis_side_deg: float, spine_deg: Sequence[float]) -> tuple[Rotation, Rotation]:
    """A pelvis that leans forward and to the side, and a spine of flexion, side bend and twist, from nothing to all."""
    pelvis = Rotation.from_euler("YX", np.outer(SHARE, [lean_deg, pelvis_side_deg]), degrees=True)
    return pelvis, Rotation.from_euler("YXZ", np.outer(SHARE, spine_deg), degrees=True)


@given(
    seed=st.integers(0, 2**32 - 1),
    heading_deg=st.floats(-180.0, 180.0),
    lean_deg=st.floats(0.0, 100.0),
    pelvis_side_deg=st.floats(-40.0, 40.0),
    spine_deg=st.tuples(st.floats(-30.0, 60.0), st.floats(-40.0, 40.0), st.floats(-40.0, 40.0)),
)
@examples(100)
def test_flexion_is_that_of_the_bones_whatever_the_side_and_the_turn(
    seed: int, heading_deg: float, lean_deg: float, pelvis_side_deg: float, spine_deg: tuple[float, float, float]
) -> None:
    """It is the first angle of the joint coordinate system, as SciPy has it, in any mounting and with any heading."""
    seen = worn(*bent(lean_deg, pelvis_side_deg, spine_deg), seed, heading_deg)
    found = flexion_deg(seen.relative)
    np.testing.assert_allclose(
        found, by_scipy.flexion_deg(seen.lower, seen.upper, *seen.frames, seen.offset), atol=1e-9
    )
    np.testing.assert_allclose(found, SHARE * spine_deg[0], atol=1e-6)


@given(lean_deg=st.floats(0.0, 110.0), rounded_deg=st.floats(-30.0, 60.0), seed=st.integers(0, 2**32 - 1))
@examples(50)
def test_straight_forward_it_is_the_difference_of_the_leans(lean_deg: float, rounded_deg: float, seed: int) -> None:
    seen = worn(*bent(lean_deg, 0.0, (rounded_deg, 0.0, 0.0)), seed)
    np.testing.assert_allclose(flexion_deg(seen.relative), SHARE * rounded_deg, atol=1e-6)
    assert not bent_sideways(seen.relative).any()


@pytest.mark.parametrize(("heading_deg", "most_deg"), [(5.0, 0.12), (15.0, 1.0)])
def test_a_heading_that_has_drifted_hardly_matters_in_a_bend_straight_forward(
    heading_deg: float, most_deg: float
) -> None:
    """Of second order: d^2 / 2 times sine and cosine of the lean."""
    seen = worn(*bent(60.0, 0.0, (10.0, 0.0, 0.0)), 1)
    turn = np.array([np.cos(np.deg2rad(heading_deg / 2)), 0.0, 0.0, np.sin(np.deg2rad(heading_deg / 2))])
    drifted = Rotation.from_quat(np.roll(turn, -1)) * Rotation.from_quat(np.roll(seen.offset, -1))
    relative = relative_rotation(seen.lower, seen.upper, seen.frames[0], seen.frames[1], np.roll(drifted.as_quat(), 1))
    error_deg = np.abs(flexion_deg(relative) - SHARE * 10.0).max()
    assert 0.5 * most_deg < error_deg < most_deg


@pytest.mark.parametrize("lean_deg", [0.0, 60.0, 89.0, 91.0, 110.0])
@pytest.mark.parametrize(("side_deg", "twist_deg"), [(12.0, 0.0), (0.0, -9.0), (8.0, 6.0), (-15.0, 3.0)])
def test_side_bend_and_twist_also_near_90_deg_of_lean(lean_deg: float, side_deg: float, twist_deg: float) -> None:
    """They are the x and z parts of the rotation vector, whatever the mounting and the headings."""
    spine = Rotation.from_rotvec(np.deg2rad(np.outer(SHARE, [side_deg, 10.0, twist_deg])))
    seen = worn(Rotation.from_euler("y", lean_deg * SHARE[:, None], degrees=True), spine, 4)
    found = side_bend_and_twist_deg(seen.relative)
    of_scipy = by_scipy.side_bend_and_twist(seen.lower, seen.upper, *seen.frames, seen.offset)
    np.testing.assert_allclose(found, of_scipy, atol=1e-9)
    np.testing.assert_allclose(found, np.outer([side_deg, twist_deg], SHARE), atol=1e-6)
    np.testing.assert_array_equal(found, side_bend_and_twist_over(seen.lower, seen.upper, *seen.frames))


@pytest.mark.parametrize(
    ("spine_deg", "too_far"),
    [
        ((70.0, 0.0, 0.0), False),
        ((10.0, SIDEWAYS_DEG - 1.0, 0.0), False),
        ((10.0, -SIDEWAYS_DEG + 1.0, 0.0), False),
        ((10.0, SIDEWAYS_DEG + 1.0, 0.0), True),
        ((10.0, 0.0, SIDEWAYS_DEG - 1.0), False),
        ((10.0, 0.0, -SIDEWAYS_DEG - 1.0), True),
        ((10.0, 38.0, 38.0), True),
    ],
)
def test_too_far_to_the_side_is_side_bend_and_twist_together(
    spine_deg: tuple[float, float, float], too_far: bool
) -> None:
    pelvis, spine = bent(50.0, 0.0, spine_deg)
    assert bent_sideways(worn(pelvis, spine, 2).relative)[-1] == too_far


def with_a_filter_that_begins_anew() -> tuple[FloatArray, FloatArray, NDArray[np.uint8]]:
    """Grid values of a bend in which the upper filter has another heading from the 32nd point on, frames, status."""
    seen = worn(*bent(60.0, 0.0, (10.0, 0.0, 20.0)), 3)
    turned = (
        Rotation.from_euler("z", 70.0, degrees=True) * Rotation.from_quat(np.roll(seen.upper, -1, axis=1))
    ).as_quat()
    upper = np.where((np.arange(len(SHARE)) < 32)[:, None], seen.upper, np.roll(turned, 1, axis=1))
    status = np.zeros((2, len(SHARE)), np.uint8)
    status[1, 20:32] = Status.SETTLING
    return np.stack([seen.lower, upper]), seen.frames, status


PARTS = (slice(0, 1), slice(1, 27), slice(27, 27), slice(27, 40), slice(40, None))


@pytest.mark.parametrize("bending", [False, True])
def test_behind_a_fault_the_heading_is_taken_anew_but_in_no_bend(bending: bool) -> None:
    """Without this the flexion would be off by tens of degrees, and in a bend by as much as a person twists there."""
    values, frames, status = with_a_filter_that_begins_anew()

    def joint() -> Joint:
        made = Joint(0, 1)
        if bending:
            made.bend(under_way=True)
        return made

    whole, lost = joint().follow(values, frames, status)
    assert np.isnan(whole[:, 0]).tolist() == [bool(status[1, at]) or (bending and at >= 32) for at in range(len(SHARE))]
    assert lost.tolist() == [Status.SETTLING * (bending and at >= 32) for at in range(len(SHARE))]
    np.testing.assert_allclose(flexion_deg(whole)[:20], (SHARE * 10.0)[:20], atol=0.4)
    in_parts = joint()
    found = [in_parts.follow(values[:, part], frames, status[:, part]) for part in PARTS]
    np.testing.assert_array_equal(np.concatenate([relative for relative, _ in found]), whole)
    np.testing.assert_array_equal(np.concatenate([why for _, why in found]), lost)
    in_parts.bend(under_way=False)
    assert np.isfinite(in_parts.follow(values[:, 40:], frames, status[:, 40:])[0]).all()


def test_what_is_too_short_to_matter_costs_no_heading() -> None:
    """An impact at the end of an accelerometer's range, samples that came too late: both attitudes go on."""
    seen = worn(*bent(60.0, 0.0, (10.0, 0.0, 20.0)), 3)
    values, status = np.stack([seen.lower, seen.upper]), np.zeros((2, len(SHARE)), np.uint8)
    joint = Joint(0, 1)
    joint.bend(under_way=True)
    whole, _ = joint.follow(values, seen.frames, status)
    status[0, 20:25], status[1, 30:45] = Status.CLIPPED, Status.MISSING
    joint.forget()
    joint.bend(under_way=True)
    found, lost = joint.follow(values, seen.frames, status)
    good = (status == 0).all(axis=0)
    np.testing.assert_array_equal(found[good], whole[good])
    assert not lost.any()


@pytest.mark.parametrize("gap", [False, True])
def test_a_glitch_in_a_twisted_bend_makes_no_loss_of_it(gap: bool) -> None:
    """The heading was taken anew at the bottom, as if nobody twisted there: a neutral back was told to have arched."""
    reps = [Hinge(65.0, 2.0, 7.0, 2.0, 1.0, twist_deg=25.0)] * 3
    pieces = (*calibration_pieces(), *in_a_set(*reps))
    bends = [each for each in analyse(pieces).session.truth.reps if each.kind == "rep"]
    sensors = ideal_sensors(chip=TRIMMED)
    if gap:
        lost = tuple((each.start_s + 1.2, 0.5) for each in bends)
        sensors[0] = replace(sensors[0], link=replace(Link.perfect(), dropouts_s=lost))
    found = analyse(pieces, sensors)
    assert [row.verdict for row in found.rows] == ["not_judged" if gap else "held"] * 3
    assert {row.verdict_reason for row in found.rows} == {"gap" if gap else ""}


def test_nothing_is_known_of_segments_that_were_not_seen() -> None:
    nothing = np.full((4, 4), np.nan)
    side, twist = side_bend_and_twist_over(nothing, nothing, np.eye(3), np.eye(3))
    assert np.isnan([side, twist]).all()
    assert not bent_sideways(nothing).any()


# --- whole sessions ---


@dataclass(frozen=True)
class OverOneHip:
    """A hinge in which the pelvis leans to the side and turns as well."""

    hinge: Hinge
    side_deg: float
    heading_deg: float

    def plan(self, scene: Scene) -> Plan:
        plan = self.hinge.plan(scene)
        share = np.clip(plan.coordinates[:, Coordinate.PELVIS_LEAN] / self.hinge.depth_deg, 0.0, 1.0)
        plan.coordinates[:, Coordinate.PELVIS_SIDE] += self.side_deg * share
        plan.coordinates[:, Coordinate.HEADING] += self.heading_deg * share
        return plan


def crooked(peak_deg: float, side_deg: float, twist_deg: float) -> Hinge:
    return Hinge(60.0, 1.5, 0.3, 1.2, 1.0, peak_deviation_deg=peak_deg, side_bend_deg=side_deg, twist_deg=twist_deg)


SIDE_AND_TWIST_DEG = (
    *((side, 0.0) for side in (-40.0, -25.0, 10.0, 25.0, 40.0)),
    *((0.0, twist) for twist in (-40.0, -25.0, 25.0, 40.0)),
    *((20.0, 20.0), (-25.0, 25.0), (25.0, -25.0)),
)


@pytest.mark.slow
@pytest.mark.parametrize("peak_deg", [0.0, 16.0])
def test_bends_to_the_side_and_turns_are_judged_by_their_rounding(peak_deg: float) -> None:
    """Skin and chips as people wear them; the difference of the leans was off by up to 11 deg in these."""
    hinges = [crooked(peak_deg, side, turn) for side, turn in SIDE_AND_TWIST_DEG]
    pieces = (*calibration_pieces(), *in_a_set(*hinges, OverOneHip(crooked(peak_deg, 20.0, 0.0), 20.0, 15.0)))
    result = analyse(pieces, ideal_sensors(chip=TRIMMED, soft_tissue_deg=3.0), seed=8)
    assert len(result.rows) == len(hinges) + 1
    for row, true in zip(result.rows, result.session.truth.reps[-len(result.rows) :], strict=True):
        assert row.flexion_peak_deg == pytest.approx(true.held_flexion_deg, abs=3.0)
        assert row.verdict == ("lost" if peak_deg else "held"), row


def test_what_bends_and_turns_too_far_is_not_judged() -> None:
    """Nor does it vanish from the table."""
    pieces = (*calibration_pieces(), *in_a_set(Hinge(60.0), crooked(0.0, 40.0, -40.0), Hinge(60.0)))
    first, second, third = analyse((*pieces, Stand(2.0)), seed=8, person=Person.machine()).rows
    assert first.verdict == third.verdict == "held"
    assert (second.verdict, second.verdict_reason) == ("not_judged", "bent_sideways")


def test_a_bend_in_which_the_upper_back_tips_more_to_the_side_than_forward_has_its_row() -> None:
    """The pelvis tips forward in it: it is a bend, of which nothing can be judged."""
    pieces = (*calibration_pieces(), *in_a_set(Hinge(60.0), crooked(0.0, 40.0, 40.0), Hinge(60.0)))
    _, second, _ = analyse((*pieces, Stand(2.0)), seed=8, person=Person.machine()).rows
    assert second.verdict == "not_judged"
    assert "bent_sideways" in second.verdict_reason.split("+")

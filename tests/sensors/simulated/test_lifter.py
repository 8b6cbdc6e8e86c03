"""The simulated lifter: truth of the reps, marks, streams, whole sessions."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind, Placement, StreamSlice
from dowel.sensors.simulated import (
    Hinge,
    Link,
    Moment,
    Person,
    PickUp,
    Piece,
    SetDown,
    SideBend,
    SimulatedSensor,
    Simulation,
    SpineBend,
    Squat,
    Stand,
    Step,
    Turn,
    Walk,
    calibration_pieces,
    mixed_session,
    restless_session,
    set_of_hinges,
    simulate,
)
from dowel.sensors.simulated.person.truth import held_extremes
from tests.depth import examples

TRUNK = (SimulatedSensor(Placement.UPPER_BACK), SimulatedSensor(Placement.SACRUM, mounting="upside_down"))
MACHINE = Person.machine()


def same(one: StreamSlice, other: StreamSlice) -> bool:
    return one.marks == other.marks and all(
        np.array_equal(a.sequence, b.sequence) and np.array_equal(a.arrival_ns, b.arrival_ns) and a.payload == b.payload
        for a, b in zip(one.notifications, other.notifications, strict=True)
    )


def small_session(seed: int = 5) -> Simulation:
    return simulate([*calibration_pieces(), *set_of_hinges(2, seed=seed)], TRUNK, seed=seed)


def test_breath_tips_the_upper_back_and_leaves_the_others_as_they_were() -> None:
    """Two breaths in 4 s, the pelvis against it by a fifth; who does not breathe moves as before."""
    person = replace(MACHINE, breath_deg=2.0, breath_hz=0.5)
    truth = simulate([Stand(4.0)], [], seed=1, person=person).truth
    for lean_deg, reach_deg in ((truth.upper_back_lean_deg, 2.0), (truth.sacrum_lean_deg, 0.4)):
        assert lean_deg.max() == pytest.approx(reach_deg, abs=0.02)
        assert lean_deg.min() == pytest.approx(-reach_deg, abs=0.02)
        assert np.count_nonzero(np.diff(np.sign(lean_deg))) == 4
    pieces, somebody = [Stand(2.0)], Person(sway_deg=0.3)
    quiet, faint = (
        simulate(pieces, [], seed=1, person=replace(somebody, breath_deg=breath_deg)).truth.sacrum_lean_deg
        for breath_deg in (0.0, 1e-9)
    )
    np.testing.assert_allclose(quiet, faint, atol=1e-6)


def test_out_of_breath_is_more_of_everything() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        at_rest, after = MACHINE.at_rest(rng), MACHINE.after_effort(rng)
        assert 0.0 < at_rest.breath_deg < after.breath_deg
        assert at_rest.breath_hz < after.breath_hz
        assert after.neutral_deg(np.array([60.0]))[0] == MACHINE.neutral_deg(np.array([60.0]))[0]


def test_one_hinge_is_told_as_commanded() -> None:
    hinge = Hinge(70, 2.0, 1.0, 1.5, 1.0, peak_deviation_deg=12, label="the bad one")
    truth = simulate([Stand(3.0), hinge, Stand(2.0)], [], seed=1, person=MACHINE).truth
    (rep,) = truth.reps
    assert (rep.kind, rep.label) == ("rep", "the bad one")
    assert rep.commanded.start_s == 3.0
    assert (rep.commanded.bottom_start_s, rep.commanded.bottom_end_s, rep.commanded.end_s) == (5.0, 6.0, 7.5)
    # Minimum jerk passes 5 % of the way after 18.9 % of the time, and 95 % after 81.1 %.
    assert rep.start_s == pytest.approx(3.0 + 0.189 * 2.0, abs=0.03)
    assert rep.bottom_start_s == pytest.approx(3.0 + 0.811 * 2.0, abs=0.08)
    assert rep.bottom_end_s == pytest.approx(6.0 + 0.189 * 1.5, abs=0.08)
    assert rep.end_s == pytest.approx(6.0 + 0.811 * 1.5, abs=0.03)
    assert rep.depth_deg == pytest.approx(70.0, abs=0.05)
    assert rep.trunk_lean_deg == pytest.approx(82.0, abs=0.05)
    assert rep.held_flexion_deg == pytest.approx(12.0, abs=0.05)
    assert rep.held_extension_deg == pytest.approx(0.0, abs=1e-6)
    half_way = round(200 * 4.0)
    assert truth.sacrum_lean_deg[half_way] == pytest.approx(35.0, abs=0.5)
    assert truth.deviation_deg[half_way] == pytest.approx(12.0 * 0.5**2.5, abs=0.1)


@examples(30)
@given(
    st.lists(
        st.builds(
            Hinge,
            depth_deg=st.floats(50, 88),
            lowering_s=st.floats(0.4, 4.0),
            pause_s=st.floats(0.0, 2.0),
            rising_s=st.floats(0.4, 4.0),
            rest_s=st.floats(0.1, 2.0),
            peak_deviation_deg=st.floats(-15, 25),
            deviation_power=st.floats(1.5, 3.5),
            lockout_deg=st.floats(0, 8),
            sticking_deg=st.sampled_from([0.0, 5.0]),
            pulses=st.integers(0, 2),
            pulse_deg=st.floats(5, 10),
            half=st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 2**31),
)
def test_truth_of_any_hinges_is_in_order_and_in_range(hinges: list[Hinge], seed: int) -> None:
    truth = simulate([Stand(1.0), *hinges, Stand(2.0)], [], seed=seed).truth
    assert len(truth.reps) == len(hinges)
    last_end_s = 0.0
    for hinge, rep in zip(hinges, truth.reps, strict=True):
        depth_deg = hinge.depth_deg * (0.5 if hinge.half else 1.0)
        assert rep.kind == ("half" if hinge.half else "rep")
        assert last_end_s <= rep.start_s < rep.bottom_start_s <= rep.bottom_end_s < rep.end_s
        assert rep.commanded.start_s - 0.5 <= rep.start_s
        assert rep.end_s <= rep.commanded.rest_until_s + 0.5
        assert rep.depth_deg == pytest.approx(depth_deg, abs=4.0)
        assert rep.held_flexion_deg <= max(hinge.peak_deviation_deg, 0.0) + 5.0
        assert rep.held_extension_deg >= min(hinge.peak_deviation_deg, 0.0) - 5.0
        last_end_s = rep.end_s


def test_own_neutral_is_no_deviation() -> None:
    person = Person(neutral_linear_deg=5.0, neutral_quadratic_deg=2.0, rep_sd_deg=0.0, stand_sd_deg=0.0, sway_deg=0.0)
    truth = simulate([Stand(1.0), Hinge(80), Stand(1.0)], [], seed=1, person=person).truth
    assert np.max(truth.upper_back_lean_deg - truth.sacrum_lean_deg) > 9.0
    assert np.abs(truth.deviation_deg).max() < 0.3


@pytest.mark.slow
def test_neutral_reps_and_stands_vary_as_stated() -> None:
    pieces = [Stand(1.0), *[Hinge(70, 1.0, 0.3, 1.0, 1.5)] * 150, Stand(1.0)]
    truth = simulate(pieces, [], seed=3).truth
    middle = [round(100 * (rep.commanded.bottom_start_s + rep.commanded.bottom_end_s)) for rep in truth.reps]
    stands = [round(200 * (rep.commanded.end_s + 1.3)) for rep in truth.reps]
    own = [truth.deviation_deg[at] for at in middle]
    assert np.std(own) == pytest.approx(np.hypot(0.8, 0.5), rel=0.2)
    assert np.std(truth.deviation_deg[stands]) == pytest.approx(0.5, rel=0.25)


def test_rod_keeps_stands_and_hinges_at_zero() -> None:
    session = simulate(calibration_pieces(hinges=5), [], seed=8)
    held = {mark.kind: mark for mark in session.marks}
    truth = session.truth
    for kind in (MarkKind.ROD_HOLD, MarkKind.ROD_HINGES):
        inside = (truth.time_s >= held[kind].start_s) & (truth.time_s <= held[kind].end_s)
        assert np.abs(truth.deviation_deg[inside]).max() < 1.2
    hold = (truth.time_s >= held[MarkKind.ROD_HOLD].start_s) & (truth.time_s <= held[MarkKind.ROD_HOLD].end_s)
    assert abs(truth.sacrum_lean_deg[hold].mean()) < 0.5


def test_calibration_marks_span_their_steps() -> None:
    session = simulate(calibration_pieces(slump=True, clap=True), [], seed=8)
    kinds = [mark.kind for mark in session.marks if mark.kind is not MarkKind.STEP_START]
    begun = [mark.detail["step"] for mark in session.marks if mark.kind is MarkKind.STEP_START]
    expected = [MarkKind.CLAP, MarkKind.STILL, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES, MarkKind.SLUMP]
    assert kinds == expected
    assert begun == expected[1:]  # knocks bend nothing, so the clap needs no start
    lasts_s = {mark.kind: mark.end_s - mark.start_s for mark in session.marks if mark.kind in expected}
    assert lasts_s[MarkKind.STILL] == pytest.approx(5.0)
    assert lasts_s[MarkKind.ROD_HOLD] == pytest.approx(5.0)
    hinges = next(mark for mark in session.marks if mark.kind is MarkKind.ROD_HINGES)
    bends = [rep for rep in session.truth.reps if rep.kind == "rod_hinge"]
    assert len(bends) == 3
    assert all(hinges.start_s <= rep.start_s and rep.end_s <= hinges.end_s for rep in bends)
    stance = [mark.kind for mark in simulate(calibration_pieces(rod=False), [], seed=8).marks]
    assert stance[1::2] == [MarkKind.STILL, MarkKind.STANCE_HOLD, MarkKind.STANCE_BENDS]


def test_marks_stand_where_they_end() -> None:
    spanning = Step(MarkKind.SLUMP, (Stand(2.0), Moment(MarkKind.NOTE), Stand(2.0)), {"try": 2})
    session = simulate([Stand(1.0), spanning], TRUNK, seed=1)
    assert [(mark.kind, mark.start_s, mark.end_s) for mark in session.marks] == [
        (MarkKind.STEP_START, 1.0, 1.0),
        (MarkKind.NOTE, 3.0, 3.0),
        (MarkKind.SLUMP, 1.0, 5.0),
    ]
    assert session.marks[2].detail == {"try": 2}


def test_walking_turns_the_trunk_a_little_and_holds_contact() -> None:
    truth = simulate([Stand(1.0), Walk(15.0), Stand(1.0)], [], seed=1).truth
    assert 6.0 < np.abs(truth.twist_deg).max() < 10.0
    assert np.abs(truth.deviation_deg).max() < 3.0
    assert truth.reps == ()


def test_what_cannot_be_simulated_is_refused() -> None:
    with pytest.raises(ValueError, match="last no time"):
        simulate([], TRUNK, seed=1)
    with pytest.raises(ValueError, match="no hinge"):
        simulate([Hinge(0.0)], TRUNK, seed=1)


def test_pieces_that_are_no_reps_make_none_and_loads_are_marked() -> None:
    pieces: list[Piece] = [
        Stand(1.0), SideBend(), Turn(), Walk(5.0), Squat(), SpineBend(),
        PickUp(load_kg=16.0), Hinge(), SetDown(load_kg=16.0), Moment(MarkKind.NOTE, {"text": "done"}), Stand(1.0),
    ]  # fmt: skip
    session = simulate(pieces, [], seed=2)
    assert [rep.kind for rep in session.truth.reps] == ["rep", "spine", "pick_up", "rep", "set_down"]
    loads = [mark for mark in session.marks if mark.kind is MarkKind.LOAD]
    assert [mark.detail["load_kg"] for mark in loads] == [16.0, 0.0]
    spine = session.truth.reps[1]
    assert spine.depth_deg < 20.0
    assert spine.trunk_lean_deg > 40.0
    assert spine.held_flexion_deg > 35.0


def test_incomplete_lockout_stays_bent_and_is_straightened_later() -> None:
    truth = simulate([Stand(1.0), Hinge(70, lockout_deg=20), Stand(3.0)], [], seed=2, person=MACHINE).truth
    rep = truth.reps[0].commanded
    assert truth.sacrum_lean_deg[round(200 * (rep.end_s + 0.5))] == pytest.approx(20.0, abs=0.1)
    assert truth.sacrum_lean_deg[-1] == pytest.approx(0.0, abs=0.01)


def test_standing_is_still_and_bends_are_not() -> None:
    truth = simulate([*calibration_pieces(), *set_of_hinges(4), Walk(5.0), Stand(3.0)], [], seed=4).truth
    rate_deg_s = np.abs(np.gradient(truth.sacrum_lean_deg, 0.005))
    assert rate_deg_s[truth.standing].max() < 4.0
    assert 0.3 < truth.standing.mean() < 0.7
    for rep in truth.reps:
        inside = (truth.time_s > rep.start_s) & (truth.time_s < rep.end_s)
        assert not truth.standing[inside].any()


def test_same_seed_same_bits_and_another_seed_another_session() -> None:
    one, again, other = small_session(5), small_session(5), small_session(6)
    assert same(one.stream(), again.stream())
    assert np.array_equal(one.truth.deviation_deg, again.truth.deviation_deg)
    assert not same(one.stream(), other.stream())


def test_changing_one_sensor_leaves_movement_and_the_other_sensor_as_they_were() -> None:
    pieces = [Stand(1.0), Hinge(), Stand(1.0)]
    other = SimulatedSensor(
        Placement.SACRUM, soft_tissue_deg=4.0, link=Link(drift_ppm=-90.0, connection_interval_ms=7.5)
    )
    one, two = simulate(pieces, TRUNK, seed=9), simulate(pieces, (TRUNK[0], other), seed=9)
    assert np.array_equal(one.truth.deviation_deg, two.truth.deviation_deg)
    assert one.sensors[0].delivery.payload == two.sensors[0].delivery.payload
    assert one.sensors[1].delivery.payload != two.sensors[1].delivery.payload


def test_stream_is_numbered_in_the_order_of_arrival() -> None:
    session = small_session()
    stream = session.stream()
    events = [(int(mark.sequence), round(mark.end_s * 1e9)) for mark in stream.marks]
    for notifications in stream.notifications:
        events += zip(notifications.sequence.tolist(), notifications.arrival_ns.tolist(), strict=True)
    events.sort()
    assert [number for number, _ in events] == list(range(len(events)))
    assert all(earlier <= later for (_, earlier), (_, later) in pairwise(events))
    assert [mark.sequence for mark in stream.marks] == sorted(mark.sequence for mark in stream.marks)
    for notifications in stream.notifications:
        assert notifications.length.sum() == len(notifications.payload)


def test_written_session_reads_back_the_same(tmp_path: Path) -> None:
    session = small_session()
    path = tmp_path / "simulated.dowel"
    session.write(path)
    with open_session(path) as read:
        assert read.problems == ()
        assert read.facts["simulated"] is True
        assert read.facts["origin_ns"] == 0
        assert read.sensors == session.session_sensors()
        assert tuple(read.marks) == session.marks
        whole = session.stream()
        for index, expected in enumerate(whole.notifications):
            got = read.notifications(index)
            assert np.array_equal(got.sequence, expected.sequence)
            assert np.array_equal(got.arrival_ns, expected.arrival_ns)
            assert got.payload == expected.payload


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_random_sessions_have_a_true_rep_for_every_commanded_one(seed: int) -> None:
    mixed = mixed_session(np.random.default_rng(seed), sets=2, longest_set=20)
    restless = restless_session(np.random.default_rng(seed), spine_reps=True)
    for pieces in (mixed, restless):
        hinges = [piece for piece in pieces if isinstance(piece, Hinge | SpineBend)]
        truth = simulate(pieces, [], seed=seed).truth
        reps = [rep for rep in truth.reps if rep.kind in ("rep", "half", "spine")]
        assert len(reps) == len(hinges) >= 10
        assert all(rep.end_s - rep.start_s > 0.3 for rep in reps)
        for hinge, rep in zip(hinges, reps, strict=True):
            if isinstance(hinge, Hinge) and rep.kind == "rep":
                held_deg = max(rep.held_flexion_deg, -rep.held_extension_deg)
                assert held_deg <= abs(hinge.peak_deviation_deg) + 5.0


def test_session_generators_give_the_same_session_for_the_same_seed() -> None:
    assert mixed_session(np.random.default_rng(7)) == mixed_session(np.random.default_rng(7))
    assert restless_session(np.random.default_rng(7)) != restless_session(np.random.default_rng(8))
    creeping = [piece for piece in set_of_hinges(5, creep_deg=16) if isinstance(piece, Hinge)]
    assert [hinge.peak_deviation_deg for hinge in creeping] == [0, 4, 8, 12, 16]


def test_held_value_needs_a_tenth_of_a_second() -> None:
    deviation_deg = np.zeros(400)
    deviation_deg[100:120] = 15.0  # 20 points: 95 ms
    deviation_deg[200:221] = 11.0  # 21 points: 100 ms
    deviation_deg[300:330] = -7.0
    assert held_extremes(deviation_deg) == (11.0, -7.0)
    assert held_extremes(np.full(10, 30.0)) == (0.0, 0.0)

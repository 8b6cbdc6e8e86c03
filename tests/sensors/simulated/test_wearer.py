"""The simulated lifter in live time: what his sensors feel, what he does when, and what hands do with a sensor."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, MarkKind, Placement
from dowel.sensors.simulated import Hinge, Person, SensorSlip, Stand, leg_set
from dowel.sensors.simulated.person import wearer
from dowel.sensors.simulated.person.drill_sets import HINGE_PEAKS_DEG
from dowel.sensors.simulated.person.hand import TURN_S, WIGGLE_S
from dowel.sensors.simulated.person.wearer import ACTIONS, Wearer

BOTH = (Placement.UPPER_BACK, Placement.SACRUM)
BEGIN_S = 5000.0


class Live:
    """A lifter and a clock that only goes when told to."""

    MANY = 40
    """Samples in a packet where their number is not asked about: each packet costs the same."""

    def __init__(self, **options: object) -> None:
        self.now_s = BEGIN_S
        self.lifter = Wearer(BOTH, clock=lambda: self.now_s, **options)  # type: ignore[arg-type]
        self.sources = [self.lifter.feel(placement) for placement in BOTH]

    def go(self, seconds: float, *, rate_hz: float = 100.0, samples: int = 4) -> tuple[FloatArray, list[FloatArray]]:
        """Let time pass; what the sensors feel meanwhile, asked for as packets: times and, per sensor, (n, 6)."""
        times, felt = [], [[] for _ in BOTH]
        for _ in range(round(seconds * rate_hz / samples)):
            time_s = self.now_s + (np.arange(samples) + 1) / rate_hz
            self.now_s = float(time_s[-1])
            times.append(time_s)
            for values, source in zip(felt, self.sources, strict=True):
                values.append(source(time_s))
        return np.concatenate(times), [np.concatenate(values) for values in felt]

    def do(self, action: str) -> tuple[FloatArray, list[FloatArray]]:
        """Let him do something, and stand for two seconds afterwards."""
        self.lifter.do(action)
        return self.go(self.lifter.played[-1].end_s - self.now_s + 2.0, rate_hz=400.0, samples=self.MANY)


def up(values: FloatArray) -> FloatArray:
    """The mean up vector, in sensor axes."""
    mean = values[:, :3].mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def angle_deg(a: FloatArray, b: FloatArray) -> float:
    return float(np.rad2deg(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


def turned_by_gyro(time_s: FloatArray, values: FloatArray) -> Rotation:
    """From the sensor's attitude at the end to the one at the start, by the angular rate alone."""
    step_s = np.diff(time_s)[:, None]
    steps = Rotation.from_rotvec(0.5 * (values[1:, 3:] + values[:-1, 3:]) * step_s)
    while len(steps) > 1:  # each with the one after it, all at once
        odd = len(steps) % 2
        pairs = steps[:-1:2] * steps[1::2] if not odd else steps[:-2:2] * steps[1:-1:2]
        steps = Rotation.concatenate([pairs, steps[-1:]]) if odd else pairs
    return steps[0]


def error_of_gyro_deg(time_s: FloatArray, values: FloatArray, still: int = 40) -> float:
    """How far the up vector at the end, by the rate, is from where the accelerometer has it. Both ends are quiet."""
    middle = still // 2
    turn = turned_by_gyro(time_s[middle:-middle], values[middle:-middle])
    return angle_deg(turn.inv().apply(up(values[:still])), up(values[-still:]))


def test_standing_still_feels_gravity_upward() -> None:
    live = Live(mounting="as_assumed")
    _, felt = live.go(20.0)
    for values in felt:
        assert np.linalg.norm(values[:, :3], axis=1) == pytest.approx(GRAVITY_M_S2, abs=0.05)
        assert angle_deg(up(values), np.array([0.0, 0.0, 1.0])) < 3.0
        assert np.rad2deg(np.abs(values[:, 3:])).max() < 3.0


def test_every_sensor_is_mounted_in_its_own_way() -> None:
    _, (upper_back, sacrum) = Live().go(1.0)
    assert angle_deg(up(upper_back), up(sacrum)) > 10.0


def test_same_seed_same_lifter() -> None:
    first, again, other = (Live(seed=seed).go(3.0)[1][0] for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=0.1)


@pytest.mark.slow
def test_a_set_is_done_at_once_and_its_truth_is_on_the_clock() -> None:
    live = Live(mounting="as_assumed", soft_tissue_deg=0.0)
    live.go(7.3)
    told_s = live.now_s
    time_s, (_, sacrum) = live.do("set")
    (played,) = live.lifter.played
    assert played.action == "set"
    assert told_s + 0.5 < played.begin_s < told_s + 1.1
    reps = live.lifter.true_reps()
    assert [rep.kind for rep in reps] == ["rep"] * len(HINGE_PEAKS_DEG)
    assert all(played.begin_s < rep.start_s < rep.end_s < played.end_s for rep in reps)
    for rep, peak_deg in zip(reps, HINGE_PEAKS_DEG, strict=True):
        at_bottom = (time_s > rep.commanded.bottom_start_s + 0.1) & (time_s < rep.commanded.bottom_end_s - 0.1)
        force = up(sacrum[at_bottom])
        assert np.rad2deg(np.arctan2(-force[0], force[2])) == pytest.approx(rep.depth_deg, abs=1.5)
        held_deg = rep.held_flexion_deg if peak_deg >= 0.0 else rep.held_extension_deg
        assert held_deg == pytest.approx(peak_deg, abs=4.0)


def test_the_truth_goes_as_far_as_the_clock() -> None:
    live = Live(set_pieces=(Hinge(70.0), Hinge(60.0), Stand(1.0)))
    live.lifter.do("set")
    live.go(1.0)
    assert live.lifter.true_reps() == ()
    live.go(7.0)
    assert len(live.lifter.true_reps()) == 1
    truth = live.lifter.truth()
    assert truth.time_s[0] <= BEGIN_S
    assert truth.time_s[-1] == pytest.approx(live.now_s, abs=0.005)
    assert np.max(truth.sacrum_lean_deg) == pytest.approx(70.0, abs=3.0)
    live.go(10.0)
    assert [round(rep.depth_deg, -1) for rep in live.lifter.true_reps()] == [70.0, 60.0]


def test_truth_is_what_the_sensors_feel() -> None:
    live = Live(mounting="as_assumed", soft_tissue_deg=0.0, set_pieces=(Hinge(70.0, peak_deviation_deg=14.0),))
    time_s, felt = live.do("set")
    truth = live.lifter.truth()
    rep = live.lifter.true_reps()[0]
    until = (time_s >= BEGIN_S + 0.1) & (time_s <= 0.5 * (rep.bottom_start_s + rep.bottom_end_s))
    for values, lean_deg in zip(felt, (truth.upper_back_lean_deg, truth.sacrum_lean_deg), strict=True):
        turn = turned_by_gyro(time_s[until], values[until])
        by_gyro_deg = np.rad2deg(turn.as_rotvec()[1])
        first_deg, last_deg = np.interp(time_s[until][[0, -1]], truth.time_s, lean_deg)
        assert by_gyro_deg == pytest.approx(last_deg - first_deg, abs=0.5)


@pytest.mark.slow
@pytest.mark.parametrize("action", [*ACTIONS, "set"])
def test_rate_and_force_are_of_one_motion(action: str) -> None:
    """From standing through an action to standing: there is no jump that only one of them feels."""
    live = Live(seed=3)
    live.go(1.0)
    time_s, felt = live.do(action)
    for values in felt:
        assert error_of_gyro_deg(time_s, values) < 0.25


def test_nothing_jumps_between_standing_and_moving() -> None:
    """Angular rate changes smoothly over the seams: within 2.5 ms by far less than a quiet person's sway."""
    live = Live(seed=3)
    changes = []
    for _ in range(3):
        live.go(2.0)
        live.lifter.do("slump")
        seam_s = live.lifter.played[-1].begin_s, live.lifter.played[-1].end_s
        time_s, felt = live.go(seam_s[1] - live.now_s + 1.0, rate_hz=400.0)
        near = np.abs(time_s[:, None] - seam_s).min(axis=1) < 0.05
        changes += [np.abs(np.diff(values[:, 3:], axis=0))[near[1:]].max() for values in felt]
    assert np.rad2deg(max(changes)) < 0.3


def test_who_lies_stays_there_when_told_again_to_lie_down() -> None:
    live = Live()
    _, before = live.do("lying")
    _, after = live.do("lying")
    for lain, still in zip(before, after, strict=True):
        assert np.abs(np.diff(still[:, :3], axis=0)).max() < 0.5
        assert angle_deg(up(lain[-200:]), up(still)) < 3.0


def test_actions_follow_each_other() -> None:
    live = Live()
    assert not live.lifter.busy
    for action in ("still", "rod_hold", "walk"):
        live.lifter.do(action)
    assert live.lifter.busy
    first, second, third = live.lifter.played
    assert (first.end_s, second.end_s) == (second.begin_s, third.begin_s)
    live.now_s = third.end_s - 0.1
    assert live.lifter.busy
    live.now_s = third.end_s + 0.1
    assert not live.lifter.busy


def test_he_knows_every_step_that_people_do_standing() -> None:
    steps = {MarkKind.CLAP, MarkKind.STILL, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES, MarkKind.SLUMP}
    assert steps | {MarkKind.STANCE_HOLD, MarkKind.STANCE_BENDS} <= set(ACTIONS)
    with pytest.raises(ValueError, match="cannot do 'somersault'; he knows"):
        Live().lifter.do("somersault")


def test_time_may_pass_unfelt() -> None:
    """Nobody listens for a while, as before a sensor is connected: he does what he is told all the same."""
    live = Live()
    live.now_s += 60.0
    live.lifter.do("slump")
    assert live.lifter.played[0].begin_s == pytest.approx(live.now_s + 0.8, abs=0.3)
    live.now_s += 60.0
    live.go(1.0)
    assert [rep.kind for rep in live.lifter.true_reps()] == ["slump"]


@pytest.mark.slow
def test_ten_minutes_of_standing() -> None:
    live = Live()
    _, start = live.go(5.0)
    live.now_s += 590.0
    _, end = live.go(5.0)
    for before, after in zip(start, end, strict=True):
        assert angle_deg(up(before), up(after)) < 1.5
    assert live.lifter.true_reps() == ()
    assert np.abs(live.lifter.truth().deviation_deg).max() < 2.0


def test_packets_of_any_size_feel_the_same() -> None:
    felt = []
    for samples in (1, 7, 70):
        live = Live(seed=2)
        live.go(1.4, samples=samples)
        live.lifter.do("slump")
        felt.append(live.go(7.0, samples=samples)[1])
    for other in felt[1:]:
        for values, same in zip(felt[0], other, strict=True):
            assert values == pytest.approx(same, abs=1e-7)  # finite differences of numbers of about 1 m within 0.25 ms


@pytest.mark.slow
def test_interpolation_is_finer_than_a_chips_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    swing = Hinge(75.0, 0.65, 0.0, 0.65, 0.5)
    felt = []
    for steps in (wearer._STEPS, 16):
        monkeypatch.setattr(wearer, "_STEPS", steps)
        live = Live(set_pieces=(Hinge(), swing, Stand(1.0)))
        live.lifter.do("set")
        felt.append(live.go(9.0, rate_hz=1330.0)[1])
    rep = slice(0, round(1330 * 6.0))
    for coarse, fine in zip(*felt, strict=True):
        wrong = np.abs(coarse - fine)
        assert wrong[rep, :3].max() < 0.01
        assert np.rad2deg(wrong[rep, 3:].max()) < 0.02
        assert wrong[:, :3].max() < 0.05
        assert np.rad2deg(wrong[:, 3:].max()) < 0.08


def test_knocks_are_felt_by_all_at_once() -> None:
    live = Live()
    time_s, felt = live.do("clap")
    knocks_s = live.lifter.truth().knocks_s
    assert len(knocks_s) == 3
    assert all(live.lifter.played[0].begin_s < knock_s < live.lifter.played[0].end_s for knock_s in knocks_s)
    for values in felt:
        force = np.linalg.norm(values[:, :3], axis=1)
        for knock_s in knocks_s:
            near = np.abs(time_s - knock_s) < 0.1
            assert time_s[near][np.argmax(force[near])] == pytest.approx(knock_s, abs=0.003)
            assert force[near].max() > 3.0 * GRAVITY_M_S2


def test_a_sensor_slips_and_stays_so() -> None:
    slip = SensorSlip(Placement.SACRUM, 12.0)
    live = Live(person=Person.machine(), set_pieces=(Stand(1.0), slip, Stand(1.0)))
    _, before = live.go(2.0)
    time_s, felt = live.do("set")
    _, after = live.go(2.0)
    assert [angle_deg(up(a), up(b)) for a, b in zip(before, after, strict=True)] == pytest.approx([0.0, 12.0], abs=0.01)
    assert error_of_gyro_deg(time_s, felt[1]) < 0.05


def test_wiggling_moves_that_sensor_only() -> None:
    shaken, quiet = Live(seed=6), Live(seed=6)
    for live in (shaken, quiet):
        live.go(2.0)
    shaken.lifter.wiggle(Placement.SACRUM)
    time_s, felt = shaken.go(WIGGLE_S + 1.0, rate_hz=400.0)
    _, unmoved = quiet.go(WIGGLE_S + 1.0, rate_hz=400.0)
    assert felt[0] == pytest.approx(unmoved[0], abs=1e-9)
    assert np.rad2deg(np.linalg.norm(felt[1][:, 3:], axis=1)).max() > 150.0
    assert error_of_gyro_deg(time_s, felt[1], still=20) < 0.1
    over = time_s > BEGIN_S + 2.0 + WIGGLE_S
    assert felt[1][over] == pytest.approx(unmoved[1][over], abs=1e-9)
    # While it is shaken, the force is the one of standing, seen from an attitude that the rate tells.
    middle = int(np.searchsorted(time_s, BEGIN_S + 2.0 + 1.3))
    turn = turned_by_gyro(time_s[:middle], felt[1][:middle])
    assert angle_deg(turn.apply(up(felt[1][middle - 1 : middle])), up(unmoved[1][:1])) < 0.5


@pytest.mark.slow
def test_a_sensor_lies_on_each_face_and_is_put_back() -> None:
    live = Live(seed=6)
    _, worn = live.go(2.0)
    for axis in range(3):
        for sign in (1, -1):
            live.lifter.lie(Placement.SACRUM, axis, sign)
            time_s, felt = live.go(TURN_S + 2.0, rate_hz=400.0, samples=Live.MANY)
            lying = felt[1][time_s > live.now_s - 1.9]
            expected = np.zeros(6)
            expected[axis] = sign * GRAVITY_M_S2
            assert lying == pytest.approx(np.tile(expected, (len(lying), 1)), abs=1e-9)
            assert error_of_gyro_deg(time_s, felt[1], still=4) < 0.1
    live.lifter.wear(Placement.SACRUM)
    time_s, felt = live.go(TURN_S + 3.0, rate_hz=400.0)
    assert error_of_gyro_deg(time_s, felt[1], still=4) < 0.5
    assert angle_deg(up(felt[1][time_s > live.now_s - 2.0]), up(worn[1])) < 1.0


@pytest.mark.slow
def test_what_he_forgets_changes_nothing_else() -> None:
    whole, forgetful = Live(), Live(keep_s=20.0)
    for live in (whole, forgetful):
        live.lifter.do("set")
    (_, felt), (_, same) = (live.go(120.0, samples=Live.MANY) for live in (whole, forgetful))
    for values, others in zip(felt, same, strict=True):
        np.testing.assert_array_equal(values, others)
    truth, lately = whole.lifter.truth(), forgetful.lifter.truth()
    assert 20.0 < lately.time_s[-1] - lately.time_s[0] < 60.0
    np.testing.assert_allclose(lately.deviation_deg[5:], truth.deviation_deg[5 - len(lately.time_s) :], atol=1e-9)
    with pytest.raises(ValueError, match="forgotten"):
        forgetful.lifter.feel(Placement.SACRUM)(np.array([BEGIN_S + 1.0]))


@pytest.mark.slow
def test_he_lies_until_he_is_told_to_do_more() -> None:
    """The dead bug's steps and a set of legs, with waiting between them: no jolts, and the truth of what he did."""
    now_s = BEGIN_S
    lifter = Wearer(
        [Placement.PELVIS_FRONT, Placement.THIGH_RIGHT],
        clock=lambda: now_s,
        mounting="as_assumed",
        soft_tissue_deg=0.0,
        set_pieces=leg_set(4, arches_deg=(0.0, 9.0), set_marks=False),
        person=Person.machine(),
    )
    feel = lifter.feel(Placement.PELVIS_FRONT)
    ups = []
    for action in (MarkKind.STILL, MarkKind.LYING, MarkKind.PRESSED, MarkKind.RELAXED, MarkKind.PRESSED, "set"):
        lifter.do(action)
        while now_s < lifter.played[-1].end_s + 4.0:
            now_s += 0.1
            felt = feel(np.array([now_s]))
            assert np.linalg.norm(felt[:, :3]) == pytest.approx(GRAVITY_M_S2, abs=1.5)
        ups.append(up(felt))
    tipped = [angle_deg(up_vector, np.array([1.0, 0.0, 0.0])) for up_vector in ups]
    assert tipped == pytest.approx([90.0, 10.0, 0.0, 10.0, 0.0, 0.0], abs=0.5)
    reps = lifter.true_reps()
    assert [rep.label for rep in reps] == ["left", "right", "left", "right"]

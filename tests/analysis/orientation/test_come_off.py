"""A sensor that comes off: said, and nothing is judged by it; a person may do what a person can."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.limits import Limits
from dowel.analysis.contact.verdict import Fault, judge
from dowel.analysis.events import Calibrated, Event, RowWritten, SensorCameOff
from dowel.analysis.orientation.attitude import COLUMNS
from dowel.analysis.orientation.come_off import CameOff, WornWatch
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.range_of_motion import odd_deg
from dowel.analysis.point_buffer import History
from dowel.analysis.rows import Rep
from dowel.recordings.grid_points import Status
from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import (
    SimulatedSensor,
    Simulation,
    Stand,
    Step,
    calibration_pieces,
    set_of_hinges,
    simulate,
)
from dowel.session.engine import Engine
from tests.depth import examples
from tests.loose_sensor import WAYS, Way, loosened
from tests.streams import analysed, cut, first_difference

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
TWIST = (0.6, 0.2, -0.5, 0.6)  # any mounting, but a known one
FIRST_REP = 5


def worn() -> list[SimulatedSensor]:
    return [SimulatedSensor(place, mounting=TWIST, soft_tissue_deg=3.0) for place in TRUNK]


def reps(count: int, seed: int) -> tuple[object, ...]:
    return set_of_hinges(count, seed=seed, lowering_s=1.4, rising_s=1.1, set_marks=False)


def events_of(session: Simulation) -> list[Event]:
    engine = Engine(session.session_sensors(), 0)
    return [*engine.feed(session.stream()), *engine.finish()]


def rows_of(events: list[Event]) -> list[Rep]:
    return [event.rep for event in events if isinstance(event, RowWritten)]


def off_of(events: list[Event]) -> list[SensorCameOff]:
    return [event for event in events if isinstance(event, SensorCameOff)]


@pytest.fixture(scope="module")
def session() -> Simulation:
    """A calibration and ten neutral reps."""
    return simulate((*calibration_pieces(), *reps(10, seed=3)), worn(), seed=3)


@pytest.fixture(scope="module")
def rep_s(session: Simulation) -> list[float]:
    """When the reps began."""
    return [bend.start_s for bend in session.truth.reps if bend.kind == "rep"]


@pytest.mark.parametrize(
    ("forward_deg", "aside_deg", "odd"),
    [(-25, 0, 0.0), (-30, 0, 5.0), (0, 40, 0.0), (0, -45, 5.0), (90, 0, 0.0), (110, 0, 0.0), (115, 0, 5.0)],
)
def test_how_oddly_a_sensor_lies_for_one_on_a_trunk(forward_deg: float, aside_deg: float, odd: float) -> None:
    forward, aside = np.deg2rad([forward_deg, aside_deg])
    up = np.array([[-np.cos(aside) * np.sin(forward), np.sin(aside), np.cos(aside) * np.cos(forward)]])
    assert odd_deg(up) == pytest.approx(odd, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("way", WAYS)
def test_it_is_said_and_nothing_after_it_is_judged(
    session: Simulation, rep_s: list[float], way: Way, place: int
) -> None:
    at_s = rep_s[FIRST_REP] + (0.9 if place else -0.7)  # on the way down, and in the stand before
    events = events_of(loosened(session, place, at_s, way, seed=4 + place))
    rows, off = rows_of(events), off_of(events)
    assert [row.verdict for row in rows if row.end_s < at_s] == ["held"] * FIRST_REP
    after = [row for row in rows if row.end_s >= at_s]
    assert after
    assert {row.verdict for row in after} == {"not_judged"}
    if way in ("turned", "floor"):  # else it may hang nearly as it sat, and only stand differently
        assert [event.placement for event in off] == [TRUNK[place]]
    for event in off:
        assert event.placement == TRUNK[place]
        assert at_s - 1.0 <= event.since_s <= event.time_s
        assert all("come_off" in row.verdict_reason for row in after if row.end_s > event.time_s)


def test_reps_are_counted_on_by_the_other_sensor(session: Simulation, rep_s: list[float]) -> None:
    events = events_of(loosened(session, 0, rep_s[FIRST_REP] - 0.5, "floor", seed=5))
    assert len(rows_of(events)) in (10, 11)  # one that falls in a stand may look like a bend


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [[1], [7], [333]])
def test_the_same_in_any_chunks(session: Simulation, rep_s: list[float], sizes: list[int]) -> None:
    loose = loosened(session, 0, rep_s[2] + 0.5, "askew", seed=9)
    whole = analysed(loose.session_sensors(), [loose.stream()])
    assert any(event[0] == "SensorCameOff" for event in whole)
    found = analysed(loose.session_sensors(), cut(loose.stream(), sizes))
    assert found == whole, first_difference(whole, found)


def test_a_whole_calibration_brings_it_back_and_a_hold_alone_does_not() -> None:
    again = (Stand(2.0, rod=True), Step(MarkKind.ROD_HOLD, (Stand(5.0),)), Stand(1.0))
    pieces = (*calibration_pieces(), *reps(3, 1), *again, *reps(3, 2), *calibration_pieces(), *reps(3, 4))
    session = simulate(pieces, worn(), seed=8)
    begins_s = [bend.start_s for bend in session.truth.reps if bend.kind == "rep"]
    events = events_of(loosened(session, 1, begins_s[2] + 0.5, "turned", seed=1))
    assert len(off_of(events)) == 1
    verdicts = [row.verdict for row in rows_of(events)]
    assert verdicts == ["held"] * 2 + ["not_judged"] * 4 + ["held"] * 3
    assert len([event for event in events if isinstance(event, Calibrated)]) == 2


def test_before_a_calibration_too() -> None:
    """It lies at a slant, so that the angle that bends are counted on never comes back: they are counted after all."""
    session = simulate((Stand(2.0), *reps(9, seed=2)), worn(), seed=2)
    begins_s = [bend.start_s for bend in session.truth.reps if bend.kind == "rep"]
    events = events_of(loosened(session, 1, begins_s[4] - 0.6, "floor", seed=6))
    (off,) = off_of(events)
    assert off.placement == Placement.SACRUM
    assert [row.verdict_reason for row in rows_of(events)] == ["no_calibration"] * 4 + ["no_calibration+come_off"] * 5


def test_after_half_a_minute_bends_are_counted_by_the_sensor_that_is_still_worn() -> None:
    """The other one lies at a slant, and the angle of the two never comes back."""
    session = simulate((Stand(2.0), *reps(13, seed=2)), worn(), seed=2)
    begins_s = [bend.start_s for bend in session.truth.reps if bend.kind == "rep"]
    events = events_of(loosened(session, 1, begins_s[4] - 0.6, "floor", seed=6))
    (off,) = off_of(events)
    assert off.time_s - off.since_s == pytest.approx(30.0, abs=1.0)
    assert [row.start_s for row in rows_of(events)] == pytest.approx(begins_s, abs=0.5)


# --- what a person may do ---


def watched(
    upper_back: Rotation, sacrum: Rotation, told_sacrum: Rotation | None = None, *, silent: int | None = None
) -> tuple[CameOff | None, bool]:
    """What is found in attitudes of segments to earth, and whether any of it was called rare.

    ``told_sacrum`` is what the filter says of the sacrum while it settles; ``silent`` the sensor that sent nothing.
    """
    posture, count = Posture(TRUNK), len(sacrum)
    history = History(2, COLUMNS)
    mounting = Rotation.from_quat(np.roll(TWIST, -1))
    values = np.zeros((2, count, COLUMNS))
    for place, attitude in enumerate((upper_back, sacrum)):
        told = told_sacrum if place == 1 and told_sacrum is not None else attitude
        values[place, :, :4] = np.roll((told * mounting).as_quat(), 1, axis=1)
        values[place, :, 4:] = (attitude * mounting).inv().apply([0.0, 0.0, 9.81])
    frames = {str(place): mounting.inv().as_matrix().T for place in TRUNK}
    posture.use(Calibration("rod", frames))
    status = np.zeros((2, count), np.uint8)
    if silent is not None:
        status[silent] = Status.MISSING
    history.append(0, values, status)
    history.lean_deg(0, count)[:] = posture.leans_deg(history.up(0, count))
    watch = WornWatch(posture, history)
    watch.begin(frames, 0)
    rare = watch.rare(0, count) is not None
    return watch.look(0, count), rare


def test_what_a_sensor_did_while_it_told_nothing_is_not_rare() -> None:
    """The upper back turns by 55 deg at once, farther than backs turn alone; one sample of that is bad."""
    posture, history, lag = Posture(TRUNK), History(2, COLUMNS), 25
    turned = Rotation.from_euler("y", np.where(np.arange(200) < 100, 0.0, 55.0)[:, None], degrees=True)
    values = np.zeros((2, 200, COLUMNS))
    values[1, :, 0] = 1.0
    values[0, :, :4] = np.roll(turned.as_quat(), 1, axis=1)
    values[:, :, 6] = 9.81
    status = np.zeros((2, 200), np.uint8)
    status[0, 110] = Status.MISSING
    frames = {str(place): np.eye(3) for place in TRUNK}
    posture.use(Calibration("rod", frames))
    history.append(0, values, status)
    history.lean_deg(0, 200)[:] = posture.leans_deg(history.up(0, 200))
    watch = WornWatch(posture, history)
    watch.begin(frames, 0)
    rare = watch.rare(0, 200)
    assert rare is not None
    assert np.flatnonzero(rare).tolist() == [point for point in range(100, 100 + lag) if point != 110]


def spread(vectors_deg: list[tuple[float, float, float]]) -> Rotation:
    """Smoothly from one rotation vector to the next, two seconds for each, and a second there."""
    share = np.clip(np.arange(300) / 200.0, 0.0, 1.0)[:, None]
    share = share**3 * (10.0 - share * (15.0 - 6.0 * share))
    steps = [np.array(one) + share * (np.array(other) - one) for one, other in pairwise(vectors_deg)]
    return Rotation.from_rotvec(np.concatenate(steps), degrees=True)


angle = st.floats(-1.0, 1.0)
anywhere = st.tuples(angle, angle, angle).map(lambda each: tuple(170.0 * part for part in each))
spine = st.tuples(angle, angle, angle).map(lambda each: (25.0 * each[0], 12.0 + 37.0 * each[1], 25.0 * each[2]))


@given(bodies=st.lists(anywhere, min_size=1, max_size=3), spines=st.lists(spine, min_size=4, max_size=4))
@examples(30)
def test_a_body_may_do_anything_with_both(
    bodies: list[tuple[float, float, float]], spines: list[tuple[float, float, float]]
) -> None:
    """Lie down, roll over, stand on the head, with the spine bent as spines bend: no sensor came off."""
    bodies = [(0.0, 0.0, 0.0), *bodies]
    sacrum = spread(bodies)
    sway_deg = np.sin(np.arange(len(sacrum)) / 50.0)  # nobody lies as still as the floor
    sacrum = Rotation.from_rotvec(np.outer(sway_deg, [0.7, 0.7, 0.0]), degrees=True) * sacrum
    found, _ = watched(sacrum * spread([(0.0, 0.0, 0.0), *spines[: len(bodies) - 1]]), sacrum)
    assert found is None


@pytest.mark.parametrize(
    ("turn_deg", "place"),
    [((0, 110, 0), 0), ((0, -80, 0), 0), ((80, 0, 0), 1), ((0, 180, 0), 1), ((180, 0, 0), 0), ((0, -110, 0), 1)],
)
def test_one_alone_may_not(turn_deg: tuple[float, float, float], place: int) -> None:
    still = spread([(0.0, 0.0, 0.0)] * 3)
    loose = spread([(0.0, 0.0, 0.0), turn_deg, turn_deg])
    found, rare = watched(*((loose, still) if place == 0 else (still, loose)))
    assert found is not None
    assert found.sensor == place
    assert found.since < 100
    assert rare


@pytest.mark.parametrize("silent", [0, 1])
def test_while_one_sends_nothing_the_two_are_not_held_against_each_other(silent: int) -> None:
    still, loose = spread([(0.0, 0.0, 0.0)] * 3), spread([(0.0, 0.0, 0.0), (0.0, 110.0, 0.0), (0.0, 110.0, 0.0)])
    assert watched(loose, still, silent=silent) == (None, False)


def test_a_sensor_on_the_bench_does_not_bend() -> None:
    """As upright as it sat on the back, so that only its stillness tells."""
    bends = spread([(0.0, 0.0, 0.0), (0.0, 40.0, 0.0), (0.0, 0.0, 0.0)])
    still = Rotation.concatenate([Rotation.identity()] * len(bends))
    settling = Rotation.from_rotvec(np.outer(np.geomspace(20.0, 5.0, len(bends)), (0.0, 1.0, 0.0)), degrees=True)
    for told in (None, settling):
        found, _ = watched(bends, still, told)
        assert found is not None
        assert found.sensor == 1


# --- the verdict ---


def verdict(deviation_deg: list[float], off: int) -> tuple[str, str]:
    """Of 0.5 s at each deviation, with a sensor known to be off from one of these on."""
    deviation = np.repeat(deviation_deg, 50).astype(np.float64)
    faults = np.zeros(len(deviation), np.int64)
    faults[50 * off :] = int(Fault.COME_OFF)
    limits, head = Limits("rod", 6.0, 10.0, 8.0, 12.0), np.full(len(deviation), np.nan)
    found = judge(deviation, head, faults, limits, deeper_than_calibrated=False, range_pct=0.0)
    return found.verdict, found.reason


def test_a_loss_before_it_came_off_is_a_loss() -> None:
    assert verdict([0.0, 20.0, 1.0, 1.0, 80.0, 80.0], 4) == ("lost", "rounded+come_off")
    assert verdict([0.0, 20.0, 40.0, 60.0, 80.0, 80.0], 4) == ("not_judged", "come_off"), "on its way"
    assert verdict([0.0, 1.0, 20.0, 20.0], 1) == ("not_judged", "come_off"), "never after it"


def test_a_sensor_that_told_less_than_six_degrees_sat_well() -> None:
    """So a loss before that is a loss; a sensor that stood farther off may have been on its way already."""
    assert verdict([0.0, 20.0, 5.9, 5.9, 80.0, 80.0], 4) == ("lost", "rounded+come_off")
    assert verdict([0.0, 20.0, 6.1, 6.1, 80.0, 80.0], 4) == ("not_judged", "come_off")

"""However the stream is cut, rows and events are the same bits in the same order: live = replay = report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dowel.analysis.kept import Kept
from dowel.analysis.pipeline import Pipeline
from dowel.recordings.grid_points import GridPoints
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Mark, MarkKind, Placement, Sync
from dowel.sensors.simulated import (
    TRIMMED,
    Fidget,
    Hinge,
    LegLower,
    Lie,
    Moment,
    Person,
    PickUp,
    SimulatedSensor,
    Simulation,
    Squat,
    Stand,
    Step,
    WallHinge,
    calibration_pieces,
    carried_set,
    floor_set,
    lying_calibration,
    set_of_hinges,
    simulate,
    wall_set,
)
from dowel.sensors.stream.replay import replay
from dowel.session.engine import Engine
from tests.depth import at_night, examples
from tests.streams import (
    analysed,
    canonical,
    cut,
    eventful_session,
    first_difference,
    parts_of,
    sizes_strategy,
)

pytestmark = pytest.mark.slow

FEW = examples(2, by_night=3, suppress_health_check=list(HealthCheck))
"""Each example analyses a whole session. The first is the simplest that there is: one notification at a time."""
SIZES = [2, 7, 100, 5000] if at_night() else [100, 5000]
SIZES_OF_A_FILE = [1, 64, 8192] if at_night() else [64, 8192]
"""One notification at a time costs the most; every run does it from memory."""


@cache
def in_one_piece(made: Callable[..., Simulation], *arguments: object) -> list[Any]:
    """The events of a session that is analysed as a whole."""
    session = made(*arguments)
    return analysed(session.session_sensors(), [session.stream()])


def assert_same_however_cut(session: Simulation, sizes: Sequence[int], expected: list[Any]) -> None:
    found = analysed(session.session_sensors(), cut(session.stream(), sizes))
    assert found == expected, first_difference(expected, found)


@pytest.fixture(scope="module")
def eventful() -> Simulation:
    return eventful_session()


@pytest.fixture(scope="module")
def expected(eventful: Simulation) -> list[Any]:
    """The events of the eventful session in one piece."""
    return analysed(eventful.session_sensors(), [eventful.stream()])


def test_the_session_is_eventful(expected: list[Any]) -> None:
    """Else the tests below would compare nothing with nothing."""
    kinds = {event[0] for event in expected}
    assert kinds == {
        "Calibrated",
        "RepCounted",
        "BendMeasured",
        "RowWritten",
        "RowVoided",
        "RowRevised",
        "SetEnded",
        "ContactPassed",
        "ContactBack",
        "SensorSlipped",
        "SensorSilent",
    }
    rows = [dict(event[2][1][1:]) for event in expected if event[0] == "RowWritten"]
    assert {"held", "lost", "not_judged"} <= {row["verdict"] for row in rows}
    assert {"sacrum", "upper_back"} <= {row["contact_lost"] for row in rows}
    assert any("gap" in row["verdict_reason"] for row in rows)
    assert {"rep", "bend"} <= {row["kind"] for row in rows}


@pytest.mark.parametrize("size", SIZES)
def test_equal_chunks(eventful: Simulation, expected: list[Any], size: int) -> None:
    assert_same_however_cut(eventful, [size], expected)


@given(sizes=sizes_strategy)
@FEW
def test_any_chunks(eventful: Simulation, expected: list[Any], sizes: list[int]) -> None:
    assert_same_however_cut(eventful, sizes, expected)


def test_the_first_example_is_one_notification_at_a_time() -> None:
    """What costs the most is done once for each session here, and not again by an example of its own."""
    first: list[list[int]] = []

    @given(sizes=sizes_strategy)
    @FEW
    def asked(sizes: list[int]) -> None:
        first.append(sizes)

    asked()
    assert first[0] == [1]


def test_events_come_in_the_order_of_time(expected: list[Any]) -> None:
    """A cue is told before the number of the rep it belongs to, also where a whole session is analysed at once."""
    times = [dict(event[1:])["time_s"] for event in expected]
    seconds = [float.fromhex(time) for time in times]
    assert seconds == sorted(seconds)


def test_a_file_says_the_same(eventful: Simulation, expected: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "eventful.dowel"
    eventful.write(path)
    for size in SIZES_OF_A_FILE:
        source = replay(open_session(path), size)
        found = analysed(source.sensors, source.slices, source.origin_ns)
        assert found == expected, first_difference(expected, found)


def test_a_replayed_file_starts_at_its_own_origin(eventful: Simulation, expected: list[Any], tmp_path: Path) -> None:
    """Arrival counts from the origin, whatever the monotonic clock read when the session began."""
    origin_ns = 86_400 * 1_000_000_000 + 1
    stream = eventful.stream()
    later = replace(
        stream,
        notifications=[replace(each, arrival_ns=each.arrival_ns + origin_ns) for each in stream.notifications],
    )
    found = analysed(eventful.session_sensors(), [later], origin_ns)
    assert found == expected, first_difference(expected, found)


QUICK = {"lowering_s": 1.0, "rising_s": 0.9, "pause_s": 0.2, "rest_s": 0.6}


def two(**changes: Any) -> list[SimulatedSensor]:
    return [SimulatedSensor(Placement.UPPER_BACK, **changes), SimulatedSensor(Placement.SACRUM, **changes)]


@pytest.mark.parametrize("size", [1, 7] if at_night() else [1])
def test_a_calibration_done_again_by_who_is_out_of_breath(size: int) -> None:
    """A bias of 6 deg/s, whose tilt is taken back twice, the second time with a calibration in force."""
    session, expected = calibrated_twice(), in_one_piece(calibrated_twice)
    assert sum(event[0] == "Calibrated" for event in expected) == 3  # the second hold gives a new zero at once
    assert not any(event[0] == "StepRefused" for event in expected)
    assert_same_however_cut(session, [size], expected)


@cache
def calibrated_twice() -> Simulation:
    person = Person(breath_deg=2.0, breath_hz=0.6)
    sensors = two(chip=replace(TRIMMED, gyr_bias_dps=6.0), mounting="random")
    return simulate((*calibration_pieces(), *calibration_pieces()), sensors, seed=5, person=person)


@given(sizes=sizes_strategy)
@FEW
def test_a_bend_that_does_not_count_while_a_set_closes(sizes: list[int]) -> None:
    """A bend to the side under way when the 20 s of a set are over: the set closes when that bend has ended."""
    session, expected = side_bends_at_closing_time(), in_one_piece(side_bends_at_closing_time)
    assert sum(event[0] == "SetEnded" for event in expected) == 1
    assert sum(event[0] == "RowWritten" for event in expected) == 3
    assert_same_however_cut(session, sizes, expected)


@cache
def side_bends_at_closing_time() -> Simulation:
    # Many of them, one after the other, so that one is under way at whichever moment the set is over.
    aside = Hinge(40.0, 1.2, 0.8, 0.8, 0.0, side_bend_deg=75.0)
    pieces = (*calibration_pieces(), *set_of_hinges(3, set_marks=False, **QUICK), *[aside] * 11, Stand(2.0))
    return simulate(pieces, two(), seed=5, person=Person.machine())


@given(sizes=sizes_strategy)
@FEW
def test_a_sensor_that_starts_late(sizes: list[int]) -> None:
    """Reps that were done before the second trunk sensor sent anything do not know of it."""
    session, expected = late_start(), in_one_piece(late_start)
    assert sum(event[0] == "RowWritten" for event in expected) == 6
    assert_same_however_cut(session, sizes, expected)


@cache
def late_start() -> Simulation:
    pieces = (
        Stand(3.0),
        *set_of_hinges(3, set_marks=False, **QUICK),
        Stand(22.0),
        *set_of_hinges(3, seed=1, set_marks=False, **QUICK),
    )
    sensors = two()
    sensors[1] = replace(sensors[1], link=replace(sensors[1].link, dropouts_s=((0.0, 20.0),)))
    return simulate(pieces, sensors, seed=6)


@given(sizes=sizes_strategy)
@FEW
def test_all_sensors_silent_and_a_step_longer_than_the_memory(sizes: list[int]) -> None:
    """Ticks pass the time; of a step of 80 s only the last 70 are used, however they came."""
    session, expected = silence(), in_one_piece(silence)
    assert any(mark.kind is MarkKind.TICK for mark in session.marks)
    assert_same_however_cut(session, sizes, expected)


@cache
def silence() -> Simulation:
    # The bias of the first ten seconds of the step differs (the person still turns), so a longer memory shows.
    long_still = Step(MarkKind.STILL, (Fidget(10.0, 0.6), Stand(70.0)))
    pieces = (
        long_still,
        *calibration_pieces()[2:],
        *set_of_hinges(3, set_marks=False, **QUICK),
        Stand(25.0),
        PickUp(load_kg=16.0),
        Stand(1.0),
    )
    sensors = [replace(each, link=replace(each.link, dropouts_s=((130.0, 4.5),))) for each in two(soft_tissue_deg=3.0)]
    return simulate(pieces, sensors, seed=7)


@pytest.mark.parametrize("kept", list(Kept))
def test_the_valley_before_a_bend_lies_long_ago(kept: Kept) -> None:
    """A rep starts where it starts, whether two minutes of points are still kept or all, and however they came."""
    session, expected = long_stand(), in_one_piece(long_stand)
    for sizes in ([40_000], [977], [59]):
        engine = Engine(session.session_sensors(), 0, kept)
        events = [event for part in cut(session.stream(), sizes) for event in engine.feed(part)]
        found = [canonical(event) for event in [*events, *engine.finish()]]
        assert found == expected, first_difference(expected, found)


@cache
def long_stand() -> Simulation:
    # Longer than points are kept; the sway makes the lowest point, from which a rep starts, a matter of how far back.
    pieces = (
        *calibration_pieces(),
        Stand(60.0, sway_deg=4.0),
        Stand(430.0, sway_deg=1.0),
        *set_of_hinges(3, set_marks=False, **QUICK),
    )
    return simulate(pieces, two(), seed=8)


@pytest.mark.parametrize("size", [700, 5_000, 30_000])
def test_a_step_longer_than_points_are_kept(size: int) -> None:
    """A hold of seven minutes late in a session: the zero is that of the points that are always still there."""
    assert frames_after(75_100, size) == frames_after(75_100, 75_100)


@cache
def frames_after(count: int, size: int) -> Any:
    """The zero of a hold in points that come so many at a time."""
    pipeline = Pipeline([Placement.UPPER_BACK, Placement.SACRUM], lambda _: Sync(0.0, "declared"))
    pipeline.mark(Mark(0, MarkKind.ROD_HOLD, 300.0, 750.0))
    for part in tilting_points(count, size):
        pipeline.advance(part)
    return canonical(pipeline.posture.frames)


def tilting_points(count: int, size: int) -> Iterator[GridPoints]:
    """Two sensors that tilt forward evenly, by a degree in eight minutes."""
    half = np.deg2rad(np.arange(count) / 48_000.0) / 2.0
    values = np.zeros((2, count, 7))
    values[:, :, 0], values[:, :, 2] = np.cos(half), np.sin(half)
    for part in parts_of(count, [size]):
        yield GridPoints(part.start, values[:, part], np.zeros((2, part.stop - part.start), np.uint8))


MARKS = [
    (MarkKind.SET_START, {}),
    (MarkKind.SET_END, {}),
    (MarkKind.LOAD, {"load_kg": 12.0}),
    (MarkKind.NOTE, {"text": "x"}),
    (MarkKind.VOID, {}),
    (MarkKind.REP, {}),
    (MarkKind.STEP_START, {}),
    (MarkKind.ROD_HOLD, {}),
    (MarkKind.TICK, {}),
    (MarkKind.LINK_BACK, {"placement": "sacrum"}),
]


@given(
    sizes=sizes_strategy,
    added=st.lists(st.tuples(st.sampled_from(MARKS), st.floats(0.0, 1.0), st.floats(-3.0, 0.5)), max_size=12),
)
@examples(5, by_night=8, suppress_health_check=list(HealthCheck))
def test_any_marks_anywhere(
    sizes: list[int], added: list[tuple[tuple[MarkKind, dict[str, Any]], float, float]]
) -> None:
    """Marks at any place of the stream, written late or early, in bends, in steps, in rests."""
    session = short_set()
    last = max(int(sequence[-1]) for sequence in session.sequences)
    marks = list(session.marks)
    for (kind, detail), share, delay_s in added:
        end_s = share * session.duration_s
        marks.append(Mark(int(share * last), kind, max(end_s - 1.0, 0.0), max(end_s + delay_s, 0.0), detail))
    session = replace(session, marks=tuple(sorted(marks, key=lambda mark: mark.sequence)))
    expected = analysed(session.session_sensors(), [session.stream()])
    assert_same_however_cut(session, sizes, expected)
    if sizes != [1]:
        assert_same_however_cut(session, [1], expected)


@cache
def short_set() -> Simulation:
    pieces = (
        *calibration_pieces(hinges=3, depth_deg=60.0)[4:],
        *set_of_hinges(4, peaks_deg=(0, 13), set_marks=False, **QUICK),
        Stand(8.0),
        *set_of_hinges(2, seed=1, set_marks=False, **QUICK),
        Moment(MarkKind.NOTE),
        Stand(1.0),
    )
    return simulate(pieces, two(rate_hz=50.0, asked_rate_hz=50.0), seed=9)


@given(sizes=sizes_strategy)
@FEW
def test_loaded_sets_and_taps_with_advice(sizes: list[int]) -> None:
    """The last bend of a set sets the load down, which is certain only when the set is over."""
    session, expected = loaded_sets(), in_one_piece(loaded_sets)
    rows = [dict(event[2][1][1:]) for event in expected if event[0] == "RowWritten"]
    assert {"rep", "set_down", "pick_up"} <= {row["kind"] for row in rows}
    assert {"tapped", "none"} <= {row["tap"] for row in rows}
    assert {"advice", "movement"} <= {dict(event[1:])["about"] for event in expected if event[0] == "Spoken"}
    assert_same_however_cut(session, sizes, expected)


@cache
def loaded_sets() -> Simulation:
    quick = {key: QUICK[key] for key in ("lowering_s", "rising_s", "pause_s")}
    pieces = (
        Moment(MarkKind.DRILL, {"drill": "barbell", "from": "floor"}),
        *calibration_pieces(hinges=3, depth_deg=60.0)[4:],
        *floor_set(3, peaks_deg=(0.0, 20.0, 20.0, 0.0), rest_s=1.0, set_marks=False),
        Stand(21.0),
        Moment(MarkKind.DRILL, {"drill": "kettlebell", "from": "hand"}),
        *carried_set([Hinge(60.0, **quick), Squat(**quick), Squat(**quick)]),
        *wall_set([WallHinge(Hinge(60.0, **quick), share) for share in (0.92, 1.3, 0.92)]),
    )
    return simulate(pieces, two(rate_hz=50.0, asked_rate_hz=50.0), seed=10)


@given(sizes=sizes_strategy)
@FEW
def test_lying_with_thigh_sensors_and_without(sizes: list[int]) -> None:
    for thighs in (True, False):
        session, expected = lying(thighs), in_one_piece(lying, thighs)
        rows = [dict(event[2][1][1:]) for event in expected if event[0] == "RowWritten"]
        assert {row["kind"] for row in rows} == ({"rep"} if thighs else {"hold", "rep"})
        assert "lost" in {row["verdict"] for row in rows}
        assert_same_however_cut(session, sizes, expected)


@cache
def lying(thighs: bool) -> Simulation:
    quick = {"lowering_s": 1.2, "pause_s": 0.3, "rising_s": 1.2, "rest_s": 0.5}
    legs = [LegLower(side, arch_deg=arch, **quick) for side, arch in (("left", 0), ("left", 12), ("right", 2))]
    by_marks = [] if thighs else [piece for leg in legs for piece in (leg, Moment(MarkKind.REP))]
    pieces = (
        Moment(MarkKind.DRILL, {"drill": "dead_bug"}),
        *lying_calibration(),
        *legs,
        Lie(6.0),
        Lie(2.0, 45.0),
        Lie(2.0),
        *by_marks,
        Lie(3.0),
    )
    places = [Placement.PELVIS_FRONT, Placement.STERNUM]
    places += [Placement.THIGH_LEFT, Placement.THIGH_RIGHT] if thighs else []
    sensors = [SimulatedSensor(place, soft_tissue_deg=1.5, rate_hz=50.0, asked_rate_hz=50.0) for place in places]
    return simulate(pieces, sensors, seed=11)

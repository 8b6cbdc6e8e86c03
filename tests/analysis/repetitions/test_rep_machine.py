"""Counting: the machine against the slow one, and on movements of known number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.repetitions.bend_start import start_of
from dowel.analysis.repetitions.bends import Closed, Ended, GivenUp, HeldOn, MachineEvent, Opened
from dowel.analysis.repetitions.rep_machine import RepMachine, RepSettings
from dowel.recordings.types import FloatArray
from dowel.sensors.simulated import mixed_session, restless_session, simulate
from tests.depth import examples
from tests.reference.reps import slow_events
from tests.streams import canonical, parts_of, sizes_strategy


def events_of(angle_deg: FloatArray, sizes: Sequence[int] = (1_000_000,)) -> list[MachineEvent]:
    """The machine's events, the angle handed over in chunks."""
    machine, found = RepMachine(), []
    for part in parts_of(len(angle_deg), list(sizes)):
        found += list(machine.run(part.start, angle_deg[part], angle_deg[max(part.start - 500, 0) : part.start]))
    return found


def profile(*waypoints: tuple[float, float], start_deg: float = 0.0) -> FloatArray:
    """Minimum-jerk ways from one angle to the next: (duration_s, angle_deg)."""
    pieces, here = [np.array([start_deg])], start_deg
    for duration_s, angle_deg in waypoints:
        x = np.arange(1, round(duration_s * 100) + 1) / round(duration_s * 100)
        pieces.append(here + (angle_deg - here) * x**3 * (10 - 15 * x + 6 * x * x))
        here = angle_deg
    return np.concatenate(pieces)


waypoints = st.lists(
    st.tuples(
        st.sampled_from([0.05, 0.1, 0.4, 1.0, 2.5, 8.0, 95.0]),
        st.one_of(st.floats(-30.0, 110.0), st.sampled_from([0.0, 8.0, 20.0, 60.0])),
    ),
    min_size=1,
    max_size=12,
)


@st.composite
def angles(draw: st.DrawFn) -> FloatArray:
    """Any way of moving, with jitter (also none: equal values) and stretches that are missing."""
    angle = profile(*draw(waypoints))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    angle = angle + draw(st.sampled_from([0.0, 0.3, 3.0])) * rng.standard_normal(len(angle))
    for _ in range(draw(st.integers(0, 3))):
        first = rng.integers(0, len(angle))
        angle[first : first + rng.integers(1, 300)] = np.nan
    return angle


@pytest.mark.slow
@given(angle=angles(), sizes=sizes_strategy)
@examples(4, by_night=10)  # the slow machine takes two seconds for each
def test_it_is_the_slow_machine_in_any_chunks(angle: FloatArray, sizes: list[int]) -> None:
    """Bit by bit: both only compare, and do the same few operations on the same numbers."""
    expected = [canonical(event) for event in slow_events(angle.tolist(), RepSettings())]
    assert [canonical(event) for event in events_of(angle)] == expected
    assert [canonical(event) for event in events_of(angle, sizes)] == expected


def session_angle(seed: int, restless: bool) -> tuple[FloatArray, int]:
    """The true angle of a random session and how many bends there were."""
    rng = np.random.default_rng([seed, 77])
    pieces = restless_session(rng, sets=1) if restless else mixed_session(rng, sets=1, longest_set=12)
    truth = simulate(pieces, [], seed=seed).truth
    angle = np.maximum(truth.sacrum_lean_deg, truth.upper_back_lean_deg)[::2]
    return angle, len(truth.reps)


@pytest.mark.parametrize("restless", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_slow_machine_on_simulated_sessions(seed: int, restless: bool) -> None:
    angle, bends = session_angle(seed, restless)
    found = events_of(angle)
    assert [canonical(event) for event in found] == [
        canonical(event) for event in slow_events(angle.tolist(), RepSettings())
    ]
    counted = sum(isinstance(event, Closed) for event in found)
    assert counted >= bends if restless else counted == bends


@given(angle=angles())
@examples(40)
def test_events_make_sense(angle: FloatArray) -> None:
    """Each opening is given up or closed, each closing ends, and the places of a bend follow each other."""
    found = events_of(angle)
    for before, after in pairwise(found):
        assert after.point > before.point
        assert isinstance(
            after,
            {Opened: (Closed, GivenUp, HeldOn), Closed: Ended, Ended: Opened, GivenUp: Opened, HeldOn: Opened}[
                type(before)
            ],
        )
    for event in found:
        if isinstance(event, Ended):
            bend = event.bend
            assert bend.valley < bend.opened <= bend.peak < bend.closed <= bend.end <= event.point
            assert bend.excursion_deg >= RepSettings().least_excursion_deg


def rep(depth_deg: float, tempo_s: float, top_deg: float = 0.0) -> Iterator[tuple[float, float]]:
    yield 0.5 * tempo_s, depth_deg
    yield 0.5 * tempo_s, top_deg


@pytest.mark.parametrize("tempo_s", [1.0, 2.0, 4.0, 8.0])
@pytest.mark.parametrize("depth_deg", [40.0, 75.0])
def test_ten_reps_of_any_tempo(tempo_s: float, depth_deg: float) -> None:
    angle = profile((1.0, 0.0), *(way for _ in range(10) for way in rep(depth_deg, tempo_s)), (2.0, 0.0))
    ended = [event.bend for event in events_of(angle) if isinstance(event, Ended)]
    assert len(ended) == 10
    for index, bend in enumerate(ended):
        assert abs(bend.peak - (100 + (index + 0.5) * tempo_s * 100)) <= 2
        assert bend.excursion_deg == pytest.approx(depth_deg, abs=0.1)


def test_incomplete_lockout_and_sticking_points() -> None:
    """The top stays at 30 deg of 75; on the way up the trunk falls back by 10 deg: still one bend each."""
    ways = [(1.0, 75.0), (0.5, 55.0), (0.4, 65.0), (0.8, 30.0)] * 5
    angle = profile((1.0, 0.0), *ways, (1.0, 0.0))
    assert sum(isinstance(event, Closed) for event in events_of(angle)) == 5


@pytest.mark.parametrize(
    ("ways", "why"),
    [
        ([(1.0, 18.0), (1.0, 0.0)], "never above 20 deg"),
        ([(0.08, 40.0), (0.08, 0.0)], "shorter than 0.3 s"),
        ([(2.0, 60.0), (91.0, 60.0), (1.0, 0.0)], "somebody who sits down stays bent for over 90 s"),
        ([(30.0, 9.5), (1.0, 21.0), (1.0, 9.5)], "rises by less than 12 deg"),
    ],
)
def test_what_is_no_bend(ways: list[tuple[float, float]], why: str) -> None:
    assert not any(isinstance(event, Closed) for event in events_of(profile((2.0, 0.0), *ways, (2.0, 0.0)))), why


def test_a_bend_that_is_held_ends_after_a_minute_and_a_half() -> None:
    opened, held = events_of(profile((1.0, 0.0), (1.0, 60.0), (300.0, 60.0), (1.0, 0.0), (1.0, 0.0)))
    assert isinstance(held, HeldOn)
    assert held.point == held.bend.end == opened.point + 9001
    assert held.bend.peak_deg == pytest.approx(60.0)


def test_a_rep_that_does_not_come_back_ends_after_a_second_and_a_half() -> None:
    angle = profile((1.0, 0.0), (1.0, 70.0), (0.6, 15.0), (5.0, 15.0))
    closed, ended = (event for event in events_of(angle) if isinstance(event, Closed | Ended))
    assert ended.point - closed.point == 150


def test_a_re_zero_moves_what_is_remembered() -> None:
    """The bend under way keeps its excursion when the zero of its angle changes."""
    angle = profile((1.0, 0.0), (1.0, 70.0), (1.0, 0.0), (1.0, 0.0))
    machine, found = RepMachine(), []
    run = machine.run(0, angle, angle[:0])
    opened = next(run)
    machine.shift(-5.0)
    after = angle - 5.0
    found = list(machine.run(opened.point + 1, after[opened.point + 1 :], after[: opened.point + 1]))
    ended = found[-1]
    assert isinstance(ended, Ended)
    assert ended.bend.valley_deg == pytest.approx(-5.0, abs=0.01)
    assert ended.bend.excursion_deg == pytest.approx(70.0, abs=0.01)


def test_the_end_of_the_recording() -> None:
    angle = profile((1.0, 0.0), (1.0, 70.0), (0.7, 25.0))
    machine = RepMachine()
    list(machine.run(0, angle, angle[:0]))
    assert machine.busy
    assert isinstance(machine.finish(len(angle) - 1), Ended)
    assert not machine.busy
    list(machine.run(len(angle), angle[:180], angle))
    assert isinstance(machine.finish(2 * len(angle)), GivenUp)
    assert machine.finish(2 * len(angle)) is None


def test_a_bend_starts_where_it_leaves_its_valley() -> None:
    angle = np.array([1.0, 0.0, 2.0, 3.4, 3.0, 6.0, 20.0])
    assert start_of(100, angle[1:], 60.0, 0.05) == 103

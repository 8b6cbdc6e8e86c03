"""The causal grid: each point once, by the order of the stream alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.grid_points import GridPoints, Status
from dowel.recordings.types import FloatArray
from dowel.sensors.stream.grid import LAG_LIMIT_S, CausalGrid
from tests.depth import examples
from tests.reference import by_scipy
from tests.streams import ends_of, sizes_strategy

Item = tuple[int, list[float], list[int]]
"""One notification: sensor, times of its samples, their status. Its place in the list is its sequence number."""


def value_of(time_s: FloatArray) -> FloatArray:
    """What the sensors measure: linear in time, so that interpolation must find it again."""
    return np.stack([3.0 * time_s - 1.0, -time_s], axis=1)


def run(items: Sequence[Item], sizes: Sequence[int], sensors: int = 2) -> list[GridPoints]:
    """Hand the items over in chunks; what came out of each."""
    grid, found, start = CausalGrid(sensors, 2), [], 0
    for end in ends_of(len(items), sizes):
        for sensor in range(sensors):
            own = [(place, item) for place, item in enumerate(items[start:end], start) if item[0] == sensor]
            time_s = np.array([one_s for _, item in own for one_s in item[1]])
            status = np.array([bits for _, item in own for bits in item[2]], np.uint8)
            sequence = np.array([place for place, item in own for _ in item[1]], np.int64)
            grid.add(sensor, time_s, value_of(time_s), status, sequence)
        found.append(grid.advance())
        start = end
    return found


def together(parts: Sequence[GridPoints]) -> tuple[int, FloatArray, list[list[int]]]:
    """All points in one, after checking that they follow each other without a hole or a repetition."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return 0, np.empty((2, 0, 2)), []
    for before, after in pairwise(parts):
        assert after.first == before.first + len(before)
    return (
        parts[0].first,
        np.concatenate([part.values for part in parts], axis=1),
        np.concatenate([part.status for part in parts], axis=1).tolist(),
    )


def steady(sensor: int, start_s: float, end_s: float, rate_hz: float = 100.0, phase_s: float = 0.0) -> list[Item]:
    times = np.arange(start_s + phase_s, end_s, 1.0 / rate_hz)
    return [(sensor, [float(one_s)], [0]) for one_s in times]


def by_time(*streams: list[Item]) -> list[Item]:
    return sorted((item for stream in streams for item in stream), key=lambda item: item[1][-1])


def test_points_lie_on_the_line_between_samples() -> None:
    first, values, status = together(run(by_time(steady(0, 1, 3, 104.0), steady(1, 1, 3, 57.3, 0.004)), [3]))
    times_s = (first + np.arange(values.shape[1])) / 100.0
    assert first == 100
    start = 1  # the second sensor begins a little later
    np.testing.assert_allclose(values[0, start:], value_of(times_s[start:]), atol=1e-12)
    np.testing.assert_allclose(values[1, start:], value_of(times_s[start:]), atol=1e-12)
    assert np.isnan(values[1, 0]).all()
    assert status[1][0] == Status.MISSING
    assert not any(status[0][start:])
    assert not any(status[1][start:])


def test_interpolation_is_scipys() -> None:
    rng = np.random.default_rng(1)
    time_s, values = np.cumsum(rng.uniform(0.004, 0.02, 300)), rng.standard_normal((300, 7))
    grid, parts = CausalGrid(1, 7), []
    for start in range(0, 300, 60):
        part = slice(start, start + 60)
        grid.add(0, time_s[part], values[part], np.zeros(60, np.uint8), np.arange(start, start + 60))
        parts.append(grid.advance())
    found = np.concatenate([part.values[0] for part in parts])
    at_s = (parts[0].first + np.arange(len(found))) / 100.0
    np.testing.assert_allclose(found, by_scipy.interpolated(at_s, time_s, values), atol=1e-12)


def test_a_point_waits_for_every_sensor() -> None:
    grid = CausalGrid(2, 2)
    times_s = np.array([0.0, 0.1, 0.2])
    grid.add(0, times_s, value_of(times_s), np.zeros(3, np.uint8), np.arange(3))
    assert len(grid.advance()) == 0
    grid.add(1, times_s[:2], value_of(times_s[:2]), np.zeros(2, np.uint8), np.array([3, 4]))
    points = grid.advance()
    assert (points.first, len(points)) == (0, 11)  # up to 0.10 s, which both have reached
    assert len(grid.advance()) == 0


def test_a_sensor_that_lags_too_far_is_missing_and_never_filled_in() -> None:
    """Sensor 1 is silent from 2 s on, and sends everything at once when the other has come to 4 s."""
    late = [(1, [float(t) for t in np.arange(2.0, 4.0, 0.01)], [0] * 200)]
    items = [
        *by_time(steady(0, 1, 4, phase_s=0.004), steady(1, 1, 2)),
        *late,
        *by_time(steady(0, 4, 5, phase_s=0.004), steady(1, 4, 5)),
    ]
    first, values, status = together(run(items, [10]))
    times_s = (first + np.arange(values.shape[1])) / 100.0
    missing = np.isnan(values[1, :, 0])
    newest_s = 3.994
    lost = (times_s > 1.995) & (times_s < newest_s - LAG_LIMIT_S)
    assert missing[lost].all()
    assert not missing[~lost].any()
    assert all(status[1][index] == Status.MISSING for index in np.flatnonzero(missing))
    assert not np.isnan(values[0, 1:]).any()  # it began 4 ms after the first point


def test_exactly_the_limit_is_not_too_far() -> None:
    """ "More than 1.0 s" (sources#lag-limits): a point exactly 1.0 s behind the newest still waits."""
    items: list[Item] = [(0, [0.0], [0]), (1, [0.0], [0]), (0, [1.0], [0])]
    first, values, _ = together(run(items, [1]))
    assert (first, values.shape[1]) == (0, 1)
    first, values, _ = together(run([*items, (0, [1.015], [0])], [1]))
    assert values.shape[1] == 2  # 0.01 s is now 1.005 s behind


def test_a_tick_makes_points_due() -> None:
    grid = CausalGrid(2, 2)
    grid.pass_time(0.5)
    assert len(grid.advance()) == 0  # nothing has begun
    times_s = np.arange(0.0, 0.505, 0.01)
    for sensor in range(2):
        own = times_s if sensor == 0 else times_s[:31]
        grid.add(sensor, own, value_of(own), np.zeros(len(own), np.uint8), np.full(len(own), sensor))
    assert len(grid.advance()) == 31
    grid.pass_time(1.45)
    points = grid.advance()
    assert (points.first, len(points)) == (31, 14)  # 0.31 to 0.44 s lie more than a second behind
    assert not np.isnan(points.values[0]).any()
    assert (points.status[1] == Status.MISSING).all()
    grid.pass_time(1.45)
    assert len(grid.advance()) == 0


def test_sensors_that_start_late_or_never() -> None:
    items = by_time(steady(0, 0, 6), steady(1, 3, 6))
    first, values, _ = together(run(items, [7]))
    assert first == 0
    missing = np.isnan(values[1, :, 0])
    assert missing[:200].all()  # nobody waited longer than a second for it
    assert not missing[301:].any()
    first, values, _ = together(run(steady(0, 0, 3, phase_s=0.004), [7]))
    assert np.isnan(values[1]).all()
    assert values.shape[1] == 199  # 0.01 s to 1.99 s: up to a second before the newest sample, 2.994 s


def test_nothing_is_interpolated_over_a_break_and_faults_are_handed_on() -> None:
    before = [(0, [float(t)], [0]) for t in np.arange(0.0, 0.5, 0.01)]
    after = [(0, [float(t)], [int(Status.SETTLING)]) for t in np.arange(0.9, 1.2, 0.01)]
    after[0] = (0, after[0][1], [int(Status.BREAK | Status.SETTLING)])
    clipped = [(0, [float(t)], [int(Status.CLIPPED)] if abs(t - 1.305) < 0.01 else [0]) for t in (1.295, 1.305, 1.315)]
    first, values, status = together(run([*before, *after, *clipped], [100], sensors=1))
    times_s = (first + np.arange(values.shape[1])) / 100.0
    missing = np.isnan(values[0, :, 0])
    np.testing.assert_array_equal(missing, (times_s > 0.495) & (times_s < 0.905))
    bits = np.array(status[0])
    assert not (bits & Status.BREAK).any()
    assert ((bits & Status.MISSING) != 0)[missing].all()
    assert (bits[(times_s > 0.91) & (times_s < 1.195)] == Status.SETTLING).all()
    # both points beside the clipped sample are made of it
    assert set(np.flatnonzero(bits & Status.CLIPPED).tolist()) == {130, 131}


times = st.lists(st.floats(0.0, 0.4), min_size=1, max_size=4)
notifications = st.lists(
    st.tuples(
        st.integers(0, 2), times, st.lists(st.sampled_from([0, 2, 4, 6, 8]), min_size=4, max_size=4), st.booleans()
    ),
    max_size=60,
)


@given(drawn=notifications, sizes=sizes_strategy)
@examples(80)
def test_any_chunks(drawn: list[tuple[int, list[float], list[int], bool]], sizes: list[int]) -> None:
    """Sensors of any tempo, with bursts, silences and equal times: the same points in any chunks."""
    clocks_s = [0.0, 0.0, 0.0]
    items: list[Item] = []
    for sensor, steps_s, status, hurry in drawn:
        own = [float(t) for t in clocks_s[sensor] + np.cumsum([s * (0.1 if hurry else 1.0) for s in steps_s])]
        clocks_s[sensor] = own[-1]
        items.append((sensor, own, status[: len(own)]))
    whole = together(run(items, [1000], 3))
    cut = together(run(items, sizes, 3))
    single = together(run(items, [1], 3))
    for other in (cut, single):
        assert whole[0] == other[0]
        assert whole[1].tobytes() == other[1].tobytes()
        assert whole[2] == other[2]
    # whatever is there is right
    times_s = (whole[0] + np.arange(whole[1].shape[1])) / 100.0
    known = np.isfinite(whole[1][..., 0])
    expected = np.broadcast_to(value_of(times_s), whole[1].shape)
    np.testing.assert_allclose(whole[1][known], expected[known], atol=1e-9)

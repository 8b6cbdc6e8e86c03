"""Accelerometer and gyroscope with different times made one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.types import FloatArray
from dowel.sensors.drivers.acc_gyro_pairing import LONGEST_STEP_S, WAIT_S, Paired, Pairing, Rows
from tests.depth import examples
from tests.streams import canonical, parts_of

Listed = list[tuple[int, float]]


def rows(listed: Listed, first: int = 0) -> Rows:
    """Values that are linear in time, so that interpolation is exact."""
    time_s = [time_s for _, time_s in listed]
    return Rows.of([which - first for which, _ in listed], time_s, [(t, 2.0 * t, -t) for t in time_s])


def paired(count: int, gyr: Listed, acc: Listed, sizes: list[int] | None = None) -> list[Paired]:
    pairing, found = Pairing(), []
    for part in parts_of(count, sizes or [count]):
        inside = range(part.start, part.stop)
        chunk = [rows([each for each in stream if each[0] in inside], part.start) for stream in (gyr, acc)]
        found.append(pairing.take(len(inside), *chunk))
    return found


@pytest.mark.parametrize("full_scale", [4.0, 35.0])
def test_what_lies_beyond_twice_the_full_scale_was_not_measured(full_scale: float) -> None:
    rows = Rows.of([0, 0, 0], [0.0, 0.1, 0.2], [(value, 0.0, 0.0) for value in (2.0, -2.0, 2.01)])
    found, impossible = Rows(rows.which, rows.time_s, rows.values * full_scale).possible(full_scale)
    assert (found.time_s.tolist(), impossible) == ([0.0, 0.1], 1)


def times(found: list[Paired]) -> FloatArray:
    return np.concatenate([each.leading.time_s for each in found])


def test_a_sample_is_complete_when_the_accelerometer_has_passed_it() -> None:
    (found,) = paired(3, [(0, 0.01), (0, 0.02), (1, 0.05), (2, 0.06)], [(0, 0.0), (1, 0.03), (2, 0.055)])
    assert found.leading.which.tolist() == [1, 1, 2]
    np.testing.assert_allclose(found.leading.time_s, [0.01, 0.02, 0.05])
    np.testing.assert_allclose(found.partner[:, 0], found.leading.time_s)
    np.testing.assert_allclose(found.newest_s, [0.02, 0.05, 0.06])
    assert (found.left_out, found.repeated) == (0, 0)


def test_nothing_is_made_up_across_a_hole() -> None:
    hole_s = 1.5 * LONGEST_STEP_S
    (found,) = paired(
        2, [(0, 0.005), (1, 0.05), (1, hole_s + 0.005)], [(0, 0.0), (0, 0.01), (1, hole_s), (1, hole_s + 0.01)]
    )
    np.testing.assert_allclose(times([found]), [0.005, hole_s + 0.005])
    assert found.left_out == 1


def test_a_measurement_before_all_acceleration_has_no_partner() -> None:
    (found,) = paired(1, [(0, 0.0), (0, 0.02)], [(0, 0.01), (0, 0.03)])
    assert (times([found]).tolist(), found.left_out) == ([0.02], 0)


def test_what_is_not_newer_is_left_out() -> None:
    (found,) = paired(2, [(0, 0.0), (1, 0.0), (1, 0.01)], [(0, 0.0), (0, 0.02), (1, 0.01)])
    assert (times([found]).tolist(), found.repeated) == ([0.0, 0.01], 2)


def test_a_clock_that_begins_anew_takes_nothing_over() -> None:
    gyr = [(0, 50.0), (0, 50.03), (1, 0.01), (1, 0.02)]
    (found,) = paired(2, gyr, [(0, 50.0), (0, 50.01), (1, 0.0), (1, 0.03)])
    assert times([found]).tolist() == [50.0, 0.01, 0.02]
    assert found.left_out == 1
    np.testing.assert_allclose(found.newest_s, [50.03, 0.03])


def test_everything_sent_anew_is_no_new_clock() -> None:
    """phyphox sends all of its buffers after some changes of the experiment."""
    times_s = [0.01 * n for n in range(500)]
    first, again = [(0, t) for t in times_s[:400]], [(1, t) for t in times_s]
    (found,) = paired(2, first + again, first + again)
    np.testing.assert_allclose(times([found]), times_s)
    assert found.repeated == 800


def test_a_measurement_that_waits_still_lies_beside_the_one_before_it() -> None:
    """The acceleration after it comes by itself, late but in time."""
    gyr, acc = [(0, 0.005), (0, WAIT_S - 0.01)], [(0, 0.0), (1, 0.01)]
    assert times(paired(2, gyr, acc, [1, 1])).tolist() == times(paired(2, gyr, acc)).tolist() == [0.005]


def test_a_measurement_waits_only_so_long() -> None:
    late = 2.02  # by the phone's clock; two seconds are waited for
    gyr = [(0, 0.0), (1, late), (2, late + 0.01)]
    (found,) = paired(3, gyr, [(2, -0.01), (2, 0.01), (2, late)])
    assert times([found]).tolist() == [late]
    assert found.left_out == 1


stream_strategy = st.lists(
    st.tuples(st.integers(0, 11), st.one_of(st.integers(0, 60), st.integers(0, 900)).map(lambda n: 0.01 * n)),
    max_size=60,
).map(lambda listed: sorted(listed, key=lambda each: each[0]))


@pytest.mark.slow
@given(gyr=stream_strategy, acc=stream_strategy, sizes=st.lists(st.integers(1, 5), min_size=1, max_size=5))
@examples(400)
def test_in_any_chunks_the_same(gyr: Listed, acc: Listed, sizes: list[int]) -> None:
    (whole,), parts = paired(12, gyr, acc), paired(12, gyr, acc, sizes)
    for name in ("partner", "reach", "newest_s"):
        assert canonical(np.concatenate([getattr(p, name) for p in parts])) == canonical(getattr(whole, name))
    assert canonical(times(parts)) == canonical(whole.leading.time_s)
    assert sum(part.left_out for part in parts) == whole.left_out
    assert sum(part.repeated for part in parts) == whole.repeated
    np.testing.assert_allclose(whole.partner[:, 1], 2.0 * whole.leading.time_s, atol=1e-9)
    released = np.bincount(whole.leading.which, minlength=12) > 0
    assert np.isfinite(whole.newest_s[released]).all()

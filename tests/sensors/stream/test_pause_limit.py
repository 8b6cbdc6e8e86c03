"""A clock that leaps by hours ends the session there and sizes nothing, wherever the stream is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dowel.sensors.stream.pause_limit import LONGEST_PAUSES_S, PAUSE_S, PauseLimit
from dowel.sensors.stream.sensor_track import TrackSamples
from tests.depth import examples

HOUR_S = 3600.0
steps_s = st.sampled_from([0.01, 1.0, PAUSE_S, PAUSE_S + 1.0, HOUR_S, 1.5 * HOUR_S, 28 * HOUR_S])


def samples(time_s: list[float], sequence: list[int]) -> TrackSamples:
    none = np.zeros((len(time_s), 3))
    times = np.array(time_s, float)
    return TrackSamples(times, times, none, none, np.zeros(len(times), np.uint8), np.array(sequence, np.int64))


def kept(steps: list[float], owners: list[int], cuts: set[int]) -> tuple[list[float], float | None]:
    """What of a stream of two sensors counts, when it is handed over in these pieces."""
    limit, taken = PauseLimit(), []
    time_s = np.cumsum(steps).tolist()
    edges = [0, *sorted(cuts), len(steps)]
    for start, stop in pairwise(edges):
        own = [[at for at in range(start, stop) if owners[at] == sensor] for sensor in (0, 1)]
        given_ = [samples([time_s[at] for at in each], each) for each in own]
        taken += [float(at) for each in limit.within(given_) for at in each.time_s]
    return sorted(taken), limit.ended_s


@examples(100)
@given(
    st.lists(st.tuples(steps_s, st.integers(0, 1)), min_size=1, max_size=30), st.sets(st.integers(1, 29), max_size=8)
)
def test_where_the_stream_is_cut_changes_nothing(stream: list[tuple[float, int]], cuts: set[int]) -> None:
    steps, owners = [step for step, _ in stream], [owner for _, owner in stream]
    whole, ended_s = kept(steps, owners, set())
    assert kept(steps, owners, {cut for cut in cuts if cut < len(steps)}) == (whole, ended_s)
    paused_s = sum(step for step in np.diff(whole) if step > PAUSE_S + 1e-6)
    assert paused_s <= LONGEST_PAUSES_S + 1e-3
    if ended_s is None:
        assert len(whole) == len(steps)


def test_a_tick_leaps_no_farther_either() -> None:
    limit = PauseLimit()
    assert limit.tick_s(5.0) == 5.0
    limit.within([samples([10.0], [0])])
    assert limit.tick_s(28 * HOUR_S) == 10.0 + LONGEST_PAUSES_S
    limit.within([samples([10.0 + HOUR_S], [1])])
    assert limit.tick_s(28 * HOUR_S) == 10.0 + HOUR_S + LONGEST_PAUSES_S - HOUR_S
    assert limit.ended_s is None
    (left,) = limit.within([samples([4 * HOUR_S], [2])])
    assert (len(left), limit.ended_s) == (0, 10.0 + HOUR_S)

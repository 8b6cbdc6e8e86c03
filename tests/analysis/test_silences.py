"""Silences of sensors: from when to when, in any chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.silences import SAID_POINTS, SilenceWatch
from dowel.recordings.grid_points import Status
from tests.streams import parts_of, sizes_strategy

MISSING, SETTLING = int(Status.MISSING), int(Status.SETTLING)


def told(status: np.ndarray, first: int, sizes: list[int]) -> list[tuple[int, int, int]]:
    watch, found = SilenceWatch(len(status)), []
    for part in parts_of(status.shape[1], sizes):
        done = part.start
        while done < part.stop:
            stop = done + watch.next_return(status[:, done : part.stop])
            found += watch.take(first + done, status[:, done:stop])
            done = stop
    return [tuple(silence) for silence in [*found, *watch.finish(first + status.shape[1])]]


def slowly(status: np.ndarray, first: int) -> list[tuple[int, int, int]]:
    """Point by point; a sensor is silent from session time 0 on."""
    found, since = [], dict.fromkeys(range(len(status)), 0)
    for point in range(status.shape[1] + 1):
        for sensor, of_sensor in enumerate(status):
            missing = point < status.shape[1] and bool(of_sensor[point] & MISSING)
            if missing:
                since.setdefault(sensor, first + point)
            elif sensor in since:
                found.append((sensor, since.pop(sensor), first + point))
    return [each for each in found if each[2] - each[1] >= SAID_POINTS]


@pytest.mark.slow
@given(
    edges=st.lists(st.lists(st.integers(1, 400), max_size=6), min_size=1, max_size=3),
    first=st.integers(0, 300),
    sizes=sizes_strategy,
    awake=st.booleans(),
)
def test_silences_are_the_slow_ones_in_any_chunks(
    edges: list[list[int]], first: int, sizes: list[int], awake: bool
) -> None:
    status = np.full((len(edges), 1500), SETTLING, np.uint8)
    for of_sensor, lengths in zip(status, edges, strict=True):
        at, gone = 0, not awake
        for length in lengths:
            of_sensor[at : at + length] |= np.uint8(MISSING if gone else 0)
            at, gone = at + length, not gone
    assert told(status, first, sizes) == slowly(status, first)
    assert told(status, first, [1_000_000]) == slowly(status, first)


@pytest.mark.parametrize(("points", "said"), [(SAID_POINTS - 1, False), (SAID_POINTS, True)])
def test_at_the_end_too_only_a_silence_that_lasts_is_said(points: int, said: bool) -> None:
    status = np.zeros((1, 1000), np.uint8)
    status[0, len(status[0]) - points :] = MISSING
    assert told(status, 0, [1000]) == ([(0, 1000 - points, 1000)] if said else [])

"""What is kept of old points: nothing, angles, or attitudes besides; of the latest always all."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.analysis.kept import Kept
from dowel.analysis.point_buffer import KEPT_POINTS, History

FIRST = -7
POINTS = 6 * KEPT_POINTS


def filled(kept: Kept) -> tuple[History, np.ndarray]:
    """Points that came in runs, and their values (2, n, 7); a lean is the first of the attitude's numbers."""
    values = np.random.default_rng(1).normal(size=(2, POINTS, 7))
    history = History(2, 7, kept)
    for start in range(0, POINTS, 1700):
        part = values[:, start : start + 1700]
        first = FIRST + start
        history.append(first, part, np.zeros(part.shape[:2], np.uint8))
        history.lean_deg(first, history.next)[:] = part[..., 0]
        history.deviation_deg(first, history.next)[:] = part[0, :, 1]
        history.faults(first, history.next)[:] = 0
    return history, values


@pytest.mark.parametrize("kept", Kept)
def test_the_latest_points_are_kept_whole(kept: Kept) -> None:
    history, values = filled(kept)
    assert (history.begin, history.next) == (FIRST, FIRST + POINTS)
    assert FIRST < history.first <= history.next - KEPT_POINTS
    since = history.first - FIRST
    np.testing.assert_array_equal(history.values(history.first, history.next), values[:, since:])
    np.testing.assert_array_equal(history.lean_deg(history.first, history.next), values[:, since:, 0])


@pytest.mark.parametrize("kept", [Kept.ANGLES, Kept.ATTITUDES])
def test_angles_of_old_points_are_kept_and_can_change(kept: Kept) -> None:
    history, values = filled(kept)
    assert history.angles_from == FIRST
    np.testing.assert_array_equal(history.lean_deg(FIRST, history.next), values[..., 0])
    history.unjudge(FIRST + 10, FIRST + 20, 4)
    assert np.flatnonzero(history.faults(FIRST, history.next)).tolist() == list(range(10, 20))
    assert np.isnan(history.deviation_deg(FIRST, FIRST + 21)).tolist() == [False] * 10 + [True] * 10 + [False]


def test_attitudes_are_kept_where_they_are_asked_for() -> None:
    history, values = filled(Kept.ATTITUDES)
    np.testing.assert_array_equal(history.attitudes(FIRST, history.next), values[..., :4])
    assert filled(Kept.NOTHING)[0].angles_from > FIRST

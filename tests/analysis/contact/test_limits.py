"""Crossings, held peaks, and the limits of sources#contact-limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.limits import CLEAR_SHARE, HOLD_POINTS, Crossing, Limits, crossings, held_peak, limits_for
from dowel.analysis.repetitions.running_extremes import running_max, running_min
from dowel.recordings.types import FloatArray
from tests.depth import examples
from tests.reference import by_scipy
from tests.reference.contact import slow_crossings, slow_held_peak


@st.composite
def deviations(draw: st.DrawFn) -> FloatArray:
    """Stretches at levels around a limit of 10, as long as the hold gives or takes a point; some of them missing."""
    level = st.sampled_from([0.0, 6.9, 7.0, 7.1, 9.9, 10.0, 10.1, 12.0, -10.1, np.nan])
    stretches = draw(st.lists(st.tuples(level, st.sampled_from([1, 2, 5, 9, 10, 11, 30])), max_size=12))
    noise = draw(st.sampled_from([0.0, 0.05, 2.0]))
    values = np.concatenate([np.empty(0), *(np.full(count, value) for value, count in stretches)])
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return values + noise * rng.standard_normal(len(values))


@pytest.mark.slow
@given(values=deviations(), hold=st.sampled_from([1, 3, HOLD_POINTS, 30]))
@examples(300)
def test_they_are_the_slow_ones(values: FloatArray, hold: int) -> None:
    assert crossings(values, 10.0, hold) == slow_crossings(values.tolist(), 10.0, hold)
    np.testing.assert_equal(held_peak(values, hold), slow_held_peak(values.tolist(), hold))


@pytest.mark.parametrize("width", [1, 2, 7, HOLD_POINTS, 30, 64])
def test_running_extremes_are_scipys(width: int) -> None:
    values = np.random.default_rng(width).standard_normal(200)
    np.testing.assert_array_equal(running_min(values, width), by_scipy.running_min(values, width))
    np.testing.assert_array_equal(running_max(values, width), -by_scipy.running_min(-values, width))


@given(values=deviations())
@examples(200)
def test_the_peak_is_above_the_limit_exactly_when_it_was_crossed(values: FloatArray) -> None:
    """So that the table never contradicts the verdict."""
    peak = held_peak(values)
    assert bool(crossings(values, 10.0)) == bool(peak > 10.0)
    if crossings(values, 10.0):
        assert crossings(values, peak) == []


@pytest.mark.slow
@given(values=deviations(), now=st.integers(0, 200))
@examples(200)
def test_what_is_known_is_never_taken_back(values: FloatArray, now: int) -> None:
    """A cue at the time of ``known`` is borne out by the whole rep."""
    then = [(crossing.first, crossing.known) for crossing in crossings(values[:now], 10.0)]
    at_last = [(crossing.first, crossing.known) for crossing in crossings(values, 10.0)]
    assert then == at_last[: len(then)]
    assert all(known >= now for _, known in at_last[len(then) :])


def test_a_crossing_by_hand() -> None:
    values = np.concatenate([np.full(5, 0.0), np.full(12, 11.0), np.full(4, 8.0), np.full(3, 11.0), np.full(3, 6.9)])
    assert crossings(values, 10.0) == [Crossing(5, 14, 24)]
    assert crossings(np.full(20, 10.0), 10.0) == []  # strictly above
    assert crossings(np.full(9, 11.0), 10.0) == []
    assert crossings(np.full(10, 11.0), 10.0) == [Crossing(0, 9, 10)]
    assert CLEAR_SHARE * 10.0 == 7.0


def test_nobody_knows_whether_contact_is_lost_in_a_gap() -> None:
    """A gap ends the loss; after it the limit must be held again."""
    values = np.concatenate([np.full(15, 11.0), np.full(50, np.nan), np.full(15, 11.0)])
    assert crossings(values, 10.0) == [Crossing(0, 9, 15), Crossing(65, 74, 80)]


def calibration(basis: str = "rod", **changes: float | None) -> Calibration:
    return Calibration(basis, {}, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "load_kg", "basis", "warn", "lost", "arching_warn", "arching_lost"),
    [
        (calibration(), 0.0, "rod", 6.0, 10.0, 8.0, 12.0),
        (calibration(sigma_rod_deg=3.9), 0.0, "rod", 6.0, 10.0, 8.0, 12.0),
        (calibration(lever_m=0.17), 0.0, "rod+spacer", 4.8, 8.0, 6.0, 10.0),  # 6.7 deg is under 8
        (calibration(lever_m=0.115), 0.0, "rod+spacer", 5.98, 9.964, 7.18, 11.964),
        (calibration(lever_m=0.08), 0.0, "rod+spacer", 7.2, 12.0, 8.4, 14.0),  # 14.3 deg is over 12
        (calibration(lever_m=0.17, sigma_rod_deg=3.0), 0.0, "rod+spacer", 5.4, 9.0, 6.6, 11.0),
        (calibration(lever_m=0.17, sigma_rod_deg=4.5), 0.0, "rod+spacer", 7.2, 12.0, 8.4, 14.0),
        (calibration("stance"), 0.0, "stance", 10.0, 16.0, 12.0, 18.0),
        (None, 0.0, "stance", 10.0, 16.0, 12.0, 18.0),
        (calibration(), 16.0, "loaded", 8.0, 12.0, 10.0, 14.0),
        (calibration(range_deg=65.0), 16.0, "loaded", 13.0, 19.5, 10.0, 14.0),
        (calibration(range_deg=35.0), 16.0, "loaded", 8.0, 12.0, 10.0, 14.0),
        (calibration(lever_m=0.17, range_deg=65.0), 1.0, "loaded", 13.0, 19.5, 10.0, 14.0),
        # a load does not make a stance's zero any surer, so it does not tighten its limits
        (None, 5.0, "loaded", 10.0, 16.0, 12.0, 18.0),
        (calibration("stance", range_deg=65.0), 5.0, "loaded", 13.0, 19.5, 12.0, 18.0),
    ],
)
def test_limits(
    what: Calibration | None,
    load_kg: float,
    basis: str,
    warn: float,
    lost: float,
    arching_warn: float,
    arching_lost: float,
) -> None:
    """The rows of sources#contact-limits and sources#loaded-limits."""
    found = limits_for(what, load_kg)
    assert found.basis == basis
    numbers = (found.warn_deg, found.lost_deg, found.arching_warn_deg, found.arching_lost_deg)
    assert numbers == pytest.approx((warn, lost, arching_warn, arching_lost), abs=0.01)
    assert (found.head_warn_deg, found.head_lost_deg) == (8.0, 12.0)


def test_a_limit_is_never_below_its_warning() -> None:
    for lever_m in np.linspace(0.08, 0.30, 23):
        for sigma_deg in (0.0, 2.0, 4.0):
            found: Limits = limits_for(calibration(lever_m=float(lever_m), sigma_rod_deg=sigma_deg), 0.0)
            assert found.warn_deg < found.lost_deg <= 12.0
            assert found.lost_deg >= min(3.0 * sigma_deg, 12.0)

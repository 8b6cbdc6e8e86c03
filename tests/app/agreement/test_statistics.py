"""Figures of agreement, against other programs' values, slow references and known truth."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import mannwhitneyu

from dowel.agreement.intervals import bootstrap, figure_interval, share_interval
from dowel.agreement.made_people import MadeReps, made_reps
from dowel.agreement.statistics import bland_altman, kappa, repeatability, roc_area, roc_curve, sensitivity, specificity
from dowel.recordings.types import BoolArray, FloatArray


def of_table(hits: int, missed: int, false: int, kept: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and what was told, of the four numbers of a table."""
    truth = np.repeat([True, True, False, False], [hits, missed, false, kept])
    return truth, np.repeat([True, False, True, False], [hits, missed, false, kept])


def test_kappa_of_the_published_example() -> None:
    """Two readers of 50 grant applications: agreed yes 20, no 15; the others 5 and 10 (kappa 0.4 in any textbook)."""
    truth, told = of_table(20, 5, 10, 15)
    assert kappa(truth, told) == pytest.approx(0.4)
    assert sensitivity(truth, told) == pytest.approx(0.8)
    assert specificity(truth, told) == pytest.approx(0.6)


def test_figures_of_other_programs() -> None:
    """The same 60 cases through scikit-learn 1.7 (kappa, area), the same 120 pairs through statsmodels' REML."""
    rng = np.random.default_rng(0)
    truth = rng.random(60) < 0.4
    told = np.where(rng.random(60) < 0.8, truth, ~truth)
    assert kappa(truth, told) == pytest.approx(0.3595505617977528)
    assert roc_area(truth, rng.normal(size=60) + truth) == pytest.approx(0.8422857142857143)
    people = np.repeat(np.arange(30), 4)
    difference = 1 + rng.normal(0, 2, 30)[people] + rng.normal(0, 1, 120)
    found = bland_altman(difference, people)
    assert (found.between_sd, found.within_sd) == pytest.approx((1.8904753, 1.0766837), abs=2e-4)


def test_what_cannot_be_computed_is_nan() -> None:
    nothing = np.array([], np.bool_)
    always = np.ones(4, np.bool_)
    assert np.isnan([kappa(nothing, nothing), kappa(always, always), sensitivity(~always, always)]).all()
    assert np.isnan(
        [specificity(always, always), roc_area(always, np.arange(4.0)), bland_altman(np.array([]), nothing).bias]
    ).all()


@given(arrays(np.bool_, 12), arrays(np.float64, 12, elements=st.integers(0, 5).map(float)))
def test_the_area_is_mann_whitneys_and_that_below_the_curve(truth: np.ndarray, score: np.ndarray) -> None:
    if truth.all() or not truth.any():
        return
    expected = mannwhitneyu(score[truth], score[~truth]).statistic / (truth.sum() * (~truth).sum())
    assert roc_area(truth, score) == pytest.approx(expected)
    limits, false, true = roc_curve(truth, score)
    assert np.trapezoid(true, false) == pytest.approx(expected)
    for limit, alarms, hits in zip(limits, false, true, strict=True):
        assert (score[~truth] > limit).mean() == pytest.approx(alarms)
        assert (score[truth] > limit).mean() == pytest.approx(hits)


def test_limits_of_agreement_with_repeats_find_the_known_spreads() -> None:
    """400 people measured 5 times: bias 1.5, SD 2 between people and 1 within."""
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(400), 5)
    difference = 1.5 + rng.normal(0.0, 2.0, 400)[people] + rng.normal(0.0, 1.0, 2000)
    found = bland_altman(difference, people)
    assert (found.bias, found.between_sd, found.within_sd) == pytest.approx((1.5, 2.0, 1.0), abs=0.25)
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(5.0), rel=0.08)


def test_limits_of_agreement_by_hand() -> None:
    """Two people, two pairs each: 1, 3 and 5, 7. Within 2, mean square between 16, so (16 - 2) / 2 between."""
    found = bland_altman(np.array([1.0, 3.0, 5.0, 7.0]), np.array([0, 0, 1, 1]))
    assert (found.bias, found.within_sd**2, found.between_sd**2) == pytest.approx((4.0, 2.0, 7.0))
    assert found.high == pytest.approx(4.0 + 1.96 * 3.0)


def test_what_repeats_and_what_nobody_repeated() -> None:
    error, change = repeatability(np.array([10.0, 12.0, 20.0, 22.0]), np.array([0, 0, 1, 1]))
    assert (error, change) == pytest.approx((np.sqrt(2.0), 1.96 * 2.0))
    assert np.isnan(repeatability(np.array([1.0, 2.0]), np.array([0, 1]))).all()


def test_too_few_clusters_have_no_interval() -> None:
    rng = np.random.default_rng(0)
    found = bootstrap(np.array([0, 0, 1, 1]), lambda some: float(len(some)), rng)
    assert found.value == 4.0
    assert np.isnan([found.low, found.high]).all()
    assert np.isnan(share_interval(np.array([3.0]), np.array([4.0])).low)


def test_all_right_is_no_certainty() -> None:
    """20 people, 10 of 10 each: the interval reaches below what 20 independent ones would allow for (0.83)."""
    found = share_interval(np.full(20, 10.0), np.full(20, 10.0))
    assert found.value == found.high == 1.0
    assert 0.9 < found.low < 0.98


@pytest.mark.parametrize("share", [0.5, 0.9, 0.97])
def test_intervals_of_a_share_hold_as_often_as_they_say(share: float) -> None:
    """People differ, each in 15 reps; the true share lies inside in 93 of 100 studies or more."""
    rng = np.random.default_rng([11, round(100 * share)])
    inside = []
    for _ in range(400):
        of_person = rng.beta(share * 12.0, (1.0 - share) * 12.0, 20)
        found = share_interval(rng.binomial(15, of_person).astype(float), np.full(20, 15.0))
        inside.append(found.low <= share <= found.high)
    assert np.mean(inside) >= 0.93 - 1.0 * np.sqrt(0.93 * 0.07 / 400)


@pytest.mark.slow
@pytest.mark.parametrize(("figure", "least"), [(roc_area, 0.0), (kappa, -1.0)])
def test_intervals_of_area_and_kappa_hold_as_often_as_they_say(
    figure: Callable[[BoolArray, FloatArray], float], least: float
) -> None:
    """20 people of the model, 30 reps each. Percentiles of redrawn people held the area in 88 of 100 studies."""

    def of(made: MadeReps, some: Any) -> float:
        measured_deg = made.measured_deg.ravel()[some]
        told = measured_deg if figure is roc_area else measured_deg > 10.0
        return figure(made.off.ravel()[some], told)

    true = of(made_reps(np.random.default_rng(13), 5000, 30), slice(None))
    people, inside = np.repeat(np.arange(20), 30), []
    for seed in range(300):
        made = made_reps(np.random.default_rng([14, seed]), 20, 30)
        found = figure_interval(people, partial(of, made), made.off.ravel(), least)
        inside.append(found.low <= true <= found.high)
    assert np.mean(inside) >= 0.93 - 1.0 * np.sqrt(0.93 * 0.07 / 300)


def test_an_area_of_one_is_no_certainty() -> None:
    people, truth = np.repeat(np.arange(20), 10), np.tile(np.arange(10) < 4, 20)
    found = figure_interval(people, lambda some: roc_area(truth[some], truth[some].astype(float)), truth)
    assert found.value == found.high == 1.0
    assert 0.9 < found.low < 0.98
    assert np.isnan(figure_interval(people, lambda some: 0.0, np.zeros(200, np.bool_), least=-1.0).low)


@pytest.mark.slow
def test_intervals_by_drawing_people_hold_as_often_as_they_say() -> None:
    """The mean of 12 people's reps, who differ more than their reps do."""
    inside = []
    people = np.repeat(np.arange(12), 6)
    for seed in range(300):
        rng = np.random.default_rng([12, seed])
        values = rng.normal(0.0, 1.0, 12)[people] + rng.normal(0.0, 0.5, len(people))
        found = bootstrap(people, lambda some, values=values: float(values[some].mean()), rng, 200)  # type: ignore[misc]
        inside.append(found.low <= 0.0 <= found.high)
    assert np.mean(inside) >= 0.92

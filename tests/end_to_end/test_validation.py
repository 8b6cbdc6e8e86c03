"""A small sample of every study of docs/validation.md, with the page's targets as assertions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.validation import attitude, faults, people
from tests.validation.__main__ import PAGE, STUDIES, page
from tests.validation.study import Figure, Study, at_least, at_most, none_of

pytestmark = pytest.mark.slow

RECORDED = (attitude, people)
SIMULATED = [study for study in STUDIES if study not in RECORDED]


def missed_on_the_page() -> set[str]:
    """Targets that the page owns up to missing: of these a sample says nothing new."""
    return set(re.findall(r"^\| ([^|]*) \|.*\*\*missed", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("study", SIMULATED, ids=[study.TITLE for study in SIMULATED])
def test_a_small_sample_meets_the_targets(study: Study) -> None:
    figures = study.figures([study.measure(job) for job in study.jobs(small=True, real=None)])
    assert any(figure.met for figure in figures)
    assert {figure.what for figure in figures if figure.met is False} <= missed_on_the_page()


@pytest.mark.parametrize("study", RECORDED, ids=[study.TITLE for study in RECORDED])
def test_real_recordings_meet_the_targets(study: Study, real_recordings: Path) -> None:
    figures = study.figures([study.measure(job) for job in study.jobs(small=False, real=real_recordings)])
    assert any(figure.met for figure in figures)
    assert {figure.what for figure in figures if figure.met is False} <= missed_on_the_page()


@pytest.mark.parametrize(
    ("mode", "seed", "kind"),
    [
        ("live", 1150010, "slips"),  # round the body
        ("live", 2000014, "slips"),  # within a rep, whose next stand nobody saw
        ("live, counted", 1150003, "turned over"),  # two reps in one bend that was left out
    ],
)
def test_sessions_that_once_told_something_wrong(mode: str, seed: int, kind: str) -> None:
    (outcome,) = faults.outcomes(faults.Job(mode, seed), [kind])
    assert not outcome.wrong


def test_a_recording_that_begins_in_a_bend_warns_of_no_mean_of_nothing(real_recordings: Path) -> None:
    """Warnings are errors here: before the first bend there is no stand, and the terminal said so in NumPy's words."""
    lift = real_recordings / "lifting-virtual" / "stance_held_at_the_bottom"
    (outcome,) = faults.outcomes(faults.Job("real", 0, real=lift), ["clock apart"])
    assert not outcome.wrong


def test_a_figure_beyond_its_target_is_missed() -> None:
    assert [at_least("", 99, 99, 100).met, at_least("", 99, 98, 100).met, at_least("", 99, 0, 0).met] == [1, 0, 0]
    assert [at_most("", 0.5, 0.5).met, at_most("", 0.5, 0.51).met] == [True, False]
    assert [none_of("", 0, "").met, none_of("", 1, "").met] == [True, False]
    text = page([(attitude, [Figure("one", "<= 1", "2", False), Figure("two", "", "3")])])
    assert "0 of 1 targets are met" in text
    assert "| one | <= 1 | 2 | **missed** |" in text


def test_the_page_has_every_study() -> None:
    """Figures of studies that are no longer there, or studies that the page does not know, are lies."""
    titles = re.findall(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert titles == [study.TITLE for study in STUDIES]


@pytest.mark.parametrize("study", RECORDED, ids=[study.TITLE for study in RECORDED])
def test_the_recordings_may_be_absent(study: Study) -> None:
    (figure,) = study.figures([study.measure(job) for job in study.jobs(small=False, real=None)])
    assert "absent" in figure.found

"""Whole studies with known truth: the figures, helpers' delays, limits, and inputs that allow no figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.agreement.contact_figures import ContactFigures
from dowel.agreement.made_people import MadePeople
from dowel.agreement.observations import Observed, rep_truths
from dowel.agreement.page import study_page
from dowel.agreement.personal_limits import kept_for_persons
from dowel.agreement.rod_truth import Span, Truth, truth_of
from dowel.agreement.study import Agreement, study_of
from dowel.agreement.supported_limits import Rule, SupportedLimit
from dowel.agreement.tables import agreement_rows
from dowel.agreement.wording import groups_rows, headline
from dowel.recordings.types import CONTACTS, Mark, MarkKind
from tests.app.agreement.made_studies import Making, made_study

NOT_ABOVE: dict[str, tuple[Span, ...]] = {"head": (), "upper_back": ()}
EVERYBODY = Making(people=12, reps=20)


def of_sacrum(study: Agreement) -> ContactFigures:
    return next(each for each in study.groups[0].contacts if each.contact == "sacrum")


def limit_of_sacrum(study: Agreement, person: str = "") -> SupportedLimit:
    return next(each for each in study.limits if (each.contact, each.person) == ("sacrum", person))


def test_the_figures_are_those_of_a_slow_count() -> None:
    sessions = made_study(1, EVERYBODY)
    study = study_of(sessions, rule=Rule())
    figures = of_sacrum(study)
    off = told = hits = kept_right = 0
    for session in sessions:
        for rep in session.reps:
            lost = any(
                span.start_s < rep.row.end_s and span.end_s > rep.row.start_s for span in session.truth.off["sacrum"]
            )
            said = rep.row.verdict == "lost"
            off, told, hits = off + lost, told + said, hits + (lost and said)
            kept_right += not lost and not said
    assert (figures.off, figures.told, figures.hits, figures.reps) == (off, told, hits, 240)
    assert figures.sensitivity.value == pytest.approx(hits / off)
    assert figures.specificity.value == pytest.approx(kept_right / (240 - off))
    assert figures.sensitivity.low < figures.sensitivity.value < figures.sensitivity.high


@pytest.mark.slow
def test_the_interval_of_the_curve_holds_the_curve_and_is_narrower_with_more_people() -> None:
    few, many = (study_of(made_study(10, replace(EVERYBODY, people=people)), rule=Rule()).roc[0] for people in (8, 32))
    for found in (few, many):
        for false, low, high in found.band:
            share = max(true for at, true in zip(found.false, found.true, strict=True) if at <= false + 1e-9)
            assert low - 1e-9 <= share <= high + 1e-9
    widths = [np.mean([high - low for _, low, high in found.band]) for found in (few, many)]
    assert widths[1] < 0.7 * widths[0]
    assert study_of(made_study(10, replace(EVERYBODY, people=4)), rule=Rule()).roc[0].band == ()


def test_the_limit_is_where_the_rod_leaves() -> None:
    """The rod leaves at 8.5 deg in these people, and the program is held at 10: the data say so."""
    study = study_of(made_study(2, replace(EVERYBODY, made=MadePeople(off_deg=8.5), people=20)), rule=Rule())
    found = limit_of_sacrum(study)
    assert found.limit_deg.value == pytest.approx(8.5, abs=1.0)
    assert found.limit_deg.low < 8.5 < found.limit_deg.high < 10.5
    assert found.sensitivity > 0.85
    assert found.specificity > 0.85


def test_a_rule_for_false_alarms_is_kept_to() -> None:
    sessions = made_study(3, EVERYBODY)
    found = limit_of_sacrum(study_of(sessions, rule=Rule(0.02)))
    reps = [each for session in sessions for each in rep_truths(session, {})]
    kept = [each.score_deg("sacrum") for each in reps if not each.off("sacrum")]
    assert np.mean(np.array(kept) > found.limit_deg.value) <= 0.02
    assert np.mean(np.array(kept) > found.limit_deg.value - 0.5) > 0.02


@pytest.mark.slow
@pytest.mark.parametrize("delay_s", [0.15, 0.25, 0.4])
def test_a_helpers_delay_is_found_and_taken_out(delay_s: float) -> None:
    making = replace(EVERYBODY, delay_s=delay_s, by="helper 1")
    study = study_of(made_study(4, making), rule=Rule())
    (reaction,) = study.reactions
    assert reaction.delay_s.value == pytest.approx(delay_s, abs=0.05)
    assert reaction.delay_s.high - reaction.delay_s.low < 0.15
    truly = of_sacrum(study_of(made_study(4, EVERYBODY), rule=Rule()))
    assert of_sacrum(study).lag_s[1] == pytest.approx(truly.lag_s[1], abs=0.08)
    (loss,) = study.losses
    assert loss.quartiles_deg[1] == pytest.approx(10.0, abs=1.0)


def test_too_few_presses_correct_nothing_and_say_so() -> None:
    study = study_of(made_study(5, Making(people=1, reps=12, delay_s=0.3, by="helper 1")), rule=Rule())
    assert np.isnan(study.reactions[0].delay_s.value)
    assert any("How late helper 1 was cannot be told" in problem for problem in study.problems)


def test_one_person_says_nothing_of_others() -> None:
    study = study_of(made_study(6, Making(people=1, reps=40)), rule=Rule())
    assert study.drawn == "sets"
    assert any("say nothing about other people" in problem for problem in study.problems)
    limit = limit_of_sacrum(study, "p000")
    assert limit.limit_deg.low <= limit.limit_deg.value <= limit.limit_deg.high
    assert not any(each.person == "" for each in study.limits)


@pytest.mark.parametrize(("rounded", "says"), [(0.0, "never lost"), (1.0, "in every rep")])
def test_all_kept_and_all_lost_say_what_is_missing(rounded: float, says: str) -> None:
    people = MadePeople(provoked=rounded, off_deg=30.0 if rounded == 0.0 else 2.0, off_sd_deg=(0.0, 0.0))
    making = replace(EVERYBODY, people=6, made=people)
    study = study_of(made_study(7, making), rule=Rule())
    assert any(says in problem for problem in study.problems)
    assert limit_of_sacrum(study).lacking
    assert not study.roc


def test_one_contact_alone() -> None:
    """A rod with one switch: nothing is said of what it cannot see, nor of whichever point."""
    made = made_study(8, EVERYBODY)
    one = [replace(each, truth=replace(each.truth, watched=each.truth.watched | NOT_ABOVE)) for each in made]
    study = study_of(one, rule=Rule())
    assert [each.contact for each in study.groups[0].contacts] == ["sacrum"]
    assert any("Nobody watched the head and the upper back" in problem for problem in study.problems)
    assert headline(study).startswith("Against a real rod at the sacrum, over 240 judged reps")
    assert len(groups_rows(study)) == EVERYBODY.people
    whole = of_sacrum(study_of(made, rule=Rule()))
    assert (of_sacrum(study).off, of_sacrum(study).hits, study.reps) == (whole.off, whole.hits, 240)


def test_nobody_watched() -> None:
    """Losses were told, and nobody said when they looked: nothing can be told to have been kept."""
    blind = [
        replace(each, truth=replace(each.truth, watched=dict.fromkeys(CONTACTS, ())))
        for each in made_study(8, EVERYBODY)
    ]
    study = study_of(blind, rule=Rule())
    assert study.reps == 0
    assert study.not_watched == 240
    assert study.groups[0].contacts == ()


def moment(at_s: float, what: str, off: bool, by: str = "a") -> Mark:
    return Mark(0, MarkKind.TRUTH, at_s, at_s, {"what": what, "off": off, "by": by, "reacts": True})


def test_spans_of_moments_and_of_rows() -> None:
    marks = [
        moment(1.0, "watched", True),
        moment(2.0, "sacrum", True),
        moment(2.1, "sacrum", True),  # a page that was loaded again tells it once more
        moment(3.0, "sacrum", False),
        moment(3.5, "sacrum", False),
        moment(4.0, "head", True, "b"),
        Mark(0, MarkKind.TRUTH, 5.0, 6.0, {"what": "upper_back", "by": "marks file"}),
        Mark(0, MarkKind.TRUTH, 5.0, 6.0, {"what": "elbow"}),
    ]
    truth = truth_of(marks, 9.0)
    assert truth.off["sacrum"] == (Span(2.0, 3.0, "a", True),)
    assert truth.off["head"] == (Span(4.0, 9.0, "b", True),)
    assert truth.off["upper_back"] == (Span(5.0, 6.0, "marks file"),)
    assert truth.watched["head"] == (Span(1.0, 9.0, "a", True),)
    assert truth.problems == ("The head was still told to be off the rod when the session ended.",)


def test_no_truth_is_none() -> None:
    assert not truth_of([], 10.0).told
    assert truth_of([], 10.0) == Truth(dict.fromkeys(CONTACTS, ()), {"head": (), "upper_back": (), "sacrum": ()}, ())


def test_a_rep_that_began_before_somebody_looked_is_left_out() -> None:
    (session,) = made_study(9, Making(people=1, reps=5))
    first = session.reps[0].row
    late: Observed = replace(
        session, truth=replace(session.truth, watched=dict.fromkeys(CONTACTS, (Span(first.start_s + 0.1, 1e6),)))
    )
    assert len(rep_truths(late, {})) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("simulated", "rod"), [(12, "a simulated rod"), (5, "a real rod and, in 5 of 12 sessions, a simulated one")]
)
def test_a_simulated_rod_is_called_so(simulated: int, rod: str) -> None:
    """And no limit of a person rests on it."""
    made = [replace(each, simulated=number < simulated) for number, each in enumerate(made_study(2, EVERYBODY))]
    study = study_of(made, rule=Rule())
    assert headline(study).startswith(f"Against {rod}, ")
    assert any("nothing about people" in each for each in study.problems)
    page = study_page(study, [])
    assert f"Agreement with {rod}" in page
    assert ("a real rod" in page) is (simulated < len(made))
    assert list(kept_for_persons(study)) == ["No limits were kept: there are simulated sessions among these."]
    assert {row["simulated_sessions"] for row in agreement_rows(study)} == {simulated}

"""What the session says of itself, against rows that are known, and against lifters whose truth is known."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dowel.analysis.drills.method import RULES
from dowel.analysis.rows import NAN, Rep, SetSummary
from dowel.recordings.types import MarkKind, Placement
from dowel.reports.findings import Advice, advice_of, drift_words, not_judged_sentence, verdict_sentence
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import Moment, SimulatedSensor, calibration_pieces, set_of_hinges, simulate
from dowel.session.results import SessionResults

HELD = Rep(
    set=1, rep=1, kind="rep", drill="dowel_hinge", load_kg=0.0, start_s=41.0, bottom_s=43.0, end_s=45.0,
    lowering_s=2.0, pause_s=0.3, rising_s=1.9, rest_before_s=NAN, hinge_angle_deg=68.0, trunk_lean_deg=70.0,
    verdict="held", verdict_reason="", contact_lost="", first_lost_s=NAN, first_lost_hinge_deg=NAN, lost_s=0.0,
    flexion_peak_deg=2.1, extension_peak_deg=-0.4, deviation_bottom_deg=1.0, gap_sacrum_mm=6.3,
    gap_upper_back_mm=0.5, gap_head_mm=NAN, flexion_range_pct=NAN, lumbar_share=0.02, depth_before_rounding_deg=NAN,
    side_bend_peak_deg=1.2, twist_peak_deg=-0.6, lowering_peak_deg_s=60.0, rising_peak_deg_s=80.0,
    smoothness_lowering=-1.5, smoothness_rising=-1.5, movement="hinge", tap="", calibration="rod", sync_ms=12.0,
    missing_pct=0.0,
)  # fmt: skip
WARNED = replace(HELD, verdict="warned", verdict_reason="rounded", depth_before_rounding_deg=61.0)
LOST = replace(
    HELD, verdict="lost", verdict_reason="rounded", contact_lost="sacrum", first_lost_s=42.5, first_lost_hinge_deg=57.0,
    depth_before_rounding_deg=53.0, flexion_peak_deg=15.0,
)  # fmt: skip
ARCHED = replace(
    HELD, verdict="lost", verdict_reason="arched", contact_lost="upper_back", first_lost_s=42.5,
    first_lost_hinge_deg=44.0, extension_peak_deg=-14.0,
)  # fmt: skip
UNJUDGED = replace(HELD, verdict="not_judged", verdict_reason="gap", flexion_peak_deg=NAN, extension_peak_deg=NAN)
SET = SetSummary(
    set=1, drill="dowel_hinge", load_kg=0.0, wall_cm=NAN, reps=8, half=0, held=8, warned=0, lost=0, not_judged=0,
    worst_contact="", flexion_peak_median_deg=2.0, drift_deg=1.0, rest_before_s=NAN, advice="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "No reps were found."),
        ([replace(HELD, kind="bend", rep=None)], "No reps were counted."),
        ([HELD], "Contact was kept in 1 rep."),
        ([HELD] * 8, "Contact was kept in all 8 reps."),
        ([WARNED] * 3, "Contact was close to its limit in all 3 reps."),
        ([LOST] * 3, "Contact was lost in all 3 reps: at the sacrum."),
        ([*[HELD] * 5, WARNED], "Contact was kept in 5 of 6 reps and close to its limit in 1."),
        (
            [*[HELD] * 4, WARNED, LOST, LOST, ARCHED],
            "Contact was kept in 4 of 8 reps, close to its limit in 1 and lost in 3: "
            "at the sacrum in 2, at the upper back in 1.",
        ),
        ([WARNED, LOST], "Contact was close to its limit in 1 of 2 reps and lost in 1: at the sacrum."),
        ([UNJUDGED] * 2, "2 reps counted, none judged: data of a sensor was missing."),
        ([*[HELD] * 4, UNJUDGED], "Contact was kept in all 4 reps."),
    ],
)
def test_the_verdict_in_one_sentence(rows: list[Rep], sentence: str) -> None:
    assert verdict_sentence(rows) == sentence


def test_what_has_no_verdict_is_told_beside_it() -> None:
    assert not_judged_sentence([HELD]) == ""
    assert not_judged_sentence([UNJUDGED]) == ""
    assert not_judged_sentence([HELD, UNJUDGED]) == "1 more rep could not be judged: data of a sensor was missing."


def advice_for(rows: list[Rep], *sets: SetSummary) -> list[Advice]:
    numbered = [replace(row, rep=number) for number, row in enumerate(rows, start=1)]
    return advice_of(SessionResults(Path("x.dowel"), {}, (), (), (), rep_rows=numbered, set_rows=list(sets)))


def titles(rows: list[Rep], *sets: SetSummary) -> list[str]:
    return [advice.title for advice in advice_for(rows, *sets)]


def test_what_a_set_asked_for_and_got_is_not_asked_for_again() -> None:
    back, done = "Back to the stick: contact was lost in 2 reps.", "The stick sets are done."
    owing = (replace(SET, load_kg=16.0, advice=back), replace(SET, set=2))
    assert advice_for([HELD] * 8, *owing)[0].do == back, "a set without load has not paid what is owed"
    paid = (*owing, replace(SET, set=3, advice=done))
    assert advice_for([HELD] * 8, *paid)[0].title == "After set 3"
    assert titles([HELD] * 8, *paid, replace(SET, set=4, load_kg=14.0)) == ["Keep it like this"]


def test_when_all_is_well_it_says_so() -> None:
    (advice,) = advice_for([HELD] * 8, SET)
    assert advice.title == "Keep it like this"
    assert "68°" in advice.seen
    assert advice_for([]) == []


def test_rounding_says_where_to_stop() -> None:
    (advice,) = advice_for([HELD, HELD, LOST, WARNED])
    assert "2 of 4 reps rounded: close to the limit from a hinge of about 53° on" in advice.seen
    assert "Stop at a hinge of 50°" in advice.do
    (advice,) = advice_for([HELD, replace(LOST, depth_before_rounding_deg=50.5)])
    assert "Stop at a hinge of 45°" in advice.do, "before it begins, not where it begins"


def test_rounding_from_the_start_and_on_the_way_up() -> None:
    assert titles([HELD, replace(LOST, depth_before_rounding_deg=4.0)]) == ["Rounding from the start"]
    assert titles([HELD, replace(LOST, first_lost_s=44.0)]) == ["Rounding on the way up"]


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        ({"lowering_s": 1.2}, "Slower on the way down"),
        ({"movement": "squat"}, "More hinge, less squat"),
        ({"movement": "spine"}, "Bend in the hips"),
        ({"side_bend_peak_deg": -12.0}, "Straight forward"),
        ({"hinge_angle_deg": 42.0}, "A little deeper"),
        ({"calibration": "stance"}, "Calibrate with a rod"),
        ({"verdict": "warned", "verdict_reason": "chin_up"}, "Head"),
        ({"verdict": "lost", "verdict_reason": "arched", "contact_lost": "upper_back"}, "Arching"),
        ({"verdict": "not_judged", "verdict_reason": "slipped"}, "Make the reps judgeable"),
    ],
)
def test_each_finding_has_its_advice(changed: dict[str, Any], title: str) -> None:
    assert titles([replace(HELD, **changed)] * 5) == [title]
    assert title not in titles([HELD] * 5)


@pytest.mark.parametrize("drill", ["dowel_hinge", "wall_tap", "kettlebell", "barbell"])
@pytest.mark.parametrize(
    ("reasons", "seen", "do"),
    [
        (
            ["chin_down"] * 3 + ["chin_up"],
            "In 3 of 8 reps the chin dropped.",
            "Long neck, look a little farther ahead.",
        ),
        (
            ["chin_up"] * 2 + ["chin_down"],
            "In 2 of 8 reps the chin came up.",
            "Tuck the chin, look down with the eyes.",
        ),
    ],
)
def test_the_head_is_sent_where_it_came_from(drill: str, reasons: list[str], seen: str, do: str) -> None:
    """As the cue says: who drops the chin is not told to look down."""
    kept = [replace(HELD, drill=drill)] * (8 - len(reasons))
    nodded = [replace(HELD, drill=drill, verdict="warned", verdict_reason=reason) for reason in reasons]
    assert [(each.seen, each.do) for each in advice_for([*kept, *nodded]) if each.title == "Head"] == [(seen, do)]


def test_no_tempo_for_drills_that_are_fast() -> None:
    assert titles([replace(HELD, lowering_s=0.5, drill="kettlebell")] * 5) == ["Keep it like this"]


def test_deeper_only_where_contact_was_kept_in_all() -> None:
    assert "A little deeper" not in titles([replace(HELD, hinge_angle_deg=42.0)] * 5 + [ARCHED])


def test_drift_says_after_which_rep_to_rest() -> None:
    rows = [HELD, HELD, HELD, HELD, WARNED, LOST]
    found = advice_for(rows, replace(SET, reps=6, drift_deg=7.5))
    (drift,) = [advice for advice in found if advice.title == "Shorter sets"]
    assert "7.5°" in drift.seen
    assert "after rep 4" in drift.do
    assert "Shorter sets" not in titles(rows, replace(SET, reps=6, drift_deg=4.9))
    assert "Shorter sets" not in titles(rows[:4], replace(SET, reps=4, drift_deg=9.0)), "too few to tell"
    assert drift_words(replace(SET, drift_deg=4.9), RULES) == "may be chance"
    assert "grew" in drift_words(replace(SET, drift_deg=5.5), RULES)
    assert "less" in drift_words(replace(SET, drift_deg=-5.5), RULES)
    assert "grew" in drift_words(replace(SET, drift_deg=5.5), replace(RULES, drift_deg=5.4))
    assert drift_words(replace(SET, drift_deg=5.5), replace(RULES, drift_deg=6.0)) == "may be chance"


def test_the_most_important_comes_first() -> None:
    assert titles([replace(row, lowering_s=1.0, calibration="stance") for row in (UNJUDGED, LOST, ARCHED)]) == [
        "Make the reps judgeable", "Rounding", "Arching", "Slower on the way down", "Calibrate with a rod",
    ]  # fmt: skip


FORBIDDEN = re.compile(r"\bsafe\b|injur|more load|heavier|more weight|add weight|\bkg\b", re.IGNORECASE)


def test_it_never_asks_for_load_and_never_speaks_of_injury() -> None:
    source = (Path(__file__).parents[3] / "app" / "reports" / "findings.py").read_text(encoding="utf-8")
    _, _, without_docstring = source.partition('"""\n')[2].partition("from __future__")
    assert not FORBIDDEN.search(without_docstring)


# ----------------------------------------------------------------------------------------------- lifters of known truth


def practised(folder: Path, seed: int, **of_the_set: Any) -> SessionResults:
    sensors = [SimulatedSensor(Placement.UPPER_BACK, soft_tissue_deg=2.0), SimulatedSensor(Placement.SACRUM)]
    simulate((*calibration_pieces(), *set_of_hinges(**of_the_set)), sensors, seed=seed).write(folder / "x.dowel")
    return analyse(folder / "x.dowel")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("of_the_set", "title"),
    [
        ({"reps": 6}, "Keep it like this"),
        ({"reps": 6, "peaks_deg": (0.0, 18.0)}, "Rounding"),
        ({"reps": 6, "peaks_deg": (0.0, -18.0)}, "Arching"),
        ({"reps": 6, "lowering_s": 1.0}, "Slower on the way down"),
        ({"reps": 8, "creep_deg": 16.0}, "Shorter sets"),
        ({"reps": 6, "depth_deg": 40.0}, "A little deeper"),
    ],
)
def test_what_the_lifter_did_is_what_is_said(of_the_set: dict[str, Any], title: str, tmp_path: Path) -> None:
    found = [advice.title for advice in advice_of(practised(tmp_path, 31, **of_the_set))]
    assert title in found
    faults = {"Rounding", "Arching", "Slower on the way down", "Shorter sets", "A little deeper", "Keep it like this"}
    also = {"Rounding"} if title == "Shorter sets" else set()
    assert set(found) & faults <= {title} | also


def test_a_report_advises_by_the_rules_of_its_session(tmp_path: Path) -> None:
    sensors = [SimulatedSensor(Placement.UPPER_BACK), SimulatedSensor(Placement.SACRUM)]
    rules = Moment(MarkKind.RULES, {"pass.dowel_hinge.depth_deg": 75, "advice.tempo.lowering_s": 3.0})
    pieces = (*calibration_pieces(), *set_of_hinges(4, lowering_s=2.5))
    simulate(pieces, sensors, seed=31).write(tmp_path / "plain.dowel")
    simulate((rules, *pieces), sensors, seed=31).write(tmp_path / "rules.dowel")
    plain, ruled = (advice_of(analyse(tmp_path / f"{name}.dowel")) for name in ("plain", "rules"))
    assert [each.title for each in plain] == ["Keep it like this"]
    assert [each.title for each in ruled] == ["Slower on the way down", "A little deeper"]
    assert "to 75° and on" in ruled[1].do


def test_where_rounding_begins_is_where_the_lifter_began(tmp_path: Path) -> None:
    """The back of this lifter is over the warning limit only near the bottom: the advice stops before, not at once."""
    results = practised(tmp_path, 33, reps=6, peaks_deg=(14.0,), depth_deg=70.0)
    (advice,) = [each for each in advice_of(results) if each.title == "Rounding"]
    begins_deg = float(re.search(r"about (\d+)°", advice.seen)[1])  # type: ignore[index]
    stop_deg = float(re.search(r"Stop at a hinge of (\d+)°", advice.do)[1])  # type: ignore[index]
    depths = sorted(row.depth_before_rounding_deg for row in results.rep_rows)
    assert depths[0] - 0.5 <= begins_deg <= depths[-1] + 0.5
    assert begins_deg - 6.0 <= stop_deg < begins_deg

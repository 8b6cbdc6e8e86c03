"""Passing stages and going back, as the rules say: hand-made sessions of every drill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dowel.history.pass_rules import Worth, judge
from dowel.history.practised_sets import PracticeSession
from dowel.history.progress import Way, way_of
from dowel.history.stages import Stage
from dowel.history.step_back_rules import Turn
from dowel.history.wording import headline, next_steps
from dowel.settings.rules import Rules, read_rules
from tests.app.history.rows import LYING, loaded, reps, session

RULES = read_rules()
GOOD = reps("hhhhhw")
BAD = reps("hhlhhh")


def turns(way: Way) -> list[tuple[str, int, Turn, str]]:
    return [(str(each.day)[-2:], each.set, each.turn, "+".join(each.rules)) for each in way.decisions]


def way(*sessions: PracticeSession, rules: Rules = RULES) -> Way:
    return way_of(sessions, rules)


# --------------------------------------------------------------------------------------------------------- single sets


@pytest.mark.parametrize(
    ("rows", "worth", "missing"),
    [
        (reps("hhhhhh"), Worth.GOOD, ""),
        (reps("hhhhhw"), Worth.GOOD, ""),
        (reps("hhhhww"), Worth.BAD, "2 close"),
        (reps("hhhhhl"), Worth.BAD, "1 lost"),
        (reps("hlll"), Worth.NOT_COUNTED, "4 judged reps, 6 asked for"),
        (reps("hhhhhn"), Worth.NOT_COUNTED, "5 judged reps, 6 asked for"),
        (reps("hhhhhh", hinge_angle_deg=49.0), Worth.NOT_COUNTED, "a hinge of 49°, 50° asked for"),
        (reps("hhhhhh", hinge_angle_deg=float("nan")), Worth.NOT_COUNTED, "the hinge is not known, 50° asked for"),
        (reps("hhhhhh", calibration="stance"), Worth.NOT_COUNTED, "stance calibration, rod or rod + spacer asked for"),
        (reps("hhhhhh", calibration="rod+rezero"), Worth.GOOD, ""),
        (reps("hhhhhh", calibration=["rod"] * 5 + ["stance"]), Worth.NOT_COUNTED, "mixed calibration"),
        (reps("hhhhhh", movement=["squat", "squat", *["hinge"] * 4]), Worth.BAD, "2 squatted"),
    ],
)
def test_a_set_of_the_dowel_hinge(rows: list[dict[str, Any]], worth: Worth, missing: str) -> None:
    judged = judge(session("2026-03-02", rows).sets[0], RULES["pass.dowel_hinge"])
    assert judged.worth is worth
    assert missing in judged.missing


def wall(verdicts: str = "hhhhhh", tap: Any = "tapped") -> list[dict[str, Any]]:
    return reps(verdicts, drill="wall_tap", tap=tap)


@pytest.mark.parametrize(
    ("rows", "wall_cm", "worth", "missing"),
    [
        (wall(), 27.0, Worth.GOOD, ""),
        (wall(), 26.0, Worth.GOOD, ""),  # 26.25 cm, as a tape shows it
        (wall(), 25.0, Worth.NOT_COUNTED, "25 cm from the wall, 26 cm asked for"),
        (wall(), float("nan"), Worth.NOT_COUNTED, "distance not given, 26 cm asked for"),
        (wall(tap=["none", *["tapped"] * 5]), 27.0, Worth.BAD, "1 without a tap"),
        (wall(tap=["unsure", *["tapped"] * 5]), 27.0, Worth.GOOD, ""),
        (wall("hhhhhl"), 27.0, Worth.BAD, "1 lost"),  # a tap that is reached by rounding is no pass
    ],
)
def test_a_set_at_the_wall(rows: list[dict[str, Any]], wall_cm: float, worth: Worth, missing: str) -> None:
    practised = session("2026-03-02", rows, wall_cm=wall_cm, height_cm=175.0).sets[0]
    judged = judge(practised, RULES["pass.wall_tap"])
    assert judged.worth is worth
    assert missing in judged.missing


def test_a_set_of_the_dead_bug_holds_or_has_both_sides() -> None:
    rule = RULES["pass.dead_bug"]

    def worth(rows: list[dict[str, Any]]) -> Worth:
        return judge(session("2026-03-02", rows, placements=LYING).sets[0], rule).worth

    sides = ["left", "right"] * 3
    assert worth(reps(drill="dead_bug", side=sides)) is Worth.GOOD
    assert worth(reps(drill="dead_bug", side="left")) is Worth.NOT_COUNTED
    assert worth(reps(drill="dead_bug", kind="hold", rep=None)) is Worth.GOOD
    assert worth(reps("hhhhhl", drill="dead_bug", contact_lost="floor")) is Worth.BAD


# ------------------------------------------------------------------------------------------------------------- passing


def test_two_good_days_running_pass_the_stage() -> None:
    found = way(session("2026-03-02", GOOD, GOOD), session("2026-03-04", BAD, GOOD, GOOD))
    assert turns(found) == [("04", 3, Turn.PASSED, "pass.dowel_hinge")]
    assert found.at.stage is Stage.LOADED_HINGE
    assert "good sets on 2026-03-02 and 2026-03-04" in found.decisions[0].text


@pytest.mark.parametrize(
    "sessions",
    [
        [("2026-03-02", GOOD, GOOD)],
        [("2026-03-02T08:00", GOOD, GOOD), ("2026-03-02T18:00", GOOD, GOOD)],  # one day
        [("2026-03-02", GOOD, GOOD), ("2026-03-04", BAD, GOOD), ("2026-03-06", GOOD, GOOD)],  # a bad day between
        [("2026-03-02", GOOD), ("2026-03-04", GOOD), ("2026-03-06", GOOD)],  # one set a day
        [("2026-03-02", GOOD, BAD, GOOD), ("2026-03-04", GOOD, GOOD)],  # not running
    ],
)
def test_less_does_not(sessions: list[tuple[Any, ...]]) -> None:
    found = way(*(session(day, *sets) for day, *sets in sessions))
    assert found.at.stage is Stage.DOWEL_HINGE
    assert not found.decisions


def test_a_day_that_says_nothing_breaks_nothing() -> None:
    short, shallow = reps("hhh"), reps("hhhhhh", hinge_angle_deg=30.0)
    found = way(
        session("2026-03-02", GOOD, GOOD),
        session("2026-03-03", short),
        session("2026-03-04", shallow, shallow),
        session("2026-03-06", GOOD, short, GOOD),
    )
    assert str(found.stages[2].passed) == "2026-03-06"


def test_a_passed_stage_stays_passed() -> None:
    found = way(session("2026-03-02", GOOD, GOOD), session("2026-03-04", GOOD, GOOD), session("2026-03-06", BAD, BAD))
    assert found.at.stage is Stage.LOADED_HINGE


def test_what_passing_takes_is_said_with_what_was_lacking() -> None:
    found = way(session("2026-03-02", GOOD, GOOD), session("2026-03-04", GOOD, reps("hhh")))
    (takes, rule), (lacked, _) = next_steps(found, RULES)
    assert takes.startswith("To pass the dowel hinge, 1 more good day: 2 sets in a row of at least 6 judged reps each")
    assert rule == ("pass.dowel_hinge",)
    assert lacked == "Why the latest sets did not count: set 2 on 2026-03-04: 3 judged reps, 6 asked for."


def test_the_whole_way_with_every_drill() -> None:
    lying = reps(drill="dead_bug", kind="hold", rep=None)
    bent = reps("llhhhh", drill="dead_bug", kind="hold", rep=None)
    found = way(
        session("2026-03-01", bent, bent, placements=LYING),
        session("2026-03-02", lying, lying, placements=LYING),
        session("2026-03-03", lying, lying, placements=LYING),
        session("2026-03-04", wall(), wall(), wall_cm=20.0, height_cm=175.0),
        session("2026-03-05", wall(), wall(), wall_cm=27.0, height_cm=175.0),
        session("2026-03-06", wall(), wall(), wall_cm=28.0, height_cm=175.0),
        session("2026-03-07", GOOD, GOOD),
        session("2026-03-08", GOOD, GOOD),
        session("2026-03-09", loaded(), loaded()),
    )
    assert [str(each.passed)[-2:] for each in found.stages[:3]] == ["03", "06", "08"]
    assert headline(found) == "Stage 4 of 4: loaded hinge."
    assert not found.stages[3].passed
    assert next_steps(found, RULES)[0][0].startswith("No stage comes after this one")


def test_a_load_comes_next_where_none_was_lifted_yet() -> None:
    (first, _), *_ = next_steps(way(*LEARNED), RULES)
    assert (
        first
        == "Now with a kettlebell or a bar that is light for you: keep the back with a load as it is with the stick."
    )


def test_a_stage_without_sessions_is_passed_over_or_not_as_the_rule_says(tmp_path: Path) -> None:
    sessions = session("2026-03-02", GOOD, GOOD), session("2026-03-04", GOOD, GOOD)
    assert [each.skipped for each in way(*sessions).stages] == [True, True, False, False]
    own = tmp_path / "own.toml"
    own.write_text("[order.skip]\nunpractised = false\n")
    strict = way(*sessions, rules=read_rules(own))
    assert strict.at.stage is Stage.DEAD_BUG
    assert not any(each.skipped for each in strict.stages)


def test_a_stage_that_is_still_ahead_is_not_passed_over() -> None:
    lying = reps(drill="dead_bug", kind="hold", rep=None)
    found = way(*(session(day, lying, lying, placements=LYING) for day in ("2026-03-02", "2026-03-04")))
    assert found.at.stage is Stage.WALL_TAP
    assert not any(each.skipped for each in found.stages)


def test_an_earlier_stage_that_was_begun_comes_first() -> None:
    found = way(
        session("2026-03-01", wall(), wall_cm=10.0),
        session("2026-03-02", GOOD, GOOD),
        session("2026-03-04", GOOD, GOOD),
    )
    assert found.at.stage is Stage.WALL_TAP
    assert found.stages[2].passed


def test_load_before_the_hinge_was_passed_is_said_once() -> None:
    found = way(session("2026-03-02", GOOD, loaded()), session("2026-03-04", loaded(), GOOD, GOOD))
    assert turns(found) == [("02", 2, Turn.NOT_DONE, "pass.dowel_hinge")]
    passed_first = way(session("2026-03-02", GOOD, GOOD), session("2026-03-04", GOOD, GOOD, loaded()))
    assert [each.turn for each in passed_first.decisions] == [Turn.PASSED]


# ---------------------------------------------------------------------------------------------------------- going back

LEARNED = (session("2026-03-02", GOOD, GOOD), session("2026-03-03", GOOD, GOOD))
RELAPSE = loaded("hllhhh", 20.0)


def after(*sessions: PracticeSession, rules: Rules = RULES) -> Way:
    return way(*LEARNED, *sessions, rules=rules)


@pytest.mark.parametrize(
    ("rows", "drift_deg", "rules"),
    [
        (loaded("hllhhh"), 0.0, "back.lost"),
        (loaded("hlhhhh"), 0.0, ""),
        (loaded("hhhhhh"), 5.1, "back.drift"),
        (loaded("hhhhhh"), 5.0, ""),
        (loaded("hhhh"), 9.0, ""),  # too few reps to tell
        (loaded("hhhhhh", flexion_range_pct=[71.0] + [50.0] * 5), 0.0, "back.range"),
        (loaded("hhhhhh", flexion_range_pct=70.0), 0.0, ""),
        (loaded("llhhhh", flexion_range_pct=90.0), 8.0, "back.lost+back.range+back.drift"),
        (loaded("llhhhh", drill="dowel_hinge"), 0.0, "back.lost"),
        (reps("llllll"), 9.0, ""),  # without a load there is nothing to go back from
    ],
)
def test_what_sends_back_to_the_stick(rows: list[dict[str, Any]], drift_deg: float, rules: str) -> None:
    found = after(session("2026-03-05", rows, drift_deg=drift_deg))
    back = [each for each in found.decisions if each.turn is Turn.BACK]
    assert [("+".join(each.rules)) for each in back] == ([rules] if rules else [])
    assert (found.owed is not None) == bool(rules)


def test_back_the_stick_sets_and_load_again_lighter() -> None:
    found = after(session("2026-03-05", RELAPSE, reps(), reps(), loaded(load_kg=18.0), loaded(load_kg=18.0)))
    assert turns(found)[1:] == [
        ("05", 1, Turn.BACK, "back.lost"),
        ("05", 3, Turn.RETURNED, "stick.sets+load.lighter"),
        ("05", 4, Turn.LOADED_AGAIN, "load.lighter"),
    ]
    assert "with 18 kg or less" in found.decisions[2].text
    assert found.owed is None
    assert found.lighter_kg == {}


def test_what_is_owed_stays_owed_on_another_day() -> None:
    found = after(session("2026-03-05", RELAPSE, reps()))
    assert headline(found) == "Stage 4 of 4: loaded hinge. Back to the stick since 2026-03-05."
    steps = next_steps(found, RULES)
    assert "1 of 2 done" in steps[0][0]
    assert steps[0][1] == ("back.lost", "stick.sets")
    assert steps[1] == ("Then load again with 18 kg or less.", ("load.lighter",))
    ignored = after(session("2026-03-05", RELAPSE, reps()), session("2026-03-07", loaded(load_kg=20.0)))
    assert ignored.decisions[-1].turn is Turn.NOT_DONE
    assert ignored.decisions[-1].text == "Set 1 with 20 kg came before the stick sets (1 of 2)."
    assert after(session("2026-03-05", RELAPSE, reps()), session("2026-03-07", reps())).owed is None


def test_if_the_stick_fails_too_no_more_load_that_day() -> None:
    bad = reps("hhlhhh")
    day = session("2026-03-05", RELAPSE, bad, reps(), bad, loaded(load_kg=12.0))
    found = after(day, session("2026-03-06", reps(), reps(), loaded(load_kg=18.0)))
    assert turns(found)[1:] == [
        ("05", 1, Turn.BACK, "back.lost"),
        ("05", 2, Turn.STICK_BAD, "stick.sets"),
        ("05", 4, Turn.STICK_BAD, "stick.sets"),
        ("05", 4, Turn.STOPPED, "stick.sets"),
        ("05", 5, Turn.NOT_DONE, "stick.sets"),
        ("06", 2, Turn.RETURNED, "stick.sets+load.lighter"),
        ("06", 3, Turn.LOADED_AGAIN, "load.lighter"),
    ]


@pytest.mark.parametrize(
    ("load_kg", "turn", "said"),
    [
        (18.0, Turn.LOADED_AGAIN, "10 % lighter than the 20 kg"),
        (12.0, Turn.LOADED_AGAIN, "40 % lighter than the 20 kg"),
        (19.5, Turn.NOT_DONE, "hardly lighter than"),
        (20.0, Turn.NOT_DONE, "not lighter than"),
        (24.0, Turn.NOT_DONE, "not lighter than"),
    ],
)
def test_load_is_taken_up_again(load_kg: float, turn: Turn, said: str) -> None:
    found = after(session("2026-03-05", RELAPSE, reps(), reps(), loaded(load_kg=load_kg)))
    assert found.decisions[-1].turn is turn
    assert said in found.decisions[-1].text


def test_a_second_relapse_never_raises_the_load_to_come_back_with() -> None:
    found = after(session("2026-03-05", RELAPSE), session("2026-03-06", loaded("llllll", 30.0)))
    assert found.lighter_kg == pytest.approx({"kettlebell": 18.0})
    assert found.owed is not None
    assert str(found.owed.since.day) == "2026-03-05"
    lower = after(session("2026-03-05", RELAPSE), session("2026-03-06", loaded("llllll", 10.0)))
    assert lower.lighter_kg == pytest.approx({"kettlebell": 8.0}), "there is no kettlebell of 9 kg"


def test_more_that_was_too_much_after_the_stick_sets_raises_nothing() -> None:
    found = after(session("2026-03-05", RELAPSE, reps(), reps(), loaded("llllll", 24.0), reps(), reps()))
    assert "with 18 kg or less" in found.decisions[-1].text
    well = after(session("2026-03-05", RELAPSE, reps(), reps(), loaded(load_kg=24.0), loaded("llllll", 24.0)))
    assert well.lighter_kg == pytest.approx({"kettlebell": 20.0}), "24 kg went well in between"


def test_lighter_than_the_lightest_bell_is_no_load_of_nothing() -> None:
    found = after(session("2026-03-05", loaded("llllll", load_kg=4.0, drill="kettlebell")))
    assert next_steps(found, RULES)[1][0] == "Then load again with 3.6 kg or less."


def test_a_bell_and_a_bar_have_loads_of_their_own() -> None:
    bar = loaded("llllll", load_kg=40.0, drill="barbell")
    bell = loaded("llllll", load_kg=16.0, drill="kettlebell")
    found = after(session("2026-03-05", bell, bar))
    assert found.lighter_kg == pytest.approx({"kettlebell": 14.0, "barbell": 35.0}), "in steps of the bar's own plates"
    step = "Then load again with 14 kg or less (kettlebell) and 35 kg or less (barbell)."
    assert next_steps(found, RULES)[1][0] == step
    again = after(session("2026-03-05", bar, loaded("llllll", load_kg=30.0, drill="barbell"), bar))
    assert again.lighter_kg == pytest.approx({"barbell": 25.0}), "never raised by the same drill"


def test_a_bar_is_not_lighter_than_a_bell() -> None:
    """What was too much with the bell says nothing of the bar, and is kept until the bell is taken up again."""
    bell = loaded("llllll", load_kg=16.0, drill="kettlebell")
    bar = loaded("hhhhhh", load_kg=30.0, drill="barbell")
    found = after(session("2026-03-05", bell, reps(), reps(), bar))
    assert found.decisions[-1].turn is Turn.RETURNED
    assert found.lighter_kg == pytest.approx({"kettlebell": 14.0})


def test_every_decision_names_rules_that_there_are_and_none_asks_for_more() -> None:
    found = after(
        session("2026-03-05", RELAPSE, reps("llhhhh"), reps(), reps("llhhhh"), loaded()),
        session("2026-03-06", reps(), reps(), loaded(load_kg=24.0), RELAPSE),
    )
    assert len(found.decisions) > 6
    for each in found.decisions:
        assert each.rules
        for rule in each.rules:
            assert RULES[rule]
    for text, rules in next_steps(found, RULES):
        assert rules or "dowel never asks for more" in text
        assert "heavier" not in text
        assert "more load" not in text


def test_a_coach_changes_what_is_decided(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[back.lost]\nreps = 3\n[stick.sets]\nsets = 1\n[load.lighter]\nlighter_pct = 50\n")
    rules = read_rules(own)
    assert after(session("2026-03-05", RELAPSE), rules=rules).owed is None
    found = after(session("2026-03-05", loaded("lllhhh"), reps()), rules=rules)
    assert found.decisions[-1].turn is Turn.RETURNED
    assert found.lighter_kg == pytest.approx({"kettlebell": 10.0})

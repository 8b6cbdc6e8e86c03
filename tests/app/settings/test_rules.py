"""The rules as data: what comes with the program, what a coach may change, and what is said of a file that is wrong."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from dowel.analysis.drills.method import RULES
from dowel.history.wording import rests_on, rule_says
from dowel.recordings.errors import InputError
from dowel.settings.rules import REASONS, advice_rules, read_rules, rules_text


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_rule_has_its_reason_and_says_what_it_rests_on() -> None:
    for rule in read_rules():
        assert len(rule.why.split()) >= 6, rule.name
        assert rule.rests_on, rule.name
    for rule in read_rules().of_history():
        assert rule_says(rule)
        for key, value in rule.values.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and value > 1:
                assert f"{value:g}" in rule_says(rule), f"{rule.name} does not say its {key}"


def test_what_rests_on_judgement_alone_is_marked() -> None:
    judged = {rule.name for rule in read_rules() if rule.rests_on == "judgement alone"}
    assert judged == {"order.skip", "back.lost", "stick.sets", "load.lighter", "advice.sideways"}
    for rule in read_rules():
        assert "judgement alone" in rule.rests_on, f"some number of {rule.name} is judgement"


def test_without_a_file_nothing_is_changed() -> None:
    rules = read_rules()
    assert rules.path is None
    assert not any(rule.changed for rule in rules)
    assert [rule.name for rule in rules] == [
        "order.skip", "pass.dead_bug", "pass.wall_tap", "pass.dowel_hinge", "back.lost", "back.range", "back.drift",
        "stick.sets", "load.lighter", "advice.red", "advice.wall", "advice.tempo", "advice.sideways",
    ]  # fmt: skip


def test_a_coach_changes_what_differs_and_the_rest_stays(tmp_path: Path) -> None:
    path = written(tmp_path, '[pass.dowel_hinge]\ndays = 3\nwhy = "My own reason."\n[back.drift]\ndrift_deg = 4.5\n')
    rules = read_rules(path)
    assert rules["pass.dowel_hinge"].whole("days") == 3
    assert rules["pass.dowel_hinge"].whole("sets") == 2
    assert rules["pass.dowel_hinge"].why == "My own reason."
    assert rules["pass.dowel_hinge"].changed == ("days", "why")
    assert "Changed here: days, why." in rests_on(rules["pass.dowel_hinge"])
    assert rules["back.drift"].number("drift_deg") == 4.5
    assert not rules["back.lost"].changed


def test_dotted_keys_are_the_same(tmp_path: Path) -> None:
    assert read_rules(written(tmp_path, "pass.dowel_hinge.days = 3\n"))["pass.dowel_hinge"].whole("days") == 3


def test_what_is_shown_can_be_read_again(tmp_path: Path) -> None:
    changed = read_rules(
        written(tmp_path, "[stick.sets]\nsets = 1\nmost_sets = 4\n[order.skip]\nunpractised = false\n")
    )
    again = read_rules(written(tmp_path, rules_text(changed)))
    assert [(rule.name, rule.values, rule.why) for rule in again] == [
        (rule.name, rule.values, rule.why) for rule in changed
    ]
    assert "\nsets = 1 #" in rules_text(changed)


def test_the_shown_rules_are_the_shipped_file() -> None:
    table = tomllib.loads(rules_text(read_rules()))
    for rule in read_rules():
        group, _, name = rule.name.partition(".")
        assert set(table[group][name]) == {*rule.values, *REASONS}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[pass.dowel_hinge]\nreps = 6\ndays = 0\n", "line 3: days must be a whole number from 1 to 100"),
        ("[back.lost]\nreps = 2.5\n", "line 2: reps must be a whole number"),
        ("[back.lost]\nreps = true\n", "line 2: reps must be a whole number"),
        ("[back.drift]\ndrift_deg = nan\n", "line 2: drift_deg must be a number from 0.5 to 45"),
        ("[load.lighter]\nlighter_pct = -10\n", "line 2: lighter_pct must be a number from 0 to 100"),
        ("[pass.wall_tap]\nwall_share = 0.3\n", "line 2: wall_share must be a number from 0 to 0.17"),
        ('[pass.dowel_hinge]\ncalibrations = ["wish"]\n', "line 2: calibrations must be a list of rod"),
        ("[pass.dowel_hinge]\ncalibrations = []\n", "line 2: calibrations must be a list"),
        ("[back.lost]\nwhy = ''\n", "line 2: why must be a text"),
        ("[back.lost]\nrep = 2\n", "line 2: the rule back.lost has no rep. Is reps meant?"),
        ("\n[back.lots]\nreps = 2\n", "line 2: there is no rule back.lots. Is lost meant?"),
        ("[bock.lost]\nreps = 2\n", "line 1: there are no rules bock. Is back meant?"),
        ("back = 3\n", "line 1: write a rule as a table, for example [back.lost]"),
        ("[back]\nlost = 2\n", "line 2: write the rule as a table, [back.lost]"),
        ("pass.dowel_hinge.days = 0\n", "line 1: days must be"),
        ("[stick.sets]\nreps = 10\n", "line 1: most_reps (8) must not be smaller than reps (10)"),
        ("[stick.sets]\nmost_sets = 1\n", "line 1: most_sets (1) must not be smaller than sets (2)"),
        ("[advice.wall]\nfirst_share = 0.18\n", "line 2: first_share must be a number from 0 to 0.17"),
        ("[pass\n", "cannot be understood"),
        ("a = 1\na = 2\n", "cannot be understood"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_rules(written(tmp_path, text))
    assert said in str(error.value)
    assert "mine.toml" in str(error.value)


def test_the_rules_as_text_are_the_file() -> None:
    assert rules_text(read_rules()) == (files("dowel.settings") / "rules.toml").read_text(encoding="utf-8")


def test_the_advice_takes_what_a_coach_changes(tmp_path: Path) -> None:
    text = "[back.lost]\nreps = 1\n[pass.dowel_hinge]\ndays = 3\ndepth_deg = 60\n[back.drift]\ndrift_deg = 4\n"
    rules = advice_rules(read_rules(written(tmp_path, text)))
    assert rules == replace(RULES, lost_reps=1, depth_deg=60.0, drift_deg=4.0)
    assert rules.changes() == {
        "back.lost.reps": 1,
        "back.drift.drift_deg": 4.0,
        "pass.dowel_hinge.depth_deg": 60.0,
    }


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_rules(tmp_path / "none.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_rules(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes(b"# \xe4\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_rules(path)

"""What a session is done with: the drills that there are, and what belongs to which of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.analysis.drills.drills import DRILLS, drill_named
from dowel.analysis.drills.method import Rules
from dowel.commands.options import Drill
from dowel.practice.options import PracticeOptions
from dowel.practice.startup_messages import of_the_drill
from dowel.recordings.errors import UsageError
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind, Placement
from dowel.reports.notebook import analyse
from dowel.session.setup import SessionSetup, check_placements, check_setup, missing_words, setup_marks

Run = Callable[..., tuple[int, str, str]]


def test_the_options_name_the_drills_that_the_analysis_knows() -> None:
    assert [str(drill) for drill in Drill] == list(DRILLS)


@pytest.mark.parametrize(
    ("drill", "options", "said"),
    [
        ("wall_tap", {"load_kg": 16.0}, "--load-kg: the wall tap is done without a load"),
        ("wall_tap", {"lifted_from": "floor"}, "--from: nothing is lifted in the wall tap"),
        ("dowel_hinge", {"lifted_from": "rack"}, "belongs to --drill kettlebell or barbell"),
        ("dowel_hinge", {"wall_cm": 20.0}, "belongs to --drill wall_tap"),
        ("barbell", {"wall_cm": 20.0}, "--wall-cm: there is no wall in the barbell hinge"),
        ("barbell", {"band": "red"}, "belongs to --drill dead_bug"),
        ("dead_bug", {"load_kg": 4.0}, "the dead bug is done without a load"),
    ],
)
def test_what_does_not_belong_to_the_drill_is_refused(drill: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_setup(SessionSetup(drill, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("drill", "options"),
    [
        ("wall_tap", {"wall_cm": 20.0, "load_kg": 0.0}),
        ("dowel_hinge", {"load_kg": 8.0}),
        ("kettlebell", {"load_kg": 16.0, "lifted_from": "hand"}),
        ("barbell", {}),
        ("dead_bug", {"band": "red"}),
    ],
)
def test_what_belongs_to_it_is_taken(drill: str, options: dict[str, object]) -> None:
    check_setup(SessionSetup(drill, **options))  # type: ignore[arg-type]


def test_a_load_that_was_not_given_is_told() -> None:
    assert "0 kg" in missing_words(SessionSetup("kettlebell"))
    assert missing_words(SessionSetup("kettlebell", load_kg=0.0)) == ""
    assert missing_words(SessionSetup("dowel_hinge")) == ""


def test_the_marks_say_everything_that_was_given() -> None:
    marks = dict(setup_marks(SessionSetup("barbell", load_kg=40.0, height_cm=180.0, lifted_from="floor")))
    assert marks == {
        MarkKind.DRILL: {"drill": "barbell", "from": "floor"},
        MarkKind.HEIGHT: {"height_cm": 180.0},
        MarkKind.LOAD: {"load_kg": 40.0},
    }
    assert list(setup_marks(SessionSetup("dowel_hinge"))) == [(MarkKind.DRILL, {"drill": "dowel_hinge"})]


@pytest.mark.parametrize("drill", list(DRILLS))
def test_what_cannot_be_sensed_is_told_before_the_practice(drill: str) -> None:
    told = list(of_the_drill(SessionSetup(drill)))
    words = drill_named(drill).words
    assert words.about in told[0]
    assert set(words.not_sensed) <= set(told)


@pytest.mark.parametrize(("height_cm", "away"), [(180.0, "18 cm"), (None, "17 cm")])
def test_the_first_distance_to_the_wall_is_told_when_none_was_given(height_cm: float | None, away: str) -> None:
    told = " ".join(of_the_drill(SessionSetup("wall_tap", height_cm=height_cm)))
    assert f"heels {away} from the wall" in told
    assert ("170 cm" in told) == (height_cm is None)
    assert "a tenth" not in " ".join(of_the_drill(SessionSetup("wall_tap", wall_cm=20.0)))


def test_the_rules_of_a_coach_are_a_mark_and_are_told() -> None:
    setup = SessionSetup("wall_tap", rules=Rules(lost_reps=1, wall_first_share=0.12))
    assert dict(setup_marks(setup))[MarkKind.RULES] == {"back.lost.reps": 1, "advice.wall.first_share": 0.12}
    told = " ".join(of_the_drill(setup))
    assert "Advice follows the rules that you gave: back.lost.reps 1, advice.wall.first_share 0.12." in told
    assert "20 cm from the wall, 12 % of 170 cm" in told


def test_a_coach_s_file_reaches_the_practice(dowel: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[PracticeOptions] = []

    def practise(options: PracticeOptions, *, started_at: object) -> int:
        given.append(options)
        return 0

    monkeypatch.setattr("dowel.practice.run_practice.practise", practise)
    rules, out = tmp_path / "mine.toml", tmp_path / "x.dowel"
    rules.write_text("[back.lost]\nreps = 1\n", encoding="utf-8")
    assert dowel("practice", "--simulate", "--rules", rules, "--out", out)[0] == 0
    assert given[0].setup.rules == Rules(lost_reps=1)
    rules.write_text("[back.lost]\nreps = 0\n", encoding="utf-8")
    code, _, err = dowel("practice", "--simulate", "--rules", rules, "--out", out)
    assert code == 3
    assert "mine.toml, line 2: reps must be a whole number from 1 to 100." in " ".join(err.split())
    assert len(given) == 1


def test_commands_refuse_with_a_sentence(dowel: Run, recordings: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.dowel"
    for arguments in (
        ("practice", "--simulate", "--drill", "wall_tap", "--load-kg", "16"),
        ("import", "--sensor", f"sacrum={recordings / 'sacrum.csv'}", "--from", "floor"),
    ):
        code, _, err = dowel(*arguments, "--out", out)
        assert code == 2
        assert err.startswith("dowel: --")
    assert not out.exists()


def test_an_import_is_judged_as_its_drill_and_told_what_is_taken(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    out = tmp_path / "x.dowel"
    sensors = [f"--sensor={place}={recordings / place}.csv" for place in ("upper_back", "sacrum")]
    code, said, _ = dowel("import", *sensors, "--drill", "kettlebell", "--out", out)
    assert code == 0
    assert "No load was given: 0 kg is taken" in said
    with open_session(out) as session:
        assert "No load was given" in " ".join(session.facts["findings"])
    assert {row.drill for row in analyse(out).rep_rows} == {"kettlebell"}


@pytest.mark.parametrize(
    ("drill", "places", "said"),
    [
        ("dead_bug", ["upper_back", "sacrum"], "never one under the back"),
        ("dead_bug", ["pelvis_front", "sacrum"], "never one under the back"),
        ("dead_bug", ["sternum"], "judged by the pelvis_front"),
        ("dowel_hinge", ["sternum", "pelvis_front"], "belong to --drill dead_bug"),
    ],
)
def test_sensors_that_sit_where_the_drill_is_not_done_are_refused(drill: str, places: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_placements(drill, [Placement(place) for place in places])


@pytest.mark.parametrize(
    ("drill", "places"),
    [
        ("dead_bug", ["pelvis_front"]),
        ("dead_bug", ["pelvis_front", "sternum", "thigh_left"]),
        ("dead_bug", []),
        ("wall_tap", ["upper_back", "sacrum", "shank"]),
    ],
)
def test_sensors_where_the_drill_is_done_are_taken(drill: str, places: list[str]) -> None:
    check_placements(drill, [Placement(place) for place in places])

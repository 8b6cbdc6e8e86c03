"""Weeks, trends, and which sets are compared with each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dowel.history.person import PersonHistory, persons_of
from dowel.history.practised_sets import PracticeSession
from dowel.history.stages import Stage, stage_of
from dowel.history.table import HISTORY_COLUMNS, history_row
from dowel.history.trends import weeks_of
from dowel.history.wording import limits_vary, trend_blocks, trend_words
from dowel.recordings.types import TRUNK, Placement
from dowel.session.tables import to_csv
from dowel.settings.rules import read_rules
from tests.app.history.rows import LYING, loaded, reps, session

RULES = read_rules()


def person(*sessions: PracticeSession) -> PersonHistory:
    (found,) = persons_of(sessions, RULES)
    return found


@pytest.mark.parametrize(
    ("drill", "load_kg", "stage"),
    [
        ("dead_bug", 0.0, Stage.DEAD_BUG),
        ("dead_bug", 2.0, Stage.DEAD_BUG),
        ("wall_tap", 0.0, Stage.WALL_TAP),
        ("dowel_hinge", 0.0, Stage.DOWEL_HINGE),
        ("dowel_hinge", 8.0, Stage.LOADED_HINGE),
        ("kettlebell", 16.0, Stage.LOADED_HINGE),
        ("barbell", 0.0, Stage.DOWEL_HINGE),
        ("dance", 0.0, None),
    ],
)
def test_a_load_makes_a_hinge_a_loaded_one(drill: str, load_kg: float, stage: Stage | None) -> None:
    assert stage_of(drill, load_kg) is stage


def test_sets_are_compared_only_where_everything_is_the_same() -> None:
    found = person(
        session("2026-03-02", reps(), reps(calibration="rod+rezero"), loaded()),
        session("2026-03-03", reps(calibration="stance"), reps(calibration="rod+spacer")),
        session("2026-03-04", reps(), placements=(*TRUNK, Placement.HEAD)),
        session("2026-03-05", loaded(drill="barbell"), reps()),
    )
    groups = {
        (group.drill, group.loaded, group.placements, group.calibration): trends
        for group, trends in found.trends.items()
    }
    trunk = "upper_back+sacrum"
    assert set(groups) == {
        ("dowel_hinge", False, trunk, "rod"),
        ("kettlebell", True, trunk, "rod"),
        ("dowel_hinge", False, trunk, "stance"),
        ("dowel_hinge", False, trunk, "rod+spacer"),
        ("dowel_hinge", False, f"{trunk}+head", "rod"),
        ("barbell", True, trunk, "rod"),
    }
    (_clean, depth, _drift) = groups["dowel_hinge", False, trunk, "rod"]
    assert [str(each.session.day) for each, _ in depth.points] == ["2026-03-02", "2026-03-05"]
    assert len(depth.points[0][0].sets) == 2


def test_depth_before_rounding_is_a_bound_where_most_reps_did_not_round() -> None:
    found = person(
        session(
            "2026-03-02", reps("wwwwhh", depth_before_rounding_deg=[40.0, 45.0, 50.0, 55.0, float("nan"), float("nan")])
        ),
        session("2026-03-04", reps("hhhhhw", hinge_angle_deg=60.0)),
        session("2026-03-06", reps("nnnnnn")),
        session("2026-03-08", reps("hhhwww", depth_before_rounding_deg=[float("nan")] * 3 + [60.0] * 3)),
    )
    (_clean, depth, *_) = found.trends[next(iter(found.trends))]
    assert [value for _, value in depth.points] == [52.5, 60.0, 64.0]
    assert [each.at_least for each, _ in depth.points] == [False, True, True]
    assert trend_words(depth) == "52° to ≥64°"
    assert trend_blocks(depth) == "▂▅▇"  # 11.5 degrees of the 20 that are shown at least


def test_drift_is_told_of_sets_that_are_long_enough() -> None:
    found = person(session("2026-03-02", reps("hhhh"), drift_deg=9.0), session("2026-03-04", reps(), drift_deg=3.0))
    drift = found.trends[next(iter(found.trends))][2]
    assert [value for _, value in drift.points] == [3.0]


def test_wall_and_load() -> None:
    wall = reps(drill="wall_tap", tap="tapped")
    missed = reps(drill="wall_tap", tap=["none", *["tapped"] * 5])
    found = person(
        session("2026-03-01", wall, wall_cm=18.0),
        session("2026-03-02", missed, wall_cm=25.0),
        session("2026-03-03", wall, wall_cm=20.0),
        session("2026-03-04", loaded(load_kg=12.0), loaded(load_kg=16.0)),
    )
    told = {trend.quantity.title: trend_words(trend) for trends in found.trends.values() for trend in trends}
    assert told["wall"] == "18 cm to 20 cm"
    assert told["load"] == "16 kg"
    rows = [history_row(each, RULES) for each in found.groups]
    assert [row["wall_cm"] for row in rows[:3]] == [18.0, 25.0, 20.0]
    assert [row["clean_reps"] for row in rows[:3]] == [6, 5, 6]
    assert to_csv(rows, HISTORY_COLUMNS).splitlines()[2].split(",")[23] == ""


def test_a_dead_bug_speaks_of_no_depth_load_and_wall() -> None:
    found = person(session("2026-03-01", reps(drill="dead_bug", kind="hold", rep=None), placements=LYING))
    row = history_row(found.groups[0], RULES)
    assert row["reps"] == 6
    assert row["placements"] == "pelvis_front+sternum"
    assert [trend.quantity.title for trend in found.trends[found.groups[0].group]] == ["clean reps"]


def test_other_limits_are_said() -> None:
    def with_limit(day: str, warn_deg: float) -> PracticeSession:
        made = session(day, loaded())
        return replace(made, sets=tuple(replace(each, warn_deg=warn_deg) for each in made.sets))

    found = person(with_limit("2026-03-01", 8.0), with_limit("2026-03-02", 10.4))
    (trends,) = found.trends.values()
    assert limits_vary(trends).startswith("Rounding was called close over 8.0° to 10.4°")
    (same,) = person(with_limit("2026-03-01", 8.0), with_limit("2026-03-02", 8.2)).trends.values()
    assert not limits_vary(same)
    lying = session("2026-03-01", reps(drill="dead_bug"), placements=LYING)  # there rounding has no limit
    lying = replace(lying, sets=tuple(replace(each, warn_deg=float("inf")) for each in lying.sets))
    (told,) = person(lying).trends.values()
    assert told
    assert not limits_vary(told)


def test_weeks_begin_on_monday() -> None:
    weeks = weeks_of([session("2025-12-31", reps()), session("2026-01-12", loaded("hhhlwn", 10.0))])
    assert [str(week.monday) for week in weeks] == ["2025-12-29", "2026-01-12"]
    assert [week.sessions for week in weeks] == [1, 1]
    assert weeks[1].reps[Stage.LOADED_HINGE] == 6
    assert weeks[1].clean[Stage.LOADED_HINGE] == 3
    assert weeks[1].volume_kg == 60.0
    assert not weeks_of([])


def test_nobody_s_order_depends_on_the_folder(tmp_path: Path) -> None:
    sessions = [session(f"2026-03-0{day}", reps()) for day in (1, 2, 3)]
    assert person(*sessions).trends.keys() == person(*reversed(sessions)).trends.keys()

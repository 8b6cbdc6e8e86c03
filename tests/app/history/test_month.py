"""A scripted month of practice, from session files to the stages reached: the relapse sent back, and returned."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.history.load_sessions import read_folder
from dowel.history.person import PersonHistory, persons_of
from dowel.history.stages import Stage
from dowel.history.step_back_rules import Turn
from dowel.reports.notebook import analyse
from dowel.settings.rules import read_rules
from tests.app.history.month import GOOD, MONTH, REPS, Hinges

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[int, str, str]]


def history(month: Path) -> PersonHistory:
    (person,) = persons_of(read_folder(month).sessions, read_rules())
    return person


def test_the_stages_reached_and_the_relapse_are_as_the_rules_say(month: Path) -> None:
    """What MONTH says was done, and nothing else, decides."""
    way = history(month).way
    assert [(each.day.day, each.set, each.turn, each.rules) for each in way.decisions] == [
        (3, 2, Turn.PASSED, ("pass.dead_bug",)),
        (6, 2, Turn.PASSED, ("pass.wall_tap",)),
        (13, 3, Turn.PASSED, ("pass.dowel_hinge",)),
        (20, 2, Turn.BACK, ("back.lost",)),
        (20, 3, Turn.STICK_BAD, ("stick.sets",)),
        (20, 5, Turn.STICK_BAD, ("stick.sets",)),
        (20, 5, Turn.STOPPED, ("stick.sets",)),
        (23, 2, Turn.RETURNED, ("stick.sets", "load.lighter")),
        (23, 3, Turn.LOADED_AGAIN, ("load.lighter",)),
    ]
    assert way.at.stage is Stage.LOADED_HINGE
    assert way.owed is None
    assert [str(each.passed or "") for each in way.stages] == ["2026-03-03", "2026-03-06", "2026-03-13", ""]


def test_the_stage_is_told_as_it_was_on_each_day(month: Path) -> None:
    """The first sessions alone: what history would have said then."""
    sessions = read_folder(month).sessions
    (then,) = persons_of(sessions[:3], read_rules())
    assert then.way.at.stage is Stage.WALL_TAP
    assert [str(day.day) for day in then.way.at.good] == ["2026-03-04"]
    (then,) = persons_of(sessions[:6], read_rules())
    assert then.way.at.stage is Stage.DOWEL_HINGE
    assert [str(day.day) for day in then.way.at.good] == ["2026-03-11"]
    (then,) = persons_of(sessions[:10], read_rules())
    assert then.way.owed is not None
    assert str(then.way.stopped) == "2026-03-20"


def test_reps_and_volume_are_those_of_the_script(month: Path) -> None:
    weeks = history(month).weeks
    assert [str(week.monday) for week in weeks] == ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]
    for week in weeks:
        practices = [each for each in MONTH if 0 <= each.day - week.monday.day < 7]
        sets = [each for practice in practices for each in practice.sets]
        hinges = [each for each in sets if isinstance(each, Hinges)]
        assert week.sessions == len(practices)
        assert sum(week.reps.values()) == REPS * len(sets)
        assert week.volume_kg == REPS * sum(each.load_kg for each in hinges)
        neutral = REPS * (len(sets) - sum(each.peaks_deg is not GOOD for each in hinges))
        assert neutral - 3 <= sum(week.clean.values()) <= REPS * len(sets)  # a gap leaves a rep or two unjudged


def test_history_decides_as_was_said_after_each_set(month: Path) -> None:
    """The advice at the end of a set, on the day of the relapse, and what history says of it."""
    (path,) = month.glob("2026-03-20*")
    advice = [row.advice for row in analyse(path, keep_all=False).set_rows]
    assert [text.partition(":")[0] for text in advice] == [
        "",
        "Back to the stick",
        "That stick set was not good yet (2 lost, 0 close)",
        "Stick set 1 of 2 done",
        "The stick sets were not good yet either",
    ]


def test_the_table_has_a_row_for_each_session_and_group(month: Path, dowel: Run) -> None:
    code, out, err = dowel("history", month, "--csv", "-")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 2 + 2 + 8 + 5
    assert {row["person"] for row in rows} == {"P1"}
    assert {(row["stage"], row["loaded"]) for row in rows} == {
        ("dead_bug", "0"),
        ("wall_tap", "0"),
        ("dowel_hinge", "0"),
        ("loaded_hinge", "1"),
    }
    relapse = next(row for row in rows if row["started_at"].startswith("2026-03-20") and row["loaded"] == "1")
    assert relapse["load_kg"] == "20.00"
    assert relapse["lost"] == "3"
    assert relapse["volume_kg"] == "280.0"
    assert relapse["rules"] == "back.lost"
    depths = [float(row["depth_before_rounding_deg"]) for row in rows if row["stage"] == "dowel_hinge"]
    assert depths[0] < 60.0 < depths[-1]
    assert [row["wall_tapped_cm"] for row in rows[1:5]] == ["", "27.0", "28.0", ""]


def test_what_a_person_reads(month: Path, dowel: Run) -> None:
    code, out, err = dowel("history", month)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    for said in (
        "person P1, simulated",
        "12 sessions, 2026-03-02 to 2026-03-27",
        "Technique feedback, not injury prediction.",
        "Stage 4 of 4: loaded hinge.",
        "passed on 2026-03-13",
        "Back to the stick: set 2 with 20 kg lost contact in 3 of 7 reps.",
        "2026-03-16         3                         31 of 35      38 of 42  672 kg",
        "wall                   27 cm to 28 cm",
        "load                   12 kg to 18 kg",
    ):
        assert said in out, said
    assert "[4] back.lost" in " ".join(out.split()), "wherever the line is broken"

"""What can be done, and what is refused with a reason, the same for keys and page."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest

from dowel.display.actions import NOTE_CHARACTERS, actions_now, perform
from dowel.display.display_state import Board
from dowel.recordings.errors import UsageError
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import set_of_hinges
from dowel.sensors.simulated.person.drill_sets import usual_set
from tests.live.rig import any_sensors, practise


def names(practice: Any) -> list[str]:
    return [action.name for action in actions_now(practice)]


@pytest.mark.slow
def test_what_can_be_done_depends_on_what_is_under_way(tmp_path: Path) -> None:
    seen: dict[str, list[str]] = {}

    async def person(practice: Any, world: Any) -> None:
        while not practice.begun:
            await asyncio.sleep(0.1)
        seen["calibrating"] = names(practice)
        while practice.guide.busy:
            await asyncio.sleep(0.5)
        seen["between sets"] = names(practice)
        perform(practice, "load", load_kg=16.0)
        perform(practice, "set")
        seen["in a set"] = names(practice)
        while world.lifter.busy:
            await asyncio.sleep(0.5)
        perform(practice, "note", text="  left knee  ")
        for wrong in ({"name": "note", "text": " "}, {"name": "note", "text": "x" * (NOTE_CHARACTERS + 1)}):
            with pytest.raises(UsageError):
                perform(practice, **wrong)
        for kilograms in (-1.0, math.nan, math.inf, 1e9):
            with pytest.raises(UsageError, match="kilograms"):
                perform(practice, "load", load_kg=kilograms)
        with pytest.raises(UsageError, match="no action"):
            perform(practice, "rm -rf")
        perform(practice, "set")
        perform(practice, "stop")

    path = tmp_path / "x.dowel"
    practise(path, any_sensors(), then=person, seed=5, set_pieces=set_of_hinges(3, set_marks=False))
    assert seen == {
        "calibrating": ["calibrate", "note", "cues", "stop"],
        "between sets": ["set", "undo", "note", "load", "calibrate", "slump", "spacer", "cues", "stop"],
        "in a set": ["set", "undo", "note", "load", "cues", "stop"],
    }
    with open_session(path) as session:
        assert [mark.detail["text"] for mark in session.marks if mark.kind is MarkKind.NOTE] == ["left knee"]
        assert [mark.detail["load_kg"] for mark in session.marks if mark.kind is MarkKind.LOAD] == [16.0]


@pytest.mark.slow
def test_no_two_actions_share_a_key(tmp_path: Path) -> None:
    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.busy:
            await asyncio.sleep(0.5)
        keys = [action.key for action in actions_now(practice)]
        assert len(keys) == len(set(keys))
        practice.stop()

    practise(tmp_path / "x.dowel", any_sensors(), then=person, seed=5)


@pytest.mark.slow
def test_the_distance_to_the_wall_is_told_between_sets(tmp_path: Path) -> None:
    """Each set of taps has one distance; the next one is suggested, and can be told."""
    seen: list[list[str]] = []

    async def person(practice: Any, world: Any) -> None:
        board = Board()
        while not practice.begun:
            await asyncio.sleep(0.1)
        board.begin(practice)
        practice.live.listeners.append(lambda marks, events, _: board.hear(marks, events))
        while practice.guide.busy:
            await asyncio.sleep(0.5)
        for wrong in (-1.0, math.nan, 500.0):
            with pytest.raises(UsageError, match="centimetres"):
                perform(practice, "wall", wall_cm=wrong)
        with pytest.raises(UsageError, match="without a load"):
            perform(practice, "load", load_kg=16.0)
        assert "Say how far the heels are" in board.view().step.say
        perform(practice, "wall", wall_cm=20.0)
        await asyncio.sleep(1.0)
        assert "Heels 20 cm from the wall" in board.view().step.say
        seen.append(names(practice))
        perform(practice, "set")
        perform(practice, "wall", wall_cm=30.0)  # not now
        seen.append(names(practice))
        while world.lifter.busy:
            await asyncio.sleep(0.5)
        await asyncio.sleep(2.0)
        perform(practice, "set")
        await asyncio.sleep(2.0)
        assert board.view().wall_cm == 20.0
        assert board.view().step.say == board.view().advice == practice.results.set_rows[-1].advice
        assert {bend.tap for bend in board.view().last} == {"tapped", "no tap"}
        perform(practice, "wall", wall_cm=22.5)
        perform(practice, "stop")

    path, pieces = tmp_path / "x.dowel", usual_set("wall_tap", wall_cm=20.0)
    measured = practise(path, any_sensors(), then=person, drill="wall_tap", seed=5, set_pieces=pieces)
    assert [("wall" in each, "load" in each) for each in seen] == [(True, False), (False, False)]
    assert "A set is under way: end it first." in measured.said
    with open_session(path) as session:
        drills = [mark.detail for mark in session.marks if mark.kind is MarkKind.DRILL]
    assert drills == [{"drill": "wall_tap"}, *({"drill": "wall_tap", "wall_cm": at_cm} for at_cm in (20.0, 22.5))]
    assert [summary.wall_cm for summary in analyse(path).set_rows] == [20.0]

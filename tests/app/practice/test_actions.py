"""What can be done, and what is refused with a reason, the same for keys and page."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest

from dowel.practice.actions import NOTE_CHARACTERS, actions_now, perform
from dowel.recordings.errors import UsageError
from dowel.recordings.session_reader import open_session
from dowel.recordings.types import MarkKind
from dowel.sensors.simulated import set_of_hinges
from tests.live.__main__ import worn
from tests.live.rig import practise


def names(practice: Any) -> list[str]:
    return [action.name for action in actions_now(practice)]


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
    practise(path, worn("witmotion"), then=person, seed=5, set_pieces=set_of_hinges(3, set_marks=False))
    assert seen == {
        "calibrating": ["calibrate", "note", "cues", "stop"],
        "between sets": ["set", "undo", "note", "load", "calibrate", "slump", "spacer", "cues", "stop"],
        "in a set": ["set", "undo", "note", "load", "cues", "stop"],
    }
    with open_session(path) as session:
        assert [mark.detail["text"] for mark in session.marks if mark.kind is MarkKind.NOTE] == ["left knee"]
        assert [mark.detail["load_kg"] for mark in session.marks if mark.kind is MarkKind.LOAD] == [16.0]


def test_no_two_actions_share_a_key(tmp_path: Path) -> None:
    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.busy:
            await asyncio.sleep(0.5)
        keys = [action.key for action in actions_now(practice)]
        assert len(keys) == len(set(keys))
        practice.stop()

    practise(tmp_path / "x.dowel", worn("witmotion"), then=person, seed=5)

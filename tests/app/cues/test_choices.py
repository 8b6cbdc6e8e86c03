"""Choices made during a practice: in force at once, kept for later, and not more than was chosen."""

from __future__ import annotations

import asyncio
import io
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dowel.cues.cue_outputs import cues_for, keeping
from dowel.cues.cue_settings import Choices
from dowel.display.display import Displays
from dowel.display.display_state import Board
from dowel.display.terminal import TerminalDisplay
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences, Preferences, read_preferences, write_preferences
from tests.live.rig import any_sensors, practise


def test_the_key_goes_through_the_modes() -> None:
    choices = Choices(CuePreferences())
    told = [choices.next_mode() for _ in range(4)]
    assert told[0] == "Cues off."
    assert told[1] == "Cues after a rep that lost contact."
    assert told[2] == "Cues live, while you move."
    assert told[3].startswith("Cues as fits the drill")
    assert choices.cues == CuePreferences()


def test_the_volume_stays_between_nothing_and_all() -> None:
    choices = Choices(CuePreferences(volume=0.85))
    assert [choices.louder() for _ in range(3)] == ["Volume 95 %.", "Volume 100 %.", "Volume 100 %."]
    assert [choices.louder(-1) for _ in range(12)][-1] == "Volume 0 %."


def test_listeners_are_told_each_change_once() -> None:
    told: list[Any] = []
    choices = Choices(CuePreferences(), told.append)
    choices.listeners.append(told.append)
    choices.use(replace(choices.cues, tick=False))
    choices.use(replace(choices.cues, tick=False))
    assert told == [CuePreferences(tick=False), {"tick": False}]


def test_what_was_asked_for_this_time_is_not_kept_and_what_is_chosen_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWEL_CONFIG", str(tmp_path / "config.toml"))
    write_preferences(Preferences(page=False, cues=CuePreferences(delay_s=0.5)))
    kept = read_preferences().preferences.cues

    async def main() -> CuePreferences:
        with ExitStack() as stack:
            choices = Choices(cues_for(CueMode.LIVE, 0.2, kept), keeping(stack, pytest.fail))
            assert choices.cues == CuePreferences(CueMode.LIVE, 0.2, 0.5)
            choices.use(replace(choices.cues, tick=False))
            for _ in range(3):
                choices.next_mode()
            return choices.cues

    assert asyncio.run(main()) == CuePreferences(CueMode.REP, 0.2, 0.5, tick=False)
    assert read_preferences().preferences == Preferences(
        page=False, cues=CuePreferences(CueMode.REP, delay_s=0.5, tick=False)
    )


def test_without_options_what_was_kept_holds() -> None:
    kept = CuePreferences(CueMode.REP, 0.9)
    assert cues_for(None, None, kept) == kept
    assert cues_for(CueMode.OFF, 0.0, kept) == CuePreferences(CueMode.OFF, 0.0)


def test_a_choice_that_cannot_be_kept_holds_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.toml").write_text("[cues]\nvolume =\n")
    monkeypatch.setenv("DOWEL_CONFIG", str(tmp_path / "config.toml"))
    told: list[str] = []

    async def main() -> None:
        with ExitStack() as stack:
            choices = Choices(CuePreferences(), keeping(stack, told.append))
            choices.next_mode()
            assert choices.cues.mode is CueMode.OFF
        await asyncio.sleep(0)

    asyncio.run(main())
    (sentence,) = told
    assert sentence.startswith("This choice holds for now and is not kept.")
    assert "line 2" in sentence
    assert (tmp_path / "config.toml").read_text() == "[cues]\nvolume =\n"


@pytest.mark.slow
def test_the_keys_of_the_terminal(tmp_path: Path) -> None:
    told: list[str] = []

    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.busy:
            await asyncio.sleep(0.5)
        board = Board()
        practice._display = Displays(practice._display, board)
        screen = TerminalDisplay(Console(file=io.StringIO()), board)
        screen.begin(practice)
        practice.choices.use(CuePreferences(volume=0.5))
        for key in "vV++-":
            screen._pressed(key)
        assert practice.choices.cues == CuePreferences(CueMode.REP, 0.6)
        told.extend(message.text for message in board.view().messages)

    practise(tmp_path / "x.dowel", any_sensors(), then=person, seed=5)
    assert told == ["Volume 60 %.", "Volume 70 %.", "Volume 60 %."], "the latest three"

"""What a person has chosen, and what it can be played on, when a session or a replay begins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

from dowel.cues.bell import Bell
from dowel.cues.cue import CueOutput
from dowel.cues.cue_settings import Choices
from dowel.cues.speaker import NoSpeaker, Speaker
from dowel.recordings.errors import InputError
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences, read_preferences, write_preferences


def cues_for(mode: CueMode | None, volume: float | None, kept: CuePreferences) -> CuePreferences:
    """What was kept, except for what was asked for this time."""
    return replace(kept, mode=kept.mode if mode is None else mode, volume=kept.volume if volume is None else volume)


def open_output(stack: ExitStack, choices: Choices, ring: Callable[[], None], say: Callable[[str], None]) -> CueOutput:
    """The computer's speaker until the stack is left; where there is none, that is said and the bell rings instead."""
    bell = Bell(ring)
    try:
        speaker = stack.enter_context(Speaker(choices.cues, bell))
    except NoSpeaker as problem:
        say(f"Cues are the terminal's bell. {problem}")
        return bell
    choices.listeners.append(speaker.use)
    return speaker


def keeping(stack: ExitStack, warn: Callable[[str], None]) -> Callable[[Mapping[str, Any]], None]:
    """What keeps changed choices in the config file, by a thread: a slow disk must not hold up the sensors.

    Inside an event loop, which is told what went wrong. What is still to be written is, when the stack is left.
    """
    loop = asyncio.get_running_loop()
    writer = stack.enter_context(ThreadPoolExecutor(1, "dowel-preferences"))

    def write(changed: Mapping[str, Any]) -> None:
        try:
            kept = read_preferences().preferences
            write_preferences(replace(kept, cues=replace(kept.cues, **changed)))
        except InputError as error:
            with suppress(RuntimeError):  # the practice is over
                loop.call_soon_threadsafe(warn, f"This choice holds for now and is not kept. {error}")

    def keep(changed: Mapping[str, Any]) -> None:
        writer.submit(write, changed)

    return keep

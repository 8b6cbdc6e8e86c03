"""A practice as a program: which Bluetooth, which screen, which keys, and an end in order whatever happens."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final

from rich.console import Console

from dowel.analysis.drills.drills import drill_named
from dowel.cues.cue import CueOutput
from dowel.cues.cue_outputs import cues_for, keeping, open_output
from dowel.cues.cue_settings import Choices
from dowel.devices.simulating import run_live, set_of, simulated_world
from dowel.display.display import Display, Displays
from dowel.display.display_state import Board
from dowel.display.keys import has_keyboard
from dowel.display.line_output import LineOutput
from dowel.display.terminal import TerminalDisplay
from dowel.display.view import Ending
from dowel.practice.autopilot import SelfStarter
from dowel.practice.ending import tell_everywhere
from dowel.practice.interruption import INTERRUPTED, run_to_the_end
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.practice.recording_place import fold_left_open
from dowel.practice.simulated_helper import SimulatedHelper
from dowel.recordings.errors import DowelError
from dowel.recordings.session_file.session_database import give_back_name
from dowel.reports.terminal import console
from dowel.sensors.ble import Radio
from dowel.settings.preferences import read_preferences
from dowel.settings.privacy import private_words
from dowel.settings.trims import kept_trims
from dowel.web.browser import has_screen, open_in_browser

if TYPE_CHECKING:
    from dowel.web.live_page import Page

SWITCH_INTERVAL_S: Final = 0.001
"""The screen's thread gives way to a notification after this, not after Python's 5 ms: a cue must not wait for it."""


def practise(options: PracticeOptions, *, started_at: datetime) -> int:
    """Practise; returns the exit code. Raises ``LinkError`` or ``InputError``."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    out = console()
    try:
        if not options.simulated:
            kept_trims()  # a damaged file is told before anybody has strapped on a sensor
        at_keyboard = has_keyboard() and out.is_terminal
        serves_page = _serves_page(options, at_keyboard)
        if serves_page:  # a second of imports: not in the event loop, and not for a practice without a page
            import_module("dowel.web.live_page")
        _keep_loaded()
        practising = _practise(options, started_at, out, at_keyboard, serves_page)
        interrupted = run_live(practising, simulate=options.simulated)
    finally:
        give_back_name(options.out)
    return INTERRUPTED if interrupted else 0


def _keep_loaded() -> None:
    """What was loaded stays: to look through it again would hold up the event loop for 50 ms."""
    gc.collect()
    gc.freeze()


async def _practise(
    options: PracticeOptions, started_at: datetime, out: Console, at_keyboard: bool, serves_page: bool
) -> bool:
    """Practise and tell the end of it; whether a signal ended it."""
    async with AsyncExitStack() as doors:  # the page outlives the practice, to tell how it went
        practice, page, interrupted = await _run(options, started_at, out, at_keyboard, serves_page, doors)
        if practice.begun:  # in a pipe without a page there is dowel report --html
            with_page = (at_keyboard or serves_page) and read_preferences().preferences.report
            await tell_everywhere(out, practice.live.results, page, with_page=with_page)
    return interrupted


async def _run(
    options: PracticeOptions,
    started_at: datetime,
    out: Console,
    at_keyboard: bool,
    serves_page: bool,
    doors: AsyncExitStack,
) -> tuple[Practice, Page | None, bool]:
    """The practice that is over, its page, and whether a signal ended it."""
    async with AsyncExitStack() as stack:
        drill = drill_named(options.setup.drill)
        board = Board(drill)
        screen = stack.enter_context(TerminalDisplay(out, board)) if at_keyboard else LineOutput(out)
        display = Displays(board, screen)
        radio, performer = Radio(), None
        if options.simulated:
            display.wait("Starting the simulated lifter and his sensors.")
            stops = not at_keyboard and not options.page  # else somebody is there, at the keyboard or at the page
            radio, performer = await _simulated(stack, options, stops=stops)
        page = None
        if serves_page:
            display.wait("Opening the live page.")
            page = await _page(doors, options, board, radio)
            display = Displays(board, screen, page)
            if at_keyboard and options.opens and has_screen():
                opening = asyncio.create_task(open_in_browser(page.one_address()))
                stack.callback(opening.cancel)
            board.other_addresses = page.other_addresses(truth=options.truth)
        kept = read_preferences()
        _tell_before(display, options, page, kept.problems)
        sound = stack.enter_context(ExitStack())
        cues = cues_for(options.cue, options.volume, kept.preferences.cues)
        choices = Choices(cues, keeping(sound, display.warn))
        outputs: list[CueOutput] = [open_output(sound, choices, display.bell, display.say)]
        if page is not None:
            page.use_choices(choices, lambda: None)
            outputs.append(page)
        streams = None
        if options.lsl:
            from dowel.practice.lsl_streams import VISIBLE, LslStreams

            streams = await stack.enter_async_context(LslStreams(radio.clock_ns))
            display.say(VISIBLE)
        practice = Practice(
            replace(options, cue=cues.mode),
            radio,
            display,
            started_at=started_at,
            performer=performer,
            outputs=outputs,
            choices=choices,
            invite=page.invite_phone if page is not None else None,
            **({} if streams is None else {"follow": streams.follow}),
        )
        _keep_loaded()
        try:
            interrupted = await run_to_the_end(practice)
        except DowelError as error:
            if page is not None and not practice.begun:
                page.tell_end(Ending(str(error), "", ()))
            raise
    return practice, page, interrupted


async def _simulated(stack: AsyncExitStack, options: PracticeOptions, *, stops: bool) -> tuple[Radio, SelfStarter]:
    """The Bluetooth by which a simulated lifter's sensors are reached, and who has him do what is asked."""
    placements = drill_named(options.setup.drill).placements
    world = await stack.enter_async_context(simulated_world(placements=placements, set_pieces=set_of(options.setup)))
    helper = SimulatedHelper(world.lifter, world.radio.clock_ns) if options.truth else None
    return world.radio, SelfStarter(world.lifter, stops=stops, helper=helper)


def _tell_before(display: Display, options: PracticeOptions, page: Page | None, problems: Sequence[str]) -> None:
    """What is to be known before the sensors are looked for: where the page is, and what is wrong with older files."""
    folder = options.out.parent
    addresses = page.sentences() if page is not None else []
    for_helpers = page.helper_sentences() if page is not None and options.truth else []
    for sentence in (*for_helpers, *addresses, *fold_left_open(folder)):
        display.say(sentence)
    for sentence in filter(None, (private_words(folder), *problems)):
        display.warn(sentence)


def _serves_page(options: PracticeOptions, at_keyboard: bool) -> bool:
    if options.page is not None:
        return options.page
    return bool(options.host) or options.truth or (at_keyboard and read_preferences().preferences.page)


async def _page(stack: AsyncExitStack, options: PracticeOptions, board: Board, radio: Radio) -> Page:
    from dowel.web.live_page import open_page

    opening = open_page(board, host=options.host, clock_ns=radio.clock_ns, big=options.big)
    return await stack.enter_async_context(opening)

"""A practice on a terminal: one picture that follows what happens, and keys."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from rich.console import Console

from dowel.display.actions import NOTE_CHARACTERS, Controls, actions_now, perform
from dowel.display.display import Display
from dowel.display.display_state import Board
from dowel.display.keys import keys
from dowel.display.terminal_thread import Screen
from dowel.display.view import Instruction, Phase, Shown, StepView
from dowel.recordings.errors import UsageError

LOOK_S: Final = 0.1
ASKED_IN_WRITING: Final = {"note": "Note", "load": "Load in kg", "wall": "Heels to the wall in cm"}
"""Actions that need a line of text, with what it is asked by."""


class TerminalDisplay(Display):
    """Draws a board and takes keys. A terminal that is gone ends neither the practice nor the recording."""

    def __init__(self, out: Console, board: Board) -> None:
        self._screen = Screen(out)
        self._board = board
        self._stack = ExitStack()
        self._controls: Controls | None = None
        self._writing: tuple[str, str] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._stack.enter_context(self._screen)
        self._look()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._stack.close()

    # --- what a practice tells ---

    def begin(self, shown: Shown) -> None:
        """The session runs from here on; keys work."""
        self._controls = shown.controls
        if self._controls is not None:
            loop = asyncio.get_running_loop()
            self._stack.enter_context(keys(loop, self._pressed, self._controls.stop))

    def ask(self, sentence: str) -> None:  # noqa: ARG002
        """What the person is to do: he may be looking elsewhere."""
        self.bell()

    def wait(self, sentence: str) -> None:  # noqa: ARG002
        """What is waited for: shown at once, as what comes next may hold everything up."""
        self._screen.show(self._board.view())

    def bell(self) -> None:
        """The terminal's bell."""
        self._screen.ring()

    def instruct(self, instruction: Instruction) -> None:
        """The calibration says what to do now."""
        if instruction.phase is Phase.JUDGE or (instruction.phase is Phase.PREPARE and not instruction.progress):
            self.bell()

    # --- what a person presses ---

    def _pressed(self, key: str) -> None:
        controls = self._controls
        if controls is None or len(key) != 1:  # an arrow
            return
        if self._writing is not None:
            self._write(controls, *self._writing, key)
            return
        if key in "+-":
            controls.louder(1 if key == "+" else -1)
            return
        key = "s" if key == " " else key.lower()
        name = next((action.name for action in actions_now(controls) if action.key == key), "")
        if name in ASKED_IN_WRITING:
            self._writing = name, ""
        elif name:
            perform(controls, name)

    def _write(self, controls: Controls, name: str, text: str, key: str) -> None:
        if key in "\r\n":
            self._writing = None
            if text:
                self._take(controls, name, text)
        elif key in "\x7f\b":
            self._writing = name, text[:-1]
        elif key.isprintable():
            self._writing = name, (text + key)[:NOTE_CHARACTERS]

    def _take(self, controls: Controls, name: str, text: str) -> None:
        try:
            if name == "note":
                perform(controls, name, text=text)
            else:
                value = float(text.replace(",", "."))
                perform(controls, name, load_kg=value, wall_cm=value)
        except (UsageError, ValueError) as error:
            self._board.refuse(str(error) if isinstance(error, UsageError) else f"{text!r} is not a number.")

    # --- the picture ---

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)
        view = self._board.view()
        if self._writing is not None:
            name, text = self._writing
            view = replace(view, step=StepView(ASKED_IN_WRITING[name], f"{text}_  (Enter to keep it)"))
        self._screen.show(view)
